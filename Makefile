# make demo   the main job on a small detection task that ships with the package
# make test   everything that must hold: lint, types, unit, parity, front end, browser, notebooks, side by side
# make test-slow   endurance and large random samples, minutes each
# All set up what they need in .venv and js/node_modules, from the lock files; a second run is fast.

PYTHON ?= python3
BIN := .venv/bin
# processes of each run of tests
JOBS ?= 2
NODE := $(shell command -v node 2>/dev/null)
.DEFAULT_GOAL := help
# What a part prints comes in one piece when the part ends (GNU make 4 or later).
TOGETHER := $(if $(filter output-sync,$(.FEATURES)),--output-sync=target)
# Without byte code each of some forty processes compiles the package again, and pytest rewrites every test.
unexport PYTHONDONTWRITEBYTECODE
.PHONY: help demo test test-slow lint types unit front-end browser bundles pictures lock bench clean generated docs wheel notebooks

help:
	@sed -n '1,4p' Makefile | cut -c3-

.venv/.ready: requirements/uv.txt requirements/dev.txt requirements/overrides.txt pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "Installing the Python packages of requirements/dev.txt ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes --override requirements/overrides.txt -r requirements/dev.txt
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

js/node_modules/.ready: js/package-lock.json
ifdef NODE
	@echo "Installing the front-end packages of js/package-lock.json ..."
	@cd js && npm ci --silent --no-audit --no-fund
	@touch $@
endif

demo: .venv/.ready
	@$(BIN)/framelens demo demo

lint: .venv/.ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/.ready
	$(BIN)/mypy

unit: .venv/.ready
	$(BIN)/python -m pytest -p no:nbmake -n $(JOBS) --dist worksteal

front-end: js/node_modules/.ready
ifdef NODE
	cd js && npm run --silent lint && npm run --silent check && npm run --silent test
else
	@echo "SKIPPED front-end tests: node is not installed (needs Node 20 or later)"
endif

bundles: js/node_modules/.ready
	cd js && npm run --silent build

browser: .venv/.ready
	@tools/chromium.sh
	$(BIN)/python -m pytest -p no:nbmake -n $(JOBS) --dist loadfile -m "browser and not slow" tests

# The README's pictures are what the browser tests see.
pictures: .venv/.ready
	@tools/chromium.sh
	FRAMELENS_PICTURES=docs/images $(BIN)/python -m pytest -p no:nbmake -m browser tests/browser/test_demo_notebook.py

# The tutorials, executed; each is meant to take well under a minute.
notebooks: .venv/.ready
	$(BIN)/python -m pytest --nbmake --nbmake-timeout=300 -n $(JOBS) -p no:cacheprovider notebooks

# The longest parts start first; a part that fails lets the others end, and is named in the last lines.
test: .venv/.ready js/node_modules/.ready
	@+$(MAKE) --no-print-directory --jobs=3 --keep-going $(TOGETHER) browser unit lint types front-end notebooks
	@echo "make test: every part passed"

test-slow: .venv/.ready
	$(BIN)/python -m pytest -p no:nbmake -n $(JOBS) --dist loadfile -m slow tests

# Everything that is written from something else: bundles, pages of the documentation, fixtures of the front end.
generated: .venv/.ready bundles
	$(BIN)/python tools/pages.py
	cd tests && for made in front_end/*.py; do PYTHONPATH=../src ../$(BIN)/python -m front_end.$$(basename $$made .py); done

# The site, in site/: open site/index.html.
docs: .venv/.ready
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --quiet

wheel: .venv/.ready
	SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct) $(BIN)/python -m hatchling build -t wheel

lock: .venv/.ready
	tools/lock.sh

bench: .venv/.ready
	$(BIN)/python -m benchmarks

clean:
	rm -rf .venv js/node_modules .pytest_cache .mypy_cache .ruff_cache .hypothesis demo dist site
