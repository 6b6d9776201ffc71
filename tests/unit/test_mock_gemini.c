/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_mock_gemini.c: what the mock says as Gemini: replies, streams of both kinds, counts,
 * embeddings, models.
 */
#include "test_mock_gemini.h"

#include <math.h>

enum { CANDIDATES = 4 };

static const char everything[] =
    "models:\n"
    "  gemini-3.8-flash: {skill: 0}\n"
    "  thinker: {skill: 0, reasoning: {median: 40, p95: 90}}\n"
    "answers:\n"
    "  a: {samples: [{q: secret}], find: [q], right: x, wrong: [{refusal: true}]}\n"
    "  b: {samples: [{q: forbidden}], find: [q], right: x, wrong: [{refusal: "
    "PROHIBITED_CONTENT}]}\n"
    "rules:\n"
    "  call: {when: {prompt: weather}, tool_call: {name: get_weather, arguments: {city: Oslø, "
    "days: [1, 2, 3]}}}\n"
    "  broken: {when: {prompt: gibberish}, tool_call: {name: f, arguments: 'no: object'}}\n"
    "  umlauts: {when: {prompt: umlauts}, reply: \"Größe, Übermaß — und 漢字 ohne Ende\"}\n";

/* ---- streams put together again ---- */

struct said {
    struct buf text[CANDIDATES], thoughts[CANDIDATES], calls[CANDIDATES], chosen[CANDIDATES],
        top[CANDIDATES];
    str finish[CANDIDATES], signature[CANDIDATES], id, block;
    double mean[CANDIDATES];
    const json *usage;
    size_t items;
};

static void take_part(struct said *said, size_t i, const json *part)
{
    bool thought = json_bool(json_get(part, STR("thought")));
    const json *call = json_get(part, STR("functionCall"));
    const json *signature = json_get(part, STR("thoughtSignature"));
    buf_add_str(thought ? &said->thoughts[i] : &said->text[i],
                json_text(json_get(part, STR("text"))));
    if (call)
        json_write(&said->calls[i], call, JSON_COMPACT);
    if (signature)
        said->signature[i] = json_text(signature);
}

static void take_item(struct asker *asker, struct said *said, const json *item)
{
    assert_valid(asker, "gemini-generate-reply", item);
    said->items++;
    said->id = json_text(json_get(item, STR("responseId")));
    said->block = json_text(json_path(item, "promptFeedback.blockReason"));
    said->usage = json_get(item, STR("usageMetadata"));
    for (const json *c = json_first(json_get(item, STR("candidates"))); c; c = json_next(c)) {
        size_t i = (size_t)count_at(c, "index");
        assert_true(i < CANDIDATES && said->finish[i].n == 0); /* nothing comes behind an end */
        for (const json *part = json_first(json_path(c, "content.parts")); part;
             part = json_next(part))
            take_part(said, i, part);
        for (const json *p = json_first(json_path(c, "logprobsResult.chosenCandidates")); p;
             p = json_next(p))
            json_write(&said->chosen[i], p, JSON_COMPACT);
        for (const json *p = json_first(json_path(c, "logprobsResult.topCandidates")); p;
             p = json_next(p))
            json_write(&said->top[i], p, JSON_COMPACT);
        said->finish[i] = json_text(json_get(c, STR("finishReason")));
        said->mean[i] = json_number(json_get(c, STR("avgLogprobs")));
    }
}

static struct said take_events(struct asker *asker)
{
    struct said said = {.items = 0};
    assert_text(header_of(asker, "content-type"), "text/event-stream; charset=utf-8");
    struct heard heard = hear(asker);
    assert_true(heard.ended);
    for (str body = heard.body; body.n;) {
        ptrdiff_t end = str_find(body, STR("\r\n\r\n"), 0);
        assert_true(end > 0 && str_starts_with(body, STR("data: ")));
        const json *item = json_parse(&asker->arena, str_sub(body, 6, (size_t)end), NULL);
        assert_non_null(item);
        take_item(asker, &said, item);
        body = str_sub(body, (size_t)end + 4, body.n);
    }
    return said;
}

static struct said take_list(struct asker *asker)
{
    struct said said = {.items = 0};
    assert_text(header_of(asker, "content-type"), "application/json");
    struct heard heard = hear(asker);
    assert_true(heard.ended);
    const json *list = json_parse(&asker->arena, heard.body, NULL);
    assert_true(json_is(list, JSON_LIST));
    for (const json *item = json_first(list); item; item = json_next(item))
        take_item(asker, &said, item);
    return said;
}

static struct said take_whole(struct asker *asker)
{
    struct said said = {.items = 0};
    assert_non_null(asker->body);
    take_item(asker, &said, asker->body);
    return said;
}

static void release(struct said *said)
{
    for (size_t i = 0; i < CANDIDATES; i++) {
        buf_release(&said->text[i]);
        buf_release(&said->thoughts[i]);
        buf_release(&said->calls[i]);
        buf_release(&said->chosen[i]);
        buf_release(&said->top[i]);
    }
}

#define assert_bytes(a, b) assert_true(str_equal(buf_str(&(a)), buf_str(&(b))))

static void assert_same(struct said *whole, struct said *other, const char *what)
{
    for (size_t i = 0; i < CANDIDATES; i++) {
        if (!str_equal(buf_str(&whole->text[i]), buf_str(&other->text[i])))
            fail_msg("%s: '%s' is not '%s'", what, other->text[i].p, whole->text[i].p);
        assert_bytes(whole->thoughts[i], other->thoughts[i]);
        assert_bytes(whole->calls[i], other->calls[i]);
        assert_bytes(whole->chosen[i], other->chosen[i]);
        assert_bytes(whole->top[i], other->top[i]);
        assert_true(str_equal(whole->finish[i], other->finish[i]));
        assert_true(str_equal(whole->signature[i], other->signature[i]));
        assert_true(fabs(whole->mean[i] - other->mean[i]) < 1e-12);
    }
    assert_true(str_equal(whole->id, other->id));
    assert_true(str_equal(whole->block, other->block));
    assert_true(json_equal(whole->usage, other->usage));
    release(other);
}

#define CONFIG(members) ",\"generationConfig\":{" members "}"
#define WEATHER                                                                                \
    ",\"tools\":[{\"functionDeclarations\":[{\"name\":\"get_weather\",\"parameters\":{"        \
    "\"type\":\"OBJECT\",\"properties\":{\"city\":{\"type\":\"STRING\"}},\"required\":["       \
    "\"city\"]}},{\"name\":\"f\"}]}]"
#define ANY ",\"toolConfig\":{\"functionCallingConfig\":{\"mode\":\"ANY\"}}"

/* Protects: both kinds of stream say what the whole reply says, candidate by candidate, with the
 * same id, usage, reason to end, signature and log probabilities; every reply and every item is
 * what the provider could send; and the count of tokens is what is billed. */
static void test_same_reply(void **state)
{
    (void)state;
    static const char *const prompts[] = {"hello",     "umlauts",   "weather", "secret",
                                          "forbidden", "gibberish", ""};
    static const char *const options[] = {
        "",
        CONFIG("\"candidateCount\":3"),
        CONFIG("\"maxOutputTokens\":7"),
        CONFIG("\"maxOutputTokens\":2,\"candidateCount\":2"),
        CONFIG("\"stopSequences\":[\"a\",\"e\",\"ö\"]"),
        CONFIG("\"responseLogprobs\":true,\"logprobs\":3,\"candidateCount\":2"),
        CONFIG("\"responseLogprobs\":true,\"temperature\":0.5,\"seed\":7"),
        CONFIG("\"responseMimeType\":\"application/json\""),
        CONFIG("\"thinkingConfig\":{\"includeThoughts\":true}"),
        CONFIG("\"thinkingConfig\":{\"thinkingLevel\":\"LOW\"}"),
        CONFIG("\"thinkingConfig\":{\"thinkingBudget\":5,\"includeThoughts\":true},"
               "\"maxOutputTokens\":30"),
        WEATHER ANY,
        WEATHER ANY CONFIG("\"maxOutputTokens\":9"),
        WEATHER ",\"systemInstruction\":{\"parts\":[{\"text\":\"Be brief.\"}]}",
    };
    static const char *const models[] = {"/v1beta/models/gemini-3.8-flash",
                                         "/v1/models/thinker"};
    struct asker asker = asker_new(everything);
    for (size_t m = 0; m < 2; m++)
        for (size_t p = 0; p < sizeof prompts / sizeof prompts[0]; p++)
            for (size_t o = 0; o < sizeof options / sizeof options[0]; o++) {
                char target[100];
                const char *body = body_of(&asker, prompts[p], options[o]);
                snprintf(target, sizeof target, "%s:generateContent", models[m]);
                post_to(&asker, target, body);
                struct said whole = take_whole(&asker);
                int64_t billed = count_at(asker.body, "usageMetadata.promptTokenCount");
                snprintf(target, sizeof target, "%s:streamGenerateContent?alt=sse", models[m]);
                post_to(&asker, target, body);
                struct said events = take_events(&asker);
                assert_same(&whole, &events, body);
                snprintf(target, sizeof target, "%s:streamGenerateContent", models[m]);
                post_to(&asker, target, body);
                struct said list = take_list(&asker);
                assert_same(&whole, &list, body);
                const char *inner = strstr(body, "{\"contents\"");
                snprintf(target, sizeof target, "%s:countTokens", models[m]);
                str count =
                    arena_printf(&asker.arena, "{\"generateContentRequest\":%s}", inner);
                post_to(&asker, target, count.p);
                assert_valid(&asker, "gemini-count-reply", asker.body);
                assert_int_equal(count_at(asker.body, "totalTokens"), billed);
                release(&whole);
                arena_clear(&asker.arena);
            }
    asker_end(&asker);
}

/* ---- how replies end ---- */

/* Protects: the provider's way to say each end, which is where clients go wrong. */
static void test_ends(void **state)
{
    (void)state;
    struct asker asker = asker_new(everything);
    post(&asker, body_of(&asker, "hello", ""));
    assert_text(json_text(json_get(candidate(&asker), STR("finishReason"))), "STOP");
    post(&asker, body_of(&asker, "hello", CONFIG("\"maxOutputTokens\":3")));
    assert_text(json_text(json_get(candidate(&asker), STR("finishReason"))), "MAX_TOKENS");
    assert_int_equal(count_at(asker.body, "usageMetadata.candidatesTokenCount"), 3);
    post(&asker, body_of(&asker, "weather", WEATHER)); /* no reason of its own for calls */
    assert_text(json_text(json_get(candidate(&asker), STR("finishReason"))), "STOP");
    assert_text(json_text(json_path(first_part(&asker), "functionCall.args.city")), "Oslø");
    assert_true(json_get(first_part(&asker), STR("thoughtSignature")) != NULL);
    post(&asker, body_of(&asker, "weather", WEATHER CONFIG("\"maxOutputTokens\":6")));
    assert_text(json_text(json_get(candidate(&asker), STR("finishReason"))), "MAX_TOKENS");
    assert_null(first_part(&asker)); /* half an object cannot be sent */
    post(&asker, body_of(&asker, "gibberish", ""));
    assert_text(json_text(json_get(candidate(&asker), STR("finishReason"))),
                "MALFORMED_FUNCTION_CALL");
    assert_contains(json_text(json_get(candidate(&asker), STR("finishMessage"))), "no: object");
    post(&asker, body_of(&asker, "secret", ""));
    assert_text(json_text(json_get(candidate(&asker), STR("finishReason"))), "SAFETY");
    assert_null(json_get(candidate(&asker), STR("content")));
    post(&asker, body_of(&asker, "forbidden", ""));
    assert_null(candidate(&asker));
    assert_text(json_text(json_path(asker.body, "promptFeedback.blockReason")),
                "PROHIBITED_CONTENT");
    asker_end(&asker);
}

/* Protects: thoughts are counted apart from what is said, add up to the total, and are shown only
 * to those who ask. */
static void test_thoughts(void **state)
{
    (void)state;
    struct asker asker = asker_new("models: {thinker: {reasoning: {median: 40, p95: 90}}}\n");
    const char *target = "/v1beta/models/thinker:generateContent";
    post_to(&asker, target, body_of(&asker, "hello", ""));
    int64_t thoughts = count_at(asker.body, "usageMetadata.thoughtsTokenCount");
    assert_true(thoughts > 0);
    assert_int_equal(count_at(asker.body, "usageMetadata.totalTokenCount"),
                     count_at(asker.body, "usageMetadata.promptTokenCount") +
                         count_at(asker.body, "usageMetadata.candidatesTokenCount") + thoughts);
    assert_null(json_get(first_part(&asker), STR("thought")));
    str text = part_text(&asker);
    post_to(&asker, target,
            body_of(&asker, "hello", CONFIG("\"thinkingConfig\":{\"thinkingBudget\":0}")));
    assert_null(json_path(asker.body, "usageMetadata.thoughtsTokenCount"));
    post_to(&asker, target,
            body_of(&asker, "hello",
                    CONFIG("\"thinkingConfig\":{\"thinkingBudget\":3,"
                           "\"includeThoughts\":true}")));
    assert_int_equal(count_at(asker.body, "usageMetadata.thoughtsTokenCount"), 3);
    assert_true(json_bool(json_get(first_part(&asker), STR("thought"))));
    assert_true(text.n > 0 && part_text(&asker).n > 0);
    asker_end(&asker);
}

/* ---- structured output ---- */

/* Protects: the provider's own kind of schema means what it says: what is made up for it is valid
 * by the JSON Schema that it stands for, in the order that it asks for. */
static void test_schemas(void **state)
{
    (void)state;
    static const char own[] =
        CONFIG("\"responseMimeType\":\"application/json\",\"responseSchema\":{\"type\":"
               "\"OBJECT\",\"properties\":{\"kind\":{\"type\":\"STRING\",\"format\":\"enum\","
               "\"enum\":[\"x\",\"y\"]},\"none\":{\"type\":\"string\",\"nullable\":true,"
               "\"maxLength\":\"3\"},\"list\":{\"type\":\"ARRAY\",\"minItems\":\"2\","
               "\"max_items\":3,\"items\":{\"anyOf\":[{\"type\":\"INTEGER\",\"minimum\":5,"
               "\"maximum\":6},{\"type\":\"BOOLEAN\"}]}}},\"required\":[\"kind\",\"list\"],"
               "\"propertyOrdering\":[\"list\",\"kind\"]}");
    static const char same[] =
        "{\"type\":\"object\",\"properties\":{\"kind\":{\"type\":\"string\",\"enum\":[\"x\","
        "\"y\"]},\"none\":{\"type\":[\"string\",\"null\"],\"maxLength\":3},\"list\":{\"type\":"
        "\"array\",\"minItems\":2,\"maxItems\":3,\"items\":{\"anyOf\":[{\"type\":\"integer\","
        "\"minimum\":5,\"maximum\":6},{\"type\":\"boolean\"}]}}},\"required\":[\"kind\","
        "\"list\"]}";
    struct asker asker = asker_new(NULL);
    const struct jsonschema *schema =
        jsonschema_new(&asker.arena, json_parse(&asker.arena, str_from(same), NULL), NULL);
    size_t count = 0;
    assert_non_null(schema);
    for (int i = 0; i < 50; i++) {
        char prompt[20];
        snprintf(prompt, sizeof prompt, "number %d", i);
        post(&asker, body_of(&asker, prompt, own));
        const json *value = json_parse(&asker.arena, part_text(&asker), NULL);
        assert_true(jsonschema_valid(schema, value, NULL, NULL, 0, &count));
        assert_text(json_key(json_first(value)), "list");
    }
    str json_schema = arena_printf(&asker.arena,
                                   CONFIG("\"response_mime_type\":\"application/json\","
                                          "\"response_json_schema\":%s"),
                                   same);
    post(&asker, body_of(&asker, "the other kind", json_schema.p));
    const json *value = json_parse(&asker.arena, part_text(&asker), NULL);
    assert_true(jsonschema_valid(schema, value, NULL, NULL, 0, &count));
    post(&asker, body_of(&asker, "a word",
                         CONFIG("\"responseMimeType\":\"text/x.enum\",\"responseSchema\":{"
                                "\"type\":\"STRING\",\"enum\":[\"red\",\"red\"]}")));
    assert_text(part_text(&asker), "red"); /* without quotes */
    asker_end(&asker);
}

/* ---- one content, several dialects ---- */

/* Protects: what a reply says depends on what is asked and not on the dialect in which it is: the
 * same conversation with tools gets the same words as Chat Completions gives. */
static void test_same_as_chat(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {
        {"\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]",
         "\"contents\":[{\"parts\":[{\"text\":\"hi\"}]}]"},
        {"\"messages\":[{\"role\":\"system\",\"content\":\"Be brief.\"},{\"role\":\"user\","
         "\"content\":\"hi\"},{\"role\":\"assistant\",\"content\":\"ho\"},{\"role\":\"user\","
         "\"content\":\"again\"}],\"max_tokens\":12",
         "\"system_instruction\":{\"parts\":{\"text\":\"Be brief.\"}},\"contents\":[{\"role\":"
         "\"user\",\"parts\":[{\"text\":\"hi\"}]},{\"role\":\"model\",\"parts\":[{\"text\":"
         "\"no\",\"thought\":true},{\"text\":\"ho\"}]},{\"role\":\"user\",\"parts\":[{\"text\":"
         "\"ag\"},{\"text\":\"ain\"}]}],\"generationConfig\":{\"maxOutputTokens\":12}"},
        {"\"messages\":[{\"role\":\"user\",\"content\":\"hi\"},{\"role\":\"assistant\","
         "\"content\":null,\"tool_calls\":[{\"id\":\"1\",\"type\":\"function\",\"function\":{"
         "\"name\":\"f\",\"arguments\":\"{\\\"a\\\":1}\"}},{\"id\":\"2\",\"type\":\"function\","
         "\"function\":{\"name\":\"g\",\"arguments\":\"{}\"}}]},{\"role\":\"tool\","
         "\"tool_call_id\":\"2\",\"content\":\"two\"},{\"role\":\"tool\",\"tool_call_id\":"
         "\"1\",\"content\":\"{\\\"c\\\":4}\"}]",
         "\"contents\":[{\"role\":\"user\",\"parts\":[{\"text\":\"hi\"}]},{\"role\":\"model\","
         "\"parts\":[{\"functionCall\":{\"name\":\"f\",\"args\":{\"a\":1}}},{\"functionCall\":"
         "{\"name\":\"g\"}}]},{\"role\":\"user\",\"parts\":[{\"functionResponse\":{\"name\":"
         "\"g\",\"response\":{\"result\":\"two\"}}},{\"functionResponse\":{\"name\":\"f\","
         "\"response\":{\"c\":4}}}]}]"},
    };
    struct asker asker = asker_new(NULL);
    for (size_t i = 0; i < 3; i++) {
        static const char *const headers[] = {
            "Authorization", "Bearer k", "Idempotency-Key", "k", "X-Weir-Attempt", "1", NULL};
        str body = arena_printf(&asker.arena, "{\"model\":\"m\",%s}", pairs[i][0]);
        ask_raw(&asker, "POST", "/v1/chat/completions", body, headers);
        str chat = asker.text;
        assert_true(chat.n > 0);
        post_to(&asker, "/v1beta/models/m:generateContent",
                arena_printf(&asker.arena, "{%s}", pairs[i][1]).p);
        assert_int_equal(asker.status, 200);
        if (!str_equal(part_text(&asker), chat))
            fail_msg("%zu: '%.*s' is not '%.*s'", i, STR_ARG(part_text(&asker)), STR_ARG(chat));
    }
    asker_end(&asker);
}

/* ---- embeddings ---- */

static double length_of(const json *values)
{
    double sum = 0;
    for (const json *v = json_first(values); v; v = json_next(v))
        sum += json_number(v) * json_number(v);
    return sqrt(sum);
}

/* Protects: vectors are units of the length asked for, and a batch gives what single requests do,
 * in their order. */
static void test_embeddings(void **state)
{
    (void)state;
    static const int64_t lengths[] = {3072, 768, 1};
    struct asker asker = asker_new(NULL);
    for (size_t i = 0; i < 3; i++) {
        str one = arena_printf(&asker.arena,
                               "{\"content\":{\"parts\":[{\"text\":\"first\"}]},\"taskType\":"
                               "\"RETRIEVAL_QUERY\",\"outputDimensionality\":%lld}",
                               (long long)lengths[i]);
        post_to(&asker, MODEL ":embedContent", one.p);
        assert_int_equal(asker.status, 200);
        assert_valid(&asker, "gemini-embed-reply", asker.body);
        const json *single = json_path(asker.body, "embedding.values");
        assert_int_equal(json_count(single), lengths[i]);
        assert_true(fabs(length_of(single) - 1) < 1e-5);
        str many =
            arena_printf(&asker.arena,
                         "{\"requests\":[{\"content\":{\"parts\":[{\"text\":\"other\"}]},"
                         "\"output_dimensionality\":%lld},%.*s]}",
                         (long long)lengths[i], STR_ARG(one));
        post_to(&asker, MODEL ":batchEmbedContents", many.p);
        assert_valid(&asker, "gemini-embed-reply", asker.body);
        const json *vectors = json_get(asker.body, STR("embeddings"));
        assert_int_equal(json_count(vectors), 2);
        assert_true(json_equal(json_get(json_at(vectors, 1), STR("values")), single));
        assert_int_equal(count_at(asker.body, "usageMetadata.promptTokenCount"), 4);
    }
    post_to(&asker, MODEL ":embedContent", "{\"content\":{\"parts\":[{\"text\":\"a\"}]}}");
    assert_int_equal(json_count(json_path(asker.body, "embedding.values")), 3072);
    asker_end(&asker);
}

/* ---- models ---- */

static void get(struct asker *asker, const char *target)
{
    static const char *const headers[] = {"x-goog-api-key", "k", NULL};
    ask_raw(asker, "GET", target, STR(""), headers);
}

/* Protects: going through the pages gives every model once. */
static void test_models(void **state)
{
    (void)state;
    struct asker asker = asker_new("models: {a: {}, b: {}, c-embedding: {}, '*': {}}\n");
    get(&asker, "/v1beta/models");
    assert_valid(&asker, "gemini-models-reply", asker.body);
    assert_int_equal(json_count(json_get(asker.body, STR("models"))), 3);
    assert_null(json_get(asker.body, STR("nextPageToken")));
    char target[100] = "/v1beta/models?pageSize=2";
    get(&asker, target);
    assert_int_equal(json_count(json_get(asker.body, STR("models"))), 2);
    str token = json_text(json_get(asker.body, STR("nextPageToken")));
    assert_true(token.n > 0);
    snprintf(target, sizeof target, "/v1beta/models?pageSize=2&pageToken=%.*s", STR_ARG(token));
    get(&asker, target);
    assert_valid(&asker, "gemini-models-reply", asker.body);
    const json *last = json_at(json_get(asker.body, STR("models")), 0);
    assert_text(json_text(json_get(last, STR("name"))), "models/c-embedding");
    assert_null(json_get(asker.body, STR("nextPageToken")));
    get(&asker, "/v1/models/b"); /* the header tells whose list it is */
    assert_text(json_text(json_get(asker.body, STR("name"))), "models/b");
    assert_text(json_text(json_get(asker.body, STR("displayName"))), "B");
    get(&asker, "/v1beta/models?pageSize=many");
    assert_refused(&asker, 400, "INVALID_ARGUMENT");
    get(&asker, "/v1beta/models?pageToken=elsewhere");
    assert_refused(&asker, 400, "INVALID_ARGUMENT");
    asker_end(&asker);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_reply),   cmocka_unit_test(test_ends),
        cmocka_unit_test(test_thoughts),     cmocka_unit_test(test_schemas),
        cmocka_unit_test(test_same_as_chat), cmocka_unit_test(test_embeddings),
        cmocka_unit_test(test_models),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
