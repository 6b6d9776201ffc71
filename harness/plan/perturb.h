/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * perturb.h: `perturb`: samples that run also with a change that should not matter.
 *
 * Every sample of the dataset gets one changed sample for each perturbation, behind all rows of
 * the dataset: of N rows and P perturbations, row i changed by number p (from 0) is sample
 * N + i * P + p. It is scored against the same `expected`, belongs to its row's cluster, and
 * stands in no figure of the variants, only in a section of its own (stats/summary_robust.c).
 *
 * What a change draws hangs on seed, perturbation, sample and field alone. The inputs are made
 * when a cell opens, so that a large dataset is not kept several times.
 */
#ifndef PLAN_PERTURB_H
#define PLAN_PERTURB_H

#include "base/rng.h"
#include "plan/experiment.h"

enum perturb_kind {
    PERTURB_CASE,
    PERTURB_WHITESPACE,
    PERTURB_TYPOS,
    PERTURB_DISTRACTOR,
    PERTURB_SHUFFLE,
    PERTURB_POSITION,
    PERTURB_KINDS
};

enum perturb_case { PERTURB_UPPER, PERTURB_LOWER, PERTURB_TITLE };
enum perturb_whitespace { PERTURB_DOUBLE, PERTURB_LINES, PERTURB_TRAILING };

struct perturbation {
    str label;  /* "shout", "needle-0.5": what stands behind the ~ of an id */
    str family; /* its name in the file: draws are alike for all of a family */
    enum perturb_kind kind;
    int choice;     /* of PERTURB_CASE and PERTURB_WHITESPACE */
    double share;   /* of PERTURB_TYPOS: of the words; of PERTURB_POSITION: of the way */
    str distractor; /* what is appended */
    const str *field;
    size_t fields;
    struct place place;
    size_t changed; /* rows that it makes another input of */
};

/* As written. */
struct perturbation_keys {
    int letter_case, whitespace;
    double typos;
    str distractor;
    bool shuffle;
    const struct yaml *position, *fields;
    bool given[PERTURB_KINDS];
};
extern const struct opt perturbation_options[];

/* Reads them and adds the changed samples to the dataset, once it and vars are there. Mistakes: what
 * cannot be changed that way, in any row. */
void perturb_load(struct experiment *experiment, const struct yaml *yaml,
                  struct mistakes *mistakes);

/* NULL: the sample is a row of the dataset. */
const struct perturbation *perturb_of(const struct experiment *experiment, uint32_t sample);
/* The row that it was made from; a row is its own. */
uint32_t perturb_original(const struct experiment *experiment, uint32_t sample);
/* The inputs of a sample, in the arena where they are not the row's. */
const json *perturb_inputs(const struct experiment *experiment, uint32_t sample,
                           struct arena *arena);

/* --- one value: perturb_change.c ------------------------------------------------------------- */

/* Why a value cannot be changed that way, for people; NULL: it can. */
const char *perturb_refuses(const struct perturbation *perturbation, const json *value);
const json *perturb_change(const struct perturbation *perturbation, struct rng_key key,
                           const json *value, struct arena *arena);

#endif
