/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_json.c: the strictness of the parser, values, and the texts they are written as.
 */
#include "base/json.h"
#include "base/json_plain.h"
#include "base/mem.h"

#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "test_arena.h"
#include "test_texts.h"

static const json *parse(const char *text)
{
    struct json_error error = {0};
    const json *value = json_parse(&arena, str_from(text), &error);
    if (!value)
        fail_msg("%s: %s at %u:%u", text, error.what, error.line, error.col);
    return value;
}

static const char *compact(const json *value)
{
    return json_to_str(&arena, value, JSON_COMPACT).p;
}

/* ---- parsing ---- */

/* Protects: everything RFC 8259 allows is read, with the value it has. */
static void valid_texts(void **state)
{
    (void)state;
    static const struct {
        const char *text, *written;
    } rows[] = {
        {"null", "null"},
        {" \t\r\n true \n", "true"},
        {"false", "false"},
        {"0", "0"},
        {"-0", "0"},
        {"-0.0e-0", "0"},
        {"10", "10"},
        {"1.5", "1.5"},
        {"1e2", "100"},
        {"1E+2", "100"},
        {"1.25e-2", "0.0125"},
        {"\"\"", "\"\""},
        {"\"a\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"a\\\"\\\\/\\b\\f\\n\\r\\t\""},
        {"\"\\u0041\\u00e4\\u20ac\"", "\"A\xc3\xa4\xe2\x82\xac\""},
        {"\"\\ud83d\\udc32\"", "\"\xf0\x9f\x90\xb2\""},
        {"\"\xf0\x9f\x90\xb2\"", "\"\xf0\x9f\x90\xb2\""},
        {"\"\\u001f\\u007f\"", "\"\\u001f\\u007f\""},
        {"\"\x7f\"", "\"\\u007f\""},
        {"[]", "[]"},
        {"[ ]", "[]"},
        {"[1 , [ 2 ] ,3]", "[1,[2],3]"},
        {"{}", "{}"},
        {"{ }", "{}"},
        {"{ \"a\" : 1 , \"\" : { } }", "{\"a\":1,\"\":{}}"},
        {"\"\xef\xbf\xbd\"", "\"\xef\xbf\xbd\""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_string_equal(compact(parse(rows[i].text)), rows[i].written);
}

/* Protects: nothing else is taken for JSON, and the message points at the fault. */
static void invalid_texts(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t at;
        const char *what;
    } rows[] = {
        {"", 0, "the text ends where a value is expected"},
        {"  ", 2, "the text ends where a value is expected"},
        {"nul", 0, "expected a JSON value"},
        {"True", 0, "expected a JSON value"},
        {"NaN", 0, "expected a JSON value"},
        {"Infinity", 0, "expected a JSON value"},
        {"-Infinity", 1, "a number lacks a digit"},
        {"'a'", 0, "expected a JSON value"},
        {"1 2", 2, "something follows the JSON value"},
        {"01", 1, "something follows the JSON value"},
        {"-", 1, "a number lacks a digit"},
        {"+1", 0, "expected a JSON value"},
        {".5", 0, "expected a JSON value"},
        {"1.", 2, "a number lacks a digit"},
        {"1.e5", 2, "a number lacks a digit"},
        {"1e", 2, "a number lacks a digit"},
        {"1e+", 3, "a number lacks a digit"},
        {"0x10", 1, "something follows the JSON value"},
        {"[1", 2, "expected ',' or ']'"},
        {"[1,", 3, "the text ends where a value is expected"},
        {"[1,]", 3, "expected a JSON value"},
        {"[,1]", 1, "expected a JSON value"},
        {"[1}", 2, "expected ',' or ']'"},
        {"]", 0, "expected a JSON value"},
        {"{", 1, "expected a member name in quotes"},
        {"{a:1}", 1, "expected a member name in quotes"},
        {"{\"a\"}", 4, "expected ':' after a member name"},
        {"{\"a\":}", 5, "expected a JSON value"},
        {"{\"a\":1,}", 7, "expected a member name in quotes"},
        {"{\"a\":1 \"b\":2}", 7, "expected ',' or '}'"},
        {"{\"a\":1]", 6, "expected ',' or '}'"},
        {"// comment\n1", 0, "expected a JSON value"},
        {"\"a", 2, "a text is not closed"},
        {"\"a\nb\"", 2, "a control character in a text"},
        {"\"\\x41\"", 2, "unknown escape in a text"},
        {"\"\\", 2, "unknown escape in a text"},
        {"\"\\u12g4\"", 5, "\\u lacks four hexadecimal digits"},
        {"\"\xff\"", 1, "invalid UTF-8"},
        {"\"\xc3\"", 1, "invalid UTF-8"},
        {"\"\xc0\xaf\"", 1, "invalid UTF-8"},
        {"\"\xed\xa0\x80\"", 1, "invalid UTF-8"},
        {"\"\xf4\x90\x80\x80\"", 1, "invalid UTF-8"},
        {"\xef\xbb\xbf"
         "1",
         0, "expected a JSON value"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct json_error error = {.what = "none"};
        const json *value = json_parse(&arena, str_from(rows[i].text), &error);
        if (value || error.at != rows[i].at || strcmp(error.what, rows[i].what) != 0)
            fail_msg("%s: %s at %zu", rows[i].text, error.what, error.at);
        assert_null(json_parse(&arena, str_from(rows[i].text), NULL));
    }
    assert_null(json_parse(&arena, STR("\"a\0b\""), NULL));
    assert_null(json_parse(&arena, STR("1\0"), NULL));
    assert_null(json_parse(&arena, (str){NULL, 0}, NULL));
}

/* Protects: lines and columns as editors count them. */
static void error_places(void **state)
{
    (void)state;
    struct json_error error;
    assert_null(json_parse(&arena, STR("{\n  \"\xc3\xa4\xf0\x9f\x90\xb2\": x\n}"), &error));
    assert_int_equal(error.line, 2);
    assert_int_equal(error.col, 9);
    assert_null(json_parse(&arena, STR("[\r\n1,\r\n2"), &error));
    assert_int_equal(error.line, 3);
    assert_int_equal(error.col, 2);
}

static str nested(const char *open, const char *inner, const char *close, size_t depth)
{
    struct buf text = {0};
    for (size_t i = 0; i < depth; i++)
        buf_add_str(&text, str_from(open));
    buf_add_str(&text, str_from(inner));
    for (size_t i = 0; i < depth; i++)
        buf_add_str(&text, str_from(close));
    str copy = arena_str(&arena, buf_str(&text));
    buf_release(&text);
    return copy;
}

/* Protects: a reply that is nested without end costs no stack. */
static void depth(void **state)
{
    (void)state;
    struct json_error error;
    assert_non_null(json_parse(&arena, nested("[", "1", "]", 128), &error));
    assert_non_null(json_parse(&arena, nested("{\"a\":", "1", "}", 128), &error));
    assert_null(json_parse(&arena, nested("[", "1", "]", 129), &error));
    assert_string_equal(error.what, "nested deeper than 128");
    assert_int_equal(error.at, 128);
    assert_null(json_parse(&arena, nested("{\"a\":", "1", "}", 129), &error));
    assert_null(json_parse(&arena, nested("[", "1", "]", 100000), &error));
    assert_int_equal(error.at, 128);
    assert_null(json_parse(&arena, nested("[{\"a\":", "", "", 100000), &error));
    /* many brackets side by side are not depth */
    assert_non_null(json_parse(&arena, nested("", "[[],[[]],[{}],[]]", "", 1), &error));
}

/* Protects: 50 MB of one letter is read, and its text is all there. */
static void large_text(void **state)
{
    (void)state;
    enum { LETTERS = 50 * 1000 * 1000 };
    char *text = xmalloc(LETTERS + 2);
    memset(text, 'x', LETTERS + 2);
    text[0] = text[LETTERS + 1] = '"';
    const json *value = json_parse(&arena, (str){text, LETTERS + 2}, NULL);
    assert_non_null(value);
    str read = json_text(value);
    assert_int_equal(read.n, LETTERS);
    assert_int_equal(read.p[0], 'x');
    assert_int_equal(read.p[LETTERS - 1], 'x');
    text[LETTERS + 1] = 'x';
    assert_null(json_parse(&arena, (str){text, LETTERS + 2}, NULL));
    xfree(text);
}

/* Protects: NUL cannot hide the rest of a text. */
static void nul_escapes(void **state)
{
    (void)state;
    assert_text(json_text(parse("\"a\\u0000b\"")), "a\xef\xbf\xbd"
                                                   "b");
    assert_text(json_text(parse("\"\\\\u0000\"")), "\\u0000");
    assert_text(json_text(parse("\"\\\\\\u0000\"")), "\\\xef\xbf\xbd");
    /* models do send halves of surrogate pairs; a whole pair stays what it is */
    assert_text(json_text(parse("\"a\\ud83db\"")), "a\xef\xbf\xbd"
                                                   "b");
    assert_text(json_text(parse("\"\\udc32\"")), "\xef\xbf\xbd");
    assert_text(json_text(parse("\"\\ud83d\\u0041\"")), "\xef\xbf\xbd"
                                                        "A");
    assert_text(json_text(parse("\"\\ud83d\\ude00\"")), "\xf0\x9f\x98\x80");
    assert_text(json_text(parse("\"\\\\ud83d\"")), "\\ud83d");
    const json *object = parse("{\"k\\u0000\": 1, \"k\": 2}");
    assert_int_equal(json_count(object), 2);
    assert_text(json_key(json_first(object)), "k\xef\xbf\xbd");
    assert_text(json_text(json_new_text(&arena, STR("a\0b"))), "a\xef\xbf\xbd"
                                                               "b");
    json *made = json_new_object(&arena);
    json_set(&arena, made, STR("n\0"), json_null());
    assert_text(json_key(json_first(made)), "n\xef\xbf\xbd");
}

/* Protects: of duplicate members the last value counts, at the place of the first. */
static void duplicates(void **state)
{
    (void)state;
    assert_string_equal(compact(parse("{\"a\":1,\"b\":2,\"a\":[3]}")), "{\"a\":[3],\"b\":2}");
    assert_string_equal(compact(parse("{\"a\":1,\"a\":2,\"a\":3}")), "{\"a\":3}");
    assert_string_equal(compact(parse("[{\"x\":{\"a\":1,\"\\u0061\":2}}]")),
                        "[{\"x\":{\"a\":2}}]");
    /* wide objects take another way */
    struct buf text = {0};
    buf_add_char(&text, '{');
    for (int i = 0; i < 3000; i++)
        buf_printf(&text, "\"k%d\":%d,", i % 1000, i);
    buf_add_str(&text, STR("\"last\":0}"));
    const json *wide = json_parse(&arena, buf_str(&text), NULL);
    buf_release(&text);
    assert_int_equal(json_count(wide), 1001);
    int expected = 2000;
    for (const json *member = json_first(wide); expected < 3000; member = json_next(member)) {
        assert_text(json_key(member), arena_printf(&arena, "k%d", expected - 2000).p);
        assert_true(json_number(member) == expected++);
    }
    assert_true(json_number(json_get(wide, STR("k7"))) == 2007);
    /* the list stays whole: the last member is found from the end too */
    json *more = json_copy(&arena, wide);
    json_set_int(&arena, more, "new", 1);
    assert_int_equal(json_count(more), 1002);
}

/* Protects: JSON in front of prose is cut off at the right byte. */
static void prefixes(void **state)
{
    (void)state;
    size_t used = 0;
    assert_string_equal(compact(json_parse_prefix(&arena, STR("{\"a\": 1} and more"), &used)),
                        "{\"a\":1}");
    assert_int_equal(used, 8);
    assert_non_null(json_parse_prefix(&arena, STR(" [1]]"), &used));
    assert_int_equal(used, 4);
    assert_non_null(json_parse_prefix(&arena, STR("truex"), &used));
    assert_int_equal(used, 4);
    assert_null(json_parse_prefix(&arena, STR("{\"a\": 1"), &used));
    assert_null(json_parse_prefix(&arena, STR("prose"), &used));
}

/* Protects: numbers beyond what a double or cJSON's room holds are told, not bent. */
static void extreme_numbers(void **state)
{
    (void)state;
    assert_true(json_number(parse("1e308")) == 1e308);
    assert_true(json_number(parse("-1e-320")) == -1e-320);
    assert_true(json_number(parse("1e-400")) == 0);
    assert_true(json_number(parse("123456789012345678901234567890")) ==
                123456789012345678901234567890.0);
    struct json_error error;
    str digits = nested("9", "", "", 63);
    assert_non_null(json_parse(&arena, digits, &error));
    digits = nested("9", "", "", 64);
    assert_null(json_parse(&arena, digits, &error));
    assert_string_equal(error.what, "a number has more than 63 characters");
    int64_t number = 7;
    assert_true(json_int(parse("9007199254740992"), &number));
    assert_true(number == INT64_C(9007199254740992));
    assert_true(json_int(parse("-3.0"), &number) && number == -3);
    assert_false(json_int(parse("9007199254740994"), &number));
    assert_false(json_int(parse("1.5"), &number));
    assert_false(json_int(parse("\"1\""), &number));
    assert_null(json_parse(&arena, STR("[1e999]"), &error));
    assert_string_equal(error.what, "a number is larger than 1.8e308");
    assert_int_equal(error.at, 1);
    assert_true(number == -3);
}

/* ---- reading ---- */

/* Protects: a chain of readers needs no tests, whatever the value is. */
static void lenient_reading(void **state)
{
    (void)state;
    assert_int_equal(json_kind(NULL), JSON_NULL);
    assert_false(json_is(NULL, JSON_NULL));
    assert_true(json_is(json_null(), JSON_NULL));
    assert_false(json_bool(NULL));
    assert_true(json_number(NULL) == 0);
    assert_int_equal(json_text(NULL).n, 0);
    assert_int_equal(json_text(parse("1")).n, 0);
    assert_null(json_first(NULL));
    assert_int_equal(json_count(NULL), 0);
    assert_null(json_get(NULL, STR("a")));
    assert_null(json_get(parse("[1]"), STR("a")));
    assert_null(json_at(NULL, 0));
    assert_null(json_at(parse("{\"a\":1}"), 0));
    const json *value = parse("{\"usage\": {\"prompt_tokens\": 12}, \"list\": [1, 2, 3]}");
    assert_true(json_number(json_path(value, "usage.prompt_tokens")) == 12);
    assert_null(json_path(value, "usage.none.deeper"));
    assert_ptr_equal(json_path(value, ""), value);
    const json *list = json_get(value, STR("list"));
    assert_true(json_number(json_at(list, 0)) == 1 && json_number(json_at(list, -1)) == 3);
    assert_true(json_at(list, 3) == NULL && json_at(list, -4) == NULL);
    assert_null(json_get(value, STR("lis")));
    assert_null(json_get(value, STR("lists")));
    assert_string_equal(json_kind_name(JSON_LIST), "a list");
    assert_string_equal(json_kind_name(json_kind(parse("{}"))), "an object");
}

/* ---- making ---- */

/* Protects: values are put together without changing those they are made of. */
static void making_values(void **state)
{
    (void)state;
    json *list = json_new_list(&arena);
    const json *shared = parse("{\"a\": [1]}");
    json_add(&arena, list, shared);
    json_add(&arena, list, shared);
    json_add(&arena, list, NULL);
    json_add(&arena, list, json_new_bool(true));
    json_add(&arena, list, json_new_bool(true));
    json_add(&arena, list, json_new_int(&arena, -5));
    json_add(&arena, list, json_new_number(&arena, 0.5));
    json_add(&arena, list, json_new_text(&arena, STR("bad \xff utf")));
    assert_string_equal(
        compact(list),
        "[{\"a\":[1]},{\"a\":[1]},null,true,true,-5,0.5,\"bad \xef\xbf\xbd utf\"]");

    json *object = json_new_object(&arena);
    json_set_text(&arena, object, "t", STR("x"));
    json_set_int(&arena, object, "i", 3);
    json_set(&arena, object, STR("list"), list);
    json_set_text(&arena, object, "t", STR("y"));
    assert_int_equal(json_count(object), 3);
    assert_text(json_text(json_first(object)), "y");

    json *copy = json_copy(&arena, shared);
    json_set_int(&arena, copy, "b", 2);
    json_set(&arena, copy, STR("a"), json_null());
    assert_string_equal(compact(copy), "{\"a\":null,\"b\":2}");
    assert_string_equal(compact(shared), "{\"a\":[1]}");

    struct arena other = {0};
    const json *deep = json_deep_copy(&other, object);
    str before = json_to_str(&other, object, JSON_COMPACT);
    arena_release(&arena);
    assert_text(json_to_str(&other, deep, JSON_COMPACT), before.p);
    arena_release(&other);
}

/* ---- comparing ---- */

/* Protects: equality is of values, not of their texts. */
static void equality(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b;
        bool equal;
    } rows[] = {
        {"1", "1.0", true},
        {"0", "-0.0", true},
        {"1", "true", false},
        {"0", "false", false},
        {"null", "0", false},
        {"\"1\"", "1", false},
        {"[1,2]", "[1,2]", true},
        {"[1,2]", "[2,1]", false},
        {"[1]", "[1,1]", false},
        {"{\"a\":1,\"b\":[{}]}", "{\"b\":[{}],\"a\":1}", true},
        {"{\"a\":1}", "{\"a\":1,\"b\":1}", false},
        {"{\"a\":1}", "{\"b\":1}", false},
        {"{}", "[]", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const json *a = parse(rows[i].a), *b = parse(rows[i].b);
        if (json_equal(a, b) != rows[i].equal || json_equal(b, a) != rows[i].equal)
            fail_msg("%s and %s", rows[i].a, rows[i].b);
    }
    assert_true(json_equal(NULL, json_null()));
    /* wide objects in opposite order */
    json *up = json_new_object(&arena), *down = json_new_object(&arena);
    for (int i = 0; i < 40; i++) {
        json_set_int(&arena, up, arena_printf(&arena, "k%d", i).p, i);
        json_set_int(&arena, down, arena_printf(&arena, "k%d", 39 - i).p, 39 - i);
    }
    assert_true(json_equal(up, down));
    json_set_int(&arena, down, "k7", 8);
    assert_false(json_equal(up, down));
}

/* Protects: equal values have equal canonical texts; order of members is by bytes. */
static void canonical(void **state)
{
    (void)state;
    struct buf text = {0};
    json_write_canonical(&text,
                         parse("{\"b\": [1.0, {\"z\": 0, \"y\": null}], \"\xc3\xa4\": 1, "
                               "\"a\": \"\\u0041\", \"B\": true, \"\": -0.0}"));
    assert_text(buf_str(&text), "{\"\":0,\"B\":true,\"a\":\"A\",\"b\":[1,{\"y\":null,\"z\":0}],"
                                "\"\xc3\xa4\":1}");
    buf_release(&text);
}

/* ---- writing ---- */

/* Protects: numbers are written in the fewest digits that read back equal. */
static void shortest_numbers(void **state)
{
    (void)state;
    static const struct {
        double number;
        const char *text;
    } rows[] = {
        {0, "0"},
        {-0.0, "0"},
        {3, "3"},
        {-17, "-17"},
        {0.1, "0.1"},
        {0.1 + 0.2, "0.30000000000000004"},
        {1.0 / 3, "0.3333333333333333"},
        {100000, "100000"},
        {999999999999999, "999999999999999"},
        {1e15, "1e+15"},
        {1e30, "1e+30"},
        {1.5e-7, "1.5e-07"},
        {0.0001, "0.0001"},
        {5e-324, "5e-324"},
        {2.2250738585072014e-308, "2.2250738585072014e-308"},
        {1.7976931348623157e308, "1.7976931348623157e+308"},
        {9007199254740993.0, "9007199254740992"},
        {HUGE_VAL, "null"},
        {-HUGE_VAL, "null"},
        {(double)NAN, "null"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf text = {0};
        json_write_number(&text, rows[i].number);
        assert_text(buf_str(&text), rows[i].text);
        buf_release(&text);
    }
}

/* Protects: any double comes back bit for bit. */
static void numbers_round_trip(void **state)
{
    (void)state;
    uint64_t bits = 1;
    struct buf text = {0};
    for (int i = 0; i < 20000; i++) {
        bits = bits * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        double number;
        memcpy(&number, &bits, sizeof number);
        if (!isfinite(number))
            continue;
        buf_clear(&text);
        json_write_number(&text, number);
        const json *back = json_parse(&arena, buf_str(&text), NULL);
        assert_non_null(back);
        if (json_number(back) != number)
            fail_msg("%.17g is written as %.*s", number, STR_ARG(buf_str(&text)));
        arena_clear(&arena);
    }
    buf_release(&text);
}

/* Protects: the three layouts, byte for byte. */
static void layouts(void **state)
{
    (void)state;
    const json *value = parse("{\"a\":[1,{\"b\":null}],\"c\":{},\"d\":[]}");
    assert_string_equal(compact(value), "{\"a\":[1,{\"b\":null}],\"c\":{},\"d\":[]}");
    assert_text(json_to_str(&arena, value, JSON_SPACED),
                "{\"a\": [1, {\"b\": null}], \"c\": {}, \"d\": []}");
    struct buf text = {0};
    json_write_indented(&text, value, 2);
    assert_text(buf_str(&text), "{\n  \"a\": [\n    1,\n    {\n      \"b\": null\n    }\n  ],\n"
                                "  \"c\": {},\n  \"d\": []\n}");
    buf_release(&text);
    assert_text(json_render(&arena, parse("\"a \\\"b\\\"\"")), "a \"b\"");
    assert_text(json_render(&arena, parse("[\"a\", 1]")), "[\"a\", 1]");
    assert_text(json_render(&arena, NULL), "null");
}

/* Protects: what was written is read back as the same value. */
static void texts_round_trip(void **state)
{
    (void)state;
    for (uint32_t code = 1; code < 0x3000; code++) {
        if (code >= 0xd800 && code <= 0xdfff)
            continue;
        char bytes[4];
        size_t n = 0;
        if (code < 0x80)
            bytes[n++] = (char)code;
        else if (code < 0x800) {
            bytes[n++] = (char)(0xc0 | code >> 6);
            bytes[n++] = (char)(0x80 | (code & 0x3f));
        } else {
            bytes[n++] = (char)(0xe0 | code >> 12);
            bytes[n++] = (char)(0x80 | (code >> 6 & 0x3f));
            bytes[n++] = (char)(0x80 | (code & 0x3f));
        }
        struct buf text = {0};
        json_write_text(&text, (str){bytes, n});
        const json *back = json_parse(&arena, buf_str(&text), NULL);
        if (!back || !str_equal(json_text(back), (str){bytes, n}))
            fail_msg("U+%04X", (unsigned)code);
        buf_release(&text);
        arena_clear(&arena);
    }
}

static void *parse_often(void *failed)
{
    struct arena own = {0};
    for (int i = 0; i < 300; i++) {
        arena_clear(&own);
        const json *value =
            json_parse(&own, STR("{\"a\": [1, 2, {\"b\": \"text\"}], \"c\": 0.5}"), NULL);
        if (!str_equal(json_text(json_get(json_at(json_get(value, STR("a")), 2), STR("b"))),
                       STR("text")))
            *(bool *)failed = true;
    }
    arena_release(&own);
    return NULL;
}

/* Protects: threads parse at once, each into its own arena. */
static void threads(void **state)
{
    (void)state;
    pthread_t thread[4];
    bool failed[4] = {false};
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, parse_often, &failed[i]), 0);
    for (int i = 0; i < 4; i++) {
        pthread_join(thread[i], NULL);
        assert_false(failed[i]);
    }
}

/* Protects: runs of plain bytes end where a byte by byte look says so, wherever they begin. */
static void plain_runs(void **state)
{
    (void)state;
    static const unsigned char stops[] = {0, 0x1f, '"', '\\', 0x7f, 0x80, 0xff};
    char text[50];
    for (size_t n = 0; n <= sizeof text; n++)
        for (size_t stop = 0; stop < sizeof stops; stop++)
            for (size_t place = 0; place <= n; place++) {
                memset(text, place % 2 ? ' ' : '~', sizeof text);
                if (place < n)
                    text[place] = (char)stops[stop];
                size_t from = place / 3;
                str all = {text, n};
                assert_int_equal(json_plain_end(all, from, JSON_PLAIN_ASCII), place);
                assert_int_equal(json_plain_end(all, from, JSON_PLAIN_BYTES),
                                 stops[stop] >= 0x80 ? n : place);
            }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(valid_texts, setup, teardown),
        cmocka_unit_test_setup_teardown(invalid_texts, setup, teardown),
        cmocka_unit_test_setup_teardown(error_places, setup, teardown),
        cmocka_unit_test_setup_teardown(depth, setup, teardown),
        cmocka_unit_test_setup_teardown(large_text, setup, teardown),
        cmocka_unit_test_setup_teardown(nul_escapes, setup, teardown),
        cmocka_unit_test_setup_teardown(duplicates, setup, teardown),
        cmocka_unit_test_setup_teardown(prefixes, setup, teardown),
        cmocka_unit_test_setup_teardown(extreme_numbers, setup, teardown),
        cmocka_unit_test_setup_teardown(lenient_reading, setup, teardown),
        cmocka_unit_test_setup_teardown(making_values, setup, teardown),
        cmocka_unit_test_setup_teardown(equality, setup, teardown),
        cmocka_unit_test_setup_teardown(canonical, setup, teardown),
        cmocka_unit_test_setup_teardown(shortest_numbers, setup, teardown),
        cmocka_unit_test_setup_teardown(numbers_round_trip, setup, teardown),
        cmocka_unit_test_setup_teardown(layouts, setup, teardown),
        cmocka_unit_test_setup_teardown(texts_round_trip, setup, teardown),
        cmocka_unit_test(plain_runs),
        cmocka_unit_test_setup_teardown(threads, setup, teardown),
    };
    return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
