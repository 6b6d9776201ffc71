/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * report_json.h: the two halves of the JSON report: what stands on the summary (report_json.c)
 * and the lists of cells, which stand on the run's file (report_json_cells.c).
 */
#ifndef REPORTS_REPORT_JSON_H
#define REPORTS_REPORT_JSON_H

#include "reports/json_out.h"
#include "reports/report.h"

/* results.cells and timing.cells, sorted by variant, sample and trial. */
int report_json_cells(struct json_out *to, const struct report_input *input, struct err *err);
int report_json_timed_cells(struct json_out *to, const struct report_input *input,
                            struct err *err);

/* Member "contests" of results: report_json_contests.c. */
void report_json_contests(struct json_out *to, const struct summary *summary);

/* Member "diagnosis" of a variant in results: report_json_diagnosis.c. */
void report_json_diagnosis(struct json_out *to, const struct summary *summary,
                           const struct summary_variant *v);
/* Members "perturbed" and "consistency" of one: report_json_robust.c. */
void report_json_perturbed(struct json_out *to, const struct summary *summary,
                           const struct summary_variant *v);
void report_json_consistency(struct json_out *to, const struct summary_variant *v);
/* The diagnosis in timing. */
void report_json_timed_diagnosis(struct json_out *to, const struct summary_variant *v);

/* Member "stop" of results and of timing, of a run that might have ended early. */
void report_json_stop(struct json_out *to, const struct summary *summary);
void report_json_timed_stop(struct json_out *to, const struct summary *summary);
/* Member "recommendations" of results, and of timing: report_json_recommend.c. */
void report_json_advice(struct json_out *to, const struct summary *summary);
void report_json_timed_advice(struct json_out *to, const struct summary *summary);

#endif
