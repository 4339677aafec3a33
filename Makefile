# The only set-up there is: `make run` serves, `make test` tests. Each installs what it needs, once.
# Variables: PYTHON (a Python 3.11), TESTS and PYTEST_ARGS. Settings of the server and of pip come by the environment:
# HAZARDLENS_PORT=9000 make run.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules

PYTHON ?= $(firstword $(shell command -v python3.11 python3))
TESTS ?= tests
PYTEST_ARGS ?= --numprocesses 2 --dist worksteal

TARGET ?= all
SECONDS ?= 60
COUNT ?= 10000
EXAMPLES ?= 25

BIN := .venv/bin
STAMPS := .venv/stamps
INSTALL := $(BIN)/python -m pip --disable-pip-version-check install -qq --progress-bar off --constraint constraints.txt

.PHONY: help run test fuzz fuzz-api fuzz-uploads fuzz-video check fix licences sbom lock wheel blender clean

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1|/' | column -t -s '|'

run: $(STAMPS)/serve ## Serve on http://127.0.0.1:8000 with the model that ships
	$(BIN)/hazardlens serve

test: $(STAMPS)/test $(STAMPS)/label-studio ## Run all tests; TESTS=tests/model runs some
	scripts/system-packages
	$(BIN)/python -m pytest $(PYTEST_ARGS) $(TESTS)

fuzz: $(STAMPS)/fuzz ## Fuzz the readers of files and requests; TARGET=png SECONDS=600
	$(BIN)/python tests/fuzz/run.py $(TARGET) --seconds $(SECONDS)

fuzz-api: $(STAMPS)/fuzz-api ## Ask a running server what its OpenAPI document allows and forbids; EXAMPLES=25
	$(BIN)/python tests/fuzz/api.py --examples $(EXAMPLES)

fuzz-uploads: $(STAMPS)/test ## Send damaged uploads to a running server; COUNT=10000
	$(BIN)/python tests/fuzz/uploads.py --count $(COUNT)

fuzz-video: COUNT = 2000
fuzz-video: $(STAMPS)/test ## Decode damaged and hostile clips; COUNT=2000
	$(BIN)/python tests/fuzz/video.py --count $(COUNT)

check: $(STAMPS)/test ## Lint, format, types and licences, without writing
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/basedpyright
	$(BIN)/lint-imports
	$(BIN)/python scripts/licences.py

fix: $(STAMPS)/test ## Repair what the linter and the formatter can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

licences: $(STAMPS)/test ## Does the licence of each dependency fit?
	$(BIN)/python scripts/licences.py

sbom: $(STAMPS)/test ## Write dist/sbom.cdx.json: what the service is made of, the model included
	$(BIN)/python scripts/sbom.py

blender: $(STAMPS)/blender ## Make .venv-blender, which `hazardlens data render` needs

wheel: $(STAMPS)/test ## Build dist/*.whl
	$(BIN)/python -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir dist .

lock: $(STAMPS)/venv ## Renew constraints.txt; torch and torchvision stay where they are pinned
	scripts/lock

clean: ## Remove what was built, but neither .venv nor var/
	rm -rf build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis

$(STAMPS)/venv:
	@if ! "$(PYTHON)" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null; then \
		echo 'hazardlens needs Python 3.11: install it, or name it: make PYTHON=/path/to/python3.11 ...' >&2; exit 1; fi
	"$(PYTHON)" -m venv .venv
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/serve: $(STAMPS)/venv pyproject.toml constraints.txt
	@echo 'Installing what serving needs into .venv; this happens once and takes about a minute.'
	$(INSTALL) --editable .
	@touch $@

# torch first and by itself: whatever asks for it later finds it there. torchvision without what it depends on, or
# it would fetch another torch.
$(STAMPS)/torch: $(STAMPS)/venv constraints.txt
	@echo 'Installing torch into .venv; this happens once and takes a few minutes.'
	$(INSTALL) torch
	$(INSTALL) --no-deps torchvision
	@touch $@

$(STAMPS)/test: $(STAMPS)/torch pyproject.toml constraints.txt
	@echo 'Installing what training and the tests need into .venv; this happens once and takes a few minutes.'
	$(INSTALL) --editable '.[training,test]'
	@touch $(STAMPS)/serve $@

$(STAMPS)/fuzz: $(STAMPS)/test
	$(INSTALL) --editable '.[training,test,fuzz]'
	@touch $@

$(STAMPS)/fuzz-api: $(STAMPS)/test
	$(INSTALL) --editable '.[training,test,fuzz-api]'
	@touch $@

# Blender wants an older numpy than we do. All that it needs is listed, so nothing is resolved.
$(STAMPS)/blender: $(STAMPS)/venv training/rendering/studio/requirements.txt
	@echo 'Installing Blender into .venv-blender; this happens once and takes a few minutes.'
	"$(PYTHON)" -m venv --clear .venv-blender
	.venv-blender/bin/python -m pip --disable-pip-version-check install -qq --progress-bar off \
		--no-deps --requirement training/rendering/studio/requirements.txt
	@touch $@

# In a place of its own, because it needs other versions of what we use. All that it needs is listed, so nothing is
# resolved, which pip would take minutes for.
$(STAMPS)/label-studio: $(STAMPS)/venv tests/label-studio-constraints.txt
	@echo 'Installing Label Studio into .venv-label-studio, for a test; this happens once and takes a few minutes.'
	"$(PYTHON)" -m venv --clear .venv-label-studio
	.venv-label-studio/bin/python -m pip --disable-pip-version-check install -qq --progress-bar off \
		--no-deps --requirement tests/label-studio-constraints.txt
	@touch $@
