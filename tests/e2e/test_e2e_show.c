/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_e2e_show.c: weir show: a cell as a waterfall, two cells side by side, and what to look at.
 */
#include "e2e_run.h"

#include "base/text.h"

#include <string.h>

static const char work[] =
    "dataset:\n"
    "  samples:\n"
    "    - {id: good, q: one, expected: one}\n"
    "    - {id: \"it's $(touch pwned)\", q: two, expected: other}\n"
    "    - {id: a/b, q: three, expected: other}\n"
    "models: {small: {provider: openai, model: m, concurrency: 1, price: {input: 1, output: "
    "1}}}\n"
    "defaults: {model: small, max_tokens: 100}\n"
    "retry: {retries: 2, base: 30ms, cap: 40ms}\n"
    "variants:\n"
    "  plain: {call: {prompt: {system: 'Be brief.', user: 'Say {{q}}'}}}\n"
    "  steps:\n"
    "    chain:\n"
    "      a: {call: {prompt: {system: 'Be brief.', user: 'Say again {{q}}'}}}\n"
    "      b: {map: {over: ['{{a}}', '{{a}}'], as: x, each: {call: {prompt: {user: "
    "'{{x}}'}}}}}\n"
    "      c: {value: '{{b[0]}}'}\n"
    "  broken: {call: {prompt: {user: '{{q}}'}, schema: {type: object}}}\n"
    "score: {same: {equals: '{{expected}}'}}\n"
    "mock:\n"
    "  rules: {say: {when: {prompt_regex: 'Say (again )?(?<w>.*)'}, reply: '{{w}}'},\n"
    "    all: {reply: '{{request.prompt}}'}}\n"
    "  models: {m: {first_token: 20ms}}\n"
    "  faults: [{status: 503, attempts: [1], when: {prompt: 'Say again one'}}]\n";

static const char *run_of(struct place *place)
{
    place_write_text(place, "experiment.yaml", work);
    return run_good(place, "--mock", NULL).db;
}

static void assert_width(str text, size_t width)
{
    for (str line, rest = text; rest.n;) {
        str_cut(rest, '\n', &line, &rest);
        if (text_columns(line) > width)
            fail_msg("%zu columns: %.*s", text_columns(line), STR_ARG(line));
    }
}

/* Protects the trace: the tree with its branches, tries below the call that needed them, every
 * kind of time in the waterfall, prompts, replies, scores; at 80 and at 120 columns. */
static void a_cell_as_a_waterfall(void **state)
{
    struct place *place = *state;
    const char *db = run_of(place);
    static const char *const widths[] = {"COLUMNS=80", "COLUMNS=120"};
    for (size_t i = 0; i < 2; i++) {
        place_env(place, widths[i]);
        struct ended shown = weir(place, "show", db, "steps/good/1", NULL);
        assert_code(shown, 0);
        assert_width(shown.out, i ? 120 : 80);
        static const char *const parts[] = {
            "steps/good/1  ok, correct\n",
            "├─ a  call",
            "│    try 1",
            "503 ",
            "├─ b  map",
            "│  ├─ [0]  call",
            "│  └─ [1]  call",
            "└─ c  value",
            "~ backoff",
            "░ first token",
            "expected │ \"one\"",
            "output   │ \"one\"",
            "system   │ Be brief.",
            "user     │ Say again one",
            "reply    │ one",
            "attempt 2: status 200",
            "same                 1.00  passed",
        };
        for (size_t k = 0; k < sizeof parts / sizeof parts[0]; k++)
            assert_contains(shown.out, parts[k]);
    }
}

/* Protects who looks for what went wrong: failed cells first, names that a shell takes for one
 * word and `weir show` for that cell; a run by its ID, the newest by default. */
static void what_to_look_at(void **state)
{
    struct place *place = *state;
    const char *db = run_of(place);
    struct ended list = weir(place, "show", NULL);
    assert_code(list, 0);
    assert_contains(list.out, "9 of 9 cells: 2 correct, 4 wrong, 3 failed, 0 without a score");
    ptrdiff_t failed = str_find(list.out, STR("broken/good/1"), 0);
    ptrdiff_t wrong = str_find(list.out, STR("plain/a/b/1"), 0);
    assert_true(failed > 0 && wrong > failed);
    assert_contains(list.out, "'plain/it'\\''s $(touch pwned)/1'");
    assert_contains(list.out, "wrong by 'same'");
    assert_same_text(weir(place, "show", db, NULL).out, list.out);
    assert_same_text(weir(place, "show", sql_text(place, db, "SELECT id FROM run").p, NULL).out,
                     list.out);
    struct ended odd = weir(place, "show", "plain/it's $(touch pwned)/1", NULL);
    assert_code(odd, 0);
    assert_contains(odd.out, "ok, wrong");
    assert_contains(weir(place, "show", "plain/a/b", NULL).out, "plain/a/b/1"); /* trial 1 */
    struct ended none = weir(place, "show", "plain/nobody/1", NULL);
    assert_code(none, 2);
    assert_contains(none.err, "no cell 'plain/nobody/1'; expected variant/sample/trial");
}

/* Protects --diff: steps side by side, what differs in prompts and answers as lines with - and +,
 * against a variant, a cell, a run and a variant of a run. */
static void two_cells_side_by_side(void **state)
{
    struct place *place = *state;
    const char *db = run_of(place);
    struct ended two = weir(place, "show", db, "plain/a/b/1", "--diff", "steps", NULL);
    assert_code(two, 0);
    assert_width(two.out, 100);
    assert_contains(two.out, "A  plain/a/b/1\nB  steps/a/b/1\n");
    assert_contains(two.out, "b[1]");
    assert_contains(two.out, "same   0.00 failed  0.00 failed");
    assert_contains(two.out, "  -Say three\n");
    assert_contains(two.out, "  +Say again three\n");
    assert_contains(weir(place, "show", db, "plain/good/1", "--diff", "plain", NULL).out,
                    "Prompts, replies and answers are the same.\n");
    assert_same_text(weir(place, "show", db, "plain/a/b/1", "--diff", "steps/a/b/1", NULL).out,
                     two.out);

    place_replace(place, "experiment.yaml", "'Say {{q}}'", "'Say {{q}} now'");
    const char *other = run_good(place, "--mock", NULL).db;
    struct ended runs = weir(place, "show", db, "plain/good/1", "--diff", other, NULL);
    assert_code(runs, 0);
    assert_contains(runs.out, "A  plain/good/1 of ");
    assert_contains(runs.out, "  -Say one\n");
    assert_contains(runs.out, "  +Say one now\n");
    assert_contains(runs.out, "answer\n");
    str named = arena_printf(&place->arena, "%s:steps", other);
    struct ended third = weir(place, "show", db, "plain/good/1", "--diff", named.p, NULL);
    assert_code(third, 0);
    assert_contains(third.out, "B  steps/good/1 of ");
    assert_code(weir(place, "show", db, "plain/good/1", "--diff", "nothing", NULL), 2);
}

/* Protects pipes: the same bytes each time, and colours on a terminal alone. */
static void the_same_bytes(void **state)
{
    struct place *place = *state;
    const char *db = run_of(place);
    struct ended first = weir(place, "show", db, "steps/good/1", "--texts", NULL);
    assert_same_text(weir(place, "show", db, "steps/good/1", "--texts", NULL).out, first.out);
    assert_lacks(first.out, "\033");
    assert_contains(first.out, "request {\"model\":\"m\"");
    assert_contains(weir_on_terminal(place, "show", db, "steps/good/1", NULL).out, "\033[32m");
    place_env(place, "NO_COLOR=1");
    assert_lacks(weir_on_terminal(place, "show", db, "steps/good/1", NULL).out, "\033");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        e2e_test(a_cell_as_a_waterfall),
        e2e_test(what_to_look_at),
        e2e_test(two_cells_side_by_side),
        e2e_test(the_same_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
