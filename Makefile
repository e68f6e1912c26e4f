# The two commands: `make local` and `make test`. Both set up everything they need.

PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python -m tools
STAMP := $(VENV)/.toolkit
DEV_STAMP := $(VENV)/.dev
COMMAND := $(VENV)/bin/tools

# An installer that cannot reach its index says so in pages: one sentence here, and all of it in the file.
INSTALL = $(1) > $(VENV)/install.log 2>&1 || { \
	  if grep -Eqi 'connect|network|resolve|timed out|no matching distribution|no solution|fetch' $(VENV)/install.log; then \
	    echo "error: The packages of $(VENV) cannot be had: the package index is out of reach (said in $(VENV)/install.log)." >&2; \
	    echo "  fix: connect to the internet, or let PIP_INDEX_URL and UV_DEFAULT_INDEX name a mirror; then: make $(MAKECMDGOALS)" >&2; \
	  else \
	    echo "error: The packages of $(VENV) cannot be installed: $$(grep -v '^ *$$' $(VENV)/install.log | tail -n 1)" >&2; \
	    echo "  fix: read $(VENV)/install.log" >&2; \
	  fi; exit 3; }

# A lock says which requirements it was made for, so that the build can tell when it is stale.
LOCK = $(VENV)/bin/uv pip compile --quiet $(2) --generate-hashes --no-header $(UPGRADE) $(1).in -o $(1).txt; \
	  $(VENV)/bin/python -m tools.build.lock $(1).in; echo "locked $(1).txt"

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev local down test test-unit test-localcloud test-terraform test-integration test-localstack test-features test-full coverage test-mutants lint lock bench-build bench-images bench-cold clean

help: ## Show the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(STAMP) $(COMMAND) ## Make .venv with the toolkit in it

setup-dev: $(DEV_STAMP) $(COMMAND) ## ... and what tests and linters need

$(VENV)/bin/uv: requirements/bootstrap.txt
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || { \
	  echo "error: $(PYTHON) is $$($(PYTHON) -V 2>&1), and Python 3.11 to 3.13 is needed." >&2; \
	  echo "  fix: make setup PYTHON=python3.13" >&2; exit 3; }
	@echo "Setting up $(VENV) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(call INSTALL,$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bootstrap.txt)
	@touch $@

# Compiled ahead: where PYTHONDONTWRITEBYTECODE is set, every command would pay 0.2 s for it.
$(STAMP): $(VENV)/bin/uv requirements/toolkit.txt
	@$(call INSTALL,$(VENV)/bin/uv pip install --quiet --compile-bytecode --python $(VENV)/bin/python --require-hashes -r requirements/toolkit.txt)
	@touch $@

# From any folder: `.venv/bin/python -m tools`, and `tools` where .venv is active. Linked as packages: with the checkout on
# the path (an editable install), local functions could import all of it.
$(COMMAND): $(STAMP)
	@site=$$($(VENV)/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))'); \
	  ln -sfn ../../../../tools "$$site/tools"; ln -sfn ../../../../localcloud "$$site/localcloud"
	@printf '#!/bin/sh\nexec "$$(dirname "$$0")/python" -P -m tools "$$@"\n' > $@
	@chmod +x $@

$(DEV_STAMP): $(STAMP) requirements/dev.txt
	@$(call INSTALL,$(VENV)/bin/uv pip install --quiet --python $(VENV)/bin/python --require-hashes -r requirements/dev.txt)
	@touch $@

local: setup ## Build, start the local cloud, deploy, smoke-test, and print the endpoints
	@$(RUN) deploy --env local

down: setup ## Stop the local cloud
	@$(RUN) down

test: setup-dev ## Run all tests
	@$(RUN) test

test-unit: setup-dev ## Run the unit tests alone (seconds)
	@$(RUN) test --suite unit

test-localcloud: setup-dev ## Run the tests of the local cloud alone
	@$(RUN) test --suite localcloud

test-terraform: setup-dev ## Run the Terraform tests alone
	@$(RUN) test --suite terraform

test-integration: setup-dev ## Run the integration tests alone
	@$(RUN) test --suite integration

test-localstack: setup-dev ## Run the integration tests on LocalStack's open code (needs Python 3.13, no container engine)
	@$(RUN) test --suite localstack

test-features: setup-dev ## Deploy with every feature left out, on each engine, and run the tests of the items API
	@$(RUN) test --suite features

test-full: setup-dev ## Run the tests and the long ones that `make test` leaves out
	@$(RUN) test -- --full

coverage: setup-dev ## Run the unit tests, and print how much of the functions and of the toolkit they run
	@$(VENV)/bin/python -m pytest tests/unit -q --numprocesses auto --dist loadfile --cov=lambda_src --cov=tools --cov-branch --cov-report=
	@for each in lambda_src tools; do \
	  echo "$$each: $$($(VENV)/bin/python -m coverage report --include="$$each/*" --format=total) % of lines and branches"; done

test-mutants: setup-dev ## Change the project in 220 small ways, and list the changes that no test notices
	@$(VENV)/bin/python -m tests.mutants

lint: setup-dev ## Check style, types, and the Terraform configuration
	@$(RUN) lint

lock: $(VENV)/bin/uv ## Compile every .in file into its lock
	@set -e; for file in requirements/toolkit requirements/dev requirements/checkov requirements/bench $(basename $(wildcard layers/*/requirements.in)); do \
	  $(call LOCK,$$file,--universal --python-version 3.11); done
	@set -e; for file in requirements/localstack requirements/runtime; do \
	  $(call LOCK,$$file,--python-platform linux --python-version 3.13); done

bench-build: setup-dev ## Time the build beside its peers (PACKAGER=path of terraform-aws-lambda's package.py)
	@$(VENV)/bin/python tests/benchmarks/bench_build.py $(if $(PACKAGER),--packager $(PACKAGER))

bench-images: setup-dev ## Make sizes of pictures beside naive Pillow (time, memory, likeness), and of hostile files
	@$(VENV)/bin/python tests/benchmarks/bench_images.py
	@$(VENV)/bin/python tests/benchmarks/bench_hostile.py --check

bench-cold: setup-dev ## Model the first answer of each function beside a naive one (Linux; BEFORE=commit adds that one's)
	@$(VENV)/bin/python tests/benchmarks/bench_cold.py $(if $(BEFORE),--before $(BEFORE))

clean: ## Remove what was built; the local cloud and its data stay
	@rm -rf build .local/cache .mypy_cache .ruff_cache .pytest_cache
