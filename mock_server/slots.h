/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * slots.h: requests that are served at once; the others wait in order of arrival.
 *
 * Whoever decides about deliveries owns the slots and names them in a delivery; the server keeps
 * to them (slots.c), whichever of its workers a request came to.
 */
#ifndef MOCK_SLOTS_H
#define MOCK_SLOTS_H

#include <stdint.h>

struct slots;

struct slots *slots_new(int64_t most);
/* Those that are taken already stay so. Any thread may call it. */
void slots_set_most(struct slots *slots, int64_t most);
/* How many are served just now. Any thread may call it. */
int64_t slots_busy(struct slots *slots);
/* Nothing may be queued or served any more. */
void slots_free(struct slots *slots);

#endif
