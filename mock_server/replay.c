/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * replay.c: replies out of a cassette (see replay.h).
 *
 * A recording becomes a delivery: the same bytes, framed as they were, each part due when it had
 * come. A refusal is a 404, which no official client tries again; its message is for people.
 */
#include "mock_server/replay.h"

#include "base/mem.h"
#include "base/text.h"
#include "mock_server/wire.h"

#include <pthread.h>

struct scope {
    struct scope *next;
    struct player *player;
    size_t n;
    char name[];
};

struct replay {
    struct cassette *cassette;
    enum unseen unseen;
    bool repeat;
    pthread_mutex_t lock;
    struct scope *scopes;
    FILE *told;
};

struct replay *replay_of(struct cassette *cassette, enum unseen unseen, bool repeat)
{
    struct replay *replay = xcalloc(1, sizeof *replay);
    replay->cassette = cassette;
    replay->unseen = unseen;
    replay->repeat = repeat;
    replay->told = stderr;
    pthread_mutex_init(&replay->lock, NULL);
    return replay;
}

void replay_tell(struct replay *replay, FILE *out)
{
    replay->told = out;
}

struct replay *replay_new(const char *path, enum unseen unseen, bool repeat, struct err *err)
{
    struct cassette *cassette = cassette_load(path, err);
    if (!cassette)
        return NULL;
    if (cassette->unfinished)
        fprintf(stderr, "weir-mock: %s:%u: this last exchange has no end and is left out\n",
                path, cassette->unfinished);
    return replay_of(cassette, unseen, repeat);
}

void replay_free(struct replay *replay)
{
    if (!replay)
        return;
    for (struct scope *scope = replay->scopes, *next; scope; scope = next) {
        next = scope->next;
        player_free(scope->player);
        xfree(scope);
    }
    cassette_free(replay->cassette);
    pthread_mutex_destroy(&replay->lock);
    xfree(replay);
}

void replay_reset(struct replay *replay, const str *scope)
{
    pthread_mutex_lock(&replay->lock);
    for (struct scope *one = replay->scopes; one; one = one->next)
        if (!scope || str_equal((str){one->name, one->n}, *scope))
            player_reset(one->player);
    pthread_mutex_unlock(&replay->lock);
}

/* Under the lock. */
static struct player *player_of(struct replay *replay, str name)
{
    for (struct scope *one = replay->scopes; one; one = one->next)
        if (str_equal((str){one->name, one->n}, name))
            return one->player;
    struct scope *scope = xcalloc(1, sizeof *scope + name.n);
    if (name.n)
        memcpy(scope->name, name.p, name.n);
    scope->n = name.n;
    scope->player = player_new(replay->cassette, replay->repeat ? PLAYER_REPEATS : PLAYER_NTH);
    scope->next = replay->scopes;
    replay->scopes = scope;
    return scope->player;
}

/* ---- replies ---- */

static int64_t scaled(const struct call *call, int64_t ns)
{
    double later = (double)ns * call->mock->scale;
    return later < 9e18 ? (int64_t)later : INT64_MAX / 2;
}

enum { PLAN_PARTS = 100 };

/* "head=1ms parts=1.5ms/15,2ms/29 end=2ms": when how many bytes of the body are due. */
static str plan_of(struct call *call, const struct cassette_reply *reply)
{
    if (http_header_get(call->http, STR("x-mock-explain")).n == 0)
        return STR("");
    struct buf plan = {0};
    buf_printf(&plan, "head=%.3fms parts=", (double)scaled(call, reply->head_ns) / 1e6);
    for (size_t i = 0; i < reply->parts && i < PLAN_PARTS; i++)
        buf_printf(&plan, "%s%.3fms/%zu", i ? "," : "",
                   (double)scaled(call, reply->part[i].at_ns) / 1e6, reply->part[i].upto);
    buf_printf(&plan, "%s end=%.3fms", reply->parts > PLAN_PARTS ? ",…" : "",
               (double)scaled(call, reply->end_ns) / 1e6);
    str text = arena_str(call->request.arena, buf_str(&plan));
    buf_release(&plan);
    return text;
}

static void write_body(struct call *call, const struct cassette_reply *reply, bool chunked)
{
    struct delivery *delivery = call->delivery;
    struct buf *out = delivery->bytes;
    struct part *part = arena_array(call->request.arena, struct part, reply->parts + 2);
    size_t from = 0, parts = 0;
    part[parts++] = (struct part){scaled(call, reply->head_ns), out->n};
    for (size_t i = 0; i < reply->parts; i++) {
        str bytes = str_sub(reply->body, from, reply->part[i].upto);
        if (chunked)
            http_write_chunk(out, bytes);
        else
            buf_add_str(out, bytes);
        from = reply->part[i].upto;
        part[parts++] = (struct part){scaled(call, reply->part[i].at_ns), out->n};
    }
    if (chunked && reply->end == CASSETTE_COMPLETE)
        http_write_last_chunk(out);
    part[parts++] = (struct part){scaled(call, reply->end_ns), out->n};
    delivery->part = part;
    delivery->parts = parts;
}

static void play(struct call *call, const struct recorded *recorded)
{
    const struct cassette_reply *reply = &recorded->reply;
    struct delivery *delivery = call->delivery;
    enum framing framing = wire_framing(call->http, reply->status, reply->chunked);
    bool closes = delivery->ending != ENDING_KEEP;
    const struct wire_head head = {.status = reply->status,
                                   .header = reply->header,
                                   .headers = reply->headers,
                                   .framing = framing,
                                   .length = reply->body.n + reply->missing,
                                   .plan = plan_of(call, reply),
                                   .closes = closes};
    if (reply->status)
        wire_write_head(delivery->bytes, &head);
    write_body(call, reply, framing == FRAMING_CHUNKED);
    if (reply->end != CASSETTE_COMPLETE)
        delivery->ending = recorded->client.gave_up == CASSETTE_TIMEOUT ? ENDING_HANG
                           : reply->end == CASSETTE_RESET               ? ENDING_RESET
                                                                        : ENDING_CLOSE;
    else if (framing == FRAMING_UNTIL_CLOSE)
        delivery->ending = ENDING_CLOSE;
    call->status = reply->status;
    call->first_ns = scaled(call, reply->head_ns);
    call->total_ns = scaled(call, reply->end_ns);
    call->decision.name = STR("replay");
}

static void refuse(const struct replay *replay, struct call *call, str why)
{
    struct arena *arena = call->request.arena;
    str shown = STR(""), line, rest = why;
    while (rest.n) {
        str_cut(rest, '\n', &line, &rest);
        shown = arena_printf(arena, "%.*s%.*s\n", STR_ARG(shown),
                             STR_ARG(text_visible(arena, line)));
    }
    if (replay->told)
        fprintf(replay->told, "weir-mock: %.*s", STR_ARG(shown));
    call->trouble =
        (struct trouble){.status = 404, .message = why, .code = STR("not_recorded")};
    wire_write_error(call->delivery->bytes, call->route.provider, &call->head, &call->trouble,
                     false, call->delivery->ending != ENDING_KEEP);
    call->status = 404;
    call->decision.name = STR("not recorded");
}

bool replay_answer(struct replay *replay, struct call *call)
{
    struct arena *arena = call->request.arena;
    const struct cassette_asked asked = wire_asked(call);
    struct cassette_secrets secrets;
    struct cassette_request request;
    cassette_secrets_find(&secrets, &asked);
    cassette_request_read(arena, &secrets, &asked, &request);
    pthread_mutex_lock(&replay->lock);
    struct player *player = player_of(replay, call->request.scope);
    const struct recorded *found = player_take(player, &request, NULL);
    str why = !found && replay->unseen == UNSEEN_REFUSED
                  ? player_explain(player, arena, &request)
                  : STR("");
    pthread_mutex_unlock(&replay->lock);
    if (found)
        play(call, found);
    else if (replay->unseen == UNSEEN_REFUSED)
        refuse(replay, call, why);
    return found || replay->unseen == UNSEEN_REFUSED;
}
