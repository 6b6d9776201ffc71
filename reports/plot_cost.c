/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plot_cost.c: cost against accuracy: which variants are worth their money.
 *
 * Variants on the front (stats/summary.h) are joined by steps: below and right of it there is
 * another that is as accurate and as cheap. Costs are shown per thousand cells, which people can
 * read where a cell costs a hundredth of a cent.
 */
#include "reports/plot_scatter.h"

static struct plot_span cost_of(const struct summary_variant *v)
{
    const struct summary_estimate *cost = &v->cost_per_cell_usd;
    return (struct plot_span){cost->value, cost->low, cost->high};
}

int plot_cost(struct plot_work *work, struct err *err)
{
    (void)err;
    return plot_scatter(work, &(struct plot_scatter){
                                  .name = "cost",
                                  .title = "Cost and accuracy",
                                  .heads = {"cost_usd_per_1000_cells", "cost_low", "cost_high"},
                                  .unknown = "others have no known cost",
                                  .factor = 1000,
                                  .label = STR("US dollars per 1,000 cells"),
                                  .of = cost_of,
                                  .front = true,
                                  .money = true,
                              });
}
