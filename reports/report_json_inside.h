/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * report_json_inside.h: what the files of the JSON report share. Each writes the members it names.
 */
#ifndef REPORTS_REPORT_JSON_INSIDE_H
#define REPORTS_REPORT_JSON_INSIDE_H

#include "reports/report_json.h"

/* Empty of what is no variant, as SUMMARY_NO_BASELINE. */
str report_json_variant_name(const struct summary *summary, size_t variant);

/* An item of "variants" of results, and of timing. */
void report_json_variant(struct json_out *to, const struct summary *summary, size_t variant);
void report_json_timed_variant(struct json_out *to, const struct summary *summary,
                               size_t variant);

/* An item of "comparisons" of results, and of timing. */
void report_json_comparison(struct json_out *to, const struct summary *summary,
                            const struct summary_comparison *c);
void report_json_timed_comparison(struct json_out *to, const struct summary *summary,
                                  const struct summary_comparison *c);
/* Member "slices": each comparison within each group of samples. */
void report_json_slices(struct json_out *to, const struct summary *summary);
/* Member "matching", of two sides whose datasets differ; nothing for NULL. */
void report_json_matching(struct json_out *to, const struct summary_matching *m);

/* Member "requirements": those about times, or all others. */
void report_json_requirements(struct json_out *to, const struct summary *summary, bool timing);

#endif
