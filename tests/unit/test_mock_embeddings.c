/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_mock_embeddings.c: vectors of texts, and OpenAI's endpoint for them.
 */
#include "mock_server/embedding.h"
#include "tests/unit/test_mock_ask.h"

#include <math.h>

enum { DIMENSIONS = 1536 };

static double dot(const float *a, const float *b, size_t dimensions)
{
    double sum = 0;
    for (size_t i = 0; i < dimensions; i++)
        sum += (double)a[i] * (double)b[i];
    return sum;
}

static double nearness(const char *a, const char *b)
{
    float x[DIMENSIONS], y[DIMENSIONS];
    embedding_make(str_from(a), DIMENSIONS, x);
    embedding_make(str_from(b), DIMENSIONS, y);
    return dot(x, y, DIMENSIONS);
}

/* Protects: clients that compare by the dot product alone, as OpenAI's guide tells them to. */
static void vectors_are_units(void **state)
{
    (void)state;
    static const char *const texts[] = {"",           "!",  "word", "The quick brown fox",
                                        "日本語の文", "ä ö"};
    static const size_t sizes[] = {1, 2, 7, 8, 9, 63, 64, 65, 256, DIMENSIONS};
    for (size_t t = 0; t < sizeof texts / sizeof texts[0]; t++)
        for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
            float vector[DIMENSIONS];
            embedding_make(str_from(texts[t]), sizes[s], vector);
            double length = dot(vector, vector, sizes[s]);
            if (fabs(length - 1) > 1e-6)
                fail_msg("'%s' at %zu: %.9g", texts[t], sizes[s], length);
            for (size_t i = 0; i < sizes[s]; i++)
                assert_true(fabs((double)vector[i]) > 0);
        }
}

/* Protects: a search in vectors finds the text that shares words with the question. */
static void shared_words_are_near(void **state)
{
    (void)state;
    const char *text = "Returns are free within thirty days of delivery";
    assert_true(nearness(text, text) > 0.999999);
    assert_true(nearness(text, "returns are free, within THIRTY days of delivery!") > 0.95);
    assert_true(nearness(text, "Are returns free after thirty days?") > 0.5);
    assert_true(fabs(nearness(text, "Our museum opens at nine on Sunday")) < 0.15);
    assert_true(nearness("返品は無料です", "返品は有料です") > 0.6);
    assert_true(nearness("a b c", "c b a") < 0.9999); /* another text all the same */
}

/* Protects: vectors that were stored shorter by the client still agree with the server's. */
static void short_vector_is_the_beginning_of_a_long_one(void **state)
{
    (void)state;
    float all[DIMENSIONS], some[100];
    embedding_make(STR("some words of a text"), DIMENSIONS, all);
    embedding_make(STR("some words of a text"), 100, some);
    double scale = sqrt(dot(all, all, 100));
    for (size_t i = 0; i < 100; i++)
        assert_true(fabs((double)all[i] / scale - (double)some[i]) < 1e-6);
}

/* ---- OpenAI's endpoint ---- */

static void embed(struct asker *asker, const char *members)
{
    static const char *const headers[] = {"Authorization", "Bearer k", NULL};
    struct buf body = {0};
    buf_printf(&body, "{\"model\":\"text-embedding-3-small\",%s}", members);
    ask_raw(asker, "POST", "/v1/embeddings", buf_str(&body), headers);
    buf_release(&body);
}

static const json *datum(const struct asker *asker, int64_t index)
{
    return json_at(json_get(asker->body, STR("data")), index);
}

static size_t read_list(const json *list, float *vector)
{
    size_t count = 0;
    for (const json *item = json_first(list); item && count < DIMENSIONS;
         item = json_next(item))
        vector[count++] = (float)json_number(item);
    return count;
}

static unsigned digit_value(char digit)
{
    static const char digits[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    return (unsigned)(strchr(digits, digit) - digits);
}

/* As openai-node reads it: little-endian float32. */
static size_t read_base64(str text, float *vector)
{
    unsigned char bytes[4 * DIMENSIONS + 3];
    size_t n = 0;
    for (size_t i = 0; i + 3 < text.n; i += 4) {
        unsigned three = 0, given = 4;
        for (size_t k = 0; k < 4; k++) {
            given -= text.p[i + k] == '=';
            three = three << 6 | (text.p[i + k] == '=' ? 0 : digit_value(text.p[i + k]));
        }
        for (size_t k = 0; k + 1 < given; k++)
            bytes[n++] = (unsigned char)(three >> (16 - 8 * k));
    }
    for (size_t i = 0; i < n / 4; i++) {
        uint32_t bits = (uint32_t)bytes[4 * i] | (uint32_t)bytes[4 * i + 1] << 8 |
                        (uint32_t)bytes[4 * i + 2] << 16 | (uint32_t)bytes[4 * i + 3] << 24;
        memcpy(&vector[i], &bits, sizeof bits);
    }
    return n / 4;
}

/* Protects: the shape of a reply, and that the endpoint serves embedding_make's vectors. */
static void endpoint_gives_vectors_in_order(void **state)
{
    (void)state;
    struct asker asker = asker_new(NULL);
    float wanted[DIMENSIONS], got[DIMENSIONS];
    embed(&asker, "\"input\":[\"one text\",\"another\"]");
    assert_int_equal(asker.status, 200);
    assert_text(json_text(json_get(asker.body, STR("object"))), "list");
    assert_text(json_text(json_get(asker.body, STR("model"))), "text-embedding-3-small");
    assert_int_equal(json_count(json_get(asker.body, STR("data"))), 2);
    assert_text(json_text(json_get(datum(&asker, 1), STR("object"))), "embedding");
    assert_int_equal((int)json_number(json_get(datum(&asker, 1), STR("index"))), 1);
    assert_int_equal(read_list(json_get(datum(&asker, 1), STR("embedding")), got), DIMENSIONS);
    embedding_make(STR("another"), DIMENSIONS, wanted);
    assert_memory_equal(got, wanted, sizeof wanted);
    assert_int_equal((int)json_number(json_path(asker.body, "usage.prompt_tokens")), 4);
    assert_int_equal((int)json_number(json_path(asker.body, "usage.total_tokens")), 4);
    asker_end(&asker);
}

/* Protects: official SDKs, which ask for base64 themselves and decode it. */
static void base64_holds_the_same_floats(void **state)
{
    (void)state;
    struct asker asker = asker_new(NULL);
    static const size_t sizes[] = {1, 2, 3, 4, 255, DIMENSIONS};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        float plain[DIMENSIONS], packed[DIMENSIONS];
        char members[128];
        snprintf(members, sizeof members, "\"input\":\"some text\",\"dimensions\":%zu",
                 sizes[i]);
        embed(&asker, members);
        assert_int_equal(read_list(json_get(datum(&asker, 0), STR("embedding")), plain),
                         sizes[i]);
        snprintf(members, sizeof members,
                 "\"input\":\"some text\",\"dimensions\":%zu,\"encoding_format\":\"base64\"",
                 sizes[i]);
        embed(&asker, members);
        str text = json_text(json_get(datum(&asker, 0), STR("embedding")));
        assert_int_equal(text.n, (4 * sizes[i] + 2) / 3 * 4);
        assert_int_equal(read_base64(text, packed), sizes[i]);
        assert_memory_equal(plain, packed, sizes[i] * sizeof packed[0]);
    }
    asker_end(&asker);
}

/* Protects: tokens in place of text, one or many lists; each id is billed as one. */
static void token_ids_count_one_each(void **state)
{
    (void)state;
    struct asker asker = asker_new(NULL);
    float first[DIMENSIONS], second[DIMENSIONS];
    embed(&asker, "\"input\":[15339,1917,0]");
    assert_int_equal(json_count(json_get(asker.body, STR("data"))), 1);
    assert_int_equal((int)json_number(json_path(asker.body, "usage.prompt_tokens")), 3);
    embed(&asker, "\"input\":[[15339,1917,7,8],[15339,1917,7,9],[200000]]");
    assert_int_equal(json_count(json_get(asker.body, STR("data"))), 3);
    assert_int_equal((int)json_number(json_path(asker.body, "usage.prompt_tokens")), 9);
    read_list(json_get(datum(&asker, 0), STR("embedding")), first);
    read_list(json_get(datum(&asker, 1), STR("embedding")), second);
    assert_true(dot(first, second, DIMENSIONS) > 0.5);
    asker_end(&asker);
}

struct refused {
    const char *members, *param, *code;
};

/* Protects: what the provider refuses is refused, naming the parameter. */
static void bad_requests_are_refused(void **state)
{
    (void)state;
    static const struct refused cases[] = {
        {"\"dimensions\":3", "input", "missing_required_parameter"},
        {"\"input\":null", "input", "missing_required_parameter"},
        {"\"input\":\"\"", "input", "invalid_value"},
        {"\"input\":[]", "input", "empty_array"},
        {"\"input\":[\"a\",\"\"]", "input", "invalid_value"},
        {"\"input\":[\"a\",1]", "input", "invalid_type"},
        {"\"input\":[1,\"a\"]", "input", "invalid_type"},
        {"\"input\":[[1],[]]", "input", "invalid_value"},
        {"\"input\":[-1]", "input", "invalid_value"},
        {"\"input\":{}", "input", "invalid_type"},
        {"\"input\":\"a\",\"dimensions\":0", "dimensions", "integer_below_min_value"},
        {"\"input\":\"a\",\"dimensions\":1537", "dimensions", "integer_above_max_value"},
        {"\"input\":\"a\",\"dimensions\":1.5", "dimensions", "invalid_type"},
        {"\"input\":\"a\",\"encoding_format\":\"hex\"", "encoding_format", "invalid_value"},
        {"\"input\":\"a\",\"user\":1", "user", "invalid_type"},
    };
    struct asker asker = asker_new(NULL);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        embed(&asker, cases[i].members);
        if (asker.status != 400)
            fail_msg("%s: status %d", cases[i].members, asker.status);
        assert_text(json_text(json_path(asker.body, "error.param")), cases[i].param);
        assert_text(json_text(json_path(asker.body, "error.code")), cases[i].code);
    }
    asker_end(&asker);
}

static void embed_many(struct asker *asker, size_t inputs, size_t words)
{
    struct buf members = {0};
    buf_add_str(&members, STR("\"dimensions\":1,\"input\":["));
    for (size_t i = 0; i < inputs; i++) {
        buf_add_str(&members, i ? STR(",\"") : STR("\""));
        for (size_t word = 0; word < words; word++)
            buf_add_str(&members, STR("abc "));
        buf_add_char(&members, '"');
    }
    buf_add_char(&members, ']');
    embed(asker, buf_str(&members).p);
    buf_release(&members);
}

/* Protects: clients that split what they embed must meet the provider's bounds. */
static void bounds_are_the_providers(void **state)
{
    (void)state;
    struct asker asker = asker_new(NULL);
    embed_many(&asker, 2048, 1);
    assert_int_equal(asker.status, 200);
    embed_many(&asker, 2049, 1);
    assert_text(json_text(json_path(asker.body, "error.code")), "array_above_max_length");
    embed_many(&asker, 1, 8192);
    assert_int_equal(asker.status, 200);
    embed_many(&asker, 1, 8193);
    assert_text(json_text(json_path(asker.body, "error.code")), "context_length_exceeded");
    embed_many(&asker, 50, 6000);
    assert_int_equal(asker.status, 200);
    embed_many(&asker, 50, 6001);
    assert_int_equal(asker.status, 400);
    assert_text(json_text(json_path(asker.body, "error.type")), "max_tokens_per_request");
    asker_end(&asker);
}

/* Protects: the paths and the key's header of Azure's clients. */
static void azure_paths_are_served(void **state)
{
    (void)state;
    static const char *const headers[] = {"api-key", "k", NULL};
    struct asker asker = asker_new(NULL);
    ask_raw(&asker, "POST", "/openai/deployments/mine/embeddings?api-version=2024-10-21",
            STR("{\"input\":\"a\",\"model\":\"other\"}"), headers);
    assert_int_equal(asker.status, 200);
    assert_text(json_text(json_get(asker.body, STR("model"))), "mine");
    ask_raw(&asker, "POST", "/openai/deployments/mine/chat/completions?api-version=2024-10-21",
            STR("{\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]}"), headers);
    assert_int_equal(asker.status, 200);
    assert_text(json_text(json_get(asker.body, STR("model"))), "mine");
    ask_raw(&asker, "POST", "/openai/v1/embeddings", STR("{\"input\":\"a\",\"model\":\"m\"}"),
            headers);
    assert_int_equal(asker.status, 200);
    asker_end(&asker);
}

/* Protects: rules and faults reach endpoints that generate nothing. */
static void embeddings_fail_on_demand(void **state)
{
    (void)state;
    struct asker asker = asker_new(
        "rules:\n"
        "  poison: {when: {prompt: poison}, status: 500}\n"
        "  all: {reply: not for embeddings}\n"
        "faults: [{status: 503, when: {model: text-embedding-3-small, prompt: slow}}]\n");
    embed(&asker, "\"input\":[\"fine\",\"poison\"]");
    assert_int_equal(asker.status, 500);
    embed(&asker, "\"input\":\"slow\"");
    assert_int_equal(asker.status, 503);
    embed(&asker, "\"input\":\"fine\"");
    assert_int_equal(asker.status, 200);
    asker_end(&asker);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(endpoint_gives_vectors_in_order),
        cmocka_unit_test(base64_holds_the_same_floats),
        cmocka_unit_test(token_ids_count_one_each),
        cmocka_unit_test(bad_requests_are_refused),
        cmocka_unit_test(bounds_are_the_providers),
        cmocka_unit_test(azure_paths_are_served),
        cmocka_unit_test(embeddings_fail_on_demand),
        cmocka_unit_test(vectors_are_units),
        cmocka_unit_test(shared_words_are_near),
        cmocka_unit_test(short_vector_is_the_beginning_of_a_long_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
