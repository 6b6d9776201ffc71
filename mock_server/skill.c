/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * skill.c: chances and keyed draws of being right (see skill.h).
 */
#include "mock_server/skill.h"

#include "base/hash.h"
#include "mock_server/reading.h"

#include <math.h>

const char *const skill_mode_names[] = {"bernoulli", "exact", "paired", NULL};

struct skill skill_of(double at)
{
    return (struct skill){
        .at = at, .at_given = true, .per_1k_tokens = 1, .per_instruction = 1, .middle = 1};
}

/* clang-format off */
const struct opt skill_options[] = {
    OPT_SHARE(skill, at, OPT_GIVEN(skill, at_given), .help = "chance before the factors"),
    OPT_NUMBER(skill, ability, OPT_GIVEN(skill, ability_given), .help = "chance = 1 / (1 + e^(difficulty - ability)), difficulty from the answer key"),
    OPT_NUMBER(skill, per_1k_tokens, .fallback = "1", .min = 0, .max = 1000, .help = "factor for every 1,000 prompt tokens"),
    OPT_CUSTOM(skill, instruction, .custom = regex_read, .word = "regex", .help = "what counts as an instruction"),
    OPT_NUMBER(skill, per_instruction, .fallback = "1", .min = 0, .max = 1000, .help = "factor for every match of instruction beyond the first"),
    OPT_SHARE(skill, middle, .fallback = "1", .help = "factor when the row's text stands in the very middle of the prompt; 1 at both ends"),
    OPT_SHARE(skill, floor, .fallback = "0", .help = "never below"),
    OPT_END_FORM("{oneOf: [{required: [at]}, {required: [ability]}]}"),
};
/* clang-format on */

int skill_read(struct opt_parse *parse, const struct yaml *value, void *field)
{
    struct skill *skill = field;
    if (value->kind == YAML_NUMBER) {
        if (value->number < 0 || value->number > 1)
            return mistake_add(parse->mistakes, value->place,
                               "skill is %s; expected a number from 0 to 1",
                               value_shown(parse->arena, value));
        *skill = skill_of(value->number);
        return 0;
    }
    if (value->kind != YAML_MAPPING)
        return mistake_add(parse->mistakes, value->place,
                           "skill is %s; expected a number from 0 to 1, or a mapping",
                           value_shown(parse->arena, value));
    *skill = (struct skill){0};
    opt_defaults(skill_options, parse->arena, skill);
    if (opt_parse_mapping(parse, skill_options, value, "skill", NULL, skill) < 0)
        return -1;
    if (skill->at_given == skill->ability_given)
        return mistake_add(parse->mistakes, value->place,
                           "skill has %s 'ability'; expected exactly one",
                           skill->at_given ? "both 'at' and" : "neither 'at' nor");
    return 0;
}

enum { INSTRUCTIONS_MAX = 10000 };

double skill_chance(const struct skill *skill, const struct skill_facts *facts)
{
    double chance =
        skill->ability_given ? 1 / (1 + exp(facts->difficulty - skill->ability)) : skill->at;
    if (skill->per_1k_tokens != 1)
        chance *= pow(skill->per_1k_tokens, facts->tokens / 1000);
    if (skill->instruction && skill->per_instruction != 1) {
        size_t matches = regex_count(skill->instruction, facts->prompt, INSTRUCTIONS_MAX);
        if (matches > 1)
            chance *= pow(skill->per_instruction, (double)(matches - 1));
    }
    double from_middle = fabs(2 * facts->place - 1);
    chance *= skill->middle + (1 - skill->middle) * from_middle;
    chance = chance < skill->floor ? skill->floor : chance;
    return chance > 1 ? 1 : chance;
}

/* ---- draws ---- */

/* One hash of all parts, rather than one after the other: this is done for every reply. */
static struct rng_key population_key(const struct skill_draw *draw)
{
    str model = draw->mode == MODE_PAIRED ? STR("") : draw->model;
    const uint64_t parts[] = {hash_sip(1, 0, draw->scope.p, draw->scope.n),
                              hash_sip(2, 0, model.p, model.n),
                              hash_sip(3, 0, draw->rule.p, draw->rule.n)};
    return rng_mix_str(rng_key(draw->seed), (str){(const char *)parts, sizeof parts});
}

static struct rng_key mix_key(struct rng_key key, struct rng_key other)
{
    return rng_mix_str(key, (str){(const char *)&other, sizeof other});
}

struct rng_key skill_draw_key(const struct skill_draw *draw)
{
    struct rng_key item = rng_mix_int(population_key(draw), draw->item), key = item;
    bool repeats =
        draw->mode != MODE_BERNOULLI ||
        (draw->systematic > 0 && rng_uniform(item, "systematic", 0) < draw->systematic);
    if (!repeats)
        key = mix_key(key, draw->sample);
    if (draw->prompt_sensitivity > 0 &&
        rng_uniform(item, "sensitivity", 0) < draw->prompt_sensitivity)
        key = mix_key(key, draw->content);
    return key;
}

/* A keyed permutation of 0 .. n-1 without a table: a Feistel network of four rounds on the
 * smallest even number of bits that holds n, walked until the value falls inside (Black and
 * Rogaway, "Ciphers with arbitrary finite domains", 2002). */
static uint64_t permute(struct rng_key key, uint64_t x, uint64_t n)
{
    unsigned half = 1;
    while (half < 31 && (UINT64_C(1) << (2 * half)) < n)
        half++;
    uint64_t mask = (UINT64_C(1) << half) - 1;
    do {
        uint64_t left = x >> half, right = x & mask;
        for (uint64_t round = 0; round < 4; round++) {
            uint64_t mixed = left ^ (rng_bits(key, "permute", round << 32 | right) & mask);
            left = right;
            right = mixed;
        }
        x = left << half | right;
    } while (x >= n);
    return x;
}

double skill_draw_u(const struct skill_draw *draw, uint64_t choice)
{
    if (draw->mode != MODE_EXACT)
        return rng_uniform(skill_draw_key(draw), "answer", choice);
    struct rng_key key = rng_mix_int(population_key(draw), choice);
    double offset = rng_uniform(key, "offset", 0);
    return ((double)permute(key, draw->index, draw->items) + offset) / (double)draw->items;
}
