/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * run_words.c: options of weir run that contradict each other (see run_words.h). What the experiment
 * has to say of them is told when it is read.
 */
#include "cmd/run_words.h"

int run_cmd_read_shard(str text, struct experiment_options *options, struct err *err)
{
    enum { SHARDS_MAX = 100000 };
    str shard, shards;
    if (text.n == 0)
        return 0;
    str_cut(text, '/', &shard, &shards);
    if (!str_to_int(shard, &options->shard) || !str_to_int(shards, &options->shards) ||
        options->shard < 1 || options->shards < options->shard || options->shards > SHARDS_MAX)
        return err_set(
            err, ERR_INPUT,
            "--shard is '%.*s'; expected I/N, such as 1/4: part I, from 1, of N parts",
            STR_ARG(text));
    return 0;
}

/* Of a run that is not kept nothing can be asked later: what would be wanted later is refused. */
int run_cmd_check_unkept(const struct run_cmd *options, struct err *err)
{
    struct output_options out = options->out;
    out.quiet = options->quiet;
    if (options->resume.n || options->shard.n)
        return err_set(err, ERR_INPUT, "--no-store leaves no run to %s; expected no --%s",
                       options->resume.n ? "go on with" : "merge",
                       options->resume.n ? "resume" : "shard");
    if (!output_is_wanted(&out) && !options->taping.record.n)
        return err_set(err, ERR_INPUT,
                       "--quiet and --no-store leave nothing; expected a report too, such as "
                       "-o FILE");
    return 0;
}

/* What goes with many runs one after the other, for people. */
int run_cmd_check_watch(const struct run_cmd *options, struct err *err)
{
    const struct {
        const char *name;
        bool given;
    } refused[] = {{"quiet", options->quiet},
                   {"no-store", !options->store},
                   {"resume", options->resume.n > 0},
                   {"shard", options->shard.n > 0},
                   {"record", options->taping.record.n > 0},
                   {"replay", options->taping.replay.n > 0}};
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
        if (refused[i].given)
            return err_set(err, ERR_INPUT, "--watch makes run after run; expected no --%s",
                           refused[i].name);
    if (output_takes_stdout(&options->out))
        return err_set(err, ERR_INPUT,
                       "--watch prints for people; expected a FILE for each report");
    return 0;
}
