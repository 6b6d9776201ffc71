/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * answer.h: answer keys: rows of a dataset that are recognised by their text in a prompt.
 */
#ifndef MOCK_ANSWER_H
#define MOCK_ANSWER_H

#include "mock_server/find.h"
#include "mock_server/reading.h"
#include "mock_server/wrong.h"

/* A row, or with `items` one item of a row. */
struct item {
    const json *row;    /* what templates see as `row` */
    const json *parent; /* the whole row, with `items`; else NULL */
    uint64_t name;      /* of its id and place in the row: draws are keyed by it */
    uint32_t index;     /* among all items of the key */
    double difficulty;
    struct place place;
};

struct answer_key {
    str name;
    size_t index; /* among the keys */
    const struct item *item;
    size_t items;
    const struct find *find;
    const struct template *within; /* NULL: all of the prompt */
    const struct template *right;
    struct wrong_list wrong;
};

struct answer_keys {
    struct answer_key *key; /* file order */
    size_t count;
};

/* Custom reader for a struct answer_keys: loads the rows and builds the indexes. */
int answer_keys_read(struct opt_parse *parse, const struct yaml *value, void *field);
/* Custom reader for a const struct answer_key *: one of the names in the reading's keys. */
int answer_key_name_read(struct opt_parse *parse, const struct yaml *value, void *field);

/* `row` and `parent` in front of an environment. */
const struct env *item_env(struct arena *arena, const struct env *outer,
                           const struct item *item);

/* Evaluates `right` for every item if it needs nothing of a request: what a row lacks is told
 * before the first one. */
int answer_check_right(struct opt_parse *parse, const struct answer_key *key,
                       const struct template *right, struct place used_at);

extern const struct opt answers_options[];

#endif
