/* SPDX-License-Identifier: Apache-2.0 */
/* The emulated 16550 as Linux' 8250 driver and simple polling drivers use it, wired to an emulated
 * PLIC. */
#include "cmocka_all.h"
#include "core/console.h"
#include "host.h"

#define BASE 0x10000000ull
enum {
	RBR = 0,
	THR = 0,
	DLL = 0,
	IER = 1,
	DLM = 1,
	IIR = 2,
	FCR = 2,
	LCR = 3,
	MCR = 4,
	LSR = 5,
	MSR = 6,
	SCR = 7
};

#define RDI  1u
#define THRI 2u
#define DR   1u
#define THRE 0x20u
#define TEMT 0x40u

static const struct world w = {
	.cpus = 2,
	.vms = 2,
	.flags = SYSTEM_QUIET,
	.vm =
		{
			{.vic = VIC_PLIC, .uart = 10, .vcpu = {{.cpu = 1}}},
			{.vic = VIC_PLIC, .uart = 10, .vcpu = {{.cpu = 1}}},
		},
};

static struct vcpu *v;

static int fresh(void **state)
{
	(void)state;
	world_start(&w);
	v = &vms[0].vcpus[0];
	world_work(100);
	host_cpu = &cpus[1];
	world_write(v, 0x0c000000 + 4 * 10, 4, 1);      /* PLIC: priority */
	world_write(v, 0x0c002000 + 0x80, 4, 1u << 10); /* enable, S-mode of hart 0 */
	return 0;
}

static uint8_t get(unsigned reg)
{
	host_cpu = &cpus[1];
	return (uint8_t)world_read(v, BASE + reg, 1);
}

static void set(unsigned reg, uint8_t value)
{
	host_cpu = &cpus[1];
	world_write(v, BASE + reg, 1, value);
}

static bool line(void)
{
	for (unsigned i = 0; i < 4; i++) /* the line moves in an interrupt of its own */
		host_take_kick(&cpus[1]);
	return v->arch.pending & HOST_EXTERNAL;
}

static void typed(const char *keys)
{
	world_type(keys);
	assert_true(world_work(100));
}

static void fill(void)
{
	for (unsigned i = 0; i < PORT_TX_BYTES; i++)
		set(THR, 'x');
}

static void a_polling_driver_writes_and_reads(void **state)
{
	/* REQ: CPU-1, OPS-4 */
	(void)state;
	for (const char *c = "hello\r\n"; *c; c++) {
		assert_true(get(LSR) & THRE);
		set(THR, (uint8_t)*c);
	}
	assert_true(world_work(100));
	assert_string_equal(world_out, "hello\r\n");
	assert_false(get(LSR) & DR);
	typed("ab");
	assert_true(get(LSR) & DR);
	assert_int_equal(get(RBR), 'a');
	assert_int_equal(get(RBR), 'b');
	assert_false(get(LSR) & DR);
	assert_int_equal(get(RBR), 0);
}

static void with_no_interrupt_enabled_the_line_stays_low(void **state)
{
	/* REQ: IRQ-1 */
	(void)state;
	assert_int_equal(get(IIR) & 0x3f, 1);
	typed("a");
	set(THR, 'x');
	assert_int_equal(get(IIR) & 0x3f, 1);
	assert_false(line());
}

/* Linux' 8250 start-up: enabling THRI with an empty transmitter interrupts at once, and again every
 * time. */
static void enabling_thri_interrupts_at_once(void **state)
{
	/* REQ: CPU-1 */
	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		set(IER, THRI);
		assert_true(line());
		assert_int_equal(get(IIR) & 0x0f, 2);
		assert_false(line()); /* reading IIR acknowledges */
		assert_int_equal(get(IIR) & 0x0f, 1);
		set(IER, 0);
	}
}

static void writing_ier_again_without_change_does_not_interrupt_again(void **state)
{
	/* REQ: CPU-1 */
	(void)state;
	set(IER, THRI);
	get(IIR);
	set(IER, THRI);
	assert_false(line());
}

static void disabling_thri_lowers_the_line(void **state)
{
	/* REQ: CPU-1 */
	(void)state;
	set(IER, THRI);
	assert_true(line());
	set(IER, 0);
	assert_false(line());
}

static void each_burst_sent_interrupts_again(void **state)
{
	/* REQ: CPU-1 */
	(void)state;
	set(IER, THRI);
	get(IIR);
	for (unsigned burst = 0; burst < 5; burst++) {
		for (unsigned i = 0; i < 16; i++)
			set(THR, 'z');
		assert_true(line());
		assert_int_equal(get(IIR) & 0x0f, 2);
	}
}

/* Given a port without room for a burst, when it has been sent, then THRE comes up and interrupts.
 */
static void a_full_port_is_not_empty_until_it_has_been_sent(void **state)
{
	/* REQ: OPS-4 */
	(void)state;
	world_uart_room = 0;
	set(IER, THRI);
	get(IIR);
	fill();
	assert_false(get(LSR) & (THRE | TEMT));
	get(IIR);
	assert_false(line());
	world_uart_room = UINT32_MAX;
	assert_true(world_work(1000));
	assert_true(line());
	assert_int_equal(get(IIR) & 0x0f, 2);
	assert_true(get(LSR) & THRE);
	assert_int_equal(vms[0].port.lost, 0);
}

static void who_loses_the_focus_with_a_full_port_is_interrupted_to_go_on(void **state)
{
	/* REQ: OPS-4 */
	(void)state;
	world_uart_room = 0;
	set(IER, THRI);
	fill();
	get(IIR);
	assert_false(line());
	world_type_byte(1);
	world_type_byte('n');
	for (unsigned i = 0; i < 5; i++) {
		console_interrupt();
		world_work(20);
	}
	assert_true(get(LSR) & THRE);
	assert_true(line());
}

static void input_interrupts_until_it_has_been_read(void **state)
{
	/* REQ: IRQ-1, OPS-4 */
	(void)state;
	set(IER, RDI);
	assert_false(line());
	typed("xy");
	assert_true(line());
	assert_int_equal(get(IIR) & 0x0f, 4);
	assert_int_equal(get(IIR) & 0x0f, 4); /* reading IIR does not acknowledge input */
	assert_int_equal(get(RBR), 'x');
	assert_true(line());
	assert_int_equal(get(RBR), 'y');
	assert_false(line());
	assert_int_equal(get(IIR) & 0x0f, 1);
}

static void input_comes_before_the_transmitter(void **state)
{
	/* REQ: CPU-1 */
	(void)state;
	set(IER, RDI | THRI);
	typed("x");
	assert_int_equal(get(IIR) & 0x0f, 4);
	get(RBR);
	assert_int_equal(get(IIR) & 0x0f, 2); /* was not acknowledged by the one before */
	assert_int_equal(get(IIR) & 0x0f, 1);
}

static void the_divisor_latch_hides_data_and_enables(void **state)
{
	/* REQ: CPU-1 */
	(void)state;
	set(IER, 5);
	set(LCR, 0x83);
	set(DLL, 2);
	set(DLM, 1);
	assert_int_equal(get(DLL), 2);
	assert_int_equal(get(DLM), 1);
	set(LCR, 3);
	assert_int_equal(get(IER), 5);
	assert_true(world_work(100));
	assert_string_equal(world_out, "");
	set(LCR, 0x83);
	assert_int_equal(get(DLL), 2);
	assert_int_equal(get(LCR), 0x83);
}

static void input_is_not_read_through_the_divisor_latch(void **state)
{
	/* REQ: CPU-1 */
	(void)state;
	typed("q");
	set(LCR, 0x80);
	get(DLL);
	set(LCR, 3);
	assert_int_equal(get(RBR), 'q');
}

static void iir_shows_whether_the_fifo_is_on(void **state)
{
	/* REQ: CPU-1 */
	(void)state;
	assert_int_equal(get(IIR) & 0xc0, 0);
	set(FCR, 1);
	assert_int_equal(get(IIR) & 0xc0, 0xc0);
	set(FCR, 0);
	assert_int_equal(get(IIR) & 0xc0, 0);
}

static void scratch_and_modem_control_keep_what_is_written(void **state)
{
	/* REQ: CPU-1 */
	(void)state;
	set(SCR, 0xa5);
	set(MCR, 0xff);
	assert_int_equal(get(SCR), 0xa5);
	assert_int_equal(get(MCR), 0x1f);
	set(IER, 0xff);
	assert_int_equal(get(IER), 0x0f);
}

static void the_other_side_is_always_connected(void **state)
{
	/* REQ: CPU-1 */
	(void)state;
	assert_int_equal(get(MSR) & 0xb0, 0xb0); /* DCD, DSR, CTS */
	set(MSR, 0);
	set(LSR, 0);
	assert_int_equal(get(MSR) & 0xb0, 0xb0);
	assert_int_equal(get(LSR), THRE | TEMT);
}

static void beyond_the_registers_there_is_nothing(void **state)
{
	/* REQ: OPS-2 */
	(void)state;
	for (unsigned i = 8; i < 0x100; i++) {
		set(i, 0xff);
		assert_int_equal(get(i), 0);
	}
	assert_true(world_work(100));
	assert_string_equal(world_out, "");
}

static void a_second_vms_uart_is_its_own(void **state)
{
	/* REQ: MEM-2 */
	struct vcpu *first = v;

	(void)state;
	set(SCR, 0x11);
	v = &vms[1].vcpus[0];
	assert_int_equal(get(SCR), 0);
	set(SCR, 0x22);
	v = first;
	assert_int_equal(get(SCR), 0x11);
}

/* Linux' interrupt loop, as the driver does it, moves any amount of output with interrupts alone.
 */
static void linux_interrupt_loop_moves_everything(void **state)
{
	/* REQ: CPU-1, OPS-4 */
	unsigned left = 5000, idle = 0, turns = 0;

	(void)state;
	set(FCR, 1);
	world_uart_room = 0;
	set(IER, RDI | THRI);
	while (left && idle < 100 && turns++ < 100000) {
		if (line()) {
			idle = 0;
			if ((get(IIR) & 0x0f) == 2 && get(LSR) & THRE)
				for (unsigned i = 0; i < 16 && left; i++, left--)
					set(THR, (uint8_t)('a' + left % 26));
		} else {
			idle++;
			world_uart_room += 16;
			world_work(50);
		}
	}
	assert_int_equal(left, 0);
	world_uart_room = UINT32_MAX;
	console_interrupt();
	assert_true(world_work(1000));
	assert_int_equal(world_out_bytes, 5000);
	assert_int_equal(vms[0].port.lost, 0);
}

#define FRESH(name) cmocka_unit_test_setup(name, fresh)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FRESH(a_polling_driver_writes_and_reads),
		FRESH(with_no_interrupt_enabled_the_line_stays_low),
		FRESH(enabling_thri_interrupts_at_once),
		FRESH(writing_ier_again_without_change_does_not_interrupt_again),
		FRESH(disabling_thri_lowers_the_line),
		FRESH(each_burst_sent_interrupts_again),
		FRESH(a_full_port_is_not_empty_until_it_has_been_sent),
		FRESH(who_loses_the_focus_with_a_full_port_is_interrupted_to_go_on),
		FRESH(input_interrupts_until_it_has_been_read),
		FRESH(input_comes_before_the_transmitter),
		FRESH(the_divisor_latch_hides_data_and_enables),
		FRESH(input_is_not_read_through_the_divisor_latch),
		FRESH(iir_shows_whether_the_fifo_is_on),
		FRESH(scratch_and_modem_control_keep_what_is_written),
		FRESH(the_other_side_is_always_connected),
		FRESH(beyond_the_registers_there_is_nothing),
		FRESH(a_second_vms_uart_is_its_own),
		FRESH(linux_interrupt_loop_moves_everything),
	};

	return cmocka_run_group_tests_name("vuart", tests, NULL, NULL);
}
