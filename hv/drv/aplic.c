/* SPDX-License-Identifier: Apache-2.0 */
#include "drv/aplic.h"
#include "board_map.h"

#define DOMAINCFG    0x0000
#define SOURCECFG(n) (0x0004 + 4 * ((n)-1))
#define SETIPNUM     0x1cdc
#define SETIENUM     0x1edc
#define CLRIENUM     0x1fdc
#define TARGET(n)    (0x3004 + 4 * ((n)-1))

#define DOMAINCFG_MSI (1u << 8 | 1u << 2) /* IE, DM */

static volatile uint32_t *reg(uint32_t offset)
{
	return (volatile uint32_t *)(BOARD_APLIC_BASE + offset);
}

void aplic_init(void)
{
	*reg(DOMAINCFG) = DOMAINCFG_MSI;
}

void aplic_route(uint32_t source, enum aplic_mode mode, uint32_t hart_id, uint32_t file,
		 uint32_t identity)
{
	*reg(SOURCECFG(source)) = mode;
	*reg(TARGET(source)) = hart_id << 18 | file << 12 | identity;
}

void aplic_enable(uint32_t source, bool on)
{
	*reg(on ? SETIENUM : CLRIENUM) = source;
}

void aplic_retrigger(uint32_t source)
{
	*reg(SETIPNUM) = source;
}
