/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_jsonschema.c: the validator against the official test suite, where its folder is there,
 * and against rows of our own for every keyword, message and bound.
 *
 * The suite is looked for in WEIR_JSON_SCHEMA_SUITE, else beside the project. Groups that need a
 * feature weir refuses are listed by name; the list must be exact in both directions.
 */
#include "base/jsonschema.h"

#include "base/file.h"
#include "base/mem.h"

#include <dirent.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "test_arena.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif

static const json *parse(const char *text)
{
    struct json_error error = {0};
    const json *value = json_parse(&arena, str_from(text), &error);
    if (!value)
        fail_msg("%s: %s at %zu", text, error.what, error.at);
    return value;
}

static const struct jsonschema *compile(const char *text)
{
    struct jsonschema_problem problem = {{"", 0}, {"", 0}};
    const struct jsonschema *schema = jsonschema_new(&arena, parse(text), &problem);
    if (!schema)
        fail_msg("%s: at '%.*s': %.*s", text, STR_ARG(problem.path), STR_ARG(problem.text));
    return schema;
}

static bool valid(const struct jsonschema *schema, const json *value)
{
    struct jsonschema_problem problems[5];
    size_t count = 0, none = 99;
    bool loud = jsonschema_valid(schema, value, &arena, problems, 5, &count);
    bool quiet = jsonschema_valid(schema, value, NULL, NULL, 0, &none);
    /* both walks must agree, and say something exactly when the value is wrong */
    assert_int_equal(loud, quiet);
    assert_int_equal(loud, count == 0);
    assert_int_equal(none, 0);
    return loud;
}

/* ---- the official suite ---- */

static const struct refused {
    const char *file, *group, *reason;
} refused[] = {
    {"defs.json", "validate definition against metaschema", "other documents"},
    {"not.json", "collect annotations inside a 'not', even if collection is disabled",
     "'unevaluatedProperties' is not supported"},
    {"ref.json", "remote ref, containing refs itself", "other documents"},
    {"ref.json", "ref creates new scope when adjacent to keywords",
     "'unevaluatedProperties' is not supported"},
    {"ref.json", "order of evaluation: $id and $anchor and $ref", "'$anchor' is not supported"},
    {"ref.json", "URN base URI with URN and anchor ref", "'$anchor' is not supported"},
};

enum { REFUSED = sizeof refused / sizeof *refused };

struct tally {
    int files, tests, wrong;
    bool seen[REFUSED];
};

static ptrdiff_t refused_at(const char *file, str group)
{
    for (ptrdiff_t i = 0; i < REFUSED; i++)
        if (strcmp(refused[i].file, file) == 0 && str_equal(str_from(refused[i].group), group))
            return i;
    return -1;
}

static void suite_group(const char *file, const json *group, struct tally *tally)
{
    struct jsonschema_problem problem = {{"", 0}, {"", 0}};
    str name = json_text(json_get(group, STR("description")));
    ptrdiff_t listed = refused_at(file, name);
    const struct jsonschema *schema =
        jsonschema_new(&arena, json_get(group, STR("schema")), &problem);
    if (!schema) {
        bool expected =
            listed >= 0 && str_contains(problem.text, str_from(refused[listed].reason));
        if (!expected)
            print_error("%s: %.*s: refused: %.*s\n", file, STR_ARG(name),
                        STR_ARG(problem.text));
        tally->wrong += !expected;
        if (expected)
            tally->seen[listed] = true;
        return;
    }
    const json *test = json_first(json_get(group, STR("tests")));
    for (; test; test = json_next(test), tally->tests++) {
        bool expected = json_bool(json_get(test, STR("valid")));
        if (valid(schema, json_get(test, STR("data"))) == expected)
            continue;
        tally->wrong++;
        print_error("%s: %.*s: %.*s\n", file, STR_ARG(name),
                    STR_ARG(json_text(json_get(test, STR("description")))));
    }
}

static void suite_file(const char *folder, const char *file, struct tally *tally)
{
    struct err err = {0};
    str text;
    str path = path_join(&arena, str_from(folder), str_from(file));
    if (file_read(&arena, path.p, 1 << 24, &text, &err) < 0)
        fail_msg("%s", err.message);
    const json *groups = json_parse(&arena, text, NULL);
    assert_non_null(groups);
    for (const json *group = json_first(groups); group; group = json_next(group))
        suite_group(file, group, tally);
    tally->files++;
}

/* Protects: the meaning of every supported keyword, as the specification's authors test it. */
static void official_suite(void **state)
{
    (void)state;
    const char *folder = getenv("WEIR_JSON_SCHEMA_SUITE");
    if (!folder)
        folder = TEST_SOURCE_DIR "/../shared/data/json-schema-test-suite";
    DIR *directory = opendir(folder);
    if (!directory) {
        print_message("SKIPPED: no JSON Schema test suite in %s\n", folder);
        skip();
    }
    struct tally tally = {0};
    for (struct dirent *entry; (entry = readdir(directory));)
        if (str_ends_with(str_from(entry->d_name), STR(".json")))
            suite_file(folder, entry->d_name, &tally);
    closedir(directory);
    for (size_t i = 0; i < REFUSED; i++)
        if (!tally.seen[i])
            fail_msg("listed as refused, but is not: %s: %s", refused[i].file,
                     refused[i].group);
    print_message("JSON Schema test suite: %d files, %d tests, %d groups refused as listed\n",
                  tally.files, tally.tests, REFUSED);
    assert_int_equal(tally.wrong, 0);
    assert_true(tally.tests > 0);
}

/* ---- every keyword, with values that fit and values that do not ---- */

struct keyword_row {
    const char *schema, *fit, *unfit; /* lists of values */
};

/* clang-format off */
static const struct keyword_row keyword_rows[] = {
    {"true", "[1, null, {}]", "[]"},
    {"false", "[]", "[1, null, {}]"},
    {"{}", "[1, null, {}]", "[]"},
    {"{\"title\": \"t\", \"description\": 1, \"default\": 2, \"examples\": [], \"format\": \"email\", \"$comment\": \"c\", \"unknown\": {\"type\": \"strng\"}}", "[1, \"no address\"]", "[]"},
    {"{\"$schema\": \"http://json-schema.org/draft-07/schema#\", \"type\": \"null\"}", "[null]", "[0]"},
    {"{\"type\": \"integer\"}", "[1, 1.0, -0.0, 1e300]", "[1.5, \"1\", null, true]"},
    {"{\"type\": \"number\"}", "[1, 1.5]", "[\"1\", null]"},
    {"{\"type\": \"string\"}", "[\"\", \"x\"]", "[1, null, []]"},
    {"{\"type\": \"boolean\"}", "[true, false]", "[0, \"true\", null]"},
    {"{\"type\": \"null\"}", "[null]", "[0, false, \"\"]"},
    {"{\"type\": \"array\"}", "[[], [1]]", "[{}, \"[]\"]"},
    {"{\"type\": \"object\"}", "[{}, {\"a\": 1}]", "[[], null]"},
    {"{\"type\": [\"string\", \"null\"]}", "[\"a\", null]", "[0, {}]"},
    {"{\"enum\": [\"b\", \"a\", 1, null, {\"x\": [1]}]}", "[\"a\", \"b\", 1.0, null, {\"x\": [1]}]", "[\"c\", 2, {\"x\": [2]}, false]"},
    {"{\"enum\": []}", "[]", "[1, \"\"]"},
    {"{\"const\": {\"a\": 1, \"b\": 2}}", "[{\"b\": 2, \"a\": 1}]", "[{\"a\": 1}, {\"a\": 1, \"b\": 2, \"c\": 3}]"},
    {"{\"const\": null}", "[null]", "[0]"},
    {"{\"minimum\": 1, \"maximum\": 3}", "[1, 2.5, 3, \"0\"]", "[0.99, 3.01]"},
    {"{\"exclusiveMinimum\": 1, \"exclusiveMaximum\": 3}", "[1.01, 2.99]", "[1, 3]"},
    {"{\"multipleOf\": 0.1}", "[0.3, 1.1, 0, 1e20, 123456.7]", "[0.35, 1e-7]"},
    {"{\"multipleOf\": 0.01}", "[19.99, 4.35, 1.15, -0.07]", "[0.005]"},
    {"{\"multipleOf\": 1e300}", "[0, 1e300, 3e300]", "[1, 1e299]"},
    {"{\"multipleOf\": 3}", "[9007199254740990, -6]", "[7, 1.5]"},
    {"{\"minLength\": 2, \"maxLength\": 3}", "[\"ab\", \"\u00e4\u00f6\u00fc\", \"\\ud83d\\udc32x\", 7]", "[\"a\", \"\u00e4\", \"abcd\", \"\\ud83d\\udc32\"]"},
    {"{\"pattern\": \"^b+$\"}", "[\"bb\", 4]", "[\"b\\n\", \"ab\", \"\"]"},
    {"{\"minItems\": 1, \"maxItems\": 2}", "[[1], [1, 2], {}]", "[[], [1, 2, 3]]"},
    {"{\"items\": {\"type\": \"integer\"}}", "[[], [1, 2]]", "[[1, \"2\"]]"},
    {"{\"prefixItems\": [{\"type\": \"integer\"}, {\"type\": \"string\"}]}", "[[], [1], [1, \"a\", null]]", "[[\"a\"], [1, 1]]"},
    {"{\"prefixItems\": [true, true], \"items\": false}", "[[1, 2]]", "[[1, 2, 3]]"},
    {"{\"contains\": {\"const\": 1}}", "[[1], [0, 1, 1]]", "[[], [0]]"},
    {"{\"contains\": {\"const\": 1}, \"minContains\": 2, \"maxContains\": 3}", "[[1, 1], [1, 0, 1, 1]]", "[[1], [1, 1, 1, 1]]"},
    {"{\"contains\": {\"const\": 1}, \"minContains\": 0}", "[[], [0]]", "[]"},
    {"{\"uniqueItems\": true}", "[[1, \"1\", true, [1], {\"a\": 1}], [0, false, null, \"\"]]", "[[1, 1.0], [{\"a\": 1, \"b\": 2}, {\"b\": 2, \"a\": 1}], [[1], [2], [1]]]"},
    {"{\"uniqueItems\": true}", "[[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, \"1\", true, false, null, [], {}]]", "[[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, {\"a\": [0]}, {\"a\": [-0.0]}]]"},
    {"{\"uniqueItems\": false}", "[[1, 1]]", "[]"},
    {"{\"properties\": {\"a\": {\"type\": \"integer\"}, \"b\": false}}", "[{}, {\"a\": 1}, {\"c\": 1}, []]", "[{\"a\": \"1\"}, {\"b\": null}]"},
    {"{\"required\": [\"a\", \"b\", \"a\"]}", "[{\"b\": null, \"a\": 1}, 3]", "[{}, {\"a\": 1}]"},
    {"{\"properties\": {\"a\": true, \"b\": true}, \"required\": [\"b\", \"c\"]}", "[{\"b\": 1, \"c\": 2}]", "[{\"b\": 1}, {\"a\": 1, \"c\": 1}]"},
    {"{\"additionalProperties\": false, \"properties\": {\"a\": true}, \"patternProperties\": {\"^x\": true}}", "[{\"a\": 1, \"x1\": 2}]", "[{\"b\": 1}]"},
    {"{\"additionalProperties\": {\"type\": \"integer\"}}", "[{\"a\": 1}]", "[{\"a\": \"1\"}]"},
    {"{\"patternProperties\": {\"^n_\": {\"type\": \"integer\"}, \"_s$\": {\"type\": \"string\"}}}", "[{\"n_a\": 1, \"a_s\": \"\"}]", "[{\"n_a\": \"\"}, {\"n_s\": 1}]"},
    {"{\"propertyNames\": {\"pattern\": \"^[a-z]+$\", \"maxLength\": 3}}", "[{\"abc\": 1}]", "[{\"abcd\": 1}, {\"A\": 1}]"},
    {"{\"propertyNames\": {\"enum\": [\"a\"]}}", "[{\"a\": 1}]", "[{\"b\": 1}]"},
    {"{\"propertyNames\": {\"const\": \"a\", \"type\": \"string\"}}", "[{\"a\": 1}, {}]", "[{\"b\": 1}]"},
    {"{\"propertyNames\": {\"type\": \"integer\"}}", "[{}]", "[{\"b\": 1}]"},
    {"{\"minProperties\": 1, \"maxProperties\": 2}", "[{\"a\": 1}]", "[{}, {\"a\": 1, \"b\": 1, \"c\": 1}]"},
    {"{\"dependentRequired\": {\"a\": [\"b\", \"c\"]}}", "[{}, {\"b\": 1}, {\"a\": 1, \"b\": 1, \"c\": 1}]", "[{\"a\": 1, \"b\": 1}]"},
    {"{\"dependentSchemas\": {\"a\": {\"maxProperties\": 1}}}", "[{\"a\": 1}, {\"b\": 1, \"c\": 1}]", "[{\"a\": 1, \"b\": 1}]"},
    {"{\"allOf\": [{\"minimum\": 1}, {\"maximum\": 3}]}", "[2]", "[0, 4]"},
    {"{\"anyOf\": [{\"minimum\": 3}, {\"maximum\": 1}]}", "[0, 4]", "[2]"},
    {"{\"oneOf\": [{\"minimum\": 1}, {\"maximum\": 3}]}", "[0, 4]", "[2]"},
    {"{\"not\": {\"type\": \"string\"}}", "[1]", "[\"\"]"},
    {"{\"if\": {\"minimum\": 10}, \"then\": {\"multipleOf\": 10}, \"else\": {\"multipleOf\": 2}}", "[20, 4]", "[12, 3]"},
    {"{\"if\": {\"minimum\": 10}}", "[20, 4]", "[]"},
    {"{\"then\": false, \"else\": false}", "[20, 4]", "[]"},
    {"{\"$ref\": \"#/$defs/a\", \"$defs\": {\"a\": {\"$ref\": \"#/$defs/b\"}, \"b\": {\"type\": \"null\"}}}", "[null]", "[1]"},
    {"{\"$ref\": \"#/definitions/a~1b~0%25\", \"definitions\": {\"a/b~%\": {\"type\": \"null\"}}}", "[null]", "[1]"},
    {"{\"$ref\": \"#/parts/0/x\", \"parts\": [{\"x\": {\"$ref\": \"#/parts/1\"}}, {\"type\": \"null\"}]}", "[null]", "[1]"},
    {"{\"properties\": {\"child\": {\"$ref\": \"#\"}}, \"additionalProperties\": false}", "[{\"child\": {\"child\": {}}}]", "[{\"child\": {\"x\": {}}}]"},
    {"{\"$id\": \"http://x/a/b\", \"$defs\": {\"c\": {\"$id\": \"../c?q\", \"type\": \"null\"}}, \"items\": {\"$ref\": \"http://x/c?q\"}}", "[[null]]", "[[1]]"},
    {"{\"$defs\": {\"c\": {\"$id\": \"part.json\", \"$defs\": {\"d\": {\"type\": \"null\"}}}}, \"$ref\": \"part.json#/$defs/d\"}", "[null]", "[1]"},
    {"{\"$id\": \"http://x/a/b?q#\", \"$ref\": \"?r\", \"$defs\": {\"c\": {\"$id\": \"?r\", \"type\": \"null\"}}}", "[null]", "[1]"},
    {"{\"$id\": \"http://x/a/b\", \"$ref\": \"..\", \"$defs\": {\"c\": {\"$id\": \"/\", \"type\": \"null\"}}}", "[null]", "[1]"},
    {"{\"$ref\": \"#/$defs/%C3%a4%zz%4\", \"$defs\": {\"\u00e4%zz%4\": {\"type\": \"null\"}}}", "[null]", "[1]"},
    {"{\"additionalItems\": false, \"dependencies\": {\"a\": [\"b\"]}}", "[[1], {\"a\": 1}]", "[]"},
    {"{\"enum\": [{\"$id\": \"x\", \"$ref\": \"nowhere\", \"type\": \"strng\"}]}", "[]", "[1]"},
};
/* clang-format on */

/* Protects: each keyword accepts and refuses what it should, also without the official suite. */
static void every_keyword(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof keyword_rows / sizeof *keyword_rows; i++) {
        const struct keyword_row *row = &keyword_rows[i];
        const struct jsonschema *schema = compile(row->schema);
        const json *value = json_first(parse(row->fit));
        for (; value; value = json_next(value))
            if (!valid(schema, value))
                fail_msg("%s refuses %s", row->schema, json_to_str(&arena, value, 0).p);
        for (value = json_first(parse(row->unfit)); value; value = json_next(value))
            if (valid(schema, value))
                fail_msg("%s accepts %s", row->schema, json_to_str(&arena, value, 0).p);
    }
}

/* ---- words of problems ---- */

static str problem_lines(const struct jsonschema *schema, const char *value)
{
    struct jsonschema_problem problems[4];
    size_t count = 0;
    jsonschema_valid(schema, parse(value), &arena, problems, 4, &count);
    str all = STR("");
    for (size_t i = 0; i < count; i++) {
        str line = jsonschema_problem_line(&arena, &problems[i]);
        all = arena_printf(&arena, "%.*s%s%.*s", STR_ARG(all), i ? "\n" : "", STR_ARG(line));
    }
    return all;
}

struct words_row {
    const char *schema, *value, *lines;
};

#define FAQS                                                                                   \
    "{\"type\": \"object\", \"required\": [\"faqs\"], \"additionalProperties\": false, "       \
    "\"properties\": {\"faqs\": {\"type\": \"array\", \"minItems\": 1, \"items\": "            \
    "{\"type\": \"object\", \"required\": [\"question\", \"sources\"], "                       \
    "\"properties\": {\"question\": {\"type\": \"string\", \"minLength\": 3}, "                \
    "\"sources\": {\"type\": \"array\", \"items\": {\"type\": \"string\"}}, "                  \
    "\"level\": {\"enum\": [\"low\", \"high\", 3]}}}}}}"

/* clang-format off */
static const struct words_row words_rows[] = {
    {FAQS, "{\"faqs\": [{\"question\": \"why\", \"sources\": \"none\"}]}",
     "at /faqs/0/sources: expected a list, got a text"},
    {FAQS, "[]", "at the top: expected an object, got a list"},
    {FAQS, "{}", "at the top: lacks the member 'faqs'"},
    {FAQS, "{\"faqs\": []}", "at /faqs: expected at least 1 item, got 0"},
    {FAQS, "{\"faqs\": [{\"question\": \"\\u00e4\", \"sources\": [\"a\", 7, null]}], \"faq\": 1}",
     "at /faqs/0/question: expected at least 3 characters, got 1\n"
     "at /faqs/0/sources/1: expected a text, got a number\n"
     "at /faqs/0/sources/2: expected a text, got null\n"
     "at /faq: unexpected member 'faq'; did you mean 'faqs'?"},
    {FAQS, "{\"faqs\": [{}]}",
     "at /faqs/0: lacks the member 'question'\nat /faqs/0: lacks the member 'sources'"},
    {FAQS, "{\"faqs\": [{\"question\": \"why\", \"sources\": [], \"level\": \"mid\"}]}",
     "at /faqs/0/level: expected one of \"low\", \"high\", 3; got \"mid\""},
    {"{\"properties\": {\"a/b~c\": {\"type\": \"null\"}}}", "{\"a/b~c\": 1}",
     "at /a~1b~0c: expected null, got a number"},
    {"{\"additionalProperties\": false}", "{\"a\": 1}", "at /a: unexpected member 'a'"},
    {"{\"additionalProperties\": false, \"properties\": {\"red\": true, \"blue\": true}}", "{\"xxxxxxx\": 1}",
     "at /xxxxxxx: unexpected member 'xxxxxxx'; expected one of red, blue"},
    {"{\"type\": \"integer\"}", "1.5", "at the top: expected a whole number, got 1.5"},
    {"{\"type\": [\"integer\", \"null\"]}", "\"x\"", "at the top: expected a whole number or null, got a text"},
    {"{\"type\": [\"integer\", \"number\", \"null\"]}", "\"x\"", "at the top: expected null or a number, got a text"},
    {"{\"const\": \"yes\"}", "\"no\"", "at the top: expected \"yes\"; got \"no\""},
    {"{\"enum\": [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21]}", "-1",
     "at the top: expected one of 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19 and 2 more; got -1"},
    {"{\"minItems\": 3, \"items\": {\"type\": \"null\"}}", "[1]",
     "at the top: expected at least 3 items, got 1\nat /0: expected null, got a number"},
    {"{\"minimum\": 0.5}", "0.25", "at the top: expected a number of at least 0.5; got 0.25"},
    {"{\"maximum\": 1}", "2", "at the top: expected a number of at most 1; got 2"},
    {"{\"exclusiveMinimum\": 0}", "0", "at the top: expected a number above 0; got 0"},
    {"{\"exclusiveMaximum\": 0}", "0", "at the top: expected a number below 0; got 0"},
    {"{\"multipleOf\": 0.5}", "0.7", "at the top: expected a number that is a multiple of 0.5; got 0.7"},
    {"{\"maxLength\": 1}", "\"ab\"", "at the top: expected at most 1 character, got 2"},
    {"{\"pattern\": \"^a+$\"}", "\"b\"", "at the top: expected a text that matches ^a+$; got \"b\""},
    {"{\"maxItems\": 1}", "[1, 2]", "at the top: expected at most 1 item, got 2"},
    {"{\"prefixItems\": [true], \"items\": false}", "[1, 2]", "at the top: expected at most 1 item, got 2"},
    {"{\"uniqueItems\": true}", "[3, 1, 2, 1]", "at the top: expected items that differ; items 1 and 3 are equal"},
    {"{\"contains\": {\"const\": 1}}", "[2]", "at the top: expected at least 1 item as 'contains' describes, got 0"},
    {"{\"contains\": {\"const\": 1}, \"maxContains\": 1}", "[1, 1]", "at the top: expected at most 1 item as 'contains' describes, got 2"},
    {"{\"minProperties\": 1}", "{}", "at the top: expected at least 1 member, got 0"},
    {"{\"maxProperties\": 0}", "{\"a\": 1}", "at the top: expected at most 0 members, got 1"},
    {"{\"dependentRequired\": {\"a\": [\"b\"]}}", "{\"a\": 1}", "at the top: lacks the member 'b', which 'a' needs"},
    {"{\"propertyNames\": {\"maxLength\": 1}}", "{\"ab\": 1}", "at /ab: the name 'ab': expected at most 1 character, got 2"},
    {"{\"properties\": {\"a\": false}}", "{\"a\": 1}", "at /a: expected nothing here"},
    /* of the branches, the one of the value's type was meant */
    {"{\"anyOf\": [{\"type\": \"null\"}, {\"type\": \"object\", \"required\": [\"a\"]}]}", "{}", "at the top: lacks the member 'a'"},
    {"{\"anyOf\": [{\"type\": \"null\"}, {\"$ref\": \"#/$defs/o\"}], \"$defs\": {\"o\": {\"type\": \"object\", \"required\": [\"a\"]}}}", "{}", "at the top: lacks the member 'a'"},
    {"{\"oneOf\": [{\"type\": \"null\"}, {\"type\": \"string\"}]}", "5", "at the top: expected null or a text, got a number"},
    {"{\"anyOf\": [{\"required\": [\"a\"]}, {\"required\": [\"b\"]}]}", "{\"c\": 1}", "at the top: {\"c\": 1} is none of the 2 forms that 'anyOf' allows"},
    {"{\"oneOf\": [{\"minimum\": 1}, {\"maximum\": 0}, {\"type\": \"integer\"}]}", "2", "at the top: is of forms 1 and 3 of 'oneOf' at once; expected exactly one"},
    {"{\"not\": {\"type\": \"null\"}}", "null", "at the top: null is what 'not' excludes: {\"type\": \"null\"}"},
    {"{\"if\": {\"required\": [\"a\"]}, \"then\": {\"required\": [\"b\"]}}", "{\"a\": 1}", "at the top: lacks the member 'b'"},
    {"{\"const\": 1}", "\"a long text, which is shown only as far as a line of a terminal goes\"",
     "at the top: expected 1; got \"a long text, which is shown only as far as a line of a ter…"},
};
/* clang-format on */

/* Protects: messages name the place and say what was expected, for people and for re-asks. */
static void problem_words(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof words_rows / sizeof *words_rows; i++) {
        const struct words_row *row = &words_rows[i];
        str lines = problem_lines(compile(row->schema), row->value);
        if (!str_equal(lines, str_from(row->lines)))
            fail_msg("%s with %s says\n%.*s\ninstead of\n%s", row->schema, row->value,
                     STR_ARG(lines), row->lines);
    }
}

/* Protects: no more problems than asked for, the first found first. */
static void problems_are_counted(void **state)
{
    (void)state;
    const struct jsonschema *schema = compile("{\"items\": {\"type\": \"null\"}}");
    const json *value = parse("[1, 2, 3, 4, 5, 6]");
    struct jsonschema_problem problems[3];
    size_t count = 0;
    assert_false(jsonschema_valid(schema, value, &arena, problems, 2, &count));
    assert_int_equal(count, 2);
    assert_true(str_equal(problems[0].path, STR("/0")));
    assert_true(str_equal(problems[1].path, STR("/1")));
    assert_false(jsonschema_valid(schema, value, &arena, problems, 1, &count));
    assert_int_equal(count, 1);
}

/* ---- schemas that are none ---- */

struct none_row {
    const char *schema, *path, *text;
};

/* clang-format off */
static const struct none_row none_rows[] = {
    {"3", "", "3 is no schema; expected an object, true or false"},
    {"{\"properties\": {\"faqs\": {\"type\": \"strng\"}}}", "/properties/faqs/type",
     "'type' is \"strng\"; expected one of array, boolean, integer, null, number, object, string"},
    {"{\"type\": [\"string\", \"nul\"]}", "/type",
     "'type' has \"nul\"; expected one of array, boolean, integer, null, number, object, string"},
    {"{\"type\": []}", "/type",
     "'type' is []; expected one of array, boolean, integer, null, number, object, string"},
    {"{\"items\": [{}]}", "/items",
     "'items' is a list; expected a schema (since draft 2020-12 a list of schemas is 'prefixItems')"},
    {"{\"items\": 1}", "/items", "1 is no schema; expected an object, true or false"},
    {"{\"allOf\": [{}, {\"anyOf\": [{\"a\": 1}, \"x\"]}]}", "/allOf/1/anyOf/1",
     "\"x\" is no schema; expected an object, true or false"},
    {"{\"anyOf\": []}", "/anyOf", "'anyOf' is []; expected a list of at least one schema"},
    {"{\"properties\": []}", "/properties", "'properties' is []; expected an object of schemas"},
    {"{\"required\": \"a\"}", "/required", "'required' is \"a\"; expected a list of names"},
    {"{\"dependentRequired\": {\"a/b\": 1}}", "/dependentRequired/a~1b", "'a/b' is 1; expected a list of names"},
    {"{\"dependentRequired\": []}", "/dependentRequired", "'dependentRequired' is []; expected an object of lists of names"},
    {"{\"contains\": 1}", "/contains", "1 is no schema; expected an object, true or false"},
    {"{\"maxProperties\": \"1\"}", "/maxProperties", "'maxProperties' is \"1\"; expected a whole number from 0"},
    {"{\"$schema\": 1}", "/$schema", "'$schema' is 1; expected \"https://json-schema.org/draft/2020-12/schema\""},
    {"{\"required\": [1]}", "/required", "'required' is [1]; expected a list of names"},
    {"{\"enum\": \"a\"}", "/enum", "'enum' is \"a\"; expected a list of values"},
    {"{\"minLength\": -1}", "/minLength", "'minLength' is -1; expected a whole number from 0"},
    {"{\"maxItems\": 1.5}", "/maxItems", "'maxItems' is 1.5; expected a whole number from 0"},
    {"{\"minimum\": \"1\"}", "/minimum", "'minimum' is \"1\"; expected a number"},
    {"{\"multipleOf\": 0}", "/multipleOf", "'multipleOf' is 0; expected a number above 0"},
    {"{\"uniqueItems\": 1}", "/uniqueItems", "'uniqueItems' is 1; expected true or false"},
    {"{\"pattern\": \"a(b\"}", "/pattern",
     "'pattern' is no regular expression weir knows: missing closing parenthesis (after 3 characters)"},
    {"{\"pattern\": 1}", "/pattern", "'pattern' is 1; expected a regular expression"},
    {"{\"patternProperties\": {\"\\\\Z\": true}}", "/patternProperties",
     "'patternProperties' is no regular expression weir knows: unknown escape of a letter (after 0 characters)"},
    {"{\"dependentSchemas\": {\"a/b\": 1}}", "/dependentSchemas/a~1b",
     "1 is no schema; expected an object, true or false"},
    {"{\"$ref\": 1}", "/$ref", "'$ref' is 1; expected a reference such as \"#/$defs/name\""},
    {"{\"$defs\": {\"faq\": {}}, \"items\": {\"$ref\": \"#/$defs/faqs\"}}", "/items/$ref",
     "'$ref' is \"#/$defs/faqs\"; there is no 'faqs' in the schema; did you mean 'faq'?"},
    {"{\"$ref\": \"#/$defs/a/b\", \"$defs\": {\"a\": {}}}", "/$ref",
     "'$ref' is \"#/$defs/a/b\"; there is no 'b' in the schema"},
    {"{\"$ref\": \"#name\"}", "/$ref",
     "'$ref' is \"#name\"; anchors are not supported by weir; expected a JSON pointer such as \"#/$defs/name\""},
    {"{\"$ref\": \"other.json#/a\"}", "/$ref",
     "'$ref' is \"other.json#/a\"; references to other documents are not supported by weir; expected a place in this one, such as \"#/$defs/name\""},
    {"{\"x\": 1, \"$ref\": \"#/x\"}", "/x", "1 is no schema; expected an object, true or false"},
    {"{\"$schema\": \"http://json-schema.org/draft-04/schema#\"}", "/$schema",
     "'$schema' is \"http://json-schema.org/draft-04/schema#\"; expected \"https://json-schema.org/draft/2020-12/schema\""},
    {"{\"$schema\": \"http://json-schema.org/draft-07/schema#\", \"additionalItems\": false}", "/additionalItems",
     "'additionalItems' is of an older draft; expected 'items' beside 'prefixItems' (draft 2020-12)"},
    {"{\"$schema\": \"http://json-schema.org/draft-07/schema#\", \"dependencies\": {}}", "/dependencies",
     "'dependencies' is of an older draft; expected 'dependentRequired' or 'dependentSchemas' (draft 2020-12)"},
    {"{\"$id\": \"#foo\"}", "/$id", "'$id' is \"#foo\"; expected an address without a fragment"},
    {"{\"allOf\": [{\"$id\": \"a\"}, {\"$id\": \"./a\"}]}", "/allOf/1/$id",
     "'$id' is \"./a\"; expected an address that no other part has"},
    {"{\"$anchor\": \"a\"}", "/$anchor", "'$anchor' is not supported by weir"},
    {"{\"$dynamicRef\": \"#a\"}", "/$dynamicRef", "'$dynamicRef' is not supported by weir"},
    {"{\"not\": {\"$dynamicAnchor\": \"a\"}}", "/not/$dynamicAnchor", "'$dynamicAnchor' is not supported by weir"},
    {"{\"$recursiveRef\": \"#\"}", "/$recursiveRef", "'$recursiveRef' is not supported by weir"},
    {"{\"$recursiveAnchor\": true}", "/$recursiveAnchor", "'$recursiveAnchor' is not supported by weir"},
    {"{\"$vocabulary\": {}}", "/$vocabulary", "'$vocabulary' is not supported by weir"},
    {"{\"unevaluatedItems\": false}", "/unevaluatedItems", "'unevaluatedItems' is not supported by weir"},
    {"{\"unevaluatedProperties\": false}", "/unevaluatedProperties", "'unevaluatedProperties' is not supported by weir"},
};
/* clang-format on */

/* Protects: what is no schema is refused with its place, so that the file's line can be shown. */
static void schemas_that_are_none(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof none_rows / sizeof *none_rows; i++) {
        const struct none_row *row = &none_rows[i];
        struct jsonschema_problem problem = {{"", 0}, {"", 0}};
        if (jsonschema_new(&arena, parse(row->schema), &problem))
            fail_msg("%s is taken for a schema", row->schema);
        if (!str_equal(problem.path, str_from(row->path)) ||
            !str_equal(problem.text, str_from(row->text)))
            fail_msg("%s says at '%.*s': %.*s", row->schema, STR_ARG(problem.path),
                     STR_ARG(problem.text));
    }
    struct jsonschema_problem problem = {{"", 0}, {"", 0}};
    assert_null(jsonschema_new(&arena, NULL, &problem));
}

/* ---- bounds ---- */

static const struct jsonschema *compile_text(str text, struct jsonschema_problem *problem)
{
    const json *schema = json_parse(&arena, text, NULL);
    assert_non_null(schema);
    return jsonschema_new(&arena, schema, problem);
}

/* Protects: references that never leave their place are refused, however they go round. */
static void endless_references(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "{\"$ref\": \"#\"}",
        "{\"$defs\": {\"a\": {\"$ref\": \"#/$defs/b\"}, \"b\": {\"$ref\": \"#/$defs/a\"}}}",
        "{\"allOf\": [{\"anyOf\": [true, {\"$ref\": \"#\"}]}]}",
        "{\"not\": {\"$ref\": \"#\"}}",
        "{\"if\": {\"$ref\": \"#/else\"}, \"else\": {\"$ref\": \"#\"}}",
        "{\"dependentSchemas\": {\"a\": {\"$ref\": \"#\"}}}",
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct jsonschema_problem problem = {{"", 0}, {"", 0}};
        assert_null(compile_text(str_from(rows[i]), &problem));
        if (!str_contains(problem.text, STR("leads back to its own schema")) ||
            !str_ends_with(problem.path, STR("$ref")))
            fail_msg("%s: at '%.*s': %.*s", rows[i], STR_ARG(problem.path),
                     STR_ARG(problem.text));
    }
}

/* Protects: a long chain of references takes no stack while compiling, and while checking ends
 * with a problem instead of a crash. */
static void long_chain(void **state)
{
    (void)state;
    enum { LINKS = 20000 };
    struct buf text = {0};
    buf_printf(&text, "{\"$ref\": \"#/$defs/0\", \"$defs\": {");
    for (int i = 0; i < LINKS; i++)
        buf_printf(&text, "\"%d\": {\"$ref\": \"#/$defs/%d\"}, ", i, i + 1);
    buf_printf(&text, "\"%d\": {\"type\": \"null\"}}}", LINKS);
    struct jsonschema_problem problem;
    const struct jsonschema *schema = compile_text(buf_str(&text), &problem);
    buf_release(&text);
    assert_non_null(schema);
    str lines = problem_lines(schema, "null");
    assert_true(str_equal(lines, STR("at the top: value and schema are nested too deeply to "
                                     "be checked")));
}

static str nested(const char *open, const char *inner, const char *close, int depth)
{
    struct buf text = {0};
    for (int i = 0; i < depth; i++)
        buf_add_str(&text, str_from(open));
    buf_add_str(&text, str_from(inner));
    for (int i = 0; i < depth; i++)
        buf_add_str(&text, str_from(close));
    str copy = arena_str(&arena, buf_str(&text));
    buf_release(&text);
    return copy;
}

/* Protects: work that doubles with each level of the schema is given up, in `not` too. */
static void doubling_schema(void **state)
{
    (void)state;
    struct buf text = {0};
    buf_printf(&text, "{\"not\": {\"$ref\": \"#/$defs/0\"}, \"$defs\": {");
    for (int i = 0; i < 40; i++)
        buf_printf(&text,
                   "\"%d\": {\"allOf\": [{\"$ref\": \"#/$defs/%d\"}, "
                   "{\"$ref\": \"#/$defs/%d\"}]}, ",
                   i, i + 1, i + 1);
    buf_printf(&text, "\"40\": {\"type\": \"integer\"}}}");
    struct jsonschema_problem problem;
    const struct jsonschema *schema = compile_text(buf_str(&text), &problem);
    buf_release(&text);
    assert_non_null(schema);
    str lines = problem_lines(schema, "1");
    assert_true(str_equal(lines, STR("at the top: checking takes more than 10000000 steps")));
    /* questions about names have a bound too */
    const json *inner;
    assert_int_equal(jsonschema_member(schema, json_path(jsonschema_source(schema), "$defs.0"),
                                       STR("x"), &inner),
                     SCHEMA_MEMBER_ANY);
    size_t count;
    jsonschema_enum(schema, json_path(jsonschema_source(schema), "$defs.0"), &arena, &count);
    assert_int_equal(count, 0);
}

/* Protects: a pattern that meets its limit is neither a match nor a mismatch. */
static void pattern_limit(void **state)
{
    (void)state;
    str value = nested("a", "b", "", 5000);
    const json *text = json_new_text(&arena, value);
    static const char *const rows[] = {
        "{\"pattern\": \"^(a|a)+$\"}",
        "{\"not\": {\"pattern\": \"^(a|a)+$\"}}",
        "{\"anyOf\": [{\"pattern\": \"^(a|a)+$\"}, true]}",
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct jsonschema_problem problem;
        size_t count;
        assert_false(jsonschema_valid(compile(rows[i]), text, &arena, &problem, 1, &count));
        assert_int_equal(count, 1);
        assert_true(str_equal(problem.text, STR("the pattern ^(a|a)+$ takes too many steps")));
    }
}

/* Protects: lists of a hundred thousand items are compared in reasonable time, whatever they
 * hold (quadratic work would run into the test's time limit). */
static void many_unique_items(void **state)
{
    (void)state;
    enum { ITEMS = 100000 };
    const struct jsonschema *schema = compile("{\"uniqueItems\": true}");
    struct buf text = {0};
    buf_add_char(&text, '[');
    for (int i = 0; i < ITEMS; i++)
        buf_printf(&text, "%s{\"n\": %d, \"t\": \"same\"}", i ? ", " : "", i);
    size_t unique = text.n;
    buf_add_char(&text, ']');
    const json *value = json_parse(&arena, buf_str(&text), NULL);
    assert_true(valid(schema, value));
    text.n = unique;
    buf_printf(&text, ", {\"t\": \"same\", \"n\": 4711}]");
    value = json_parse(&arena, buf_str(&text), NULL);
    buf_release(&text);
    struct jsonschema_problem problem;
    size_t count;
    assert_false(jsonschema_valid(schema, value, &arena, &problem, 1, &count));
    assert_true(str_equal(problem.text,
                          STR("expected items that differ; items 4711 and 100000 are equal")));
}

/* Protects: wide objects and many names are searched, not walked. */
static void wide_objects(void **state)
{
    (void)state;
    enum { MEMBERS = 20000 };
    struct buf schema_text = {0}, value_text = {0};
    buf_printf(&schema_text, "{\"additionalProperties\": false, \"properties\": {");
    buf_add_char(&value_text, '{');
    for (int i = 0; i < MEMBERS; i++) {
        buf_printf(&schema_text, "%s\"m%d\": {\"enum\": [%d]}", i ? "," : "", i, i);
        buf_printf(&value_text, "%s\"m%d\": %d", i ? "," : "", MEMBERS - 1 - i,
                   MEMBERS - 1 - i);
    }
    buf_printf(&schema_text, "}, \"required\": [\"m0\", \"m%d\"]}", MEMBERS - 1);
    buf_add_char(&value_text, '}');
    struct jsonschema_problem problem;
    const struct jsonschema *schema = compile_text(buf_str(&schema_text), &problem);
    const json *value = json_parse(&arena, buf_str(&value_text), NULL);
    buf_release(&schema_text);
    buf_release(&value_text);
    assert_non_null(schema);
    assert_true(valid(schema, value));
}

struct small_stack {
    const struct jsonschema *schema;
    const json *good, *bad;
    bool as_expected;
};

static void *check_on_small_stack(void *object)
{
    struct small_stack *job = object;
    struct arena own = {0};
    struct jsonschema_problem problem = {{"", 0}, {"", 0}};
    size_t count;
    bool good = jsonschema_valid(job->schema, job->good, &own, &problem, 1, &count);
    bool bad = jsonschema_valid(job->schema, job->bad, &own, &problem, 1, &count);
    job->as_expected =
        good && !bad && str_equal(problem.text, STR("expected a list or null, got a number"));
    arena_release(&own);
    return NULL;
}

/* Protects: the deepest value against a recursive schema with several references a level is
 * checked, and on a stack as small as a fiber's. */
static void deep_value_small_stack(void **state)
{
    (void)state;
    struct small_stack job = {
        .schema = compile("{\"anyOf\": [{\"type\": \"null\"}, {\"type\": \"array\", "
                          "\"items\": {\"$ref\": \"#/$defs/a\"}}], "
                          "\"$defs\": {\"a\": {\"allOf\": [{\"$ref\": \"#\"}]}}}"),
        .good = json_parse(&arena, nested("[", "null", "]", JSON_DEPTH_MAX), NULL),
        .bad = json_parse(&arena, nested("[", "7", "]", JSON_DEPTH_MAX), NULL),
    };
    assert_non_null(job.good);
    pthread_t thread;
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    /* sanitizers enlarge frames fourfold; fibers have more room under them too */
    size_t stack = 64 * 1024;
#ifdef SANITIZED
    stack = 256 * 1024;
#endif
    assert_int_equal(pthread_attr_setstacksize(&attributes, stack), 0);
    assert_int_equal(pthread_create(&thread, &attributes, check_on_small_stack, &job), 0);
    pthread_join(thread, NULL);
    pthread_attr_destroy(&attributes);
    assert_true(job.as_expected);
}

/* Protects: a schema nested as deep as JSON allows compiles. */
static void deep_schema(void **state)
{
    (void)state;
    struct jsonschema_problem problem;
    str text = nested("{\"not\": ", "true", "}", JSON_DEPTH_MAX);
    const struct jsonschema *schema = compile_text(text, &problem);
    assert_non_null(schema);
    assert_true(valid(schema, json_null()));
}

/* ---- names ---- */

static const char shape[] =
    "{\"type\": \"object\", \"properties\": {"
    " \"faqs\": {\"type\": \"array\", \"items\": {\"$ref\": \"#/$defs/faq\"}},"
    " \"free\": {},"
    " \"map\": {\"type\": \"object\", \"additionalProperties\": {\"type\": \"string\"}},"
    " \"open\": {\"properties\": {\"a\": true}, \"additionalProperties\": true},"
    " \"none\": {\"type\": \"object\", \"additionalProperties\": false},"
    " \"maybe\": {\"anyOf\": [{\"$ref\": \"#/$defs/faq\"}, {\"type\": \"null\"}]},"
    " \"both\": {\"allOf\": [{\"$ref\": \"#/$defs/faq\"}, {\"properties\": {\"x\": "
    "{\"type\": \"null\"}}}]},"
    " \"either\": {\"oneOf\": [{\"$ref\": \"#/$defs/faq\"}, {\"properties\": {\"question\": "
    "{\"type\": \"null\"}}}]},"
    " \"when\": {\"properties\": {\"a\": true}, \"if\": true, \"then\": {\"properties\": "
    "{\"b\": true}}},"
    " \"pattern\": {\"patternProperties\": {\"^n_\": true}, \"additionalProperties\": false},"
    " \"pair\": {\"prefixItems\": [{\"type\": \"string\"}]},"
    " \"label\": {\"enum\": [\"a\", \"b\"]},"
    " \"labels\": {\"anyOf\": [{\"const\": \"a\"}, {\"enum\": [\"c\", \"a\"]}]},"
    " \"depends\": {\"dependentSchemas\": {\"a\": {\"properties\": {\"d\": true}}}},"
    " \"late\": {\"anyOf\": [{\"type\": \"object\"}, {\"type\": \"null\"}, {\"properties\": "
    "{\"a\": {}}}]},"
    " \"by_ref\": {\"$ref\": \"#/properties/label\"},"
    " \"by_all\": {\"allOf\": [{\"type\": \"string\"}, {\"$ref\": \"#/properties/labels\"}]},"
    " \"mixed\": {\"enum\": [\"a\", null]}"
    "}, \"$defs\": {\"faq\": {\"type\": \"object\", \"properties\": {"
    " \"question\": {\"type\": \"string\"}, \"answer\": {\"type\": \"string\"}}}}}";

static const json *inside(const struct jsonschema *schema, const char *member)
{
    const json *inner;
    assert_int_equal(
        jsonschema_member(schema, jsonschema_source(schema), str_from(member), &inner),
        SCHEMA_MEMBER_YES);
    assert_non_null(inner);
    return inner;
}

/* Protects: names in templates are judged by the schema, and never refused in doubt. */
static void member_names(void **state)
{
    (void)state;
    const struct jsonschema *schema = compile(shape);
    static const struct {
        const char *in, *member;
        enum jsonschema_member is;
        bool inner;
    } rows[] = {
        {"free", "x", SCHEMA_MEMBER_ANY, false},
        {"map", "x", SCHEMA_MEMBER_ANY, true},
        {"open", "a", SCHEMA_MEMBER_YES, true},
        {"open", "b", SCHEMA_MEMBER_ANY, false},
        {"none", "x", SCHEMA_MEMBER_NO, false},
        {"label", "x", SCHEMA_MEMBER_ANY, false},
        {"faqs", "x", SCHEMA_MEMBER_TYPE, false},
        {"maybe", "answer", SCHEMA_MEMBER_YES, true},
        {"maybe", "x", SCHEMA_MEMBER_NO, false},
        {"both", "x", SCHEMA_MEMBER_YES, true},
        {"both", "answer", SCHEMA_MEMBER_YES, true},
        {"both", "y", SCHEMA_MEMBER_NO, false},
        {"either", "question", SCHEMA_MEMBER_YES, false},
        {"either", "answer", SCHEMA_MEMBER_YES, false},
        {"either", "z", SCHEMA_MEMBER_NO, false},
        {"when", "b", SCHEMA_MEMBER_YES, false},
        {"when", "c", SCHEMA_MEMBER_NO, false},
        {"pattern", "n_1", SCHEMA_MEMBER_YES, false},
        {"pattern", "m", SCHEMA_MEMBER_ANY, false},
        {"depends", "d", SCHEMA_MEMBER_YES, false},
        {"depends", "e", SCHEMA_MEMBER_ANY, false},
        {"late", "b", SCHEMA_MEMBER_ANY, false},
        {"late", "a", SCHEMA_MEMBER_YES, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const json *inner;
        enum jsonschema_member is = jsonschema_member(schema, inside(schema, rows[i].in),
                                                      str_from(rows[i].member), &inner);
        if (is != rows[i].is || (inner != NULL) != rows[i].inner)
            fail_msg("%s.%s: %d", rows[i].in, rows[i].member, (int)is);
    }
    const json *inner = json_null();
    assert_int_equal(jsonschema_member(schema, NULL, STR("x"), &inner), SCHEMA_MEMBER_ANY);
    assert_null(inner);
}

/* Protects: items of lists, through references. */
static void item_names(void **state)
{
    (void)state;
    const struct jsonschema *schema = compile(shape);
    const json *inner, *question;
    assert_int_equal(jsonschema_item(schema, inside(schema, "faqs"), &inner),
                     SCHEMA_MEMBER_YES);
    assert_int_equal(jsonschema_member(schema, inner, STR("question"), &question),
                     SCHEMA_MEMBER_YES);
    assert_int_equal(jsonschema_item(schema, question, &inner), SCHEMA_MEMBER_TYPE);
    assert_int_equal(jsonschema_item(schema, inside(schema, "free"), &inner),
                     SCHEMA_MEMBER_ANY);
    assert_int_equal(jsonschema_item(schema, inside(schema, "pair"), &inner),
                     SCHEMA_MEMBER_YES);
    assert_null(inner);
}

static str joined(const str *words, size_t count)
{
    str all = STR("");
    for (size_t i = 0; i < count; i++)
        all = arena_printf(&arena, "%.*s %.*s", STR_ARG(all), STR_ARG(words[i]));
    return all;
}

/* Protects: names and choices that messages and the check of routes list. */
static void lists_of_names(void **state)
{
    (void)state;
    const struct jsonschema *schema = compile(shape);
    static const struct {
        const char *in, *names, *choices;
    } rows[] = {
        {"faqs", "", ""},       {"both", " question answer x", ""},
        {"when", " a b", ""},   {"label", "", " a b"},
        {"by_ref", "", " a b"}, {"by_all", "", " a c"},
        {"labels", "", " a c"}, {"mixed", "", ""},
        {"free", "", ""},       {"maybe", " question answer", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        size_t count;
        const json *at = inside(schema, rows[i].in);
        str *names = jsonschema_names(schema, at, &arena, &count);
        assert_string_equal(joined(names, count).p, rows[i].names);
        names = jsonschema_enum(schema, at, &arena, &count);
        assert_string_equal(joined(names, count).p, rows[i].choices);
    }
    assert_ptr_equal(jsonschema_source(schema), jsonschema_source(schema));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(official_suite, setup, teardown),
        cmocka_unit_test_setup_teardown(every_keyword, setup, teardown),
        cmocka_unit_test_setup_teardown(problem_words, setup, teardown),
        cmocka_unit_test_setup_teardown(problems_are_counted, setup, teardown),
        cmocka_unit_test_setup_teardown(schemas_that_are_none, setup, teardown),
        cmocka_unit_test_setup_teardown(endless_references, setup, teardown),
        cmocka_unit_test_setup_teardown(long_chain, setup, teardown),
        cmocka_unit_test_setup_teardown(doubling_schema, setup, teardown),
        cmocka_unit_test_setup_teardown(pattern_limit, setup, teardown),
        cmocka_unit_test_setup_teardown(many_unique_items, setup, teardown),
        cmocka_unit_test_setup_teardown(wide_objects, setup, teardown),
        cmocka_unit_test_setup_teardown(deep_value_small_stack, setup, teardown),
        cmocka_unit_test_setup_teardown(deep_schema, setup, teardown),
        cmocka_unit_test_setup_teardown(member_names, setup, teardown),
        cmocka_unit_test_setup_teardown(item_names, setup, teardown),
        cmocka_unit_test_setup_teardown(lists_of_names, setup, teardown),
    };
    return cmocka_run_group_tests_name("jsonschema", tests, NULL, NULL);
}
