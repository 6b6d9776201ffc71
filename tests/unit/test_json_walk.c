/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_json_walk.c: reading JSON without a tree gives what the tree gives, and refuses what the
 * parser refuses.
 */
#include "base/json_walk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/json.h"

/* Builds the tree anew from a walk. */
static const json *rebuild(struct arena *arena, struct json_walk *walk)
{
    str key;
    if (json_walk_object(walk)) {
        json *object = json_new_object(arena);
        while (json_walk_member(walk, &key)) {
            struct buf name = {0};
            /* The name comes without its quotes; a slice of the text has them around it. */
            assert_true(json_walk_text((str){key.p - 1, key.n + 2}, &name));
            const json *value = rebuild(arena, walk);
            json_set(arena, object, buf_str(&name), value ? value : json_null());
            buf_release(&name);
        }
        return object;
    }
    if (json_walk_list(walk)) {
        json *list = json_new_list(arena);
        while (json_walk_item(walk)) {
            const json *item = rebuild(arena, walk);
            json_add(arena, list, item ? item : json_null());
        }
        return list;
    }
    str value = json_walk_value(walk);
    struct buf text = {0};
    const json *made = json_parse(arena, value, NULL);
    if (json_walk_text(value, &text)) {
        assert_true(json_equal(json_new_text(arena, buf_str(&text)), made));
    }
    assert_int_equal(json_walk_is_null(value), made && json_kind(made) == JSON_NULL);
    buf_release(&text);
    return made;
}

/* A fork of the walk over all prefixes and mutations of the rows: what the parser takes is read
 * alike, what it refuses is refused. */
static void expect_alike(str text)
{
    struct arena arena = {0};
    struct json_walk walk = json_walk_begin(text);
    const json *parsed = json_parse(&arena, text, NULL);
    const json *walked = rebuild(&arena, &walk);
    bool good = json_walk_end(&walk);
    if (good != (parsed != NULL) || (good && !json_equal(walked, parsed)))
        fail_msg("differs from json_parse: %.*s", STR_ARG(text));
    arena_release(&arena);
}

static const char *const texts[] = {
    "{}",
    "[]",
    " { \"a\" : [ 1 , {\"b\":null} , \"c\" ] , \"d\":{} , \"e\":[] } ",
    "{\"a\":1,\"a\":2,\"b\\u0063\":\"\\u0041\\ud83d\\ude00\\n\\/\\\"\\\\\\b\\f\\r\\t\"}",
    "[\"\\ud83d\",\"\\ude00x\",\"\\u0000\",\"\\ud83d\\u0041\",\"\xc3\xa4\xe2\x82\xac\"]",
    "[[[[1.5e3,-0.25,true,false,null]]],{\"x\":{\"y\":{\"z\":[{}]}}}]",
    "\"text\"",
    "-12",
};

/* Protects: members, items, texts and escapes are those of the parser. */
static void walks_like_the_parser(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        expect_alike(str_from(texts[i]));
}

/* Protects: text that is cut off or damaged anywhere is refused where the parser refuses it. */
static void refuses_like_the_parser(void **state)
{
    (void)state;
    static const char damage[] = "{}[]\",:x0\\ \x01\xff";
    char copy[200];
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        str text = str_from(texts[i]);
        for (size_t at = 0; at < text.n; at++) {
            expect_alike(str_sub(text, 0, at));
            for (size_t d = 0; d + 1 < sizeof damage; d++) {
                memcpy(copy, text.p, text.n);
                copy[at] = damage[d];
                expect_alike((str){copy, text.n});
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(walks_like_the_parser),
        cmocka_unit_test(refuses_like_the_parser),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
