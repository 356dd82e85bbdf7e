# Each target is one readable script in scripts/. Settings that they honour: TORCH_PREFIX, ESPALIER_DATA, PRESET, JOBS.
.PHONY: help setup demo test build parity format clean distclean install dist examples fuzz sanitize bench
PREFIX ?= /usr/local
export DATA TEXT LABEL

help: ## show this list
	@grep -E '^[a-z]+:.*##' Makefile | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 18

setup: ## install what a build needs: Debian packages, and libtorch inside .venv (said before it happens)
	@scripts/setup.sh

build: setup ## set up and build: the program is build/release/espalier
	@scripts/build.sh espalier

test: setup ## set up, build all, run the tests
	@scripts/build.sh
	@scripts/test.sh

demo: build ## a real pretrained model learns a real task; own data: DATA=file.tsv TEXT=column LABEL=column
	@scripts/demo.sh

parity: setup ## compare with transformers, peft and scikit-learn (set up in .venv-peft)
	@scripts/build.sh
	@scripts/parity_env.sh
	@tools/parity/run.sh

fuzz: setup ## every reader under libFuzzer, ten seconds each; ARGS="--runs 10000000 safetensors" goes on to that many
	@scripts/fuzz.sh $(ARGS)

sanitize: setup ## tests of the layers without libtorch under the address and undefined-behaviour sanitizers
	@scripts/sanitize.sh

bench: setup ## each kernel beside what it replaces in libtorch, and the roofline of the results; ARGS="--benchmark_filter=dropout"
	@scripts/bench.sh $(ARGS)

format: setup ## format the C++ files
	@scripts/format.sh

clean: ## remove what was built; keeps .venv, the demo's files and runs
	rm -rf build dist

distclean: clean ## remove everything that git does not know but runs: also .venv and the demo's files
	rm -rf .venv .venv-peft .venv-peers .cache demo bench/out

install: build ## install the program with its libraries, and the library for C++: PREFIX=folder (/usr/local)
	@scripts/install.sh "$(PREFIX)"

examples: setup ## build and run examples/ against an installed library, as another project would
	@scripts/build.sh espalier tiny_world
	@scripts/examples.sh

dist: build ## pack the program with its libraries and licences as one relocatable tar under dist/
	@scripts/dist.sh
