/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a summary is told of a run before its rows, kept in its own arena, so that a caller may forget
 * it; with defaults for what was not given. */
#include "stats/summary_rows.h"
#include "stats/summary_stop.h"

static void copy_rules(struct arena *arena, struct summary_meta *meta,
                       const struct summary_meta *given)
{
    struct summary_rule *rules = arena_array(arena, struct summary_rule, given->rule_count + 1);
    for (size_t i = 0; i < given->rule_count; i++) {
        struct summary_rule *rule = &rules[i];
        *rule = given->rules[i];
        rule->reference = arena_str(arena, rule->reference);
        rule->wanted = arena_str(arena, rule->wanted);
        size_t *samples = arena_array(arena, size_t, rule->sample_count + 1);
        for (size_t s = 0; s < rule->sample_count; s++)
            samples[s] = given->rules[i].samples[s];
        rule->samples = samples;
    }
    meta->rules = rules;
}

static void copy_groups(struct arena *arena, struct summary_meta *meta,
                        const struct summary_meta *given)
{
    struct summary_group *groups =
        arena_array(arena, struct summary_group, given->group_count + 1);
    for (size_t i = 0; i < given->group_count; i++) {
        const struct summary_group *from = &given->groups[i];
        uint32_t *samples = arena_array(arena, uint32_t, from->count + 1);
        for (size_t s = 0; s < from->count; s++)
            samples[s] = from->samples[s];
        groups[i] = (struct summary_group){arena_str(arena, from->by),
                                           arena_str(arena, from->name), samples, from->count};
    }
    meta->groups = groups;
}

static void copy_perturbations(struct arena *arena, struct summary_meta *meta,
                               const struct summary_meta *given)
{
    struct summary_perturbation *perturbations =
        arena_array(arena, struct summary_perturbation, given->perturbation_count + 1);
    for (size_t p = 0; p < given->perturbation_count; p++) {
        perturbations[p] = given->perturbations[p];
        perturbations[p].name = arena_str(arena, given->perturbations[p].name);
    }
    meta->perturbations = perturbations;
}

static void copy_matching(struct arena *arena, struct summary_meta *meta,
                          const struct summary_meta *given)
{
    if (!given->matching)
        return;
    struct summary_matching *matching = arena_new(arena, struct summary_matching);
    *matching = *given->matching;
    matching->baseline_ids = arena_str(arena, matching->baseline_ids);
    matching->candidate_ids = arena_str(arena, matching->candidate_ids);
    matching->edited_ids = arena_str(arena, matching->edited_ids);
    meta->matching = matching;
}

static void copy_variants(struct arena *arena, struct summary_meta *meta,
                          const struct summary_meta *given)
{
    struct summary_variant_meta *variants =
        arena_array(arena, struct summary_variant_meta, given->variant_count + 1);
    for (size_t v = 0; v < given->variant_count; v++)
        variants[v] =
            (struct summary_variant_meta){arena_str(arena, given->variants[v].name),
                                          arena_str(arena, given->variants[v].pattern)};
    meta->variants = variants;
}

static void copy_scores(struct arena *arena, struct summary_meta *meta,
                        const struct summary_meta *given)
{
    struct summary_score_meta *scores =
        arena_array(arena, struct summary_score_meta, given->score_count + 1);
    for (size_t k = 0; k < given->score_count; k++) {
        scores[k] = given->scores[k];
        scores[k].name = arena_str(arena, given->scores[k].name);
    }
    meta->scores = scores;
    if (!given->checked)
        return;
    struct summary_judge_checked *checked =
        arena_array(arena, struct summary_judge_checked, given->score_count + 1);
    for (size_t k = 0; k < given->score_count; k++)
        checked[k] = (struct summary_judge_checked){given->checked[k].validated,
                                                    arena_str(arena, given->checked[k].text)};
    meta->checked = checked;
}

static void copy_pairs(struct arena *arena, struct summary_meta *meta,
                       const struct summary_meta *given)
{
    struct summary_pair *pairs = arena_array(arena, struct summary_pair, given->pair_count + 1);
    for (size_t i = 0; i < given->pair_count; i++)
        pairs[i] = given->pairs[i];
    meta->pairs = pairs;
    if (given->pair_count)
        meta->baseline = SUMMARY_NO_BASELINE;
}

static void copy_stop(struct arena *arena, struct summary_meta *meta,
                      const struct summary_meta *given)
{
    if (!given->stop)
        return;
    struct summary_stop_rule *stop = arena_new(arena, struct summary_stop_rule);
    *stop = *given->stop;
    meta->stop = stop;
}

/* What was not given. */
static void choose_defaults(struct summary_meta *meta)
{
    if (meta->seed == 0)
        meta->seed = 1;
    if (!(meta->confidence > 0.0))
        meta->confidence = 0.95;
    if (!(meta->alpha > 0.0))
        meta->alpha = 0.05;
    if (!(meta->power > 0.0))
        meta->power = 0.8;
    if (meta->baseline >= meta->variant_count)
        meta->baseline = SUMMARY_NO_BASELINE;
}

void summary_copy_meta(struct summary *summary, const struct summary_meta *given)
{
    struct arena *arena = &summary->arena;
    struct summary_meta *meta = &summary->meta;

    *meta = *given;
    meta->version = arena_str(arena, given->version);
    meta->experiment = arena_str(arena, given->experiment);
    meta->run = arena_str(arena, given->run);
    meta->baseline_file = arena_str(arena, given->baseline_file);
    meta->baseline_run = arena_str(arena, given->baseline_run);
    meta->dataset = arena_str(arena, given->dataset);
    meta->fingerprint = arena_str(arena, given->fingerprint);
    copy_variants(arena, meta, given);
    copy_scores(arena, meta, given);
    copy_perturbations(arena, meta, given);
    copy_groups(arena, meta, given);
    copy_matching(arena, meta, given);
    copy_pairs(arena, meta, given);
    copy_rules(arena, meta, given);
    copy_stop(arena, meta, given);
    choose_defaults(meta);
}
