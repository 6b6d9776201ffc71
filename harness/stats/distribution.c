/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The only file that knows GSL.
 *
 * GSL's default error handler aborts the process; it is switched off before the first call of
 * any function here, and every result is checked instead. The beta quantile is found by Newton's
 * method in GSL, which gives up on some arguments: bisection of the distribution function is
 * behind it. Does not cache anything and holds no random state of its own. */
#include "stats/distribution.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_errno.h>
#include <gsl/gsl_integration.h>

#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>
#include <gsl/gsl_sf_gamma.h>

#include "base/mem.h"

static const double undefined = (double)NAN;

static void silence_gsl(void)
{
    gsl_set_error_handler_off();
}

static void prepare(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, silence_gsl);
}

static int is_probability_inside(double p)
{
    return p > 0.0 && p < 1.0;
}

double stats_normal_quantile(double p)
{
    prepare();
    return is_probability_inside(p) ? gsl_cdf_ugaussian_Pinv(p) : undefined;
}

double stats_normal_quantile_upper(double upper)
{
    prepare();
    return is_probability_inside(upper) ? gsl_cdf_ugaussian_Qinv(upper) : undefined;
}

double stats_normal_cdf(double x)
{
    prepare();
    return gsl_cdf_ugaussian_P(x);
}

double stats_normal_density(double x)
{
    return gsl_ran_ugaussian_pdf(x);
}

double stats_t_quantile(double p, double df)
{
    prepare();
    if (!is_probability_inside(p) || !(df > 0.0))
        return undefined;
    return gsl_cdf_tdist_Pinv(p, df);
}

static double beta_quantile_by_bisection(double p, double a, double b)
{
    double low = 0.0, high = 1.0;

    for (;;) {
        double middle = low + (high - low) / 2.0;

        if (middle <= low || middle >= high)
            return middle;
        if (gsl_cdf_beta_P(middle, a, b) < p)
            low = middle;
        else
            high = middle;
    }
}

double stats_beta_quantile(double p, double a, double b)
{
    double x;

    prepare();
    if (!is_probability_inside(p) || !(a > 0.0) || !(b > 0.0))
        return undefined;
    x = gsl_cdf_beta_Pinv(p, a, b);
    if (isfinite(x) && x >= 0.0 && x <= 1.0 && fabs(gsl_cdf_beta_P(x, a, b) - p) <= 1e-13 * p)
        return x;
    return beta_quantile_by_bisection(p, a, b);
}

double stats_binomial_at_most(int64_t k, uint64_t n, double p)
{
    prepare();
    if (k < 0)
        return 0.0;
    if ((uint64_t)k >= n)
        return 1.0;
    return gsl_cdf_binomial_P((unsigned)k, p, (unsigned)n);
}

double stats_binomial_at_least(int64_t k, uint64_t n, double p)
{
    prepare();
    if (k <= 0)
        return 1.0;
    if ((uint64_t)k > n)
        return 0.0;
    return gsl_cdf_binomial_Q((unsigned)(k - 1), p, (unsigned)n);
}

double stats_gamma_quantile(double p, double shape, double scale)
{
    prepare();
    if (!is_probability_inside(p) || !(shape > 0.0) || !(scale > 0.0))
        return undefined;
    return gsl_cdf_gamma_Pinv(p, shape, scale);
}

double stats_log_gamma(double x)
{
    prepare();
    return x > 0.0 ? gsl_sf_lngamma(x) : undefined;
}

double stats_log_beta(double a, double b)
{
    prepare();
    return a > 0.0 && b > 0.0 ? gsl_sf_lnbeta(a, b) : undefined;
}

double stats_choose(uint64_t n, uint64_t k)
{
    double product = 1.0;

    if (k > n)
        return 0.0;
    if (k > n - k)
        k = n - k;
    /* Multiplying before dividing keeps every partial product an integer. */
    for (uint64_t i = 1; i <= k && isfinite(product); i++)
        product = product * (double)(n - k + i) / (double)i;
    return product;
}

double stats_integrate(double (*f)(double x, void *context), void *context, double low,
                       double high, double relative_error)
{
    enum { PIECES = 400 };
    gsl_function integrand = {f, context};
    gsl_integration_workspace *workspace;
    double result = undefined, error = 0.0;
    int status;

    prepare();
    workspace = gsl_integration_workspace_alloc(PIECES);
    if (!workspace)
        return undefined;
    status = gsl_integration_qag(&integrand, low, high, 0.0, relative_error, PIECES,
                                 GSL_INTEG_GAUSS61, workspace, &result, &error);
    gsl_integration_workspace_free(workspace);
    return status == GSL_SUCCESS ? result : undefined;
}

struct stats_random {
    gsl_rng *twister;
};

struct stats_random *stats_random_new(uint32_t seed)
{
    struct stats_random *random = xmalloc(sizeof *random);

    prepare();
    random->twister = gsl_rng_alloc(gsl_rng_mt19937);
    if (!random->twister) {
        fputs("weir: out of memory\n", stderr);
        abort();
    }
    gsl_rng_set(random->twister, seed);
    return random;
}

void stats_random_free(struct stats_random *random)
{
    if (!random)
        return;
    gsl_rng_free(random->twister);
    xfree(random);
}

uint32_t stats_random_next(struct stats_random *random)
{
    return (uint32_t)gsl_rng_get(random->twister);
}

size_t stats_random_below(struct stats_random *random, size_t limit)
{
    return gsl_rng_uniform_int(random->twister, limit);
}
