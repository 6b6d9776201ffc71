/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * step_path.h: paths of steps, "faqs[2].answer".
 */
#ifndef PLAN_STEP_PATH_H
#define PLAN_STEP_PATH_H

#include "base/arena.h"
#include "base/str.h"

/* A segment for a name: itself, or ["two words"] where it is no plain name. */
str path_segment(struct arena *arena, str name);
/* path + segment: "a" + "b" = "a.b", "a" + "[0]" = "a[0]", "" + "b" = "b". */
str path_append(struct arena *arena, str path, str segment);
/* "faqs[2].answer" → "faqs[*].answer". */
str path_generic(struct arena *arena, str path);

#endif
