/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * option_schema.c: tables in, JSON Schema out (see option_schema.h).
 *
 * What a row's type says is built here; what only its reader knows stands in the row's `form`. A
 * `word` that is a name is a definition of the document, made by whoever has the tables for it.
 */
#include "base/option_schema.h"

json *schema_form(struct arena *arena, const char *form)
{
    struct mistakes mistakes;
    mistakes_init(&mistakes, arena);
    struct source *source = arena_new(arena, struct source);
    *source = (struct source){STR("form"), str_from(form)};
    const struct yaml *yaml = yaml_parse(arena, source, &yaml_file_limits, &mistakes);
    if (!yaml_is(yaml, YAML_MAPPING))
        BUG("'%s' is no schema", form);
    return json_copy(arena, yaml_to_json(arena, yaml));
}

json *schema_ref(struct arena *arena, const char *word)
{
    json *object = json_new_object(arena);
    json_set(arena, object, STR("$ref"),
             json_new_text(arena, arena_printf(arena, "#/$defs/%s", word)));
    return object;
}

json *schema_list_of(struct arena *arena, const json *item)
{
    json *list = schema_form(arena, "{type: array}");
    json_set(arena, list, STR("items"), item);
    return list;
}

json *schema_mapping_to(struct arena *arena, const json *value)
{
    json *object = schema_form(arena, "{type: object}");
    json_set(arena, object, STR("additionalProperties"), value);
    return object;
}

void schema_merge(struct arena *arena, json *schema, const json *more)
{
    for (const json *keyword = json_first(more); keyword; keyword = json_next(keyword))
        json_set(arena, schema, json_key(keyword), keyword);
}

json *schema_one_key(struct arena *arena, json *list, const char *key)
{
    json *object = json_new_object(arena), *keys = json_new_list(arena);
    json_add(arena, keys, json_new_text(arena, str_from(key)));
    json_set(arena, object, STR("required"), keys);
    json_add(arena, list, object);
    return list;
}

/* ---- one row ---- */

static void set_numeric(struct arena *arena, json *schema, const struct opt *row)
{
    bool share = row->type == OPT_TYPE_SHARE, any = row->min == 0 && row->max == 0 && !share;
    json_set_text(arena, schema, "type",
                  row->type == OPT_TYPE_INT ? STR("integer") : STR("number"));
    if (any && row->type != OPT_TYPE_INT)
        return;
    json_set(arena, schema, STR("minimum"),
             json_new_number(arena, any ? -OPT_INT_MOST : row->min));
    if (any || share || row->max != 0)
        json_set(arena, schema, STR("maximum"),
                 json_new_number(arena, any     ? OPT_INT_MOST
                                        : share ? 1
                                                : row->max));
}

static void set_choices(struct arena *arena, json *schema, const struct opt *row)
{
    json *words = json_new_list(arena);
    for (size_t i = 0; row->choices[i]; i++)
        json_add(arena, words, json_new_text(arena, str_from(row->choices[i])));
    json_set(arena, schema, STR("enum"), words);
}

#define WANTED(text) "patternErrorMessage: 'expected " text "'"

static const char *form_of(enum opt_type type)
{
    switch (type) {
    case OPT_TYPE_TEXT:
        return "{type: string}";
    case OPT_TYPE_LABEL:
        return "{type: [string, number, boolean], minLength: 1, maxLength: 100}";
    case OPT_TYPE_NAME:
        return "{type: string, pattern: '" OPT_FORM_NAME
               "'," WANTED("letters, digits and _, not starting with a digit") "}";
    case OPT_TYPE_BOOL:
        return "{type: boolean}";
    case OPT_TYPE_DURATION:
        return "{type: string, " OPT_FORM_DURATION "}";
    case OPT_TYPE_SIZE:
        return "{type: string, pattern: '^([0-9]+\\.?[0-9]*|\\.[0-9]+)(B|KB|MB|GB)$'," WANTED(
            "a size with a unit, such as 64KB or 10MB") "}";
    case OPT_TYPE_USD: /* the pattern is for texts, the limits for numbers */
        return "{type: [number, string], minimum: 0, maximum: 999999999,"
               " pattern: '^([0-9]{1,9}\\.?[0-9]{0,9}|\\.[0-9]{1,9})$'," WANTED(
                   "an amount of dollars with at most nine decimals") "}";
    case OPT_TYPE_TEXTS:
        return "{type: array, items: {type: string}}";
    case OPT_TYPE_END:
    case OPT_TYPE_INT:
    case OPT_TYPE_NUMBER:
    case OPT_TYPE_SHARE:
    case OPT_TYPE_CHOICE:
    case OPT_TYPE_RAW:
    case OPT_TYPE_CUSTOM:
        break;
    }
    return NULL;
}

static void set_type(struct arena *arena, json *schema, const struct opt *row)
{
    const char *form = form_of(row->type);
    bool numeric = row->type == OPT_TYPE_INT || row->type == OPT_TYPE_NUMBER ||
                   row->type == OPT_TYPE_SHARE;
    if (form)
        schema_merge(arena, schema, schema_form(arena, form));
    else if (numeric)
        set_numeric(arena, schema, row);
    else if (row->type == OPT_TYPE_CHOICE)
        set_choices(arena, schema, row);
    else if (!row->form && row->word && name_is_valid(str_from(row->word)))
        schema_merge(arena, schema, schema_ref(arena, row->word));
}

/* As the file would say it. */
static const json *fallback_of(struct arena *arena, const struct opt *row)
{
    bool text = form_of(row->type) != NULL && row->type != OPT_TYPE_BOOL &&
                row->type != OPT_TYPE_USD && row->type != OPT_TYPE_TEXTS;
    if (text || row->type == OPT_TYPE_CHOICE)
        return json_new_text(arena, str_from(row->fallback));
    const char *form = arena_printf(arena, "{value: %s}", row->fallback).p;
    return json_get(schema_form(arena, form), STR("value"));
}

json *schema_properties(struct arena *arena, const struct opt *rows)
{
    json *properties = json_new_object(arena);
    for (const struct opt *row = rows; row && row->type != OPT_TYPE_END; row++) {
        json *schema = json_new_object(arena);
        json_set_text(arena, schema, "description", str_from(row->help ? row->help : ""));
        set_type(arena, schema, row);
        if (row->form)
            schema_merge(arena, schema, schema_form(arena, row->form));
        if (row->fallback && row->fallback[0])
            json_set(arena, schema, STR("default"), fallback_of(arena, row));
        json_set(arena, properties, str_from(row->key), schema);
    }
    return properties;
}

/* ---- mappings ---- */

static void add_required(struct arena *arena, json *required, const struct opt *rows)
{
    for (; rows && rows->type != OPT_TYPE_END; rows++)
        if (rows->required)
            json_add(arena, required, json_new_text(arena, str_from(rows->key)));
}

static const char *end_form(const struct opt *rows)
{
    while (rows && rows->type != OPT_TYPE_END)
        rows++;
    return rows ? rows->form : NULL;
}

json *schema_object(struct arena *arena, const struct opt *const *tables, size_t count)
{
    json *object = schema_form(arena, "{type: object}"), *properties = json_new_object(arena);
    json *required = json_new_list(arena), *whole = json_new_list(arena);
    for (size_t i = 0; i < count; i++) {
        schema_merge(arena, properties, schema_properties(arena, tables[i]));
        add_required(arena, required, tables[i]);
        if (end_form(tables[i]))
            json_add(arena, whole, schema_form(arena, end_form(tables[i])));
    }
    json_set(arena, object, STR("properties"), properties);
    if (json_count(required))
        json_set(arena, object, STR("required"), required);
    json_set(arena, object, STR("additionalProperties"), json_new_bool(false));
    if (json_count(whole) == 1)
        schema_merge(arena, object, json_at(whole, 0));
    else if (json_count(whole))
        json_set(arena, object, STR("allOf"), whole);
    return object;
}

json *schema_object_of(struct arena *arena, const struct opt *table)
{
    return schema_object(arena, &table, 1);
}

/* ---- the document ---- */

static void define_rest(struct arena *arena, json *defs, const json *value)
{
    str prefix = STR("#/$defs/"), text = json_text(json_get(value, STR("$ref")));
    str word = str_sub(text, prefix.n, text.n);
    if (str_starts_with(text, prefix) && !json_get(defs, word))
        json_set(arena, defs, word, json_new_object(arena));
    for (const json *item = json_first(value); item; item = json_next(item))
        define_rest(arena, defs, item);
}

json *schema_document(struct arena *arena, const char *title, const json *top, json *defs)
{
    json *root = json_new_object(arena);
    json_set_text(arena, root, "$schema", STR("https://json-schema.org/draft/2020-12/schema"));
    json_set_text(arena, root, "title", str_from(title));
    schema_merge(arena, root, top);
    define_rest(arena, defs, top);
    define_rest(arena, defs, json_copy(arena, defs));
    json_set(arena, root, STR("$defs"), defs);
    return root;
}
