/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * answer.c: loading answer keys (see answer.h). Looking up is find.c's, answering decide.c's.
 */
#include "mock_server/answer.h"

#include "base/dataset.h"
#include "base/file.h"
#include "base/hash.h"

struct answers_spec {
    str file;
    const struct yaml *samples;
    const struct template_path *items;
    const struct yaml *find;
    const struct template *within;
    const struct template_path *difficulty;
    const struct template *right;
    struct wrong_list wrong;
};

/* clang-format off */
const struct opt answers_options[] = {
    OPT_TEXT(answers_spec, file, .help = "the rows, usually the experiment's own dataset (this or samples)"),
    OPT_RAW(answers_spec, samples, .word = "list of rows", .form = "{type: array, items: {type: object}}", .help = "the rows, in place"),
    OPT_CUSTOM(answers_spec, items, .custom = path_read, .word = "path", .help = "a list in each row: every item is a row of its own"),
    OPT_RAW(answers_spec, find, .required = true, .word = "list of paths", .form = "{type: array, minItems: 1, items: {type: string}}", .help = "texts by which a row is recognised in the prompt, white space squeezed; the longest match wins, then the earlier row"),
    OPT_CUSTOM(answers_spec, within, .custom = template_read, .word = "template", .help = "where to look; all of the prompt by default"),
    OPT_CUSTOM(answers_spec, difficulty, .custom = path_read, .word = "path", .help = "number per row, for skills by ability"),
    OPT_CUSTOM(answers_spec, right, .custom = template_read, .word = "template", .help = "the right answer; {{row.expected}} by default"),
    OPT_CUSTOM(answers_spec, wrong, .custom = wrong_list_read, .word = "list", .form = "{$ref: '#/$defs/wrong_list'}", .help = "wrong answers; other_row by default"),
    OPT_END_FORM("{oneOf: [{required: [file]}, {required: [samples]}]}"),
};
/* clang-format on */

/* ---- rows ---- */

/* CSV columns such as __expected stand for the reserved names of a sample. */
static const json *reserved_names(struct arena *arena, const json *row)
{
    json *named = NULL;
    for (const json *member = json_first(row); member; member = json_next(member)) {
        str key = json_key(member), name, part;
        if (!str_starts_with(key, STR("__")))
            continue;
        if (!named)
            named = json_copy(arena, row);
        if (!str_cut(str_sub(key, 2, key.n), ':', &name, &part)) {
            json_set(arena, named, name, member);
            continue;
        }
        const json *old = json_get(named, name);
        json *group =
            json_is(old, JSON_OBJECT) ? json_copy(arena, old) : json_new_object(arena);
        json_set(arena, group, part, member);
        json_set(arena, named, name, group);
    }
    return named ? named : row;
}

static int load_rows(struct opt_parse *parse, const struct answers_spec *spec,
                     const struct yaml *mapping, struct rows *rows)
{
    const struct reading *reading = parse->context;
    if ((yaml_get(mapping, STR("file")) != NULL) == (spec->samples != NULL))
        return mistake_add(parse->mistakes, mapping->place,
                           "answer key has %s 'samples'; expected exactly one",
                           spec->samples ? "both 'file' and" : "neither 'file' nor");
    if (spec->samples)
        return rows_from_yaml(parse->arena, spec->samples, rows, parse->mistakes);
    str path = path_beside(parse->arena, reading->file, spec->file);
    if (!file_exists(path.p)) {
        const struct yaml *file = yaml_get(mapping, STR("file"));
        return mistake_add(
            parse->mistakes, file->place,
            "there is no file '%.*s'; expected one of rows, beside the mock file",
            STR_ARG(path));
    }
    return rows_load(parse->arena, path, path, rows, parse->mistakes);
}

/* ---- items ---- */

struct items {
    struct item *item;
    size_t count, capacity;
};

static void add_item(struct opt_parse *parse, const struct answers_spec *spec,
                     struct items *items, struct item item)
{
    if (items->count == items->capacity) {
        size_t capacity = items->capacity ? items->capacity * 2 : 64;
        items->item =
            arena_grow(parse->arena, items->item, items->count, capacity, sizeof *items->item);
        items->capacity = capacity;
    }
    item.index = (uint32_t)items->count;
    if (spec->difficulty) {
        const json *difficulty = path_get(spec->difficulty, item.row, parse->arena);
        if (!difficulty && item.parent)
            difficulty = path_get(spec->difficulty, item.parent, parse->arena);
        item.difficulty = json_number(difficulty);
    }
    items->item[items->count++] = item;
}

/* A row's own id names it, so that rows put before it do not change its draws. */
static uint64_t row_name(struct arena *arena, const json *row, size_t index)
{
    const json *id = json_get(row, STR("id"));
    if (!id)
        return hash_add_int((struct hash128){0, 1}, index).low;
    return hash_add((struct hash128){0, 2}, json_render(arena, id)).low;
}

static void add_items(struct opt_parse *parse, const struct answers_spec *spec,
                      const struct rows *rows, struct items *items)
{
    for (size_t i = 0; i < rows->count; i++) {
        const json *row = reserved_names(parse->arena, rows->row[i].value);
        struct item item = {.row = row, .place = rows->row[i].place};
        item.name = row_name(parse->arena, row, i);
        if (!spec->items) {
            add_item(parse, spec, items, item);
            continue;
        }
        const json *list = path_get(spec->items, row, parse->arena);
        if (!json_is(list, JSON_LIST)) {
            mistake_add(parse->mistakes, item.place, "row has no list at 'items'");
            continue;
        }
        uint64_t ordinal = 0, name = item.name;
        for (const json *part = json_first(list); part; part = json_next(part)) {
            item.row = part;
            item.parent = row;
            item.name = hash_add_int((struct hash128){name, 3}, ordinal++).low;
            add_item(parse, spec, items, item);
        }
    }
}

static bool add_texts(struct find *find, const json *found, uint32_t number,
                      struct arena *arena)
{
    if (!found || json_is(found, JSON_OBJECT))
        return false;
    if (!json_is(found, JSON_LIST))
        return find_add(find, json_render(arena, found), number);
    bool any = false;
    for (const json *text = json_first(found); text; text = json_next(text))
        any |= add_texts(find, text, number, arena);
    return any;
}

static int build_index(struct opt_parse *parse, const struct yaml *paths, const char *name,
                       const struct items *items, const struct find **index)
{
    if (paths->kind != YAML_LIST || paths->count == 0)
        return mistake_add(parse->mistakes, paths->place,
                           "find is %s; expected a list of paths",
                           value_shown(parse->arena, paths));
    const struct template_path **path =
        arena_array(parse->arena, const struct template_path *, paths->count);
    for (size_t i = 0; i < paths->count; i++)
        if (path_read(parse, paths->item[i], &path[i]) < 0)
            return -1;
    struct find *find = find_new(parse->arena);
    int result = 0;
    for (size_t i = 0; i < items->count; i++) {
        bool any = false;
        for (size_t p = 0; p < paths->count; p++)
            any |= add_texts(find, path_get(path[p], items->item[i].row, parse->arena),
                             (uint32_t)i, parse->arena);
        if (!any)
            result = mistake_add(parse->mistakes, items->item[i].place,
                                 "row has none of the texts by which answer key '%s' finds it",
                                 name);
    }
    find_build(find);
    *index = find;
    return result;
}

/* ---- keys ---- */

static const struct template *default_right(struct opt_parse *parse, struct place place)
{
    const struct yaml *text = yaml_new_text(parse->arena, place, STR("{{row.expected}}"));
    return template_new(parse->arena, text, parse->mistakes);
}

static int read_key(struct opt_parse *parse, const struct yaml_pair *pair,
                    struct answer_key *key)
{
    struct answers_spec spec = {0};
    struct rows rows = {0};
    struct items items = {0};
    str name = arena_str(parse->arena, pair->key);
    key->name = name;
    if (opt_parse_mapping(parse, answers_options, pair->value, "answer key", NULL, &spec) < 0 ||
        load_rows(parse, &spec, pair->value, &rows) < 0)
        return -1;
    add_items(parse, &spec, &rows, &items);
    if (items.count == 0)
        return mistake_add(parse->mistakes, pair->key_place, "answer key '%s' has no rows",
                           name.p);
    key->item = items.item;
    key->items = items.count;
    key->within = spec.within;
    key->right = spec.right ? spec.right : default_right(parse, pair->value->place);
    key->wrong = spec.wrong.given ? spec.wrong : wrong_list_default(parse->arena);
    return build_index(parse, yaml_get(pair->value, STR("find")), name.p, &items, &key->find);
}

int answer_keys_read(struct opt_parse *parse, const struct yaml *value, void *field)
{
    struct answer_keys *keys = field;
    if (value->kind != YAML_MAPPING)
        return mistake_add(parse->mistakes, value->place,
                           "answers is %s; expected a mapping from name to answer key",
                           value_shown(parse->arena, value));
    int result = 0;
    keys->key = arena_array(parse->arena, struct answer_key, value->count);
    keys->count = value->count;
    for (size_t i = 0; i < value->count; i++) {
        keys->key[i].index = i;
        result |= read_key(parse, &value->pair[i], &keys->key[i]);
    }
    return result ? -1 : 0;
}

/* NULL when there is none of that name. */
static const struct answer_key *find_key(const struct answer_keys *keys, str name)
{
    for (size_t i = 0; i < keys->count; i++)
        if (str_equal(keys->key[i].name, name))
            return &keys->key[i];
    return NULL;
}

int answer_key_name_read(struct opt_parse *parse, const struct yaml *value, void *field)
{
    const struct reading *reading = parse->context;
    const struct answer_keys *keys = reading->keys;
    const struct answer_key *key =
        value->kind == YAML_TEXT ? find_key(keys, value->text) : NULL;
    *(const struct answer_key **)field = key;
    if (key)
        return 0;
    str *names = arena_array(parse->arena, str, keys->count + 1);
    for (size_t i = 0; i < keys->count; i++)
        names[i] = keys->key[i].name;
    str hint = mistake_hint(parse->arena, value->text, names, keys->count, true);
    return mistake_add(parse->mistakes, value->place, "unknown answer key '%.*s'%.*s",
                       STR_ARG(value->text), STR_ARG(hint));
}

const struct env *item_env(struct arena *arena, const struct env *outer,
                           const struct item *item)
{
    const struct env *env = env_bind(arena, outer, STR("row"), item->row);
    return item->parent ? env_bind(arena, env, STR("parent"), item->parent) : env;
}

/* Names other than these come from a request. */
static bool needs_rows_only(const struct template *right)
{
    static const str names[] = {STR_INIT("row"), STR_INIT("parent")};
    struct arena scratch = {0};
    struct mistakes mistakes;
    mistakes_init(&mistakes, &scratch);
    struct opt_parse parse = {&scratch, &mistakes, NULL};
    bool only = template_check_names(&parse, right, names, 2) == 0;
    arena_release(&scratch);
    return only;
}

int answer_check_right(struct opt_parse *parse, const struct answer_key *key,
                       const struct template *right, struct place used_at)
{
    if (!key->item || !right || !needs_rows_only(right))
        return 0;
    struct arena scratch = {0};
    int result = 0;
    for (size_t i = 0; i < key->items && result == 0; i++) {
        struct template_problem problem = {0};
        const struct env *env = item_env(&scratch, NULL, &key->item[i]);
        if (!template_eval(right, env, &scratch, &problem)) {
            str place = place_text(parse->arena, used_at);
            result = mistake_add(parse->mistakes, key->item[i].place,
                                 "row does not fit the right answer at %.*s: %.*s",
                                 STR_ARG(place), STR_ARG(problem.text));
        }
        arena_clear(&scratch);
    }
    arena_release(&scratch);
    return result;
}
