/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * admin.c: what a test asks the mock itself: truth, metrics, journal, clock, reset.
 */
#include "mock_server/call.h"

#include "base/option.h"

static const str json_type = STR_INIT("application/json");

static void write_sends(struct buf *out, const struct server_stats *stats)
{
    buf_printf(out,
               "\"sends\":{\"count\":%llu,\"late_ms\":{\"mean\":%.6g,\"p50\":%.6g,\"p99\":%.6g,"
               "\"max\":%.6g}},\"connections\":%llu,\"gone\":%llu,\"refused\":%llu",
               (unsigned long long)stats->sends,
               stats->sends ? stats->lateness_sum_ns / (double)stats->sends / 1e6 : 0,
               (double)server_lateness_ns(stats, 0.5) / 1e6,
               (double)server_lateness_ns(stats, 0.99) / 1e6,
               (double)stats->lateness_max_ns / 1e6, (unsigned long long)stats->connections,
               (unsigned long long)stats->gone, (unsigned long long)stats->refused);
}

static void get_truth(struct call *call)
{
    struct mock *mock = call->mock;
    buf_printf(&mock->body, "{\"seed\":%llu,\"scale\":%.10g,", (unsigned long long)mock->seed,
               mock->scale);
    truth_write(&mock->body, mock->truth);
    if (mock->stats) {
        buf_add_char(&mock->body, ',');
        write_sends(&mock->body, mock->stats);
    }
    buf_add_char(&mock->body, '}');
    respond_plain(call, 200, json_type, buf_str(&mock->body));
}

static void write_server_metrics(struct buf *out, const struct server_stats *stats)
{
    const struct {
        const char *name, *kind, *help;
        uint64_t value;
    } rows[] = {
        {"weir_mock_requests_total", "counter", "Requests taken.", stats->requests},
        {"weir_mock_connections_total", "counter", "Connections taken.", stats->connections},
        {"weir_mock_connections_open", "gauge", "Connections open now.", stats->open},
        {"weir_mock_clients_gone_total", "counter", "Clients that left before their reply.",
         stats->gone},
        {"weir_mock_refused_total", "counter", "Bytes that were no request.", stats->refused},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n%s %llu\n", rows[i].name, rows[i].help,
                   rows[i].name, rows[i].kind, rows[i].name, (unsigned long long)rows[i].value);
    buf_add_str(out, STR("# HELP weir_mock_send_lateness_seconds Sends after their due time.\n"
                         "# TYPE weir_mock_send_lateness_seconds summary\n"));
    buf_printf(out,
               "weir_mock_send_lateness_seconds{quantile=\"0.5\"} %g\n"
               "weir_mock_send_lateness_seconds{quantile=\"0.99\"} %g\n"
               "weir_mock_send_lateness_seconds_sum %g\n"
               "weir_mock_send_lateness_seconds_count %llu\n",
               (double)server_lateness_ns(stats, 0.5) / 1e9,
               (double)server_lateness_ns(stats, 0.99) / 1e9, stats->lateness_sum_ns / 1e9,
               (unsigned long long)stats->sends);
}

static void get_metrics(struct call *call)
{
    struct mock *mock = call->mock;
    truth_write_metrics(&mock->body, mock->truth);
    if (mock->stats)
        write_server_metrics(&mock->body, mock->stats);
    respond_plain(call, 200, STR("text/plain; version=0.0.4; charset=utf-8"),
                  buf_str(&mock->body));
}

static void get_journal(struct call *call)
{
    journal_write(&call->mock->body, call->mock->journal);
    respond_plain(call, 200, json_type, buf_str(&call->mock->body));
}

static void get_health(struct call *call)
{
    respond_plain(call, 200, json_type, STR("{\"status\":\"ok\"}"));
}

/* As if the server had just been started. */
static void post_reset(struct call *call)
{
    struct mock *mock = call->mock;
    truth_clear(mock->truth);
    journal_clear(mock->journal);
    counters_clear(mock->counters);
    limit_counts_clear(mock->limits);
    mock->virtual_ns = 0;
    mock->started = call->arrived;
    respond_plain(call, 200, json_type, STR("{\"reset\":true}"));
}

static void get_clock(struct call *call)
{
    buf_printf(&call->mock->body, "{\"virtual_ms\":%.10g}",
               (double)call->mock->virtual_ns / 1e6);
    respond_plain(call, 200, json_type, buf_str(&call->mock->body));
}

/* {"advance": "30s"} */
static void post_clock(struct call *call)
{
    const json *body = json_parse(&call->mock->arena, call->http->body, NULL);
    int64_t ns;
    if (!parse_duration(json_text(json_get(body, STR("advance"))), &ns)) {
        respond_plain(call, 400, json_type,
                      STR("{\"error\":\"expected {\\\"advance\\\": \\\"30s\\\"}\"}"));
        return;
    }
    call->mock->virtual_ns += ns;
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
        respond_plain(call, 405, json_type, STR("{\"error\":\"method not allowed\"}"));
    return path_known;
}
