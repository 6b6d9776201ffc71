/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_llm_stream.c: what dialects read in streams: the answer put together, usage, errors in
 * mid-stream, streams that end too early, and when the pieces came.
 */
#include "llm/stream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "test_texts.h"

#include "base/mem.h"
#include "llm/dialect.h"
#include "unit/test_llm_streams.h"

#define ANSWER "H\xc3\xa9l\"lo w\xc3\xb6rld"

struct reading {
    struct arena arena;
    struct llm_stream stream;
    struct llm_decoded decoded;
};

static void read_timed(struct reading *reading, const struct llm_dialect *dialect, str body,
                       const struct http_arrival *arrival, size_t arrivals)
{
    static const struct llm_model model = {.name = STR_INIT("m")};
    *reading = (struct reading){0};
    llm_stream_init(&reading->stream, body, arrival, arrivals);
    dialect->decode_stream(&model, &reading->stream, &reading->arena, &reading->decoded);
}

static void read_stream(struct reading *reading, const struct llm_dialect *dialect, str body)
{
    read_timed(reading, dialect, body, NULL, 0);
}

static void read_end(struct reading *reading)
{
    llm_stream_release(&reading->stream);
    arena_release(&reading->arena);
}

static const struct llm_dialect *streaming(size_t i)
{
    const struct llm_dialect *dialect = llm_dialect_find(str_from(recorded_streams[i].dialect));
    return dialect && dialect->decode_stream ? dialect : NULL;
}

/* ---- all dialects ---- */

static void expect_answer(const struct reading *reading, const char *dialect)
{
    const struct llm_decoded *decoded = &reading->decoded;
    if (decoded->outcome != LLM_OK)
        fail_msg("%s: %.*s", dialect, STR_ARG(decoded->message));
    assert_text(decoded->text, ANSWER);
    assert_int_equal(decoded->finish, LLM_FINISH_STOP);
    assert_false(decoded->refused || decoded->cut || decoded->quota);
    assert_int_equal(decoded->error_status, 0);
    assert_int_equal(decoded->usage.input, 377);
    assert_int_equal(decoded->usage.output, 12);
    assert_true(decoded->model.n > 0);
}

/* Protects: the recorded stream of each dialect that streams is read to the whole answer. */
static void reads_the_recorded_streams(void **state)
{
    (void)state;
    size_t seen = 0;
    for (size_t i = 0; i < RECORDED_STREAMS; i++) {
        struct reading reading;
        if (!streaming(i))
            continue;
        read_stream(&reading, streaming(i), recorded_streams[i].body);
        expect_answer(&reading, recorded_streams[i].dialect);
        assert_int_equal(reading.stream.times.events, recorded_streams[i].output);
        read_end(&reading);
        seen++;
    }
    assert_true(seen >= 1);
    assert_non_null(streaming(0));
}

/* Where the event that makes it whole ends. */
static size_t whole_at(size_t i)
{
    struct reading reading;
    read_stream(&reading, streaming(i), recorded_streams[i].body);
    size_t end = reading.stream.end;
    read_end(&reading);
    return end;
}

/* Protects: a stream that is cut anywhere before its end is no answer, but a broken transfer; and
 * what it had said of its usage is kept. */
static void knows_a_cut_stream(void **state)
{
    (void)state;
    for (size_t i = 0; i < RECORDED_STREAMS; i++) {
        if (!streaming(i))
            continue;
        size_t whole = whole_at(i);
        int64_t input = -1;
        for (size_t cut = 0; cut <= recorded_streams[i].body.n; cut++) {
            struct reading reading;
            read_stream(&reading, streaming(i), str_sub(recorded_streams[i].body, 0, cut));
            /* The LF of a last CRLF says nothing any more. */
            if (cut + 1 < whole) {
                assert_int_equal(reading.decoded.outcome, LLM_TRANSPORT);
                assert_true(reading.decoded.cut && reading.decoded.message.n > 0);
                assert_int_equal(reading.decoded.error_status, 0);
            }
            assert_true(reading.decoded.usage.input == -1 ||
                        reading.decoded.usage.input == 377);
            assert_true(reading.decoded.usage.input >= input);
            input = reading.decoded.usage.input;
            read_end(&reading);
        }
        assert_int_equal(input, 377);
    }
}

/* Protects: any byte damaged gives an outcome: no crash, no endless loop. */
static void survives_damage(void **state)
{
    (void)state;
    static const char damage[] = {'\0', '\n', '"', '{', '}', '\xff', ':', '9'};
    char copy[4096];
    for (size_t i = 0; i < RECORDED_STREAMS; i++) {
        str body = recorded_streams[i].body;
        if (!streaming(i))
            continue;
        assert_true(body.n < sizeof copy);
        for (size_t at = 0; at < body.n; at++) {
            for (size_t d = at % 3; d < sizeof damage; d += 3) {
                struct reading reading;
                memcpy(copy, body.p, body.n);
                copy[at] = damage[d];
                read_stream(&reading, streaming(i), (str){copy, body.n});
                assert_true(reading.decoded.outcome == LLM_OK ||
                            reading.decoded.outcome == LLM_TRANSPORT);
                read_end(&reading);
            }
        }
    }
}

/* Protects: the time to the first token and the gaps are those of the pieces in which the events
 * became whole, however the bytes were cut. */
static void notes_when_output_came(void **state)
{
    (void)state;
    for (size_t i = 0; i < RECORDED_STREAMS; i++) {
        if (!streaming(i))
            continue;
        str body = recorded_streams[i].body;
        struct http_arrival *each = xcalloc(body.n, sizeof *each);
        for (size_t n = 0; n < body.n; n++)
            each[n] = (struct http_arrival){n + 1, (int64_t)(n + 1) * 1000};
        struct reading all, one, none;
        read_timed(&all, streaming(i), body, each, body.n);
        const struct llm_stream_times *times = &all.stream.times;
        assert_true(times->first_ns > 0 && times->last_ns > times->first_ns);
        assert_true(times->gap_most_ns * (times->events - 1) >=
                    times->last_ns - times->first_ns);
        /* Each output ended where an event did. */
        for (size_t n = 0; n < 2; n++) {
            size_t at = (size_t)((n ? times->last_ns : times->first_ns) / 1000);
            assert_true(body.p[at - 1] == '\n' || body.p[at - 1] == '\r');
        }
        read_timed(&one, streaming(i), body, (struct http_arrival[]){{body.n, 7}}, 1);
        assert_int_equal(one.stream.times.first_ns, 7);
        assert_int_equal(one.stream.times.last_ns, 7);
        assert_int_equal(one.stream.times.gap_most_ns, 0);
        read_stream(&none, streaming(i), body);
        assert_int_equal(none.stream.times.first_ns, -1);
        assert_int_equal(none.stream.times.events, recorded_streams[i].output);
        read_end(&all);
        read_end(&one);
        read_end(&none);
        xfree(each);
    }
}

/* ---- folding ---- */

static void expect_folds(str text)
{
    struct arena arena = {0};
    str folded = llm_stream_fold(&arena, text);
    assert_true(folded.n <= text.n || str_starts_with(text, STR(":~weir\n")));
    str unfolded = llm_stream_unfold(&arena, folded);
    if (!str_equal(unfolded, text))
        fail_msg("%.*s\nfolded %.*s\nunfolded %.*s", STR_ARG(text), STR_ARG(folded),
                 STR_ARG(unfolded));
    arena_release(&arena);
}

#define LONG "data: 0123456789012345678901234567890123456789 "

/* Protects: a folded stream is smaller and loses no byte: recorded ones, cut anywhere, and texts
 * that look like folded ones. */
static void folding_loses_nothing(void **state)
{
    (void)state;
    static const char *const odd[] = {
        "",
        "\n",
        LONG,
        LONG "a\n" LONG "a\n" LONG "a\n",
        LONG "a\n" LONG "\n" LONG "aaa\n" LONG "aa\n" LONG "b" LONG "\n",
        LONG "a\r\n" LONG "b\r\n\r\n" LONG "a\n" LONG "b\r\n",
        ":~weir\n:~0,0,x\n",
        ":~weir\n" LONG "a\n" LONG "b\n:~5,5,c\n:~5,5,c",
        LONG "a\n:~47,1,b\n:~\n:~,,\n" LONG ":~",
        "data: short\ndata: shorter\n:~\n",
    };
    struct arena arena = {0};
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++)
        expect_folds(str_from(odd[i]));
    for (size_t i = 0; i < RECORDED_STREAMS; i++) {
        str body = recorded_streams[i].body;
        for (size_t cut = 0; cut <= body.n; cut++)
            expect_folds(str_sub(body, 0, cut));
        assert_true(llm_stream_fold(&arena, body).n < body.n);
        assert_true(str_equal(llm_stream_unfold(&arena, body), body));
    }
    arena_release(&arena);
}

/* Protects: a file that was changed unfolds to something, and to no more than its limit. */
static void unfolding_takes_anything(void **state)
{
    (void)state;
    static const char *const texts[] = {
        ":~weir\n:~9,9,x\n",
        ":~weir\n" LONG "\n:~1000,0,x\n",
        ":~weir\n" LONG "\n:~40,40,x\n:~-1,0,x\n:~x\n:~1\n:~1,1\n:~99999999999999999999,1,x\n",
        ":~weir\n:~",
        ":~weir\n",
    };
    struct arena arena = {0};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_non_null(llm_stream_unfold(&arena, str_from(texts[i])).p);
    /* Each line doubles the one before. */
    struct buf bomb = {0};
    size_t n = 64;
    buf_add_str(&bomb, STR(":~weir\n"));
    for (size_t i = 0; i < n - 1; i++)
        buf_add_char(&bomb, 'x');
    buf_add_char(&bomb, '\n');
    for (size_t i = 0; i < 20000; i++)
        buf_printf(&bomb, ":~%zu,1,%0100d\n", n - 1 + i * 100, 0);
    assert_true(llm_stream_unfold(&arena, buf_str(&bomb)).n <= (size_t)1 << 28);
    buf_release(&bomb);
    arena_release(&arena);
}

/* Protects: how much of an event is as in the one before, which dialects rely on. */
static void same_parts_of_events(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b;
        size_t head, tail;
    } rows[] = {
        {"", "", 0, 0},
        {"a", "", 0, 0},
        {"0123456789abcdef", "0123456789abcdef", 16, 16},
        {"0123456789abcdef", "0123456789Abcdef", 10, 5},
        {"0123456789abcdef", "012345678abcdef", 9, 6},
        {"xx", "xxx", 2, 2},
        {"0123456x9abcdefg", "0123456y9abcdefg", 7, 8},
        {"abcdefgh", "Xabcdefgh", 0, 8},
        {"abcdefghX", "abcdefgh", 8, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct llm_stream stream = {.before = str_from(rows[i].a), .data = str_from(rows[i].b)};
        size_t head = rows[i].head, tail = rows[i].tail;
        assert_true(llm_stream_repeats(&stream, head, tail));
        assert_false(llm_stream_repeats(&stream, head + 1, tail));
        assert_false(llm_stream_repeats(&stream, head, tail + 1));
    }
}

/* ---- openai-chat ---- */

#define CHUNK(rest)  "data: {\"model\":\"m\"," rest "}\n\n"
#define DELTA(delta) CHUNK("\"choices\":[{\"index\":0,\"delta\":" delta "}]")
#define FINISH(reason)                                                                         \
    CHUNK("\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"" reason "\"}]")
#define DONE "data: [DONE]\n\n"

static void read_chat(struct reading *reading, const char *body)
{
    read_stream(reading, &llm_dialect_openai_chat, str_from(body));
}

/* Protects: answers of all forms that OpenAI and compatible servers stream. */
static void chat_answers(void **state)
{
    (void)state;
    static const struct {
        const char *body, *text, *message;
        enum llm_finish finish;
        bool refused;
        int64_t input; /* of the usage */
    } rows[] = {
        {DELTA("{\"content\":\"a\"}") FINISH("stop") DONE, "a", "", LLM_FINISH_STOP, false, -1},
        {DELTA("{\"content\":\"a\"}") DONE, "a", "", LLM_FINISH_OTHER, false, -1},
        {DELTA("{\"content\":\"a\"}") FINISH("length") DONE, "a", "", LLM_FINISH_LENGTH, false,
         -1},
        {DELTA("{\"content\":null}") FINISH("length") DONE, "", "max_tokens was used up",
         LLM_FINISH_LENGTH, false, -1},
        {DELTA("{\"refusal\":\"I \"}") DELTA("{\"refusal\":\"won't\"}") FINISH("stop") DONE, "",
         "I won't", LLM_FINISH_STOP, true, -1},
        {DELTA("{\"content\":\"half\"}") FINISH("content_filter") DONE, "half",
         "content filter", LLM_FINISH_FILTER, true, -1},
        /* Usage without a chunk of its own, several times: the last one. */
        {CHUNK("\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"}}],\"usage\":"
               "{\"prompt_tokens\":3,\"completion_tokens\":1}")
             CHUNK("\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}],"
                   "\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":2}") DONE,
         "a", "", LLM_FINISH_STOP, false, 5},
        /* Answers of `n` interleave, members in any order, no index, parts, unknown members. */
        {CHUNK("\"choices\":[{\"index\":1,\"delta\":{\"content\":\"no\"}}]")
             CHUNK("\"choices\":[{\"finish_reason\":null,\"delta\":{\"content\":\"y\"},"
                   "\"index\":0},{\"index\":1,\"delta\":{\"content\":\"no\"}}]")
                 CHUNK("\"x\":[{}],\"choices\":[{\"delta\":{\"content\":\"e\",\"y\":{}}}]")
                     DELTA("{\"content\":[{\"type\":\"text\",\"text\":\"s\"},{}]}")
                         CHUNK("\"choices\":[{\"index\":1,\"delta\":{},\"finish_reason\":"
                               "\"length\"}]") FINISH("stop") DONE,
         "yes", "", LLM_FINISH_STOP, false, -1},
        /* Azure begins with a chunk about the prompt. */
        {CHUNK("\"choices\":[],\"prompt_filter_results\":[]") DELTA("{\"content\":\"a\"}")
             FINISH("stop") DONE,
         "a", "", LLM_FINISH_STOP, false, -1},
        {DELTA("{\"reasoning\":\"hm\"}") DELTA("{\"content\":\"\\ud83d\\ude00\\u0000\"}")
             FINISH("stop") "data:[DONE] \n\ngarbage",
         "\xf0\x9f\x98\x80\xef\xbf\xbd", "", LLM_FINISH_STOP, false, -1},
        {CHUNK("\"error\":null,\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"}}]") DONE,
         "a", "", LLM_FINISH_OTHER, false, -1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct reading reading;
        read_chat(&reading, rows[i].body);
        const struct llm_decoded *decoded = &reading.decoded;
        if (decoded->outcome != LLM_OK)
            fail_msg("row %zu: %.*s", i, STR_ARG(decoded->message));
        assert_text(decoded->text, rows[i].text);
        assert_true(str_contains(decoded->message, str_from(rows[i].message)));
        assert_true(decoded->message.n == 0 || rows[i].message[0]);
        assert_int_equal(decoded->finish, rows[i].finish);
        assert_int_equal(decoded->refused, rows[i].refused);
        assert_int_equal(decoded->usage.input, rows[i].input);
        assert_text(decoded->model, "m");
        read_end(&reading);
    }
}

/* Protects: events that are as the one before but for their text are read as if they were alone:
 * the same with a padding that differs in each, which rules that out. */
static void chat_repeated_envelopes(void **state)
{
    (void)state;
    static const char *const pieces[] = {
        "a",       "aa",       "aa",        "a",   "",   "\\\"", "\\\\",
        "\\u00e4", "\xc3\xa4", "aaa\\\"}]", "\\n", "aa", "}],",  "\\ud83d\\ude00",
        "a",       "\\u0000",  " ",         "aa"};
    enum { PIECES = sizeof pieces / sizeof *pieces };
    for (size_t first = 0; first < PIECES; first++) {
        struct buf alike = {0}, padded = {0};
        for (size_t i = 0; i < PIECES; i++) {
            const char *piece = pieces[(first + i) % PIECES];
            buf_printf(&alike,
                       "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"%s\"}}]"
                       ",\"p\":\"aa\"}\n\n",
                       piece);
            buf_printf(&padded,
                       "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"%s\"}}]"
                       ",\"p\":\"aa%zu\"}\n\n",
                       piece, i);
        }
        buf_add_str(&alike, STR(DONE));
        buf_add_str(&padded, STR(DONE));
        struct reading one, other;
        read_stream(&one, &llm_dialect_openai_chat, buf_str(&alike));
        read_stream(&other, &llm_dialect_openai_chat, buf_str(&padded));
        assert_int_equal(one.decoded.outcome, LLM_OK);
        assert_true(one.decoded.text.n > 30);
        assert_true(str_equal(one.decoded.text, other.decoded.text));
        assert_int_equal(one.stream.times.events, PIECES - 1); /* one piece is empty */
        assert_int_equal(other.stream.times.events, PIECES - 1);
        read_end(&one);
        read_end(&other);
        buf_release(&alike);
        buf_release(&padded);
    }
}

/* Protects: an event is not taken for one like the one before when that had more than a text, or
 * its own text is no JSON. */
static void chat_envelopes_that_add_up(void **state)
{
    (void)state;
    struct reading reading;
    read_chat(&reading, DELTA("{\"content\":\"a\",\"refusal\":\"n\"}")
                            DELTA("{\"content\":\"b\",\"refusal\":\"n\"}") FINISH("stop") DONE);
    assert_text(reading.decoded.message, "nn");
    read_end(&reading);
    read_chat(&reading, DELTA("{\"content\":\"a\"}") DELTA("{\"content\":\"\\x\"}") DONE);
    assert_int_equal(reading.decoded.outcome, LLM_TRANSPORT);
    read_end(&reading);
    read_chat(&reading, DELTA("{\"content\":\"a\"}") DELTA("{\"content\":\"b\",\"x\":\"\"}")
                            DELTA("{\"content\":\"b\",\"content\":\"c\"}")
                                DELTA("{\"content\":\"b\",\"content\":\"d\"}") DONE);
    assert_text(reading.decoded.text, "abbcbd");
    read_end(&reading);
}

/* Protects: reasoning that is shown, roles and empty pieces are not the first token. */
static void chat_output_is_the_answer(void **state)
{
    (void)state;
    struct reading reading;
    read_chat(&reading, DELTA("{\"role\":\"assistant\",\"content\":\"\",\"refusal\":null}")
                            DELTA("{\"reasoning_content\":\"hm\"}") DELTA("{\"content\":\"a\"}")
                                FINISH("stop") DONE);
    assert_int_equal(reading.stream.times.events, 1);
    read_end(&reading);
    read_chat(&reading, DELTA("{\"refusal\":\"\"}") DELTA("{\"refusal\":\"no\"}") DONE);
    assert_int_equal(reading.stream.times.events, 1);
    read_end(&reading);
}

#define CALL(rest) DELTA("{\"tool_calls\":[{" rest "}]}")

/* Protects: calls of tools are put together by index, also interleaved, without index, and where
 * the arguments come as JSON. */
static void chat_tool_calls(void **state)
{
    (void)state;
    static const char *const bodies[] = {
        CALL("\"index\":0,\"id\":\"c1\",\"type\":\"function\",\"function\":{\"name\":\"f\","
             "\"arguments\":\"\"}")
            CALL("\"index\":1,\"id\":\"c2\",\"function\":{\"name\":\"g\",\"arguments\":\"\"}")
                CALL("\"index\":0,\"function\":{\"arguments\":\"{\\\"x\\\":\"}")
                    CALL("\"index\":1,\"function\":{\"arguments\":\"{}\"}")
                        CALL("\"function\":{\"arguments\":\"1}\"},\"index\":0")
                            FINISH("tool_calls") DONE,
        CALL("\"id\":\"c1\",\"function\":{\"name\":\"f\",\"arguments\":\"{\\\"x\\\":\"}")
            CALL("\"function\":{\"arguments\":\"1}\"}")
                CALL("\"id\":\"c2\",\"function\":{\"name\":\"g\",\"arguments\":{}}")
                    FINISH("tool_calls") DONE,
    };
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        struct reading reading;
        read_chat(&reading, bodies[i]);
        const struct llm_decoded *decoded = &reading.decoded;
        assert_int_equal(decoded->outcome, LLM_OK);
        assert_int_equal(decoded->finish, LLM_FINISH_TOOL);
        assert_int_equal(decoded->tool_calls, 2);
        assert_text(decoded->tool_call[0].id, "c1");
        assert_text(decoded->tool_call[0].name, "f");
        assert_text(decoded->tool_call[0].text, "{\"x\":1}");
        assert_text(decoded->tool_call[1].id, "c2");
        assert_text(decoded->tool_call[1].name, "g");
        assert_text(decoded->tool_call[1].text, "{}");
        assert_non_null(decoded->raw_turn);
        read_end(&reading);
    }
}

/* Protects: which status an error in mid-stream stands for, in every form in which it comes; what
 * follows it is not looked at, what came before it is no answer. */
static void chat_errors(void **state)
{
    (void)state;
    static const struct {
        const char *body, *message;
        int status;
        bool quota;
    } rows[] = {
        {"data: {\"error\":{\"message\":\"Oops\",\"type\":\"server_error\",\"code\":null}}\n\n",
         "Oops", 500, false},
        {"event: error\ndata: {\"message\":\"Oops\",\"code\":\"server_is_overloaded\"}\n\n",
         "Oops", 503, false},
        {"event: error\ndata: {\"error\":{\"message\":\"Oops\",\"type\":\"overloaded_error\"}}"
         "\n\n",
         "Oops", 529, false},
        {"data: {\"error\":{\"message\":\"Slow\",\"type\":\"tokens\",\"code\":"
         "\"rate_limit_exceeded\"}}\n\n",
         "Slow", 429, false},
        {"data: {\"error\":{\"message\":\"Pay\",\"type\":\"insufficient_quota\"}}\n\n", "Pay",
         429, true},
        {"data: {\"error\":{\"message\":\"Bad\",\"type\":\"invalid_request_error\"}}\n\n",
         "Bad", 400, false},
        {"data: {\"id\":\"x\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\"},"
         "\"finish_reason\":\"error\"}],\"error\":{\"code\":502,\"message\":\"Gone\"}}\n\n",
         "Gone", 502, false},
        {"data: {\"object\":\"error\",\"message\":\"Old\",\"code\":\"429\"}\n\n", "Old", 429,
         false},
        {"data: {\"error\":\"words\"}\n\n", "words", 500, false},
        {"event: error\ndata: not JSON\n\n", "nothing", 500, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct reading reading;
        struct buf body = {0};
        buf_add_str(&body, STR(DELTA("{\"content\":\"half\"}")));
        buf_add_str(&body, str_from(rows[i].body));
        buf_add_str(&body, STR(FINISH("stop") DONE));
        read_stream(&reading, &llm_dialect_openai_chat, buf_str(&body));
        const struct llm_decoded *decoded = &reading.decoded;
        assert_int_equal(decoded->outcome, LLM_TRANSPORT);
        assert_int_equal(decoded->error_status, rows[i].status);
        assert_int_equal(decoded->quota, rows[i].quota);
        assert_false(decoded->cut);
        assert_true(str_contains(decoded->message, str_from(rows[i].message)));
        assert_int_equal(decoded->text.n, 0);
        buf_release(&body);
        read_end(&reading);
    }
}

/* Protects: a whole stream that is not the provider's is unusable: not an answer, not cut. */
static void chat_nonsense(void **state)
{
    (void)state;
    static const char *const bodies[] = {
        DONE,
        "data: {}\n\n" DONE,
        "data: [1]\n\n" DONE,
        "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"}}]\n\n" DONE,
        "data: {\"choices\":7}\n\n" DONE,
        "data: {\"choices\":[7]}\n\n" DONE,
        "data: <html>\n\n" DONE,
    };
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        struct reading reading;
        read_chat(&reading, bodies[i]);
        assert_int_equal(reading.decoded.outcome, LLM_TRANSPORT);
        assert_false(reading.decoded.cut);
        assert_int_equal(reading.decoded.error_status, 0);
        assert_true(reading.decoded.message.n > 0);
        read_end(&reading);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_the_recorded_streams),
        cmocka_unit_test(knows_a_cut_stream),
        cmocka_unit_test(survives_damage),
        cmocka_unit_test(notes_when_output_came),
        cmocka_unit_test(folding_loses_nothing),
        cmocka_unit_test(unfolding_takes_anything),
        cmocka_unit_test(same_parts_of_events),
        cmocka_unit_test(chat_answers),
        cmocka_unit_test(chat_repeated_envelopes),
        cmocka_unit_test(chat_envelopes_that_add_up),
        cmocka_unit_test(chat_output_is_the_answer),
        cmocka_unit_test(chat_tool_calls),
        cmocka_unit_test(chat_errors),
        cmocka_unit_test(chat_nonsense),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
