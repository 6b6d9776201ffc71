/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * doctor_inside.h: what doctor.c (what is asked) and doctor_say.c (what the answers mean) share.
 */
#ifndef LLM_DOCTOR_INSIDE_H
#define LLM_DOCTOR_INSIDE_H

#include "llm/client_inside.h"
#include "llm/doctor.h"

struct doctor {
    const struct llm_doctor_options *options;
    struct llm_client *client;
    struct arena *arena;
    struct llm_doctor_report *report;
    struct llm_finding *finding;
    size_t findings, room;
};

/* One provider while it is looked at. */
struct patient {
    struct llm_provider provider; /* a copy: nothing is tried twice, and not for long */
    bool has_key;                 /* all that it needs, or it needs none */
    bool answers;                 /* at one address at least */
    bool let_in;                  /* its key was not refused */
    bool has_list;                /* a model list came, at one address */
    str list[2000];               /* the models in it */
    size_t listed;
};

/* Adds a finding. `found` and `advice` are formats' results; advice may be empty. */
void doctor_say(struct doctor *doctor, str provider, str subject, const char *check,
                enum llm_verdict verdict, str found, str advice);
/* What the reply to GET of the model list says: reach, key, clock, limits, and the list itself. */
void doctor_judge_probe(struct doctor *doctor, struct patient *patient, str url,
                        const struct http_reply *reply);
/* What a model's call says: call, limits. */
void doctor_judge_call(struct doctor *doctor, const struct patient *patient,
                       const struct llm_model *model, const struct llm_reply *reply);
/* Whether the model is in the list. */
void doctor_judge_listing(struct doctor *doctor, const struct patient *patient,
                          const struct llm_model *model);

#endif
