/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_pattern_vote.c: the tally against its definition, waves, and what vote refuses.
 */
#include "patterns/patterns.h"
#include "patterns/tally.h"

#include "plan/estimate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
/* cmocka wants those before it */
#include <cmocka.h>

#include "unit/test_experiment_folder.h"

/* One letter a ballot; '-' is spoiled. */
static void add_all(struct tally *tally, struct arena *arena, const char *ballots)
{
    for (const char *b = ballots; *b; b++)
        tally_add(tally, arena, *b == '-' ? NULL : json_new_text(arena, (str){b, 1}));
}

struct tally_case {
    const char *about, *ballots;
    size_t voters;
    const char *majority, *plurality; /* the winner; "": none for sure */
    size_t margin;
};

static const struct tally_case tallies[] = {
    {"three of five", "abaca", 5, "a", "a", 2},
    {"no majority, but most", "aabc-", 5, "", "a", 1},
    {"spoiled ballots count for the majority", "aa--", 4, "", "a", 2},
    {"a tie of an even number", "abab", 4, "", "", 0},
    {"half is no majority", "aab-", 4, "", "a", 1},
    {"all spoiled", "---", 3, "", "", 0},
    {"a tie behind the first", "abcabca", 7, "", "a", 1},
    {"later ones lead", "abb", 3, "b", "b", 1},
    {"decided early", "aaa", 5, "a", "a", 3},
    {"not decided yet", "aa", 5, "", "", 2},
    {"most can still be overtaken", "aab", 6, "", "", 1},
    {"letter case is the same", "aAb", 3, "a", "a", 1},
};

/* Winners and margins by both rules. */
static void test_tally(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof tallies / sizeof tallies[0]; i++) {
        const struct tally_case *one = &tallies[i];
        for (int rule = TALLY_MAJORITY; rule <= TALLY_PLURALITY; rule++) {
            struct arena arena = {0};
            struct tally tally = tally_new(&arena, (enum tally_rule)rule, one->voters);
            add_all(&tally, &arena, one->ballots);
            const struct tally_entry *winner = tally_winner(&tally);
            str is = winner ? json_text(winner->ballot) : STR("");
            str should = str_from(rule == TALLY_MAJORITY ? one->majority : one->plurality);
            if (!str_equal(is, should) || tally_margin(&tally) != one->margin)
                fail_msg("%s, rule %d: '%.*s', margin %zu", one->about, rule, STR_ARG(is),
                         tally_margin(&tally));
            arena_release(&arena);
        }
    }
}

/* Equal ballots: blanks and case of texts, order of members; a text is no number. */
static void test_equality(void **state)
{
    (void)state;
    static const char *const ballots[] = {
        "\"A  b\"", "\" a B\"", "{\"x\":1,\"y\":2}", "{\"y\":2,\"x\":1.0}", "5", "\"5\""};
    struct arena arena = {0};
    struct tally tally = tally_new(&arena, TALLY_PLURALITY, 6);
    for (size_t i = 0; i < 6; i++)
        tally_add(&tally, &arena, json_parse(&arena, str_from(ballots[i]), NULL));
    assert_int_equal(tally.entries, 4);
    assert_int_equal(tally.entry[0].votes, 2);
    assert_string_equal(json_text(tally.entry[0].ballot).p, "A  b"); /* the first one's */
    assert_int_equal(tally.entry[1].votes, 2);
    arena_release(&arena);
}

/* Every sequence of up to 6 ballots of a, b and spoiled: stopping when decided, in waves of any
 * width or of what the leader lacks, gives the winner of all, and asks no wave too many. */
static void test_waves_change_no_outcome(void **state)
{
    (void)state;
    size_t saved = 0;
    for (size_t voters = 2; voters <= 6; voters++) {
        size_t sequences = 1;
        for (size_t i = 0; i < voters; i++)
            sequences *= 3;
        for (size_t s = 0; s < sequences * 2 * (voters + 1); s++) {
            struct arena arena = {0};
            char text[7] = {0};
            size_t rest = s % sequences, width = s / sequences / 2;
            enum tally_rule rule = s / sequences % 2 ? TALLY_MAJORITY : TALLY_PLURALITY;
            for (size_t i = 0; i < voters; i++, rest /= 3)
                text[i] = "ab-"[rest % 3];
            struct tally all = tally_new(&arena, rule, voters);
            struct tally early = tally_new(&arena, rule, voters);
            add_all(&all, &arena, text);
            while (!tally_is_decided(&early)) {
                size_t left = voters - early.cast;
                size_t wave = width ? width : tally_lacking(&early);
                assert_in_range(wave, 1, width ? width : left);
                char part[7] = {0};
                memcpy(part, text + early.cast, wave < left ? wave : left);
                add_all(&early, &arena, part);
            }
            saved += voters - early.cast;
            const struct tally_entry *a = tally_winner(&all), *b = tally_winner(&early);
            if (!a != !b || (a && !json_equal(a->ballot, b->ballot)))
                fail_msg("%s of %zu by %d in waves of %zu", text, voters, (int)rule, width);
            arena_release(&arena);
        }
    }
    assert_true(saved > 1000);
}

/* The first wave is a bare majority, then what the leader lacks. */
static void test_lacking(void **state)
{
    (void)state;
    static const struct {
        enum tally_rule rule;
        size_t voters;
        const char *ballots;
        size_t lacking;
    } cases[] = {
        {TALLY_MAJORITY, 5, "", 3},     {TALLY_MAJORITY, 4, "", 3},
        {TALLY_MAJORITY, 7, "aaba", 1}, {TALLY_MAJORITY, 5, "ab-", 2},
        {TALLY_PLURALITY, 5, "", 3},    {TALLY_PLURALITY, 7, "aab-", 2},
        {TALLY_MAJORITY, 5, "aaa", 0},  {TALLY_PLURALITY, 6, "", 4},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct arena arena = {0};
        struct tally tally = tally_new(&arena, cases[i].rule, cases[i].voters);
        add_all(&tally, &arena, cases[i].ballots);
        assert_int_equal(tally_lacking(&tally), cases[i].lacking);
        arena_release(&arena);
    }
}

/* ---- binding ---- */

#define EXPERIMENT                                                                             \
    "dataset: {samples: [{id: 1, text: t}]}\n"                                                 \
    "models: {m: {provider: openai, model: x}, n: {provider: openai, model: y}}\n"             \
    "defaults: {model: m}\n"                                                                   \
    "score: {s: {equals: a}}\n"                                                                \
    "variants:\n  v:\n    vote:\n"
#define EACH "      each: {call: {prompt: {user: \"{{index}} {{text}}\"}}}\n"

struct estimate_case {
    const char *keys;
    double low, expected, worst;
};

/* Calls: all voters; early from a bare majority on, in waves of the width; by entry of vary. */
static void test_estimate(void **state)
{
    (void)state;
    static const struct estimate_case cases[] = {
        {EACH "      voters: 5\n", 5, 5, 5},
        {EACH "      voters: 5\n      stop_early: true\n", 3, 4, 5},
        {EACH "      voters: 4\n      stop_early: true\n      width: 3\n", 3, 3.5, 4},
        {EACH "      voters: 5\n      vary: [{}, {call.reask: 1}]\n", 5, 5, 7},
        {EACH "      voters: 3\n      vary: [{call.model: n}, {call.temperature: 0.5}]\n", 3, 3,
         3},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct folder folder;
        folder_open(&folder);
        char text[1000];
        snprintf(text, sizeof text, "%s%s", EXPERIMENT, cases[i].keys);
        const struct experiment *experiment = folder_good(&folder, text);
        folder_calls_are(experiment, cases[i].low, cases[i].expected, cases[i].worst);
        folder_close(&folder);
    }
}

/* What is wrong is told where it stands. */
static void test_mistakes(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {EACH "      voters: 1\n",
         "x.yaml:9:15: voters is the number 1; expected an integer from 2 to 101"},
        {EACH "      voters: 3\n      labels: [Yes, '\"yes\".']\n",
         "x.yaml:10:21: label '\"yes\".' matches the label 'Yes' too; expected labels that "
         "differ "
         "in more than case and quotes"},
        {EACH "      voters: 3\n      labels: []\n",
         "x.yaml:10:15: vote.labels is empty; expected a list of labels"},
        {EACH "      voters: 3\n      vary: []\n",
         "x.yaml:10:13: vote.vary is empty; expected a list of mappings from path to value"},
        {EACH "      voters: 3\n      vary: [temperature]\n",
         "x.yaml:10:14: vary is a text; expected a mapping from path to value"},
        {EACH "      voters: 3\n      vary: [{chain.a.call.model: n}]\n",
         "x.yaml:10:15: path 'chain.a.call.model': vote.each has no 'a' under 'chain'"},
        {EACH "      voters: 2\n      vary: [{}, {}, {}]\n",
         "x.yaml:10:13: vote.vary has 3 entries for 2 voters; expected one for each at most"},
        {EACH "      voters: 3\n      vary: [{call.model: k}]\n",
         "x.yaml:10:27: unknown model 'k'; models has: m, n"},
        {EACH "      voters: 3\n      ballot: \"{{value.answer}}\"\n", NULL},
        {EACH "      voters: 3\n      otherwise: \"{{index}}\"\n", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct folder folder;
        folder_open(&folder);
        char text[1000];
        snprintf(text, sizeof text, "%s%s", EXPERIMENT, cases[i][0]);
        folder_write(&folder, "x.yaml", str_from(text));
        assert_null(folder_read(&folder, NULL));
        const char *messages = folder_messages(&folder);
        if (cases[i][1] && strcmp(messages, cases[i][1]) != 0)
            fail_msg("%s\nnot\n%s", messages, cases[i][1]);
        folder_close(&folder);
    }
    assert_non_null(pattern_table[0]); /* links the patterns in */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tally),    cmocka_unit_test(test_equality),
        cmocka_unit_test(test_lacking),  cmocka_unit_test(test_waves_change_no_outcome),
        cmocka_unit_test(test_estimate), cmocka_unit_test(test_mistakes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
