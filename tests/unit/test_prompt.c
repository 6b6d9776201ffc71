/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_prompt.c: prompts in place and from files: messages, places, mistakes.
 */
#include "plan/prompt.h"

#include "base/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
/* cmocka wants those before it */
#include <cmocka.h>

static const char path[] = TEST_BINARY_DIR "/test_prompt.md";

struct bench {
    struct arena arena;
    struct mistakes mistakes;
};

static void bench_open(struct bench *bench)
{
    *bench = (struct bench){0};
    mistakes_init(&bench->mistakes, &bench->arena);
}

static const struct prompt *load(struct bench *bench, str text)
{
    struct err err = {0};
    bench_open(bench);
    assert_int_equal(file_write(path, text, &err), 0);
    const struct prompt *prompt = prompt_load(&bench->arena, STR("p"), str_from(path),
                                              STR("prompts/p.md"), &bench->mistakes);
    assert_int_equal(unlink(path), 0);
    return prompt;
}

static const struct prompt *in_place(struct bench *bench, const char *text)
{
    bench_open(bench);
    struct source *source = arena_new(&bench->arena, struct source);
    *source = (struct source){STR("x.yaml"), str_from(text)};
    const struct yaml *yaml =
        yaml_parse(&bench->arena, source, &yaml_file_limits, &bench->mistakes);
    assert_non_null(yaml);
    return prompt_new(&bench->arena, yaml, &bench->mistakes);
}

static void assert_message(struct bench *bench, const struct prompt *prompt, size_t i,
                           enum llm_role role, const char *text)
{
    struct template_problem problem = {0};
    const struct env *env =
        env_bind(&bench->arena, NULL, STR("x"), json_new_text(&bench->arena, STR("X")));
    str rendered;
    assert_true(i < prompt->count);
    assert_int_equal(prompt->message[i].role, role);
    assert_int_equal(
        template_render(prompt->message[i].text, env, &bench->arena, &rendered, &problem), 0);
    assert_string_equal(arena_str(&bench->arena, rendered).p, text);
}

/* Front matter gives system and earlier turns; the rest is the user message, less one break. */
static void test_file(void **state)
{
    (void)state;
    struct bench bench;
    const struct prompt *prompt = load(
        &bench, STR("---\ndescription: d\nsystem: Be {{x}}.\nmessages:\n"
                    "  - {role: user, text: \"{{x}}?\"}\n  - {role: assistant, text: yes}\n"
                    "---\n\nAsk {{x}}\n---\nend\n\n"));
    if (!prompt)
        fail_msg("%s", mistakes_text(&bench.mistakes).p);
    assert_int_equal(prompt->count, 4);
    assert_true(prompt->in_file);
    assert_string_equal(prompt->name.p, "p");
    assert_message(&bench, prompt, 0, LLM_SYSTEM, "Be X.");
    assert_message(&bench, prompt, 1, LLM_USER, "X?");
    assert_message(&bench, prompt, 2, LLM_ASSISTANT, "yes");
    assert_message(&bench, prompt, 3, LLM_USER, "\nAsk X\n---\nend\n");
    arena_release(&bench.arena);
}

struct body_case {
    str text;
    const char *body;
};

/* Forms of a file that are all good. */
static void test_forms(void **state)
{
    (void)state;
    static const struct body_case cases[] = {
        {STR_INIT("Hello"), "Hello"},
        {STR_INIT("Hello\n"), "Hello"},
        {STR_INIT("Hello\n\n"), "Hello\n"},
        {STR_INIT("\xef\xbb\xbfHello {{x}}\r\nthere\r\n"), "Hello X\nthere"},
        {STR_INIT("\xef\xbb\xbf---\r\ndescription: d\r\n---\r\nHello\r\n"), "Hello"},
        {STR_INIT("---\n---\nHello"), "Hello"},
        {STR_INIT("--- \n# a comment\n---\t\nHello"), "Hello"},
        {STR_INIT("----\nHello\n----\n"), "----\nHello\n----"},
        {STR_INIT("{{x}}"), "X"},
        {STR_INIT("Hello\n---\nthere"), "Hello\n---\nthere"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bench bench;
        const struct prompt *prompt = load(&bench, cases[i].text);
        if (!prompt)
            fail_msg("%zu: %s", i, mistakes_text(&bench.mistakes).p);
        assert_int_equal(prompt->count, 1);
        assert_message(&bench, prompt, 0, LLM_USER, cases[i].body);
        arena_release(&bench.arena);
    }
}

/* Mistakes stand at their place in the file, below front matter, BOM and CR LF too. */
static void test_file_mistakes(void **state)
{
    (void)state;
    static const struct {
        str text;
        const char *message;
    } cases[] = {
        {STR_INIT(""), "prompts/p.md:1:1: the prompt has no text; expected the user message"},
        {STR_INIT(" \n\n"), "prompts/p.md:1:1: the prompt has no text"},
        {STR_INIT("---\nsystem: a\n---\n \n"),
         "prompts/p.md:4:1: the prompt has no text; expected the user message below the front "
         "matter"},
        {STR_INIT("---\nsystem: a\nHello\n"),
         "prompts/p.md:1:1: the front matter is not closed; expected a second line ---"},
        {STR_INIT("---\nuser: a\n---\nHello\n"), "prompts/p.md:2:1: 'user' is not a key of a "
                                                 "prompt file; the text below the second --- "
                                                 "is the user message"},
        {STR_INIT("---\nsytem: a\n---\nHello\n"),
         "prompts/p.md:2:1: unknown key 'sytem' in the front matter; did you mean 'system'?"},
        {STR_INIT("---\nsystem: [a]\n---\nHello\n"),
         "prompts/p.md:2:9: system is a list; expected a text"},
        {STR_INIT("---\n[a]\n---\nHello\n"), "prompts/p.md:2:1: the front matter is a list"},
        {STR_INIT("---\nsystem: \"{{a\"\n---\nHello\n"),
         "prompts/p.md:2:10: '{{' is not closed"},
        {STR_INIT("---\nmessages: [{role: system, text: a}]\n---\nHello\n"),
         "prompts/p.md:2:19: role is 'system'; expected user or assistant"},
        {STR_INIT("---\nmessages: {role: user}\n---\nHello\n"),
         "messages is a mapping; expected a list of {role, text}"},
        {STR_INIT("---\nmessages: [{role: user}]\n---\nHello\n"), "a message has no 'text'"},
        {STR_INIT("---\nsystem: a: b\n---\nHello\n"), "prompts/p.md:2:"},
        {STR_INIT("\xef\xbb\xbf---\r\nsystem: a\r\n---\r\nHello\r\n\xc3\xa4 {{a\r\n"),
         "prompts/p.md:5:3: '{{' is not closed"},
        {STR_INIT("Hello\n\xff\n"), "prompts/p.md:2:1: byte 0xff is not UTF-8"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bench bench;
        assert_null(load(&bench, cases[i].text));
        str text = mistakes_text(&bench.mistakes);
        if (!str_contains(text, str_from(cases[i].message)))
            fail_msg("%zu: %s\nexpected %s", i, text.p, cases[i].message);
        assert_int_equal(bench.mistakes.count, 1);
        arena_release(&bench.arena);
    }
}

/* A file that is not there is told with its path. */
static void test_no_file(void **state)
{
    (void)state;
    struct bench bench;
    bench_open(&bench);
    assert_null(prompt_load(&bench.arena, STR("p"), STR(TEST_BINARY_DIR "/no/such.md"),
                            STR("prompts/such.md"), &bench.mistakes));
    assert_true(str_contains(mistakes_text(&bench.mistakes), STR("such.md")));
    arena_release(&bench.arena);
}

/* The same keys in place, with the user message among them. */
static void test_in_place(void **state)
{
    (void)state;
    struct bench bench;
    const struct prompt *prompt = in_place(
        &bench, "{system: s, messages: [{role: assistant, text: a}], user: \"u {{x}}\","
                " description: d}");
    assert_non_null(prompt);
    assert_int_equal(prompt->count, 3);
    assert_false(prompt->in_file);
    assert_int_equal(prompt->name.n, 0);
    assert_message(&bench, prompt, 0, LLM_SYSTEM, "s");
    assert_message(&bench, prompt, 1, LLM_ASSISTANT, "a");
    assert_message(&bench, prompt, 2, LLM_USER, "u X");
    arena_release(&bench.arena);

    static const struct {
        const char *text, *message;
    } cases[] = {
        {"{system: s}", "x.yaml:1:1: prompt has no 'user'"},
        {"{user: [a]}", "x.yaml:1:8: user is a list; expected a text"},
        {"{usr: a, user: b}", "x.yaml:1:2: unknown key 'usr' in prompt; did you mean 'user'?"},
        {"text", "x.yaml:1:1: prompt is a text; expected a mapping"},
        {"{user: a, description: [d]}", "description is a list; expected a text"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_null(in_place(&bench, cases[i].text));
        str text = mistakes_text(&bench.mistakes);
        if (!str_contains(text, str_from(cases[i].message)))
            fail_msg("%s: %s\nexpected %s", cases[i].text, text.p, cases[i].message);
        arena_release(&bench.arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_file),          cmocka_unit_test(test_forms),
        cmocka_unit_test(test_file_mistakes), cmocka_unit_test(test_no_file),
        cmocka_unit_test(test_in_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
