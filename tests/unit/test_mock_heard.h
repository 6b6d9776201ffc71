/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_mock_heard.h: what a client hears of a streamed delivery: chunks with their times, and the
 * data of events. Written for the tests alone, so that it does not share the server's mistakes.
 */
#ifndef TEST_MOCK_HEARD_H
#define TEST_MOCK_HEARD_H

#include "test_mock_ask.h"

#include <stdlib.h>

struct chunk {
    str bytes;
    int64_t at_ns; /* when its last byte is sent */
};

struct heard {
    struct chunk *chunk;
    size_t chunks;
    str body;   /* of all chunks */
    bool ended; /* with the chunk that says so */
};

static inline int64_t sent_at(const struct asker *asker, size_t upto)
{
    for (size_t i = 0; i < asker->delivery.parts; i++)
        if (asker->part[i].upto >= upto)
            return asker->part[i].at_ns;
    return asker->delivery.at_ns;
}

/* Of the last reply, which must be chunked. */
static inline struct heard hear(struct asker *asker)
{
    struct heard heard = {.chunk = arena_array(&asker->arena, struct chunk, asker->bytes.n)};
    str all = arena_str(&asker->arena, buf_str(&asker->bytes));
    size_t at = (size_t)str_find(all, STR("\r\n\r\n"), 0) + 4;
    struct buf body = {0};
    assert_text(header_of(asker, "transfer-encoding"), "chunked");
    while (at < all.n) {
        char *end;
        size_t n = strtoul(all.p + at, &end, 16);
        assert_memory_equal(end, "\r\n", 2);
        at = (size_t)(end - all.p) + 2;
        assert_true(at + n + 2 <= all.n);
        assert_memory_equal(all.p + at + n, "\r\n", 2);
        if (n == 0) {
            heard.ended = true;
            assert_int_equal(at + 2, all.n);
            break;
        }
        heard.chunk[heard.chunks++] =
            (struct chunk){str_sub(all, at, at + n), sent_at(asker, at + n + 2)};
        buf_add(&body, all.p + at, n);
        at += n + 2;
    }
    heard.body = arena_str(&asker->arena, buf_str(&body));
    buf_release(&body);
    return heard;
}

/* The data of the next event of a body, whose lines end in LF; false at its end. */
static inline bool next_data(str *body, str *data)
{
    while (body->n) {
        ptrdiff_t end = str_find(*body, STR("\n\n"), 0);
        str event = str_sub(*body, 0, end < 0 ? body->n : (size_t)end), line;
        *body = str_sub(*body, end < 0 ? body->n : (size_t)end + 2, body->n);
        while (event.n) {
            str_cut(event, '\n', &line, &event);
            if (str_starts_with(line, STR("data: "))) {
                *data = str_sub(line, 6, line.n);
                return true;
            }
        }
    }
    return false;
}

#endif
