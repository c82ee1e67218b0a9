/* SPDX-License-Identifier: Apache-2.0 */
/* CSR numbers and fields used, RISC-V Privileged Architecture 20240411 and AIA 1.0; also for
 * assembly. */
#ifndef RISCV64_CSR_H
#define RISCV64_CSR_H

#define CSR_SSTATUS    0x100
#define CSR_SIE        0x104
#define CSR_STVEC      0x105
#define CSR_SCOUNTEREN 0x106
#define CSR_SENVCFG    0x10a
#define CSR_SSTATEEN0  0x10c
#define CSR_SSCRATCH   0x140
#define CSR_SEPC       0x141
#define CSR_SCAUSE     0x142
#define CSR_STVAL      0x143
#define CSR_SIP        0x144
#define CSR_STIMECMP   0x14d
#define CSR_SISELECT   0x150
#define CSR_SIREG      0x151
#define CSR_STOPEI     0x15c
#define CSR_SATP       0x180
#define CSR_VSSTATUS   0x200
#define CSR_VSIE       0x204
#define CSR_VSTVEC     0x205
#define CSR_VSSCRATCH  0x240
#define CSR_VSEPC      0x241
#define CSR_VSCAUSE    0x242
#define CSR_VSTVAL     0x243
#define CSR_VSIP       0x244
#define CSR_VSTIMECMP  0x24d
#define CSR_VSISELECT  0x250
#define CSR_VSIREG     0x251
#define CSR_VSATP      0x280
#define CSR_HSTATUS    0x600
#define CSR_HEDELEG    0x602
#define CSR_HIDELEG    0x603
#define CSR_HIE        0x604
#define CSR_HTIMEDELTA 0x605
#define CSR_HCOUNTEREN 0x606
#define CSR_HGEIE      0x607
#define CSR_HENVCFG    0x60a
#define CSR_HSTATEEN0  0x60c
#define CSR_HTVAL      0x643
#define CSR_HVIP       0x645
#define CSR_HTINST     0x64a
#define CSR_HGATP      0x680
#define CSR_HGEIP      0xe12
#define CSR_TIME       0xc01
#define CSR_INSTRET    0xc02

#define SSTATUS_SPIE     (1ul << 5)
#define SSTATUS_SPP      (1ul << 8)
#define SSTATUS_SIE      (1ul << 1)
#define SSTATUS_FS       (3ul << 13)
#define SSTATUS_FS_CLEAN (2ul << 13)
#define SSTATUS_UXL64    (2ul << 32)

#define HSTATUS_SPV         (1ul << 7)
#define HSTATUS_SPVP        (1ul << 8)
#define HSTATUS_VGEIN_SHIFT 12
#define HSTATUS_VGEIN       (0x3ful << 12)
#define HSTATUS_VTW         (1ul << 21)
#define HSTATUS_VSXL64      (2ul << 32)

/* cbo.inval flushes: it never discards a neighbour's data */
#define HENVCFG_CBIE_FLUSH (1ul << 4)
#define HENVCFG_CBCFE      (1ul << 6)
#define HENVCFG_CBZE       (1ul << 7)
#define HENVCFG_PBMTE      (1ul << 62)
#define HENVCFG_STCE       (1ul << 63)

#define HSTATEEN0_IMSIC  (1ul << 58)
#define HSTATEEN0_AIA    (1ul << 59)
#define HSTATEEN0_CSRIND (1ul << 60)
#define HSTATEEN0_ENVCFG (1ul << 62)

/* Interrupt numbers: bits of sie, hvip, vsip shifted accordingly. */
#define IRQ_S_TIMER    5
#define IRQ_S_EXTERNAL 9
#define IRQ_S_GUEST    12 /* SGEI */
#define HVIP_VSSIP     (1ul << 2)
#define HVIP_VSTIP     (1ul << 6)
#define HVIP_VSEIP     (1ul << 10)
#define VSIE_SSIE      (1ul << 1)
#define VSIE_STIE      (1ul << 5)
#define VSIE_SEIE      (1ul << 9)

#define CAUSE_INTERRUPT    (1ul << 63)
#define CAUSE_FETCH_ACCESS 1
#define CAUSE_ILLEGAL      2
#define CAUSE_LOAD_ACCESS  5
#define CAUSE_STORE_ACCESS 7
#define CAUSE_ECALL_VS     10
#define CAUSE_FETCH_GUEST  20
#define CAUSE_LOAD_GUEST   21
#define CAUSE_VIRTUAL_INSN 22
#define CAUSE_STORE_GUEST  23

#define SATP_SV39        (8ul << 60)
#define HGATP_SV39X4     (8ul << 60)
#define HGATP_VMID_SHIFT 44

/* Indirect registers of an interrupt file, AIA 1.0, 3.8. */
#define IMSIC_EIDELIVERY  0x70
#define IMSIC_EITHRESHOLD 0x72
#define IMSIC_EIP0        0x80
#define IMSIC_EIE0        0xc0

#ifndef __ASSEMBLER__
#include <stdint.h>

#define csr_read(csr)                                                                              \
	({                                                                                         \
		uint64_t v_;                                                                       \
		__asm__ volatile("csrr %0, %1" : "=r"(v_) : "i"(csr) : "memory");                  \
		v_;                                                                                \
	})
#define csr_write(csr, value)                                                                      \
	__asm__ volatile("csrw %0, %1" : : "i"(csr), "rK"((uint64_t)(value)) : "memory")
#define csr_set(csr, bits)                                                                         \
	__asm__ volatile("csrs %0, %1" : : "i"(csr), "rK"((uint64_t)(bits)) : "memory")
#define csr_clear(csr, bits)                                                                       \
	__asm__ volatile("csrc %0, %1" : : "i"(csr), "rK"((uint64_t)(bits)) : "memory")
#define csr_swap(csr, value)                                                                       \
	({                                                                                         \
		uint64_t v_;                                                                       \
		__asm__ volatile("csrrw %0, %1, %2"                                                \
				 : "=r"(v_)                                                        \
				 : "i"(csr), "rK"((uint64_t)(value))                               \
				 : "memory");                                                      \
		v_;                                                                                \
	})

/* The assembler of Debian 12 does not know the H extension's mnemonics: encoded by hand. */
#define hfence_vvma_all() __asm__ volatile(".insn r 0x73, 0, 0x11, x0, x0, x0" : : : "memory")
#define hfence_gvma_all() __asm__ volatile(".insn r 0x73, 0, 0x31, x0, x0, x0" : : : "memory")
#define fence_i()         __asm__ volatile("fence.i" : : : "memory")
#endif

#endif
