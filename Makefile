# Every project command is one word. `make demo` and `make test` set themselves up in .venv.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin

.PHONY: demo test lint train prove bench weights docs samples lock clean help

help: ## show this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

demo: $(VENV)/.runtime ## rehearse a call in the terminal (or: make demo < lines.txt)
	@$(BIN)/salesmate chat

test: $(VENV)/.dev lint ## lint, types, import contracts, then every test (long proofs in small)
	@$(BIN)/pytest -n 4 --dist worksteal -m "not bench" tests

lint: $(VENV)/.dev ## ruff, format, mypy, import contracts
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache

train: $(VENV)/.train ## install what training needs (torch is large)

prove: $(VENV)/.train ## the long proofs in full: thousands of simulated calls, crash loops
	@SALESMATE_PROVE=full $(BIN)/pytest -s -m prove tests

bench: $(VENV)/.train ## print the figures the README quotes
	@$(BIN)/pytest -s -m bench tests/benchmarks

weights: $(VENV)/.dev ## learn again how much each sign of an answer counts
	@$(BIN)/python -m agents.evals.weigh tests/data/copilot/tune.jsonl tests/data/copilot/extra.jsonl \
	  tests/data/kb/meridian-freight/questions.jsonl=tests/data/kb/meridian-freight/documents \
	  tests/data/kb/aldersea/questions.jsonl=tests/data/kb/aldersea/documents

docs: $(VENV)/.dev ## rewrite docs/reference.md from the commands and settings
	@COLUMNS=100 $(BIN)/python -m bot.reference > docs/reference.md

samples: $(VENV)/.dev ## rebuild the sample PDFs, and what is computed from documents, exemplars and personas
	@$(BIN)/python -m ingestion.samples.build_pdfs
	@$(BIN)/python -m ingestion.sample_documents
	@$(BIN)/python -m agents.customer.listening.shipped
	@$(BIN)/python -m finetune.act_weights

lock: ## rewrite requirements/*.txt from pyproject.toml (needs uv)
	uv pip compile -q pyproject.toml --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate --no-header -o requirements/runtime.txt
	uv pip compile -q pyproject.toml --group dev --extra calls --extra local --extra tuning --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate --no-header -c requirements/runtime.txt -o requirements/dev.txt
	uv pip compile -q pyproject.toml --extra train --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate --no-header -c requirements/dev.txt -o requirements/train.txt

$(VENV)/.train: requirements/train.txt $(VENV)/.dev
	@echo "Setting up training (once; torch is large) ..." >&2
	@$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r requirements/train.txt </dev/null >&2
	@touch $@

clean: ## remove the virtual environment and caches
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis

# Set-up talks to stderr and never reads stdin, so that `make demo < lines.txt` reaches the rep.
$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "SalesMate needs Python 3.11 or newer. Install it, then: make PYTHON=python3.12 demo" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) </dev/null >&2 || { rm -rf $(VENV); \
	  echo "Python's venv module is missing. On Debian or Ubuntu: apt install python3-venv" >&2; exit 1; }

$(VENV)/.runtime: requirements/runtime.txt pyproject.toml | $(BIN)/python
	@echo "Setting up (once, about a minute) ..." >&2
	@$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r requirements/runtime.txt </dev/null >&2
	@$(BIN)/pip install -q --disable-pip-version-check --no-deps -e . </dev/null >&2
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.runtime
	@$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r requirements/dev.txt </dev/null >&2
	@touch $@
