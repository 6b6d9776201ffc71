/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dataset.h: rows from JSONL, JSON, CSV and YAML files, or in place.
 *
 * rows_load gives every row as a JSON object with its place. dataset_load makes samples of them
 * by the language's rules: reserved names apart from inputs, ids unique, CSV's __columns.
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
};

struct rows {
    const struct row *row;
    size_t count;
};

/* Rows of a file by its extension: .jsonl, .json, .yaml, .csv. In CSV every cell is a text but
 * those of NAME:json columns; __ columns stay under their names. -1 after adding mistakes. */
int rows_load(struct arena *arena, str path, str shown_path, struct rows *rows,
              struct mistakes *mistakes);
/* Rows in place: a YAML list of mappings. */
int rows_from_yaml(struct arena *arena, const struct yaml *list, struct rows *rows,
                   struct mistakes *mistakes);

struct sample {
    str id;      /* as text; integers as written */
    str cluster; /* the id when there is none */
    const json *inputs;         /* object */
    const json *expected;       /* NULL: none */
    const json *expected_steps; /* object; NULL: none */
    const json *metadata;       /* object; NULL: none */
    const str *tag;
    size_t tag_count;
    str description;
    uint32_t index; /* place in the file, from 0, after only_tags */
    struct place place;
};

/* The keys of `dataset` (2.4), filled from the experiment or mock file by dataset_options. */
struct dataset_spec {
    str file;                    /* or */
    const struct yaml *samples;
    str id, expected, cluster;   /* field names */
    struct opt_texts only_tags;
    int64_t limit;
};
extern const struct opt dataset_options[];

struct dataset {
    const struct sample *sample;
    size_t count;
    struct hash128 hash; /* of the rows' contents, in order */
};

/* `base_file`: the file that names the dataset; its folder is where a relative path starts.
 * -1 after adding mistakes: no rows, no id, an id twice, reserved names misused. */
int dataset_load(struct arena *arena, const struct dataset_spec *spec, str base_file,
                 struct place place, struct dataset *dataset, struct mistakes *mistakes);

#endif
