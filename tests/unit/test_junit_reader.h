/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_junit_reader.h: a reader of JUnit XML for tests: it knows no more XML than such a file may
 * have, and refuses the rest.
 */
#ifndef TEST_JUNIT_READER_H
#define TEST_JUNIT_READER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/text.h"

/* Elements and attributes of junit-10.xsd that are used, each with its parent; '!' is required. */
static const struct {
    const char *name, *parent, *attributes;
} shape[] = {
    {"testsuites", "", "name tests failures errors time"},
    {"testsuite", "testsuites", "!name !tests failures errors skipped time"},
    {"properties", "testsuite", ""},
    {"property", "properties", "!name !value"},
    {"testcase", "testsuite", "!name classname time"},
    {"skipped", "testcase", "message type"},
    {"error", "testcase", "message type"},
    {"failure", "testcase", "message type"},
    {"system-out", "testcase", ""},
};
enum { SHAPES = sizeof shape / sizeof shape[0], DEPTH_MAX = 8, ATTRIBUTES_MAX = 8 };

struct reader {
    str rest;
    size_t open[DEPTH_MAX]; /* of shape */
    size_t depth;
    uint64_t found[SHAPES];
    uint64_t tests, failures, errors; /* what the root says */
    struct buf text;                  /* all texts and values, unescaped */
};

static inline size_t element_of(str name)
{
    for (size_t i = 0; i < SHAPES; i++)
        if (str_equal(name, str_from(shape[i].name)))
            return i;
    fail_msg("element '%.*s'", STR_ARG(name));
    return 0;
}

static inline str take_name(struct reader *r)
{
    size_t n = 0;
    while (n < r->rest.n && (char_is_alnum(r->rest.p[n]) || r->rest.p[n] == '-'))
        n++;
    assert_true(n > 0);
    str name = str_sub(r->rest, 0, n);
    r->rest = str_sub(r->rest, n, r->rest.n);
    return name;
}

static inline bool take(struct reader *r, const char *word)
{
    if (!str_starts_with(r->rest, str_from(word)))
        return false;
    r->rest = str_sub(r->rest, strlen(word), r->rest.n);
    return true;
}

static inline void need(struct reader *r, const char *word)
{
    if (!take(r, word))
        fail_msg("expected %s before %.*s", word, STR_ARG(str_sub(r->rest, 0, 60)));
}

/* One character or reference of text; ends at `end` and at '<'. */
static inline void take_text(struct reader *r, char end)
{
    static const struct {
        const char *name, *is;
    } references[] = {{"&amp;", "&"}, {"&lt;", "<"},   {"&gt;", ">"},  {"&quot;", "\""},
                      {"&#9;", "\t"}, {"&#10;", "\n"}, {"&#13;", "\r"}};
    while (r->rest.n && r->rest.p[0] != end && r->rest.p[0] != '<') {
        size_t i = 0, length;
        uint32_t c = utf8_decode(r->rest, 0, &length);
        if (c == '&') {
            while (i < 7 && !take(r, references[i].name))
                i++;
            assert_true(i < 7);
            buf_add_str(&r->text, str_from(references[i].is));
            continue;
        }
        bool good = c == '\n' || (c >= 0x20 && c <= 0xd7ff) || (c >= 0xe000 && c <= 0xfffd) ||
                    c >= 0x10000;
        if (!good)
            fail_msg("character %x in XML", c);
        buf_add_str(&r->text, str_sub(r->rest, 0, length));
        r->rest = str_sub(r->rest, length, r->rest.n);
    }
}

static inline void take_attributes(struct reader *r, size_t element)
{
    str seen[ATTRIBUTES_MAX], word, words = str_from(shape[element].attributes);
    size_t count = 0;
    while (take(r, " ")) {
        str name = take_name(r);
        need(r, "=\"");
        size_t before = r->text.n;
        take_text(r, '"');
        need(r, "\"");
        for (size_t i = 0; i < count; i++)
            assert_false(str_equal(seen[i], name));
        assert_true(count < ATTRIBUTES_MAX);
        seen[count++] = name;
        int64_t number = 0;
        str_to_int(str_sub(buf_str(&r->text), before, r->text.n), &number);
        if (element == 0 && str_equal(name, STR("tests")))
            r->tests = (uint64_t)number;
        if (element == 0 && str_equal(name, STR("failures")))
            r->failures = (uint64_t)number;
        if (element == 0 && str_equal(name, STR("errors")))
            r->errors = (uint64_t)number;
    }
    for (size_t i = 0; i < count; i++) {
        str all = words;
        bool known = false;
        while (all.n) {
            str_cut(all, ' ', &word, &all);
            known = known || str_equal(seen[i], word) ||
                    (word.p[0] == '!' && str_equal(seen[i], str_sub(word, 1, word.n)));
        }
        if (!known)
            fail_msg("attribute '%.*s' of %s", STR_ARG(seen[i]), shape[element].name);
    }
    while (words.n) {
        str_cut(words, ' ', &word, &words);
        bool found = word.p[0] != '!';
        for (size_t i = 0; i < count; i++)
            found = found || str_equal(seen[i], str_sub(word, 1, word.n));
        assert_true(found);
    }
}

static inline void read_xml(struct reader *r, str text)
{
    *r = (struct reader){.rest = text};
    need(r, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    do {
        if (take(r, "</")) {
            assert_true(r->depth > 0);
            need(r, shape[r->open[--r->depth]].name);
            need(r, ">");
        } else if (take(r, "<")) {
            size_t element = element_of(take_name(r));
            const char *parent = r->depth ? shape[r->open[r->depth - 1]].name : "";
            assert_string_equal(shape[element].parent, parent);
            r->found[element]++;
            take_attributes(r, element);
            if (!take(r, "/>")) {
                need(r, ">");
                assert_true(r->depth < DEPTH_MAX);
                r->open[r->depth++] = element;
            }
        }
        take_text(r, '<');
    } while (r->rest.n);
    assert_int_equal(r->depth, 0);
    assert_int_equal(r->found[0], 1);
    assert_int_equal(r->tests, r->found[element_of(STR("testcase"))]);
    assert_int_equal(r->failures, r->found[element_of(STR("failure"))]);
    assert_int_equal(r->errors, r->found[element_of(STR("error"))]);
}

#endif
