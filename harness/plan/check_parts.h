/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * check_parts.h: what the files of the checks share; nobody else includes it.
 *
 *     check_rows.h       the table, one row a check
 *     check.c            the table; reading a check from YAML
 *     check_operand.c    reading what stands behind its key
 *     check_schema.c     both as JSON Schema
 *     check_run.c        running one: operand, subject, transforms, negation, threshold
 *     check_values.c     looking at values: texts, numbers, equality, how they are shown
 *     check_exec.c       the check that asks a program
 *     check_model.c      checks that rest on what a model said
 *     check_text.c, check_json.c, check_set.c, check_number.c, check_words.c,
 *     check_call.c, check_answer.c, check_records.c    the checks
 */
#ifndef PLAN_CHECK_PARTS_H
#define PLAN_CHECK_PARTS_H

#include "plan/check.h"

/* The checks: check_by_equals, check_by_f1, … */
#define CHECK(id, name, operand, grade, look, summary)                                         \
    void check_by_##id(const struct check_subject *, struct check_result *);
#include "plan/check_rows.h"
#undef CHECK

/* The operand of `numeric`, beside its value. */
struct numeric_fixed {
    double tolerance;
};

/* The operand of `word-count`; -1: no such bound. */
struct span_fixed {
    int64_t min, max;
};

/* The operand of `latency` and `cost`. */
struct use_fixed {
    int64_t latency; /* ns */
    int64_t cost;    /* nanousd */
};

/* Reads the operand of a check whose kind is known into operand and fixed. 0, or -1 after adding
 * mistakes. */
int operand_read(const struct binder *binder, const struct yaml_pair *pair,
                 struct check *check);

/* The operands that are mappings. */
extern const struct opt check_numeric_options[], check_records_options[], check_span_options[];

/* ---- how a check ends ---- */

void check_yes(struct check_result *result);
/* "No", with a reason for people. */
void check_no(const struct check_subject *subject, struct check_result *result,
              const char *format, ...) __attribute__((format(printf, 3, 4)));
/* There is no answer (a wrong type, a limit): the check fails, negated or not. */
void check_unfit(const struct check_subject *subject, struct check_result *result,
                 const char *format, ...) __attribute__((format(printf, 3, 4)));
/* A graded value; the reason is dropped later if the value passes. */
void check_grade(const struct check_subject *subject, struct check_result *result, double value,
                 const char *format, ...) __attribute__((format(printf, 4, 5)));

/* ---- reading values; each ends the check as unfit when it returns false ---- */

bool check_subject_text(const struct check_subject *subject, struct check_result *result,
                        str *text);
/* A number, or a text that is a number. */
bool check_subject_number(const struct check_subject *subject, struct check_result *result,
                          double *number);
bool check_operand_number(const struct check_subject *subject, struct check_result *result,
                          double *number);
/* A text, or the text of a number or bool. */
bool check_operand_text(const struct check_subject *subject, struct check_result *result,
                        str *text);
/* Subject and operand as two lists. */
bool check_two_lists(const struct check_subject *subject, struct check_result *result);

/* What a grader outside of weir is sent: a line of JSON (check_exec.c). */
str check_grader_input(const struct check_subject *subject);

/* F1 of the words of two texts (check_words.c). */
void check_f1_of_texts(const struct check_subject *subject, struct check_result *result);

/* ---- values ---- */

/* True for numbers, and for texts that are one decimal number between blanks. */
bool value_number(const json *value, double *number);
/* JSON equality, but texts are compared after trimming, and a text that is a number equals that
 * number. O(n log n) also for wide objects. */
bool values_equal(const json *a, const json *b);
/* For reasons: a text in quotes, anything else as JSON; shortened, control characters shown. */
str value_shown(struct arena *arena, const json *value);
str text_shown(struct arena *arena, str text);
str number_shown(struct arena *arena, double number);

/* An object's members sorted by name; released with xfree. */
const json **members_sorted(const json *object, size_t *count);

#endif
