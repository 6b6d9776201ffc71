/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * price.h: what tokens cost, in integers (docs/providers.md).
 *
 * A price is nano-dollars per million tokens, by kind. A cost is summed exactly and rounded once,
 * half up. Reasoning tokens are part of the output and cost what output costs. What is not known
 * is unknown, which is never 0: a price that is not in the table, usage that did not come.
 */
#ifndef LLM_PRICE_H
#define LLM_PRICE_H

#include "base/option.h"
#include "llm/llm.h"

/* Above input_most (0: there is no such bound) all input, cached or not, costs twice as much and
 * output one and a half times: so with every model of the table that has one. */
struct llm_price {
    bool known;
    int64_t input, cache_read, cache_write, output; /* nano-dollars per million tokens */
    int64_t input_most; /* input tokens above which the whole request costs more */
};

/* How a provider is asked to work: for less when it has time, for more at once. */
enum llm_tier { LLM_TIER_STANDARD, LLM_TIER_BATCH, LLM_TIER_FLEX, LLM_TIER_PRIORITY };
extern const char *const llm_tier_names[]; /* by tier, NULL at the end */
/* The tier that a request's `service_tier` asks for; false: one that the table has no prices of. */
bool llm_tier_of_word(str word, enum llm_tier *tier);

/* The built-in table, by the provider's own name for the model. known is false for others, and
 * for a tier of which nothing is known with that provider. */
struct llm_price llm_price_builtin(str model, enum llm_tier tier);
/* One row of the table, for listings. NULL beyond the end. Dollars as printed by the source. */
struct llm_price_row {
    const char *model, *provider;
    struct llm_price price;
    const char *source, *as_of; /* where the figures are from, and their day (ISO 8601) */
};
const struct llm_price_row *llm_price_at(size_t index);
/* A price of the table that is known to end: its last day, and how many times it costs from then on.
 * NULL: nothing is known of that. What a run cost is always by the row. */
struct llm_price_end {
    const char *model, *last_day; /* ISO 8601 */
    int64_t times;
};
const struct llm_price_end *llm_price_ends(str model);
/* What the tier costs, in halves of the row's price: 2 is as much; 0: not known. */
int64_t llm_price_halves(const struct llm_price_row *row, enum llm_tier tier);

/* What this usage costs: known only if the price is and all counts that are billed. */
struct llm_cost llm_price_cost(const struct llm_price *price, const struct llm_usage *usage);

/* At most what one attempt can cost: as many input tokens as the request has bytes (no tokenizer
 * makes more) at the dearest input price, and max_tokens of output. -1 when that is not known:
 * no price, or no max_tokens. */
int64_t llm_price_upper(const struct llm_price *price, size_t request_bytes,
                        const struct llm_params *params);

/* The table `price` of a model: dollars per million tokens. `input` and `output` are required;
 * cached_input and cache_write cost what input costs unless said. */
extern const struct opt llm_price_options[];
int llm_price_read(struct opt_parse *parse, const struct yaml *mapping,
                   struct llm_price *price);

#endif
