/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * nearest.c: sketches and their comparison (see nearest.h).
 */
#include "base/nearest.h"

#include "base/hash.h"
#include "base/mem.h"

#include <stdlib.h>

enum { SKETCH = 128, CANDIDATES = 16 };

struct sketch {
    str text;
    size_t count;
    uint64_t hash[SKETCH]; /* rising */
};

struct nearest {
    struct sketch *sketch;
    size_t count, capacity;
};

struct nearest *nearest_new(void)
{
    return xcalloc(1, sizeof(struct nearest));
}

void nearest_free(struct nearest *nearest)
{
    if (!nearest)
        return;
    xfree(nearest->sketch);
    xfree(nearest);
}

/* ---- sets of word pairs ---- */

static str next_word(str *rest)
{
    *rest = str_trim(*rest);
    size_t n = 0;
    while (n < rest->n && !char_is_space(rest->p[n]))
        n++;
    str word = str_sub(*rest, 0, n);
    *rest = str_sub(*rest, n, rest->n);
    return word;
}

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

/* Distinct hashes of all pairs, rising; the caller frees. The first word pairs with nothing, so
 * that a text of one word is no empty set. */
static uint64_t *pairs_of(str text, size_t *count)
{
    size_t capacity = 64, n = 0;
    uint64_t *hash = xmalloc(capacity * sizeof *hash), last = 0;
    for (str rest = text, word; (word = next_word(&rest)).n;) {
        if (n == capacity) {
            capacity *= 2;
            hash = xrealloc(hash, capacity * sizeof *hash);
        }
        uint64_t one = hash_sip(1, 2, word.p, word.n);
        hash[n++] = hash_sip(last, 3, &one, sizeof one);
        last = one;
    }
    qsort(hash, n, sizeof *hash, by_value);
    *count = 0;
    for (size_t i = 0; i < n; i++)
        if (i == 0 || hash[i] != hash[i - 1])
            hash[(*count)++] = hash[i];
    return hash;
}

/* Of the `most` least hashes of both sets together, the share that both have. */
static double likeness(const uint64_t *a, size_t a_count, const uint64_t *b, size_t b_count,
                       size_t most)
{
    size_t i = 0, j = 0, all = 0, both = 0;
    while (all < most && (i < a_count || j < b_count)) {
        bool same = i < a_count && j < b_count && a[i] == b[j];
        bool first = j == b_count || (i < a_count && a[i] < b[j]);
        both += same;
        all++;
        i += same || first;
        j += same || !first;
    }
    return all ? (double)both / (double)all : 1;
}

void nearest_add(struct nearest *nearest, str text)
{
    if (nearest->count == nearest->capacity) {
        nearest->capacity = nearest->capacity ? nearest->capacity * 2 : 16;
        nearest->sketch =
            xrealloc(nearest->sketch, nearest->capacity * sizeof *nearest->sketch);
    }
    struct sketch *sketch = &nearest->sketch[nearest->count++];
    uint64_t *hash = pairs_of(text, &sketch->count);
    sketch->text = text;
    sketch->count = sketch->count < SKETCH ? sketch->count : SKETCH;
    memcpy(sketch->hash, hash, sketch->count * sizeof *hash);
    xfree(hash);
}

/* ---- finding ---- */

struct candidate {
    size_t number;
    double alike;
};

/* Keeps the best candidates in falling order, of equals the earlier first. */
static void offer(struct candidate best[CANDIDATES], size_t *count, struct candidate one)
{
    size_t at = *count;
    while (at > 0 && best[at - 1].alike < one.alike)
        at--;
    if (at == CANDIDATES)
        return;
    *count += *count < CANDIDATES;
    for (size_t i = *count - 1; i > at; i--)
        best[i] = best[i - 1];
    best[at] = one;
}

ptrdiff_t nearest_find(const struct nearest *nearest, str text, double *alike)
{
    struct candidate best[CANDIDATES];
    size_t count = 0, candidates = 0;
    uint64_t *hash = pairs_of(text, &count);
    for (size_t i = 0; i < nearest->count; i++) {
        const struct sketch *sketch = &nearest->sketch[i];
        offer(
            best, &candidates,
            (struct candidate){i, likeness(sketch->hash, sketch->count, hash, count, SKETCH)});
    }
    ptrdiff_t found = -1;
    double most = -1;
    for (size_t i = 0; i < candidates; i++) {
        size_t other_count = 0;
        uint64_t *other = pairs_of(nearest->sketch[best[i].number].text, &other_count);
        double now = likeness(other, other_count, hash, count, SIZE_MAX);
        ptrdiff_t number = (ptrdiff_t)best[i].number;
        if (now > most || (now >= most && number < found)) {
            most = now;
            found = number;
        }
        xfree(other);
    }
    xfree(hash);
    if (alike)
        *alike = found < 0 ? 0 : most;
    return found;
}
