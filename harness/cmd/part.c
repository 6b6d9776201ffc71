/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * part.c: see part.h.
 */
#include "cmd/part.h"

#include <stdlib.h>

int part_take_config(const str *config, const str **arg, size_t *args, struct err *err)
{
    const char *usual = getenv("WEIR_CONFIG");
    bool is_usual = usual && str_equal(*config, str_from(usual));
    if (!config->n || (is_usual && *args > 0))
        return 0;
    if (*args > 0)
        return err_set(err, ERR_INPUT,
                       "-c names the experiment, and so does '%.*s'; expected one of them",
                       STR_ARG((*arg)[0]));
    *arg = config;
    *args = 1;
    return 0;
}

void part_take(const struct part_options *part, struct experiment_options *options)
{
    options->limit = part->limit;
    options->choice =
        (struct dataset_choice){part->filter_range, part->filter_pattern, part->sample_id};
    options->variants = part->variants;
}
