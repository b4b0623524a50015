# Vortex-7. `make run` installs what is missing, builds, starts the paper suite and shows it until Ctrl-C.
SHELL := /bin/bash
SWIFT_SOURCES := Package.swift Services Shared Tests
.PHONY: install build run up down status test lint format docs bench sim clean

install: ; @deploy/local/install.sh
build: install ; swift build -c release
up: build ; @deploy/local/suite.sh up
down: ; @deploy/local/suite.sh down
status: ; @deploy/local/suite.sh ctl status
run: up
	@trap 'deploy/local/suite.sh down' EXIT; trap 'exit 0' INT TERM; deploy/local/suite.sh ctl status --watch

test: install ; @Tests/run.sh
lint: ; swift format lint --strict --recursive $(SWIFT_SOURCES)
format: ; swift format --in-place --recursive $(SWIFT_SOURCES)
docs: ; python3 docs/generate-contracts.py > docs/contracts.md
bench: build ; @Tests/Benchmarks/run.sh
clean: ; rm -rf .build
