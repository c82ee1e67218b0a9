# SPDX-License-Identifier: Apache-2.0
# make unit        builds and runs the unit tests on the host, with AddressSanitizer and UBSan
# make unit-build  only builds them
UNIT_OUT := $(BUILD)/unit
UNIT_CC ?= gcc
UNIT_FLAGS := -std=gnu17 -g -O1 -fno-omit-frame-pointer -fno-common -Wall -Wextra -Wno-missing-field-initializers -Werror \
	-fsanitize=address,undefined -fno-sanitize-recover=all

# The core as an ordinary process (hv/arch/host). Its variables lie in sections of their own, which are put
# back to their first contents for every system that a test starts (test/unit/power.c).
UNIT_CORE := $(filter-out hv/lib/string.c,$(wildcard hv/lib/*.c hv/core/*.c hv/sched/*.c hv/vdev/*.c)) \
	hv/drv/passthrough.c
UNIT_KEEP := --rename-section .data=hv_data --rename-section .bss=hv_bss \
	--rename-section .data.rel.local=hv_data
UNIT_HOST_SRC := $(UNIT_CORE) hv/arch/host/host.c hv/arch/host/process.c test/unit/world.c test/unit/tables.c \
	test/unit/sim.c test/unit/power.c
UNIT_HOST_INC := -I. -Ihv -Ihv/arch/host -Itest/unit

# RISC-V's portable C compiled for the host: registers are variables (test/unit/riscv_shim).
UNIT_RISCV_NOT := asm_offsets firmware imsic imsic_move measure own_map start_riscv
UNIT_RISCV_SRC := $(UNIT_CORE) hv/arch/host/process.c \
	$(filter-out $(UNIT_RISCV_NOT:%=hv/arch/riscv64/%.c),$(wildcard hv/arch/riscv64/*.c)) \
	test/unit/riscv_shim/shim.c test/unit/world.c test/unit/tables.c test/unit/power.c
UNIT_RISCV_INC := -I. -Ihv -Itest/unit/riscv_shim -Ihv/arch/riscv64 -Ihv/arch/host -Ihv/board/qemu-virt-riscv64 \
	-Itest/unit -include test/unit/riscv_shim/shim_csr.h

UNIT_HOST_TESTS := $(patsubst test/unit/%.c,%,$(wildcard test/unit/test_*.c))
UNIT_RISCV_TESTS := $(patsubst test/unit/riscv_shim/%.c,%,$(wildcard test/unit/riscv_shim/test_*.c))
UNIT_PROGRAMS := $(patsubst %,$(UNIT_OUT)/%,$(UNIT_HOST_TESTS) $(UNIT_RISCV_TESTS))
UNIT_LINK := -Wl,--defsym=__units_start=__start_units -Wl,--defsym=__units_end=__stop_units \
	-Wl,--defsym=__text_start=world_image -Wl,--defsym=__hv_end=world_image+0x10000
UNIT_LIBS := -lcmocka -lfdt

UNIT_HOST_OBJ := $(UNIT_HOST_SRC:%.c=$(UNIT_OUT)/host/%.o)
UNIT_RISCV_OBJ := $(UNIT_RISCV_SRC:%.c=$(UNIT_OUT)/riscv/%.o)

.PHONY: unit unit-build
unit-build: $(UNIT_PROGRAMS)

unit: unit-build
	@test/unit/run.sh $(UNIT_PROGRAMS)

$(UNIT_OUT)/host/%.o: %.c test/unit/unit.mk
	@mkdir -p $(@D)
	@echo "  CC  $< (host)"
	@$(UNIT_CC) $(UNIT_FLAGS) $(UNIT_HOST_INC) -MMD -MP -c -o $@ $<
	@$(if $(filter hv/%,$<),objcopy $(UNIT_KEEP) $@)

$(UNIT_OUT)/riscv/%.o: %.c test/unit/unit.mk
	@mkdir -p $(@D)
	@echo "  CC  $< (shim)"
	@$(UNIT_CC) $(UNIT_FLAGS) $(UNIT_RISCV_INC) -MMD -MP -c -o $@ $<
	@$(if $(filter hv/%,$<),objcopy $(UNIT_KEEP) $@)

$(UNIT_HOST_TESTS:%=$(UNIT_OUT)/%): $(UNIT_OUT)/%: $(UNIT_OUT)/host/test/unit/%.o $(UNIT_HOST_OBJ)
	@$(UNIT_CC) $(UNIT_FLAGS) $(UNIT_LINK) -o $@ $^ $(UNIT_LIBS)

$(UNIT_RISCV_TESTS:%=$(UNIT_OUT)/%): $(UNIT_OUT)/%: $(UNIT_OUT)/riscv/test/unit/riscv_shim/%.o $(UNIT_RISCV_OBJ)
	@$(UNIT_CC) $(UNIT_FLAGS) $(UNIT_LINK) -o $@ $^ $(UNIT_LIBS)

# Counts the scheduler's heap operations.
$(UNIT_OUT)/test_sched_bounds: UNIT_LINK += -Wl,--wrap=heap_insert -Wl,--wrap=heap_remove

.SECONDARY: $(UNIT_HOST_OBJ) $(UNIT_RISCV_OBJ)
-include $(patsubst %.o,%.d,$(UNIT_HOST_OBJ) $(UNIT_RISCV_OBJ) \
	$(UNIT_HOST_TESTS:%=$(UNIT_OUT)/host/test/unit/%.o) \
	$(UNIT_RISCV_TESTS:%=$(UNIT_OUT)/riscv/test/unit/riscv_shim/%.o))
