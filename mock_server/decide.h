/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * decide.h: what is replied: rules, answer keys, defaults, in this order.
 */
#ifndef MOCK_DECIDE_H
#define MOCK_DECIDE_H

#include "mock_server/config.h"

/* How one choice came out, where a skill decided. */
struct verdict {
    bool correct;
    enum wrong_kind wrong; /* unless correct */
};

struct decision {
    str name; /* of the rule or answer key; empty: the default */
    const struct rule *rule;
    const struct item *item;       /* recognised by the rule; NULL: none */
    double chance;                 /* to be right */
    const struct verdict *verdict; /* one a choice; NULL: no skill was asked */
    struct choice *choice;
    size_t choices;
    bool made_up;  /* the text is the default's, though the file says what others are */
    str body;      /* a whole recorded body instead of choices */
};

/* Everything in request->arena. Where the endpoint generates no text there are no choices, and
 * only rules that reply with an error or a recorded body are looked at. -1 and trouble when the rule
 * replies with an error, or its template does not fit what the request brought. */
int decide(const struct config *config, const struct model *model,
           const struct request *request, const struct http_request *http,
           struct decision *decision, struct trouble *trouble);

#endif
