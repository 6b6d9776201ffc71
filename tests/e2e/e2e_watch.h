/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * e2e_watch.h: an experiment under --watch, for the tests of it: a variant whose prompt is a file that is edited,
 * and another that nobody edits. Everything waits for what the program says.
 */
#ifndef E2E_WATCH_H
#define E2E_WATCH_H

#include "e2e_run.h"

enum { WATCH_ROWS = 20 };

/* experiment.yaml, rows.jsonl, mock.yaml and prompts/ask.md. The mock gives the right answer when the prompt says
 * please, or Please. CI is not set for the programs. */
void watch_write(struct place *place);
/* The mock takes so long (a duration) to answer prompts that do not say it: those of ask.md as it is first. */
void watch_slow(struct place *place, const char *time);
extern const char watch_experiment[];
struct child watch_run(struct place *place);
/* It has come to rest for the n-th time. */
bool watch_rests(const struct child *child, size_t times);
/* Ctrl-C, and how it must end. */
void watch_end(struct child *child, int code);
size_t watch_count(str text, const char *part);
/* Calls of a variant that a run sent. */
int64_t watch_sent(const char *db, const char *variant);
/* The run whose path was printed last. */
const char *watch_last(struct place *place, const struct child *child);
/* As editors save: beside it, then renamed. */
void watch_save(struct place *place, const char *name, const char *text);

#endif
