# Every target sets up what it needs. A fresh machine needs Python 3.11+, make and git.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
STAMP := .venv/.stamp
NODE_DIR := tests/conformance

.DEFAULT_GOAL := help
.PHONY: help setup demo test check fmt docs bench conformance clean

help:  ## List the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup: $(STAMP)  ## Put the program at .venv/bin/autopilot

$(STAMP): pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed (set PYTHON=...)" >&2; exit 1; }
	@test -x $(BIN)/python || "$(PYTHON)" -m venv .venv
	@echo "Installing into .venv"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt "pip>=25.1"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable . --group dev
	@touch $@

demo: setup  ## Build, break, undo, import and export a flow through the real server
	@$(BIN)/autopilot demo

test: setup  ## Run the tests
	@$(BIN)/python -m pytest -q

check: setup  ## Format, lint, types, import directions, freshness of the docs
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/lint-imports
	@$(BIN)/pyright --project pyproject.toml
	@$(BIN)/python -m server.reference --check

fmt: setup  ## Format and mend what can be mended
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

docs: setup  ## Write the generated pages of docs/
	@$(BIN)/python -m server.reference

bench: setup benchmarks/node_modules/.stamp  ## Print every figure of the README, side by side with its peers
	@$(BIN)/python -m benchmarks

conformance: setup $(NODE_DIR)/node_modules/.stamp  ## Run the MCP conformance suite (npm)
	@$(BIN)/python $(NODE_DIR)/run.py

%/node_modules/.stamp: %/package.json
	@npm install --prefix $* --no-audit --no-fund --no-package-lock
	@touch $@

clean:  ## Remove everything that was installed or built
	@rm -rf .venv .pytest_cache .ruff_cache .hypothesis .import_linter_cache */node_modules tests/conformance/node_modules
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
