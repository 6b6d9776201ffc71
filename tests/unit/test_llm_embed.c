/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_llm_embed.c: vectors: bodies sent, replies read, and what compares them.
 */
#include "test_llm_bodies.h"

#include "llm/embed.h"

static struct arena arena;
static struct llm_provider provider;
static struct llm_model model;
static struct llm_request request;
static const str texts[] = {STR_INIT("a \"b\""), STR_INIT("\xc3\xbc")};

static int setup(void **state)
{
    (void)state;
    provider = (struct llm_provider){.name = STR("p")};
    model = (struct llm_model){.name = STR("near"), .model = STR("m"), .provider = &provider};
    request = llm_embed_request(&model, texts, 2);
    return 0;
}

static int teardown(void **state)
{
    arena_release(&arena);
    return bodies_end(state);
}

static str written(void (*write)(const struct llm_request *request, struct buf *out))
{
    struct buf out = {0};
    write(&request, &out);
    str text = arena_str(&arena, buf_str(&out));
    buf_release(&out);
    return text;
}

/* Protects: what is sent is what the provider describes, at its endpoint. */
static void test_bodies(void **state)
{
    (void)state;
    provider.dialect = &llm_dialect_openai_embeddings;
    const struct llm_embedding *how = provider.dialect->embedding;
    assert_str(written(how->path), "/embeddings");
    assert_str(written(how->encode),
               "{\"model\":\"m\",\"input\":[\"a \\\"b\\\"\",\"\xc3\xbc\"]}");
    model.extra = json_of(&arena, "{\"dimensions\":256,\"encoding_format\":\"base64\"}");
    const struct jsonschema *schema = schema_in_file(&arena, "openai-embeddings");
    assert_valid_by(schema, written(how->encode));

    provider.dialect = &llm_dialect_gemini;
    how = provider.dialect->embedding;
    model.extra = NULL;
    assert_str(written(how->path), "/v1beta/models/m:batchEmbedContents");
    assert_str(written(how->encode),
               "{\"requests\":[{\"model\":\"models/m\",\"content\":{\"parts\":[{\"text\":"
               "\"a \\\"b\\\"\"}]}},{\"model\":\"models/m\",\"content\":{\"parts\":[{\"text\":"
               "\"\xc3\xbc\"}]}}]}");
    model.extra = json_of(&arena, "{\"outputDimensionality\":256}");
    schema = schema_in_file(&arena, "gemini-batch-embed-contents");
    assert_valid_by(schema, written(how->encode));
}

struct reply_row {
    const char *body, *message; /* message: NULL when it is good */
    int64_t input;
};

static void read_rows(const struct reply_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct llm_decoded decoded;
        provider.dialect->embedding->decode(&request, str_from(rows[i].body), &arena, &decoded);
        if (!rows[i].message) {
            if (decoded.outcome != LLM_OK)
                fail_msg("%s: %.*s", rows[i].body, STR_ARG(decoded.message));
            for (size_t k = 0; k < 2; k++) {
                assert_int_equal(decoded.vector[k].count, 2);
                assert_true(decoded.vector[k].value[0] == (float)k + 1);
                assert_true(decoded.vector[k].value[1] == -0.5F);
            }
        } else if (decoded.outcome != LLM_TRANSPORT ||
                   !str_contains(decoded.message, str_from(rows[i].message))) {
            fail_msg("%s: %s, '%.*s'", rows[i].body, llm_outcome_name(decoded.outcome),
                     STR_ARG(decoded.message));
        }
        assert_int_equal(decoded.usage.input, rows[i].input);
        assert_int_equal(decoded.usage.output, rows[i].input < 0 ? -1 : 0);
    }
}

#define LIST(items)         "{\"data\":[" items "],\"usage\":{\"prompt_tokens\":8,\"total_tokens\":8}}"
#define ITEM(index, vector) "{\"index\":" index ",\"embedding\":" vector "}"

/* Protects: vectors go to the texts that they are of, as numbers or base64; anything else is no
 * reply of the provider, whatever its types. */
static void test_openai_replies(void **state)
{
    (void)state;
    provider.dialect = &llm_dialect_openai_embeddings;
    static const struct reply_row rows[] = {
        {LIST(ITEM("0", "[1,-0.5]") "," ITEM("1", "[2,-0.5]")), NULL, 8},
        {LIST(ITEM("1", "[2,-0.5]") "," ITEM("0", "[1,-0.5]")), NULL, 8},
        {LIST(ITEM("0", "\"AACAPwAAAL8=\"") "," ITEM("1", "\"AAAAQAAAAL8=\"")), NULL, 8},
        {"{\"data\":[" ITEM("0", "[1,-0.5]") "," ITEM("1", "[2,-0.5]") "]}", NULL, -1},
        {LIST(ITEM("0", "[1,-0.5]")), "no vector for each text", 8},
        {LIST(ITEM("0", "[1,-0.5]") "," ITEM("0", "[1,-0.5]")), "no vector for each text", 8},
        {LIST(ITEM("0", "[1]") "," ITEM("1", "[2,-0.5]")), "not all as long", 8},
        {LIST(ITEM("0", "[1,\"x\"]") "," ITEM("1", "[2,-0.5]")), "no vector for each", 8},
        {LIST(ITEM("0", "[1,1e300]") "," ITEM("1", "[2,-0.5]")), "no vector for each", 8},
        {LIST(ITEM("0", "\"AACAfwAAAL8=\"") "," ITEM("1", "[2,-0.5]")), "no vector", 8},
        {LIST(ITEM("0", "\"****\"") "," ITEM("1", "[2,-0.5]")), "no vector for each", 8},
        {LIST(ITEM("0", "[]") "," ITEM("1", "[]")), "no vector for each text", 8},
        {LIST(ITEM("-1", "[1]") "," ITEM("2", "[1]") ",7,null"), "no vector", 8},
        {"{\"data\":{\"0\":[1]}}", "no vector for each text", -1},
        {"{\"error\":{\"message\":\"overloaded\"}}", "in spite of its status: overloaded", -1},
        {"[]", "the reply is a list", -1},
        {"", "the reply is empty", -1},
        {"<html>", "the reply is not JSON", -1},
    };
    read_rows(rows, sizeof rows / sizeof *rows);
}

static void test_gemini_replies(void **state)
{
    (void)state;
    provider.dialect = &llm_dialect_gemini;
    static const struct reply_row rows[] = {
        {"{\"embeddings\":[{\"values\":[1,-0.5]},{\"values\":[2,-0.5]}]}", NULL, -1},
        {"{\"embeddings\":[{\"values\":[1,-0.5]},{\"values\":[2,-0.5]},{}],"
         "\"usageMetadata\":{\"promptTokenCount\":8}}",
         NULL, 8},
        {"{\"embeddings\":[{\"values\":[1,-0.5]}]}", "no vector for each text", -1},
        {"{\"embeddings\":[{\"values\":7},{}]}", "no vector for each text", -1},
        {"{\"embeddings\":7}", "no vector for each text", -1},
        {"{}", "no vector for each text", -1},
    };
    read_rows(rows, sizeof rows / sizeof *rows);
}

/* Protects: who cannot make vectors, or cannot answer, says so before a run. */
static void test_check(void **state)
{
    (void)state;
    const struct llm_request question = {.model = &model};
    provider.dialect = &llm_dialect_openai_embeddings;
    assert_str(llm_request_check(&request, &arena), "");
    assert_str(llm_request_check(&question, &arena),
               "model 'near' cannot answer: openai-embeddings does not");
    provider.dialect = &llm_dialect_anthropic_messages;
    assert_str(llm_request_check(&request, &arena),
               "model 'near' cannot make vectors: anthropic-messages does not");
    assert_str(llm_request_check(&question, &arena), "");
    provider.dialect = &llm_dialect_openai_chat;
    assert_str(llm_request_check(&request, &arena), "");
    provider.dialect = &llm_dialect_gemini;
    assert_str(llm_request_check(&request, &arena), "");
    model.capabilities.stream = true;
    assert_false(llm_request_streams(&request));
    assert_true(llm_request_streams(&question));
}

static void test_cosine(void **state)
{
    (void)state;
    static const float right[] = {2, 0}, up[] = {0, 3}, both[] = {1, 1}, none[] = {0, 0};
    const struct llm_vector x = {right, 2}, y = {up, 2}, xy = {both, 2}, zero = {none, 2};
    assert_true(llm_vector_cosine(x, x) == 1);
    assert_true(llm_vector_cosine(x, y) == 0);
    double diagonal = llm_vector_cosine(x, xy);
    assert_true(diagonal > 0.70710678118 && diagonal < 0.70710678119); /* cos 45° */
    assert_true(llm_vector_cosine(x, zero) == 0);
    assert_true(llm_vector_cosine(x, (struct llm_vector){right, 1}) == 0);
}

/* Protects: a batch is what one request takes, and never nothing. */
static void test_batch(void **state)
{
    (void)state;
    static char large[LLM_EMBED_TOKENS_MOST];
    static str many[300];
    for (size_t i = 0; i < 300; i++)
        many[i] = STR("x");
    assert_int_equal(llm_embed_batch(many, 0), 0);
    assert_int_equal(llm_embed_batch(many, 7), 7);
    assert_int_equal(llm_embed_batch(many, 300), LLM_EMBED_TEXTS_MOST);
    memset(large, 'x', sizeof large);
    many[1] = (str){large, sizeof large};
    assert_int_equal(llm_embed_batch(many, 300), 1);
    assert_int_equal(llm_embed_batch(many + 1, 299), 1);
}

/* Protects: the texts count in hash and estimate. */
static void test_request(void **state)
{
    (void)state;
    provider.dialect = &llm_dialect_openai_embeddings;
    struct llm_request one = llm_embed_request(&model, texts, 1);
    assert_false(hash_equal(llm_request_hash(&one), llm_request_hash(&request)));
    assert_int_equal(llm_estimate_tokens(&request), 2 + 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_bodies),  TEST(test_openai_replies), TEST(test_gemini_replies),
        TEST(test_check),   TEST(test_cosine),         TEST(test_batch),
        TEST(test_request),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
