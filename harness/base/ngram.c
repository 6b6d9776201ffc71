/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ngram.c: runs of words in common (see ngram.h).
 *
 * Words get numbers, equal words the same one. A run of k words is then the pair of the number of
 * its first k - 1 and that of its last word: a key of 64 bits whatever k is. For each order the keys
 * of both lists are sorted together, and runs of equal keys give both the counts and the numbers
 * that the next order builds on.
 */
#include "base/ngram.h"

#include "base/mem.h"

#include <stdlib.h>

struct word {
    str text;
    uint32_t at;
};

struct gram {
    uint64_t key;
    uint32_t at; /* of its first word in both lists, one behind the other */
};

static int by_text(const void *a, const void *b)
{
    const struct word *x = a, *y = b;
    return str_compare(x->text, y->text);
}

static int by_key(const void *a, const void *b)
{
    const struct gram *x = a, *y = b;
    return x->key < y->key ? -1 : x->key > y->key;
}

static void number_words(const str *a, size_t a_count, const str *b, size_t b_count,
                         uint32_t *number)
{
    size_t all = a_count + b_count;
    struct word *word = xcalloc(all + 1, sizeof *word);
    for (size_t i = 0; i < all; i++)
        word[i] = (struct word){i < a_count ? a[i] : b[i - a_count], (uint32_t)i};
    qsort(word, all, sizeof *word, by_text);
    uint32_t next = 0;
    for (size_t i = 0; i < all; i++) {
        next += i > 0 && !str_equal(word[i].text, word[i - 1].text);
        number[word[i].at] = next;
    }
    xfree(word);
}

/* Numbers the sorted grams by their keys, and counts those that both lists have. */
static size_t number_grams(const struct gram *gram, size_t count, size_t a_count,
                           uint32_t *number)
{
    size_t common = 0;
    for (size_t from = 0, to; from < count; from = to) {
        size_t in_a = 0;
        for (to = from; to < count && gram[to].key == gram[from].key; to++) {
            in_a += gram[to].at < a_count;
            number[gram[to].at] = (uint32_t)from;
        }
        size_t in_b = to - from - in_a;
        common += in_a < in_b ? in_a : in_b;
    }
    return common;
}

void ngram_common(const str *a, size_t a_count, const str *b, size_t b_count, size_t orders,
                  size_t *common)
{
    size_t all = a_count + b_count;
    uint32_t *word = xcalloc(all + 1, sizeof *word);    /* number of each word */
    uint32_t *shorter = xcalloc(all + 1, sizeof *word); /* of the run that begins there */
    struct gram *gram = xcalloc(all + 1, sizeof *gram);
    number_words(a, a_count, b, b_count, word);
    for (size_t order = 1; order <= orders; order++) {
        size_t count = 0;
        for (size_t i = 0; i < all; i++) {
            size_t end = i < a_count ? a_count : all;
            if (i + order <= end)
                gram[count++] = (struct gram){(uint64_t)shorter[i] << 32 | word[i + order - 1],
                                              (uint32_t)i};
        }
        qsort(gram, count, sizeof *gram, by_key);
        common[order - 1] = number_grams(gram, count, a_count, shorter);
    }
    xfree(gram);
    xfree(shorter);
    xfree(word);
}
