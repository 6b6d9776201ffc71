/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * mock_targets.h: the mock server with hostile bytes: on its connections, in the bodies that each
 * dialect reads, in its mock file and in the cassettes that it replays.
 *
 * What must hold: every request gets exactly one reply, which is well-formed HTTP with a body of
 * the kind that its head says; the same request twice gets the same bytes; how the network cuts
 * the bytes changes nothing; what is wrong is the client's error (4xx) in the provider's shape.
 * A status from 500 on, or a reply that is broken, comes of a fault or a rule alone.
 */
#ifndef FUZZ_MOCK_TARGETS_H
#define FUZZ_MOCK_TARGETS_H

#include "base/cassette.h"
#include "fuzz/mock_ask.h"
#include "fuzz/mock_seeds.h"

/* ---- mocks that are asked ---- */

static struct fuzz_mock *plain_mock(void)
{
    static struct fuzz_mock mock;
    if (!mock.mock)
        mock = fuzz_mock_of(config_default());
    return &mock;
}

/* One whose replies are shaped by all that a mock file can say, but for faults. */
static struct fuzz_mock *busy_mock(void)
{
    static const char file[] =
        "seed: 7\n"
        "models: {'*': {reasoning: 9, cache: {mode: keyed, least: 1, step: 1}, context: 4000,\n"
        "  skill: 0.4, first_token: {exponential: {mean: 20ms}}, per_token: 1ms}}\n"
        "limits: [{rpm: 5, mode: keyed, share: 0.05}]\n"
        "answers: {qa: {find: [q], samples: [{id: 1, q: how tall, expected: {a: x, n: 1,\n"
        "  l: [{t: a, d: 2026-01-02}]}}, {id: 2, q: how wide, expected: {a: y, n: 2, l: "
        "[]}}],\n"
        "  wrong: [{drop_item: l}, {double_item: l}, {break_schema: type}, {fenced: true},\n"
        "  {break_schema: extra}, {prose: true}, {truncated: true}, {refusal: no, share: 2},\n"
        "  {other_row: true}, {label: {one_of: [x, y], at: a}}]}}\n"
        "rules:\n"
        "  asked: {when: {prompt_regex: '(?i)how (tall|wide)'}, answer: {from: qa}}\n"
        "  calls: {when: {tool: f, turn: 0}, tool_call: [{name: f, arguments: {a: ö}},\n"
        "    {name: g, arguments: {}}]}\n"
        "  titled: {when: {schema: answer}, reply: {a: x, n: 1, l: []}}\n"
        "  echo: {when: {prompt_regex: 'say (?<what>.*)'}, reply: "
        "'{{what}}{{request.system}}'}\n";
    static struct fuzz_mock mock;
    static struct arena arena;
    str said = STR("");
    if (!mock.mock) {
        struct config *config = config_parse(&arena, STR("busy.yaml"), str_from(file), &said);
        if (!config)
            fprintf(stderr, "%.*s", STR_ARG(said));
        FUZZ_MUST(config != NULL);
        mock = fuzz_mock_of(config);
    }
    return &mock;
}

/* ---- connections ---- */

static void fuzz_http(struct arena *arena, str input)
{
    static const size_t sizes[] = {1, 2, 3, 7, 16, 61, 250, 1000};
    size_t size = sizes[fuzz_choose(&input, sizeof sizes / sizeof sizes[0])];
    str whole = fuzz_talk(plain_mock(), arena, input, input.n + 1);
    str pieces = fuzz_talk(plain_mock(), arena, input, size);
    FUZZ_MUST(str_equal(whole, pieces));
}

/* ---- bodies ---- */

enum { ENDPOINT_HEADERS = 5 };

struct fuzz_endpoint {
    const char *target;
    struct http_header header[ENDPOINT_HEADERS];
    bool (*is_error)(const json *value, int status);
    const char *count; /* where the same body's tokens are counted; NULL: nowhere */
};

static bool is_error_of_openai(const json *value, int status)
{
    (void)status;
    return is_openai_error(value);
}

static bool is_error_of_anthropic(const json *value, int status)
{
    (void)status;
    return is_anthropic_error(value);
}

/* clang-format off */
#define HEADER(name, value) {STR_INIT(name), STR_INIT(value)}
#define ONCE     HEADER("idempotency-key", "a"), HEADER("x-weir-attempt", "1")
#define COUNTED(target, count) {target, {ONCE, HEADER("authorization", "Bearer k")}, is_error_of_openai, count}
#define OPENAI(target)    COUNTED(target, NULL)
#define AZURE(target)     {target, {ONCE, HEADER("api-key", "k")}, is_error_of_openai, NULL}
#define ANTHROPIC(target, version, more) \
    {target, {ONCE, HEADER("x-api-key", "k"), HEADER("anthropic-version", version), HEADER(more, "b")}, is_error_of_anthropic, "/v1/messages/count_tokens"}
#define GEMINI(target)    {target, {ONCE, HEADER("x-goog-api-key", "k")}, is_gemini_error, NULL}

static const struct fuzz_endpoint openai_chat_endpoints[] = {
    OPENAI("/v1/chat/completions"),
    AZURE("/openai/deployments/m/chat/completions?api-version=2026-01-01"),
};
static const struct fuzz_endpoint openai_responses_endpoints[] = {
    COUNTED("/v1/responses", "/v1/responses/input_tokens"),
    OPENAI("/v1/responses/input_tokens"),
};
static const struct fuzz_endpoint openai_embeddings_endpoints[] = {
    OPENAI("/v1/embeddings"),
    AZURE("/openai/deployments/m/embeddings?api-version=2026-01-01"),
};
static const struct fuzz_endpoint anthropic_endpoints[] = {
    ANTHROPIC("/v1/messages", "2023-06-01", "x-other"),
    ANTHROPIC("/v1/messages", "2026-10-21", "x-other"),
    ANTHROPIC("/v1/messages", "2023-06-01", "anthropic-beta"),
    ANTHROPIC("/v1/messages/count_tokens", "2023-06-01", "x-other"),
};
static const struct fuzz_endpoint gemini_endpoints[] = {
    GEMINI("/v1beta/models/gemini-3.8-flash:generateContent"),
    GEMINI("/v1beta/models/m:streamGenerateContent?alt=sse"),
    GEMINI("/v1beta/models/m:streamGenerateContent"),
    GEMINI("/v1beta/models/m:countTokens"),
};
static const struct fuzz_endpoint gemini_embed_endpoints[] = {
    GEMINI("/v1beta/models/gemini-embedding-001:embedContent"),
    GEMINI("/v1beta/models/gemini-embedding-001:batchEmbedContents"),
};
/* clang-format on */

static struct http_request request_to(const struct fuzz_endpoint *endpoint, str body)
{
    struct http_request request = {.method = STR("POST"),
                                   .target = str_from(endpoint->target),
                                   .header = endpoint->header,
                                   .body = body,
                                   .keep_alive = true};
    while (request.headers < ENDPOINT_HEADERS && request.header[request.headers].name.n)
        request.headers++;
    str_cut(request.target, '?', &request.path, &request.query);
    return request;
}

static int64_t tokens_in(const json *usage)
{
    return (int64_t)(json_number(json_get(usage, STR("input_tokens"))) +
                     json_number(json_get(usage, STR("cache_creation_input_tokens"))) +
                     json_number(json_get(usage, STR("cache_read_input_tokens"))));
}

/* What a body is billed as input is what is counted for it, where it can be counted. */
static void check_count(struct fuzz_mock *mock, struct arena *arena,
                        struct http_request request, const struct fuzz_endpoint *endpoint,
                        const struct heard *heard)
{
    const json *usage = json_get(heard->value, STR("usage"));
    if (!endpoint->count || heard->status != 200 || !usage)
        return;
    request.target = request.path = str_from(endpoint->count);
    struct fuzz_answer answer = fuzz_ask(mock, arena, &request);
    struct heard counted = fuzz_hear(arena, &answer, false);
    FUZZ_MUST(counted.status != 200 || tokens_in(counted.value) == tokens_in(usage));
}

/* The first character chooses the mock and the endpoint. */
static void fuzz_body(struct arena *arena, str input, const struct fuzz_endpoint *endpoint,
                      size_t endpoints)
{
    size_t chosen = fuzz_choose(&input, 2 * endpoints);
    struct fuzz_mock *mock = chosen % 2 ? busy_mock() : plain_mock();
    endpoint += chosen / 2;
    const struct http_request request = request_to(endpoint, input);
    fuzz_mock_reset(mock);
    struct fuzz_answer answer = fuzz_ask(mock, arena, &request);
    struct fuzz_answer again = fuzz_ask(mock, arena, &request);
    FUZZ_MUST(str_equal(answer.bytes, again.bytes) && answer.ending == again.ending);
    struct heard heard = fuzz_hear(arena, &answer, false);
    FUZZ_MUST(heard.status == 200 || (heard.status >= 400 && heard.status < 500));
    FUZZ_MUST(heard.status == 200 || endpoint->is_error(heard.value, heard.status));
    check_count(mock, arena, request, endpoint, &heard);
}

#define FUZZ_BODIES(name)                                                                      \
    static void fuzz_##name(struct arena *arena, str input)                                    \
    {                                                                                          \
        fuzz_body(arena, input, name##_endpoints,                                              \
                  sizeof name##_endpoints / sizeof name##_endpoints[0]);                       \
    }
FUZZ_BODIES(openai_chat)
FUZZ_BODIES(openai_responses)
FUZZ_BODIES(openai_embeddings)
FUZZ_BODIES(anthropic)
FUZZ_BODIES(gemini)
FUZZ_BODIES(gemini_embed)

/* ---- mock files ---- */

static const char *const usual_bodies[] = {
    "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hi, how tall is it?\"}],"
    "\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"answer\","
    "\"strict\":true,\"schema\":{\"type\":\"object\",\"properties\":{\"a\":{\"enum\":[\"x\","
    "\"y\"]}},\"required\":[\"a\"],\"additionalProperties\":false}}}}",
    "{\"model\":\"m\",\"stream\":true,\"input\":\"hi, how wide is it?\",\"tools\":[{\"type\":"
    "\"function\",\"name\":\"f\",\"strict\":false,\"parameters\":{\"type\":\"object\"}}]}",
    "{\"model\":\"other\",\"input\":[\"hi\"],\"dimensions\":3}",
    "{\"model\":\"m\",\"stream\":true,\"max_tokens\":50,\"system\":\"s\",\"messages\":[{"
    "\"role\":\"user\",\"content\":\"hi\"}]}",
    "{\"contents\":[{\"parts\":[{\"text\":\"hi, how tall \xc3\xa4 is it?\"}]}]}",
};
static const struct fuzz_endpoint *const usual_endpoints[] = {
    &openai_chat_endpoints[0], &openai_responses_endpoints[0], &openai_embeddings_endpoints[0],
    &anthropic_endpoints[0],   &gemini_endpoints[2],
};
enum { USUAL_BODIES = sizeof usual_bodies / sizeof usual_bodies[0] };

/* What a mock file may make of a reply: all of it only by a fault, a status by a rule. */
static void check_told_answer(struct arena *arena, const struct config *config,
                              const struct fuzz_answer *answer)
{
    if (config->faults.count)
        return;
    struct heard heard = fuzz_hear(arena, answer, false);
    FUZZ_MUST(heard.status == 200 || heard.status >= 400);
    FUZZ_MUST(heard.status < 500 || config->rules.count);
}

/* A file that is refused says why; one that is taken answers, twice the same. */
static void fuzz_mock_file(struct arena *arena, str input)
{
    str said = STR(""), first[USUAL_BODIES];
    struct config *config = config_parse(arena, STR("mock.yaml"), input, &said);
    FUZZ_MUST((config == NULL) == (said.n > 0) && utf8_invalid_at(said) < 0);
    if (!config)
        return;
    struct fuzz_mock mock = fuzz_mock_of(config);
    for (int round = 0; round < 2; round++) {
        fuzz_mock_reset(&mock);
        for (size_t i = 0; i < USUAL_BODIES; i++) {
            const struct http_request request =
                request_to(usual_endpoints[i], str_from(usual_bodies[i]));
            struct fuzz_answer answer = fuzz_ask(&mock, arena, &request);
            check_told_answer(arena, config, &answer);
            FUZZ_MUST(round == 0 || str_equal(answer.bytes, first[i]));
            first[i] = answer.bytes;
        }
    }
    fuzz_mock_release(&mock);
}

/* ---- replay ---- */

/* What a recorded exchange was asked with, as a request that asks for it again. */
static struct http_request request_of(struct arena *arena, const struct recorded *recorded)
{
    const struct cassette_request *asked = &recorded->request;
    struct http_request request = {.method = asked->method,
                                   .path = asked->path,
                                   .query = asked->query,
                                   .keep_alive = true};
    request.target = asked->query.n ? arena_printf(arena, "%.*s?%.*s", STR_ARG(asked->path),
                                                   STR_ARG(asked->query))
                                    : asked->path;
    request.body = asked->json ? json_to_str(arena, asked->json, JSON_COMPACT) : asked->body;
    return request;
}

/* Head, framing and ending are those of HTTP; what the body holds is the recorder's business. */
static void check_played(struct arena *arena, const struct fuzz_answer *answer)
{
    struct heard heard = {0};
    str bytes = answer->bytes;
    if (answer->ending == ENDING_RESET || !bytes.n)
        return;
    hear_head(&bytes, &heard);
    if (answer->ending == ENDING_KEEP)
        hear_body(arena, bytes, false, &heard);
}

static bool is_admin(str path)
{
    return str_starts_with(path, STR("/mock/")) || str_starts_with(path, STR("/scope/")) ||
           str_equal(path, STR("/metrics")) || str_equal(path, STR("/healthz"));
}

/* All that is recorded, in its order, and what the input asks for. */
static void ask_recorded(struct fuzz_mock *mock, struct arena *arena,
                         const struct cassette *cassette)
{
    for (size_t i = 0; i < cassette->count; i++) {
        const struct http_request request = request_of(arena, &cassette->exchange[i]);
        struct fuzz_answer answer = fuzz_ask(mock, arena, &request);
        if (!is_admin(request.path) && !str_equal(request.method, STR("HEAD")))
            check_played(arena, &answer);
    }
}

static void fuzz_replay(struct arena *arena, str input)
{
    str said = STR(""), tape = fuzz_cut(&input);
    struct cassette *cassette = cassette_parse(arena, STR("x.yaml"), tape, &said);
    if (!cassette)
        return;
    struct replay *replay = replay_of(cassette, UNSEEN_REFUSED, false);
    struct fuzz_mock mock = fuzz_mock_of(config_default());
    replay_tell(replay, NULL);
    mock_play(mock.mock, replay, NULL);
    ask_recorded(&mock, arena, cassette);
    replay_reset(replay, NULL);
    struct http_reader *reader = http_reader_new();
    size_t used = 0;
    if (http_reader_feed(reader, input, &used) == READER_REQUEST) {
        struct fuzz_answer answer = fuzz_ask(&mock, arena, http_reader_request(reader));
        if (!str_equal(http_reader_request(reader)->method, STR("HEAD")))
            check_played(arena, &answer);
    }
    http_reader_free(reader);
    fuzz_mock_release(&mock);
    replay_free(replay);
}

/* ---- all of them ---- */

static const struct fuzz_target fuzz_targets[] = {
    {"mock-http", fuzz_http, http_seeds, http_words},
    {"mock-openai-chat", fuzz_openai_chat, openai_chat_seeds, body_words},
    {"mock-openai-responses", fuzz_openai_responses, openai_responses_seeds, body_words},
    {"mock-openai-embeddings", fuzz_openai_embeddings, openai_embeddings_seeds, body_words},
    {"mock-anthropic", fuzz_anthropic, anthropic_seeds, body_words},
    {"mock-gemini", fuzz_gemini, gemini_seeds, body_words},
    {"mock-gemini-embed", fuzz_gemini_embed, gemini_embed_seeds, body_words},
    {"mock-file", fuzz_mock_file, mock_file_seeds, mock_words},
    {"mock-replay", fuzz_replay, replay_seeds, cassette_words},
};

#endif
