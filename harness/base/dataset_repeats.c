/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dataset_repeats.c: what is wrong with all rows alike (see dataset_repeats.h).
 *
 * Mistakes are the same when their texts are. Only so many different ones are kept apart as are shown
 * at all; those beyond go where mistakes are counted.
 */
#include "base/dataset_repeats.h"

void dataset_repeats_add(struct dataset_repeats *repeats, struct place place,
                         const char *format, ...)
{
    va_list args;
    va_start(args, format);
    str text = arena_vprintf(repeats->mistakes->arena, format, args);
    va_end(args);
    size_t at = 0;
    while (at < repeats->count && !str_equal(repeats->repeat[at].text, text))
        at++;
    if (at == MAX_MISTAKES) {
        mistake_add(repeats->mistakes, place, "%.*s", STR_ARG(text));
        return;
    }
    struct dataset_repeat *repeat = &repeats->repeat[at];
    if (at == repeats->count) {
        repeats->count++;
        *repeat = (struct dataset_repeat){.text = text};
    }
    if (repeat->times < DATASET_REPEATS_APART)
        repeat->place[repeat->times] = place;
    repeat->times++;
}

void dataset_repeats_tell(struct dataset_repeats *repeats, size_t rows)
{
    for (size_t i = 0; i < repeats->count; i++) {
        const struct dataset_repeat *repeat = &repeats->repeat[i];
        str text = repeat->text;
        if (repeat->times > DATASET_REPEATS_APART) {
            mistake_add(repeats->mistakes, repeat->place[0],
                        "%.*s (and in %zu more of %zu rows)", STR_ARG(text), repeat->times - 1,
                        rows);
            continue;
        }
        for (size_t k = 0; k < repeat->times; k++)
            mistake_add(repeats->mistakes, repeat->place[k], "%.*s", STR_ARG(text));
    }
    repeats->count = 0;
}

/* ---- columns ---- */

enum { COLUMNS_MOST = 200, COLUMNS_LISTED = 20 };

static size_t columns_of(const struct rows *rows, str *column)
{
    size_t count = 0;
    for (size_t i = 0; i < rows->count; i++)
        for (const json *m = json_first(rows->row[i].value); m; m = json_next(m)) {
            size_t at = 0;
            while (at < count && !str_equal(column[at], json_key(m)))
                at++;
            if (at == count && count < COLUMNS_MOST)
                column[count++] = json_key(m);
        }
    return count;
}

static bool has_column(const struct rows *rows, str name)
{
    for (size_t i = 0; i < rows->count; i++)
        if (json_get(rows->row[i].value, name))
            return true;
    return false;
}

int dataset_check_columns(const struct dataset_spec *spec, const struct rows *rows,
                          struct arena *arena, struct mistakes *mistakes)
{
    static const str fields[] = {STR_INIT("id"), STR_INIT("expected"), STR_INIT("cluster")};
    int result = 0;
    for (size_t i = 0; spec->mapping && i < sizeof fields / sizeof fields[0]; i++) {
        const struct yaml *named = yaml_get(spec->mapping, fields[i]);
        if (!named || !yaml_is(named, YAML_TEXT) || has_column(rows, named->text))
            continue;
        str column[COLUMNS_MOST];
        size_t count = columns_of(rows, column);
        str hint = mistake_hint(arena, named->text, column, count, false);
        if (!hint.n)
            hint = mistake_hint(arena, named->text, column,
                                count < COLUMNS_LISTED ? count : COLUMNS_LISTED, true);
        result = mistake_add(mistakes, named->place, "no column '%.*s' in the rows%.*s",
                             STR_ARG(named->text), STR_ARG(hint));
    }
    return result;
}
