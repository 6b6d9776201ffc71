/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_perturb.c: what each change makes of a value, which samples there are, and what is said of
 * changes that cannot be.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* cmocka wants those before it */
#include <cmocka.h>

#include "base/answer.h"
#include "base/text.h"
#include "plan/perturb.h"
#include "plan/plan.h"
#include "unit/test_experiment_folder.h"

/* ---- one value ---- */

static const struct {
    struct perturbation how;
    const char *from, *to;
} changes[] = {
    {{.kind = PERTURB_CASE, .choice = PERTURB_UPPER},
     "\"Straße élan привет\"",
     "\"STRAßE ÉLAN ПРИВЕТ\""},
    {{.kind = PERTURB_CASE, .choice = PERTURB_LOWER}, "\"ÀB c\"", "\"àb c\""},
    {{.kind = PERTURB_CASE, .choice = PERTURB_TITLE},
     "\"it's a NASA job\"",
     "\"It's A Nasa Job\""},
    {{.kind = PERTURB_CASE, .choice = PERTURB_UPPER},
     "{\"a\":[\"x\",1,{\"b\":\"y\"}]}",
     "{\"a\":[\"X\",1,{\"b\":\"Y\"}]}"},
    {{.kind = PERTURB_WHITESPACE, .choice = PERTURB_DOUBLE}, "\"a b\\nc\"", "\"a  b\\nc\""},
    {{.kind = PERTURB_WHITESPACE, .choice = PERTURB_LINES}, "\"a\\nb\"", "\"\\na\\n\\nb\\n\""},
    {{.kind = PERTURB_WHITESPACE, .choice = PERTURB_TRAILING}, "\"a\\nb\"", "\"a  \\nb  \""},
    {{.kind = PERTURB_DISTRACTOR, .distractor = STR_INIT("By the way.")},
     "\"One line.\"",
     "\"One line. By the way.\""},
    {{.kind = PERTURB_DISTRACTOR, .distractor = STR_INIT("By the way.")},
     "\"Two\\nlines\"",
     "\"Two\\nlines\\n\\nBy the way.\""},
    {{.kind = PERTURB_DISTRACTOR, .distractor = STR_INIT("z")}, "[\"a\"]", "[\"a\",\"z\"]"},
    {{.kind = PERTURB_DISTRACTOR, .distractor = STR_INIT("z")},
     "[{\"text\":\"a\",\"key\":true}]",
     "[{\"text\":\"a\",\"key\":true},{\"text\":\"z\"}]"},
    {{.kind = PERTURB_SHUFFLE}, "[1,2]", "[2,1]"},
    {{.kind = PERTURB_SHUFFLE}, "{\"a\":1,\"b\":1}", "{\"b\":1,\"a\":1}"},
    {{.kind = PERTURB_SHUFFLE}, "[7,7]", "[7,7]"},
    {{.kind = PERTURB_POSITION, .share = 0},
     "[1,2,{\"key\":true},4]",
     "[{\"key\":true},1,2,4]"},
    {{.kind = PERTURB_POSITION, .share = 1},
     "[1,2,{\"key\":true},4]",
     "[1,2,4,{\"key\":true}]"},
    {{.kind = PERTURB_POSITION, .share = 0.4},
     "[1,2,{\"key\":true},4]",
     "[1,{\"key\":true},2,4]"},
    {{.kind = PERTURB_POSITION, .share = 1}, "[{\"key\":true}]", "[{\"key\":true}]"},
};

/* Protects the meaning of every change: what it makes, and nothing else. */
static void each_change(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        struct arena arena = {0};
        const json *from = json_parse(&arena, str_from(changes[i].from), NULL);
        assert_non_null(from);
        assert_null(perturb_refuses(&changes[i].how, from));
        for (uint64_t seed = 0; seed < 5; seed++) {
            const json *to = perturb_change(&changes[i].how, rng_key(seed), from, &arena);
            str text = json_to_str(&arena, to, JSON_COMPACT);
            if (!str_equal(text, str_from(changes[i].to)))
                fail_msg("%s became %.*s", changes[i].from, STR_ARG(text));
        }
        arena_release(&arena);
    }
}

static str typed(struct arena *arena, double share, uint64_t seed, const char *text)
{
    struct perturbation how = {.kind = PERTURB_TYPOS, .share = share};
    const json *to =
        perturb_change(&how, rng_key(seed), json_new_text(arena, str_from(text)), arena);
    return json_text(to);
}

static int compare_bytes(const void *a, const void *b)
{
    return *(const char *)a - *(const char *)b;
}

static bool same_letters(struct arena *arena, str a, str b)
{
    str copy[2] = {arena_str(arena, a), arena_str(arena, b)};
    for (int i = 0; i < 2; i++) {
        char *bytes = arena_alloc(arena, copy[i].n + 1);
        memcpy(bytes, copy[i].p, copy[i].n);
        qsort(bytes, copy[i].n, 1, compare_bytes);
        copy[i].p = bytes;
    }
    return str_equal(copy[0], copy[1]);
}

/* Protects typos: the share of the words, each by one swap behind its first letter, none of the
 * short ones, alike each time. */
static void typos(void **state)
{
    (void)state;
    static const char text[] = "this sentence contains exactly eight lengthy words surely, is "
                               "it on a or an 1234 eeee";
    struct arena arena = {0};
    for (uint64_t seed = 0; seed < 20; seed++) {
        str changed = typed(&arena, 0.5, seed, text), was = STR(text), word, old;
        size_t other = 0;
        assert_true(str_equal(changed, typed(&arena, 0.5, seed, text)));
        assert_int_equal(changed.n, was.n);
        while (was.n) {
            str_cut(was, ' ', &old, &was);
            str_cut(changed, ' ', &word, &changed);
            if (str_equal(word, old))
                continue;
            other++;
            assert_true(old.n >= 4 && word.p[0] == old.p[0]);
            assert_true(same_letters(&arena, word, old));
        }
        assert_int_equal(other, 4);
    }
    assert_false(str_equal(typed(&arena, 0.01, 1, text), STR(text))); /* one at least */
    assert_true(str_equal(typed(&arena, 1, 1, "is it"), STR("is it")));
    arena_release(&arena);
}

/* Protects: an order is drawn evenly from those that are other ones. */
static void shuffles(void **state)
{
    (void)state;
    struct perturbation how = {.kind = PERTURB_SHUFFLE};
    struct arena arena = {0};
    const json *from = json_parse(&arena, STR("[0,1,2,3]"), NULL);
    int first[4] = {0};
    for (uint64_t seed = 0; seed < 400; seed++) {
        const json *to = perturb_change(&how, rng_key(seed), from, &arena);
        assert_int_equal(json_count(to), 4);
        assert_false(json_equal(from, to));
        first[(int)json_number(json_first(to))]++;
    }
    for (int i = 0; i < 4; i++)
        assert_in_range(first[i], 55, 145); /* 100, sd 8.7 */
    arena_release(&arena);
}

/* ---- samples ---- */

#define HEAD                                                                                   \
    "dataset: {samples: [{id: s1, q: One two, steps: [a, b], expected: x, cluster: c},"        \
    " {id: s2, q: Three, steps: [a], expected: y}]}\n"                                         \
    "models: {m: {provider: openai, model: gpt-6-luna}}\n"                                     \
    "variants: {once: {value: '{{q}}'}}\n"                                                     \
    "score: {right: {equals: '{{expected}}'}}\n"

/* Protects: rows stand first and as they were, what is made of them behind them by row; the plan
 * has each right behind its row, and rows in the order that they have without. */
static void samples_and_plan(void **state)
{
    struct folder *folder = *state;
    const struct experiment *plain = folder_good(folder, HEAD);
    struct plan before, after;
    plan_init(&before, plain, &folder->arena);
    const struct experiment *e =
        folder_good(folder, HEAD "perturb:\n"
                                 "  shout: {case: upper, fields: [q]}\n"
                                 "  order: {shuffle: true, fields: [steps]}\n");
    static const char *const ids[] = {"s1",       "s2",       "s1~shout",
                                      "s1~order", "s2~shout", "s2~order"};
    assert_int_equal(e->originals, 2);
    assert_int_equal(e->dataset.count, 6);
    assert_true(hash_equal(e->dataset.hash, plain->dataset.hash));
    for (uint32_t i = 0; i < 6; i++) {
        const struct sample *sample = &e->dataset.sample[i];
        assert_true(str_equal(sample->id, str_from(ids[i])));
        assert_int_equal(sample->index, i);
        assert_int_equal(perturb_original(e, i), i < 2 ? i : (i - 2) / 2);
        assert_true((perturb_of(e, i) == NULL) == (i < 2));
        assert_true(
            str_equal(sample->cluster, e->dataset.sample[perturb_original(e, i)].cluster));
    }
    str q = json_text(json_get(perturb_inputs(e, 2, &folder->arena), STR("q")));
    assert_true(str_equal(q, STR("ONE TWO")));
    assert_int_equal(e->perturbation[0].changed, 2);
    assert_int_equal(e->perturbation[1].changed, 1); /* one step has one order */
    assert_true(hash_equal(e->dataset.sample[5].hash, e->dataset.sample[1].hash));
    assert_false(hash_equal(e->dataset.sample[4].hash, e->dataset.sample[1].hash));
    plan_init(&after, e, &folder->arena);
    assert_int_equal(after.cells, 6);
    for (uint32_t i = 0; i < 6; i++)
        assert_int_equal(perturb_original(e, after.sample[i]), before.sample[i / 3]);
    for (uint32_t i = 0; i < 2; i++)
        assert_int_equal(after.sample[3 * i], before.sample[i]);
}

/* Protects: which inputs a change gets hangs on the seed, not on what else is perturbed. */
static void draws_stand_alone(void **state)
{
    struct folder *folder = *state;
    static const char one[] = HEAD "perturb: {t: {typos: 0.3, fields: [q]}}\n";
    static const char two[] = HEAD "perturb: {a: {case: upper, fields: [q]},"
                                   " t: {typos: 0.3, fields: [q]}}\n";
    const struct experiment *a = folder_good(folder, one);
    const json *alone = perturb_inputs(a, 3, &folder->arena);
    const struct experiment *b = folder_good(folder, two);
    assert_true(json_equal(alone, perturb_inputs(b, 5, &folder->arena)));
}

/* ---- mistakes: the perturbation begins in line 6, column 3 ---- */

static const struct {
    const char *yaml, *message;
} bad[] = {
    {"p: {case: uper, fields: [q]}",
     "x.yaml:6:13: case is 'uper'; expected upper, lower or title; did you mean 'upper'?"},
    {"p: {fields: [q]}", "x.yaml:6:3: perturbation 'p' has no change; expected one of case, "
                         "whitespace, typos, distractor, shuffle, position"},
    {"p: {case: upper, typos: 0.1, fields: [q]}",
     "x.yaml:6:20: perturbation 'p' has two changes, 'case' and 'typos'; expected exactly one"},
    {"p: {case: upper}",
     "x.yaml:6:3: perturbation 'p' has no fields; expected names of inputs"},
    {"p: {case: upper, fields: []}",
     "x.yaml:6:28: fields of perturbation 'p' is empty; expected a list of names of inputs"},
    {"p: {case: upper, fields: [stps]}",
     "x.yaml:6:29: no sample has an input 'stps'; did you mean 'steps'?"},
    {"p: {case: upper, fields: [q, q]}", "x.yaml:6:32: field 'q' is named twice"},
    {"p: {typos: 0, fields: [q]}", "x.yaml:6:7: typos is 0; expected a share above 0, as 0.1"},
    {"p: {shuffle: false, fields: [steps]}", "x.yaml:6:7: shuffle is false; expected true"},
    {"p: {distractor: '', fields: [q]}", "x.yaml:6:7: distractor is empty; expected a text"},
    {"p: {position: 0.5, fields: [steps]}",
     "x.yaml:6:17: position is a number; expected a list of shares, as [0, 0.5, 1]"},
    {"p: {position: [0, 2], fields: [steps]}",
     "x.yaml:6:21: a place of position is '2'; expected a share from 0 to 1"},
    {"p: {shuffle: true, fields: [q]}", "x.yaml:1:21: sample 's1': field 'q', which "
                                        "perturbation 'p' at x.yaml:6:3 changes, has no "
                                        "order; expected a list or an object\n"
                                        "x.yaml:1:83: sample 's2': field 'q', which "
                                        "perturbation 'p' at x.yaml:6:3 changes, has no "
                                        "order; expected a list or an object"},
    {"1p: {case: upper, fields: [q]}",
     "x.yaml:6:3: perturbation '1p' is no name; expected letters, digits and _, not starting "
     "with a digit"},
    {"p: {whitespace: double, fields: [steps]}",
     "x.yaml:6:3: perturbation 'p' changes nothing in any sample"},
};

/* Protects: what could not be done is told with its place before the first call. */
static void mistakes(void **state)
{
    struct folder *folder = *state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        mistakes_init(&folder->mistakes, &folder->arena);
        folder_bad(folder, arena_printf(&folder->arena, HEAD "perturb:\n  %s\n", bad[i].yaml).p,
                   bad[i].message);
    }
    mistakes_init(&folder->mistakes, &folder->arena);
    folder_bad(folder, HEAD "perturb: [a]\n",
               "x.yaml:5:10: perturb is a list; expected a mapping from name to perturbation");
}

/* ---- shapes of answers ---- */

/* Protects: a shape is kinds and members, whatever their order and values. */
static void shapes(void **state)
{
    (void)state;
    static const struct {
        const char *value, *shape;
    } rows[] = {
        {"\"yes\"", "text"},
        {"null", "null"},
        {"{\"b\":1,\"a\":true}", "{a: bool, b: number}"},
        {"[1,\"x\",2]", "[number | text]"},
        {"[]", "[]"},
        {"{\"a b\":[{\"c\":[]}]}", "{\"a b\": [{c: []}]}"},
    };
    struct arena arena = {0};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        str shape = answer_shape(&arena, json_parse(&arena, str_from(rows[i].value), NULL));
        if (!str_equal(shape, str_from(rows[i].shape)))
            fail_msg("%s has shape %.*s", rows[i].value, STR_ARG(shape));
        assert_true(answer_shapes_agree(shape, shape));
    }
    assert_true(
        answer_shapes_agree(STR("{a: [], b: text}"), STR("{a: [{x: [text]}], b: text}")));
    assert_false(answer_shapes_agree(STR("{a: [], b: text}"), STR("{a: [text], b: null}")));
    assert_false(answer_shapes_agree(STR("{a: text}"), STR("{a: text, b: text}")));
    assert_false(answer_shapes_agree(STR("[number]"), STR("[text]")));
    const json *a = json_new_text(&arena, STR(" Yes  Sir\n")),
               *b = json_new_text(&arena, STR("yes sir"));
    assert_int_equal(answer_hash(&arena, a), answer_hash(&arena, b));
    assert_int_not_equal(answer_hash(&arena, a), answer_hash(&arena, json_null()));
    arena_release(&arena);
}

static int open_folder(void **state)
{
    static struct folder folder;
    folder_open(&folder);
    *state = &folder;
    return 0;
}

static int close_folder(void **state)
{
    folder_close(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_change),
        cmocka_unit_test(typos),
        cmocka_unit_test(shuffles),
        cmocka_unit_test(shapes),
        cmocka_unit_test_setup_teardown(samples_and_plan, open_folder, close_folder),
        cmocka_unit_test_setup_teardown(draws_stand_alone, open_folder, close_folder),
        cmocka_unit_test_setup_teardown(mistakes, open_folder, close_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
