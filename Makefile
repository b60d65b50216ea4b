# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Everything is installed into this checkout (.venv, .cache); "make clean" removes it all. Every path is relative, or
# quoted by the shell, since the checkout may lie in a folder of any name.

PYTHON ?= python3
PORT ?= 8123

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.NOTPARALLEL:
.DELETE_ON_ERROR:

run := tests/tools/run.sh
# Half of the time of a unit test is spent waiting.
export PYTEST_XDIST_AUTO_NUM_WORKERS ?= $(shell echo $$((2 * $$(getconf _NPROCESSORS_ONLN))))
# A worker without tests takes some from another: a few tests take a minute, and may be the last.
parallel := --numprocesses auto --dist worksteal
cov := --cov --cov-report= --cov-fail-under=0
pip := $(run) .venv/bin/python -m pip install -qq --disable-pip-version-check
linters := ruff ruff-format mypy yamllint ansible-lint plugin-docs changelog reuse importer

.PHONY: help
help:
	@echo 'make demo      see the collection at work on an emulator of ClickHouse Cloud, without an account'
	@echo 'make emulator  run the emulator on 127.0.0.1, PORT=$(PORT)'
	@echo 'make test      all tests: unit, lint, sanity, integration and eda'
	@echo 'make test-all  unit, sanity and integration with the oldest, default, newest and next ansible-core; ONLY=2.18'
	@echo 'make unit      the unit tests'
	@echo 'make lint      the linters, each of which is also a target: $(linters)'
	@echo 'make format    let ruff format the code'
	@echo 'make bench     measure what tasks, loops and inventories cost, beside other collections; ONLY=loop ROUNDS=1'
	@echo 'make sanity    ansible-test sanity'
	@echo 'make integration  ansible-test integration; TARGET=service'
	@echo 'make eda       run the rulebooks by ansible-rulebook'
	@echo 'make molecule  run the scenarios of molecule, in which somebody changes services behind our back'
	@echo 'make coverage  the unit tests, and which lines and branches of the plugins they do not reach'
	@echo 'make mutants   change the pure functions in many small ways, and see whether the tests notice'
	@echo 'make awx       the set-up of AWX, with the true modules of awx.awx'
	@echo 'make python39  the tests of modules and inventory on Python 3.9, where there is one'
	@echo 'make docs      build the documentation site'
	@echo 'make forms     draw the forms in docs/awx.md'
	@echo 'make release   test, and build into dist/ what is to be published; it uploads nothing'
	@echo 'make clean     remove all that make has made'
	@echo 'PYTHON=$(PYTHON) is used; it has to be 3.11 or newer.'

# A story for people: values as YAML, and no word of there being no inventory but localhost.
.PHONY: demo
demo: export ANSIBLE_CALLBACK_RESULT_FORMAT = yaml
demo: export ANSIBLE_INVENTORY_UNPARSED_WARNING = false
demo: export ANSIBLE_LOCALHOST_WARNING = false
demo: .venv/demo
	@$(run) .venv/bin/python -m tests.emulator --step 0.5 -- .venv/bin/ansible-playbook playbooks/demo.yml

.PHONY: emulator
emulator: .venv/demo
	@$(run) .venv/bin/python -m tests.emulator --port '$(PORT)'

.PHONY: test
test: .venv/dev
	@failed=; \
	rm -f .cache/not-run; \
	for part in unit lint sanity integration eda; do \
	    echo "== make $$part"; \
	    $(MAKE) --no-print-directory --keep-going $$part || failed+=" $$part"; \
	done; \
	[ ! -s .cache/not-run ] || sed 's/^/make test: NOT RUN: /' .cache/not-run; \
	[ -z "$$failed" ] || { echo "make test: FAILED:$$failed"; exit 1; }; \
	echo "make test: unit, lint, sanity, integration and eda passed in $$SECONDS s on Python $$(.venv/bin/python -c \
	    'import platform, ansible; print(platform.python_version(), "with ansible-core", ansible.__version__)')"

# A run in which every test was skipped ends well for pytest, but not for us.
.PHONY: unit
unit: .venv/dev
	@mkdir -p .cache
	@$(run) pytest -rs $(parallel) | tee .cache/unit.log
	@grep -Eq '[0-9]+ passed' .cache/unit.log || { echo 'make unit: no test ran'; exit 1; }

# Not a part of "make test": it is "make unit" once more, and slower. Some lines are there for the oldest ansible-core alone.
.PHONY: coverage coverage-oldest
coverage: .venv/dev
	@rm -rf .cache/coverage
	@mkdir -p .cache/coverage
	@$(run) pytest $(parallel) $(cov)
	@PARTS=coverage-oldest $(PYTHON) tests/tools/every_core.py oldest
	@$(run) coverage report
coverage-oldest:
	@$(run) pytest $(parallel) $(cov) --cov-append tests/unit/inventory tests/unit/test_fast_path.py

.PHONY: sanity
sanity: .venv/dev
	@$(run) tests/tools/ansible_test.sh sanity

# Against the emulator, or a real organization: see CONTRIBUTING.md.
.PHONY: integration
integration: .venv/dev
	@$(run) tests/tools/ansible_test.sh integration $(TARGET)

# Not a part of "make test": it takes three times as long.
.PHONY: test-all
test-all: .venv/dev
	@$(PYTHON) tests/tools/every_core.py $(ONLY)

.PHONY: lint $(linters)
lint: $(linters)

ruff: .venv/dev
	$(run) ruff check .

ruff-format: .venv/dev
	$(run) ruff format --check .

mypy: .venv/dev
	MYPYPATH=.venv/mypy $(run) mypy --namespace-packages --explicit-package-bases \
	    -p ansible_collections.clickhouse.cloud.plugins -p ansible_collections.clickhouse.cloud.extensions \
	    -p ansible_collections.clickhouse.cloud.tests.emulator

yamllint: .venv/dev
	$(run) yamllint --strict .

ansible-lint: .venv/dev
	$(run) ansible-lint --strict -q
	$(run) .venv/bin/python tests/tools/lint_options.py

plugin-docs: .venv/dev
	$(run) antsibull-docs lint-collection-docs --plugin-docs --validate-collection-refs self \
	    --disallow-unknown-collection-refs .

changelog: .venv/dev
	$(run) antsibull-changelog lint

reuse: .venv/dev
	$(run) reuse lint --quiet || $(run) reuse lint

importer: .venv/importer/made
	@$(run) tests/tools/importer.sh

.PHONY: format
format: .venv/dev
	$(run) ruff check --fix-only .
	$(run) ruff format .

# Not a part of "make test": it takes long, and a busy machine can break a bound. docs/benchmarks.md tells what it does.
.PHONY: bench
bench: .venv/bench
	@$(run) .venv/benchmarks/bin/python -m tests.benchmarks $(ONLY) $(if $(ROUNDS),--rounds '$(ROUNDS)')

.PHONY: eda
eda: .venv/eda
	@$(run) .venv/rulebooks/bin/python -m pytest tests/eda

# Not a part of "make test": it needs a venv of its own.
.PHONY: molecule
molecule: .venv/molecule
	@PATH="$$PWD/.venv/scenarios/bin:$$PATH" $(run) .venv/scenarios/bin/molecule test --all --report

# Not a part of "make test": it needs a venv of its own, in which the collection is not linked.
.PHONY: mutants
mutants: .venv/mutants
	@$(run) .venv/mutation/bin/python -m tests.mutants

# Not a part of "make test": it needs a venv of its own. The guide to AWX has pictures, and is there as Markdown for those
# who read it in the repository; elsewhere a page that leads to it takes its place, whose label it gets here.
.PHONY: docs
docs: .venv/docs
	@rm -rf docs/_build && mkdir -p -m 0755 docs/_build/source
	@PATH="$$PWD/.venv/site/bin:$$PATH" $(run) .venv/site/bin/antsibull-docs collection --use-current \
	    --squash-hierarchy --fail-on-error --dest-dir docs/_build/source clickhouse.cloud >/dev/null
	@rm docs/_build/source/docsite/guide_awx.rst
	@printf '(ansible_collections.clickhouse.cloud.docsite.guide_awx)=\n\n' \
	    | cat - docs/awx.md > docs/_build/source/docsite/guide_awx.md
	@cp -R docs/images docs/_build/source/docsite/
	@$(run) .venv/site/bin/sphinx-build -qWc docs --keep-going docs/_build/source docs/_build/html
	@$(run) .venv/site/bin/python tests/tools/links.py docs/_build/html
	@echo "make docs: the site begins at $$PWD/docs/_build/html/index.html"

# Only after a change of docs/images/awx/forms.yml; a test tells when they are out of date.
.PHONY: forms
forms: .venv/dev
	@$(run) .venv/bin/python tests/tools/forms.py

# Not a part of "make test": awx.awx comes inside a package of 50 MB.
.PHONY: awx
awx: .venv/awx/fetched
	@$(run) pytest tests/awx

# Not a part of "make test" either: it needs a Python that is no longer everywhere.
.PHONY: python39
python39:
	@$(run) tests/tools/python39.sh

# It changes nothing but dist: the tag and the upload are for whoever releases.
.PHONY: release
release: .venv/dev
	@$(run) tests/tools/release.sh check
	@$(MAKE) --no-print-directory test
	@$(run) tests/tools/release.sh build

.PHONY: clean
clean:
	rm -rf .venv .cache .mypy_cache .pytest_cache .ruff_cache .ansible tests/output dist docs/_build

# A venv holds the path it was made at and the Python it was made with: when either is another, it is made anew.
export made_for := $(CURDIR) $(PYTHON)
ifneq "$(made_for)" "$(shell cat .venv/made 2>/dev/null)"
.PHONY: .venv/made
endif

# Said on standard error, since what "make emulator" prints is for programs.
.venv/made:
	@echo 'Making .venv with $(PYTHON)' >&2
	@$(PYTHON) tests/tools/venv.py
	@echo "$$made_for" > $@

.venv/demo: .venv/made requirements.txt tests/emulator/requirements.txt
	@echo 'Installing what the demo needs into .venv' >&2
	@$(pip) 'ansible-core>=2.16' -r requirements.txt -r tests/emulator/requirements.txt
	@touch $@

.venv/dev: .venv/made requirements-dev.txt requirements.txt tests/requirements.txt tests/emulator/requirements.txt \
    tests/integration/requirements.txt tests/unit/requirements.txt
	@echo 'Installing what the tests need into .venv' >&2
	@$(pip) -r requirements-dev.txt
	@touch $@

# The other collections are big and of no use to the tests, so they are in a venv of their own.
.venv/bench: .venv/made requirements.txt tests/emulator/requirements.txt tests/benchmarks/requirements.txt
	@echo 'Installing what the benchmarks need into .venv/benchmarks' >&2
	@$(PYTHON) -m venv --clear .venv/benchmarks
	@$(run) .venv/benchmarks/bin/python -m pip install -qq --disable-pip-version-check \
	    -r requirements.txt -r tests/emulator/requirements.txt -r tests/benchmarks/requirements.txt
	@touch $@

.venv/eda: .venv/made requirements.txt tests/emulator/requirements.txt tests/eda/requirements.txt
	@echo 'Installing what the rulebooks need into .venv/rulebooks' >&2
	@$(PYTHON) tests/tools/venv.py .venv/rulebooks
	@$(run) .venv/rulebooks/bin/python -m pip install -qq --disable-pip-version-check -r tests/eda/requirements.txt
	@touch $@

.venv/molecule: .venv/made requirements.txt tests/emulator/requirements.txt tests/molecule/requirements.txt
	@echo 'Installing what molecule needs into .venv/scenarios' >&2
	@$(PYTHON) tests/tools/venv.py .venv/scenarios
	@$(run) .venv/scenarios/bin/python -m pip install -qq --disable-pip-version-check -r tests/molecule/requirements.txt
	@touch $@

.venv/importer/made: .venv/dev tests/importer/requirements.txt
	@echo 'Installing what Galaxy imports a collection with into .venv/importer' >&2
	@$(PYTHON) -m venv --clear .venv/importer
	@$(run) .venv/importer/bin/python -m pip install -qq --disable-pip-version-check -r tests/importer/requirements.txt
	@touch $@

.venv/mutants: .venv/made requirements.txt tests/emulator/requirements.txt tests/mutants/requirements.txt
	@echo 'Installing what the mutants need into .venv/mutation' >&2
	@$(PYTHON) -m venv --clear .venv/mutation
	@$(run) .venv/mutation/bin/python -m pip install -qq --disable-pip-version-check -r tests/mutants/requirements.txt
	@touch $@

.venv/docs: .venv/made requirements.txt docs/requirements.txt
	@echo 'Installing what the documentation site needs into .venv/site' >&2
	@$(PYTHON) tests/tools/venv.py .venv/site
	@$(run) .venv/site/bin/python -m pip install -qq --disable-pip-version-check \
	    -r requirements.txt -r docs/requirements.txt
	@touch $@

.venv/awx/fetched: .venv/dev tests/awx/fetch.py
	@echo 'Fetching awx.awx into .venv/awx' >&2
	@rm -rf .venv/awx
	@$(run) .venv/bin/python tests/awx/fetch.py .venv/awx
	@touch $@
