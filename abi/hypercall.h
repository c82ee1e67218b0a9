/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Partita's own SBI extension, for guests that know the hypervisor. Calling convention: SBI 2.0,
 * chapter 3 (a7 extension, a6 function, a0.. arguments; returns a0 error, a1 value). Everything not
 * listed here returns SBI_ERR_NOT_SUPPORTED. The id lies in the experimental range
 * (0x08000000-0x08FFFFFF) and spells "PRT". docs/hypercalls.md is the reference for users.
 *
 * `vm` is a VM's index in the system file, from 0, or HCALL_SELF. `service` is a service's number
 * in its VM: configured ones from 0 in the order of the file, created ones after them. Times in ns.
 */
#ifndef ABI_HYPERCALL_H
#define ABI_HYPERCALL_H

#define HCALL_EXTENSION 0x08505254
#define HCALL_SELF      0xffffffff

#define HCALL_VM_ID 0 /* -> index of the calling VM */
#define HCALL_WAIT_NEXT_PERIOD                                                                     \
	1               /* sleep until the next release k*P (time table: until the next            \
			 * slot) of the calling vCPU; -> its nominal time in ticks of              \
			 * `time`; SBI_ERR_DENIED without reservation or slot */
#define HCALL_VM_INFO 2 /* (vm, HCALL_INFO_*) -> value; SBI_ERR_INVALID_PARAM: no such */
#define HCALL_SERVICE_REGISTER                                                                     \
	3 /* (service, entry, stack, argument): gives a configured service of                      \
	   * the calling VM its code; with `start: at-boot` it starts */
#define HCALL_SERVICE_CREATE                                                                       \
	4                      /* (entry, stack, argument, capacity, period, deadline) -> service; \
				* refused: SBI_ERR_DENIED, HCALL_REFUSED_* and figure in value */
#define HCALL_SERVICE_LAUNCH 5 /* (vm, service): starts; the first release is the next k*P */
#define HCALL_SERVICE_DELETE                                                                       \
	6                      /* (vm, service): stops; a created one is gone and its time is free \
				* again, a configured one can be launched again */
#define HCALL_SERVICE_STATUS 7 /* (vm, service, HCALL_STATUS_*) -> value */
#define HCALL_QUERY          8 /* (HCALL_STATUS_*) -> value, of the calling vCPU */
#define HCALL_PLAN                                                                                 \
	9                         /* (plan): runs from the end of each CPU's present frame;        \
				   * SBI_ERR_DENIED unless the VM may */
#define HCALL_REGISTRATION_END 10 /* no service can be created by this VM any more */

#define HCALL_INFO_STATE     0 /* 0 runs, 1 is being stopped, 2 has ended */
#define HCALL_INFO_VCPUS     1
#define HCALL_INFO_SERVICES  2  /* slots, configured and free */
#define HCALL_INFO_SHARE_PPM 3  /* real-time share; 0: no bound */
#define HCALL_INFO_COUNT     4  /* VMs in the system */
#define HCALL_INFO_NAME      16 /* 16, 17, 18: eight bytes each, NUL-padded */

#define HCALL_STATUS_STATE    0 /* HCALL_SERVICE_* below */
#define HCALL_STATUS_LATE     1 /* server periods served beyond their deadline */
#define HCALL_STATUS_OVERRUNS 2 /* times the budget was used up */
#define HCALL_STATUS_CPU      3 /* index of the CPU it is on */
#define HCALL_STATUS_CAPACITY 4
#define HCALL_STATUS_PERIOD   5
#define HCALL_STATUS_DEADLINE 6
#define HCALL_STATUS_RAN      7  /* CPU time consumed since start */
#define HCALL_STATUS_BUDGET   8  /* left in the present period (HCALL_QUERY only) */
#define HCALL_STATUS_RELEASE  9  /* start of the present period (HCALL_QUERY only) */
#define HCALL_STATUS_DUE      10 /* absolute deadline of the present period (HCALL_QUERY only) */
#define HCALL_STATUS_TIME     11 /* absolute time, in a VM with virtual time too */

#define HCALL_SERVICE_EMPTY   0 /* free slot, or configured and not registered */
#define HCALL_SERVICE_READY   1 /* registered, not running */
#define HCALL_SERVICE_RUNNING 2
#define HCALL_SERVICE_MOVING  3 /* waits until another one has been moved to make room */

/* Why HCALL_SERVICE_CREATE was refused: bits 56..63 of the value; bits 0..55 are the figure. */
#define HCALL_REFUSED_ARGUMENT 1 /* capacity, period or deadline out of range; figure: 0 */
#define HCALL_REFUSED_SLOT     2 /* no free slot; figure: slots */
#define HCALL_REFUSED_CLOSED   3 /* registration is over; figure: 0 */
#define HCALL_REFUSED_VM_SHARE 4 /* figure: what the VM's share would be, ppm */
#define HCALL_REFUSED_CPU                                                                          \
	5 /* real-time + best-effort share > 1 everywhere; figure: the least                       \
	   * sum, ppm */
#define HCALL_REFUSED_DEADLINE                                                                     \
	6                     /* a deadline would be missed; figure: EDF: the interval, ns, with   \
			       * more demand than time; fixed priority: the response, ns */
#define HCALL_REFUSED_LIMIT 7 /* not known after so many points of the analysis; figure: points */
#define HCALL_REFUSED_BUSY                                                                         \
	8 /* another vCPU of this VM is creating one, or others changed the                        \
	   * CPUs too often meanwhile; figure: 0; try again */

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
