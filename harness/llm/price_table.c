/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * price_table.c: list prices of models, with their day and source.
 *
 * US dollars per million tokens, standard tier, as the sources printed them. Prices change
 * monthly: a row is a default that `price` of a model replaces. What the columns cannot say:
 *
 * - OpenAI charges 1.25 times the input for what is written to the cache from gpt-5.6 on, and
 *   Anthropic for its five minutes of cache (twice for an hour); both are in the column. Where a
 *   provider has no price for cache reads or writes, they cost what input costs.
 * - Above some 272,000 input tokens OpenAI's flagships from gpt-5.4 on cost twice for input and one
 *   and a half times for output, for the whole request; above 200,000 Gemini's Pro models do
 *   (`input_most`). That cached input doubles too is an assumption.
 * - Gemini 3.6 and 3.8 Flash have an introductory price until 2026-12-31 and cost twice that
 *   afterwards (`introductory`).
 * - Batch costs half with all three providers, flex half with OpenAI and Google; priority ("fast") is
 *   known for gpt-6.1-sol alone, which then costs twice (`tiers`). Batch prices of OpenAI and Anthropic
 *   are as published for years, not from the sources of the rows. Any other tier is unknown.
 *
 * Embedding models have no output.
 */
#include "llm/price.h"

#include <string.h>

/* Half a nano-dollar is added because 0.075 is no binary fraction. */
#define NANO(dollars) ((int64_t)((dollars)*1e9 + 0.5))
#define PRICE(in, cached, write, out, most)                                                    \
    {                                                                                          \
        .known = true, .input = NANO(in), .cache_read = NANO(cached),                          \
        .cache_write = NANO(write), .output = NANO(out), .input_most = (most)                  \
    }

#define GENAI  "genai-prices 0.1.8 (MIT), which follows the providers' price pages"
#define CODEX  "CodexManager 0.4.7 release notes, quoting OpenAI's model page (secondary)"
#define FUEL24 "PromptFuel 1.0.24 release notes, quoting OpenAI's prices (secondary)"
#define FUEL23 "PromptFuel 1.0.23 release notes, quoting Anthropic's prices (secondary)"

/* clang-format off */
static const struct llm_price_row rows[] = {
    /*                                                 input cached  write output  up to */
    {"gpt-6-astra",             "openai",    PRICE(   10,     1,   12.5,    50, 272000), GENAI, "2026-09-23"},
    {"gpt-6-sol",               "openai",    PRICE(    2,   0.2,    2.5,    10, 272000), GENAI, "2026-09-23"},
    {"gpt-6.1-sol",             "openai",    PRICE(    2,   0.1,    2.5,    10, 272000), CODEX, "2026-09-30"},
    {"gpt-6.1-terra",           "openai",    PRICE(    1,  0.05,   1.25,     5, 272000), FUEL24, "2026-10-27"},
    {"gpt-6-luna",              "openai",    PRICE(  0.1,  0.01,  0.125,   0.5,      0), GENAI, "2026-09-23"},
    {"gpt-5.6-sol",             "openai",    PRICE(    4,   0.4,      5,    20, 272000), GENAI, "2026-09-23"},
    {"gpt-5.6-terra",           "openai",    PRICE(    2,   0.2,    2.5,    12, 272000), GENAI, "2026-09-23"},
    {"gpt-5.6-luna",            "openai",    PRICE(  0.2,  0.02,   0.25,   1.2,      0), GENAI, "2026-09-23"},
    {"gpt-5.4",                 "openai",    PRICE(  2.5,  0.25,    2.5,    15, 272000), GENAI, "2026-09-23"},
    {"gpt-5.4-mini",            "openai",    PRICE( 0.75, 0.075,   0.75,   4.5,      0), GENAI, "2026-09-23"},
    {"gpt-5.4-nano",            "openai",    PRICE(  0.2,  0.02,    0.2,  1.25,      0), GENAI, "2026-09-23"},
    {"gpt-5-mini",              "openai",    PRICE( 0.25, 0.025,   0.25,     2,      0), GENAI, "2026-09-23"},
    {"gpt-4.1",                 "openai",    PRICE(    2,   0.5,      2,     8,      0), GENAI, "2026-09-23"},
    {"gpt-4.1-mini",            "openai",    PRICE(  0.4,   0.1,    0.4,   1.6,      0), GENAI, "2026-09-23"},
    {"gpt-4o",                  "openai",    PRICE(  2.5,  1.25,    2.5,    10,      0), GENAI, "2026-09-23"},
    {"gpt-4o-mini",             "openai",    PRICE( 0.15, 0.075,   0.15,   0.6,      0), GENAI, "2026-09-23"},
    {"text-embedding-3-small",  "openai",    PRICE( 0.02,  0.02,   0.02,     0,      0), GENAI, "2026-09-23"},
    {"text-embedding-3-large",  "openai",    PRICE( 0.13,  0.13,   0.13,     0,      0), GENAI, "2026-09-23"},
    {"claude-opus-5-5",         "anthropic", PRICE(    4,   0.2,      5,    20,      0), GENAI, "2026-09-23"},
    {"claude-sonnet-5-5",       "anthropic", PRICE(    2,   0.1,    2.5,    10,      0), FUEL23, "2026-10-16"},
    {"claude-haiku-5-5",        "anthropic", PRICE(  0.1,  0.01,  0.125,   0.5,      0), FUEL23, "2026-10-16"},
    {"claude-opus-5",           "anthropic", PRICE(    5,   0.5,   6.25,    25,      0), GENAI, "2026-09-23"},
    {"claude-sonnet-5",         "anthropic", PRICE(    2,   0.2,    2.5,    10,      0), GENAI, "2026-09-23"},
    {"claude-fable-5-1",        "anthropic", PRICE(   10,  0.25,   12.5,    50,      0), GENAI, "2026-09-23"},
    {"claude-sonnet-4-6",       "anthropic", PRICE(    3,   0.3,   3.75,    15,      0), GENAI, "2026-09-23"},
    {"claude-haiku-4-5",        "anthropic", PRICE(    1,   0.1,   1.25,     5,      0), GENAI, "2026-09-23"},
    {"gemini-3.8-flash",        "google",    PRICE( 0.75, 0.075,   0.75,  3.75,      0), GENAI, "2026-09-23"},
    {"gemini-3.6-flash",        "google",    PRICE( 0.75, 0.075,   0.75,  3.75,      0), GENAI, "2026-09-23"},
    {"gemini-3.5-flash",        "google",    PRICE(  1.5,  0.15,    1.5,     9,      0), GENAI, "2026-09-23"},
    {"gemini-3.5-flash-lite",   "google",    PRICE(  0.3,  0.03,    0.3,   2.5,      0), GENAI, "2026-09-23"},
    {"gemini-3.1-pro-preview",  "google",    PRICE(    2,   0.2,      2,    12, 200000), GENAI, "2026-09-23"},
    {"gemini-2.5-pro",          "google",    PRICE( 1.25, 0.125,   1.25,    10, 200000), GENAI, "2026-09-23"},
    {"gemini-2.5-flash",        "google",    PRICE(  0.3,  0.03,    0.3,   2.5,      0), GENAI, "2026-09-23"},
    {"gemini-2.5-flash-lite",   "google",    PRICE(  0.1,  0.01,    0.1,   0.4,      0), GENAI, "2026-09-23"},
};
/* clang-format on */

const struct llm_price_row *llm_price_at(size_t index)
{
    return index < sizeof rows / sizeof rows[0] ? &rows[index] : NULL;
}

/* ---- prices that end ---- */

static const struct llm_price_end introductory[] = {
    {"gemini-3.8-flash", "2026-12-31", 2},
    {"gemini-3.6-flash", "2026-12-31", 2},
};

const struct llm_price_end *llm_price_ends(str model)
{
    for (size_t i = 0; i < sizeof introductory / sizeof *introductory; i++)
        if (str_equal(str_from(introductory[i].model), model))
            return &introductory[i];
    return NULL;
}

/* ---- tiers ---- */

static const struct tier_row {
    const char *provider, *model; /* model NULL: all of the provider */
    enum llm_tier tier;
    int64_t halves;
} tiers[] = {
    {"openai", NULL, LLM_TIER_BATCH, 1},    {"openai", NULL, LLM_TIER_FLEX, 1},
    {"google", NULL, LLM_TIER_BATCH, 1},    {"google", NULL, LLM_TIER_FLEX, 1},
    {"anthropic", NULL, LLM_TIER_BATCH, 1}, {"openai", "gpt-6.1-sol", LLM_TIER_PRIORITY, 4},
};

int64_t llm_price_halves(const struct llm_price_row *row, enum llm_tier tier)
{
    if (tier == LLM_TIER_STANDARD)
        return 2;
    for (size_t i = 0; i < sizeof tiers / sizeof *tiers; i++)
        if (tiers[i].tier == tier && strcmp(tiers[i].provider, row->provider) == 0 &&
            (!tiers[i].model || strcmp(tiers[i].model, row->model) == 0))
            return tiers[i].halves;
    return 0;
}
