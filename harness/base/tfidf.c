/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tfidf.c: word vectors through an inverted index (see tfidf.h): for each word the texts that have
 * it, so that comparing looks at nothing else.
 */
#include "base/tfidf.h"

#include "base/hash.h"
#include "base/mem.h"
#include "base/text.h"

#include <math.h>

struct posting {
    size_t text;
    double weight; /* first the count, then the part of a vector of length 1 */
};

struct word {
    str text; /* empty: a free place of the table */
    struct posting *posting;
    size_t count, room;
    double idf;
};

struct tfidf {
    struct word *word; /* open addressing; a power of 2, at most half full */
    size_t words, places;
    size_t texts;
};

/* ---- words of a text ---- */

/* ASCII letters and digits, and all that is not ASCII. */
static bool is_of_word(char c)
{
    return char_is_alnum(c) || (unsigned char)c >= 0x80;
}

/* The next word of *rest, empty at its end. */
static str next_word(str *rest)
{
    size_t from = 0, end;
    while (from < rest->n && !is_of_word(rest->p[from]))
        from++;
    for (end = from; end < rest->n && is_of_word(rest->p[end]);)
        end++;
    str word = str_sub(*rest, from, end);
    *rest = str_sub(*rest, end, rest->n);
    return word;
}

/* ---- the table ---- */

static struct word *place_of(const struct tfidf *tfidf, str text)
{
    size_t at = (size_t)hash_sip(3, 4, text.p, text.n) & (tfidf->places - 1);
    while (tfidf->word[at].text.n && !str_equal(tfidf->word[at].text, text))
        at = (at + 1) & (tfidf->places - 1);
    return &tfidf->word[at];
}

static void grow(struct arena *arena, struct tfidf *tfidf)
{
    struct tfidf larger = {.places = tfidf->places ? 2 * tfidf->places : 256,
                           .words = tfidf->words,
                           .texts = tfidf->texts};
    larger.word = arena_calloc(arena, larger.places, sizeof(struct word));
    for (size_t i = 0; i < tfidf->places; i++)
        if (tfidf->word[i].text.n)
            *place_of(&larger, tfidf->word[i].text) = tfidf->word[i];
    *tfidf = larger;
}

static void count_word(struct arena *arena, struct tfidf *tfidf, str text, size_t number)
{
    if (2 * (tfidf->words + 1) > tfidf->places)
        grow(arena, tfidf);
    struct word *word = place_of(tfidf, text);
    if (word->text.n == 0) {
        word->text = arena_str(arena, text);
        tfidf->words++;
    }
    if (word->count && word->posting[word->count - 1].text == number) {
        word->posting[word->count - 1].weight++;
        return;
    }
    if (word->count == word->room) {
        word->room = word->room ? 2 * word->room : 2;
        word->posting =
            arena_grow(arena, word->posting, word->count, word->room, sizeof *word->posting);
    }
    word->posting[word->count++] = (struct posting){number, 1};
}

/* From counts to vectors of length 1. */
static void weigh(struct tfidf *tfidf)
{
    double *squares = xcalloc(tfidf->texts + 1, sizeof *squares);
    for (size_t i = 0; i < tfidf->places; i++) {
        struct word *word = &tfidf->word[i];
        word->idf = log((1 + (double)tfidf->texts) / (1 + (double)word->count)) + 1;
        for (size_t k = 0; k < word->count; k++) {
            word->posting[k].weight *= word->idf;
            squares[word->posting[k].text] += word->posting[k].weight * word->posting[k].weight;
        }
    }
    for (size_t i = 0; i < tfidf->places; i++)
        for (size_t k = 0; k < tfidf->word[i].count; k++)
            tfidf->word[i].posting[k].weight /= sqrt(squares[tfidf->word[i].posting[k].text]);
    xfree(squares);
}

struct tfidf *tfidf_new(struct arena *arena, const str *text, size_t count)
{
    struct tfidf *tfidf = arena_new(arena, struct tfidf);
    struct arena scratch = {0};
    tfidf->texts = count;
    grow(arena, tfidf);
    for (size_t i = 0; i < count; i++) {
        str rest = text_lower(&scratch, text[i]), word;
        while ((word = next_word(&rest)).n)
            count_word(arena, tfidf, word, i);
        arena_clear(&scratch);
    }
    weigh(tfidf);
    arena_release(&scratch);
    return tfidf;
}

/* ---- comparing ---- */

struct counted {
    const struct word *word;
    double count;
};

/* The words of a text that the index has, each once. */
static size_t count_known(const struct tfidf *tfidf, str text, struct arena *scratch,
                          struct counted *known)
{
    size_t *number = arena_array(scratch, size_t, tfidf->places); /* 1 + place in known */
    size_t count = 0;
    str word;
    while ((word = next_word(&text)).n) {
        const struct word *found = place_of(tfidf, word);
        size_t *at = &number[found - tfidf->word];
        if (found->text.n == 0)
            continue;
        if (*at == 0) {
            known[count++] = (struct counted){.word = found};
            *at = count;
        }
        known[*at - 1].count++;
    }
    return count;
}

void tfidf_compare(const struct tfidf *tfidf, str text, struct arena *scratch,
                   double *similarity)
{
    text = text_lower(scratch, text);
    struct counted *known = arena_array(scratch, struct counted, text.n / 2 + 1);
    size_t count = count_known(tfidf, text, scratch, known);
    double square = 0;
    for (size_t i = 0; i < tfidf->texts; i++)
        similarity[i] = 0;
    for (size_t i = 0; i < count; i++) {
        double weight = known[i].count * known[i].word->idf;
        square += weight * weight;
        for (size_t k = 0; k < known[i].word->count; k++) {
            const struct posting *posting = &known[i].word->posting[k];
            similarity[posting->text] += weight * posting->weight;
        }
    }
    for (size_t i = 0; square > 0 && i < tfidf->texts; i++)
        similarity[i] = fmin(1, similarity[i] / sqrt(square));
}
