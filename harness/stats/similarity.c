/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Text similarity by edits and by words. Edits cost O(n m) time, so very long texts are compared
 * by words only. Deliberately no stemming and no Unicode case folding: the numbers must not
 * depend on a language. */
#include "stats/similarity.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/text.h"

struct words {
    str *list; /* sorted, without repeats; point into `lowered` */
    size_t count;
    char *lowered;
};

static int compare_words(const void *left, const void *right)
{
    return str_compare(*(const str *)left, *(const str *)right);
}

static struct words words_of(str text)
{
    struct words words = {xcalloc(text.n / 2 + 1, sizeof *words.list), 0, xmalloc(text.n + 1)};
    size_t start = 0, kept = 0;

    for (size_t i = 0; i < text.n; i++)
        words.lowered[i] = char_lower(text.p[i]);
    for (size_t i = 0; i <= text.n; i++) {
        if (i < text.n && !char_is_space(text.p[i]))
            continue;
        if (i > start)
            words.list[words.count++] = (str){words.lowered + start, i - start};
        start = i + 1;
    }
    qsort(words.list, words.count, sizeof *words.list, compare_words);
    for (size_t i = 0; i < words.count; i++)
        if (kept == 0 || !str_equal(words.list[kept - 1], words.list[i]))
            words.list[kept++] = words.list[i];
    words.count = kept;
    return words;
}

static double jaccard_of(str a, str b)
{
    struct words first = words_of(a), second = words_of(b);
    size_t i = 0, j = 0, common = 0, all;

    while (i < first.count && j < second.count) {
        int order = str_compare(first.list[i], second.list[j]);

        common += order == 0;
        i += order <= 0;
        j += order >= 0;
    }
    all = first.count + second.count - common;
    xfree(first.list);
    xfree(first.lowered);
    xfree(second.list);
    xfree(second.lowered);
    return all ? (double)common / (double)all : 1.0;
}

struct stats_similarity stats_similarity_of(str a, str b)
{
    struct stats_similarity result = {.jaccard = jaccard_of(a, b)};
    size_t length_a = utf8_count(a), length_b = utf8_count(b);
    size_t longer = length_a > length_b ? length_a : length_b;

    result.normalized = result.jaccard;
    if (length_a > STATS_SIMILARITY_MOST && length_b > STATS_SIMILARITY_MOST)
        return result;
    result.levenshtein = maybe_of((double)text_distance(a, b));
    result.normalized = longer ? 1.0 - result.levenshtein.value / (double)longer : 1.0;
    return result;
}
