# Everything runs from .venv, which the first target that needs it makes from requirements.lock.

PYTHON ?= python3
BIN := .venv/bin
INSTALLED := .venv/installed
ARGS ?=
# Debian and Ubuntu keep Python's venv in a package of its own.
AS_ROOT := $(if $(filter 0,$(shell id -u)),,sudo)
APT := $(AS_ROOT) sh -c 'apt-get update --quiet && apt-get install --yes --quiet python3-venv'

.PHONY: up test check bench soak generate format lock install clean

up: $(INSTALLED)  ## start the wallet: make up ARGS="--help"
	@exec $(BIN)/python -m wallet_core up $(ARGS)

test: $(INSTALLED)  ## run the tests, PostgreSQL's too: make test ARGS="-k rollback"
	$(BIN)/pytest -n auto $(ARGS)

check: $(INSTALLED)  ## format, lint, types, fences, protocol
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/python proto/generate.py --check
	$(BIN)/buf lint
	$(BIN)/buf format --diff --exit-code
	if git cat-file -e origin/main:proto/wallet 2>/dev/null; then $(BIN)/buf breaking --against '.git#ref=origin/main'; fi

bench: $(INSTALLED)  ## measure: make bench ARGS="--help"
	$(BIN)/python -m tests.bench $(ARGS)

soak: $(INSTALLED)  ## storm the wallet with faults, on both databases: make soak ARGS="--minutes 30"
	$(BIN)/python -m tests.fault.soak $(ARGS)

generate: $(INSTALLED)  ## write proto/gen
	$(BIN)/python proto/generate.py

format: $(INSTALLED)  ## lay out code and protocol
	$(BIN)/ruff check --fix-only --quiet
	$(BIN)/ruff format
	$(BIN)/buf format --write

lock: $(INSTALLED)  ## write requirements.lock: make lock ARGS=--upgrade
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --all-extras \
	  --no-annotate --no-header --no-emit-index-url $(ARGS) pyproject.toml --output-file requirements.lock

install: $(INSTALLED)

# The package itself is installed as a .pth file that names this folder and proto/gen.
$(INSTALLED): requirements.lock | $(BIN)/python
	@echo 'Installing what requirements.lock names ...' >&2
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements.lock >&2
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable . >&2
	@touch $@

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo 'Python 3.11 or newer is needed; name it like this: make PYTHON=python3.12' >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || $(APT) >&2 || \
	  { echo 'Python has no venv here and it could not be installed: get python3-venv, then try again' >&2; exit 1; }
	@$(PYTHON) -m venv --clear .venv >&2

clean:
	rm -rf .venv .coverage* .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
