# make demo   watch an agent learn to complete proverbs (about two minutes)
# make test   everything that must hold before a change lands
# make check  the fast part of it, for the loop while writing

PYTHON ?= python3
BIN := .venv/bin
TIMESTEPS ?= 16000000
OUT ?= runs/demo

.PHONY: demo test check lint figures clean

demo: .venv/agents
	$(BIN)/textgym train --timesteps $(TIMESTEPS) --out $(OUT)

test: .venv/dev lint
	$(BIN)/pytest -n 2

check: .venv/dev lint
	$(BIN)/pytest -n 2 -m "not slow"

lint: .venv/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# The figures of the README; takes about half an hour.
figures: .venv/dev
	$(BIN)/python benchmarks/proverbs.py
	$(BIN)/python benchmarks/chess.py
	$(BIN)/python benchmarks/throughput.py
	$(BIN)/python benchmarks/scorers.py

.venv/dev: pyproject.toml constraints.txt | .venv/bin/python
	$(BIN)/pip install -q -c constraints.txt -e ".[dev]"
	touch $@ .venv/agents

.venv/agents: pyproject.toml constraints.txt | .venv/bin/python
	$(BIN)/pip install -q -c constraints.txt -e ".[agents,fast]"
	touch $@

.venv/bin/python:
	$(PYTHON) -m venv .venv
	$(BIN)/pip install -q --upgrade pip

clean:
	rm -rf .venv build *.egg-info runs
