# One gate: `make check`, the same here and in CI. `make setup` first.

VENV ?= .venv
BIN := $(VENV)/bin
# Rooms with tables of their own.
ROOMS := crypto journal outbox pharmacies signin officers patients catalogue testing arrivals certificates delivery transmission oversight intake retention surveillance webhooks

.DEFAULT_GOAL := check
SHELL := /bin/bash # $$RANDOM
.PHONY: setup demo check lint format types walls migrations reference settings test explore shuffle coverage drills benches scan docs lock sbom package install-drill release

setup: ## a virtual environment with all that development needs
	python3 -m venv $(VENV)
	$(BIN)/pip install -e '.[dev]'

demo: ## everything on this machine, with made-up data
	$(BIN)/temoin demo

check: lint test ## the single gate

lint: format types walls migrations reference settings

format:
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types:
	$(BIN)/mypy

walls:
	$(BIN)/lint-imports

migrations: ## the tables that the models describe are those that the migrations make
	TEMOIN_PROCESS=owner DJANGO_SETTINGS_MODULE=temoin.site.settings \
	  $(BIN)/python -W 'ignore::RuntimeWarning' -m django makemigrations --check --dry-run $(ROOMS)

reference: ## the pages and the client that are made from the code are those of today
	$(BIN)/python tools/write_reference.py --check
	$(BIN)/python tools/write_client.py --check

settings: ## the settings file that the documentation shows is one that the program takes
	$(BIN)/python -c "from pathlib import Path; from temoin.settings.file import read_config; \
	  read_config(Path('docs/temoin.example.toml'))"

test:
	$(BIN)/pytest

explore: ## some ten minutes, not part of the gate: every property with examples at random, ten times as many, in random order
	$(BIN)/pytest -m hypothesis --hypothesis-profile=explore --randomly-seed=$$RANDOM

shuffle: ## the tests in ten random orders, one after the other
	for turn in 1 2 3 4 5 6 7 8 9 10; do $(BIN)/pytest --hypothesis-profile=random --randomly-seed=$$RANDOM || exit 1; done

coverage: ## the tests, and that they take every branch of the rooms below the doors (see pyproject.toml)
	$(BIN)/pytest --cov

drills: ## about an hour, as root, not part of the gate: kills, an outage, a search for anything in clear, keys turned, a journal tampered with, the end of data, a cluster lost
	for way in $$($(BIN)/python drill/exactly_once.py --ways); do \
	  $(BIN)/python drill/exactly_once.py --through $$way --kill-database --outages 1 --at-least 1 || exit 1; \
	done
	$(BIN)/python drill/nothing_in_clear.py --prove --at-least 1
	$(BIN)/python drill/nothing_in_clear.py --at-least 1
	$(BIN)/python drill/key_rotation.py --at-least 1
	$(BIN)/python drill/outage.py --at-least 1
	$(BIN)/python drill/silent_database.py
	$(BIN)/python drill/tampering.py --at-least 1
	$(BIN)/python drill/erasure.py --at-least 1
	$(BIN)/python drill/surveillance.py --acts 1000 --at-least 1
	$(BIN)/python drill/restore.py
	$(BIN)/python drill/upgrade.py $(if $(FORMER),--former $(FORMER))
	$(BIN)/python drill/accessible_pdf.py --at-least 1

benches: ## some five minutes, not part of the gate: each measurement at its smallest, which tells that it still runs and nothing else
	$(BIN)/python bench/claim.py --most 20000 --claims 5
	$(BIN)/python bench/counter.py
	$(BIN)/python bench/drain.py --results 200 --pharmacies 4 --runs 1
	$(BIN)/python bench/idle.py --seconds 10
	$(BIN)/python bench/intake.py --rows 1000 --runs 1
	$(BIN)/python bench/intake_api.py --results 1500
	$(BIN)/python bench/latency.py --rate 10 --minutes 1 --pharmacies 5
	$(BIN)/python bench/pages.py --records 1000 --rounds 3
	$(BIN)/python bench/seal_cost.py --results 100 --pairs 1
	$(BIN)/python bench/sign.py --results 200 --runs 1
	$(BIN)/python bench/verify_journal.py --events 20000

fuzz: ## some hours, not part of the gate: every parser of what strangers send, with a hundred thousand inputs each
	$(BIN)/python fuzz/run.py --inputs 100000 --keep artefacts/fuzz

scan: ## some fifteen minutes, not part of the gate: independent scanners on the source and on a demonstration
	$(BIN)/python drill/scanners.py --at-least 1

lock: ## every version and hash of what production installs, none younger than seven days; read the difference before you keep it
	echo 'setuptools>=77' | $(BIN)/uv pip compile pyproject.toml - --extra pkcs11 --universal --python-version 3.11 \
	  --generate-hashes --no-header --exclude-newer "$$(date -u -d '7 days ago' +%Y-%m-%dT00:00:00Z)" \
	  --output-file requirements.lock

sbom: ## the bill of materials of the locked versions, as CycloneDX, in sbom.cdx.json
	$(BIN)/cyclonedx-py requirements requirements.lock --pyproject pyproject.toml --mc-type application \
	  --output-reproducible --output-format JSON --output-file sbom.cdx.json

docs: ## the documentation as a site, in site/
	$(BIN)/pip install -e '.[docs]'
	$(BIN)/mkdocs build --strict

package: ## a package of the last commit for Debian, in dist; SUITE is bookworm or trixie
	$(BIN)/python tools/build_package.py --suite $(or $(SUITE),trixie)

install-drill: ## some ten minutes, as root on Debian, not part of the gate: the package in a bare Debian, to the first acknowledged result
	$(BIN)/python drill/install.py --suite $(or $(SUITE),trixie)

release: ## what a version is handed out as, built twice and signed with KEY (OpenSSH), in dist
	$(BIN)/python tools/release.py --key $(KEY)
