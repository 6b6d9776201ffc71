/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * forecast_rows.c: from the cells and calls of a run to rows of a forecast (see forecast_rows.h).
 *
 * Two passes: cells for what they came to, calls for whom they asked. A call that an earlier run
 * answered (weir's cache) counts as a request: in use there is no such cache. What a call costs at
 * batch prices, or without the provider's cache, is computed from its own tokens, since prices may
 * step with the size of a request.
 */
#include "cmd/forecast_rows.h"

#include "base/units.h"
#include "base/yaml.h"
#include "llm/model.h"
#include "stats/format.h"

#include <math.h>

/* A model of the experiment. */
struct asked {
    str name;
    struct llm_model model;
    struct llm_price batch; /* known: the table has one */
    bool from_table;        /* the price is the table's */
    size_t provider, own;   /* limits; own: SIZE_MAX for none */
    bool used;
};

struct reading {
    struct forecast_rows_source *source;
    struct run_view *view;
    struct arena *arena;
    struct err *err;
    struct asked *asked;
    size_t models;
    struct forecast_limit *limit;
    struct forecast_amount *amount; /* by cell and limit */
};

/* ---- models and limits ---- */

static int64_t limit_of(const json *mapping, const char *key)
{
    int64_t value = 0;
    json_int(json_get(mapping, str_from(key)), &value);
    return value;
}

static size_t add_limit(struct reading *r, const char *what, str name, const json *mapping)
{
    struct forecast_rows_source *s = r->source;
    str full = arena_printf(r->arena, "%s %.*s", what, STR_ARG(name));
    for (size_t i = 0; i < s->limits; i++)
        if (str_equal(r->limit[i].name, full))
            return i;
    r->limit[s->limits] =
        (struct forecast_limit){full, limit_of(mapping, "rpm"), limit_of(mapping, "tpm")};
    return s->limits++;
}

/* As the run read it: the definition is JSON, which YAML holds. A price that cannot be read again
 * is one that is not known here. */
static void read_model(struct reading *r, struct asked *asked, const json *definition)
{
    struct mistakes quiet;
    mistakes_init(&quiet, r->arena);
    struct opt_parse parse = {.arena = r->arena, .mistakes = &quiet};
    struct source source = {STR("definition"), json_to_str(r->arena, definition, JSON_COMPACT)};
    const struct yaml *yaml = yaml_parse(r->arena, &source, &yaml_file_limits, &quiet);
    asked->name = json_key(definition);
    if (yaml_is(yaml, YAML_MAPPING))
        llm_model_read(&parse, asked->name, yaml, &asked->model);
    asked->from_table = !json_get(definition, STR("price"));
    if (asked->from_table)
        asked->batch = llm_price_builtin(asked->model.model, LLM_TIER_BATCH);
    if (asked->model.tier == LLM_TIER_BATCH)
        asked->batch = asked->model.price;
}

static void read_models(struct reading *r)
{
    const json *models = json_get(r->view->definition, STR("models"));
    const json *providers = json_get(r->view->definition, STR("providers"));
    size_t room = json_count(models);
    r->asked = arena_array(r->arena, struct asked, room + 1);
    r->limit = arena_array(r->arena, struct forecast_limit, 2 * room + 1);
    for (const json *m = json_first(models); m; m = json_next(m)) {
        struct asked *asked = &r->asked[r->models++];
        read_model(r, asked, m);
        str provider = json_text(json_get(m, STR("provider")));
        asked->provider = add_limit(r, "provider", provider, json_get(providers, provider));
        asked->own = SIZE_MAX;
        if (limit_of(m, "rpm") || limit_of(m, "tpm"))
            asked->own = add_limit(r, "model", asked->name, m);
    }
    r->source->limit = r->limit;
}

static struct asked *find_model(struct reading *r, str name)
{
    for (size_t i = 0; i < r->models; i++)
        if (str_equal(r->asked[i].name, name))
            return &r->asked[i];
    return NULL;
}

/* ---- rows ---- */

static int add_cell(void *arg, const struct store_cell *cell)
{
    struct reading *r = arg;
    if (cell->cell < 0 || (size_t)cell->cell >= r->source->rows ||
        cell->status > STORE_UNSCORED || (size_t)cell->sample >= r->view->summary->meta.samples)
        return 0; /* changed samples stand behind the others */
    bool failed = cell->status == STORE_ERROR || cell->status == STORE_TIMEOUT;
    struct forecast_row *row = &r->source->row[cell->cell];
    *row = (struct forecast_row){
        .variant = (size_t)cell->variant,
        .sample = (size_t)cell->sample,
        .trial = (unsigned)cell->trial,
        .correct = failed               ? maybe_of(0)
                   : cell->correct >= 0 ? maybe_of((double)cell->correct)
                                        : maybe_none(),
        .usd = (double)cell->cost_nanousd * USD_PER_NANO,
        .upper_usd = (double)cell->cost_upper_nanousd * USD_PER_NANO,
        .unknown_cost = cell->unknown_cost_calls > 0,
        .lost = cell->lost_attempts > 0,
        .batch_usd = maybe_of(0),
        .uncached_usd = maybe_of(0),
        .amount = &r->amount[(size_t)cell->cell * r->source->limits],
    };
    return 0;
}

static double known(int64_t tokens)
{
    return tokens > 0 ? (double)tokens : 0.0;
}

static maybe plus(maybe sum, bool is_known, int64_t nanousd)
{
    return is_known && sum.known ? maybe_of(sum.value + (double)nanousd * USD_PER_NANO)
                                 : maybe_none();
}

static void add_prices(struct forecast_row *row, const struct asked *asked,
                       const struct store_call *call)
{
    const struct store_tokens *t = &call->tokens;
    struct llm_usage usage = {t->input, t->cache_read, t->cache_write, t->output, t->reasoning};
    struct llm_usage uncached = usage;
    if (t->cache_read > 0) {
        uncached.input += t->cache_read;
        uncached.cache_read = 0;
    }
    struct llm_cost batch = llm_price_cost(&asked->batch, &usage);
    struct llm_cost plain = llm_price_cost(&asked->model.price, &uncached);
    row->batch_usd = plus(row->batch_usd, batch.known, batch.nanousd);
    row->uncached_usd = plus(row->uncached_usd, plain.known, plain.nanousd);
}

static void add_amount(struct forecast_amount *amount, double requests, double tokens)
{
    amount->requests += requests;
    amount->tokens += tokens;
}

static int add_call(void *arg, const struct store_call *call)
{
    struct reading *r = arg;
    if (call->cell < 0 || (size_t)call->cell >= r->source->rows || call->superseded ||
        call->role == STORE_JUDGE || call->source == STORE_UNSENT)
        return 0;
    struct forecast_row *row = &r->source->row[call->cell];
    struct asked *asked = find_model(r, call->model);
    if (!row->trial || !asked)
        return 0;
    double requests = call->source == STORE_CACHED ? 1.0 : (double)call->attempts;
    const struct store_tokens *t = &call->tokens;
    double input = known(t->input) + known(t->cache_read) + known(t->cache_write);
    double tokens = input + known(t->output);
    struct forecast_amount *amount = &r->amount[(size_t)call->cell * r->source->limits];
    asked->used = true;
    row->attempts += requests;
    row->retries += requests - 1.0;
    row->input += input;
    row->cache_read += known(t->cache_read);
    add_amount(&amount[asked->provider], requests, tokens);
    if (asked->own != SIZE_MAX)
        add_amount(&amount[asked->own], requests, tokens);
    if (call->cost_nanousd >= 0 || call->known_nanousd > 0)
        add_prices(row, asked, call);
    else if (t->output >= 0 || t->input >= 0)
        row->batch_usd = row->uncached_usd = maybe_none();
    return 0;
}

/* ---- where prices are from ---- */

static str price_text(struct reading *r, const struct asked *asked)
{
    const struct llm_price *price = &asked->model.price;
    const struct llm_price_row *row;
    str from = STR("as the experiment says");
    if (!price->known)
        return arena_printf(r->arena, "%.*s (%.*s): not known", STR_ARG(asked->name),
                            STR_ARG(asked->model.model));
    const struct llm_price_end *end = llm_price_ends(asked->model.model);
    for (size_t i = 0; asked->from_table && (row = llm_price_at(i)); i++)
        if (str_equal(str_from(row->model), asked->model.model))
            from = arena_printf(r->arena, "list price of %s, tier %s", row->as_of,
                                llm_tier_names[asked->model.tier]);
    if (asked->from_table && end)
        from = arena_printf(r->arena, "%.*s; until %s, and %lld times that afterwards",
                            STR_ARG(from), end->last_day, (long long)end->times);
    return arena_printf(
        r->arena, "%.*s (%.*s): %.*s input, %.*s cached, %.*s output per million tokens, %.*s",
        STR_ARG(asked->name), STR_ARG(asked->model.model),
        STR_ARG(stats_format_usd(r->arena, maybe_of((double)price->input * 1e-9))),
        STR_ARG(stats_format_usd(r->arena, maybe_of((double)price->cache_read * 1e-9))),
        STR_ARG(stats_format_usd(r->arena, maybe_of((double)price->output * 1e-9))),
        STR_ARG(from));
}

static void tell_prices(struct reading *r)
{
    str *price = arena_array(r->arena, str, r->models + 1);
    for (size_t i = 0; i < r->models; i++)
        if (r->asked[i].used)
            price[r->source->prices++] = price_text(r, &r->asked[i]);
    r->source->price = price;
}

int forecast_rows_read(struct forecast_rows_source *source, struct run_view *view,
                       struct arena *arena, struct err *err)
{
    *source = (struct forecast_rows_source){.rows = (size_t)store_run_row(view->store)->cells};
    struct reading r = {.source = source, .view = view, .arena = arena, .err = err};
    read_models(&r);
    source->row = arena_array(arena, struct forecast_row, source->rows + 1);
    r.amount = arena_array(arena, struct forecast_amount, source->rows * source->limits + 1);
    if (store_each_cell(view->store, STORE_AS_WRITTEN, add_cell, &r, err) < 0 ||
        store_each_call(view->store, STORE_EVERY, add_call, &r, err) < 0)
        return -1;
    tell_prices(&r);
    return 0;
}
