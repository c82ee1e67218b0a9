# SPDX-License-Identifier: Apache-2.0
# make run    installs what is missing, builds, boots systems/demo.yaml in QEMU
# make check  installs what is missing, builds, runs every test
# make bench  runs the experiments (ONLY=id for one)
# make soak   16 services at 95 % on 2 CPUs for 10 virtual minutes (SECONDS=n for less)
# make oracle 100,000 random sets of reservations: admission against brute force
BUILD ?= build
SYSTEM ?= systems/demo.yaml
CROSS ?= riscv64-linux-gnu-
MAKEFLAGS += --no-print-directory

.DEFAULT_GOAL := all
.PHONY: all run check bench setup setup-guests clean help format

include hv/hv.mk
include tool/tool.mk
include guest/guest.mk
include test/test.mk
include bench/bench.mk

all: hv tool guests
	@:

help:
	@sed -n 's/^# make/make/p' Makefile

# Package set-up; silent and quick when nothing is missing.
setup:
	@scripts/setup.sh

# Debian's kernel, initramfs, U-Boot: downloaded once into the user's cache, linked into build/linux.
setup-guests: setup
	@BUILD=$(BUILD) scripts/linux.sh

run: setup-guests
	@$(MAKE) -j2 all
	@$(BUILD)/partita run $(SYSTEM)

check: setup-guests
	@$(MAKE) -j2 all test-guests
	@$(MAKE) check-all

clean:
	rm -rf $(BUILD)
