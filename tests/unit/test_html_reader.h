/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_html_reader.h: reads a page of weir as strictly as it is written: every element is closed,
 * nothing leads out of the page or runs but its own scripts.
 */
#ifndef TEST_HTML_READER_H
#define TEST_HTML_READER_H

/* cmocka.h wants these before it */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/text.h"

enum { HTML_DEPTH_MAX = 64 };

struct html_reader {
    str rest;
    str open[HTML_DEPTH_MAX];
    size_t depth, elements;
    struct buf texts; /* what a reader sees: text between tags, a blank after each */
};

static inline bool html_is_void(str name)
{
    static const char *const names[] = {"meta", "link", "input", "br"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (str_equal(name, str_from(names[i])))
            return true;
    return false;
}

/* Of a <script> or <style>: nothing in it is markup, up to its end. */
static inline void html_skip_raw(struct html_reader *r, str name)
{
    char end[16];
    snprintf(end, sizeof end, "</%.*s>", STR_ARG(name));
    ptrdiff_t at = str_find(r->rest, str_from(end), 0);
    assert_true(at >= 0);
    if (str_contains(str_sub(r->rest, 0, (size_t)at), STR("<!--")))
        fail_msg("a comment begins in a %.*s", STR_ARG(name));
    r->rest = str_sub(r->rest, (size_t)at + strlen(end), r->rest.n);
    r->depth--;
}

/* name="value", always so. */
static inline void html_take_attribute(struct html_reader *r, str element)
{
    size_t n = 0;
    while (n < r->rest.n && (char_is_alnum(r->rest.p[n]) || r->rest.p[n] == '-'))
        n++;
    str name = str_sub(r->rest, 0, n);
    assert_true(n > 0);
    if (str_starts_with(name, STR("on")) || str_equal(name, STR("style")) ||
        str_equal(name, STR("src")))
        fail_msg("<%.*s> has %.*s", STR_ARG(element), STR_ARG(name));
    r->rest = str_sub(r->rest, n, r->rest.n);
    if (!str_starts_with(r->rest, STR("=\""))) {
        bool alone = str_equal(name, STR("autofocus")) || str_equal(name, STR("hidden"));
        if (!alone)
            fail_msg("<%.*s> %.*s has no value", STR_ARG(element), STR_ARG(name));
        return;
    }
    ptrdiff_t end = str_find(r->rest, STR("\""), 2);
    assert_true(end > 0);
    str value = str_sub(r->rest, 2, (size_t)end);
    if (str_equal(name, STR("href")) && !str_starts_with(value, STR("#")) &&
        !str_equal(value, STR("data:,")))
        fail_msg("a link to %.*s", STR_ARG(value));
    assert_false(str_contains(value, STR("<")));
    r->rest = str_sub(r->rest, (size_t)end + 1, r->rest.n);
}

static inline void html_take_start(struct html_reader *r)
{
    size_t n = 1;
    while (n < r->rest.n && char_is_alnum(r->rest.p[n]))
        n++;
    str name = str_sub(r->rest, 1, n);
    assert_true(name.n > 0);
    r->rest = str_sub(r->rest, n, r->rest.n);
    while (str_starts_with(r->rest, STR(" "))) {
        r->rest = str_sub(r->rest, 1, r->rest.n);
        if (!str_starts_with(r->rest, STR("/")))
            html_take_attribute(r, name);
    }
    bool closed = str_starts_with(r->rest, STR("/>"));
    if (!closed && !str_starts_with(r->rest, STR(">")))
        fail_msg("<%.*s> goes on with %.*s", STR_ARG(name), STR_ARG(str_sub(r->rest, 0, 30)));
    r->rest = str_sub(r->rest, closed ? 2 : 1, r->rest.n);
    r->elements++;
    if (closed || html_is_void(name))
        return;
    assert_true(r->depth < HTML_DEPTH_MAX);
    r->open[r->depth++] = name;
    if (str_equal(name, STR("script")) || str_equal(name, STR("style")))
        html_skip_raw(r, name);
}

static inline void html_take_end(struct html_reader *r)
{
    ptrdiff_t end = str_find(r->rest, STR(">"), 0);
    str name = str_sub(r->rest, 2, end < 0 ? 2 : (size_t)end);
    if (r->depth == 0 || !str_equal(name, r->open[r->depth - 1]))
        fail_msg("</%.*s> closes <%.*s>", STR_ARG(name),
                 STR_ARG(r->depth ? r->open[r->depth - 1] : STR("nothing")));
    r->depth--;
    r->rest = str_sub(r->rest, (size_t)end + 1, r->rest.n);
}

static inline void html_take_text(struct html_reader *r)
{
    ptrdiff_t end = str_find(r->rest, STR("<"), 0);
    str text = str_sub(r->rest, 0, end < 0 ? r->rest.n : (size_t)end);
    buf_add_str(&r->texts, text);
    buf_add_char(&r->texts, ' ');
    r->rest = str_sub(r->rest, text.n, r->rest.n);
}

/* Every element closed, no handler, no inline style, no link that leads out. The caller releases
 * texts. */
static inline struct html_reader html_read(str page)
{
    struct html_reader r = {.rest = page};
    assert_true(str_starts_with(r.rest, STR("<!DOCTYPE html>\n")));
    r.rest = str_sub(r.rest, 16, r.rest.n);
    while (r.rest.n) {
        if (str_starts_with(r.rest, STR("</")))
            html_take_end(&r);
        else if (str_starts_with(r.rest, STR("<")))
            html_take_start(&r);
        else
            html_take_text(&r);
    }
    assert_int_equal(r.depth, 0);
    return r;
}

#endif
