/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the summary says of routers, refinements and plans, from notes made by hand; and what it
 * recommends. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "stats/interval.h"
#include "stats/summary_diagnosis.h"
#include "stats/summary_recommend.h"
#include "unit/test_stats_rows.h"

enum { SINGLE = 0, CHAIN = 1, ROUTER = 2 }; /* the variants of the table of rows */

static void note(struct summary *summary, struct summary_note row)
{
    struct err err = {0};
    if (row.trial == 0)
        row.trial = 1;
    if (row.path.n == 0)
        row.path = STR(".");
    if (summary_add_note(summary, &row, &err) != 0)
        fail_msg("%s", err.message);
}

static struct summary *begin(void)
{
    struct summary_meta meta = meta_of(3);
    meta.baseline = SINGLE;
    return summary_begin(&meta);
}

static bool says(const struct summary_variant *v, const char *part)
{
    for (size_t i = 0; i < v->diagnosis->sentence_count; i++)
        if (str_contains(v->diagnosis->sentences[i], str_from(part)))
            return true;
    return false;
}

/* ---- routers ---- */

static void add_routed(struct summary *summary, size_t sample, const char *wanted,
                       const char *given, bool right, int64_t cost)
{
    bool hit = str_equal(str_from(wanted), str_from(given));
    struct summary_cell_row cell = cell_of(ROUTER, sample, 1, right, cost, 5);
    add(summary, &cell);
    struct summary_step_row router = {.variant = ROUTER,
                                      .sample = sample,
                                      .trial = 1,
                                      .order = 1,
                                      .path = STR("by"),
                                      .pattern = STR("call"),
                                      .role = SUMMARY_ROUTER,
                                      .cost = {.known_nanousd = 100, .upper_nanousd = 100},
                                      .traffic = {1, 1, 0, 0, 1, 0}};
    add_step(summary, &router);
    note(summary, (struct summary_note){.variant = ROUTER,
                                        .sample = sample,
                                        .kind = SUMMARY_NOTE_ROUTED,
                                        .name = str_from(given)});
    note(summary, (struct summary_note){.variant = ROUTER,
                                        .sample = sample,
                                        .kind = SUMMARY_NOTE_LABELLED,
                                        .name = str_from(given),
                                        .other = str_from(wanted),
                                        .yes = hit});
}

/* Protects the matrix, the shares and the money of a router: 20 of a, 4 of them taken for b and 2
 * for nothing; 10 of b, all hit. Hit cells of a are right in 12 of 14, of b in 8 of 10. */
static void a_router_is_counted(void **state)
{
    (void)state;
    struct summary *summary = begin();
    for (size_t i = 0; i < 30; i++) {
        struct summary_cell_row cell = cell_of(SINGLE, i, 1, i % 2, 1500, 5);
        add(summary, &cell);
        if (i < 20)
            add_routed(summary, i, "a",
                       i < 14   ? "a"
                       : i < 18 ? "b"
                                : "",
                       i < 12, i < 14 ? 1100 : 5100);
        else
            add_routed(summary, i, "b", "b", i < 28, 5100);
    }
    finish(summary);
    const struct summary_variant *v = &summary->variants[ROUTER];
    assert_int_equal(v->diagnosis->route_count, 1);
    const struct summary_route *route = &v->diagnosis->routes[0];
    assert_int_equal(route->cells, 30);
    assert_int_equal(route->judged, 30);
    assert_int_equal(route->unlabelled, 2);
    assert_int_equal(route->class_count, 3);
    static const uint64_t confusion[] = {14, 4, 2, 0, 10, 0, 0, 0, 0};
    for (size_t i = 0; i < 9; i++)
        assert_int_equal(route->confusion[i], confusion[i]);
    assert_contains(route->classes[2].label, "(none)");
    struct stats_proportion wilson = stats_wilson(24, 30, 0.95);
    assert_near(route->accuracy.value.value, 24.0 / 30.0);
    assert_near(route->accuracy.low.value, wilson.low);
    assert_near(route->balanced.value.value, (0.7 + 1.0) / 2.0);
    assert_near(route->if_right.value.value, 20.0 / 24.0);
    assert_near(route->if_wrong.value.value, 0.0);
    double perfect = 20.0 / 30.0 * (12.0 / 14.0) + 10.0 / 30.0 * (8.0 / 10.0);
    assert_near(route->perfect.value.value, perfect);
    assert_near(route->gain.value, perfect - 20.0 / 30.0);
    /* cases a, b and none; the router's 100 nanodollars are no case's */
    assert_int_equal(route->case_count, 3);
    assert_near(route->router_usd.value, 1e-7);
    assert_near(route->cases[0].cost_usd.value, 1e-6);
    assert_near(route->cases[1].cost_usd.value, 5e-6);
    assert_int_equal(route->cheapest, 0);
    assert_int_equal(route->dearest, 1);
    assert_near(route->least_cheap_share.value, 0.1 / 4.0);
    assert_near(route->cheap_share.value, 16.0 / 30.0);
    assert_int_equal(route->single, SINGLE);
    assert_near(route->over_single.value.value, 20.0 / 30.0 - 0.5);
    assert_true(says(v, "The router was right in 80.0 % of 30 cells"));
    assert_true(says(v, "Its most frequent mistake: b for a, in 4 cells"));
    assert_true(says(v, "No case matched in 6.7 %"));
    summary_free(summary);
}

/* Protects against guesses: without a score of the classifier nothing is said of what is right. */
static void a_router_that_nothing_judges_is_only_counted(void **state)
{
    (void)state;
    struct summary *summary = begin();
    for (size_t i = 0; i < 12; i++) {
        struct summary_cell_row cell = cell_of(ROUTER, i, 1, true, 100, 5);
        add(summary, &cell);
        note(summary, (struct summary_note){.variant = ROUTER,
                                            .sample = i,
                                            .kind = SUMMARY_NOTE_ROUTED,
                                            .name = i % 3 ? STR("x") : STR("y")});
    }
    finish(summary);
    const struct summary_variant *v = &summary->variants[ROUTER];
    const struct summary_route *route = &v->diagnosis->routes[0];
    assert_int_equal(route->judged, 0);
    assert_false(route->accuracy.value.known);
    assert_false(route->perfect.value.known);
    assert_near(route->cases[0].share.value, 8.0 / 12.0);
    assert_true(says(v, "no score looks at its classifier"));
    summary_free(summary);
}

/* Protects matrices from a model's fancy: labels that nobody wants and no case has are one class,
 * however many there are, and in whatever order they come. */
static void strange_labels_are_one(void **state)
{
    (void)state;
    struct summary *summary = begin();
    static char label[8][400];
    for (size_t i = 0; i < 8; i++) {
        struct summary_cell_row cell = cell_of(ROUTER, i, 1, true, 100, 5);
        add(summary, &cell);
        for (unsigned k = 0; k < 400; k++) { /* scored by many, of whom the first counts */
            snprintf(label[i], sizeof label[i], "word %zu %u", i, k);
            note(summary, (struct summary_note){.variant = ROUTER,
                                                .sample = i,
                                                .kind = SUMMARY_NOTE_LABELLED,
                                                .score = k,
                                                .name = k ? str_from(label[i]) : STR("none of"),
                                                .other = STR("a")});
        }
        note(summary, (struct summary_note){
                          .variant = ROUTER, .sample = i, .kind = SUMMARY_NOTE_ROUTED});
    }
    finish(summary);
    const struct summary_route *route = &summary->variants[ROUTER].diagnosis->routes[0];
    assert_int_equal(route->class_count, 2);
    assert_contains(route->classes[0].label, "(other)");
    assert_int_equal(route->confusion[1 * 2 + 0], 8);
    summary_free(summary);
}

/* ---- refinements ---- */

/* Rounds as text, one letter a draft: r right, w wrong; the last is accepted when in capitals. */
static void add_loop(struct summary *summary, size_t sample, const char *rounds)
{
    size_t count = strlen(rounds);
    char last = rounds[count - 1];
    bool accepted = last == 'R' || last == 'W', right = last == 'R' || last == 'r';
    struct summary_cell_row cell = cell_of(CHAIN, sample, 1, right, 100, 5);
    add(summary, &cell);
    for (size_t r = 0; r < count; r++) {
        bool is_right = rounds[r] == 'r' || rounds[r] == 'R';
        note(summary,
             (struct summary_note){
                 .variant = CHAIN,
                 .sample = sample,
                 .kind = SUMMARY_NOTE_ROUND,
                 .index = (uint32_t)r,
                 .second = r ? maybe_of(rounds[r] == rounds[r - 1] ? 1.0 : 0.5) : maybe_none(),
                 .yes = accepted && r + 1 == count});
        if (count > 1)
            note(summary, (struct summary_note){.variant = CHAIN,
                                                .sample = sample,
                                                .kind = SUMMARY_NOTE_DRAFT,
                                                .index = (uint32_t)r,
                                                .first = maybe_of(is_right),
                                                .yes = is_right});
    }
    note(summary,
         (struct summary_note){.variant = CHAIN,
                               .sample = sample,
                               .kind = SUMMARY_NOTE_ENDED,
                               .name = accepted ? STR("accepted") : STR("max_rounds")});
}

/* Protects what fewer rounds would have returned, how rounds are counted, and the evaluator's
 * errors: 20 right at once, 10 mended in the second round, 2 let through wrong, 8 that go round in
 * circles until the limit. */
static void rounds_are_counted(void **state)
{
    (void)state;
    struct summary *summary = begin();
    for (size_t i = 0; i < 40; i++)
        add_loop(summary, i, i < 20 ? "R" : i < 30 ? "wR" : i < 32 ? "W" : "www");
    finish(summary);
    const struct summary_variant *v = &summary->variants[CHAIN];
    const struct summary_refinement *of = &v->diagnosis->refinements[0];
    assert_int_equal(of->cells, 40);
    assert_int_equal(of->round_count, 3);
    assert_int_equal(of->measure, SUMMARY_MEASURE_ANSWER);
    assert_int_equal(of->accepted, 32);
    assert_int_equal(of->capped, 8);
    static const uint64_t reached[] = {40, 18, 8}, accepted[] = {22, 10, 0};
    static const double quality[] = {0.5, 0.75, 0.75}, by[] = {0.55, 0.8, 0.8};
    for (size_t r = 0; r < 3; r++) {
        assert_int_equal(of->rounds[r].reached, reached[r]);
        assert_int_equal(of->rounds[r].accepted, accepted[r]);
        assert_near(of->rounds[r].accepted_by.value.value, by[r]);
        assert_near(of->rounds[r].quality.value.value, quality[r]);
    }
    assert_near(of->rounds[1].gain.value.value, 0.25);
    assert_int_equal(of->rounds[1].fixed, 10);
    assert_int_equal(of->rounds[1].broken, 0);
    assert_near(of->rounds[1].rest.value.value, 0.0);
    assert_int_equal(of->drafts, 22 + 20 + 24);
    assert_int_equal(of->stuck, 16);
    assert_near(of->false_accept.value.value, 2.0 / (10 + 2 + 24));
    assert_near(of->false_reject.value.value, 0.0);
    /* 40 cells do not settle that the third round is worth nothing: no advice */
    assert_int_equal(of->enough, 0);
    assert_true(says(v, "Of 40 refinements 55.0 % by round 1, 80.0 % by round 2"));
    summary_free(summary);
}

/* Protects the advice: nearly all accepted after two rounds, and nothing gained by the third. */
static void rounds_that_nobody_needs_are_named(void **state)
{
    (void)state;
    struct summary *summary = begin();
    for (size_t i = 0; i < 40; i++)
        add_loop(summary, i, i < 25 ? "R" : i < 39 ? "wR" : "www");
    finish(summary);
    const struct summary_variant *v = &summary->variants[CHAIN];
    const struct summary_refinement *of = &v->diagnosis->refinements[0];
    assert_int_equal(of->enough, 2);
    assert_near(of->saved.value, 1.0 / (double)of->drafts);
    assert_true(says(v, "Round 3 bought nothing: 0.0 points"));
    assert_true(says(v, "Set max_rounds to 2: 97.5 % were accepted by then"));
    summary_free(summary);
}

/* Protects `refine.score`: what two rounds would have returned is the best draft, not the last. */
static void the_best_draft_so_far_is_returned(void **state)
{
    (void)state;
    struct summary *summary = begin();
    for (size_t i = 0; i < 10; i++) {
        static const double own[] = {7, 5, 9};
        struct summary_cell_row cell = cell_of(CHAIN, i, 1, true, 100, 5);
        add(summary, &cell);
        for (uint32_t r = 0; r < 3; r++) {
            note(summary, (struct summary_note){.variant = CHAIN,
                                                .sample = i,
                                                .kind = SUMMARY_NOTE_ROUND,
                                                .index = r,
                                                .first = maybe_of(own[r])});
            note(summary, (struct summary_note){.variant = CHAIN,
                                                .sample = i,
                                                .kind = SUMMARY_NOTE_DRAFT,
                                                .index = r,
                                                .first = maybe_of(r != 1),
                                                .yes = r != 1});
        }
        note(summary, (struct summary_note){.variant = CHAIN,
                                            .sample = i,
                                            .kind = SUMMARY_NOTE_ENDED,
                                            .name = STR("max_rounds")});
    }
    finish(summary);
    const struct summary_refinement *of = &summary->variants[CHAIN].diagnosis->refinements[0];
    assert_near(of->rounds[1].quality.value.value, 1.0);
    assert_near(of->rounds[1].gain.value.value, 0.0);
    summary_free(summary);
}

/* ---- plans ---- */

/* Protects plans: their sizes, what they cover and invent, and whom they use. */
static void plans_are_counted(void **state)
{
    (void)state;
    struct summary *summary = begin();
    for (size_t i = 0; i < 20; i++) {
        struct summary_note of = {.variant = CHAIN, .sample = i};
        struct summary_cell_row cell = cell_of(CHAIN, i, 1, true, 100, 5);
        add(summary, &cell);
        of.kind = SUMMARY_NOTE_PLANNED;
        of.index = i < 3; /* asked for again */
        of.first = maybe_of(i < 10 ? 3 : 4);
        of.second = maybe_of(i < 10 ? 0 : 1);
        of.yes = i > 0; /* the first never became valid */
        note(summary, of);
        of.kind = SUMMARY_NOTE_AMENDED;
        of.index = 0;
        of.first = maybe_of(i == 19);
        of.second = maybe_of(0);
        note(summary, of);
        of.kind = SUMMARY_NOTE_WORKER;
        of.index = 2;
        of.name = i % 4 ? STR("look") : STR("tell");
        note(summary, of);
        of.kind = SUMMARY_NOTE_COVERED;
        of.name = STR("");
        of.index = 2; /* in both */
        of.first = maybe_of(4);
        of.second = maybe_of(i < 10 ? 2 : 3);
        note(summary, of);
    }
    finish(summary);
    const struct summary_variant *v = &summary->variants[CHAIN];
    const struct summary_plan *of = &v->diagnosis->plans[0];
    assert_int_equal(of->plans, 20);
    assert_int_equal(of->misplanned, 1);
    assert_int_equal(of->remade, 2);
    assert_int_equal(of->most_tasks, 4);
    assert_int_equal(of->tasks, 9 * 3 + 10 * 4);
    assert_int_equal(of->duplicates, 1);
    assert_near(of->coverage.value.value, (1.0 + 2.0 / 3.0) / 2.0);
    assert_near(of->invented.value.value, 0.5);
    assert_near(of->overlap.value.value, (9 * 0.25 + 0.2) / 19.0);
    assert_int_equal(of->worker_count, 2);
    assert_int_equal(of->workers[1].plans, 5);
    assert_true(says(v, "1 never became valid"));
    summary_free(summary);
}

/* ---- recommendations ---- */

static void add_calls(struct summary *summary, size_t variant, const char *path,
                      const char *model, int64_t longest, unsigned cut_off)
{
    for (int64_t i = 0; i < 100; i++)
        summary_add_call(summary, &(struct summary_call_row){
                                      .variant = variant,
                                      .path = str_from(path),
                                      .model = str_from(model),
                                      .output_tokens = i < cut_off ? 400 : longest - i % 10,
                                      .max_tokens = 400,
                                      .truncated = i < cut_off,
                                      .attempt_ns = 100 * 1000000 + i * 1000000,
                                  });
}

static const struct summary_limit *limit_of(const struct summary *summary, size_t variant,
                                            const char *option)
{
    const struct summary_recommendations *of = summary->recommendations;
    for (size_t i = 0; i < of->limit_count; i++)
        if (of->limits[i].variant == variant &&
            str_equal(str_from(of->limits[i].option), str_from(option)))
            return &of->limits[i];
    return NULL;
}

/* Protects limits: lower where far more is allowed than was ever used, higher where replies were cut
 * off, and nothing where it was needed. */
static void limits_follow_from_what_was_seen(void **state)
{
    (void)state;
    struct summary *summary = begin();
    for (size_t i = 0; i < 10; i++)
        for (size_t v = 0; v < 3; v++) {
            struct summary_cell_row cell = cell_of(v, i, 1, true, 100, 5);
            add(summary, &cell);
        }
    add_calls(summary, SINGLE, ".", "m", 60, 0);
    add_calls(summary, CHAIN, ".", "m", 60, 3);
    add_calls(summary, ROUTER, ".", "m", 300, 0);
    summary_add_settings(summary,
                         &(struct summary_settings){.attempt_timeout_ns = 60000000000});
    finish(summary);
    const struct summary_limit *limit = limit_of(summary, SINGLE, "max_tokens");
    assert_non_null(limit);
    assert_near(limit->set.value, 90);
    assert_near(limit->now.value, 400);
    assert_contains(limit->text, "of 100 replies the longest had 60 tokens");
    limit = limit_of(summary, CHAIN, "max_tokens");
    assert_false(limit->set.known);
    assert_contains(limit->text, "3 of 100 replies (3.0 %) were cut off at max_tokens 400");
    assert_null(limit_of(summary, ROUTER, "max_tokens"));
    const struct summary_limit *timeout = &summary->recommendations->timing_limits[0];
    assert_string_equal(timeout->option, "attempt_timeout");
    assert_near(timeout->set.value, 1000); /* 4 times 197 ms and a little, in whole seconds */
    summary_free(summary);
}

/* Protects models: one step that differs is compared, two are not, and what cannot be known is
 * said. */
static void models_are_compared_step_by_step(void **state)
{
    (void)state;
    struct summary *summary = begin();
    for (size_t i = 0; i < 40; i++)
        for (size_t v = 0; v < 3; v++) {
            struct summary_cell_row cell =
                cell_of(v, i, 1, v == CHAIN ? i < 30 : i < 34, v == CHAIN ? 100 : 400, 5);
            add(summary, &cell);
        }
    for (size_t v = 0; v < 3; v++) {
        add_calls(summary, v, "a", v == ROUTER ? "tiny" : "big", 300, 0);
        add_calls(summary, v, "b", v == SINGLE ? "big" : "small", 300, 0);
    }
    static const struct summary_pair twins[] = {{SINGLE, CHAIN}, {SINGLE, ROUTER}};
    summary_add_settings(summary, &(struct summary_settings){.twins = twins, .twin_count = 2});
    finish(summary);
    const struct summary_recommendations *of = summary->recommendations;
    assert_int_equal(of->exchange_count, 1);
    const struct summary_exchange *x = &of->exchanges[0];
    assert_int_equal(x->cheap, CHAIN);
    assert_int_equal(x->dear, SINGLE);
    assert_contains(x->path, "b");
    assert_near(x->difference.value.value, -0.1);
    assert_near(x->cost_ratio.value.value, 0.25);
    assert_contains(x->text, "Step b with small instead of big (chain against single)");
    assert_contains(of->models_text, "cannot be known from this run for router:");
    summary_free(summary);
}

/* Protects models of several steps: the first that differs had the same input, so its scores are
 * told; of the others nothing is. */
static void steps_are_told_by_model(void **state)
{
    (void)state;
    struct summary *summary = begin();
    for (size_t i = 0; i < 40; i++)
        for (size_t v = 0; v < 2; v++) {
            struct summary_cell_row cell = cell_of(v, i, 1, true, v ? 100 : 400, 5);
            struct summary_step_row step = {.variant = v,
                                            .sample = i,
                                            .trial = 1,
                                            .order = 1,
                                            .path = STR("a"),
                                            .pattern = STR("call"),
                                            .score = maybe_of(v ? i < 30 : i < 36)};
            add(summary, &cell);
            add_step(summary, &step);
        }
    for (size_t v = 0; v < 2; v++) {
        add_calls(summary, v, "a", v ? "small" : "big", 300, 0);
        add_calls(summary, v, "b", v ? "small" : "big", 300, 0);
    }
    static const struct summary_pair twins[] = {{SINGLE, CHAIN}};
    summary_add_settings(summary, &(struct summary_settings){.twins = twins, .twin_count = 1});
    finish(summary);
    const struct summary_recommendations *of = summary->recommendations;
    assert_int_equal(of->exchange_count, 0);
    assert_contains(of->steps_text, "Step a is right in 90.0 % (");
    assert_contains(of->steps_text, "with big in single, in 75.0 % (");
    assert_contains(of->steps_text, "this run cannot tell");
    summary_free(summary);
}

/* Protects votes: five voters of whom three would have been right as often, and whose waves would
 * have asked fewer. Voters of a cell are right together here, so a majority of any number is. */
static void voters_that_nobody_needs_are_named(void **state)
{
    (void)state;
    static const struct summary_variant_meta vote = {STR_INIT("poll"), STR_INIT("vote")};
    struct summary_meta meta = meta_of(1);
    meta.variants = &vote;
    struct summary *summary = summary_begin(&meta);
    for (size_t i = 0; i < 40; i++)
        for (unsigned t = 1; t <= 2; t++) {
            bool right = i < 28;
            struct summary_cell_row cell = cell_of(SINGLE, i, t, right, 500, 5);
            add(summary, &cell);
            for (unsigned k = 0; k < 5; k++)
                add_step(summary, &(struct summary_step_row){.sample = i,
                                                             .trial = t,
                                                             .order = 1,
                                                             .path = STR("[*]"),
                                                             .pattern = STR("call"),
                                                             .score = maybe_of(right),
                                                             .latency_ns = 1});
            note(summary, (struct summary_note){.sample = i,
                                                .trial = t,
                                                .kind = SUMMARY_NOTE_POLLED,
                                                .index = 5,
                                                .first = maybe_of(3)});
        }
    summary_add_settings(summary, &(struct summary_settings){0});
    finish(summary);
    const struct summary_vote *of = summary->variants[SINGLE].diagnosis->vote;
    assert_int_equal(of->per_poll, 5);
    assert_int_equal(of->polls, 80);
    assert_near(of->size[1].cost_usd.value,
                3 * 500e-9 / 5); /* of one cell, whatever the trials */
    const struct summary_limit *limit = limit_of(summary, SINGLE, "voters");
    assert_non_null(limit);
    assert_near(limit->set.value, 1);
    limit = limit_of(summary, SINGLE, "stop_early");
    assert_contains(limit->text, "it would have asked 3.0 voters instead of 5.0, 40.0 % fewer");
    summary_free(summary);
}

/* Protects max_workers: half as much again as the largest plan, where that is far below the limit. */
static void workers_that_nobody_needs_are_named(void **state)
{
    (void)state;
    static const int64_t workers[] = {0, 20, 0};
    struct summary *summary = begin();
    for (size_t i = 0; i < 30; i++)
        for (unsigned t = 1; t <= 2; t++) {
            struct summary_cell_row cell = cell_of(CHAIN, i, t, true, 100, 5);
            add(summary, &cell);
            note(summary, (struct summary_note){.variant = CHAIN,
                                                .sample = i,
                                                .trial = t,
                                                .kind = SUMMARY_NOTE_PLANNED,
                                                .first = maybe_of((double)(i % 4 + 1)),
                                                .second = maybe_of(0),
                                                .yes = true});
        }
    summary_add_settings(summary, &(struct summary_settings){.max_workers = workers});
    finish(summary);
    const struct summary_limit *limit = limit_of(summary, CHAIN, "max_workers");
    assert_non_null(limit);
    assert_near(limit->set.value, 6);
    assert_contains(limit->text, "(now 20): of 60 plans the largest had 4 tasks");
    summary_free(summary);
}

/* Protects what no router beats: two models, one right on the first half and one on the second; a
 * route between them is held against both. */
static void the_best_of_all_routes_is_told(void **state)
{
    (void)state;
    static const struct summary_variant_meta variants[] = {
        {STR_INIT("all-small"), STR_INIT("call")},
        {STR_INIT("all-big"), STR_INIT("call")},
        {STR_INIT("router"), STR_INIT("route")},
    };
    struct summary_meta meta = meta_of(3);
    meta.variants = variants;
    struct summary *summary = summary_begin(&meta);
    for (size_t i = 0; i < 20; i++)
        for (size_t v = 0; v < 3; v++) {
            bool right = v == 0 ? i < 8 : v == 1 ? i >= 8 && i < 18 : i < 12;
            struct summary_cell_row cell = cell_of(v, i, 1, right, 100, 5);
            add(summary, &cell);
            if (v == ROUTER)
                note(summary, (struct summary_note){.variant = ROUTER,
                                                    .sample = i,
                                                    .kind = SUMMARY_NOTE_ROUTED,
                                                    .name = i % 2 ? STR("x") : STR("y")});
        }
    add_calls(summary, 0, ".", "small", 300, 0);
    add_calls(summary, 1, ".", "big", 300, 0);
    add_calls(summary, ROUTER, "by", "judge", 300, 0);
    add_calls(summary, ROUTER, "x", "small", 300, 0);
    add_calls(summary, ROUTER, "y", "big", 300, 0);
    finish(summary);
    const struct summary_variant *v = &summary->variants[ROUTER];
    assert_int_equal(v->diagnosis->routes[0].best_single, 1);
    assert_near(v->diagnosis->routes[0].oracle.value, 18.0 / 20.0);
    assert_true(says(v, "is right in 50.0 % at best (all-big)"));
    summary_free(summary);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_router_is_counted),
        cmocka_unit_test(a_router_that_nothing_judges_is_only_counted),
        cmocka_unit_test(strange_labels_are_one),
        cmocka_unit_test(rounds_are_counted),
        cmocka_unit_test(rounds_that_nobody_needs_are_named),
        cmocka_unit_test(the_best_draft_so_far_is_returned),
        cmocka_unit_test(plans_are_counted),
        cmocka_unit_test(limits_follow_from_what_was_seen),
        cmocka_unit_test(models_are_compared_step_by_step),
        cmocka_unit_test(steps_are_told_by_model),
        cmocka_unit_test(voters_that_nobody_needs_are_named),
        cmocka_unit_test(workers_that_nobody_needs_are_named),
        cmocka_unit_test(the_best_of_all_routes_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
