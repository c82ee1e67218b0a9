# SPDX-License-Identifier: Apache-2.0
# The `partita` command, built out of tree. tool-asan builds the same with AddressSanitizer and UBSan, for the tests.
HOSTCC ?= gcc
TOOL_VERSION := 0.1
TOOL_SRC := $(wildcard tool/*.c)
# The hypervisor's own scheduler and admission, for `partita sim`, `analyse` and `check`.
TOOL_HV_SRC := $(wildcard hv/sched/*.c) hv/lib/heap.c
TOOL_OBJ := $(TOOL_SRC:tool/%.c=%.o) $(TOOL_HV_SRC:%.c=%.o)
TOOL_WARN := -Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes -Werror
TOOL_CFLAGS := -std=c17 -D_GNU_SOURCE -DPARTITA_VERSION='"$(TOOL_VERSION)"' -Iabi -Itool -Ihv -I. $(TOOL_WARN)
TOOL_CFLAGS += $(shell pkg-config --cflags libfyaml 2>/dev/null)
TOOL_LIBS := $(shell pkg-config --libs libfyaml 2>/dev/null || echo -lfyaml) -lfdt
TOOL_ASAN := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer

.PHONY: tool tool-asan
tool: $(BUILD)/partita
tool-asan: $(BUILD)/tool-asan/partita

$(BUILD)/partita: $(TOOL_OBJ:%=$(BUILD)/tool/%)
	@echo "  LD      $@"
	@$(HOSTCC) -o $@ $^ $(TOOL_LIBS)

$(BUILD)/tool/%.o: tool/%.c tool/tool.mk
	@mkdir -p $(@D)
	@echo "  HOSTCC  $<"
	@$(HOSTCC) $(TOOL_CFLAGS) -O2 -g -MMD -MP -c -o $@ $<

$(BUILD)/tool/hv/%.o: hv/%.c tool/tool.mk
	@mkdir -p $(@D)
	@echo "  HOSTCC  $<"
	@$(HOSTCC) $(TOOL_CFLAGS) -O2 -g -MMD -MP -c -o $@ $<

$(BUILD)/tool-asan/partita: $(TOOL_OBJ:%=$(BUILD)/tool-asan/%)
	@echo "  LD      $@"
	@$(HOSTCC) $(TOOL_ASAN) -o $@ $^ $(TOOL_LIBS)

$(BUILD)/tool-asan/%.o: tool/%.c tool/tool.mk
	@mkdir -p $(@D)
	@echo "  HOSTCC  $< (sanitizers)"
	@$(HOSTCC) $(TOOL_CFLAGS) $(TOOL_ASAN) -MMD -MP -c -o $@ $<

$(BUILD)/tool-asan/hv/%.o: hv/%.c tool/tool.mk
	@mkdir -p $(@D)
	@echo "  HOSTCC  $< (sanitizers)"
	@$(HOSTCC) $(TOOL_CFLAGS) $(TOOL_ASAN) -MMD -MP -c -o $@ $<

-include $(wildcard $(BUILD)/tool/hv/*/*.d $(BUILD)/tool-asan/hv/*/*.d $(BUILD)/tool/*.d $(BUILD)/tool-asan/*.d)
