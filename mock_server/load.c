/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * load.c: factors on times (see load.h).
 */
#include "mock_server/load.h"

#include "mock_server/reading.h"

#include <math.h>

static const char *const modes[] = {"real", "keyed", NULL};

struct load_spec {
    double per_request, others;
    int mode;
    bool others_given;
};

/* clang-format off */
const struct opt load_options[] = {
    OPT_NUMBER(load_spec, per_request, .required = true, .min = 0, .max = 1000, .help = "all times grow by this share for each other request of the model in service"),
    OPT_CHOICE(load_spec, mode, .choices = modes, .fallback = "real", .help = "real counts them and so depends on arrival; keyed draws their number"),
    OPT_NUMBER(load_spec, others, .fallback = "4", .min = 0, .max = 1e6, OPT_GIVEN(load_spec, others_given), .help = "keyed only: their mean number"),
    OPT_END_FORM("{if: {required: [others]}, then: {properties: {mode: {const: keyed}}, required: [mode]}}"),
};
/* clang-format on */

int load_read(struct opt_parse *parse, const struct yaml *value, void *field)
{
    struct load_spec spec = {0};
    if (value->kind == YAML_NUMBER && value->number >= 0 && value->number <= 1000) {
        *(struct load *)field = (struct load){.per_request = value->number};
        return 0;
    }
    if (value->kind != YAML_MAPPING)
        return mistake_add(parse->mistakes, value->place,
                           "slowdown is %s; expected a number from 0 to 1000, or a mapping",
                           value_shown(parse->arena, value));
    opt_defaults(load_options, parse->arena, &spec);
    if (opt_parse_mapping(parse, load_options, value, "slowdown", NULL, &spec) < 0)
        return -1;
    if (spec.others_given && spec.mode == 0)
        return mistake_add(parse->mistakes, yaml_pair_get(value, STR("others"))->key_place,
                           "'others' goes only with mode: keyed");
    *(struct load *)field = (struct load){spec.per_request, spec.mode == 1, spec.others};
    return 0;
}

/* A geometric number with that mean. */
static double drawn_others(double mean, double u)
{
    return mean > 0 ? floor(log1p(-u) / -log1p(1 / mean)) : 0;
}

double load_factor(const struct load *load, int64_t active, struct rng_key key)
{
    if (load->per_request <= 0)
        return 1;
    double others = load->is_keyed ? drawn_others(load->others, rng_uniform(key, "load", 0))
                                   : (double)active;
    return 1 + load->per_request * others;
}
