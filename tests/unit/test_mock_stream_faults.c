/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_mock_stream_faults.c: what faults make of a stream, as the plan of its delivery shows it.
 */
#include "test_mock_heard.h"

#define STREAM ",\"stream\":true,\"stream_options\":{\"include_usage\":true}"

static struct asker with_fault(const char *fault)
{
    char yaml[600];
    snprintf(yaml, sizeof yaml,
             "models: {m: {first_token: 10ms, per_token: 2ms}}\n"
             "rules: {r: {reply: \"Größe und Übermaß, 漢字 ohne Ende\"}}\nfaults: [%s]\n",
             fault);
    return asker_new(yaml);
}

static struct heard heard_with(struct asker *asker, const char *fault)
{
    *asker = with_fault(fault);
    ask(asker, "hi", "k", 1, STREAM);
    assert_int_equal(asker->status, 200);
    return hear(asker);
}

/* The stream without any fault; the faults' own effects are differences from it. */
static str whole(struct arena *arena, size_t *chunks)
{
    struct asker asker = with_fault("");
    ask(&asker, "hi", "k", 1, STREAM);
    struct heard heard = hear(&asker);
    assert_true(heard.ended);
    str body = arena_str(arena, heard.body);
    if (chunks)
        *chunks = heard.chunks;
    asker_end(&asker);
    return body;
}

/* Protects: each cut ends the stream at its place, with HTTP in order. */
static void test_cuts(void **state)
{
    (void)state;
    struct arena arena = {0};
    str all = whole(&arena, NULL);
    struct asker asker;
    struct heard heard = heard_with(&asker, "{cut: utf8}");
    assert_true(heard.ended && str_starts_with(all, heard.body));
    unsigned char last = (unsigned char)heard.body.p[heard.body.n - 1];
    assert_true((last & 0xc0) == 0xc0);
    asker_end(&asker);

    heard = heard_with(&asker, "{cut: string}");
    assert_true(heard.ended && str_starts_with(all, heard.body) && heard.body.n < all.n);
    const char *line = heard.body.p + heard.body.n;
    size_t quotes = 0;
    for (; line > heard.body.p && line[-1] != '\n'; line--)
        quotes += line[-1] == '"' && line[-2] != '\\';
    assert_int_equal(quotes % 2, 1);
    asker_end(&asker);

    heard = heard_with(&asker, "{cut: before_usage}");
    assert_true(heard.ended && str_starts_with(all, heard.body));
    assert_true(str_contains(heard.body, STR("\"finish_reason\":\"stop\"")));
    assert_false(str_contains(heard.body, STR("prompt_tokens")));
    asker_end(&asker);

    heard = heard_with(&asker, "{cut: before_end}");
    assert_true(heard.ended && str_starts_with(all, heard.body));
    assert_true(str_contains(heard.body, STR("prompt_tokens")));
    assert_int_equal(all.n - heard.body.n, strlen("data: [DONE]\n\n"));
    asker_end(&asker);
    arena_release(&arena);
}

/* Protects: an ASCII reply is cut inside a text where no longer character is to be found. */
static void test_cut_utf8_of_ascii(void **state)
{
    (void)state;
    struct asker asker = asker_new("rules: {r: {reply: plain}}\nfaults: [{cut: utf8}]\n");
    ask(&asker, "hi", "k", 1, STREAM);
    struct heard heard = hear(&asker);
    assert_true(heard.ended && !str_ends_with(heard.body, STR("\n")));
    asker_end(&asker);
}

/* Protects: the error stands behind as many tokens as asked for, and is the last that comes. */
static void test_error_event(void **state)
{
    (void)state;
    for (int64_t n = 0; n < 3; n++) {
        char fault[60];
        snprintf(fault, sizeof fault, "{error_event: %d, error_status: 503}", (int)n);
        struct asker asker;
        struct heard heard = heard_with(&asker, fault);
        str body = heard.body, data, last = STR("");
        int64_t events = 0;
        for (; next_data(&body, &data); events++)
            last = data;
        const json *error = json_parse(&asker.arena, last, NULL);
        assert_true(heard.ended);
        assert_int_equal(events, 1 + n + 1); /* role, tokens, error */
        assert_text(json_text(json_path(error, "error.code")), "server_is_overloaded");
        asker_end(&asker);
    }
}

/* Protects: unusual frames bring the same events, one of them twice or too early. */
static void test_frames(void **state)
{
    (void)state;
    struct arena arena = {0};
    size_t chunks;
    str all = whole(&arena, &chunks);
    struct asker asker;
    struct heard heard = heard_with(&asker, "{frames: join}");
    assert_true(heard.ended && str_equal(heard.body, all));
    assert_int_equal(heard.chunks, (chunks + 1) / 2);
    asker_end(&asker);

    heard = heard_with(&asker, "{frames: split}");
    assert_true(heard.ended && str_equal(heard.body, all));
    assert_in_range(heard.chunks, chunks + chunks / 2, 2 * chunks);
    asker_end(&asker);

    heard = heard_with(&asker, "{frames: double}");
    assert_int_equal(heard.chunks, chunks + 1);
    size_t twice = 0;
    for (size_t i = 1; i < heard.chunks; i++)
        twice += str_equal(heard.chunk[i].bytes, heard.chunk[i - 1].bytes);
    assert_int_equal(twice, 1);
    asker_end(&asker);

    heard = heard_with(&asker, "{frames: swap}");
    assert_int_equal(heard.chunks, chunks);
    assert_true(heard.body.n == all.n && !str_equal(heard.body, all));
    asker_end(&asker);

    heard = heard_with(&asker, "{frames: crlf}");
    struct buf without = {0};
    for (size_t i = 0; i < heard.body.n; i++) {
        assert_true(heard.body.p[i] != '\n' || heard.body.p[i - 1] == '\r');
        if (heard.body.p[i] != '\r')
            buf_add_char(&without, heard.body.p[i]);
    }
    assert_true(str_equal(buf_str(&without), all));
    buf_release(&without);
    asker_end(&asker);

    heard = heard_with(&asker, "{frames: comments}");
    assert_int_equal(heard.chunks, chunks);
    for (size_t i = 0; i < heard.chunks; i++)
        assert_true(str_starts_with(heard.chunk[i].bytes, STR(": ")));
    asker_end(&asker);
    arena_release(&arena);
}

/* Protects: a stream that breaks off has no end in HTTP, and ends as the fault says. */
static void test_broken_off(void **state)
{
    (void)state;
    static const struct {
        const char *fault;
        enum ending ending;
    } cases[] = {{"{reset: stream}", ENDING_RESET},
                 {"{reset: body, fin: true}", ENDING_CLOSE},
                 {"{hang: body}", ENDING_HANG}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct arena arena = {0};
        struct asker asker;
        struct heard heard = heard_with(&asker, cases[i].fault);
        assert_true(!heard.ended && asker.delivery.ending == cases[i].ending);
        assert_true(heard.chunks >= 2 && str_starts_with(whole(&arena, NULL), heard.body));
        asker_end(&asker);
        arena_release(&arena);
    }
    struct asker asker = with_fault("{hang: headers}");
    ask(&asker, "hi", "k", 1, STREAM);
    assert_true(asker.bytes.n == 0 && asker.delivery.ending == ENDING_HANG);
    asker_end(&asker);
    asker = with_fault("{reset: headers}");
    ask(&asker, "hi", "k", 1, STREAM);
    assert_true(asker.bytes.n == 0 && asker.delivery.ending == ENDING_RESET);
    asker_end(&asker);
}

/* Protects: faults that any reply may have, in a stream. */
static void test_broken_replies(void **state)
{
    (void)state;
    struct arena arena = {0};
    str all = whole(&arena, NULL), data;
    struct asker asker;
    struct heard heard = heard_with(&asker, "{empty: true}");
    assert_true(heard.ended && heard.chunks == 0);
    asker_end(&asker);

    heard = heard_with(&asker, "{wrong_type: true}");
    assert_true(str_starts_with(header_of(&asker, "content-type"), STR("text/html")));
    assert_true(heard.ended && str_equal(heard.body, all));
    asker_end(&asker);

    heard = heard_with(&asker, "{bad_json: true}");
    size_t bad = 0, events = 0;
    for (str rest = heard.body; next_data(&rest, &data); events++)
        bad += !str_equal(data, STR("[DONE]")) && !json_parse(&asker.arena, data, NULL);
    assert_true(heard.ended && bad == 1 && events > 4);
    asker_end(&asker);

    heard = heard_with(&asker, "{drip: 3ms}");
    assert_true(heard.ended && str_equal(heard.body, all));
    assert_true(asker.delivery.parts > all.n && asker.part[1].upto == asker.part[0].upto + 1);
    assert_int_equal(asker.part[1].at_ns - asker.part[0].at_ns, 3 * NS_PER_MS);
    asker_end(&asker);
    arena_release(&arena);
}

/* Protects: Content-Length says less or more than is sent, and the connection ends. */
static void test_wrong_length(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) {
        struct asker asker =
            with_fault(i < 2 ? "{wrong_length: short}" : "{wrong_length: long}");
        ask(&asker, "hi", "k", 1, i % 2 ? STREAM : "");
        int64_t said = 0, sent = (int64_t)(asker.bytes.n - asker.head.n - 2);
        assert_int_equal(asker.status, 200);
        assert_true(str_to_int(header_of(&asker, "content-length"), &said));
        assert_true(i < 2 ? said < sent : said > sent);
        assert_true(asker.delivery.ending == ENDING_CLOSE);
        asker_end(&asker);
    }
}

/* Protects: where a fault strikes depends on request and attempt alone; a fault of streams leaves
 * other requests alone. */
static void test_keyed(void **state)
{
    (void)state;
    struct asker asker = with_fault("{cut: string}");
    size_t different = 0, first = 0;
    for (int attempt = 1; attempt <= 8; attempt++) {
        ask(&asker, "hi", "k", attempt, STREAM);
        size_t n = hear(&asker).body.n;
        ask(&asker, "hi", "k", attempt, STREAM);
        assert_int_equal(n, hear(&asker).body.n);
        first = attempt == 1 ? n : first;
        different += n != first;
    }
    assert_true(different > 4);
    ask(&asker, "hi", "k", 1, "");
    assert_int_equal(asker.status, 200);
    assert_true(str_starts_with(asker.text, STR("Größe")));
    asker_end(&asker);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cuts),         cmocka_unit_test(test_cut_utf8_of_ascii),
        cmocka_unit_test(test_error_event),  cmocka_unit_test(test_frames),
        cmocka_unit_test(test_broken_off),   cmocka_unit_test(test_broken_replies),
        cmocka_unit_test(test_wrong_length), cmocka_unit_test(test_keyed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
