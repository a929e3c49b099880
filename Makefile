# The two commands a newcomer needs: `make demo` and `make test`. Everything is installed into .venv from uv.lock.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV_VERSION := 0.13.9
STAMP := $(VENV)/.installed
PROCESSES ?= 2
KILLS ?= 10000
SEEDS ?= 100000
MESSAGES ?= 10000000
PAGES := gateway/desk/pages
FRONT_END := hatch_build.py $(wildcard $(PAGES)/frontend/* $(PAGES)/frontend/.npmrc $(PAGES)/images/* $(PAGES)/scripts/*)

.PHONY: help install assets demo demo-cluster test test-postgres coverage check bench kills power-loss disk-errors postgres-faults network clocks soak simulation browser cluster independent pictures generate clean

help:
	@echo "make demo      install, then play the whole story on this machine (about a minute the first time)"
	@echo "make demo-cluster  the same on three nodes, one PostgreSQL and HAProxy (Debian, root), while nodes are killed"
	@echo "make test      install, then run every check and test"
	@echo "make test-postgres  the journeys on PostgreSQL, and again on Debian's (postgresql-15)"
	@echo "make coverage  the tests again, and which lines and branches they reach"
	@echo "make check     formatting, lint, types, imports"
	@echo "make bench     measure against the floor, the log at a million lines, our verifier against one in Go, and the desk's list"
	@echo "make kills, power-loss, disk-errors, postgres-faults, network, clocks, soak, simulation  what must be lived through, at length (docs/results/)"
	@echo "make independent  install the log verifiers of others (Debian, root), so that make test runs them too"
	@echo "make cluster   install HAProxy (Debian, root), so that make test can put nodes behind it"
	@echo "make browser   install Chromium (Debian, root), so that make test can look at the pages"
	@echo "make pictures  take the pictures in the README anew"
	@echo "make assets    make the pages' styles and scripts anew, where they are missing"
	@echo "make generate  write the published schemas and examples anew"

install: $(STAMP)

$(STAMP): pyproject.toml uv.lock $(FRONT_END)
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@VIRTUAL_ENV=$(CURDIR)/$(VENV) $(BIN)/uv sync --quiet --frozen --inexact --active --reinstall-package restorative-justice-gateway
	@touch $(STAMP)

assets: $(STAMP)
	@$(BIN)/uv build --quiet --wheel --out-dir build

demo: $(STAMP)
	@$(BIN)/rj demo

demo-cluster: $(STAMP) cluster
	@$(BIN)/python -m tests.cluster

check: $(STAMP)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: $(STAMP) check
	$(BIN)/python -m pytest --ignore=tests/pages --numprocesses=$(PROCESSES) --dist=loadfile
	$(BIN)/python -m pytest tests/pages --numprocesses=$(PROCESSES) --dist=loadfile

coverage: $(STAMP)
	$(BIN)/python -m pytest --ignore=tests/pages --ignore=tests/simulation --numprocesses=$(PROCESSES) --dist=loadfile --cov --cov-report=
	$(BIN)/python -m pytest tests/pages --numprocesses=$(PROCESSES) --dist=loadfile --cov --cov-append --cov-report=term:skip-covered

test-postgres: $(STAMP)
	RJ_STORE=postgres $(BIN)/python -m pytest tests/journey --numprocesses=$(PROCESSES) --dist=loadfile
	RJ_STORE=postgres RJ_POSTGRES_BIN=/usr/lib/postgresql/15/bin $(BIN)/python -m pytest tests/journey tests/ports tests/faults/test_postgres.py --numprocesses=$(PROCESSES) --dist=loadfile

kills: $(STAMP)
	$(BIN)/python -m tests.faults.kills --store sqlite --kills $(KILLS)
	$(BIN)/python -m tests.faults.kills --store postgres --kills $(KILLS)

power-loss: $(STAMP)
	$(BIN)/python -m tests.faults.power

disk-errors: $(STAMP)
	$(BIN)/python -m tests.faults.disk_errors

soak: $(STAMP)
	$(BIN)/python -m tests.faults.soak --messages $(MESSAGES)

simulation: $(STAMP)
	$(BIN)/python -m tests.simulation --seeds $(SEEDS)

network: $(STAMP)
	$(BIN)/python -m tests.faults.network --store sqlite
	$(BIN)/python -m tests.faults.network --store postgres

clocks: $(STAMP)
	$(BIN)/python -m tests.faults.clocks

postgres-faults: $(STAMP)
	$(BIN)/python -m tests.faults.postgres

bench: $(STAMP) independent
	$(BIN)/python -m tests.bench.accept
	$(BIN)/python -m tests.bench.flame
	$(BIN)/python -m tests.bench.exchanges
	$(BIN)/python -m tests.bench.nodes
	$(BIN)/python -m tests.bench.latency
	$(BIN)/python -m tests.bench.polls
	$(BIN)/python -m tests.bench.waking
	$(BIN)/python -m tests.bench.sealing
	$(BIN)/python -m tests.bench.ledger --leaves 100000
	$(BIN)/python -m tests.bench.ledger
	$(BIN)/python -m tests.bench.verify
	$(BIN)/python -m tests.bench.pages
	$(BIN)/python -m tests.bench.plots

pictures: $(STAMP)
	mkdir -p docs/pictures
	RJ_PICTURES=yes $(BIN)/python -m pytest tests/pages/test_pictures.py -k taken

cluster:
	@tests/cluster/install.sh

browser:
	@tests/pages/install.sh

independent: $(STAMP)
	@tests/independent/install.sh $(BIN)/python

generate: $(STAMP)
	$(BIN)/python -m contracts.schemas
	$(BIN)/python -m contracts.examples

clean:
	rm -rf build dist $(VENV)
