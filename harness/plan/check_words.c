/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * check_words.c: graded checks that compare the words of two texts: ROUGE, BLEU, F1.
 *
 * Each is the metric that people know by its name, so each splits texts into words as its reference
 * implementation does, and tests/data/text-metrics.json holds values that those gave:
 *
 *     rouge-n    rouge1 F-measure of google-research/rouge (package rouge_score), no stemming
 *     bleu       sentence_bleu of sacrebleu by its defaults: tokenizer 13a, smoothing exp, effective
 *                order; 0 to 1 instead of 0 to 100
 *     f1         of two texts: compute_f1 of SQuAD's evaluate-v2.0.py (of two lists: check_set.c)
 *
 * A splitter rewrites the text so that words stand between blanks; the rest is shared.
 */
#include "plan/check_parts.h"

#include "base/ngram.h"
#include "base/text.h"
#include "plan/transform_parts.h"

#include <math.h>

enum {
    /* Words of both texts: some 0.2 s of sorting. */
    WORDS_MOST = 400 * 1000,
    ORDERS = 4, /* of BLEU */
};

struct words {
    const str *word;
    size_t count;
};

/* What Python's split() takes for white space. */
static bool is_white(uint32_t c)
{
    if (c < 0x80)
        return char_is_space((char)c) || (c >= 0x1c && c <= 0x1f);
    return c == 0x85 || c == 0xa0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200a) ||
           c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f || c == 0x3000;
}

static struct words words_between_blanks(struct arena *arena, str text)
{
    size_t most = 0;
    for (size_t i = 0; i < text.n; i++)
        most += text.p[i] != ' ' && (i == 0 || text.p[i - 1] == ' ');
    str *word = arena_array(arena, str, most + 1);
    size_t count = 0;
    for (size_t from = 0, to; from < text.n; from = to + 1) {
        for (to = from; to < text.n && text.p[to] != ' '; to++)
            ;
        if (to > from)
            word[count++] = str_sub(text, from, to);
    }
    return (struct words){word, count};
}

static struct words words_of_buf(struct arena *arena, struct buf *text)
{
    str kept = arena_str(arena, buf_str(text));
    buf_release(text);
    return words_between_blanks(arena, kept);
}

/* ---- how each metric splits a text ---- */

/* Lower case. Two characters beside A to Z become letters of ASCII by it, so that they matter here:
 * the Kelvin sign, and the dotted capital I, which becomes i and a mark. */
static str all_lower(struct arena *arena, str text)
{
    struct buf plain = {0};
    str lower = text_lower(arena, text);
    for (size_t at = 0, length; at < lower.n; at += length) {
        uint32_t c = utf8_decode(lower, at, &length);
        str as_it_is = str_sub(lower, at, at + length);
        buf_add_str(&plain, c == 0x212a ? STR("k") : c == 0x130 ? STR("i\xcc\x87") : as_it_is);
    }
    lower = arena_str(arena, buf_str(&plain));
    buf_release(&plain);
    return lower;
}

/* Letters and digits of ASCII, in lower case. */
static struct words rouge_words(struct arena *arena, str text)
{
    struct buf plain = {0};
    str lower = all_lower(arena, text);
    for (size_t i = 0; i < lower.n; i++)
        buf_add_char(&plain, char_is_alnum(lower.p[i]) ? lower.p[i] : ' ');
    return words_of_buf(arena, &plain);
}

static bool is_article(str word)
{
    return str_equal(word, STR("a")) || str_equal(word, STR("an")) ||
           str_equal(word, STR("the"));
}

/* Lower case, without punctuation of ASCII, without articles. */
static struct words squad_words(struct arena *arena, str text)
{
    struct buf letters = {0}, plain = {0};
    str lower = all_lower(arena, text);
    for (size_t at = 0, length; at < lower.n; at += length) {
        uint32_t c = utf8_decode(lower, at, &length);
        if (is_white(c))
            buf_add_char(&letters, ' ');
        else if (c >= 0x80 || !is_punctuation(c))
            buf_add_str(&letters, str_sub(lower, at, at + length));
    }
    str whole = buf_str(&letters);
    for (size_t at = 0, length; at < whole.n; at += length) {
        size_t to = at;
        while (to < whole.n && is_word(utf8_decode(whole, to, &length)))
            to += length;
        if (to == at)
            utf8_decode(whole, at, &length);
        else
            length = to - at;
        str part = str_sub(whole, at, at + length);
        buf_add_str(&plain, is_article(part) ? STR(" ") : part);
    }
    buf_release(&letters);
    return words_of_buf(arena, &plain);
}

static void replace_all(struct buf *text, str what, str with)
{
    struct buf made = {0};
    str whole = buf_str(text);
    size_t from = 0;
    for (ptrdiff_t at; (at = str_find(whole, what, from)) >= 0; from = (size_t)at + what.n) {
        buf_add_str(&made, str_sub(whole, from, (size_t)at));
        buf_add_str(&made, with);
    }
    buf_add_str(&made, str_sub(whole, from, whole.n));
    buf_release(text);
    *text = made;
}

/* ASCII punctuation but for ' - . and comma stands alone. */
static void part_symbols(struct buf *text)
{
    struct buf made = {0};
    str whole = buf_str(text);
    for (size_t i = 0; i < whole.n; i++) {
        char c = whole.p[i];
        bool alone =
            is_punctuation((unsigned char)c) && (unsigned char)c < 0x80 && !strchr("'-.,", c);
        if (alone)
            buf_add_char(&made, ' ');
        buf_add_char(&made, c);
        if (alone)
            buf_add_char(&made, ' ');
    }
    buf_release(text);
    *text = made;
}

static bool is_point(char c)
{
    return c == '.' || c == ',';
}

enum pair_rule {
    POINT_AFTER_OTHER,  /* a point or comma that no digit stands before */
    POINT_BEFORE_OTHER, /* … that no digit follows */
    DASH_AFTER_DIGIT,
};

static bool rule_fits(enum pair_rule rule, char first, char second)
{
    if (rule == DASH_AFTER_DIGIT)
        return char_is_digit(first) && second == '-';
    if (rule == POINT_AFTER_OTHER)
        return !char_is_digit(first) && is_point(second);
    return is_point(first) && !char_is_digit(second);
}

/* Sets pairs of characters apart, from left to right, none of them twice: as the substitutions of
 * regular expressions do by which the tokenizer is defined. Bytes do, since what is not a digit
 * or point is only copied. */
static void part_pairs(struct buf *text, enum pair_rule rule)
{
    struct buf made = {0};
    str whole = buf_str(text);
    for (size_t i = 0; i < whole.n; i++) {
        bool fits = i + 1 < whole.n && rule_fits(rule, whole.p[i], whole.p[i + 1]);
        if (fits && rule == POINT_BEFORE_OTHER)
            buf_add_char(&made, ' ');
        buf_add_char(&made, whole.p[i]);
        if (!fits)
            continue;
        buf_add_char(&made, ' ');
        buf_add_char(&made, whole.p[++i]);
        if (rule != POINT_BEFORE_OTHER)
            buf_add_char(&made, ' ');
    }
    buf_release(text);
    *text = made;
}

static str trim_right(str text)
{
    size_t end = 0, length;
    for (size_t at = 0; at < text.n; at += length)
        if (!is_white(utf8_decode(text, at, &length)))
            end = at + length;
    return str_sub(text, 0, end);
}

static struct words bleu_words(struct arena *arena, str text)
{
    static const str replaced[][2] = {
        {STR_INIT("<skipped>"), STR_INIT("")}, {STR_INIT("-\n"), STR_INIT("")},
        {STR_INIT("\n"), STR_INIT(" ")},       {STR_INIT("&quot;"), STR_INIT("\"")},
        {STR_INIT("&amp;"), STR_INIT("&")},    {STR_INIT("&lt;"), STR_INIT("<")},
        {STR_INIT("&gt;"), STR_INIT(">")},
    };
    struct buf line = {0}, plain = {0};
    buf_add_str(&line, trim_right(text));
    for (size_t i = 0; i < sizeof replaced / sizeof replaced[0]; i++)
        replace_all(&line, replaced[i][0], replaced[i][1]);
    buf_add_char(&plain, ' ');
    buf_add_str(&plain, buf_str(&line));
    buf_add_char(&plain, ' ');
    part_symbols(&plain);
    part_pairs(&plain, POINT_AFTER_OTHER);
    part_pairs(&plain, POINT_BEFORE_OTHER);
    part_pairs(&plain, DASH_AFTER_DIGIT);
    buf_clear(&line);
    str whole = buf_str(&plain);
    for (size_t at = 0, length; at < whole.n; at += length) {
        bool white = is_white(utf8_decode(whole, at, &length));
        buf_add_str(&line, white ? STR(" ") : str_sub(whole, at, at + length));
    }
    buf_release(&plain);
    return words_of_buf(arena, &line);
}

/* ---- the metrics ---- */

/* The words of value and operand; false when the check has ended as unfit. */
static bool read_both(const struct check_subject *subject, struct check_result *result,
                      struct words (*split)(struct arena *, str), struct words *given,
                      struct words *expected)
{
    str value, text;
    if (!check_subject_text(subject, result, &value) ||
        !check_operand_text(subject, result, &text))
        return false;
    *given = split(subject->arena, value);
    *expected = split(subject->arena, text);
    if (given->count + expected->count <= WORDS_MOST)
        return true;
    check_unfit(subject, result, "the texts are too long to compare: %zu and %zu words",
                given->count, expected->count);
    return false;
}

/* F1 of precision c/g and recall c/e is 2c/(g + e): one division, so that equal texts give
 * exactly 1. */
static void grade_overlap(const struct check_subject *subject, struct check_result *result,
                          const struct words *given, const struct words *expected,
                          double both_empty)
{
    size_t common;
    ngram_common(given->word, given->count, expected->word, expected->count, 1, &common);
    size_t words = given->count + expected->count;
    double f1 = words ? 2 * (double)common / (double)words : both_empty;
    check_grade(subject, result, f1, "%s %.3g: %zu words in common, of %zu; expected %zu",
                subject->name, f1, common, given->count, expected->count);
}

void check_by_rouge_n(const struct check_subject *subject, struct check_result *result)
{
    struct words given, expected;
    if (read_both(subject, result, rouge_words, &given, &expected))
        grade_overlap(subject, result, &given, &expected, 0);
}

void check_f1_of_texts(const struct check_subject *subject, struct check_result *result)
{
    struct words given, expected;
    if (read_both(subject, result, squad_words, &given, &expected))
        grade_overlap(subject, result, &given, &expected, 1);
}

/* The geometric mean of the precisions of 1 to 4 words, as far as the value has so many, times the
 * penalty of brevity. An order without any match counts a half, a quarter, … of one (smoothing
 * "exp": Chen and Cherry 2014, method 3). */
static double bleu_of(const struct words *given, const struct words *expected,
                      const size_t common[ORDERS])
{
    double logs = 0, smooth = 1;
    size_t orders = given->count < ORDERS ? given->count : ORDERS;
    if (common[0] == 0)
        return 0; /* then no longer run can be in common either */
    for (size_t n = 1; n <= orders; n++) {
        double matches = (double)common[n - 1];
        if (common[n - 1] == 0) {
            smooth *= 2;
            matches = 1 / smooth;
        }
        logs += log(matches / (double)(given->count - n + 1));
    }
    double penalty =
        given->count < expected->count ? 1 - (double)expected->count / (double)given->count : 0;
    return exp(penalty + logs / (double)orders);
}

void check_by_bleu(const struct check_subject *subject, struct check_result *result)
{
    struct words given, expected;
    size_t common[ORDERS];
    if (!read_both(subject, result, bleu_words, &given, &expected))
        return;
    ngram_common(given.word, given.count, expected.word, expected.count, ORDERS, common);
    double bleu = bleu_of(&given, &expected, common);
    check_grade(subject, result, bleu,
                "BLEU %.3g: %zu, %zu, %zu, %zu runs of 1 to 4 words in common; %zu words, "
                "expected %zu",
                bleu, common[0], common[1], common[2], common[3], given.count, expected.count);
}
