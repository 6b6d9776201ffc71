/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * admin.c: what a test asks the mock itself: truth, metrics, journal, clock, reset.
 */
#include "mock_server/call.h"

#include "base/option.h"
#include "mock_server/prometheus.h"
#include "mock_server/query.h"

#include <stdio.h>

static const str json_type = STR_INIT("application/json");

/* ---- what is asked for ---- */

/* True when the query has the name; its value, which may be empty. */
static bool query_text(const struct call *call, str name, str *value)
{
    return query_get(call->request.arena, call->http->query, name, value);
}

static int64_t query_number(const struct call *call, str name)
{
    str text;
    int64_t number = 0;
    return query_text(call, name, &text) && str_to_int(text, &number) && number > 0 ? number
                                                                                    : 0;
}

/* The scope of the path or the header, or ?scope=NAME; NULL: all. */
static const str *asked_scope(struct call *call)
{
    str *scope = &call->request.scope;
    return scope->n || query_text(call, STR("scope"), scope) ? scope : NULL;
}

/* ---- truth ---- */

static void write_sends(struct buf *out, const struct server_stats *stats)
{
    double mean = stats->sends ? (double)stats->lateness_sum_ns / (double)stats->sends : 0;
    buf_printf(out,
               "\"sends\":{\"count\":%llu,\"late_ms\":{\"mean\":%.6g,\"p50\":%.6g,\"p99\":%.6g,"
               "\"max\":%.6g}},\"connections\":%llu,\"gone\":%llu,\"refused\":%llu",
               (unsigned long long)stats->sends, mean / 1e6,
               (double)server_lateness_ns(stats, 0.5) / 1e6,
               (double)server_lateness_ns(stats, 0.99) / 1e6,
               (double)stats->lateness_max_ns / 1e6, (unsigned long long)stats->connections,
               (unsigned long long)stats->gone, (unsigned long long)stats->refused);
}

static void get_truth(struct call *call)
{
    struct mock *mock = call->mock;
    const str *scope = asked_scope(call);
    buf_printf(&mock->body, "{\"seed\":%llu,\"scale\":%.10g,", (unsigned long long)mock->seed,
               mock->scale);
    truth_write(&mock->body, mock->truth, scope);
    buf_add_char(&mock->body, ',');
    truth_write_made_up(&mock->body, mock->truth, mock->config, scope);
    if (!scope && state_server(mock->state)) {
        const struct server_stats stats = server_stats(state_server(mock->state));
        buf_add_char(&mock->body, ',');
        write_sends(&mock->body, &stats);
    }
    buf_add_char(&mock->body, '}');
    respond_plain(call, 200, json_type, buf_str(&mock->body));
}

/* ---- metrics ---- */

static void write_counts(struct buf *out, const struct server_stats *stats)
{
    const struct {
        const char *name, *type, *help;
        uint64_t value;
    } rows[] = {
        {"weir_mock_requests_total", "counter", "Requests taken.", stats->requests},
        {"weir_mock_refused_total", "counter", "Bytes that were no request.", stats->refused},
        {"weir_mock_requests_in_flight", "gauge",
         "Replies under way, those that wait included.", stats->in_flight},
        {"weir_mock_requests_queued", "gauge", "Requests that wait for a slot of their model.",
         stats->queued},
        {"weir_mock_streams_open", "gauge", "Replies under way that go out in several parts.",
         stats->streams},
        {"weir_mock_connections_total", "counter", "Connections taken.", stats->connections},
        {"weir_mock_connections_open", "gauge", "Connections open now.", stats->open},
        {"weir_mock_clients_gone_total", "counter",
         "Clients that left before their reply was out.", stats->gone},
        {"weir_mock_received_bytes_total", "counter", "Bytes received.", stats->bytes_in},
        {"weir_mock_sent_bytes_total", "counter", "Bytes sent.", stats->bytes_out},
        {"weir_mock_incomplete_request_bytes", "gauge",
         "Bytes held of requests not complete yet.", stats->held},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        prometheus_single(out, rows[i].name, rows[i].type, rows[i].help, (double)rows[i].value);
}

/* Every fourth bucket: bounds that grow by four, from a microsecond to some 20 s. */
static void write_lateness(struct buf *out, const struct server_stats *stats)
{
    enum { FIRST = 19, STEP = 4, LAST = 67 };
    const char *name = "weir_mock_send_lateness_seconds";
    uint64_t seen = 0;
    prometheus_family(out, name, "histogram", "Sends after their due time.");
    for (int i = 0; i <= LAST; i++) {
        char bound[32];
        seen += stats->lateness[i];
        if (i < FIRST || (i - FIRST) % STEP)
            continue;
        snprintf(bound, sizeof bound, "%.9g", server_lateness_bound_ns(i) / 1e9);
        prometheus_sample(out, "weir_mock_send_lateness_seconds_bucket",
                          (const char *const[]){"le", bound, NULL}, (double)seen);
    }
    prometheus_sample(out, "weir_mock_send_lateness_seconds_bucket",
                      (const char *const[]){"le", "+Inf", NULL}, (double)stats->sends);
    prometheus_sample(out, "weir_mock_send_lateness_seconds_sum", NULL,
                      (double)stats->lateness_sum_ns / 1e9);
    prometheus_sample(out, "weir_mock_send_lateness_seconds_count", NULL, (double)stats->sends);
}

static void write_state(struct buf *out, struct state *state, struct moment now)
{
    const struct state_facts facts = state_facts(state);
    prometheus_single(out, "weir_mock_uptime_seconds", "gauge",
                      "Time since the start, or since the last reset.",
                      (double)state_up_ns(state, now) / 1e9);
    prometheus_single(out, "weir_mock_config_generation", "gauge",
                      "Number of the configuration in force, from 1.",
                      (double)facts.generation);
    prometheus_single(out, "weir_mock_config_timestamp_seconds", "gauge", "When it was taken.",
                      (double)facts.taken_ns / 1e9);
    prometheus_single(out, "weir_mock_config_failures_total", "counter",
                      "Mock files that were read again and not taken.", (double)facts.failures);
}

static void get_metrics(struct call *call)
{
    struct mock *mock = call->mock;
    truth_write_metrics(&mock->body, mock->truth);
    write_state(&mock->body, mock->state, call->arrived);
    if (state_server(mock->state)) {
        const struct server_stats stats = server_stats(state_server(mock->state));
        write_counts(&mock->body, &stats);
        write_lateness(&mock->body, &stats);
    }
    respond_plain(call, 200, STR("text/plain; version=0.0.4; charset=utf-8"),
                  buf_str(&mock->body));
}

/* ---- the others ---- */

static void get_journal(struct call *call)
{
    struct journal_filter filter = {.status = query_number(call, STR("status")),
                                    .after = query_number(call, STR("after")),
                                    .last = query_number(call, STR("last"))};
    const str *scope = asked_scope(call);
    str gone;
    filter.scope_given = scope != NULL;
    filter.scope = scope ? *scope : STR("");
    query_text(call, STR("model"), &filter.model);
    query_text(call, STR("rule"), &filter.rule);
    query_text(call, STR("fault"), &filter.fault);
    filter.gone = query_text(call, STR("gone"), &gone) && !str_equal(gone, STR("0"));
    journal_write(&call->mock->body, call->mock->journal, &filter);
    respond_plain(call, 200, json_type, buf_str(&call->mock->body));
}

/* Which configuration is in force, and why it is not a newer one. */
static void get_health(struct call *call)
{
    struct buf *out = &call->mock->body;
    const struct state_facts facts = state_facts(call->mock->state);
    char taken[24];
    clock_iso(facts.taken_ns, taken, sizeof taken);
    buf_printf(out, "{\"status\":\"ok\",\"config\":{\"generation\":%llu,\"taken\":\"%s\"",
               (unsigned long long)facts.generation, taken);
    buf_add_str(out, STR(",\"path\":"));
    if (facts.path)
        json_write_text(out, str_from(facts.path));
    else
        buf_add_str(out, STR("null"));
    buf_printf(out, ",\"failures\":%llu,\"trouble\":", (unsigned long long)facts.failures);
    if (facts.trouble[0]) /* through a text value: it may have been cut inside a character */
        json_write(out, json_new_text(call->request.arena, str_from(facts.trouble)),
                   JSON_COMPACT);
    else
        buf_add_str(out, STR("null"));
    buf_add_str(out, STR("}}"));
    respond_plain(call, 200, json_type, buf_str(out));
}

/* As if the server had just been started; or one scope had never been used. */
static void post_reset(struct call *call)
{
    const str *scope = asked_scope(call);
    state_reset(call->mock->state, scope, call->arrived);
    if (call->mock->replay)
        replay_reset(call->mock->replay, scope);
    respond_plain(call, 200, json_type, STR("{\"reset\":true}"));
}

static void get_clock(struct call *call)
{
    struct state *state = call->mock->state;
    buf_printf(&call->mock->body, "{\"virtual_ms\":%.10g,\"up_ms\":%.10g}",
               (double)state_virtual_ns(state) / 1e6,
               (double)state_up_ns(state, call->arrived) / 1e6);
    respond_plain(call, 200, json_type, buf_str(&call->mock->body));
}

/* {"advance": "30s"} */
static void post_clock(struct call *call)
{
    const json *body = json_parse(call->request.arena, call->http->body, NULL);
    int64_t ns;
    if (!parse_duration(json_text(json_get(body, STR("advance"))), &ns)) {
        respond_plain(call, 400, json_type,
                      STR("{\"error\":\"expected {\\\"advance\\\": \\\"30s\\\"}\"}"));
        return;
    }
    state_advance(call->mock->state, ns);
    get_clock(call);
}

static const struct {
    str path, method;
    void (*handle)(struct call *call);
} pages[] = {
    {STR_INIT("/mock/truth"), STR_INIT("GET"), get_truth},
    {STR_INIT("/mock/journal"), STR_INIT("GET"), get_journal},
    {STR_INIT("/mock/reset"), STR_INIT("POST"), post_reset},
    {STR_INIT("/mock/clock"), STR_INIT("GET"), get_clock},
    {STR_INIT("/mock/clock"), STR_INIT("POST"), post_clock},
    {STR_INIT("/metrics"), STR_INIT("GET"), get_metrics},
    {STR_INIT("/healthz"), STR_INIT("GET"), get_health},
};

/* The path is known; OPTIONS asks which methods are. */
static void refuse_method(struct call *call)
{
    struct buf *allow = &call->mock->body;
    buf_clear(allow);
    for (size_t i = 0; i < sizeof pages / sizeof pages[0]; i++) {
        if (!str_equal(pages[i].path, call->path))
            continue;
        buf_add_str(allow, pages[i].method);
        buf_add_str(allow,
                    str_equal(pages[i].method, STR("GET")) ? STR(", HEAD, ") : STR(", "));
    }
    buf_add_str(allow, STR("OPTIONS"));
    call->allow = arena_str(call->request.arena, buf_str(allow));
    call->route.provider = NULL;
    if (str_equal(call->http->method, STR("OPTIONS")))
        respond_head(call, 204, STR(""), LENGTH_NONE);
    else
        respond_plain(call, 405, json_type, STR("{\"error\":\"method not allowed\"}"));
}

bool admin_handle(struct call *call)
{
    bool path_known = false;
    for (size_t i = 0; i < sizeof pages / sizeof pages[0]; i++) {
        if (!str_equal(pages[i].path, call->path))
            continue;
        path_known = true;
        if (!str_equal(pages[i].method, call->http->method))
            continue;
        buf_clear(&call->mock->body);
        pages[i].handle(call);
        return true;
    }
    if (path_known)
        refuse_method(call);
    return path_known;
}
