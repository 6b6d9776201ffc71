/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * summarise_advice.h: what advice on limits and models rests on (stats/summary_recommend.h), fed to a
 * summary from the experiment and the calls of a run.
 */
#ifndef SESSION_SUMMARISE_ADVICE_H
#define SESSION_SUMMARISE_ADVICE_H

#include "session/summarise_notes.h"

/* Once the cells have been added. 0 or -1. */
int summarise_advice(const struct note_reader *reader, struct err *err);

#endif
