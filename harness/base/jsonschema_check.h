/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * jsonschema_check.h: a walk over value and nodes, between jsonschema.c (nodes and their
 * combinations) and jsonschema_check.c (rules for one kind of value).
 *
 * Every check_… function returns whether the value fits. In a quiet walk it stops at the first
 * thing that is wrong and makes no text; in a loud one it goes on until check_done.
 */
#ifndef BASE_JSONSCHEMA_CHECK_H
#define BASE_JSONSCHEMA_CHECK_H

#include "base/jsonschema_tree.h"

enum stop { GO_ON, STOP_TOO_DEEP, STOP_VISITS, STOP_PATTERN };

struct check {
    struct arena *arena;
    struct jsonschema_problem *problems;
    size_t most, count;
    bool quiet;
    unsigned level, levels_most;
    size_t visits;
    enum stop stop; /* the walk was given up; its answer is worth nothing */
    str stopped_by;
};

/* A place in the value; the frames on the stack make the path. */
enum spot_kind { SPOT_ROOT, SPOT_MEMBER, SPOT_ITEM, SPOT_NAME };

struct spot {
    const struct spot *above;
    const json *value; /* NULL for a name */
    enum spot_kind kind;
    size_t index;
    str name;
};

/* Always false. Callers test check->quiet first where the text costs something to make. */
bool check_problem(struct check *check, const struct spot *spot, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* After a failure: is there nothing left to find? */
bool check_done(const struct check *check);
/* Always false: ends the walk without an answer. */
bool check_stop(struct check *check, enum stop stop);
/* A value as a problem quotes it. */
str check_shown(struct check *check, const json *value);
str check_shown_spot(struct check *check, const struct spot *spot);
/* The text there, a member's name too; false when it is no text. */
bool check_is_text(const struct spot *spot, str *text);
bool check_wrong_type(struct check *check, const struct spot *spot, unsigned wanted,
                      unsigned got);

/* enum and const */
bool check_value(struct check *check, const struct schema_node *node, const struct spot *spot);
bool check_number(struct check *check, const struct schema_number_rules *rules,
                  const struct spot *spot);
bool check_text(struct check *check, const struct schema_text_rules *rules,
                const struct spot *spot, str text);
bool check_list(struct check *check, const struct schema_list_rules *rules,
                const struct spot *spot);
bool check_object(struct check *check, const struct schema_object_rules *rules,
                  const struct spot *spot);

/* jsonschema.c */
bool check_node(struct check *check, const struct schema_node *node, const struct spot *spot);
/* Tries a node without reporting. */
bool check_quietly(struct check *check, const struct schema_node *node,
                   const struct spot *spot);

#endif
