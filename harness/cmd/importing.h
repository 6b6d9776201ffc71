/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * importing.h: what the parts of `weir import` share; nobody else includes it (docs/importing.md).
 *
 *     importing_source.c     the configuration and the files that it names
 *     importing_template.c   its templates as weir's
 *     importing_prompts.c    prompts
 *     importing_models.c     providers: models, and where they are asked
 *     importing_config.c     what is said of a provider: parameters, address
 *     importing_tests.c      tests: rows, with the assertions that are made of each
 *     importing_csv.c        tests in CSV files
 *     importing_checks.c     one assertion as one check
 *     importing_scores.c     assertions of all rows as scores, and columns of `expected`
 *     importing_write.c      the folder
 *
 * A part that has no counterpart is left out and noted with its place; what comes over as something
 * near to it is noted too. Only what cannot be read at all is a mistake.
 */
#ifndef CMD_IMPORTING_H
#define CMD_IMPORTING_H

#include "base/json.h"
#include "base/mistakes.h"
#include "base/yaml.h"

enum { IMPORT_NOTES_MAX = 2000 };

enum import_loss {
    IMPORT_CHANGED,  /* it came over, and does not mean quite the same */
    IMPORT_LEFT_OUT, /* it did not come over */
};

struct import_note {
    enum import_loss loss;
    struct place place;
    str text;
};

/* A value of the configuration and where it stands. Values of JSON Lines and CSV files have no
 * YAML; what is in them stands where their row does. */
struct import_item {
    const json *value; /* NULL: there is none */
    const struct yaml *yaml;
    struct place place;
};

struct import_message {
    str role; /* system, user, assistant */
    str text; /* a template of weir's */
};

struct import_prompt {
    str label;                            /* as providers name it */
    str name;                             /* of its file, and in names of variants */
    const struct import_message *message; /* the last one is the user's */
    size_t messages;
};

struct import_model {
    str name;                /* key of `models` */
    str shown;               /* in names of variants */
    struct import_item only; /* labels of prompts; no value: all of them */
    const json *value;
};

/* One test with one combination of its variables. */
struct import_row {
    const json *vars;
    const json *metadata;
    str description;
    json *expected; /* filled by import_scores */
    struct place place;
};

/* An assertion of a row: what is compared, and the score that does it. */
struct import_use {
    size_t row;
    const json *operand; /* with templates of promptfoo's */
    struct place place;
};

struct import_score {
    struct import_score *next;
    str key;     /* what uses of one score have in common */
    str wanted;  /* its name, if nobody has it yet */
    str check;   /* the check key */
    int operand; /* enum import_operand */
    json *value; /* the score without its check */
    struct import_use *use;
    size_t uses, room;
};

struct importing {
    struct arena *arena;
    struct mistakes *mistakes;
    str path; /* of the configuration; files that it names are beside it */
    struct import_item root;
    struct import_note *note;
    size_t notes, note_room;
    size_t notes_dropped; /* beyond IMPORT_NOTES_MAX */
    unsigned depth;       /* of import_enter */
    struct import_prompt *prompt;
    size_t prompts;
    struct import_model *model; /* of variants, in the order of the file */
    size_t models;
    json *model_entries, *provider_entries; /* `models`, with those of judges; `providers` */
    struct import_row *row;
    size_t rows, row_room;
    struct import_score *scores, **last_score;
    json *score_entries;           /* `score` */
    bool columns;                  /* some score takes what it expects from its row */
    bool judge_told, vectors_told; /* that they were not named */
    json *used; /* names in templates: what they are where a row lacks them */
};

/* ---- notes and mistakes ---- */

void import_note(struct importing *importing, enum import_loss loss, struct place place,
                 const char *format, ...) __attribute__((format(printf, 4, 5)));
#define import_left_out(importing, place, ...)                                                 \
    import_note((importing), IMPORT_LEFT_OUT, (place), __VA_ARGS__)
#define import_changed(importing, place, ...)                                                  \
    import_note((importing), IMPORT_CHANGED, (place), __VA_ARGS__)
/* Names each member of a mapping that is not among `known` (NULL at the end) as left out of `what`. */
void import_note_others(struct importing *importing, struct import_item mapping,
                        const char *const *known, const char *what);

/* Around what may name itself, over a file or a $ref. False after a mistake, when that has become too
 * deep. */
bool import_enter(struct importing *importing, struct place place);
void import_leave(struct importing *importing);

/* ---- values (importing_source.c) ---- */

/* Reads the configuration; -1 after mistakes. */
int import_read(struct importing *importing);
/* A member or an item; $ref into the configuration is followed. No value when there is none. */
struct import_item import_get(const struct importing *importing, struct import_item mapping,
                              const char *key);
struct import_item import_at(const struct importing *importing, struct import_item list,
                             size_t index);
str import_text(struct import_item item); /* empty when it is no text */
bool import_is(struct import_item item, enum json_kind kind);

/* "file://x" → "x" and true. */
bool import_names_file(str text, str *path);
/* Files that a path names, which may be a pattern (*, ?, [), in order; a mistake when there is
 * none. */
size_t import_paths(struct importing *importing, str path, struct place place, str **paths);
/* A whole file, YAML or JSON, as a value. No value after a mistake. */
struct import_item import_load(struct importing *importing, str path, struct place place);
/* A file's text; false after a mistake. */
bool import_load_text(struct importing *importing, str path, struct place place, str *text);
/* `item`, or what is in the YAML or JSON file when it is a text file://…; no value after a mistake
 * or a note, for programs. */
struct import_item import_resolved(struct importing *importing, struct import_item item,
                                   const char *what);
bool import_is_program(str path); /* .js, .py, … */

/* ---- templates (importing_template.c) ---- */

/* A template of promptfoo's as one of weir's. false and *why when weir has no such thing. With
 * `used` (may be NULL) the names that it takes from outside are added there. */
bool import_template(struct importing *importing, str text, json *used, str *result, str *why);
/* The same for all texts of a value. */
const json *import_template_value(struct importing *importing, const json *value, json *used,
                                  str *why);
/* What promptfoo makes of it for one row. NULL and *why when that cannot be known. */
const json *import_rendered(struct importing *importing, const json *value, const json *vars,
                            str *why);
/* The name that an input has in weir: that of the variable, with "_" behind those that mean
 * something else. */
str import_input_name(struct importing *importing, str variable);

/* ---- the parts ---- */

void import_prompts(struct importing *importing);
void import_models(struct importing *importing, str instead);
/* The model that answers for a judge or makes vectors, added when it is new. Empty after a note. */
str import_judge(struct importing *importing, struct import_item provider, bool vectors,
                 struct place place);
void import_tests(struct importing *importing);
/* Rows of a CSV file as a list of tests, and the lines of *source where they stand. No value after
 * a mistake. */
struct import_item import_csv(struct importing *importing, str path, unsigned **lines,
                              const struct source **source, struct place place);
/* A test whose members are what a row of such a file has in its columns. */
const json *import_flat_test(struct importing *importing, const json *row, struct place place);
/* "contains: x" as an assertion. */
const json *import_assertion_of_text(struct importing *importing, str text);
/* Adds an assertion of a row; `options` are those of its test. `weight` is that of the set it is in,
 * `shared` says that it comes from defaultTest. */
void import_assertion(struct importing *importing, struct import_item assertion,
                      struct import_item options, size_t row, bool shared, double weight);
void import_scores(struct importing *importing);
/* How many pairs of a prompt and a model there are. */
size_t import_variants(struct importing *importing);
/* Names what no part has looked at. */
void import_note_what_is_left(struct importing *importing);
/* Writes the folder, which is empty or not there. ERR_INPUT: there are no variants or too many;
 * ERR_FAILED. */
int import_write(struct importing *importing, str folder, struct err *err);
/* By place; and one of them for people, without secrets. */
void import_sort_notes(struct importing *importing);
str import_note_line(struct importing *importing, const struct import_note *note);

/* ---- names ---- */

/* Letters, digits and "_" (and ".-" with `dots`), at most 60, not one of the members of `taken`,
 * to which it is added. */
str import_name(struct importing *importing, str wanted, bool dots, json *taken);

#endif
