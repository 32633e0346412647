# `make help` lists what there is. Needs GNU make and bash; `make setup` sees to the rest.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check
NPM := npm --loglevel=error --no-audit --no-fund
# Tests of real recordings mostly wait: one more of them at once than there are processors.
JOBS ?= $(shell echo $$(( $$(nproc) + 1 )))
# The fleet's tests run on SQLite and on PostgreSQL; `LECTERN_TEST_DATABASE=sqlite` is quicker.
export LECTERN_TEST_DATABASE ?= both
PYTEST := $(BIN)/python -m pytest
# Recordings are judged in real time. What fails beside others is run once more alone, and said;
# what is broken fails again.
ALONE := { test $$? -eq 1 && echo "Once more, alone, what failed beside others:" \
  && $(PYTEST) --last-failed --last-failed-no-failures none $(ARGS); }
export PYTHON

.PHONY: help setup setup-test run test check format bench screenshot lock clean packages packages-test

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(VENV)/.ready node_modules/.ready ## what `make run` needs: packages, .venv, web assets
	@echo "Everything to run Lectern is in place."

setup-test: $(VENV)/.ready-for-tests node_modules/.ready-for-tests ## what `make test` needs on top
	@echo "Everything to test Lectern is in place."

run: setup ## broker, fleet and a simulated classroom; records and publishes a sample lesson (ARGS=…)
	@exec $(BIN)/python -m standalone $(ARGS)

test: setup setup-test ## the whole suite with real parts (ARGS="-k story")
	@$(PYTEST) -n $(JOBS) --dist worksteal $(ARGS) || $(ALONE)

check: setup-test ## format, lint, types, import contracts, profiles, drift of schemas, pages and migrations
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m contract.schemas --check
	$(BIN)/python -m edge_agent.supported_devices --check
	$(BIN)/edge-agent profile lint
	$(BIN)/python -m pytest -q -p no:cacheprovider tests/fleet/test_migrations.py

format: setup-test ## format the code and mend what the linter can
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: setup setup-test ## every measurement against its goal (ARGS="--quick upload")
	@$(BIN)/python -m benchmarks $(ARGS)

screenshot: setup setup-test ## make the README's pictures anew
	@LECTERN_SCREENSHOTS=docs $(BIN)/python -m pytest -q tests/stories/test_screenshot.py

lock: ## resolve the requirement files anew (needs uv)
	@command -v uv >/dev/null || { echo "make lock needs uv on the PATH" >&2; exit 1; }
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	  --no-emit-index-url --extra build pyproject.toml -o requirements.txt
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	  --no-emit-index-url --extra build --extra dev pyproject.toml -o requirements-dev.txt

clean: ## remove what set-up made here (not system packages, not data)
	rm -rf $(VENV) node_modules fleet/web/static/vendor .mypy_cache .ruff_cache .pytest_cache .import_linter_cache

packages:
	@standalone/setup/packages.sh run

packages-test: packages
	@standalone/setup/packages.sh test

$(VENV)/.ready: requirements.txt pyproject.toml | packages
	@echo "Installing the Python libraries into $(VENV) …"
	@test -x $(BIN)/python || "$$(standalone/setup/python.sh)" -m venv $(VENV)
	@$(PIP) install --require-hashes -r requirements.txt
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.ready-for-tests: requirements-dev.txt $(VENV)/.ready | packages-test
	@echo "Installing the libraries of the tests into $(VENV) …"
	@$(PIP) install --require-hashes -r requirements-dev.txt
	@touch $@

node_modules/.ready: package.json package-lock.json $(VENV)/.ready | packages
	@echo "Fetching the player and other web assets …"
	@$(NPM) ci --omit=dev
	@$(BIN)/python -m fleet.web.assets
	@touch $@

node_modules/.ready-for-tests: node_modules/.ready | packages-test
	@echo "Fetching the JavaScript of the tests …"
	@$(NPM) ci
	@touch node_modules/.ready $@
