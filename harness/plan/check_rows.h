/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * check_rows.h: the table of checks, one row a check (docs/checks.md). No include guard: each
 * file that includes it defines CHECK for its own use (prototypes, the table).
 *
 * To add a check write its row here, in alphabetical order, and its function check_by_ID in the
 * check_*.c that fits.
 *
 *     id         of the function check_by_ID
 *     name       the key in experiment files; `not-NAME` comes with it
 *     operand    what stands behind the key (check.h)
 *     grade      0: answers yes or no; else graded, and passes from this value on
 *     looks at   VALUE: null fails it, as any wrong type does; ANY: null too; REPLY: the value, null too,
 *                and the last call; CALL: the last call; COST, CLOCK: of the cell or step
 *
 * SCORE_CHECK is a row of a check for scores alone; those that ask a model are that anyway.
 */
#ifndef SCORE_CHECK
#define SCORE_CHECK CHECK
#endif
/* clang-format off */
/*    id             name             operand           grade looks  summary */
CHECK(bleu,          "bleu",          OPERAND_TEMPLATE, 1,    VALUE, "BLEU of one text against another, as sacrebleu's sentence_bleu")
CHECK(choice,        "choice",        OPERAND_TEXT,     0,    VALUE, "the letter chosen (transform letter) is this one")
CHECK(contains,      "contains",      OPERAND_TEXT,     0,    VALUE, "the text occurs")
CHECK(contains_all,  "contains-all",  OPERAND_TEXTS,    0,    VALUE, "every one of the texts occurs")
CHECK(contains_any,  "contains-any",  OPERAND_TEXTS,    0,    VALUE, "at least one of the texts occurs")
CHECK(contains_json, "contains-json", OPERAND_TRUE,     0,    VALUE, "there is a JSON value in the prose (transform json)")
SCORE_CHECK(cost,    "cost",          OPERAND_USD,      0,    COST,  "the calls of the cell or step cost at most so many dollars")
CHECK(count,         "count",         OPERAND_INT,      0,    VALUE, "a list has this many items, or an object this many members")
CHECK(equals,        "equals",        OPERAND_TEMPLATE, 0,    ANY,   "equal as JSON, texts after trimming")
CHECK(exec,          "exec",          OPERAND_COMMAND,  1,    ANY,   "what a program says: {score, reason} or a number from 0 to 1 on its stdout")
CHECK(f1,            "f1",            OPERAND_TEMPLATE, 1,    VALUE, "F1 of two sets of items, or of the words of two texts as SQuAD's; both empty 1")
CHECK(factuality,    "factuality",    OPERAND_REFERENCE, 1,   VALUE, "a judge (model) finds nothing that contradicts this reference")
CHECK(fields,        "fields",        OPERAND_OBJECT,   1,    VALUE, "share of the operand's members that are equal")
SCORE_CHECK(finish_reason, "finish-reason", OPERAND_FINISH, 0, CALL, "how the last call of the cell or step ended: stop, length, filter, tool, other")
CHECK(icontains,     "icontains",     OPERAND_TEXT,     0,    VALUE, "the text occurs, without regard to case")
CHECK(is_json,       "is-json",       OPERAND_TRUE,     0,    VALUE, "the text is one JSON value")
SCORE_CHECK(is_refusal, "is-refusal", OPERAND_TRUE,     0,    REPLY, "the last call was refused, or the text begins as a refusal does")
CHECK(json_schema,   "json-schema",   OPERAND_SCHEMA,   0,    ANY,   "valid against the schema; a text is parsed first")
SCORE_CHECK(latency, "latency",       OPERAND_DURATION, 0,    CLOCK, "the cell or step took at most this long")
CHECK(levenshtein,   "levenshtein",   OPERAND_TEMPLATE, 1,    VALUE, "1 - edit distance / longer length, in characters")
CHECK(llm_rubric,    "llm-rubric",    OPERAND_RUBRIC,   0.5,  VALUE, "what a judge (model) says of it by this rubric")
CHECK(match,         "match",         OPERAND_TEMPLATE, 0,    VALUE, "ends with the text, or the last number is this one, as Inspect's match")
CHECK(max,           "max",           OPERAND_NUMBER,   0,    VALUE, "a number of at most this")
CHECK(max_count,     "max-count",     OPERAND_INT,      0,    VALUE, "at most this many items or members")
CHECK(max_words,     "max-words",     OPERAND_INT,      0,    VALUE, "at most this many words between white space")
CHECK(min,           "min",           OPERAND_NUMBER,   0,    VALUE, "a number of at least this")
CHECK(min_count,     "min-count",     OPERAND_INT,      0,    VALUE, "at least this many items or members")
CHECK(min_words,     "min-words",     OPERAND_INT,      0,    VALUE, "at least this many words between white space")
CHECK(numeric,       "numeric",       OPERAND_NUMERIC,  0,    VALUE, "equal as numbers within an absolute tolerance")
CHECK(records,       "records",       OPERAND_RECORDS,  1,    VALUE, "F1 of two lists of records, paired by a key or by overlap")
CHECK(regex,         "regex",         OPERAND_REGEX,    0,    VALUE, "the pattern (PCRE2) is found anywhere")
CHECK(rouge_n,       "rouge-n",       OPERAND_TEMPLATE, 1,    VALUE, "ROUGE-1 F1 of the words of two texts, as rouge_score's")
CHECK(select_best,   "select-best",   OPERAND_CRITERION, 1,   VALUE, "a judge (model) finds it better than the other variants' values, pair by pair, both ways round")
CHECK(set_equals,    "set-equals",    OPERAND_LIST,     0,    VALUE, "the same items in any order, texts trimmed and lower-cased")
CHECK(similar,       "similar",       OPERAND_LIKENESS, 0.75, VALUE, "cosine of the vectors that an embedding model makes of both texts")
CHECK(starts_with,   "starts-with",   OPERAND_TEXT,     0,    VALUE, "begins with the text")
SCORE_CHECK(webhook, "webhook",       OPERAND_URL,      1,    ANY,   "what a server says: POST of {value, expected, inputs}; {score, reason} or a number")
SCORE_CHECK(word_count, "word-count", OPERAND_SPAN,     0,    VALUE, "so many words between white space: {min, max}, or a number")
/* clang-format on */
#undef SCORE_CHECK
