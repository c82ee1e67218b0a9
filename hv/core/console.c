/* SPDX-License-Identifier: Apache-2.0 */
#include "core/console.h"
#include "arch/arch.h"
#include "core/cpu.h"
#include "core/table.h"
#include "core/vcpu.h"
#include "core/vm.h"
#include "core/work.h"
#include "lib/bits.h"
#include "lib/print.h"

#define ROOM_FOR_STEP 2u /* a line end takes two bytes */
#define CTRL_A        1u
#define LINE_WAITS    128u /* bytes of a guest's line that the hypervisor's lines wait for */

/* What the line shows at the moment. CPU 0 only. */
static const struct console_driver *driver;
static struct vm *focus, *shown; /* shown: whose line is being printed (all VMs mode) */
static uint32_t room;            /* bytes the UART takes without a look */
static bool show_all, command, leaving, at_line_start = true;
static uint64_t to_notify; /* VMs whose output may go on, a bit each */
static uint32_t line_waits;
static struct print_job line;    /* hypervisor's line or prefix being sent */
static _Atomic uint64_t reports; /* VMs whose state is to be shown, a bit each; any CPU */

/* Hypervisor's lines that wait. */
static struct lock log_lock;
static struct log_line {
	const char *format;
	uint64_t args[PRINT_ARGS];
} log_lines[CONSOLE_LINES];
static uint32_t log_head, log_tail, log_lost;
static uint32_t lost_told; /* of log_lost. CPU 0 only */
static _Atomic bool off_wanted;

static void ring_init(struct ring *r, uint8_t *bytes, uint32_t size)
{
	*r = (struct ring){.bytes = bytes, .mask = size - 1};
}

void console_port_init(struct console_port *p)
{
	ring_init(&p->tx, p->tx_bytes, PORT_TX_BYTES);
	ring_init(&p->rx, p->rx_bytes, PORT_RX_BYTES);
}

void console_log(const char *format, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e)
{
	lock_take(&log_lock);
	if (log_head - log_tail < CONSOLE_LINES) {
		struct log_line *l = &log_lines[log_head++ % CONSOLE_LINES];

		l->format = format;
		l->args[0] = a;
		l->args[1] = b;
		l->args[2] = c;
		l->args[3] = d;
		l->args[4] = e;
	} else {
		log_lost++;
	}
	lock_give(&log_lock);
	work_request();
}

static void start_line(const char *format, const uint64_t *args, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		line.args[i] = args[i];
	line.format = format;
	line.string = NULL;
	line.next_arg = line.digit_count = 0;
}

static bool next_log_line(void)
{
	bool any;

	lock_take(&log_lock);
	any = log_head != log_tail;
	if (any) {
		const struct log_line *l = &log_lines[log_tail++ % CONSOLE_LINES];

		start_line(l->format, l->args, PRINT_ARGS);
	}
	lock_give(&log_lock);
	return any;
}

static bool held_back(const struct vm *vm)
{
	return show_all || vm == focus;
}

uint32_t console_room(struct vm *vm)
{
	return held_back(vm) ? ring_free(&vm->port.tx) : PORT_TX_BYTES;
}

/* Lock held. */
static inline bool put(struct vm *vm, uint8_t c)
{
	struct ring *tx = &vm->port.tx;

	if (unlikely(!ring_free(tx))) {
		if (held_back(vm))
			return false;
		ring_get(tx);
		vm->port.lost++;
	}
	ring_put(tx, c);
	return true;
}

/* Housekeeping sleeps only when all rings that are shown are empty. */
static inline void output_waits(const struct vm *vm)
{
	if (held_back(vm))
		work_request();
}

bool console_put(struct vm *vm, uint8_t c)
{
	bool taken;

	lock_take(&vm->port.lock);
	taken = put(vm, c);
	lock_give(&vm->port.lock);
	output_waits(vm);
	return taken;
}

uint32_t console_write(struct vm *vm, const uint8_t *bytes, uint32_t count)
{
	struct ring *tx = &vm->port.tx;
	bool wait = held_back(vm);
	uint32_t taken = 0;

	lock_take(&vm->port.lock);
	for (; taken < count; taken++) {
		if (!ring_free(tx)) {
			if (wait)
				break;
			ring_get(tx);
			vm->port.lost++;
		}
		ring_put(tx, bytes[taken]);
	}
	lock_give(&vm->port.lock);
	output_waits(vm);
	return taken;
}

bool console_has_input(struct vm *vm)
{
	return ring_used(&vm->port.rx);
}

bool console_get(struct vm *vm, uint8_t *c)
{
	struct console_port *p = &vm->port;
	bool any;

	lock_take(&p->lock);
	any = ring_used(&p->rx);
	if (any)
		*c = ring_get(&p->rx);
	lock_give(&p->lock);
	return any;
}

static void give_input(uint8_t c)
{
	struct console_port *p = &focus->port;

	lock_take(&p->lock);
	if (ring_free(&p->rx))
		ring_put(&p->rx, c);
	lock_give(&p->lock);
	if (p->notify)
		p->notify(focus);
}

static void focus_next(void)
{
	const struct vm *before = focus;

	for (uint32_t i = 1; i <= vm_count; i++) {
		struct vm *vm = &vms[(focus->index + i) % vm_count];

		if (vm->config->uart_source && atomic_load(&vm->state) != VM_ENDED) {
			focus = vm;
			break;
		}
	}
	to_notify |= 1ull << before->index | 1ull << focus->index;
	console_log("partita: console of %s (Ctrl-a ? helps)\n", (uint64_t)focus->config->name, 0,
		    0, 0, 0);
}

/* Output that was held back may go on, or input goes to it now: a VM a step. */
static bool notify_one(void)
{
	struct vm *vm;

	if (!to_notify)
		return false;
	vm = &vms[bit_lowest(to_notify)];
	to_notify &= to_notify - 1;
	if (vm->port.notify)
		vm->port.notify(vm);
	return true;
}

static uint64_t all_vms(void)
{
	return (1ull << (vm_count - 1)) * 2 - 1;
}

static void run_command(uint8_t c)
{
	switch (c) {
	case 'n':
		focus_next();
		break;
	case 'x':
		console_log("partita: leaving\n", 0, 0, 0, 0, 0);
		leaving = true;
		console_off_when_shown();
		break;
	case 's':
		atomic_fetch_or(&reports, all_vms());
		break;
	case 'l':
		show_all = !show_all;
		to_notify = all_vms();
		break;
	case CTRL_A:
		give_input(c);
		break;
	default:
		console_log("partita: Ctrl-a n next guest, s status, l all guests' lines on/off, "
			    "x leave, Ctrl-a Ctrl-a sends Ctrl-a\n",
			    0, 0, 0, 0, 0);
	}
}

static bool take_input(void)
{
	uint8_t c;

	if (!driver->receive(&c))
		return false;
	if (command) {
		command = false;
		run_command(c);
	} else if (c == CTRL_A) {
		command = true;
	} else {
		give_input(c);
	}
	return true;
}

void console_report(const struct vm *vm)
{
	atomic_fetch_or(&reports, 1ull << vm->index);
	work_request();
}

/* A VM's state, in steps: a sum or a line each, when there is room for it. Whether there was one.
 */
static bool report(void)
{
	static const char *const states[] = {"runs", "stops", "has ended"};
	static uint64_t exits[EXIT_CAUSES];
	static unsigned part; /* of the VM's report */
	uint64_t waiting = atomic_load(&reports), name;
	const struct vm *vm;

	if (log_head - log_tail >= CONSOLE_LINES / 2)
		return false; /* lines go out first */
	if (log_lost != lost_told) {
		lost_told = log_lost;
		console_log("partita: %u lines of the hypervisor lost so far\n", lost_told, 0, 0, 0,
			    0);
		return true;
	}
	if (!waiting)
		return false;
	vm = &vms[bit_lowest(waiting)];
	name = (uint64_t)vm->config->name;
	if (part < EXIT_CAUSES) {
		exits[part] = vm_exits(vm, part);
	} else if (part == EXIT_CAUSES) {
		console_log("partita: vm %s %s, %u faults, %u bytes of output lost\n", name,
			    (uint64_t)states[atomic_load(&vm->state)], atomic_load(&vm->faults),
			    vm->port.lost, 0);
	} else if (part == EXIT_CAUSES + 1) {
		console_log("partita: vm %s: exits timer %u external %u parked %u sbi %u\n", name,
			    exits[EXIT_TIMER], exits[EXIT_EXTERNAL], exits[EXIT_PARKED],
			    exits[EXIT_SBI]);
	} else {
		console_log("partita: vm %s: exits wfi %u mmio %u trap %u fault %u\n", name,
			    exits[EXIT_WFI], exits[EXIT_MMIO], exits[EXIT_TRAP], exits[EXIT_FAULT]);
		atomic_fetch_and(&reports, ~(1ull << vm->index));
		part = 0;
		return true;
	}
	part++;
	return true;
}

static void send(uint8_t c)
{
	driver->send(c);
	room--;
	at_line_start = c == '\n';
}

/* A hypervisor's line in progress, or the start of the next one. False: none. */
static bool send_line(void)
{
	int c;

	if (!line.format) {
		if (!at_line_start && ring_used(&(show_all && shown ? shown : focus)->port.tx) &&
		    ++line_waits < LINE_WAITS)
			return false; /* the guest's line first, within bounds */
		line_waits = 0;
		if (!next_log_line())
			return false;
		if (!at_line_start) {
			send('\r');
			send('\n');
			return true;
		}
	}
	c = print_next(&line);
	if (c < 0)
		line.format = NULL;
	else {
		if (c == '\n')
			send('\r');
		send((uint8_t)c);
	}
	return true;
}

/* All VMs mode: the next VM with a whole line or half a ring; else the one in focus with anything.
 */
static struct vm *choose_shown(void)
{
	for (uint32_t i = 1; i <= vm_count; i++) {
		struct vm *vm = &vms[((shown ? shown->index : 0) + i) % vm_count];

		if (vm->port.tx.lines || ring_used(&vm->port.tx) >= PORT_TX_BYTES / 2 ||
		    (ring_used(&vm->port.tx) && atomic_load(&vm->state) == VM_ENDED))
			return vm;
	}
	return ring_used(&focus->port.tx) ? focus : NULL;
}

/* Whose byte is sent next; NULL: nobody's. */
static struct vm *source(void)
{
	struct vm *vm;
	uint64_t name;

	if (!show_all)
		return ring_used(&focus->port.tx) ? focus : NULL;
	if (shown && !at_line_start && ring_used(&shown->port.tx))
		return shown;
	vm = choose_shown();
	if (!vm)
		return NULL;
	if (vm != shown || at_line_start) {
		if (!at_line_start) {
			send('\r');
			send('\n');
		}
		shown = vm;
		name = (uint64_t)vm->config->name;
		start_line("%s| ", &name, 1);
		return NULL;
	}
	return vm;
}

static bool send_guest(void)
{
	struct vm *vm = source();
	struct console_port *p;
	uint8_t c;
	uint32_t left;

	if (!vm)
		return line.format != NULL;
	p = &vm->port;
	lock_take(&p->lock);
	c = ring_get(&p->tx);
	left = ring_used(&p->tx);
	lock_give(&p->lock);
	if (show_all && at_line_start && c == '\r')
		return true;
	send(c);
	if ((!left || left == PORT_TX_BYTES / 2) && p->notify)
		p->notify(vm);
	return true;
}

/* One of: a line of a report, a byte of input, a byte of output. */
bool console_step(void)
{
	if (take_input() || notify_one() || report())
		return true;
	if (room < ROOM_FOR_STEP) {
		room = driver->room();
		if (room < ROOM_FOR_STEP) { /* the UART's interrupt wakes us */
			driver->want_room(true);
			return false;
		}
	}
	if (send_line() || (!leaving && send_guest()))
		return true;
	if (atomic_load(&off_wanted))
		arch_system_off();
	driver->want_room(false);
	return false;
}

void console_interrupt(void)
{
	work_wake();
}

void console_off_when_shown(void)
{
	arch_before_off();
	atomic_store(&off_wanted, true);
	work_request();
}

void console_init(const struct console_driver *with)
{
	driver = with;
	show_all = table->console_show == CONSOLE_SHOW_ALL;
	focus = &vms[table->console_focus < vm_count ? table->console_focus : 0];
	if (table->flags & SYSTEM_QUIET)
		return;
	console_log("partita: VMs: %u, CPUs: %u; this is the console of %s: Ctrl-a n next guest, "
		    "Ctrl-a x leave, Ctrl-a ? help\n",
		    vm_count, cpu_count, (uint64_t)focus->config->name, 0, 0);
}
