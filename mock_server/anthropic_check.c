/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * anthropic_check.c: members of a body and what is said of wrong ones (see anthropic_inside.h).
 */
#include "mock_server/anthropic_inside.h"

#include <stdarg.h>

static void write_spot(struct buf *out, const struct spot *at)
{
    if (at->in) {
        write_spot(out, at->in);
        buf_add_char(out, '.');
    }
    if (at->name)
        buf_add_str(out, str_from(at->name));
    else
        buf_printf(out, "%zu", at->index);
}

int anthropic_refuse_at(const struct reading_message *in, const struct spot *at,
                        const char *format, ...)
{
    struct buf place = {0};
    va_list args;
    va_start(args, format);
    str what = arena_vprintf(in->request->arena, format, args);
    va_end(args);
    write_spot(&place, at);
    int result = REFUSE(in, "%s: %.*s", place.p, STR_ARG(what));
    buf_release(&place);
    return result;
}

int anthropic_refuse_kind(const struct reading_message *in, const struct spot *at,
                          enum json_kind wanted)
{
    static const char *const words[] = {[JSON_NULL] = "null",
                                        [JSON_BOOL] = "a valid boolean",
                                        [JSON_NUMBER] = "a valid number",
                                        [JSON_TEXT] = "a valid string",
                                        [JSON_LIST] = "a valid list",
                                        [JSON_OBJECT] = "an object"};
    return anthropic_refuse_at(in, at, "Input should be %s", words[wanted]);
}

int anthropic_check(const struct reading_message *in, const struct spot *at, const json *value,
                    enum json_kind kind)
{
    if (!value)
        return anthropic_refuse_at(in, at, "Field required");
    return json_is(value, kind) ? 0 : anthropic_refuse_kind(in, at, kind);
}

const json *anthropic_need(const struct reading_message *in, const struct spot *at,
                           const json *object, const char *name, enum json_kind kind)
{
    const struct spot here = {at, name, 0};
    const json *value = json_get(object, str_from(name));
    return anthropic_check(in, &here, value, kind) < 0 ? NULL : value;
}

int anthropic_take(const struct reading_message *in, const struct spot *at, const json *object,
                   const char *name, enum json_kind kind, const json **member)
{
    const struct spot here = {at, name, 0};
    *member = json_get(object, str_from(name));
    if (json_is(*member, JSON_NULL))
        *member = NULL;
    return *member ? anthropic_check(in, &here, *member, kind) : 0;
}

bool anthropic_is_one_of(str text, const char *const *words)
{
    for (; *words; words++)
        if (str_equal(text, str_from(*words)))
            return true;
    return false;
}

/* 'low', 'medium' or 'high' */
static str words_listed(struct arena *arena, const char *const *words)
{
    str all = STR("");
    for (size_t i = 0; words[i]; i++) {
        const char *between = i == 0 ? "" : words[i + 1] ? ", " : " or ";
        all = arena_printf(arena, "%.*s%s'%s'", STR_ARG(all), between, words[i]);
    }
    return all;
}

int anthropic_take_word(const struct reading_message *in, const struct spot *at,
                        const json *object, const char *name, const char *const *words)
{
    const struct spot here = {at, name, 0};
    const json *value = json_get(object, str_from(name));
    if (!value || json_is(value, JSON_NULL) ||
        (json_is(value, JSON_TEXT) && anthropic_is_one_of(json_text(value), words)))
        return 0;
    return anthropic_refuse_at(in, &here, "Input should be %.*s",
                               STR_ARG(words_listed(in->request->arena, words)));
}

int anthropic_take_integer(const struct reading_message *in, const struct spot *at,
                           const json *object, const char *name, int64_t least, int64_t *number)
{
    const struct spot here = {at, name, 0};
    const json *value = json_get(object, str_from(name));
    if (!value || json_is(value, JSON_NULL))
        return 0;
    if (!json_int(value, number))
        return anthropic_refuse_at(in, &here, "Input should be a valid integer");
    if (*number < least)
        return anthropic_refuse_at(in, &here, "Input should be greater than or equal to %lld",
                                   (long long)least);
    return 0;
}
