# The front door: `make help`. Nothing outside this folder is changed, but for Debian packages that `make test` needs.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/pip --disable-pip-version-check
WORKERS ?= 2
BRAND ?= packaging/brand.toml
OUT ?= dist
# What a package says of its time is the last change of the sources, wherever and whenever it is built.
export SOURCE_DATE_EPOCH ?= $(shell git log -1 --format=%ct 2>/dev/null)

# Where the environment forbids byte code, every process of a test would compile what it imports anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help
help: ## Show this
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

.PHONY: demo
demo: $(VENV)/.run ## Run everything on this machine with a sample company
	$(BIN)/selfserve demo $(ARGS)

.PHONY: tour
tour: $(VENV)/.run ## Walk the main way as customers would; fails if anything was not seen
	$(BIN)/selfserve demo --tour

.PHONY: test
test: check packages tests/node/node_modules/.package-lock.json ## Check and test all of it; installs what it needs by itself
	tests/in-memory $(BIN)/pytest -n $(WORKERS) --dist worksteal -m "not storm" -p no:cacheprovider $(ARGS)
	tests/in-memory $(BIN)/pytest -n $(WORKERS) -m storm -p no:cacheprovider

.PHONY: check
check: $(VENV)/.dev ## Style, types, floors
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

.PHONY: bench
bench: $(VENV)/.dev packages ## Measure everything in one run: a table, and build/bench.json (PARTS="search people" for some)
	PYTHONPATH=. $(BIN)/python -m bench $(PARTS)

.PHONY: screens
screens: $(VENV)/.dev packages ## Take a picture of every page in every state into docs/screens (ARGS="--only item")
	PYTHONPATH=. $(BIN)/python -m screens $(ARGS)

.PHONY: format
format: $(VENV)/.dev ## Mend style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

.PHONY: docs
docs: $(VENV)/.dev ## Write the reference of all settings into docs/configuration.md
	$(BIN)/python -m selfserve.settings.reference docs/configuration.md

.PHONY: words
words: $(VENV)/.dev ## Bring every language's file up to date with what the code says
	PYTHONPATH=. $(BIN)/python -m tests.languages.gathering

.PHONY: package
package: $(VENV)/.dev ## Build the branded app and the server, all that this platform can (BRAND=brand.toml OUT=dist ARGS=…)
	$(BIN)/selfserve package --brand $(BRAND) --out $(OUT) $(ARGS)

.PHONY: package-repo
package-repo: $(VENV)/.dev ## Make a signed apt repository of what was built (KEY=gpg:FINGERPRINT URL=https://apt.example.com)
	$(BIN)/selfserve package-repo $(OUT)/*.deb --out $(OUT)/repository --key "$(KEY)" --url "$(URL)" $(ARGS)

.PHONY: lock
lock: $(VENV)/.dev ## Compile the locked dependency sets anew
	packaging/lock $(BIN)/uv

.PHONY: clean
clean: ## Remove what was made here: environment, caches, builds
	rm -rf $(VENV) build dist tests/node/node_modules .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: packages
packages:
	packaging/debian-packages

$(BIN)/python:
	packaging/environment "$(PYTHON)" "$(VENV)"

# The locked files name everything that is needed, so nothing is resolved: older versions of pip read `coverage[toml]`, wanted by
# another package, as “the newest”, and refuse it for having no hash.
$(VENV)/.run: requirements.txt pyproject.toml | $(BIN)/python
	$(PIP) install --quiet --no-deps --require-hashes -r requirements.txt
	$(PIP) install --quiet --no-deps --no-build-isolation -e .
	touch $@

$(VENV)/.dev: requirements-dev.txt pyproject.toml | $(BIN)/python
	$(PIP) install --quiet --no-deps --require-hashes -r requirements-dev.txt
	$(PIP) install --quiet --no-deps --no-build-isolation -e .
	touch $@ $(VENV)/.run

tests/node/node_modules/.package-lock.json: tests/node/package-lock.json
	cd tests/node && npm ci --no-audit --no-fund --loglevel=error
	touch $@  # npm writes it last, with the time of the lock
