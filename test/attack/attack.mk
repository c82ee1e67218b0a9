# SPDX-License-Identifier: Apache-2.0
# Hostile guests, one program each; built with the guests' SDK and rules (guest/guest.mk).
ATTACKS := foreign-read foreign-write foreign-execute foreign-csr rubbish jump-nowhere \
	own-vectors own-vectors-nowhere console-flood timer-abuse sbi-fuzz ghost-harts plic-fuzz \
	aplic-fuzz user-mode page-tables page-tables-garbage wfi-storm ipi-storm finisher

# The same against services, budgets and plans; test_attack_services.py gives each its own system.
SERVICE_ATTACKS := service-storm service-race service-lies service-exhaust sleep-cheat \
	plan-storm wrs-storm timer-msi-storm

# attack NAME SOURCES CFLAGS
define attack_rules
$(call guest_rules,attack/$(1),test/attack/attack.c $(2:%=test/attack/%),\
	-Itest/attack '-DATTACK_NAME="$(1)"' $(3))
endef

$(eval $(call attack_rules,foreign-read,foreign-memory.c,-DATTACK_READ))
$(eval $(call attack_rules,foreign-write,foreign-memory.c,-DATTACK_WRITE))
$(eval $(call attack_rules,foreign-execute,foreign-memory.c,-DATTACK_EXECUTE))
$(eval $(call attack_rules,foreign-csr,foreign-csr.c,))
$(eval $(call attack_rules,rubbish,rubbish.c rubbish-entry.S,))
$(eval $(call attack_rules,jump-nowhere,jump-nowhere.c,))
$(eval $(call attack_rules,own-vectors,own-vectors.c,))
$(eval $(call attack_rules,own-vectors-nowhere,own-vectors.c,-DVECTORS_NOWHERE))
$(eval $(call attack_rules,console-flood,console-flood.c,))
$(eval $(call attack_rules,timer-abuse,timer-abuse.c,))
$(eval $(call attack_rules,sbi-fuzz,sbi-fuzz.c,))
$(eval $(call attack_rules,ghost-harts,ghost-harts.c,))
$(eval $(call attack_rules,plic-fuzz,device-fuzz.c,-DFUZZ_PLIC))
$(eval $(call attack_rules,aplic-fuzz,device-fuzz.c,-DFUZZ_APLIC))
$(eval $(call attack_rules,user-mode,user-mode.c user-entry.S,))
$(eval $(call attack_rules,page-tables,page-tables.c,))
$(eval $(call attack_rules,page-tables-garbage,page-tables.c,-DROOT_GARBAGE))
$(eval $(call attack_rules,wfi-storm,wfi-storm.c,))
$(eval $(call attack_rules,ipi-storm,ipi-storm.c,))
$(eval $(call attack_rules,finisher,finisher.c,))
$(foreach a,$(SERVICE_ATTACKS),$(eval $(call attack_rules,$(a),$(a).c,)))
