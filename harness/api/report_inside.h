/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * report_inside.h: a report, for the files that read it and write it out.
 */
#ifndef API_REPORT_INSIDE_H
#define API_REPORT_INSIDE_H

#include "api/inside.h"
#include "session/summarise.h"

struct weir_report {
    struct arena arena;
    struct run_view view;
    struct api_folder *folder; /* that the run's file lies in; NULL: none of ours */
    str path;
    struct weir_variant *variant;
    struct weir_comparison *comparison;
    struct weir_requirement *requirement;
    const char **warning;
    size_t variants, comparisons, requirements, warnings;
};

#endif
