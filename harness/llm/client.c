/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * client.c: what lasts longer than a call: providers with their queues and headers, models with
 * their prepared schemas, the warm-up, and what a progress line shows (see client.h).
 *
 * Everything is made when it is first asked for and looked up by address: experiments have few
 * providers and models, and they stay in place.
 */
#include "llm/client.h"

#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "io/http.h"
#include "llm/client_inside.h"
#include "llm/tape.h"

enum { DECODING_BYTES = 16 * 1024 }; /* for the tree of a usual reply */

struct llm_client *llm_client_open(const struct llm_client_options *options)
{
    struct llm_client *client = xcalloc(1, sizeof *client);
    client->options = *options;
    client->scratch.first = DECODING_BYTES;
    return client;
}

void llm_client_close(struct llm_client *client)
{
    if (!client)
        return;
    if (client->stats.calls)
        BUG("a client is closed with %zu calls under way", client->stats.calls);
    for (struct client_provider *at = client->providers; at; at = at->next)
        llm_queue_free(at->queue);
    buf_release(&client->encoded);
    arena_release(&client->scratch);
    arena_release(&client->arena);
    xfree(client);
}

/* ---- providers ---- */

static void add_parameter(struct buf *text, str name, str value)
{
    if (text->n)
        buf_add_char(text, '&');
    llm_write_escaped(text, name, "");
    buf_add_char(text, '=');
    llm_write_escaped(text, value, "");
}

static str query_text(struct arena *arena, const struct llm_provider *provider)
{
    const struct llm_pairs *query = &provider->query;
    const char *version = provider->dialect->version_query;
    struct buf text = {0};
    for (size_t i = 0; i < query->count; i++)
        add_parameter(&text, query->pair[i].name, query->pair[i].value);
    if (version && llm_api_version(provider).n)
        add_parameter(&text, str_from(version), llm_api_version(provider));
    str result = arena_str(arena, buf_str(&text));
    buf_release(&text);
    return result;
}

void client_add_query(const struct client_provider *provider, struct buf *url)
{
    if (provider->query.n == 0)
        return;
    buf_add_char(url, memchr(url->p, '?', url->n) ? '&' : '?');
    buf_add_str(url, provider->query);
}

static str header_line(struct arena *arena, const struct llm_pair *pair)
{
    return arena_printf(arena, "%.*s: %.*s", STR_ARG(pair->name), STR_ARG(pair->value));
}

static bool names_header(const struct llm_provider *provider, str name)
{
    const struct llm_pairs *headers = &provider->headers;
    for (size_t i = 0; i < headers->count; i++)
        if (str_equal_nocase(headers->pair[i].name, name))
            return true;
    return false;
}

static void add_lines(struct arena *arena, struct client_provider *of)
{
    const struct llm_provider *provider = of->provider;
    str version = str_from(provider->dialect->version_header);
    size_t count = 5 + provider->headers.count + provider->secret_headers.count, n = 0;
    str *line = arena_array(arena, str, count);
    /* Some gateways refuse requests that do not say who asks. */
    if (!names_header(provider, STR("user-agent")))
        line[n++] = STR("User-Agent: weir/" WEIR_VERSION);
    line[n++] = STR("Content-Type: application/json");
    line[n++] = STR("Accept: application/json");
    if (version.n && llm_api_version(provider).n && !names_header(provider, version))
        line[n++] = header_line(arena, &(struct llm_pair){version, llm_api_version(provider)});
    for (size_t i = 0; i < provider->headers.count; i++)
        line[n++] = header_line(arena, &provider->headers.pair[i]);
    for (size_t i = 0; i < provider->secret_headers.count; i++)
        line[n++] = header_line(arena, &provider->secret_headers.pair[i]);
    of->line = line;
    of->lines = n;
}

static void add_key_lines(struct arena *arena, struct client_provider *of)
{
    const struct llm_provider *provider = of->provider;
    str *line = arena_array(arena, str, provider->endpoints);
    for (size_t i = 0; i < provider->endpoints; i++)
        if (provider->endpoint[i].key.n)
            line[i] =
                arena_printf(arena, "%s: %s%.*s", provider->dialect->key_header,
                             provider->dialect->key_prefix, STR_ARG(provider->endpoint[i].key));
    of->key_line = line;
}

/* Nobody's limits count where nothing is sent. */
static struct llm_limits limits_of(const struct llm_client *client, int64_t concurrency,
                                   int64_t rpm, int64_t tpm)
{
    if (llm_tape_is_offline(client->options.tape))
        return (struct llm_limits){0};
    return (struct llm_limits){.concurrency = concurrency, .rpm = rpm, .tpm = tpm};
}

struct client_provider *client_provider(struct llm_client *client,
                                        const struct llm_provider *provider)
{
    struct client_provider *at = client->providers;
    for (; at; at = at->next)
        if (at->provider == provider)
            return at;
    at = arena_new(&client->arena, struct client_provider);
    *at = (struct client_provider){.next = client->providers, .provider = provider};
    at->queue = llm_queue_new(client->options.loop, limits_of(client, provider->concurrency,
                                                              provider->rpm, provider->tpm));
    llm_queue_set_means(at->queue, client->options.means);
    at->query = query_text(&client->arena, provider);
    add_lines(&client->arena, at);
    add_key_lines(&client->arena, at);
    client->providers = at;
    return at;
}

/* ---- models ---- */

struct client_model *client_model(struct llm_client *client, const struct llm_model *model)
{
    struct client_model *at = client->models;
    for (; at; at = at->next)
        if (at->model == model)
            return at;
    at = arena_new(&client->arena, struct client_model);
    *at = (struct client_model){.next = client->models, .model = model};
    at->provider = client_provider(client, model->provider);
    at->limits = llm_queue_add_model(
        at->provider->queue, limits_of(client, model->concurrency, model->rpm, model->tpm));
    client->models = at;
    return at;
}

struct llm_queue_model *client_line(struct llm_client *client, struct client_model *model,
                                    const struct llm_request *request)
{
    struct client_step *at = model->steps;
    if (!request->step || !request->step_concurrency ||
        llm_tape_is_offline(client->options.tape))
        return model->limits;
    while (at && at->step != request->step)
        at = at->next;
    if (!at) {
        at = arena_new(&client->arena, struct client_step);
        *at =
            (struct client_step){model->steps, request->step,
                                 llm_queue_add_step(model->limits, request->step_concurrency)};
        model->steps = at;
    }
    return at->limits;
}

const struct llm_prepared *client_prepared(struct llm_client *client,
                                           struct client_model *model,
                                           const struct llm_request *request)
{
    struct prepared *at = model->prepared;
    for (; at; at = at->next)
        if (at->schema == request->schema && at->tool == request->tool &&
            at->tools == request->tools && str_equal(at->schema_name, request->schema_name))
            return &at->prepared;
    at = arena_new(&client->arena, struct prepared);
    at->next = model->prepared;
    at->schema = request->schema;
    at->schema_name = arena_str(&client->arena, request->schema_name);
    at->tool = request->tool;
    at->tools = request->tools;
    model->model->provider->dialect->prepare(request, &client->arena, &at->prepared);
    model->prepared = at;
    return &at->prepared;
}

/* ---- messages ---- */

enum {
    MESSAGE_BYTES_READ = 4000, /* of a body that may be megabytes */
    MESSAGE_SHOWN = 500,       /* code points */
};

str client_clean_message(struct arena *arena, str text)
{
    text = str_sub(text, 0, MESSAGE_BYTES_READ);
    text = text_squeeze(arena, utf8_clean(arena, secret_redact(arena, text)));
    return text_shorten(arena, text, MESSAGE_SHOWN);
}

/* ---- warm-up ---- */

int fiber_fn client_probe(struct llm_client *client, const struct client_provider *of,
                          size_t index, struct arena *arena, str *url, struct http_reply *reply)
{
    const struct llm_provider *provider = of->provider;
    struct buf address = {0};
    buf_printf(&address, "%.*s%s", STR_ARG(provider->endpoint[index].base_url),
               provider->dialect->probe_path);
    client_add_query(of, &address);
    *url = arena_str(arena, buf_str(&address));
    buf_release(&address);
    str *line = arena_array(arena, str, of->lines + 1);
    memcpy(line, of->line, of->lines * sizeof *line);
    line[of->lines] = of->key_line[index];
    struct http_request request = {
        .method = STR("GET"),
        .url = *url,
        .headers = line,
        .header_count = of->lines + (line[of->lines].n > 0),
        .arena = arena,
        .timeout_ns = provider->retry.attempt_timeout_ns,
        .http2 = provider->http2, /* the connection is for the calls that follow */
        .reply_limit = client->options.reply_limit,
    };
    return http_send(client->options.http, &request, reply);
}

static int fiber_fn warm_endpoint(struct llm_client *client, const struct client_provider *of,
                                  size_t index, struct arena *arena, struct err *err)
{
    struct http_reply reply;
    str url;
    if (client_probe(client, of, index, arena, &url, &reply) < 0)
        return err_set(err, ERR_CANCELLED, "cancelled");
    if (reply.status)
        return 0;
    str why = client_clean_message(arena, reply.error);
    str shown = secret_redact(arena, url);
    return err_set(err, ERR_DOWN, "provider '%.*s' is down: no HTTP answer from %.*s: %.*s",
                   STR_ARG(of->provider->name), STR_ARG(shown), STR_ARG(why));
}

int llm_warmup(struct llm_client *client, const struct llm_provider *provider, struct err *err)
{
    struct client_provider *of = client_provider(client, provider);
    struct arena arena = {0};
    int result = 0;
    if (llm_tape_is_offline(client->options.tape))
        return 0;
    for (size_t i = 0; i < provider->endpoints && result == 0; i++)
        result = warm_endpoint(client, of, i, &arena, err);
    arena_release(&arena);
    return result;
}

/* ---- for the progress line ---- */

void llm_client_poke(struct llm_client *client)
{
    for (struct client_provider *at = client->providers; at; at = at->next)
        llm_queue_poke(at->queue);
}

static void add_count(struct buf *out, size_t calls)
{
    buf_printf(out, " (%zu call%s)", calls, calls == 1 ? "" : "s");
}

static void add_backoff(const struct llm_client *client, struct buf *out)
{
    const struct backing_off *next = NULL;
    size_t hinted = 0, others = 0;
    for (const struct backing_off *at = client->backing_off; at; at = at->next) {
        hinted += at->hinted;
        others += !at->hinted;
        if (at->hinted && (!next || at->due.ns < next->due.ns))
            next = at;
    }
    if (next) {
        int64_t left_ns = moment_since(next->due, clock_now());
        int64_t seconds = left_ns > 0 ? (left_ns + NS_PER_S - 1) / NS_PER_S : 0;
        buf_printf(out, "%d Retry-After %lld s", next->status, (long long)seconds);
        add_count(out, hinted);
    }
    if (others) {
        buf_add_str(out, out->n ? STR(", backoff") : STR("backoff"));
        add_count(out, others);
    }
}

str llm_client_waiting(const struct llm_client *client, struct arena *arena)
{
    struct buf text = {0};
    add_backoff(client, &text);
    for (const struct client_provider *at = client->providers; at; at = at->next) {
        const char *reason = llm_queue_reason(at->queue);
        if (!reason)
            continue;
        buf_printf(&text, "%s%.*s: %s", text.n ? ", " : "", STR_ARG(at->provider->name),
                   reason);
        add_count(&text, llm_queue_waiting(at->queue));
    }
    str result = arena_str(arena, buf_str(&text));
    buf_release(&text);
    return result;
}

struct llm_client_stats llm_client_stats(const struct llm_client *client)
{
    struct llm_client_stats stats = client->stats;
    for (const struct client_provider *at = client->providers; at; at = at->next)
        stats.waiting += llm_queue_waiting(at->queue);
    return stats;
}

struct http *llm_client_http(const struct llm_client *client)
{
    return client->options.http;
}
