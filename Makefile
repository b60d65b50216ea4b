# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Everything is installed into this checkout (.venv, .cache); "make clean" removes all of it. Every path is relative, or
# quoted by the shell, since the path of the checkout may contain any character.

PYTHON ?= python3
PORT ?= 8123

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.NOTPARALLEL:
.DELETE_ON_ERROR:

run := tests/tools/run.sh
# Unit tests spend half of their time waiting.
export PYTEST_XDIST_AUTO_NUM_WORKERS ?= $(shell echo $$((2 * $$(getconf _NPROCESSORS_ONLN))))
# An idle worker takes tests from another one: a few tests take a minute, and may run last.
parallel := --numprocesses auto --dist worksteal
cov := --cov --cov-report= --cov-fail-under=0
pip := $(run) .venv/bin/python -m pip install -qq --disable-pip-version-check
linters := ruff ruff-format mypy yamllint ansible-lint plugin-docs changelog reuse importer

.PHONY: help
help:
	@echo 'make demo         run a demo on the emulator, without an account'
	@echo 'make emulator     run the emulator on 127.0.0.1; PORT=$(PORT)'
	@echo 'make test         run unit, lint, sanity, integration and eda'
	@echo 'make test-all     run unit, sanity, integration on several cores; ONLY=2.18'
	@echo 'make unit         run the unit tests'
	@echo 'make lint format  run the linters, each of them also a target; format the code'
	@echo 'make hooks        run the linters before each git commit, with pre-commit'
	@echo 'make sanity eda   run ansible-test sanity, the rulebooks with ansible-rulebook'
	@echo 'make integration  run ansible-test integration; TARGET=service'
	@echo 'make coverage     run the unit tests, list uncovered lines and branches'
	@echo 'make mutants      run the mutation tests of the pure functions; make rotations'
	@echo 'make contract     compare with a newer specification; SPEC=openapi.json'
	@echo 'make conformance  run the clients of the vendor; ONLY=clients'
	@echo 'make live         compare a real organization with the emulator; costs money'
	@echo 'make molecule awx run the molecule scenarios, the AWX setup with awx.awx'
	@echo 'make python39     run the tests of modules and inventory on Python 3.9'
	@echo 'make bench        compare costs with other collections; ONLY=loop ROUNDS=1'
	@echo 'make docs         build the documentation site'
	@echo 'make tables forms update the tables in guides, draw docs/awx.md; make recording'
	@echo 'make new-module   generate the files of a new module; NAME=service_tag'
	@echo 'make release      run the tests and build the release in dist/'
	@echo 'make clean        remove everything that make has created'
	@echo 'PYTHON=$(PYTHON) selects the Python version, which must be 3.11 or newer.'

# Readable output: values as YAML, without the warnings about the implicit localhost. The emulator has no rate limit.
.PHONY: demo
demo: export ANSIBLE_CALLBACK_RESULT_FORMAT = yaml
demo: export ANSIBLE_INVENTORY_UNPARSED_WARNING = false
demo: export ANSIBLE_LOCALHOST_WARNING = false
demo: export CLICKHOUSE_CLOUD_RATE_LIMIT = 0
demo: .venv/demo
	@$(run) .venv/bin/python -m tests.emulator --step 0.5 -- .venv/bin/ansible-playbook playbooks/demo.yml

.PHONY: emulator
emulator: .venv/demo
	@$(run) .venv/bin/python -m tests.emulator --port '$(PORT)'

# The unit tests use what is left of all cores: the other parts, one core or less each, run beside them in two lanes.
.PHONY: test
test: .venv/dev
	@mkdir -p .cache/test; \
	rm -f .cache/not-run; \
	: > .cache/test/failed; \
	run_part() { $(MAKE) --no-print-directory --keep-going $$1 || printf ' %s' $$1 >> .cache/test/failed; }; \
	run_lane() { for part; do run_part $$part > .cache/test/$$part.log 2>&1; done; }; \
	trap 'kill $$(jobs -p) 2>/dev/null || true' EXIT; \
	run_lane sanity lint & \
	run_lane integration eda & \
	echo '== make unit, with lint, sanity, integration and eda in the background'; \
	run_part unit; \
	wait; \
	for part in lint sanity integration eda; do \
	    echo "== make $$part"; \
	    cat .cache/test/$$part.log; \
	done; \
	failed=$$(cat .cache/test/failed); \
	[ ! -s .cache/not-run ] || sed 's/^/make test: NOT RUN: /' .cache/not-run; \
	[ -z "$$failed" ] || { echo "make test: FAILED:$$failed"; exit 1; }; \
	echo "make test: unit, lint, sanity, integration and eda passed in $$SECONDS s on Python $$(.venv/bin/python -c \
	    'import platform, ansible; print(platform.python_version(), "with ansible-core", ansible.__version__)')"

# pytest reports success even if every test was skipped; this target fails.
.PHONY: unit
unit: .venv/dev
	@mkdir -p .cache
	@$(run) pytest -rs $(parallel) | tee .cache/unit.log
	@grep -Eq '[0-9]+ passed' .cache/unit.log || { echo 'make unit: no test ran'; exit 1; }

# Not part of "make test": it repeats "make unit", and is slower. Some lines only run with the oldest ansible-core.
.PHONY: coverage coverage-oldest
coverage: export BATCHES ?= 2
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

# Not part of "make test": it takes three times as long.
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
	    -p ansible_collections.clickhouse.cloud.tests.emulator -p ansible_collections.clickhouse.cloud.tests.contract \
	    -p ansible_collections.clickhouse.cloud.tests.live

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

# The hooks call the targets above: see .pre-commit-config.yaml.
.PHONY: hooks
hooks: .venv/dev
	$(run) pre-commit install

# Not part of "make test": it takes long, and on a busy machine a figure can exceed its limit. See docs/benchmarks.md.
.PHONY: bench
bench: .venv/bench
	@$(run) .venv/benchmarks/bin/python -m tests.benchmarks $(ONLY) $(if $(ROUNDS),--rounds '$(ROUNDS)')

.PHONY: eda
eda: .venv/eda
	@$(run) .venv/rulebooks/bin/python -m pytest tests/eda

# Not part of "make test": it needs a separate venv.
.PHONY: molecule
molecule: .venv/molecule
	@PATH="$$PWD/.venv/scenarios/bin:$$PATH" $(run) .venv/scenarios/bin/molecule test --all --report

# It needs a copy of the vendor's specification, which is not part of the repository. See tests/contract/README.md.
.PHONY: contract
contract: .venv/demo
	@$(if $(SPEC),,echo 'make contract: set SPEC to a file with the specification, such as SPEC=openapi.json' >&2; exit 2)
	@$(run) .venv/bin/python -m tests.contract '$(SPEC)' $(if $(RENEW),--renew '$(RENEW)')

# Not part of "make test": it needs a separate venv, and takes minutes. Terraform and the provider of the vendor are not
# installed here: see docs/conformance.md.
.PHONY: conformance
conformance: .venv/conformance
	@$(run) .venv/clients/bin/python -m tests.conformance $(ONLY)

# It sends nothing unless LIVE says so. See CONTRIBUTING.md.
.PHONY: live
live: .venv/demo
	@$(run) .venv/bin/python -m tests.live $(if $(TIER),--tier '$(TIER)') $(if $(PROVIDER),--provider '$(PROVIDER)') \
	    $(if $(REGION),--region '$(REGION)')

# Not part of "make test", which rotates a key only a few times: it takes hours.
.PHONY: rotations
rotations: export KEY_ROTATIONS = $(or $(ROUNDS),200)
rotations: .venv/dev
	@$(run) pytest tests/unit/playbooks/test_rotate_api_key.py -k faults_and_kills

# Not part of "make test": it needs a separate venv without the link to the collection.
.PHONY: mutants
mutants: .venv/mutants
	@$(run) .venv/mutation/bin/python -m tests.mutants

# Not part of "make test": it needs a separate venv.
.PHONY: docs
docs: .venv/docs
	@rm -rf docs/_build && mkdir -p -m 0755 docs/_build/source
	@echo 'make docs: writing the pages of modules and plugins'
	@PATH="$$PWD/.venv/site/bin:$$PATH" $(run) .venv/site/bin/antsibull-docs collection --use-current \
	    --squash-hierarchy --fail-on-error --dest-dir docs/_build/source clickhouse.cloud >/dev/null
	@$(run) .venv/site/bin/python tests/tools/site.py docs/_build/source
	@echo 'make docs: building the site'
	@$(run) .venv/site/bin/sphinx-build -qWc docs --keep-going docs/_build/source docs/_build/html
	@echo 'make docs: checking the links'
	@$(run) .venv/site/bin/python tests/tools/links.py docs/_build/html
	@echo "make docs: the site begins at $$PWD/docs/_build/html/index.html"

# Only needed after a change to docs/images/awx/forms.yml; a test fails if the drawings are out of date.
.PHONY: forms
forms: .venv/dev
	@$(run) .venv/bin/python tests/tools/forms.py

# Only needed after a change to playbooks/demo.yml; a test fails if the picture in README.md shows other tasks.
.PHONY: recording
recording: .venv/demo
	@$(run) .venv/bin/python tests/tools/recording.py

# Names that end in _info are modules that only read; SHAPE=singleton is for parts of a service. See CONTRIBUTING.md.
.PHONY: new-module
new-module: .venv/dev
	@$(run) .venv/bin/python tests/tools/new_module.py '$(NAME)' '$(SHAPE)'
	@$(run) ruff check --quiet --fix-only plugins tests
	@$(run) ruff format --quiet plugins tests

# A test fails if the lists are out of date.
.PHONY: tables
tables: .venv/dev
	@$(run) .venv/bin/python tests/tools/tables.py

# Not part of "make test": awx.awx is part of a package of 50 MB.
.PHONY: awx
awx: .venv/awx/fetched
	@$(run) pytest tests/awx

# Not part of "make test": it needs a Python version that is no longer widely available.
.PHONY: python39
python39:
	@$(run) tests/tools/python39.sh

# It only writes to dist: the release manager sets the tag and uploads the file.
.PHONY: release
release: .venv/dev
	@$(run) tests/tools/release.sh check
	@$(MAKE) --no-print-directory test
	@$(run) tests/tools/release.sh build

.PHONY: clean
clean:
	rm -rf .venv .cache .mypy_cache .pytest_cache .ruff_cache .ansible tests/output dist docs/_build
	find . -name __pycache__ -prune -exec rm -rf {} +

# A venv contains its own path and that of its Python: if either has changed, it is created again.
export made_for := $(CURDIR) $(PYTHON)
ifneq "$(made_for)" "$(shell cat .venv/made 2>/dev/null)"
.PHONY: .venv/made
endif

# Progress goes to standard error, since programs read the output of "make emulator".
.venv/made:
	@echo 'Creating .venv with $(PYTHON)' >&2
	@$(PYTHON) tests/tools/venv.py
	@echo "$$made_for" > $@

.venv/demo: .venv/made requirements.txt tests/emulator/requirements.txt
	@echo 'Installing the requirements of the demo into .venv' >&2
	@$(pip) 'ansible-core>=2.16' -r requirements.txt -r tests/emulator/requirements.txt
	@touch $@

.venv/dev: .venv/made requirements-dev.txt requirements.txt tests/requirements.txt tests/emulator/requirements.txt \
    tests/integration/requirements.txt tests/unit/requirements.txt
	@echo 'Installing the requirements of the tests into .venv' >&2
	@$(pip) -r requirements-dev.txt
	@touch $@

# The other collections are large, and the tests do not need them, so they are in a separate venv.
.venv/bench: .venv/made requirements.txt tests/emulator/requirements.txt tests/benchmarks/requirements.txt
	@echo 'Installing the requirements of the benchmarks into .venv/benchmarks' >&2
	@$(PYTHON) -m venv --clear .venv/benchmarks
	@$(run) .venv/benchmarks/bin/python -m pip install -qq --disable-pip-version-check \
	    -r requirements.txt -r tests/emulator/requirements.txt -r tests/benchmarks/requirements.txt
	@touch $@

.venv/eda: .venv/made requirements.txt tests/emulator/requirements.txt tests/eda/requirements.txt
	@echo 'Installing the requirements of the rulebooks into .venv/rulebooks' >&2
	@$(PYTHON) tests/tools/venv.py .venv/rulebooks
	@$(run) .venv/rulebooks/bin/python -m pip install -qq --disable-pip-version-check -r tests/eda/requirements.txt
	@touch $@

.venv/molecule: .venv/made requirements.txt tests/emulator/requirements.txt tests/molecule/requirements.txt
	@echo 'Installing molecule into .venv/scenarios' >&2
	@$(PYTHON) tests/tools/venv.py .venv/scenarios
	@$(run) .venv/scenarios/bin/python -m pip install -qq --disable-pip-version-check -r tests/molecule/requirements.txt
	@touch $@

.venv/importer/made: .venv/dev tests/importer/requirements.txt
	@echo 'Installing the importer of Galaxy into .venv/importer' >&2
	@$(PYTHON) -m venv --clear .venv/importer
	@$(run) .venv/importer/bin/python -m pip install -qq --disable-pip-version-check -r tests/importer/requirements.txt
	@touch $@

.venv/mutants: .venv/made requirements.txt tests/emulator/requirements.txt tests/mutants/requirements.txt
	@echo 'Installing the requirements of the mutation tests into .venv/mutation' >&2
	@$(PYTHON) -m venv --clear .venv/mutation
	@$(run) .venv/mutation/bin/python -m pip install -qq --disable-pip-version-check -r tests/mutants/requirements.txt
	@touch $@

.venv/conformance: .venv/made requirements.txt tests/emulator/requirements.txt tests/conformance/requirements.txt
	@echo 'Installing the requirements of the conformance tests into .venv/clients' >&2
	@$(PYTHON) tests/tools/venv.py .venv/clients
	@$(run) .venv/clients/bin/python -m pip install -qq --disable-pip-version-check \
	    -r requirements.txt -r tests/emulator/requirements.txt -r tests/conformance/requirements.txt
	@touch $@

.venv/docs: .venv/made requirements.txt docs/requirements.txt
	@echo 'Installing the requirements of the documentation site into .venv/site' >&2
	@$(PYTHON) tests/tools/venv.py .venv/site
	@$(run) .venv/site/bin/python -m pip install -qq --disable-pip-version-check \
	    -r requirements.txt -r docs/requirements.txt
	@touch $@

.venv/awx/fetched: .venv/dev tests/awx/fetch.py
	@echo 'Fetching awx.awx into .venv/awx' >&2
	@rm -rf .venv/awx
	@$(run) .venv/bin/python tests/awx/fetch.py .venv/awx
	@touch $@
