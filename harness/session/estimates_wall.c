/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * estimates_wall.c: estimates of calls to the wall time of a run (see estimates.h, docs/estimates.md).
 *
 * A run is work given to machines one piece after the other as they get free: cells to `concurrency` places, and
 * their calls to the places of each provider and model; rates let through so much a minute. For such a list
 * schedule of m machines, with work W and a longest piece C (R. L. Graham, Bounds on multiprocessing timing
 * anomalies, 1969; with further resources Garey and Graham 1975, whose argument is that at every moment either
 * one resource is used up or a longest piece goes on):
 *
 *   max(W / m, C)  <=  time  <=  sum of W / m over what is scarce  +  (1 - 1 / m) C
 *
 * Low and worst are these bounds, with every call as fast, or as slow, as any call of its step was. What is
 * expected lies between: the largest W / m, and of the end, when places stay empty, half.
 */
#include "session/estimates.h"

struct timing {
    struct arena *arena;
    struct estimates *made;
};

/* ---- rates ---- */

/* A bucket holds one second's worth at the start, at least one (llm/bucket.h). */
static double seconds_at(double amount, int64_t per_minute)
{
    const double seconds = 60;
    double rate = (double)per_minute / seconds, held = rate > 1 ? rate : 1;
    return amount > held ? (amount - held) / rate : 0;
}

static void limit_by(struct timing *timing, struct spread amount, int64_t per_minute,
                     const char *key, const char *of, str name)
{
    struct spread *rates = &timing->made->rates_s;
    if (per_minute <= 0)
        return;
    double low = seconds_at(amount.low, per_minute),
           expected = seconds_at(amount.expected, per_minute),
           worst = seconds_at(amount.worst, per_minute);
    if (expected > rates->expected || timing->made->rates_by.n == 0)
        timing->made->rates_by =
            arena_printf(timing->arena, "%s of %s '%.*s'", key, of, STR_ARG(name));
    rates->low = low > rates->low ? low : rates->low;
    rates->expected = expected > rates->expected ? expected : rates->expected;
    rates->worst = worst > rates->worst ? worst : rates->worst;
    rates->open = rates->open || amount.open;
}

static struct spread tokens_of(const struct estimate *estimate)
{
    return spread_add(estimate->part[ESTIMATE_INPUT], estimate->part[ESTIMATE_OUTPUT]);
}

static struct estimate of_provider(const struct estimates *made,
                                   const struct llm_provider *provider)
{
    struct estimate sum = {0};
    for (size_t i = 0; i < made->models; i++)
        if (made->model[i].model->provider == provider)
            estimate_add(&sum, made->model[i].all);
    return sum;
}

static void take_rates(struct timing *timing)
{
    const struct estimates *made = timing->made;
    for (size_t i = 0; i < made->models; i++) {
        const struct llm_model *model = made->model[i].model;
        const struct estimate *all = &made->model[i].all;
        limit_by(timing, all->part[ESTIMATE_CALLS], model->rpm, "rpm", "model", model->name);
        limit_by(timing, tokens_of(all), model->tpm, "tpm", "model", model->name);
    }
    for (size_t p = 0; p < made->experiment->providers; p++) {
        const struct llm_provider *provider = made->experiment->provider[p];
        struct estimate sum = of_provider(made, provider);
        limit_by(timing, sum.part[ESTIMATE_CALLS], provider->rpm, "rpm", "provider",
                 provider->name);
        limit_by(timing, tokens_of(&sum), provider->tpm, "tpm", "provider", provider->name);
    }
}

/* ---- wall time ---- */

static const double seconds = 1e-9;

static double larger(double a, double b)
{
    return a > b ? a : b;
}

/* The longest paths of all cells, one after the other; judges' calls are a part of their cell. */
static struct spread path_of_all(const struct estimates *made)
{
    struct spread sum = {0};
    for (size_t v = 0; v < made->experiment->variants; v++)
        sum = spread_add(sum, made->variant[v].all.part[ESTIMATE_PATH_NS]);
    for (size_t s = 0; s < made->scores; s++)
        sum = spread_add(sum, made->score[s].all.part[ESTIMATE_PATH_NS]);
    return spread_times(sum, seconds, seconds, seconds);
}

/* Of a cell of the slowest variant; of judges' calls a mean over cells. */
static struct spread longest_path(const struct estimates *made)
{
    struct spread longest = {0}, judges = {0};
    for (size_t v = 0; v < made->experiment->variants; v++) {
        struct spread path = made->variant[v].cell.part[ESTIMATE_PATH_NS];
        longest.low = larger(longest.low, path.low);
        longest.expected = larger(longest.expected, path.expected);
        longest.worst = larger(longest.worst, path.worst);
    }
    const double cells = made->cells * (double)made->experiment->variants;
    for (size_t s = 0; s < made->scores && cells > 0; s++)
        judges = spread_add(judges, made->score[s].all.part[ESTIMATE_PATH_NS]);
    if (cells > 0)
        longest = spread_add(longest, spread_times(judges, 0, 1 / cells, 1 / cells));
    return spread_times(longest, seconds, seconds, seconds);
}

/* Work for so many places. `binds`: there may be more of it at once than places. */
static void share_out(struct timing *timing, struct spread work, double places, bool binds,
                      str name)
{
    struct estimates *made = timing->made;
    struct spread *wall = &made->wall_s;
    wall->low = larger(wall->low, work.low / places);
    if (work.expected / places > wall->expected || made->wall_by.n == 0)
        made->wall_by = name;
    wall->expected = larger(wall->expected, work.expected / places);
    wall->worst += binds ? work.worst / places : 0;
    wall->open = wall->open || work.open;
}

static void share_out_calls(struct timing *timing, const struct estimate *all,
                            int64_t concurrency, bool binds, const char *of, str name)
{
    struct spread work = spread_times(all->part[ESTIMATE_WORK_NS], seconds, seconds, seconds);
    if (concurrency > 0)
        share_out(timing, work, (double)concurrency, binds,
                  arena_printf(timing->arena, "concurrency %lld of %s '%.*s'",
                               (long long)concurrency, of, STR_ARG(name)));
}

static void take_wall(struct timing *timing)
{
    struct estimates *made = timing->made;
    const struct experiment *experiment = made->experiment;
    const struct spread path = path_of_all(made), longest = longest_path(made);
    const double cells = made->cells * (double)experiment->variants;
    double places = (double)experiment->concurrency;
    if ((path.open && path.worst <= 0) || cells <= 0)
        return; /* nothing is known */
    places = places < cells ? places : cells;
    /* Without calls at the same time a cell needs no more than one place. */
    const bool several = made->all.part[ESTIMATE_WORK_NS].worst * seconds > path.worst;
    share_out(timing, path, places, true,
              arena_printf(timing->arena, "concurrency %.0f of cells", places));
    for (size_t i = 0; i < made->models; i++) {
        const struct llm_model *model = made->model[i].model;
        share_out_calls(timing, &made->model[i].all, model->concurrency,
                        several || places > (double)model->concurrency, "model", model->name);
    }
    for (size_t p = 0; p < experiment->providers; p++) {
        const struct llm_provider *provider = experiment->provider[p];
        struct estimate sum = of_provider(made, provider);
        share_out_calls(timing, &sum, provider->concurrency,
                        several || places > (double)provider->concurrency, "provider",
                        provider->name);
    }
    if (made->rates_by.n)
        share_out(timing, made->rates_s, 1, true, made->rates_by);
    const double end = 1 - 1 / places;
    made->wall_s.low = larger(made->wall_s.low, longest.low);
    made->wall_s.expected += longest.expected * end / 2;
    made->wall_s.worst += longest.worst * end;
}

void estimates_take_time(struct arena *arena, struct estimates *estimates)
{
    struct timing timing = {arena, estimates};
    take_rates(&timing);
    take_wall(&timing);
}
