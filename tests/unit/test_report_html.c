/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_report_html.c: the HTML page without a browser: its parts, that every element is closed,
 * that nothing from outside is markup, and the same bytes every time. What it does in a browser is
 * tested in tests/browser.
 */
#include "unit/test_html_reader.h"
#include "unit/test_report_data.h"

#include "base/json.h"
#include "base/text.h"
#include "reports/html_escape.h"
#include "reports/html_svg.h"

static str data_block(const struct buf *out)
{
    static const char begin[] = "<script type=\"application/json\" id=\"data\">";
    ptrdiff_t from = str_find(buf_str(out), STR(begin), 0);
    assert_true(from > 0);
    ptrdiff_t to = str_find(buf_str(out), STR("</script>"), (size_t)from);
    return str_sub(buf_str(out), (size_t)from + sizeof begin - 1, (size_t)to);
}

/* ---- the page ---- */

/* Drawing takes longer than all else: only one test has gnuplot at hand. */
static char *path_of_programs;

static void with_gnuplot(bool wanted)
{
    setenv("PATH", wanted && path_of_programs ? path_of_programs : "/nowhere", 1);
}

/* Protects: verdict before figures before failures, every part there and linked, a policy that lets
 * nothing run but the page's own scripts. */
static void parts(void **state)
{
    (void)state;
    struct data data;
    data_make(&data, (struct data_options){0}, true);
    struct report_input input = data_input(&data);
    with_gnuplot(true);
    struct buf out = data_render("html", &input);
    with_gnuplot(false);
    struct html_reader page = html_read(buf_str(&out));
    static const char *const order[] = {
        "<h1>Support mail</h1>", "class=\"verdict\"",   "class=\"answers\"", "<nav ",
        "id=\"comparison\"",     "id=\"plots\"",        "id=\"failures\"",   "id=\"samples\"",
        "id=\"steps\"",          "id=\"variants\"",     "id=\"tables\"",     "id=\"methods\"",
        "id=\"experiment\"",     "<dialog id=\"cell\"", "id=\"data\">"};
    ptrdiff_t at = 0;
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
        at = str_find(buf_str(&out), str_from(order[i]), (size_t)at);
        if (at < 0)
            fail_msg("no %s where it belongs", order[i]);
    }
    assert_has(&out, "default-src 'none'; img-src data:; base-uri 'none'; form-action 'none'; "
                     "style-src 'sha256-");
    assert_has(&out, "script-src 'sha256-");
    assert_lacks(&out, "unsafe-inline");
    assert_lacks(&out, "https://");
    assert_has(&out, "these figures describe its configuration, not a model.");
    assert_has(&out, "40 samples × 2 trials");
    assert_true(page.elements > 500);
    buf_release(&page.texts);
    buf_release(&out);
    data_free(&data);
}

/* Protects: the figures are those of the other formats, which come from the same summary. */
static void figures(void **state)
{
    (void)state;
    struct data data;
    data_make(&data, (struct data_options){0}, true);
    struct report_input input = data_input(&data);
    input.width = 120;
    struct buf out = data_render("html", &input), text = data_render("text", &input);
    struct html_reader page = html_read(buf_str(&out));
    const struct summary_comparison *c = &data.summary->comparisons[0];
    assert_true(str_contains(buf_str(&page.texts), data.summary->winner_text));
    assert_true(str_contains(buf_str(&page.texts), c->flips_text));
    str rest = buf_str(&text), line;
    size_t shares = 0;
    while (rest.n) { /* every percentage of the terminal's stands on the page */
        str_cut(rest, '\n', &line, &rest);
        for (size_t i = 4; i + 2 < line.n; i++)
            if (str_equal(str_sub(line, i, i + 2), STR(" %")) && line.p[i - 2] == '.') {
                str share = str_sub(line, i - 4, i);
                shares++;
                if (!str_contains(buf_str(&page.texts), str_trim(share)))
                    fail_msg("the page does not have %.*s %%", STR_ARG(share));
            }
    }
    assert_true(shares > 20);
    buf_release(&page.texts);
    buf_release(&out);
    buf_release(&text);
    data_free(&data);
}

/* Protects: what the scripts read is JSON, with every sample, mark and trace that a cell needs. */
static void the_block_of_data(void **state)
{
    (void)state;
    struct data data;
    data_make(&data, (struct data_options){0}, true);
    struct report_input input = data_input(&data);
    struct buf out = data_render("html", &input);
    struct json_error error = {0};
    const json *block = json_parse(&data.arena, data_block(&out), &error);
    if (!block)
        fail_msg("line %u: %s", error.line, error.what);
    assert_int_equal(json_count(json_get(block, STR("variants"))), DATA_VARIANTS);
    assert_int_equal(json_count(json_get(block, STR("samples"))), DATA_SAMPLES);
    assert_int_equal(json_count(json_get(block, STR("traces"))),
                     DATA_CELLS - 1); /* 1 pending */
    size_t marks[256] = {0};
    const json *samples = json_get(block, STR("samples"));
    for (const json *row = json_first(samples); row; row = json_next(row)) {
        str text = json_text(json_at(row, 2));
        assert_int_equal(text.n, DATA_VARIANTS * DATA_TRIALS);
        for (size_t i = 0; i < text.n; i++)
            marks[(unsigned char)text.p[i]]++;
    }
    uint64_t right = 0, failed = 0;
    for (size_t v = 0; v < DATA_VARIANTS; v++) {
        right += data.summary->variants[v].correct;
        failed += data.summary->variants[v].statuses[SUMMARY_ERROR];
    }
    assert_int_equal(marks['p'], right);
    assert_int_equal(marks['e'], failed);
    assert_int_equal(marks['n'], 1);
    const json *trace = json_first(json_get(block, STR("traces")));
    assert_string_equal(json_text(json_get(trace, STR("why"))).p, "typical");
    assert_true(json_count(json_get(trace, STR("calls"))) >= 1);
    assert_true(json_count(json_get(trace, STR("steps"))) >= 1);
    buf_release(&out);
    data_free(&data);
}

/* Protects: hostile text in every field that reaches the page is text: no element of its own, no
 * control character, no turned text, and a block of data that no tag can end. */
static void hostile(void **state)
{
    (void)state;
    static const char *const names[] = {"</script><script>alert(1)</script>",
                                        "\" onload=\"alert(1)\x1b[31m", "<!--<script>`$(x)`"};
    struct data plain, data;
    data_make(&plain, (struct data_options){0}, true);
    data_make(&data, (struct data_options){.names = names, .hostile = true}, true);
    struct report_input input = data_input(&plain);
    struct buf out = data_render("html", &input);
    struct html_reader page = html_read(buf_str(&out));
    buf_release(&page.texts);
    buf_release(&out);
    input = data_input(&data);
    out = data_render("html", &input);
    page = html_read(buf_str(&out));
    assert_lacks(&out, "<script>alert");
    assert_true(str_contains(buf_str(&page.texts), STR("&lt;script&gt;alert(1)")));
    str block = data_block(&out);
    for (size_t i = 0; i < block.n; i++)
        assert_true(block.p[i] != '<' && block.p[i] != '>' && block.p[i] != '&');
    assert_non_null(json_parse(&data.arena, block, NULL));
    str all = buf_str(&out);
    assert_int_equal(utf8_invalid_at(all), -1);
    for (size_t i = 0; i < all.n; i++)
        if ((unsigned char)all.p[i] < ' ' && all.p[i] != '\n' && all.p[i] != '\t')
            fail_msg("byte %02x", (unsigned)(unsigned char)all.p[i]);
    assert_lacks(&out, "\xe2\x80\xae");
    buf_release(&page.texts);
    buf_release(&out);
    data_free(&plain);
    data_free(&data);
}

/* Protects: an answer of ten megabytes in a line makes no page of ten megabytes, and what is left out
 * is said. */
static void huge(void **state)
{
    (void)state;
    struct data data;
    data_make(&data, (struct data_options){.huge = true}, true);
    struct report_input input = data_input(&data);
    struct buf out = data_render("html", &input);
    struct html_reader page = html_read(buf_str(&out));
    assert_true(out.n < 3 * 1000 * 1000);
    assert_has(&out, " more bytes: weir show]");
    buf_release(&page.texts);
    buf_release(&out);
    data_free(&data);
}

/* Protects: a second report of a run has the same bytes, and so has one of a run whose cells ended
 * in another order. */
static void same_bytes(void **state)
{
    (void)state;
    struct data data, other;
    data_make(&data, (struct data_options){0}, true);
    data_make(&other, (struct data_options){.step = 7}, true);
    struct report_input input = data_input(&data), second = data_input(&other);
    struct buf a = data_render("html", &input), b = data_render("html", &input);
    struct buf c = data_render("html", &second);
    assert_true(str_equal(buf_str(&a), buf_str(&b)));
    assert_true(str_equal(buf_str(&a), buf_str(&c)));
    buf_release(&a);
    buf_release(&b);
    buf_release(&c);
    data_free(&data);
    data_free(&other);
}

/* Protects: without the run's file there is a page too, which says what it lacks; and one of a run
 * in which nothing happened. */
static void without_cells(void **state)
{
    (void)state;
    struct data data;
    data_make(&data, (struct data_options){0}, false);
    struct report_input input = data_input(&data);
    struct buf out = data_render("html", &input);
    struct html_reader page = html_read(buf_str(&out));
    assert_has(&out, "The run&#39;s file was not at hand");
    assert_has(&out, "No pictures: gnuplot was not installed");
    assert_lacks(&out, "<script>");
    buf_release(&page.texts);
    buf_release(&out);
    data_free(&data);

    static const struct summary_variant_meta variant = {STR_INIT("only"), STR_INIT("call")};
    struct summary_meta meta = {.variants = &variant, .variant_count = 1};
    struct err err = {0};
    struct summary *summary = summary_begin(&meta);
    data_check(summary_finish(summary, &err), &err);
    struct report_input none = {.summary = summary};
    out = data_render("html", &none);
    page = html_read(buf_str(&out));
    buf_release(&page.texts);
    buf_release(&out);
    summary_free(summary);
}

/* Protects: a hundred variants with hostile names are a page too. */
static void many_variants(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct summary *summary = data_many(&arena, 100);
    struct report_input input = {.summary = summary};
    struct buf out = data_render("html", &input);
    struct html_reader page = html_read(buf_str(&out));
    assert_true(out.n < 5 * 1000 * 1000);
    buf_release(&page.texts);
    buf_release(&out);
    summary_free(summary);
    arena_release(&arena);
}

/* ---- escaping ---- */

static str written(struct arena *arena, void (*write)(struct buf *, str), str text)
{
    struct buf out = {0};
    write(&out, text);
    str kept = arena_str(arena, buf_str(&out));
    buf_release(&out);
    return kept;
}

/* Protects: each context has its own escapes, and control characters are shown in all of them. */
static void escapes(void **state)
{
    (void)state;
    struct arena arena = {0};
    assert_string_equal(written(&arena, html_text, STR("<a href=\"x\">&'\x1b\n\t\x80")).p,
                        "&lt;a href=&quot;x&quot;&gt;&amp;&#39;\\e\n\t\\x80");
    assert_string_equal(written(&arena, html_attribute, STR("\" onload=\"x")).p,
                        "&quot; onload=&quot;x");
    assert_string_equal(written(&arena, html_json, STR("[\"</script>&\"]")).p,
                        "[\"\\u003c/script\\u003e\\u0026\"]");
    assert_string_equal(
        written(&arena, html_sentence, STR("12.5 % of 3 sums in 7 ms, 1.4 – 1.5")).p,
        "12.5\xc2\xa0% of 3 sums in 7\xc2\xa0ms, 1.4\xc2\xa0–\xc2\xa0"
        "1.5");
    size_t left_out;
    assert_string_equal(html_lines(&arena, STR("ab\xc3\xa9z"), 3, &left_out).p, "ab");
    assert_int_equal(left_out, 3);
    assert_string_equal(html_lines(&arena, STR("a\r\nb\xe2\x80\xae"), 99, &left_out).p,
                        "a\nbU+202E");
    assert_int_equal(left_out, 0);
    arena_release(&arena);
}

/* ---- pictures ---- */

static str cleaned(struct arena *arena, const char *svg)
{
    struct html_picture picture = {"p", STR("<T>"), STR("D")};
    struct buf out = {0};
    bool good = html_svg(&out, str_from(svg), &picture);
    str kept = good ? arena_str(arena, buf_str(&out)) : STR("refused");
    if (!good)
        assert_int_equal(out.n, 0);
    buf_release(&out);
    return kept;
}

#define SVG(inside)                                                                            \
    "<?xml version=\"1.0\"?>\n<svg viewBox='0 0 9 9' onload='x()'>" inside "</svg>"
#define ROOT                                                                                   \
    "<svg class=\"plot\" role=\"img\" viewBox=\"0 0 9 9\" aria-labelledby=\"p-title "          \
    "p-about\"><title id=\"p-title\">&lt;T&gt;</title><desc id=\"p-about\">D</desc>"

/* Protects: of a picture only shapes stay; what could run, lead out or clash does not. */
static void pictures(void **state)
{
    (void)state;
    struct arena arena = {0};
    static const struct {
        const char *svg, *expected;
    } cases[] = {
        {SVG("<g id='a'><rect x='1' fill='#ffffff'/></g>"),
         ROOT "<g id=\"p-a\"><rect x=\"1\" fill=\"var(--paper)\"></rect></g></svg>"},
        {SVG("<script>x()</script><path d='M1,2 L3,4z' stroke='rgb(  0, 114, 178)'/>"),
         ROOT "<path d=\"M1,2 L3,4z\" stroke=\"#0072b2\"></path></svg>"},
        {SVG("<foreignObject><body onload='x()'>y</body></foreignObject><g></g>"),
         ROOT "</svg>"},
        {SVG("<use xlink:href='#a'/><use xlink:href='data:x'/>"),
         ROOT "<use href=\"#p-a\"></use><use></use></svg>"},
        {SVG("<text onclick='x()' style='a:b'>&lt;b&gt; &amp;lt; &#60;</text>"),
         ROOT "<text>&lt;b&gt; &amp;lt; &amp;#60;</text></svg>"},
        {SVG("<rect fill='url(http://x)' x='1;2' y='\"'/>"),
         ROOT "<rect fill=\"currentColor\"></rect></svg>"},
        {SVG("<g><g><title>a</title></g></g><!-- <script> -->"), ROOT "</svg>"},
        {"<svg><rect fill='#eef5fa'/></svg>",
         "<svg class=\"plot light\" role=\"img\" aria-labelledby=\"p-title p-about\"><title "
         "id=\"p-title\">&lt;T&gt;</title><desc id=\"p-about\">D</desc><rect "
         "fill=\"#eef5fa\"></rect></svg>"},
        {SVG("<g>"), "refused"},
        {SVG("</g>"), "refused"},
        {"", "refused"},
        {"<svg></svg><svg></svg>", "refused"},
        {"<g></g>", "refused"},
        {SVG("<rect x=1/>"), "refused"},
        {SVG("<![CDATA[<script>]]>"), "refused"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_string_equal(cleaned(&arena, cases[i].svg).p, cases[i].expected);
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts),
        cmocka_unit_test(figures),
        cmocka_unit_test(the_block_of_data),
        cmocka_unit_test(hostile),
        cmocka_unit_test(huge),
        cmocka_unit_test(same_bytes),
        cmocka_unit_test(without_cells),
        cmocka_unit_test(many_variants),
        cmocka_unit_test(escapes),
        cmocka_unit_test(pictures),
    };
    path_of_programs = getenv("PATH") ? xstrdup(getenv("PATH")) : NULL;
    with_gnuplot(false);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    xfree(path_of_programs);
    return failed;
}
