# `make demo` and `make test` alone are enough on a machine with Python >= 3.10 and make.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check
# Two more than the cores of a small machine: tests wait for servers now and then.
WORKERS ?= 4
FUZZERS := tests/config/test_fuzzing.py tests/journal/test_byte_fuzz.py tests/junit/test_hostile_reports.py \
  tests/targets/test_jama_garbled.py tests/targets/test_mad_servers.py

.PHONY: help demo test coverage faults fuzz octane-sdk check fix docs site picture bench wheel test-wheel test-lowest audit sbom clean

help: ## show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## / - /'

$(INSTALLED): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || \
	  { echo "pytest-jama needs Python 3.10 or newer; name one: make PYTHON=python3.12 ..." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(INSTALL) 'pip>=25.1' # for --group
	$(INSTALL) --editable '.[sandbox]' --group dev
	@touch $@

demo: $(INSTALLED) ## run the main job against a local Jama
	cd examples/demo && PATH="$(CURDIR)/$(BIN):$$PATH" && export PATH && \
	  pytest-jama sandbox --seed jama.yaml --seed seed.yaml -- pytest --jama

# Sessions that tests start take half the time when this package is compiled, also for pytest, which
# rewrites its plugins. Neighbours stay with one worker: what a module prepares is prepared once.
COMPILED := PYTHONDONTWRITEBYTECODE= $(BIN)/python -m compileall -q pytest_jama junit_uploader
PYTEST = PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal

# `make test faults` does no cell of a matrix twice.
MATRICES := tests/faults/test_matrix.py tests/faults/octane
test: $(INSTALLED) ## run all tests
	@$(COMPILED)
	$(PYTEST) $(if $(filter faults,$(MAKECMDGOALS)),$(MATRICES:%=--ignore=%))

coverage: $(INSTALLED) ## run all tests, and tell which lines and branches they run
	@$(COMPILED)
	$(PYTEST) --cov --cov-report=term

# Where a server hangs there is something to wait for.
faults: WORKERS = 4
faults: $(INSTALLED) ## let all front-ends meet every fault in every phase; `make test` shares a part of it among them
	$(PYTEST) $(MATRICES) --every-cell

fuzz: $(INSTALLED) ## try many more hostile files and answers, and examples of each law, than `make test`; takes long
	$(PYTEST) $(FUZZERS) --every-cell
	$(PYTEST) -m hypothesis --every-cell

octane-sdk: ## get the vendor's client for JavaScript, which holds the stand-in of ALM Octane to account
	mkdir -p build/octane-js-sdk
	cp tests/sandbox/octane/js_sdk/package.json build/octane-js-sdk/
	npm install --prefix build/octane-js-sdk --ignore-scripts --no-audit --no-fund --no-package-lock --silent

check: $(INSTALLED) ## formatting, lint, types, layers
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

fix: $(INSTALLED) ## format and repair what can be repaired
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: $(INSTALLED) ## write the generated pages and the JSON Schema anew, and build the site
	$(BIN)/python -m pytest_jama.config.reference
	$(BIN)/python -m pytest_jama.sandbox.jama.seed_file
	$(BIN)/python -m tests.sandbox.seed_page
	$(BIN)/python -m tests.faults.page
	$(BIN)/python -m tests.cli.octane_page
	$(BIN)/python -m pytest_jama.cli.selftest.catalogue
	$(BIN)/python -m docs.site.commands_page
	$(BIN)/python -m docs.site.hooks_page
	$(BIN)/python -m tests.console_page docs/tutorial.md docs/json.md
	@$(MAKE) --no-print-directory site

# MkDocs in an environment of its own: it would bring other versions of what is tested.
SITE := build/site-venv
$(SITE)/.installed: pyproject.toml
	$(PYTHON) -m venv $(SITE)
	$(SITE)/bin/python -m pip install --quiet 'pip>=25.1' # for --group
	$(SITE)/bin/python -m pip install --quiet --group docs
	@touch $@

site: $(SITE)/.installed ## build the site of docs/ into build/site; a dead link or anchor fails
	NO_MKDOCS_2_WARNING=1 $(SITE)/bin/mkdocs build --quiet --strict
	$(SITE)/bin/python docs/site/check_site.py build/site

picture: $(INSTALLED) ## make the picture of the README anew; needs tmux and Chromium
	$(BIN)/python -m docs.site.picture

bench: $(INSTALLED) ## measure what everything costs, beside peers, and write docs/performance.md; takes long
	$(BIN)/python bench/run.py --write

wheel: $(INSTALLED) ## build the wheel into dist/
	rm -rf dist
	$(BIN)/python -m build --outdir dist .

test-wheel: wheel ## install the wheel alone, and run the tests that need nothing else against it
	$(PYTHON) -m venv build/wheel-venv
	build/wheel-venv/bin/python -m pip install --quiet 'pip>=25.1' # for --group
	build/wheel-venv/bin/python -m pip install --quiet "$$(ls dist/*.whl)[sandbox]" --group test
	cp -r tests examples action.yml pyproject.toml mkdocs.yml *.md docs build/
	build/wheel-venv/bin/pytest-jama selftest -o build/qualification.html -o build/qualification.json
	cd build && wheel-venv/bin/python -m pytest -n $(WORKERS) -o pythonpath=.

# Tools of their own environment: they would bring other versions of what is tested.
SUPPLY := build/supply-venv
$(SUPPLY)/.installed: pyproject.toml
	$(PYTHON) -m venv $(SUPPLY)
	$(SUPPLY)/bin/python -m pip install --quiet 'pip>=25.1' # for --group
	$(SUPPLY)/bin/python -m pip install --quiet --group supply
	@touch $@

test-lowest: $(SUPPLY)/.installed ## run all tests with the lowest versions that pyproject.toml allows
	$(SUPPLY)/bin/uv venv --quiet --clear --python $(PYTHON) build/lowest-venv
	$(SUPPLY)/bin/uv pip install --quiet --python build/lowest-venv --resolution lowest-direct \
	  --editable '.[sandbox]' --group test
	build/lowest-venv/bin/python -m pytest -n $(WORKERS)

audit: $(SUPPLY)/.installed ## look up known holes of what is installed with it today; lint the workflows
	$(SUPPLY)/bin/uv pip compile --quiet --extra sandbox pyproject.toml >build/newest.txt
	$(SUPPLY)/bin/pip-audit --strict --no-deps --disable-pip --requirement build/newest.txt
	$(SUPPLY)/bin/zizmor --offline --pedantic .github action.yml
	$(SUPPLY)/bin/check-jsonschema --builtin-schema vendor.github-actions action.yml

sbom: wheel $(SUPPLY)/.installed ## describe the wheel and what is installed with it: build/pytest-jama.cdx.json
	$(PYTHON) -m venv --clear --without-pip build/sbom-venv
	$(SUPPLY)/bin/uv pip install --quiet --python build/sbom-venv "$$(ls dist/*.whl)[sandbox]"
	version=$$(basename dist/*.whl | cut -d- -f2) && \
	  sed "s/^dynamic = .*/version = \"$$version\"/" pyproject.toml >build/sbom.toml
	$(SUPPLY)/bin/cyclonedx-py environment --pyproject build/sbom.toml --output-reproducible \
	  --output-file build/pytest-jama.cdx.json build/sbom-venv

clean: ## remove everything that make created
	rm -rf $(VENV) build dist .coverage .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
