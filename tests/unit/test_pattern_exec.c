/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_pattern_exec.c: `exec`, `lookup`, `fallback_models` and the check `exec` as they are read
 * from an experiment: what is refused before anything runs. Runs are in
 * tests/e2e/test_e2e_exec.c.
 */
#include "patterns/patterns.h"

#include "plan/bind.h"
#include "plan/estimate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/stat.h>
/* cmocka wants those before it */
#include <cmocka.h>

#include "io/exec.h"
#include "unit/test_experiment_folder.h"

#define HEAD                                                                                   \
    "dataset: {samples: [{id: 1, text: t}]}\n"                                                 \
    "models: {m: {provider: openai, model: x, price: {input: 1, output: 1}},\n"                \
    "  n: {provider: openai, model: y, temperature: 0.5}}\n"                                   \
    "defaults: {model: m}\n"                                                                   \
    "score: {s: {equals: a}}\n"                                                                \
    "variants:\n"

/* Writes a program that may be executed. */
static void write_program(struct folder *folder, const char *name)
{
    folder_write(folder, name, STR("#!/bin/sh\ncat\n"));
    assert_int_equal(chmod(name, 0700), 0);
}

static void assert_bad(const char *text, const char *messages)
{
    struct folder folder;
    folder_open(&folder);
    write_program(&folder, "run.sh");
    folder_write(&folder, "plain.txt", STR("x"));
    folder_write(&folder, "rows.json", STR("[{\"id\": 1}]"));
    folder_bad(&folder, text, messages);
    folder_close(&folder);
}

/* Protects: programs beside the experiment and on PATH are found; no calls are counted. */
static void test_good(void **state)
{
    (void)state;
    struct folder folder;
    folder_open(&folder);
    write_program(&folder, "run.sh");
    const struct experiment *experiment =
        folder_good(&folder, HEAD "  v:\n"
                                  "    exec: {run: [./run.sh, a], input: {t: \"{{text}}\"}, "
                                  "output: text, env: [HOME], max_output: 2MB, memory: 64MB, "
                                  "cpu_time: 2s}\n"
                                  "    gate: [{exec: [cat], threshold: 0.5}]\n"
                                  "    timeout: 3s\n");
    struct spread calls = folder_calls(experiment);
    assert_true(calls.low == 0 && calls.expected == 0 && calls.worst == 0);
    const struct node *root = experiment->variant[0].root;
    assert_true(root->gate[0]->kind->blocks);
    assert_true(root->gate[0]->threshold == 0.5);
    assert_int_equal(experiment->variant[0].first_step->yields.kind, SHAPE_TEXT);
    folder_close(&folder);
}

/* Protects: a program that cannot be run is a mistake, with its place. */
static void test_programs(void **state)
{
    (void)state;
    assert_bad(
        HEAD "  v: {exec: {run: [./none]}}\n",
        "x.yaml:7:20: exec.run: the program './none' cannot be executed: No such file or "
        "directory");
    assert_bad(
        HEAD "  v: {exec: {run: [./plain.txt]}}\n",
        "x.yaml:7:20: exec.run: the program './plain.txt' cannot be executed: Permission "
        "denied");
    assert_bad(HEAD "  v: {exec: {run: [weir-no-such-program]}}\n",
               "x.yaml:7:20: exec.run: no program 'weir-no-such-program' on PATH");
    assert_bad(HEAD "  v: {value: 1, gate: [{exec: [./none]}]}\n",
               "x.yaml:7:32: exec: the program './none' cannot be executed: No such file or "
               "directory");
}

/* Protects: a command is a list of plain texts: no shell line, no template, no numbers. */
static void test_commands(void **state)
{
    (void)state;
    assert_bad(HEAD "  v: {exec: {run: \"./run.sh -x\"}}\n",
               "x.yaml:7:19: exec.run is a text; expected a list of texts, the program and its "
               "arguments");
    assert_bad(HEAD "  v: {exec: {run: []}}\n",
               "x.yaml:7:19: exec.run is empty; expected a list of texts, the program and its "
               "arguments");
    assert_bad(HEAD "  v: {exec: {run: [./run.sh, \"{{text}}\"]}}\n",
               "x.yaml:7:30: exec.run holds {{…}}; a command is never a template, expected the "
               "values in its input");
    assert_bad(HEAD "  v: {exec: {run: [./run.sh, 3]}}\n",
               "x.yaml:7:30: exec.run has a number; expected a text");
    assert_bad(
        HEAD "  v: {value: 1, gate: [{exec: ./run.sh}]}\n",
        "x.yaml:7:31: exec is the text './run.sh'; expected a list of texts, the program "
        "and its arguments");
}

/* Protects: a program never gets the key of a provider, and templates of its input are checked. */
static void test_inputs(void **state)
{
    (void)state;
    assert_bad(
        HEAD "  v: {exec: {run: [./run.sh], env: [PATH, OPENAI_API_KEY]}}\n",
        "x.yaml:7:43: env names 'OPENAI_API_KEY', which holds a provider's key; a command "
        "must not have it");
    assert_bad(HEAD "  v: {exec: {run: [./run.sh], env: [\"A=B\"]}}\n",
               "x.yaml:7:37: env has a text that is no name of a variable");
    assert_bad(HEAD "  v: {exec: {run: [./run.sh], input: \"{{expected}}\"}}\n",
               "x.yaml:7:41: 'expected' is for scores; a workflow must not see the answer");
}

/* Protects: a sandbox is refused before a run where there is none. */
static void test_sandbox(void **state)
{
    (void)state;
    struct err err = {0};
    struct folder folder;
    folder_open(&folder);
    const char *text = HEAD "  v: {exec: {run: [cat], sandbox: true}}\n";
    if (exec_sandbox_available(&err) == 0) {
        folder_good(&folder, text);
    } else {
        print_message("no sandbox here: %s\n", err.message);
        str wanted = arena_printf(
            &folder.arena, "x.yaml:7:35: sandbox: true is not to be had on this system: %s",
            err.message);
        folder_bad(&folder, text, wanted.p);
    }
    folder_close(&folder);
}

/* Protects: a file of rows that is not there, and a field that no row has. */
static void test_lookup(void **state)
{
    (void)state;
    assert_bad(HEAD "  v: {lookup: {in: none.json, by: id, key: \"{{text}}\"}}\n",
               "x.yaml:7:20: none.json: No such file or directory");
    assert_bad(HEAD "  v: {lookup: {in: rows.json, by: name, key: \"{{text}}\"}}\n",
               "x.yaml:7:35: no row of rows.json has a field 'name'");
    assert_bad(
        HEAD "  v: {lookup: {in: rows.json, by: id, key: \"{{txt}}\"}}\n",
        "x.yaml:7:47: name 'txt' is not known here; in scope: text; did you mean 'text'?");
}

#define CALL "  v: {call: {prompt: {user: \"{{text}}\"}, "

/* Protects: models that stand in are checked as the call's own, and counted in the worst case. */
static void test_fallbacks(void **state)
{
    (void)state;
    struct folder folder;
    folder_open(&folder);
    struct spread calls =
        folder_calls(folder_good(&folder, HEAD CALL "reask: 2, fallback_models: [n]}}\n"));
    assert_true(calls.low == 1 && calls.expected == 1 && calls.worst == 4);
    folder_close(&folder);

    assert_bad(HEAD CALL "fallback_models: [o]}}\n",
               "x.yaml:7:60: unknown model 'o'; models has: m, n");
    assert_bad(HEAD CALL "fallback_models: [m]}}\n",
               "x.yaml:7:60: model 'm' would be asked twice; expected another");
    assert_bad(HEAD CALL "fallback_models: n}}\n",
               "x.yaml:7:59: fallback_models is a text; expected a list of names of models");
    assert_bad(
        HEAD CALL "fallback_models: [n], max_tokens: 5}, budget: {usd: 1}}\n",
        "x.yaml:7:60: model 'n' has no price, and budget.usd must reserve it; expected a "
        "price in the model");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),      cmocka_unit_test(test_programs),
        cmocka_unit_test(test_commands),  cmocka_unit_test(test_inputs),
        cmocka_unit_test(test_sandbox),   cmocka_unit_test(test_lookup),
        cmocka_unit_test(test_fallbacks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
