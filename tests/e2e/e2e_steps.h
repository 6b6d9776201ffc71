/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * e2e_steps.h: an experiment of one call and of two, and a run of it that is slow enough to be stopped in the middle.
 */
#ifndef E2E_STEPS_H
#define E2E_STEPS_H

#include "e2e_run.h"

#include <signal.h>
#include <stdio.h>

static inline void write_rows(struct place *place, int samples)
{
    struct buf rows = {0};
    for (int i = 0; i < samples; i++)
        buf_printf(&rows, "{\"id\": \"s%d\", \"q\": \"q%d\", \"expected\": \"q%d\"}\n", i, i,
                   i);
    str text = arena_str(&place->arena, buf_str(&rows));
    buf_release(&rows);
    place_write(place, "rows.jsonl", text);
}

static inline str results(struct place *place, const char *db)
{
    return results_of(report_text(place, db));
}

static const char quick_mock[] = "seed: 3\n"
                                 "models: {'*': {first_token: 10ms}}\n"
                                 "rules: {all: {reply: 'said {{request.prompt}}'}}\n";

static const char two_steps[] =
    "dataset: {file: rows.jsonl}\n"
    "models: {small: {provider: openai, model: m, price: {input: 1, output: 1}}}\n"
    "defaults: {model: small, max_tokens: 50}\n"
    "retry: {retries: 1, base: 1ms}\n"
    "concurrency: 3\n"
    "variants:\n"
    "  one: {call: {prompt: {user: 'One {{q}}'}}}\n"
    "  two:\n"
    "    chain:\n"
    "      first: {call: {prompt: {user: 'First {{q}}'}}}\n"
    "      second: {call: {prompt: {user: 'Second {{first}}'}}}\n"
    "score: {same: {contains: '{{expected}}'}}\n"
    "mock: mock.yaml\n";

enum { SAMPLES = 8, CELLS = 2 * SAMPLES, CALLS = 3 * SAMPLES };

static inline void write_two_steps(struct place *place)
{
    write_rows(place, SAMPLES);
    place_write_text(place, "experiment.yaml", two_steps);
    place_write_text(place, "mock.yaml", quick_mock);
}

static const char *whole_run(struct place *place)
{
    return run_good(place, "--mock", NULL).db;
}

/* A run of four seconds, with so many calls behind it. Those after it are quick again: the mock is no part
 * of the experiment. */
static inline struct child start_run(struct place *place, int64_t calls)
{
    write_two_steps(place);
    place_replace(place, "mock.yaml", "first_token: 10ms", "first_token: 500ms");
    struct child child = weir_start(place, "run", "--mock", "--quiet", NULL);
    wait_until(run_has_rows(place, "call", calls));
    place_replace(place, "mock.yaml", "first_token: 500ms", "first_token: 10ms");
    return child;
}

#endif
