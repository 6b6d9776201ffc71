/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * similar.c: word sets and edit distance as shares from 0 to 1 (see similar.h).
 *
 * Words become numbers once, for all texts of a comparison, so that a thousand tasks can be
 * compared each with each. No stemming and no folding of letters: what counts as alike must not
 * depend on a language.
 */
#include "patterns/similar.h"

#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>

struct word {
    str text;
    uint32_t of; /* the text it stands in */
    uint32_t number;
};

static int by_text(const void *left, const void *right)
{
    const struct word *a = left, *b = right;
    int order = str_compare(a->text, b->text);
    return order ? order : a->of < b->of ? -1 : a->of > b->of;
}

static int by_owner(const void *left, const void *right)
{
    const struct word *a = left, *b = right;
    if (a->of != b->of)
        return a->of < b->of ? -1 : 1;
    return a->number < b->number ? -1 : a->number > b->number;
}

/* The words of a text; with NULL they are only counted. */
static size_t split(str text, uint32_t of, struct word *word)
{
    size_t count = 0, start = 0;
    for (size_t i = 0; i <= text.n; i++) {
        if (i < text.n && !char_is_space(text.p[i]))
            continue;
        if (i > start) {
            if (word)
                word[count] = (struct word){{text.p + start, i - start}, of, 0};
            count++;
        }
        start = i + 1;
    }
    return count;
}

/* Numbers equal words alike and drops repeats within a text. */
static size_t number_words(struct word *word, size_t total)
{
    size_t kept = 0;
    uint32_t number = 0;
    qsort(word, total, sizeof word[0], by_text);
    for (size_t i = 0; i < total; i++) {
        bool same = kept && str_equal(word[kept - 1].text, word[i].text);
        if (same && word[kept - 1].of == word[i].of)
            continue;
        number += kept && !same;
        word[kept] = word[i];
        word[kept++].number = number;
    }
    qsort(word, kept, sizeof word[0], by_owner);
    return kept;
}

struct word_set *word_sets_new(struct arena *arena, const str *text, size_t count)
{
    struct word_set *set = arena_array(arena, struct word_set, count + 1);
    size_t total = 0;
    for (size_t i = 0; i < count; i++)
        total += split(text[i], 0, NULL);
    struct word *word = xcalloc(total + 1, sizeof(struct word));
    total = 0;
    for (size_t i = 0; i < count; i++)
        total += split(text[i], (uint32_t)i, word + total);
    total = number_words(word, total);
    uint32_t *numbers = arena_array(arena, uint32_t, total + 1);
    for (size_t i = 0; i < total; i++) {
        struct word_set *own = &set[word[i].of];
        numbers[i] = word[i].number;
        if (own->count++ == 0)
            own->word = &numbers[i];
    }
    xfree(word);
    return set;
}

/* Words in common; SIZE_MAX as soon as there cannot be `least`. */
static size_t common_words(struct word_set a, struct word_set b, double least)
{
    size_t i = 0, j = 0, common = 0;
    while (i < a.count && j < b.count) {
        size_t left = a.count - i < b.count - j ? a.count - i : b.count - j;
        if ((double)(common + left) < least)
            return SIZE_MAX;
        uint32_t x = a.word[i], y = b.word[j];
        common += x == y;
        i += x <= y;
        j += y <= x;
    }
    return common;
}

static double jaccard(struct word_set a, struct word_set b, size_t common)
{
    size_t all = a.count + b.count - common;
    return all ? (double)common / (double)all : 1;
}

double word_sets_similarity(struct word_set a, struct word_set b)
{
    return jaccard(a, b, common_words(a, b, 0));
}

/* c / (a + b - c) >= s needs c >= s (a + b) / (1 + s); the small slack leaves the decision at
 * the border to the division that everyone makes. */
bool word_sets_reach(struct word_set a, struct word_set b, double share)
{
    double least = share * (double)(a.count + b.count) / (1 + share) - 0.001;
    size_t common = common_words(a, b, least);
    return common != SIZE_MAX && jaccard(a, b, common) >= share;
}

static double words_similarity(str a, str b)
{
    struct arena arena = {0};
    str text[] = {text_lower_ascii(&arena, a), text_lower_ascii(&arena, b)};
    struct word_set *set = word_sets_new(&arena, text, 2);
    double similarity = word_sets_similarity(set[0], set[1]);
    arena_release(&arena);
    return similarity;
}

double texts_similarity(str a, str b)
{
    if (str_equal(a, b))
        return 1;
    size_t length = utf8_count(a), other = utf8_count(b);
    if (length > SIMILAR_EDITS_MOST || other > SIMILAR_EDITS_MOST)
        return words_similarity(a, b);
    double longer = (double)(length > other ? length : other);
    return 1 - (double)text_distance(a, b) / longer;
}
