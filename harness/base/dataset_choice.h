/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dataset_choice.h: inside of dataset.c: which rows a struct dataset_choice takes.
 */
#ifndef BASE_DATASET_CHOICE_H
#define BASE_DATASET_CHOICE_H

#include "base/dataset.h"

/* A choice as it is asked about. */
struct chosen {
    bool any; /* something is chosen; false: every row is taken */
    size_t from, to;
    const struct regex *pattern; /* NULL: none */
    const str *id;
    size_t ids;
    bool unsure; /* the pattern met a limit */
};

/* Of all rows of the file. -1 after adding mistakes: a range or pattern that is none, an id that no
 * row has. */
int chosen_open(struct chosen *chosen, const struct dataset_choice *choice,
                const struct sample *sample, size_t count, struct arena *arena,
                struct mistakes *mistakes);
/* `place`: its number, from 0, among those that could be taken. */
bool chosen_takes(struct chosen *chosen, const struct sample *sample, size_t place);
/* "--filter-range 3:5 and --sample-id a", for messages. */
str choice_text(struct arena *arena, const struct dataset_choice *choice);

#endif
