# Two commands are all a user needs: `make demo` and `make test`. Everything is installed into .venv.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
CORE   := $(VENV)/.installed
DEV    := $(VENV)/.installed-dev
PEERS  := .venv-peers
# A python that has svy, for `make bench`.
CHOUCHA_PEERS ?= $(wildcard $(PEERS)/bin/python)
SOURCE := $(shell find sampler estimators scenarios -type f ! -path '*/__pycache__/*') pyproject.toml README.md

.DEFAULT_GOAL := help
.PHONY: help demo web test check format bench coverage docs notebooks peers lock offline clean

help: ## say what each target does
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /\1\t/' | expand -t 10

demo: $(CORE) ## the chance of failing for the embedded example county: table and figure (output/)
	$(BIN)/choucha risk --figure output/example-risk.png --figure output/example-risk.svg --json output/example-risk.json

web: $(CORE) ## show the page in a browser (installs streamlit)
	$(BIN)/python -c "import streamlit" 2>/dev/null || $(BIN)/python -m pip install --quiet --disable-pip-version-check "streamlit>=1.61"
	$(BIN)/choucha web --open

test: $(DEV) ## install and run every test
	$(BIN)/python -m pytest -n auto

check: $(DEV) ## format, lint, types, import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

format: $(DEV) ## rewrite the code in the house format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(DEV) ## measure speed, with the machine and the peers beside it
	CHOUCHA_PEERS="$(CHOUCHA_PEERS)" PYTHONPATH=tests $(BIN)/python -m benchmarks

coverage: $(DEV) ## measure the coverage of the intervals anew: docs/coverage.md
	PYTHONPATH=tests $(BIN)/python -m benchmarks.coverage_study docs/coverage.md

docs: $(DEV) ## write the table of rule sets and the pictures anew: docs/
	PYTHONPATH=tests $(BIN)/python -m documentation docs

notebooks: $(DEV) ## execute every notebook anew: notebooks/
	PYTHONPATH=tests $(BIN)/python -m notebook_runner

peers: $(PEERS)/pyvenv.cfg ## install svy, which `bench` compares with; R is found if it is installed
	$(PEERS)/bin/python -m pip install --quiet --disable-pip-version-check svy==0.35.0

lock: ## resolve the dependencies anew (needs the `uv` command)
	uv pip compile pyproject.toml --group build --universal --python-version 3.11 --generate-hashes \
	  --no-annotate --no-header --no-emit-index-url --no-emit-find-links --quiet -o requirements.lock
	uv pip compile pyproject.toml --group dev -c requirements.lock --universal --python-version 3.11 --generate-hashes \
	  --no-annotate --no-header --no-emit-index-url --no-emit-find-links --quiet -o requirements-dev.lock
	uv pip compile pyproject.toml --extra pdf --extra web -c requirements.lock --universal --python-version 3.11 --generate-hashes \
	  --no-annotate --no-header --no-emit-index-url --no-emit-find-links --quiet -o requirements-offline.lock

# Python and system of the PC that has no internet.
OFFLINE_PYTHON   ?= 3.12
OFFLINE_PLATFORM ?= win_amd64
offline: $(CORE) ## a folder from which a Windows PC without internet installs (offline/)
	$(BIN)/python .ci/offline.py offline --python $(OFFLINE_PYTHON) --platform $(OFFLINE_PLATFORM)

clean: ## remove what the targets above made
	rm -rf $(VENV) $(PEERS) output offline .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(VENV)/pyvenv.cfg $(PEERS)/pyvenv.cfg:
	$(PYTHON) -m venv $(@D)

# The package is installed afresh when a source file changed; the dependencies only when the lock did.
$(VENV)/.locked: requirements.lock | $(VENV)/pyvenv.cfg
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@

$(VENV)/.locked-dev: requirements-dev.lock | $(VENV)/.locked
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

$(CORE): $(SOURCE) $(VENV)/.locked
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --force-reinstall .
	@touch $@

$(DEV): $(VENV)/.locked-dev $(CORE)
	@touch $@
