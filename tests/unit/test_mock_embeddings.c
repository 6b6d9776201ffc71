/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_mock_embeddings.c: vectors of texts.
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors_are_units),
        cmocka_unit_test(shared_words_are_near),
        cmocka_unit_test(short_vector_is_the_beginning_of_a_long_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
