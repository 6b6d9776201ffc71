/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * exec_tell.c: what became of a program, in a line for people (see exec.h).
 *
 * Part of these lines is text that the program wrote: it is cut, and its control characters are
 * shown, for they end up on terminals and in reports.
 */
#include "io/exec_inside.h"

#include <signal.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"

static const char *signal_name(int number)
{
    switch (number) {
    case SIGXCPU:
        return "it used more than its cpu_time";
    case SIGXFSZ:
        return "it wrote a file that is too large";
    case SIGKILL:
        return "killed";
    case SIGSEGV:
        return "segmentation fault";
    case SIGABRT:
        return "aborted";
    case SIGPIPE:
        return "broken pipe";
    case SIGTERM:
        return "terminated";
    default:
        return "ended by a signal";
    }
}

void exec_tell(const struct exec_request *request, struct arena *arena,
               struct exec_result *result)
{
    const char *name = signal_name(result->signal);
    double seconds = (double)request->timeout_ns / (double)NS_PER_S;
    switch (result->outcome) {
    case EXEC_TIMEOUT:
        result->reason = arena_printf(arena, "it was killed after %.4g s", seconds);
        break;
    case EXEC_FLOODED:
        result->reason = arena_printf(arena, "it wrote more than %zu bytes and was killed",
                                      request->max_output);
        break;
    case EXEC_CANCELLED:
        result->reason = STR("it was stopped");
        break;
    case EXEC_FAILED:
        result->reason = result->signal
                             ? arena_printf(arena, "signal %d: %s", result->signal, name)
                             : arena_printf(arena, "exit code %d", result->exit_code);
        break;
    case EXEC_OK:
    case EXEC_NOT_STARTED:
        break;
    }
}

void exec_tell_not_started(const struct launch_report *failed, struct arena *arena,
                           struct exec_result *result)
{
    const char *why = strerror(failed->number);
    result->outcome = EXEC_NOT_STARTED;
    if (failed->what == LAUNCH_SANDBOX_FAILED)
        result->reason = arena_printf(arena, "no sandbox: %s: %s", failed->step, why);
    else
        result->reason = arena_printf(arena, "it cannot be started%s%s: %s",
                                      failed->step[0] ? ": " : "", failed->step, why);
}

/* The end of stderr says most: a traceback has its error there. */
str exec_explain(struct arena *arena, const struct exec_result *result)
{
    enum { SHOWN = 300 };
    str errors = str_trim(utf8_clean(arena, result->errors));
    bool cut = errors.n > SHOWN;
    size_t from = cut ? errors.n - SHOWN : 0;
    while (from < errors.n && ((unsigned char)errors.p[from] & 0xc0) == 0x80)
        from++; /* not inside a character */
    errors = text_visible(arena, str_sub(errors, from, errors.n));
    if (errors.n == 0)
        return result->reason;
    return arena_printf(arena, "%.*s; stderr: %s%.*s", STR_ARG(result->reason), cut ? "…" : "",
                        STR_ARG(errors));
}
