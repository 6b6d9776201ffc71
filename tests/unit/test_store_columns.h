/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_store_columns.h: two records of one table, compared column by column as columns.h lists them.
 */
#ifndef TEST_STORE_COLUMNS_H
#define TEST_STORE_COLUMNS_H

#include "test_store.h"

#include "store/columns.h"
#include "store/schema.h"

#include <math.h>

static void assert_real(const void *is, const void *should)
{
    double a, b;
    memcpy(&a, is, sizeof a);
    memcpy(&b, should, sizeof b);
    if (isnan(b))
        assert_true(isnan(a));
    else
        assert_memory_equal(&a, &b, sizeof a);
}

/* Of a body what counts is its text, which is read from the store. */
static void assert_body(struct store *store, const void *is, const void *should)
{
    struct arena arena = {0};
    struct err err = {0};
    struct store_text a, b;
    str text;
    memcpy(&a, is, sizeof a);
    memcpy(&b, should, sizeof b);
    assert_good(store_body(store, a.id, &arena, &text, &err), &err);
    assert_str(text, b.text);
    arena_release(&arena);
}

static void assert_column(struct store *store, enum column_type type, const void *is,
                          const void *should)
{
    str a, b;
    switch (type) {
    case COLUMN_INT:
    case COLUMN_INT_OR_NO:
        assert_memory_equal(is, should, sizeof(int64_t));
        break;
    case COLUMN_REAL:
        assert_real(is, should);
        break;
    case COLUMN_BOOL:
        assert_int_equal(*(const bool *)is, *(const bool *)should);
        break;
    case COLUMN_NAME:
        assert_memory_equal(is, should, sizeof(unsigned));
        break;
    case COLUMN_TEXT:
    case COLUMN_PROSE:
    case COLUMN_BYTES:
        memcpy(&a, is, sizeof a);
        memcpy(&b, should, sizeof b);
        assert_str(a, b);
        break;
    case COLUMN_BODY:
        assert_body(store, is, should);
        break;
    }
}

/* `is` was read from the store; both are the table's records. */
static void assert_columns(struct store *store, const struct table *table, const void *is,
                           const void *should)
{
    for (size_t i = 0; i < table->columns; i++) {
        const struct column *column = &table->column[i];
        assert_column(store, column->type, (const char *)is + column->offset,
                      (const char *)should + column->offset);
    }
}

#endif
