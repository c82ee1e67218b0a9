/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Unit: emulated 16550 UART over a console port. Transmitter "empty" means that a whole FIFO fits
 * into the port, because drivers then send 16 bytes without looking. Modem lines read as connected.
 */
#include "vdev/vuart.h"
#include "core/console.h"
#include "core/pool.h"
#include "core/unit.h"
#include "core/vcpu.h"
#include "core/vm.h"

#define UART_BASE  0x10000000ul
#define UART_BYTES 0x100u
#define FIFO_BYTES 16u

enum { RBR_THR, IER, IIR_FCR, LCR, MCR, LSR, MSR, SCR };

#define IER_RECEIVE   1u
#define IER_TRANSMIT  2u
#define IER_MASK      0x0fu
#define IIR_NONE      1u
#define IIR_TRANSMIT  2u
#define IIR_RECEIVE   4u
#define IIR_FIFO      0xc0u
#define LCR_DIVISOR   0x80u
#define MCR_MASK      0x1fu
#define LSR_READY     1u
#define LSR_EMPTY     0x60u /* THRE and TEMT */
#define MSR_CONNECTED 0xb0u /* DCD, DSR, CTS */

static bool empty(struct vm *vm)
{
	return console_room(vm) >= FIFO_BYTES;
}

/* The interrupt condition with the highest priority, as IIR shows it. */
static uint8_t cause(struct vm *vm, const struct vuart *u)
{
	if (u->ier & IER_RECEIVE && console_has_input(vm))
		return IIR_RECEIVE;
	if (u->ier & IER_TRANSMIT && u->empty_interrupt)
		return IIR_TRANSMIT;
	return IIR_NONE;
}

/* Lock held. Lock order: vUART, then interrupt controller. */
static void update_line(struct vm *vm, struct vuart *u)
{
	bool line = cause(vm, u) != IIR_NONE;

	if (line == u->line)
		return;
	u->line = line;
	if (vm->vic)
		vm->vic->set_level(vm, vm->config->uart_source, line);
}

/*
 * Lock held. After an access by the guest the line moves in a stretch of its own, because the
 * access and the interrupt together would be too long; before the guest's next instruction all the
 * same.
 */
static inline void update_line_later(struct vcpu *v, struct vuart *u)
{
	if ((u->ier || u->line) && (cause(v->vm, u) != IIR_NONE) != u->line)
		vcpu_request_later(v, REQ_DEVICE);
}

static void refresh(struct vm *vm)
{
	struct vuart *u = vm->uart_state;

	lock_take(&u->lock);
	update_line(vm, u);
	lock_give(&u->lock);
}

static void notify(struct vm *vm)
{
	struct vuart *u = vm->uart_state;

	lock_take(&u->lock);
	if (empty(vm))
		u->empty_interrupt = true;
	update_line(vm, u);
	lock_give(&u->lock);
}

static uint8_t read_receive(struct vm *vm, struct vuart *u)
{
	uint8_t c = 0;

	if (u->lcr & LCR_DIVISOR)
		return u->divisor_low;
	console_get(vm, &c);
	return c;
}

static uint8_t read_cause(struct vm *vm, struct vuart *u)
{
	uint8_t c = cause(vm, u);

	if (c == IIR_TRANSMIT)
		u->empty_interrupt = false; /* reading IIR acknowledges THRE */
	return c | (u->fifo ? IIR_FIFO : 0);
}

static uint8_t read_status(struct vm *vm)
{
	return (uint8_t)((console_has_input(vm) ? LSR_READY : 0) | (empty(vm) ? LSR_EMPTY : 0));
}

static uint64_t vuart_read(struct vcpu *v, void *state, uint32_t offset, uint32_t width)
{
	struct vm *vm = v->vm;
	struct vuart *u = state;
	uint8_t value = 0;

	(void)width;
	if (offset == LSR)
		return read_status(vm); /* no state of the vUART's own: no lock */
	lock_take(&u->lock);
	switch (offset) {
	case RBR_THR:
		value = read_receive(vm, u);
		break;
	case IER:
		value = u->lcr & LCR_DIVISOR ? u->divisor_high : u->ier;
		break;
	case IIR_FCR:
		value = read_cause(vm, u);
		break;
	case LCR:
		value = u->lcr;
		break;
	case MCR:
		value = u->mcr;
		break;
	case MSR:
		value = MSR_CONNECTED;
		break;
	case SCR:
		value = u->scratch;
		break;
	default:
		break;
	}
	update_line_later(v, u);
	lock_give(&u->lock);
	return value;
}

static void write_transmit(struct vm *vm, struct vuart *u, uint8_t value)
{
	if (u->lcr & LCR_DIVISOR) {
		u->divisor_low = value;
		return;
	}
	u->empty_interrupt = false;
	console_put(vm, value);
	if (empty(vm))
		u->empty_interrupt = true;
}

static void write_enable(struct vm *vm, struct vuart *u, uint8_t value)
{
	uint8_t before = u->ier;

	if (u->lcr & LCR_DIVISOR) {
		u->divisor_high = value;
		return;
	}
	u->ier = value & IER_MASK;
	if (u->ier & ~before & IER_TRANSMIT && empty(vm))
		u->empty_interrupt = true;
}

static void vuart_write(struct vcpu *v, void *state, uint32_t offset, uint32_t width, uint64_t data)
{
	struct vm *vm = v->vm;
	struct vuart *u = state;
	uint8_t value = (uint8_t)data;

	(void)width;
	lock_take(&u->lock);
	switch (offset) {
	case RBR_THR:
		write_transmit(vm, u, value);
		break;
	case IER:
		write_enable(vm, u, value);
		break;
	case IIR_FCR:
		u->fifo = value & 1;
		break;
	case LCR:
		u->lcr = value;
		break;
	case MCR:
		u->mcr = value & MCR_MASK;
		break;
	case SCR:
		u->scratch = value;
		break;
	default:
		break;
	}
	update_line_later(v, u);
	lock_give(&u->lock);
}

static int vm_init(struct vm *vm)
{
	struct vdev dev = {UART_BASE, UART_BYTES, NULL, vuart_read, vuart_write};

	if (!vm->config->uart_source)
		return HV_OK;
	dev.state = pool_take(sizeof(struct vuart), 8);
	vm->uart_state = dev.state;
	vm->uart_state_bytes = sizeof(struct vuart);
	vm->port.notify = notify;
	vm->refresh_device = refresh;
	return vm_add_vdev(vm, &dev);
}

static const struct unit vuart = {.name = "vuart", .vm_init = vm_init};
UNIT(vuart);
