/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * comparing_summary.c: both sides in one summary (see comparing.h). Variants of a pair stand beside each
 * other, base first; rules, groups and names are those of HEAD's experiment.
 */
#include "cmd/comparing.h"

#include "session/rules.h"
#include "session/slices.h"
#include "session/summarise.h"
#include "stats/summary_stop.h"

/* Namesakes of two runs are told apart by where they come from. */
static str shown_name(struct comparing *c, size_t i, bool head)
{
    str base_name = c->base.side.variant[c->pair[i].baseline].name;
    str head_name = c->head.side.variant[c->pair[i].candidate].name;
    str own = head ? head_name : base_name;
    if (!str_equal(base_name, head_name) && c->pairs == 1)
        return own;
    return arena_printf(c->arena, "%s:%.*s", head ? "head" : "base", STR_ARG(own));
}

/* Variants of HEAD's experiment that meet nobody; NULL: there are none, or two variants were named, and
 * nobody asks about a third. */
static const json *not_compared(struct comparing *c)
{
    const struct side *head = &c->head.side;
    const json *left_out = json_path(head->definition, "left_out.variants");
    if (c->base.has_variant || c->head.has_variant || (!left_out && c->pairs == head->variants))
        return NULL;
    json *object = json_new_object(c->arena), *list = json_new_list(c->arena);
    for (size_t v = 0; v < head->variants; v++) {
        bool paired = false;
        for (size_t i = 0; i < c->pairs; i++)
            paired = paired || c->pair[i].candidate == v;
        if (!paired)
            json_add(c->arena, list, json_new_text(c->arena, head->variant[v].name));
    }
    for (const json *one = json_first(left_out); one; one = json_next(one))
        json_add(c->arena, list, one);
    json_set(c->arena, object, STR("variants"), list);
    return object;
}

/* HEAD's rules, about its variants: BASE is what they call the baseline. */
static const struct summary_rule *read_rules(struct comparing *c, size_t *count)
{
    const struct side *base = &c->base.side, *head = &c->head.side;
    size_t variants = 2 * c->pairs;
    struct rules_sample *sample = arena_array(c->arena, struct rules_sample, head->samples + 1);
    str *name = arena_array(c->arena, str, variants + 1);
    str *baseline_name = arena_array(c->arena, str, variants + 1);
    size_t *baseline = arena_array(c->arena, size_t, variants + 1);
    *count = 0;
    if (!head->definition)
        return NULL;
    for (size_t i = 0; i < head->samples; i++)
        sample[i] = (struct rules_sample){head->sample[i].id, head->sample[i].tags};
    for (size_t i = 0; i < c->pairs; i++) {
        baseline[2 * i] = SUMMARY_NO_BASELINE;
        name[2 * i + 1] = head->variant[c->pair[i].candidate].name;
        baseline[2 * i + 1] = 2 * i;
        baseline_name[2 * i + 1] = base->variant[c->pair[i].baseline].name;
    }
    struct rules_world world = {
        .definition = head->definition,
        .score = head->score,
        .scores = head->scores,
        .sample = sample,
        .samples = head->samples,
        .variant = name,
        .variants = variants,
        .baseline = baseline,
        .baseline_name = baseline_name,
        .is_comparison = true,
        .left_out = not_compared(c),
    };
    return rules_read(&world, c->arena, count);
}

/* Where one of the runs may have ended for what it saw, intervals that hold all the same. */
static const struct summary_stop_rule *read_stop(struct comparing *c)
{
    const struct side *base = &c->base.side, *head = &c->head.side;
    const struct side *stopped = side_may_stop(head) ? head : base;
    str *name = arena_array(c->arena, str, 2 * c->pairs + 1);
    if (!side_may_stop(stopped) || base->trials != head->trials)
        return NULL;
    for (size_t i = 0; i < c->pairs && str_equal(base->run, head->run); i++) {
        name[2 * i] = base->variant[c->pair[i].baseline].name;
        name[2 * i + 1] = head->variant[c->pair[i].candidate].name;
    }
    return summarise_stop(stopped->definition, name, 2 * c->pairs, c->arena);
}

static void watch(struct comparing *c, struct summary *summary)
{
    const struct side *base = &c->base.side, *head = &c->head.side;
    const struct side *ordered = side_may_stop(head) ? head : base;
    if (!summary->meta.stop)
        return;
    for (size_t i = 0; i < ordered->samples; i++)
        summary_watch_sample(summary, i, (size_t)ordered->sample[i].place,
                             ordered->sample[i].cluster);
    for (size_t i = 0; i < 2 * c->pairs; i++) {
        const struct summary_pair *pair = &c->pair[i / 2];
        const struct side *side = i % 2 ? head : base;
        for (size_t k = 0; k < side->cells; k++) {
            struct summary_cell_row cell = side->cell[k];
            if (cell.variant != (i % 2 ? pair->candidate : pair->baseline))
                continue;
            cell.variant = i;
            summary_watch_cell(summary, &cell);
        }
    }
}

/* Of HEAD's samples, by its experiment. */
static const struct summary_group *read_groups(struct comparing *c, size_t *count)
{
    const struct side *head = &c->head.side;
    struct opt_texts by = slices_wanted(c->arena, &c->group_by, head->definition);
    struct slices_sample *sample =
        arena_array(c->arena, struct slices_sample, head->samples + 1);
    for (size_t i = 0; i < head->samples; i++)
        sample[i].tags = head->sample[i].tags;
    return slices_read(c->arena, &by, sample, head->samples, count);
}

static struct summary *begin(struct comparing *c)
{
    const struct side *base = &c->base.side, *head = &c->head.side;
    struct summary_variant_meta *variant =
        arena_array(c->arena, struct summary_variant_meta, 2 * c->pairs + 1);
    struct summary_pair *pair = arena_array(c->arena, struct summary_pair, c->pairs + 1);
    for (size_t i = 0; i < c->pairs; i++) {
        variant[2 * i] = (struct summary_variant_meta){
            shown_name(c, i, false), base->variant[c->pair[i].baseline].pattern};
        variant[2 * i + 1] = (struct summary_variant_meta){
            shown_name(c, i, true), head->variant[c->pair[i].candidate].pattern};
        pair[i] = (struct summary_pair){2 * i, 2 * i + 1};
    }
    size_t rules;
    const struct summary_rule *rule = read_rules(c, &rules);
    size_t groups;
    const struct summary_group *group = read_groups(c, &groups);
    struct summary_meta meta = {
        .version = STR(WEIR_VERSION),
        .experiment = head->experiment,
        .run = str_equal(base->run, head->run)
                   ? head->run
                   : arena_printf(c->arena, "%.*s against %.*s", STR_ARG(head->run),
                                  STR_ARG(base->run)),
        .dataset = head->dataset,
        .fingerprint = head->fingerprint,
        .mock = head->mock,
        .confidence = head->confidence,
        .reducer = head->reducer,
        .samples = head->samples,
        .trials = (size_t)(base->trials > head->trials ? base->trials : head->trials),
        .variants = variant,
        .variant_count = 2 * c->pairs,
        .rules = rule,
        .rule_count = rules,
        .margin = rules_margin(rule, rules),
        .matching = c->matching.told,
        .groups = group,
        .group_count = groups,
        .pairs = pair,
        .pair_count = c->pairs,
        .stop = read_stop(c),
        .two_runs = !str_equal(base->run, head->run),
        /* the definitions are the same, and a baseline file has none */
        .scores = head->definition ? head->score : base->score,
        .score_count = head->scores,
    };
    return summary_begin(&meta);
}

static int feed(struct comparing *c, struct summary *summary)
{
    watch(c, summary);
    for (size_t i = 0; i < c->pairs; i++) {
        if (side_feed(&c->base.side, c->pair[i].baseline, c->matching.base, summary, 2 * i,
                      c->err) < 0 ||
            side_feed(&c->head.side, c->pair[i].candidate, c->matching.head, summary, 2 * i + 1,
                      c->err) < 0)
            return -1;
    }
    return summary_finish(summary, c->err);
}

int comparing_summarise(struct comparing *c, struct summary **summary)
{
    *summary = begin(c);
    return feed(c, *summary);
}
