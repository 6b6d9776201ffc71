/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * rules.c: from the rules of a definition to rules about variants (see rules.h).
 *
 * A rule names variants, scores and samples; a summary has numbers for them. Names that are not
 * part of what is shown are left out: a comparison of two variants says nothing about a third.
 */
#include "session/rules.h"

#include "base/option.h"
#include "base/text.h"

struct reading {
    const struct rules_world *world;
    struct arena *arena;
    struct summary_rule *rule;
    size_t count, room;
};

static bool find_metric(const struct rules_world *world, str name, struct summary_rule *rule)
{
    for (int m = 0; m < SUMMARY_METRICS; m++)
        if (m != SUMMARY_NAMED &&
            str_equal(name, str_from(summary_metric_name((enum summary_metric)m)))) {
            rule->metric = (enum summary_metric)m;
            return true;
        }
    for (size_t i = 0; i < world->scores; i++)
        if (str_equal(name, world->score[i].name)) {
            rule->metric = SUMMARY_NAMED;
            rule->score = i;
            return true;
        }
    return false;
}

static double quantity(const json *value)
{
    int64_t ns;
    if (json_is(value, JSON_TEXT) && parse_duration(json_text(value), &ns))
        return (double)ns;
    return json_number(value);
}

static bool find_bar(const json *from, struct summary_rule *rule)
{
    for (int b = SUMMARY_MIN; b <= SUMMARY_BELOW; b++) {
        const json *value = json_get(from, str_from(summary_bar_name((enum summary_bar)b)));
        if (!value)
            continue;
        rule->bar = (enum summary_bar)b;
        if (b <= SUMMARY_MAX)
            rule->limit = quantity(value);
        else
            rule->reference = json_text(value);
        return true;
    }
    return false;
}

/* ---- samples ---- */

static bool is_named(struct arena *arena, const struct rules_sample *sample, str word)
{
    if (str_equal(sample->id, word))
        return true;
    const json *tags = sample->tags.n ? json_parse(arena, sample->tags, NULL) : NULL;
    for (const json *tag = json_first(tags); tag; tag = json_next(tag))
        if (str_equal(json_text(tag), word))
            return true;
    return false;
}

static void find_samples(struct reading *r, const json *words, struct summary_rule *rule)
{
    size_t *samples = arena_array(r->arena, size_t, r->world->samples + 1);
    rule->metric = SUMMARY_MUST_PASS;
    for (const json *word = json_first(words); word; word = json_next(word))
        rule->wanted = arena_printf(r->arena, "%.*s%s%.*s", STR_ARG(rule->wanted),
                                    rule->wanted.n ? ", " : "", STR_ARG(json_text(word)));
    for (size_t i = 0; i < r->world->samples; i++) {
        bool wanted = false;
        for (const json *word = json_first(words); word && !wanted; word = json_next(word))
            wanted = is_named(r->arena, &r->world->sample[i], json_text(word));
        if (wanted)
            samples[rule->sample_count++] = i;
    }
    rule->samples = samples;
}

/* ---- variants ---- */

static size_t find_variant(const struct rules_world *world, str name)
{
    for (size_t v = 0; v < world->variants; v++)
        if (name.n && str_equal(world->variant[v], name))
            return v;
    return SUMMARY_NO_BASELINE;
}

static bool is_listed(const json *of, str name)
{
    if (json_is(of, JSON_TEXT))
        return str_equal(json_text(of), name);
    for (const json *one = json_first(of); one; one = json_next(one))
        if (str_equal(json_text(one), name))
            return true;
    return false;
}

/* ---- those that the run left out ---- */

static str baseline_left_out(const struct rules_world *world)
{
    return world->is_comparison ? STR("")
                                : json_text(json_get(world->left_out, STR("baseline")));
}

static bool is_left_out(const struct rules_world *world, str name)
{
    if (str_equal(name, STR("baseline")) && baseline_left_out(world).n)
        return true;
    return is_listed(json_get(world->left_out, STR("variants")), name);
}

/* The names of those that a rule is about. */
static str left_out_of(struct reading *r, const json *of)
{
    enum { NAMES_TOLD = 12 };
    const json *list = json_get(r->world->left_out, STR("variants"));
    str *name = arena_array(r->arena, str, json_count(list) + 1);
    size_t count = 0;
    for (const json *one = json_first(list); one; one = json_next(one))
        if (of ? is_listed(of, json_text(one))
               : !str_equal(json_text(one), baseline_left_out(r->world)))
            name[count++] = json_text(one);
    return text_list(r->arena, name, count, NAMES_TOLD);
}

/* ---- those that are there ---- */

/* What a rule about `variant` compares it with. */
static size_t resolve(const struct rules_world *world, size_t variant, str reference)
{
    if (str_equal(reference, STR("baseline")) &&
        find_variant(world, reference) == SUMMARY_NO_BASELINE)
        return baseline_left_out(world).n ? SUMMARY_NO_BASELINE : world->baseline[variant];
    if (world->baseline[variant] != SUMMARY_NO_BASELINE && world->is_comparison &&
        str_equal(world->baseline_name[variant], reference))
        return world->baseline[variant];
    return find_variant(world, reference);
}

/* Of the experiment, not only of the run. */
static bool is_alone(const struct rules_world *world)
{
    return world->variants == 1 && !world->left_out;
}

static bool is_about(const struct rules_world *world, const json *of, size_t variant)
{
    str name = world->variant[variant];
    if (!name.n)
        return false;
    if (of)
        return is_listed(of, name);
    /* all but the baseline, which may be the only one there is */
    if (world->is_comparison || baseline_left_out(world).n)
        return true;
    return is_alone(world) || world->baseline[variant] != variant;
}

static void add_rule(struct reading *r, const struct summary_rule *rule)
{
    if (r->count == r->room) {
        size_t room = r->room ? 2 * r->room : 16;
        r->rule = arena_grow(r->arena, r->rule, r->count, room, sizeof *r->rule);
        r->room = room;
    }
    r->rule[r->count++] = *rule;
}

static void add_rules(struct reading *r, const struct summary_rule *rule, const json *of)
{
    const struct rules_world *world = r->world;
    bool pair = rule->metric != SUMMARY_MUST_PASS && rule->bar >= SUMMARY_NOT_BELOW;
    for (size_t v = 0; v < world->variants; v++) {
        if (!is_about(world, of, v))
            continue;
        size_t against = pair ? resolve(world, v, rule->reference) : SUMMARY_NO_BASELINE;
        if (against == v && !is_alone(world))
            continue;
        struct summary_rule one = *rule;
        one.variant = v;
        one.against = against == v ? SUMMARY_NO_BASELINE : against;
        one.against_left_out = pair && is_left_out(world, rule->reference);
        add_rule(r, &one);
    }
    struct summary_rule others = *rule;
    others.variant = SUMMARY_NO_BASELINE;
    others.left_out = left_out_of(r, of);
    if (others.left_out.n)
        add_rule(r, &others);
}

static void read_rule(struct reading *r, const json *from, size_t number)
{
    struct summary_rule rule = {.against = SUMMARY_NO_BASELINE, .number = number};
    const json *must_pass = json_get(from, STR("must_pass"));
    str inconclusive = json_text(json_get(from, STR("inconclusive")));
    int64_t k = 0;
    json_int(json_get(from, STR("k")), &k);
    rule.k = (unsigned)k;
    rule.margin = json_number(json_get(from, STR("margin")));
    rule.ratio = json_number(json_get(from, STR("ratio")));
    rule.estimate = str_equal(json_text(json_get(from, STR("using"))), STR("estimate"));
    rule.undecided = str_equal(inconclusive, STR("pass"))   ? SUMMARY_UNDECIDED_PASS
                     : str_equal(inconclusive, STR("warn")) ? SUMMARY_UNDECIDED_WARN
                                                            : SUMMARY_UNDECIDED_FAIL;
    if (must_pass)
        find_samples(r, must_pass, &rule);
    else if (!find_metric(r->world, json_text(json_get(from, STR("metric"))), &rule) ||
             !find_bar(from, &rule))
        return; /* was checked before the run: cannot be */
    add_rules(r, &rule, json_get(from, STR("of")));
}

const struct summary_rule *rules_read(const struct rules_world *world, struct arena *arena,
                                      size_t *count)
{
    struct reading reading = {.world = world, .arena = arena};
    const json *rules = json_get(world->definition, STR("require"));
    size_t number = 0;
    for (const json *rule = json_first(rules); rule; rule = json_next(rule))
        read_rule(&reading, rule, number++);
    *count = reading.count;
    return reading.rule;
}

double rules_margin(const struct summary_rule *rules, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (rules[i].metric == SUMMARY_ACCURACY && rules[i].bar == SUMMARY_NOT_BELOW &&
            rules[i].margin > 0)
            return rules[i].margin;
    return 0;
}
