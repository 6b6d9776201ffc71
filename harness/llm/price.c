/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * price.c: from token counts to money, exactly (see price.h).
 *
 * Products of counts and prices reach 2^53 · 2^40, so sums are 128 bits wide. Nothing here is a
 * double: totals of a million calls must add up to the last nano-dollar. The table of prices is
 * in price_table.c.
 */
#include "llm/price.h"

__extension__ typedef __int128 wide;

enum { TOKENS_PER_PRICE = 1000000 };

const char *const llm_tier_names[] = {"standard", "batch", "flex", "priority", NULL};

bool llm_tier_of_word(str word, enum llm_tier *tier)
{
    static const struct {
        const char *word;
        enum llm_tier tier;
    } words[] = {
        {"auto", LLM_TIER_STANDARD},     {"default", LLM_TIER_STANDARD},
        {"standard", LLM_TIER_STANDARD}, {"standard_only", LLM_TIER_STANDARD},
        {"flex", LLM_TIER_FLEX},         {"priority", LLM_TIER_PRIORITY},
        {"fast", LLM_TIER_PRIORITY},
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (str_equal_nocase(word, str_from(words[i].word))) {
            *tier = words[i].tier;
            return true;
        }
    return false;
}

static int64_t part_of(int64_t price, int64_t halves)
{
    return (price * halves + 1) / 2;
}

struct llm_price llm_price_builtin(str model, enum llm_tier tier)
{
    const struct llm_price_row *row;
    for (size_t i = 0; (row = llm_price_at(i)); i++) {
        int64_t halves = llm_price_halves(row, tier);
        if (!str_equal(str_from(row->model), model))
            continue;
        if (!halves)
            break;
        struct llm_price price = row->price;
        price.input = part_of(price.input, halves);
        price.cache_read = part_of(price.cache_read, halves);
        price.cache_write = part_of(price.cache_write, halves);
        price.output = part_of(price.output, halves);
        return price;
    }
    return (struct llm_price){0};
}

/* The sum of an input and an output, each tokens times price, with what a long request adds;
 * rounded once. Counted in halves, for the output's one and a half. */
static int64_t rounded(wide input, wide output, bool is_long)
{
    wide halves = is_long ? 4 * input + 3 * output : 2 * (input + output);
    wide nanousd = (halves + TOKENS_PER_PRICE) / (2 * TOKENS_PER_PRICE);
    return nanousd > INT64_MAX ? INT64_MAX : (int64_t)nanousd;
}

static bool is_long(const struct llm_price *price, wide input_tokens)
{
    return price->input_most && input_tokens > price->input_most;
}

struct llm_cost llm_price_cost(const struct llm_price *price, const struct llm_usage *usage)
{
    struct llm_cost cost = {0};
    if (!price->known || usage->input < 0 || usage->cache_read < 0 || usage->cache_write < 0 ||
        usage->output < 0)
        return cost;
    wide tokens = (wide)usage->input + usage->cache_read + usage->cache_write;
    wide input = (wide)usage->input * price->input +
                 (wide)usage->cache_read * price->cache_read +
                 (wide)usage->cache_write * price->cache_write;
    cost.known = true;
    cost.nanousd = rounded(input, (wide)usage->output * price->output, is_long(price, tokens));
    return cost;
}

int64_t llm_price_upper(const struct llm_price *price, size_t request_bytes,
                        const struct llm_params *params)
{
    if (!price->known || !params->has_max_tokens || request_bytes > INT64_MAX / 2)
        return -1;
    int64_t dearest = price->input;
    if (price->cache_write > dearest)
        dearest = price->cache_write;
    if (price->cache_read > dearest)
        dearest = price->cache_read;
    return rounded((wide)request_bytes * dearest, (wide)params->max_tokens * price->output,
                   is_long(price, (wide)request_bytes));
}

/* ---- a price in the experiment ---- */

struct given_price {
    int64_t input, output, cached_input, cache_write; /* nano-dollars */
    bool has_cached_input, has_cache_write;
};

const struct opt llm_price_options[] = {
    OPT_USD(given_price, input, .required = true, .help = "dollars per million input tokens"),
    OPT_USD(given_price, output, .required = true,
            .help = "dollars per million output tokens, reasoning included"),
    OPT_USD(given_price, cached_input, OPT_GIVEN(given_price, has_cached_input),
            .help = "per million tokens read from the provider's cache; input's by default"),
    OPT_USD(given_price, cache_write, OPT_GIVEN(given_price, has_cache_write),
            .help = "per million tokens written to it; input's by default"),
    OPT_END,
};

int llm_price_read(struct opt_parse *parse, const struct yaml *mapping, struct llm_price *price)
{
    struct given_price given = {0};
    if (opt_parse_mapping(parse, llm_price_options, mapping, "price", NULL, &given) < 0)
        return -1;
    *price = (struct llm_price){
        .known = true,
        .input = given.input,
        .cache_read = given.has_cached_input ? given.cached_input : given.input,
        .cache_write = given.has_cache_write ? given.cache_write : given.input,
        .output = given.output,
    };
    return 0;
}
