/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dataset_repeats.h: inside of dataset.c: mistakes that many rows share, told once.
 *
 * Who names a column as no input may be called has one mistake, not one a row; the last thing told
 * would be what cannot be seen for them.
 */
#ifndef BASE_DATASET_REPEATS_H
#define BASE_DATASET_REPEATS_H

#include "base/ceilings.h"
#include "base/dataset.h"

enum { DATASET_REPEATS_APART = 3 }; /* up to so many rows are told each at its place */

struct dataset_repeat {
    str text;
    struct place place[DATASET_REPEATS_APART];
    size_t times;
};

struct dataset_repeats {
    struct mistakes *mistakes;
    struct dataset_repeat repeat[MAX_MISTAKES];
    size_t count;
};

void dataset_repeats_add(struct dataset_repeats *repeats, struct place place,
                         const char *format, ...) __attribute__((format(printf, 3, 4)));
/* Adds them to the mistakes, and forgets them: of more rows than that the first, with how many more
 * of the `rows` there are. */
void dataset_repeats_tell(struct dataset_repeats *repeats, size_t rows);

/* Fields that the experiment names and that no row has: 0, or -1 after a mistake at each place where
 * one is named. What rows say after that is no mistake of theirs. */
int dataset_check_columns(const struct dataset_spec *spec, const struct rows *rows,
                          struct arena *arena, struct mistakes *mistakes);

#endif
