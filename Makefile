# nsbench: the doors. `make demo` shows it, `make test` proves it; both install what they need.

SHELL := /bin/sh
CARGO ?= cargo
NSBENCH := target/release/nsbench
DEMO_RUN := $(NSBENCH) run --trials 3 --duration 3s

.PHONY: all demo test test-kasan test-firewall fuzz lint bench bench-queues deb check-package packages clean

all: $(NSBENCH)

# The lab's guests, and what nsbench itself is built with.
packages:
	@scripts/packages lab

$(NSBENCH): packages
	$(CARGO) build --release --locked

# The main job on three virtual hosts: every command that it runs is one to type.
demo: $(NSBENCH)
	$(NSBENCH) lab up
	$(NSBENCH) topology show
	$(NSBENCH) topology check
	$(DEMO_RUN) --framework netslice --lines 1..3
	$(DEMO_RUN) --framework netslice --lines 4
	$(DEMO_RUN) --framework bridge --lines 1..3
	$(DEMO_RUN) --framework bridge --lines 4
	@echo 'The lab stays up for you to look around; `$(NSBENCH) lab down` takes it down.' >&2
	$(NSBENCH) compare --reference figure3

# Everything: unit tests, the command line, a real sshd, the module's user-space tests, the module against every
# kernel that Debian packages and in one that looks on, and the main job on the lab. Ends with `N passed, N failed`.
test:
	@scripts/packages test
	@scripts/packages kasan
	@scripts/test

# The module's tests in a kernel that tells of memory, locks and leaks; the first time it is built, for some minutes.
test-kasan:
	@scripts/packages kasan
	@scripts/test-kasan

# Texts that nobody meant, others every time; `make test` has the same ones each time.
fuzz:
	@scripts/packages test
	@seed=$${SEED:-$$(date +%s)} && echo "SEED=$$seed" && PROPTEST_RNG_SEED=$$seed $(CARGO) test --locked --lib --test fuzz

# The firewall on the lab at length: on every framework, and 20,000 frames for each file of rules; the rest is in `make test`.
test-firewall:
	@scripts/packages test
	NSBENCH_FIREWALL_ALL=1 $(CARGO) test --locked --test lab -- firewall

lint:
	@scripts/packages test
	$(CARGO) fmt --check
	$(CARGO) clippy --all-targets --locked -- -D warnings
	@scripts/lint-c
	shellcheck scripts/* .ci/run src/lab/guest/*.sh src/measure/*.sh src/testbed/*.sh src/testbed/facts/*.sh kernel-module/tests/*.sh kernel-module/tests/kasan/*.sh apps/firewall/tests/*.sh
	shellcheck -s sh -e SC2034,SC2317 src/execute/*.sh src/generator/*.sh src/measure/*.sh src/plan/bind/*.sh

# What it costs: the queues of NetSlice's modes by themselves; how often `compare` finds a difference where there is none, and
# how long it takes; how long changes to hosts take, beside other tools, and how the tool's own time grows with the lines; how
# long the lab takes to boot and to be restored; how far apart repeated measurements of a packet's cost are; what watching a
# host takes it.
bench: bench-queues $(NSBENCH)
	@scripts/bench-compare $(NSBENCH)
	@scripts/bench-tool $(NSBENCH)
	@scripts/bench-lab $(NSBENCH)
	@scripts/bench-cost $(NSBENCH)
	@scripts/bench-streams

# Needs no lab, and two CPUs that nobody else uses.
bench-queues:
	@$(MAKE) -s -C kernel-module bench

# Debian packages of the program, of the module by DKMS, and of its bridge and library, in target/deb. Needs nothing of the lab.
deb:
	$(CARGO) build --release --locked
	@scripts/build-deb $(NSBENCH) target/deb

# Installs from what `cargo package` packs, and uses it away from this repository; for some minutes.
check-package:
	@scripts/check-package

clean:
	$(CARGO) clean
	$(MAKE) -C kernel-module clean
