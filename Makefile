# Everything runs from .venv, which `setup` makes with nothing but Python 3.11 or later, venv and pip.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
STAGES := dev prod
# Compiling every installed module would take longer than everything that is then run.
PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile
CODE := functions infra layers

.DEFAULT_GOAL := help
.PHONY: help setup run test replay simulate fuzz lint format openapi bench profile lock clean

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1 - \2/p' $(MAKEFILE_LIST)

setup: $(STAMP) ## make .venv with the tidemark command in it; quick when nothing changed

$(STAMP): requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed; say which: make PYTHON=...")'
	@echo "Installing the locked packages into $(VENV) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(PIP_INSTALL) --require-hashes --requirement requirements.txt
	@$(PIP_INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

run: setup ## the local stack with a demo shop and its story; ARGS=--exit stops after the story
	@$(BIN)/tidemark demo $(ARGS)

# Servers, clocks and processes of their own: these run alone, all others on as many processors as there are.
ALONE := tests/integration tests/simulation
test: setup ## all tests but the long ones; ARGS are for pytest, and say which
ifdef ARGS
	$(BIN)/python -m pytest -m "not long" $(ARGS)
else
	$(BIN)/python -m pytest --numprocesses auto --dist loadfile $(ALONE:%=--ignore=%)
	$(BIN)/python -m pytest -m "not long" $(ALONE)
endif

replay: setup ## two years of real orders against brute force, a sample and all of them; takes about an hour
	TIDEMARK_NO_SKIP=1 $(BIN)/python -m pytest -m long $(ARGS)

SEEDS ?= 0-999
simulate: setup ## the whole system in memory, with all that can go wrong, by seeds: SEEDS=FROM-TO, or one
	$(BIN)/python -m tests.simulation $(SEEDS) $(ARGS)

fuzz: setup ## hostile text against the segment language; ARGS="--minutes 10" for how long
	$(BIN)/python -m tests.property.fuzz $(ARGS)

lint: setup ## style, types, and the template as written and as CloudFormation gets it
	$(BIN)/ruff check $(CODE) tests
	$(BIN)/ruff format --check $(CODE) tests
	$(BIN)/mypy $(CODE)
	$(BIN)/cfn-lint template.yaml
	@mkdir -p build
	@set -e; for stage in $(STAGES); do \
	  echo "cfn-lint template.yaml, expanded for $$stage"; \
	  $(BIN)/python infra/expand.py template.yaml $$stage > build/expanded-$$stage.json; \
	  $(BIN)/cfn-lint build/expanded-$$stage.json; \
	done

format: setup ## put the code into the agreed form
	$(BIN)/ruff check --fix $(CODE) tests
	$(BIN)/ruff format $(CODE) tests

openapi: setup ## write infra/openapi.json anew from the API's models
	$(BIN)/python -m segment_core.api.openapi infra/openapi.json

# The engines that are measured beside ours are nobody's dependency: they have an environment of their own.
BENCH := build/bench
$(BENCH)/.installed: tests/bench/requirements.txt
	@$(PYTHON) -m venv $(BENCH)
	@$(BENCH)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement $<
	@touch $@

bench: setup $(BENCH)/.installed ## measure, all or the parts that ARGS names; needs a quiet machine
	TIDEMARK_BENCH_PYTHON=$(BENCH)/bin/python $(BIN)/python -m tests.bench $(ARGS)

profile: setup ## show where an order's processor time and memory go
	$(BIN)/python -m tests.bench.profiling

# What the layer takes to Lambda is a part of what is tested here, in the same versions.
LOCK := uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
  --custom-compile-command "make lock" --quiet
lock: ## pin the newest packages that pyproject.toml allows (needs uv)
	$(LOCK) --upgrade --all-extras --output-file requirements.txt pyproject.toml
	$(LOCK) --upgrade --constraint requirements.txt --output-file layers/segment_core/requirements.txt pyproject.toml
	$(LOCK) --upgrade --constraint requirements.txt --output-file tests/bench/requirements.txt tests/bench/requirements.in

clean: ## remove what was made here
	rm -rf $(VENV) build .aws-sam .pytest_cache .mypy_cache .ruff_cache .hypothesis *.egg-info
	find $(CODE) tests -name __pycache__ -type d -prune -exec rm -rf {} +
