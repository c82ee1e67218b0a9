/* SPDX-License-Identifier: Apache-2.0 */
/* Interrupt identities in a hart's own (supervisor-level) file. Lower numbers have priority. */
#ifndef HV_DRV_IMSIC_IDS_H
#define HV_DRV_IMSIC_IDS_H

#define IMSIC_ID_KICK       1u /* a request to a real-time vCPU */
#define IMSIC_ID_KICK_LATER 2u /* from here on held back while a real-time vCPU runs */
#define IMSIC_ID_UART       3u
#define IMSIC_ID_DEVICE     16u /* + source at the board's APLIC: dedicated devices of PLIC VMs */

#endif
