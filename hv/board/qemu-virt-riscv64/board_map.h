/* SPDX-License-Identifier: Apache-2.0 */
/* Physical map of QEMU's `virt` with aia=aplic-imsic,aia-guests=7. */
#ifndef BOARD_MAP_H
#define BOARD_MAP_H

#define BOARD_UART_BASE        0x10000000ul
#define BOARD_UART_IRQ         10u
#define BOARD_RTC_BASE         0x00101000ul
#define BOARD_RTC_IRQ          11u
#define BOARD_APLIC_BASE       0x0d000000ul /* supervisor domain */
#define BOARD_IMSIC_BASE       0x28000000ul /* supervisor and guest files */
#define BOARD_IMSIC_GUEST_BITS 3u           /* a hart's pages: its own file, then 7 guest files */
#define BOARD_IMSIC_IDS        255u
#define BOARD_MAX_HARTS        8u

#endif
