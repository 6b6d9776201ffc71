/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * thread.c: how our threads begin (see thread.h).
 */
#include "base/thread.h"

#include <signal.h>

#include "base/log.h"
#include "base/mem.h"

struct beginning {
    void *(*run)(void *arg);
    void *arg;
    const struct log_sink *sink;
};

static locale_t plain;

static void make_plain(void)
{
    plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
}

locale_t thread_enter_locale(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, make_plain);
    return uselocale(plain);
}

void thread_leave_locale(locale_t before)
{
    uselocale(before);
}

static void *begin(void *arg)
{
    struct beginning beginning = *(struct beginning *)arg;
    xfree(arg);
    thread_enter_locale();
    log_use_sink(beginning.sink);
    return beginning.run(beginning.arg);
}

int thread_start(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *arg),
                 void *arg)
{
    struct beginning *beginning = xmalloc(sizeof *beginning);
    *beginning = (struct beginning){run, arg, log_sink()};
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(thread, attributes, begin, beginning);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed)
        xfree(beginning);
    return failed;
}
