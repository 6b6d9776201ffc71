/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_mock_seen.c: what a client sees of each fault: libcurl asks the real server, streamed and
 * not, and what came is told in the words of the table in docs/mock-server.md.
 */
#include "test_mock_running.h"

#include "base/ceilings.h"
#include "base/file.h"

#include <curl/curl.h>

/* A fault, what of it is seen without a stream, and what of it in one. */
static const struct seen {
    const char *fault, *plain, *streamed;
} table[] = {
    {"status: 500", "OK, 500, an error", "OK, 500, an error"},
    {"status: 429, retry_after: 2s", "OK, 429, an error", "OK, 429, an error"},
    {"status: 502, html: true", "OK, 502, a page", "OK, 502, a page"},
    {"empty: true", "OK, 200, nothing", "OK, 200, nothing"},
    {"wrong_type: true", "OK, 200, all of it as text/html", "OK, 200, all of it as text/html"},
    {"bad_json: true", "OK, 200, its beginning", "OK, 200, other bytes"},
    {"hang: headers", "OPERATION_TIMEDOUT, nothing", "OPERATION_TIMEDOUT, nothing"},
    {"hang: body", "OPERATION_TIMEDOUT, 200, its beginning",
     "OPERATION_TIMEDOUT, 200, its beginning"},
    {"drip: 0.1ms", "OK, 200, all of it", "OK, 200, all of it"},
    {"reset: headers", "RECV_ERROR, nothing", "RECV_ERROR, nothing"},
    {"reset: headers, fin: true", "GOT_NOTHING, nothing", "GOT_NOTHING, nothing"},
    {"reset: body", "RECV_ERROR, 200, its beginning", "RECV_ERROR, 200, its beginning"},
    {"reset: body, fin: true", "PARTIAL_FILE, 200, its beginning",
     "PARTIAL_FILE, 200, its beginning"},
    {"reset: stream", "OK, 200, all of it", "RECV_ERROR, 200, its beginning"},
    {"reset: stream, fin: true", "OK, 200, all of it", "PARTIAL_FILE, 200, its beginning"},
    {"wrong_length: short", "OK, 200, its beginning", "OK, 200, its beginning"},
    {"wrong_length: long", "PARTIAL_FILE, 200, all of it", "PARTIAL_FILE, 200, all of it"},
    {"cut: utf8", "OK, 200, all of it", "OK, 200, its beginning"},
    {"cut: string", "OK, 200, all of it", "OK, 200, its beginning"},
    {"cut: before_usage", "OK, 200, all of it", "OK, 200, its beginning"},
    {"cut: before_end", "OK, 200, all of it", "OK, 200, its beginning"},
    {"error_event: 2", "OK, 200, all of it", "OK, 200, other bytes"},
    {"frames: double", "OK, 200, all of it", "OK, 200, other bytes"},
    {"frames: swap", "OK, 200, all of it", "OK, 200, other bytes"},
    {"frames: join", "OK, 200, all of it", "OK, 200, all of it"},
    {"frames: split", "OK, 200, all of it", "OK, 200, all of it"},
    {"frames: crlf", "OK, 200, all of it", "OK, 200, other bytes"},
    {"frames: comments", "OK, 200, all of it", "OK, 200, other bytes"},
};
enum { FAULTS = sizeof table / sizeof table[0], PATIENT_MS = 200000 };

static struct running start_faulty(void)
{
    struct buf yaml = {0};
    buf_add_str(&yaml, STR("rules: {r: {reply: \"Größe und Übermaß, 漢字 ohne Ende\"}}\n"
                           "faults:\n"));
    for (size_t i = 0; i < FAULTS; i++)
        buf_printf(&yaml, "- {%s, when: {header: {x-fault: \"%zu\"}}}\n", table[i].fault, i);
    struct running running = start(yaml.p);
    buf_release(&yaml);
    return running;
}

/* ---- one request ---- */

struct got {
    CURLcode code;
    long status;
    bool html;
    struct buf body;
};

static size_t take(char *bytes, size_t size, size_t count, void *reply)
{
    buf_add(&((struct got *)reply)->body, bytes, size * count);
    return size * count;
}

static struct curl_slist *headers_for(const char *fault)
{
    char line[40];
    struct curl_slist *list = curl_slist_append(NULL, "Authorization: Bearer k");
    list = curl_slist_append(list, "Content-Type: application/json");
    list = curl_slist_append(list, "Idempotency-Key: k");
    list = curl_slist_append(list, "X-Weir-Attempt: 1");
    snprintf(line, sizeof line, "X-Fault: %s", fault);
    return curl_slist_append(list, line);
}

static struct got request(const struct running *running, const char *fault, bool stream,
                          long version, long patience_ms)
{
    static const char plain[] =
        "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
    static const char streamed[] =
        "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}],"
        "\"stream\":true,\"stream_options\":{\"include_usage\":true}}";
    struct got reply = {.status = 0};
    struct curl_slist *headers = headers_for(fault);
    char url[80];
    const char *type = NULL;
    CURL *curl = curl_easy_init();
    snprintf(url, sizeof url, "http://127.0.0.1:%d/v1/chat/completions", running->port);
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, stream ? streamed : plain);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &reply);
    curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, version);
    curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, patience_ms);
    reply.code = curl_easy_perform(curl);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &reply.status);
    curl_easy_getinfo(curl, CURLINFO_CONTENT_TYPE, &type);
    reply.html = type && str_starts_with(str_from(type), STR("text/html"));
    curl_easy_cleanup(curl);
    curl_slist_free_all(headers);
    return reply;
}

/* ---- what is seen ---- */

static const char *code_word(CURLcode code)
{
    switch (code) {
    case CURLE_OK:
        return "OK";
    case CURLE_PARTIAL_FILE:
        return "PARTIAL_FILE";
    case CURLE_OPERATION_TIMEDOUT:
        return "OPERATION_TIMEDOUT";
    case CURLE_GOT_NOTHING:
        return "GOT_NOTHING";
    case CURLE_RECV_ERROR:
        return "RECV_ERROR";
    default:
        return curl_easy_strerror(code);
    }
}

static const char *body_word(const struct got *reply, const struct got *good)
{
    str body = buf_str(&reply->body), whole = buf_str(&good->body);
    if (body.n == 0)
        return "nothing";
    if (reply->status >= 400)
        return reply->html ? "a page" : "an error";
    if (str_equal(body, whole))
        return reply->html ? "all of it as text/html" : "all of it";
    return str_starts_with(whole, body) ? "its beginning" : "other bytes";
}

static str words(struct arena *arena, const struct got *reply, const struct got *good)
{
    if (reply->status == 0)
        return arena_printf(arena, "%s, %s", code_word(reply->code), body_word(reply, good));
    return arena_printf(arena, "%s, %ld, %s", code_word(reply->code), reply->status,
                        body_word(reply, good));
}

static void assert_seen(const struct running *running, size_t row, bool stream,
                        const struct got *good)
{
    struct arena arena = {0};
    char name[24];
    snprintf(name, sizeof name, "%zu", row);
    bool hangs = str_starts_with(str_from(table[row].fault), STR("hang"));
    struct got reply =
        request(running, name, stream, CURL_HTTP_VERSION_1_1, hangs ? 2000 : PATIENT_MS);
    str got = words(&arena, &reply, good);
    const char *wanted = stream ? table[row].streamed : table[row].plain;
    if (!str_equal(got, str_from(wanted)))
        fail_msg("{%s}, %s: '%.*s' is not '%s'", table[row].fault,
                 stream ? "streamed" : "not streamed", STR_ARG(got), wanted);
    buf_release(&reply.body);
    arena_release(&arena);
}

/* Protects: libcurl sees of every kind of fault what the table says. */
static void test_seen(void **state)
{
    (void)state;
    struct running running = start_faulty();
    for (int stream = 0; stream < 2; stream++) {
        struct got good = request(&running, "none", stream, CURL_HTTP_VERSION_1_1, PATIENT_MS);
        assert_true(good.code == CURLE_OK && good.status == 200 && good.body.n > 0);
        for (size_t i = 0; i < FAULTS; i++)
            assert_seen(&running, i, stream, &good);
        buf_release(&good.body);
    }
    stop(&running);
}

/* Protects: the documentation has the table as it is. */
static void test_documented(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct err err = {0};
    str text;
    if (file_read(&arena, TEST_SOURCE_DIR "/docs/mock-server.md", MAX_PROMPT_BYTES, &text,
                  &err) < 0)
        fail_msg("%s", err.message);
    for (size_t i = 0; i < FAULTS; i++) {
        str row = arena_printf(&arena, "| `%s` | %s | %s |\n", table[i].fault, table[i].plain,
                               table[i].streamed);
        if (!str_contains(text, row))
            fail_msg("docs/mock-server.md lacks this row:\n%.*s", STR_ARG(row));
    }
    arena_release(&arena);
}

/* Protects: a client of HTTP/1.0, which knows no chunks, gets the same stream. */
static void test_http_1_0(void **state)
{
    (void)state;
    struct running running = start_faulty();
    struct got new = request(&running, "none", true, CURL_HTTP_VERSION_1_1, PATIENT_MS);
    struct got old = request(&running, "none", true, CURL_HTTP_VERSION_1_0, PATIENT_MS);
    assert_true(old.code == CURLE_OK && str_equal(buf_str(&old.body), buf_str(&new.body)));
    buf_release(&old.body);
    buf_release(&new.body);
    stop(&running);
}

/* Protects: two requests at once slow each other down: the second is planned for twice the time. */
static void test_real_load(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct running running =
        start("models: {m: {first_token: 300ms, slowdown: 1}}\nrules: {r: {reply: x}}\n");
    struct hearing one = {.fd = dial(&running)}, two = {.fd = dial(&running)};
    str text = request_text(&arena, "hi", "X-Mock-Explain: 1\r\n"), body;
    say(one.fd, text);
    struct timespec pause = {0, 100 * 1000 * 1000};
    nanosleep(&pause, NULL);
    say(two.fd, text);
    assert_int_equal(hear(&one, &body), 200);
    assert_int_equal(hear(&two, &body), 200);
    assert_true(str_contains(buf_str(&one.bytes), STR("total=300ms")));
    assert_true(str_contains(buf_str(&two.bytes), STR("total=600ms")));
    buf_release(&one.bytes);
    buf_release(&two.bytes);
    close(one.fd);
    close(two.fd);
    stop(&running);
    arena_release(&arena);
}

int main(void)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_seen),
        cmocka_unit_test(test_documented),
        cmocka_unit_test(test_http_1_0),
        cmocka_unit_test(test_real_load),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    curl_global_cleanup();
    return failed;
}
