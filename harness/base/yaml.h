/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * yaml.h: YAML 1.2 (core schema) as a tree that knows where everything stands.
 *
 * yaml.c is the only file that knows libfyaml. The tree is immutable once loaded; the functions
 * that change one (yaml_with, yaml_without) return a new root that shares what did not change.
 * Limits of the language: UTF-8, one document, size, nesting, nodes after expansion of aliases;
 * no merge keys, no custom tags, no duplicate keys. Keys are always texts.
 */
#ifndef BASE_YAML_H
#define BASE_YAML_H

#include "base/json.h"
#include "base/mistakes.h"

enum yaml_kind { YAML_NULL, YAML_BOOL, YAML_NUMBER, YAML_TEXT, YAML_LIST, YAML_MAPPING };

struct yaml;

struct yaml_pair {
    str key;
    struct place key_place;
    const struct yaml *value;
};

struct yaml {
    enum yaml_kind kind;
    struct place place;
    size_t raw_from, raw_to; /* a scalar's bytes in its source, quotes too; else 0, 0 */
    char style;              /* scalars: '"', '\'', '|', '>', or 0 when plain */
    str text;                /* scalars: as written, unquoted */
    bool boolean;
    double number;
    size_t count; /* of pair or item */
    const struct yaml_pair *pair;      /* mapping, file order */
    const struct yaml *const *item;    /* list */
};

struct yaml_limits {
    size_t bytes, nodes;
    unsigned depth;
};
extern const struct yaml_limits yaml_file_limits;    /* experiment and mock files */
extern const struct yaml_limits yaml_dataset_limits; /* rows */

/* Reads a file. NULL after adding mistakes when it is not what the language allows. `shown_path`
 * is used in messages. Everything lives in `arena`. */
const struct yaml *yaml_load(struct arena *arena, str path, str shown_path,
                             const struct yaml_limits *limits, struct mistakes *mistakes);
const struct yaml *yaml_parse(struct arena *arena, const struct source *source,
                              const struct yaml_limits *limits, struct mistakes *mistakes);

const struct yaml *yaml_get(const struct yaml *mapping, str key); /* NULL when there is none */
const struct yaml_pair *yaml_pair_get(const struct yaml *mapping, str key);
bool yaml_is(const struct yaml *node, enum yaml_kind kind); /* false for NULL */
const char *yaml_kind_name(const struct yaml *node); /* "a list", "the number 60": messages */

/* The value as JSON; numbers and words by the core schema. */
const json *yaml_to_json(struct arena *arena, const struct yaml *node);
/* Where a byte of a scalar's value stands in the file: the place of the n-th "{{" (from 0, not
 * overlapping) of its text, moved on by `after` code points of the value. The scalar's own place
 * when the braces are written as escapes or the scalar is in no file. */
struct place yaml_tag_place(const struct yaml *scalar, size_t nth, size_t after);
/* The same of a part of the value, which is written in the file as it is. */
struct place yaml_text_place(const struct yaml *scalar, size_t from, size_t to);

/* A copy of the mapping with `value` under `key` (replaced in its place, else added last), or
 * without that key. */
const struct yaml *yaml_with(struct arena *arena, const struct yaml *mapping, str key,
                             struct place key_place, const struct yaml *value);
const struct yaml *yaml_without(struct arena *arena, const struct yaml *mapping, str key);
/* A copy of the list with item `index` replaced. */
const struct yaml *yaml_with_item(struct arena *arena, const struct yaml *list, size_t index,
                                  const struct yaml *value);
/* An empty mapping or a text that stands at `place`. */
const struct yaml *yaml_new_mapping(struct arena *arena, struct place place);
const struct yaml *yaml_new_text(struct arena *arena, struct place place, str text);

#endif
