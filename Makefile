# The doors of the project. Each is a script, so that it can be read and run by itself.
.DEFAULT_GOAL := help
.PHONY: help setup demo test gen pictures coverage bench

help: ## Shows this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 22

setup: ## Installs what is missing on this machine, saying which
	@scripts/setup test

demo: ## Builds, fills a demonstration agency and runs it; ONCE=1 plays the main job and stops
	@ONCE=$(ONCE) scripts/demo

test: ## Runs every check: what CI runs
	@scripts/test

gen: ## Makes the generated files again: the door's and the desk's types, from Rust
	@scripts/gen

pictures: ## Takes the pictures of docs/pictures from the running product
	@scripts/pictures

.PHONY: sbom check-android
sbom: ## Writes what the product is made of (CycloneDX) into target/sbom
	@scripts/sbom

check-android: ## Type-checks the app for Android, without its SDK; long when cold
	@scripts/check-android

coverage: ## Writes docs/coverage.md: which acceptance rows have a test
	@node scripts/coverage.mjs

.PHONY: torture
torture: ## Kills, starves and misleads real processes, the long form: docs/reliability.md
	@scripts/torture

bench: ## Measures beside peers and ceilings: docs/performance.md; ONLY=P1,D3 QUICK=1 for some
	@ONLY=$(ONLY) QUICK=$(QUICK) scripts/bench

.PHONY: simulate planted mutants fuzz
simulate: ## Plays many seeds of the simulation: SEEDS=100000
	@scripts/simulate $(SEEDS)

planted: ## Plants bugs one by one and says which seed of the simulation finds each
	@scripts/planted

mutants: ## Changes the pure rules one operator at a time: which changes no test notices
	@scripts/mutants

fuzz: ## Feeds the decoders of outside bytes, led by coverage: EACH_S=60 seconds for each, on a nightly toolchain
	@scripts/fuzz $(EACH_S)
