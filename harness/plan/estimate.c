/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * estimate.c: sums of calls, tokens and dollars from the patterns' own (see estimate.h).
 */
#include "plan/estimate.h"

#include "patterns/pattern.h"

#include <math.h>

struct estimate estimate_node(const struct node *node, const struct estimating *estimating)
{
    struct estimate estimate = {0};
    node->pattern->estimate(node->options, estimating, &estimate);
    estimate_within(&estimate, node->budget);
    return estimate;
}

static bool cap(struct spread *spread, double most)
{
    if (spread->worst <= most && !spread->open)
        return false;
    spread->expected = spread->expected < most ? spread->expected : most;
    spread->worst = most;
    spread->open = false;
    return true;
}

/* A call is not sent that might not fit with all bytes of its request as tokens, so a budget may end
 * a node long before it is used up. */
enum { AROUND_REQUEST = 1000 }; /* bytes beside its texts, more than any dialect has */

void estimate_within(struct estimate *estimate, const struct budget *budget)
{
    bool capped = budget && budget->has_time;
    struct spread *part = estimate->part;
    if (!budget)
        return;
    if (budget->has_calls)
        capped |= cap(&part[ESTIMATE_CALLS], (double)budget->calls);
    if (budget->has_tokens) { /* for both together */
        double worst = part[ESTIMATE_INPUT].worst + part[ESTIMATE_OUTPUT].worst +
                       AROUND_REQUEST * part[ESTIMATE_CALLS].worst;
        capped |= worst > (double)budget->tokens;
        capped |= cap(&part[ESTIMATE_INPUT], (double)budget->tokens);
        capped |= cap(&part[ESTIMATE_OUTPUT], (double)budget->tokens);
    }
    if (budget->has_usd) {
        capped |= 2 * part[ESTIMATE_NANOUSD].worst > (double)budget->usd;
        capped |= cap(&part[ESTIMATE_NANOUSD], (double)budget->usd);
    }
    if (budget->has_time)
        cap(&part[ESTIMATE_PATH_NS], (double)budget->time);
    for (int i = 0; i < ESTIMATE_PARTS && capped; i++)
        part[i].low = 0;
}

void estimate_add(struct estimate *sum, struct estimate part)
{
    for (int i = 0; i < ESTIMATE_PARTS; i++)
        sum->part[i] = spread_add(sum->part[i], part.part[i]);
}

struct estimate estimate_times(struct estimate part, double low, double expected, double worst)
{
    for (int i = 0; i < ESTIMATE_PARTS; i++)
        part.part[i] = spread_times(part.part[i], low, expected, worst);
    return part;
}

void estimate_widen(struct estimate *sum, const struct estimate *other)
{
    for (int i = 0; i < ESTIMATE_PARTS; i++) {
        double expected = sum->part[i].expected;
        sum->part[i] = spread_either(sum->part[i], other->part[i]);
        sum->part[i].expected = expected;
    }
}

/* ---- one request ---- */

/* Tokens: no provider of the table keeps shorter prompts for later. */
enum { CACHED_LEAST = 1024 };

/* All input at one kind of price. */
static double cost_of(const struct llm_price *price, int64_t per_million, double input,
                      double output)
{
    struct llm_price flat = *price;
    flat.input = per_million;
    const struct llm_usage usage = {.input = (int64_t)ceil(input),
                                    .output = (int64_t)ceil(output)};
    return (double)llm_price_cost(&flat, &usage).nanousd;
}

/* At least: a prompt that can come from the provider's cache does. At most: all of it is written
 * there. */
static struct spread spread_of_cost(const struct llm_price *price, struct spread input,
                                    struct spread output)
{
    int64_t least = price->input, most = price->input;
    if (price->cache_read < least && (input.worst >= CACHED_LEAST || input.open))
        least = price->cache_read;
    if (price->cache_write > most)
        most = price->cache_write;
    return (struct spread){cost_of(price, least, input.low, output.low),
                           cost_of(price, price->input, input.expected, output.expected),
                           cost_of(price, most, input.worst, output.worst),
                           input.open || output.open || !price->known};
}

struct spread estimate_output(const struct llm_params *params)
{
    if (!params->has_max_tokens)
        return (struct spread){1, 1, 1, true};
    double most = (double)params->max_tokens;
    return (struct spread){most < 1 ? most : 1, most / 2, most, false};
}

struct estimate estimate_exchange(const struct llm_model *model, struct spread input,
                                  struct spread output, const struct estimating *estimating)
{
    struct estimate estimate = {0};
    if (estimating->only && estimating->only != model)
        return estimate;
    estimate.part[ESTIMATE_CALLS] = spread_exact(1);
    estimate.part[ESTIMATE_INPUT] = input;
    estimate.part[ESTIMATE_OUTPUT] = output;
    estimate.part[ESTIMATE_NANOUSD] = spread_of_cost(&model->price, input, output);
    return estimate;
}

struct estimate estimate_request(const struct llm_model *model, const struct llm_params *params,
                                 struct spread input, const struct estimating *estimating)
{
    struct spread output = params ? estimate_output(params) : (struct spread){0};
    return estimate_exchange(model, input, output, estimating);
}

/* ---- as it was seen ---- */

/* What was counted is as good as what is estimated from bytes: low and worst give way. */
static void expect(struct spread *spread, double seen)
{
    spread->expected = seen;
    spread->low = seen < spread->low ? seen : spread->low;
    spread->worst = seen > spread->worst ? seen : spread->worst;
}

bool estimate_as_seen(const struct estimating *estimating, str path, struct spread *input,
                      struct spread *output)
{
    for (size_t i = 0; i < estimating->seens; i++) {
        const struct estimate_seen *seen = &estimating->seen[i];
        if (!str_equal(seen->path, path) || !str_equal(seen->variant, estimating->variant))
            continue;
        expect(input, seen->input);
        expect(output, seen->output);
        return true;
    }
    return false;
}
