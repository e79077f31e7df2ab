# Every target sets up what it needs, once. `make` alone lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

PORT ?= 8765
ARGS ?=
# Processes for the tests. A file stays in one, with what it sets up once; files go out in the order of tests/conftest.py.
JOBS ?= 2
PYTEST = $(BIN)/pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder
VENV := .venv
BIN := $(VENV)/bin
SETUP := scripts/setup.sh
PYTHON_READY := $(VENV)/.ready
FRONTEND_READY := frontend/node_modules/.ready

.PHONY: help demo serve test soak check format e2e mutants bench docs lock setup env build clean

help: ## List the targets
	@awk -F':.*## ' '/^[a-z0-9-]+:.*## /{printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(PYTHON_READY) $(FRONTEND_READY) ## Load the sample incidents and start the server on 127.0.0.1 (PORT=8765); prints one link
	@$(BIN)/roletrail demo --port $(PORT) $(ARGS)

serve: $(PYTHON_READY) $(FRONTEND_READY) ## Serve the store of ROLETRAIL_STORE on 127.0.0.1 (PORT=8765)
	@$(BIN)/roletrail serve --port $(PORT) $(ARGS)

test: setup ## Run every suite with the gate's counts; installs Chromium, a JRE, Maven and a Neo4j server when missing
	@$(PYTEST) $(ARGS)

soak: setup ## Run every suite with the full counts
	@ROLETRAIL_SOAK=1 $(PYTEST) --timeout 3600 $(ARGS)

e2e: setup ## Run the browser suite alone
	@$(PYTEST) tests/e2e $(ARGS)

check: $(PYTHON_READY) $(FRONTEND_READY) ## Lint, format, types, layers, JavaScript types, spelling
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/codespell
	$(BIN)/pyright
	npm --prefix frontend run --silent check

format: $(PYTHON_READY) ## Mend what ruff can mend
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

mutants: $(PYTHON_READY) ## Change the link rules one by one and count the changes no test notices (ARGS="match.py" for one file)
	@$(BIN)/pip install --quiet --disable-pip-version-check 'mutmut>=3.8,<4'
	@scripts/mutants.sh $(ARGS)

bench: $(PYTHON_READY) ## Measure ingest against the parse floor, DuckDB SQL and a Neo4j server, on generated logs
	@$(SETUP) java neo4j
	@$(BIN)/python -m tests.bench $(ARGS)

docs: $(PYTHON_READY) ## Write the generated pages under docs/ again
	@$(BIN)/python scripts/docs.py

env: ## Write .env for docker compose, with a new password for Neo4j; an existing one stays
	@[ -e .env ] || (umask 077 && printf 'NEO4J_PASSWORD=%s\n' "$$(head -c 18 /dev/urandom | base64 | tr '+/' '-_')" >.env)
	@mkdir -p logs
	@echo ".env is there; start with: docker compose up --detach"

build: $(PYTHON_READY) $(FRONTEND_READY) ## Build the sdist and the wheel into dist/
	@$(BIN)/python -m build --no-isolation --outdir dist .

lock: ## Resolve the newest allowed dependencies into requirements.lock
	@$(SETUP) lock

setup: $(PYTHON_READY) $(FRONTEND_READY)
	@$(SETUP) browser java neo4j oidc

clean: ## Remove everything that setup and builds made
	rm -rf $(VENV) .cache dist frontend/node_modules frontend/static/vendor

$(PYTHON_READY): requirements.lock pyproject.toml hatch_build.py $(SETUP)
	@$(SETUP) python

$(FRONTEND_READY): frontend/package-lock.json $(SETUP) | $(PYTHON_READY)
	@$(SETUP) frontend
