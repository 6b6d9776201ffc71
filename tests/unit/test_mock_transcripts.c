/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_mock_transcripts.c: 2,000 requests of all dialects, streams and faults among them, once in
 * order on one connection and once shuffled on 100: the same bytes come back.
 */
#include "test_mock_running.h"

#include "base/mem.h"
#include "base/rng.h"

#include <pthread.h>

enum { REQUESTS = 2000, CONNECTIONS = 100 };

static const char yaml[] =
    "seed: 11\nscale: 0.002\n"
    "models:\n"
    "  m: {profile: small, skill: 0.6, reasoning: {median: 5, p95: 20}, cache: {least: 4, "
    "step: 2},\n"
    "      slowdown: {per_request: 0.1, mode: keyed}}\n"
    "  e: {}\n"
    "answers:\n"
    "  qa: {samples: [{q: number 1, expected: Größe}, {q: number 2, expected: zwei}], find: "
    "[q],\n"
    "       wrong: [{text: nein}, {truncated: true}, {refusal: true}]}\n"
    "rules:\n"
    "  call: {when: {prompt: number 3}, tool_call: [{name: f, arguments: {a: 1}}, {name: f, "
    "arguments: {a: 2}}]}\n"
    "limits: [{rpm: 600, mode: keyed, share: 0.03}]\n"
    "faults:\n"
    "- {status: 500, share: 0.05, attempts: [1]}\n"
    "- {status: 429, share: 0.05, retry_after: 2s}\n"
    "- {status: 502, share: 0.02, html: true}\n"
    "- {empty: true, share: 0.02}\n"
    "- {wrong_type: true, share: 0.02}\n"
    "- {bad_json: true, share: 0.03}\n"
    "- {reset: headers, share: 0.02}\n"
    "- {reset: headers, share: 0.02, fin: true}\n"
    "- {reset: body, share: 0.03}\n"
    "- {reset: stream, share: 0.03, fin: true}\n"
    "- {wrong_length: long, share: 0.02}\n"
    "- {drip: 1ms, share: 0.01}\n"
    "- {cut: utf8, share: 0.03}\n"
    "- {cut: string, share: 0.03}\n"
    "- {cut: before_usage, share: 0.03}\n"
    "- {cut: before_end, share: 0.03}\n"
    "- {error_event: 2, share: 0.03}\n"
    "- {frames: double, share: 0.03}\n"
    "- {frames: swap, share: 0.03}\n"
    "- {frames: join, share: 0.03}\n"
    "- {frames: split, share: 0.03}\n"
    "- {frames: crlf, share: 0.03}\n"
    "- {frames: comments, share: 0.03}\n";

/* ---- the mix ---- */

#define USER     "[{\"role\":\"user\",\"content\":\"number %d\"}]"
#define CONTENTS "\"contents\":[{\"role\":\"user\",\"parts\":[{\"text\":\"number %d\"}]}]"
#define TOOLS                                                                                  \
    "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"parameters\":{\"type\":" \
    "\"object\"}}}]"

static const struct way {
    const char *path, *headers, *body; /* the body with a place for a number */
} ways[] = {
    {"/v1/chat/completions", "Authorization: Bearer k\r\n",
     "{\"model\":\"m\"," TOOLS ",\"messages\":" USER "}"},
    {"/v1/chat/completions", "Authorization: Bearer k\r\n",
     "{\"model\":\"m\"," TOOLS ",\"stream\":true,\"messages\":" USER "}"},
    {"/v1/chat/completions", "Authorization: Bearer k\r\n",
     "{\"model\":\"m\",\"n\":3,\"logprobs\":true,\"top_logprobs\":2,\"stream\":true,"
     "\"stream_options\":{\"include_usage\":true},\"messages\":" USER "}"},
    {"/v1/responses", "Authorization: Bearer k\r\n",
     "{\"model\":\"m\",\"input\":\"number %d\"}"},
    {"/v1/responses", "Authorization: Bearer k\r\n",
     "{\"model\":\"m\",\"stream\":true,\"input\":\"number %d\"}"},
    {"/v1/embeddings", "Authorization: Bearer k\r\n",
     "{\"model\":\"e\",\"dimensions\":8,\"input\":[\"number %d\"]}"},
    {"/v1/messages", "x-api-key: k\r\nanthropic-version: 2023-06-01\r\n",
     "{\"model\":\"m\",\"max_tokens\":50,\"messages\":" USER "}"},
    {"/v1/messages", "x-api-key: k\r\nanthropic-version: 2023-06-01\r\n",
     "{\"model\":\"m\",\"max_tokens\":50,\"stream\":true,\"messages\":" USER "}"},
    {"/v1/messages/count_tokens", "x-api-key: k\r\nanthropic-version: 2023-06-01\r\n",
     "{\"model\":\"m\",\"messages\":" USER "}"},
    {"/v1beta/models/m:generateContent", "x-goog-api-key: k\r\n", "{" CONTENTS "}"},
    {"/v1beta/models/m:streamGenerateContent?alt=sse", "x-goog-api-key: k\r\n",
     "{" CONTENTS "}"},
    {"/v1beta/models/m:streamGenerateContent", "x-goog-api-key: k\r\n", "{" CONTENTS "}"},
    {"/v1beta/models/m:countTokens", "x-goog-api-key: k\r\n", "{" CONTENTS "}"},
    {"/v1/chat/completions", "Authorization: Bearer k\r\n",
     "{\"model\":\"m\",\"messages\":[],\"x\":%d}"},
    {"/v1/nothing/%d", "", "{}"},
};
enum { WAYS = sizeof ways / sizeof ways[0] };

/* A third has an idempotency key and its attempt, a third one of them, a third neither: these are
 * repetitions of each other, so each way has prompts of its own. */
static str request_number(struct arena *arena, int i)
{
    const struct way *way = &ways[i % WAYS];
    char body[600], path[100], key[60] = "", attempt[40] = "";
    int number = i / (int)WAYS % 20 + 20 * (i % (int)WAYS);
    /* the formats are the table's own */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    snprintf(body, sizeof body, way->body, number);
    snprintf(path, sizeof path, way->path, number);
#pragma GCC diagnostic pop
    if (i % 3)
        snprintf(key, sizeof key, "Idempotency-Key: key %d\r\n", i);
    if (i % 3 == 1)
        snprintf(attempt, sizeof attempt, "X-Weir-Attempt: %d\r\n", 1 + i % 2);
    return arena_printf(arena,
                        "POST %s HTTP/1.1\r\nHost: x\r\n%s%s%sX-Mock-Explain: 1\r\n"
                        "Content-Length: %zu\r\n\r\n%s",
                        path, way->headers, key, attempt, strlen(body), body);
}

/* ---- a connection ---- */

/* Where the reply ends in what came; 0: not yet. *closes: only the connection's end ends it. */
static size_t end_of_reply(str bytes, bool *closes)
{
    ptrdiff_t head = str_find(bytes, STR("\r\n\r\n"), 0);
    *closes = false;
    if (head < 0)
        return 0;
    size_t at = (size_t)head + 4;
    str lines = str_sub(bytes, 0, at);
    ptrdiff_t length = str_find(lines, STR("content-length: "), 0);
    if (length >= 0) {
        size_t end = at + strtoul(bytes.p + length + 16, NULL, 10);
        return bytes.n >= end ? end : 0;
    }
    if (!str_contains(lines, STR("transfer-encoding: chunked"))) {
        *closes = true;
        return 0;
    }
    for (;;) {
        str rest = str_sub(bytes, at, bytes.n);
        ptrdiff_t line = str_find(rest, STR("\r\n"), 0);
        if (line < 0)
            return 0;
        size_t n = strtoul(rest.p, NULL, 16), end = at + (size_t)line + 2 + n + 2;
        if (end > bytes.n)
            return 0;
        if (n == 0)
            return end;
        at = end;
    }
}

/* What became of one request: its bytes, those of the reply, and how it ended. */
static str transcript(const struct running *running, struct arena *arena, int *fd, str request)
{
    struct buf all = {0};
    const char *ending = "kept";
    bool closes;
    if (*fd < 0)
        *fd = dial(running);
    buf_add_str(&all, request);
    say(*fd, request);
    for (size_t end = 0; !end;) {
        char piece[16384];
        ssize_t n = recv(*fd, piece, sizeof piece, 0);
        if (n <= 0) {
            ending = n < 0 ? "reset" : "closed";
            if (n < 0) /* how much comes through before a reset is the network's affair */
                all.n = request.n;
            close(*fd);
            *fd = -1;
            break;
        }
        buf_add(&all, piece, (size_t)n);
        end = end_of_reply(str_sub(buf_str(&all), request.n, all.n), &closes);
    }
    buf_add_str(&all, str_from(ending));
    str copy = arena_str(arena, buf_str(&all));
    buf_release(&all);
    return copy;
}

struct asking {
    pthread_t thread;
    struct running *running;
    const uint32_t *order;
    size_t from, step;
    struct arena arena;
    str *said; /* shared: each writes its own places */
};

static void *ask_all(void *of)
{
    struct asking *asking = of;
    int fd = -1;
    for (size_t i = asking->from; i < REQUESTS; i += asking->step) {
        struct arena scratch = {0};
        str request = request_number(&scratch, (int)asking->order[i]);
        asking->said[i] = transcript(asking->running, &asking->arena, &fd, request);
        arena_release(&scratch);
    }
    if (fd >= 0)
        close(fd);
    return NULL;
}

/* ---- a run ---- */

static int by_text(const void *a, const void *b)
{
    return str_compare(*(const str *)a, *(const str *)b);
}

struct result {
    struct asking asking[CONNECTIONS];
    str said[REQUESTS];
};

static void run(struct result *result, const uint32_t *order, size_t connections,
                const char *workers)
{
    const char *more[] = {"--workers", workers, NULL};
    struct running running = start_with(yaml, more);
    for (size_t i = 0; i < connections; i++) {
        result->asking[i] = (struct asking){
            .running = &running, .order = order, .from = i, .step = connections};
        result->asking[i].said = result->said;
        assert_int_equal(
            pthread_create(&result->asking[i].thread, NULL, ask_all, &result->asking[i]), 0);
    }
    for (size_t i = 0; i < connections; i++)
        pthread_join(result->asking[i].thread, NULL);
    qsort(result->said, REQUESTS, sizeof *result->said, by_text);
    stop(&running);
}

static void result_free(struct result *result)
{
    for (size_t i = 0; i < CONNECTIONS; i++)
        arena_release(&result->asking[i].arena);
    xfree(result);
}

static size_t count_of(const struct result *result, const char *text)
{
    size_t count = 0;
    for (size_t i = 0; i < REQUESTS; i++)
        count += str_contains(result->said[i], str_from(text));
    return count;
}

/* Protects: nothing that is said depends on the order of arrival, on connections or on workers. */
static void test_order(void **state)
{
    (void)state;
    static uint32_t order[REQUESTS], shuffled[REQUESTS];
    struct result *one = xcalloc(1, sizeof *one), *many = xcalloc(1, sizeof *many);
    for (uint32_t i = 0; i < REQUESTS; i++)
        order[i] = shuffled[i] = i;
    rng_shuffle(rng_key(3), "order", shuffled, REQUESTS);
    run(one, order, 1, "1");
    run(many, shuffled, CONNECTIONS, "2");
    size_t bytes = 0, different = 0;
    for (size_t i = 0; i < REQUESTS; i++) {
        bytes += one->said[i].n;
        if (str_equal(one->said[i], many->said[i]))
            continue;
        if (different++ < 3)
            print_message("once\n%.*s\nand once\n%.*s\n", STR_ARG(one->said[i]),
                          STR_ARG(many->said[i]));
    }
    print_message(
        "%d requests, %zu bytes of transcripts, %zu different; %zu streams, %zu without a 200, "
        "%zu faults, %zu resets\n",
        REQUESTS, bytes, different, count_of(one, "transfer-encoding: chunked"),
        REQUESTS - count_of(one, "HTTP/1.1 200 OK"),
        REQUESTS - count_of(one, "x-mock-fault: -\r\n"), count_of(one, "x-mock-fault: reset"));
    assert_int_equal(different, 0);
    result_free(one);
    result_free(many);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_order)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
