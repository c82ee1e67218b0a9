/* SPDX-License-Identifier: Apache-2.0 */
#include "world.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "board/board.h"
#include "core/services.h"
#include "core/start.h"
#include "core/table.h"
#include "core/work.h"
#include "drv/aplic.h"
#include "host.h"

char world_out[WORLD_OUT_BYTES];
uint32_t world_out_bytes, world_uart_room;
bool world_wants_room;
void (*world_on_want)(bool on);
void (*world_on_send)(void);
struct world_route world_routes[128];

static char keys[4096];
static uint32_t keys_head, keys_tail;
static const struct sched_entity *work_entity; /* housekeeping */

static uint32_t granted; /* room that was reported and not used yet; stays, as in a FIFO */

static uint32_t uart_room(void)
{
	if (world_uart_room == UINT32_MAX)
		return granted = 16;
	world_uart_room += granted;
	granted = world_uart_room < 16 ? world_uart_room : 16;
	world_uart_room -= granted;
	return granted;
}

static void uart_send(uint8_t c)
{
	if (!granted)
		abort(); /* precondition of console_driver.send */
	granted--;
	if (world_on_send)
		world_on_send();
	if (world_out_bytes < WORLD_OUT_BYTES - 1)
		world_out[world_out_bytes++] = (char)c;
	world_out[world_out_bytes] = 0;
}

static bool uart_receive(uint8_t *c)
{
	if (keys_head == keys_tail)
		return false;
	*c = (uint8_t)keys[keys_tail++ % sizeof(keys)];
	return true;
}

static void uart_want_room(bool on)
{
	world_wants_room = on;
	if (world_on_want)
		world_on_want(on);
}

static const struct console_driver uart = {uart_room, uart_send, uart_receive, uart_want_room};

const struct console_driver *board_init(void)
{
	return &uart;
}

bool board_may_give(paddr_t phys, uint64_t bytes)
{
	return phys == WORLD_DEVICE && bytes == PAGE_BYTES;
}

bool board_may_give_irq(uint32_t source)
{
	return source == 11 || (source >= 40 && source <= 50);
}

void board_panic_putc(char c)
{
	(void)c;
}

void aplic_route(uint32_t source, enum aplic_mode mode, uint32_t hart_id, uint32_t file,
		 uint32_t identity)
{
	struct world_route *r = &world_routes[source % 128];

	r->mode = mode;
	r->hart_id = hart_id;
	r->file = file;
	r->identity = identity;
}

void aplic_enable(uint32_t source, bool on)
{
	world_routes[source % 128].enabled = on;
}

void aplic_retrigger(uint32_t source)
{
	world_routes[source % 128].retriggers++;
}

void aplic_init(void)
{
}

void world_type_byte(uint8_t c)
{
	keys[keys_head++ % sizeof(keys)] = (char)c;
	console_interrupt();
}

void world_type(const char *text)
{
	for (; *text; text++)
		world_type_byte((uint8_t)*text);
}

void world_forget_output(void)
{
	world_out_bytes = 0;
	world_out[0] = 0;
}

bool world_said(const char *text)
{
	return strstr(world_out, text);
}

bool world_work(uint32_t count)
{
	for (; count; count--) {
		host_run(&cpus[0]);
		if (host_is_off)
			return true;
		if (keys_head != keys_tail || (world_wants_room && world_uart_room >= 2))
			console_interrupt(); /* the UART's line is high */
		else if (work_entity->state == SCHED_BLOCKED && !host_has_kick(&cpus[0]) &&
			 !cpus[0].resched)
			return true;
		host_now += WORLD_QUANTUM; /* the guest's turn */
	}
	return false;
}

static void power_on(const struct world *w)
{
	host_reset();
	memset(world_image, 0,
	       table && table->image_bytes <= sizeof(world_image) ? table->image_bytes
								  : sizeof(world_image));
	memset(world_routes, 0, sizeof(world_routes));
	power_off();
	keys_head = keys_tail = 0;
	world_uart_room = UINT32_MAX;
	granted = 0;
	world_wants_room = false;
	world_on_want = NULL;
	world_on_send = NULL;
	world_forget_output();
	table_build(WORLD_TABLE, w);
}

static void call_start(void *tree)
{
	start(0, tree);
}

static void find_work(void)
{
	for (uint32_t i = 0; i < SCHED_MAX_BE; i++)
		if (best_effort.members[i] && best_effort.members[i]->kind == ENTITY_WORK)
			work_entity = best_effort.members[i];
}

static enum host_end start_all(const struct world *w)
{
	static char tree[16384] __attribute__((aligned(8)));
	enum host_end end;

	power_on(w);
	tree_build(tree, sizeof(tree), WORLD_TABLE);
	end = host_call(call_start, tree);
	if (end != HOST_STARTED)
		return end;
	for (uint32_t i = 0; i < cpu_count; i++) {
		host_cpu = &cpus[i];
		cpu_start(host_cpu);
	}
	host_cpu = &cpus[0];
	find_work();
	return end;
}

void world_start(const struct world *w)
{
	if (start_all(w) != HOST_STARTED) {
		fprintf(stderr, "world does not start: %s\n", host_panicked);
		abort();
	}
}

const char *world_start_fails(const struct world *w)
{
	return start_all(w) == HOST_PANIC ? host_panicked : NULL;
}

static bool run_all(void (*turn)(struct vcpu *v))
{
	bool more = false;

	for (uint32_t i = 0; i < cpu_count; i++) {
		struct vcpu *v = host_run(&cpus[i]);

		host_cpu = &cpus[i];
		if (v && turn)
			turn(v);
		more |= cpus[i].resched;
	}
	for (uint32_t i = 0; i < cpu_count; i++)
		more |= host_has_kick(&cpus[i]);
	return more;
}

void world_live(ns_t until, void (*turn)(struct vcpu *v))
{
	for (;;) {
		ns_t next = until;

		for (unsigned left = 100; run_all(turn) && left; left--)
			;
		if (host_now >= until)
			break;
		for (uint32_t i = 0; i < cpu_count; i++)
			if (host_cpus[i].timer < next)
				next = host_cpus[i].timer;
		host_now = next > host_now ? next : host_now + US;
	}
	host_cpu = &cpus[0];
}

long world_call(struct vcpu *v, uint64_t function, const uint64_t args[6], uint64_t *value)
{
	struct cpu *before = host_cpu;
	struct hcall_result r;

	host_cpu = v->cpu;
	do
		r = hypercall(v, function, args);
	while (r.error == HCALL_AGAIN);
	host_cpu = before;
	*value = r.value;
	return r.error;
}

static const struct vdev *device_at(struct vcpu *v, gpaddr_t at)
{
	const struct vdev *d = vm_find_vdev(v->vm, at);

	if (!d)
		abort();
	return d;
}

uint32_t world_read(struct vcpu *v, gpaddr_t at, uint32_t width)
{
	const struct vdev *d = device_at(v, at);

	return (uint32_t)d->read(v, d->state, (uint32_t)(at - d->base), width);
}

void world_write(struct vcpu *v, gpaddr_t at, uint32_t width, uint64_t value)
{
	const struct vdev *d = device_at(v, at);

	d->write(v, d->state, (uint32_t)(at - d->base), width, value);
}
