/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * log.h: lines on stderr for people, with secrets removed.
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
/* Line breaks and control characters of the message are made visible. Thread-safe. */
void log_line(enum log_level level, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* From now on `value` never leaves the process. Values under 6 bytes are not taken: they would
 * blot out ordinary words. Not thread-safe: called before the run begins. */
void secret_add(str value);
/* `text` itself when it holds no secret, else a copy with each replaced by "[secret]". */
str secret_redact(struct arena *arena, str text);
bool secret_occurs(str text);
/* Where the first secret at or after `from` stands, and its length; -1: there is none. */
ptrdiff_t secret_find(str text, size_t from, size_t *length);
/* True for header and field names whose value must not be kept: authorization, api-key, …;
 * without regard to case. */
bool secret_name(str name);
/* Forgets all secrets; for tests. */
void secret_clear(void);

#endif
