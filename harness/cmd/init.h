/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * init.h: parts of `weir init` beside the copying: whose models answer, and an experiment for somebody's own
 * rows.
 */
#ifndef CMD_INIT_H
#define CMD_INIT_H

#include "base/err.h"
#include "base/option.h"

/* Who is to answer, as the command line and the answers say it. */
struct init_models {
    str provider; /* a built-in one; empty: by the models' names, else as the entry has it */
    struct opt_texts model; /* NAME for all, or KEY=NAME */
    str base_url, key_env;  /* of a server of one's own, instead of `provider` */
};

/* A model of an entry: "small" of gpt-6-luna. */
struct init_model {
    str key, name;
    str wanted;   /* empty: as it is */
    str provider; /* of the one wanted; empty: as it is */
};
enum { INIT_MODELS_MOST = 16 };
struct init_changes {
    struct init_model model[INIT_MODELS_MOST];
    size_t models;
    str base_url, key_env;
    bool unpriced; /* no price is known of one of the new ones */
};

bool init_models_are_wanted(const struct init_models *wanted);
/* The models in the text of an experiment. */
void init_models_find(str text, struct init_changes *changes);
/* What is to be made of them. ERR_INPUT: a provider, a key that there is none of, no model. */
int init_models_choose(struct init_changes *changes, const struct init_models *wanted,
                       struct arena *arena, struct err *err);
/* The text of the experiment, or of the mock that plays its models, with the new ones. */
str init_models_in_experiment(const struct init_changes *changes, str text,
                              struct arena *arena);
str init_models_in_mock(const struct init_changes *changes, str text, struct arena *arena);
/* The variable that holds the key for a model; empty: none is needed, or it is the entry's. */
str init_models_key(const struct init_changes *changes, size_t model);

/* A word as a shell takes it. */
str init_shell_word(struct arena *arena, str word);

#endif
