# SPDX-License-Identifier: Apache-2.0
# make bench          runs the experiments, ONLY=id one of them; figures go to build/bench/results.json
# make bench-report   writes docs/results.md out of results.json
# make soak           ten virtual minutes at 95 % with services started and stopped; SECONDS=n
.PHONY: bench bench-report soak
bench: setup-guests
	@$(MAKE) -j2 all test-guests
	@BUILD=$(BUILD) CROSS=$(CROSS) /usr/bin/python3 bench/bench.py $(ONLY)

bench-report:
	@BUILD=$(BUILD) /usr/bin/python3 bench/report.py docs/results.md

soak:
	@$(MAKE) -j2 all bench-guests
	@BUILD=$(BUILD) CROSS=$(CROSS) /usr/bin/python3 scripts/soak.py $(SECONDS)

# Guests of the experiments. Those that measure together are built with the same plan (plan.h).
BENCH_COMMON := $(addprefix guest/bench-common/,hist.c lines.c wait.S float.S)
bench_guest = $(eval BENCH_GUESTS += $(1))$(eval \
	$(call guest_rules,guest/$(1),$(2) $(BENCH_COMMON),-Iguest/bench-common $(3)))
bench_release = $(call bench_guest,$(1),guest/bench-release/bench-release.c,$(2))
bench_gap = $(call bench_guest,$(1),guest/bench-gap/bench-gap.c guest/bench-gap/gap.S,$(2))
# TASKS ROUNDS PERIOD_US STEP_NS START_MS FLAGS: bench-release-TASKS and bench-gap-TASKS
bench_plan = -DROUNDS=$(2) -DPERIOD_US=$(3) -DTASKS=$(1) -DSTEP_NS=$(4) -DSTART_MS=$(5)
bench_pair = $(call bench_release,bench-release-$(1),-DSTAYS $(bench_plan) $(6))\
	$(call bench_gap,bench-gap-$(1),$(bench_plan) $(6))

$(call bench_release,bench-release,)
$(call bench_release,bench-release-1ms,-DPERIOD_US=1000 -DSTART_MS=200 -DBUSY)
$(call bench_pair,1,10000,200,0,200)
$(call bench_pair,4,2500,200,10,200)
$(call bench_pair,8,1250,400,20,200)
$(call bench_pair,64,159,3000,30,1000)
$(call bench_pair,2,1000,1000,0,200)
$(call bench_release,bench-release-float,-DSTAYS $(call bench_plan,2,1000,1000,0,200) -DFLOATS)
$(call bench_gap,bench-gap-float,$(call bench_plan,2,1000,1000,0,200) -DFLOATS)
$(call bench_guest,bench-adu,guest/bench-adu/bench-adu.c,-DSTEP_NS=400)
$(call bench_guest,bench-admit,guest/bench-admit/bench-admit.c,)
$(call bench_guest,bench-admit-hard,guest/bench-admit/bench-admit.c,-DHARD)
$(call bench_guest,bench-soak,guest/bench-soak/bench-soak.c,)
$(call bench_guest,bench-spin,guest/bench-spin/bench-spin.c,)

$(GUEST_OBJ)/%/guest/bench-common/float.S.o: GUEST_FILE_CFLAGS := -march=$(GUEST_FLOAT_ARCH)
test-guests: bench-guests
.PHONY: bench-guests
bench-guests: $(BENCH_GUESTS:%=$(BUILD)/guest/%.elf)
