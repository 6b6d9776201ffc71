/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reasoning.c: drawing tokens of reasoning (see reasoning.h).
 */
#include "mock_server/reasoning.h"

#include "mock_server/reading.h"

struct reasoning_spec {
    int64_t tokens, median, p95, max;
    bool tokens_given, median_given, p95_given, max_given;
};

enum { TOKENS_MAX = 1000000 };

/* clang-format off */
const struct opt reasoning_options[] = {
    OPT_INT(reasoning_spec, tokens, .min = 0, .max = TOKENS_MAX, OPT_GIVEN(reasoning_spec, tokens_given), .help = "always as many; the same as the number alone"),
    OPT_INT(reasoning_spec, median, .min = 1, .max = TOKENS_MAX, OPT_GIVEN(reasoning_spec, median_given), .help = "log-normal: half of all draws lie below it"),
    OPT_INT(reasoning_spec, p95, .min = 1, .max = TOKENS_MAX, OPT_GIVEN(reasoning_spec, p95_given), .help = "log-normal: 95 % of all draws lie below it"),
    OPT_INT(reasoning_spec, max, .min = 0, .max = TOKENS_MAX, OPT_GIVEN(reasoning_spec, max_given), .help = "caps a draw; the 99.9 % quantile by default"),
    OPT_END_FORM("{if: {required: [tokens]}, then: {properties: {median: false, p95: false}}, else: {required: [median, p95]}}"),
};
/* clang-format on */

int reasoning_read(struct opt_parse *parse, const struct yaml *value, void *field)
{
    struct reasoning *reasoning = field;
    struct reasoning_spec spec = {0};
    int64_t tokens;
    if (value->kind == YAML_NUMBER && str_to_int(value->text, &tokens) && tokens >= 0 &&
        tokens <= TOKENS_MAX) {
        reasoning->tokens = law_constant(tokens);
        return 0;
    }
    if (value->kind != YAML_MAPPING)
        return mistake_add(parse->mistakes, value->place,
                           "reasoning is %s; expected a number of tokens from 0 to 1000000, or "
                           "a mapping",
                           value_shown(parse->arena, value));
    if (opt_parse_mapping(parse, reasoning_options, value, "reasoning", NULL, &spec) < 0)
        return -1;
    bool drawn = spec.median_given && spec.p95_given && spec.p95 >= spec.median;
    if (drawn == spec.tokens_given || (!drawn && (spec.median_given || spec.p95_given)))
        return mistake_add(parse->mistakes, value->place,
                           "reasoning needs 'tokens', or a median and a p95 of at least the "
                           "median");
    reasoning->tokens =
        drawn ? law_lognormal(spec.median, spec.p95) : law_constant(spec.tokens);
    if (spec.max_given && (double)spec.max < reasoning->tokens.most_ns)
        reasoning->tokens.most_ns = (double)spec.max;
    if (!drawn)
        reasoning->tokens.a = reasoning->tokens.most_ns;
    return 0;
}

int64_t reasoning_draw(const struct reasoning *reasoning, const struct request *request,
                       struct rng_key key, uint64_t choice)
{
    static const double factors[] = {
        [EFFORT_USUAL] = 1,  [EFFORT_NONE] = 0, [EFFORT_MINIMAL] = 0.1, [EFFORT_LOW] = 0.4,
        [EFFORT_MEDIUM] = 1, [EFFORT_HIGH] = 2, [EFFORT_XHIGH] = 3,     [EFFORT_MAX] = 4};
    if (reasoning->tokens.most_ns <= 0 || factors[request->effort] <= 0)
        return 0;
    double drawn = law_quantile(&reasoning->tokens, rng_uniform(key, "reasoning", choice));
    int64_t tokens = (int64_t)(drawn * factors[request->effort] + 0.5);
    return request->thinking_most && tokens > request->thinking_most ? request->thinking_most
                                                                     : tokens;
}

bool effort_from(str word, enum effort *effort)
{
    static const char *const words[] = {
        [EFFORT_NONE] = "none",     [EFFORT_MINIMAL] = "minimal", [EFFORT_LOW] = "low",
        [EFFORT_MEDIUM] = "medium", [EFFORT_HIGH] = "high",       [EFFORT_XHIGH] = "xhigh",
        [EFFORT_MAX] = "max"};
    for (size_t i = EFFORT_NONE; i <= EFFORT_MAX; i++)
        if (str_equal(word, str_from(words[i]))) {
            *effort = (enum effort)i;
            return true;
        }
    return false;
}
