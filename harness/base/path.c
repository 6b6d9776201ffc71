/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * path.c: paths such as faqs[*].sources, in templates and on their own (see template.h).
 *
 * A path is parsed once into steps. Following it is a loop; only [*] recurses, once per level of
 * the data. Why a path ended is worked out only when somebody asks for the text.
 */
#include "base/template_parts.h"

#include "base/text.h"

#include <inttypes.h>

/* ---- parsing ---- */

void cursor_skip_blank(struct cursor *cursor)
{
    while (cursor->at < cursor->text.n && char_is_space(cursor->text.p[cursor->at]))
        cursor->at++;
}

bool cursor_take(struct cursor *cursor, str token)
{
    cursor_skip_blank(cursor);
    if (!str_starts_with(str_sub(cursor->text, cursor->at, cursor->text.n), token))
        return false;
    cursor->at += token.n;
    return true;
}

str cursor_name(struct cursor *cursor)
{
    cursor_skip_blank(cursor);
    size_t from = cursor->at;
    while (cursor->at < cursor->text.n) {
        char c = cursor->text.p[cursor->at];
        bool first = cursor->at == from;
        if (c != '_' && (!char_is_alnum(c) || (first && char_is_digit(c))))
            break;
        cursor->at++;
    }
    return str_sub(cursor->text, from, cursor->at);
}

static char cursor_peek(const struct cursor *cursor)
{
    return cursor->at < cursor->text.n ? cursor->text.p[cursor->at] : '\0';
}

static bool parse_index(struct cursor *cursor, struct template_step *step)
{
    size_t from = cursor->at;
    if (cursor_peek(cursor) == '-')
        cursor->at++;
    while (char_is_digit(cursor_peek(cursor)))
        cursor->at++;
    step->kind = STEP_INDEX;
    /* ten digits are more items than fit into memory */
    str digits = str_sub(cursor->text, from, cursor->at);
    if (digits.n <= 10 && str_to_int(digits, &step->index))
        return true;
    cursor->at = from;
    return false;
}

/* What stands between [ and ]. */
static bool parse_subscript(struct arena *arena, struct cursor *cursor,
                            struct template_step *step)
{
    cursor_skip_blank(cursor);
    char c = cursor_peek(cursor);
    if (c == '*') {
        cursor->at++;
        step->kind = STEP_ALL;
        return true;
    }
    if (c == '"') {
        size_t used = 0;
        str rest = str_sub(cursor->text, cursor->at, cursor->text.n);
        const json *key = json_parse_prefix(arena, rest, &used);
        step->kind = STEP_MEMBER;
        step->name = json_text(key);
        cursor->at += used;
        return key != NULL;
    }
    if (c == '-' || char_is_digit(c))
        return parse_index(cursor, step);
    step->kind = STEP_NAME;
    step->name = arena_str(arena, cursor_name(cursor));
    return step->name.n > 0;
}

/* 1: a step, 0: none begins here, -1: a fault. */
static int parse_step(struct arena *arena, struct cursor *cursor, struct template_step *step,
                      str *what)
{
    if (cursor_take(cursor, STR("."))) {
        step->kind = STEP_MEMBER;
        step->name = arena_str(arena, cursor_name(cursor));
        if (step->name.n)
            return 1;
        *what = STR("expected a member name after '.' (other characters: [\"two words\"])");
        return -1;
    }
    if (!cursor_take(cursor, STR("[")))
        return 0;
    if (!parse_subscript(arena, cursor, step)) {
        *what = STR("expected an index, a quoted key, a name or '*' after '['");
        return -1;
    }
    if (cursor_take(cursor, STR("]")))
        return 1;
    *what = STR("expected ']'");
    return -1;
}

struct step_list {
    struct template_step *step;
    size_t *at;
    size_t count, capacity;
};

static void add_step(struct arena *arena, struct step_list *list, struct template_step step,
                     size_t at)
{
    if (list->count == list->capacity) {
        list->capacity = list->capacity ? list->capacity * 2 : 4;
        list->step =
            arena_grow(arena, list->step, list->count, list->capacity, sizeof list->step[0]);
        list->at = arena_grow(arena, list->at, list->count, list->capacity, sizeof list->at[0]);
    }
    list->step[list->count] = step;
    list->at[list->count++] = at;
}

bool path_parse(struct arena *arena, struct cursor *cursor, size_t column_from,
                struct template_path *path, str *what)
{
    *path = (struct template_path){0};
    struct step_list list = {0};
    cursor_skip_blank(cursor);
    size_t from = cursor->at, end = from;
    path->name = arena_str(arena, cursor_name(cursor));
    for (;;) {
        end = cursor->at;
        cursor_skip_blank(cursor);
        size_t at = cursor->at;
        str before = str_sub(cursor->text, column_from, at);
        struct template_step step = {.column = (unsigned)utf8_count(before)};
        int found = parse_step(arena, cursor, &step, what);
        if (found < 0)
            return false;
        if (found == 0)
            break;
        path->fans_out |= step.kind == STEP_ALL;
        add_step(arena, &list, step, at - from);
    }
    path->text = arena_str(arena, str_sub(cursor->text, from, end));
    path->step = list.step;
    path->step_at = list.at;
    path->count = list.count;
    return true;
}

/* ---- following ---- */

/* The member that an integer key names: keys are always texts, 3 is "3". */
static const json *get_by_number(const json *object, int64_t key)
{
    char digits[24];
    size_t n = 0;
    bool minus = key < 0;
    uint64_t rest = minus ? (uint64_t)0 - (uint64_t)key : (uint64_t)key;
    do
        digits[sizeof digits - ++n] = (char)('0' + rest % 10);
    while ((rest /= 10) > 0);
    if (minus)
        digits[sizeof digits - ++n] = '-';
    return json_get(object, (str){digits + sizeof digits - n, n});
}

static const json *by_name(const struct path_walk *walk, const json *value, str name)
{
    const json *key = walk->env ? env_get(walk->env, name) : NULL;
    int64_t number;
    if (json_is(key, JSON_TEXT))
        return json_get(value, json_text(key));
    if (!json_int(key, &number))
        return NULL;
    return json_is(value, JSON_OBJECT) ? get_by_number(value, number) : json_at(value, number);
}

static const json *take_step(const struct path_walk *walk, const json *value,
                             const struct template_step *step)
{
    switch (step->kind) {
    case STEP_MEMBER:
        return json_get(value, step->name);
    case STEP_INDEX:
        return json_at(value, step->index);
    case STEP_NAME:
        return by_name(walk, value, step->name);
    case STEP_ALL:
        break;
    }
    return NULL;
}

/* From step `from` on; what a fan-out finds goes to matches. */
static bool follow(struct path_walk *walk, const json *value, size_t from, const json **found)
{
    for (size_t i = from; i < walk->path->count; i++) {
        const struct template_step *step = &walk->path->step[i];
        walk->missed = i;
        walk->last = value;
        if (step->kind == STEP_ALL) {
            if (!json_is(value, JSON_LIST) && !json_is(value, JSON_OBJECT))
                return false;
            const json *item = json_first(value);
            for (; item; item = json_next(item))
                if (!follow(walk, item, i + 1, NULL) && !walk->lenient)
                    return false;
            return true;
        }
        value = take_step(walk, value, step);
        if (!value)
            return false;
    }
    if (found)
        *found = value;
    else
        json_add(walk->arena, walk->matches, value);
    return true;
}

const json *path_follow(struct path_walk *walk, const json *root)
{
    const json *found = NULL;
    if (walk->path->fans_out) {
        walk->matches = json_new_list(walk->arena);
        found = walk->matches;
    }
    if (!follow(walk, root, 0, &found))
        return NULL;
    return found;
}

/* ---- why it ended ---- */

static str key_problem(const struct path_walk *walk, const struct template_step *step)
{
    const json *key = walk->env ? env_get(walk->env, step->name) : NULL;
    if (!key)
        return arena_printf(walk->arena, "'%.*s' is not known here", STR_ARG(step->name));
    int64_t number;
    if (!json_is(key, JSON_TEXT) && !json_int(key, &number))
        return arena_printf(walk->arena, "'%.*s' is %s; expected a text or an integer",
                            STR_ARG(step->name), json_kind_name(json_kind(key)));
    return STR("");
}

static struct template_step known_step(const struct path_walk *walk, struct template_step step)
{
    const json *key = env_get(walk->env, step.name);
    step.kind = STEP_MEMBER;
    step.name = json_text(key);
    if (json_int(key, &step.index)) {
        step.kind = json_is(walk->last, JSON_OBJECT) ? STEP_MEMBER : STEP_INDEX;
        step.name = arena_printf(walk->arena, "%" PRId64, step.index);
    }
    return step;
}

str path_missed_text(const struct path_walk *walk)
{
    const struct template_path *path = walk->path;
    struct template_step step = path->step[walk->missed];
    str before = str_trim(str_sub(path->text, 0, path->step_at[walk->missed]));
    const char *kind = json_kind_name(json_kind(walk->last));
    if (step.kind == STEP_NAME) {
        str problem = key_problem(walk, &step);
        if (problem.n)
            return problem;
        step = known_step(walk, step);
    }
    bool right_kind = json_is(walk->last, step.kind == STEP_INDEX ? JSON_LIST : JSON_OBJECT);
    if (step.kind == STEP_ALL)
        return arena_printf(walk->arena, "'%.*s' is %s, which has nothing for [*]",
                            STR_ARG(before), kind);
    if (step.kind == STEP_INDEX && right_kind)
        return arena_printf(walk->arena, "'%.*s' has %zu items, no [%" PRId64 "]",
                            STR_ARG(before), json_count(walk->last), step.index);
    if (step.kind == STEP_INDEX)
        return arena_printf(walk->arena, "'%.*s' is %s, which has no item [%" PRId64 "]",
                            STR_ARG(before), kind, step.index);
    if (right_kind)
        return arena_printf(walk->arena, "'%.*s' has no member '%.*s'", STR_ARG(before),
                            STR_ARG(step.name));
    return arena_printf(walk->arena, "'%.*s' is %s, which has no member '%.*s'",
                        STR_ARG(before), kind, STR_ARG(step.name));
}

/* ---- paths on their own ---- */

/* The first name of a lone path is a member of the root like any other. */
static void name_to_step(struct arena *arena, struct template_path *path)
{
    struct step_list list = {0};
    if (path->name.n)
        add_step(arena, &list, (struct template_step){.kind = STEP_MEMBER, .name = path->name},
                 0);
    for (size_t i = 0; i < path->count; i++)
        add_step(arena, &list, path->step[i], path->step_at[i]);
    path->step = list.step;
    path->step_at = list.at;
    path->count = list.count;
}

const struct template_path *path_new(struct arena *arena, str text, str *what)
{
    struct cursor cursor = {text, 0};
    struct template_path *path = arena_new(arena, struct template_path);
    str fault = STR("");
    if (!path_parse(arena, &cursor, 0, path, &fault)) {
        *what = fault;
        return NULL;
    }
    cursor_skip_blank(&cursor);
    for (size_t i = 0; i < path->count; i++)
        if (path->step[i].kind == STEP_NAME)
            fault = STR("expected an index, a quoted key or '*' in brackets");
    if (cursor.at < text.n || (path->name.n == 0 && path->count == 0) ||
        (path->name.n == 0 && path->text.p[0] == '.'))
        fault = STR("expected names joined by '.', with [0], [*] or [\"key\"]");
    if (fault.n) {
        *what = fault;
        return NULL;
    }
    name_to_step(arena, path);
    return path;
}

const json *path_get(const struct template_path *path, const json *root, struct arena *arena)
{
    struct path_walk walk = {.path = path, .arena = arena, .lenient = true};
    return path_follow(&walk, root);
}

static json *replace_item(struct arena *arena, const json *list, const json *old,
                          const json *value)
{
    json *copy = json_new_list(arena);
    for (const json *item = json_first(list); item; item = json_next(item))
        json_add(arena, copy, item == old ? value : item);
    return copy;
}

static const json *set_from(const struct path_walk *walk, size_t from, const json *root,
                            const json *value)
{
    if (from == walk->path->count)
        return value;
    const struct template_step *step = &walk->path->step[from];
    const json *old = take_step(walk, root, step);
    const json *changed = old ? set_from(walk, from + 1, old, value) : NULL;
    if (!changed)
        return NULL;
    if (step->kind == STEP_INDEX)
        return replace_item(walk->arena, root, old, changed);
    json *copy = json_copy(walk->arena, root);
    json_set(walk->arena, copy, step->name, changed);
    return copy;
}

const json *path_set(const struct template_path *path, const json *root, const json *value,
                     struct arena *arena)
{
    struct path_walk walk = {.path = path, .arena = arena};
    return set_from(&walk, 0, root, value ? value : json_null());
}
