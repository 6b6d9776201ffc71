/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tape_reply.c: a reply as it is recorded, and as a recording hands it back (see tape_inside.h). There
 * is no other way back, so that a run that records cannot differ from its replay.
 */
#include "llm/tape_inside.h"

#include "base/ceilings.h"
#include "base/text.h"
#include "llm/retry.h"

/* ---- a reply as it is recorded ---- */

/* A date would mean something else on another day, so the hint is kept as what it was then. What
 * libcurl has unpacked is no longer packed. */
static size_t add_header(struct arena *arena, struct cassette_header *header, size_t count,
                         const struct http_reply *reply, str name, str value)
{
    double seconds;
    if (str_equal_nocase(name, STR("content-encoding")))
        return count;
    if (str_equal_nocase(name, STR("retry-after")) && !str_to_double(value, &seconds)) {
        int64_t hint_ns =
            llm_retry_hint_ns(STR(""), value, http_header(reply, "date"), clock_wall_ns());
        if (hint_ns < 0)
            return count;
        name = STR("retry-after-ms");
        value = arena_printf(arena, "%lld", (long long)((hint_ns + NS_PER_MS - 1) / NS_PER_MS));
    }
    header[count] = (struct cassette_header){name, value};
    return count + 1;
}

static void fill_headers(struct tape_job *job, struct cassette_reply *reply)
{
    str lines = job->sent->header_lines, line, name, value;
    size_t room = 1;
    for (size_t i = 0; i < lines.n; i++)
        room += lines.p[i] == '\n';
    struct cassette_header *header = arena_array(&job->arena, struct cassette_header, room);
    str_cut(lines, '\n', &line, &lines); /* the status line */
    while (lines.n) {
        str_cut(lines, '\n', &line, &lines);
        if (str_cut(line, ':', &name, &value) && str_trim(name).n)
            reply->headers = add_header(&job->arena, header, reply->headers, job->sent,
                                        str_trim(name), str_trim(value));
    }
    reply->header = header;
}

/* Bytes that were announced and never came. */
static void fill_length(struct tape_job *job, struct cassette_reply *reply)
{
    int64_t length;
    bool told = str_to_int(http_header(job->sent, "content-length"), &length) && length >= 0;
    reply->chunked = !told && reply->status != 204 && reply->status != 304;
    if (told && reply->end != CASSETTE_COMPLETE && (uint64_t)length > reply->body.n &&
        !http_header(job->sent, "content-encoding").n)
        reply->missing = (size_t)length - reply->body.n;
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* How long the request was waited for, in whole µs. */
static int64_t patience_ns(int64_t timeout_ns)
{
    return timeout_ns ? timeout_ns / NS_PER_US * NS_PER_US : INT64_MAX;
}

/* Times from when the request was there. Who waited only so long was not answered later: that
 * our timer came late is no time of the provider's, and a replay must not run into it. */
static void fill_times(struct tape_job *job, struct cassette_reply *reply, int64_t connect_ns)
{
    const struct http_reply *sent = job->sent;
    int64_t all_ns = patience_ns(job->request->timeout_ns) - connect_ns;
    int64_t first_ns =
        least(all_ns, patience_ns(job->request->first_byte_timeout_ns) - connect_ns);
    size_t count = sent->arrivals;
    struct cassette_part *part = arena_array(&job->arena, struct cassette_part, count + 1);
    reply->end_ns = least(sent->total_ns - connect_ns, reply->status ? all_ns : first_ns);
    if (!reply->status)
        return;
    reply->head_ns = least(sent->first_byte_ns - connect_ns, first_ns);
    for (size_t i = 0; i < count; i++)
        part[i] = (struct cassette_part){least(sent->arrival[i].at_ns - connect_ns, all_ns),
                                         sent->arrival[i].bytes};
    if (sent->body.n && (!count || part[count - 1].upto < sent->body.n))
        part[count++] = (struct cassette_part){reply->end_ns, sent->body.n};
    reply->part = part;
    reply->parts = count;
}

static const char usual_protocol[] = "http/1.1";

static enum cassette_gave_up gave_up_of(enum http_outcome outcome)
{
    return outcome == HTTP_TIMEOUT     ? CASSETTE_TIMEOUT
           : outcome == HTTP_CONNECT   ? CASSETTE_NO_CONNECTION
           : outcome == HTTP_TOO_LARGE ? CASSETTE_TOO_LARGE
           : outcome == HTTP_BARRED    ? CASSETTE_BARRED
                                       : CASSETTE_GAVE_NOT_UP;
}

void tape_fill_reply(struct tape_job *job)
{
    const struct http_reply *sent = job->sent;
    struct cassette_client *client = &job->recorded.client;
    struct cassette_reply reply = {.body = sent->body};
    *client = (struct cassette_client){
        .backoff_ns = job->attempt.backoff_ns,
        .connect_ns = sent->connect_ns > 0 ? llm_tape_rounded(sent->connect_ns) : 0,
        .unsent = !sent->bytes_sent,
        .gave_up = gave_up_of(sent->outcome),
        .said =
            utf8_clean(&job->arena, cassette_redact(&job->arena, &job->secrets, sent->error)),
    };
    client->connect_ns =
        client->unsent ? 0 : least(client->connect_ns, patience_ns(job->request->timeout_ns));
    if (sent->tls_ns >= 0 && !client->unsent)
        client->tls_ns = least(llm_tape_rounded(sent->tls_ns), client->connect_ns);
    if (sent->protocol && strcmp(sent->protocol, usual_protocol) != 0)
        client->protocol = str_from(sent->protocol);
    reply.end = sent->outcome == HTTP_OK ? CASSETTE_COMPLETE : CASSETTE_CLOSED;
    /* statuses that HTTP does not have are no reply either */
    if (!client->unsent && sent->status >= 200 && sent->status <= 599) {
        reply.status = sent->status;
        fill_headers(job, &reply);
        fill_length(job, &reply);
    } else {
        reply.body = STR("");
        reply.end = CASSETTE_CLOSED;
    }
    fill_times(job, &reply, client->connect_ns);
    cassette_reply_clean(&job->arena, &job->secrets, &reply, &job->recorded.reply);
}

/* ---- and as it is handed back ---- */

static enum http_outcome outcome_of(const struct recorded *recorded)
{
    switch (recorded->client.gave_up) {
    case CASSETTE_TIMEOUT:
        return HTTP_TIMEOUT;
    case CASSETTE_NO_CONNECTION:
        return HTTP_CONNECT;
    case CASSETTE_TOO_LARGE:
        return HTTP_TOO_LARGE;
    case CASSETTE_BARRED:
        return HTTP_BARRED;
    case CASSETTE_GAVE_NOT_UP:
        break;
    }
    return recorded->reply.end == CASSETTE_COMPLETE ? HTTP_OK : HTTP_BROKEN;
}

static str header_lines(struct arena *arena, const struct cassette_reply *reply)
{
    struct buf lines = {0};
    if (!reply->status)
        return STR("");
    buf_printf(&lines, "HTTP/1.1 %d\r\n", reply->status);
    for (size_t i = 0; i < reply->headers; i++)
        buf_printf(&lines, "%.*s: %.*s\r\n", STR_ARG(reply->header[i].name),
                   STR_ARG(reply->header[i].value));
    str text = arena_str(arena, buf_str(&lines));
    buf_release(&lines);
    return text;
}

static void give_arrivals(const struct recorded *recorded, struct arena *arena,
                          struct http_reply *reply)
{
    const struct cassette_reply *kept = &recorded->reply;
    struct http_arrival *arrival = arena_array(arena, struct http_arrival, kept->parts + 1);
    for (size_t i = 0; i < kept->parts; i++)
        arrival[i] =
            (struct http_arrival){.bytes = kept->part[i].upto,
                                  .at_ns = recorded->client.connect_ns + kept->part[i].at_ns};
    reply->arrival = arrival;
    reply->arrivals = kept->parts;
}

void tape_hand_back(const struct recorded *recorded, const struct http_request *request,
                    struct moment start, struct http_reply *reply)
{
    const struct cassette_reply *kept = &recorded->reply;
    const struct cassette_client *client = &recorded->client;
    *reply = (struct http_reply){
        .outcome = outcome_of(recorded),
        .status = kept->status,
        .header_lines = header_lines(request->arena, kept),
        .body = arena_str(request->arena, kept->body),
        .error = arena_str(request->arena, client->said),
        .bytes_sent = !client->unsent,
        .start = start,
        .protocol = !kept->status        ? NULL
                    : client->protocol.n ? arena_str(request->arena, client->protocol).p
                                         : usual_protocol,
        .tls_ns = client->tls_ns > 0 ? client->tls_ns : -1,
        .connect_ns = client->unsent ? -1 : client->connect_ns,
        .first_byte_ns = kept->status ? client->connect_ns + kept->head_ns : -1,
        .total_ns = client->connect_ns + kept->end_ns,
    };
    if (reply->outcome != HTTP_OK && !reply->error.n)
        reply->error = STR("the reply broke off");
    if (request->note_arrivals && kept->status / 100 == 2)
        give_arrivals(recorded, request->arena, reply);
}

/* ---- limits of a replay, which may be tighter than the recording's were ---- */

static void cut_body(struct http_reply *reply, int64_t until_ns)
{
    size_t came = 0, arrivals = 0;
    while (arrivals < reply->arrivals && reply->arrival[arrivals].at_ns <= until_ns)
        came = reply->arrival[arrivals++].bytes;
    reply->arrivals = arrivals;
    reply->body = str_sub(reply->body, 0, came);
}

static void run_out(const struct http_request *request, struct http_reply *reply, bool begun,
                    int64_t after_ns)
{
    reply->outcome = HTTP_TIMEOUT;
    reply->error =
        arena_printf(request->arena, "no %s within %g s", begun ? "end of the reply" : "reply",
                     (double)after_ns / (double)NS_PER_S);
    reply->total_ns = after_ns;
    cut_body(reply, after_ns);
    if (begun)
        return;
    reply->status = 0;
    reply->header_lines = STR("");
    reply->first_byte_ns = -1;
}

void tape_keep_limits(const struct http_request *request, struct http_reply *reply)
{
    int64_t first_ns = request->first_byte_timeout_ns, all_ns = request->timeout_ns;
    size_t limit = request->reply_limit ? request->reply_limit : BUF_DEFAULT_LIMIT;
    int64_t begins_ns = reply->first_byte_ns >= 0 ? reply->first_byte_ns : reply->total_ns;
    if (first_ns && begins_ns > first_ns && (!all_ns || first_ns <= all_ns))
        run_out(request, reply, false, first_ns);
    else if (all_ns && reply->total_ns > all_ns)
        run_out(request, reply, begins_ns <= all_ns, all_ns);
    if (reply->body.n <= limit)
        return;
    reply->outcome = HTTP_TOO_LARGE;
    reply->error = STR("the reply is larger than its limit");
    reply->body = str_sub(reply->body, 0, limit);
}
