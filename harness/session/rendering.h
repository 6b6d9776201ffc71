/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * rendering.h: a run's view, as reporters want it, and the names of files that reports go to.
 */
#ifndef SESSION_RENDERING_H
#define SESSION_RENDERING_H

#include "reports/report.h"
#include "session/summarise.h"

/* For a file: nothing hangs on who writes it, and where. */
struct report_input rendering_input(const struct run_view *view);
/* A report is never written over a run: `report --json RUN` would have put RUN here. ERR_INPUT. */
int rendering_check_file(str file, struct err *err);
/* The reporter by a name's extension; NULL with ERR_INPUT. */
const struct reporter *rendering_for_file(str file, struct err *err);

#endif
