# What can be done here: make help.  Only relative paths: a checkout's own path may hold spaces.
MAKEFLAGS += --no-print-directory
PYTHON ?= python3
HOST ?= 127.0.0.1
PORT ?= 8000
export PYTHON HOST PORT

RUN := sh scripts/as-owner .venv/bin/python

# As complete as in production, and no server behind it: the checks only read it.
check: export DEMONSTRATION =
check: export DEBUG =
check: export SECRET_KEY = read-by-make-check-alone-0123456789-abcdefghijklmnopqrstuvwxyz
check: export DATABASE_URL = postgresql://check@localhost/check
check: export REDIS_URL = redis://localhost/0
check: export ALLOWED_HOSTS = results.example.org
check: export PUBLIC_BASE_URL = https://results.example.org
check: export EMAIL_URL = smtp+tls://mail.example.org:587
check: export STORAGE_URL = file:///srv/results

.PHONY: help demo clean-demo test check drills bench lock install-demo install-dev

help:  ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' Makefile

demo: install-demo  ## the whole service with demonstration data, at HOST and PORT, until Ctrl-C
	@exec sh scripts/as-owner setpriv --pdeathsig TERM .venv/bin/python manage.py demo

clean-demo:  ## remove the demonstration's data
	@test ! -d var || $(RUN) -c 'import sys; from rvs import demonstration; sys.exit(demonstration.clean())'

test: install-dev  ## all tests, against a real PostgreSQL, Valkey and browser
	$(RUN) -m pytest -n 2

drills: install-dev  ## the long sizes of the randomised and kill -9 tests
	RVS_DRILLS=full $(RUN) -m pytest -m drill

check: install-dev  ## style, types, imports between layers, templates, migrations, deployment settings
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) -m mypy .
	$(RUN) -c 'from importlinter.cli import lint_imports_command; lint_imports_command()'
	$(RUN) -m djlint --check --lint --quiet templates
	$(RUN) -m rvs.embedded -- .venv/bin/python manage.py makemigrations --check --dry-run
	$(RUN) manage.py check --deploy --fail-level INFO

bench: install-dev  ## the benchmarks; writes bench/RESULTS.md
	$(RUN) -m bench

lock: install-dev  ## resolve pyproject.toml into the three locks
	@test -x .boot/bin/uv || .venv/bin/python -m pip install --quiet --target .boot uv
	@set -e; compile() { .boot/bin/uv pip compile --quiet --upgrade --generate-hashes --no-header --no-annotate \
		--universal --python-version 3.11 pyproject.toml "$$@"; }; \
	compile -o requirements.txt; \
	compile --extra demo -c requirements.txt -o requirements-demo.txt; \
	compile --extra demo --extra dev -c requirements-demo.txt -o requirements-dev.txt

install-demo:
	@sh scripts/install demo

install-dev:
	@sh scripts/install dev
