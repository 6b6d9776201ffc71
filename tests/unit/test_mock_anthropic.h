/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_mock_anthropic.h: asking the mock as Anthropic's clients do, and what its replies must be.
 */
#ifndef TEST_MOCK_ANTHROPIC_H
#define TEST_MOCK_ANTHROPIC_H

#include "test_mock_ask.h"

#include "base/ceilings.h"
#include "base/file.h"
#include "base/jsonschema.h"

#define USER_HI         "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]"
#define MODEL_AND_LIMIT "\"model\":\"claude-opus-5-5\",\"max_tokens\":200"

/* A body as it is; `version` may be NULL for the older one. */
static inline void ask_anthropic(struct asker *asker, const char *target, const char *version,
                                 const char *body)
{
    const char *headers[] = {"x-api-key",
                             "k",
                             "anthropic-version",
                             version ? version : "2023-06-01",
                             "idempotency-key",
                             "one",
                             "x-weir-attempt",
                             "1",
                             "x-mock-explain",
                             "1",
                             NULL};
    ask_raw(asker, "POST", target, str_from(body), headers);
}

static inline const struct jsonschema *schema_read(struct arena *arena, const char *name)
{
    struct err err = {0};
    str text;
    str path = arena_printf(arena, "%s/tests/data/schemas/%s", TEST_SOURCE_DIR, name);
    if (file_read(arena, path.p, MAX_PROMPT_BYTES, &text, &err) < 0)
        fail_msg("%s", err.message);
    const json *source = json_parse(arena, text, NULL);
    struct jsonschema_problem problem = {0};
    const struct jsonschema *schema = jsonschema_new(arena, source, &problem);
    if (!schema)
        fail_msg("%s: %.*s %.*s", name, STR_ARG(problem.path), STR_ARG(problem.text));
    return schema;
}

static inline void assert_valid(struct arena *arena, const struct jsonschema *schema,
                                const json *value)
{
    struct jsonschema_problem problem = {0};
    size_t count = 0;
    if (jsonschema_valid(schema, value, arena, &problem, 1, &count))
        return;
    str line = jsonschema_problem_line(arena, &problem);
    str text = json_to_str(arena, value, JSON_COMPACT);
    fail_msg("%.*s in %.*s", STR_ARG(line), STR_ARG(text));
}

static inline void assert_json(struct arena *arena, const json *got, const json *wanted)
{
    if (json_equal(got, wanted))
        return;
    str a = json_to_str(arena, got, JSON_COMPACT), b = json_to_str(arena, wanted, JSON_COMPACT);
    fail_msg("%.*s\nis not\n%.*s", STR_ARG(a), STR_ARG(b));
}

/* ---- errors ---- */

static inline str error_type(const struct asker *asker)
{
    return json_text(json_path(asker->body, "error.type"));
}

static inline str error_message(const struct asker *asker)
{
    return json_text(json_path(asker->body, "error.message"));
}

/* An error of the documented shape, whose id is that of the headers. */
static inline void assert_error(struct asker *asker, int status, const char *type)
{
    if (asker->status != status)
        fail_msg("%d is not %d: %.*s", asker->status, status, STR_ARG(buf_str(&asker->bytes)));
    assert_valid(&asker->arena, schema_read(&asker->arena, "anthropic-error.json"),
                 asker->body);
    assert_text(error_type(asker), type);
    str id = json_text(json_get(asker->body, STR("request_id")));
    assert_true(str_equal(id, header_of(asker, "request-id")));
}

#endif
