# neuroflow: set up and run with nothing but make and Python 3.11 or later.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEMO ?= demo-output
# Many tests wait for a server or a browser: one worker more than cores, and at most four.
WORKERS ?= $$($(BIN)/python -c 'import os; print(min(4, 1 + (os.cpu_count() or 1)))')
# Tests start many processes; without stored bytecode each of them compiles neuroflow again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo lab serve test whole faults real mutations mutants check lint types house bench docs pictures hostile lowest lock licences sbom clean

## demo: the main job end to end on the embedded service
demo: $(VENV)/.demo
	$(BIN)/neuroflow demo $(DEMO)

## lab: the quickstart notebook in JupyterLab, the embedded service running
lab: $(VENV)/.demo
	$(BIN)/neuroflow demo $(DEMO) --lab

## serve: only the embedded service, for any SFTP client
serve: $(VENV)/.demo
	$(BIN)/neuroflow demo $(DEMO) --serve

## test: all tests; installs what they need
test: $(VENV)/.test
	sh tools/system_packages.sh
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal

## whole: all tests, with the cases that repeat others: every form in each front end and theme
whole: $(VENV)/.test
	sh tools/system_packages.sh
	$(BIN)/python -m pip install --quiet "notebook>=7.6,<8"
	NEUROFLOW_WHOLE=1 $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal

## faults: MINUTES=15 of broken lines, refusals, lost ledgers and dying processes, added to earlier runs
faults: $(VENV)/.test
	NEUROFLOW_FAULTS=1 $(BIN)/python -m pytest -q tests/transfer/upload/test_protocol_model.py
	$(BIN)/python tools/make_faults.py --minutes $(or $(MINUTES),15)

## real: SCANS=folder of real scans: found, checked, packaged, converted before and after
real: $(VENV)/.test
	$(BIN)/python tools/real_scans.py "$(SCANS)"

## mutations: 20,000 mutated headers of every make, and as many reports
mutations: $(VENV)/.test
	NEUROFLOW_MUTATIONS=20000 $(BIN)/python -m pytest -q --timeout=0 tests/studies/test_mutated_headers.py \
		tests/results/reports/test_mutated_reports.py

## mutants: MINUTES=10 of changed code, added to earlier runs; do the tests beside it notice?
mutants: $(VENV)/.test
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[mutants]'
	$(BIN)/python tools/make_mutants.py --minutes $(or $(MINUTES),10)

## check: format, lint, types and all tests
check: lint types test

lint: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(VENV)/.dev
	$(BIN)/mypy
	$(BIN)/mypy --platform win32
	$(BIN)/mypy --platform darwin

## house: rooms, floors, arrows, docstrings and lines of code, counted
house: $(VENV)/.dev
	$(BIN)/python tools/house.py

## bench: side by side with what a user would take instead; prints ratios
bench: $(VENV)/.bench
	sh tools/system_packages.sh bench
	for script in benchmarks/bench_*.py; do $(BIN)/python $$script || exit 1; done

## docs: the documentation site in site/, every warning an error; the notebooks are run
docs: $(VENV)/.docs
	$(BIN)/python tools/make_docs.py --check
	$(BIN)/python -m sphinx -c docs -b html -W --keep-going -q . site
	@echo "Open site/index.html"

## pictures: the pictures in docs/images, and the pages made from the code
pictures: $(VENV)/.test
	$(BIN)/python tools/make_docs.py
	$(BIN)/python tools/make_gallery.py
	$(BIN)/python tools/make_rooms.py
	$(BIN)/python tools/make_agreement.py

## hostile: 2,000 sessions with servers that lie at random
hostile: $(VENV)/.test
	NEUROFLOW_SESSIONS=2000 $(BIN)/python -m pytest -q -s tests/transfer/collect/test_hostile_sessions.py

## lowest: tests with the lowest versions that pyproject.toml admits (needs uv), but those in a browser
lowest:
	uv venv --quiet --clear .venv-lowest
	uv pip install --quiet --python .venv-lowest --resolution lowest-direct \
		--editable '.[demo,app,excel,word,convert,notify,crate,test]'
	.venv-lowest/bin/python -m pytest -n $(WORKERS) -o filterwarnings=default -m "not browser and not notebook"

## lock, licences, sbom: versions with hashes; the page of licences; a bill of materials in dist/
lock licences sbom: $(VENV)/.test
	$(BIN)/python tools/make_supply_chain.py $@

clean:
	rm -rf $(VENV) .venv-lowest $(DEMO) site docs/api .pytest_cache .mypy_cache .ruff_cache

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "neuroflow needs Python 3.11 or later: make PYTHON=python3.12 ..."; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.demo: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[demo]'
	@touch $@

$(VENV)/.test: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[demo,excel,word,convert,docs,test]'
	@touch $@

$(VENV)/.dev: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[demo,excel,word,convert,docs,test,dev]'
	@touch $@

$(VENV)/.bench: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[demo,excel,word,convert,docs,test,bench]'
	@touch $@

$(VENV)/.docs: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[demo,excel,word,docs]'
	@touch $@
