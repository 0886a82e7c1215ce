# make demo   the main job on the starter catalogue, then the site on http://127.0.0.1:8001
# make test   everything that CI runs
# Both make .venv from the lock files first. Python 3.11 or newer, git and make are all that is needed.

VENV := .venv
BIN := $(VENV)/bin
FIND_PYTHON := for p in python3 python3.14 python3.13 python3.12 python3.11; do \
  if $$p -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then echo $$p; break; fi; done
PYTHON ?= $(shell $(FIND_PYTHON))
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet install --no-compile
# The large libraries' own test suites (40 MB) are left out. Compiled modules halve every command's start-up, but those of the whole environment take 150 MB: compile what is used.
WARM := env -u PYTHONDONTWRITEBYTECODE $(BIN)/python -c

.PHONY: demo test install install-dev models screenshots bench lock clean

demo: install
	$(BIN)/horizon demo

test: install-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest

install: $(VENV)/installed
install-dev: $(VENV)/installed-dev

$(VENV)/installed: requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "No Python 3.11 or newer with the venv module was found. On Debian or Ubuntu: apt-get install python3 python3-venv"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(PIP) --require-hashes -r requirements.lock
	$(PIP) --no-deps --no-build-isolation --editable .
	@find $(addprefix $(VENV)/lib/python3.*/site-packages/,numpy scipy sklearn spacy thinc) -type d -name tests -prune -exec rm -r {} +
	$(WARM) "import crawler.process, crawler.spiders.registry, nlp.tagger, pipeline.run, pipeline.demo, pipeline.export.stage"
	@touch $@

# The browser tests drive the system's Chromium. Where there is none and apt-get can be used it is installed; else those tests say that they skip.
$(VENV)/installed-dev: requirements-dev.lock $(VENV)/installed
	$(PIP) --require-hashes -r requirements-dev.lock
	@command -v chromium chromium-browser google-chrome >/dev/null || test -n "$$CHROMIUM" || { test "$$(id -u)" = 0 && command -v apt-get >/dev/null && apt-get install --yes --quiet --no-install-recommends chromium; } || echo "No Chromium: the browser tests will be skipped. On Debian: apt-get install chromium"
	@touch $@

# Rebuild the model files from the labelled corpus (deterministic).
models: install
	$(BIN)/python -m nlp.train
	$(BIN)/python -m pipeline.resolve.train

# The README's pictures, taken of the real demo. Needs Chromium (on Debian: apt-get install chromium).
screenshots: install
	$(BIN)/python -m tests.screenshots

bench: install-dev
	for file in $$(ls tests/benchmarks/bench_*.py | grep -v bench_extraction); do $(BIN)/python $$file || exit 1; done

# Pin anew what pyproject.toml asks for. Needs uv; hashes in, host names out.
lock:
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --quiet pyproject.toml -o requirements.lock
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --quiet --extra dev -c requirements.lock pyproject.toml -o requirements-dev.lock

clean:
	rm -rf $(VENV) data build *.egg-info
