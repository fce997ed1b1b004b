# make        set up, run the pipeline, print the headline figures
# make test   set up, run all tests
# make lint   set up, check style and types
# make docs   set up, build the site of docs/ and of the docstrings into site/
# make restore  go back to the committed parameters and run, with its network and pictures
# make lock   resolve the dependencies of pyproject.toml anew into the lock files

# make 3.81, which macOS has, passes the PATH below on only to commands that a shell runs.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
NODE_MODULES := $(if $(shell command -v npm),node_modules/.installed)
# Stages, and the tests that run dvc, find python and dvc by PATH.
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)

.PHONY: all setup setup-dev test lint docs lock restore
.DELETE_ON_ERROR:

all: setup
	dvc repro
	python tools/headline.py

setup: $(VENV)/.installed
setup-dev: $(VENV)/.installed-dev $(NODE_MODULES)

# Python compiles what is imported when it is; most of what is installed never is.
INSTALL := python -m pip install --quiet --disable-pip-version-check --no-compile

$(VENV)/.installed: requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and \
	  f"Python 3.11 or newer is needed, this is {sys.version.split()[0]}; try: make PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)
	$(INSTALL) -r requirements.txt
	$(INSTALL) --no-deps -e .
	@touch $@

$(VENV)/.installed-dev: requirements-dev.txt $(VENV)/.installed
	$(INSTALL) -r requirements-dev.txt
	@touch $@

# For tests of the page's scripts, which are skipped without. No package runs scripts of its own.
NPM := npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
node_modules/.installed: package.json package-lock.json
	@$(NPM) && touch $@ || echo "npm could not install its packages: some tests of the page are skipped"

# Tests that share what is slow to set up stay together (tests/conftest.py). They keep their order:
# in xdist's own, the slowest come last, and one process waits for the other.
test: setup-dev
	python -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder

lint: setup-dev
	ruff check .
	ruff format --check .
	mypy

# The theme warns at every build that its support ends in May 2027: CONTRIBUTING.md says what then.
docs: setup-dev
	NO_MKDOCS_2_WARNING=1 mkdocs build --quiet --strict

restore:
	python tools/restore.py

# The project itself, which some extras name for what others bring, is not to be locked.
PIP_COMPILE := pip-compile --quiet --strip-extras --no-emit-index-url --no-emit-find-links \
  --no-emit-trusted-host --unsafe-package photo-colorizer --unsafe-package pip

# All extras first, so that each of them goes with what everybody installs. A CPU build of torch
# resolves to a local version (+cpu) that other machines cannot install.
EXTRAS := cluster dev export s3 train video web
lock: setup-dev
	$(PIP_COMPILE) $(EXTRAS:%=--extra %) --output-file requirements-dev.txt pyproject.toml
	sed -i.old 's/^\(torch==[^+ ]*\)+cpu/\1/' requirements-dev.txt
	$(PIP_COMPILE) --extra train --constraint requirements-dev.txt --output-file requirements.txt \
	  pyproject.toml
	sed -i.old 's/^\(torch==[^+ ]*\)+cpu/\1/' requirements.txt
	rm -f requirements.txt.old requirements-dev.txt.old
