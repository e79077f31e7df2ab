#!/usr/bin/env bash
# Installs what a make target needs and is quick when it is already there.
# usage: scripts/setup.sh [python] [frontend] [browser] [java] [neo4j] [oidc] [lock]
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf '== %s\n' "$*" >&2; }
fail() { printf 'setup: %s\n' "$*" >&2; exit 1; }

# Registries answer "try later" under load, so every download gets three tries.
retry() {
    local try
    for try in 1 2 3; do
        "$@" && return 0
        [ "$try" = 3 ] || { say "failed, trying again in $((try * 5)) s: $1"; sleep $((try * 5)); }
    done
    return 1
}

apt_install() {
    command -v apt-get >/dev/null || fail "needs $* and finds no apt-get: install them with this system's package manager"
    local as_root=()
    if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null || fail "needs the packages $*: run 'apt-get install $*' as root, then try again"
        as_root=(sudo)
    fi
    say "installing $* with apt-get"
    mkdir -p .cache
    local log=.cache/apt.log apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq)
    retry "${apt[@]}" update >"$log" 2>&1 &&
        retry "${apt[@]}" install -y --no-install-recommends "$@" >>"$log" 2>&1 ||
        { tail -n 20 "$log" >&2; fail "apt-get could not install $*"; }
}

new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

find_python() {
    local candidate
    for candidate in "${PYTHON:-python3}" python3.14 python3.13 python3.12 python3.11 /usr/bin/python3; do
        if command -v "$candidate" >/dev/null && new_enough "$candidate"; then
            command -v "$candidate"
            return 0
        fi
    done
    return 1
}

# Debian's python3 comes without ensurepip, and then `python3 -m venv` leaves a folder without pip.
make_venv() {
    local folder=$1 python
    python=$(find_python) || { apt_install python3 python3-venv; python=$(find_python); } ||
        fail "needs Python 3.11 or newer; found $(python3 --version 2>&1 || true). Set PYTHON=/path/to/python3.11"
    "$python" -c 'import ensurepip' 2>/dev/null || apt_install python3-venv "python3$("$python" -c 'import sys; print(f".{sys.version_info.minor}")')-venv"
    "$python" -m venv "$folder"
}

setup_python() {
    new_enough .venv/bin/python || { say "creating .venv"; rm -rf .venv; make_venv .venv; }
    say "installing Python packages of requirements.lock"
    retry .venv/bin/pip install --quiet --disable-pip-version-check --requirement requirements.lock || fail "pip could not install requirements.lock"
    .venv/bin/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
    touch .venv/.ready
}

setup_frontend() {
    command -v npm >/dev/null || apt_install nodejs npm
    say "installing frontend packages of package-lock.json"
    retry npm --prefix frontend ci --no-audit --no-fund --ignore-scripts --loglevel=error >&2 || fail "npm ci failed in frontend/"
    .venv/bin/python hatch_build.py
    touch frontend/node_modules/.ready
}

# Playwright's driver is a Node of its own, which is linked to libatomic.
setup_browser() {
    command -v chromium >/dev/null || apt_install chromium fonts-dejavu-core libatomic1
    [ -n "$(find /usr/lib /lib -name 'libatomic.so.1' -print -quit 2>/dev/null)" ] || apt_install libatomic1
}

setup_java() {
    command -v java >/dev/null && command -v mvn >/dev/null || apt_install default-jre-headless maven
}

# The parts of the server that tests start. Nothing of it is shipped: it is under the GPL, and only tests use it.
setup_neo4j() {
    local pom=tests/neo4j_server/pom.xml version cache
    version=$(sed -n 's:.*<neo4j.version>\(.*\)</neo4j.version>.*:\1:p' "$pom")
    cache=${ROLETRAIL_NEO4J_CACHE:-.cache/neo4j}/$version
    [ -z "${ROLETRAIL_TEST_NEO4J_URI:-}" ] && [ "${ROLETRAIL_SKIP_NEO4J:-}" != 1 ] && [ ! -f "$cache/.ready" ] || return 0
    say "fetching a Neo4j $version server for the tests (120 MB)"
    mkdir -p "$cache"
    retry mvn -B -q -f "$pom" org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies \
        -DincludeScope=runtime -DoutputDirectory="$(cd "$cache" && pwd)/lib" >&2 || fail "Maven could not fetch Neo4j"
    touch "$cache/.ready"
}

# The OpenID provider that sign-in is tested against.
setup_oidc() {
    local folder=tests/oidc_provider
    [ ! -f "$folder/node_modules/.ready" ] || [ "$folder/package-lock.json" -nt "$folder/node_modules/.ready" ] || return 0
    command -v npm >/dev/null || apt_install nodejs npm
    say "installing the OpenID provider of the tests"
    retry npm --prefix "$folder" ci --no-audit --no-fund --ignore-scripts --loglevel=error >&2 || fail "npm ci failed in $folder"
    touch "$folder/node_modules/.ready"
}

setup_lock() {
    local scratch=.cache/lock
    rm -rf "$scratch" && mkdir -p "$scratch"
    make_venv "$scratch/venv"
    retry "$scratch/venv/bin/pip" install --quiet --upgrade pip
    retry "$scratch/venv/bin/pip" install --quiet --group dev --editable .
    {
        echo "# Exact versions the gate runs with. Written by \`make lock\`."
        "$scratch/venv/bin/pip" freeze --exclude-editable --exclude pip --exclude setuptools
    } >"$scratch/requirements.lock"
    mv "$scratch/requirements.lock" requirements.lock
    say "wrote requirements.lock"
}

for step in "$@"; do
    case $step in
        python | frontend | browser | java | neo4j | oidc | lock) "setup_$step" ;;
        *) fail "unknown step $step" ;;
    esac
done
