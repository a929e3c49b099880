# The two commands a newcomer needs: `make demo` and `make test`. Everything is installed into .venv from uv.lock.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV_VERSION := 0.13.9
STAMP := $(VENV)/.installed

.PHONY: help install demo test check bench independent generate clean

help:
	@echo "make demo      install, then play the whole story on this machine (about a minute the first time)"
	@echo "make test      install, then run every check and test"
	@echo "make check     formatting, lint, types, imports"
	@echo "make bench     measure against the floor, the log at a million lines, and our verifier against one in Go"
	@echo "make independent  install the log verifiers of others (Debian, root), so that make test runs them too"
	@echo "make generate  write the published schemas and examples anew"

install: $(STAMP)

$(STAMP): pyproject.toml uv.lock
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@VIRTUAL_ENV=$(CURDIR)/$(VENV) $(BIN)/uv sync --quiet --frozen --inexact --active
	@touch $(STAMP)

demo: $(STAMP)
	@$(BIN)/rj demo

check: $(STAMP)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: $(STAMP) check
	$(BIN)/python -m pytest --cov --cov-report=term:skip-covered

bench: $(STAMP) independent
	$(BIN)/python -m tests.bench.accept
	$(BIN)/python -m tests.bench.ledger
	$(BIN)/python -m tests.bench.verify

independent: $(STAMP)
	@tests/independent/install.sh $(BIN)/python

generate: $(STAMP)
	$(BIN)/python -m contracts.schemas
	$(BIN)/python -m contracts.examples

clean:
	rm -rf build dist $(VENV)
