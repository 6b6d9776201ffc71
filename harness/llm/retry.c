/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * retry.c: the decision whether an attempt is tried again (see retry.h).
 *
 * Pure functions, so that every rule is a row of a test's table. The policy is that of the
 * official SDKs (docs/providers.md) with two differences: an exhausted quota ends the call, since
 * waiting does not help, and a hint above the cap ends it too, since waiting that long is for
 * people to decide.
 */
#include "llm/retry.h"

#include <math.h>
#include <stdio.h>

int64_t llm_backoff_ns(const struct llm_retry *retry, unsigned k, struct rng_key key)
{
    double wait = (double)retry->base_ns * pow(2, k);
    wait = fmin(wait, (double)retry->cap_ns);
    return (int64_t)(wait * (1 - 0.25 * rng_uniform(key, "backoff", k)));
}

/* The server knows when its window ends, so never earlier; up to a tenth later, so that all who
 * were told the same do not come back together. */
static int64_t after_hint_ns(int64_t hint_ns, unsigned k, struct rng_key key)
{
    return hint_ns + (int64_t)((double)hint_ns * 0.1 * rng_uniform(key, "hint", k));
}

static bool is_retried_status(const struct llm_retry *retry, int status)
{
    for (size_t i = 0; i < retry->status_count; i++)
        if (retry->statuses[i] == status)
            return true;
    return false;
}

static bool may_try_again(const struct llm_retry *retry, const struct llm_attempt_end *end)
{
    if (end->connection)
        return true;
    if (end->outcome == LLM_QUOTA || end->outcome == LLM_LIMIT || end->status < 300)
        return false;
    if (str_equal_nocase(end->should_retry, STR("true")))
        return true;
    if (str_equal_nocase(end->should_retry, STR("false")))
        return false;
    return is_retried_status(retry, end->status);
}

struct llm_decision llm_retry_decide(const struct llm_retry *retry,
                                     const struct llm_attempt_end *end, unsigned number,
                                     struct rng_key key)
{
    struct llm_decision stop = {.outcome = end->outcome};
    if (!may_try_again(retry, end) || number > retry->retries)
        return stop;
    if (end->hint_ns > retry->retry_after_cap_ns) {
        stop.outcome = LLM_RATE_LIMITED;
        stop.hint_too_long = true;
        return stop;
    }
    int64_t wait = end->hint_ns > 0 ? after_hint_ns(end->hint_ns, number - 1, key)
                                    : llm_backoff_ns(retry, number - 1, key);
    return (struct llm_decision){.again = true, .wait_ns = wait, .outcome = end->outcome};
}

/* ---- hints of the server ---- */

/* Days since 1970-01-01 of a date in the proleptic Gregorian calendar: days_from_civil of
 * Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms". */
static int64_t days_since_1970(int64_t year, unsigned month, unsigned day)
{
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * ((int64_t)month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

static unsigned month_number(const char *name)
{
    static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    for (unsigned i = 0; i < 12; i++)
        if (memcmp(names + (size_t)i * 3, name, 3) == 0)
            return i + 1;
    return 0;
}

/* RFC 9110: a two-digit year more than 50 years in the future is in the past. */
static int full_year(int year, int64_t now_wall_ns)
{
    int this_year = (int)(1970 + now_wall_ns / NS_PER_S / 31556952);
    year += this_year / 100 * 100;
    return year > this_year + 50 ? year - 100 : year;
}

struct date {
    char month[4], zone[4];
    int day, year, hour, minute, second;
};

/* Sun, 06 Nov 1994 08:49:37 GMT */
static bool scan_fixed(const char *line, struct date *d)
{
    int used = 0;
    return sscanf(line, "%*3[A-Za-z], %2d %3[A-Za-z] %4d %2d:%2d:%2d %3[GMT]%n", &d->day,
                  d->month, &d->year, &d->hour, &d->minute, &d->second, d->zone, &used) == 7 &&
           line[used] == '\0';
}

/* Sunday, 06-Nov-94 08:49:37 GMT */
static bool scan_rfc850(const char *line, int64_t now_wall_ns, struct date *d)
{
    int used = 0;
    if (sscanf(line, "%*9[A-Za-z], %2d-%3[A-Za-z]-%2d %2d:%2d:%2d %3[GMT]%n", &d->day, d->month,
               &d->year, &d->hour, &d->minute, &d->second, d->zone, &used) != 7 ||
        line[used] != '\0')
        return false;
    d->year = full_year(d->year, now_wall_ns);
    return true;
}

/* Sun Nov  6 08:49:37 1994 */
static bool scan_asctime(const char *line, struct date *d)
{
    int used = 0;
    return sscanf(line, "%*3[A-Za-z] %3[A-Za-z] %2d %2d:%2d:%2d %4d%n", d->month, &d->day,
                  &d->hour, &d->minute, &d->second, &d->year, &used) == 6 &&
           line[used] == '\0';
}

bool llm_parse_http_date(str text, int64_t now_wall_ns, int64_t *wall_ns)
{
    char line[64];
    struct date d = {0};
    text = str_trim(text);
    if (text.n == 0 || text.n >= sizeof line || memchr(text.p, '\0', text.n))
        return false;
    memcpy(line, text.p, text.n);
    line[text.n] = '\0';
    if (!scan_fixed(line, &d) && !scan_rfc850(line, now_wall_ns, &d) && !scan_asctime(line, &d))
        return false;
    unsigned month = strlen(d.month) == 3 ? month_number(d.month) : 0;
    if (month == 0 || d.day < 1 || d.day > 31 || d.hour < 0 || d.hour > 23 || d.minute < 0 ||
        d.minute > 59 || d.second < 0 || d.second > 60 || d.year < 1970)
        return false;
    int year = d.year < 2200 ? d.year : 2200; /* later ones do not fit in nanoseconds */
    int64_t days = days_since_1970(year, month, (unsigned)d.day);
    *wall_ns = ((days * 24 + d.hour) * 3600 + d.minute * 60 + d.second) * NS_PER_S;
    return true;
}

/* A hint of many years is as good as one of one: all are above any cap. */
static int64_t hint_of(double seconds)
{
    const double most = 366.0 * 86400;
    if (!(seconds > 0))
        return -1;
    return (int64_t)(fmin(seconds, most) * 1e9);
}

int64_t llm_retry_hint_ns(str retry_after_ms, str retry_after, str date, int64_t now_wall_ns)
{
    double number;
    int64_t due, now = now_wall_ns, server;
    if (str_to_double(str_trim(retry_after_ms), &number))
        return hint_of(number / 1000);
    retry_after = str_trim(retry_after);
    if (str_to_double(retry_after, &number))
        return hint_of(number);
    if (!llm_parse_http_date(retry_after, now_wall_ns, &due))
        return -1;
    if (llm_parse_http_date(date, now_wall_ns, &server))
        now = server;
    return hint_of((double)(due - now) / 1e9);
}
