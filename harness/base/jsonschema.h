/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * jsonschema.h: JSON Schema, draft 2020-12, but for anchors, dynamic and remote references,
 * vocabularies and unevaluated*.
 *
 * A schema is compiled once (patterns, references) and validates any number of values; a
 * compiled schema is read only and may be used by several threads.
 *
 * What is left out is refused when a schema is compiled: $anchor, $dynamicRef, $dynamicAnchor,
 * $recursiveRef, $recursiveAnchor, $vocabulary, unevaluatedItems, unevaluatedProperties, and a
 * $ref to another document or an anchor. Keywords that only describe, format among them, and
 * unknown ones are passed over, as the specification says. $schema may also name drafts 06, 07
 * and 2019-09: all is read as 2020-12, and what had another meaning then is refused.
 *
 * Bounds: a $ref that comes back to its own schema at the same value is refused; checking ends
 * with a problem after 10 million steps, 1,024 levels, or a pattern's limit (regex.h). Up to 40
 * levels take at most 16 KB of the caller's stack; a deeper walk is made on a thread of its own,
 * so any value may be validated on a fiber.
 */
#ifndef BASE_JSONSCHEMA_H
#define BASE_JSONSCHEMA_H

#include "base/json.h"

struct jsonschema;

struct jsonschema_problem {
    /* JSON pointer: in the schema to the wrong keyword, "/properties/faqs/type"; in the value to
     * the wrong part, "/faqs/0"; "" is the root */
    str path;
    str text; /* "'type' is \"strng\"; expected one of array, boolean, …" */
};

/* Compiles `schema`; everything lives in `arena`. NULL and a problem when it is no schema that
 * weir knows. */
const struct jsonschema *jsonschema_new(struct arena *arena, const json *schema,
                                        struct jsonschema_problem *problem);

/* True when valid; then nothing is allocated but for uniqueItems on more than 12 items. Else up to
 * `most` problems (in the arena), the first found first. Arena and problems may be NULL with most
 * 0, count always: a plain answer. */
bool jsonschema_valid(const struct jsonschema *schema, const json *value, struct arena *arena,
                      struct jsonschema_problem *problems, size_t most, size_t *count);

/* "at /faqs/0/sources: expected a list, got a text"; "at the top: …" for the root. Quotes parts
 * of the value: for a terminal it goes through text_visible. */
str jsonschema_problem_line(struct arena *arena, const struct jsonschema_problem *problem);

/* The schema as it was given. */
const json *jsonschema_source(const struct jsonschema *schema);

/* What a schema promises about the members of its values, for checking names before a run. */
enum jsonschema_member {
    SCHEMA_MEMBER_ANY,  /* nothing is known: the value may be anything there */
    SCHEMA_MEMBER_YES,  /* declared in properties */
    SCHEMA_MEMBER_NO,   /* an object with properties, and this is none of them */
    SCHEMA_MEMBER_TYPE, /* the value cannot have members (it is a text, a number, …) */
};
/* `at` is a sub-schema (start with jsonschema_source); *inner is the member's schema or NULL when
 * nothing is known. Follows $ref within the document. */
enum jsonschema_member jsonschema_member(const struct jsonschema *schema, const json *at,
                                         str name, const json **inner);
/* The same for items of a list: YES, ANY, or TYPE when it cannot be a list. */
enum jsonschema_member jsonschema_item(const struct jsonschema *schema, const json *at,
                                       const json **inner);
/* Names in properties, in the arena, for messages. */
str *jsonschema_names(const struct jsonschema *schema, const json *at, struct arena *arena,
                      size_t *count);
/* The texts of `enum` or `const` at that place, if it allows only texts; else count 0. */
str *jsonschema_enum(const struct jsonschema *schema, const json *at, struct arena *arena,
                     size_t *count);

#endif
