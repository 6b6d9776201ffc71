/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * difference.c: two definitions side by side (see difference.h).
 */
#include "session/difference.h"

#include "base/text.h"

enum { SHOWN = 60 }; /* columns of a value */

struct differ {
    struct arena arena;
    struct buf *out;
    size_t most, count;
    const json *was_left_out,
        *is_left_out; /* of two runs: what is not there, and was not edited */
};

static str shown(struct differ *differ, const json *value)
{
    if (!value)
        return STR("nothing");
    str text = json_to_str(&differ->arena, value, JSON_COMPACT);
    return text_shorten(&differ->arena, text_visible(&differ->arena, text), SHOWN);
}

static void tell(struct differ *differ, str path, const json *was, const json *is)
{
    if (differ->count++ >= differ->most)
        return;
    str before = shown(differ, was), now = shown(differ, is);
    str where = text_visible(&differ->arena, path);
    buf_printf(differ->out, "  %.*s: %.*s is now %.*s\n", STR_ARG(where), STR_ARG(before),
               STR_ARG(now));
}

static bool decides_nothing(str path)
{
    static const char *const apart[] = {"description", "concurrency", "report",
                                        "mock",        "budget.run",  "left_out"};
    for (size_t i = 0; i < sizeof apart / sizeof apart[0]; i++)
        if (str_equal(path, str_from(apart[i])))
            return true;
    return false;
}

/* `was` or `is` may be NULL. */
static bool is_left_out(const struct differ *differ, str path, const json *was, const json *is)
{
    static const str names[] = {STR_INIT("variants."), STR_INIT("axes.")};
    const json *by = !was ? differ->was_left_out : !is ? differ->is_left_out : NULL;
    if (str_equal(path, STR("baseline")))
        return json_get(differ->was_left_out, path) || json_get(differ->is_left_out, path);
    if (str_equal(path, STR("stop")) || str_equal(path, STR("axes")))
        return by != NULL;
    for (size_t i = 0; by && i < sizeof names / sizeof names[0]; i++) {
        const json *list = json_get(by, STR("variants"));
        for (const json *one = json_first(list); one; one = json_next(one))
            if (str_starts_with(path, names[i]) &&
                str_equal(str_sub(path, names[i].n, path.n), json_text(one)))
                return true;
    }
    return false;
}

static str member_path(struct differ *differ, str path, str key)
{
    return path.n ? arena_printf(&differ->arena, "%.*s.%.*s", STR_ARG(path), STR_ARG(key))
                  : key;
}

static void compare(struct differ *differ, str path, const json *was, const json *is);

static void compare_objects(struct differ *differ, str path, const json *was, const json *is)
{
    for (const json *member = json_first(was); member; member = json_next(member))
        compare(differ, member_path(differ, path, json_key(member)), member,
                json_get(is, json_key(member)));
    for (const json *member = json_first(is); member; member = json_next(member))
        if (!json_get(was, json_key(member)))
            compare(differ, member_path(differ, path, json_key(member)), NULL, member);
}

static void compare_lists(struct differ *differ, str path, const json *was, const json *is)
{
    const json *a = json_first(was), *b = json_first(is);
    for (size_t i = 0; a || b; i++) {
        compare(differ, arena_printf(&differ->arena, "%.*s[%zu]", STR_ARG(path), i), a, b);
        a = a ? json_next(a) : NULL;
        b = b ? json_next(b) : NULL;
    }
}

static void compare(struct differ *differ, str path, const json *was, const json *is)
{
    if (decides_nothing(path) || is_left_out(differ, path, was, is))
        return;
    if (json_is(was, JSON_OBJECT) && json_is(is, JSON_OBJECT))
        compare_objects(differ, path, was, is);
    else if (json_is(was, JSON_LIST) && json_is(is, JSON_LIST))
        compare_lists(differ, path, was, is);
    else if (!was || !is || !json_equal(was, is))
        tell(differ, path, was, is);
}

static size_t tell_all(struct differ *differ, const json *was, const json *is)
{
    compare(differ, STR(""), was, is);
    if (differ->count > differ->most)
        buf_printf(differ->out, "  … and %zu more\n", differ->count - differ->most);
    arena_release(&differ->arena);
    return differ->count;
}

size_t difference_of(const json *was, const json *is, size_t most, struct buf *out)
{
    struct differ differ = {.out = out, .most = most};
    return tell_all(&differ, was, is);
}

str difference_places(const json *was, const json *is, size_t most, struct arena *arena)
{
    struct buf lines = {0};
    str list = {"", 0}, line, rest, path, unused;
    struct differ differ = {
        .out = &lines,
        .most = most,
        .was_left_out = json_get(was, STR("left_out")),
        .is_left_out = json_get(is, STR("left_out")),
    };
    size_t count = tell_all(&differ, was, is);
    rest = buf_str(&lines);
    for (size_t i = 0; i < count && i < most; i++) {
        str_cut(rest, '\n', &line, &rest);
        str_cut(str_trim(line), ':', &path, &unused);
        list =
            arena_printf(arena, "%.*s%s%.*s", STR_ARG(list), list.n ? ", " : "", STR_ARG(path));
    }
    if (count > most)
        list = arena_printf(arena, "%.*s and %zu more", STR_ARG(list), count - most);
    buf_release(&lines);
    return list;
}

/* ---- texts ---- */

static str line_shown(struct arena *arena, str line, bool there)
{
    if (!there)
        return STR("nothing");
    str text = text_shorten(arena, text_visible(arena, line), SHOWN);
    return arena_printf(arena, "'%.*s'", STR_ARG(text));
}

void difference_of_texts(str was, str is, struct buf *out)
{
    struct arena arena = {0};
    str a = {0}, b = {0};
    for (size_t number = 1; was.n || is.n; number++) {
        bool has_a = was.n > 0, has_b = is.n > 0;
        str_cut(was, '\n', &a, &was);
        str_cut(is, '\n', &b, &is);
        if (has_a == has_b && str_equal(a, b))
            continue;
        str before = line_shown(&arena, a, has_a), now = line_shown(&arena, b, has_b);
        buf_printf(out, "    line %zu: %.*s is now %.*s\n", number, STR_ARG(before),
                   STR_ARG(now));
        break;
    }
    arena_release(&arena);
}
