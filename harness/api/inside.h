/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * inside.h: what the files of the library share. Each of weir.h's objects is an arena and what lives in it.
 */
#ifndef API_INSIDE_H
#define API_INSIDE_H

#include <pthread.h>
#include <stdatomic.h>

#include "api/weir.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/log.h"
#include "base/mistakes.h"
#include "base/option.h"
#include "base/thread.h"
#include "plan/experiment.h"
#include "session/again.h"
#include "session/unkept.h"

/* ---- every call ---- */

/* The caller's thread while it is in the library. */
struct api_call {
    locale_t locale;
    struct log_sink sink;
    const struct log_sink *before;
};
void api_enter(struct api_call *call);
void api_leave(struct api_call *call);

/* Sets *error, if there is one, to what err says, and to NULL for ERR_NONE. Returns its status. */
int api_fail(struct weir_error **error, const struct err *err);
/* The same with a problem for each mistake. */
int api_fail_mistakes(struct weir_error **error, struct mistakes *mistakes);

/* For the caller, who has weir_free. */
char *api_text(str text, size_t *length);
/* NULL for an empty one; else with a NUL, in the arena. */
const char *api_shown(struct arena *arena, str text);

/* ---- objects ---- */

struct weir_options {
    struct arena arena;
    bool mock, cache, baseline, store, has_seed, retry_errors;
    str mock_url, runs, resume;
    int64_t trials, concurrency, limit, seed;
    str filter_range, filter_pattern, variants;
    struct opt_texts sample_id;
    int64_t max_cost, max_calls, max_tokens;
    int64_t cache_size;
    double rate;
    int arrivals;
};
extern const struct opt api_options[];

struct weir_experiment {
    struct arena arena;
    const struct experiment *read;
    struct weir_options options; /* texts in the arena; its own arena is empty */
    struct experiment_options overrides;
    const char *name;
    const char **variant;
    atomic_bool busy;   /* a run of it is executed */
    struct again again; /* of the option `resume`: the run that goes on */
    bool resumed;       /* it has gone on, and is another one now */
};

/* A folder that several need: the last one removes it. */
struct api_folder {
    struct unkept unkept;
    atomic_int users;
    struct arena arena;
};
struct api_folder *api_folder_make(struct err *err);
struct api_folder *api_folder_use(struct api_folder *folder);
void api_folder_leave(struct api_folder *folder); /* harmless for NULL */

/* Of the run's file at `path`; keeps `folder` while it is there (NULL: none). */
struct weir_report *api_report_open(str path, struct api_folder *folder,
                                    struct weir_error **error);

#endif
