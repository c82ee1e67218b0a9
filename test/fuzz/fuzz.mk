# SPDX-License-Identifier: Apache-2.0
# make fuzz-short                   every fuzz target for 5 s
# make fuzz FUZZ_SECONDS=600        every fuzz target for long; what it finds stays in build/fuzz
# make fuzz-build                   only builds them
FUZZ_OUT := $(BUILD)/fuzz
FUZZ_CC ?= clang
FUZZ_SECONDS ?= 600
FUZZ_FLAGS := -std=gnu17 -g -O1 -fno-omit-frame-pointer -fno-common -Wall -Wextra -Wno-missing-field-initializers \
	-Werror -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all

FUZZ_HOST := table fdt vplic vaplic vuart services
FUZZ_RISCV := mmio sbi
FUZZ_PROGRAMS := $(patsubst %,$(FUZZ_OUT)/fuzz_%,$(FUZZ_HOST) $(FUZZ_RISCV))

# The same sources as the unit tests' (test/unit/unit.mk), compiled for the fuzzer.
FUZZ_HOST_OBJ := $(patsubst %.c,$(FUZZ_OUT)/host/%.o,$(filter-out test/unit/sim.c,$(UNIT_HOST_SRC)) test/fuzz/seeds.c)
FUZZ_RISCV_OBJ := $(patsubst %.c,$(FUZZ_OUT)/riscv/%.o,$(UNIT_RISCV_SRC) test/fuzz/seeds.c)

.PHONY: fuzz fuzz-short fuzz-build
fuzz-build: $(FUZZ_PROGRAMS)

fuzz-short: fuzz-build
	@test/fuzz/run.sh 5 $(FUZZ_OUT) $(FUZZ_HOST) $(FUZZ_RISCV)

fuzz: fuzz-build
	@test/fuzz/run.sh $(FUZZ_SECONDS) $(FUZZ_OUT) $(FUZZ_HOST) $(FUZZ_RISCV)

$(FUZZ_OUT)/host/%.o: %.c test/fuzz/fuzz.mk test/unit/unit.mk
	@mkdir -p $(@D)
	@echo "  CC  $< (fuzz)"
	@$(FUZZ_CC) $(FUZZ_FLAGS) $(UNIT_HOST_INC) -Itest/fuzz -MMD -MP -c -o $@ $<
	@$(if $(filter hv/%,$<),objcopy $(UNIT_KEEP) $@)

$(FUZZ_OUT)/riscv/%.o: %.c test/fuzz/fuzz.mk test/unit/unit.mk
	@mkdir -p $(@D)
	@echo "  CC  $< (fuzz, shim)"
	@$(FUZZ_CC) $(FUZZ_FLAGS) $(UNIT_RISCV_INC) -Itest/fuzz -MMD -MP -c -o $@ $<
	@$(if $(filter hv/%,$<),objcopy $(UNIT_KEEP) $@)

$(patsubst %,$(FUZZ_OUT)/fuzz_%,$(FUZZ_HOST)): $(FUZZ_OUT)/fuzz_%: $(FUZZ_OUT)/host/test/fuzz/fuzz_%.o $(FUZZ_HOST_OBJ)
	@$(FUZZ_CC) $(FUZZ_FLAGS) -fsanitize=fuzzer $(UNIT_LINK) -o $@ $^ -lfdt

$(patsubst %,$(FUZZ_OUT)/fuzz_%,$(FUZZ_RISCV)): $(FUZZ_OUT)/fuzz_%: $(FUZZ_OUT)/riscv/test/fuzz/fuzz_%.o $(FUZZ_RISCV_OBJ)
	@$(FUZZ_CC) $(FUZZ_FLAGS) -fsanitize=fuzzer $(UNIT_LINK) -o $@ $^ -lfdt

.SECONDARY: $(FUZZ_HOST_OBJ) $(FUZZ_RISCV_OBJ)
-include $(patsubst %.o,%.d,$(FUZZ_HOST_OBJ) $(FUZZ_RISCV_OBJ) $(FUZZ_HOST:%=$(FUZZ_OUT)/host/test/fuzz/fuzz_%.o) \
	$(FUZZ_RISCV:%=$(FUZZ_OUT)/riscv/test/fuzz/fuzz_%.o))
