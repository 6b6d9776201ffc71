/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * run_words.h: what `weir run` was told, and which of it does not go together.
 */
#ifndef CMD_RUN_WORDS_H
#define CMD_RUN_WORDS_H

#include "cmd/output.h"
#include "cmd/part.h"
#include "cmd/taping.h"
#include "session/unkept.h"

struct again;
struct vigil;

struct run_cmd {
    bool mock, quiet, progress_bar, has_seed, retry_errors, watch;
    int64_t trials, concurrency, seed;
    str config;
    struct part_options part;
    int64_t max_cost, max_calls, max_tokens;
    str mock_url, shard, resume, keep;
    double rate;
    int arrivals;
    bool cache, store, baseline;
    int64_t cache_size;
    struct taping_options taping;
    struct output_options out;

    /* not options: what a resume has to know, and the run that goes on; NULL: a new one */
    str words;
    struct again *again;
    struct unkept unkept; /* of --no-store */
    struct vigil *vigil;  /* of --watch; NULL: one run */
};

/* "2/4" into shard and shards; empty: neither. ERR_INPUT. */
int run_cmd_read_shard(str text, struct experiment_options *options, struct err *err);
/* Refuses what does not go with --no-store, and with --watch. ERR_INPUT. */
int run_cmd_check_unkept(const struct run_cmd *options, struct err *err);
int run_cmd_check_watch(const struct run_cmd *options, struct err *err);

#endif
