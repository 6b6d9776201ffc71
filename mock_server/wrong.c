/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * wrong.c: making wrong answers out of right ones (see wrong.h). Reading them from the mock file
 * is wrong_options.c's.
 */
#include "mock_server/wrong.h"

#include "mock_server/answer.h"

static const char *const kind_names[WRONG_KINDS] = {
    "label", "text",   "other_row", "drop_item", "double_item", "replace",
    "prose", "fenced", "truncated", "refusal",   "break_schema"};

const char *wrong_kind_name(enum wrong_kind kind)
{
    return kind_names[kind];
}

str answer_text(struct arena *arena, const json *value)
{
    return json_is(value, JSON_TEXT) ? json_text(value)
                                     : json_to_str(arena, value, JSON_COMPACT);
}

/* A right answer that is JSON in a text can be taken apart too. */
static const json *right_as_json(const struct wrong_case *c)
{
    if (!json_is(c->right, JSON_TEXT))
        return c->right;
    const json *parsed = json_parse(c->arena, json_text(c->right), NULL);
    return parsed ? parsed : c->right;
}

static bool say_json(const struct wrong_case *c, const json *value, struct choice *choice)
{
    if (!value || json_equal(value, right_as_json(c)))
        return false;
    choice->text = answer_text(c->arena, value);
    return !str_equal(choice->text, answer_text(c->arena, c->right));
}

static bool say_text(const struct wrong_case *c, str text, struct choice *choice)
{
    choice->text = text;
    return !str_equal(text, answer_text(c->arena, c->right));
}

/* ---- one function a kind: false when it does not apply ---- */

static bool make_label(const struct wrong *wrong, const struct wrong_case *c,
                       struct choice *choice)
{
    const json *whole = right_as_json(c);
    const json *right = wrong->path ? path_get(wrong->path, whole, c->arena) : c->right;
    if (!right)
        return false;
    json *others = json_new_list(c->arena);
    for (const json *label = json_first(wrong->one_of); label; label = json_next(label))
        if (!json_equal(label, right))
            json_add(c->arena, others, label);
    size_t count = json_count(others);
    if (count == 0)
        return false;
    const json *label = json_at(others, (int64_t)rng_below(c->draw, "label", c->choice, count));
    if (!wrong->path)
        return say_text(c, answer_text(c->arena, label), choice);
    return say_json(c, path_set(wrong->path, whole, label, c->arena), choice);
}

static bool make_text(const struct wrong *wrong, const struct wrong_case *c,
                      struct choice *choice)
{
    const json *value = template_eval(wrong->template, c->env, c->arena, NULL);
    return value && say_text(c, answer_text(c->arena, value), choice);
}

static bool answer_of(const struct wrong_case *c, size_t index, struct choice *choice)
{
    const struct item *other = &c->key->item[index];
    const struct env *env = item_env(c->arena, c->outer, other);
    const json *value = template_eval(c->right_template, env, c->arena, NULL);
    return value && other != c->item && say_json(c, value, choice);
}

/* A few draws first; where most rows have the same answer, the next one that differs. */
static bool make_other_row(const struct wrong *wrong, const struct wrong_case *c,
                           struct choice *choice)
{
    enum { DRAWS = 4 };
    size_t items = c->key->items;
    (void)wrong;
    for (uint64_t i = 0; i < DRAWS; i++)
        if (answer_of(c, rng_below(c->draw, "other row", c->choice * DRAWS + i, items), choice))
            return true;
    for (size_t i = 1; i < items; i++)
        if (answer_of(c, (c->item->index + i) % items, choice))
            return true;
    return false;
}

static bool change_list(const struct wrong *wrong, const struct wrong_case *c, bool twice,
                        struct choice *choice)
{
    const json *whole = right_as_json(c), *list = path_get(wrong->path, whole, c->arena);
    size_t count = json_is(list, JSON_LIST) ? json_count(list) : 0;
    if (count == 0)
        return false;
    size_t chosen = rng_below(c->draw, "list item", c->choice, count), i = 0;
    json *changed = json_new_list(c->arena);
    for (const json *item = json_first(list); item; item = json_next(item), i++) {
        if (i != chosen || twice)
            json_add(c->arena, changed, item);
        if (i == chosen && twice)
            json_add(c->arena, changed, item);
    }
    return say_json(c, path_set(wrong->path, whole, changed, c->arena), choice);
}

static bool make_drop_item(const struct wrong *wrong, const struct wrong_case *c,
                           struct choice *choice)
{
    return change_list(wrong, c, false, choice);
}

static bool make_double_item(const struct wrong *wrong, const struct wrong_case *c,
                             struct choice *choice)
{
    return change_list(wrong, c, true, choice);
}

static bool make_replace(const struct wrong *wrong, const struct wrong_case *c,
                         struct choice *choice)
{
    const json *by = template_eval(wrong->template, c->env, c->arena, NULL);
    return by && say_json(c, path_set(wrong->path, right_as_json(c), by, c->arena), choice);
}

static bool make_prose(const struct wrong *wrong, const struct wrong_case *c,
                       struct choice *choice)
{
    str right = answer_text(c->arena, c->right);
    (void)wrong;
    choice->text = arena_printf(c->arena,
                                "Sure! Here is what you asked for:\n\n%.*s\n\nLet me know if "
                                "you need anything else.",
                                STR_ARG(right));
    return true;
}

static bool make_fenced(const struct wrong *wrong, const struct wrong_case *c,
                        struct choice *choice)
{
    str right = answer_text(c->arena, c->right);
    (void)wrong;
    choice->text = arena_printf(c->arena, "```json\n%.*s\n```", STR_ARG(right));
    return true;
}

/* Between three and eight tenths of the right text, cut between characters. */
static bool make_truncated(const struct wrong *wrong, const struct wrong_case *c,
                           struct choice *choice)
{
    str right = answer_text(c->arena, c->right);
    double share = 0.3 + 0.5 * rng_uniform(c->draw, "cut", c->choice);
    size_t n = (size_t)(share * (double)right.n);
    (void)wrong;
    while (n > 0 && ((unsigned char)right.p[n] & 0xc0) == 0x80)
        n--;
    choice->text = str_sub(right, 0, n);
    choice->finish = FINISH_LENGTH;
    return true;
}

static bool make_refusal(const struct wrong *wrong, const struct wrong_case *c,
                         struct choice *choice)
{
    (void)c;
    choice->kind = CHOICE_REFUSAL;
    choice->text = wrong->refusal.n ? wrong->refusal
                                    : STR("I'm sorry, but I can't help with that request.");
    return true;
}

static bool make_break_schema(const struct wrong *wrong, const struct wrong_case *c,
                              struct choice *choice)
{
    if (!c->schema)
        return false;
    const json *broken =
        schema_break(c->arena, c->schema, right_as_json(c), wrong->breaks, c->draw);
    if (!broken)
        return false;
    choice->text = answer_text(c->arena, broken);
    return true;
}

static bool (*const makers[WRONG_KINDS])(const struct wrong *wrong, const struct wrong_case *c,
                                         struct choice *choice) = {
    [WRONG_LABEL] = make_label,
    [WRONG_TEXT] = make_text,
    [WRONG_OTHER_ROW] = make_other_row,
    [WRONG_DROP_ITEM] = make_drop_item,
    [WRONG_DOUBLE_ITEM] = make_double_item,
    [WRONG_REPLACE] = make_replace,
    [WRONG_PROSE] = make_prose,
    [WRONG_FENCED] = make_fenced,
    [WRONG_TRUNCATED] = make_truncated,
    [WRONG_REFUSAL] = make_refusal,
    [WRONG_BREAK_SCHEMA] = make_break_schema,
};

static size_t choose(const struct wrong_list *list, struct rng_key draw, uint64_t choice)
{
    double total = 0;
    for (size_t i = 0; i < list->count; i++)
        total += list->wrong[i].share;
    double u = rng_uniform(draw, "distractor", choice) * total;
    size_t last = 0;
    for (size_t i = 0; i < list->count; i++) {
        if (list->wrong[i].share <= 0)
            continue;
        last = i;
        if (u < list->wrong[i].share)
            return i;
        u -= list->wrong[i].share;
    }
    return last;
}

enum wrong_kind wrong_make(const struct wrong_list *list, const struct wrong_case *c,
                           struct choice *choice)
{
    size_t chosen = choose(list, c->draw, c->choice);
    for (size_t i = 0; i < list->count; i++) {
        const struct wrong *wrong = &list->wrong[(chosen + i) % list->count];
        if (wrong->share <= 0 && i > 0)
            continue;
        *choice = (struct choice){.kind = CHOICE_TEXT, .finish = FINISH_STOP};
        if (makers[wrong->kind](wrong, c, choice))
            return wrong->kind;
    }
    *choice = (struct choice){.kind = CHOICE_TEXT};
    make_truncated(NULL, c, choice);
    return WRONG_TRUNCATED;
}
