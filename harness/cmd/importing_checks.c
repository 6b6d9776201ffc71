/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * importing_checks.c: one assertion as one check of weir's (see importing.h).
 *
 * The table says which check of weir's means the same, and what stands behind it. What has none is
 * said so, and nothing near it is taken instead: a score that means something else is worse than none.
 */
#include "cmd/importing_checks.h"

#include "base/jsonschema.h"
#include "base/regex.h"
#include "base/text.h"

#include <math.h>

static const struct import_check checks[] = {
    /* clang-format off */
    {"equals",                "equals",        IMPORT_ANY,        -1,   NULL},
    {"contains",              "contains",      IMPORT_TEXT,       -1,   NULL},
    {"icontains",             "icontains",     IMPORT_TEXT,       -1,   NULL},
    {"starts-with",           "starts-with",   IMPORT_TEXT,       -1,   NULL},
    {"contains-any",          "contains-any",  IMPORT_TEXTS,      -1,   NULL},
    {"contains-all",          "contains-all",  IMPORT_TEXTS,      -1,   NULL},
    {"icontains-any",         "contains-any",  IMPORT_LOWER,      -1,   NULL},
    {"icontains-all",         "contains-all",  IMPORT_LOWER,      -1,   NULL},
    {"regex",                 "regex",         IMPORT_REGEX,      -1,   NULL},
    {"is-json",               "is-json",       IMPORT_JSON,       -1,   NULL},
    {"contains-json",         "contains-json", IMPORT_JSON,       -1,   NULL},
    {"is-refusal",            "is-refusal",    IMPORT_TRUE,       -1,   NULL},
    {"rouge-n",               "rouge-n",       IMPORT_TEXT,       0.75, NULL},
    {"bleu",                  "bleu",          IMPORT_TEXT,       0.5,  NULL},
    {"similar",               "similar",       IMPORT_VECTORS,    0.75, NULL},
    {"similar:cosine",        "similar",       IMPORT_VECTORS,    0.75, NULL},
    {"llm-rubric",            "llm-rubric",    IMPORT_JUDGED,     0.5,  NULL},
    {"factuality",            "factuality",    IMPORT_JUDGED,     1,    NULL},
    {"model-graded-factuality", "factuality",  IMPORT_JUDGED,     1,    NULL},
    {"model-graded-closedqa", "llm-rubric",    IMPORT_JUDGED,     0.5,  "a judge sees it as a rubric"},
    {"g-eval",                "llm-rubric",    IMPORT_JUDGED,     0.7,  "a judge sees it as a rubric, asked once without steps of its own"},
    {"select-best",           "select-best",   IMPORT_JUDGED,     -1,   NULL},
    {"latency",               "latency",       IMPORT_LATENCY,    -1,   "a latency hangs on a clock, so it decides nothing (weight 0)"},
    {"cost",                  "cost",          IMPORT_COST,       -1,   NULL},
    {"word-count",            "word-count",    IMPORT_WORDS,      -1,   NULL},
    {"finish-reason",         "finish-reason", IMPORT_FINISH,     -1,   NULL},
    /* clang-format on */
};

/* Without a counterpart, and what to do about it. */
static const struct {
    const char *type, *hint;
} without[] = {
    {"javascript", "; a program can be one: exec (docs/checks.md)"},
    {"python", "; a program can be one: exec (docs/checks.md)"},
    {"ruby", "; a program can be one: exec (docs/checks.md)"},
    {"webhook", "; weir's webhook sends and expects another form (docs/checks.md)"},
    {"levenshtein", "; it allows a number of edits, weir's check a share of the length"},
    {"contains-html", ""},
    {"is-html", ""},
    {"is-sql", ""},
    {"contains-sql", ""},
    {"is-xml", ""},
    {"contains-xml", ""},
    {"gleu", ""},
    {"meteor", ""},
    {"perplexity", ""},
    {"perplexity-score", ""},
    {"classifier", ""},
    {"moderation", ""},
    {"guardrails", ""},
    {"answer-relevance", ""},
    {"context-faithfulness", ""},
    {"context-recall", ""},
    {"context-relevance", ""},
    {"conversation-relevance", ""},
    {"is-valid-function-call", ""},
    {"is-valid-openai-function-call", ""},
    {"is-valid-openai-tools-call", ""},
    {"tool-call-f1", ""},
    {"pi", ""},
    {"human", ""},
    {"max-score", ""},
    {"search-rubric", ""},
    {"agent-rubric", ""},
    {"similar:dot", ""},
    {"similar:euclidean", ""},
    {"trace-span-count", ""},
    {"trace-span-duration", ""},
    {"trace-error-spans", ""},
};

const struct import_check *import_check_of(str type)
{
    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++)
        if (str_equal(type, str_from(checks[i].type)))
            return &checks[i];
    return NULL;
}

const char *import_check_hint(str type)
{
    for (size_t i = 0; i < sizeof without / sizeof *without; i++)
        if (str_equal(type, str_from(without[i].type)))
            return without[i].hint;
    return NULL;
}

bool import_check_is_constant(enum import_operand operand)
{
    return operand >= IMPORT_REGEX;
}

/* ---- operands ---- */

static const json *as_text(struct arena *arena, const json *value)
{
    if (json_is(value, JSON_TEXT))
        return value;
    return json_is(value, JSON_NUMBER) || json_is(value, JSON_BOOL)
               ? json_new_text(arena, json_render(arena, value))
               : NULL;
}

/* A list of texts, or one with commas between them. */
static const json *as_texts(struct arena *arena, const json *value, bool lower)
{
    json *texts = json_new_list(arena);
    str part, rest = json_text(value);
    for (bool more = rest.n > 0; more;) {
        more = str_cut(rest, ',', &part, &rest);
        part = str_trim(part);
        json_add(arena, texts, json_new_text(arena, lower ? text_lower(arena, part) : part));
    }
    for (const json *item = json_is(value, JSON_LIST) ? json_first(value) : NULL; item;
         item = json_next(item)) {
        const json *text = as_text(arena, item);
        if (!text)
            return NULL;
        if (lower)
            text = json_new_text(arena, text_lower(arena, json_text(text)));
        json_add(arena, texts, text);
    }
    return json_count(texts) ? texts : NULL;
}

static const json *as_pattern(struct arena *arena, const json *value, str *why)
{
    size_t at;
    str what = {"", 0};
    if (!json_is(value, JSON_TEXT))
        *why = STR("its value is no text");
    else if (str_contains(json_text(value), STR("{{")))
        *why = STR("a pattern of weir's takes no templates");
    else if (!regex_new(arena, json_text(value), REGEX_UTF, &what, &at))
        *why = arena_printf(arena, "PCRE2 does not take the pattern: %.*s", STR_ARG(what));
    else
        return value;
    return NULL;
}

static const json *as_span(const json *value)
{
    int64_t whole;
    bool good = json_int(value, &whole) && whole >= 0;
    if (json_is(value, JSON_OBJECT) && json_count(value)) {
        good = true;
        for (const json *m = json_first(value); m; m = json_next(m))
            good = good && json_int(m, &whole) && whole >= 0 &&
                   (str_equal(json_key(m), STR("min")) || str_equal(json_key(m), STR("max")));
    }
    return good ? value : NULL;
}

static const json *as_finish(struct arena *arena, const json *value)
{
    static const char *const words[][2] = {{"stop", "stop"},
                                           {"length", "length"},
                                           {"content_filter", "filter"},
                                           {"tool_calls", "tool"}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (str_equal(json_text(value), str_from(words[i][0])))
            return json_new_text(arena, str_from(words[i][1]));
    return NULL;
}

static const json *as_limit(struct arena *arena, const json *threshold, bool latency)
{
    double number = json_number(threshold);
    if (!json_is(threshold, JSON_NUMBER) || number <= 0)
        return NULL;
    if (!latency)
        return threshold;
    return json_new_text(arena, arena_printf(arena, "%.0fms", ceil(number)));
}

const json *import_operand_of(struct importing *importing, enum import_operand operand,
                              const json *value, str *why)
{
    struct arena *arena = importing->arena;
    const json *result = NULL;
    *why = STR("");
    switch (operand) {
    case IMPORT_ANY:
        result = value;
        break;
    case IMPORT_TEXT:
    case IMPORT_VECTORS:
        result = as_text(arena, value);
        break;
    case IMPORT_JUDGED:
        result =
            json_is(value, JSON_NULL) ? NULL : json_new_text(arena, json_render(arena, value));
        break;
    case IMPORT_TEXTS:
    case IMPORT_LOWER:
        result = as_texts(arena, value, operand == IMPORT_LOWER);
        break;
    case IMPORT_REGEX:
        result = as_pattern(arena, value, why);
        break;
    case IMPORT_JSON:
    case IMPORT_TRUE:
        result = json_new_bool(true);
        break;
    case IMPORT_SCHEMA:
        result = value;
        break;
    case IMPORT_LATENCY:
    case IMPORT_COST:
        result = as_limit(arena, value, operand == IMPORT_LATENCY);
        break;
    case IMPORT_WORDS:
        result = as_span(value);
        break;
    case IMPORT_FINISH:
        result = as_finish(arena, value);
        break;
    }
    if (!result && !why->n)
        *why = json_is(value, JSON_NULL)
                   ? STR("it has no value")
                   : arena_printf(arena, "its value is %s", json_kind_name(json_kind(value)));
    return result;
}

/* ---- transforms ---- */

/* The few expressions in JavaScript that are a transform of weir's. */
bool import_transform(struct importing *importing, str expression, json *list)
{
    static const char *const words[][2] = {
        {"JSON.parse(output)", "json"},           {"output.trim()", "trim"},
        {"output.toLowerCase()", "lower"},        {"output.trim().toLowerCase()", "lower"},
        {"output.toLowerCase().trim()", "lower"},
    };
    expression = str_trim(expression);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (!str_equal(expression, str_from(words[i][0])))
            continue;
        if (str_contains(expression, STR("trim")) &&
            !str_equal(str_from(words[i][1]), STR("trim")))
            json_add(importing->arena, list, json_new_text(importing->arena, STR("trim")));
        json_add(importing->arena, list,
                 json_new_text(importing->arena, str_from(words[i][1])));
        return true;
    }
    return false;
}

/* ---- assertions as texts ---- */

const json *import_assertion_of_text(struct importing *importing, str text)
{
    struct arena *arena = importing->arena;
    static const char *const programs[] = {"fn:", "eval:", "javascript:", "python:", "file://"};
    json *assertion = json_new_object(arena);
    str type = text, value = {"", 0}, bare;
    text = str_trim(text);
    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++)
        if (str_starts_with(text, str_from(programs[i]))) {
            json_set_text(arena, assertion, "type", STR("javascript"));
            return assertion;
        }
    bool colon = str_cut(text, ':', &type, &value);
    if (str_equal(type, STR("similar")) && str_starts_with(value, STR("cosine")))
        str_cut(value, ':', &bare, &value);
    if (str_equal(type, STR("grade")))
        type = STR("llm-rubric");
    ptrdiff_t open = str_find(type, STR("("), 0);
    double threshold;
    if (open > 0 && type.p[type.n - 1] == ')' &&
        str_to_double(str_sub(type, (size_t)open + 1, type.n - 1), &threshold)) {
        json_set(arena, assertion, STR("threshold"), json_new_number(arena, threshold));
        type = str_sub(type, 0, (size_t)open);
    }
    bare = str_starts_with(type, STR("not-")) ? str_sub(type, 4, type.n) : type;
    if (!import_check_of(bare) && !import_check_hint(bare)) {
        assertion = json_new_object(arena);
        type = STR("equals");
        value = text;
        colon = true;
    }
    json_set_text(arena, assertion, "type", type);
    if (colon && str_trim(value).n)
        json_set_text(arena, assertion, "value", str_trim(value));
    return assertion;
}
