/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_stats_judge_check.c: a judge against people, on labels that can be counted by hand.
 */
#include "stats/judge_check.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

/* cmocka wants those before it */
#include <cmocka.h>

enum { ITEMS_MOST = 200, RATERS = 2, MISSING_RATER = 9 };

struct bench {
    struct arena arena;
    struct judge_check_item item[ITEMS_MOST];
    size_t people[ITEMS_MOST][RATERS];
    bool first[ITEMS_MOST][RATERS];
    struct judge_check_verdict verdict[ITEMS_MOST][4];
    size_t items;
    struct judge_check check;
};

/* An item that the judge and the two raters labelled so; MISSING_RATER: not labelled. */
static struct judge_check_item *add(struct bench *b, size_t sample, size_t judge, size_t ann,
                                    size_t bob)
{
    size_t i = b->items++;
    b->people[i][0] = ann == MISSING_RATER ? STATS_LABEL_MISSING : ann;
    b->people[i][1] = bob == MISSING_RATER ? STATS_LABEL_MISSING : bob;
    b->item[i] = (struct judge_check_item){.sample = sample,
                                           .judge = judge,
                                           .people = b->people[i],
                                           .candidate_first = b->first[i],
                                           .verdict = b->verdict[i]};
    return &b->item[i];
}

static void say(struct bench *b, size_t label, bool turned)
{
    struct judge_check_item *item = &b->item[b->items - 1];
    b->verdict[b->items - 1][item->verdicts++] = (struct judge_check_verdict){label, turned};
}

static const struct judge_check *run(struct bench *b, size_t labels, size_t raters)
{
    const struct judge_check_input input = {.item = b->item,
                                            .items = b->items,
                                            .labels = labels,
                                            .raters = raters,
                                            .confidence = 0.95};
    judge_check(&input, &b->arena, &b->check);
    return &b->check;
}

static bool near(maybe value, double should)
{
    return value.known && fabs(value.value - should) < 1e-9;
}

/* Protects the table behind kappa: that of the published example (20, 5, 10, 15), with rates, sensitivity and
 * specificity; and that 50 samples at kappa 0.4 validate nobody. */
static void a_table_is_what_was_said(void **state)
{
    (void)state;
    struct bench b = {.items = 0};
    for (size_t i = 0; i < 50; i++)
        add(&b, i, i < 25, i < 20 || (i >= 25 && i < 35), MISSING_RATER);
    const struct judge_check *check = run(&b, 2, 1);
    assert_true(check->samples == 50 && check->labelled == 50 && check->tied == 0);
    assert_true(check->table[0] == 15 && check->table[1] == 10 && check->table[2] == 5 &&
                check->table[3] == 20);
    assert_true(near(check->kappa.kappa, 0.4));
    assert_true(fabs(check->kappa.se.value - 0.12699606293110033) < 1e-9);
    assert_true(near(check->agreement.value, 0.7) && check->agreement.n == 50);
    assert_true(near(check->judge_rate[1], 0.5) && near(check->people_rate[1], 0.6));
    assert_true(near(check->sensitivity.value, 20.0 / 30) &&
                near(check->specificity.value, 15.0 / 20));
    assert_false(check->validated);
    arena_release(&b.arena);
}

/* Protects the interval of kappa: of a sample that was labelled several times the first counts; and
 * whom 50 samples validate 49 do not. */
static void one_label_a_sample(void **state)
{
    (void)state;
    for (size_t samples = 49; samples <= 50; samples++) {
        struct bench b = {.items = 0};
        for (size_t i = 0; i < samples; i++)
            add(&b, 1000 - i, i % 2, i % 2, MISSING_RATER);
        for (size_t i = 0; i < samples; i++)
            add(&b, 1000 - i, i % 2, 1 - i % 2, MISSING_RATER); /* a second trial, all wrong */
        const struct judge_check *check = run(&b, 2, 1);
        assert_true(check->samples == samples && check->labelled == 2 * samples);
        assert_true(near(check->kappa.kappa, 1) && check->validated == (samples == 50));
        assert_true(check->alpha.known && check->alpha.value < 0.1); /* that takes them all */
        arena_release(&b.arena);
    }
}

/* Protects several raters: most decide, an even division decides nothing, missing labels are none, and
 * alpha is that of the coincidences. */
static void raters_may_differ_and_be_missing(void **state)
{
    (void)state;
    struct bench b = {.items = 0};
    add(&b, 0, 1, 1, 1);
    add(&b, 1, 0, 0, MISSING_RATER);
    add(&b, 2, 1, 0, 1);
    add(&b, 3, 0, MISSING_RATER, 0);
    add(&b, 4, 1, MISSING_RATER, MISSING_RATER);
    const struct judge_check *check = run(&b, 2, 2);
    assert_true(check->labelled == 4 && check->tied == 1 && check->samples == 3);
    assert_true(near(check->kappa.kappa, 1));
    assert_true(check->rater[0].samples == 3 && check->rater[1].samples == 3);
    /* people alone: pairs (1, 1) and (0, 1): D_o = 2/4, D_e = 2·1·3/(4·3) */
    assert_true(near(check->alpha_people, 1 - 0.5 / 0.5));
    /* with the judge (1,1,1) (0,0) (0,1,1) (0,0): n = 10, ones 5: D_o = 2/10, D_e = 50/90 */
    assert_true(near(check->alpha, 1 - 0.2 / (50.0 / 90)));
    arena_release(&b.arena);
}

/* Protects the places: what was first, right in each place, and the same with places exchanged. */
static void places_are_told_apart(void **state)
{
    (void)state;
    struct bench b = {.items = 0};
    for (size_t i = 0; i < 10; i++) {
        /* the candidate is better; the judge takes the first, but in item 0 to 4 the better one */
        struct judge_check_item *item = add(&b, i, i < 5 ? 2 : 1, 2, MISSING_RATER);
        item->length = i < 8 ? 10 : 30;
        item->reference_length = 20;
        b.first[i][0] = i < 3;
        say(&b, 2, false);
        say(&b, i < 5 ? 2 : 0, true);
    }
    const struct judge_check *check = run(&b, 3, 1);
    assert_true(near(check->first.value, 0.75) && check->first.n == 20);
    assert_true(near(check->right_first.value, 1) && near(check->right_second.value, 0.5));
    assert_true(near(check->both_ways.value, 0.5) && !check->again.value.known);
    assert_true(near(check->people_first.value, 0.3));
    assert_true(!check->sensitivity.value.known && !check->long_half.value.known);
    /* the five decided ones: the candidate is the shorter, for both */
    assert_true(near(check->judge_longer.value, 0) && near(check->people_longer.value, 0));
    assert_true(near(check->length_bias.value, 0) && check->length_bias.n == 5);
    arena_release(&b.arena);
}

/* Protects the lengths: yes more often than people in the longer half, and the difference of halves. */
static void lengths_are_told_apart(void **state)
{
    (void)state;
    struct bench b = {.items = 0};
    for (size_t i = 0; i < 100; i++) {
        bool is_long = i % 2, people = i % 4 < 2;
        bool judge = is_long ? people || i % 5 == 0 : people && i % 5 != 0;
        add(&b, i, judge, people, MISSING_RATER)->length = is_long ? 500 : 100;
        say(&b, judge, false);
        say(&b, judge, false);
        say(&b, i % 10 ? judge : !judge, false);
    }
    const struct judge_check *check = run(&b, 2, 1);
    assert_true(near(check->long_half.value, 5.0 / 50) && check->long_half.n == 50);
    assert_true(near(check->short_half.value, -5.0 / 50));
    assert_true(near(check->length_bias.value, 0.2) && check->length_bias.low.value > 0);
    assert_true(near(check->again.value, (90 + 10 / 3.0) / 100));
    assert_false(check->first.value.known);
    assert_non_null(check->bias_text.p);
    arena_release(&b.arena);
}

/* Protects halves that are none: of more long texts than short ones both kinds are told apart all the same. */
static void halves_may_be_unequal(void **state)
{
    (void)state;
    for (size_t longs = 3; longs <= 7; longs += 2) {
        struct bench b = {.items = 0};
        for (size_t i = 0; i < 10; i++)
            add(&b, i, 1, i % 2, MISSING_RATER)->length = i < longs ? 500 : 100;
        const struct judge_check *check = run(&b, 2, 1);
        assert_int_equal(check->long_half.n, longs);
        assert_int_equal(check->short_half.n, 10 - longs);
        arena_release(&b.arena);
    }
}

/* Protects the edges: nothing labelled, nothing judged, all of one mind. */
static void edges_are_unknown_and_not_zero(void **state)
{
    (void)state;
    struct bench b = {.items = 0};
    const struct judge_check *check = run(&b, 2, 0);
    assert_true(check->samples == 0 && !check->kappa.kappa.known && !check->validated &&
                !check->agreement.value.known && !check->alpha.known);
    for (size_t i = 0; i < 60; i++)
        add(&b, i, 1, 1, MISSING_RATER)->length = 7;
    check = run(&b, 2, 1);
    assert_true(!check->kappa.kappa.known && near(check->agreement.value, 1) &&
                !check->validated && !check->length_bias.value.known);
    assert_non_null(strstr(check->text.p, "kappa is undefined"));
    arena_release(&b.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_table_is_what_was_said),
        cmocka_unit_test(one_label_a_sample),
        cmocka_unit_test(raters_may_differ_and_be_missing),
        cmocka_unit_test(places_are_told_apart),
        cmocka_unit_test(lengths_are_told_apart),
        cmocka_unit_test(halves_may_be_unequal),
        cmocka_unit_test(edges_are_unknown_and_not_zero),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
