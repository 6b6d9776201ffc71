/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tape.c: exchanges into a cassette and out of it (see tape.h).
 *
 * An exchange becomes a struct recorded, and that becomes a reply again, in recording as in
 * replaying: there is one way back, so the two cannot differ. Its texts are made in an arena of
 * the job's own, since a worker may not touch the cell's; what the call keeps is copied over.
 */
#include "llm/tape.h"

#include "base/cassette.h"
#include "base/ceilings.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "io/pool.h"
#include "llm/retry.h"

#include <pthread.h>
#include <sys/stat.h>

struct llm_tape {
    struct llm_tape_options options;
    struct arena arena;
    struct cassette *cassette;   /* to replay; NULL: none */
    struct player *player;       /* likewise */
    struct cassette_file *file;  /* to record; NULL: none */
    pthread_mutex_t lock;        /* of the player and the file: workers use them */
    struct err err;              /* of writing */
    struct llm_tape_stats stats; /* the loop's */
};

/* ---- life ---- */

static int open_replay(struct llm_tape *tape, struct err *err)
{
    const struct llm_tape_options *options = &tape->options;
    tape->cassette = cassette_load(options->replay, err);
    if (!tape->cassette)
        return -1;
    if (tape->cassette->unfinished)
        log_line(LOG_WARNING, "%s:%u: this last exchange has no end and is left out",
                 options->replay, tape->cassette->unfinished);
    tape->player = player_new(tape->cassette, options->any ? PLAYER_NTH : PLAYER_STRICT);
    return 0;
}

static int open_record(struct llm_tape *tape, struct err *err)
{
    const struct llm_tape_options *options = &tape->options;
    struct stat facts;
    if (!options->go_on && stat(options->record, &facts) == 0 && facts.st_size > 0)
        return err_set(err, ERR_INPUT,
                       "%s is there already: remove it, or add what it lacks with --replay %s "
                       "--record %s",
                       options->record, options->record, options->record);
    tape->file = cassette_file_open(options->record, options->mock, err);
    return tape->file ? 0 : -1;
}

int llm_tape_open(struct llm_tape **tape_out, const struct llm_tape_options *options,
                  struct err *err)
{
    struct llm_tape *tape = xcalloc(1, sizeof *tape);
    tape->options = *options;
    pthread_mutex_init(&tape->lock, NULL);
    *tape_out = tape;
    if ((options->replay && open_replay(tape, err) < 0) ||
        (options->record && open_record(tape, err) < 0)) {
        llm_tape_close(tape);
        *tape_out = NULL;
        return -1;
    }
    return 0;
}

void llm_tape_close(struct llm_tape *tape)
{
    if (!tape)
        return;
    player_free(tape->player);
    cassette_free(tape->cassette);
    cassette_file_close(tape->file);
    pthread_mutex_destroy(&tape->lock);
    arena_release(&tape->arena);
    xfree(tape);
}

bool llm_tape_is_offline(const struct llm_tape *tape)
{
    return tape && tape->player && !tape->options.record;
}

bool llm_tape_is_of_mock(const struct llm_tape *tape)
{
    return tape->cassette && tape->cassette->mock;
}

const struct llm_tape_stats *llm_tape_stats(const struct llm_tape *tape)
{
    return &tape->stats;
}

int llm_tape_error(const struct llm_tape *tape, struct err *err)
{
    if (tape->err.kind == ERR_NONE)
        return 0;
    *err = tape->err;
    return -1;
}

int64_t llm_tape_rounded(int64_t ns)
{
    return (ns + NS_PER_US / 2) / NS_PER_US * NS_PER_US;
}

int64_t llm_tape_scaled(const struct llm_tape *tape, int64_t ns)
{
    double scaled = (double)ns * tape->options.scale;
    return scaled < 9e18 ? (int64_t)scaled : INT64_MAX / 2;
}

/* ---- requests ---- */

/* One exchange on its way; on its fiber's stack. */
struct job {
    struct llm_tape *tape;
    const struct http_request *request;
    struct llm_tape_try attempt;
    const struct http_reply *sent; /* to be recorded */
    struct arena arena;
    struct recorded recorded;
    struct cassette_secrets secrets;
    const struct recorded *found; /* to be played; NULL: `why` says why not */
    str why;
};

/* "https://host:1/v1/x?a=b" is "/v1/x" and "a=b". */
static void split_url(str url, str cut, str *path, str *query)
{
    ptrdiff_t scheme = str_find(url, STR("://"), 0);
    ptrdiff_t slash = str_find(url, STR("/"), scheme < 0 ? 0 : (size_t)scheme + 3);
    str rest = slash < 0 ? STR("/") : str_sub(url, (size_t)slash, url.n);
    str_cut(rest, '?', path, query);
    if (cut.n && str_starts_with(*path, cut) && path->n > cut.n && path->p[cut.n] == '/')
        *path = str_sub(*path, cut.n, path->n);
}

static void read_request(struct job *job)
{
    const struct http_request *request = job->request;
    struct cassette_header *header =
        arena_array(&job->arena, struct cassette_header, request->header_count + 1);
    struct cassette_asked asked = {.method = request->method.n ? request->method : STR("POST"),
                                   .header = header,
                                   .body = request->body,
                                   .attempt = job->attempt.number};
    for (size_t i = 0; i < request->header_count; i++) {
        str name, value;
        if (str_cut(request->headers[i], ':', &name, &value))
            header[asked.headers++] = (struct cassette_header){name, str_trim(value)};
    }
    split_url(request->url, job->tape->options.cut, &asked.path, &asked.query);
    cassette_secrets_find(&job->secrets, &asked);
    cassette_request_read(&job->arena, &job->secrets, &asked, &job->recorded.request);
}

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

static void fill_headers(struct job *job, struct cassette_reply *reply)
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
static void fill_length(struct job *job, struct cassette_reply *reply)
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
static void fill_times(struct job *job, struct cassette_reply *reply, int64_t connect_ns)
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

static void fill_reply(struct job *job)
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

/* In the request's arena. */
static void hand_back(const struct recorded *recorded, const struct http_request *request,
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

static void keep_limits(const struct http_request *request, struct http_reply *reply)
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

/* ---- replaying ---- */

static void look_up(void *arg)
{
    struct job *job = arg;
    struct llm_tape *tape = job->tape;
    read_request(job);
    pthread_mutex_lock(&tape->lock);
    job->found = player_take(tape->player, &job->recorded.request, NULL);
    if (!job->found && !tape->options.record)
        job->why = player_explain(tape->player, &job->arena, &job->recorded.request);
    pthread_mutex_unlock(&tape->lock);
}

/* Small requests are looked up at once: to hand them to a worker takes longer. */
static void fiber_fn find(struct job *job, struct pool *pool)
{
    if (pool && job->request->body.n > LARGE_PARSE_BYTES)
        pool_run(pool, look_up, job);
    else
        look_up(job);
}

static int fiber_fn play(struct job *job, struct http_reply *reply)
{
    struct moment start = clock_now();
    hand_back(job->found, job->request, start, reply);
    keep_limits(job->request, reply);
    job->tape->stats.replayed++;
    int64_t wait_ns = llm_tape_scaled(job->tape, reply->total_ns);
    if (wait_ns <= 0 || fiber_sleep(wait_ns) == 0)
        return 0;
    *reply = (struct http_reply){.outcome = HTTP_CANCELLED,
                                 .start = start,
                                 .bytes_sent = reply->bytes_sent,
                                 .tls_ns = reply->tls_ns,
                                 .connect_ns = reply->connect_ns,
                                 .first_byte_ns = -1,
                                 .total_ns = reply->connect_ns > 0 ? reply->connect_ns : 0};
    return -1;
}

static void refuse(struct job *job, struct http_reply *reply)
{
    struct llm_tape *tape = job->tape;
    struct llm_tape_stats *stats = &tape->stats;
    enum { SHOWN = sizeof stats->unseen_said / sizeof stats->unseen_said[0] };
    *reply = (struct http_reply){.outcome = HTTP_CONNECT,
                                 .error = arena_str(job->request->arena, job->why),
                                 .start = clock_now(),
                                 .connect_ns = -1,
                                 .tls_ns = -1,
                                 .first_byte_ns = -1};
    stats->unseen++;
    if (stats->unseen_saids < SHOWN)
        stats->unseen_said[stats->unseen_saids++] = arena_str(&tape->arena, job->why);
}

bool llm_tape_backoff(struct llm_tape *tape, const struct http_request *request,
                      unsigned number, int64_t planned_ns, int64_t *backoff_ns)
{
    if (!tape || !tape->player)
        return false;
    struct job job = {.tape = tape, .request = request, .attempt = {.number = number}};
    read_request(&job);
    pthread_mutex_lock(&tape->lock);
    const struct recorded *found = player_find(tape->player, &job.recorded.request);
    pthread_mutex_unlock(&tape->lock);
    bool told = found && found->client.backoff_ns > 0;
    *backoff_ns = told ? found->client.backoff_ns : planned_ns;
    arena_release(&job.arena);
    return found || !tape->options.record;
}

/* ---- recording ---- */

static void write_down(void *arg)
{
    struct job *job = arg;
    struct llm_tape *tape = job->tape;
    if (!tape->player) /* else it was read for looking it up */
        read_request(job);
    fill_reply(job);
    pthread_mutex_lock(&tape->lock);
    if (tape->err.kind == ERR_NONE)
        cassette_file_add(tape->file, &job->recorded, &tape->err);
    pthread_mutex_unlock(&tape->lock);
}

/* Of an exchange that was cancelled nothing is kept: it did not end. */
static int fiber_fn send_and_record(struct job *job, struct http *http, struct pool *pool,
                                    struct http_reply *reply)
{
    struct http_reply sent;
    int result = http_send(http, job->request, &sent);
    *reply = sent;
    if (sent.outcome == HTTP_CANCELLED)
        return result;
    job->sent = &sent;
    if (pool)
        pool_run(pool, write_down, job);
    else
        write_down(job);
    hand_back(&job->recorded, job->request, sent.start, reply);
    job->tape->stats.recorded++;
    return result;
}

int llm_tape_send(struct llm_tape *tape, struct http *http, struct pool *pool,
                  const struct http_request *request, const struct llm_tape_try *attempt,
                  struct http_reply *reply, enum llm_tape_way *way)
{
    struct job job = {.tape = tape, .request = request, .attempt = *attempt};
    int result = 0;
    if (tape->player)
        find(&job, pool);
    if (job.found) {
        *way = LLM_TAPE_PLAYED;
        result = play(&job, reply);
    } else if (tape->options.record) {
        *way = LLM_TAPE_SENT;
        result = send_and_record(&job, http, pool, reply);
    } else {
        *way = LLM_TAPE_UNSEEN;
        refuse(&job, reply);
    }
    arena_release(&job.arena);
    return result;
}
