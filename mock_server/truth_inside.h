/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * truth_inside.h: the counters of truth.h, for who counts and who adds up.
 */
#ifndef MOCK_TRUTH_INSIDE_H
#define MOCK_TRUTH_INSIDE_H

#include "mock_server/truth.h"

#include <pthread.h>

/* What a row counts, by two names and a number: model and rule; endpoint, dialect and status. */
struct names {
    char *first, *second;
    int number;
};

struct answer_count {
    struct answer_count *next;
    struct names names;
    uint64_t replies, correct;
    double expected; /* sum of chances */
    uint64_t wrong[WRONG_KINDS];
};

struct name_count {
    struct name_count *next;
    struct names names;
    uint64_t count;
};

/* Replies of a model, and those that no rule and no answer key had a say in. */
struct model_count {
    struct model_count *next;
    char *name;
    uint64_t replies, made_up;
    char *prompt; /* the beginning of one that was answered so; NULL: none was */
};

enum {
    ANSWER_BUCKETS = 64,
    SCOPE_BUCKETS = 256,
    STATUS_MAX = 600,
    SCOPES_MAX = 4096, /* those beyond are counted together, as "*" */
};

struct scope_truth {
    struct scope_truth *next;
    char *name;
    struct answer_count *answer[ANSWER_BUCKETS];
    struct name_count *fault, *status, *rule;
    struct model_count *model;
    size_t models;
    uint64_t replies, choices;
    int64_t input_tokens, output_tokens;
};

struct truth {
    pthread_mutex_t lock;
    struct scope_truth *scope[SCOPE_BUCKETS];
    size_t scopes;
};

/* Where the scope of that name hangs, or would; with the lock held. */
struct scope_truth **truth_scope_link(struct truth *truth, str name);
/* A copy to xfree. */
char *truth_copy(str text);
bool truth_has_name(const struct name_count *list, str first);

/* ---- truth_made_up.c; with the lock held ---- */

void truth_count_model(struct scope_truth *scope, str model, bool made_up, str prompt);
void truth_free_models(struct model_count **list);

#endif
