/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Starts and stops a service of another VM, as a panel would: that VM is called STARTER_TARGET, and
 * the system file says `may: [start-services NAME]`. Also tries it with a VM that it may not touch.
 */
#include "partita_service.h"
#include "print.h"
#include "time.h"

#ifndef STARTER_TARGET
#define STARTER_TARGET "rt-vm"
#endif
#define SERVICE   1 /* of that VM; the others are left alone */
#define ROUNDS    3
#define ON_TICKS  (50 * TICKS_PER_MS)
#define END_TICKS (10 * TICKS_PER_MS) /* what is deleted ends with its period at the latest */

void guest_main(void);

static const char *state(uint64_t vm, uint64_t service)
{
	struct sbi_result result = service_status(vm, service, HCALL_STATUS_STATE);

	return result.error == SBI_SUCCESS ? service_state_name(result.value) : "not to be seen";
}

static void list(uint64_t vm)
{
	uint64_t count = vm_info(vm, HCALL_INFO_SERVICES).value;

	for (uint64_t service = 0; service < count; service++)
		print("starter: " STARTER_TARGET " service %lu: %s, %lu us every %lu us, CPU %lu\n",
		      service, state(vm, service),
		      service_status(vm, service, HCALL_STATUS_CAPACITY).value / 1000,
		      service_status(vm, service, HCALL_STATUS_PERIOD).value / 1000,
		      service_status(vm, service, HCALL_STATUS_CPU).value);
}

static void use(uint64_t vm)
{
	int64_t error = service_launch(vm, SERVICE);

	print("starter: launch: error %ld, %s\n", error, state(vm, SERVICE));
	sleep_until(read_time() + ON_TICKS);
	print("starter: ran %lu us, late %lu\n",
	      service_status(vm, SERVICE, HCALL_STATUS_RAN).value / 1000,
	      service_status(vm, SERVICE, HCALL_STATUS_LATE).value);
	error = service_delete(vm, SERVICE);
	sleep_until(read_time() + END_TICKS);
	print("starter: stop: error %ld, %s\n", error, state(vm, SERVICE));
}

/* Every VM but the target and this one: none of them can be touched. */
static void try_others(uint64_t target)
{
	uint64_t count = vm_info(HCALL_SELF, HCALL_INFO_COUNT).value;
	char name[VM_NAME_BYTES + 1];

	for (uint64_t vm = 0; vm < count; vm++) {
		if (vm == target || vm == vm_id())
			continue;
		vm_name(vm, name);
		print("starter: launch in %s: error %ld\n", name, service_launch(vm, 0));
	}
}

void guest_main(void)
{
	uint64_t vm = vm_find(STARTER_TARGET);

	if (vm == VM_NOT_FOUND) {
		print("starter: no VM " STARTER_TARGET "\n");
		shutdown();
	}
	sleep_until(read_time() + ON_TICKS); /* it registers meanwhile */
	list(vm);
	for (int round = 0; round < ROUNDS; round++)
		use(vm);
	try_others(vm);
	shutdown();
}
