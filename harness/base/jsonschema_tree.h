/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * jsonschema_tree.h: a compiled schema, between the files jsonschema*.c and nobody else.
 *
 * Every place of the document that is a schema becomes one node, found by its JSON value, so a
 * reference is a pointer and a shared part is compiled once. Rules are grouped by the kind of
 * value they look at: a node without rules for texts costs a text one test.
 */
#ifndef BASE_JSONSCHEMA_TREE_H
#define BASE_JSONSCHEMA_TREE_H

#include "base/jsonschema.h"
#include "base/regex.h"

/* Bits of struct schema_node.types. A number without a fraction is an integer and a number. */
enum schema_type {
    TYPE_ARRAY = 1,
    TYPE_BOOLEAN = 2,
    TYPE_INTEGER = 4,
    TYPE_NULL = 8,
    TYPE_NUMBER = 16,
    TYPE_OBJECT = 32,
    TYPE_STRING = 64,
    TYPE_COUNT = 7,
};

struct schema_nodes {
    const struct schema_node **item;
    size_t count;
};

/* The document, or a part of it that has an $id: what "#/…" in it starts from. */
struct schema_base {
    str uri; /* absolute if the document says so, without fragment; may be empty */
    const json *root;
    struct schema_base *next;
};

struct schema_choices {
    str *text; /* sorted: an enum of thousands of words is searched, not walked */
    size_t text_count;
    const json **other;
    size_t other_count;
};

struct schema_number_rules {
    double minimum, maximum, above, below; /* infinite when not given */
    double multiple;                       /* 0 when not given */
};

struct schema_text_rules {
    size_t least, most; /* code points */
    const struct regex *pattern;
    str pattern_text;
};

struct schema_list_rules {
    size_t least, most;
    struct schema_nodes prefix;
    const struct schema_node *rest; /* items */
    const struct schema_node *contains;
    size_t contains_least, contains_most;
    bool unique;
};

/* What is said of one member name, from properties and required together. */
struct schema_member {
    str name;
    const struct schema_node *node; /* NULL: only required */
    bool required;
    size_t order; /* as declared */
};

struct schema_pattern {
    const struct regex *regex;
    str text;
    const struct schema_node *node;
};

struct schema_dependent {
    str name;
    str *needs;
    size_t needs_count;
    const struct schema_node *node;
};

struct schema_object_rules {
    size_t least, most;
    const json *properties;       /* as given, for messages */
    struct schema_member *member; /* sorted by name */
    size_t member_count, required_count;
    struct schema_pattern *pattern;
    size_t pattern_count;
    const struct schema_node *rest;  /* additionalProperties */
    const struct schema_node *names; /* propertyNames */
    struct schema_dependent *dependent;
    size_t dependent_count;
};

enum schema_verdict { SCHEMA_RULES, SCHEMA_TRUE, SCHEMA_FALSE };

struct schema_node {
    const json *source;
    enum schema_verdict verdict;
    unsigned types; /* 0: any */
    const struct schema_choices *choices;
    const json *only; /* const */
    struct schema_number_rules *number;
    struct schema_text_rules *text;
    struct schema_list_rules *list;
    struct schema_object_rules *object;
    const struct schema_node *reference; /* $ref */
    struct schema_nodes all, any, one;
    const struct schema_node *negated, *condition, *then, *otherwise;

    /* where it stands, for problems */
    const struct schema_node *above;
    str step; /* "properties/faqs", escaped as a JSON pointer */
    struct schema_base *base;
    struct schema_node *next; /* of all, newest first */
    unsigned mark;            /* of the search for endless references */
};

/* Nodes by their JSON value; open addressing, a power of two in size. */
struct schema_map {
    struct schema_node **slot;
    size_t size, used;
};

struct jsonschema {
    const struct schema_node *root;
    struct schema_map map;
    str canonical; /* the source, for hashes of what is asked */
};

struct schema_node *schema_map_find(const struct schema_map *map, const json *source);

struct schema_pending {
    struct schema_node *node;
    str reference;
    struct schema_pending *next;
};

struct schema_compiler {
    struct arena *arena;
    struct schema_map map;
    struct schema_node *nodes;
    struct schema_base *bases;
    struct schema_pending *pending; /* references whose target is not looked up yet */
    unsigned depth;
    bool older; /* $schema names a draft before 2020-12 */
    struct jsonschema_problem *problem;
};

/* Always false: `keyword` of `node`, or the node itself when empty, is wrong. */
bool schema_refuse(struct schema_compiler *compiler, const struct schema_node *node,
                   const char *keyword, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* The same, "'keyword' is …; expected …", of a keyword's value. */
bool schema_refuse_value(struct schema_compiler *compiler, const struct schema_node *node,
                         const json *value, const char *expected);
/* A value as a problem quotes it: one line, shortened. */
str schema_shown(struct schema_compiler *compiler, const json *value);
/* The node of a sub-schema, compiled if it is new; NULL when it is none. */
const struct schema_node *schema_compile(struct schema_compiler *compiler, const json *source,
                                         const struct schema_node *above, str step,
                                         struct schema_base *base);
/* '~' and '/' of a name as a JSON pointer writes them. */
str schema_escape(struct arena *arena, str name);

/* Reads one keyword into its node; false after a problem. */
typedef bool schema_reader(struct schema_compiler *compiler, struct schema_node *node,
                           const json *value);
/* jsonschema_rules.c */
schema_reader schema_read_type, schema_read_enum, schema_read_const, schema_read_bound,
    schema_read_multiple, schema_read_length, schema_read_pattern, schema_read_list_size,
    schema_read_unique, schema_read_object_size, schema_read_required;
/* A node's rules, made at the first need. */
struct schema_list_rules *schema_list_rules_of(struct schema_compiler *compiler,
                                               struct schema_node *node);
struct schema_object_rules *schema_object_rules_of(struct schema_compiler *compiler,
                                                   struct schema_node *node);
bool schema_is_keyword(const json *value, const char *keyword);
/* A list of member names; `path` from the node to it. */
bool schema_read_names(struct schema_compiler *compiler, struct schema_node *node,
                       const json *value, const char *path, str **names, size_t *count);
/* NULL after a problem of `keyword`. */
const struct regex *schema_read_regex(struct schema_compiler *compiler,
                                      const struct schema_node *node, const char *keyword,
                                      str pattern);
/* Room for `more` members; the first of them. The caller counts those it fills. */
struct schema_member *schema_member_add(struct schema_compiler *compiler,
                                        struct schema_object_rules *rules, size_t more);

/* jsonschema_keywords.c */
/* NULL for what only describes, and for unknown keywords. */
schema_reader *schema_reader_of(str keyword);
/* $schema: this draft or a near one. */
schema_reader schema_read_dialect;

/* jsonschema_refs.c */
/* RFC 3986, 5.2: `reference` as seen from `base`; either may be empty. */
str schema_uri_resolve(struct arena *arena, str base, str reference);
/* Finds the target of every $ref; false after a problem. */
bool schema_resolve_all(struct schema_compiler *compiler);
/* A reference that comes back to its own schema without going into the value would never end. */
bool schema_refuse_loops(struct schema_compiler *compiler);

/* The member table's entry, or NULL. */
const struct schema_member *schema_member_find(const struct schema_object_rules *rules,
                                               str name);
/* Bits of the types a value has; an integer is also a number. */
unsigned schema_types_of(const json *value);
/* "a text or null", of bits, for people; the words of one bit. */
const char *schema_type_words(enum schema_type type);
/* Exact on the decimals as written: 0.0075 is a multiple of 0.0001. */
bool schema_is_multiple(double number, double of);
/* True when no two items are equal. */
bool schema_all_different(const json *list, size_t *first, size_t *second);

#endif
