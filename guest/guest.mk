# SPDX-License-Identifier: Apache-2.0
# Guests: freestanding RISC-V programs that run as S-mode payload on the bare board and, the same
# file, under Partita. `guests` builds samples and bench guests, `test-guests` the hostile ones.
GUEST_CC ?= $(CROSS)gcc
GUEST_ARCH ?= rv64imac_zicsr_zifencei
# For assembly that touches floating point registers; C never does.
GUEST_FLOAT_ARCH ?= $(subst imac,imafdc,$(GUEST_ARCH))
GUEST_OBJ := $(BUILD)/guest/obj

GUEST_CFLAGS := -std=c17 -ffreestanding -nostdlib -static -fno-pic -fno-pie -fno-common \
	-fno-stack-protector -fno-asynchronous-unwind-tables -fno-builtin \
	-ffunction-sections -fdata-sections -march=$(GUEST_ARCH) -mabi=lp64 -mcmodel=medany -Os -g \
	-Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes -Werror -Iguest/sdk
GUEST_LDFLAGS := -T guest/sdk/guest.lds --gc-sections --no-warn-rwx-segments -z max-page-size=4096

GUEST_SDK := $(patsubst %,$(GUEST_OBJ)/guest/sdk/%.o,trap-entry trap sbi uart print string \
	stats clock clock-edge vm partita_service service-entry)

# guest NAME SOURCES CFLAGS: objects are built per guest, so that flags may differ between
# variants of one source.
define guest_rules
$(BUILD)/$(1).elf: $(GUEST_SDK) $(patsubst %,$(GUEST_OBJ)/$(1)/%.o,guest/sdk/crt0.S $(2)) \
		guest/sdk/guest.lds
	@mkdir -p $$(@D)
	@echo "  LD      $$@"
	@$$(CROSS)ld $$(GUEST_LDFLAGS) -o $$@ $$(filter %.o,$$^)
$(GUEST_OBJ)/$(1)/%.c.o: %.c guest/guest.mk
	@mkdir -p $$(@D)
	@$$(GUEST_CC) $$(GUEST_CFLAGS) $(3) $$(GUEST_FILE_CFLAGS) -MMD -MP -c -o $$@ $$<
$(GUEST_OBJ)/$(1)/%.S.o: %.S guest/guest.mk
	@mkdir -p $$(@D)
	@$$(GUEST_CC) $$(GUEST_CFLAGS) $(3) $$(GUEST_FILE_CFLAGS) -MMD -MP -c -o $$@ $$<
endef

$(GUEST_OBJ)/guest/sdk/%.o: guest/sdk/%.c guest/guest.mk
	@mkdir -p $(@D)
	@$(GUEST_CC) $(GUEST_CFLAGS) -MMD -MP -c -o $@ $<
$(GUEST_OBJ)/guest/sdk/%.o: guest/sdk/%.S guest/guest.mk
	@mkdir -p $(@D)
	@$(GUEST_CC) $(GUEST_CFLAGS) -MMD -MP -c -o $@ $<

GUESTS := null null-end spin control control-bench control-check bench-exit bench-timer pulse \
	pulse-edf pulse-fp smp-hello rt-vm adu starter
$(eval $(call guest_rules,guest/null,guest/null/null.c,-DSTAMP_ENTRY))
$(eval $(call guest_rules,guest/null-end,guest/null/null.c,-DSTAMP_ENTRY -DNULL_ENDS))
$(eval $(call guest_rules,guest/spin,guest/spin/spin.c,))
$(eval $(call guest_rules,guest/control,guest/control/control.c guest/control/wait.S,))
$(eval $(call guest_rules,guest/control-bench,guest/control/control.c guest/control/wait.S,\
	-DCONTROL_PERIODS=10000))
$(eval $(call guest_rules,guest/control-check,guest/control/control.c guest/control/wait.S,\
	-DCONTROL_PERIODS=1000))
$(eval $(call guest_rules,guest/bench-exit,guest/bench-exit/bench-exit.c \
	guest/bench-exit/measure.S guest/bench-exit/float.S,))
$(GUEST_OBJ)/guest/bench-exit/guest/bench-exit/float.S.o: \
	GUEST_FILE_CFLAGS := -march=$(GUEST_FLOAT_ARCH)
$(eval $(call guest_rules,guest/bench-timer,guest/bench-timer/bench-timer.c \
	guest/bench-timer/stub.S,))

$(eval $(call guest_rules,guest/pulse,$(addprefix guest/pulse/,port.S port.c kernel.c semaphore.c \
	queue.c console.c selftest.c pulse.c),))
# The same tasks under either scheduler of the kernel.
PULSE_TASKS := $(addprefix guest/pulse/,port.S port.c kernel.c semaphore.c tasks.c)
$(eval $(call guest_rules,guest/pulse-edf,$(PULSE_TASKS),-DTASKS_EDF))
$(eval $(call guest_rules,guest/pulse-fp,$(PULSE_TASKS),))
$(eval $(call guest_rules,guest/rt-vm,guest/rt-vm/rt-vm.c,))
$(eval $(call guest_rules,guest/adu,guest/adu/adu.c,))
$(eval $(call guest_rules,guest/starter,guest/starter/starter.c,))
$(eval $(call guest_rules,guest/smp-hello,guest/smp-hello/smp-hello.c,))

include test/attack/attack.mk

.PHONY: guests test-guests
guests: $(GUESTS:%=$(BUILD)/guest/%.elf)
test-guests: guests $(patsubst %,$(BUILD)/attack/%.elf,$(ATTACKS) $(SERVICE_ATTACKS))

-include $(shell find $(GUEST_OBJ) -name '*.d' 2>/dev/null)
