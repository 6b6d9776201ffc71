/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_api_options.c: the options of libweir are those of the command, and its page has them.
 */
#include "api/inside.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
/* cmocka wants those before it */
#include <cmocka.h>

#include "base/file.h"
#include "cmd/cmd.h"

/* Protects who knows the command: the same word has the same meaning, limits and default in the library. */
static void words_are_those_of_the_command(void **state)
{
    size_t rows = 0;
    (void)state;
    for (const struct opt *row = api_options; row->type != OPT_TYPE_END; row++, rows++) {
        const struct opt *of_run = opt_find(cmd_run.options, str_from(row->key));
        if (str_equal(str_from(row->key), STR("runs")))
            continue; /* the command always puts them beside the experiment */
        assert_non_null(of_run);
        assert_int_equal(row->type, of_run->type);
        assert_true(row->min == of_run->min && row->max == of_run->max);
        assert_ptr_equal(row->choices, of_run->choices);
        if (row->fallback || of_run->fallback)
            assert_string_equal(row->fallback, of_run->fallback);
    }
    assert_true(rows > 10);
}

/* Protects readers: docs/library.md lists every option, as its row says it. */
static void the_page_lists_them(void **state)
{
    struct arena arena = {0};
    struct buf table = {0};
    str page;
    (void)state;
    buf_add_str(&table, STR("<!-- options -->\n"));
    opt_write_reference(&table, api_options);
    buf_add_str(&table, STR("<!-- end of options -->\n"));
    assert_int_equal(
        file_read(&arena, TEST_SOURCE_DIR "/docs/library.md", 1000000, &page, NULL), 0);
    if (!str_contains(page, buf_str(&table))) {
        fprintf(stderr, "docs/library.md should have\n%.*s", STR_ARG(buf_str(&table)));
        fail();
    }
    buf_release(&table);
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_those_of_the_command),
        cmocka_unit_test(the_page_lists_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
