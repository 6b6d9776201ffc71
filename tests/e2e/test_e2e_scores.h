/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_e2e_scores.h: the experiment of the tests of scores that ask models.
 */
#ifndef TEST_E2E_SCORES_H
#define TEST_E2E_SCORES_H

#include "e2e_run.h"

#include <stdio.h>

/* `%s` are the parts that tests vary: models, scores, mock. */
static const char frame[] =
    "dataset:\n"
    "  samples:\n"
    "    - {id: paris, q: capital of France, expected: The capital of France is Paris}\n"
    "    - {id: lima, q: capital of Peru, expected: Lima is the capital of Peru}\n"
    "    - {id: none, q: nothing at all, expected: null}\n"
    "models:\n"
    "  small: {provider: openai, model: m, price: {input: 1, output: 2}, max_tokens: 60}\n"
    "%s"
    "defaults: {model: small}\n"
    "variants:\n"
    "  once: {call: {prompt: {user: '{{q}}?'}}}\n"
    "  routed:\n"
    "    route:\n"
    "      by: {call: {prompt: {user: 'which of them: {{q}}'}}}\n"
    "      cases: {France: {call: {prompt: {user: '{{q}}?'}}}}\n"
    "      fallback: {value: none}\n"
    "score:\n"
    "%s"
    "retry: {base: 1ms, cap: 2ms}\n"
    "mock:\n"
    "  rules:\n"
    "    route: {when: {prompt: which of them}, reply: France}\n"
    "    judge: {when: {model: j}, reply: {reason: it says so, score: 0.8}}\n"
    "    paris: {when: {prompt: France}, reply: Paris is the capital of France}\n"
    "    other: {reply: no idea}\n"
    "%s";

static const char embedders[] =
    "  embed: {provider: openai, model: text-embedding-3-small, price: {input: 1, output: 0}}\n"
    "  judge: {provider: anthropic, model: j, price: {input: 10, output: 20}}\n";
static const char likeness[] = "  like: {similar: '{{expected}}', model: embed}\n";
static const char opinion[] =
    "  right: {contains: capital}\n"
    "  clear: {llm-rubric: 'Is it clear about {{q}}?', model: judge, repeats: 3}\n";

static inline void write_experiment(struct place *place, const char *models, const char *scores,
                                    const char *mock)
{
    place_write(place, "experiment.yaml",
                arena_printf(&place->arena, frame, models, scores, mock));
}

#endif
