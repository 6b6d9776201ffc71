/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_mock_found.c: what the fuzzer found in the mock server (tests/fuzz/mock_targets.h), each as
 * small as it can be said.
 */
#include "test_mock_ask.h"

#include "base/text.h"

/* Protects: a head whose bytes are no UTF-8 is quoted in no reply, nor in the journal, as it is. */
static void test_bytes_in_heads(void **state)
{
    (void)state;
    static const char *const paths[] = {"/v1/nothing\x94", "/v1/models/a\xff",
                                        "/v1beta/models/\x80:generateContent"};
    static const char *const headers[][3] = {{"authorization", "Bearer \xc3", NULL},
                                             {"anthropic-version", "2023\xff", NULL},
                                             {"x-goog-api-key", "k\xe2\x82", NULL}};
    struct asker asker = asker_new(NULL);
    for (size_t i = 0; i < 3; i++)
        for (size_t j = 0; j < 3; j++) {
            ask_raw(&asker, i < 2 ? "GET" : "POST", paths[i], STR("{}"), headers[j]);
            assert_true(asker.status >= 200 && asker.status < 500);
            assert_true(utf8_invalid_at(buf_str(&asker.bytes)) < 0);
            assert_non_null(asker.body);
        }
    ask_raw(&asker, "GET", "/mock/journal", STR(""), NULL);
    assert_true(utf8_invalid_at(buf_str(&asker.bytes)) < 0);
    assert_true(str_contains(buf_str(&asker.bytes), STR("/v1/nothing\xef\xbf\xbd")));
    asker_end(&asker);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bytes_in_heads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
