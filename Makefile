# Everything that is done to this project more than once. `make` alone lists it.
# Needs: Rust (cargo, with clippy and rustfmt), gcc, make; for the tests also Debian's apt (see `tools`).

SHELL := /bin/sh
.DEFAULT_GOAL := help
.NOTPARALLEL:
.SUFFIXES:

CARGO ?= cargo
PACKAGE := teams-presence-exporter

# Prometheus and promtool, 3.x and 2.x, node_exporter and axe-core live in the user's cache, not in target/: a fresh clone
# or `make clean` costs no second download, and without a network they are still there. TEAMS_PRESENCE_TOOLS in the
# environment names another folder, which is then only looked at, never filled. Chromium is the system's.
TOOLS_CACHE := $(if $(XDG_CACHE_HOME),$(XDG_CACHE_HOME),$(if $(HOME),$(HOME)/.cache,$(CURDIR)/target))/$(PACKAGE)
TOOLS_GIVEN := $(TEAMS_PRESENCE_TOOLS)
TEAMS_PRESENCE_TOOLS ?= $(TOOLS_CACHE)/bin
export TEAMS_PRESENCE_TOOLS

# $(call step,what is done,command,what to do when it fails)
step = @printf '\n=== %s\n    %s\n' '$(1)' '$(2)'; $(2) || { printf '\n*** make $@ failed: %s.\n    %s\n' '$(1)' '$(3)' >&2; exit 1; }

##@ To look at it

# Unoptimised: it is built in half the time (108 s of processor time against 240 s), shares its build with the tests, and
# still reads 5,000 people in 0.2 s and idles at 2 % of a core. `cargo run --release -- demo` shows what is shipped.
.PHONY: demo
demo: needs ## Run the exporter on a simulated tenant; prints where to look
	$(CARGO) run --locked --bin $(PACKAGE) -- demo

##@ To work on it

.PHONY: test
test: needs tools fmt lint no-demo docs doctest unit ## All that CI runs, in one go; stops at the first fault
	@printf '\n=== make test: all of it passed\n'

.PHONY: fmt
fmt: ## Check the format of the code
	$(call step,the format of the code,$(CARGO) fmt --all --check && $(CARGO) fmt --manifest-path fuzz/Cargo.toml --check,Run `cargo fmt --all` and look at what it changed.)

.PHONY: lint
lint: ## clippy on everything, warnings are errors
	$(call step,clippy on all targets,$(CARGO) clippy --locked --workspace --all-targets -- -D warnings,The lists of what is banned and why are in clippy.toml.)

.PHONY: no-demo
no-demo: ## The exporter without the simulated tenant, as it is shipped
	$(call step,clippy without the feature demo,$(CARGO) clippy --locked --package $(PACKAGE) --lib --bins --no-default-features -- -D warnings,What only the demo uses belongs behind its feature.)

.PHONY: unit
unit: tools ## The tests of the whole workspace (cargo-nextest, if there)
	$(call step,the tests,$(RUN_TESTS),Each failure above says which promise or house rule it is about.)

.PHONY: doctest
doctest: ## The examples in the documentation comments
	$(call step,the examples in the documentation,$(CARGO) test --locked --workspace --doc --quiet,An example in a `///` comment no longer compiles or holds.)

.PHONY: docs
docs: ## Build the documentation of the code, warnings are errors
	$(call step,the documentation of the code,RUSTDOCFLAGS="-D warnings" $(CARGO) doc --locked --workspace --no-deps --document-private-items,A link in a `///` comment leads nowhere or its text is not Markdown.)

.PHONY: bench
bench: needs ## Measure: speed and memory, on the simulated tenant
	$(CARGO) bench --locked

# The bench of hostile clients alone, as `make bench` runs it among the others.
ONLY ?=
.PHONY: hostile
hostile: needs ## Attack the exporter in many ways (SECONDS=10 each, ONLY=h2)
	$(CARGO) bench --locked --bench hostile -- $(if $(filter file,$(origin SECONDS)),10,$(SECONDS)) $(ONLY)

# Without a sanitizer: no code of ours is unsafe, and a stable compiler will do. What is found under way is kept in
# fuzz/corpus, where the next run goes on.
SECONDS ?= 30
FUZZ_TARGETS := $(patsubst fuzz/fuzz_targets/%.rs,%,$(wildcard fuzz/fuzz_targets/*.rs))

.PHONY: fuzz
fuzz: needs ## Hand the parsers bytes nobody thought of (SECONDS=30 each)
	@$(CARGO) fuzz --version >/dev/null 2>&1 && command -v c++ >/dev/null 2>&1 || { \
	  printf '*** make fuzz needs cargo-fuzz and a C++ compiler: `cargo install cargo-fuzz --locked`, and on Debian\n' >&2; \
	  printf '    `apt-get install g++`. A stable Rust will do. `make test` runs the same laws on their seeds without.\n' >&2; \
	  exit 1; }
	@for target in $(FUZZ_TARGETS); do \
	  printf '\n=== %s, for %s s\n' "$$target" '$(SECONDS)'; mkdir -p "fuzz/corpus/$$target"; \
	  $(CARGO) fuzz run --sanitizer none "$$target" "fuzz/corpus/$$target" "fuzz/seeds/$$target" -- \
	    -max_total_time='$(SECONDS)' -max_len=4096 -timeout=10 -rss_limit_mb=1024 -verbosity=0 || { \
	    printf '\n*** make fuzz: %s broke its law (src/fuzzing.rs); the bytes are in fuzz/artifacts/%s.\n' "$$target" "$$target" >&2; \
	    printf '    Make them a test beside the code at fault, and a seed in fuzz/seeds/%s.\n' "$$target" >&2; exit 1; }; \
	done; printf '\n=== make fuzz: every law was kept\n'

# Optimised, as it is shipped; `make test` plays a dozen seeds of it unoptimised.
SEEDS ?= 200
FIRST ?= 1
.PHONY: chaos
chaos: needs tools ## Live through any trouble (SEEDS=200 FIRST=1): no page may break a law
	TEAMS_PRESENCE_CHAOS_SEEDS='$(SEEDS)' TEAMS_PRESENCE_CHAOS_FIRST='$(FIRST)' \
	  $(CARGO) test --locked --release --test it -- --exact --nocapture chaos::every_law_holds_on_every_page_whatever_trouble_there_is

# With a clock of its own pace, and therefore in a folder of its own: nothing that is shipped is built there.
DAYS ?= 7
.PHONY: soak
soak: needs ## Live through a simulated week (DAYS=7) at 600 times the speed
	$(CARGO) bench --locked --target-dir target/soak --features soak --bench soak -- $(DAYS)

# Optimised, for it counts five thousand people a minute of three weeks. tools/boards says what the variables are:
# PREVIEW= a program that draws boards, LISTEN=127.0.0.1:9090, WEEKS=2, RULES=yes, AGAIN=no. Where the example was built is
# what cargo says of it.
.PHONY: boards
boards: needs tools ## Draw the boards on simulated weeks (PREVIEW=program), or serve these
	@replay=$$($(CARGO) build --locked --release --example replay --message-format json-render-diagnostics | \
	  sed -n 's/.*"name":"replay".*"executable":"\([^"]*\)".*/\1/p') && \
	  PREVIEW='$(PREVIEW)' LISTEN='$(LISTEN)' WEEKS='$(WEEKS)' RULES='$(RULES)' AGAIN='$(AGAIN)' tools/boards "$$replay"

.PHONY: tools
tools: ## Fetch what the tests ask: Prometheus 3.x and 2.x, node_exporter, axe-core; Chromium if root (once)
	$(if $(TOOLS_GIVEN),$(check_given),@tools/get-prometheus '$(TOOLS_CACHE)' && tools/get-browser '$(TOOLS_CACHE)')

.PHONY: tools-path
tools-path:
	@printf '%s\n' '$(TEAMS_PRESENCE_TOOLS)'

.PHONY: clean
clean: ## Remove what was built (the fetched tools stay)
	$(CARGO) clean

.PHONY: help
help: ## This list
	@awk 'BEGIN { FS = ":.*## "; print "make TARGET, where TARGET is one of:" } \
	  /^##@ / { printf "\n%s\n", substr($$0, 5) } \
	  /^[a-z-]+:.*## / { printf "  %-10s %s\n", $$1, $$2 }' Makefile
	@printf '\n%s\n%s\n' 'The tests find Prometheus, promtool and node_exporter in TEAMS_PRESENCE_TOOLS:' '  $(TEAMS_PRESENCE_TOOLS)'

# nextest runs the tests of all crates side by side and sums them up once; cargo's own runner does without.
RUN_TESTS = $(if $(shell $(CARGO) nextest --version 2>/dev/null),$(CARGO) nextest run --locked --workspace --no-fail-fast,$(CARGO) test --locked --workspace --lib --bins --tests --no-fail-fast)

check_given = @for program in prometheus promtool prometheus-2 promtool-2 node_exporter; do \
	  [ -x "$$TEAMS_PRESENCE_TOOLS/$$program" ] || { \
	    printf '*** TEAMS_PRESENCE_TOOLS is set, but %s is not in it.\n' "$$TEAMS_PRESENCE_TOOLS/$$program" >&2; \
	    printf '    Unset it to let `make tools` fetch all five from the packages of Debian.\n' >&2; exit 1; }; \
	done; printf 'tools: those in %s\n' "$$TEAMS_PRESENCE_TOOLS"

.PHONY: needs
needs:
	@for program in $(CARGO) gcc; do \
	  command -v $$program >/dev/null 2>&1 || { \
	    printf '*** there is no %s here. Building takes Rust 1.95 or newer (cargo), gcc and make;\n' $$program >&2; \
	    printf '    on Debian: `apt-get install gcc make`, and Rust from https://rustup.rs\n' >&2; exit 1; }; \
	done
