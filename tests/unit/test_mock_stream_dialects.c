/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_mock_stream_dialects.c: what holds for the streams of every provider: their times, and what
 * faults make of them.
 */
#include "test_mock_heard.h"

static const struct way {
    const char *name, *plain, *streamed, *plain_body, *streamed_body;
} ways[] = {
    {"openai-chat", "/v1/chat/completions", "/v1/chat/completions",
     "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}",
     "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}],\"stream\":true,"
     "\"stream_options\":{\"include_usage\":true}}"},
    {"openai-responses", "/v1/responses", "/v1/responses", "{\"model\":\"m\",\"input\":\"hi\"}",
     "{\"model\":\"m\",\"input\":\"hi\",\"stream\":true}"},
    {"anthropic-messages", "/v1/messages", "/v1/messages",
     "{\"model\":\"m\",\"max_tokens\":99,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]"
     "}",
     "{\"model\":\"m\",\"max_tokens\":99,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}],"
     "\"stream\":true}"},
    {"gemini, events", "/v1beta/models/m:generateContent",
     "/v1beta/models/m:streamGenerateContent?alt=sse",
     "{\"contents\":[{\"role\":\"user\",\"parts\":[{\"text\":\"hi\"}]}]}",
     "{\"contents\":[{\"role\":\"user\",\"parts\":[{\"text\":\"hi\"}]}]}"},
    {"gemini, a list", "/v1beta/models/m:generateContent",
     "/v1beta/models/m:streamGenerateContent",
     "{\"contents\":[{\"role\":\"user\",\"parts\":[{\"text\":\"hi\"}]}]}",
     "{\"contents\":[{\"role\":\"user\",\"parts\":[{\"text\":\"hi\"}]}]}"},
};
enum { WAYS = sizeof ways / sizeof ways[0] };

static void ask_way(struct asker *asker, const struct way *way, bool stream)
{
    const char *headers[] = {"authorization",
                             "Bearer k",
                             "x-api-key",
                             "k",
                             "anthropic-version",
                             "2023-06-01",
                             "x-goog-api-key",
                             "k",
                             "idempotency-key",
                             "k",
                             "x-weir-attempt",
                             "1",
                             "content-type",
                             "application/json",
                             NULL};
    /* OpenAI's clients send no other provider's headers, which would tell whose paths are meant */
    const char *openai[] = {
        "authorization", "Bearer k", "idempotency-key", "k", "x-weir-attempt", "1", NULL};
    bool is_openai = str_starts_with(str_from(way->name), STR("openai"));
    ask_raw(asker, "POST", stream ? way->streamed : way->plain,
            str_from(stream ? way->streamed_body : way->plain_body),
            is_openai ? openai : headers);
}

static struct asker mock_with(const char *more)
{
    char yaml[600];
    snprintf(yaml, sizeof yaml,
             "models: {m: {first_token: 40ms, per_token: {exponential: {mean: 3ms}}}}\n"
             "rules: {r: {reply: \"Größe und Übermaß, 漢字 ohne Ende\"}}\n%s",
             more);
    return asker_new(yaml);
}

/* The way's stream under a fault. */
static struct heard heard_with(struct asker *asker, const struct way *way, const char *fault)
{
    char more[200];
    snprintf(more, sizeof more, "faults: [%s]\n", fault);
    *asker = mock_with(more);
    ask_way(asker, way, true);
    if (asker->status != 200)
        fail_msg("%s: status %d\n%.*s", way->name, asker->status, (int)asker->bytes.n,
                 asker->bytes.p);
    return hear(asker);
}

/* Protects: a stream ends when the whole reply comes, its first token comes at its time, and
 * without times all is one write. */
static void test_times(void **state)
{
    (void)state;
    for (size_t i = 0; i < WAYS; i++) {
        struct asker asker = mock_with("");
        ask_way(&asker, &ways[i], true);
        struct heard heard = hear(&asker);
        assert_true(heard.ended && heard.chunks > 4);
        int64_t last_ns = heard.chunk[heard.chunks - 1].at_ns;
        bool at_first = false;
        for (size_t k = 0; k < heard.chunks; k++)
            at_first |= heard.chunk[k].at_ns == 40 * NS_PER_MS;
        assert_true(at_first);
        ask_way(&asker, &ways[i], false);
        assert_int_equal(asker.status, 200);
        assert_int_equal(asker.delivery.at_ns, last_ns);
        asker_end(&asker);

        asker = mock_with("scale: 0\n");
        ask_way(&asker, &ways[i], true);
        assert_int_equal(asker.delivery.parts, 1);
        assert_int_equal(asker.part[0].at_ns, 0);
        asker_end(&asker);
    }
}

/* Protects: cuts and connections that break off leave a beginning of the stream. */
static void test_beginnings(void **state)
{
    (void)state;
    static const char *const faults[] = {
        "{cut: utf8}",     "{cut: string}", "{cut: before_usage}",     "{cut: before_end}",
        "{reset: stream}", "{hang: body}",  "{reset: body, fin: true}"};
    for (size_t i = 0; i < WAYS; i++)
        for (size_t f = 0; f < sizeof faults / sizeof faults[0]; f++) {
            struct asker good, bad;
            struct heard whole = heard_with(&good, &ways[i], "");
            struct heard part = heard_with(&bad, &ways[i], faults[f]);
            if (!str_starts_with(whole.body, part.body) || part.body.n >= whole.body.n ||
                part.body.n == 0)
                fail_msg("%s, %s:\n%.*s", ways[i].name, faults[f], STR_ARG(part.body));
            assert_true(part.ended == (f < 4));
            asker_end(&good);
            asker_end(&bad);
        }
}

/* Protects: an error in the middle is the last that comes, behind the tokens that were asked for,
 * and says what its status stands for. */
static void test_errors(void **state)
{
    (void)state;
    static const char *const words[WAYS] = {"server_is_overloaded", "server_is_overloaded",
                                            "overloaded_error", "UNAVAILABLE", "UNAVAILABLE"};
    for (size_t i = 0; i < WAYS; i++) {
        struct asker good, bad;
        struct heard whole = heard_with(&good, &ways[i], "");
        struct heard part = heard_with(&bad, &ways[i],
                                       i == 2 ? "{error_event: 3, error_status: 529}"
                                              : "{error_event: 3, error_status: 503}");
        size_t kept = part.chunks - (i == WAYS - 1 ? 2 : 1); /* a list has its bracket, too */
        str before = {part.body.p, 0};
        for (size_t k = 0; k < kept; k++)
            before.n += part.chunk[k].bytes.n;
        str error = str_sub(part.body, before.n, part.body.n);
        assert_true(part.ended && str_starts_with(whole.body, before));
        assert_true(before.n > 0 && before.n < whole.body.n);
        if (!str_contains(error, str_from(words[i])))
            fail_msg("%s: %.*s", ways[i].name, STR_ARG(error));
        asker_end(&good);
        asker_end(&bad);
    }
}

/* Protects: unusual frames carry the same bytes. */
static void test_frames(void **state)
{
    (void)state;
    for (size_t i = 0; i < WAYS; i++) {
        struct asker good, bad;
        struct heard whole = heard_with(&good, &ways[i], "");
        static const char *const same[] = {"{frames: join}", "{frames: split}",
                                           "{wrong_type: true}", "{drip: 1ms}"};
        for (size_t f = 0; f < sizeof same / sizeof same[0]; f++) {
            struct heard other = heard_with(&bad, &ways[i], same[f]);
            assert_true(other.ended && str_equal(other.body, whole.body));
            asker_end(&bad);
        }
        struct heard other = heard_with(&bad, &ways[i], "{frames: double}");
        assert_true(other.ended && other.chunks == whole.chunks + 1);
        asker_end(&bad);
        other = heard_with(&bad, &ways[i], "{frames: swap}");
        assert_true(other.ended && other.body.n == whole.body.n);
        assert_false(str_equal(other.body, whole.body));
        asker_end(&bad);
        asker_end(&good);
    }
}

static str without_cr(struct arena *arena, str text)
{
    char *out = arena_alloc(arena, text.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] != '\r')
            out[n++] = text.p[i];
    return (str){out, n};
}

/* Protects: broken JSON is broken in one event and leaves the others whole. */
static void test_bad_json(void **state)
{
    (void)state;
    for (size_t i = 0; i < WAYS - 1; i++) {
        struct asker asker;
        struct heard heard = heard_with(&asker, &ways[i], "{bad_json: true}");
        str rest = without_cr(&asker.arena, heard.body), data;
        size_t bad = 0, events = 0;
        for (; next_data(&rest, &data); events++)
            bad += !str_equal(data, STR("[DONE]")) && !json_parse(&asker.arena, data, NULL);
        if (bad != 1 || events < 4)
            fail_msg("%s: %zu of %zu are broken", ways[i].name, bad, events);
        asker_end(&asker);
    }
    struct asker asker;
    struct heard heard = heard_with(&asker, &ways[WAYS - 1], "{bad_json: true}");
    assert_true(heard.ended && !json_parse(&asker.arena, heard.body, NULL));
    asker_end(&asker);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_times),    cmocka_unit_test(test_beginnings),
        cmocka_unit_test(test_errors),   cmocka_unit_test(test_frames),
        cmocka_unit_test(test_bad_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
