/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * skill.h: how often a model is right, and which answers those are.
 *
 * chance = max(floor, base · per_1k_tokens^(tokens/1000) · per_instruction^(matches−1) · place),
 * base being `at` or 1/(1+e^(difficulty−ability)), and place falling linearly from 1 at both
 * ends of the prompt to `middle` in its middle. A reply is right iff u < chance; u comes from
 * skill_draw, which knows the modes.
 */
#ifndef MOCK_SKILL_H
#define MOCK_SKILL_H

#include "base/option.h"
#include "base/regex.h"
#include "base/rng.h"

struct skill {
    double at, ability;
    bool at_given, ability_given;
    double per_1k_tokens;
    const struct regex *instruction;
    double per_instruction;
    double middle, floor;
};

struct skill skill_of(double at);
/* Custom reader for a struct skill: a share or a mapping. */
int skill_read(struct opt_parse *parse, const struct yaml *value, void *field);
extern const struct opt skill_options[];

struct skill_facts {
    double difficulty;
    double tokens; /* of the prompt */
    double place;  /* of the row's text in the prompt, 0 at its beginning, 1 at its end */
    str prompt;
};
double skill_chance(const struct skill *skill, const struct skill_facts *facts);

enum skill_mode { MODE_BERNOULLI, MODE_EXACT, MODE_PAIRED };
extern const char *const skill_mode_names[];

/* What a draw may depend on. */
struct skill_draw {
    uint64_t seed;
    enum skill_mode mode;
    double systematic, prompt_sensitivity;
    str scope, model, rule;
    uint64_t item;          /* name of the item, stable */
    uint64_t index, items;  /* its place among all items of the answer key */
    struct rng_key sample;  /* of the idempotency key, or what stands for it */
    struct rng_key content; /* of the request */
};

/* The key of all draws about this answer (purposes "answer", "distractor", …). Exact and paired
 * draws depend on the item alone, and so repeat on every trial. */
struct rng_key skill_draw_key(const struct skill_draw *draw);
/* u in [0, 1). In mode exact the u of all items are spread evenly: for any chance p the number
 * of items with u < p is p·N, rounded up or down. */
double skill_draw_u(const struct skill_draw *draw, uint64_t choice);

#endif
