/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Process 1 of linux-boot-time: reads `time` in its first instruction, prints it in hexadecimal and
 * powers off. The same file natively and as a guest.
 */
	.option	norelax			/* gp is not set */
	.globl	_start
_start:
	rdtime	s0
	lla	a1, digits
	li	t0, 60
1:	srl	t1, s0, t0
	andi	t1, t1, 15
	addi	t2, t1, '0'
	li	t3, 10
	blt	t1, t3, 2f
	addi	t2, t2, 'a' - '0' - 10
2:	sb	t2, 0(a1)
	addi	a1, a1, 1
	addi	t0, t0, -4
	bgez	t0, 1b

	li	a0, 1			/* write(1, line, ...) */
	lla	a1, line
	li	a2, 39
	li	a7, 64
	ecall
	li	a0, 0xfee1dead		/* reboot(..., POWER_OFF) */
	li	a1, 672274793
	li	a2, 0x4321fedc
	li	a7, 142
	ecall
3:	j	3b

	.data
line:	.ascii	"stamp: init at time 0x"
digits:	.ascii	"0000000000000000\n"
