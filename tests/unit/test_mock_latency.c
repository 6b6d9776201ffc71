/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_mock_latency.c: laws of times against their distributions.
 */
#include "test_mock_ask.h"

#include "mock_server/latency.h"

#include <math.h>

static struct law law_from(const char *yaml)
{
    struct arena arena = {0};
    struct mistakes mistakes;
    struct law law = {0};
    struct source source = {STR("t.yaml"), str_from(yaml)};
    static double kept[16];
    mistakes_init(&mistakes, &arena);
    const struct yaml *node = yaml_parse(&arena, &source, &yaml_file_limits, &mistakes);
    struct opt_parse parse = {&arena, &mistakes, NULL};
    if (law_read(&parse, node, &law) < 0)
        fail_msg("%s", mistakes_text(&mistakes).p);
    for (size_t i = 0; i < law.samples && i < 16; i++)
        kept[i] = law.sample[i];
    law.sample = law.samples ? kept : NULL;
    arena_release(&arena);
    return law;
}

static void assert_ms(double ns, double ms)
{
    if (fabs(ns / 1e6 - ms) > 1e-6 * ms + 1e-6)
        fail_msg("%.9g ms is not %.9g ms", ns / 1e6, ms);
}

/* Protects: median and p95 of a log-normal time are the ones that were written. */
static void test_lognormal(void **state)
{
    (void)state;
    struct law law = law_from("{lognormal: {median: 250ms, p95: 600ms}}");
    assert_ms(law_quantile(&law, 0.5), 250);
    assert_ms(law_quantile(&law, 0.95), 600);
    double cap = law_quantile(&law, 0.9999999);
    assert_ms(law_quantile(&law, 0.999), cap / 1e6);
    assert_ms(cap, 250 * exp(3.0902323061678132 * log(600.0 / 250) / 1.6448536269514722));
    law = law_from("{lognormal: {median: 250ms, p95: 600ms, max: 1200ms}}");
    assert_ms(law_quantile(&law, 0.9999), 1200);
}

/* Protects: mean, quantiles and cap of the exponential law; it is at 0 for u = 0. */
static void test_exponential(void **state)
{
    (void)state;
    struct law law = law_from("{exponential: {mean: 10ms}}");
    assert_ms(law_quantile(&law, 0.5), 10 * log(2));
    assert_ms(law_quantile(&law, 0), 0);
    assert_ms(law_quantile(&law, 0.99999), 10 * log(1000));
    enum { N = 20000 };
    double sum = 0;
    for (uint64_t i = 0; i < N; i++)
        sum += (double)law_draw(&law, rng_key(3), "t", i);
    /* capped at its 99.9 % quantile the mean is 10 ms less a thousandth */
    assert_true(fabs(sum / N / 1e6 - 10 * 0.999) < 4 * 10 / sqrt(N));
}

/* Protects: normal times are symmetric about the mean and never negative. */
static void test_normal(void **state)
{
    (void)state;
    struct law law = law_from("{normal: {mean: 20ms, sd: 10ms}}");
    assert_ms(law_quantile(&law, 0.5), 20);
    assert_ms(law_quantile(&law, 0.95), 20 + 16.448536269514722);
    assert_ms(law_quantile(&law, 0), 0);
    assert_ms(law_quantile(&law, 0.99999), 20 + 30.902323061678132);
}

/* Protects: empirical times are the written ones, each as likely; constants cost no draw. */
static void test_empirical_and_constant(void **state)
{
    (void)state;
    struct law law = law_from("{empirical: [10ms, 20ms, 1s, 40ms]}");
    int count[4] = {0};
    for (uint64_t i = 0; i < 4000; i++) {
        int64_t ms = law_draw(&law, rng_key(3), "t", i) / 1000000;
        count[ms == 10 ? 0 : ms == 20 ? 1 : ms == 1000 ? 2 : 3]++;
    }
    for (int i = 0; i < 4; i++)
        assert_in_range(count[i], 880, 1120);
    law = law_from("300ms");
    assert_ms((double)law_draw(&law, rng_key(3), "t", 0), 300);
    assert_ms((double)law_sum(&law, rng_key(3), "t", 7), 2100);
}

/* Protects: profiles are the language's. */
static void test_profiles(void **state)
{
    (void)state;
    struct law first, token;
    profile_laws(PROFILE_REASONING, &first, &token);
    assert_ms(law_quantile(&first, 0.5), 2000);
    assert_ms(law_quantile(&first, 0.95), 8000);
    assert_ms(law_quantile(&token, 0.5), 15);
    profile_laws(PROFILE_INSTANT, &first, &token);
    assert_ms(law_quantile(&first, 0.9), 0);
}

/* Protects: a reply comes after the first token's time and that of each token, times the scale,
 * and after the rule's times where it has its own. */
static void test_reply_time(void **state)
{
    (void)state;
    struct asker asker =
        asker_new("scale: 0.5\n"
                  "models: {m: {first_token: 100ms, per_token: 10ms}}\n"
                  "rules:\n"
                  "  own: {when: {prompt: own}, reply: '12345678', first_token: 1s}\n"
                  "  all: {reply: '12345678'}\n");
    ask(&asker, "x", "k", 1, NULL);
    assert_int_equal(asker.delivery.at_ns, 60 * NS_PER_MS);
    ask(&asker, "own", "k", 1, NULL);
    assert_int_equal(asker.delivery.at_ns, 510 * NS_PER_MS);
    asker_end(&asker);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lognormal), cmocka_unit_test(test_exponential),
        cmocka_unit_test(test_normal),    cmocka_unit_test(test_empirical_and_constant),
        cmocka_unit_test(test_profiles),  cmocka_unit_test(test_reply_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
