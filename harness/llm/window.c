/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * window.c: the adaptive limit of requests in flight (see window.h).
 *
 * RFC 8257 weighs the moving share with 1/16 a round, for rounds of microseconds. Rounds of model
 * calls take seconds, so it is 1/4 here. Without a configured limit the window starts, at the
 * first push-back, from the most that was in flight.
 */
#include "llm/window.h"

#include <math.h>

enum pressure_status {
    TOO_MANY = 429,
    BAD_GATEWAY = 502,
    UNAVAILABLE = 503,
    NO_GATEWAY = 504,
    OVERLOADED = 529
};

static const double share_weight = 0.25; /* of the newest round */
static const double least_size = 1;

enum llm_pressure llm_pressure_of(int status)
{
    switch (status) {
    case TOO_MANY:
        return LLM_PRESSURE_RATE;
    case 0:
    case BAD_GATEWAY:
    case UNAVAILABLE:
    case NO_GATEWAY:
    case OVERLOADED:
        return LLM_PRESSURE_LOAD;
    default:
        return LLM_PRESSURE_NONE;
    }
}

/* A twentieth of the limit, so that a window that was cut without need is soon open again. */
static double step_of(const struct llm_window *window)
{
    return window->most ? fmax(1, (double)window->most / 20) : 1;
}

static void end_round(struct llm_window *window)
{
    double marked = window->marks / (double)window->replies;
    window->share += share_weight * (marked - window->share);
    if (window->marks > 0) {
        if (window->size == 0)
            window->size = (double)window->peak;
        window->size = fmax(least_size, window->size * (1 - window->share / 2));
    } else if (window->size > 0) {
        window->size += step_of(window);
    }
    if (window->most && window->size > (double)window->most)
        window->size = (double)window->most;
    window->marks = 0;
    window->replies = window->peak = 0;
}

void llm_window_note(struct llm_window *window, enum llm_pressure pressure, int64_t held)
{
    static const double marks[] = {
        [LLM_PRESSURE_NONE] = 0, [LLM_PRESSURE_LOAD] = 0.5, [LLM_PRESSURE_RATE] = 1};
    window->replies++;
    window->marks += marks[pressure];
    if (held > window->peak)
        window->peak = held;
    if ((double)window->replies >= fmax(window->size, (double)window->peak))
        end_round(window);
}

bool llm_window_is_open(const struct llm_window *window, int64_t held)
{
    if (window->most && held >= window->most)
        return false;
    return window->size == 0 || held == 0 || (double)held < floor(window->size);
}
