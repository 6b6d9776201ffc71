/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * log.h: lines on stderr for people, with secrets removed. A program that links libweir hears them
 * instead.
 *
 * Results go to stdout through reports, facts of a run go to the store; this is the third
 * channel. It is always compiled in and says warnings by default. Secrets are registered once
 * (the value of a provider's key variable) and are replaced wherever text leaves the process:
 * the log, the store and error messages all call secret_redact.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/arena.h"
#include "base/str.h"

enum log_level { LOG_ERROR, LOG_WARNING, LOG_INFO, LOG_DEBUG };

void log_set_level(enum log_level level);
/* Line breaks and control characters of the message are made visible, in a notice too. Thread-safe. */
void log_line(enum log_level level, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* What a run has to say of its own course, whatever the level: a line apart from the status line. */
void log_notice(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Text that is ready to be shown (mistakes_text), as it is, and a line break. */
void log_text(str text);

/* Who hears it instead of stderr. `say` is called on the thread that has something to say. */
struct log_sink {
    void (*say)(void *arg, enum log_level level, str text);
    void *arg;
};
/* Of the calling thread, and of those that it starts from now on with thread_start; NULL: stderr.
 * Returns the one before. */
const struct log_sink *log_use_sink(const struct log_sink *sink);
const struct log_sink *log_sink(void);

/* From now on `value` never leaves the process. Values under 6 bytes are not taken: they would
 * blot out ordinary words. This and all below may be called on any thread. */
void secret_add(str value);
/* `text` itself when it holds no secret, else a copy with each replaced by "[secret]". */
str secret_redact(struct arena *arena, str text);
bool secret_occurs(str text);
/* Is any known? */
bool secret_any(void);
/* Where the first secret at or after `from` stands, and its length; -1: there is none. */
ptrdiff_t secret_find(str text, size_t from, size_t *length);
/* True for header and field names whose value must not be kept: authorization, api-key, …;
 * without regard to case. */
bool secret_name(str name);
/* Forgets all secrets; for tests. */
void secret_clear(void);

#endif
