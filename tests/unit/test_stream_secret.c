/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Secrets that a stream says in pieces are put together and cut out, and nothing else is touched. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/cassette_inside.h"
#include "base/log.h"
#include "base/stream_secret.h"

#define KEY "sk-planted-3f9Qe71LbXw0"

static int setup(void **state)
{
    static struct arena arena;
    arena = (struct arena){0};
    secret_clear();
    secret_add(STR(KEY));
    *state = &arena;
    return 0;
}

static int teardown(void **state)
{
    arena_release(*state);
    secret_clear();
    return 0;
}

static void check(struct arena *arena, const char *body, const char *expected)
{
    str is = stream_secret_redact(arena, str_from(body));
    if (!str_equal(is, str_from(expected)))
        fail_msg("\n%.*s\nis not\n%s", STR_ARG(is), expected);
}

/* Two deltas of the chat dialect, with what stands in each event and what comes behind. */
static void two_deltas(void **state)
{
    check(*state,
          "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"It is "
          "sk-plan\"}}]}\n\n"
          "data: "
          "{\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"ted-3f9Qe71LbXw0."
          "\"}}]}\n\ndata: [DONE]\n\n",
          "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"It is "
          "[secret]\"}}]}\n\n"
          "data: "
          "{\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\".\"}}]}\n\ndata: "
          "[DONE]\n\n");
}

/* A character each, twice over, and once as a whole. */
static void single_characters(void **state)
{
    struct buf body = {0}, expected = {0};
    for (int k = 0; k < 2; k++)
        for (size_t i = 0; i < sizeof KEY - 1; i++) {
            buf_printf(
                &body,
                "event: content_block_delta\r\ndata: {\"type\": \"content_block_delta\", "
                "\"index\": 0, \"delta\": {\"type\": \"text_delta\", \"text\": "
                "\"%c\"}}\r\n\r\n",
                KEY[i]);
            buf_printf(
                &expected,
                "event: content_block_delta\r\ndata: {\"type\": \"content_block_delta\", "
                "\"index\": 0, \"delta\": {\"type\": \"text_delta\", \"text\": "
                "\"%s\"}}\r\n\r\n",
                i ? "" : "[secret]");
        }
    buf_add_str(&body, STR("data: {\"text\": \"" KEY "\"}\n\n"));
    buf_add_str(&expected, STR("data: {\"text\": \"[secret]\"}\n\n"));
    buf_add_char(&body, '\0');
    buf_add_char(&expected, '\0');
    check(*state, body.p, expected.p);
    buf_release(&body);
    buf_release(&expected);
}

/* Two tool calls that come in turns are two texts; the index may stand behind the text. */
static void texts_in_turns(void **state)
{
    check(*state,
          "data: {\"t\":[{\"index\":0,\"a\":\"sk-planted-\"}]}\n\n"
          "data: {\"t\":[{\"a\":\"other \",\"index\":1}]}\n\n"
          "data: {\"t\":[{\"a\":\"3f9Qe71LbXw0\",\"index\":0}]}\n\n"
          "data: {\"t\":[{\"a\":\"text\",\"index\":1}]}\n\n",
          "data: {\"t\":[{\"index\":0,\"a\":\"[secret]\"}]}\n\n"
          "data: {\"t\":[{\"a\":\"other \",\"index\":1}]}\n\n"
          "data: {\"t\":[{\"a\":\"\",\"index\":0}]}\n\n"
          "data: {\"t\":[{\"a\":\"text\",\"index\":1}]}\n\n");
}

/* Texts of different places are not joined, though the bytes would be a key. */
static void other_places_are_let_be(void **state)
{
    static const char *const bodies[] = {
        "data: {\"a\":\"sk-planted-\"}\n\ndata: {\"b\":\"3f9Qe71LbXw0\"}\n\n",
        "{\"index\":1,\"a\":\"sk-planted-\"}\n{\"index\":2,\"a\":\"3f9Qe71LbXw0\"}\n",
        "data: {\"x\":{\"a\":\"sk-planted-\"}}\n\ndata: {\"a\":\"3f9Qe71LbXw0\"}\n\n",
        "no stream at all",
        "",
        "data: ",
        "data: {\"a\":\"",
        "{\"a\": [1, \"x\\",
        "\n\n\n"};
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++)
        check(*state, bodies[i], bodies[i]);
}

/* A stream that breaks off within the second piece, or within an escape. */
static void broken_off(void **state)
{
    check(*state,
          "data: {\"d\":{\"c\":\"sk-planted-\"}}\n\ndata: {\"d\":{\"c\":\"3f9Qe71LbXw0 an",
          "data: {\"d\":{\"c\":\"[secret]\"}}\n\ndata: {\"d\":{\"c\":\" an");
    check(*state,
          "data: {\"d\":{\"c\":\"sk-planted-\"}}\n\ndata: {\"d\":{\"c\":\"3f9Qe71LbXw0\\u00",
          "data: {\"d\":{\"c\":\"[secret]\"}}\n\ndata: {\"d\":{\"c\":\"\\u00");
}

/* Escapes hide nothing: neither in one piece nor in several. */
static void escapes(void **state)
{
    secret_add(STR("abc/def\"ghi+jkl"));
    check(*state, "data: {\"c\":\"x abc\\/def\\\"ghi\\u002bjkl y\"}\n\n",
          "data: {\"c\":\"x [secret] y\"}\n\n");
    check(*state,
          "data: {\"c\":\"x\\n\\u0073k-plan\"}\n\ndata: "
          "{\"c\":\"ted\\u002D3f9Qe71LbXw0\\ny\"}\n\n",
          "data: {\"c\":\"x\\n[secret]\"}\n\ndata: {\"c\":\"\\ny\"}\n\n");
}

static void check_document(struct arena *arena, const char *body, const char *expected)
{
    str is = escaped_secret_redact(arena, str_from(body));
    if (!str_equal(is, str_from(expected)))
        fail_msg("\n%.*s\nis not\n%s", STR_ARG(is), expected);
}

/* A reply that is one document, on one line or many, whole or broken off, or no JSON at all. */
static void documents(void **state)
{
    struct arena *arena = *state;
    str body = STR("{\"c\": \"nothing\\nhere\"}");
    secret_add(STR("abc/def\"ghi+jkl="));
    check_document(arena,
                   "{\"a\": [\"abc\\/def\\\"ghi\\u002bjkl\\u003D\",\n  {\"b\": \"\\/\"}],\n}",
                   "{\"a\": [\"[secret]\",\n  {\"b\": \"\\/\"}],\n}");
    check_document(arena, "{\"a\":\"\\u0073k-planted-3f9Qe71LbXw0 and",
                   "{\"a\":\"[secret] and");
    check_document(arena, "<p class=\"\\\">" KEY "</p>", "<p class=\"\\\">[secret]</p>");
    /* two texts are no key, though they stand in a row */
    check_document(arena, "[\"\\nsk-planted-\",\"3f9Qe71LbXw0\\n\"]",
                   "[\"\\nsk-planted-\",\"3f9Qe71LbXw0\\n\"]");
    assert_ptr_equal(escaped_secret_redact(arena, body).p, body.p);
}

/* What only looks like a key is found behind a line break too, which the bytes write as an 'n'. */
static void documents_of_a_cassette(void **state)
{
    struct cassette_secrets secrets = {0};
    struct cassette_header header = {STR_INIT("content-type"), STR_INIT("application/json")};
    str body = STR("{\"c\":\"Yours:\\nsk-0123456789abcdefghijk\\nDo not tell.\"}");
    struct cassette_part part = {1000, body.n};
    struct cassette_reply reply = {.status = 200,
                                   .header = &header,
                                   .headers = 1,
                                   .body = body,
                                   .part = &part,
                                   .parts = 1},
                          clean;
    cassette_reply_clean(*state, &secrets, &reply, &clean);
    assert_true(str_equal(clean.body,
                          STR("{\"c\":\"Yours:\\n[secret]\\nDo not tell.\"}")));
    assert_int_equal(clean.part[0].upto, clean.body.n);
}

/* Arguments of a tool call are JSON in texts of JSON. */
static void arguments_of_tools(void **state)
{
    check(*state,
          "data: {\"f\":{\"arguments\":\"{\\\"key\\\": \\\"sk-pl\"}}\n\n"
          "data: {\"f\":{\"arguments\":\"anted-3f9Qe71LbXw0\\\"}\"}}\n\n",
          "data: {\"f\":{\"arguments\":\"{\\\"key\\\": \\\"[secret]\"}}\n\n"
          "data: {\"f\":{\"arguments\":\"\\\"}\"}}\n\n");
}

/* Lines of JSON, and an event whose data are on several lines. */
static void other_frames(void **state)
{
    check(*state, "{\"c\":\"sk-planted-\"}\n{\"c\":\"3f9Qe71LbXw0\"}\n",
          "{\"c\":\"[secret]\"}\n{\"c\":\"\"}\n");
    check(*state,
          "data: {\"c\":\ndata: \"sk-planted-\"\ndata: }\n\ndata: {\"c\":\"3f9Qe71LbXw0\"}\n\n",
          "data: {\"c\":\ndata: \"[secret]\"\ndata: }\n\ndata: {\"c\":\"\"}\n\n");
}

/* What stands in every event is no text, though a row of it would look like a key. */
static void what_is_said_in_each_event(void **state)
{
    struct arena *arena = *state;
    struct cassette_secrets secrets = {0};
    struct buf body = {0};
    struct cassette_header header = {STR_INIT("content-type"), STR_INIT("text/event-stream")};
    for (int i = 0; i < 20; i++)
        buf_printf(&body, "data: {\"model\":\"hf_model1\",\"c\":\"w%d \"}\n\n", i);
    struct cassette_part part = {1000, body.n};
    struct cassette_reply reply = {.status = 200,
                                   .header = &header,
                                   .headers = 1,
                                   .body = buf_str(&body),
                                   .part = &part,
                                   .parts = 1},
                          clean;
    cassette_reply_clean(arena, &secrets, &reply, &clean);
    assert_true(str_equal(clean.body, reply.body));
    buf_release(&body);
}

/* A cassette's parts end where they ended, at their times, also what only looks like a key. */
static void parts_of_a_cassette(void **state)
{
    struct arena *arena = *state;
    struct cassette_secrets secrets = {0};
    static const char *const events[] = {"data: {\"c\":\"AIzaSy0123456789\"}\n\n",
                                         "data: {\"c\":\"0123456789abcdefghij\"}\n\n",
                                         "data: {\"c\":\" end\"}\n\n"};
    static const char *const cleaned[] = {"data: {\"c\":\"[secret]\"}\n\n",
                                          "data: {\"c\":\"\"}\n\n",
                                          "data: {\"c\":\" end\"}\n\n"};
    struct buf body = {0}, expected = {0};
    struct cassette_part part[3];
    size_t upto[3];
    struct cassette_header header = {STR_INIT("content-type"), STR_INIT("text/event-stream")};
    for (size_t i = 0; i < 3; i++) {
        buf_add_str(&body, str_from(events[i]));
        buf_add_str(&expected, str_from(cleaned[i]));
        part[i] = (struct cassette_part){(int64_t)(i + 1) * 5000, body.n};
        upto[i] = expected.n;
    }
    struct cassette_reply reply = {.status = 200,
                                   .header = &header,
                                   .headers = 1,
                                   .body = buf_str(&body),
                                   .part = part,
                                   .parts = 3,
                                   .end_ns = 20000},
                          clean;
    cassette_reply_clean(arena, &secrets, &reply, &clean);
    assert_true(str_equal(clean.body, buf_str(&expected)));
    assert_int_equal(clean.parts, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(clean.part[i].upto, upto[i]);
        assert_int_equal(clean.part[i].at_ns, (int64_t)(i + 1) * 5000);
    }
    buf_release(&body);
    buf_release(&expected);
}

/* Without a known secret nobody looks; a stream of a megabyte in which each text has a place of its own
 * is looked through once. */
static void large_streams(void **state)
{
    struct buf body = {0};
    for (int i = 0; body.n < 1000000; i++)
        buf_printf(&body, "data: {\"m%d\":{\"index\":%d,\"c\":\"x%d\\n\"}}\n\n", i, i, i);
    str text = buf_str(&body);
    assert_ptr_equal(stream_secret_redact(*state, text).p, text.p);
    secret_clear();
    assert_ptr_equal(stream_secret_redact(*state, text).p, text.p);
    buf_release(&body);
}

/* One text of millions of escapes, and one that is nothing but keys behind an escape: each is gone
 * through once (beginning again at every escape or key, they would take minutes). */
static void large_texts(void **state)
{
    struct buf body = {0}, expected = {0};
    buf_add_str(&body, STR("data: {\"c\":\""));
    for (int i = 0; i < 2000000; i++)
        buf_add_str(&body, STR("\\n"));
    buf_add_str(&body, STR("\"}\n\n"));
    str text = buf_str(&body);
    assert_ptr_equal(stream_secret_redact(*state, text).p, text.p);
    secret_add(STR("another-key-which-is-never-said"));
    buf_clear(&body);
    buf_add_str(&body, STR("data: {\"c\":\"\\n"));
    buf_add_str(&expected, buf_str(&body));
    for (int i = 0; i < 40000; i++) {
        buf_add_str(&body, i % 2 ? STR(KEY) : STR("\\u0073k-planted-3f9Qe71LbXw0"));
        buf_add_str(&expected, STR("[secret]"));
    }
    buf_add_str(&body, STR("\"}\n\n"));
    buf_add_str(&expected, STR("\"}\n\n"));
    assert_true(str_equal(stream_secret_redact(*state, buf_str(&body)), buf_str(&expected)));
    buf_release(&body);
    buf_release(&expected);
}

int main(void)
{
#define test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        test(two_deltas),
        test(single_characters),
        test(texts_in_turns),
        test(other_places_are_let_be),
        test(broken_off),
        test(escapes),
        test(documents),
        test(documents_of_a_cassette),
        test(arguments_of_tools),
        test(other_frames),
        test(what_is_said_in_each_event),
        test(parts_of_a_cassette),
        test(large_streams),
        test(large_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
