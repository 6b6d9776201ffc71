/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_mock_anthropic.c: Anthropic's messages: whole, streamed and counted.
 */
#include "test_mock_anthropic.h"
#include "test_mock_anthropic_said.h"
#include "test_mock_heard.h"

#include "mock_server/anthropic.h"
#include "mock_server/stream.h"

/* ---- one reply, whole and streamed ---- */

static const char everything[] =
    "models: {claude-opus-5-5: {first_token: 20ms, per_token: {exponential: {mean: 7ms}}, "
    "skill: 0}}\n"
    "answers: {a: {samples: [{q: secret, expected: x}], find: [q], wrong: [{refusal: true}]}}\n"
    "rules:\n"
    "  call: {when: {prompt: weather}, tool_call: {name: get_weather, arguments: {city: Oslø, "
    "days: [1, 2, 3]}}}\n"
    "  both: {when: {prompt: both}, tool_call: [{name: get_weather, arguments: {city: Oslo}}, "
    "{name: other, arguments: {}}]}\n"
    "  umlauts: {when: {prompt: umlauts}, reply: \"Größe, Übermaß — und 漢字 ohne Ende\"}\n";

#define ASK(text) "\"messages\":[{\"role\":\"user\",\"content\":\"" text "\"}]"
#define WEATHER                                                                                \
    "\"tools\":[{\"name\":\"get_weather\",\"description\":\"d\",\"input_schema\":{\"type\":"   \
    "\"object\",\"properties\":{\"city\":{\"type\":\"string\"},\"days\":{\"type\":\"array\","  \
    "\"items\":{\"type\":\"integer\"}}},\"required\":[\"city\"]}},{\"name\":\"other\","        \
    "\"input_schema\":{\"type\":\"object\"}}]"
#define SHAPE                                                                                  \
    "\"output_config\":{\"effort\":\"low\",\"format\":{\"type\":\"json_schema\",\"schema\":{"  \
    "\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"string\"},\"n\":{\"type\":"         \
    "\"integer\"}},\"required\":[\"a\",\"n\"],\"additionalProperties\":false}}}"
#define CONVERSATION                                                                           \
    "\"messages\":[{\"role\":\"user\",\"content\":\"weather\"},{\"role\":\"assistant\","       \
    "\"content\":[{\"type\":\"thinking\",\"thinking\":\"hm\",\"signature\":\"s\"},{\"type\":"  \
    "\"text\",\"text\":\"I look.\"},{\"type\":\"tool_use\",\"id\":\"toolu_1\",\"name\":"       \
    "\"get_weather\",\"input\":{\"city\":\"Oslo\"}},{\"type\":\"tool_use\",\"id\":\"toolu_"    \
    "2\","                                                                                     \
    "\"name\":\"other\",\"input\":{}}]},{\"role\":\"user\",\"content\":[{\"type\":"            \
    "\"tool_result\",\"tool_use_id\":\"toolu_2\",\"content\":[{\"type\":\"text\",\"text\":"    \
    "\"fine\"}],\"is_error\":false},{\"type\":\"tool_result\",\"tool_use_id\":\"toolu_1\","    \
    "\"content\":\"4 C\"},{\"type\":\"text\",\"text\":\"go on\"}]}]"
#define MANY                                                                                   \
    "\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image\",\"source\":{\"type\":"  \
    "\"base64\",\"media_type\":\"image/png\",\"data\":\"iVBO\"}},{\"type\":\"document\","      \
    "\"source\":{\"type\":\"text\",\"media_type\":\"text/plain\",\"data\":\"a document\"},"    \
    "\"title\":\"t\"},{\"type\":\"text\",\"text\":\"what is this?\",\"cache_control\":{"       \
    "\"type\":\"ephemeral\",\"ttl\":\"1h\"}}]},{\"role\":\"user\",\"content\":\"quick\"}]"

static const char *const requests[] = {
    ASK("hello"),
    ASK("hello") ",\"system\":\"be brief\",\"temperature\":0.5,\"top_k\":3",
    ASK("hello") ",\"system\":[{\"type\":\"text\",\"text\":\"be brief\",\"cache_control\":{"
                 "\"type\":\"ephemeral\"}}],\"metadata\":{\"user_id\":\"u\"}",
    ASK("hello") ",\"stop_sequences\":[\"zzz\",\"a\",\"e\",\"i\",\"o\",\"u\"]",
    ASK("umlauts"),
    ASK("secret"),
    ASK("hello") "," SHAPE ",\"thinking\":{\"type\":\"adaptive\"}",
    ASK("hello") "," WEATHER ",\"tool_choice\":{\"type\":\"any\"}",
    ASK("hello") "," WEATHER ",\"tool_choice\":{\"type\":\"tool\",\"name\":\"other\","
                 "\"disable_parallel_tool_use\":true}",
    ASK("hello") "," WEATHER ",\"tool_choice\":{\"type\":\"none\"},\"service_tier\":\"auto\"",
    ASK("both") "," WEATHER,
    ASK("both") "," WEATHER
                ",\"tool_choice\":{\"type\":\"auto\",\"disable_parallel_tool_use\":true}",
    ASK("what weather") "," WEATHER ",\"tool_choice\":{\"type\":\"auto\"}",
    CONVERSATION "," WEATHER,
    MANY,
};
enum { REQUESTS = sizeof requests / sizeof requests[0] };

static char *body_of(char *body, size_t size, const char *request, const char *more)
{
    snprintf(body, size, "{\"model\":\"claude-opus-5-5\",%s%s}", request, more);
    return body;
}

static void check_same(struct asker *asker, const char *request, const char *more)
{
    static char body[4000], streamed[4100];
    struct arena *arena = &asker->arena;
    ask_anthropic(asker, "/v1/messages", NULL, body_of(body, sizeof body, request, more));
    if (asker->status != 200)
        fail_msg("%s: %.*s", body, STR_ARG(buf_str(&asker->bytes)));
    assert_valid(arena, schema_read(arena, "anthropic-message-reply.json"), asker->body);
    const json *whole = asker->body;
    str id = header_of(asker, "request-id");
    snprintf(streamed, sizeof streamed, "%.*s,\"stream\":true}", (int)strlen(body) - 1, body);
    ask_anthropic(asker, "/v1/messages", NULL, streamed);
    assert_text(header_of(asker, "content-type"), "text/event-stream; charset=utf-8");
    assert_true(str_equal(header_of(asker, "request-id"), id));
    struct heard heard = hear(asker);
    assert_true(heard.ended);
    struct said said = said_from(arena, heard.body);
    assert_true(said.ended && !said.open && (said.pings > 0 || said.blocks == 0));
    assert_json(arena, said.message, whole);
    said_release(&said);
}

/* Protects: whatever is asked for, a stream put together is the reply that is not streamed, and
 * both have the documented shape. */
static void test_same_reply(void **state)
{
    (void)state;
    static const char *const limits[] = {",\"max_tokens\":500", ",\"max_tokens\":3",
                                         ",\"max_tokens\":0"};
    for (size_t i = 0; i < REQUESTS; i++)
        for (size_t k = 0; k < 3; k++) {
            struct asker asker = asker_new(everything);
            check_same(&asker, requests[i], limits[k]);
            asker_end(&asker);
        }
}

/* Protects: why a message ended, and what it is made of. */
static void test_endings(void **state)
{
    (void)state;
    static const struct {
        const char *request, *more, *reason, *sequence;
        int blocks;
    } rows[] = {
        {ASK("umlauts"), "\"max_tokens\":99", "end_turn", "", 1},
        {ASK("umlauts"), "\"max_tokens\":2", "max_tokens", "", 1},
        {ASK("umlauts"), "\"max_tokens\":0", "max_tokens", "", 0},
        {ASK("umlauts"), "\"max_tokens\":99,\"stop_sequences\":[\"q\",\"Über\"]",
         "stop_sequence", "Über", 1},
        {ASK("what weather"), "\"max_tokens\":99," WEATHER, "tool_use", "", 1},
        {ASK("both"), "\"max_tokens\":99," WEATHER, "tool_use", "", 2},
        {ASK("both"),
         "\"max_tokens\":99," WEATHER
         ",\"tool_choice\":{\"type\":\"auto\",\"disable_parallel_tool_use\":true}",
         "tool_use", "", 1},
        {ASK("secret"), "\"max_tokens\":99", "refusal", "", 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct asker asker = asker_new(everything);
        static char body[4000];
        snprintf(body, sizeof body, "{\"model\":\"claude-opus-5-5\",%s,%s}", rows[i].request,
                 rows[i].more);
        ask_anthropic(&asker, "/v1/messages", NULL, body);
        assert_text(json_text(json_get(asker.body, STR("stop_reason"))), rows[i].reason);
        assert_text(json_text(json_get(asker.body, STR("stop_sequence"))), rows[i].sequence);
        assert_int_equal(json_count(json_get(asker.body, STR("content"))), rows[i].blocks);
        asker_end(&asker);
    }
}

/* Protects: arguments come in several pieces, and the first is empty. */
static void test_tool_pieces(void **state)
{
    (void)state;
    struct asker asker = asker_new(everything);
    ask_anthropic(&asker, "/v1/messages", NULL,
                  "{" MODEL_AND_LIMIT "," ASK("weather") "," WEATHER ",\"stream\":true}");
    struct heard heard = hear(&asker);
    struct said said = said_from(&asker.arena, heard.body);
    assert_int_equal(said.blocks, 1);
    assert_true(said.deltas[0] > 3);
    assert_text(json_text(json_path(said.block[0], "input.city")), "Oslø");
    assert_true(str_contains(heard.body, STR("\"partial_json\":\"\"}")));
    said_release(&said);
    asker_end(&asker);
}

/* Protects: what is counted for a request is what it is billed later, cache and all. */
static void test_counts(void **state)
{
    (void)state;
    static char body[4000];
    for (size_t i = 0; i < REQUESTS; i++) {
        struct asker asker = asker_new(everything);
        body_of(body, sizeof body, requests[i], "");
        ask_anthropic(&asker, "/v1/messages/count_tokens", NULL, body);
        assert_int_equal(asker.status, 200);
        assert_int_equal(json_count(asker.body), 1);
        double counted = json_number(json_get(asker.body, STR("input_tokens")));
        assert_true(counted > 0);
        body_of(body, sizeof body, requests[i], ",\"max_tokens\":50");
        ask_anthropic(&asker, "/v1/messages", NULL, body);
        const json *usage = json_get(asker.body, STR("usage"));
        double billed = json_number(json_get(usage, STR("input_tokens"))) +
                        json_number(json_get(usage, STR("cache_read_input_tokens"))) +
                        json_number(json_get(usage, STR("cache_creation_input_tokens")));
        assert_true(counted == billed);
        asker_end(&asker);
    }
}

/* ---- reasoning and the cache, which a reply may have ---- */

static struct reply thoughtful(struct choice *choice)
{
    *choice = (struct choice){.text = STR("So it is."),
                              .reasoning = STR("First this, then that, and so on."),
                              .reasoning_tokens = 40,
                              .tokens = 43};
    return (struct reply){.model = STR("m"),
                          .choice = choice,
                          .choices = 1,
                          .output_tokens = 43,
                          .reasoning_tokens = 40,
                          .cache_read = 60,
                          .cache_write = 30,
                          .ids = {1, 2}};
}

/* Protects: thinking comes first, with a signature, streamed or not; tokens read from or written
 * to the cache are not input tokens; the usage at the end replaces the first. */
static void test_thinking(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct buf whole = {0}, events = {0};
    struct choice choice;
    const struct reply reply = thoughtful(&choice);
    const struct request request = {
        .arena = &arena, .input_tokens = 100, .show_reasoning = true};
    struct stream stream = {.out = &events, .arena = &arena};
    dialect_anthropic_messages.write(&whole, &request, &reply);
    dialect_anthropic_messages.write_stream(&stream, &request, &reply);
    const json *message = json_parse(&arena, buf_str(&whole), NULL);
    assert_valid(&arena, schema_read(&arena, "anthropic-message-reply.json"), message);
    const json *first = json_at(json_get(message, STR("content")), 0);
    assert_text(json_text(json_get(first, STR("thinking"))), choice.reasoning.p);
    assert_int_equal(json_number(json_path(message, "usage.input_tokens")), 10);
    assert_int_equal(json_number(json_path(message, "usage.cache_read_input_tokens")), 60);
    assert_int_equal(json_number(json_path(message, "usage.cache_creation_input_tokens")), 30);
    struct said said = said_from(&arena, buf_str(&events));
    assert_json(&arena, said.message, message);
    int64_t before = 0;
    for (size_t i = 0; i < stream.events; i++) {
        assert_true(stream.event[i].tokens >= before);
        before = stream.event[i].tokens;
    }
    assert_int_equal(before, 43);
    said_release(&said);
    buf_release(&whole);
    buf_release(&events);
    arena_release(&arena);
}

static const char thinker[] =
    "models: {'*': {reasoning: 40, cache: {mode: real, least: 1, step: 1}}}\n"
    "rules: {all: {reply: So it is.}}\n";

/* Protects: a model thinks where it is asked to, at the effort asked for and within its budget,
 * and shows nothing of it when it should not. */
static void test_thinking_asked_for(void **state)
{
    (void)state;
    static const struct {
        const char *more;
        int tokens;
        bool shown;
    } rows[] = {
        {"", 0, false},
        {",\"thinking\":{\"type\":\"disabled\"}", 0, false},
        {",\"thinking\":{\"type\":\"adaptive\"}", 40, true},
        {",\"thinking\":{\"type\":\"adaptive\",\"display\":\"omitted\"}", 40, false},
        {",\"thinking\":{\"type\":\"adaptive\"},\"output_config\":{\"effort\":\"high\"}", 80,
         true},
        {",\"thinking\":{\"type\":\"between_tools\"}", 0, false},
        {",\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":1024}", 40, true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct asker asker = asker_new(thinker);
        check_same(&asker, "\"max_tokens\":2000," ASK("hello"), rows[i].more);
        asker_end(&asker);
        asker = asker_new(thinker);
        static char body[1000];
        snprintf(body, sizeof body, "{\"model\":\"m\",\"max_tokens\":2000,%s%s}", ASK("hello"),
                 rows[i].more);
        ask_anthropic(&asker, "/v1/messages", NULL, body);
        const json *first = json_at(json_get(asker.body, STR("content")), 0);
        assert_int_equal(
            json_number(json_path(asker.body, "usage.output_tokens_details.thinking_tokens")),
            rows[i].tokens);
        assert_text(json_text(json_get(first, STR("type"))),
                    rows[i].tokens ? "thinking" : "text");
        assert_true((json_text(json_get(first, STR("thinking"))).n > 0) == rows[i].shown);
        asker_end(&asker);
    }
}

static int usage_of(const struct asker *asker, const char *path)
{
    return (int)json_number(json_path(json_get(asker->body, STR("usage")), path));
}

/* Protects: only what is marked goes into the cache, is written once and read later; the whole
 * input stays the same. */
static void test_cache_marks(void **state)
{
    (void)state;
#define LONG "a text that is long enough to be worth a cache"
    static const char marked[] =
        "{\"model\":\"m\",\"max_tokens\":99,\"system\":[{\"type\":\"text\",\"text\":\"" LONG
        "\",\"cache_control\":{\"type\":\"ephemeral\",\"ttl\":\"1h\"}}]," USER_HI "}";
    static const char bare[] =
        "{\"model\":\"m\",\"max_tokens\":99,\"system\":\"" LONG "\"," USER_HI "}";
    static const char all[] =
        "{\"model\":\"m\",\"max_tokens\":99,\"cache_control\":{\"type\":\"ephemeral\"},"
        "\"system\":\"" LONG "\"," USER_HI "}";
    struct asker asker = asker_new(thinker);
    ask_anthropic(&asker, "/v1/messages", NULL, bare);
    int input = usage_of(&asker, "input_tokens");
    assert_int_equal(usage_of(&asker, "cache_creation_input_tokens"), 0);
    ask_anthropic(&asker, "/v1/messages", NULL, marked);
    int written = usage_of(&asker, "cache_creation_input_tokens");
    assert_true(written > 0 && written < input);
    assert_int_equal(usage_of(&asker, "cache_creation.ephemeral_1h_input_tokens"), written);
    assert_int_equal(usage_of(&asker, "cache_creation.ephemeral_5m_input_tokens"), 0);
    assert_int_equal(usage_of(&asker, "input_tokens") + written, input);
    ask_anthropic(&asker, "/v1/messages", NULL, marked);
    assert_int_equal(usage_of(&asker, "cache_read_input_tokens"), written);
    assert_int_equal(usage_of(&asker, "cache_creation_input_tokens"), 0);
    ask_anthropic(&asker, "/v1/messages", NULL, all);
    assert_int_equal(usage_of(&asker, "cache_read_input_tokens"), written);
    assert_true(usage_of(&asker, "cache_creation_input_tokens") > 0);
    assert_int_equal(usage_of(&asker, "cache_creation.ephemeral_1h_input_tokens"), 0);
    asker_end(&asker);
}

/* ---- what rules see ---- */

static const char rules[] =
    "rules:\n"
    "  result: {when: {turn: 1, prompt: go on, tool: get_weather}, reply: two}\n"
    "  system: {when: {system: terse, model: m}, reply: 'said {{request.system}}'}\n"
    "  shape: {when: {schema: shape}, reply: {a: b}}\n"
    "answers: {q: {samples: [{q: capital of Norway, expected: Oslo}], find: [q]}}\n";

#define CHAT_TOOL                                                                              \
    ",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"get_weather\","               \
    "\"parameters\":"                                                                          \
    "{\"type\":\"object\"}}}]"
#define TOOL   ",\"tools\":[{\"name\":\"get_weather\",\"input_schema\":{\"type\":\"object\"}}]"
#define OBJECT "{\"title\":\"shape\",\"type\":\"object\",\"additionalProperties\":false}"

/* Protects: a rule or an answer key treats a conversation alike in this dialect and in OpenAI's:
 * turns, systems, results of tools, schemas. */
static void test_rules(void **state)
{
    (void)state;
    static const struct {
        const char *chat, *messages, *rule;
    } rows[] = {
        {"{\"model\":\"m\",\"messages\":[{\"role\":\"system\",\"content\":\"be terse\"},{"
         "\"role\":\"user\",\"content\":\"hi\"}]}",
         "{\"model\":\"m\",\"max_tokens\":99,\"system\":[{\"type\":\"text\",\"text\":\"be \"},{"
         "\"type\":\"text\",\"text\":\"terse\"}],\"messages\":[{\"role\":\"user\",\"content\":"
         "\"hi\"}]}",
         "system"},
        {"{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"a\"},{\"role\":"
         "\"assistant\",\"content\":null,\"tool_calls\":[{\"id\":\"c\",\"type\":\"function\","
         "\"function\":{\"name\":\"get_weather\",\"arguments\":\"{}\"}}]},{\"role\":\"tool\","
         "\"tool_call_id\":\"c\",\"content\":\"4 C\"},{\"role\":\"user\",\"content\":\"go "
         "on\"}]" CHAT_TOOL "}",
         "{\"model\":\"m\",\"max_tokens\":99,\"messages\":[{\"role\":\"user\",\"content\":"
         "\"a\"}"
         ",{\"role\":\"assistant\",\"content\":[{\"type\":\"tool_use\",\"id\":\"c\",\"name\":"
         "\"get_weather\",\"input\":{}}]},{\"role\":\"user\",\"content\":[{\"type\":"
         "\"tool_result\",\"tool_use_id\":\"c\",\"content\":\"4 C\"},{\"type\":\"text\","
         "\"text\":\"go on\"}]}]" TOOL "}",
         "result"},
        {"{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"a\"}],"
         "\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"shape\","
         "\"schema\":" OBJECT "}}}",
         "{\"model\":\"m\",\"max_tokens\":99,\"messages\":[{\"role\":\"user\",\"content\":"
         "\"a\"}"
         "],\"output_config\":{\"format\":{\"type\":\"json_schema\",\"schema\":" OBJECT "}}}",
         "shape"},
        {"{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"The capital of "
         "Norway?\"}]}",
         "{\"model\":\"m\",\"max_tokens\":99,\"messages\":[{\"role\":\"user\",\"content\":[{"
         "\"type\":\"text\",\"text\":\"The capital \"},{\"type\":\"text\",\"text\":\"of "
         "Norway?\"}]}]}",
         "q"},
    };
    static const char *const chat[] = {"authorization", "Bearer k", "x-mock-explain", "1",
                                       NULL};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct asker asker = asker_new(rules);
        ask_raw(&asker, "POST", "/v1/chat/completions", str_from(rows[i].chat), chat);
        assert_text(header_of(&asker, "x-mock-rule"), rows[i].rule);
        str said = asker.text;
        ask_anthropic(&asker, "/v1/messages", NULL, rows[i].messages);
        assert_text(header_of(&asker, "x-mock-rule"), rows[i].rule);
        const json *block = json_at(json_get(asker.body, STR("content")), 0);
        assert_true(said.n && str_equal(json_text(json_get(block, STR("text"))), said));
        asker_end(&asker);
    }
}

#define TURNS(id, thought)                                                                     \
    "{" MODEL_AND_LIMIT                                                                        \
    ",\"messages\":[{\"role\":\"user\",\"content\":\"a\"},{\"role\":\"assistant\","            \
    "\"content\":[" thought "{\"type\":\"tool_use\",\"id\":\"" id                              \
    "\",\"name\":\"f\",\"input\":{\"b\":1,\"c\":2}}]},{\"role\":\"user\",\"content\":[{"       \
    "\"type\":\"tool_result\",\"tool_use_id\":\"" id "\",\"content\":\"r\"}]}]}"

/* Protects: ids of calls, thoughts and how a text is put do not change a reply; what is asked
 * does; and no byte depends on the clock. */
static void test_what_counts(void **state)
{
    (void)state;
    static const struct {
        const char *one, *other;
        bool same;
    } rows[] = {
        {TURNS("toolu_1", ""), TURNS("toolu_9", ""), true},
        {TURNS("toolu_1", ""),
         TURNS("toolu_1", "{\"type\":\"thinking\",\"thinking\":\"hm\",\"signature\":\"s\"},"),
         true},
        {"{" MODEL_AND_LIMIT "," USER_HI "}",
         "{ \"max_tokens\":200,\"metadata\":{\"user_id\":\"u\"},\"messages\":[{\"content\":[{"
         "\"text\":\"hi\",\"type\":\"text\",\"cache_control\":{\"type\":\"ephemeral\"}}],"
         "\"role\":\"user\"}],\"model\":\"claude-opus-5-5\"}",
         true},
        {"{" MODEL_AND_LIMIT "," USER_HI "}",
         "{" MODEL_AND_LIMIT "," USER_HI ",\"temperature\":0.1}", false},
        {"{" MODEL_AND_LIMIT "," USER_HI "}",
         "{" MODEL_AND_LIMIT "," USER_HI ",\"system\":\"s\"}", false},
        {"{" MODEL_AND_LIMIT "," USER_HI ",\"output_config\":{\"effort\":\"low\"}}",
         "{" MODEL_AND_LIMIT "," USER_HI ",\"output_config\":{\"effort\":\"high\"}}", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct asker one = asker_new(NULL), other = asker_new(NULL);
        other.up_ms = 86400000;
        ask_anthropic(&one, "/v1/messages", NULL, rows[i].one);
        ask_anthropic(&other, "/v1/messages", NULL, rows[i].other);
        assert_int_equal(one.status, 200);
        assert_int_equal(other.status, 200);
        assert_true(str_equal(buf_str(&one.bytes), buf_str(&other.bytes)) == rows[i].same);
        asker_end(&one);
        asker_end(&other);
    }
}

/* Protects: in whatever order requests come, each gets the same bytes, streamed or not. */
static void test_any_order(void **state)
{
    (void)state;
    static char body[4000];
    struct asker one = asker_new(everything), other = asker_new(everything);
    str said[2 * REQUESTS];
    for (size_t k = 0; k < 4 * REQUESTS; k++) {
        bool back = k >= 2 * REQUESTS;
        size_t i = back ? 4 * REQUESTS - 1 - k : k;
        struct asker *asker = back ? &other : &one;
        body_of(body, sizeof body, requests[i / 2],
                i % 2 ? ",\"max_tokens\":90,\"stream\":true" : ",\"max_tokens\":90");
        ask_anthropic(asker, "/v1/messages", NULL, body);
        str bytes = arena_str(&asker->arena, buf_str(&asker->bytes));
        if (back)
            assert_true(str_equal(bytes, said[i]));
        else
            said[i] = bytes;
    }
    asker_end(&one);
    asker_end(&other);
}

/* Protects: an error in the middle of a stream is an event of its own after a 200. */
static void test_error_event(void **state)
{
    (void)state;
    struct asker asker = asker_new("faults: [{error_event: 3, error_status: 529}]\n");
    ask_anthropic(&asker, "/v1/messages", NULL,
                  "{" MODEL_AND_LIMIT "," USER_HI ",\"stream\":true}");
    assert_int_equal(asker.status, 200);
    struct heard heard = hear(&asker);
    struct said said = said_from(&asker.arena, heard.body);
    assert_true(said.failed && said.message && said.deltas[0] == 3);
    assert_text(json_text(json_path(said.error, "error.type")), "overloaded_error");
    assert_text(json_text(json_path(said.error, "error.message")), "Overloaded");
    said_release(&said);
    asker_end(&asker);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_reply),  cmocka_unit_test(test_endings),
        cmocka_unit_test(test_tool_pieces), cmocka_unit_test(test_counts),
        cmocka_unit_test(test_thinking),    cmocka_unit_test(test_thinking_asked_for),
        cmocka_unit_test(test_cache_marks), cmocka_unit_test(test_rules),
        cmocka_unit_test(test_what_counts), cmocka_unit_test(test_any_order),
        cmocka_unit_test(test_error_event),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
