# `make demo` and `make test` alone are enough on a machine with Python >= 3.10 and make.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check
# One more than the cores of a small machine: tests wait for servers now and then.
WORKERS ?= 3

.PHONY: help demo test faults check fix docs bench wheel test-wheel clean

help: ## show this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## / - /'

$(INSTALLED): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || \
	  { echo "pytest-jama needs Python 3.10 or newer; name one: make PYTHON=python3.12 ..." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(INSTALL) 'pip>=25.1' # for --group
	$(INSTALL) --editable '.[sandbox]' --group dev
	@touch $@

demo: $(INSTALLED) ## run the main job against a local Jama
	cd examples/demo && PATH="$(CURDIR)/$(BIN):$$PATH" && export PATH && \
	  pytest-jama sandbox --seed jama.yaml -- pytest --jama

test: $(INSTALLED) ## run all tests
	$(BIN)/python -m pytest -n $(WORKERS) --cov --cov-report=term

faults: $(INSTALLED) ## let all front-ends meet every fault in every phase; `make test` shares half of it among them
	$(BIN)/python -m pytest -n $(WORKERS) tests/faults/test_matrix.py tests/config/test_fuzzing.py \
	  tests/junit/test_hostile_reports.py --every-cell

check: $(INSTALLED) ## formatting, lint, types, layers
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

fix: $(INSTALLED) ## format and repair what can be repaired
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: $(INSTALLED) ## write the generated pages and the JSON Schema anew
	$(BIN)/python -m pytest_jama.config.reference
	$(BIN)/python -m tests.faults.page

bench: $(INSTALLED) ## measure what the plugin costs, beside --junitxml and a peer
	$(BIN)/python bench/run.py

wheel: $(INSTALLED) ## build the wheel into dist/
	rm -rf dist
	$(BIN)/python -m build --outdir dist .

test-wheel: wheel ## install the wheel alone, and run the tests that need nothing else against it
	$(PYTHON) -m venv build/wheel-venv
	build/wheel-venv/bin/python -m pip install --quiet 'pip>=25.1' # for --group
	build/wheel-venv/bin/python -m pip install --quiet "$$(ls dist/*.whl)[sandbox]" --group test
	cp -r tests examples pyproject.toml *.md docs build/
	cd build && wheel-venv/bin/python -m pytest -n $(WORKERS) -o pythonpath=.

clean: ## remove everything that make created
	rm -rf $(VENV) build dist .coverage .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
