/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * e2e_watch.c: see e2e_watch.h.
 */
#include "e2e_watch.h"

#include <signal.h>
#include <stdio.h>

const char watch_experiment[] =
    "dataset: rows.jsonl\n"
    "models: {small: {provider: openai, model: m, price: {input: 1, output: 1}}}\n"
    "defaults: {model: small, max_tokens: 10}\n"
    "variants:\n"
    "  edited: {call: {prompt: ask}}\n"
    "  other: {call: {prompt: {user: 'Please say {{q}}'}}}\n"
    "score: {same: {equals: '{{expected}}'}}\n"
    "concurrency: 4\n"
    "mock: mock.yaml\n";

static const char mock_file[] = "models: {'*': {first_token: 0ms, per_token: 0ms}}\n"
                                "rules:\n"
                                "  kind: {when: {prompt: lease}, reply: hi}\n"
                                "  rude: {reply: no, first_token: 0ms}\n";

void watch_write(struct place *place)
{
    struct buf rows = {0};
    /* Questions of one length: each call reserves the same of a budget, whoever asks first. */
    for (int i = 0; i < WATCH_ROWS; i++)
        buf_printf(&rows, "{\"id\": %d, \"q\": \"q%02d\", \"expected\": \"hi\"}\n", i, i);
    place_write(place, "rows.jsonl", arena_str(&place->arena, buf_str(&rows)));
    buf_release(&rows);
    place_write_text(place, "experiment.yaml", watch_experiment);
    place_write_text(place, "mock.yaml", mock_file);
    place_write_text(place, "prompts/ask.md", "Say {{q}}\n");
    place_env(place, "CI");
}

void watch_slow(struct place *place, const char *time)
{
    place_replace(place, "mock.yaml", "no, first_token: 0ms",
                  arena_printf(&place->arena, "no, first_token: %s", time).p);
}

size_t watch_count(str text, const char *part)
{
    size_t count = 0;
    str wanted = str_from(part);
    for (size_t i = 0; i + wanted.n <= text.n; i++)
        count += str_equal(str_sub(text, i, i + wanted.n), wanted);
    return count;
}

bool watch_rests(const struct child *child, size_t times)
{
    return watch_count(child_err(child), "weir: watching ") >= times;
}

int64_t watch_sent(const char *db, const char *variant)
{
    return sql_int(db,
                   "SELECT ifnull(sum(sent), 0) FROM cell JOIN variant USING (variant) WHERE "
                   "name = '%s'",
                   variant);
}

const char *watch_last(struct place *place, const struct child *child)
{
    str line, rest = child_out(child), last = {"", 0};
    while (rest.n) {
        str_cut(rest, '\n', &line, &rest);
        if (str_ends_with(line, STR(".db")))
            last = line;
    }
    assert_true(last.n > 0);
    return place_path(place, arena_str(&place->arena, last).p);
}

void watch_save(struct place *place, const char *name, const char *text)
{
    const char *beside = arena_printf(&place->arena, "%s~", name).p;
    place_write_text(place, beside, text);
    assert_int_equal(rename(place_path(place, beside), place_path(place, name)), 0);
}

void watch_end(struct child *child, int code)
{
    child_signal(child, SIGINT);
    struct ended ended = child_wait(child);
    assert_code(ended, code);
    assert_lacks(ended.err, "Sanitizer");
    assert_int_equal(place_processes(child->place), 0);
}

struct child watch_run(struct place *place)
{
    return weir_start(place, "run", "--mock", "--watch", "--no-progress-bar", NULL);
}
