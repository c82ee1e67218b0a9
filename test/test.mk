# SPDX-License-Identifier: Apache-2.0
# make check-all runs every test of what is built; check-PART one part of it (see test/check.py --help).
CHECK_PARTS := unit oracle fuzz config tool static format attack system

# Small guests of the system tests, each with one thing to say.
TEST_GUESTS := replace plan meter view reboot fault rtc idle late bad-services gap calls
$(foreach g,$(TEST_GUESTS),$(eval $(call guest_rules,test/$(g),test/system/guests/$(g).c,)))
# Shared data between a service and its best-effort side: by a lock, and as it should be.
$(eval $(call guest_rules,test/share-lock,test/system/guests/share.c,-DSHARE_LOCK))
$(eval $(call guest_rules,test/share-exchange,test/system/guests/share.c,))
$(eval $(call guest_rules,test/control-short,guest/control/control.c guest/control/wait.S,\
	-DCONTROL_PERIODS=200))
TEST_GUESTS += share-lock share-exchange control-short
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
-include test/oracle/oracle.mk
-include $(wildcard test/fuzz/fuzz.mk)
