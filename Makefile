# Five minutes from a clone to a stored set: `make run`. Everything that is checked: `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
CODE := app.py cli.py security.py settings.py bench commands core deploy handlers middleware services serving storage tests tools
# WORKERS is how many processes serve (run), or share the tests, a module at a time. If it is not given `test` has four,
# because tests also wait: for mails, for servers, for time to pass. The others have one for each processor, at most four.
# They keep bytecode whatever the environment says: tests start hundreds of processes.
PYTEST := env -u PYTHONDONTWRITEBYTECODE $(BIN)/python -m pytest --numprocesses $(or $(WORKERS),logical) --maxprocesses 4 --dist loadfile --no-loadscope-reorder
# Never a host's own proxy or index settings: whatever pip is set up with is used as it is.
PIP := $(BIN)/pip install --quiet --disable-pip-version-check --require-hashes
# Pinned with hashes, for every platform, and without the address of any index.
COMPILE := $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11

.PHONY: help run test run-tests check check-tests lint lint-code lint-document lint-console format contract bench hostile screenshots migrate seed lock pin clean

help: ## List the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

run: $(VENV)/.run seed ## Set everything up and serve; settings: FREESEWING_…, see docs/settings.md
	$(if $(WORKERS),FREESEWING_WORKERS=$(WORKERS)) $(BIN)/python app.py

migrate: $(VENV)/.run ## Bring the database to the schema of this version
	$(BIN)/python cli.py migrate

seed: migrate ## Put the adult sizes into a new installation
	$(BIN)/python cli.py seed

test: $(VENV)/.dev ## Set everything up and run all tests and checks; FULL=1 for the whole matrix, before a release
	@# The linters run beside the tests.
	@$(MAKE) --no-print-directory --jobs 3 WORKERS=$(or $(WORKERS),4) lint-code lint-document run-tests

run-tests:
	$(PYTEST)

check: $(VENV)/.dev ## In less than a minute: lint the code, and run the unit tests of the files changed since main
	@$(MAKE) --no-print-directory --jobs 2 lint-code check-tests

check-tests:
	$(PYTEST) --quiet $$($(BIN)/python tools/changed_tests.py)

contract: $(VENV)/.dev ## Only the contract tests; with BASE_URL=https://… of that deployment (docs/contract-tests.md)
	$(if $(BASE_URL),CONTRACT_URL='$(BASE_URL)' $(BIN)/python -m tests.contract,$(PYTEST) tests/contract)

lint: $(VENV)/.dev ## Format, rules, types, the document under Spectral and Redocly, the console under TypeScript
	@$(MAKE) --no-print-directory --jobs 2 lint-code lint-document lint-console

lint-code:
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check --quiet .
	$(BIN)/mypy --no-error-summary $(CODE)

lint-document:
	$(BIN)/openapi-spec-validator --subschema-errors all --validation-errors all spec/openapi.yaml
	@{ $(BIN)/python tools/lint/lint.py && $(BIN)/python -m tools.lint.changes; }; code=$$?; \
	if [ $$code = 3 ] && [ "$$CI" != true ]; then echo "the document's linters were skipped"; else exit $$code; fi

lint-console:
	@$(BIN)/python -m tools.lint.console; code=$$?; \
	if [ $$code = 3 ] && [ "$$CI" != true ]; then echo "the types of the console were not checked"; else exit $$code; fi

format: $(VENV)/.dev ## Format the code
	$(BIN)/ruff check --fix --quiet .
	$(BIN)/ruff format --quiet .

bench: $(VENV)/.dev ## Measure against three references in the same run, and plot the results
	@mkdir -p reports
	$(BIN)/python -m bench.run --minutes 0.5 --json reports/bench.json
	$(BIN)/python -m bench.keys --json reports/bench.json
	cp reports/bench.json docs/performance.json
	$(BIN)/python -m bench.plot docs/performance.json docs/performance-throughput.svg
	$(BIN)/python -m bench.report docs/performance.json > reports/bench.md

hostile: $(VENV)/.dev ## Attack the server, and measure the requests of another client
	@mkdir -p reports
	$(BIN)/python -m bench.hostile --json docs/hostile.json > reports/hostile.md

screenshots: $(VENV)/.dev ## Write screenshots of the console into reports/console/; DOCS=1 also those of the documentation
	$(BIN)/python -m tests.web.console.screenshots $(if $(DOCS),--docs)

lock: $(VENV)/.dev ## Write the requirements anew from pyproject.toml
	@# All of them first: what a development tool forbids must not run in production only.
	$(COMPILE) pyproject.toml --group dev -o requirements-dev.txt
	$(COMPILE) pyproject.toml -c requirements-dev.txt -o requirements.txt

pin: ## Pin the base images in deploy/ to the digests that their tags have now; needs Docker and its registry
	$(PYTHON) tools/pin.py deploy/Dockerfile deploy/compose.yaml

clean: ## Remove what the targets above made, but not data/
	rm -rf $(VENV) reports tools/lint/node_modules tests/generated/typescript/node_modules .mypy_cache .ruff_cache .pytest_cache

$(VENV)/.run: requirements.txt
	$(PYTHON) -m venv $(VENV)
	$(PIP) -r requirements.txt
	@touch $@

$(VENV)/.dev: $(VENV)/.run requirements-dev.txt
	$(PIP) -r requirements-dev.txt
	@touch $@
