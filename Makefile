# ชุมชนแอตลาส · Chumchon Atlas
#
#   make run     everything from a bare machine, then the map: prints `ready http://…`; Ctrl-C stops it
#   make test    everything from a bare machine, then every check
#   make check   the fast checks alone: lint, types, contracts
#   make bench   what was promised about speed, measured here (BENCH="--only items --parcels 20000" for a part)
#   make lock    the lock files anew from pyproject.toml
#   make migration WHAT="…"   a draft of the migration that the layers need now
#   make clean   what was built goes; the town's data in .atlas stays

.DEFAULT_GOAL := run
.PHONY: run test check bench lock migration clean install install-test
.NOTPARALLEL:
MAKEFLAGS += --no-print-directory

INSTALL := bash api/setup/install.sh
BIN := .venv/bin
PYTHON_ROOMS := api geo layers data migrations
SHELL_FILES := .ci/run api/setup/install.sh

install:
	@$(INSTALL) run

install-test:
	@$(INSTALL) test

# `exec`, so that Ctrl-C and a polite kill reach the Atlas itself and it can shut its database in order.
run: install
	@ATLAS_DEMO="$${ATLAS_DEMO:-1}" exec $(BIN)/atlas up

check: install-test
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy --strict $(PYTHON_ROOMS) tests
	$(BIN)/lint-imports
	shellcheck $(SHELL_FILES)
	$(BIN)/hadolint Dockerfile
	$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec compose.yaml
	cd api/web && npm run --silent check

# The tests come last, so that their closing line is the last word.
test: check
	$(BIN)/pytest -n 2

bench:
	@$(INSTALL) bench
	$(BIN)/python -m tests.speed.bench $(BENCH)

lock: install-test
	@$(INSTALL) lock

migration: install-test
	@$(BIN)/python -m migrations.draft "$(WHAT)"

clean:
	rm -rf .venv .make api/static api/web/node_modules .mypy_cache .ruff_cache .pytest_cache .import_linter_cache \
		.hypothesis
	find $(PYTHON_ROOMS) tests -name __pycache__ -prune -exec rm -rf {} +
