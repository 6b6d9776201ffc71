/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * e2e_formulas.c: how many calls a cell of each variant of the cookbook makes (see e2e_cookbook.h).
 *
 * A formula is written down from docs/patterns.md and the experiment, not from what weir counted:
 * its N is the length of the sample's own list, its rounds and cases are what the trace says that
 * patterns decided. It is SQL over a cell `c`, so that anybody can ask a run the same.
 */
#include "e2e_cookbook.h"
#include "e2e_levels.h"

#include <stdio.h>
#include <string.h>

/* How many steps stand at a place: "[*].tools[*]". */
#define STEPS(place)                                                                           \
    "(SELECT count(*) FROM step s JOIN node n USING (node)"                                    \
    " WHERE s.cell = c.cell AND n.path = '" place "')"
/* What the pattern at a path says of itself. */
#define NOTE(path, member)                                                                     \
    "(SELECT json_extract(s.note, '" member "') FROM step s"                                   \
    " WHERE s.cell = c.cell AND s.path = '" path "')"
#define NOTES(path, member)                                                                    \
    "(SELECT json_array_length(s.note, '" member "') FROM step s"                              \
    " WHERE s.cell = c.cell AND s.path = '" path "')"
/* The length of a list in the value of a step. */
#define VALUES(path, member)                                                                   \
    "(SELECT json_array_length(b.bytes, '" member "') FROM step s JOIN body b ON b.body ="     \
    " s.value WHERE s.cell = c.cell AND s.path = '" path "')"
/* The length of a list that is expected of the sample: as long as its list of inputs. */
#define EXPECTED(member)                                                                       \
    "(SELECT json_array_length(b.bytes, '" member "') FROM sample p JOIN body b ON b.body ="   \
    " p.expected WHERE p.sample = c.sample)"
/* 1 where a route took a case, 0 where its fallback answered. */
#define CASE_TAKEN(path) "(" NOTE(path, "$.case") " IS NOT NULL)"
#define ROUNDS(path)     NOTES(path, "$.rounds")
/* Tasks of the plan that counts, the last one, whose kind takes a call. */
#define KINDS_WITH_A_CALL                                                                      \
    "(SELECT count(*) FROM step s JOIN node n USING (node) JOIN body b ON b.body = s.value,"   \
    " json_each(b.bytes, '$.tasks') t WHERE s.cell = c.cell AND t.value ->> 'kind' IN"         \
    " ('invoice', 'return') AND s.ordinal = (SELECT max(o.ordinal) FROM step o JOIN node m"    \
    " USING (node) WHERE o.cell = c.cell AND m.path IN ('plan', 'plan[*]')))"
/* All rounds of all loops at a place. */
#define ROUNDS_OF_ALL(place)                                                                   \
    "(SELECT coalesce(sum(json_array_length(s.note, '$.rounds')), 0) FROM step s JOIN node n"  \
    " USING (node) WHERE s.cell = c.cell AND n.path = '" place "')"
#define SMALLER(a, b) "min(" a ", " b ")"

struct formula {
    const char *entry, *experiment; /* NULL: experiment.yaml */
    const char *variant;            /* a GLOB */
    const char *calls;
    const char *where; /* NULL: status = 'ok' */
};

static const char by_gate[] = "reason = 'gate'";

/* clang-format off */
static const struct formula formulas[] = {
    /* call and chain: the sum of the steps */
    {"article", NULL, "single", "1", NULL},
    {"article", NULL, "two_steps", "1 + 1", NULL},
    {"article", NULL, "three_steps", "1 + 1 + 1", NULL},
    {"article", NULL, "t*_steps", "1", by_gate}, /* the first step's */
    {"chain-loses", NULL, "single", "1", NULL},
    {"chain-loses", NULL, "summary_first", "1 + 1", NULL},
    {"chain-loses", NULL, "told_what_for", "1 + 1", NULL},
    {"extract-transform", NULL, "one_step", "1", NULL},
    {"extract-transform", NULL, "two_steps", "1 + 1", NULL},
    {"extract-transform", NULL, "by_code", "1 + 0", NULL},
    {"model-per-step", NULL, "*", "1 + 1 + 1", NULL},
    {"model-per-step", NULL, "*", "1 + 1", by_gate},
    {"product-description", NULL, "one_prompt", "1", NULL},
    {"product-description", NULL, "*gated", "1 + 1 + 1", NULL},
    {"product-description", NULL, "gated", "1 + (c.failed_path = 'review')", by_gate},
    {"prompt-regression", NULL, "sort", "1", NULL},
    /* a budget: the call that does not fit is counted, and not sent */
    {"budget", NULL, "full", "1 + 1 + 1", NULL},
    {"budget", NULL, "cut-800", "1", "sent = 0 AND reason = 'budget'"},
    {"budget", NULL, "cut-1100", "1 + 1", "status = 'ok' AND sent = 1"},
    {"budget", NULL, "cut-1500", "1 + 1 + 1", "status = 'ok' AND sent = 2"},
    {"budget", NULL, "cut-2000", "1 + 1 + 1", NULL},
    /* map: N of its node */
    {"email-triage", NULL, "one_prompt", "1", NULL},
    {"email-triage", NULL, "*_*", "iif(c.variant_name = 'one_prompt', 1, " EXPECTED("$") ")", NULL},
    {"faq", NULL, "single", "1", NULL},
    {"faq", NULL, "[sp][ea][qr]*", "1 + 4 * (1 + 1)", NULL},
    {"faq", NULL, "[sp][ea][qr]*", "1", by_gate},
    {"faq", "faults", "single", "1", NULL},
    {"faq", "faults", "[sp][ea][qr]*", "1 + 4 * (1 + 1)", NULL},
    {"faq", "faults", "[sp][ea][qr]*", "1", by_gate},
    {"faq", "widths", "width-*", "1 + 4 * (1 + 1)", NULL},
    {"faq", "widths", "width-*", "1", by_gate},
    {"god-prompt", NULL, "god", "1", NULL},
    {"god-prompt", NULL, "small_steps", EXPECTED("$"), NULL},
    /* parallel: the sum of branches, guard and combine */
    {"review", NULL, "single", "1", NULL},
    {"review", NULL, "sections", "1 + 1 + 1", NULL},
    {"review", NULL, "at_once", "1 + 1 + 1", NULL},
    {"review", NULL, "slow_branch", "1 + 1 + 1", NULL},
    {"review", NULL, "cut_straggler", "1 + 1 + 1", NULL},
    {"review", NULL, "guarded", "1 + 1 + 1 + 1", NULL},
    {"support-suite", NULL, "plain",
     "1 + 4 * " STEPS("technical") " + (1 + 1 + 1) * " STEPS("billing") " + " STEPS("general"), NULL},
    {"support-suite", NULL, "guarded",
     "1 + 1 + (1 + 1 + 1 + (c.reason IS NULL OR " STEPS("reply.technical.reply") ")) * "
     STEPS("reply.technical") " + (1 + 1 + 1) * " STEPS("reply.billing") " + "
     STEPS("reply.general"), NULL},
    {"support-suite", NULL, "plain", "1 + 3", by_gate},
    {"support-suite", NULL, "guarded", "1 + 1 + 3", by_gate},
    /* route: the classifier and one case */
    {"model-routing", NULL, "always-*", "1", NULL},
    {"model-routing", NULL, "routed", "1 + 1", NULL},
    {"model-routing", NULL, "by_keywords", "0 + 1", NULL},
    {"model-routing", NULL, "two_stage", "(NOT " CASE_TAKEN("by") ") + 1", NULL},
    {"support", NULL, "generic", "1", NULL},
    {"support", NULL, "by_model", "1 + " CASE_TAKEN("."), NULL},
    {"support", NULL, "by_keywords", "0 + " CASE_TAKEN("."), NULL},
    {"support", "urgency", "structured", "1 + 0", NULL},
    {"support", "urgency", "few_shot", "1 + 0", NULL},
    {"support", "urgency", "nearest", "0 + 0", NULL},
    {"support", "urgency", "two_stage", "(0 + 1) + 0", NULL},
    /* vote: as many as there are voters; in waves a bare majority, then what the leader lacks */
    {"sentiment", NULL, "once", "1", NULL},
    {"sentiment", NULL, "vote-[357]", "CAST(substr(c.variant_name, 6) AS INT)", NULL},
    {"sentiment", NULL, "early", NOTES(".", "$.ballots"), NULL},
    {"sentiment", "systematic", "once", "1", NULL},
    {"sentiment", "systematic", "vote-[357]", "CAST(substr(c.variant_name, 6) AS INT)", NULL},
    {"sentiment", "systematic", "early", "7 / 2 + 1", NULL},
    /* refine: a draft and its evaluation each round; code judges without a call */
    {"refine", NULL, "once", "1", NULL},
    {"refine", NULL, "approved", "2 * " ROUNDS("."), NULL},
    {"refine", NULL, "scored", "2 * " ROUNDS("."), NULL},
    {"refine", NULL, "by_code", "1 * " ROUNDS("."), NULL},
    {"translation", NULL, "once", "1", NULL},
    {"translation", NULL, "kept_back", "1 + 1", NULL},
    {"translation", NULL, "kept_back", "1 + 1", by_gate},
    {"translation", NULL, "tried_again", "2 * " ROUNDS("."), NULL},
    {"code", NULL, "once", "1 + 0", NULL},
    {"code", NULL, "tested", "1 * " ROUNDS("code"), NULL},
    {"code", NULL, "same_model", "2 * " ROUNDS("code"), NULL},
    {"code", NULL, "other_model", "2 * " ROUNDS("code"), NULL},
    /* orchestrate: 1 + N + 1, and one for each plan that was asked for again */
    {"tickets", NULL, "one_prompt", "1", NULL},
    {"tickets", NULL, "orchestrated",
     "1 + coalesce(" NOTES(".", "$.rejected") ", 0) + " KINDS_WITH_A_CALL " + 1", NULL},
    {"tickets", NULL, "at_once",
     "1 + coalesce(" NOTES(".", "$.rejected") ", 0) + " KINDS_WITH_A_CALL " + 1", NULL},
    {"tickets", NULL, "*", "1 + 1", "reason = 'misplanned'"},
    /* and all of it in each other: workers with tools, in a loop or with loops inside them */
    {"research", NULL, "alone", "1", NULL},
    {"research", NULL, "workers",
     "1 + " SMALLER("4", VALUES("plan", "$.subtasks")) " + " STEPS("[*].tools[*]") " + 1", NULL},
    {"research", NULL, "refined",
     "1 + " SMALLER("4", VALUES("draft[0].plan", "$.subtasks")) " + " STEPS("draft[*][*].tools[*]")
     " + 1 + " ROUNDS(".") " + (" ROUNDS(".") " - 1) + " STEPS("draft[*].tools[*]"), NULL},
    {"research", NULL, "workers_refine",
     "1 + 2 * " ROUNDS_OF_ALL("[*]") " + " STEPS("[*].draft[*].tools[*]") " + 1", NULL},
    {"research", NULL, "one_search", "0 + 1", NULL},
    {"research", NULL, "two_searches", "0 + 1 + 0 + 1", NULL},
};
/* clang-format on */

enum { FORMULAS = sizeof formulas / sizeof formulas[0] };

static bool is_for(const struct formula *f, const char *entry, const char *experiment)
{
    return strcmp(f->entry, entry) == 0 &&
           strcmp(f->experiment ? f->experiment : "experiment", experiment) == 0;
}

static void check_formula(const struct formula *f, const char *db)
{
    const char *where = f->where ? f->where : "status = 'ok'";
    int64_t cells = sql_int(db,
                            "SELECT count(*) FROM cell_named c WHERE variant_name GLOB '%s'"
                            " AND %s",
                            f->variant, where);
    int64_t others = sql_int(db,
                             "SELECT count(*) FROM cell_named c WHERE variant_name GLOB '%s'"
                             " AND %s AND calls IS NOT (%s)",
                             f->variant, where, f->calls);
    if (cells == 0 || others > 0)
        fail_msg("%s, %s: of %lld cells where %s, %lld have another number of calls than %s",
                 f->entry, f->variant, (long long)cells, where, (long long)others, f->calls);
}

void formulas_check(const char *entry, const char *experiment, const char *db)
{
    struct buf known = {0};
    for (size_t i = 0; i < FORMULAS; i++)
        if (is_for(&formulas[i], entry, experiment)) {
            check_formula(&formulas[i], db);
            buf_printf(&known, " OR (variant_name GLOB '%s' AND %s)", formulas[i].variant,
                       formulas[i].where ? formulas[i].where : "status = 'ok'");
        }
    int64_t unknown =
        sql_int(db,
                "SELECT count(*) FROM cell_named c WHERE NOT (0 %.*s) AND (status = 'ok' OR"
                " reason IN ('gate', 'misplanned', 'budget'))",
                STR_ARG(buf_str(&known)));
    buf_release(&known);
    if (unknown > 0)
        fail_msg("fixtures/%s, %s: no formula is known for the calls of %lld cells", entry,
                 experiment, (long long)unknown);
    levels_check(db);
}
