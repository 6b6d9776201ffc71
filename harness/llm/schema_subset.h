/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * schema_subset.h: JSON Schemas as a provider's structured output takes them.
 *
 * Providers promise that a reply matches its schema, but accept a subset of JSON Schema only
 * (docs/providers.md has their lists). A schema that fits is rewritten into the subset in a way
 * that never allows less than before: bounds and remarks are left out, and the reply is checked
 * against the whole schema here, as every reply is. The one exception is the language's own
 * (4.1): objects that do not say whether they are closed become so where a provider demands it.
 * What changes the shape is refused, by keyword and path.
 */
#ifndef LLM_SCHEMA_SUBSET_H
#define LLM_SCHEMA_SUBSET_H

#include "base/jsonschema.h"

enum schema_rule {
    SCHEMA_REFUSED,    /* changes the shape */
    SCHEMA_KEEP,       /* copied as it is */
    SCHEMA_LEAVE_OUT,  /* a bound or remark: checked here */
    SCHEMA_CHILD,      /* one schema */
    SCHEMA_CHILDREN,   /* a list of schemas */
    SCHEMA_NAMED,      /* schemas by name */
    SCHEMA_PROPERTIES, /* likewise, and they count as properties */
    SCHEMA_VALUES,     /* enum, const: simple values only, which count */
    SCHEMA_AS_ENUM,    /* const, written as an enum of one */
    SCHEMA_AS_ANY_OF,  /* oneOf, written as anyOf */
    SCHEMA_ALL_OF,     /* a list of schemas; none may be an object that would be closed */
    SCHEMA_FORMAT,     /* kept when the provider knows it */
    SCHEMA_FEW,        /* minItems: kept when 0 or 1 */
    SCHEMA_CLOSED,     /* additionalProperties: only false */
    SCHEMA_OPEN,       /* additionalProperties: true, false or a schema */
    SCHEMA_REFERENCE,  /* $ref */
};

struct schema_keyword {
    const char *name; /* sorted by name in a table */
    enum schema_rule rule;
};

struct schema_subset {
    const char *name; /* "OpenAI's strict output": for messages */
    const struct schema_keyword *keyword;
    size_t keywords;
    const char *const *formats; /* known ones, NULL at the end */
    bool any_object;   /* a root that asks for an object and no more goes in another way */
    bool object_root;  /* the root is an object, and no anyOf */
    bool closed;       /* every object must be closed, and name its properties */
    bool all_required; /* every property must be in `required` */
    bool typed;        /* every schema says something: type, enum, const, an …Of or $ref */
    bool lone_ref;     /* beside $ref only words with '$' may stand */
    bool no_cycles;    /* a schema may not contain itself */
    bool true_false;   /* enum and const may hold true, false and null */
    unsigned levels;   /* ceilings; 0: none */
    size_t properties, values, bytes;
};

/* The schema in the subset. NULL and a problem (path in the schema, and a sentence) when it does
 * not fit; `problem` may be NULL. Both live in the arena. */
const json *schema_subset_fit(const struct schema_subset *subset, struct arena *arena,
                              const json *schema, struct jsonschema_problem *problem);

/* The root has type "object" and no anyOf: what a tool's parameters must be everywhere. */
bool schema_root_is_object(const json *schema);

/* It asks for an object and says nothing of what is in it: {"type": "object"}, and remarks. */
bool schema_is_any_object(const json *schema);

#endif
