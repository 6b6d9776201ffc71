/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_mock_gemini.h: asking the mock as Gemini, and holding replies against their schemas.
 */
#ifndef TEST_MOCK_GEMINI_H
#define TEST_MOCK_GEMINI_H

#include "test_mock_heard.h"

#include "base/file.h"
#include "base/jsonschema.h"

#define MODEL "/v1beta/models/gemini-3.8-flash"

/* The first attempt with the key "k": the same reply each time, streamed or not. */
static inline const json *post_to(struct asker *asker, const char *target, const char *body)
{
    static const char *const headers[] = {
        "x-goog-api-key", "k", "Idempotency-Key", "k", "X-Weir-Attempt", "1", NULL};
    ask_raw(asker, "POST", target, str_from(body), headers);
    return asker->body;
}

static inline const json *post(struct asker *asker, const char *body)
{
    return post_to(asker, MODEL ":generateContent", body);
}

/* A user's text with further members, each after a comma. */
static inline const char *body_of(struct asker *asker, const char *prompt, const char *more)
{
    const json *text = json_new_text(&asker->arena, str_from(prompt));
    str quoted = json_to_str(&asker->arena, text, JSON_COMPACT);
    str body = arena_printf(
        &asker->arena, "{\"contents\":[{\"role\":\"user\",\"parts\":[{\"text\":%.*s}]}]%s}",
        STR_ARG(quoted), more);
    return body.p;
}

static inline void assert_valid(struct asker *asker, const char *name, const json *value)
{
    struct jsonschema_problem problem;
    struct err err = {0};
    size_t count = 0;
    str text;
    str path =
        arena_printf(&asker->arena, "%s/tests/data/schemas/%s.json", TEST_SOURCE_DIR, name);
    if (file_read(&asker->arena, path.p, 1 << 20, &text, &err) < 0)
        fail_msg("%s cannot be read", path.p);
    const struct jsonschema *schema =
        jsonschema_new(&asker->arena, json_parse(&asker->arena, text, NULL), &problem);
    assert_non_null(schema);
    if (!jsonschema_valid(schema, value, &asker->arena, &problem, 1, &count))
        fail_msg("%s: %.*s in %.*s", name,
                 STR_ARG(jsonschema_problem_line(&asker->arena, &problem)),
                 STR_ARG(json_to_str(&asker->arena, value, JSON_COMPACT)));
}

static inline const json *candidate(const struct asker *asker)
{
    return json_at(json_get(asker->body, STR("candidates")), 0);
}

static inline const json *first_part(const struct asker *asker)
{
    return json_at(json_path(candidate(asker), "content.parts"), 0);
}

static inline str part_text(const struct asker *asker)
{
    return json_text(json_get(first_part(asker), STR("text")));
}

static inline int64_t count_at(const json *object, const char *path)
{
    int64_t number = 0;
    json_int(json_path(object, path), &number);
    return number;
}

/* A refusal with this status word; its message. */
static inline str assert_refused(struct asker *asker, int status, const char *word)
{
    if (asker->status != status)
        fail_msg("%d in place of %d: %.*s", asker->status, status,
                 STR_ARG(buf_str(&asker->bytes)));
    assert_valid(asker, "gemini-error-reply", asker->body);
    assert_int_equal(count_at(asker->body, "error.code"), status);
    assert_text(json_text(json_path(asker->body, "error.status")), word);
    return json_text(json_path(asker->body, "error.message"));
}

static inline void assert_contains(str text, const char *part)
{
    if (!str_contains(text, str_from(part)))
        fail_msg("'%.*s' does not contain '%s'", STR_ARG(text), part);
}

#endif
