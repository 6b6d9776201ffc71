/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * labels.h: what a judge has judged in a run, and what people say of the same (docs/judges.md).
 *
 * An item is one answer, or two of a comparison, as the judge was shown them: their texts are in the
 * run's file. Labels are in a file beside it, one line of JSON each, only ever appended to:
 *
 *     {"score":"clear","sample":"q17","trial":1,"variant":"vote","rater":"ann","label":"yes","text":"…"}
 *
 * The last line about an item and rater counts; "skip" and "withdrawn" are no labels. `text` is a
 * hash of what was shown: a label of other texts, or by another rubric, is not used.
 */
#ifndef SESSION_LABELS_H
#define SESSION_LABELS_H

#include "base/json.h"
#include "store/store.h"

struct judge_check;

/* The judge's answer; of a comparison in terms of the candidate's text. */
struct label_verdict {
    double value;
    bool turned; /* of a comparison: the reference's text stood first */
};

struct label_item {
    int64_t sample, trial;
    int64_t variant; /* of a comparison: the candidate, the later one in the file */
    int64_t against; /* of a comparison: the reference; else -1 */
    int64_t question, answer, other; /* texts by number; other: the reference's */
    double value;                    /* the judge's, of all its answers */
    struct label_verdict *verdict;
    size_t verdicts;
};

/* All that the judge of one score has judged, in the order of samples, trials and variants. */
struct label_items {
    struct store *store;
    str score;
    const char *check; /* "llm-rubric" */
    bool compares;
    double threshold; /* of a judge of single texts: from here on it says yes */
    struct label_item *item;
    size_t count;
};

/* The score that is meant: `wanted`, or the only one of a judge. ERR_INPUT, naming those there are. */
int label_items_read(struct store *store, str wanted, struct arena *arena,
                     struct label_items *items, struct err *err);

/* The same of the run that a command's argument means; `path` of its file. The caller closes items->store,
 * which is NULL after an error. */
int label_items_open(str run, str wanted, struct arena *arena, struct label_items *items,
                     str *path, struct err *err);

/* What people see: the texts, and their hash of 16 digits. */
struct label_texts {
    str question, answer, other;
    str hash;
};
int label_texts_read(const struct label_items *items, const struct label_item *item,
                     struct arena *arena, struct label_texts *texts, struct err *err);

/* ---- the file ---- */

enum label_word {
    LABEL_NONE,
    LABEL_NO,   /* of a comparison: the candidate is worse */
    LABEL_EVEN, /* of a comparison: neither is better */
    LABEL_YES,  /* ... better */
    LABEL_SKIP,
    LABEL_WITHDRAWN,
};

struct label_line {
    str score, sample, variant, against, rater, hash;
    int64_t trial;
    enum label_word word;
    bool candidate_first; /* of a comparison: as it was shown */
};

struct label_lines {
    struct label_line *line;
    size_t count;
    size_t unread; /* lines that are no label: said, and passed over */
};

/* Beside the run whose answers these are: weir score copies answers, and labels stay with them. */
str label_file_of(struct arena *arena, str run_path, const struct store *store);
/* A file that is not there has no lines. ERR_INPUT when it cannot be read. */
int label_file_read(struct arena *arena, str path, struct label_lines *lines, struct err *err);
/* Appends a line and brings it to the disk. ERR_FAILED. */
int label_file_add(str path, const struct label_line *line, struct arena *arena,
                   struct err *err);

/* Is the line about that item? */
bool label_is_of(const struct label_items *items, const struct label_item *item,
                 const struct label_line *line);

/* ---- a judge against them ---- */

struct label_use {
    size_t used; /* labels */
    size_t
        other; /* left out: of other texts or another rubric, or of an item that is not there */
    str *rater; /* in order of first label */
    size_t raters;
};

/* Holds the judge against the labels; all in the arena. */
int labels_check(const struct label_items *items, const struct label_lines *lines,
                 double confidence, struct arena *arena, struct judge_check *check,
                 struct label_use *use, struct err *err);

/* Whether the judges of a run's scores were held against people, by the labels beside it. An array by score
 * in the arena; those of steps have no labels. */
struct summary_judge_checked;
struct summary_score_meta;
int labels_of_scores(struct store *store, str run_path, double confidence,
                     const struct summary_score_meta *score, const str *step, size_t scores,
                     struct arena *arena, struct summary_judge_checked **checked,
                     struct err *err);

#endif
