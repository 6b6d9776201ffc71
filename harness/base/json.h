/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * json.h: JSON values that live in an arena. json.c is the only file that knows cJSON.
 *
 * A value is immutable once it has been handed on, so it may be shared: putting a value into a
 * list or an object copies one small node and shares everything below. Values live as long as
 * the arena they were made in and everything they were put together from.
 *
 * Numbers are doubles. Texts are UTF-8 without NUL: \u0000 and halves of surrogate
 * pairs in a parsed text become U+FFFD.
 * Objects keep the order of their members; of duplicate keys the last one counts and stays.
 *
 *     const json *faqs = json_get(reply, STR("faqs"));
 *     for (const json *faq = json_first(faqs); faq; faq = json_next(faq)) ...
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"

typedef struct json json;

enum json_kind { JSON_NULL, JSON_BOOL, JSON_NUMBER, JSON_TEXT, JSON_LIST, JSON_OBJECT };

/* Deepest nesting that is parsed (docs/architecture.md, ceilings). */
enum { JSON_DEPTH_MAX = 128 };

struct json_error {
    size_t at;          /* byte offset */
    unsigned line, col; /* from 1; col counts code points */
    const char *what;   /* static text: "expected ',' or '}'" */
    str doubled;        /* of json_parse_unique: the name that stands twice; p NULL: it is no JSON */
};

/* One JSON value and nothing else (RFC 8259: strict grammar, valid UTF-8). NULL and error (which
 * may be NULL) when `text` is not that. */
const json *json_parse(struct arena *arena, str text, struct json_error *error);
/* The same of what people write, where a name that stands twice in one object is a slip (RFC 8259: names
 * should be unique): refused too, at the second one. */
const json *json_parse_unique(struct arena *arena, str text, struct json_error *error);
const json *json_parse_unique_prefix(struct arena *arena, str text, size_t *used);
/* "not JSON: expected ',' or '}'", "duplicate key 'id'; …". */
str json_error_text(struct arena *arena, const struct json_error *error);
/* The same for the value that starts at the beginning of `text`; *used is its length in bytes.
 * For JSON inside prose and for lines. */
const json *json_parse_prefix(struct arena *arena, str text, size_t *used);

/* Reading. NULL as a value reads as JSON null, so a chain of json_get needs no tests. */
enum json_kind json_kind(const json *value);
bool json_is(const json *value, enum json_kind kind); /* false for NULL, also for JSON_NULL */
bool json_bool(const json *value);
double json_number(const json *value); /* 0 when it is no number */
/* True and the integer if it is a whole number within ±2^53. */
bool json_int(const json *value, int64_t *number);
str json_text(const json *value); /* empty when it is no text */
size_t json_count(const json *value); /* items or members */
const json *json_first(const json *list_or_object);
const json *json_next(const json *item);
str json_key(const json *member); /* of an object's member */
const json *json_get(const json *object, str key); /* NULL when there is none */
const json *json_at(const json *list, int64_t index); /* from 0; negative from the end */
/* Members by name along a path such as "usage.prompt_tokens". */
const json *json_path(const json *object, const char *dotted);

/* Making. */
const json *json_null(void);
const json *json_new_bool(bool value);
const json *json_new_number(struct arena *arena, double number);
const json *json_new_int(struct arena *arena, int64_t number);
const json *json_new_text(struct arena *arena, str text); /* copies; NUL and bad UTF-8 → U+FFFD */
json *json_new_list(struct arena *arena);
json *json_new_object(struct arena *arena);
void json_add(struct arena *arena, json *list, const json *item);
/* Replaces a member of that name in its place, else adds one at the end. */
void json_set(struct arena *arena, json *object, str key, const json *value);
void json_set_text(struct arena *arena, json *object, const char *key, str text);
void json_set_int(struct arena *arena, json *object, const char *key, int64_t number);
/* A shallow copy of a list or object that may be added to. */
json *json_copy(struct arena *arena, const json *list_or_object);
/* A copy that shares nothing, for another arena. */
const json *json_deep_copy(struct arena *arena, const json *value);

/* Same kind and value; members in any order; 1 equals 1.0. */
bool json_equal(const json *a, const json *b);
/* Member names sorted by bytes at every level, so that equal values have equal texts. */
void json_write_canonical(struct buf *out, const json *value);

/* Writing. */
enum json_style {
    JSON_COMPACT, /* {"a":[1,2]}          for the wire and the store */
    JSON_SPACED,  /* {"a": [1, 2]}        for prompts and people, one line */
};
void json_write(struct buf *out, const json *value, enum json_style style);
/* Members and items on lines of their own, indented by `indent` blanks. */
void json_write_indented(struct buf *out, const json *value, unsigned indent);
void json_write_text(struct buf *out, str text); /* quoted and escaped */
/* The shortest decimal that reads back equal: 3, 0.1, 1e+30. */
void json_write_number(struct buf *out, double number);
str json_to_str(struct arena *arena, const json *value, enum json_style style);
/* As templates render a value in a text: a text as it is, anything else JSON_SPACED. */
str json_render(struct arena *arena, const json *value);

const char *json_kind_name(enum json_kind kind); /* "a text", "a list": for messages */

#endif
