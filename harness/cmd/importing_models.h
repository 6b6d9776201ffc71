/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * importing_models.h: what importing_models.c and importing_config.c share; nobody else includes it.
 */
#ifndef CMD_IMPORTING_MODELS_H
#define CMD_IMPORTING_MODELS_H

#include "cmd/importing.h"

/* A kind of provider, as promptfoo names it. */
struct import_kind {
    const char *prefix;                   /* of the id; the model stands behind it */
    const char *provider;                 /* a built-in one, or the name of an entry: */
    const char *api, *base_url, *key_env; /* NULL: built in; no key */
    bool vectors;
};

/* A model while it is read. */
struct import_draft {
    struct importing *importing;
    const struct import_kind *kind;
    json *value;    /* parameters */
    json *extra;    /* members of the body; NULL: none */
    json *provider; /* an entry of its own; NULL: that of its kind */
};

/* The entry of its own, made when there is none: what its kind says, to be changed. */
json *import_own_provider(struct import_draft *model);
/* Takes every member of `config`, or notes it. */
void import_config(struct import_draft *model, struct import_item config);
/* What promptfoo sends when `config` says nothing (its pages on OpenAI and Anthropic), to models that
 * are known to take it: those that reason do not. `id` is the model's name. */
void import_usual_parameters(struct import_draft *model, struct import_item config, str id);

#endif
