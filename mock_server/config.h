/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * config.h: a mock file as it was read. Immutable once loaded; everything lives in its arena.
 */
#ifndef MOCK_CONFIG_H
#define MOCK_CONFIG_H

#include "mock_server/fault.h"
#include "mock_server/limit.h"
#include "mock_server/load.h"
#include "mock_server/prompt_cache.h"
#include "mock_server/reasoning.h"
#include "mock_server/rule.h"
#include "mock_server/skill.h"

struct named_skill {
    str rule; /* or answer key */
    struct skill skill;
};

struct model {
    str name; /* "*": any other */
    struct law first_token, per_token;
    int64_t slots;   /* 0: unlimited */
    int64_t context; /* tokens of input that fit; 0: any number */
    struct load load;
    struct reasoning reasoning;
    struct prompt_cache cache;
    struct skill skill;
    const struct named_skill *skills;
    size_t skill_count;
    enum skill_mode mode;
    double systematic, prompt_sensitivity;
    const str *snapshot, *fingerprint; /* names that replies give; one is drawn */
    size_t snapshots, fingerprints;    /* 0: the name asked for, a fingerprint that stays */
};

struct config {
    struct arena arena;
    uint64_t seed;
    double scale;
    const struct model *model;
    size_t models;
    const struct model *any; /* for a model that is not named */
    bool refuse_unknown;
    struct answer_keys answers;
    struct rules rules;
    struct faults faults;
    struct limits limits;
};

/* No file: every endpoint works with built-in defaults. */
struct config *config_default(void);
/* Where a mock file stands. */
struct config_place {
    str path;
    str under; /* a key of that file, behind which it stands: an experiment's `mock`; empty: it is the whole */
};
/* NULL and ERR_INPUT when something is wrong; the mistakes have been printed. */
struct config *config_load(struct config_place place, struct err *err);
/* The same, but nothing is printed: the mistakes' text in *said (which lives in `arena`). */
struct config *config_read(struct arena *arena, struct config_place place, str *said);
/* Its mistakes for a program: {"mistakes": [{"path", "line", "column", "message"}], "more": of those
 * that are not listed}. Line 0: of no file. */
const json *config_mistakes(struct arena *arena, struct config_place place);
/* From text, for tests; the mistakes' text in *said (which lives in `arena`). */
struct config *config_parse(struct arena *arena, str path, str text, str *said);
void config_free(struct config *config);

/* The model's entry, or "*", or the default. NULL: unknown and to be refused. */
const struct model *config_model(const struct config *config, str name);
const struct skill *model_skill(const struct model *model, str rule);

extern const struct opt mock_options[], mock_model_options[];

#endif
