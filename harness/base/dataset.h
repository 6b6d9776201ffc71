/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dataset.h: rows from JSONL, JSON, CSV and YAML files, or in place.
 *
 * rows_load gives every row as a JSON object with its place. dataset_load makes samples of them
 * by the language's rules: reserved names apart from inputs, ids unique.
 *
 * Columns of CSV files give the same rows as other formats do, so what reads rows need not know:
 *
 *     NAME              "NAME": the cell as text
 *     NAME:json         "NAME": the cell parsed as JSON
 *     __expected        "expected"; with :json parsed; __expected:KEY: one member of it
 *     __expected_steps:STEP, __metadata:KEY     one member of "expected_steps", "metadata"
 *     __tags            "tags": the cell split at commas
 *     __cluster, __description
 *
 * An empty cell of a column with "__" is no value. Members may have :json too.
 */
#ifndef BASE_DATASET_H
#define BASE_DATASET_H

#include "base/hash.h"
#include "base/json.h"
#include "base/mistakes.h"
#include "base/option.h"
#include "base/yaml.h"

struct row {
    const json *value; /* an object */
    struct place place;
    /* where it was read from, for row_place */
    const struct yaml *yaml;           /* NULL: another format */
    const struct rows_columns *column; /* NULL: no CSV */
    size_t offset;                     /* in the source */
};

struct rows {
    const struct row *row;
    size_t count;
};

/* Rows of a file by its extension: .jsonl, .json, .yaml, .csv. `shown_path` is used in messages.
 * -1 after adding mistakes, in order; no rows at all is not one. */
int rows_load(struct arena *arena, str path, str shown_path, struct rows *rows,
              struct mistakes *mistakes);
/* The same; `named_at` is where the file is named, for a file that cannot be read. */
int rows_load_at(struct arena *arena, str path, str shown_path, struct place named_at,
                 struct rows *rows, struct mistakes *mistakes);
/* Rows in place: a YAML list of mappings. */
int rows_from_yaml(struct arena *arena, const struct yaml *list, struct rows *rows,
                   struct mistakes *mistakes);
/* Place of a member's value; of the row when it has no such member. Searches the file's text, so
 * it is for messages only. */
struct place row_place(const struct row *row, str key);

struct sample {
    str id;                     /* as text; integers as written */
    str cluster;                /* the id when there is none */
    const json *inputs;         /* object */
    const json *expected;       /* NULL: none */
    const json *expected_steps; /* object; NULL: none */
    const json *metadata;       /* object; NULL: none */
    const str *tag;
    size_t tag_count;
    str description;
    uint32_t index; /* place in the file, from 0, after only_tags */
    struct place place;
    /* Of its row without id, cluster, tags and description: what is asked, and what is expected. */
    struct hash128 hash;
};

/* Rows that the command line takes out of those of a file; each condition that is given holds. */
struct dataset_choice {
    str range; /* --filter-range "A:B": rows A up to B without B, from 0; either may be left out */
    str pattern; /* --filter-pattern: a regular expression found in the id or description */
    struct opt_texts ids; /* --sample-id: an id each, or several with commas */
};

/* The keys of `dataset`, filled from the experiment or mock file by dataset_options. */
struct dataset_spec {
    str file; /* or */
    const struct yaml *samples;
    str id, expected, cluster; /* field names */
    struct opt_texts only_tags;
    int64_t limit;                       /* 0: all */
    const struct yaml *mapping; /* where fields are named, for messages; NULL: nowhere */
    const struct dataset_choice *choice; /* after only_tags and before limit; NULL: all */
};
extern const struct opt dataset_options[];

struct dataset {
    const struct sample *sample;
    size_t count;
    struct hash128 hash; /* of the samples' rows, in order; formats do not matter */
};

/* `base_file`: the file that names the dataset; its folder is where a relative path starts.
 * -1 after adding mistakes: no rows, no id, an id twice, reserved names misused. */
int dataset_load(struct arena *arena, const struct dataset_spec *spec, str base_file,
                 struct place place, struct dataset *dataset, struct mistakes *mistakes);

#endif
