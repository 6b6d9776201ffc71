/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * part.h: the options that choose a part of an experiment, shared by `run` and `check`.
 */
#ifndef CMD_PART_H
#define CMD_PART_H

#include "base/err.h"
#include "base/option.h"
#include "plan/experiment.h"

struct part_options {
    int64_t limit;
    str filter_range, filter_pattern, variants;
    struct opt_texts sample_id;
};

/* Rows for a struct that has a member `part` of that type. */
#define PART_ROW(owner, name, kind, ...)                                                       \
    {                                                                                          \
        .key = #name, .type = (kind), .offset = offsetof(struct owner, part.name), __VA_ARGS__ \
    }
#define PART_ROWS(owner)                                                                       \
    PART_ROW(owner, limit, OPT_TYPE_INT, .letter = 'n', .min = 1, .max = 1e9,                  \
             .help = "only the first N samples of the dataset"),                               \
        PART_ROW(owner, filter_range, OPT_TYPE_TEXT, .word = "A:B",                            \
                 .help = "only samples A up to B without B, counted from 0; then -n of them"), \
        PART_ROW(owner, filter_pattern, OPT_TYPE_TEXT, .word = "REGEX",                        \
                 .help = "only samples in whose id or description it is found"),               \
        PART_ROW(owner, sample_id, OPT_TYPE_TEXTS, .word = "IDS",                              \
                 .help = "only these samples, ID,ID; may be repeated"),                        \
        PART_ROW(owner, variants, OPT_TYPE_TEXT, .word = "NAMES",                              \
                 .help = "only these variants, NAME,NAME: rules about others are not judged")

/* What -c names is the argument when there is none; what WEIR_CONFIG names gives way to one. ERR_INPUT for -c
 * and an argument. */
int part_take_config(const str *config, const str **arg, size_t *args, struct err *err);
void part_take(const struct part_options *part, struct experiment_options *options);

#endif
