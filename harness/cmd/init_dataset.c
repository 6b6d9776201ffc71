/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * init_dataset.c: what there is in somebody's rows (see init_dataset.h). What is made of it: init_scaffold.c.
 */
#include "cmd/init_dataset.h"

#include <stdlib.h>

#include "base/file.h"
#include "base/text.h"
#include "plan/scope.h"

enum { ROWS_LEAST_PER_LABEL = 2, LABEL_BYTES = 60, SHORT_BYTES = 60 };

/* ---- columns ---- */

/* "Full name" is Full_name: what a prompt can name. */
static str prompt_name(struct arena *arena, str given)
{
    enum { NAME_BYTES = 60 };
    static const str taken[] = {
        STR_INIT("id"),     STR_INIT("expected"),       STR_INIT("cluster"),
        STR_INIT("tags"),   STR_INIT("metadata"),       STR_INIT("facts"),
        STR_INIT("answer"), STR_INIT("expected_steps"), STR_INIT("description")};
    struct buf out = {0};
    for (size_t i = 0; i < given.n && out.n < NAME_BYTES; i++) {
        char c = char_is_alnum(given.p[i]) ? given.p[i] : '_';
        if (out.n == 0 && char_is_digit(c))
            buf_add_char(&out, '_');
        buf_add_char(&out, c);
    }
    bool reserved = out.n == 0 || scope_is_reserved(buf_str(&out));
    for (size_t i = 0; i < sizeof taken / sizeof taken[0]; i++)
        reserved = reserved || str_equal(buf_str(&out), taken[i]);
    if (reserved)
        buf_add_char(&out, '_');
    str name = arena_str(arena, buf_str(&out));
    buf_release(&out);
    return name;
}

static struct init_column *column_of(struct init_dataset *dataset, str given)
{
    for (size_t i = 0; i < dataset->columns; i++)
        if (str_equal(dataset->column[i].given, given))
            return &dataset->column[i];
    return NULL;
}

static bool name_is_taken(const struct init_dataset *dataset, str name)
{
    for (size_t i = 0; i < dataset->columns; i++)
        if (str_equal(dataset->column[i].name, name))
            return true;
    return false;
}

/* False: there are too many. */
static bool add_column(struct init_dataset *dataset, str given, struct arena *arena)
{
    if (column_of(dataset, given))
        return true;
    if (dataset->columns == INIT_COLUMNS_MOST)
        return false;
    str name = prompt_name(arena, given);
    for (int i = 2; name_is_taken(dataset, name); i++)
        name = arena_printf(arena, "%.*s_%d", STR_ARG(prompt_name(arena, given)), i);
    dataset->column[dataset->columns++] = (struct init_column){given, name};
    return true;
}

static int find_columns(struct init_dataset *dataset, str shown, struct arena *arena,
                        struct err *err)
{
    for (size_t i = 0; i < dataset->rows.count; i++)
        for (const json *field = json_first(dataset->rows.row[i].value); field;
             field = json_next(field))
            if (!add_column(dataset, json_key(field), arena))
                return err_set(err, ERR_INPUT,
                               "%.*s has more than %d columns; leave out what no prompt is to "
                               "show",
                               STR_ARG(shown), INIT_COLUMNS_MOST);
    return 0;
}

/* ---- what they are ---- */

static int find_expected(struct init_dataset *dataset, str wanted, struct arena *arena,
                         struct err *err)
{
    static const char *const usual[] = {
        "expected", "expected_output", "answer", "label",     "target", "gold",
        "output",   "category",        "class",  "reference", NULL};
    str words[INIT_COLUMNS_MOST];
    for (size_t i = 0; i < dataset->columns; i++)
        words[i] = dataset->column[i].given;
    for (size_t k = 0; !wanted.n && usual[k] && !dataset->expected.n; k++)
        for (size_t i = 0; i < dataset->columns; i++)
            if (str_equal_nocase(words[i], str_from(usual[k])) && !dataset->expected.n)
                dataset->expected = words[i];
    if (!wanted.n)
        return 0;
    dataset->expected = wanted;
    if (column_of(dataset, wanted))
        return 0;
    str hint = mistake_hint(arena, wanted, words, dataset->columns, true);
    str shown = text_visible(arena, wanted);
    return err_set(err, ERR_INPUT, "no column '%.*s' in the rows%.*s", STR_ARG(shown),
                   STR_ARG(hint));
}

static bool is_text_or_number(const json *value)
{
    return json_is(value, JSON_TEXT) || json_is(value, JSON_NUMBER);
}

static int compare_ids(const void *left, const void *right)
{
    return str_compare(*(const str *)left, *(const str *)right);
}

/* The ids of the file are kept when each row has one and no two the same. */
static bool has_ids(const struct init_dataset *dataset, struct arena *arena)
{
    size_t count = dataset->rows.count;
    str *id = arena_array(arena, str, count + 1);
    for (size_t i = 0; i < count; i++) {
        const json *value = json_get(dataset->rows.row[i].value, STR("id"));
        if (!is_text_or_number(value))
            return false;
        id[i] = json_render(arena, value);
        if (!id[i].n)
            return false;
    }
    qsort(id, count, sizeof *id, compare_ids);
    for (size_t i = 1; i < count; i++)
        if (str_equal(id[i - 1], id[i]))
            return false;
    return true;
}

static void find_labels(struct init_dataset *dataset, struct arena *arena)
{
    bool few = true, single = true;
    dataset->is_short = true;
    for (size_t i = 0; i < dataset->rows.count; i++) {
        const json *value = json_get(dataset->rows.row[i].value, dataset->expected);
        str text = json_render(arena, value);
        bool known = false;
        if (!value || json_is(value, JSON_NULL))
            continue;
        dataset->is_short = dataset->is_short && text.n <= SHORT_BYTES;
        single = single && json_is(value, JSON_TEXT) && text.n && text.n <= LABEL_BYTES &&
                 !str_contains(text, STR("\n"));
        for (size_t k = 0; k < dataset->labels; k++)
            known = known || str_equal(dataset->label[k], text);
        if (known)
            continue;
        few = few && dataset->labels < INIT_LABELS_MOST;
        if (few)
            dataset->label[dataset->labels++] = text;
    }
    if (!few || !single || dataset->labels < 2 ||
        dataset->rows.count < ROWS_LEAST_PER_LABEL * dataset->labels)
        dataset->labels = 0;
}

/* The column with the most text, and those that no prompt shows. */
static void find_longest(struct init_dataset *dataset, struct arena *arena)
{
    size_t most = 0;
    for (size_t c = 0; c < dataset->columns; c++) {
        struct init_column *column = &dataset->column[c];
        size_t bytes = 0;
        if (str_equal(column->given, dataset->expected) ||
            str_equal(column->given, STR("id"))) {
            column->name = (str){"", 0};
            continue;
        }
        for (size_t i = 0; i < dataset->rows.count; i++) {
            const json *value = json_get(dataset->rows.row[i].value, column->given);
            bytes += value ? json_render(arena, value).n : 0;
        }
        if (bytes >= most) {
            most = bytes;
            dataset->longest = column->name;
        }
    }
}

/* "reviews 2024.csv" is reviews_2024. */
static str file_name(struct arena *arena, str path)
{
    str name = path_name(path), extension = path_extension(path);
    struct buf out = {0};
    name = str_sub(name, 0, name.n - (extension.n ? extension.n + 1 : 0));
    for (size_t i = 0; i < name.n; i++)
        buf_add_char(&out, char_is_alnum(name.p[i]) || name.p[i] == '-' ? name.p[i] : '_');
    name = out.n ? arena_str(arena, buf_str(&out)) : STR("rows");
    buf_release(&out);
    return name;
}

int init_dataset_read(struct init_dataset *dataset, str path, str expected, struct arena *arena,
                      struct err *err)
{
    struct mistakes mistakes;
    mistakes_init(&mistakes, arena);
    *dataset = (struct init_dataset){.name = file_name(arena, path)};
    rows_load(arena, arena_str(arena, path), path, &dataset->rows, &mistakes);
    if (mistakes_report(&mistakes, err) < 0)
        return -1;
    str shown = text_visible(arena, path);
    if (dataset->rows.count == 0)
        return err_set(err, ERR_INPUT, "%.*s has no rows", STR_ARG(shown));
    if (find_columns(dataset, shown, arena, err) < 0 ||
        find_expected(dataset, expected, arena, err) < 0)
        return -1;
    dataset->has_id = has_ids(dataset, arena);
    if (dataset->expected.n)
        find_labels(dataset, arena);
    find_longest(dataset, arena);
    if (dataset->longest.n)
        return 0;
    return err_set(err, ERR_INPUT,
                   "%.*s has nothing to ask about beside an id and what is expected",
                   STR_ARG(shown));
}
