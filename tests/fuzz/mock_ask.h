/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * mock_ask.h: asking a mock in the fuzzer's own process, as mock_server/connection.c does it but
 * without a socket, and holding each reply against http_reply.h.
 */
#ifndef FUZZ_MOCK_ASK_H
#define FUZZ_MOCK_ASK_H

#include "base/mem.h"
#include "fuzz/http_reply.h"
#include "mock_server/mock.h"

struct fuzz_mock {
    struct state *state;
    struct mock *mock;
};

/* Takes the configuration. */
static inline struct fuzz_mock fuzz_mock_of(struct config *config)
{
    struct fuzz_mock made;
    made.state = state_new(config, &(struct mock_settings){0}, (struct moment){1});
    made.mock = mock_new(made.state);
    return made;
}

static inline void fuzz_mock_release(struct fuzz_mock *mock)
{
    mock_free(mock->mock);
    state_free(mock->state);
}

/* As if it had just been started. */
static inline void fuzz_mock_reset(struct fuzz_mock *mock)
{
    state_reset(mock->state, NULL, (struct moment){1});
}

/* Parts come in order, at times that are not before the request, and are all of the bytes. */
static inline void check_plan(const struct delivery *delivery)
{
    size_t upto = 0;
    int64_t at_ns = 0;
    FUZZ_MUST(delivery->at_ns >= 0 && !delivery->flow && !delivery->bytes->full);
    for (size_t i = 0; i < delivery->parts; i++) {
        FUZZ_MUST(delivery->part[i].upto >= upto && delivery->part[i].at_ns >= at_ns);
        upto = delivery->part[i].upto;
        at_ns = delivery->part[i].at_ns;
    }
    FUZZ_MUST(!delivery->parts || upto == delivery->bytes->n);
}

/* What one request got. `bytes` live in the arena. */
struct fuzz_answer {
    str bytes;
    enum ending ending;
};

static inline struct fuzz_answer fuzz_answer_of(struct arena *arena,
                                                const struct delivery *delivery)
{
    check_plan(delivery);
    return (struct fuzz_answer){arena_str(arena, buf_str(delivery->bytes)), delivery->ending};
}

static inline struct fuzz_answer fuzz_ask(struct fuzz_mock *mock, struct arena *arena,
                                          const struct http_request *request)
{
    struct buf bytes = {0};
    struct delivery delivery = {.bytes = &bytes};
    const struct server_handler handler = mock_handler(mock->mock);
    handler.request(handler.context, request, (struct moment){2}, &delivery);
    struct fuzz_answer answer = fuzz_answer_of(arena, &delivery);
    buf_release(&bytes);
    return answer;
}

static inline struct fuzz_answer fuzz_refuse(struct fuzz_mock *mock, struct arena *arena,
                                             const struct http_reader *reader)
{
    struct buf bytes = {0};
    struct delivery delivery = {.bytes = &bytes};
    const struct server_handler handler = mock_handler(mock->mock);
    const char *what;
    int status = http_reader_status(reader, &what);
    handler.refused(handler.context, status, what, http_reader_refused(reader), &delivery);
    struct fuzz_answer answer = fuzz_answer_of(arena, &delivery);
    FUZZ_MUST(answer.ending == ENDING_CLOSE);
    buf_release(&bytes);
    return answer;
}

static inline struct heard fuzz_hear(struct arena *arena, const struct fuzz_answer *answer,
                                     bool bodiless)
{
    FUZZ_MUST(answer->ending == ENDING_KEEP || answer->ending == ENDING_CLOSE);
    return hear_reply(arena, answer->bytes, bodiless, answer->ending == ENDING_CLOSE);
}

/* ---- a connection ---- */

/* What comes of a connection's bytes. */
struct fuzz_talk {
    struct fuzz_mock *mock;
    struct arena *arena;
    struct http_reader *reader;
    struct buf said; /* all replies */
    size_t requests;
    bool ended;
};

/* One reply of a server that has no faults: well-formed, and an error of the client's if any. */
static inline void take_answer(struct fuzz_talk *talk, const struct fuzz_answer *answer,
                               bool bodiless)
{
    struct heard heard = fuzz_hear(talk->arena, answer, bodiless);
    FUZZ_MUST(heard.status < 500);
    buf_add_str(&talk->said, answer->bytes);
    talk->ended = answer->ending != ENDING_KEEP;
    talk->requests++;
}

/* One step of the reader; `piece` is what is left of what the socket gave. */
static inline void talk_step(struct fuzz_talk *talk, str *piece)
{
    size_t used = 0;
    enum reader_event event = http_reader_feed(talk->reader, *piece, &used);
    struct fuzz_answer answer;
    FUZZ_MUST(used <= piece->n);
    *piece = str_sub(*piece, used, piece->n);
    if (event == READER_REQUEST) {
        const struct http_request *request = http_reader_request(talk->reader);
        answer = fuzz_ask(talk->mock, talk->arena, request);
        take_answer(talk, &answer, str_equal(request->method, STR("HEAD")));
        http_reader_forget(talk->reader);
    } else if (event == READER_REFUSED) {
        answer = fuzz_refuse(talk->mock, talk->arena, talk->reader);
        take_answer(talk, &answer, false);
        talk->ended = true;
    } else {
        FUZZ_MUST(piece->n == 0);
    }
}

/* Feeds the input in pieces of so many bytes, each in memory of its own that is gone before the
 * next one comes. The replies, in the arena. */
static inline str fuzz_talk(struct fuzz_mock *mock, struct arena *arena, str input, size_t size)
{
    struct fuzz_talk talk = {.mock = mock, .arena = arena, .reader = http_reader_new()};
    fuzz_mock_reset(mock);
    for (size_t at = 0; at < input.n && !talk.ended; at += size) {
        str left = str_sub(input, at, at + size < input.n ? at + size : input.n);
        char *piece = xmalloc(left.n);
        memcpy(piece, left.p, left.n);
        left.p = piece;
        while (left.n && !talk.ended)
            talk_step(&talk, &left);
        xfree(piece);
    }
    http_reader_free(talk.reader);
    str said = arena_str(arena, buf_str(&talk.said));
    buf_release(&talk.said);
    return said;
}

#endif
