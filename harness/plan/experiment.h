/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * experiment.h: an experiment file, read whole and checked before the first call.
 *
 * experiment_load reads the file and all that it names (dataset, prompts, schemas), resolves
 * every name, and collects all mistakes. What it returns is read only and lives in one arena;
 * running it is run/'s business.
 */
#ifndef PLAN_EXPERIMENT_H
#define PLAN_EXPERIMENT_H

#include "base/dataset.h"
#include "base/err.h"
#include "base/hash.h"
#include "llm/model.h"
#include "patterns/pattern.h"
#include "plan/bind.h"
#include "plan/node.h"

/* Safety limits of one cell (2.7). */
struct limits {
    int64_t calls, steps, depth;
    int64_t time;         /* ns on the clock of latency */
    int64_t reply, value; /* bytes */
};

enum order { ORDER_BLOCKED, ORDER_FILE };
/* Of replies across runs: none; read and written; written only. */
enum cache_mode { CACHE_NONE, CACHE_USE, CACHE_REFRESH };

/* A score: a check and where it applies (2.8). */
struct score {
    str name;
    const struct check *check;
    str step; /* generic path; empty: the whole output */
    double weight;
    str description;
    struct place place;
    const bool *applies; /* one for each variant */
    /* Whom the check asks (check_kind.asks): an embedding model, or a judge, `repeats` times. */
    const struct llm_model *model; /* NULL: nobody */
    struct llm_params params;
    const struct jsonschema *schema; /* of a judge's reply */
    int64_t repeats, reask;
};

struct axis_value;    /* plan/matrix.h */
struct baseline_file; /* plan/experiment_baseline.h */
struct stop_settings; /* plan/experiment_stop.h */

struct variant {
    str name;
    str description;
    uint32_t index;
    const struct axis_value *axis; /* of the matrix it comes from, for reports */
    size_t axes;                   /* 0: from none */
    const struct yaml *yaml;       /* after extends, set, unset and matrix */
    const struct node *root;
    struct bound_step *first_step, **last_step; /* in document order */
    const struct yaml *defaults;                /* its own; NULL: none */
    struct place place;
};

/* What a run of some variants alone (plan/experiment_select.h) is without. */
struct left_out {
    const str *variant; /* in the order of the file */
    size_t variants;
    str baseline; /* the one of them that others are compared with; empty: it is none of them */
    bool stop;    /* `stop` watches one of them, so every cell runs */
    const bool *idle_model; /* by their place: nobody that runs asks it, so it needs no key */
};

struct report_settings {
    str title;
    struct opt_texts group_by; /* "lang:", "metadata.KEY" */
    const struct yaml *plots;  /* "none", or names; NULL: all that there is data for */
    double confidence;
    int reducer; /* enum stats_reducer: how the trials of a sample become one value */
    int texts; /* of report_texts: which prompts and replies stand in an HTML report */
};

/* Texts and, once a run has begun, their vectors. */
struct example_set {
    struct example_set *next;
    const struct llm_model *model;
    const str *text;
    size_t count;
    struct llm_vector *vector; /* NULL before; in the run's arena */
    bool *used_by;             /* variants, by their place in the file */
};

struct experiment {
    struct arena *arena;
    str path;   /* of the file, as it was given */
    str folder; /* that relative names start from */
    str name;
    str description;

    const json *vars; /* object */
    struct llm_provider *const *provider;
    size_t providers;
    struct llm_model *const *model;
    size_t models;
    bool *model_used_by; /* [model * MAX_VARIANTS + variant of the file] */
    const struct yaml *defaults; /* NULL: none */
    str prompt_folder, schema_folder;
    const struct yaml *nodes, *tools; /* mappings; NULL: none */

    struct dataset dataset; /* its rows, and behind them those changed by `perturb` */
    size_t originals;       /* rows */
    const struct perturbation *perturbation; /* plan/perturb.h */
    size_t perturbations;                    /* changed samples to a row */
    bool
        inputs_unknown; /* while reading: the dataset has mistakes, so its fields are not known */
    struct variant *variant;
    size_t variants;
    const struct left_out *left_out; /* variants of the file that are none of these; NULL: no one */
    size_t baseline;       /* variant; of no meaning where it is a file */
    bool baseline_is_kept; /* it is a file */
    const struct baseline_file *baseline_file; /* NULL: none was read */
    const struct score *score;
    size_t scores;
    size_t rules; /* of `require`: what makes a run pass or fail */
    const struct stop_settings *stop; /* NULL: every cell of the plan runs */

    int64_t trials, seed, concurrency;
    int64_t shard, shards; /* of the command line; 0: the whole plan */
    enum order order;
    enum cache_mode cache;
    struct limits limits;
    const struct budget *cell_budget, *run_budget; /* NULL: none */
    struct llm_retry retry;
    struct report_settings report;
    str mock;                /* path of the mock file; empty: none */
    const json *mock_inline; /* the mock in place; NULL: none */

    struct hash128 hash;            /* of all that decides results, for the identity of a run */
    const json *effective;          /* the file after extends and set, for the store */
    struct experiment_files *files; /* prompts and schemas read so far */
    struct example_set *examples;   /* to be embedded before the first cell; newest first */
    struct used_input *used;        /* sample fields that templates use */
    struct unread_step *unread;     /* steps of chains, for experiment_unread.h */
    struct mistakes *warnings;      /* what is likely to be meant otherwise, and may stand */
};

/* Has what stands under `mock`, at that place, read by who understands it; adds its mistakes. */
typedef void experiment_mock_fn(struct experiment *experiment, struct place place,
                                struct mistakes *mistakes);

/* What the command line overrides; 0 or -1: not given. */
struct experiment_options {
    int64_t trials, concurrency, limit, seed;
    int64_t max_nanousd, max_calls, max_tokens; /* of the run's budget; 0: not given */
    struct dataset_choice choice; /* of samples; then `limit` */
    str variants; /* the only ones that are wanted, "a,b"; empty: all */
    bool no_cache;
    bool use_cache;   /* also when the file says `cache: none` */
    bool refreshed;   /* and when it says `cache: refresh`: that was done */
    bool no_baseline; /* a baseline file is left out: to make the first one */
    /* Shard `shard`, from 1, of `shards`: the run's budget and the rates of providers and models
     * become its part of them. 0: the whole. */
    int64_t shard, shards;
    /* NULL, or what becomes the list of experiment_files_used, also after mistakes: then with files
     * that are not there and would have been read. */
    const struct experiment_file **files;
    experiment_mock_fn *read_mock; /* NULL: the mock is not looked into (session/mock.h) */
};

/* Do they take samples away, so that what is nowhere in the rest may well be in the dataset? `options`
 * may be NULL. */
bool experiment_is_cut(const struct experiment_options *options);
/* NULL with ERR_INPUT after printing all mistakes to stderr. */
const struct experiment *experiment_load(struct arena *arena, str path,
                                         const struct experiment_options *options,
                                         struct err *err);
/* The same without printing: for tests and for other formats of messages. */
const struct experiment *experiment_read(struct arena *arena, str path,
                                         const struct experiment_options *options,
                                         struct mistakes *mistakes);

/* The name of the experiment in that file: the file's without its extension, or its folder's where the
 * file is experiment.yaml. In the arena. */
str experiment_name_of(struct arena *arena, str path);

/* Looks a prompt or schema up by name (files are read once). NULL after adding a mistake at
 * `place`. */
const struct prompt *experiment_prompt(struct experiment *experiment, str name,
                                       struct place place, struct mistakes *mistakes);
const struct jsonschema *experiment_schema(struct experiment *experiment, str name,
                                           struct place place, struct mistakes *mistakes);
/* A file that the experiment was read from, for who keeps them all. */
struct experiment_file {
    struct experiment_file *next;
    const char
        *role; /* "experiment", "dataset", "prompt", "schema", "rows", "program", "mock",
                  "baseline" */
    str path;  /* to open it */
    str name;  /* from the experiment's folder; as `path` when it lies elsewhere */
};
/* Once per path. */
void experiment_file_used(struct experiment *experiment, const char *role, str path);
/* In the order of first use. */
const struct experiment_file *experiment_files_used(const struct experiment *experiment);
/* Every row must have the field `name` (unless vars give it): checked after all is bound. */
void experiment_input_used(struct experiment *experiment, str name, struct place place);
const struct llm_model *experiment_model(const struct experiment *experiment, str name);
/* Can a cell of this run, or a score, ask somebody there? */
bool experiment_uses_provider(const struct experiment *experiment,
                              const struct llm_provider *provider);

#endif
