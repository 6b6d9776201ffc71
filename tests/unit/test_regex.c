/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_regex.c: PCRE2 behind its wrapper: dialects, groups, limits, threads.
 */
#include "base/regex.h"

#include "base/mem.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "test_arena.h"

static const struct regex *compile(const char *pattern, unsigned flags)
{
    str what = {"", 0};
    size_t at = 0;
    const struct regex *regex = regex_new(&arena, str_from(pattern), flags, &what, &at);
    if (!regex)
        fail_msg("%s: %.*s at %zu", pattern, STR_ARG(what), at);
    return regex;
}

struct row {
    const char *pattern;
    unsigned flags;
    const char *subject;
    bool found;
};

static void check_rows(const struct row *row, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct regex *regex = compile(row[i].pattern, row[i].flags);
        enum regex_result result = regex_find(regex, str_from(row[i].subject));
        if (result != (row[i].found ? REGEX_YES : REGEX_NO))
            fail_msg("%s in \"%s\": %d", row[i].pattern, row[i].subject, (int)result);
    }
}

#define CHECK_ROWS(rows) check_rows(rows, sizeof(rows) / sizeof *(rows))

/* Protects: flags do what the header says. */
static void flags_as_documented(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"world", 0, "hello world", true},
        {"world", 0, "hello World", false},
        {"world", REGEX_NO_CASE, "hello World", true},
        {"^\xc3\x84$", REGEX_UTF | REGEX_NO_CASE, "\xc3\xa4", true},
        {"^.$", REGEX_UTF, "\xc3\xa4", true},
        {"^.$", 0, "\xc3\xa4", false},
        {"^\\w$", REGEX_UTF, "\xc3\xa4", true},
        {"^\\W\\D\\S$", REGEX_UTF, "\xe2\x82\xac\xc3\xa4\xc3\xa4", true},
        {"a.b", REGEX_UTF, "a\nb", false},
        {"a.b", REGEX_UTF | REGEX_DOT_ALL, "a\nb", true},
        {"a$", REGEX_UTF, "a\n", true},
        {"", REGEX_UTF, "", true},
    };
    CHECK_ROWS(rows);
}

/* Protects: JSON Schema's patterns mean what ECMA-262 says where PCRE2 differs. */
static void ecma_dialect(void **state)
{
    (void)state;
    enum { E = REGEX_UTF | REGEX_ECMA };
    static const struct row rows[] = {
        {"a$", E, "a\n", false},
        {"^\\d$", E, "\xd9\xa3", false}, /* an Arabic three */
        {"^\\w$", E, "\xc3\xa4", false}, /* ä */
        {"^\\W$", E, "\xc3\xa4", true},
        {"^\\W\\D\\S$", E, "\xe2\x82\xac\xc3\xa4\xc3\xa4", true},
        {"^\\s$", E, "\xc2\xa0", true},     /* no-break space */
        {"^\\s$", E, "\xef\xbb\xbf", true}, /* byte order mark */
        {"^\\s$", E, "\xe2\x80\xa8", true}, /* line separator */
        {"^\\s$", E, "\xc2\x85", false},    /* next line */
        {"^\\S$", E, "\xc2\xa0", false},
        {"^\\S$", E, "x", true},
        {"^\\S$", E, "\xf0\x9f\x90\xb2", true},
        {"^[\\S]$", E, "\xe2\x80\xa8", false},
        {"^[\\s\\S]$", E, "\n", true},
        {"^[^\\s]$", E, "\xc2\xa0", false},
        {"^[\\S-]$", E, "-", true},
        {"^.$", E, "\r", false},
        {"^.$", E, "\xe2\x80\xa8", false},
        {"^.$", E, "\v", true},
        {"^[.]$", E, "a", false},
        {"^\\v$", E, "\v", true},
        {"^\\v$", E, "\n", false},
        {"^\\cA\\cj$", E, "\x01\n", true},
        {"^\\u0041$", E, "A", true},
        {"^\\u{1f432}$", E, "\xf0\x9f\x90\xb2", true},
        {"^\\ud83d\\udc32$", E, "\xf0\x9f\x90\xb2", true},
        {"^[\\ud83d\\udc32]$", E, "\xf0\x9f\x90\xb2", true},
        {"^\\x41$", E, "A", true},
        {"^\\p{Letter}+$", E, "\xd0\xb6z", true},
        {"^\\p{Letter}+$", E, "z9", false},
        {"^\\p{gc=Decimal_Number}$", E, "\xd9\xa3", true},
        {"^\\p{General_Category=Lu}$", E, "\xc3\x84", true},
        {"^\\P{L}$", E, "9", true},
        {"^[\\p{Lowercase_Letter}_]+$", E, "a_", true},
        {"^[[]$", E, "[", true},
        {"^[[:alpha:]]$", E, "a]", true}, /* a class of "[:alph", then "]" */
        {"[]", E, "a", false},
        {"^[^]$", E, "\n", true},
        {"^(?:(a)|b)*\\1$", E, "b", true}, /* a group that took no part matches nothing */
        {"^(a)\\1$", E, "aa", true},
        {"^(a)(b)(c)(d)(e)(f)(g)(h)(i)(j)\\10\\1$", E, "abcdefghijja", true},
        {"^(?<year>\\d{4})-\\k<year>$", E, "2026-2026", true},
        {"^\\/\\-\\\"\\@$", E, "/-\"@", true},
        {"^\xc3\xa4\\.$", E, "\xc3\xa4.", true},
        {"\\bword\\b", E, "a word.", true},
        {"^[\\b]$", E, "\b", true},
    };
    CHECK_ROWS(rows);
}

/* Protects: a NUL escape is a NUL, and a subject may hold one. */
static void nul_in_subject(void **state)
{
    (void)state;
    const struct regex *regex = compile("^a\\0b$", REGEX_UTF | REGEX_ECMA);
    assert_int_equal(regex_find(regex, STR("a\0b")), REGEX_YES);
    assert_int_equal(regex_find(regex, STR("ab")), REGEX_NO);
}

/* Where PCRE2 itself finds fault with a range, since 10.45 behind its '-'. */
enum { RANGE_AT = PCRE2_MINOR < 45 ? 3 : 4 };

/* Protects: what is no pattern is refused with a place in the pattern as written. */
static void bad_patterns(void **state)
{
    (void)state;
    static const struct bad {
        const char *pattern;
        unsigned flags;
        const char *what;
        size_t at;
    } bad[] = {
        {"a(b", REGEX_UTF, "missing closing parenthesis", 3},
        {"a\\C", REGEX_UTF, "using \\C is disabled by the application", 3},
        {"[b-a]", REGEX_UTF, "range out of order in character class", 3},
        {"ab\\Z", REGEX_ECMA, "unknown escape of a letter", 2},
        {"\\a", REGEX_ECMA, "unknown escape of a letter", 0},
        {"[\\B]", REGEX_ECMA, "unknown escape of a letter", 1},
        {"..(x", REGEX_ECMA, "missing closing parenthesis", 4},
        {"..[b-a]..", REGEX_ECMA, "range out of order in character class", 5},
        {"[\\s-a]", REGEX_ECMA, "invalid range in character class", RANGE_AT},
        {"x[a", REGEX_ECMA, "'[' is not closed", 3},
        {"a\\", REGEX_ECMA, "the pattern ends after '\\'", 1},
        {"\\u12", REGEX_ECMA, "expected \\u with four hexadecimal digits", 0},
        {"\\ud83d", REGEX_ECMA, "\\u names no character", 0},
        {"\\u{110000}", REGEX_ECMA, "\\u names no character", 0},
        {"\\u{1234567}", REGEX_ECMA, "expected \\u{…} with 1 to 6 hexadecimal digits", 0},
        {"\\x4", REGEX_ECMA, "expected \\x with two hexadecimal digits", 0},
        {"\\pL", REGEX_ECMA, "expected \\p{…} with the name of a property", 0},
        {"\\p{L", REGEX_ECMA, "expected \\p{…} with the name of a property", 0},
        {"\\01", REGEX_ECMA, "expected \\0 without a digit behind it", 0},
        {"[\\1]", REGEX_ECMA, "a class cannot refer to a group", 1},
        {"(*LIMIT_MATCH=1)a", REGEX_ECMA, "nothing to repeat", 0},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        str what = {"", 0};
        size_t at = 99;
        str pattern = str_from(bad[i].pattern);
        assert_null(regex_new(&arena, pattern, bad[i].flags | REGEX_UTF, &what, &at));
        if (!str_equal(what, str_from(bad[i].what)) || at != bad[i].at)
            fail_msg("%s: \"%.*s\" at %zu", bad[i].pattern, STR_ARG(what), at);
    }
}

/* Protects: groups by number and name, those that took no part told apart from empty ones. */
static void groups(void **state)
{
    (void)state;
    const struct regex *regex = compile("(?<a>x)|(?<b>y)(z*)", REGEX_UTF);
    struct regex_group *group;
    size_t count;
    assert_int_equal(regex_match(regex, &arena, STR("--y--"), &group, &count), REGEX_YES);
    assert_int_equal(count, 4);
    assert_true(group[0].set && str_equal(group[0].text, STR("y")));
    assert_false(group[1].set);
    assert_true(str_equal(group[1].name, STR("a")));
    assert_true(group[2].set && str_equal(group[2].text, STR("y")));
    assert_true(str_equal(group[2].name, STR("b")));
    assert_true(group[3].set && group[3].text.n == 0 && group[3].name.n == 0);

    assert_int_equal(regex_match(regex, &arena, STR("none"), &group, &count), REGEX_NO);
    assert_int_equal(count, 0);

    str *name = regex_names(regex, &arena, &count);
    assert_int_equal(count, 2);
    assert_true(str_equal(name[0], STR("a")) && str_equal(name[1], STR("b")));
    regex_names(compile("x", 0), &arena, &count);
    assert_int_equal(count, 0);
}

/* Protects: counting goes on behind empty matches, in steps of whole characters, and ends. */
static void counting(void **state)
{
    (void)state;
    static const struct {
        const char *pattern, *subject;
        size_t most, count;
    } rows[] = {
        {"a", "banana", 9, 3},   {"a", "banana", 2, 2},  {"a", "banana", 0, 0},
        {"ana", "banana", 9, 1}, {"", "ab", 9, 3},       {"", "\xc3\xa4\xc3\xb6", 9, 3},
        {"a*", "baac", 9, 4},    {"x", "", 9, 0},        {"$", "ab", 9, 1},
        {"(?=a)", "aaa", 9, 3},  {"", "\xff\xfe", 9, 3},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct regex *regex = compile(rows[i].pattern, REGEX_UTF);
        size_t count = regex_count(regex, str_from(rows[i].subject), rows[i].most);
        if (count != rows[i].count)
            fail_msg("%s in \"%s\": %zu", rows[i].pattern, rows[i].subject, count);
    }
}

/* Protects: bytes that are no UTF-8 match nothing and do not stop the search. */
static void invalid_subject(void **state)
{
    (void)state;
    const struct regex *regex = compile("b.d", REGEX_UTF);
    assert_int_equal(regex_find(regex, STR("\xff\xc3(bcd\xe2\x82")), REGEX_YES);
    assert_int_equal(regex_find(regex, STR("b\xff"
                                           "d")),
                     REGEX_NO);
}

static str letters(char letter, size_t count)
{
    char *text = arena_alloc(&arena, count);
    memset(text, letter, count);
    return (str){text, count};
}

/* Protects: catastrophic patterns end with an answer of their own, however they are built. */
static void limits(void **state)
{
    (void)state;
    const struct regex *nested = compile("^(a|a)+$", REGEX_UTF);
    str many = letters('a', 5000);
    ((char *)(uintptr_t)many.p)[many.n - 1] = 'b';
    assert_int_equal(regex_find(nested, many), REGEX_LIMIT);
    struct regex_group *group;
    size_t count;
    assert_int_equal(regex_match(nested, &arena, many, &group, &count), REGEX_LIMIT);
    assert_int_equal(count, 0);
    assert_int_equal(regex_count(nested, many, 10), 0);

    /* no place takes many steps, all together do */
    str lines = letters('a', 60000);
    for (size_t i = 18; i < lines.n; i += 19)
        ((char *)(uintptr_t)lines.p)[i] = '\n';
    assert_int_equal(regex_find(compile("(a|a)*[bc]", REGEX_UTF), lines), REGEX_LIMIT);

    /* depth: a group in a loop keeps a way back for each turn */
    assert_int_equal(regex_find(compile("^(?:a|b)*c", REGEX_UTF), letters('a', 4000000)),
                     REGEX_LIMIT);
}

/* Protects: the limit of one place is no answer while the whole has steps left. */
static void dear_place(void **state)
{
    (void)state;
    str text = letters('x', 300000);
    char *p = (char *)(uintptr_t)text.p;
    memcpy(p + 100, "<a>", 3);
    memcpy(p + text.n - 4, "</a>", 4);
    const struct regex *regex = compile("<a>((?:x|y)*?)</a>", REGEX_UTF);
    struct regex_group *group;
    size_t count;
    assert_int_equal(regex_match(regex, &arena, text, &group, &count), REGEX_YES);
    assert_int_equal(group[1].text.n, 300000 - 107);
    assert_ptr_equal(group[1].text.p, text.p + 103);
    assert_int_equal(regex_find(compile("<a>((?:x|y)*?)</b>|z</a>", REGEX_UTF), text),
                     REGEX_NO);
}

static const struct regex *shared_regex;

static void *match_often(void *failed)
{
    for (int i = 0; i < 2000; i++) {
        bool good = regex_find(shared_regex, STR("id=42;")) == REGEX_YES &&
                    regex_find(shared_regex, STR("id=;")) == REGEX_NO;
        if (!good)
            *(bool *)failed = true;
    }
    return NULL;
}

/* Protects: one pattern may be matched by several threads; a thread's room goes with it. */
static void threads(void **state)
{
    (void)state;
    shared_regex = compile("id=(\\d+);", REGEX_UTF);
    pthread_t thread[4];
    bool failed[4] = {false};
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, match_often, &failed[i]), 0);
    for (int i = 0; i < 4; i++) {
        pthread_join(thread[i], NULL);
        assert_false(failed[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(flags_as_documented, setup, teardown),
        cmocka_unit_test_setup_teardown(ecma_dialect, setup, teardown),
        cmocka_unit_test_setup_teardown(nul_in_subject, setup, teardown),
        cmocka_unit_test_setup_teardown(bad_patterns, setup, teardown),
        cmocka_unit_test_setup_teardown(groups, setup, teardown),
        cmocka_unit_test_setup_teardown(counting, setup, teardown),
        cmocka_unit_test_setup_teardown(invalid_subject, setup, teardown),
        cmocka_unit_test_setup_teardown(limits, setup, teardown),
        cmocka_unit_test_setup_teardown(dear_place, setup, teardown),
        cmocka_unit_test_setup_teardown(threads, setup, teardown),
    };
    return cmocka_run_group_tests_name("regex", tests, NULL, NULL);
}
