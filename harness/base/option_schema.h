/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * option_schema.h: option rows as JSON Schema (2020-12), for editors.
 *
 * Only keywords that draft 07 has too are used, for many editors know no more; $defs, which it
 * calls definitions, is found by its path.
 */
#ifndef BASE_OPTION_SCHEMA_H
#define BASE_OPTION_SCHEMA_H

#include "base/option.h"

/* A schema written in YAML's flow style: "{type: array, minItems: 1}". BUG when it is none. */
json *schema_form(struct arena *arena, const char *form);
json *schema_ref(struct arena *arena, const char *word); /* "#/$defs/WORD" */
json *schema_list_of(struct arena *arena, const json *item);
json *schema_mapping_to(struct arena *arena, const json *value);
/* Adds the keywords of `more`; those of the same name are replaced. */
void schema_merge(struct arena *arena, json *schema, const json *more);

/* The rows as members of `properties`: type, limits, default and help of each. */
json *schema_properties(struct arena *arena, const struct opt *rows);
/* A mapping of the keys of these tables and of no others. */
json *schema_object(struct arena *arena, const struct opt *const *tables, size_t count);
json *schema_object_of(struct arena *arena, const struct opt *table);
/* Exactly one of these keys: [{required: [a]}, {required: [b]}], to be put under oneOf. */
json *schema_one_key(struct arena *arena, json *list, const char *key);

/* The whole: `top` with its definitions. A reference to a word that is not defined leads to a
 * definition that takes anything. */
json *schema_document(struct arena *arena, const char *title, const json *top, json *defs);

#endif
