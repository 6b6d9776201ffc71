/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plot_speed.c: latency against accuracy: what waiting longer buys.
 *
 * The latency is the median: where every second answer has come. How long the slow ones take is
 * in plot_quantiles.c.
 */
#include "reports/plot_scatter.h"

static struct plot_span median_of(const struct summary_variant *v)
{
    const struct stats_quantile *p50 = &v->latency_ns[SUMMARY_P50];
    return (struct plot_span){p50->estimate, p50->low, p50->high};
}

int plot_speed(struct plot_work *work, struct err *err)
{
    (void)err;
    return plot_scatter(
        work, &(struct plot_scatter){
                  .name = "speed",
                  .title = "Latency and accuracy",
                  .heads = {"latency_p50_ms", "latency_low", "latency_high"},
                  .unknown = "others have no known median",
                  .factor = 1e-6,
                  .label = STR("median latency of a cell, our own waits left out (ms)"),
                  .of = median_of,
              });
}
