/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reporters.h: the `emit` of every reporter, one a file. Add a format: write report_NAME.c,
 * name its function here, add a row to the table in report.c and a section to docs/reports.md.
 */
#ifndef REPORTS_REPORTERS_H
#define REPORTS_REPORTERS_H

#include "reports/report.h"

int report_csv(const struct report_input *input, struct buf *out, struct err *err);
int report_csv_calls(const struct report_input *input, struct buf *out, struct err *err);
int report_csv_requirements(const struct report_input *input, struct buf *out, struct err *err);
int report_csv_diagnosis(const struct report_input *input, struct buf *out, struct err *err);
int report_github(const struct report_input *input, struct buf *out, struct err *err);
int report_html(const struct report_input *input, struct buf *out, struct err *err);
int report_json(const struct report_input *input, struct buf *out, struct err *err);
int report_junit(const struct report_input *input, struct buf *out, struct err *err);
int report_markdown(const struct report_input *input, struct buf *out, struct err *err);
int report_text(const struct report_input *input, struct buf *out, struct err *err);

#endif
