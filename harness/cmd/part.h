/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * part.h: the options that choose a part of an experiment, shared by `run` and `check`.
 */
#ifndef CMD_PART_H
#define CMD_PART_H

#include "base/option.h"
#include "plan/experiment.h"

struct part_options {
    int64_t limit;
    str variants;
};

/* Rows for a struct that has a member `part` of that type. */
#define PART_ROW(owner, name, kind, ...)                                                       \
    {                                                                                          \
        .key = #name, .type = (kind), .offset = offsetof(struct owner, part.name), __VA_ARGS__ \
    }
#define PART_ROWS(owner)                                                                       \
    PART_ROW(owner, limit, OPT_TYPE_INT, .letter = 'n', .min = 1, .max = 1e9,                  \
             .help = "only the first N samples of the dataset"),                               \
        PART_ROW(owner, variants, OPT_TYPE_TEXT, .word = "NAMES",                              \
                 .help = "only these variants, NAME,NAME: rules about others are not judged")

static inline void part_take(const struct part_options *part,
                             struct experiment_options *options)
{
    options->limit = part->limit;
    options->variants = part->variants;
}

#endif
