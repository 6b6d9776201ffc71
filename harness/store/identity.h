/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * identity.h: what must add up in every run (rule 8).
 */
#ifndef STORE_IDENTITY_H
#define STORE_IDENTITY_H

#include "store/db.h"
#include "store/store.h"

/* calls = sent + cached + unsent; attempts = the sum over sent calls; retries = attempts - sent;
 * cells = the sum of the statuses, pending ones being those without a row. ERR_FAILED names
 * the identity that is broken, the cell and both sides. */
int identity_check(struct db *db, const struct store_run *run, struct err *err);

#endif
