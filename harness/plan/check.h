/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * check.h: one rule of the table of checks (language 2.8).
 *
 * Gates, `accept` and scores are all checks. A check compares its subject (`of`, after its
 * transforms) with its operand and gives a value from 0 to 1, which passes at the threshold.
 * Checks never fail a workflow by themselves: a subject of the wrong type is a "no" with a reason.
 */
#ifndef PLAN_CHECK_H
#define PLAN_CHECK_H

#include "base/option.h"
#include "base/template.h"
#include "base/yaml.h"
#include "plan/transform.h"

struct binder;
struct llm_vector; /* llm/llm.h */

/* What a judge said, once. */
struct check_verdict {
    double score; /* 0 to 1 */
    str reason;
};

/* How a value did beside that of another variant. */
struct check_duel {
    str opponent;  /* the variant */
    double points; /* 1: this value is the better one, 0: the other, 0.5: neither */
    bool asked;    /* false: decided without a judge, and `reason` says how */
    double agreement; /* the share of pairs of verdicts that name the same one */
    str reason;
};

/* What a model said to a check that asks one: made by whoever runs the check, before. */
struct check_answer {
    bool failed; /* nobody answered, and `reason` says why: the check is ungraded */
    str reason;
    const struct llm_vector *vector; /* of the value, of the operand */
    const struct check_verdict *verdict;
    size_t verdicts;
    const struct check_duel *duel; /* against each other variant */
    size_t duels;
    str said; /* by a server */
};

/* What such a check asks about. */
struct check_question {
    str value, operand; /* as text; of a server: what it is sent, its URL */
};

/* What is known of the calls of a cell or step: for scores. */
struct check_use {
    bool called;          /* it made a call at all; the last one: */
    bool refused;         /* was refused or blocked, */
    const char *finish;   /* and ended so (llm_finish_name); NULL: it failed */
    int64_t latency_ns;   /* -1: in part lost at an interruption */
    int64_t cost_nanousd; /* the known part */
    int64_t unknown_cost_calls;
};

/* What one row of the table is handed. */
struct check_subject {
    struct arena *arena;
    const char *name;    /* of the check, for reasons */
    const json *value;   /* after `of` and the transforms */
    const json *operand; /* evaluated; constant operands (regex, schema) come compiled in `fixed` */
    const void *fixed;
    const struct env *env; /* the names that the check sees */
    const struct check_answer *answer; /* of checks that ask a model; else NULL */
    const struct check_use *use;       /* NULL in a workflow */
    double threshold;
};

/* What a check compared, for the diagnosis of patterns. */
struct check_compared {
    const json *given, *wanted; /* value and operand; NULL: there was none */
    bool equality;              /* it passes when both are equal (`equals`) */
    bool counted;               /* as sets; how many items there are, each once: */
    size_t common, given_items, wanted_items;
};

struct check_result {
    double value; /* 0 to 1 */
    bool passed;
    bool nothing_expected; /* the operand is null: this check does not apply; it passes, so that a
                              gate lets the value through, and a score leaves it out */
    bool unfit;            /* the value is of a wrong type, or a limit was met: the check fails
                              with value 0, also when it is negated */
    bool ungraded;         /* who should grade it failed: there is no value, and no 0 either */
    double agreement;      /* of several verdicts: the share of pairs of them that say the same of
                              passing; NAN: fewer than two */
    str reason;            /* why not, for people; empty when it passed */
    int64_t time_ns;       /* that programs took, which is part of a latency; else 0 */
    struct check_compared compared;
};

/* A row: one check, without its `not-`. `not-NAME` of a check that answers yes or no answers the
 * other way; of a graded one the value is 1 - value, and it passes when the value itself would
 * not have reached the threshold. */
struct check_kind {
    const char *name;
    const char *summary;
    enum {
        OPERAND_TEMPLATE, /* any JSON */
        OPERAND_TEXT,     /* a text or a ref to one */
        OPERAND_TEXTS,    /* a list of texts or a ref to one */
        OPERAND_LIST,
        OPERAND_OBJECT,
        OPERAND_INT,      /* a number in place, or a ref */
        OPERAND_NUMBER,
        OPERAND_TRUE,     /* the word true */
        OPERAND_REGEX,    /* compiled once; no templates */
        OPERAND_SCHEMA,   /* a schema's name or the schema */
        OPERAND_NUMERIC,  /* {value, tolerance} */
        OPERAND_COMMAND,  /* a program and its arguments; no templates */
        OPERAND_LIKENESS, /* what an embedding model compares the value with */
        OPERAND_RUBRIC,   /* a text for a judge: what a good value is */
        OPERAND_REFERENCE, /* a text for a judge: what is true */
        OPERAND_CRITERION, /* a text for a judge: what makes one value better than another */
        OPERAND_RECORDS, /* {value, key} */
        OPERAND_URL,     /* http or https; no templates */
        OPERAND_DURATION,
        OPERAND_USD,
        OPERAND_FINISH, /* the name of an enum llm_finish */
        OPERAND_SPAN,   /* {min, max}, or the one number that is both */
    } operand;
    bool graded; /* passes at the threshold; else yes or no */
    enum {
        LOOKS_AT_VALUE,
        LOOKS_AT_ANY,   /* also null */
        LOOKS_AT_REPLY, /* the value, also null, and the last call */
        LOOKS_AT_CALL,  /* the last call; from here on there is no `of` and no transform */
        LOOKS_AT_COST,
        LOOKS_AT_CLOCK, /* has no weight, since it is another in each run */
    } looks_at;
    bool score_only;
    bool blocks; /* waits for a program: never run it on the loop, but with exec_work */
    enum {
        ASKS_NOBODY,
        ASKS_VECTORS, /* an embedding model, for the vectors of value and operand */
        ASKS_JUDGE,   /* a model, for verdicts */
        ASKS_CONTEST, /* a model, for verdicts on this value beside that of each other variant */
        ASKS_SERVER,  /* no model: a server of the user's, which writes what a program would */
    } asks; /* only a score may: its answer comes before the check is run */
    double threshold;
    /* Fills value, reason and unfit; `passed` follows from the threshold. Pure: may run on any
     * thread. */
    void (*run)(const struct check_subject *subject, struct check_result *result);
};

/* Ended by a row without a name; alphabetical. Made from check_rows.h. */
extern const struct check_kind check_table[];

struct check {
    const struct check_kind *kind;
    bool negated;
    const struct template *of; /* NULL: the default of its place */
    const struct transform *transform;
    size_t transforms;
    const struct template *operand; /* NULL when `fixed` is all of it */
    const void *fixed;
    double threshold;
    str shown; /* "min-words: 50", for messages */
    struct place place;
};

/* The common keys (of, transform, threshold), for reference pages. */
extern const struct opt check_options[];

/* Reads a check (a mapping with exactly one check key). Keys in `also` (may be NULL) belong to the
 * caller (scores). NULL after adding mistakes; `what` is "check" or "score 'x'". Names in
 * templates are checked against the binder's scope. */
const struct check *check_new(const struct binder *binder, const struct yaml *yaml,
                              const char *what, const struct opt_also *also);

/* Runs a check in an environment; `subject` is what stands for a missing `of`. The operand comes
 * first: if it is null, nothing is expected, and the subject is not looked at. 0, or -1 and a
 * problem when a template does not resolve (the caller decides what that means). May run on any
 * thread that has the arena to itself, and must run on a worker when its kind blocks; all others
 * are pure. Work is bounded for any input; texts of megabytes take
 * tens of milliseconds, so large values belong on the worker pool. */
int check_run(const struct check *check, const struct env *env, const json *subject,
              struct arena *arena, struct check_result *result, struct template_problem *problem);

/* The same for a score: with what its calls were like, for checks that look at that, and with what
 * a model said, for checks that ask one; without an answer (NULL) they are ungraded. */
int check_run_answered(const struct check *check, const struct env *env, const json *subject,
                       const struct check_use *use, const struct check_answer *answer,
                       struct arena *arena, struct check_result *result,
                       struct template_problem *problem);
/* What a check that asks a model wants to know: 1 with the question; 0 when there is none, since
 * nothing is expected or there is no value to look at (check_run says which); -1 and a problem when
 * a template does not resolve. Pure. */
int check_asks(const struct check *check, const struct env *env, const json *subject,
               struct arena *arena, struct check_question *question,
               struct template_problem *problem);

/* The row of a check in a mapping as it was written; NULL: there is none. */
const struct check_kind *check_kind_in(const json *mapping);
/* Does it rest on the opinion of a model? */
bool check_is_judged(const struct check_kind *kind);
/* Does it look at calls alone? */
bool check_looks_at_no_value(const struct check_kind *kind);

/* Would a mean of this check's values pass? */
bool check_passes(const struct check *check, double value);

#endif
