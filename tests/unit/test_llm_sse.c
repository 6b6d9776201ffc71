/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_llm_sse.c: events come out the same however the bytes of a stream are cut.
 */
#include "llm/sse.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/mem.h"
#include "unit/test_llm_streams.h"

/* Appends the events that are whole, as "name|data\n". */
static size_t take(struct sse *sse, str bytes, struct buf *out)
{
    struct sse_event event;
    size_t events = 0;
    while (sse_next(sse, bytes, &event)) {
        buf_add_str(out, event.name);
        buf_add_char(out, '|');
        buf_add_str(out, event.data);
        buf_add_char(out, '\n');
        assert_true(event.end <= bytes.n);
        events++;
    }
    return events;
}

/* The bytes in pieces that end at `cut` (ascending), each time at a new place in memory of just
 * their size, so that a look behind their end is seen. */
static void take_in_pieces(str body, const size_t *cut, size_t cuts, struct buf *out)
{
    struct sse sse = {0};
    buf_clear(out);
    for (size_t i = 0; i <= cuts; i++) {
        size_t n = i < cuts ? cut[i] : body.n;
        char *copy = xmalloc(n ? n : 1);
        memcpy(copy, body.p, n);
        take(&sse, (str){copy, n}, out);
        xfree(copy);
    }
    buf_add_str(out, sse_unfinished(&sse, body) ? STR("unfinished") : STR(""));
    sse_release(&sse);
}

static void expect_events(str body, const char *wanted)
{
    struct buf out = {0};
    take_in_pieces(body, NULL, 0, &out);
    if (!str_equal(buf_str(&out), str_from(wanted)))
        fail_msg("%.*s\ngives %.*s\ninstead of %s", STR_ARG(body), STR_ARG(buf_str(&out)),
                 wanted);
    buf_release(&out);
}

static void expect_alike(str body, const size_t *cut, size_t cuts, str wanted, struct buf *out)
{
    take_in_pieces(body, cut, cuts, out);
    if (!str_equal(buf_str(out), wanted))
        fail_msg("cut at %zu (and %zu): %.*s instead of %.*s", cut[0], cut[cuts - 1],
                 STR_ARG(buf_str(out)), STR_ARG(wanted));
}

/* The stream with other line ends. */
static str with_line_ends(struct arena *arena, str body, str line_end)
{
    struct buf out = {0};
    for (size_t i = 0; i < body.n; i++) {
        if (body.p[i] == '\n')
            buf_add_str(&out, line_end);
        else if (body.p[i] != '\r')
            buf_add_char(&out, body.p[i]);
    }
    str made = arena_str(arena, buf_str(&out));
    buf_release(&out);
    return made;
}

static void cut_everywhere(str body, struct buf *wanted, struct buf *out)
{
    take_in_pieces(body, NULL, 0, wanted);
    for (size_t cut = 0; cut <= body.n; cut++)
        expect_alike(body, &cut, 1, buf_str(wanted), out);
}

/* Protects: every recorded stream gives the same events whole, cut at any byte, and byte by byte;
 * with LF, CRLF and CR. */
static void any_cut_gives_the_same_events(void **state)
{
    (void)state;
    static const char *const line_ends[] = {"\n", "\r\n", "\r"};
    struct arena arena = {0};
    struct buf wanted = {0}, out = {0}, first = {0};
    for (size_t i = 0; i < RECORDED_STREAMS; i++) {
        for (size_t e = 0; e < 3; e++) {
            str body = with_line_ends(&arena, recorded_streams[i].body, str_from(line_ends[e]));
            cut_everywhere(body, &wanted, &out);
            if (e == 0) {
                buf_clear(&first);
                buf_add_str(&first, buf_str(&wanted));
            }
            assert_string_equal(wanted.p, first.p);

            struct sse sse = {0};
            buf_clear(&out);
            for (size_t n = 0; n <= body.n; n++)
                take(&sse, str_sub(body, 0, n), &out);
            assert_string_equal(out.p, first.p);
            sse_release(&sse);
        }
    }
    buf_release(&wanted);
    buf_release(&out);
    buf_release(&first);
    arena_release(&arena);
}

static const char odd_stream[] = "\xef\xbb\xbf:c\r\nevent: a\rdata:1\r\ndata\ndata:  2\n\n"
                                 "id: 7\nretry: 5\nnonsense\ndata: x\r\r"
                                 "event: lost\n\ndata:\n\ndata: \xf0\x9f\x98\x80\r\n\r\n"
                                 "event\ndata:y:z\n\n";

/* Protects: the same for every pair of cuts, with all that a stream may have in it. */
static void any_two_cuts_give_the_same_events(void **state)
{
    (void)state;
    str body = {odd_stream, sizeof odd_stream - 1};
    struct buf wanted = {0}, out = {0};
    take_in_pieces(body, NULL, 0, &wanted);
    for (size_t a = 0; a <= body.n; a++)
        for (size_t b = a; b <= body.n; b++)
            expect_alike(body, (size_t[]){a, b}, 2, buf_str(&wanted), &out);
    buf_release(&wanted);
    buf_release(&out);
}

/* Protects: the rules of the standard, one by one. */
static void follows_the_standard(void **state)
{
    (void)state;
    static const struct {
        const char *body, *events;
    } rows[] = {
        {"", ""},
        {"\n\n\r\n\r\r", ""},
        {"data: a\n\n", "|a\n"},
        {"data:a\n\ndata:  b\n\n", "|a\n| b\n"},
        {"event: e\ndata: a\n\ndata: b\n\n", "e|a\n|b\n"},
        {"event: e\nevent: f\ndata: a\n\n", "f|a\n"},
        {"data: a\ndata: b\ndata\ndata:c\n\n", "|a\nb\n\nc\n"},
        {"data\n\ndata:\n\n", ""},
        {"data\ndata\n\n", "|\n\n"},
        {"event: e\n\ndata: a\n\n", "|a\n"},
        {": comment\ndata: a\n: comment\n\n:\n\n", "|a\n"},
        {"id: 1\nretry: 2\nunknown: x\ndata: a\nData: b\n\n", "|a\n"},
        {"data: a:b: c\n\n", "|a:b: c\n"},
        {"\xef\xbb\xbf"
         "data: a\n\n",
         "|a\n"},
        {"\xef\xbb\xbf\xef\xbb\xbf"
         "data: a\n\n",
         ""},
        {"\xef\xbb"
         "data: a\n\n",
         ""},
        {"data: a\r\rdata: b\r\n\r\ndata: c\n\n", "|a\n|b\n|c\n"},
        {"data: a\n\r\ndata: b\r\n\ndata: c\r\r\n", "|a\n|b\n|c\n"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        expect_events(str_from(rows[i].body), rows[i].events);
    expect_events((str){odd_stream, sizeof odd_stream - 1},
                  "a|1\n\n 2\n|x\n|\xf0\x9f\x98\x80\n|y:z\n");
}

/* Protects: a stream that ends within an event is known to be cut off, and only that one. */
static void knows_an_unfinished_event(void **state)
{
    (void)state;
    static const char *const unfinished[] = {"data: a\n\nd",
                                             "data: a\n\ndata: b",
                                             "data: a\n\ndata:b\n",
                                             "data: a\n\nevent: e\r\n",
                                             "data: a\n\n: half a comment",
                                             "data: a\n\n "};
    static const char *const whole[] = {"data: a\n\n", "data: a\r\n\r\n", "data: a\r\r",
                                        "data: a\n\n: comment\n", "data: a\n\n\n"};
    for (size_t i = 0; i < sizeof unfinished / sizeof *unfinished; i++)
        expect_events(str_from(unfinished[i]), "|a\nunfinished");
    for (size_t i = 0; i < sizeof whole / sizeof *whole; i++)
        expect_events(str_from(whole[i]), "|a\n");
    expect_events(STR("\xef\xbb"), "unfinished");
}

/* Protects: no byte is looked at again when more come, whatever ends the lines, and one `data`
 * line takes no memory: or large events in small pieces would take quadratic time. */
static void takes_time_in_proportion(void **state)
{
    (void)state;
    static const char *const lines[] = {"data: 0123456789\r\r", ": 0123456789\n", "0123456789"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct buf body = {0}, out = {0};
        struct sse sse = {0};
        size_t events = 0;
        while (body.n < 1 << 20)
            buf_add_str(&body, str_from(lines[i]));
        for (size_t n = 0; n <= body.n; n += 16) {
            events += take(&sse, str_sub(buf_str(&body), 0, n), &out);
            assert_int_equal(sse.looked, n); /* where it looks from next time */
            assert_int_equal(sse.feed, n);
        }
        events += take(&sse, buf_str(&body), &out);
        assert_int_equal(events, i == 0 ? body.n / strlen(lines[0]) : 0);
        assert_int_equal(sse.join.capacity, 0);
        sse_release(&sse);
        buf_release(&body);
        buf_release(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_cut_gives_the_same_events),
        cmocka_unit_test(any_two_cuts_give_the_same_events),
        cmocka_unit_test(follows_the_standard),
        cmocka_unit_test(knows_an_unfinished_event),
        cmocka_unit_test(takes_time_in_proportion),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
