/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_e2e_help.c: what weir says of itself: every command, pattern, check and section has a help
 * text, the manual page has every command, and a shell completes by the script made for it.
 */
#include "e2e_run.h"

/* "  vote           the same question …": the name; empty for other lines */
static str row_name(str line)
{
    str name, rest;
    if (!str_starts_with(line, STR("  ")) || str_starts_with(line, STR("   ")) ||
        !str_cut(str_trim(line), ' ', &name, &rest) || !str_starts_with(rest, STR(" ")))
        return STR("");
    return name;
}

/* Protects: all that `weir help` names it can explain. */
static void every_topic_is_explained(void **state)
{
    struct place *place = *state;
    struct ended all = weir(place, "help", NULL);
    size_t topics = 0;
    assert_code(all, 0);
    for (str line, rest = all.out; rest.n && (str_cut(rest, '\n', &line, &rest), true);) {
        str name = row_name(line);
        if (!name.n)
            continue;
        struct ended ended = weir(place, "help", arena_str(&place->arena, name).p, NULL);
        assert_code(ended, 0);
        assert_contains(ended.out, arena_str(&place->arena, name).p);
        topics++;
    }
    assert_true(topics > 80);
    struct ended vote = weir(place, "help", "vote", NULL);
    assert_contains(vote.out, "stop_early");
    assert_contains(vote.out, "majority or plurality; default majority");
    struct ended unknown = weir(place, "help", "vots", NULL);
    assert_code(unknown, 2);
    assert_contains(unknown.err, "did you mean 'vote'?");
    /* a key is found in the sections that have it */
    struct ended key = weir(place, "help", "max_tokens", NULL);
    assert_code(key, 0);
    assert_contains(key.out, "under defaults");
    assert_contains(weir(place, "help", "require", NULL).out, "under experiment");
    /* what has no table of keys has a sentence and an example */
    static const char *const values[][2] = {{"chain", "    sort: {call: {prompt: {user: "},
                                            {"use", "{use: answer}"},
                                            {"value", "both: {value: "}};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        assert_contains(weir(place, "help", values[i][0], NULL).out, values[i][1]);
    str transforms = weir(place, "help", "transform", NULL).out;
    assert_contains(transforms, "  no-punctuation     without punctuation");
    assert_contains(transforms, "  {label: …}         the only one of the labels");
    assert_contains(weir(place, "help", "equals", NULL).out, "takes YES! for YES");
    str mock = weir(place, "help", "mock", NULL).out;
    assert_contains(mock, "docs/mock-server.md");
    assert_contains(mock, "  unknown_model      refuse: the provider's 404\n"
                          "                     serve or refuse; default serve\n");
    assert_contains(weir(place, "help", "mock-limit", NULL).out,
                    "mock-limit: an entry of limits\n\n  per ");
    assert_contains(weir(place, "help", "rpm", NULL).out,
                    "rpm, under mock-limit (weir help mock-limit): requests per minute\n");
}

/* Protects: the manual page has every command, in roff. */
static void the_manual_has_every_command(void **state)
{
    struct place *place = *state;
    struct ended ended = weir(place, "help", "--man", NULL);
    assert_code(ended, 0);
    assert_true(str_starts_with(ended.out, STR(".\\\" Written by")));
    assert_contains(ended.out, "\n.SS baseline\n");
    assert_contains(ended.out, "\n.SS unpack\n");
    assert_contains(ended.out, "\\fB\\-\\-max\\-calls\\fR");
    assert_contains(ended.out, "\n.SH EXIT STATUS\n");
}

/* What bash offers for a line, a word on each line. */
static str completed(struct place *place, const char *words, int at)
{
    const char *script = arena_printf(&place->arena,
                                      "eval \"$(%s completion bash)\"\n"
                                      "COMP_WORDS=(%s) COMP_CWORD=%d\n"
                                      "_weir\nprintf '%%s\\n' \"${COMPREPLY[@]}\"\n",
                                      E2E_WEIR, words, at)
                             .p;
    place_write(place, "complete.sh", str_from(script));
    const char *argv[] = {"/bin/bash", "complete.sh", NULL};
    struct child child = child_start(place, argv);
    struct ended ended = child_wait(&child);
    assert_code(ended, 0);
    assert_int_equal(ended.err.n, 0);
    return ended.out;
}

/* Protects: commands, options, words of an option, words of a command, files. */
static void bash_completes(void **state)
{
    struct place *place = *state;
    place_write(place, "data.yaml", STR("x"));
    assert_text(completed(place, "weir bas", 1), "baseline\n");
    assert_text(completed(place, "weir run --max-c", 2), "--max-cost\n--max-calls\n");
    assert_text(completed(place, "weir list pat", 2), "patterns\n");
    assert_text(completed(place, "weir check da", 2), "data.yaml\n");
    assert_contains(completed(place, "weir run --arrivals ''", 3), "poisson\n");
}

/* Protects: the other shells' scripts have every command and option too. */
static void other_shells_have_all_words(void **state)
{
    struct place *place = *state;
    static const char *const shells[] = {"zsh", "fish"};
    for (size_t i = 0; i < 2; i++) {
        struct ended ended = weir(place, "completion", shells[i], NULL);
        assert_code(ended, 0);
        assert_contains(ended.out, "baseline");
        assert_contains(ended.out, "max-calls");
        assert_contains(ended.out, "poisson");
    }
    struct ended unknown = weir(place, "completion", "tcsh", NULL);
    assert_code(unknown, 2);
    assert_contains(unknown.err, "expected one of bash, fish, zsh");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        e2e_test(every_topic_is_explained),
        e2e_test(the_manual_has_every_command),
        e2e_test(bash_completes),
        e2e_test(other_shells_have_all_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
