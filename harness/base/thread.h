/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * thread.h: threads of ours in a process that may be somebody else's.
 *
 * A program that links libweir has signal handlers, a locale and a stderr of its own. So a thread
 * that we start blocks all signals, formats numbers as C does, and says what it has to say where its
 * creator does (base/log.h).
 */
#ifndef BASE_THREAD_H
#define BASE_THREAD_H

#include <locale.h>
#include <pthread.h>

/* pthread_create: 0, or an errno. */
int thread_start(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *arg),
                 void *arg);

/* From now on the calling thread formats and reads numbers as C does, whatever setlocale was told.
 * Returns what thread_leave_locale takes to make it as before. */
locale_t thread_enter_locale(void);
void thread_leave_locale(locale_t before);

#endif
