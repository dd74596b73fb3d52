# What one can do here; `make help` prints it. Needs git, make and Python 3.11 or newer, nothing else.

PYTHON ?= python3
VENV := .venv
APP := $(VENV)/bin/python -m app
# Test workers; each has its own PostgreSQL and Valkey.
TEST_WORKERS ?= 2
PIP := $(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes
LOCK := uv pip compile pyproject.toml --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-annotate --no-header

.DEFAULT_GOAL := help
.PHONY: help run test check fuzz fuzz-input silence audit authority faults bench growth schema map trace migration lock clean reset
# A half-written stamp must not pass for an installation.
.DELETE_ON_ERROR:

help:  ## print this
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | while IFS="$$(printf '\t')" read -r name text; do printf '  %-11s %s\n' "$$name" "$$text"; done

# exec: TERM and Ctrl-C reach the program itself, not a shell before it.
run: $(VENV)/.run-installed  ## start everything on this machine (PORT=8000; Ctrl-C ends it)
	@exec $(APP) run

test: $(VENV)/.dev-installed  ## the whole suite on servers of its own (args=… goes to pytest)
	@exec $(VENV)/bin/python -m pytest -q -n $(TEST_WORKERS) --dist worksteal $(args)

check: $(VENV)/.dev-installed  ## format, lint, types, import order, total tables, snapshots, migrations, constraints
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(VENV)/bin/mypy .
	$(VENV)/bin/lint-imports
	$(VENV)/bin/python -m pytest -q tests/test_architecture.py tests/test_schema.py
	$(APP) check

fuzz: $(VENV)/.dev-installed  ## ask both executors random documents and compare (documents=100000)
	@exec $(VENV)/bin/python -m tests.fuzz $(or $(documents),10000) $(args)

authority: $(VENV)/.dev-installed  ## end the right to listen of many sockets at once, in every way (sockets=500)
	@ACCESS_SOCKETS=$(or $(sockets),500) exec $(VENV)/bin/python -m pytest -q tests/access/test_authority.py $(args)

faults: $(VENV)/.dev-installed  ## break servers, processes and network under load, and judge (seeds=5 only=F07,log,tasks)
	@exec $(VENV)/bin/python -m tests.faults $(if $(seeds),--seeds $(seeds)) $(if $(only),--only $(only)) $(args)

fuzz-input: $(VENV)/.dev-installed  ## ask every operation right and wrong documents made of the schema (documents=100000)
	@exec $(VENV)/bin/python -m tests.input $(or $(documents),20000) $(args)

silence: $(VENV)/.dev-installed  ## open connections that fall silent, and see the API be rid of them (sockets=10000)
	@exec $(VENV)/bin/python -m tests.input.silence $(or $(sockets),1000) $(args)

# graphql-http's package is installed into .audit.
audit: $(VENV)/.dev-installed  ## ask graphql-http's audit of GraphQL over HTTP (needs Node and npm)
	@exec $(VENV)/bin/python -m tests.audit $(args)

# Everything it needs is made in .bench; a world is kept there for the next time.
bench: $(VENV)/.dev-installed  ## measure against the limit and the peers (bookings= rounds= seconds= only=Q1,live-one)
	@exec $(VENV)/bin/python -m bench $(if $(bookings),--bookings $(bookings)) $(if $(rounds),--rounds $(rounds)) \
		$(if $(seconds),--seconds $(seconds)) $(if $(only),--only $(only)) $(args)

growth: $(VENV)/.dev-installed  ## measure first and last pages in a small and in a big world (sizes= rounds= seconds= concurrency=)
	@exec $(VENV)/bin/python -m bench.growth $(if $(sizes),--sizes $(sizes)) $(if $(rounds),--rounds $(rounds)) \
		$(if $(seconds),--seconds $(seconds)) $(if $(concurrency),--concurrency $(concurrency)) $(args)

schema: $(VENV)/.run-installed  ## write schema/schema.graphql, what clients see
	$(APP) schema

map: $(VENV)/.run-installed  ## write docs/map.txt, the system on one screen
	$(APP) map > docs/map.txt.new
	mv docs/map.txt.new docs/map.txt

trace: $(VENV)/.dev-installed  ## print each requirement with the tests that prove it
	$(APP) trace

migration: $(VENV)/.run-installed  ## write the next migration from the models (name=…)
	@test -n "$(name)" || { echo 'make migration name=what_changes'; exit 2; }
	$(APP) migration $(name)

lock:  ## choose the newest versions that pyproject.toml allows (needs uv)
	$(LOCK) --upgrade --extra embedded -o requirements.lock
	$(LOCK) --upgrade --extra embedded --extra dev -c requirements.lock -o requirements-dev.lock

clean:  ## remove the environment and all caches (keeps the world in .data)
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

reset:  ## forget the demo world: the next run makes it anew
	rm -rf .data

$(VENV)/bin/pip:
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed: make PYTHON=python3.12" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run-installed: requirements.lock | $(VENV)/bin/pip
	$(PIP) -r requirements.lock
	@touch $@

# It holds the other lock's versions too, so both are installed after it.
$(VENV)/.dev-installed: requirements-dev.lock requirements.lock | $(VENV)/bin/pip
	$(PIP) -r requirements-dev.lock
	@touch $(VENV)/.run-installed $@
