/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_report_github.c: annotations: what is an error, a warning, a notice, where it stands, and
 * that its text stays in its place.
 */
#include "unit/test_report_data.h"

static const struct summary_rule rules[] = {
    {.metric = SUMMARY_ERROR_RATE, .bar = SUMMARY_MAX, .variant = 1, .limit = 0.9, .number = 0},
    {.metric = SUMMARY_ERROR_RATE, .bar = SUMMARY_MIN, .variant = 1, .limit = 0.9, .number = 1},
    {.bar = SUMMARY_NOT_BELOW,
     .variant = 1,
     .margin = 0.1,
     .against = SUMMARY_NO_BASELINE,
     .reference = STR_INIT("baseline"),
     .number = 2},
};

/* Protects: a failed requirement is an error at its own line, one that is not judged a notice, one
 * that passes nothing; warnings and the verdict are about the experiment. */
static void kinds(void **state)
{
    (void)state;
    static const struct report_place lines[] = {
        {STR_INIT("a,b:c%.yaml"), 11}, {STR_INIT("a,b:c%.yaml"), 12}, {STR_INIT(""), 0}};
    struct data data;
    data_make(&data, (struct data_options){.rules = rules, .rule_count = 3}, false);
    struct report_input input = data_input(&data);
    input.experiment = (struct report_place){STR("a,b:c%.yaml"), 1};
    input.rule = lines;
    input.rules = 3;
    struct buf out = data_render("github", &input);
    assert_has(&out, "::error file=a%2Cb%3Ac%25.yaml,line=12,title=weir%3A FAIL::error rate of "
                     "by_model at least 90.0 %25. ");
    assert_lacks(&out, "line=11");
    assert_has(&out, "::notice file=a%2Cb%3Ac%25.yaml,line=1,title=weir%3A not judged::");
    assert_has(&out,
               "::warning file=a%2Cb%3Ac%25.yaml,line=1,title=weir%3A mock::Answered by ");
    assert_has(&out, "title=weir%3A Support mail::by_model is more accurate than every other "
                     "variant. by_model: ");
    assert_has(&out, "%0ARequirements: FAIL (1 passed, 1 failed, ");
    buf_release(&out);
    data_free(&data);
}

/* Protects: without a place there is none, and the rest is the same. */
static void without_a_place(void **state)
{
    (void)state;
    struct data data;
    data_make(&data, (struct data_options){.rules = rules, .rule_count = 3}, false);
    struct report_input input = data_input(&data);
    struct buf out = data_render("github", &input);
    assert_has(&out, "::error title=weir%3A FAIL::");
    assert_lacks(&out, "file=");
    buf_release(&out);
    data_free(&data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kinds),
        cmocka_unit_test(without_a_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
