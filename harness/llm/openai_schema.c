/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * openai_schema.c: the strict subset of OpenAI's documentation as of February 2026.
 *
 * What is marked as left out there is unverified one by one (docs/providers.md); leaving out a
 * keyword that the provider has come to accept costs nothing but a tighter promise.
 */
#include "llm/openai_schema.h"

static const struct schema_keyword keywords[] = {
    {"$comment", SCHEMA_LEAVE_OUT},
    {"$defs", SCHEMA_NAMED},
    {"$id", SCHEMA_LEAVE_OUT},
    {"$ref", SCHEMA_REFERENCE},
    {"$schema", SCHEMA_LEAVE_OUT},
    {"additionalProperties", SCHEMA_CLOSED},
    {"anyOf", SCHEMA_CHILDREN},
    {"const", SCHEMA_VALUES},
    {"contains", SCHEMA_LEAVE_OUT},
    {"default", SCHEMA_LEAVE_OUT},
    {"definitions", SCHEMA_NAMED},
    {"deprecated", SCHEMA_LEAVE_OUT},
    {"description", SCHEMA_KEEP},
    {"enum", SCHEMA_VALUES},
    {"examples", SCHEMA_LEAVE_OUT},
    {"exclusiveMaximum", SCHEMA_KEEP},
    {"exclusiveMinimum", SCHEMA_KEEP},
    {"format", SCHEMA_FORMAT},
    {"items", SCHEMA_CHILD},
    {"maxContains", SCHEMA_LEAVE_OUT},
    {"maxItems", SCHEMA_KEEP},
    {"maxLength", SCHEMA_LEAVE_OUT},
    {"maxProperties", SCHEMA_LEAVE_OUT},
    {"maximum", SCHEMA_KEEP},
    {"minContains", SCHEMA_LEAVE_OUT},
    {"minItems", SCHEMA_KEEP},
    {"minLength", SCHEMA_LEAVE_OUT},
    {"minProperties", SCHEMA_LEAVE_OUT},
    {"minimum", SCHEMA_KEEP},
    {"multipleOf", SCHEMA_KEEP},
    {"pattern", SCHEMA_KEEP},
    {"properties", SCHEMA_PROPERTIES},
    {"propertyNames", SCHEMA_LEAVE_OUT},
    {"readOnly", SCHEMA_LEAVE_OUT},
    {"required", SCHEMA_KEEP},
    {"title", SCHEMA_KEEP},
    {"type", SCHEMA_KEEP},
    {"uniqueItems", SCHEMA_LEAVE_OUT},
    {"writeOnly", SCHEMA_LEAVE_OUT},
};

static const char *const formats[] = {"date-time", "time", "date", "duration", "email",
                                      "hostname",  "ipv4", "ipv6", "uuid",     NULL};

const struct schema_subset openai_schema = {
    .name = "OpenAI's strict output",
    .keyword = keywords,
    .keywords = sizeof keywords / sizeof *keywords,
    .formats = formats,
    .any_object = true, /* response_format json_object */
    .object_root = true,
    .closed = true,
    .all_required = true,
    .true_false = true,
    .levels = 10,
    .properties = 5000,
    .values = 1000,
    .bytes = 120000,
};
