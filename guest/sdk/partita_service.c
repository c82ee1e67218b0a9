/* SPDX-License-Identifier: Apache-2.0 */
#include "partita_service.h"
#include "print.h"
#include "time.h"

#define STACK_GUARD  0x7061727469746173ul
#define REASON_SHIFT 56
#define LINE_BYTES   128
#define WRITE_TRIES  64 /* of a line: the console may be full for long, a service must not wait */

void service_entry(void);
_Noreturn void service_run(uint64_t number, struct service *self);
_Noreturn void service_trapped(uint64_t cause, uint64_t pc, uint64_t value);

static struct service_space *space_of(struct service *self)
{
	return (struct service_space *)((uint8_t *)self - offsetof(struct service_space, self));
}

static uint64_t prepare(struct service_space *space, void (*function)(void *), void *argument)
{
	space->self.function = function;
	space->self.argument = argument;
	space->stack[0] = STACK_GUARD;
	return (uint64_t)space->trap_stack;
}

int64_t service_register(uint64_t number, void (*function)(void *), void *argument,
			 struct service_space *space)
{
	uint64_t stack = prepare(space, function, argument);

	return sbi_call(HCALL_EXTENSION, HCALL_SERVICE_REGISTER, number, (uint64_t)service_entry,
			stack, (uint64_t)&space->self, 0, 0)
		.error;
}

struct service_answer service_create(void (*function)(void *), void *argument,
				     struct service_space *space, uint64_t capacity_ns,
				     uint64_t period_ns, uint64_t deadline_ns)
{
	uint64_t stack = prepare(space, function, argument);
	struct sbi_result result =
		sbi_call(HCALL_EXTENSION, HCALL_SERVICE_CREATE, (uint64_t)service_entry, stack,
			 (uint64_t)&space->self, capacity_ns, period_ns, deadline_ns);
	struct service_answer answer = {.error = result.error};

	if (result.error == SBI_SUCCESS) {
		answer.number = result.value;
	} else if (result.error == SBI_ERR_DENIED) {
		answer.reason = result.value >> REASON_SHIFT;
		answer.figure = result.value & ((1ul << REASON_SHIFT) - 1);
	}
	return answer;
}

static void explain_share(const char *what, uint64_t ppm, char *buffer, size_t size)
{
	print_into(buffer, size, "%s %lu.%lu %%", what, ppm / 10000, ppm / 1000 % 10);
}

static void explain_refusal(const struct service_answer *answer, char *buffer, size_t size)
{
	uint64_t figure = answer->figure;

	switch (answer->reason) {
	case HCALL_REFUSED_ARGUMENT:
		print_into(buffer, size, "capacity, period or deadline out of range");
		break;
	case HCALL_REFUSED_SLOT:
		print_into(buffer, size, "no free slot: the VM has %lu", figure);
		break;
	case HCALL_REFUSED_CLOSED:
		print_into(buffer, size, "registration is over");
		break;
	case HCALL_REFUSED_VM_SHARE:
		explain_share("the VM's real-time share would be", figure, buffer, size);
		break;
	case HCALL_REFUSED_CPU:
		explain_share("no CPU has room: real-time and best-effort share would be at least",
			      figure, buffer, size);
		break;
	case HCALL_REFUSED_DEADLINE:
		print_into(buffer, size, "a deadline would be missed, within %lu us",
			   figure / 1000);
		break;
	case HCALL_REFUSED_LIMIT:
		print_into(buffer, size, "not decided after %lu points of analysis", figure);
		break;
	case HCALL_REFUSED_BUSY:
		print_into(buffer, size, "others are creating services: try again");
		break;
	default:
		print_into(buffer, size, "not allowed");
	}
}

const char *service_explain(const struct service_answer *answer, char *buffer, size_t size)
{
	switch (answer->error) {
	case SBI_SUCCESS:
		print_into(buffer, size, "service %lu", answer->number);
		break;
	case SBI_ERR_DENIED:
		explain_refusal(answer, buffer, size);
		break;
	case SBI_ERR_NOT_SUPPORTED:
		print_into(buffer, size, "no services here");
		break;
	case SBI_ERR_INVALID_PARAM:
		print_into(buffer, size, "an argument is wrong");
		break;
	case SBI_ERR_INVALID_ADDRESS:
		print_into(buffer, size, "entry or stack is not this VM's memory");
		break;
	default:
		print_into(buffer, size, "error %ld", answer->error);
	}
	return buffer;
}

const char *service_state_name(uint64_t state)
{
	static const char *const names[] = {"empty", "ready", "running", "moving"};

	return state < sizeof(names) / sizeof(names[0]) ? names[state] : "unknown";
}

_Noreturn void service_run(uint64_t number, struct service *self)
{
	self->number = number;
	self->period_ns = hcall_query(HCALL_STATUS_PERIOD);
	self->deadline_ns = hcall_query(HCALL_STATUS_DEADLINE);
	self->release_ns = hcall_query(HCALL_STATUS_RELEASE);
	self->overruns = hcall_query(HCALL_STATUS_OVERRUNS);
	self->late = hcall_query(HCALL_STATUS_LATE);
	self->misses = 0;
	self->traps = 0;
	self->function(self->argument);
	service_end();
}

_Noreturn void service_end(void)
{
	for (;;)
		service_delete(HCALL_SELF, service_self()->number);
}

/* The present job, if it is late, and the releases that its end lies behind. */
static uint64_t misses_by_clock(const struct service *self)
{
	uint64_t now_ns = read_time() * TICK_NS;

	if (now_ns <= self->release_ns + self->deadline_ns)
		return 0;
	return 1 + (now_ns - self->release_ns) / self->period_ns;
}

static void tell_hooks(struct service *self)
{
	uint64_t late = hcall_query(HCALL_STATUS_LATE), misses = misses_by_clock(self);
	uint64_t overruns = hcall_query(HCALL_STATUS_OVERRUNS), more = overruns - self->overruns;

	if (misses == 0)
		misses = late - self->late;
	self->late = late;
	self->overruns = overruns;
	self->misses += misses;
	if (misses > 0 && self->hooks->on_miss)
		self->hooks->on_miss(self, misses);
	if (more > 0 && self->hooks->on_overrun)
		self->hooks->on_overrun(self, more);
}

uint64_t service_wait_next_period(void)
{
	struct service *self = service_self();
	struct sbi_result release;

	if (space_of(self)->stack[0] != STACK_GUARD)
		__builtin_trap(); /* overflow: an exception, and its end */
	if (self->hooks)
		tell_hooks(self);
	else
		self->misses += misses_by_clock(self);
	release = wait_next_period();
	self->release_ns = release.value * TICK_NS;
	if (release.error != SBI_SUCCESS)
		service_end();
	return release.value;
}

/* Without the lock of print(): whoever holds it may be waiting for the CPU. */
static void write_line(const char *line)
{
	uint64_t length = 0;

	while (line[length])
		length++;
	for (int i = 0; i < WRITE_TRIES && length > 0; i++) {
		struct sbi_result sent =
			sbi_call3(SBI_DBCN, SBI_DBCN_WRITE, length, (uint64_t)line, 0);

		if (sent.error != SBI_SUCCESS)
			return;
		line += sent.value;
		length -= sent.value;
	}
}

_Noreturn void service_trapped(uint64_t cause, uint64_t pc, uint64_t value)
{
	struct service *self = service_self();
	char line[LINE_BYTES];

	/* A second one comes from in here. */
	if (self->traps++ == 0) {
		print_into(line, sizeof(line),
			   "service %lu ends: trap cause %lx pc %lx value %lx\n", self->number,
			   cause, pc, value);
		write_line(line);
		if (self->hooks && self->hooks->on_fault)
			self->hooks->on_fault(self, cause, pc, value);
	}
	service_end();
}
