/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * e2e_levels.h: that each pattern of a stored trace stands at its own level, with the children that
 * it may have, their calls as its calls, and their longest path as its time.
 */
#ifndef E2E_LEVELS_H
#define E2E_LEVELS_H

#include "e2e_run.h"

/* Of every finished cell of a run. Returns how many steps it looked at. */
size_t levels_check(const char *db);

#endif
