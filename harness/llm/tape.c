/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tape.c: exchanges into a cassette and out of it (see tape.h).
 *
 * An exchange becomes a struct recorded, and that becomes a reply again, in recording as in
 * replaying (tape_reply.c): there is one way back, so the two cannot differ. Its texts are made in
 * an arena of the job's own, since a worker may not touch the cell's; what the call keeps is copied
 * over.
 */
#include "llm/tape_inside.h"

#include "base/ceilings.h"
#include "base/log.h"
#include "base/mem.h"
#include "io/pool.h"

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

static void read_request(struct tape_job *job)
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

/* ---- replaying ---- */

static void look_up(void *arg)
{
    struct tape_job *job = arg;
    struct llm_tape *tape = job->tape;
    read_request(job);
    pthread_mutex_lock(&tape->lock);
    job->found = player_take(tape->player, &job->recorded.request, NULL);
    if (!job->found && !tape->options.record)
        job->why = player_explain(tape->player, &job->arena, &job->recorded.request);
    pthread_mutex_unlock(&tape->lock);
}

/* Small requests are looked up at once: to hand them to a worker takes longer. */
static void fiber_fn find(struct tape_job *job, struct pool *pool)
{
    if (pool && job->request->body.n > LARGE_PARSE_BYTES)
        pool_run(pool, look_up, job);
    else
        look_up(job);
}

static int fiber_fn play(struct tape_job *job, struct http_reply *reply)
{
    struct moment start = clock_now();
    tape_hand_back(job->found, job->request, start, reply);
    tape_keep_limits(job->request, reply);
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

static void refuse(struct tape_job *job, struct http_reply *reply)
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
    struct tape_job job = {.tape = tape, .request = request, .attempt = {.number = number}};
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
    struct tape_job *job = arg;
    struct llm_tape *tape = job->tape;
    if (!tape->player) /* else it was read for looking it up */
        read_request(job);
    tape_fill_reply(job);
    pthread_mutex_lock(&tape->lock);
    if (tape->err.kind == ERR_NONE)
        cassette_file_add(tape->file, &job->recorded, &tape->err);
    pthread_mutex_unlock(&tape->lock);
}

/* Of an exchange that was cancelled nothing is kept: it did not end. */
static int fiber_fn send_and_record(struct tape_job *job, struct http *http, struct pool *pool,
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
    tape_hand_back(&job->recorded, job->request, sent.start, reply);
    job->tape->stats.recorded++;
    return result;
}

int llm_tape_send(struct llm_tape *tape, struct http *http, struct pool *pool,
                  const struct http_request *request, const struct llm_tape_try *attempt,
                  struct http_reply *reply, enum llm_tape_way *way)
{
    struct tape_job job = {.tape = tape, .request = request, .attempt = *attempt};
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
