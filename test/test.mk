# SPDX-License-Identifier: Apache-2.0
# make check-all runs every test of what is built; check-PART one part of it (see test/check.py --help).
CHECK_PARTS := unit fuzz config static format attack system

# Small guests of the system tests, each with one thing to say.
TEST_GUESTS := meter view reboot fault rtc idle late
$(foreach g,$(TEST_GUESTS),$(eval $(call guest_rules,test/$(g),test/system/guests/$(g).c,)))
test-guests: $(TEST_GUESTS:%=$(BUILD)/test/%.elf)

.PHONY: check-all $(CHECK_PARTS:%=check-%)
check-all:
	@BUILD=$(BUILD) /usr/bin/python3 test/check.py
$(CHECK_PARTS:%=check-%):
	@BUILD=$(BUILD) /usr/bin/python3 test/check.py $(@:check-%=%)

# Lays out every C file as .clang-format says; those with uncommitted changes are left alone.
format:
	@/usr/bin/python3 test/static.py reformat

-include test/unit/unit.mk
-include $(wildcard test/fuzz/fuzz.mk)
