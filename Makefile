# Everything a newcomer types. Recipes use relative paths only, so the folder may have any name.

PYTHON ?=
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help setup demo demo-reset test check bench race faults simulate storm mutants proof gallery machines lock audit sbom licences clean

help: ## say what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' Makefile

setup: ## make .venv with everything in it (the others do this by themselves)
	@set -- python3 python3.14 python3.13 python3.12 python3.11; \
	if [ -n "$(PYTHON)" ]; then set -- "$(PYTHON)"; fi; \
	for python; do \
	    if "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	        exec "$$python" dev.py setup; \
	    fi; \
	done; \
	echo "Python 3.11 or newer is needed; tried: $$*. Name one with: make setup PYTHON=/path/to/python" >&2; exit 1

demo: setup ## start everything here and print addresses and log-ins; Ctrl-C stops it
	@$(BIN)/halobestie demo

demo-reset: setup ## forget the demo's data
	@$(BIN)/halobestie demo --reset

test: setup ## run all tests; the core has to be covered to the last branch
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest --numprocesses=2 tests/core
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report --fail-under=100
	$(BIN)/pytest --numprocesses=3 --dist=loadfile --no-loadscope-reorder --ignore=tests/core

check: setup ## lint, format, types, arrows, generated pages, the web apps' modules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/halobestie machines --check
	$(BIN)/python supply.py licences --check
	$(BIN)/python dev.py node --experimental-vm-modules --no-warnings webcheck.mjs

bench: setup ## run the benchmarks, one after the other
	@for benchmark in benchmarks/[a-z]*.py; do $(BIN)/python "$$benchmark" || exit 1; done

RACE_ROUNDS ?= 10000
race: setup ## run only the tests in which many ask at once, 10,000 rounds each (make race RACE_ROUNDS=300)
	RACE_ROUNDS=$(RACE_ROUNDS) $(BIN)/pytest -m race

FAULT_ROUNDS ?= 10
faults: setup ## put three instances to every fault, and write the table of docs/reliability.md (make faults FAULT_ROUNDS=200 FAULT=redis)
	FAULT_ROUNDS=$(FAULT_ROUNDS) REWRITE_FAULTS=1 $(BIN)/pytest tests/faults tests/acceptance/test_money_storm.py -k "$(FAULT)"

STEPS ?= 2000000
simulate: setup ## play nights of the whole server in memory, every fault by chance (make simulate STEPS=20000 SEED=1)
	$(BIN)/halobestie simulate --virtual --seed $(or $(SEED),1) --steps $(STEPS)

STORM_PAYMENTS ?= 20000
storm: setup ## let a storm of payments pass (make storm STORM_PAYMENTS=1000 is the one of make test)
	STORM_PAYMENTS=$(STORM_PAYMENTS) $(BIN)/pytest -m storm -rP

gallery: setup ## take a picture of every screen, in both themes, at 360 and 1280 px: dist/gallery
	$(BIN)/pytest tests/browser/gallery.py

mutants: setup ## bend every rule of the core in turn, and write docs/mutants.md (minutes)
	cd tests && ../$(BIN)/python -m mutants

proof: setup ## explore and simulate, and write docs/proof.md, the page for auditors
	$(BIN)/python proof.py

machines: setup ## write docs/machines from the tables
	$(BIN)/halobestie machines

lock: setup ## compile requirements/*.txt anew (newer versions: make lock UPGRADE=--upgrade)
	$(BIN)/python dev.py lock $(UPGRADE)

audit: setup ## ask for known weaknesses of every locked package
	$(BIN)/python supply.py audit

sbom: setup ## write the bill of materials, dist/halobestie.cdx.json
	$(BIN)/python supply.py sbom

licences: setup ## write docs/licences.md
	$(BIN)/python supply.py licences

clean: ## remove what make made, except the demo's data
	rm -rf .venv .coverage .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache build dist
	rm -rf node_modules src/halobestie_app/web/vendor
	find src tests examples benchmarks -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true
