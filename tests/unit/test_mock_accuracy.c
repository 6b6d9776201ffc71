/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_mock_accuracy.c: 20,000 replies in each mode of skill: is the accuracy that was realised the
 * one that was configured, and does the server's own count agree with the client's?
 */
#include "test_mock_ask.h"

#include <math.h>
#include <stdlib.h>
#include <unistd.h>

enum { ROWS = 20000 };

/* The models of the mock file below, and the skill that each is given. */
static const struct {
    const char *name;
    double skill; /* 0: by ability */
    bool exact;
} models[] = {{"bernoulli", 0.8, false},
              {"exact", 0.73, true},
              {"paired", 0.8, false},
              {"systematic", 0.65, false},
              {"able", 0, false}};
enum { MODELS = sizeof models / sizeof models[0] };

static const char settings[] = "models:\n"
                               "  bernoulli: {skill: 0.8}\n"
                               "  exact: {skill: 0.73, mode: exact}\n"
                               "  paired: {skill: 0.8, mode: paired}\n"
                               "  systematic: {skill: 0.65, systematic: 0.5}\n"
                               "  able: {skill: {ability: 1}}\n"
                               "answers:\n"
                               "  rows: {file: %s, find: [q], difficulty: d, right: \"yes\",\n"
                               "         wrong: [{text: \"no\"}, {text: maybe, share: 2}]}\n";

/* From easy to hard. */
static double difficulty_of(size_t row)
{
    return -2 + 4.0 * (double)(row % 101) / 100;
}

static double chance_of(size_t model, size_t row)
{
    return models[model].skill > 0 ? models[model].skill
                                   : 1 / (1 + exp(difficulty_of(row) - 1));
}

static void write_rows(char *path)
{
    int fd = mkstemps(path, 6);
    FILE *file = fdopen(fd, "w");
    assert_non_null(file);
    for (size_t i = 0; i < ROWS; i++)
        fprintf(file, "{\"q\":\"question number %05zu\",\"d\":%.17g}\n", i, difficulty_of(i));
    fclose(file);
}

static bool is_right(struct asker *asker, size_t model, size_t row)
{
    char body[300], key[20];
    const char *headers[] = {
        "authorization", "Bearer k", "x-weir-attempt", "1", "idempotency-key", key, NULL};
    snprintf(key, sizeof key, "k%zu", row);
    snprintf(body, sizeof body,
             "{\"model\":\"%s\",\"messages\":[{\"role\":\"user\",\"content\":"
             "\"Please answer question number %05zu now\"}]}",
             models[model].name, row);
    arena_clear(&asker->arena);
    ask_raw(asker, "POST", "/v1/chat/completions", str_from(body), headers);
    assert_int_equal(asker->status, 200);
    if (str_equal(asker->text, STR("yes")))
        return true;
    assert_true(str_equal(asker->text, STR("no")) || str_equal(asker->text, STR("maybe")));
    return false;
}

static const json *counted(const json *truth, const char *model)
{
    for (const json *a = json_first(json_get(truth, STR("answers"))); a; a = json_next(a))
        if (str_equal(json_text(json_get(a, STR("model"))), str_from(model)))
            return a;
    fail_msg("/mock/truth does not know %s", model);
    return NULL;
}

/* Protects: in each mode the realised accuracy lies in the 99 % interval of the configured one, in
 * mode exact within one row of it, and /mock/truth counts what the client counts. */
static void test_accuracy(void **state)
{
    (void)state;
    char path[] = "/tmp/weir-mock-rows-XXXXXX.jsonl", yaml[2000];
    double expected[MODELS] = {0}, variance[MODELS] = {0};
    int64_t right[MODELS] = {0};
    write_rows(path);
    snprintf(yaml, sizeof yaml, settings, path);
    struct asker asker = asker_new(yaml);
    unlink(path);
    for (size_t row = 0; row < ROWS; row++)
        for (size_t m = 0; m < MODELS; m++) {
            double chance = chance_of(m, row);
            expected[m] += chance;
            variance[m] += chance * (1 - chance);
            right[m] += is_right(&asker, m, row);
        }
    ask_raw(&asker, "GET", "/mock/truth", STR(""), NULL);
    for (size_t m = 0; m < MODELS; m++) {
        double within = models[m].exact ? 1 + 1e-6 : 2.5758293035489 * sqrt(variance[m]);
        double off = (double)right[m] - expected[m];
        const json *truth = counted(asker.body, models[m].name);
        print_message("%-10s configured %.4f realised %.4f, off by %+.1f of at most %.1f\n",
                      models[m].name, expected[m] / ROWS, (double)right[m] / ROWS, off, within);
        assert_true(fabs(off) <= within);
        assert_int_equal(json_number(json_get(truth, STR("replies"))), ROWS);
        assert_int_equal(json_number(json_get(truth, STR("correct"))), right[m]);
        double told = json_number(json_get(truth, STR("expected")));
        assert_true(fabs(told - expected[m] / ROWS) < 1e-5);
    }
    asker_end(&asker);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_accuracy)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
