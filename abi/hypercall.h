/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Partita's own SBI extension, for guests that know the hypervisor. Calling convention: SBI 2.0,
 * chapter 3 (a7 extension, a6 function, a0.. arguments; returns a0 error, a1 value). Everything not
 * listed here returns SBI_ERR_NOT_SUPPORTED. The id lies in the experimental range
 * (0x08000000-0x08FFFFFF) and spells "PRT".
 */
#ifndef ABI_HYPERCALL_H
#define ABI_HYPERCALL_H

#define HCALL_EXTENSION 0x08505254

#define HCALL_VM_ID 0 /* -> value: index of the calling VM in the system file, from 0 */
#define HCALL_WAIT_NEXT_PERIOD                                                                     \
	1 /* sleep until the next release k*P of the calling vCPU's reservation;                   \
	   * -> value: nominal release time in ticks of `time`;                                    \
	   * SBI_ERR_DENIED for a vCPU without reservation */

#define SBI_SUCCESS               0
#define SBI_ERR_FAILED            -1
#define SBI_ERR_NOT_SUPPORTED     -2
#define SBI_ERR_INVALID_PARAM     -3
#define SBI_ERR_DENIED            -4
#define SBI_ERR_INVALID_ADDRESS   -5
#define SBI_ERR_ALREADY_AVAILABLE -6
#define SBI_ERR_ALREADY_STARTED   -7
#define SBI_ERR_ALREADY_STOPPED   -8
#define SBI_ERR_NO_SHMEM          -9

#endif
