/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_cassette.c: the format of recorded exchanges, and which of them answers a request.
 */
#include "base/cassette.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/nearest.h"
#include "base/rng.h"
#include "base/yaml.h"
#include "base/yaml_write.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
/* cmocka wants those before it */
#include <cmocka.h>

#include "test_texts.h"

struct bench {
    struct arena arena;
    struct buf file;
};

static int setup(void **state)
{
    struct bench *bench = xcalloc(1, sizeof *bench);
    cassette_write_head(&bench->file, false);
    *state = bench;
    return 0;
}

static int teardown(void **state)
{
    struct bench *bench = *state;
    buf_release(&bench->file);
    arena_release(&bench->arena);
    xfree(bench);
    return 0;
}

/* ---- making exchanges ---- */

static const struct cassette_header json_header[] = {
    {STR_INIT("Content-Type"), STR_INIT("application/json")},
    {STR_INIT("Authorization"), STR_INIT("Bearer sk-proj-abcdefgh1234567890")},
    {STR_INIT("Idempotency-Key"), STR_INIT("sample 1, trial 2")},
};

static struct cassette_request request_of(struct bench *bench, const char *body)
{
    struct cassette_secrets secrets;
    struct cassette_request request;
    const struct cassette_asked asked = {.method = STR("POST"),
                                         .path = STR("/v1/chat/completions"),
                                         .header = json_header,
                                         .headers = 2,
                                         .body = str_from(body)};
    cassette_secrets_find(&secrets, &asked);
    cassette_request_read(&bench->arena, &secrets, &asked, &request);
    return request;
}

static const struct cassette_header reply_header[] = {
    {STR_INIT("Content-Type"), STR_INIT("application/json")},
    {STR_INIT("X-Request-Id"), STR_INIT("req_1")},
    {STR_INIT("x-ratelimit-limit-requests"), STR_INIT("10000")},
    {STR_INIT("Date"), STR_INIT("Sat, 21 Nov 2026 08:45:11 GMT")},
    {STR_INIT("Set-Cookie"), STR_INIT("session=1234567890abcdef")},
    {STR_INIT("openai-organization"), STR_INIT("acme")},
};

/* A reply of these parts, `ns` apart. */
static struct cassette_reply reply_of(struct bench *bench, const char *type, const str *piece,
                                      size_t pieces, int64_t ns)
{
    struct buf body = {0};
    struct cassette_part *part = arena_array(&bench->arena, struct cassette_part, pieces + 1);
    struct cassette_header *header = arena_array(&bench->arena, struct cassette_header, 6);
    memcpy(header, reply_header, sizeof reply_header);
    header[0].value = str_from(type);
    for (size_t i = 0; i < pieces; i++) {
        buf_add_str(&body, piece[i]);
        part[i] = (struct cassette_part){300 * NS_PER_MS + (int64_t)i * ns, body.n};
    }
    struct cassette_reply reply = {.status = 200,
                                   .head_ns = 299123456,
                                   .header = header,
                                   .headers = 6,
                                   .body = arena_str(&bench->arena, buf_str(&body)),
                                   .part = part,
                                   .parts = pieces,
                                   .end_ns = 400 * NS_PER_MS + (int64_t)pieces * ns};
    buf_release(&body);
    return reply;
}

static struct recorded record(struct bench *bench, const char *asked,
                              const struct cassette_reply *reply)
{
    struct recorded recorded = {.request = request_of(bench, asked)};
    const struct cassette_secrets none = {0};
    cassette_reply_clean(&bench->arena, &none, reply, &recorded.reply);
    cassette_write(&bench->file, &recorded);
    return recorded;
}

static struct cassette *read_back(struct bench *bench)
{
    str said = STR("");
    struct cassette *cassette =
        cassette_parse(&bench->arena, STR("a.yaml"), buf_str(&bench->file), &said);
    if (!cassette)
        fail_msg("%.*s\n%.*s", STR_ARG(said), STR_ARG(buf_str(&bench->file)));
    return cassette;
}

static void assert_same(const struct recorded *is, const struct recorded *should)
{
    assert_true(hash_equal(is->request.key, should->request.key));
    assert_same_text(is->request.path, should->request.path);
    assert_same_text(is->request.query, should->request.query);
    assert_same_text(is->request.idempotency, should->request.idempotency);
    assert_int_equal(is->request.attempt, should->request.attempt);
    assert_true(!is->request.json == !should->request.json);
    assert_true(json_equal(is->request.json, should->request.json));
    assert_same_text(is->request.body, should->request.body);
    assert_int_equal(is->reply.status, should->reply.status);
    assert_int_equal(is->reply.head_ns, should->reply.head_ns);
    assert_int_equal(is->reply.headers, should->reply.headers);
    for (size_t i = 0; i < is->reply.headers; i++) {
        assert_same_text(is->reply.header[i].name, should->reply.header[i].name);
        assert_same_text(is->reply.header[i].value, should->reply.header[i].value);
    }
    assert_same_text(is->reply.body, should->reply.body);
    assert_int_equal(is->reply.parts, should->reply.parts);
    for (size_t i = 0; i < is->reply.parts; i++) {
        assert_int_equal(is->reply.part[i].at_ns, should->reply.part[i].at_ns);
        assert_int_equal(is->reply.part[i].upto, should->reply.part[i].upto);
    }
    assert_int_equal(is->reply.chunked, should->reply.chunked);
    assert_int_equal(is->reply.missing, should->reply.missing);
    assert_int_equal(is->reply.end, should->reply.end);
    assert_int_equal(is->reply.end_ns, should->reply.end_ns);
}

/* ---- the format ---- */

/* What people review: a prompt of several lines stands there as itself, a stream event by event
 * with its times, no secret and no date anywhere. */
static void test_looks(void **state)
{
    struct bench *bench = *state;
    const str pieces[] = {STR("data: {\"a\":1}\n\n"), STR("data: [DONE]\n\n")};
    struct cassette_reply reply = reply_of(bench, "text/event-stream", pieces, 2, 20456789);
    reply.chunked = true;
    record(bench,
           "{\"stream\": true, \"messages\": [{\"role\": \"user\", \"content\": \"Two "
           "lines:\\nthe second, \\\"quoted\\\"\"}], \"model\": \"gpt-6-luna\", "
           "\"temperature\": 0.5}",
           &reply);
    char key[33];
    struct cassette *cassette = read_back(bench);
    hash_hex(cassette->exchange[0].request.key, key);
    str should = arena_printf(&bench->arena,
                              "# Recorded exchanges with model servers (weir, "
                              "docs/cassettes.md). Times count from the request.\n"
                              "cassette: 1\n"
                              "...\n"
                              "---\n"
                              "request:\n"
                              "  key: \"%s\"\n"
                              "  method: POST\n"
                              "  path: /v1/chat/completions\n"
                              "  json:\n"
                              "    messages:\n"
                              "      - content: |-\n"
                              "          Two lines:\n"
                              "          the second, \"quoted\"\n"
                              "        role: user\n"
                              "    model: gpt-6-luna\n"
                              "    stream: true\n"
                              "    temperature: 0.5\n"
                              "reply:\n"
                              "  status: 200\n"
                              "  head: 299.123ms\n"
                              "  headers:\n"
                              "    content-type: text/event-stream\n"
                              "    x-request-id: req_1\n"
                              "    x-ratelimit-limit-requests: \"10000\"\n"
                              "  chunked: true\n"
                              "  parts:\n"
                              "    - at: 300.000ms\n"
                              "      text: |+\n"
                              "        data: {\"a\":1}\n"
                              "\n"
                              "    - at: 320.457ms\n"
                              "      text: |+\n"
                              "        data: [DONE]\n"
                              "\n"
                              "  end: 440.914ms\n"
                              "...\n",
                              key);
    assert_same_text(buf_str(&bench->file), should);
    cassette_free(cassette);
}

/* Every kind of body comes back byte for byte: JSON in each layout, JSON that is in none, text,
 * bytes, nothing; cut within a character; broken in each way. */
static void test_round_trip(void **state)
{
    struct bench *bench = *state;
    static const char *const bodies[] = {
        "{\"b\":[1,2.5,{\"x\":null}],\"a\":\"\\u0007\\n\"}",
        "{\"b\":1}\n",
        "{\"b\": 1, \"c\": [true, \"no\"]}",
        "{\n  \"b\": 1,\n  \"c\": [\n    true\n  ]\n}",
        "{\n  \"b\": 1\n}\n",
        "{ \"b\" :1}",
        "{\"b\":1.0}",
        "[]",
        "[0.1,-2e-7,3]",
        "not json: \t tab\n\n\n",
        "\n",
        "  leading\nblanks",
        "\n  leading blank line\nx",
        "trailing blanks  \n  ",
        "cr\r\nlf",
        "bytes \xff\xfe\\x",
        "\xef\xbb\xbf{\"bom\":1}",
        "c1 \xc2\x85, ls \xe2\x80\xa8, nbsp \xc2\xa0",
        "...\n---\n...\n",
        "null",
    };
    enum { COUNT = sizeof bodies / sizeof *bodies };
    struct recorded made[COUNT * 3];
    size_t count = 0;
    for (size_t i = 0; i < COUNT; i++)
        for (int kind = 0; kind < 3; kind++) {
            str whole = str_from(bodies[i]);
            const str halves[] = {str_sub(whole, 0, whole.n / 2),
                                  str_sub(whole, whole.n / 2, whole.n)};
            struct cassette_reply reply =
                reply_of(bench, kind ? "text/event-stream; charset=utf-8" : "application/json",
                         kind == 2 ? halves : &whole, kind == 2 ? 2 : 1, 1234567);
            reply.chunked = kind == 1;
            reply.missing = kind == 2 ? 17 : 0;
            reply.end = (enum cassette_end)kind;
            made[count++] = record(bench, bodies[i], &reply);
        }
    struct cassette *cassette = read_back(bench);
    assert_int_equal(cassette->count, count);
    assert_int_equal(cassette->whole, bench->file.n);
    for (size_t i = 0; i < count; i++)
        assert_same(&cassette->exchange[i], &made[i]);
    cassette_free(cassette);
}

static void random_text(struct buf *out, struct rng_key key, uint64_t *next)
{
    static const char *const words[] = {
        "a",  "b c",  "\n",   "\n\n",     " ",  "\t",  "\"", "\\",   ": ",
        "- ", "#",    "---",  "\xc3\xa4", "\r", "...", "|",  "null", "1e5",
        "'",  "\x7f", "\x01", "{",        "]",  "&a",  "*a", "!!b ", "\xf0\x9f\x90\xb2"};
    for (uint64_t n = rng_below(key, "n", (*next)++, 8); n > 0; n--)
        buf_add_str(
            out, str_from(words[rng_below(key, "w", (*next)++, sizeof words / sizeof *words)]));
}

static const json *random_json(struct arena *arena, struct rng_key key, uint64_t *next,
                               int depth)
{
    struct buf text = {0};
    uint64_t kind = rng_below(key, "kind", (*next)++, depth > 3 ? 4 : 6);
    const json *value = json_null();
    random_text(&text, key, next);
    if (kind == 1)
        value = json_new_number(arena, (double)rng_below(key, "x", (*next)++, 1000) / 8 - 50);
    else if (kind == 2 || kind == 3)
        value = json_new_text(arena, buf_str(&text));
    else if (kind == 4) {
        json *list = json_new_list(arena);
        for (uint64_t n = rng_below(key, "n", (*next)++, 5); n > 0; n--)
            json_add(arena, list, random_json(arena, key, next, depth + 1));
        value = list;
    } else if (kind == 5) {
        json *object = json_new_object(arena);
        for (uint64_t n = rng_below(key, "n", (*next)++, 5); n > 0; n--) {
            buf_clear(&text);
            random_text(&text, key, next);
            str name = json_text(json_new_text(arena, buf_str(&text)));
            json_set(arena, object, name, random_json(arena, key, next, depth + 1));
        }
        value = object;
    }
    buf_release(&text);
    return value;
}

/* YAML holds any JSON and any text: 2,000 random values come back equal. */
static void test_yaml_holds_everything(void **state)
{
    struct bench *bench = *state;
    for (uint64_t i = 0; i < 2000; i++) {
        struct arena arena = {0};
        uint64_t next = 0;
        const json *value = random_json(&arena, rng_key(i), &next, 0);
        struct buf out = {0};
        buf_add_str(&out, STR("a:\n  x:"));
        yaml_write(&out, value, 4, i % 2 ? YAML_SORTED : YAML_AS_IT_IS);
        buf_add_str(&out, STR("  y: 1\n"));
        struct source source = {STR("x"), buf_str(&out)};
        struct mistakes mistakes;
        mistakes_init(&mistakes, &arena);
        const struct yaml *root = yaml_parse(&arena, &source, &yaml_file_limits, &mistakes);
        if (!root)
            fail_msg("%.*s\n%.*s", STR_ARG(mistakes_text(&mistakes)), STR_ARG(buf_str(&out)));
        const json *back = yaml_to_json(&arena, root);
        if (!json_equal(json_path(back, "a.x"), value))
            fail_msg("%.*s", STR_ARG(buf_str(&out)));
        assert_int_equal(json_number(json_path(back, "a.y")), 1);
        buf_release(&out);
        arena_release(&arena);
    }
    (void)bench;
}

/* ---- secrets ---- */

/* Neither keys in headers, parameters and bodies nor what looks like one is ever written. */
static void test_secrets(void **state)
{
    struct bench *bench = *state;
    const struct cassette_header header[] = {
        {STR_INIT("authorization"), STR_INIT("Bearer my-very-own-bearer-token")},
        {STR_INIT("X-Api-Key"), STR_INIT("the-other-api-key")},
        {STR_INIT("x-goog-api-key"), STR_INIT("google-key-0123456789")},
        {STR_INIT("Cookie"), STR_INIT("session=a-session-of-mine")},
    };
    const struct cassette_asked asked = {
        .method = STR("POST"),
        .path = STR("/v1beta/models/gemini:generateContent"),
        .query = STR("key=AIzaQueryKeyOfTheClient&alt=sse&access_token=abc"),
        .header = header,
        .headers = 4,
        .body = STR("{\"text\": \"use my-very-own-bearer-token or the-other-api-key\", "
                    "\"tools\": [1, {\"authorization\": \"plain words\", \"max_tokens\": 5}], "
                    "\"a\": \"sk-abcdefghij0123456789xyz\", \"b\": \"a risk-assessment-and-"
                    "mitigation-2-plan\", \"c\": \"AIzaQueryKeyOfTheClient\", \"d\": "
                    "\"registered-secret\"}")};
    struct cassette_secrets secrets;
    struct recorded recorded = {0};
    secret_add(STR("registered-secret"));
    cassette_secrets_find(&secrets, &asked);
    cassette_request_read(&bench->arena, &secrets, &asked, &recorded.request);
    const str pieces[] = {STR("{\"echo\": \"the-oth"), STR("er-api-key"), STR(" and more\"}")};
    struct cassette_reply reply = reply_of(bench, "text/event-stream", pieces, 3, 1000000);
    cassette_reply_clean(&bench->arena, &secrets, &reply, &recorded.reply);
    cassette_write(&bench->file, &recorded);
    str text = buf_str(&bench->file);
    static const char *const never[] = {
        "my-very-own",  "the-other", "the-oth",      "google-key", "a-session",
        "AIzaQuery",    "sk-abc",    "plain words",  "registered", "access_token",
        "Sat, 21 Nov ", "acme",      "1234567890ab",
    };
    for (size_t i = 0; i < sizeof never / sizeof *never; i++)
        if (str_contains(text, str_from(never[i])))
            fail_msg("'%s' is in\n%.*s", never[i], STR_ARG(text));
    assert_true(str_contains(text, STR("use [secret] or [secret]")));
    assert_true(str_contains(text, STR("risk-assessment-and-mitigation-2-plan")));
    assert_true(str_contains(text, STR("max_tokens: 5")));
    assert_same_text(recorded.request.query, STR("alt=sse"));
    assert_same_text(recorded.reply.body, STR("{\"echo\": \"[secret] and more\"}"));
    secret_clear();
    cassette_free(read_back(bench));
}

/* ---- keys ---- */

/* Neither API key, order of members, white space nor metadata changes a key; anything that
 * shapes the reply does. */
static void test_keys(void **state)
{
    struct bench *bench = *state;
    struct hash128 key = request_of(bench, "{\"a\": 1, \"b\": [\"x\"]}").key;
    assert_true(hash_equal(key, request_of(bench, "{\"b\":[\"x\"],\"a\":1.0}").key));
    assert_true(hash_equal(
        key, request_of(bench, "{\"b\":[\"x\"],\"a\":1,\"user\":\"u7\",\"metadata\":{}}").key));
    assert_false(hash_equal(key, request_of(bench, "{\"b\":[\"y\"],\"a\":1}").key));
    assert_false(hash_equal(key, request_of(bench, "{\"b\":[\"x\"],\"a\":1,\"n\":2}").key));
    assert_false(hash_equal(key, request_of(bench, "{\"b\":[\"x\"],\"a\":1").key));
    const struct cassette_asked other = {.method = STR("POST"),
                                         .path = STR("/v1/messages"),
                                         .body = STR("{\"a\":1,\"b\":[\"x\"]}")};
    const struct cassette_secrets none = {0};
    struct cassette_request request;
    cassette_request_read(&bench->arena, &none, &other, &request);
    assert_false(hash_equal(key, request.key));
    /* written to files: never changes */
    char hex[33];
    hash_hex(key, hex);
    assert_string_equal(hex, "c02f7abd5de9926536716dec220f445d");
}

/* ---- strictness ---- */

static void assert_refused(struct bench *bench, const char *from, const char *to,
                           const char *what)
{
    struct buf changed = {0};
    str text = buf_str(&bench->file), said = STR("");
    ptrdiff_t at = str_find(text, str_from(from), 0);
    if (at < 0)
        fail_msg("there is no '%s'", from);
    buf_add_str(&changed, str_sub(text, 0, (size_t)at));
    buf_add_str(&changed, str_from(to));
    buf_add_str(&changed, str_sub(text, (size_t)at + strlen(from), text.n));
    struct cassette *cassette =
        cassette_parse(&bench->arena, STR("a.yaml"), buf_str(&changed), &said);
    buf_release(&changed);
    if (cassette || !str_contains(said, str_from(what)))
        fail_msg("'%s' for '%s' says '%.*s', not '%s'", to, from, STR_ARG(said), what);
}

/* What is wrong is told with file and line, and nothing of it is guessed at. */
static void test_refuses(void **state)
{
    struct bench *bench = *state;
    const str piece = STR("{\"a\":1}"), pieces[] = {STR("data: 1\n\n"), STR("data: 2\n\n")};
    struct cassette_reply reply = reply_of(bench, "application/json", &piece, 1, 1000);
    record(bench, "{\"q\": \"first\"}", &reply);
    reply = reply_of(bench, "text/event-stream", pieces, 2, 1000000);
    record(bench, "{\"q\": \"second\"}", &reply);
    assert_refused(bench, "cassette: 1", "cassette: 2", "a.yaml:2:11: ");
    assert_refused(bench, "cassette: 1", "casette: 1", "did you mean 'cassette'?");
    assert_refused(bench, "cassette: 1\n...\n", "", "first document");
    assert_refused(bench, "q: first", "q: changed", "a.yaml:6:8: the key of this request is ");
    assert_refused(bench, "q: first\n", "q: first\n  jsn: 1\n", "did you mean 'json'?");
    assert_refused(bench, "q: second", "q: [second", "a.yaml:31:3: not YAML");
    assert_refused(bench, "status: 200", "status: 700", "a.yaml:12:11: ");
    assert_refused(bench, "  status: 200\n", "", "a reply has a status, or it ended");
    assert_refused(bench, "  end: 400", "  text: x\n  end: 400", "one of json, text, bytes");
    assert_refused(bench, "at: 301.000ms", "at: 3.000ms", "is earlier than what came before");
    assert_refused(bench, "at: 301.000ms", "at: 99999h", "is later than 30 days");
    assert_refused(bench, "req_1", "|\n      a\n      b", "expected a text of one line");
    assert_refused(bench, "x-request-id", "\"x request id\"", "is no name of a header");
    assert_refused(bench, "...\n---\nrequest:\n  key: ", "---\nrequest:\n  key: ",
                   "a.yaml:1:1: is no cassette");
    assert_refused(bench, "ms\n...\n---\n", "ms\n---\n", "has no end");
    assert_refused(bench, "json:\n    a: 1", "bytes: \"a\\\\y\"", "a backslash stands before");
}

/* A recorder that was killed while it wrote leaves whole exchanges: of every beginning of a file
 * all that is whole is read, and what is not is named. */
static void test_truncated(void **state)
{
    struct bench *bench = *state;
    const str pieces[] = {STR("data: 1\n\n"), STR("data: 2\n\n")};
    struct cassette_reply reply = reply_of(bench, "text/event-stream", pieces, 2, 1000000);
    size_t head = bench->file.n;
    record(bench, "{\"q\": \"first\"}", &reply);
    size_t first = bench->file.n;
    record(bench, "{\"q\": \"second\"}", &reply);
    for (size_t n = head; n <= bench->file.n; n++) {
        str said = STR("");
        struct cassette *cassette = cassette_parse(&bench->arena, STR("a.yaml"),
                                                   str_sub(buf_str(&bench->file), 0, n), &said);
        if (!cassette)
            fail_msg("%zu: %.*s", n, STR_ARG(said));
        size_t whole = n < first ? head : n < bench->file.n ? first : n;
        assert_int_equal(cassette->count, (n >= first) + (n == bench->file.n));
        assert_int_equal(cassette->whole, whole);
        assert_int_equal(cassette->unfinished != 0, n != whole);
        cassette_free(cassette);
    }
}

/* A file goes on behind its last whole exchange; a second recorder is refused. */
static void test_file(void **state)
{
    struct bench *bench = *state;
    char path[] = "/tmp/weir-cassette-XXXXXX";
    struct err err = {0};
    str bytes;
    close(mkstemp(path));
    const str piece = STR("{\"a\":1}");
    struct cassette_reply reply = reply_of(bench, "application/json", &piece, 1, 1000);
    struct recorded one = record(bench, "{\"q\": 1}", &reply);
    struct cassette_file *file = cassette_file_open(path, false, &err);
    assert_non_null(file);
    assert_null(cassette_file_open(path, false, &err));
    assert_true(str_contains(str_from(err.message), STR("somebody else")));
    assert_int_equal(cassette_file_add(file, &one, &err), 0);
    cassette_file_close(file);
    assert_int_equal(file_read(&bench->arena, path, 100000, &bytes, &err), 0);
    assert_same_text(bytes, buf_str(&bench->file));

    str broken = arena_printf(&bench->arena, "%.*s---\nrequest:\n  key: 1", STR_ARG(bytes));
    assert_int_equal(file_write(path, broken, &err), 0);
    log_set_level(LOG_ERROR);
    file = cassette_file_open(path, false, &err);
    log_set_level(LOG_WARNING);
    assert_non_null(file);
    assert_int_equal(cassette_file_add(file, &one, &err), 0);
    cassette_file_close(file);
    struct cassette *cassette = cassette_load(path, &err);
    assert_non_null(cassette);
    assert_int_equal(cassette->count, 2);
    assert_int_equal(cassette->unfinished, 0);
    cassette_free(cassette);
    unlink(path);
}

/* ---- playing ---- */

static void record_as(struct bench *bench, const char *asked, const char *idempotency,
                      int64_t attempt, int status)
{
    const str piece = STR("{\"a\":1}");
    struct recorded recorded = {.request = request_of(bench, asked)};
    const struct cassette_secrets none = {0};
    struct cassette_reply reply = reply_of(bench, "application/json", &piece, 1, 1000);
    reply.status = status;
    recorded.request.idempotency = str_from(idempotency);
    recorded.request.attempt = attempt;
    cassette_reply_clean(&bench->arena, &none, &reply, &recorded.reply);
    cassette_write(&bench->file, &recorded);
}

static int play(struct bench *bench, struct player *player, const char *asked,
                const char *idempotency, int64_t attempt)
{
    struct cassette_request request = request_of(bench, asked);
    request.idempotency = str_from(idempotency);
    request.attempt = attempt;
    const struct recorded *found = player_take(player, &request, NULL);
    return found ? found->reply.status : 0;
}

/* The n-th request gets the n-th recording and then none; idempotency keys and attempts decide
 * where they were recorded, whatever the order of requests. */
static void test_player(void **state)
{
    struct bench *bench = *state;
    record_as(bench, "{\"q\": 1}", "", 0, 201);
    record_as(bench, "{\"q\": 2}", "k1", 1, 429);
    record_as(bench, "{\"q\": 1}", "", 0, 202);
    record_as(bench, "{\"q\": 2}", "k2", 1, 204);
    record_as(bench, "{\"q\": 2}", "k1", 2, 203);
    struct cassette *cassette = read_back(bench);
    struct player *player = player_new(cassette, PLAYER_NTH);
    assert_int_equal(play(bench, player, "{\"q\": 1}", "", 0), 201);
    assert_int_equal(play(bench, player, "{\"q\": 1}", "unknown", 0), 202);
    assert_int_equal(play(bench, player, "{\"q\": 1}", "", 0), 0);
    assert_int_equal(play(bench, player, "{\"q\": 2}", "k2", 1), 204);
    assert_int_equal(play(bench, player, "{\"q\": 2}", "k1", 2), 203);
    assert_int_equal(play(bench, player, "{\"q\": 2}", "k1", 1), 429);
    assert_int_equal(play(bench, player, "{\"q\": 2}", "k2", 5), 204);
    assert_int_equal(play(bench, player, "{\"q\": 3}", "", 0), 0);
    struct cassette_request request = request_of(bench, "{\"q\": 1}");
    str why = player_explain(player, &bench->arena, &request);
    assert_true(str_contains(why, STR("was recorded 2 times (a.yaml:4) and has been asked")));
    player_reset(player);
    assert_int_equal(play(bench, player, "{\"q\": 2}", "k1", 0), 429);
    assert_int_equal(play(bench, player, "{\"q\": 2}", "k1", 0), 203);
    assert_int_equal(play(bench, player, "{\"q\": 2}", "k1", 0), 203);
    assert_int_equal(play(bench, player, "{\"q\": 1}", "", 0), 201);
    player_free(player);
    player = player_new(cassette, PLAYER_REPEATS);
    for (int i = 0; i < 4; i++)
        assert_int_equal(play(bench, player, "{\"q\": 1}", "", 0), i ? 202 : 201);
    player_free(player);
    cassette_free(cassette);
}

/* A strict player gives what was recorded for one call to no other, and names why; what was
 * recorded for no call in particular goes in the order of the file. */
static void test_strict_player(void **state)
{
    struct bench *bench = *state;
    record_as(bench, "{\"q\": 1}", "k1", 1, 201);
    record_as(bench, "{\"q\": 1}", "", 0, 202);
    record_as(bench, "{\"q\": 1}", "k1", 2, 203);
    record_as(bench, "{\"q\": 1}", "", 0, 204);
    struct cassette *cassette = read_back(bench);
    struct player *player = player_new(cassette, PLAYER_STRICT);
    struct cassette_request request = request_of(bench, "{\"q\": 1}");
    assert_int_equal(play(bench, player, "{\"q\": 1}", "k1", 2), 203);
    assert_int_equal(play(bench, player, "{\"q\": 1}", "k2", 1), 202);
    assert_int_equal(play(bench, player, "{\"q\": 1}", "k1", 1), 201);
    assert_int_equal(play(bench, player, "{\"q\": 1}", "k3", 1), 204);
    assert_int_equal(play(bench, player, "{\"q\": 1}", "k3", 2), 0);
    str why = player_explain(player, &bench->arena, &request);
    assert_true(str_contains(why, STR("recorded 4 times (a.yaml:4), but for other calls")));
    request.idempotency = STR("k1");
    request.attempt = 2;
    assert_int_equal(player_find(player, &request)->reply.status, 203);
    request.attempt = 3;
    assert_null(player_find(player, &request));
    player_free(player);
    cassette_free(cassette);
}

/* What a client knew comes back as it was, and what contradicts itself is refused. */
static void test_client_side(void **state)
{
    struct bench *bench = *state;
    struct recorded recorded = {.request = request_of(bench, "{\"q\": 1}"),
                                .reply = {.end = CASSETTE_CLOSED, .end_ns = 5 * NS_PER_MS},
                                .client = {.backoff_ns = 1234 * NS_PER_US,
                                           .connect_ns = 5 * NS_PER_MS,
                                           .tls_ns = 3 * NS_PER_MS,
                                           .protocol = STR("h2"),
                                           .gave_up = CASSETTE_TIMEOUT,
                                           .said = STR("no reply: \"1 s\"")}};
    cassette_write(&bench->file, &recorded);
    recorded.client =
        (struct cassette_client){.unsent = true, .gave_up = CASSETTE_NO_CONNECTION};
    cassette_write(&bench->file, &recorded);
    struct cassette *cassette = read_back(bench);
    const struct cassette_client *client = &cassette->exchange[0].client;
    assert_int_equal(client->backoff_ns, 1234 * NS_PER_US);
    assert_int_equal(client->connect_ns, 5 * NS_PER_MS);
    assert_int_equal(client->tls_ns, 3 * NS_PER_MS);
    assert_same_text(client->protocol, STR("h2"));
    assert_int_equal(client->gave_up, CASSETTE_TIMEOUT);
    assert_same_text(client->said, STR("no reply: \"1 s\""));
    client = &cassette->exchange[1].client;
    assert_true(client->unsent && client->gave_up == CASSETTE_NO_CONNECTION);
    cassette_free(cassette);

    static const char *const bad[] = {
        "client: {tls: 2ms, connect: 1ms}", "client: {unsent: true, connect: 1ms}",
        "client: {gave_up: no time}", "client: {connect: -1ms}", "client: later"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        str text = arena_printf(&bench->arena,
                                "cassette: 1\n...\n---\nrequest: {method: POST, path: /}\n"
                                "reply: {ended: closed}\n%s\n...\n",
                                bad[i]);
        str said = STR("");
        assert_null(cassette_parse(&bench->arena, STR("a.yaml"), text, &said));
        assert_true(str_contains(said, STR("a.yaml:6:")));
    }
}

/* An unseen request is told with the recording that is nearest and the lines that differ. */
static void test_explains(void **state)
{
    struct bench *bench = *state;
    record_as(bench, "{\"q\": \"What is the capital of France?\\nBe brief.\\nNo prose.\"}", "",
              0, 200);
    record_as(bench, "{\"q\": \"Write a poem about rivers and bridges.\"}", "", 0, 200);
    struct cassette *cassette = read_back(bench);
    struct player *player = player_new(cassette, PLAYER_NTH);
    struct cassette_request request =
        request_of(bench, "{\"q\": \"What is the capital of Spain?\\nBe brief.\\nNo prose.\"}");
    assert_null(player_take(player, &request, NULL));
    assert_same_text(
        player_explain(player, &bench->arena, &request),
        STR("This request is not in a.yaml. The nearest of 2 is in line 4 (75 % alike):\n"
            "--- recorded\n"
            "+++ asked\n"
            " POST /v1/chat/completions\n"
            " q: |-\n"
            "-  What is the capital of France?\n"
            "+  What is the capital of Spain?\n"
            "   Be brief.\n"
            "   No prose."));
    player_free(player);
    cassette_free(cassette);
}

static str difference(struct bench *bench, const char *before, const char *after, size_t most)
{
    struct buf out = {0};
    nearest_difference(&out, str_from(before), str_from(after), most);
    str text = arena_str(&bench->arena, buf_str(&out));
    buf_release(&out);
    return text;
}

/* Differences are those of `diff -u`, with long lines cut to where they differ. */
static void test_difference(void **state)
{
    struct bench *bench = *state;
    assert_same_text(difference(bench, "a\nb\n", "a\nb\n", 9), STR(""));
    assert_same_text(difference(bench, "a\nb\nc\n", "a\nc\n", 9), STR(" a\n-b\n c\n"));
    assert_same_text(difference(bench, "a\nc\n", "a\nb\nc\nd\n", 9), STR(" a\n+b\n c\n+d\n"));
    assert_same_text(
        difference(bench, "1\n2\n3\n4\n5\n6\n7\nx\n", "1\n2\n3\n4\n5\n6\n7\ny\n", 9),
        STR("@@ line 5 @@\n 5\n 6\n 7\n-x\n+y\n"));
    assert_same_text(
        difference(bench, "x\n1\n2\n3\n4\n5\n6\n7\n8\nz\n", "1\n2\n3\n4\n5\n6\n7\n8\n", 9),
        STR("-x\n 1\n 2\n 3\n@@ line 7 @@\n 6\n 7\n 8\n-z\n"));
    assert_same_text(difference(bench, "a\nb\nc\nd\n", "", 2),
                     STR("-a\n-b\n… and 2 more lines\n"));
    struct buf before = {0}, after = {0};
    for (int i = 0; i < 60; i++) {
        buf_printf(&before, "word%d ", i);
        buf_printf(&after, "word%d ", i == 30 ? 99 : i);
    }
    str text = difference(bench, before.p, after.p, 9);
    assert_true(str_starts_with(text, STR("-…")) && text.n < 200);
    assert_true(str_contains(text, STR("word29 word30 word31")));
    assert_true(str_contains(text, STR("word29 word99 word31")));
    buf_release(&before);
    buf_release(&after);
}

/* The nearest of many prompts that share a long template is the one with the most words in
 * common, not any of them. */
static void test_nearest(void **state)
{
    struct bench *bench = *state;
    struct nearest *nearest = nearest_new();
    str texts[200];
    assert_int_equal(nearest_find(nearest, STR("a"), NULL), -1);
    for (size_t i = 0; i < 200; i++) {
        struct buf text = {0};
        for (int word = 0; word < 300; word++)
            buf_printf(&text, "w%d ", word == 150 ? 1000 + (int)i : word);
        buf_printf(&text, "item %zu has colour c%zu", i, i % 7);
        texts[i] = arena_str(&bench->arena, buf_str(&text));
        nearest_add(nearest, texts[i]);
        buf_release(&text);
    }
    double alike;
    assert_int_equal(nearest_find(nearest, texts[123], &alike), 123);
    assert_true(alike == 1);
    str asked = arena_printf(&bench->arena, "%.*s!", STR_ARG(texts[77]));
    assert_int_equal(nearest_find(nearest, asked, &alike), 77);
    assert_true(alike > 0.9 && alike < 1);
    nearest_find(nearest, STR("nothing like it"), &alike);
    assert_true(alike == 0);
    nearest_free(nearest);
}

int main(void)
{
#define with_bench(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        with_bench(test_looks),         with_bench(test_round_trip),
        with_bench(test_secrets),       with_bench(test_yaml_holds_everything),
        with_bench(test_keys),          with_bench(test_refuses),
        with_bench(test_truncated),     with_bench(test_file),
        with_bench(test_player),        with_bench(test_explains),
        with_bench(test_strict_player), with_bench(test_client_side),
        with_bench(test_difference),    with_bench(test_nearest),
    };
    return cmocka_run_group_tests_name("cassettes", tests, NULL, NULL);
}
