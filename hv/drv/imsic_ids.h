/* SPDX-License-Identifier: Apache-2.0 */
/* Interrupt identities in a hart's own (supervisor-level) file. Lower numbers have priority. */
#ifndef HV_DRV_IMSIC_IDS_H
#define HV_DRV_IMSIC_IDS_H

#define IMSIC_ID_KICK	1u
#define IMSIC_ID_UART	2u
#define IMSIC_ID_DEVICE 16u /* + source at the board's APLIC: dedicated devices of PLIC VMs */

#endif
