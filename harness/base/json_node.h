/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * json_node.h: what a json is, for json.c and json_parse.c: a node of cJSON's, with the memory of
 * an arena. The only file that includes cJSON.
 */
#ifndef BASE_JSON_NODE_H
#define BASE_JSON_NODE_H

#include "base/json.h"

#include <cjson/cJSON.h>

struct json {
    cJSON node;
};

static inline cJSON *json_node_new(struct arena *arena, int type)
{
    cJSON *node = arena_new(arena, cJSON);
    node->type = type;
    return node;
}

/* As in cJSON: the first child's prev is the last child, the last child's next is NULL. */
static inline void json_node_append(cJSON *parent, cJSON *node)
{
    cJSON *first = parent->child;
    if (!first) {
        parent->child = node;
        node->prev = node;
    } else {
        first->prev->next = node;
        node->prev = first->prev;
        first->prev = node;
    }
}

#endif
