/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * doctor.h: is everything there that a run needs? Keys, reachability, TLS, clock, limits, and
 * whether each model answers.
 *
 * Each provider's model list is asked for once at each of its addresses, which costs nothing;
 * each model gets one call of one word, with the fewest tokens of output that its API takes.
 * Nothing is tried twice. What it will cost at most is known before (llm_doctor_plan).
 *
 *     struct llm_doctor_options options = {.provider = …, .model = …, .calls = true, .get = getenv};
 *     llm_doctor_plan(&options, &plan);
 *     if (llm_doctor_run(&options, &arena, &report, err) < 0) ...
 */
#ifndef LLM_DOCTOR_H
#define LLM_DOCTOR_H

#include "base/err.h"
#include "llm/model.h"

struct llm_doctor_options {
    struct llm_provider *const *provider; /* their keys are not loaded yet */
    size_t providers;
    struct llm_model *const *model; /* each of one of the providers */
    size_t models;
    bool calls; /* false: models are only looked up in the provider's list */
    char *(*get)(const char *name); /* getenv */
};

struct llm_doctor_plan {
    size_t lists, calls;   /* requests */
    int64_t upper_nanousd; /* at most what the calls with a price cost */
    size_t unpriced;       /* calls without one */
};
void llm_doctor_plan(const struct llm_doctor_options *options, struct llm_doctor_plan *plan);

enum llm_verdict {
    LLM_VERDICT_OK,
    LLM_VERDICT_NOTE,    /* a run will do, but it should be known */
    LLM_VERDICT_FAILED,  /* a run will not do */
    LLM_VERDICT_SKIPPED, /* could not be tried, for what failed before */
};
const char *llm_verdict_name(enum llm_verdict verdict); /* "ok", "note", "failed", "skipped" */

struct llm_finding {
    str provider;
    str subject; /* the address, or the model's name in the experiment; empty: the provider */
    const char *check; /* "key", "reach", "clock", "limits", "call", "list" */
    enum llm_verdict verdict;
    str found;  /* without secrets */
    str advice; /* what to do; empty when there is nothing */
};

struct llm_doctor_report {
    const struct llm_finding *finding;
    size_t findings;
    /* What the failed ones are about: something that the user must mend (key, model, address), or
     * something that may be well later (no answer, trouble of the provider's, used-up limits). */
    bool to_mend, later;
    int64_t cost_nanousd; /* the known part */
    size_t unknown_cost_calls;
};
/* Takes some seconds. Keys are read by `get` and registered as secrets. Texts live in the arena.
 * -1 with ERR_FAILED when the client cannot start. */
int llm_doctor_run(const struct llm_doctor_options *options, struct arena *arena,
                   struct llm_doctor_report *report, struct err *err);

#endif
