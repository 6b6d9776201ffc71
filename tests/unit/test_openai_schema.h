/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_openai_schema.h: OpenAI's published schemas (tests/data/openai), for tests of those who
 * write or read its bodies.
 *
 *     struct openai_schemas schemas = openai_schemas_read();
 *     openai_assert_valid(&schemas, "CreateChatCompletionResponse", body);
 *     openai_schemas_end(&schemas);
 *
 * They are made into JSON Schema as they are loaded:
 * - `nullable: true` becomes a choice of null;
 * - `oneOf` with a discriminator becomes anyOf: the discriminator chooses, and some of the
 *   published alternatives overlap (two kinds of message with the same type);
 * - $recursiveRef, which stands once, becomes a $ref to the schema around it;
 * - where the published examples contradict the schemas the examples are right: `usage` and `user`
 *   of a response may be null.
 * Embeddings in base64 are not described at all.
 */
#ifndef TEST_OPENAI_SCHEMA_H
#define TEST_OPENAI_SCHEMA_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/jsonschema.h"

enum { OPENAI_SCHEMAS_MAX = 128 };

struct openai_schemas {
    struct arena arena;
    const json *components; /* as JSON Schema */
    str name[OPENAI_SCHEMAS_MAX];
    const struct jsonschema *schema[OPENAI_SCHEMAS_MAX];
    size_t count;
};

/* ---- conversion ---- */

static inline const json *openai_or_null(struct arena *arena, const json *schema)
{
    json *null = json_new_object(arena), *both = json_new_list(arena);
    json *whole = json_new_object(arena);
    json_set_text(arena, null, "type", STR("null"));
    json_add(arena, both, schema);
    json_add(arena, both, null);
    json_set(arena, whole, STR("anyOf"), both);
    return whole;
}

static inline const json *openai_convert(struct arena *arena, const json *value);

static inline const json *openai_convert_members(struct arena *arena, const json *members)
{
    json *all = json_new_object(arena);
    for (const json *member = json_first(members); member; member = json_next(member)) {
        const json *converted = openai_convert(arena, member);
        if (str_equal(json_key(member), STR("user")))
            converted = openai_or_null(arena, converted);
        json_set(arena, all, json_key(member), converted);
    }
    return all;
}

static inline const json *openai_convert_schema(struct arena *arena, const json *schema)
{
    json *whole = json_new_object(arena);
    bool chosen = json_get(schema, STR("discriminator")) != NULL;
    for (const json *part = json_first(schema); part; part = json_next(part)) {
        str key = json_key(part);
        if (str_equal(key, STR("properties")))
            json_set(arena, whole, key, openai_convert_members(arena, part));
        else if (str_equal(key, STR("$recursiveRef")))
            json_set_text(arena, whole, "$ref", STR("#/components/schemas/CompoundFilter"));
        else if (str_equal(key, STR("oneOf")) && chosen)
            json_set(arena, whole, STR("anyOf"), openai_convert(arena, part));
        else if (str_equal(key, STR("enum")) || str_equal(key, STR("required")))
            json_set(arena, whole, key, part);
        else if (!str_equal(key, STR("$recursiveAnchor")) && !str_equal(key, STR("default")))
            json_set(arena, whole, key, openai_convert(arena, part));
    }
    return json_bool(json_get(schema, STR("nullable"))) ? openai_or_null(arena, whole) : whole;
}

static inline const json *openai_convert(struct arena *arena, const json *value)
{
    if (json_is(value, JSON_OBJECT))
        return openai_convert_schema(arena, value);
    if (!json_is(value, JSON_LIST))
        return value;
    json *list = json_new_list(arena);
    for (const json *item = json_first(value); item; item = json_next(item))
        json_add(arena, list, openai_convert(arena, item));
    return list;
}

/* ---- use ---- */

static inline struct openai_schemas openai_schemas_read(void)
{
    struct openai_schemas all = {.count = 0};
    struct arena *arena = &all.arena;
    struct err err = {0};
    str text;
    const char *path = TEST_SOURCE_DIR "/tests/data/openai/openapi-subset.json";
    if (file_read(arena, path, (size_t)1 << 22, &text, &err) < 0)
        fail_msg("%s", err.message);
    const json *file = json_parse(arena, text, NULL);
    const json *published = json_path(file, "components.schemas");
    assert_true(json_count(published) > 300);
    json *schemas = json_new_object(arena), *components = json_new_object(arena);
    for (const json *one = json_first(published); one; one = json_next(one)) {
        const json *converted = openai_convert(arena, one);
        if (str_equal(json_key(one), STR("ResponseUsage")))
            converted = openai_or_null(arena, converted);
        json_set(arena, schemas, json_key(one), converted);
    }
    json_set(arena, components, STR("schemas"), schemas);
    all.components = components;
    return all;
}

static inline void openai_schemas_end(struct openai_schemas *all)
{
    arena_release(&all->arena);
}

/* Compiled when it is first asked for. */
static inline const struct jsonschema *openai_schema(struct openai_schemas *all,
                                                     const char *name)
{
    for (size_t i = 0; i < all->count; i++)
        if (str_equal(all->name[i], str_from(name)))
            return all->schema[i];
    json *root = json_new_object(&all->arena);
    struct jsonschema_problem problem = {0};
    assert_non_null(json_get(json_get(all->components, STR("schemas")), str_from(name)));
    json_set_text(&all->arena, root, "$ref",
                  arena_printf(&all->arena, "#/components/schemas/%s", name));
    json_set(&all->arena, root, STR("components"), all->components);
    const struct jsonschema *schema = jsonschema_new(&all->arena, root, &problem);
    if (!schema)
        fail_msg("%s: %.*s: %.*s", name, STR_ARG(problem.path), STR_ARG(problem.text));
    assert_true(all->count < OPENAI_SCHEMAS_MAX);
    all->name[all->count] = arena_str(&all->arena, str_from(name));
    all->schema[all->count++] = schema;
    return schema;
}

static inline void openai_assert_valid(struct openai_schemas *all, const char *name,
                                       const json *value)
{
    struct arena arena = {0};
    struct jsonschema_problem problem = {0};
    size_t count = 0;
    if (!jsonschema_valid(openai_schema(all, name), value, &arena, &problem, 1, &count)) {
        str line = jsonschema_problem_line(&arena, &problem);
        str shown = json_to_str(&arena, value, JSON_COMPACT);
        fail_msg("%s: %.*s in %.*s", name, STR_ARG(line), STR_ARG(shown));
    }
    arena_release(&arena);
}

#endif
