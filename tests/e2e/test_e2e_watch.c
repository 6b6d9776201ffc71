/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_e2e_watch.c: --watch: whatever an editor does to the files of an experiment, the command is carried out
 * again, once.
 */
#include "e2e_watch.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* In place, and at once: nobody can read half of it. */
static void write_into(struct place *place, const char *name, const char *text)
{
    size_t length = strlen(text);
    assert_int_equal(place_read(place, name).n, length);
    int fd = open(place_path(place, name), O_WRONLY | O_CLOEXEC);
    assert_int_equal(write(fd, text, length), length);
    close(fd);
}

/* Protects work on a prompt: each save shows what it did, against the run before, and pays for the edited
 * variant alone, whether the editor replaces the file or writes into it; a save without a change, or of
 * another file, does nothing. */
static void a_save_shows_what_it_did(void **state)
{
    struct place *place = *state;
    watch_write(place);
    place_write_text(place, "prompts/ask.md", "Gladly say {{q}}\n");
    struct child child = watch_run(place);
    wait_until(watch_rests(&child, 1));
    assert_lacks(child_out(&child), "Against the run before");
    assert_int_equal(watch_sent(watch_last(place, &child), "other"), WATCH_ROWS);
    watch_save(place, "prompts/ask.md", "Please say {{q}}\n");
    wait_until(watch_rests(&child, 2));
    assert_contains(child_err(&child), "weir: prompts/ask.md changed\n");
    str out = child_out(&child);
    assert_contains(out, "Against the run before");
    assert_contains(out, "  edited                      0.0 %  100.0 %   +100.0 points (");
    assert_contains(out, "), better; samples gained 20, lost 0\n");
    assert_contains(out,
                    "  other                     100.0 %  100.0 %   nothing was asked again\n");
    assert_contains(out, "for 20 calls, 20 more came from the cache.");
    assert_int_equal(watch_sent(watch_last(place, &child), "edited"), WATCH_ROWS);
    assert_int_equal(watch_sent(watch_last(place, &child), "other"), 0);
    place_write_text(place, "prompts/other.txt", "nobody asks for this one\n");
    watch_save(place, "prompts/ask.md", "Please say {{q}}\n");
    write_into(place, "prompts/ask.md", "Gladly say {{q}}\n");
    wait_until(watch_rests(&child, 3));
    assert_contains(child_out(&child), "), worse; samples gained 0, lost 20\n");
    assert_contains(child_out(&child),
                    "for 0 calls, 40 more came from the cache."); /* undone */
    check_identities(watch_last(place, &child));
    watch_end(&child, 0);
    assert_int_equal(place_files(place, ".weir/runs"), 3);
}

/* Protects: mistakes are shown with the line and a caret, and are waited for; a file that is away is waited for
 * too; and what was asked before the mistake is not asked again after it. */
static void mistakes_are_waited_for(void **state)
{
    struct place *place = *state;
    watch_write(place);
    struct child child = watch_run(place);
    wait_until(watch_rests(&child, 1));
    place_replace(place, "experiment.yaml", "prompt: ask", "promt: ask");
    wait_until(watch_rests(&child, 2));
    assert_contains(child_err(&child), "experiment.yaml:5:");
    assert_contains(child_err(&child), "did you mean 'prompt'?");
    assert_contains(child_err(&child), "^");
    place_replace(place, "experiment.yaml", "promt: ask", "prompt: ask");
    wait_until(watch_rests(&child, 3));
    assert_contains(child_out(&child), "for 0 calls, 40 more came from the cache.");
    assert_int_equal(unlink(place_path(place, "prompts/ask.md")), 0);
    wait_until(watch_rests(&child, 4));
    assert_contains(child_err(&child), "no prompt 'ask'");
    place_write_text(place, "prompts/ask.md", "Please say {{q}}\n");
    wait_until(watch_rests(&child, 5));
    assert_contains(child_out(&child), "better");
    assert_int_equal(rename(place_path(place, "rows.jsonl"), place_path(place, "away")), 0);
    wait_until(watch_rests(&child, 6));
    assert_int_equal(rename(place_path(place, "away"), place_path(place, "rows.jsonl")), 0);
    wait_until(watch_rests(&child, 7));
    assert_int_equal(unlink(place_path(place, "experiment.yaml")), 0);
    wait_until(watch_rests(&child, 8));
    watch_end(&child, 2);
    assert_int_equal(place_files(place, ".weir/runs"), 4);
}

/* Protects against a run for each of many saves: a program that rewrites a file fifty times in a row makes few
 * runs, the last of them of the last text. */
static void a_burst_is_few_runs(void **state)
{
    struct place *place = *state;
    watch_write(place);
    struct child child = watch_run(place);
    wait_until(watch_rests(&child, 1));
    for (int i = 0; i < 50; i++) {
        place_write(place, "prompts/ask.md", arena_printf(&place->arena, "Say %d {{q}}\n", i));
    }
    place_write_text(place, "prompts/ask.md", "Please, at last, say {{q}}\n");
    wait_until(str_contains(child_out(&child), STR("better; samples gained 20")));
    watch_end(&child, 0);
    assert_in_range(place_files(place, ".weir/runs"), 2, 15);
}

/* Protects `weir check --watch`, and files that come, go and come back with their whole folder. */
static void check_watches_too(void **state)
{
    struct place *place = *state;
    watch_write(place);
    place_write(place, "x/experiment.yaml", place_read(place, "experiment.yaml"));
    place_write(place, "x/rows.jsonl", place_read(place, "rows.jsonl"));
    place_write(place, "x/mock.yaml", place_read(place, "mock.yaml"));
    place_write_text(place, "x/prompts/ask.md", "Say {{q}}\n");
    struct child child = weir_start(place, "check", "x", "--watch", NULL);
    wait_until(watch_rests(&child, 1));
    assert_contains(child_err(&child), "weir: watching 4 files; Ctrl-C ends\n");
    place_write_text(place, "x/prompts/ask.md", "Say {{question}}\n");
    wait_until(watch_rests(&child, 2));
    assert_contains(child_err(&child), "x/prompts/ask.md:1:7");
    place_write_text(place, "x/prompts/ask.md", "Say {{q}}\n");
    wait_until(watch_rests(&child, 3));
    assert_int_equal(rename(place_path(place, "x"), place_path(place, "away")), 0);
    wait_until(watch_rests(&child, 4));
    assert_int_equal(rename(place_path(place, "away"), place_path(place, "x")), 0);
    wait_until(watch_rests(&child, 5));
    place_write_text(place, "x/mock.yaml",
                     "answers: {a: {file: no.jsonl, find: [q], right: [q]}}\n");
    wait_until(watch_rests(&child, 6));
    assert_contains(child_err(&child), "x/mock.yaml:1:");
    place_write_text(place, "x/no.jsonl", "{\"id\": 1, \"q\": \"a\"}\n"); /* is waited for */
    wait_until(watch_rests(&child, 7));
    assert_int_equal(watch_count(child_out(&child), "= 40 cells\n"), 4);
    child_signal(&child, SIGTERM);
    assert_code(child_wait(&child), 0);
    assert_int_equal(place_files(place, "x/.weir"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        e2e_test(a_save_shows_what_it_did),
        e2e_test(mistakes_are_waited_for),
        e2e_test(a_burst_is_few_runs),
        e2e_test(check_watches_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
