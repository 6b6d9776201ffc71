/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tape_inside.h: one exchange on its way into a cassette or out of it, for the files of tape.c.
 */
#ifndef LLM_TAPE_INSIDE_H
#define LLM_TAPE_INSIDE_H

#include "base/cassette.h"
#include "io/http.h"
#include "llm/tape.h"

/* One exchange on its way; on its fiber's stack. */
struct tape_job {
    struct llm_tape *tape;
    const struct http_request *request;
    struct llm_tape_try attempt;
    const struct http_reply *sent; /* to be recorded */
    struct arena arena;
    struct recorded recorded;
    struct cassette_secrets secrets;
    const struct recorded *found; /* to be played; NULL: `why` says why not */
    str why;
};

/* tape_reply.c: what was sent and heard, as it is recorded; in the job's arena. */
void tape_fill_reply(struct tape_job *job);
/* What is recorded as a reply, in the request's arena. */
void tape_hand_back(const struct recorded *recorded, const struct http_request *request,
                    struct moment start, struct http_reply *reply);
/* The limits of a replay, which may be tighter than the recording's were. */
void tape_keep_limits(const struct http_request *request, struct http_reply *reply);

#endif
