/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * gemini_schema.c: the subset of Gemini's responseJsonSchema (Google's own list, November 2026).
 *
 * const is not in it and becomes an enum of one; enum takes texts and numbers only, so null and
 * truth values are written with `type`. Objects need not be closed, and properties may be
 * optional. Schemas that contain themselves pass within limits that are not told.
 */
#include "llm/gemini_schema.h"

static const struct schema_keyword keywords[] = {
    {"$comment", SCHEMA_LEAVE_OUT},
    {"$defs", SCHEMA_NAMED},
    {"$id", SCHEMA_KEEP},
    {"$ref", SCHEMA_REFERENCE},
    {"$schema", SCHEMA_LEAVE_OUT},
    {"additionalProperties", SCHEMA_OPEN},
    {"anyOf", SCHEMA_CHILDREN},
    {"const", SCHEMA_AS_ENUM},
    {"contains", SCHEMA_LEAVE_OUT},
    {"default", SCHEMA_LEAVE_OUT},
    {"deprecated", SCHEMA_LEAVE_OUT},
    {"description", SCHEMA_KEEP},
    {"enum", SCHEMA_VALUES},
    {"examples", SCHEMA_LEAVE_OUT},
    {"exclusiveMaximum", SCHEMA_LEAVE_OUT},
    {"exclusiveMinimum", SCHEMA_LEAVE_OUT},
    {"format", SCHEMA_KEEP},
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
    {"multipleOf", SCHEMA_LEAVE_OUT},
    {"oneOf", SCHEMA_CHILDREN},
    {"pattern", SCHEMA_LEAVE_OUT},
    {"prefixItems", SCHEMA_CHILDREN},
    {"properties", SCHEMA_PROPERTIES},
    {"propertyNames", SCHEMA_LEAVE_OUT},
    {"propertyOrdering", SCHEMA_KEEP},
    {"readOnly", SCHEMA_LEAVE_OUT},
    {"required", SCHEMA_KEEP},
    {"title", SCHEMA_KEEP},
    {"type", SCHEMA_KEEP},
    {"uniqueItems", SCHEMA_LEAVE_OUT},
    {"writeOnly", SCHEMA_LEAVE_OUT},
};

const struct schema_subset gemini_schema = {
    .name = "Gemini's responseJsonSchema",
    .keyword = keywords,
    .keywords = sizeof keywords / sizeof *keywords,
    .lone_ref = true,
};
