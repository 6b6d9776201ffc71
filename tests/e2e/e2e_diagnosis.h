/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * e2e_diagnosis.h: reading the diagnosis of a report. Included after e2e_run.h, once a program.
 */
#ifndef E2E_DIAGNOSIS_H
#define E2E_DIAGNOSIS_H

#include "e2e_run.h"

static inline const json *diagnosis_of(const json *report, const char *variant)
{
    const json *diagnosis = json_get(variant_of(report, "results", variant), STR("diagnosis"));
    assert_true(json_is(diagnosis, JSON_OBJECT));
    return diagnosis;
}

static inline bool holds(const json *estimate, double value)
{
    return figure(estimate, "low") <= value && value <= figure(estimate, "high");
}

/* The interval of an estimate holds a truth; prints both. */
static inline void assert_holds(const json *owner, const char *path, double truth)
{
    const json *estimate = json_path(owner, path);
    print_message("%s: %.3f, %.3f to %.3f; the truth is %.3f\n", path,
                  figure(estimate, "value"), figure(estimate, "low"), figure(estimate, "high"),
                  truth);
    assert_true(holds(estimate, truth));
}

/* The first of a list of a pattern's diagnoses. */
static inline const json *first_of(const json *report, const char *variant, const char *list)
{
    const json *found = json_first(json_get(diagnosis_of(report, variant), str_from(list)));
    assert_non_null(found);
    return found;
}

static inline double accuracy_in(const json *report, const char *variant)
{
    return figure(variant_of(report, "results", variant), "accuracy.value");
}

#endif
