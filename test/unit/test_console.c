/* SPDX-License-Identifier: Apache-2.0 */
/* One line for all VMs: focus, back-pressure, commands, the hypervisor's own lines, the end. */
#include "cmocka_all.h"
#include "core/console.h"
#include "host.h"

#define CTRL_A 1

/* Guests live on CPU 1, so that CPU 0 has housekeeping alone. */
static const struct world three = {
	.cpus = 2,
	.vms = 3,
	.flags = SYSTEM_QUIET,
	.vm =
		{
			{.name = "red", .vic = VIC_PLIC, .uart = 10, .vcpu = {{.cpu = 1}}},
			{.name = "green", .vic = VIC_PLIC, .uart = 10, .vcpu = {{.cpu = 1}}},
			{.name = "blue", .vic = VIC_NONE, .vcpu = {{.cpu = 1}}},
		},
};

static int fresh(void **state)
{
	(void)state;
	world_start(&three);
	assert_true(world_work(100));
	world_forget_output();
	return 0;
}

static uint32_t says(unsigned vm, const char *text)
{
	return console_write(&vms[vm], (const uint8_t *)text, (uint32_t)strlen(text));
}

static void command(char c)
{
	world_type_byte(CTRL_A);
	world_type_byte((uint8_t)c);
	assert_true(world_work(100));
}

static void a_banner_names_the_focus_and_the_keys(void **state)
{
	/* REQ: OPS-4 */
	struct world loud = three;

	(void)state;
	loud.flags = 0;
	world_start(&loud);
	assert_true(world_work(100));
	assert_true(world_said("VMs: 3, CPUs: 2"));
	assert_true(world_said("red"));
	assert_true(world_said("Ctrl-a"));
}

static void quiet_systems_say_nothing_at_start(void **state)
{
	/* REQ: OPS-4 */
	(void)state;
	world_start(&three);
	assert_true(world_work(100));
	assert_string_equal(world_out, "");
}

static void only_the_focus_is_shown(void **state)
{
	/* REQ: OPS-4, DEV-2 */
	(void)state;
	assert_int_equal(says(0, "hello\r\n"), 7);
	assert_int_equal(says(1, "not me\r\n"), 8);
	assert_true(world_work(100));
	assert_string_equal(world_out, "hello\r\n");
}

static void ctrl_a_n_moves_the_focus_and_shows_what_the_next_one_said(void **state)
{
	/* REQ: OPS-4, DEV-2 */
	(void)state;
	says(1, "waiting\r\n");
	command('n');
	assert_true(world_said("console of green"));
	assert_true(world_said("waiting\r\n"));
	command('n'); /* blue has no UART: back to red */
	assert_true(world_said("console of red"));
}

static void ctrl_a_n_passes_over_a_vm_that_has_ended(void **state)
{
	/* REQ: OPS-4 */
	(void)state;
	atomic_store(&vms[1].state, VM_ENDED);
	command('n');
	assert_false(world_said("green"));
}

/* Given a line that takes nothing, when the guest in focus writes on, then it is held back and
 * loses nothing. */
static void the_focus_is_held_back_when_the_line_is_slow(void **state)
{
	/* REQ: OPS-4 */
	unsigned sent = 0;
	char expected[2000 + 1] = {0};

	(void)state;
	world_uart_room = 0;
	while (sent < 2000) {
		uint8_t c = (uint8_t)('a' + sent % 26);

		if (console_write(&vms[0], &c, 1)) {
			expected[sent++] = (char)c;
			continue;
		}
		assert_int_equal(console_room(&vms[0]), 0);
		assert_int_equal(sent - world_out_bytes, PORT_TX_BYTES);
		world_uart_room += 100; /* the UART has room and says so */
		console_interrupt();
		assert_true(world_work(100));
		assert_true(world_wants_room);
	}
	world_uart_room = UINT32_MAX;
	console_interrupt();
	assert_true(world_work(100));
	assert_false(world_wants_room);
	assert_string_equal(world_out, expected);
	assert_int_equal(vms[0].port.lost, 0);
}

static void whoever_is_not_shown_is_never_held_back_and_loses_the_oldest(void **state)
{
	/* REQ: OPS-4, OPS-2 */
	char text[1000 + 1] = {0};

	(void)state;
	for (unsigned i = 0; i < 1000; i++)
		text[i] = (char)('A' + i % 50);
	for (unsigned i = 0; i < 1000; i += 16) {
		uint32_t n = 1000 - i < 16 ? 1000 - i : 16;

		assert_true(console_room(&vms[1]) >= 16);
		assert_int_equal(console_write(&vms[1], (uint8_t *)text + i, n), n);
	}
	assert_int_equal(vms[1].port.lost, 1000 - PORT_TX_BYTES);
	command('n');
	assert_true(world_said(text + 1000 - PORT_TX_BYTES));
	assert_false(world_said(text + 1000 - PORT_TX_BYTES - 1));
}

static unsigned notified[3];

static void count_notify(struct vm *vm)
{
	notified[vm->index]++;
}

static void the_device_is_told_when_there_is_room_again(void **state)
{
	/* REQ: OPS-4 */
	char full[PORT_TX_BYTES + 1];

	(void)state;
	memset(full, 'x', sizeof(full));
	full[PORT_TX_BYTES] = 0;
	memset(notified, 0, sizeof(notified));
	vms[0].port.notify = count_notify;
	world_uart_room = 0;
	assert_int_equal(says(0, full), PORT_TX_BYTES);
	assert_int_equal(says(0, "y"), 0);
	world_uart_room = PORT_TX_BYTES / 2 + 8;
	console_interrupt();
	assert_true(world_work(100));
	assert_true(notified[0] >= 1);
}

/* Given a guest that waits for room, when it is no longer shown (and so not held back), then its
 * device is told. */
static void who_loses_the_focus_is_no_longer_held_back(void **state)
{
	/* REQ: OPS-4 */
	char full[PORT_TX_BYTES + 1];

	(void)state;
	memset(full, 'x', sizeof(full));
	full[PORT_TX_BYTES] = 0;
	world_uart_room = 0;
	assert_int_equal(says(0, full), PORT_TX_BYTES);
	memset(notified, 0, sizeof(notified));
	vms[0].port.notify = count_notify;
	world_type_byte(CTRL_A);
	world_type_byte('n');
	for (unsigned i = 0; i < 10; i++) {
		console_interrupt();
		world_work(100);
	}
	assert_true(console_room(&vms[0]) >= 16);
	assert_true(notified[0] >= 1);
}

static void input_goes_to_the_focus(void **state)
{
	/* REQ: OPS-4, DEV-2 */
	uint8_t c;

	(void)state;
	world_type("ok");
	assert_true(world_work(100));
	assert_false(console_has_input(&vms[1]));
	assert_true(console_get(&vms[0], &c) && c == 'o');
	assert_true(console_get(&vms[0], &c) && c == 'k');
	assert_false(console_get(&vms[0], &c));
}

static void input_that_nobody_reads_is_dropped_at_the_end(void **state)
{
	/* REQ: OPS-4 */
	uint8_t c;

	(void)state;
	for (unsigned i = 0; i < PORT_RX_BYTES + 10; i++)
		world_type_byte((uint8_t)(32 + i % 90));
	assert_true(world_work(100));
	for (unsigned i = 0; i < PORT_RX_BYTES; i++)
		assert_true(console_get(&vms[0], &c) && c == 32 + i % 90);
	assert_false(console_get(&vms[0], &c));
}

static void ctrl_a_twice_sends_one(void **state)
{
	/* REQ: OPS-4 */
	uint8_t c;

	(void)state;
	command(CTRL_A);
	assert_true(console_get(&vms[0], &c));
	assert_int_equal(c, CTRL_A);
	assert_false(console_get(&vms[0], &c));
}

static void ctrl_a_with_any_other_key_helps(void **state)
{
	/* REQ: OPS-4 */
	(void)state;
	command('?');
	assert_true(world_said("Ctrl-a"));
	assert_true(world_said("next guest"));
	assert_false(console_has_input(&vms[0]));
}

static void ctrl_a_s_shows_every_vm(void **state)
{
	/* REQ: OPS-4, OPS-2, CPU-2 */
	(void)state;
	atomic_store(&vms[1].state, VM_ENDED);
	vms[2].vcpus[0].exits[EXIT_MMIO] = 1234;
	command('s');
	assert_true(world_said("vm red runs"));
	assert_true(world_said("vm green has ended"));
	assert_true(world_said("vm blue runs"));
	assert_true(world_said("mmio 1234"));
}

static void ctrl_a_x_switches_the_board_off(void **state)
{
	/* REQ: OPS-4 */
	(void)state;
	says(0, "last words\r\n");
	command('x');
	assert_true(host_is_off);
	assert_true(world_said("leaving"));
}

static unsigned flooded;

static void flood(void)
{
	if (flooded < 100000) {
		flooded++;
		says(0, "zz");
	}
}

/* Given a guest that writes as fast as the line takes it, when the user types Ctrl-a x, then the
 * board is switched off soon. */
static void ctrl_a_x_works_although_a_guest_floods(void **state)
{
	/* REQ: OPS-4, OPS-2 */
	(void)state;
	flooded = 0;
	says(0, "zz");
	world_on_send = flood;
	world_type_byte(CTRL_A);
	world_type_byte('x');
	world_work(100);
	assert_true(host_is_off);
	assert_true(flooded < 10000);
}

static void a_flooding_guest_does_not_hold_up_input_and_the_hypervisors_lines(void **state)
{
	/* REQ: OPS-4, OPS-2 */
	(void)state;
	flooded = 0;
	says(0, "zz");
	world_on_send = flood;
	console_log("partita: to be seen\n", 0, 0, 0, 0, 0);
	world_type("k");
	world_work(100);
	assert_true(strstr(world_out, "partita: to be seen") < world_out + 100);
	assert_true(console_has_input(&vms[0]));
}

/* A line of the hypervisor begins at the left; it waits for the rest of a guest's line that is
 * there already. */
static void the_hypervisors_lines_stand_on_their_own(void **state)
{
	/* REQ: OPS-4 */
	(void)state;
	says(0, "abc");
	assert_true(world_work(100));
	console_log("partita: vm %s number %u at 0x%x\n", (uint64_t) "red", 7, 0xabc, 0, 0);
	assert_true(world_work(100));
	assert_string_equal(world_out, "abc\r\npartita: vm red number 7 at 0xabc\r\n");
	world_forget_output();
	says(0, "abc");
	assert_true(world_work(100));
	console_log("partita: second\n", 0, 0, 0, 0, 0);
	says(0, "def\r\nghi");
	assert_true(world_work(100));
	assert_string_equal(world_out, "abcdef\r\npartita: second\r\nghi");
}

static void more_lines_than_fit_lose_the_last_not_the_first(void **state)
{
	/* REQ: OPS-2 */
	(void)state;
	for (unsigned i = 0; i < CONSOLE_LINES + 5; i++)
		console_log("line %u.\n", i, 0, 0, 0, 0);
	assert_true(world_work(100));
	assert_true(world_said("line 0."));
	assert_true(world_said("line 15."));
	assert_false(world_said("line 16."));
	console_log("afterwards\n", 0, 0, 0, 0, 0);
	assert_true(world_work(100));
	assert_true(world_said("afterwards"));
}

static void in_all_vms_mode_every_line_has_its_name_and_lines_do_not_mix(void **state)
{
	/* REQ: OPS-4 */
	(void)state;
	says(0, "one ");
	command('l');
	world_forget_output();
	says(1, "green first\r\ngreen ");
	says(0, "two\r\n");
	says(1, "second\r\n");
	says(2, "blue\r\n");
	assert_true(world_work(100));
	assert_true(world_said("green| green first\r\n"));
	assert_true(world_said("green| green second\r\n"));
	assert_true(world_said("red| two\r\n") || world_said("two\r\n"));
	assert_true(world_said("blue| blue\r\n"));
}

static void in_all_vms_mode_everybody_is_held_back_and_nothing_is_lost(void **state)
{
	/* REQ: OPS-4 */
	char full[PORT_TX_BYTES + 1];

	(void)state;
	command('l');
	memset(full, 'x', sizeof(full));
	full[PORT_TX_BYTES] = 0;
	world_uart_room = 0;
	assert_int_equal(says(2, full), PORT_TX_BYTES);
	assert_int_equal(says(2, "y"), 0);
	assert_int_equal(vms[2].port.lost, 0);
}

static void ctrl_a_l_twice_shows_the_focus_alone_again(void **state)
{
	/* REQ: OPS-4 */
	(void)state;
	command('l');
	command('l');
	world_forget_output();
	says(0, "seen\r\n");
	says(1, "unseen\r\n");
	assert_true(world_work(100));
	assert_string_equal(world_out, "seen\r\n");
}

static void all_vms_mode_can_be_configured(void **state)
{
	/* REQ: OPS-4 */
	struct world w = three;

	(void)state;
	w.console_show = CONSOLE_SHOW_ALL;
	world_start(&w);
	says(1, "hello\r\n");
	assert_true(world_work(100));
	assert_string_equal(world_out, "green| hello\r\n");
}

static void the_focus_can_be_configured(void **state)
{
	/* REQ: OPS-4 */
	struct world w = three;

	(void)state;
	w.console_focus = 1;
	world_start(&w);
	says(0, "unseen\r\n");
	says(1, "seen\r\n");
	assert_true(world_work(100));
	assert_string_equal(world_out, "seen\r\n");
}

/* When the last VM has ended, everything said is shown before the board is switched off. */
static void the_board_goes_off_when_everything_has_been_shown(void **state)
{
	/* REQ: OPS-2, OPS-4 */
	struct world loud = three;

	(void)state;
	loud.flags = 0;
	world_start(&loud);
	assert_true(world_work(100));
	world_uart_room = 0;
	says(0, "more than fits into the UART's own FIFO, goodbye\r\n");
	for (unsigned i = 0; i < 3; i++)
		vm_stop(&vms[i], "test", false);
	for (unsigned i = 0; i < 20; i++) {
		host_run(&cpus[1]);
		console_interrupt();
		world_work(100);
	}
	assert_false(host_is_off);
	world_uart_room = UINT32_MAX;
	console_interrupt();
	world_work(100);
	assert_true(host_is_off);
	assert_true(world_said("goodbye\r\n"));
	assert_true(world_said("vm blue has ended: test"));
}

/* Between housekeeping's last look and its falling asleep another CPU logs a line: it must not be
 * lost. */
static void log_from_another_cpu(bool on)
{
	struct cpu *before = host_cpu;

	if (on)
		return;
	world_on_want = NULL;
	host_cpu = &cpus[1];
	console_log("partita: at the last moment\n", 0, 0, 0, 0, 0);
	host_cpu = before;
}

static void a_line_logged_while_housekeeping_falls_asleep_is_shown(void **state)
{
	/* REQ: OPS-2 */
	(void)state;
	says(0, "x");
	world_on_want = log_from_another_cpu;
	for (unsigned i = 0; i < 10; i++)
		world_work(100);
	assert_true(world_said("at the last moment"));
}

#define FRESH(name) cmocka_unit_test_setup(name, fresh)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FRESH(a_banner_names_the_focus_and_the_keys),
		FRESH(quiet_systems_say_nothing_at_start),
		FRESH(only_the_focus_is_shown),
		FRESH(ctrl_a_n_moves_the_focus_and_shows_what_the_next_one_said),
		FRESH(ctrl_a_n_passes_over_a_vm_that_has_ended),
		FRESH(the_focus_is_held_back_when_the_line_is_slow),
		FRESH(whoever_is_not_shown_is_never_held_back_and_loses_the_oldest),
		FRESH(the_device_is_told_when_there_is_room_again),
		FRESH(who_loses_the_focus_is_no_longer_held_back),
		FRESH(input_goes_to_the_focus),
		FRESH(input_that_nobody_reads_is_dropped_at_the_end),
		FRESH(ctrl_a_twice_sends_one),
		FRESH(ctrl_a_with_any_other_key_helps),
		FRESH(ctrl_a_s_shows_every_vm),
		FRESH(ctrl_a_x_switches_the_board_off),
		FRESH(ctrl_a_x_works_although_a_guest_floods),
		FRESH(a_flooding_guest_does_not_hold_up_input_and_the_hypervisors_lines),
		FRESH(the_hypervisors_lines_stand_on_their_own),
		FRESH(more_lines_than_fit_lose_the_last_not_the_first),
		FRESH(in_all_vms_mode_every_line_has_its_name_and_lines_do_not_mix),
		FRESH(in_all_vms_mode_everybody_is_held_back_and_nothing_is_lost),
		FRESH(ctrl_a_l_twice_shows_the_focus_alone_again),
		FRESH(all_vms_mode_can_be_configured),
		FRESH(the_focus_can_be_configured),
		FRESH(the_board_goes_off_when_everything_has_been_shown),
		FRESH(a_line_logged_while_housekeeping_falls_asleep_is_shown),
	};

	return cmocka_run_group_tests_name("console", tests, NULL, NULL);
}
