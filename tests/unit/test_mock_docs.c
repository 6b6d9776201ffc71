/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_mock_docs.c: docs/mock-server.md holds the tables of the mock file as the program reads it.
 */
#include "test_mock_ask.h"

#include "base/ceilings.h"
#include "base/file.h"
#include "mock_server/config.h"

/* Protects: every key, type, default and meaning in the reference is the table's own. */
static void test_tables(void **state)
{
    (void)state;
    static const struct opt *const tables[] = {
        mock_options,      mock_model_options,  law_options,   skill_options,
        answers_options,   rule_options,        when_options,  answer_options,
        wrong_options,     fault_options,       limit_options, load_options,
        reasoning_options, prompt_cache_options};
    struct arena arena = {0};
    struct err err = {0};
    str text;
    if (file_read(&arena, TEST_SOURCE_DIR "/docs/mock-server.md", MAX_PROMPT_BYTES, &text,
                  &err) < 0)
        fail_msg("%s", err.message);
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        struct buf wanted = {0};
        opt_write_reference(&wanted, tables[i]);
        if (!str_contains(text, str_trim(buf_str(&wanted))))
            fail_msg("docs/mock-server.md lacks this table:\n%s", wanted.p);
        buf_release(&wanted);
    }
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_tables)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
