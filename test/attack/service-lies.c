/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lies in every argument of every call of Partita's own: first one wrong argument at a time in an
 * otherwise good request, whose answer is printed; then all of them at random, the same ones in
 * every run. No call may reach into another VM, and none may be answered with success that was not
 * done.
 */
#include <stddef.h>
#include "attack.h"
#include "partita_service.h"
#include "random.h"
#include "time.h"

#define RANDOM_ROUNDS 20000
#define CAPACITY_NS   20000ul
#define PERIOD_NS     1000000ul
#define SERVICES_MAX  32
#define VMS_MAX       64
#define ERRORS        16

static struct service_space space;
static uint64_t seed = 0x11e5;
static uint64_t nothing[64] __attribute__((aligned(16)));
static uint64_t trespasses, failed[ERRORS], odd;

static void wait(void *argument)
{
	(void)argument;
	for (;;)
		service_wait_next_period();
}

/* A good request is HCALL_SERVICE_CREATE(entry, stack, argument, capacity, period, deadline). */
static void good_request(uint64_t a[6])
{
	a[0] = (uint64_t)wait;
	a[1] = (uint64_t)space.trap_stack;
	a[2] = 0;
	a[3] = CAPACITY_NS;
	a[4] = a[5] = PERIOD_NS;
}

static struct sbi_result hcall(uint64_t function, const uint64_t a[6])
{
	return sbi_call(HCALL_EXTENSION, function, a[0], a[1], a[2], a[3], a[4], a[5]);
}

/* Never launched: a created one is deleted at once. */
static void create_with(const char *what, unsigned int place, uint64_t value)
{
	uint64_t a[6];
	struct sbi_result result;

	good_request(a);
	a[place] = value;
	result = hcall(HCALL_SERVICE_CREATE, a);
	print("attack " ATTACK_NAME ": create with %s %lx: error %ld value %lx\n", what, value,
	      result.error, result.value);
	if (result.error == SBI_SUCCESS)
		service_delete(HCALL_SELF, result.value);
}

static const uint64_t wild[] = {
	0,          1,         2,          7,          63,         64,         0xfff,
	0xffffffff, 1ul << 32, 1ul << 55,  1ul << 62,  1ul << 63,  UINT64_MAX, UINT64_MAX - 7,
	OWN_MEMORY, FIRMWARE,  BEYOND_OWN, 0x10000000, APLIC_BASE, IMSIC_BASE, PLIC_BASE,
	1000,       9999,      10000,      1000000,    1000000000, 1000000001, INT64_MAX,
};
#define WILD (sizeof(wild) / sizeof(wild[0]))

static void lie_in_create(void)
{
	static const char *const names[] = {"entry",    "stack",  "argument",
					    "capacity", "period", "deadline"};

	for (unsigned int place = 0; place < 6; place++)
		for (size_t i = 0; i < WILD; i++)
			create_with(names[place], place, wild[i]);
	create_with("odd entry", 0, (uint64_t)wait + 1);
	create_with("entry in data", 0, (uint64_t)nothing);
	create_with("no lie", 2, 0);
}

static void count_foreign(uint64_t vm, int64_t error)
{
	if (vm != vm_id() && error == SBI_SUCCESS)
		trespasses++;
}

static void count(int64_t error)
{
	if (error <= 0 && error > -ERRORS)
		failed[-error]++;
	else
		odd++;
}

static void print_counts(const char *what)
{
	print("attack " ATTACK_NAME ": %s: %lu succeeded, %lu not supported, %lu invalid, %lu "
	      "denied, %lu bad addresses, %lu odd\n",
	      what, failed[0], failed[-SBI_ERR_NOT_SUPPORTED], failed[-SBI_ERR_INVALID_PARAM],
	      failed[-SBI_ERR_DENIED], failed[-SBI_ERR_INVALID_ADDRESS], odd);
	odd = 0;
	for (int i = 0; i < ERRORS; i++)
		failed[i] = 0;
}

static void lie_to(uint64_t vm, uint64_t service)
{
	int64_t launched = service_launch(vm, service), deleted = service_delete(vm, service);

	count(launched);
	count(deleted);
	count_foreign(vm, launched);
	count_foreign(vm, deleted);
}

/* Every service of every VM there might be, one by one. */
static void lie_in_names(void)
{
	for (uint64_t vm = 0; vm < VMS_MAX + 2; vm++)
		for (uint64_t service = 0; service < SERVICES_MAX + 2; service++)
			if (vm != vm_id())
				lie_to(vm, service);
	print_counts("other VMs");
}

static uint64_t random_argument(void)
{
	uint64_t random = random_next(&seed);

	switch (random >> 62) {
	case 0:
		return random_next(&seed);
	case 1:
		return random % 10;
	case 2:
		return (uint64_t)wait + random % 4;
	default:
		return wild[random % WILD];
	}
}

/*
 * Registration is ended last of all, by its own test. Launching what was created by chance would
 * run wild code in this VM, which is its own affair but would end it.
 */
static void lie_at_random(void)
{
	for (int round = 0; round < RANDOM_ROUNDS; round++) {
		uint64_t function = random_next(&seed) % 14, a[6];
		struct sbi_result result;

		for (int i = 0; i < 6; i++)
			a[i] = random_argument();
		if (function == HCALL_REGISTRATION_END ||
		    (function == HCALL_SERVICE_LAUNCH && (a[0] == HCALL_SELF || a[0] == vm_id())))
			continue;
		result = hcall(function, a);
		count(result.error);
		if (function == HCALL_SERVICE_LAUNCH || function == HCALL_SERVICE_DELETE)
			count_foreign(a[0] == HCALL_SELF ? vm_id() : a[0], result.error);
		if (function == HCALL_SERVICE_CREATE && result.error == SBI_SUCCESS)
			service_delete(HCALL_SELF, result.value);
	}
	print_counts("random");
}

/* Its stack, its state and so its way out are nowhere: it faults until it is deleted. */
static void run_without_stack(void)
{
	struct service_answer answer;
	uint64_t a[6];
	struct sbi_result result;
	extern void service_entry(void);

	good_request(a);
	a[0] = (uint64_t)service_entry;
	a[1] = a[2] = BEYOND_OWN + 0x100000;
	result = hcall(HCALL_SERVICE_CREATE, a);
	if (result.error != SBI_SUCCESS) {
		print("attack " ATTACK_NAME ": no stack: error %ld\n", result.error);
		return;
	}
	service_launch(HCALL_SELF, result.value);
	sleep_until(read_time() + 5 * TICKS_PER_MS);
	print("attack " ATTACK_NAME ": no stack: deleted %ld\n",
	      service_delete(HCALL_SELF, result.value));
	service_registration_end();
	answer = service_create(wait, NULL, &space, CAPACITY_NS, PERIOD_NS, PERIOD_NS);
	print("attack " ATTACK_NAME ": after registration: error %ld reason %lu\n", answer.error,
	      answer.reason);
}

void attack(void)
{
	lie_in_create();
	lie_in_names();
	lie_at_random();
	run_without_stack();
	print("attack " ATTACK_NAME ": trespasses %lu\n", trespasses);
}
