/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_text.c: UTF-8, case, distance, and what may reach a terminal.
 */
#include "base/text.h"

#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "test_arena.h"
#include "test_texts.h"

/* ---- UTF-8 ---- */

/* Protects: exactly the sequences of RFC 3629 are UTF-8; the first bad byte is found. */
static void utf8_validity(void **state)
{
    (void)state;
    static const struct {
        str text;
        ptrdiff_t invalid_at;
    } rows[] = {
        {STR_INIT(""), -1},
        {STR_INIT("plain\0text"), -1},
        {STR_INIT("\xc2\x80\xdf\xbf"), -1},
        {STR_INIT("\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf"), -1},
        {STR_INIT("\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"), -1},
        {STR_INIT("\xef\xbf\xbd"), -1},
        {STR_INIT("a\x80"), 1},
        {STR_INIT("a\xc2"), 1},
        {STR_INIT("\xc2z"), 0},
        {STR_INIT("\xc0\x80"), 0},
        {STR_INIT("\xc1\xbf"), 0},
        {STR_INIT("\xe0\x9f\xbf"), 0},
        {STR_INIT("\xed\xa0\x80"), 0},
        {STR_INIT("\xed\xbf\xbf"), 0},
        {STR_INIT("\xf0\x8f\xbf\xbf"), 0},
        {STR_INIT("\xf4\x90\x80\x80"), 0},
        {STR_INIT("\xf5\x80\x80\x80"), 0},
        {STR_INIT("\xfe"), 0},
        {STR_INIT("ok\xe2\x82"), 2},
        {STR_INIT("\xef\xbf\xbd\xff"), 3},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (utf8_invalid_at(rows[i].text) != rows[i].invalid_at)
            fail_msg("row %zu: %td", i, utf8_invalid_at(rows[i].text));
}

/* Protects: every code point is coded in the fewest bytes and decoded to itself. */
static void utf8_round_trip(void **state)
{
    (void)state;
    for (uint32_t code = 0; code <= 0x10ffff; code++) {
        if (code >= 0xd800 && code <= 0xdfff)
            continue;
        char bytes[4];
        size_t n = utf8_encode(code, bytes), length = 0;
        size_t expected = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
        uint32_t back = utf8_decode((str){bytes, n}, 0, &length);
        if (n != expected || length != n || back != code)
            fail_msg("U+%04X", (unsigned)code);
    }
}

/* Protects: bad bytes count one each and become U+FFFD; a valid text is not copied. */
static void utf8_cleaning(void **state)
{
    (void)state;
    str good = STR("sch\xc3\xb6n \xf0\x9f\x90\xb2");
    assert_ptr_equal(utf8_clean(&arena, good).p, good.p);
    assert_int_equal(utf8_count(good), 7);
    str bad = STR("a\xff\xe2\x82z\xc3");
    assert_int_equal(utf8_count(bad), 6);
    assert_same_text(utf8_clean(&arena, bad),
                     STR("a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdz\xef\xbf\xbd"));
}

/* ---- case and blanks ---- */

/* Protects: lower case is the same on every machine and leaves other scripts alone. */
static void lower_case(void **state)
{
    (void)state;
    assert_same_text(
        text_lower(&arena, STR("\xc3\x84rger \xce\xa9 \xd0\x96 \xd0\x81 \xc5\xa0 X9")),
        STR("\xc3\xa4rger \xcf\x89 \xd0\xb6 \xd1\x91 \xc5\xa1 x9"));
    /* the multiplication sign stands among capitals; ÿ's capital stands elsewhere */
    assert_same_text(text_lower(&arena, STR("\xc3\x97\xc5\xb8\xe4\xb8\xad")),
                     STR("\xc3\x97\xc3\xbf\xe4\xb8\xad"));
    /* Latin Extended-A: pairs begin with even, then with odd code points */
    assert_same_text(
        text_lower(&arena, STR("\xc4\x80\xc4\x81\xc4\xb9\xc4\xba\xc5\xbb\xc5\xbc")),
        STR("\xc4\x81\xc4\x81\xc4\xba\xc4\xba\xc5\xbc\xc5\xbc"));
    assert_same_text(text_lower_ascii(&arena, STR("\xc3\x84 AZ[`az")), STR("\xc3\x84 az[`az"));
    assert_same_text(text_lower(&arena, STR("")), STR(""));
}

/* Protects: white space is squeezed to single blanks. */
static void squeezing(void **state)
{
    (void)state;
    assert_same_text(text_squeeze(&arena, STR(" \t a \n\n b\rc  ")), STR("a b c"));
    assert_same_text(text_squeeze(&arena, STR(" \n ")), STR(""));
    assert_same_text(text_squeeze(&arena, STR("ab")), STR("ab"));
}

/* ---- what may reach a terminal ---- */

/* Protects: model output cannot steer the terminal or reorder what is read. */
static void visible_controls(void **state)
{
    (void)state;
    static const struct {
        str raw, shown;
    } rows[] = {
        {STR_INIT("plain \xc3\xa4 \xe4\xb8\xad"), STR_INIT("plain \xc3\xa4 \xe4\xb8\xad")},
        {STR_INIT("a\nb\tc\rd"), STR_INIT("a\\nb\\tc\\rd")},
        {STR_INIT("\x1b[31mred\x1b]0;title\x07"), STR_INIT("\\e[31mred\\e]0;title\\x07")},
        {STR_INIT("\0\x7f"), STR_INIT("\\x00\\x7f")},
        {STR_INIT("\xc2\x9b"
                  "31m"),
         STR_INIT("\\x9b31m")},
        {STR_INIT("\xc2\x85"), STR_INIT("\\x85")},
        {STR_INIT("\xe2\x80\xae"
                  "cod.exe"),
         STR_INIT("U+202Ecod.exe")},
        {STR_INIT("\xe2\x81\xa6x\xe2\x81\xa9"), STR_INIT("U+2066xU+2069")},
        {STR_INIT("\xd8\x9c\xe2\x80\x8f\xe2\x80\xa8"), STR_INIT("U+061CU+200FU+2028")},
        {STR_INIT("\xef\xbb\xbf"), STR_INIT("U+FEFF")},
        {STR_INIT("a ##[error]x ###[ #["), STR_INIT("a #\\x23[error]x ##\\x23[ #[")},
        {STR_INIT("\xf3\xa0\x81\xa1\xc2\xad"),
         STR_INIT("U+E0061\\xad")}, /* tags, soft hyphen */
        {STR_INIT("\xff\xe2\x82"), STR_INIT("\\xff\\xe2\\x82")},
        {STR_INIT("\xef\xbf\xbd"), STR_INIT("\xef\xbf\xbd")},
        {STR_INIT(""), STR_INIT("")},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_same_text(text_visible(&arena, rows[i].raw), rows[i].shown);
}

/* Protects: nothing below U+0020 and no C1 byte survives, whatever surrounds it. */
static void visible_is_printable(void **state)
{
    (void)state;
    for (uint32_t code = 0; code < 0x100; code++) {
        char text[6] = {'a'};
        size_t n = 1 + utf8_encode(code, text + 1);
        text[n++] = 'b';
        str shown = text_visible(&arena, (str){text, n});
        for (size_t at = 0, length; at < shown.n; at += length) {
            uint32_t c = utf8_decode(shown, at, &length);
            if (c < 0x20 || (c >= 0x7f && c < 0xa0))
                fail_msg("U+%04X leaves U+%04X", (unsigned)code, (unsigned)c);
        }
    }
}

/* Protects: shortening counts code points and says that something is missing. */
static void shortening(void **state)
{
    (void)state;
    assert_same_text(text_shorten(&arena, STR("abcdef"), 6), STR("abcdef"));
    assert_same_text(text_shorten(&arena, STR("abcdef"), 5), STR("abcd\xe2\x80\xa6"));
    assert_same_text(text_shorten(&arena, STR("\xc3\xa4\xc3\xb6\xc3\xbc!"), 3),
                     STR("\xc3\xa4\xc3\xb6\xe2\x80\xa6"));
    assert_same_text(text_shorten(&arena, STR(""), 3), STR(""));
    assert_same_text(text_shorten(&arena, STR("abc"), 1), STR("\xe2\x80\xa6"));
}

/* Protects: columns of tables line up with wide and combining characters. */
static void columns(void **state)
{
    (void)state;
    assert_int_equal(text_columns(STR("abc")), 3);
    assert_int_equal(text_columns(STR("\xc3\xa4")), 1);
    assert_int_equal(text_columns(STR("a\xcc\x88")), 1);
    assert_int_equal(text_columns(STR("\xe4\xb8\xad\xe6\x96\x87")), 4);
    assert_int_equal(text_columns(STR("\xf0\x9f\x98\x80")), 2);
    assert_int_equal(text_columns(STR("🚀✅⚡")), 6);
    assert_int_equal(text_columns(STR("日本語ｶﾅ")), 8);       /* half-width kana */
    assert_int_equal(text_columns(STR("ทั้งสี่")), 3);            /* Thai with marks above */
    assert_int_equal(text_columns(STR("नि")), 2);             /* Mc takes a column */
    assert_int_equal(text_columns(STR("שָׁלוֹם")), 4);           /* Hebrew points */
    assert_int_equal(text_columns(STR("é – × █ ─ ≥ µ")), 13); /* what reports are made of */
    assert_int_equal(text_columns(STR("")), 0);
}

/* Protects: a text is cut at columns, from either end, never inside a character. */
static void fitting(void **state)
{
    (void)state;
    assert_same_text(text_fitting(STR("日本語"), 4), STR("日本"));
    assert_same_text(text_fitting(STR("日本語"), 5), STR("日本"));
    assert_same_text(text_fitting_end(STR("日本語"), 3), STR("語"));
    assert_same_text(text_fitting(STR("e\xcc\x81x"), 1), STR("e\xcc\x81"));
    assert_same_text(text_clip(&arena, STR("日本語"), 6), STR("日本語"));
    assert_same_text(text_clip(&arena, STR("日本語"), 5), STR("日本…"));
    assert_same_text(text_clip(&arena, STR("abc"), 1), STR("…"));
    assert_same_text(text_clip(&arena, STR(""), 0), STR(""));
}

/* ---- distance ---- */

/* Protects: the distance is Levenshtein's, over code points and symmetric. */
static void distances(void **state)
{
    (void)state;
    static const struct {
        str a, b;
        size_t distance;
    } rows[] = {
        {STR_INIT(""), STR_INIT(""), 0},
        {STR_INIT(""), STR_INIT("abc"), 3},
        {STR_INIT("kitten"), STR_INIT("sitting"), 3},
        {STR_INIT("flaw"), STR_INIT("lawn"), 2},
        {STR_INIT("promt"), STR_INIT("prompt"), 1},
        {STR_INIT("ab"), STR_INIT("ba"), 2},
        {STR_INIT("\xc3\xa4"), STR_INIT("a"), 1},
        {STR_INIT("\xf0\x9f\x90\xb2x"), STR_INIT("x"), 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(text_distance(rows[i].a, rows[i].b), rows[i].distance);
        assert_int_equal(text_distance(rows[i].b, rows[i].a), rows[i].distance);
    }
}

/* Protects: "did you mean" proposes what is near, the first of equals, and nothing else. */
static void nearest_words(void **state)
{
    (void)state;
    static const str words[] = {STR_INIT("prompt"), STR_INIT("schema"), STR_INIT("tools"),
                                STR_INIT("tolls")};
    assert_same_text(text_nearest(STR("promt"), words, 4), STR("prompt"));
    assert_same_text(text_nearest(STR("toels"), words, 4), STR("tools"));
    assert_same_text(text_nearest(STR("schema"), words, 4), STR("schema"));
    assert_same_text(text_nearest(STR("temperature"), words, 4), STR(""));
    /* a third of the longer length: 2 of 6 is near, 3 of 6 is not */
    assert_same_text(text_nearest(STR("prom"), words, 4), STR("prompt"));
    assert_same_text(text_nearest(STR("pro"), words, 4), STR(""));
    assert_same_text(text_nearest(STR("x"), words, 0), STR(""));
    /* not the one that removes */
    static const str commands[] = {STR_INIT("rm"), STR_INIT("run"), STR_INIT("runs")};
    assert_same_text(text_nearest(STR("rum"), commands, 3), STR("run"));
    assert_same_text(text_nearest(STR(""), words, 4), STR(""));
    /* two that changed places are one mistake, also in a short word; turned round is no swap */
    static const str names[] = {STR_INIT("label"), STR_INIT("mail"), STR_INIT("id")};
    assert_same_text(text_nearest(STR("mial"), names, 3), STR("mail"));
    assert_same_text(text_nearest(STR("amil"), names, 3), STR("mail"));
    assert_same_text(text_nearest(STR("liam"), names, 3), STR(""));
    assert_same_text(text_nearest(STR("lable"), names, 3), STR("label"));
    assert_same_text(text_nearest(STR("di"), names, 3), STR(""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(utf8_validity, setup, teardown),
        cmocka_unit_test_setup_teardown(utf8_round_trip, setup, teardown),
        cmocka_unit_test_setup_teardown(utf8_cleaning, setup, teardown),
        cmocka_unit_test_setup_teardown(lower_case, setup, teardown),
        cmocka_unit_test_setup_teardown(squeezing, setup, teardown),
        cmocka_unit_test_setup_teardown(visible_controls, setup, teardown),
        cmocka_unit_test_setup_teardown(visible_is_printable, setup, teardown),
        cmocka_unit_test_setup_teardown(shortening, setup, teardown),
        cmocka_unit_test_setup_teardown(columns, setup, teardown),
        cmocka_unit_test_setup_teardown(fitting, setup, teardown),
        cmocka_unit_test_setup_teardown(distances, setup, teardown),
        cmocka_unit_test_setup_teardown(nearest_words, setup, teardown),
    };
    return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
