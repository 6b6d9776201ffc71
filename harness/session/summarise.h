/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * summarise.h: the rows of a run's file are fed to a summary (stats/summary.h).
 */
#ifndef SESSION_SUMMARISE_H
#define SESSION_SUMMARISE_H

#include "base/json.h"
#include "base/option.h"
#include "stats/summary.h"
#include "store/store.h"

struct run_view {
    struct store *store;
    struct summary *summary;
    const json *definition; /* the effective experiment */
    str title, description;
};

/* Refuses a definition that no experiment can have: the file was damaged, or made by hand. ERR_INPUT. */
int summarise_check(const json *definition, const char *path, struct err *err);
/* The scores of an effective experiment and the steps they judge (empty: the output). */
size_t summarise_scores(const json *definition, struct arena *arena,
                        struct summary_score_meta **meta, str **step);
/* What `stop` of an effective experiment watches, among variants of these names; NULL: it has none.
 * In the arena. */
const struct summary_stop_rule *summarise_stop(const json *definition, const str *variant,
                                               size_t variants, struct arena *arena);
/* A stored cell for a summary, without its scores. The texts are the row's and the sample's. */
struct summary_cell_row summarise_cell(const struct store_cell *row,
                                       const struct store_sample *sample);

/* The rows of cells, steps and scores count alike: their fields have the same names. */
#define SUMMARISE_MONEY(row)                                                                   \
    {                                                                                          \
        (row)->cost_nanousd, (uint64_t)(row)->unknown_cost_calls,                              \
            (uint64_t)(row)->lost_attempts, (row)->cost_upper_nanousd                          \
    }
#define SUMMARISE_TRAFFIC(row)                                                                 \
    {                                                                                          \
        (uint64_t)(row)->calls, (uint64_t)(row)->sent, (uint64_t)(row)->cached,                \
            (uint64_t)(row)->unsent, (uint64_t)(row)->attempts,                                \
            (uint64_t)((row)->attempts - (row)->sent)                                          \
    }
struct summary_tokens summarise_tokens(const struct store_tokens *tokens);
/* Adds what the row counts to a struct summary_account. */
#define SUMMARISE_ADD(sum, row)                                                                \
    summary_account_add((sum), &(struct summary_account){SUMMARISE_TRAFFIC(row),               \
                                                         summarise_tokens(&(row)->tokens),     \
                                                         SUMMARISE_MONEY(row),                 \
                                                         {0}})

/* Opens the run's file and makes its summary. The caller ends it with run_view_close, also after
 * an error. */
int run_view_open(struct run_view *view, str path, struct arena *arena, struct err *err);
/* With other groups of samples than those of the definition; NULL or none: those. */
int run_view_open_by(struct run_view *view, str path, const struct opt_texts *group_by,
                     struct arena *arena, struct err *err);
void run_view_close(struct run_view *view);

#endif
