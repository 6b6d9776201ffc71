/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_report_junit.c: JUnit XML that a reader takes: well-formed, of the shape that readers know,
 * with counts that are true, whatever stands in names and messages.
 */
#include "unit/test_junit_reader.h"
#include "unit/test_report_data.h"

static const struct summary_rule rules[] = {
    {.metric = SUMMARY_ERROR_RATE, .bar = SUMMARY_MAX, .variant = 1, .limit = 0.9},
    {.metric = SUMMARY_ERROR_RATE, .bar = SUMMARY_MIN, .variant = 1, .limit = 0.9},
    {.bar = SUMMARY_NOT_BELOW, .variant = 1, .against = 0, .margin = 0.001},
    {.bar = SUMMARY_NOT_BELOW,
     .variant = 1,
     .margin = 0.1,
     .against = SUMMARY_NO_BASELINE,
     .reference = STR_INIT("baseline")},
};

/* Protects: requirements and samples are test cases, and the counts are those of the cases. */
static void test_shape(void **state)
{
    (void)state;
    struct data data;
    struct reader reader;
    data_make(&data, (struct data_options){.rules = rules, .rule_count = 4}, true);
    struct report_input input = data_input(&data);
    struct buf out = data_render("junit", &input);
    read_xml(&reader, buf_str(&out));
    assert_int_equal(reader.found[element_of(STR("testsuite"))], 1 + DATA_VARIANTS);
    assert_int_equal(reader.tests, 4 + DATA_VARIANTS * DATA_SAMPLES);
    assert_true(reader.failures > 0 && reader.errors > 0);
    assert_int_equal(reader.found[element_of(STR("system-out"))], 1);
    assert_true(str_contains(buf_str(&out), STR("type=\"FAIL\"")));
    assert_true(str_contains(buf_str(&reader.text), STR("weir compare BASE HEAD")));
    buf_release(&out);
    buf_release(&reader.text);
    input.store = NULL; /* a comparison */
    out = data_render("junit", &input);
    read_xml(&reader, buf_str(&out));
    assert_int_equal(reader.tests, 4);
    buf_release(&out);
    buf_release(&reader.text);
    data_free(&data);
}

/* Protects: names, ids, reasons and messages from outside cannot break the file. */
static void test_hostile(void **state)
{
    (void)state;
    const char *names[] = {"]]><testcase name=\"x\"/>", "a\x01\x0b\x1f\xef\xbf\xbf&#0;<!--",
                           data_hostile};
    struct data data;
    struct reader reader;
    data_make(
        &data,
        (struct data_options){.names = names, .hostile = true, .rules = rules, .rule_count = 4},
        true);
    struct report_input input = data_input(&data);
    struct buf out = data_render("junit", &input);
    read_xml(&reader, buf_str(&out));
    assert_int_equal(reader.tests, 4 + DATA_VARIANTS * DATA_SAMPLES);
    assert_true(str_contains(buf_str(&reader.text), STR("<script>alert(1)</script>")));
    assert_false(str_contains(buf_str(&out), STR("<script>")));
    buf_release(&out);
    buf_release(&reader.text);
    data_free(&data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_shape),
                                       cmocka_unit_test(test_hostile)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
