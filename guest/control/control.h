/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONTROL_H
#define CONTROL_H

#include "csr.h"
#include "../../abi/hypercall.h"

/* Offsets in struct wait. */
#define WAIT_ERROR   0
#define WAIT_RELEASE 8
#define WAIT_CYCLE   16
#define WAIT_TIME    24

#endif
