.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
OPENAPI ?= openapi
SEED ?= 1
PORT ?= 8765
# Recipes read variables from the environment, in quotes, so that a path may contain any character.
export OPENAPI SEED PORT
# A tool exits when make does, however make has ended.
TOOL := JOB_STATUS_ENDS_WITH=$$PPID exec $(BIN)/python -m

READY := .venv/.ready

.PHONY: help
help: ## Show this help
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

$(READY): requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "expected Python 3.11 or newer, got " + sys.version.split()[0] + "; choose one with PYTHON=")'
	@if [ -L .venv ]; then echo ".venv is a link, and would be cleared where it leads; remove it" >&2; exit 2; fi
	@echo "creating .venv" >&2
	@$(PYTHON) -m venv --clear .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	@touch $@

.PHONY: generate
generate: $(READY) ## Write the client from the documents (OPENAPI=folder OUT=folder NAME=distribution VERSION=version NO_AIRFLOW=1)
	@$(TOOL) scripts generate --openapi "$$OPENAPI" --out "$${OUT:-generated}" \
		$${NAME:+--name "$$NAME"} $${VERSION:+--package-version "$$VERSION"} $${NO_AIRFLOW:+--no-airflow}

.PHONY: check
check: $(READY) ## Check that generated code is current, the style of documents, lint and types
	@$(TOOL) scripts lint --openapi "$$OPENAPI" --house
	@$(TOOL) scripts generate --openapi "$$OPENAPI" --out "$${OUT:-generated}" --check \
		$${NAME:+--name "$$NAME"} $${VERSION:+--package-version "$$VERSION"} $${NO_AIRFLOW:+--no-airflow}
	@$(BIN)/ruff check --quiet
	@$(BIN)/ruff format --check --quiet
	@$(BIN)/mypy

.PHONY: simulate
simulate: $(READY) ## Serve the documented APIs on a loopback port (PORT=8765 OPENAPI=folder OPTIONS=--speed=60)
	@$(TOOL) scripts simulate --openapi "$$OPENAPI" --port "$$PORT" $(OPTIONS)

.PHONY: verify
verify: $(READY) ## Verify the simulator, or a live server (API=stem URL=base SEED=1 ALLOW_WRITES=1 PROFILE=full BASELINE=file STORY=name CA_FILE=file OPENAPI=folder OUT=folder), or recorded traffic (HAR=files)
	@if [ -e "$$HAR" ]; then set -- "$$HAR"; else set -- $$HAR; fi; \
	if [ -n "$$STORY" ]; then $(TOOL) pytest tests/live --junitxml="$${OUT:-build/verify}/junit.xml"; else \
		$(TOOL) scripts verify --openapi "$$OPENAPI" --out "$${OUT:-build/verify}" --seed "$$SEED" \
		$${HAR:+--har "$$@"} $${API:+--api "$$API"} $${URL:+--url "$$URL"} $${PROFILE:+--profile "$$PROFILE"} \
		$${BASELINE:+--baseline "$$BASELINE"} $${CA_FILE:+--ca-file "$$CA_FILE"}; fi

.PHONY: compare
compare: $(READY) ## Say who breaks since another version (BASE=git ref, folder or wheel ACCEPTED=file FORMAT=markdown WITNESS=1 OASDIFF=1)
	@$(TOOL) scripts compare "$${BASE:-HEAD}" --openapi "$$OPENAPI" --generated "$${OUT:-generated}" \
		--format "$${FORMAT:-text}" $${ACCEPTED:+--accepted "$$ACCEPTED"} $${WITNESS:+--witness} $${OASDIFF:+--oasdiff}

.PHONY: test
test: $(READY) ## Run the quick tests
	@$(BIN)/python -m pytest -m "not slow"

.PHONY: test-all
test-all: $(READY) ## Run all tests except those of test-matrix, and measure the coverage
	@$(BIN)/coverage erase
	@$(BIN)/coverage run -m pytest -m "not matrix and not unmeasured"
	@$(BIN)/python -m pytest -m "unmeasured and not matrix"
	@$(BIN)/coverage combine --quiet
	@$(BIN)/coverage report >build/coverage/report.txt; status=$$?; tail -n 1 build/coverage/report.txt; exit $$status

.PHONY: test-matrix
test-matrix: $(READY) ## Generate, verify and use clients of many documents with one feature each
	@$(BIN)/python -m pytest tests/test_matrix.py --dist loadgroup

.PHONY: test-live
test-live: $(READY) ## Test with live products, installed under build/live (Apache Airflow, Celery with Flower)
	@$(TOOL) pytest tests/live_products

.PHONY: package
package: $(READY) ## Build wheels, source archives and bills of materials in build/dist (TAG=tag REPOSITORY=https://github.com/OWNER/NAME)
	@$(TOOL) scripts.release $${TAG:+--tag "$$TAG"} $${REPOSITORY:+--repository "$$REPOSITORY"}

.PHONY: package-locks
package-locks: $(READY) ## Write the lock files of the newest and the lowest dependencies again
	@$(TOOL) scripts.release lock

.PHONY: test-package
test-package: package ## Test the wheels with each Python of this machine, and the newest and the lowest dependencies
	@$(TOOL) pytest tests/package

.PHONY: test-airflow
test-airflow: $(READY) ## Test the provider with Apache Airflow, installed under build, and PostgreSQL (N=200 deferred tasks)
	@$(TOOL) pytest tests/airflow_provider

.PHONY: test-engines
test-engines: $(READY) ## Test the waits of docs/engines.md with DBOS, Celery and cron, installed under build, and Redis
	@$(TOOL) pytest tests/engines

.PHONY: test-pages
test-pages: $(READY) ## Test the pages in Chromium: reports, the simulator's page and the site
	@$(TOOL) pytest tests/pages

.PHONY: docs
docs: $(READY) ## Build the documentation site in build/docs (OUT=folder)
	@$(TOOL) scripts.site $${OUT:+--out "$$OUT"}

.PHONY: mutants
mutants: $(READY) ## Verify faulty servers, to measure what a verification detects (SEEDS=1 WORKERS=2 PEERS=1 MUTANTS=folder OPENAPI=folder OUT=folder)
	@$(TOOL) scripts.mutate --openapi "$$OPENAPI" --out "$${OUT:-build/mutants}" \
		$${SEEDS:+--seeds "$$SEEDS"} $${WORKERS:+--workers "$$WORKERS"} $${MUTANTS:+--mutants "$$MUTANTS"} $${PEERS:+--peers}

.PHONY: fuzz
fuzz: $(READY) ## Send malformed responses to the client (COUNT=100000 SEED=1)
	@PYTHONPATH=generated $(BIN)/python -m tests.fuzz --count $(or $(COUNT),100000) --seed $(SEED)

.PHONY: bench
bench: $(READY) ## Compare performance with other libraries and an earlier commit (PARTS="waiting schedules" BASE=commit)
	@PYTHONPATH=generated $(BIN)/python -m tests.bench $${PARTS}

.PHONY: clean
clean: ## Remove build output and caches
	@rm -rf .venv build .mypy_cache .ruff_cache .pytest_cache
