# SPDX-License-Identifier: Apache-2.0
# make oracle                    100,000 random task sets: admission against an independent simulation
# make oracle ORACLE_SETS=5000   fewer, as in make check
ORACLE_SETS ?= 100000
ORACLE_OUT := $(BUILD)/oracle
ORACLE_SRC := $(wildcard test/oracle/*.c hv/sched/*.c) hv/lib/heap.c
ORACLE_FLAGS := -std=gnu17 -O2 -g -Wall -Wextra -Wno-missing-field-initializers -Wno-missing-braces -Werror \
	-I. -Ihv -Itest/oracle

.PHONY: oracle
oracle: $(ORACLE_OUT)/oracle
	@$< $(ORACLE_SETS)

$(ORACLE_OUT)/oracle: $(ORACLE_SRC:%.c=$(ORACLE_OUT)/%.o)
	@$(UNIT_CC) -o $@ $^

$(ORACLE_OUT)/%.o: %.c test/oracle/oracle.mk
	@mkdir -p $(@D)
	@echo "  CC  $< (oracle)"
	@$(UNIT_CC) $(ORACLE_FLAGS) -MMD -MP -c -o $@ $<

-include $(ORACLE_SRC:%.c=$(ORACLE_OUT)/%.d)
