/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Adapters: agreement of judges, diagnostics of patterns, similarity of texts. */
#include "tests/vectors/adapters.h"

#include "stats/agreement.h"
#include "stats/diagnose.h"
#include "stats/random.h"
#include "stats/similarity.h"

/* A square table of counts. */
static const uint64_t *read_table(struct vector_case *c, const char *key, size_t *size)
{
    struct stats_trials rows = vector_trials(c, key);
    uint64_t *table = arena_array(c->arena, uint64_t, rows.samples * rows.samples + 1);

    *size = rows.samples;
    for (size_t i = 0; i < rows.samples; i++) {
        if (stats_trials_of(&rows, i) != rows.samples) {
            vector_fail(c, "input.%s is not square", key);
            *size = 0;
            break;
        }
        for (size_t j = 0; j < rows.samples; j++) {
            double count = rows.scores[rows.start[i] + j];

            if (count < 0.0 || count > 1e15)
                vector_fail(c, "input.%s holds something that is not a count", key);
            else
                table[i * rows.samples + j] = (uint64_t)count;
        }
    }
    return table;
}

static void run_cohen_kappa(struct vector_case *c)
{
    struct vector_check check = check_begin(c);
    size_t labels;
    const uint64_t *table = read_table(c, "table", &labels);
    struct stats_kappa result =
        stats_cohen_kappa(table, labels, vector_number_or(c, "conf", 0.95));

    check_number(&check, "kappa", result.kappa);
    check_number(&check, "po", result.observed);
    check_number(&check, "pe", result.expected);
    check_number(&check, "se", result.se);
    check_number(&check, "lo", result.low);
    check_number(&check, "hi", result.high);
    check_end(&check);
}

static void run_krippendorff_nominal(struct vector_case *c)
{
    struct vector_check check = check_begin(c);
    const json *units = vector_list(c, "units");
    size_t count = json_count(units), total = 0, kinds, at = 0, unit = 0;
    size_t *start = arena_array(c->arena, size_t, count + 1), *labels;
    uint64_t *names;

    for (const json *u = json_first(units); u; u = json_next(u))
        total += json_is(u, JSON_LIST) ? json_count(u) : 0;
    labels = arena_array(c->arena, size_t, total + 1);
    names = arena_array(c->arena, uint64_t, total + 1);
    for (const json *u = json_first(units); u; u = json_next(u)) {
        for (const json *l = json_is(u, JSON_LIST) ? json_first(u) : NULL; l; l = json_next(l))
            names[at++] = stats_key_hash(json_to_str(c->arena, l, JSON_COMPACT));
        start[++unit] = at;
    }
    kinds = stats_clusters_number(names, total, labels);
    for (size_t i = 0; i < total; i++)
        if (names[i] == stats_key_hash(STR("null")))
            labels[i] = STATS_LABEL_MISSING;
    check_number(&check, "alpha", stats_krippendorff_nominal(labels, start, count, kinds));
    check_end(&check);
}

static void run_rogan_gladen(struct vector_case *c)
{
    struct vector_check check = check_begin(c);

    check_number(&check, "value",
                 stats_rogan_gladen(vector_number(c, "observed"),
                                    vector_number(c, "sensitivity"),
                                    vector_number(c, "specificity")));
    check_end(&check);
}

static void run_chain_attribution(struct vector_case *c)
{
    struct vector_check check = check_begin(c);
    size_t count;
    const double *numbers = vector_numbers(c, "reached", &count);
    uint64_t *reached = arena_array(c->arena, uint64_t, count + 1);
    maybe *rate = arena_array(c->arena, maybe, count + 1);
    maybe *share = arena_array(c->arena, maybe, count + 1);
    maybe end_to_end;

    for (size_t i = 0; i < count; i++) {
        reached[i] = numbers[i] >= 0.0 ? (uint64_t)numbers[i] : 0;
        if (i > 0 && reached[i] > reached[i - 1])
            vector_fail(c, "input.reached rises");
    }
    if (count == 0)
        vector_fail(c, "input.reached is empty");
    if (c->failed)
        return;
    end_to_end = stats_chain_attribution(reached, count - 1, rate, share);
    check_numbers(&check, "step_rate", rate, count - 1);
    check_number(&check, "end_to_end", end_to_end);
    check_numbers(&check, "failure_share", share, count - 1);
    check_end(&check);
}

static void run_routing_report(struct vector_case *c)
{
    struct vector_check check = check_begin(c);
    size_t count;
    const uint64_t *table = read_table(c, "confusion_true_by_pred", &count);
    struct stats_route_class *classes =
        arena_array(c->arena, struct stats_route_class, count + 1);
    struct stats_routing result = stats_routing_report(table, count, classes);
    maybe *recall = arena_array(c->arena, maybe, count + 1);
    maybe *precision = arena_array(c->arena, maybe, count + 1);
    maybe *f1 = arena_array(c->arena, maybe, count + 1);

    for (size_t i = 0; i < count; i++) {
        recall[i] = classes[i].recall;
        precision[i] = maybe_of(classes[i].precision);
        f1[i] = maybe_of(classes[i].f1);
    }
    check_number(&check, "accuracy", result.accuracy);
    check_numbers(&check, "recall", recall, count);
    check_numbers(&check, "precision", precision, count);
    check_numbers(&check, "f1", f1, count);
    check_number(&check, "balanced_accuracy", result.balanced_accuracy);
    check_number(&check, "macro_f1", result.macro_f1);
    check_end(&check);
}

static void run_routing_break_even(struct vector_case *c)
{
    struct vector_check check = check_begin(c);
    struct stats_break_even result = stats_routing_break_even(
        vector_number(c, "router"), vector_number(c, "small"), vector_number(c, "large"),
        vector_number(c, "check"), vector_number(c, "escalation"));

    check_number(&check, "min_small_share", result.min_small_share);
    check_number(&check, "cascade_cost", maybe_of(result.cascade_cost));
    check_number(&check, "max_escalation", result.max_escalation);
    check_end(&check);
}

static void run_refinement(struct vector_case *c)
{
    struct vector_check check = check_begin(c);
    struct stats_trials rounds = vector_trials(c, "scores");
    size_t longest = stats_refinement_longest(&rounds);
    struct stats_refinement result = {
        .histogram = arena_array(c->arena, uint64_t, longest + 1),
        .mean_at = arena_array(c->arena, double, longest + 1),
        .gain = arena_array(c->arena, double, longest + 1),
        .fixed = arena_array(c->arena, uint64_t, longest + 1),
        .broken = arena_array(c->arena, uint64_t, longest + 1),
    };
    maybe *mean_at = arena_array(c->arena, maybe, longest + 1);
    maybe *gain = arena_array(c->arena, maybe, longest + 1);
    size_t gains = longest ? longest - 1 : 0;

    stats_refinement_report(&rounds, &result);
    for (size_t r = 0; r < longest; r++)
        mean_at[r] = maybe_of(result.mean_at[r]);
    for (size_t r = 0; r < gains; r++)
        gain[r] = maybe_of(result.gain[r]);
    check_wholes(&check, "rounds_hist", result.histogram, longest);
    check_number(&check, "mean_rounds", result.mean_rounds);
    check_numbers(&check, "mean_at", mean_at, longest);
    check_numbers(&check, "gain", gain, gains);
    check_wholes(&check, "fixed", result.fixed, gains);
    check_wholes(&check, "broken", result.broken, gains);
    check_end(&check);
}

static void run_similarity(struct vector_case *c)
{
    struct vector_check check = check_begin(c);
    struct stats_similarity result =
        stats_similarity_of(vector_text(c, "a"), vector_text(c, "b"));

    check_whole_maybe(&check, "levenshtein", result.levenshtein);
    check_number(&check, "normalized", maybe_of(result.normalized));
    check_number(&check, "jaccard", maybe_of(result.jaccard));
    check_end(&check);
}

/* clang-format off */
const struct vector_adapter vector_adapters_diagnose[] = {
    {"cohen_kappa",          run_cohen_kappa},
    {"krippendorff_nominal", run_krippendorff_nominal},
    {"rogan_gladen",         run_rogan_gladen},
    {"chain_attribution",    run_chain_attribution},
    {"routing_report",       run_routing_report},
    {"routing_break_even",   run_routing_break_even},
    {"refinement",           run_refinement},
    {"similarity",           run_similarity},
    {NULL, NULL},
};
/* clang-format on */
