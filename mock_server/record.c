/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * record.c: passing requests on and keeping what comes back (see record.h).
 *
 * A forward is one request under way. Exchanges that have ended go to a thread that writes them,
 * since a large one takes milliseconds to lay out as text, and a disk takes what it likes.
 */
#include "mock_server/record.h"

#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "mock_server/flow.h"
#include "mock_server/wire.h"

#include <pthread.h>
#include <stdio.h>

/* A longer reply is passed on and not recorded. */
enum { RECORDED_MAX = 256 * 1024 * 1024 };

struct forward {
    struct flow flow; /* first: flow and forward are the same address */
    struct recorder *recorder;
    struct upstream *upstream;
    struct transfer *transfer; /* NULL: ended */
    struct arena arena;
    struct moment arrived;
    struct http_request http; /* as far as it is needed: method, is_1_0, keep_alive, body */
    struct transfer_request asked;
    struct cassette_secrets secrets;
    struct recorded recorded;
    struct buf body, scratch;
    struct cassette_part *part;
    size_t parts, part_room;
    struct journal *journal; /* the state's, as is: */
    struct truth *truth;
    str scope, endpoint, dialect; /* what it counts the reply for */
    const struct provider *provider;
    struct reply_head head; /* of errors of our own */
    enum framing framing;
    uint64_t announced;
    bool client_gone;
    struct forward *next; /* to be written */
};

struct recorder {
    struct upstream_settings settings;
    struct cassette_file *file;
    struct err err; /* the first failure to write */
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t more;
    struct forward *first, **last;
    bool ending;
};

static void forward_free(struct forward *forward)
{
    buf_release(&forward->body);
    buf_release(&forward->scratch);
    xfree(forward->part);
    arena_release(&forward->arena);
    xfree(forward);
}

/* ---- writing ---- */

static void write_down(struct recorder *recorder, struct forward *forward)
{
    struct cassette_reply *reply = &forward->recorded.reply, raw = *reply;
    struct err err = {0};
    raw.body = buf_str(&forward->body);
    raw.part = forward->part;
    raw.parts = forward->parts;
    cassette_reply_clean(&forward->arena, &forward->secrets, &raw, reply);
    if (cassette_file_add(recorder->file, &forward->recorded, &err) == 0)
        return;
    fprintf(stderr, "weir-mock: not recorded: %s\n", err.message);
    if (recorder->err.kind == ERR_NONE)
        recorder->err = err;
}

static void *write_all(void *arg)
{
    struct recorder *recorder = arg;
    pthread_mutex_lock(&recorder->lock);
    while (recorder->first || !recorder->ending) {
        struct forward *forward = recorder->first;
        if (!forward) {
            pthread_cond_wait(&recorder->more, &recorder->lock);
            continue;
        }
        recorder->first = forward->next;
        if (!recorder->first)
            recorder->last = &recorder->first;
        pthread_mutex_unlock(&recorder->lock);
        write_down(recorder, forward);
        forward_free(forward);
        pthread_mutex_lock(&recorder->lock);
    }
    pthread_mutex_unlock(&recorder->lock);
    return NULL;
}

static void hand_over(struct forward *forward)
{
    struct recorder *recorder = forward->recorder;
    pthread_mutex_lock(&recorder->lock);
    forward->next = NULL;
    *recorder->last = forward;
    recorder->last = &forward->next;
    pthread_cond_signal(&recorder->more);
    pthread_mutex_unlock(&recorder->lock);
}

/* ---- life ---- */

struct recorder *recorder_new(const char *path, const struct upstream_settings *settings,
                              struct err *err)
{
    struct cassette_file *file = cassette_file_open(path, false, err);
    if (!file)
        return NULL;
    struct recorder *recorder = xcalloc(1, sizeof *recorder);
    recorder->settings = *settings;
    recorder->file = file;
    recorder->last = &recorder->first;
    pthread_mutex_init(&recorder->lock, NULL);
    pthread_cond_init(&recorder->more, NULL);
    if (pthread_create(&recorder->thread, NULL, write_all, recorder) != 0)
        BUG("no thread can be started");
    return recorder;
}

int recorder_free(struct recorder *recorder, struct err *err)
{
    if (!recorder)
        return 0;
    pthread_mutex_lock(&recorder->lock);
    recorder->ending = true;
    pthread_cond_signal(&recorder->more);
    pthread_mutex_unlock(&recorder->lock);
    pthread_join(recorder->thread, NULL);
    cassette_file_close(recorder->file);
    pthread_mutex_destroy(&recorder->lock);
    pthread_cond_destroy(&recorder->more);
    bool failed = recorder->err.kind != ERR_NONE;
    if (failed)
        *err = recorder->err;
    xfree(recorder);
    return failed ? -1 : 0;
}

struct upstream *recorder_upstream(const struct recorder *recorder)
{
    return upstream_new(&recorder->settings);
}

/* ---- what comes back ---- */

static int64_t age_ns(const struct forward *forward)
{
    return moment_since(clock_now(), forward->arrived);
}

/* What the client gets; 0: nothing. */
static void note_status(struct forward *forward, int status)
{
    journal_note_status(forward->journal, forward->flow.ticket, status);
    truth_note_status(forward->truth, forward->scope, forward->endpoint, forward->dialect,
                      status);
}

/* Header lines into headers, in the forward's arena. */
static void read_headers(struct forward *forward, str lines)
{
    struct cassette_reply *reply = &forward->recorded.reply;
    size_t room = 1;
    for (size_t i = 0; i < lines.n; i++)
        room += lines.p[i] == '\n';
    struct cassette_header *header = arena_array(&forward->arena, struct cassette_header, room);
    str line, name, value;
    lines = arena_str(&forward->arena, lines);
    while (lines.n) {
        str_cut(lines, '\n', &line, &lines);
        if (!str_cut(line, ':', &name, &value) || str_trim(name).n == 0)
            continue;
        header[reply->headers++] = (struct cassette_header){str_trim(name), str_trim(value)};
    }
    reply->header = header;
}

/* False when the length was not announced. */
static bool find_length(const struct cassette_reply *reply, uint64_t *length)
{
    int64_t number;
    for (size_t i = 0; i < reply->headers; i++)
        if (str_equal_nocase(reply->header[i].name, STR("content-length")) &&
            str_to_int(reply->header[i].value, &number) && number >= 0) {
            *length = (uint64_t)number;
            return true;
        }
    return false;
}

static void on_head(void *context, int status, str lines)
{
    struct forward *forward = context;
    struct cassette_reply *reply = &forward->recorded.reply;
    reply->status = status;
    reply->head_ns = age_ns(forward);
    read_headers(forward, lines);
    reply->chunked = !find_length(reply, &forward->announced);
    forward->framing = wire_framing(&forward->http, status, reply->chunked);
    reply->chunked = reply->chunked && forward->framing != FRAMING_NONE;
    const struct wire_head head = {.status = status,
                                   .header = reply->header,
                                   .headers = reply->headers,
                                   .framing = forward->framing,
                                   .length = forward->announced,
                                   .closes = !forward->http.keep_alive};
    note_status(forward, status);
    buf_clear(&forward->scratch);
    wire_write_head(&forward->scratch, &head);
    flow_send(&forward->flow, buf_str(&forward->scratch));
}

static void note_part(struct forward *forward, str bytes)
{
    buf_add_str(&forward->body, bytes);
    if (forward->parts == forward->part_room) {
        forward->part_room = forward->part_room ? forward->part_room * 2 : 16;
        forward->part = xrealloc(forward->part, forward->part_room * sizeof *forward->part);
    }
    forward->part[forward->parts++] = (struct cassette_part){age_ns(forward), forward->body.n};
}

static bool on_body(void *context, str bytes)
{
    struct forward *forward = context;
    if (bytes.n == 0)
        return true;
    if (flow_is_full(&forward->flow))
        return false;
    note_part(forward, bytes);
    buf_clear(&forward->scratch);
    if (forward->framing == FRAMING_CHUNKED)
        http_write_chunk(&forward->scratch, bytes);
    else
        buf_add_str(&forward->scratch, bytes);
    flow_send(&forward->flow, buf_str(&forward->scratch));
    return true;
}

static void complain(const struct forward *forward, const char *what, const char *why)
{
    struct arena scratch = {0};
    str path = forward->recorded.request.path;
    str shown = arena_printf(&scratch, "%.*s %.*s: %s%s%s", STR_ARG(forward->http.method),
                             STR_ARG(path), what, why ? ": " : "", why ? why : "");
    shown = text_visible(&scratch, cassette_redact(&scratch, &forward->secrets, shown));
    fprintf(stderr, "weir-mock: %.*s\n", STR_ARG(shown));
    arena_release(&scratch);
}

/* No server, or none that answers: a gateway's error, in the provider's shape. */
static void send_gateway_error(struct forward *forward, int status, const char *why)
{
    const struct trouble trouble = {
        .status = status,
        .message =
            arena_printf(&forward->arena, "weir-mock could not get an answer from %.*s: %s",
                         STR_ARG(forward->recorder->settings.base), why),
    };
    note_status(forward, status);
    buf_clear(&forward->scratch);
    wire_write_error(&forward->scratch, forward->provider, &forward->head, &trouble, true,
                     !forward->http.keep_alive);
    flow_send(&forward->flow, buf_str(&forward->scratch));
}

/* The server ended it, so or so. */
static void end_reply(struct forward *forward, enum upstream_end end)
{
    struct cassette_reply *reply = &forward->recorded.reply;
    enum ending ending = forward->http.keep_alive && forward->framing != FRAMING_UNTIL_CLOSE
                             ? ENDING_KEEP
                             : ENDING_CLOSE;
    reply->end_ns = age_ns(forward);
    if (end == UPSTREAM_COMPLETE && forward->framing == FRAMING_CHUNKED) {
        buf_clear(&forward->scratch);
        http_write_last_chunk(&forward->scratch);
        flow_send(&forward->flow, buf_str(&forward->scratch));
    } else if (end == UPSTREAM_CLOSED) {
        reply->end = CASSETTE_CLOSED;
        ending = ENDING_CLOSE;
    } else if (end == UPSTREAM_RESET) {
        reply->end = CASSETTE_RESET;
        ending = ENDING_RESET;
    }
    if (forward->framing == FRAMING_LENGTH && forward->announced > forward->body.n &&
        reply->end != CASSETTE_COMPLETE)
        reply->missing = forward->announced - forward->body.n;
    if (!forward->client_gone)
        flow_end(&forward->flow, ending);
    if (!forward->body.full) {
        hand_over(forward);
        return;
    }
    complain(forward, "its reply is longer than 256 MiB; not recorded", NULL);
    forward_free(forward);
}

static void give_up(struct forward *forward, enum upstream_end end, const char *why)
{
    bool late = end == UPSTREAM_TIMEOUT, begun = forward->recorded.reply.status != 0;
    complain(forward, late ? "nothing came from upstream for too long" : "upstream is down",
             why);
    if (!begun)
        send_gateway_error(forward, late ? 504 : 502, why);
    if (!forward->client_gone)
        flow_end(&forward->flow, begun                      ? ENDING_RESET
                                 : forward->http.keep_alive ? ENDING_KEEP
                                                            : ENDING_CLOSE);
    forward_free(forward);
}

static void on_end(void *context, enum upstream_end end, const char *why)
{
    struct forward *forward = context;
    forward->transfer = NULL;
    bool begun = forward->recorded.reply.status != 0;
    if (!begun && (forward->client_gone || (end != UPSTREAM_DOWN && end != UPSTREAM_TIMEOUT)))
        note_status(forward, 0);
    if (forward->client_gone || end == UPSTREAM_CANCELLED) {
        complain(forward, "the client left before its reply was whole; not recorded", NULL);
        forward_free(forward);
    } else if (end == UPSTREAM_DOWN || end == UPSTREAM_TIMEOUT) {
        give_up(forward, end, why);
    } else {
        end_reply(forward, end);
    }
}

/* ---- the client's side ---- */

static void begin(struct flow *flow, struct worker *worker)
{
    static const struct transfer_events events = {on_head, on_body, on_end};
    struct forward *forward = (struct forward *)flow;
    forward->transfer =
        transfer_start(forward->upstream, worker, &forward->asked, &events, forward);
}

static void gone(struct flow *flow)
{
    struct forward *forward = (struct forward *)flow;
    forward->client_gone = true;
    if (forward->transfer)
        transfer_cancel(forward->transfer);
}

static void taken(struct flow *flow)
{
    struct forward *forward = (struct forward *)flow;
    if (forward->transfer)
        transfer_resume(forward->transfer);
}

/* ---- requests ---- */

/* Headers that are about the connection, and those that libcurl writes itself. */
static bool is_passed_on(str name, str options)
{
    return !wire_is_hop_by_hop(name, options) && !str_equal_nocase(name, STR("host")) &&
           !str_equal_nocase(name, STR("content-length")) &&
           !str_equal_nocase(name, STR("expect")) &&
           !str_equal_nocase(name, STR("accept-encoding"));
}

/* Replies are asked for as they are: what is compressed cannot be read or searched for secrets.
 * An empty line takes a header away that libcurl would add. */
static void write_headers(struct forward *forward, const struct http_request *http)
{
    struct arena *arena = &forward->arena;
    str *line = arena_array(arena, str, http->headers + 4);
    str options = http_header_get(http, STR("connection"));
    size_t count = 0;
    for (size_t i = 0; i < http->headers; i++) {
        str name = http->header[i].name, value = http->header[i].value;
        if (is_passed_on(name, options))
            line[count++] =
                value.n ? arena_printf(arena, "%.*s: %.*s", STR_ARG(name), STR_ARG(value))
                        : arena_printf(arena, "%.*s;", STR_ARG(name));
    }
    line[count++] = STR("Accept-Encoding: identity");
    line[count++] = STR("Expect:");
    if (http_header_get(http, STR("accept")).n == 0)
        line[count++] = STR("Accept:");
    if (http_header_get(http, STR("content-type")).n == 0)
        line[count++] = STR("Content-Type:");
    forward->asked.header = line;
    forward->asked.headers = count;
}

/* All that is needed of the request after the handler has returned. */
static void keep_request(struct forward *forward, struct call *call)
{
    struct arena *arena = &forward->arena;
    const struct http_request *http = call->http;
    struct cassette_asked asked = wire_asked(call);
    str query = http->query;
    forward->http = (struct http_request){.method = arena_str(arena, http->method),
                                          .body = arena_str(arena, http->body),
                                          .is_1_0 = http->is_1_0,
                                          .keep_alive = http->keep_alive};
    struct cassette_header *header =
        arena_array(arena, struct cassette_header, asked.headers + 1);
    for (size_t i = 0; i < asked.headers; i++)
        header[i] = (struct cassette_header){arena_str(arena, asked.header[i].name),
                                             arena_str(arena, asked.header[i].value)};
    asked.header = header;
    asked.method = forward->http.method;
    asked.path = arena_str(arena, asked.path);
    asked.query = arena_str(arena, asked.query);
    asked.body = forward->http.body;
    cassette_secrets_find(&forward->secrets, &asked);
    cassette_request_read(arena, &forward->secrets, &asked, &forward->recorded.request);
    forward->asked.method = forward->http.method;
    forward->asked.target = arena_printf(arena, "%.*s%s%.*s", STR_ARG(call->path),
                                         query.n ? "?" : "", STR_ARG(query));
    forward->asked.body = forward->http.body;
    write_headers(forward, http);
}

void record_forward(struct recorder *recorder, struct upstream *upstream, struct call *call)
{
    struct forward *forward = xcalloc(1, sizeof *forward);
    forward->flow = (struct flow){.begin = begin, .gone = gone, .taken = taken};
    forward->recorder = recorder;
    forward->upstream = upstream;
    forward->arrived = call->arrived;
    forward->journal = call->mock->journal;
    forward->truth = call->mock->truth;
    forward->scope = arena_str(&forward->arena, call->request.scope);
    forward->endpoint = call->route.pattern;
    forward->dialect = call->route.dialect ? dialect_name(call->route.dialect) : STR("");
    forward->provider = call->route.provider;
    forward->head = call->head;
    forward->body = BUF(RECORDED_MAX);
    keep_request(forward, call);
    call->decision.name = STR("upstream");
    call->delivery->flow = &forward->flow;
}
