/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * latency.c: laws of times and their readers (see latency.h).
 */
#include "mock_server/latency.h"

#include "base/clock.h"
#include "mock_server/reading.h"

#include <math.h>

/* The 95 % and 99.9 % quantiles of the standard normal distribution. */
#define Z95  1.6448536269514722
#define Z999 3.0902323061678132

struct law law_constant(int64_t ns)
{
    return (struct law){.kind = LAW_CONSTANT, .a = (double)ns, .most_ns = (double)ns};
}

/* ln x is normal with mean ln(median), and its 95 % quantile gives the spread. */
struct law law_lognormal(int64_t median_ns, int64_t p95_ns)
{
    double mean = log((double)median_ns), sd = (log((double)p95_ns) - mean) / Z95;
    return (struct law){
        .kind = LAW_LOGNORMAL, .a = mean, .b = sd, .most_ns = exp(mean + Z999 * sd)};
}

double law_quantile(const struct law *law, double u)
{
    const double inside = u < 0x1.0p-54 ? 0x1.0p-54 : u; /* the normal quantile is open at 0 */
    double ns = 0;
    switch (law->kind) {
    case LAW_CONSTANT:
        return law->a;
    case LAW_NORMAL:
        ns = law->a + law->b * rng_normal_quantile(inside);
        break;
    case LAW_LOGNORMAL:
        ns = exp(law->a + law->b * rng_normal_quantile(inside));
        break;
    case LAW_EXPONENTIAL:
        ns = -law->a * log1p(-u);
        break;
    case LAW_EMPIRICAL:
        ns = law->sample[(size_t)(u * (double)law->samples)];
        break;
    }
    ns = ns < 0 ? 0 : ns;
    return ns > law->most_ns ? law->most_ns : ns;
}

int64_t law_draw(const struct law *law, struct rng_key key, const char *purpose, uint64_t i)
{
    double u = law->kind == LAW_CONSTANT ? 0 : rng_uniform(key, purpose, i);
    return (int64_t)law_quantile(law, u);
}

int64_t law_sum(const struct law *law, struct rng_key key, const char *purpose, int64_t count)
{
    if (law->kind == LAW_CONSTANT)
        return (int64_t)law->a * count;
    int64_t sum = 0;
    for (int64_t i = 0; i < count; i++)
        sum += law_draw(law, key, purpose, (uint64_t)i);
    return sum;
}

/* ---- readers ---- */

struct law_spec {
    int64_t mean, sd, median, p95, max;
    bool max_given;
};

/* clang-format off */
const struct opt normal_options[] = {
    OPT_DURATION(law_spec, mean, .required = true, .help = "mean of the distribution"),
    OPT_DURATION(law_spec, sd, .required = true, .help = "its standard deviation"),
    OPT_DURATION(law_spec, max, OPT_GIVEN(law_spec, max_given), .help = "caps a draw; the 99.9 % quantile by default"),
    OPT_END,
};
const struct opt lognormal_options[] = {
    OPT_DURATION(law_spec, median, .required = true, .help = "half of all draws lie below it"),
    OPT_DURATION(law_spec, p95, .required = true, .help = "95 % of all draws lie below it"),
    OPT_DURATION(law_spec, max, OPT_GIVEN(law_spec, max_given), .help = "caps a draw; the 99.9 % quantile by default"),
    OPT_END,
};
const struct opt exponential_options[] = {
    OPT_DURATION(law_spec, mean, .required = true, .help = "mean of the distribution"),
    OPT_DURATION(law_spec, max, OPT_GIVEN(law_spec, max_given), .help = "caps a draw; the 99.9 % quantile by default"),
    OPT_END,
};
/* clang-format on */

static int read_spec(struct opt_parse *parse, const struct opt *rows, const struct yaml *value,
                     const char *where, struct law_spec *spec)
{
    *spec = (struct law_spec){0};
    return opt_parse_mapping(parse, rows, value, where, NULL, spec);
}

static void cap(struct law *law, const struct law_spec *spec)
{
    if (spec->max_given)
        law->most_ns = (double)spec->max;
}

static int read_normal(struct opt_parse *parse, const struct yaml *value, void *field)
{
    struct law_spec spec;
    if (read_spec(parse, normal_options, value, "normal", &spec) < 0)
        return -1;
    double mean = (double)spec.mean, sd = (double)spec.sd;
    struct law law = {.kind = LAW_NORMAL, .a = mean, .b = sd, .most_ns = mean + Z999 * sd};
    cap(&law, &spec);
    *(struct law *)field = law;
    return 0;
}

static int read_lognormal(struct opt_parse *parse, const struct yaml *value, void *field)
{
    struct law_spec spec;
    if (read_spec(parse, lognormal_options, value, "lognormal", &spec) < 0)
        return -1;
    if (spec.median <= 0 || spec.p95 < spec.median)
        return mistake_add(parse->mistakes, value->place,
                           "lognormal needs a median above 0 and a p95 of at least the median");
    struct law law = law_lognormal(spec.median, spec.p95);
    cap(&law, &spec);
    *(struct law *)field = law;
    return 0;
}

static int read_exponential(struct opt_parse *parse, const struct yaml *value, void *field)
{
    struct law_spec spec;
    if (read_spec(parse, exponential_options, value, "exponential", &spec) < 0)
        return -1;
    double mean = (double)spec.mean;
    struct law law = {.kind = LAW_EXPONENTIAL, .a = mean, .most_ns = mean * log(1000)};
    cap(&law, &spec);
    *(struct law *)field = law;
    return 0;
}

static int read_empirical(struct opt_parse *parse, const struct yaml *value, void *field)
{
    if (value->kind != YAML_LIST || value->count == 0)
        return mistake_add(parse->mistakes, value->place,
                           "empirical is %s; expected a list of durations",
                           value_shown(parse->arena, value));
    double *sample = arena_array(parse->arena, double, value->count), most = 0;
    for (size_t i = 0; i < value->count; i++) {
        int64_t ns = 0;
        const struct yaml *item = value->item[i];
        if (item->kind != YAML_TEXT || !parse_duration(item->text, &ns))
            return mistake_add(parse->mistakes, item->place,
                               "expected a duration with a unit, such as 60s or 500ms");
        sample[i] = (double)ns;
        most = sample[i] > most ? sample[i] : most;
    }
    *(struct law *)field = (struct law){
        .kind = LAW_EMPIRICAL, .most_ns = most, .sample = sample, .samples = value->count};
    return 0;
}

struct law_field {
    struct law law;
};

#define LAW_ROW(name, reader, text)                                                            \
    {                                                                                          \
        .key = name, .type = OPT_TYPE_CUSTOM, .offset = offsetof(struct law_field, law),       \
        .word = "mapping", .form = "{$ref: '#/$defs/" name "'}", .custom = (reader),           \
        .help = (text)                                                                         \
    }
const struct opt law_options[] = {
    LAW_ROW("normal", read_normal, "{mean, sd, max}: normal, never below 0"),
    LAW_ROW("lognormal", read_lognormal, "{median, p95, max}: log-normal"),
    LAW_ROW("exponential", read_exponential, "{mean, max}: exponential"),
    LAW_ROW("empirical", read_empirical, "a list of durations, each as likely"),
    OPT_END_FORM("{oneOf: [{required: [normal]}, {required: [lognormal]},"
                 " {required: [exponential]}, {required: [empirical]}]}"),
};

int law_read(struct opt_parse *parse, const struct yaml *value, void *field)
{
    static const str kinds[] = {STR_INIT("normal"), STR_INIT("lognormal"),
                                STR_INIT("exponential"), STR_INIT("empirical")};
    int64_t ns;
    if (value->kind == YAML_TEXT && parse_duration(value->text, &ns)) {
        *(struct law *)field = law_constant(ns);
        return 0;
    }
    if (value->kind != YAML_MAPPING)
        return mistake_add(parse->mistakes, value->place,
                           "a time is %s; expected a duration such as 300ms, or one of normal, "
                           "lognormal, exponential, empirical",
                           value_shown(parse->arena, value));
    if (read_one_kind(parse, value, "time", kinds, 4) < 0)
        return -1;
    struct law_field target = {{0}};
    if (opt_parse_mapping(parse, law_options, value, "time", NULL, &target) < 0)
        return -1;
    *(struct law *)field = target.law;
    return 0;
}

/* ---- profiles ---- */

const char *const profile_names[] = {"instant", "small", "large", "reasoning", NULL};

void profile_laws(enum profile profile, struct law *first_token, struct law *per_token)
{
    static const struct {
        int64_t median_ms, p95_ms, token_ms;
    } of[] = {{0, 0, 0}, {250, 600, 6}, {600, 1500, 15}, {2000, 8000, 15}};
    *first_token = profile == PROFILE_INSTANT ? law_constant(0)
                                              : law_lognormal(of[profile].median_ms * NS_PER_MS,
                                                              of[profile].p95_ms * NS_PER_MS);
    *per_token = law_constant(of[profile].token_ms * NS_PER_MS);
}
