/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * summarise_begin.c: what a summary is told before any cell: the run, its variants, scores, rules and
 * limits, read from the definition that the run's file keeps and from its row.
 */
#include "session/summarise.h"

#include <math.h>

#include "base/text.h"
#include "session/labels.h"
#include "session/rules.h"
#include "session/summarise_inside.h"
#include "plan/check.h"
#include "stats/summary_stop.h"

int summarise_check(const json *definition, const char *path, struct err *err)
{
    enum { TRIALS_MOST = 1000 };
    const json *trials = json_get(definition, STR("trials"));
    const json *confidence = json_path(definition, "report.confidence");
    int64_t count = 1;
    if (trials && (!json_int(trials, &count) || count < 1 || count > TRIALS_MOST))
        return err_set(err, ERR_INPUT, "%s: broken: its experiment has no number of trials",
                       path);
    if (confidence && !(json_number(confidence) > 0 && json_number(confidence) < 1))
        return err_set(err, ERR_INPUT, "%s: broken: the confidence is not between 0 and 1",
                       path);
    return 0;
}

size_t summarise_scores(const json *definition, struct arena *arena,
                        struct summary_score_meta **meta, str **step)
{
    const json *scores = json_get(definition, STR("score"));
    size_t room = json_count(scores), count = 0;
    *step = arena_array(arena, str, room + 1);
    *meta = arena_array(arena, struct summary_score_meta, room + 1);
    for (const json *score = json_first(scores); score; score = json_next(score)) {
        const json *weight = json_get(score, STR("weight"));
        const struct check_kind *kind = check_kind_in(score);
        bool clocked = kind && kind->looks_at == LOOKS_AT_CLOCK;
        str of = json_text(json_get(score, STR("step")));
        (*step)[count] = of;
        (*meta)[count++] = (struct summary_score_meta){
            .name = json_key(score),
            .weight = weight            ? json_number(weight)
                      : of.n || clocked ? 0
                                        : 1,
            .judged = kind && check_is_judged(kind),
            .relative = kind && kind->operand == OPERAND_CRITERION,
            .clocked = clocked,
        };
    }
    return count;
}

void summarise_read_scores(struct summariser *s)
{
    str *step;
    s->scores = summarise_scores(s->view->definition, s->arena, &s->score, &step);
    s->score_step = step;
}

int summarise_read_labels(struct summariser *s, str path)
{
    double confidence = json_number(json_path(s->view->definition, "report.confidence"));
    return labels_of_scores(s->view->store, path, confidence > 0 ? confidence : 0.95, s->score,
                            s->score_step, s->scores, s->arena, &s->checked, s->err);
}

static size_t find_variant(const struct store_variant *variant, size_t count, str name)
{
    for (size_t i = 0; i < count; i++)
        if (str_equal(variant[i].name, name))
            return i;
    return 0;
}

/* The changes, in the order of what was made of the first row. */
static const struct summary_perturbation *read_perturbations(struct summariser *s)
{
    size_t samples;
    const struct store_sample *sample = store_samples(s->view->store, &samples);
    while (s->rows < samples && !sample[s->rows].perturbation.n)
        s->rows++;
    s->perturbations = s->rows ? (samples - s->rows) / s->rows : 0;
    struct summary_perturbation *list =
        arena_array(s->arena, struct summary_perturbation, s->perturbations + 1);
    for (size_t i = s->rows; i < s->rows * (s->perturbations + 1); i++) {
        struct summary_perturbation *one = &list[(i - s->rows) % s->perturbations];
        const struct store_sample *row = &sample[(i - s->rows) / s->perturbations];
        one->name = sample[i].perturbation;
        one->changed += !str_equal(sample[i].hash, row->hash);
    }
    return list;
}

size_t summarise_perturbation(const struct summariser *s, int64_t sample)
{
    size_t number = (size_t)sample;
    return number < s->rows ? 0 : (number - s->rows) % s->perturbations + 1;
}

/* The rules that the run began with, about its own variants. */
static const struct summary_rule *read_rules(struct summariser *s,
                                             const struct store_variant *variant,
                                             size_t baseline, size_t *count)
{
    size_t variants = s->own + s->kept.pairs;
    struct rules_world world = {.definition = s->view->definition,
                                .left_out = json_get(s->view->definition, STR("left_out")),
                                .score = s->score,
                                .scores = s->scores,
                                .variants = variants};
    const struct store_sample *from = store_samples(s->view->store, &world.samples);
    world.samples = s->rows;
    struct rules_sample *sample = arena_array(s->arena, struct rules_sample, world.samples + 1);
    str *name = arena_array(s->arena, str, variants + 1);
    size_t *baselines = arena_array(s->arena, size_t, variants + 1);
    if (!json_get(world.definition, STR("require"))) {
        *count = 0;
        return NULL;
    }
    for (size_t i = 0; i < world.samples; i++)
        sample[i] = (struct rules_sample){from[i].id, from[i].tags};
    for (size_t v = 0; v < s->own; v++) {
        name[v] = variant[v].name;
        baselines[v] = baseline;
    }
    for (size_t i = 0; i < s->kept.pairs; i++)
        baselines[s->kept.variant[i]] = s->own + i;
    world.sample = sample;
    world.variant = name;
    world.baseline = baselines;
    return rules_read(&world, s->arena, count);
}

const struct summary_stop_rule *summarise_stop(const json *definition, const str *variant,
                                               size_t variants, struct arena *arena)
{
    const json *stop = json_get(definition, STR("stop"));
    if (!stop)
        return NULL;
    int64_t min_samples = 0;
    json_int(json_get(stop, STR("min_samples")), &min_samples);
    struct summary_stop_rule *rule = arena_new(arena, struct summary_stop_rule);
    *rule = (struct summary_stop_rule){
        .candidate = SUMMARY_NO_BASELINE,
        .baseline = SUMMARY_NO_BASELINE,
        .score = str_equal(json_text(json_get(stop, STR("metric"))), STR("score")),
        .alpha = json_number(json_get(stop, STR("alpha"))),
        .margin = json_number(json_get(stop, STR("margin"))),
        .min_samples = (uint64_t)min_samples,
    };
    for (size_t i = variants; i-- > 0;) {
        if (str_equal(variant[i], json_text(json_get(stop, STR("of")))))
            rule->candidate = i;
        if (str_equal(variant[i], json_text(json_get(stop, STR("against")))))
            rule->baseline = i;
    }
    return rule;
}

static const struct summary_stop_rule *
read_stop(const struct summariser *s, const struct store_variant *variant, size_t variants)
{
    str *name = arena_array(s->arena, str, variants + 1);
    for (size_t i = 0; i < variants; i++)
        name[i] = variant[i].name;
    return summarise_stop(s->view->definition, name, variants, s->arena);
}

/* The run's variants, and behind them those of a baseline file, each paired with its namesake. */
static const struct summary_variant_meta *read_variants(struct summariser *s,
                                                        const struct store_variant *variant,
                                                        struct summary_pair *pair)
{
    struct summary_variant_meta *meta =
        arena_array(s->arena, struct summary_variant_meta, s->own + s->kept.pairs + 1);
    for (size_t i = 0; i < s->own; i++)
        meta[i] = (struct summary_variant_meta){variant[i].name, variant[i].pattern};
    for (size_t i = 0; i < s->kept.pairs; i++) {
        meta[s->own + i] = (struct summary_variant_meta){kept_shown_name(&s->kept, i, s->arena),
                                                         variant[s->kept.variant[i]].pattern};
        pair[i] = (struct summary_pair){s->own + i, s->kept.variant[i]};
    }
    return meta;
}

/* What the run left out of its experiment (--variants). */
static void tell_left_out(const struct summariser *s, struct summary_meta *meta)
{
    enum { NAMES_TOLD = 20 };
    const json *left_out = json_get(s->view->definition, STR("left_out"));
    const json *list = json_get(left_out, STR("variants"));
    str *name = arena_array(s->arena, str, json_count(list) + 1);
    for (const json *one = json_first(list); one; one = json_next(one))
        name[meta->left_outs++] = json_text(one);
    meta->left_out = text_list(s->arena, name, meta->left_outs, NAMES_TOLD);
    meta->baseline_left_out = json_text(json_get(left_out, STR("baseline")));
}

/* What the run took as a whole, and the calls that are in no cell. */
static void take_totals(struct summary_meta *meta, const struct store_run *run)
{
    bool ended = run->state != STORE_OPEN;
    meta->wall_ns = maybe_if(ended, (double)run->wall_ns);
    meta->cpu_ns = maybe_if(ended, (double)run->cpu_ns);
    meta->max_rss_bytes =
        maybe_if(ended && run->max_rss_bytes >= 0, (double)run->max_rss_bytes);
    meta->lateness_p99_ns =
        maybe_if(ended && run->lateness_p99_ns >= 0, (double)run->lateness_p99_ns);
    meta->superseded_calls = run->superseded_calls;
    meta->superseded_usd = (double)run->superseded_nanousd * 1e-9;
    meta->setup_calls = run->setup_calls;
    meta->setup_tokens = run->setup_tokens;
    meta->setup_usd = maybe_if(run->setup_nanousd >= 0, (double)run->setup_nanousd * 1e-9);
}

void summarise_begin(struct summariser *s)
{
    struct run_view *view = s->view;
    const struct store_run *run = store_run_row(view->store);
    size_t variants;
    const struct store_variant *variant = store_variants(view->store, &variants);
    const struct summary_perturbation *perturbations = read_perturbations(s);
    str baseline = json_text(json_get(view->definition, STR("baseline")));
    int64_t trials = 1;
    json_int(json_get(view->definition, STR("trials")), &trials);
    const json *dataset = json_get(view->definition, STR("dataset"));
    const json *file = json_is(dataset, JSON_OBJECT) ? json_get(dataset, STR("file")) : dataset;
    s->own = variants;
    struct summary_pair *pair = arena_array(s->arena, struct summary_pair, s->kept.pairs + 1);
    size_t rules,
        base = s->kept.wanted ? SUMMARY_NO_BASELINE : find_variant(variant, variants, baseline);
    const struct summary_rule *rule = read_rules(s, variant, base, &rules);
    struct summary_meta summary = {
        .version = run->weir_version,
        .experiment = run->experiment,
        .run = run->id,
        .dataset = json_text(file),
        .fingerprint = run->dataset_hash,
        .mock = run->mock,
        .replayed = run->replayed,
        .confidence = json_number(json_path(view->definition, "report.confidence")),
        .reducer =
            stats_reducer_named(json_text(json_path(view->definition, "report.reducer"))),
        .baseline = base,
        .baseline_file = s->kept.name,
        .baseline_run = s->kept.side.run,
        .pairs = pair,
        .pair_count = s->kept.pairs,
        .two_runs = s->kept.pairs > 0,
        .matching = s->kept.matching.told,
        .rules = rule,
        .rule_count = rules,
        .margin = rules_margin(rule, rules),
        .perturbations = perturbations,
        .perturbation_count = s->perturbations,
        .groups = s->group,
        .group_count = s->groups,
        .samples = s->rows,
        .trials = (size_t)trials,
        .variants = read_variants(s, variant, pair),
        .variant_count = variants + s->kept.pairs,
        .kept = s->kept.pairs,
        .scores = s->score,
        .score_count = s->scores,
        .checked = s->checked,
        .rate = maybe_if(!isnan(run->rate), run->rate),
        .arrivals = run->arrivals,
        .shard = run->shard,
        .shards = run->shards,
        .stop = read_stop(s, variant, variants),
    };
    take_totals(&summary, run);
    tell_left_out(s, &summary);
    view->summary = summary_begin(&summary);
}
