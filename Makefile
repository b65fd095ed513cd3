.DEFAULT_GOAL := help
.PHONY: help demo run test test-long quick lint lock clean python installed installed-dev

PORT ?= 8000
BIN := .venv/bin
SUPPORTED := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))
# The newest Python on this machine that Kagibag supports. It is run, not only looked up: version managers
# leave names on the PATH that have nothing behind them.
PYTHON ?= $(firstword $(foreach name,python3.13 python3.12 python3.11 python3,\
	$(shell $(name) -c "$(SUPPORTED)" >/dev/null 2>&1 && echo $(name))))

COMPILE = uv pip compile pyproject.toml --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --custom-compile-command "make lock"

help: ## list the targets
	@echo "Kagibag: orders, refunds and disputes for people who sell tickets"
	@echo
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo "PORT=9000 make demo serves on another port than 8000; the Stripe sandbox takes the next one."

demo: installed ## start with a demo organizer, orders and a Stripe sandbox
	@$(BIN)/kagibag demo --port $(PORT)

run: installed ## start the same without demo data
	@$(BIN)/kagibag run --port $(PORT)

test: installed-dev ## run everything: linters, unit, PostgreSQL and browser tests
	@$(BIN)/python -m tests.bootstrap all

test-long: installed-dev ## run the model and the races of refunds for an hour or two, not part of test
	@$(BIN)/python -m tests.bootstrap long

quick: installed-dev ## run the tests that need neither a browser nor PostgreSQL
	@$(BIN)/python -m tests.bootstrap quick

lint: installed-dev ## run ruff, pyright and the import contracts
	@$(BIN)/python -m tests.bootstrap lint

lock: ## resolve the dependencies anew, keeping what still fits (needs uv)
	@command -v uv >/dev/null || { echo "make lock needs uv. Type:  pip install uv" >&2; exit 1; }
	@$(COMPILE) --extra build --output-file requirements.lock
	@$(COMPILE) --extra build --extra dev --constraint requirements.lock --output-file requirements-dev.lock

clean: ## remove what the tools and the frontend build left; keeps .venv and var
	@rm -rf .web .states .pytest_cache .ruff_cache .hypothesis .import_linter_cache .coverage .coverage.* htmlcov \
		test-results
	@find . -name __pycache__ -type d -not -path './.venv/*' -prune -exec rm -rf {} +

installed installed-dev: python
	@$(PYTHON) scripts/install.py $(if $(filter %-dev,$@),--dev)

python:
	@test -n "$(PYTHON)" || { echo "Kagibag needs Python 3.11, 3.12 or 3.13, and none was found on the PATH." \
		"On Debian or Ubuntu type:  sudo apt-get install python3 python3-venv" >&2; exit 1; }
