/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * experiment_rules.c: every rule of `require` names something that is there, in its own unit (see
 * experiment_rules.h).
 *
 * A rule that could never be judged, or that says nothing, must not look like one that passes; so
 * what is missing, doubled or in the wrong unit is a mistake before the first call. Judging is not
 * done here (stats/summary_require.c).
 */
#include "plan/experiment_rules.h"

#include "base/file.h"
#include "plan/experiment_baseline.h"
#include "plan/experiment_tables.h"

static const char *const using_choices[] = {"bound", "estimate", NULL};
static const char *const inconclusive_choices[] = {"fail", "pass", "warn", NULL};

const struct opt rule_options[] = {
    OPT_TEXT(rule_keys, metric,
             .help = "accuracy, score, a score's name, error_rate, cost_usd, tokens, calls, "
                     "retries, latency_p50, latency_p95, pass_at_k or pass_hat_k"),
    OPT_RAW(rule_keys, of, .word = "variant_list",
            .help = "the variants it is about; all but the baseline when not given"),
    OPT_RAW(rule_keys, min, .word = "quantity", .help = "floor"),
    OPT_RAW(rule_keys, max, .word = "quantity", .help = "ceiling"),
    OPT_RAW(rule_keys, not_below, .word = "variant_name",
            .help = "a variant or 'baseline': not worse by more than margin or ratio"),
    OPT_RAW(rule_keys, not_above, .word = "variant_name",
            .help = "a variant or 'baseline': not higher by more than margin or ratio"),
    OPT_RAW(rule_keys, above, .word = "variant_name",
            .help = "a variant or 'baseline': the interval lies above it"),
    OPT_RAW(rule_keys, below, .word = "variant_name",
            .help = "a variant or 'baseline': the interval lies below it"),
    OPT_NUMBER(rule_keys, margin, .min = 0, .max = 1, OPT_GIVEN(rule_keys, has_margin),
               .form = "{exclusiveMinimum: 0}",
               .help = "of shares, as 0.02 for two points"),
    OPT_NUMBER(rule_keys, ratio, .min = 0, .max = 1e6, OPT_GIVEN(rule_keys, has_ratio),
               .form = "{exclusiveMinimum: 0}",
               .help = "of the other's, as 1.5"),
    OPT_TEXTS(rule_keys, must_pass, OPT_GIVEN(rule_keys, has_must_pass),
              .form = "{minItems: 1}",
              .help = "instead of metric: every trial of samples with these tags or ids is "
                      "correct"),
    OPT_INT(rule_keys, k, .min = 1, .max = 1000, OPT_GIVEN(rule_keys, has_k),
            .help = "of pass_at_k and pass_hat_k; the number of trials when not given"),
    OPT_CHOICE(rule_keys, using, .choices = using_choices, .fallback = "bound",
               OPT_GIVEN(rule_keys, has_using),
               .help = "bound: the one-sided 95 % bound decides; estimate: the plain value"),
    OPT_CHOICE(rule_keys, inconclusive, .choices = inconclusive_choices, .fallback = "fail",
               .help = "what too little data counts as"),
    OPT_END_FORM(
        "{if: {required: [must_pass]},"
        " then: {properties: {metric: false, min: false, max: false, not_below: false,"
        " not_above: false, above: false, below: false, margin: false, ratio: false, k: false,"
        " using: false}},"
        " else: {required: [metric], oneOf: [{required: [min]}, {required: [max]},"
        " {required: [above]}, {required: [below]}, {required: [not_below]},"
        " {required: [not_above]}]},"
        " allOf: [{if: {anyOf: [{required: [not_below]}, {required: [not_above]}]},"
        " then: {oneOf: [{required: [margin]}, {required: [ratio]}]},"
        " else: {properties: {margin: false, ratio: false}}},"
        " {if: {required: [k]},"
        " then: {properties: {metric: {enum: [pass_at_k, pass_hat_k]}}}},"
        " {if: {properties: {metric: {enum: [latency_p50, latency_p95]}}},"
        " then: {properties: {min: {type: string}, max: {type: string}, margin: false}},"
        " else: {if: {properties: {metric: {enum: [cost_usd, tokens, calls, retries]}}},"
        " then: {properties: {min: {type: number}, max: {type: number}, margin: false}},"
        " else: {properties: {min: {type: number, maximum: 1},"
        " max: {type: number, maximum: 1}}}}}]}"),
};

enum unit { UNIT_SHARE, UNIT_AMOUNT, UNIT_TIME };

/* clang-format off */
static const struct {
    const char *name;
    enum unit unit;
} metrics[] = {
    {"accuracy",    UNIT_SHARE},  {"score",       UNIT_SHARE},  {"error_rate", UNIT_SHARE},
    {"cost_usd",    UNIT_AMOUNT}, {"tokens",      UNIT_AMOUNT}, {"calls",      UNIT_AMOUNT},
    {"retries",     UNIT_AMOUNT}, {"latency_p50", UNIT_TIME},   {"latency_p95", UNIT_TIME},
    {"pass_at_k",   UNIT_SHARE},  {"pass_hat_k",  UNIT_SHARE},
};
/* clang-format on */
enum { METRICS = sizeof metrics / sizeof metrics[0], BARS = 6 };

struct reader {
    struct experiment *experiment;
    struct mistakes *mistakes;
    bool whole;        /* no option of the command line took samples away */
    bool trials_given; /* ... or set the trials */
    const struct yaml *rule;
    struct rule_keys keys;
    enum unit unit;
    const char *bar; /* "min", ... */
    const struct yaml *bar_value;
};

static struct place place_of(const struct reader *r, const char *key)
{
    for (size_t i = 0; i < r->rule->count; i++)
        if (str_equal(r->rule->pair[i].key, str_from(key)))
            return r->rule->pair[i].key_place;
    return r->rule->place;
}

static int refuse(const struct reader *r, const char *key, const char *what)
{
    return mistake_add(r->mistakes, place_of(r, key), "%s", what);
}

/* ---- names ---- */

static bool find_variant(const struct experiment *experiment, str name, size_t *variant)
{
    for (size_t i = 0; i < experiment->variants; i++)
        if (str_equal(experiment->variant[i].name, name)) {
            *variant = i;
            return true;
        }
    return false;
}

static int unknown_variant(const struct reader *r, const struct yaml *at, bool or_baseline)
{
    const struct experiment *experiment = r->experiment;
    str *words = arena_array(experiment->arena, str, experiment->variants + 2);
    size_t count = 0;
    for (; count < experiment->variants; count++)
        words[count] = experiment->variant[count].name;
    if (or_baseline)
        words[count++] = STR("baseline");
    str hint = mistake_hint(experiment->arena, at->text, words, count, true);
    return mistake_add(r->mistakes, at->place, "no variant '%.*s'%.*s", STR_ARG(at->text),
                       STR_ARG(hint));
}

static int check_variant(const struct reader *r, const struct yaml *value, const char *key,
                         size_t *variant)
{
    if (!yaml_is(value, YAML_TEXT))
        return mistake_add(r->mistakes, value->place,
                           "%s is %s; expected the name of a variant", key,
                           yaml_kind_name(value));
    if (find_variant(r->experiment, value->text, variant))
        return 0;
    return unknown_variant(r, value, false);
}

static int check_of(const struct reader *r, size_t against)
{
    const struct yaml *of = r->keys.of;
    bool is_list = yaml_is(of, YAML_LIST);
    size_t count = is_list ? of->count : 1, variant = 0;
    if (!of || r->experiment->variants == 0)
        return 0;
    if (count == 0)
        return mistake_add(r->mistakes, of->place, "of is empty; expected variants");
    int result = 0;
    for (size_t i = 0; i < count; i++) {
        const struct yaml *one = is_list ? of->item[i] : of;
        if (check_variant(r, one, "of", &variant) < 0)
            result = -1;
        else if (variant == against)
            result = mistake_add(r->mistakes, one->place,
                                 "'%.*s' is compared with itself; expected another variant",
                                 STR_ARG(one->text));
    }
    return result;
}

/* ---- the metric and its bar ---- */

static int check_metric(struct reader *r)
{
    const struct experiment *experiment = r->experiment;
    str name = r->keys.metric;
    r->unit = UNIT_SHARE;
    for (size_t i = 0; i < METRICS; i++)
        if (str_equal(name, str_from(metrics[i].name))) {
            r->unit = metrics[i].unit;
            return 0;
        }
    for (size_t i = 0; i < experiment->scores; i++)
        if (str_equal(name, experiment->score[i].name))
            return 0;
    str *words = arena_array(experiment->arena, str, METRICS + experiment->scores + 1);
    size_t count = 0;
    for (; count < METRICS; count++)
        words[count] = str_from(metrics[count].name);
    for (size_t i = 0; i < experiment->scores; i++)
        words[count++] = experiment->score[i].name;
    str hint = mistake_hint(experiment->arena, name, words, count, true);
    return mistake_add(r->mistakes, yaml_get(r->rule, STR("metric"))->place,
                       "unknown metric '%.*s'%.*s", STR_ARG(name), STR_ARG(hint));
}

static int find_bar(struct reader *r)
{
    const struct {
        const char *name;
        const struct yaml *value;
    } bars[BARS] = {
        {"min", r->keys.min},
        {"max", r->keys.max},
        {"not_below", r->keys.not_below},
        {"not_above", r->keys.not_above},
        {"above", r->keys.above},
        {"below", r->keys.below},
    };
    for (size_t i = 0; i < BARS; i++) {
        if (!bars[i].value)
            continue;
        if (r->bar)
            return mistake_add(
                r->mistakes, place_of(r, bars[i].name),
                "a rule has %s and %s; expected one of them, and a rule for each", r->bar,
                bars[i].name);
        r->bar = bars[i].name;
        r->bar_value = bars[i].value;
    }
    return r->bar ? 0
                  : mistake_add(r->mistakes, r->rule->place,
                                "a rule on %.*s says no limit; expected one of min, max, "
                                "not_below, not_above, above, below",
                                STR_ARG(r->keys.metric));
}

static bool is_limit(const struct reader *r)
{
    return str_equal(str_from(r->bar), STR("min")) || str_equal(str_from(r->bar), STR("max"));
}

static bool may_differ(const struct reader *r)
{
    return str_starts_with(str_from(r->bar), STR("not_"));
}

static int check_limit(const struct reader *r)
{
    static const char *const expected[] = {"a share from 0 to 1, as 0.8", "a number, 0 or more",
                                           "a duration, as 2s or 500ms"};
    const struct yaml *value = r->bar_value;
    int64_t ns;
    bool is_number = yaml_is(value, YAML_NUMBER);
    bool good =
        r->unit == UNIT_TIME
            ? yaml_is(value, YAML_TEXT) && parse_duration(value->text, &ns)
            : is_number && value->number >= 0 && (r->unit != UNIT_SHARE || value->number <= 1);
    if (good)
        return 0;
    bool scalar = yaml_is(value, YAML_TEXT) || is_number;
    str shown = scalar ? value->text : str_from(yaml_kind_name(value));
    return mistake_add(r->mistakes, value->place, "%s of %.*s is %.*s; expected %s", r->bar,
                       STR_ARG(r->keys.metric), STR_ARG(shown), expected[r->unit]);
}

static int check_distance(const struct reader *r)
{
    const struct rule_keys *keys = &r->keys;
    if (!may_differ(r)) {
        if (keys->has_margin || keys->has_ratio)
            return mistake_add(r->mistakes, place_of(r, keys->has_margin ? "margin" : "ratio"),
                               "%s is for not_below and not_above; '%s' has none",
                               keys->has_margin ? "margin" : "ratio", r->bar);
        return 0;
    }
    if (keys->has_margin == keys->has_ratio)
        return mistake_add(r->mistakes, place_of(r, r->bar),
                           "%s needs %s; expected margin (points, as 0.02) or ratio (as 1.5)",
                           r->bar, keys->has_margin ? "one of margin and ratio" : "a distance");
    if (keys->has_margin && r->unit != UNIT_SHARE)
        return mistake_add(r->mistakes, place_of(r, "margin"),
                           "margin is in points, and %.*s is no share; expected ratio, as 1.5",
                           STR_ARG(keys->metric));
    if (keys->has_margin ? !(keys->margin > 0) : !(keys->ratio > 0))
        return mistake_add(r->mistakes, place_of(r, keys->has_margin ? "margin" : "ratio"),
                           "%s is 0; expected more than 0",
                           keys->has_margin ? "margin" : "ratio");
    return 0;
}

static int check_k(const struct reader *r)
{
    const struct rule_keys *keys = &r->keys;
    bool has =
        str_equal(keys->metric, STR("pass_at_k")) || str_equal(keys->metric, STR("pass_hat_k"));
    if (!keys->has_k)
        return 0;
    if (!has)
        return refuse(r, "k", "k is for pass_at_k and pass_hat_k");
    if (!r->trials_given && keys->k > r->experiment->trials)
        return mistake_add(r->mistakes, place_of(r, "k"),
                           "k is %lld, and trials is %lld; expected at most as many",
                           (long long)keys->k, (long long)r->experiment->trials);
    return 0;
}

static bool is_about(const struct reader *r, str name)
{
    const struct yaml *of = r->keys.of;
    bool listed = !of || (yaml_is(of, YAML_TEXT) && str_equal(of->text, name));
    for (size_t i = 0; yaml_is(of, YAML_LIST) && i < of->count; i++)
        listed = listed || str_equal(of->item[i]->text, name);
    return listed;
}

/* A rule against a baseline file is about variants that the file has. */
static int check_namesakes(const struct reader *r)
{
    const struct experiment *experiment = r->experiment;
    const struct baseline_file *file = experiment->baseline_file;
    str here = {"", 0};
    size_t lacking = SIZE_MAX;
    for (size_t i = 0; file && i < experiment->variants; i++) {
        str name = experiment->variant[i].name;
        if (baseline_has_variant(file, name))
            here = arena_printf(experiment->arena, "%.*s%s%.*s", STR_ARG(here),
                                here.n ? ", " : "", STR_ARG(name));
        else if (is_about(r, name) && lacking == SIZE_MAX)
            lacking = i;
    }
    if (lacking == SIZE_MAX || !here.n) /* of none at all is told at the baseline */
        return 0;
    return mistake_add(r->mistakes, r->bar_value->place,
                       "%.*s has no variant '%.*s'; expected of, with what it has: %.*s",
                       STR_ARG(path_name(file->path)),
                       STR_ARG(experiment->variant[lacking].name), STR_ARG(here));
}

static int check_against(struct reader *r, size_t *against)
{
    const struct yaml *value = r->bar_value;
    *against = SIZE_MAX;
    if (!yaml_is(value, YAML_TEXT))
        return mistake_add(r->mistakes, value->place,
                           "%s is %s; expected the name of a variant, or baseline", r->bar,
                           yaml_kind_name(value));
    if (find_variant(r->experiment, value->text, against))
        return 0;
    if (!str_equal(value->text, STR("baseline")))
        return r->experiment->variants ? unknown_variant(r, value, true) : 0;
    if (r->experiment->baseline_is_kept)
        return check_namesakes(r);
    /* of one variant alone the baseline is an earlier run: weir compare */
    if (r->experiment->variants > 1)
        *against = r->experiment->baseline;
    return 0;
}

static int check_measured(struct reader *r)
{
    size_t against = SIZE_MAX;
    if (check_metric(r) < 0 || find_bar(r) < 0)
        return -1;
    int result = is_limit(r) ? check_limit(r) : check_against(r, &against);
    result |= check_distance(r);
    result |= check_k(r);
    return result | check_of(r, against);
}

/* ---- samples that must pass ---- */

static bool is_sample_word(const struct dataset *dataset, str word)
{
    for (size_t i = 0; i < dataset->count; i++) {
        if (str_equal(dataset->sample[i].id, word))
            return true;
        for (size_t k = 0; k < dataset->sample[i].tag_count; k++)
            if (str_equal(dataset->sample[i].tag[k], word))
                return true;
    }
    return false;
}

static int check_must_pass(const struct reader *r)
{
    static const char *const others[] = {"min",   "max",    "not_below", "not_above", "above",
                                         "below", "margin", "ratio",     "k",         NULL};
    const struct experiment *experiment = r->experiment;
    for (size_t i = 0; others[i]; i++)
        if (yaml_get(r->rule, str_from(others[i])))
            return mistake_add(r->mistakes, place_of(r, others[i]),
                               "%s is for a metric; a rule with must_pass has none", others[i]);
    if (r->keys.has_using)
        return refuse(r, "using", "using is for a metric; a rule with must_pass has none");
    const struct yaml *list = yaml_get(r->rule, STR("must_pass"));
    if (r->keys.must_pass.count == 0)
        return mistake_add(r->mistakes, list->place,
                           "must_pass is empty; expected tags or ids of samples");
    int result = 0;
    for (size_t i = 0; i < r->keys.must_pass.count; i++) {
        str word = r->keys.must_pass.text[i];
        if (r->whole && !experiment->inputs_unknown &&
            !is_sample_word(&experiment->dataset, word))
            result = mistake_add(r->mistakes, list->item ? list->item[i]->place : list->place,
                                 "no sample has the tag or id '%.*s'; expected one that does",
                                 STR_ARG(word));
    }
    return result | check_of(r, SIZE_MAX);
}

/* ---- all rules ---- */

static int read_rule(struct reader *r)
{
    struct opt_parse parse = {r->experiment->arena, r->mistakes, NULL};
    opt_defaults(rule_options, r->experiment->arena, &r->keys);
    if (opt_parse_mapping(&parse, rule_options, r->rule, "require", NULL, &r->keys) < 0)
        return -1;
    bool has_metric = yaml_get(r->rule, STR("metric")) != NULL;
    if (has_metric == r->keys.has_must_pass)
        return mistake_add(r->mistakes, r->rule->place,
                           has_metric ? "a rule has metric and must_pass; expected one of them"
                                      : "a rule has neither metric nor must_pass; expected one "
                                        "of them");
    return has_metric ? check_measured(r) : check_must_pass(r);
}

int rules_load(struct experiment *experiment, const struct yaml *yaml,
               const struct experiment_options *options, struct mistakes *mistakes)
{
    if (!yaml_is(yaml, YAML_LIST))
        return mistake_add(mistakes, yaml->place, "require is %s; expected a list of rules",
                           yaml_kind_name(yaml));
    int result = 0;
    for (size_t i = 0; i < yaml->count; i++) {
        struct reader reader = {
            .experiment = experiment,
            .mistakes = mistakes,
            .whole = !experiment_is_cut(options),
            .trials_given = options && options->trials > 0,
            .rule = yaml->item[i],
        };
        result |= read_rule(&reader);
    }
    experiment->rules = yaml->count;
    return result;
}
