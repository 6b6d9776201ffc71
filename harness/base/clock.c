/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * clock.c: monotonic and wall time (see clock.h).
 */
#include "base/clock.h"

#include <time.h>

static int64_t read_clock(clockid_t id)
{
    struct timespec now;
    clock_gettime(id, &now);
    return (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec;
}

struct moment clock_now(void)
{
    return (struct moment){read_clock(CLOCK_MONOTONIC)};
}

int64_t moment_since(struct moment later, struct moment earlier)
{
    return later.ns - earlier.ns;
}

struct moment moment_add(struct moment moment, int64_t ns)
{
    return (struct moment){moment.ns + ns};
}

bool moment_reached(struct moment now, struct moment due)
{
    return now.ns >= due.ns;
}

int64_t clock_wall_ns(void)
{
    return read_clock(CLOCK_REALTIME);
}

int64_t clock_cpu_ns(void)
{
    return read_clock(CLOCK_PROCESS_CPUTIME_ID);
}

static struct tm utc_of(int64_t wall_ns)
{
    time_t seconds = (time_t)(wall_ns / NS_PER_S);
    struct tm utc;
    gmtime_r(&seconds, &utc);
    return utc;
}

void clock_iso(int64_t wall_ns, char *text, unsigned size)
{
    struct tm utc = utc_of(wall_ns);
    if (strftime(text, size, "%Y-%m-%dT%H:%M:%SZ", &utc) == 0 && size)
        text[0] = '\0';
}

void clock_compact(int64_t wall_ns, char *text, unsigned size)
{
    struct tm utc = utc_of(wall_ns);
    if (strftime(text, size, "%Y%m%dT%H%M%SZ", &utc) == 0 && size)
        text[0] = '\0';
}
