/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_e2e_init_models.c: weir init with somebody's own models, by options and asked at a terminal.
 */
#include "e2e_run.h"

#include "base/file.h"

/* "  3  refine   one draft, …": the name */
static str entry_name(str line)
{
    str number, name, rest;
    str_cut(str_trim(line), ' ', &number, &rest);
    str_cut(str_trim(rest), ' ', &name, &rest);
    return name;
}

/* Every entry of the cookbook asked of other models: the text is rewritten line by line, so the form of all of
 * them is what it must be. */
static void every_entry_takes_other_models(void **state)
{
    struct place *place = *state;
    str line, rest = weir(place, "init", "--list", NULL).out;
    while (str_cut(rest, '\n', &line, &rest) && line.n) {
        const char *name = arena_str(&place->arena, entry_name(line)).p;
        if (fixture_needs_sandbox(place, name))
            continue;
        assert_code(weir(place, "init", "--from", name, "--base-url", "http://127.0.0.1:9/v1",
                         "--model", "their/model:free", "--quiet", NULL),
                    0);
        const char *path = arena_printf(&place->arena, "%s/experiment.yaml", name).p;
        str text = place_read(place, path);
        assert_lacks(text, "gpt-");
        assert_lacks(text, "claude-");
        assert_contains(text, ": {provider: mine, model: \"their/model:free\"");
        assert_contains(place_read(place, arena_printf(&place->arena, "%s/mock.yaml", name).p),
                        "  \"their/model:free\":");
    }
}

/* Protects "point it at your API": provider and models are the wanted ones, settings stay, the mock plays the new
 * ones, and what to type next names the key. */
static void the_models_may_be_ones_own(void **state)
{
    struct place *place = *state;
    struct ended ended =
        weir(place, "init", "my own", "--from", "article", "--provider", "anthropic", "--model",
             "small=claude-haiku-4-5", "--model", "judge=claude-sonnet-x", NULL);
    assert_code(ended, 0);
    assert_contains(ended.err, "  cd 'my own'\n");
    assert_contains(ended.err, "  export ANTHROPIC_API_KEY=…\n");
    assert_contains(ended.err, "weir run -n 5 --max-calls 50");
    str text = place_read(place, "my own/experiment.yaml");
    assert_contains(text, "\n  small: {provider: anthropic, model: claude-haiku-4-5}\n");
    assert_contains(
        text, "\n  judge: {provider: anthropic, model: claude-sonnet-x, max_tokens: 200}\n");
    assert_code(weir(place, "check", "my own", NULL), 0);
    struct ended ran =
        weir(place, "run", "my own", "--mock", "--trials", "1", "-n", "1", "--quiet", NULL);
    assert_true(ran.code == 0 || ran.code == 100);
    assert_code(weir(place, "init", "table", "--from", "faq", "--model", "gpt-5-mini", NULL),
                0);
    assert_contains(place_read(place, "table/experiment.yaml"),
                    "{provider: openai, model: gpt-5-mini}");
    assert_code(weir(place, "init", "key", "--from", "faq", "--base-url", "http://h/v1",
                     "--key-env", "MY_KEY", "--model", "Null", NULL),
                0);
    text = place_read(place, "key/experiment.yaml");
    assert_contains(text, "    key_env: MY_KEY\n");
    assert_contains(text, "model: \"Null\""); /* a name, not YAML's */
}

/* Protects: what cannot be is refused before anything is written, with the nearest word. */
static void models_that_cannot_be_are_refused(void **state)
{
    struct place *place = *state;
    static const struct {
        const char *one, *other, *says;
    } wrong[] = {{"--provider=antropic", "--model=m", "did you mean 'anthropic'?"},
                 {"--provider=anthropic", "--quiet", "which model plays 'small'?"},
                 {"--model=smal=m", "--quiet", "did you mean 'small'?"},
                 {"--base-url=http://h/v1", "--provider=openai", "expected no --provider"},
                 {"--key-env=K", "--model=m", "expected that too"}};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct ended ended =
            weir(place, "init", "x", "--from", "refine", wrong[i].one, wrong[i].other, NULL);
        assert_code(ended, 2);
        assert_contains(ended.err, wrong[i].says);
        assert_false(dir_exists(place_path(place, "x")));
    }
    place_write_text(place, "file", "x");
    struct ended ended = weir(place, "init", "file", "--from", "faq", NULL);
    assert_code(ended, 2);
    assert_contains(ended.err, "file is a file; expected a new folder");
    assert_code(weir(place, "init", "file/in", "--from", "faq", NULL), 1);
}

/* Protects somebody at a terminal who gives nothing: entry, folder, provider and models are asked for; an empty
 * answer takes what stands there. */
static void a_terminal_is_asked(void **state)
{
    struct place *place = *state;
    struct ended ended = weir_typed(place, "?", "faq\n\n\n", "init", NULL);
    assert_code(ended, 0);
    assert_contains(ended.out, "which one (name or number)?");
    assert_contains(ended.out, "into which folder (faq)?");
    assert_contains(ended.out, "Enter: the mock, for now");
    assert_contains(place_read(place, "faq/experiment.yaml"), "gpt-6-luna");
    ended =
        weir_typed(place, "?", "refine\nmine\nanthropic\nclaude-a\nclaude-b\n", "init", NULL);
    assert_code(ended, 0);
    assert_contains(ended.out, "which of its models plays 'judge' (there: gpt-6.1-sol)?");
    assert_contains(place_read(place, "mine/experiment.yaml"),
                    "  judge: {provider: anthropic, model: claude-b}\n");
    ended = weir_typed(place, "?", "faqq\n", "init", NULL);
    assert_code(ended, 2);
    assert_contains(ended.out, "did you mean 'faq'?");
    ended =
        weir_typed(place, "?", "other\n", "init", "--from", "faq", NULL); /* the folder alone */
    assert_code(ended, 0);
    assert_true(file_exists(place_path(place, "other/experiment.yaml")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        e2e_test(every_entry_takes_other_models),
        e2e_test(the_models_may_be_ones_own),
        e2e_test(models_that_cannot_be_are_refused),
        e2e_test(a_terminal_is_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
