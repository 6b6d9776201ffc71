/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_llm_bodies.h: what the tests of dialects share: encoding a request, and holding its body
 * against the provider's schema (tests/data/schemas). Every body that these tests make goes
 * through it.
 */
#ifndef TEST_LLM_BODIES_H
#define TEST_LLM_BODIES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/file.h"
#include "llm/dialect.h"

static const struct {
    const char *dialect, *file;
} body_schemas[] = {
    {"openai-chat", "openai-chat-completions"},
    {"openai-responses", "openai-responses"},
    {"anthropic-messages", "anthropic-messages"},
    {"gemini", "gemini-generate-content"},
};
enum { BODY_SCHEMAS = sizeof body_schemas / sizeof body_schemas[0] };

static struct arena bodies_arena;
static const struct jsonschema *body_schema[BODY_SCHEMAS];

static inline const json *json_of(struct arena *arena, const char *text)
{
    const json *value = json_parse(arena, str_from(text), NULL);
    if (!value)
        fail_msg("not JSON: %s", text);
    return value;
}

static inline const struct jsonschema *schema_from(struct arena *arena, const char *text)
{
    struct jsonschema_problem problem;
    const struct jsonschema *schema = jsonschema_new(arena, json_of(arena, text), &problem);
    if (!schema)
        fail_msg("%s: %.*s", text, STR_ARG(problem.text));
    return schema;
}

static inline const struct jsonschema *schema_in_file(struct arena *arena, const char *name)
{
    str text;
    struct err err = {0};
    str path = arena_printf(arena, TEST_SOURCE_DIR "/tests/data/schemas/%s.json", name);
    if (file_read(arena, path.p, (size_t)1 << 20, &text, &err) < 0)
        fail_msg("%s", err.message);
    return schema_from(arena, text.p);
}

static inline void assert_valid_by(const struct jsonschema *schema, str body)
{
    struct arena scratch = {0};
    struct jsonschema_problem problem = {0};
    size_t count = 0;
    const json *value = json_parse(&scratch, body, NULL);
    if (!value)
        fail_msg("not JSON: %.*s", STR_ARG(body));
    if (!jsonschema_valid(schema, value, &scratch, &problem, 1, &count))
        fail_msg("%.*s: %.*s in %.*s", STR_ARG(problem.path), STR_ARG(problem.text),
                 STR_ARG(body));
    arena_release(&scratch);
}

/* By the schema of the dialect's endpoint. */
static inline void assert_valid_body(const struct llm_dialect *dialect, str body)
{
    for (size_t i = 0; i < BODY_SCHEMAS; i++) {
        if (strcmp(dialect->name, body_schemas[i].dialect) != 0)
            continue;
        if (!body_schema[i])
            body_schema[i] = schema_in_file(&bodies_arena, body_schemas[i].file);
        assert_valid_by(body_schema[i], body);
        return;
    }
    fail_msg("no schema for %s", dialect->name);
}

/* The body as the client would send it, without looking at it. */
static inline str body_of(const struct llm_request *request, struct arena *arena)
{
    const struct llm_dialect *dialect = request->model->provider->dialect;
    struct llm_prepared prepared;
    struct buf out = {0};
    dialect->prepare(request, arena, &prepared);
    dialect->encode(request, &prepared, &out);
    str body = arena_str(arena, buf_str(&out));
    buf_release(&out);
    return body;
}

/* The same, valid by the provider's schema. */
static inline str valid_body_of(const struct llm_request *request, struct arena *arena)
{
    str body = body_of(request, arena);
    assert_valid_body(request->model->provider->dialect, body);
    return body;
}

static inline int bodies_end(void **state)
{
    (void)state;
    arena_release(&bodies_arena);
    memset(body_schema, 0, sizeof body_schema);
    return 0;
}

static inline void assert_str(str text, const char *wanted)
{
    if (!str_equal(text, str_from(wanted)))
        fail_msg("\n%.*s\ninstead of\n%s", STR_ARG(text), wanted);
}

#endif
