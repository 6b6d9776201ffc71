/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * e2e_run.h: runs as the end-to-end tests see them: made by `weir run`, read through `weir
 * report --json`, the store's interface and plain SQL.
 */
#ifndef E2E_RUN_H
#define E2E_RUN_H

#include "e2e.h"

struct ran {
    struct ended ended;
    const char *db; /* path of the run's file: the last line of stdout */
};

/* `weir run --quiet` with further arguments. The path must be all that it printed. */
struct ran run_quiet(struct place *place, const char *argument, ...) __attribute__((sentinel));
/* The same, and its exit code must be 0. */
struct ran run_good(struct place *place, const char *argument, ...) __attribute__((sentinel));
/* The only run below FOLDER/.weir/runs; the test fails when there is another number of them. */
const char *only_run(struct place *place, const char *folder);
/* True once the only run here has that many rows in a table, while it runs. */
bool run_has_rows(struct place *place, const char *table, int64_t rows);

/* Changes the file, past the store. */
void sql_run(const char *db, const char *sql);
/* The first column of the first row as anyone could ask the file for it. The test fails when
 * there is no row. Formats are printf's. */
int64_t sql_int(const char *db, const char *format, ...) __attribute__((format(printf, 2, 3)));
str sql_text(struct place *place, const char *db, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Opens the run through the store, which checks the identities of rule 8, and recomputes them,
 * and all sums over calls, attempts and steps, in SQL. */
void check_identities(const char *db);

/* `weir report DB --json`, with its cells. */
str report_text(struct place *place, const char *db);
const json *report_json(struct place *place, const char *db);
/* The bytes of the member `results` of such a text. */
str results_of(str report);
/* A variant of results or timing; the test fails without it. */
const json *variant_of(const json *report, const char *part, const char *name);
const json *cell_of(const json *report, const char *variant, const char *sample, int trial);
/* The number at "results.wall_s" or the like; the test fails when there is none. */
double figure(const json *of, const char *path);
/* That it is `should`, but for its rounding to ten digits. */
#define assert_figure(of, path, should)                                                        \
    e2e_check_figure((of), (path), (should), __FILE__, __LINE__)
void e2e_check_figure(const json *of, const char *path, double should, const char *file,
                      int line);

#endif
