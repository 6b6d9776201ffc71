/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the pattern of each variant did (see summary_diagnosis.h): which diagnoses apply, and
 * what they share. Each pattern's own are in a file of their own. */
#include "stats/summary_diagnose.h"

#include <math.h>

#include "stats/interval.h"
#include "stats/paired.h"
#include "stats/sum.h"

enum { SENTENCES_MAX = 24 };

bool summary_is_child(str path)
{
    for (size_t i = 0; i < path.n; i++)
        if (path.p[i] == '.' || path.p[i] == '[')
            return false;
    return path.n > 0;
}

str summary_root_pattern(const struct summary *summary, size_t variant)
{
    const struct summary_rows *rows = summary->private;
    str pattern = summary->meta.variants[variant].pattern;

    for (size_t k = 0; k < rows->kind_count && str_equal(pattern, STR("use")); k++)
        if (rows->kinds[k].variant == variant && str_equal(rows->kinds[k].path, STR(".")))
            return rows->kinds[k].pattern;
    return pattern;
}

static bool has_score(const struct summary_instance *first, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!isnan(first[i].score))
            return true;
    return false;
}

struct summary_span summary_span_of(const struct summary_rows *rows, size_t kind)
{
    const struct summary_instance *first = rows->instances + rows->kind_start[kind];
    size_t count = rows->kind_start[kind + 1] - rows->kind_start[kind];

    return (struct summary_span){.path = rows->kinds[kind].path,
                                 .first = first,
                                 .count = count,
                                 .scored = has_score(first, count)};
}

struct summary_span summary_items(const struct summary *summary, size_t variant)
{
    const struct summary_rows *rows = summary->private;
    struct summary_span span = {0};

    for (size_t k = 0; k < rows->kind_count; k++)
        if (rows->kinds[k].variant == variant && str_equal(rows->kinds[k].path, STR("[*]"))) {
            if (span.count)
                return (struct summary_span){0};
            span = summary_span_of(rows, k);
        }
    return span;
}

size_t summary_children(const struct summary *summary, size_t variant,
                        struct summary_span *spans)
{
    const struct summary_rows *rows = summary->private;
    size_t count = 0;

    for (size_t k = 0; k < rows->kind_count; k++)
        if (rows->kinds[k].variant == variant && summary_is_child(rows->kinds[k].path))
            spans[count++] = summary_span_of(rows, k);
    return count;
}

/* ---- values of cells ---- */

struct summary_series summary_series_of(struct arena *scratch, const struct summary *summary,
                                        size_t variant, const double *values)
{
    const struct summary_rows *rows = summary->private;
    const struct summary_cell *cells = rows->cells + rows->cell_start[variant];
    size_t count = rows->cell_start[variant + 1] - rows->cell_start[variant];
    double *scores = arena_array(scratch, double, count + 1);
    size_t *start = arena_array(scratch, size_t, count + 2);
    struct summary_series series = {.places = arena_array(scratch, size_t, count + 1),
                                    .means = arena_array(scratch, double, count + 1)};
    size_t samples = 0, total = 0;

    for (size_t i = 0; i < count; i++) {
        if (isnan(values[i]))
            continue;
        if (samples == 0 || series.places[samples - 1] != cells[i].place)
            series.places[samples++] = cells[i].place;
        scores[total++] = values[i];
        start[samples] = total;
    }
    for (size_t s = 0; s < samples; s++)
        series.means[s] = stats_mean_of(scores + start[s], start[s + 1] - start[s]);
    series.trials = (struct stats_trials){scores, start, samples};
    series.clusters = summary_clusters_of(scratch, summary, series.places, samples);
    return series;
}

struct summary_estimate summary_paired(const struct summary *summary, size_t variant,
                                       const double *differences)
{
    struct arena scratch = {0};
    struct summary_series series = summary_series_of(&scratch, summary, variant, differences);
    struct stats_paired_difference d = stats_paired_diff(
        series.means, series.trials.samples, series.clusters, summary->meta.confidence, 2);
    struct summary_estimate result = summary_difference(&d, series.trials.samples);

    arena_release(&scratch);
    return result;
}

struct summary_estimate summary_accuracy(const struct stats_accuracy *accuracy, size_t samples)
{
    if (!accuracy->interval.estimate.known)
        return summary_unknown("nothing to tell it from");
    return (struct summary_estimate){
        .value = accuracy->interval.estimate,
        .low = maybe_of(accuracy->interval.low),
        .high = maybe_of(accuracy->interval.high),
        .method = "wilson_neff",
        .se = accuracy->se,
        .n_eff = accuracy->n_eff,
        .n = samples,
    };
}

/* ---- facts ---- */

static bool has_kind(const struct summary_node_facts *node, enum summary_note_kind kind)
{
    for (size_t i = 0; i < node->count; i++)
        if (node->first[i].kind == kind)
            return true;
    return false;
}

size_t summary_nodes_with(struct arena *scratch, const struct summary *summary, size_t variant,
                          enum summary_note_kind kind, struct summary_node_facts **nodes)
{
    size_t count, found = 0, paths = 1;
    const struct summary_fact *facts = summary_facts(summary, variant, &count);

    for (size_t i = 1; i < count; i++)
        paths += facts[i].path != facts[i - 1].path;
    *nodes = arena_array(scratch, struct summary_node_facts, paths + 1);
    for (size_t i = 0, next; i < count; i = next) {
        for (next = i + 1; next < count && facts[next].path == facts[i].path;)
            next++;
        (*nodes)[found] = (struct summary_node_facts){
            summary->private->names.text[facts[i].path], facts + i, next - i};
        found += has_kind(&(*nodes)[found], kind);
    }
    return found;
}

size_t summary_instance_end(const struct summary_node_facts *node, size_t at)
{
    const struct summary_fact *one = &node->first[at];

    while (at < node->count && node->first[at].place == one->place &&
           node->first[at].trial == one->trial && node->first[at].instance == one->instance)
        at++;
    return at;
}

size_t summary_cell_of(const struct summary *summary, size_t variant,
                       const struct summary_fact *fact, size_t from)
{
    const struct summary_rows *rows = summary->private;
    const struct summary_cell *cells = rows->cells + rows->cell_start[variant];
    size_t count = rows->cell_start[variant + 1] - rows->cell_start[variant];

    while (from < count &&
           (cells[from].place < fact->place ||
            (cells[from].place == fact->place && cells[from].trial < fact->trial)))
        from++;
    return from < count && cells[from].place == fact->place &&
                   cells[from].trial == fact->trial &&
                   summary_is_finished((enum summary_status)cells[from].status)
               ? from
               : count;
}

void summary_say(struct summary_diagnosis *diagnosis, str sentence)
{
    if (sentence.n && diagnosis->sentence_count < SENTENCES_MAX)
        diagnosis->sentences[diagnosis->sentence_count++] = sentence;
}

void summary_fill_diagnosis(struct summary *summary, size_t variant)
{
    struct summary_variant *v = &summary->variants[variant];
    struct summary_diagnosis d = {0};

    if (str_equal(summary_root_pattern(summary, variant), STR("chain")))
        d.chain = summary_chain_of(summary, variant);
    d.vote = summary_vote_of(summary, variant);
    d.fan_count = summary_fans_of(summary, variant, &d.fans);
    d.route_count = summary_routes_of(summary, variant, &d.routes);
    d.refinement_count = summary_refinements_of(summary, variant, &d.refinements);
    d.plan_count = summary_plans_of(summary, variant, &d.plans);
    if (!d.chain && !d.vote && !d.fan_count && !d.route_count && !d.refinement_count &&
        !d.plan_count)
        return;
    d.sentences = arena_array(&summary->arena, str, SENTENCES_MAX);
    v->diagnosis = arena_new(&summary->arena, struct summary_diagnosis);
    *v->diagnosis = d;
    if (d.chain)
        summary_say_chain(summary, v);
    summary_say_routes(summary, variant);
    summary_say_refinements(summary, variant);
    summary_say_plans(summary, variant);
    if (d.vote)
        summary_say_vote(summary, v);
    if (d.fan_count)
        summary_say_fan(summary, v);
}
