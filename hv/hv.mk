# SPDX-License-Identifier: Apache-2.0
# The hypervisor: core.o, one unit-*.o per unit, and the linker script, for `partita build` to link.
HV_ARCH := riscv64
HV_BOARD := qemu-virt-riscv64
HV_OUT := $(BUILD)/hv/$(HV_ARCH)
HV_CC ?= $(CROSS)gcc
HV_EXTRA ?=

HV_WARN := -Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes -Werror
HV_CFLAGS := -std=gnu17 -Os -g -ffreestanding -fno-pic -fno-pie -fno-stack-protector -fno-common \
	-fno-asynchronous-unwind-tables -ffunction-sections -fdata-sections -fomit-frame-pointer \
	-march=rv64imac_zicsr_zifencei -mabi=lp64 -mcmodel=medany -msmall-data-limit=0 $(HV_WARN) \
	-I. -Ihv -Ihv/arch/$(HV_ARCH) -Ihv/board/$(HV_BOARD) -I$(HV_OUT) $(HV_EXTRA)

# Where time is the product rather than size: what every switch and every exit runs through.
HV_FAST := hv/vdev/vaplic.c hv/sched/round_robin.c hv/sched/sched.c hv/sched/edf.c hv/lib/heap.c hv/core/cpu.c hv/arch/$(HV_ARCH)/vcpu_regs.c \
	hv/arch/$(HV_ARCH)/timer.c hv/arch/$(HV_ARCH)/imsic.c hv/arch/$(HV_ARCH)/mmio.c \
	hv/core/unit_trace.c

HV_UNITS := edf:hv/core/unit_edf.c+hv/sched/edf.c+hv/sched/admit_edf.c \
	fp:hv/core/unit_fp.c+hv/sched/fixed_priority.c+hv/sched/admit_fp.c \
	table:hv/core/unit_table.c+hv/sched/time_table.c \
	vplic:hv/vdev/vplic.c vaplic:hv/vdev/vaplic.c vuart:hv/vdev/vuart.c \
	passthrough:hv/drv/passthrough.c restart:hv/core/restart.c \
	smp:hv/arch/riscv64/sbi_smp.c services:hv/core/services.c+hv/sched/admit_place.c move:hv/arch/riscv64/imsic_move.c \
	trace:hv/core/unit_trace.c
HV_UNIT_SRC := $(subst +, ,$(foreach u,$(HV_UNITS),$(word 2,$(subst :, ,$(u)))))
HV_UNIT_OBJ := $(foreach u,$(HV_UNITS),$(HV_OUT)/unit-$(firstword $(subst :, ,$(u))).o)

HV_SRC := $(filter-out $(HV_UNIT_SRC),$(wildcard hv/*.c hv/lib/*.c hv/core/*.c hv/sched/*.c \
	hv/drv/*.c hv/board/$(HV_BOARD)/*.c) \
	$(filter-out %/asm_offsets.c,$(wildcard hv/arch/$(HV_ARCH)/*.c))) \
	hv/arch/$(HV_ARCH)/entry.S
HV_OBJ := $(patsubst hv/%,$(HV_OUT)/obj/%.o,$(HV_SRC))

.PHONY: hv
hv: $(HV_OUT)/core.o $(HV_UNIT_OBJ) $(HV_OUT)/hv.lds

$(HV_OUT)/asm_offsets.h: hv/arch/$(HV_ARCH)/asm_offsets.c hv/hv.mk
	@mkdir -p $(@D)
	@$(HV_CC) $(HV_CFLAGS) -MMD -MP -MT $@ -MF $(HV_OUT)/asm_offsets.d -S -o $(HV_OUT)/asm_offsets.s $<
	@sed -n 's/^->\([A-Z0-9_]*\) \(.*\)/#define \1 \2/p' $(HV_OUT)/asm_offsets.s > $@

$(HV_OUT)/obj/%.o: hv/% hv/hv.mk $(HV_OUT)/asm_offsets.h
	@mkdir -p $(@D)
	@echo "  CC  $<"
	@$(HV_CC) $(HV_CFLAGS) $(if $(filter $(HV_FAST),$<),-O2 -fno-inline-functions) -MMD -MP -c -o $@ $<

$(HV_OUT)/core.o: $(HV_OBJ)
	@$(CROSS)ld -r -o $@ $^

$(HV_OUT)/hv.lds: hv/arch/$(HV_ARCH)/hv.lds
	@mkdir -p $(@D) && cp $< $@

define HV_UNIT_RULE
$(HV_OUT)/unit-$(1).o: $(patsubst hv/%,$(HV_OUT)/obj/%.o,$(2))
	@$(CROSS)ld -r -o $$@ $$^
endef
$(foreach u,$(HV_UNITS),$(eval $(call HV_UNIT_RULE,$(firstword $(subst :, ,$(u))),$(subst +, ,$(word 2,$(subst :, ,$(u)))))))

-include $(wildcard $(HV_OUT)/obj/*.d $(HV_OUT)/obj/*/*.d $(HV_OUT)/obj/*/*/*.d $(HV_OUT)/asm_offsets.d)
