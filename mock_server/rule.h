/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * rule.h: rules of the mock file: which requests, and what is replied.
 */
#ifndef MOCK_RULE_H
#define MOCK_RULE_H

#include "base/regex.h"
#include "mock_server/answer.h"
#include "mock_server/http.h"
#include "mock_server/latency.h"

struct header_test {
    str name, value;
};

/* All that is given must hold. */
struct when {
    str model, dialect, schema, tool, prompt, system;
    const struct regex *prompt_regex, *system_regex;
    const struct answer_key *row;
    int64_t turn;
    bool turn_given;
    const struct header_test *header;
    size_t headers;
};

/* The parts of `when` that need no answer key. Captures of the patterns are bound in front of
 * *env (which may be NULL: nothing is bound). */
bool when_matches(const struct when *when, const struct request *request,
                  const struct http_request *http, const struct env **env);
/* Names that the patterns bind, added to names[*count] while there is room. */
void when_names(const struct when *when, struct arena *arena, str *names, size_t *count,
                size_t room);
/* Custom reader for a struct when. */
int when_read(struct opt_parse *parse, const struct yaml *value, void *field);
extern const struct opt when_options[];

enum rule_kind { RULE_ANSWER, RULE_REPLY, RULE_FILE, RULE_TOOL_CALL, RULE_STATUS };

/* A call of a tool. */
struct rule_call {
    str name;
    const struct template *arguments;
};

struct rule {
    str name;
    struct when when;
    enum rule_kind kind;
    const struct answer_key *from; /* ANSWER */
    const struct template *right;  /* ANSWER; REPLY: the reply */
    struct wrong_list wrong;       /* ANSWER */
    str file;                      /* FILE: its bytes */
    bool file_is_body;             /* FILE: a whole reply body, sent as it is */
    const struct rule_call *call;  /* TOOL_CALL: one or more */
    size_t calls;
    int64_t status; /* STATUS */
    struct law first_token, per_token;
    bool first_token_given, per_token_given;
    bool uses_request; /* a template names `request` */
};

struct rules {
    struct rule *rule; /* file order */
    size_t count;
};

/* Custom reader for a struct rules. */
int rules_read(struct opt_parse *parse, const struct yaml *value, void *field);
extern const struct opt rule_options[], answer_options[], tool_call_options[];

#endif
