.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 14

# --no-deps: the locks are complete, and older pips want a hash for whatever is newest of an extra.
.venv/serve.done: requirements.lock
	@echo "Installing into .venv; this takes a minute."
	@$(PYTHON) -m venv .venv
	@$(BIN)/pip install --quiet --require-hashes --no-deps -r requirements.lock
	@$(BIN)/pip install --quiet --no-build-isolation --no-deps -e .
	@touch $@

.venv/test.done: tests/requirements.lock .venv/serve.done
	@echo "Installing what the tests need."
	@$(BIN)/pip install --quiet --require-hashes --no-deps -r tests/requirements.lock
	@touch $@

serve: .venv/serve.done ## set up what is missing, serve the demo city on http://127.0.0.1:8311
	@exec $(BIN)/open311 serve --demo

# Those that start servers and commands, kill them, or go through thousands of requests.
SLOW := tests/faults tests/demo tests/city tests/clients $(wildcard tests/test_*.py)
RUN := $(BIN)/pytest -n 2 --dist loadfile

test: .venv/test.done ## set up what is missing, run the suite but for what is slow; T=path runs one file
	$(RUN) $(or $(T),tests $(SLOW:%=--ignore=%))

slow: .venv/test.done ## the rest of the suite
	$(RUN) $(SLOW)

quick: .venv/test.done ## only the tests that need no database
	$(BIN)/pytest tests/spec tests/formats tests/domain tests/architecture

lint: .venv/test.done ## ruff, and the rule that arrows point down
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

types: .venv/test.done ## the type checker, strict
	$(BIN)/mypy

fix: .venv/test.done ## what ruff can mend
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

golden: .venv/test.done ## write the golden files anew
	$(BIN)/pytest tests/http/test_golden.py --write-golden

schemas: .venv/test.done ## write the generated schemas anew
	$(BIN)/python -m open311.formats.schemas

bench: .venv/test.done ## speed and memory as ratios to floors, into benchmarks/
	$(BIN)/python benchmarks/run.py

bench-scale: .venv/test.done ## reading cities of 100,000 to 10 million requests, into benchmarks/; BENCH_SIZES
	$(BIN)/python -m benchmarks.scale

lock: .venv/test.done ## resolve the dependencies anew, hashes only
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	  pyproject.toml --group build -o requirements.lock
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	  pyproject.toml --group build --group test --group lint -o tests/requirements.lock

.PHONY: help serve test slow quick lint types fix golden schemas bench bench-scale lock
