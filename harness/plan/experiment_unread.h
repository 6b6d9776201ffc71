/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * experiment_unread.h: steps that are paid for and whose values nobody looks at.
 */
#ifndef PLAN_EXPERIMENT_UNREAD_H
#define PLAN_EXPERIMENT_UNREAD_H

#include "plan/experiment.h"

/* Step `at` of a chain was bound, and its name is the innermost one of the scope: from now on it is
 * noted whether somebody reads it. Steps that are there for something else than their value are let be:
 * with a gate, a guard, a program or tools, or marked `usable`; and all where a later step gets every name. */
void experiment_step_bound(struct binder *binder, const struct yaml *chain, size_t at);

/* After all is bound: a warning for each that is in no template of a later step and in no score. */
void experiment_check_unread(struct experiment *experiment);

#endif
