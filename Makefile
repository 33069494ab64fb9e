# Everything from one command each; `make` alone lists them.

.DEFAULT_GOAL := help
.PHONY: help demo test soak lowest newest check bench labextension clean

# The Python that the environments are made with; chosen if it is not given.
PYTHON ?=
# Passed on: make demo DEMO_ARGS="--no-browser --port 9000", make test PYTEST_ARGS="tests/oauth -x"
DEMO_ARGS ?=
PYTEST_ARGS ?=

export PYTHON
# Compiled modules are kept, whatever the machine's habit: the tests start hundreds of kernels and servers.
export PYTHONDONTWRITEBYTECODE =

bin := .venv/bin
# Three workers on two cores, as browsers are mostly waited for; each takes whole files, so that what a file's tests share (a JupyterLab, a browser) is started once. xdist
# would begin with the files that have the most tests; those with a browser have few and take long, and come first as it is.
options := -n 3 --dist loadfile --no-loadscope-reorder
pytest := $(bin)/python -m pytest $(options)
set_up = @python=$$(sh tools/find-python.sh "$(PYTHON)") && exec "$$python" tools/set_up.py

help: ## List the commands
	@awk -F ': ## ' '/^[a-z]+: ## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile

demo: ## Start the embedded Procore and JupyterLab with the quick start (DEMO_ARGS)
	$(set_up) demo
	@exec $(bin)/python tools/demo.py $(DEMO_ARGS)

test: ## Run the tests, a real browser included (PYTEST_ARGS)
	$(set_up) test
	@echo "Running the tests"
	@exec $(pytest) $(PYTEST_ARGS)

soak: ## Run the tests with the long proofs whole
	$(set_up) test
	@echo "Running the tests, the long proofs whole"
	@exec env PROCORE_SOAK=1 $(pytest) --timeout 3600 $(PYTEST_ARGS)

lowest: ## Run the tests with the lowest versions that pyproject.toml allows, in .venv-lowest (PYTEST_ARGS)
	$(set_up) lowest
	@exec .venv-lowest/bin/python -m pytest $(options) $(PYTEST_ARGS)

newest: ## Run the tests with the newest versions that there are, in .venv-newest (PYTEST_ARGS)
	$(set_up) newest
	@exec .venv-newest/bin/python -m pytest $(options) $(PYTEST_ARGS)

check: ## Lint, format, types and the walls between the rooms
	$(set_up) dev
	$(bin)/ruff check .
	$(bin)/ruff format --check .
	$(bin)/mypy
	$(bin)/lint-imports
	@if command -v node >/dev/null && [ -d labextension/node_modules ]; then \
	    cd labextension && ../$(bin)/jlpm check; \
	else \
	    echo "The TypeScript is not checked: that takes a Node, and one  make labextension  before"; \
	fi

bench: ## Run the benchmarks, one after the other
	$(set_up) dev
	@failed=0; for script in $$(grep -l 'sys.exit(main())' benchmarks/*.py); do \
	    $(bin)/python "$$script" || failed=1; echo; \
	done; exit $$failed

labextension: ## Build JupyterLab's extension anew and install it into .venv
	$(set_up) labextension

clean: ## Remove what the others made
	rm -rf .venv .venv-lowest .venv-newest labextension/dist labextension/dist.sha256 labextension/lib labextension/node_modules
