/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * outcome.h: what can become of a node and of a cell. Outcomes are data, errors are not
 * (base/err.h).
 */
#ifndef RUN_OUTCOME_H
#define RUN_OUTCOME_H

#include "base/json.h"
#include "base/str.h"

struct wf; /* run/wf.h */

/* Kinds of failure of a node (language 4.0): enum, name, meaning. */
#define FAILURE_MAP(X)                                                                       \
    X(NONE, "", "did not fail")                                                              \
    X(PROVIDER, "provider", "no good reply after retries")                                   \
    X(TIMEOUT, "timeout", "a deadline passed, or the last attempt ran out of time")          \
    X(SCHEMA, "schema", "the reply is not the JSON that was asked for")                      \
    X(REFUSED, "refused", "refusal or content filter")                                       \
    X(GATE, "gate", "a check said no")                                                       \
    X(UNROUTED, "unrouted", "no case for the label")                                         \
    X(MISPLANNED, "misplanned", "the plan is not valid")                                     \
    X(TEMPLATE, "template", "a path did not resolve at run time")                            \
    X(EXEC, "exec", "a command failed, flooded or hung")                                     \
    X(LIMIT, "limit", "a safety limit of the cell")                                          \
    X(BUDGET, "budget", "a budget was spent and there was nothing to return")                \
    X(CANCELLED, "cancelled", "the run was stopped; the cell has no result")

enum failure_kind {
#define X(name, text, meaning) FAILURE_##name,
    FAILURE_MAP(X)
#undef X
};

const char *failure_kind_name(enum failure_kind kind);

struct failure {
    enum failure_kind kind;
    str reason;        /* of `provider`: rate-limited, quota, auth, request, server, transport */
    str path;          /* of the step that failed; "." the root */
    str message;       /* for people */
    const json *value; /* the last value, where there is one */
    const struct wf *owner; /* of `budget`: the node whose budget it is, until it has been told */
};

/* The reason of a failed cell: the kind, or for `provider` its reason. */
str failure_reason(const struct failure *failure);

/* How a node ended. */
enum step_outcome {
    STEP_NOT_RUN,
    STEP_OK,
    STEP_BLOCKED,   /* a guard said no: a value, marked */
    STEP_CUT_SHORT, /* a budget ended it: a value, marked */
    STEP_FAILED,
};
const char *step_outcome_name(enum step_outcome outcome);

/* What a call is made for. Only the judges' are no part of the workflow: they have an account of
 * their own. */
enum call_role {
    ROLE_STEP,
    ROLE_ROUTER, /* within the `by` of a route */
    ROLE_JUDGE,  /* for a score */
};

/* Status of a cell (rule 8). */
enum cell_status {
    CELL_OK,
    CELL_ERROR,
    CELL_TIMEOUT,
    CELL_UNSCORED,
    CELL_SKIPPED,
    CELL_PENDING,
};

#endif
