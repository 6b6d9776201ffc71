/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_json_parse.c: trees of our parser held against cJSON's, of texts made at random.
 */
#include "base/json.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cjson/cJSON.h>
#include <cmocka.h>

#include "base/rng.h"
#include "test_arena.h"

/* ---- texts ---- */

struct making {
    struct buf *out;
    struct rng_key key;
    uint64_t drawn;
};

static size_t draw(struct making *making, size_t below)
{
    return (size_t)rng_below(making->key, "text", making->drawn++, below);
}

static void add_blank(struct making *making)
{
    static const char *const blanks[] = {"", "", "", " ", "\n", "\t \r\n"};
    buf_add_str(making->out, str_from(blanks[draw(making, 6)]));
}

static void add_number(struct making *making)
{
    static const char *const odd[] = {"-0",
                                      "0.1",
                                      "1e22",
                                      "1E-7",
                                      "123456789012345",
                                      "0.30000000000000004",
                                      "1234567890123456",
                                      "5e-324",
                                      "-12.50",
                                      "100",
                                      "0.000001",
                                      "999999999999999.9",
                                      "4.35",
                                      "-0.0",
                                      "12345678901234567890123456789012"};
    if (draw(making, 2))
        buf_add_str(making->out, str_from(odd[draw(making, sizeof odd / sizeof *odd)]));
    else
        buf_printf(making->out, "%s%zu.%zu", draw(making, 2) ? "-" : "", draw(making, 100000),
                   draw(making, 1000000));
}

static void add_text(struct making *making)
{
    static const char *const pieces[] = {"a",
                                         "key",
                                         "\\n",
                                         "\\\"",
                                         "\\\\",
                                         "/",
                                         "\\/",
                                         "\\u00e4",
                                         "\\ud83d\\udc32",
                                         "\xc3\xa4",
                                         "\x7f",
                                         "a long run of plain bytes, forty-six of them..",
                                         " ",
                                         "\\t",
                                         "\\u20ac",
                                         "\xf0\x9f\x90\xb2"};
    buf_add_char(making->out, '"');
    for (size_t left = draw(making, 6); left; left--)
        buf_add_str(making->out,
                    str_from(pieces[draw(making, sizeof pieces / sizeof *pieces)]));
    buf_add_char(making->out, '"');
}

static void add_value(struct making *making, unsigned depth)
{
    static const char *const words[] = {"true", "false", "null"};
    size_t kind = draw(making, depth < 5 ? 7 : 5), count = draw(making, 5);
    bool object = kind == 6;
    add_blank(making);
    if (kind < 2)
        add_text(making);
    else if (kind < 4)
        add_number(making);
    else if (kind == 4)
        buf_add_str(making->out, str_from(words[draw(making, 3)]));
    else
        buf_add_char(making->out, object ? '{' : '[');
    for (size_t i = 0; kind > 4 && i < count; i++) {
        if (i)
            buf_add_char(making->out, ',');
        if (object) {
            add_blank(making);
            buf_printf(making->out, "\"%zu", i); /* no duplicates: cJSON keeps both */
            buf_add_str(making->out, STR("\\u00e4\""));
            add_blank(making);
            buf_add_char(making->out, ':');
        }
        add_value(making, depth + 1);
        add_blank(making);
    }
    if (kind > 4)
        buf_add_char(making->out, object ? '}' : ']');
    add_blank(making);
}

/* ---- trees ---- */

static bool same(const json *ours, const cJSON *theirs)
{
    switch (json_kind(ours)) {
    case JSON_NULL:
        return cJSON_IsNull(theirs);
    case JSON_BOOL:
        return cJSON_IsBool(theirs) && json_bool(ours) == (cJSON_IsTrue(theirs) != 0);
    case JSON_NUMBER:
        return cJSON_IsNumber(theirs) && json_number(ours) == theirs->valuedouble &&
               signbit(json_number(ours)) == signbit(theirs->valuedouble);
    case JSON_TEXT:
        return cJSON_IsString(theirs) &&
               str_equal(json_text(ours), str_from(theirs->valuestring));
    case JSON_LIST:
    case JSON_OBJECT:
        break;
    }
    bool object = json_is(ours, JSON_OBJECT);
    if (object ? !cJSON_IsObject(theirs) : !cJSON_IsArray(theirs))
        return false;
    const json *item = json_first(ours);
    const cJSON *other = theirs->child;
    for (; item && other; item = json_next(item), other = other->next)
        if (!same(item, other) ||
            (object && !str_equal(json_key(item), str_from(other->string))))
            return false;
    return !item && !other;
}

/* Protects: a tree has the values that cJSON's own parser finds, to the last bit of a number. */
static void trees_like_cjson(void **state)
{
    (void)state;
    struct buf text = {0};
    struct making making = {.out = &text, .key = {1, 2}};
    for (int i = 0; i < 3000; i++) {
        buf_clear(&text);
        add_value(&making, 0);
        const json *ours = json_parse(&arena, buf_str(&text), NULL);
        cJSON *theirs = cJSON_ParseWithLength(text.p, text.n);
        if (!ours || !theirs || !same(ours, theirs))
            fail_msg("%s", text.p);
        cJSON_Delete(theirs);
        /* what is made of it says the same again */
        str again = json_to_str(&arena, ours, JSON_COMPACT);
        assert_true(json_equal(json_parse(&arena, again, NULL), ours));
        arena_clear(&arena);
    }
    buf_release(&text);
}

/* Protects: every decimal that is read without strtod is the one that strtod finds. */
static void short_decimals(void **state)
{
    (void)state;
    struct making making = {.key = {3, 4}};
    for (int i = 0; i < 20000; i++) {
        char text[32];
        size_t behind = draw(&making, 14);
        snprintf(text, sizeof text, "%s%zu.%0*zu", draw(&making, 2) ? "-" : "",
                 draw(&making, i % 3 ? 10 : 1000000), (int)behind + 1, draw(&making, 10000000));
        double number = json_number(json_parse(&arena, str_from(text), NULL));
        double right = 0;
        assert_true(str_to_double(str_from(text), &right));
        if (number != right)
            fail_msg("%s", text);
        arena_clear(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(trees_like_cjson, setup, teardown),
        cmocka_unit_test_setup_teardown(short_decimals, setup, teardown),
    };
    return cmocka_run_group_tests_name("json_parse", tests, NULL, NULL);
}
