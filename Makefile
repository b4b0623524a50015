# Vortex-7. `make run` installs what is missing, builds, starts the paper suite and shows it until Ctrl-C.
SHELL := /bin/bash
SWIFT_SOURCES := Package.swift Services Shared Tests
.PHONY: install build run up down monitor status hour test test-long lint format docs bench fuzz chaos clients drills scale sim soak images containers-test clean

install: ; @deploy/local/install.sh && deploy/local/chart-library.sh
build: install ; swift build -c release
up: build ; @deploy/local/suite.sh up
down: ; @deploy/local/suite.sh down
# Prometheus with the suite's alert rules, beside a suite that is up.
monitor: install ; @deploy/local/suite.sh monitor
status: ; @deploy/local/suite.sh ctl status
run: up
	@trap 'deploy/local/suite.sh down' EXIT; trap 'exit 0' INT TERM; deploy/local/suite.sh ctl status --watch
# Hours of market in MINUTES=60: undisturbed, then with each way out and each breaker provoked. DATA="BTC.txt.gz ETH.txt.gz"
# plays recordings instead, undisturbed. Prints a report; fails when something is missing or does not add up.
hour: build
	@mkdir -p var
	@set -o pipefail; python3 Tests/Reports/hour.py --minutes $(or $(MINUTES),60) --rate $(or $(RATE),$(if $(DATA),1,15)) \
		$(if $(SYMBOLS),--symbols $(SYMBOLS)) $(if $(DATA),--data "$(DATA)" --history "$(HISTORY)") \
		| tee var/$(if $(DATA),recordings,hour).txt

test: install ; @Tests/run.sh
# The slow form of two suites: a hundred kills, and recordings at their own speed. About twelve minutes.
test-long: build
	swift build --build-tests
	VORTEX7_JUDGE_TIMES=1 VORTEX7_KILLS=100 VORTEX7_PLAY_RATES=1,20 VORTEX7_BIN=$(CURDIR)/.build/release \
		swift test --skip-build --no-parallel --filter 'KillTests|RecordingTests'
# Three workers of each engine disturbed at random, and restarts while trading: MINUTES=10 RATE=5 RESTARTS=100
scale: build
	swift build --build-tests
	VORTEX7_JUDGE_TIMES=1 VORTEX7_SCALE_SECONDS=$$(($(or $(MINUTES),10) * 60)) VORTEX7_SCALE_RATE=$(or $(RATE),5) VORTEX7_RESTARTS=$(or $(RESTARTS),100) \
		VORTEX7_BIN=$(CURDIR)/.build/release swift test --skip-build --no-parallel --filter 'ScaleTests|RollingRestartTests'
# The whole suite in one process under a virtual clock and seeded faults: SEEDS=10000, SEED=7 for one, MUTATION=all for deliberate bugs, TEXT=1 for each seed also with all text.
sim: install
	@swift build -c release --product simulate 2>&1 | tail -1
	@VORTEX7_COMMIT=$$(git rev-parse --short HEAD 2>/dev/null) .build/release/simulate $(if $(SEED),--seed $(SEED),--seeds $(or $(SEEDS),$(if $(MUTATION),1000,500))) \
		$(if $(MUTATION),--mutation $(MUTATION),--also Tests/Simulation/failed-seeds.txt) $(if $(TEXT),--text)
# Kills and pauses services, Redis and PostgreSQL at random while the venue goes wrong, then audits everything: MINUTES=10 SEED=7
chaos: build
	swift build --build-tests
	VORTEX7_JUDGE_TIMES=1 VORTEX7_CHAOS_SECONDS=$$(($(or $(MINUTES),10) * 60)) VORTEX7_SEED=$(or $(SEED),$$RANDOM) VORTEX7_BIN=$(CURDIR)/.build/release \
		swift test --skip-build --no-parallel --filter ChaosTests
# Hours of market of each profile, with a fault now and then, and what must hold after them: HOURS=24 RATE=20 PROFILES=phase1 SEED=7.
# 24 hours of two profiles take two and a half. The report is in var/soak.txt.
soak: build
	@mkdir -p var
	@set -o pipefail; python3 Tests/Reports/soak.py --hours $(or $(HOURS),24) --rate $(or $(RATE),20) --seed $(or $(SEED),7) \
		--profiles $(or $(PROFILES),vortex7,phase1) | tee var/soak.txt
# Each section of docs/runbook.md against a paper suite under supervisord: provoked, its commands typed, what it promises looked
# for. DRILL="Redis is lost" for one of them.
drills: build
	swift build --build-tests
	VORTEX7_DRILLS="$(or $(DRILL),all)" VORTEX7_BIN=$(CURDIR)/.build/release \
		swift test --skip-build --no-parallel --filter DrillTests
# freqtrade trades against the simulator in earnest. Its environment, some 800 MB, is made once; the trade takes some two minutes.
clients: build
	Tests/Oracles/install.sh freqtrade
	.build/freqtrade/bin/python3 -B Tests/VenueClients/freqtrade_bot.py .build/release/exchange-simulator
# Images of the suite, Redis and PostgreSQL. The programs are built on this machine, which must run the Debian of the images.
images:
	deploy/containers/make-programs.sh build .build/programs
	deploy/containers/images.sh
# compose.yaml as containers: up, a trade, scaled, restarted, killed, in any order. Needs podman or Docker, each with its compose.
containers-test: images ; @Tests/Containers/run.sh
lint: ; swift format lint --strict --recursive $(SWIFT_SOURCES)
format: ; swift format --in-place --recursive $(SWIFT_SOURCES)
docs: build
	python3 docs/generate-contracts.py > docs/contracts.md
	python3 docs/generate-settings.py .build/release > docs/settings.md
# Each reader of what comes from outside, SECONDS long, under the address sanitizer.
fuzz: install ; @SECONDS_EACH=$(or $(SECONDS),60) Tests/Fuzz/run.sh
bench: build ; @Tests/Benchmarks/run.sh
clean: ; rm -rf .build
