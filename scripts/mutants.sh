#!/usr/bin/env bash
# Mutation testing of the link rules: every change mutmut makes that no test notices is a rule nobody holds.
# usage: scripts/mutants.sh [FILE...]   names below backend/roletrail/lineage/link; all of them without one
set -euo pipefail
cd "$(dirname "$0")/.."
here=$PWD folder=.cache/mutants
mkdir -p "$folder/src"
rm -rf "$folder/src/roletrail" "$folder/tests" "$folder/graph_schema"
cp -r backend/roletrail "$folder/src/"
cp -r tests graph_schema pyproject.toml "$folder/"
cd "$folder"
names=()
for file in "$@"; do
    module=${file%.py}
    [ "$module" = __init__ ] && names+=("roletrail.lineage.link.x_*") || names+=("roletrail.lineage.link.$module.*")
done
nice "$here/.venv/bin/mutmut" run --max-children "${JOBS:-2}" "${names[@]}"
"$here/.venv/bin/mutmut" results
"$here/.venv/bin/mutmut" export-cicd-stats >/dev/null && cat mutants/mutmut-cicd-stats.json
