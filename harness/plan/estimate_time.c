/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * estimate_time.c: how long a cell takes, of how long its calls were seen to take (see estimate.h).
 *
 * Beside the sum of all calls a path goes up the tree: the longest chain of calls that wait for each other, which
 * is what latency is. What is expected of several at the same time is more than of one, since the slowest
 * counts; by how much, follows from mean and variance for any distribution:
 *
 *   of two:      E max(X, Y) = (E X + E Y + E |X - Y|) / 2 <= (x + y + sqrt((x - y)² + s² + t²)) / 2
 *                with means x, y and standard deviations s, t, if they are independent (Jensen)
 *   of n alike:  E max <= x + s (n - 1) / sqrt(2 n - 1)
 *                (Hartley and David, Universal bounds for mean range and extreme observation, 1954)
 *
 * Both are bounds and are taken for the value; for the usual skewed times that is some 10 to 30 % too
 * much. Programs of checks and tools, and our own work, take no time here.
 */
#include "plan/estimate.h"

#include <math.h>

static const struct estimate_time *seen_time(const struct estimating *estimating, str path)
{
    for (size_t i = 0; i < estimating->times; i++)
        if (str_equal(estimating->time[i].path, path) &&
            str_equal(estimating->time[i].variant, estimating->variant))
            return &estimating->time[i];
    return NULL;
}

static void take(struct estimate *estimate, const struct estimate_time *seen, bool wire)
{
    const struct spread unknown = {.open = true};
    struct spread time =
        seen ? (struct spread){seen->least_ns, seen->mean_ns, seen->most_ns, false} : unknown;
    estimate->part[ESTIMATE_PATH_NS] = time;
    if (wire)
        estimate->part[ESTIMATE_WORK_NS] = time;
    if (seen)
        estimate->part[ESTIMATE_VARIANCE] =
            (struct spread){0, seen->squares / seen->count, 0, false};
}

void estimate_time_calls(struct estimate *requests, const struct estimating *estimating,
                         str path)
{
    if (requests->part[ESTIMATE_CALLS].worst > 0)
        take(requests, seen_time(estimating, path), true);
}

void estimate_time_program(struct estimate *program, const struct estimating *estimating,
                           str path)
{
    take(program, seen_time(estimating, path), false);
}

static double larger(double a, double b)
{
    return a > b ? a : b;
}

void estimate_beside(struct estimate *sum, struct estimate part)
{
    struct spread a = sum->part[ESTIMATE_PATH_NS], b = part.part[ESTIMATE_PATH_NS];
    double s = sum->part[ESTIMATE_VARIANCE].expected, t = part.part[ESTIMATE_VARIANCE].expected;
    double apart = a.expected - b.expected;
    estimate_add(sum, part);
    sum->part[ESTIMATE_PATH_NS] = (struct spread){
        .low = larger(a.low, b.low),
        .expected = (a.expected + b.expected + sqrt(apart * apart + s + t)) / 2,
        .worst = larger(a.worst, b.worst),
        .open = a.open || b.open,
    };
    if (a.expected <= 0 || b.expected <= 0) /* of nothing and something */
        sum->part[ESTIMATE_PATH_NS].expected = a.expected + b.expected;
    sum->part[ESTIMATE_VARIANCE].expected = larger(s, t);
}

void estimate_narrow(struct estimate *sum, const struct estimate *each_after_each, double width)
{
    struct spread *path = &sum->part[ESTIMATE_PATH_NS];
    const struct spread whole = each_after_each->part[ESTIMATE_PATH_NS];
    if (width <= 0)
        return;
    path->low = larger(path->low, whole.low / width);
    path->expected = larger(path->expected, whole.expected / width);
    path->worst = larger(path->worst, whole.worst / width + path->worst * (1 - 1 / width));
}

static double waves_of(double count, double width)
{
    if (count <= 1 || width <= 0)
        return count < 1 ? count : 1;
    return ceil(count / width);
}

struct estimate estimate_waves(struct estimate each, double low, double expected, double worst,
                               double width)
{
    struct spread path = each.part[ESTIMATE_PATH_NS];
    double variance = each.part[ESTIMATE_VARIANCE].expected;
    double waves = waves_of(expected, width);
    double at_once = width > 0 && expected > width ? width : expected;
    double more = at_once > 1 ? (at_once - 1) / sqrt(2 * at_once - 1) : 0;
    struct estimate sum = estimate_times(each, low, expected, worst);
    sum.part[ESTIMATE_PATH_NS] = (struct spread){
        .low = path.low * waves_of(low, width),
        .expected = waves * (path.expected + more * sqrt(variance)),
        .worst = path.worst * waves_of(worst, width),
        .open = path.open && worst > 0,
    };
    sum.part[ESTIMATE_VARIANCE].expected = waves * variance;
    return sum;
}
