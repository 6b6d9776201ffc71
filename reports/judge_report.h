/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * judge_report.h: a judge held against people (stats/judge_check.h), for a terminal and as JSON. Like
 * any reporter it computes nothing.
 */
#ifndef REPORTS_JUDGE_REPORT_H
#define REPORTS_JUDGE_REPORT_H

#include "base/buf.h"
#include "stats/judge_check.h"

struct judge_report_input {
    const struct judge_check *check;
    str run, score;
    const char *method; /* "llm-rubric" */
    bool mock, compares;
    str labels;                   /* the file */
    const str *rater;             /* names, as many as check->raters */
    const str *variant;           /* names, as many as check->variants */
    uint64_t used, other, unread; /* labels; of other texts; lines that are none */
    double confidence;
    size_t width;
    bool colour;
};

void judge_report_text(const struct judge_report_input *input, struct buf *out);
void judge_report_json(const struct judge_report_input *input, struct buf *out);

#endif
