/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * anthropic_schema.c: the subset of Anthropic's structured output, as its official SDK's schema
 * transformer of November 2026 shows it: what that keeps is kept, what it moves into descriptions
 * is left out here and checked on the reply.
 *
 * oneOf becomes anyOf, as there. allOf stays only where it holds no object: all objects must be
 * closed, and two closed objects at once allow nothing. patternProperties is refused for the same
 * reason.
 */
#include "llm/anthropic_schema.h"

static const struct schema_keyword keywords[] = {
    {"$comment", SCHEMA_LEAVE_OUT},
    {"$defs", SCHEMA_NAMED},
    {"$id", SCHEMA_LEAVE_OUT},
    {"$ref", SCHEMA_REFERENCE},
    {"$schema", SCHEMA_LEAVE_OUT},
    {"additionalProperties", SCHEMA_CLOSED},
    {"allOf", SCHEMA_ALL_OF},
    {"anyOf", SCHEMA_CHILDREN},
    {"const", SCHEMA_VALUES},
    {"contains", SCHEMA_LEAVE_OUT},
    {"default", SCHEMA_LEAVE_OUT},
    {"deprecated", SCHEMA_LEAVE_OUT},
    {"description", SCHEMA_KEEP},
    {"enum", SCHEMA_VALUES},
    {"examples", SCHEMA_LEAVE_OUT},
    {"exclusiveMaximum", SCHEMA_LEAVE_OUT},
    {"exclusiveMinimum", SCHEMA_LEAVE_OUT},
    {"format", SCHEMA_FORMAT},
    {"items", SCHEMA_CHILD},
    {"maxContains", SCHEMA_LEAVE_OUT},
    {"maxItems", SCHEMA_LEAVE_OUT},
    {"maxLength", SCHEMA_LEAVE_OUT},
    {"maxProperties", SCHEMA_LEAVE_OUT},
    {"maximum", SCHEMA_LEAVE_OUT},
    {"minContains", SCHEMA_LEAVE_OUT},
    {"minItems", SCHEMA_FEW},
    {"minLength", SCHEMA_LEAVE_OUT},
    {"minProperties", SCHEMA_LEAVE_OUT},
    {"minimum", SCHEMA_LEAVE_OUT},
    {"multipleOf", SCHEMA_LEAVE_OUT},
    {"oneOf", SCHEMA_AS_ANY_OF},
    {"pattern", SCHEMA_LEAVE_OUT},
    {"properties", SCHEMA_PROPERTIES},
    {"propertyNames", SCHEMA_LEAVE_OUT},
    {"readOnly", SCHEMA_LEAVE_OUT},
    {"required", SCHEMA_KEEP},
    {"title", SCHEMA_KEEP},
    {"type", SCHEMA_KEEP},
    {"uniqueItems", SCHEMA_LEAVE_OUT},
    {"writeOnly", SCHEMA_LEAVE_OUT},
};

static const char *const formats[] = {"date-time", "time",     "date", "duration",
                                      "email",     "hostname", "uri",  "ipv4",
                                      "ipv6",      "uuid",     NULL};

const struct schema_subset anthropic_schema = {
    .name = "Anthropic's structured output",
    .keyword = keywords,
    .keywords = sizeof keywords / sizeof *keywords,
    .formats = formats,
    .closed = true,
    .typed = true,
    .lone_ref = true,
    .no_cycles = true,
    .true_false = true,
};
