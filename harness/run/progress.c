/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * progress.c: done of total, in flight, calls a second, cost, retries, time left, and what is
 * being waited for (see progress.h).
 */
#include "run/progress.h"

#include "base/buf.h"
#include "llm/client.h"

#include <stdio.h>

enum { LINE_EVERY_S = 10 }; /* where there is no terminal */

int64_t progress_interval_ns(const struct progress *progress)
{
    return progress->terminal ? 100 * NS_PER_MS : NS_PER_S;
}

static void update_rate(struct progress *progress, const struct run *run, struct moment now)
{
    if (!progress->last_moment.ns)
        progress->last_moment = run->start;
    double seconds = (double)moment_since(now, progress->last_moment) / 1e9;
    if (seconds < 0.05)
        return;
    double rate = (double)(run->counters.calls - progress->last_calls) / seconds;
    /* smoothed over two seconds; the first figure stands for itself */
    double weight = progress->calls_per_s == 0 || seconds > 2 ? 1 : seconds / 2;
    progress->calls_per_s += weight * (rate - progress->calls_per_s);
    progress->last_calls = run->counters.calls;
    progress->last_moment = now;
}

static void add_time_left(struct buf *line, const struct run *run, struct moment now)
{
    const struct run_counters *counters = &run->counters;
    if (counters->cells_done == 0 || counters->cells_done == counters->cells_total)
        return;
    double elapsed = (double)moment_since(now, run->start) / 1e9;
    double left = elapsed / (double)counters->cells_done *
                  (double)(counters->cells_total - counters->cells_done);
    if (left < 90)
        buf_printf(line, " · %.0f s left", left);
    else
        buf_printf(line, " · %.0f min left", left / 60);
}

static void add_count(struct buf *line, uint64_t count, const char *one, const char *many)
{
    if (count)
        buf_printf(line, " · %llu %s", (unsigned long long)count, count == 1 ? one : many);
}

static void make_line(struct buf *line, const struct progress *progress, const struct run *run,
                      struct moment now)
{
    const struct run_counters *counters = &run->counters;
    struct arena scratch = {0};
    double dollars = (double)counters->cost_nanousd / 1e9;
    buf_printf(line, "%llu/%llu cells", (unsigned long long)counters->cells_done,
               (unsigned long long)counters->cells_total);
    buf_printf(line, " · %zu in flight · %.0f calls/s", llm_client_stats(run->client).in_flight,
               progress->calls_per_s);
    buf_printf(line, " · $%.4f%s", dollars, counters->unknown_cost_calls ? "+?" : "");
    add_count(line, counters->retries, "retry", "retries");
    add_count(line, counters->errors, "error", "errors");
    add_time_left(line, run, now);
    str waiting = llm_client_waiting(run->client, &scratch);
    if (waiting.n)
        buf_printf(line, " · waiting: %.*s", STR_ARG(waiting));
    if (run->draining && counters->cells_open)
        buf_printf(line, " · draining %llu open cells",
                   (unsigned long long)counters->cells_open);
    arena_release(&scratch);
}

void progress_show(void *arg, const struct run *run, bool last)
{
    struct progress *progress = arg;
    struct moment now = clock_now();
    if (progress->silent)
        return;
    update_rate(progress, run, now);
    bool due = last || moment_since(now, progress->last_line) >= LINE_EVERY_S * NS_PER_S;
    if (!progress->terminal && !due)
        return;
    progress->last_line = now;
    struct buf line = {0};
    make_line(&line, progress, run, now);
    if (progress->terminal)
        fprintf(stderr, "\r\033[K%.*s%s", STR_ARG(buf_str(&line)), last ? "\n" : "");
    else
        fprintf(stderr, "weir: %.*s\n", STR_ARG(buf_str(&line)));
    buf_release(&line);
}
