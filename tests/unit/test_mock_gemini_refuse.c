/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_mock_gemini_refuse.c: what bodies the mock refuses as Gemini: shapes, ranges,
 * conversations.
 */
#include "test_mock_gemini.h"

/* ---- shapes ---- */

/* One of everything that the shapes know. */
static const char whole[] =
    "{\"model\":\"models/m\",\"systemInstruction\":{\"role\":\"user\",\"parts\":[{\"text\":"
    "\"Be brief.\"}]},\"contents\":[{\"role\":\"user\",\"parts\":[{\"text\":\"hi\"},{"
    "\"inlineData\":{\"mimeType\":\"image/"
    "png\",\"data\":\"iVBO\"}},{\"fileData\":{\"mimeType\":"
    "\"image/png\",\"fileUri\":\"files/a\"}}]},{\"role\":\"model\",\"parts\":[{\"text\":\"hm\","
    "\"thought\":true},{\"functionCall\":{\"id\":\"c1\",\"name\":\"f\",\"args\":{\"a\":1}},"
    "\"thoughtSignature\":\"AY89\"}]},{\"role\":\"user\",\"parts\":[{\"functionResponse\":{"
    "\"id\":\"c1\",\"name\":\"f\",\"response\":{\"c\":4}}}]}],\"generationConfig\":{"
    "\"temperature\":1,\"topP\":0.95,\"topK\":40,\"candidateCount\":1,\"seed\":7,"
    "\"maxOutputTokens\":500,\"stopSequences\":[\"END\"],\"presencePenalty\":0,"
    "\"frequencyPenalty\":0,\"responseLogprobs\":true,\"logprobs\":3,\"responseMimeType\":"
    "\"application/json\",\"responseSchema\":{\"type\":\"OBJECT\",\"properties\":{\"a\":{"
    "\"type\":\"ARRAY\",\"items\":{\"type\":\"STRING\",\"enum\":[\"x\"],\"nullable\":true},"
    "\"minItems\":\"1\"}},\"required\":[\"a\"]},\"thinkingConfig\":{\"thinkingLevel\":\"LOW\","
    "\"includeThoughts\":false}},\"tools\":[{\"functionDeclarations\":[{\"name\":\"f\","
    "\"description\":\"does\",\"parameters\":{\"type\":\"OBJECT\",\"properties\":{\"a\":{"
    "\"type\":\"INTEGER\"}}}}]}],\"toolConfig\":{\"functionCallingConfig\":{\"mode\":\"ANY\","
    "\"allowedFunctionNames\":[\"f\"]}},\"safetySettings\":[{\"category\":"
    "\"HARM_CATEGORY_HARASSMENT\",\"threshold\":\"BLOCK_ONLY_HIGH\"}],\"cachedContent\":"
    "\"cachedContents/abc\",\"serviceTier\":\"standard\"}";

/* Objects with members of the client's own naming. */
static bool is_free(str name)
{
    static const char *const names[] = {"args", "response"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (str_equal(name, str_from(names[i])))
            return true;
    return false;
}

enum change { SNAKE, WRONG, UNKNOWN };

struct changing {
    struct arena *arena;
    enum change change;
    int at, seen; /* which place is changed; how many there are */
};

static str snake_of(struct arena *arena, str name)
{
    struct buf out = {0};
    for (size_t i = 0; i < name.n; i++) {
        bool large = name.p[i] >= 'A' && name.p[i] <= 'Z';
        if (large)
            buf_add_char(&out, '_');
        buf_add_char(&out, large ? (char)(name.p[i] - 'A' + 'a') : name.p[i]);
    }
    str snake = arena_str(arena, buf_str(&out));
    buf_release(&out);
    return snake;
}

/* A value of a kind that is wrong wherever the other is right; a list may stand as one item. */
static const json *wrong_for(struct arena *arena, const json *value)
{
    const json *item = json_is(value, JSON_LIST) ? json_first(value) : value;
    if (json_is(item, JSON_TEXT))
        return json_new_bool(true);
    return json_new_text(arena, STR("wr ong"));
}

static const json *changed(struct changing *c, const json *value, bool names_are_free);

static const json *changed_member(struct changing *c, const json *member, bool free)
{
    if (c->change == WRONG && !free && c->seen++ == c->at)
        return wrong_for(c->arena, member);
    if (is_free(json_key(member)) && json_is(member, JSON_OBJECT))
        return member;
    return changed(c, member, str_equal(json_key(member), STR("properties")));
}

static const json *changed(struct changing *c, const json *value, bool names_are_free)
{
    json *out;
    if (json_is(value, JSON_LIST)) {
        out = json_new_list(c->arena);
        for (const json *item = json_first(value); item; item = json_next(item))
            json_add(c->arena, out, changed(c, item, false));
        return out;
    }
    if (!json_is(value, JSON_OBJECT))
        return value;
    out = json_new_object(c->arena);
    for (const json *member = json_first(value); member; member = json_next(member)) {
        str name = json_key(member);
        if (c->change == SNAKE && !names_are_free)
            name = snake_of(c->arena, name);
        json_set(c->arena, out, name, changed_member(c, member, names_are_free));
    }
    if (c->change == UNKNOWN && !names_are_free && c->seen++ == c->at)
        json_set(c->arena, out, STR("nonsense"), json_new_bool(true));
    return out;
}

static int post_changed(struct asker *asker, enum change change, int at)
{
    struct changing c = {&asker->arena, change, at, 0};
    const json *body = changed(&c, json_parse(&asker->arena, str_from(whole), NULL), false);
    post(asker, json_to_str(&asker->arena, body, JSON_COMPACT).p);
    return c.seen;
}

/* Protects: every member of a wrong type and every unknown member is refused, told by its place,
 * wherever it stands; both spellings of names mean the same. */
static void test_shapes(void **state)
{
    (void)state;
    struct asker asker = asker_new(NULL);
    post(&asker, whole);
    if (asker.status != 200)
        fail_msg("%.*s", STR_ARG(buf_str(&asker.bytes)));
    str text = json_to_str(&asker.arena, asker.body, JSON_COMPACT);
    post_changed(&asker, SNAKE, 0);
    assert_true(str_equal(json_to_str(&asker.arena, asker.body, JSON_COMPACT), text));
    int places = post_changed(&asker, WRONG, -1);
    assert_true(places > 60);
    for (int i = 0; i < places; i++) {
        post_changed(&asker, WRONG, i);
        str message = assert_refused(&asker, 400, "INVALID_ARGUMENT");
        if (!str_starts_with(message, STR("Invalid value at '")))
            fail_msg("place %d: %.*s", i, STR_ARG(message));
        const json *detail = json_at(json_path(asker.body, "error.details"), 0);
        const json *violation = json_at(json_get(detail, STR("fieldViolations")), 0);
        assert_contains(message, json_text(json_get(violation, STR("field"))).p);
    }
    places = post_changed(&asker, UNKNOWN, -1);
    assert_true(places > 15);
    for (int i = 0; i < places; i++) {
        post_changed(&asker, UNKNOWN, i);
        str message = assert_refused(&asker, 400, "INVALID_ARGUMENT");
        assert_contains(message, "Invalid JSON payload received. Unknown name \"nonsense\"");
        assert_contains(message, ": Cannot find field.");
    }
    asker_end(&asker);
}

/* Protects: what the provider takes although it looks wrong. */
static void test_lenient_shapes(void **state)
{
    (void)state;
    static const char *const bodies[] = {
        "{\"contents\":{\"parts\":{\"text\":\"hi\"}}}",
        "{\"contents\":[{\"parts\":[{\"text\":\"hi\"}]}],\"tools\":null}",
        "{\"contents\":[{\"parts\":[{\"text\":\"hi\"}]}],\"generationConfig\":{\"topK\":\"4\","
        "\"temperature\":\"0.5\",\"seed\":-3}}",
        "{\"contents\":[{\"parts\":[{\"text\":\"hi\"}]}],\"tools\":[{\"googleSearch\":{}}],"
        "\"toolConfig\":{\"functionCallingConfig\":{\"mode\":\"auto\"}}}",
    };
    struct asker asker = asker_new(NULL);
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        post(&asker, bodies[i]);
        if (asker.status != 200)
            fail_msg("%s: %.*s", bodies[i], STR_ARG(buf_str(&asker.bytes)));
    }
    asker_end(&asker);
}

/* ---- ranges and what goes with what ---- */

#define CONFIG(members) ",\"generationConfig\":{" members "}"
#define JSON_MODE       "\"responseMimeType\":\"application/json\","

/* Protects: each value out of its range, and each two that exclude each other, is told by place. */
static void test_ranges(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {CONFIG("\"temperature\":2.1"), "generation_config.temperature"},
        {CONFIG("\"temperature\":-1"), "in the range [0.0, 2.0]"},
        {CONFIG("\"topP\":1.5"), "generation_config.top_p"},
        {CONFIG("\"topK\":0"), "top_k must be positive"},
        {CONFIG("\"maxOutputTokens\":0"), "max_output_tokens must be positive"},
        {CONFIG("\"candidateCount\":9"), "generation_config.candidate_count"},
        {CONFIG("\"presencePenalty\":2.5"), "generation_config.presence_penalty"},
        {CONFIG("\"frequencyPenalty\":-3"), "generation_config.frequency_penalty"},
        {CONFIG("\"responseLogprobs\":true,\"logprobs\":21"), "generation_config.logprobs"},
        {CONFIG("\"logprobs\":2"), "response_logprobs is true"},
        {CONFIG("\"stopSequences\":[\"1\",\"2\",\"3\",\"4\",\"5\",\"6\"]"), "at most 5"},
        {CONFIG("\"seed\":2147483648"), "(TYPE_INT32), 2147483648"},
        {CONFIG("\"seed\":1.5"), "(TYPE_INT32), 1.5"},
        {CONFIG("\"thinkingConfig\":{\"thinkingBudget\":3,\"thinkingLevel\":\"LOW\"}"),
         "one of thinking budget and thinking level"},
        {CONFIG("\"thinkingConfig\":{\"thinkingBudget\":-2}"), "thinking_budget"},
        {CONFIG("\"responseMimeType\":\"text/html\""), "allowed mimetypes"},
        {CONFIG("\"responseSchema\":{\"type\":\"STRING\"}"), "response_mime_type"},
        {CONFIG("\"responseJsonSchema\":{}"), "response_mime_type"},
        {CONFIG(JSON_MODE "\"responseJsonSchema\":3"), "must be a JSON object"},
        {CONFIG(JSON_MODE "\"responseJsonSchema\":{},\"responseSchema\":{}"),
         "must not be set when response_schema is set"},
        {CONFIG(JSON_MODE "\"responseSchema\":{\"type\":\"ARRAY\"}"),
         "response_schema.items: missing field"},
        {CONFIG(JSON_MODE "\"responseSchema\":{\"type\":\"OBJECT\",\"properties\":{\"a\":{"
                          "\"type\":\"ARRAY\"}}}"),
         "response_schema.properties[a].items: missing field"},
        {CONFIG(JSON_MODE "\"responseSchema\":{\"type\":\"OBJECT\",\"required\":[\"a\"]}"),
         "required[0]: property is not defined"},
        {CONFIG(JSON_MODE "\"responseSchema\":{\"type\":\"NUMBER\",\"enum\":[\"1\"]}"),
         "only allowed for STRING type"},
        {CONFIG(JSON_MODE "\"responseSchema\":{\"type\":\"anything\"}"), "Type), \"anything\""},
        {CONFIG("\"responseMimeType\":\"text/x.enum\""), "needs a schema"},
        {",\"tools\":[{\"functionDeclarations\":[{\"name\":\"1f\"}]}]",
         "tools[0].function_declarations[0].name"},
        {",\"tools\":[{\"functionDeclarations\":[{\"name\":\"f\"},{\"name\":\"f\"}]}]",
         "Duplicate function declaration found: f"},
        {",\"tools\":[{\"functionDeclarations\":[{\"name\":\"f\",\"parameters\":{},"
         "\"parametersJsonSchema\":{}}]}]",
         "must not be set when"},
        {",\"toolConfig\":{\"functionCallingConfig\":{\"mode\":\"ANY\"}}",
         "without function_declarations"},
        {",\"tools\":[{\"functionDeclarations\":[{\"name\":\"f\"}]}],\"toolConfig\":{"
         "\"functionCallingConfig\":{\"allowedFunctionNames\":[\"f\"]}}",
         "should be ANY"},
        {",\"tools\":[{\"functionDeclarations\":[{\"name\":\"f\"}]}],\"toolConfig\":{"
         "\"functionCallingConfig\":{\"mode\":\"ANY\",\"allowedFunctionNames\":[\"g\"]}}",
         "`g` is not among"},
    };
    struct asker asker = asker_new(NULL);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        post(&asker, body_of(&asker, "hi", rows[i][0]));
        assert_contains(assert_refused(&asker, 400, "INVALID_ARGUMENT"), rows[i][1]);
    }
    asker_end(&asker);
}

/* ---- conversations ---- */

#define USER(parts)   "{\"role\":\"user\",\"parts\":[" parts "]}"
#define MODELS(parts) "{\"role\":\"model\",\"parts\":[" parts "]}"
#define TEXT          "{\"text\":\"hi\"}"
#define CALL          "{\"functionCall\":{\"name\":\"f\",\"args\":{}},\"thoughtSignature\":\"AY89\"}"
#define UNSIGNED      "{\"functionCall\":{\"name\":\"f\",\"args\":{}}}"
#define ANSWER        "{\"functionResponse\":{\"name\":\"f\",\"response\":{\"result\":1}}}"

/* Protects: calls and answers must fit together as the provider wants it. */
static void test_conversations(void **state)
{
    (void)state;
    static const char *const good[] = {
        USER(TEXT) "," MODELS(CALL) "," USER(ANSWER),
        USER(TEXT) "," MODELS(CALL "," UNSIGNED) "," USER(ANSWER "," ANSWER),
        USER(TEXT) "," MODELS(CALL "," UNSIGNED) "," USER(ANSWER) "," USER(ANSWER),
        USER(TEXT) "," MODELS(UNSIGNED) "," USER(ANSWER "," TEXT), /* said since: no step */
        USER(TEXT) "," USER(TEXT) "," MODELS(TEXT) "," MODELS(TEXT) "," USER(TEXT),
        USER("{\"text\":\"\"}"),
    };
    static const char *const bad[][2] = {
        {"", "contents is not specified"},
        {USER(""), "contents[0].parts: contents.parts must not be empty"},
        {USER("{}"), "contents[0].parts[0].data"},
        {USER("{\"text\":\"a\",\"inlineData\":{\"data\":\"\"}}"), "(oneof)"},
        {"{\"role\":\"system\",\"parts\":[" TEXT "]}", "Please use a valid role: user, model."},
        {USER(ANSWER), "immediately after a function call turn"},
        {USER(TEXT) "," MODELS(TEXT) "," USER(ANSWER),
         "immediately after a function call turn"},
        {USER(TEXT) "," MODELS(CALL) "," USER(ANSWER "," ANSWER),
         "number of function response"},
        {USER(TEXT) "," MODELS(CALL) "," USER(TEXT), "number of function response"},
        {USER(TEXT) "," MODELS(CALL "," UNSIGNED) "," USER(ANSWER) "," MODELS(TEXT),
         "number of function response"},
        {USER(TEXT) "," MODELS(UNSIGNED) "," USER(ANSWER),
         "Function call `f` in the `2.` content block is missing a `thought_signature`"},
        {USER("{\"inlineData\":{\"mimeType\":\"image/png\",\"data\":\"no base64\"}}"),
         "contents[0].parts[0].inline_data.data' (TYPE_BYTES)"},
    };
    struct asker asker = asker_new(NULL);
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        post(&asker, arena_printf(&asker.arena, "{\"contents\":[%s]}", good[i]).p);
        if (asker.status != 200)
            fail_msg("%s: %.*s", good[i], STR_ARG(buf_str(&asker.bytes)));
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        post(&asker, arena_printf(&asker.arena, "{\"contents\":[%s]}", bad[i][0]).p);
        assert_contains(assert_refused(&asker, 400, "INVALID_ARGUMENT"), bad[i][1]);
    }
    asker_end(&asker);
}

/* ---- counts and vectors ---- */

/* Protects: counts and vectors refuse what their own messages do not have. */
static void test_other_endpoints(void **state)
{
    (void)state;
    static const char *const rows[][3] = {
        {"countTokens", "{}", "CountTokensRequest.contents: contents is not specified"},
        {"countTokens", "{\"generationConfig\":{}}", "\"generationConfig\": Cannot find field"},
        {"countTokens",
         "{\"contents\":[" USER(TEXT) "],\"generateContentRequest\":{\"contents\":[" USER(
             TEXT) "]}}",
         "must not both be set"},
        {"embedContent", "{}", "EmbedContentRequest.content: content is not specified"},
        {"embedContent", "{\"content\":{\"parts\":[]}}", "must not be empty"},
        {"embedContent", "{\"content\":{\"parts\":[{\"text\":\"\"}]}}", "empty Part"},
        {"embedContent", "{\"content\":" USER(TEXT) ",\"outputDimensionality\":4000}",
         "output_dimensionality"},
        {"embedContent", "{\"content\":" USER(TEXT) ",\"taskType\":\"FUN\"}", "TaskType"},
        {"batchEmbedContents", "{}", "BatchEmbedContentsRequest.requests"},
        {"batchEmbedContents", "{\"requests\":[{}]}", "requests[0].content"},
    };
    struct asker asker = asker_new(NULL);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        post_to(&asker, arena_printf(&asker.arena, MODEL ":%s", rows[i][0]).p, rows[i][1]);
        assert_contains(assert_refused(&asker, 400, "INVALID_ARGUMENT"), rows[i][2]);
    }
    asker_end(&asker);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shapes),          cmocka_unit_test(test_lenient_shapes),
        cmocka_unit_test(test_ranges),          cmocka_unit_test(test_conversations),
        cmocka_unit_test(test_other_endpoints),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
