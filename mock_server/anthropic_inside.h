/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * anthropic_inside.h: what the files that read a body of Anthropic's share.
 *
 * Refusals begin with the place of what is wrong, "messages.0.content.2.text.text: Field
 * required". Places are kept as a chain of links on the stack and written down only when there
 * is something to complain of.
 */
#ifndef MOCK_ANTHROPIC_INSIDE_H
#define MOCK_ANTHROPIC_INSIDE_H

#include "mock_server/request.h"

struct reading_message {
    struct request *request;
    struct trouble *trouble;
    bool latest;     /* version 2026-10-21 */
    bool lenient;    /* with beta features: members that are not known are passed over */
    bool is_counted; /* count_tokens: nothing is generated */
    int marks;       /* cache_control so far */
};

/* Where a value stands: the name of a member or, without one, a number in a list. */
struct spot {
    const struct spot *in; /* NULL: the body */
    const char *name;
    size_t index;
};

#define REFUSE(in, ...)                                                                        \
    trouble_set((in)->request->arena, (in)->trouble, 400, NULL, NULL, __VA_ARGS__)

/* All fill the trouble and return -1. */
int anthropic_refuse_at(const struct reading_message *in, const struct spot *at,
                        const char *format, ...) __attribute__((format(printf, 3, 4)));
int anthropic_refuse_kind(const struct reading_message *in, const struct spot *at,
                          enum json_kind wanted);

/* Is the value there and of that kind? 0, or -1 and trouble. */
int anthropic_check(const struct reading_message *in, const struct spot *at, const json *value,
                    enum json_kind kind);
/* A member that must be there and of that kind; NULL and trouble. */
const json *anthropic_need(const struct reading_message *in, const struct spot *at,
                           const json *object, const char *name, enum json_kind kind);
/* A member that may be absent or null (*member is NULL then), else must be of that kind. */
int anthropic_take(const struct reading_message *in, const struct spot *at, const json *object,
                   const char *name, enum json_kind kind, const json **member);
/* A member that is absent, null or one of the words, which end with NULL. */
int anthropic_take_word(const struct reading_message *in, const struct spot *at,
                        const json *object, const char *name, const char *const *words);
/* An integer from `least` on; *number stays where there is none. */
int anthropic_take_integer(const struct reading_message *in, const struct spot *at,
                           const json *object, const char *name, int64_t least,
                           int64_t *number);

/* Is it one of the words, which end with NULL? */
bool anthropic_is_one_of(str text, const char *const *words);

/* ---- anthropic_blocks.c ---- */

/* cache_control of a block, tool or body: its form, and that there are not too many. */
int anthropic_check_mark(struct reading_message *in, const struct spot *at, const json *object);
/* A block's type; empty and trouble if it is no block. */
str anthropic_block_type(const struct reading_message *in, const struct spot *at,
                         const json *block);
/* The block's text is added to `out`; blocks that only carry data are checked and passed over. */
int anthropic_read_block(struct reading_message *in, const struct spot *at, const json *block,
                         str type, struct buf *out);
/* A text, or a list of blocks of these types (which end with NULL), whose texts are put
 * together. */
int anthropic_read_texts(struct reading_message *in, const struct spot *at, const json *content,
                         const char *const *types, str *text);

/* ---- anthropic_messages.c ---- */

/* Fills the request's turns from `system` and `messages`. */
int anthropic_read_messages(struct reading_message *in, const json *system,
                            const json *messages);

/* ---- anthropic_tools.c ---- */

int anthropic_read_tools(struct reading_message *in, const json *tools);
/* After the tools; `thinks`: thinking is enabled, with which no tool can be forced. */
int anthropic_read_tool_choice(struct reading_message *in, const json *choice, bool thinks);

/* ---- anthropic_schema.c ---- */

/* Is the schema one that output can be held to? */
int anthropic_check_schema(const struct reading_message *in, const struct spot *at,
                           const json *schema);

#endif
