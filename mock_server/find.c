/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * find.c: the index behind find.h.
 *
 * Texts fall into groups by the width of the window they are looked up with: 16 bytes for texts
 * of at least 23, else the largest of 8, 4, 2, 1 bytes that they have. At places of the prompt
 * the window there is hashed and looked up in a bit filter; nearly all places end there. In the
 * widest group only every eighth place is looked at: the filter knows the windows that begin at
 * the first eight bytes of each text, and one of them lies at such a place. What passes is looked
 * up in a table from a text's first window to the run of sorted texts that begin with it.
 *
 * In a sorted run the longest text that is a prefix of the prompt's rest S is found by binary
 * search: all texts between it and S begin with it, so it is the last text not above S, or one
 * of the texts that this one begins with, which form a chain made when the index is built.
 */
#include "mock_server/find.h"

#include <stdlib.h>

enum { GROUPS = 5, STRIDE = 8, WIDEST = 16 };
static const struct {
    size_t width, stride;
} group_shape[GROUPS] = {{WIDEST, STRIDE}, {8, 1}, {4, 1}, {2, 1}, {1, 1}};

struct entry {
    str text;
    uint32_t number;
    uint32_t parent; /* index + 1 of the longest other entry this text begins with; 0: none */
};

struct run { /* of entries with one prefix */
    uint32_t from, count;
    uint32_t tag; /* of the prefix's hash: what differs is told without looking at the texts */
};

struct group {
    size_t width, stride;
    struct entry *entry; /* sorted */
    size_t entries, capacity;
    uint64_t *filter;
    unsigned filter_shift; /* 64 - log2(words) */
    struct run *table;     /* open addressing; count 0: free */
    unsigned table_shift;
    size_t table_mask;
};

struct find {
    struct arena *arena;
    struct group group[GROUPS];
};

struct find *find_new(struct arena *arena)
{
    struct find *find = arena_new(arena, struct find);
    find->arena = arena;
    for (int i = 0; i < GROUPS; i++) {
        find->group[i].width = group_shape[i].width;
        find->group[i].stride = group_shape[i].stride;
    }
    return find;
}

/* ---- squeezing ---- */

#define EVERY_BYTE UINT64_C(0x0101010101010101)

static uint64_t load(const char *p, size_t width)
{
    uint64_t word = 0;
    memcpy(&word, p, width);
    return word;
}

/* True only if no byte of the word is white space but single blanks: such a word is copied as it
 * is. The tests are the classic ones for a zero byte and a byte below a bound; where they err,
 * above a true hit, they err towards "no". */
static bool is_plain(uint64_t word, bool *after_blank)
{
    const uint64_t high = EVERY_BYTE << 7;
    uint64_t other = word ^ EVERY_BYTE * ' ';
    uint64_t blanks = (other - EVERY_BYTE) & ~other & high;
    uint64_t controls = (word - EVERY_BYTE * 14) & ~word & high;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    uint64_t first = UINT64_C(0x80), doubles = blanks & (blanks << 8), last = blanks >> 63;
#else
    uint64_t first = UINT64_C(1) << 63, doubles = blanks & (blanks >> 8),
             last = blanks >> 7 & 1;
#endif
    if (controls || doubles || (*after_blank && (blanks & first)))
        return false;
    *after_blank = last != 0;
    return true;
}

static bool is_white(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

str find_squeeze(struct arena *arena, str text)
{
    char *copy = arena_alloc(arena, text.n + 1), *out = copy;
    bool after_blank = true; /* leading white space vanishes */
    size_t at = 0;
    while (at < text.n) {
        uint64_t word = text.n - at >= 8 ? load(text.p + at, 8) : 0;
        if (is_plain(word, &after_blank)) {
            memcpy(out, &word, 8);
            out += 8;
            at += 8;
            continue;
        }
        for (size_t end = text.n - at >= 8 ? at + 8 : text.n; at < end; at++) {
            bool white = is_white(text.p[at]);
            *out = white ? ' ' : text.p[at];
            out += !(white && after_blank);
            after_blank = white;
        }
    }
    if (out > copy && after_blank)
        out--;
    return (str){copy, (size_t)(out - copy)};
}

bool find_add(struct find *find, str text, uint32_t number)
{
    text = find_squeeze(find->arena, text);
    if (text.n == 0)
        return false;
    struct group *group = find->group;
    while (group->width + group->stride - 1 > text.n)
        group++;
    if (group->entries == group->capacity) {
        size_t capacity = group->capacity ? group->capacity * 2 : 64;
        group->entry = arena_grow(find->arena, group->entry, group->entries, capacity,
                                  sizeof *group->entry);
        group->capacity = capacity;
    }
    group->entry[group->entries++] = (struct entry){text, number, 0};
    return true;
}

/* ---- building ---- */

static int by_text(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    int order = str_compare(x->text, y->text);
    if (order)
        return order;
    return x->number < y->number ? -1 : x->number > y->number;
}

static inline uint64_t window_hash(const char *p, size_t width)
{
    const uint64_t odd = UINT64_C(0x9e3779b97f4a7c15), other = UINT64_C(0xd6e8feb86659fd93);
    if (width == 16)
        return (load(p, 8) * odd ^ load(p + 8, 8)) * other;
    uint64_t word = width == 8 ? load(p, 8) : load(p, width);
    word *= odd;
    return (word ^ word >> 32) * other;
}

static unsigned log2_above(size_t n)
{
    unsigned bits = 0;
    while (((size_t)1 << bits) < n)
        bits++;
    return bits;
}

static uint32_t tag_of(uint64_t hash)
{
    return (uint32_t)(hash >> 16);
}

static bool same_prefix(const struct group *group, const char *a, const char *b)
{
    return memcmp(a, b, group->width) == 0;
}

static void drop_duplicates(struct group *group)
{
    size_t kept = 0;
    for (size_t i = 0; i < group->entries; i++)
        if (kept == 0 || !str_equal(group->entry[kept - 1].text, group->entry[i].text))
            group->entry[kept++] = group->entry[i];
    group->entries = kept;
}

/* The chain of texts that begin with one another: the candidates for an entry's parent are the
 * entry before it and that entry's own chain. */
static void link_parents(struct group *group)
{
    for (size_t i = 1; i < group->entries; i++) {
        uint32_t parent = (uint32_t)i; /* index + 1 of the entry before */
        while (parent && !str_starts_with(group->entry[i].text, group->entry[parent - 1].text))
            parent = group->entry[parent - 1].parent;
        group->entry[i].parent = parent;
    }
}

/* Two bits of one word of the filter, from those of the hash just below the word's number: the
 * lowest bits of a product know little of the window. */
static inline uint64_t filter_bits(uint64_t hash, unsigned shift)
{
    return UINT64_C(1) << (hash >> (shift - 6) & 63) | UINT64_C(1)
                                                           << (hash >> (shift - 12) & 63);
}

static void add_windows(struct group *group, str text)
{
    for (size_t i = 0; i < group->stride; i++) {
        uint64_t hash = window_hash(text.p + i, group->width);
        group->filter[hash >> group->filter_shift] |= filter_bits(hash, group->filter_shift);
    }
}

static void add_run(struct group *group, size_t from, size_t count)
{
    uint64_t hash = window_hash(group->entry[from].text.p, group->width);
    size_t slot = (size_t)(hash >> group->table_shift);
    while (group->table[slot & group->table_mask].count)
        slot++;
    group->table[slot & group->table_mask] =
        (struct run){(uint32_t)from, (uint32_t)count, tag_of(hash)};
}

static void build_group(struct arena *arena, struct group *group)
{
    qsort(group->entry, group->entries, sizeof *group->entry, by_text);
    drop_duplicates(group);
    link_parents(group);
    size_t runs = 0;
    for (size_t i = 0; i < group->entries; i++)
        if (i == 0 || !same_prefix(group, group->entry[i - 1].text.p, group->entry[i].text.p))
            runs++;
    /* 32 bits of filter for a window: 1 in 250 others passes */
    unsigned filter_words = log2_above(group->entries * group->stride / 2 + 64);
    unsigned table_bits = log2_above(runs * 2 + 8);
    group->filter = arena_array(arena, uint64_t, (size_t)1 << filter_words);
    group->filter_shift = 64 - filter_words;
    for (size_t i = 0; i < group->entries; i++)
        add_windows(group, group->entry[i].text);
    group->table = arena_array(arena, struct run, (size_t)1 << table_bits);
    group->table_shift = 64 - table_bits;
    group->table_mask = ((size_t)1 << table_bits) - 1;
    for (size_t i = 0, next; i < group->entries; i = next) {
        next = i + 1;
        while (next < group->entries &&
               same_prefix(group, group->entry[i].text.p, group->entry[next].text.p))
            next++;
        add_run(group, i, next - i);
    }
}

void find_build(struct find *find)
{
    for (int i = 0; i < GROUPS; i++)
        if (find->group[i].entries)
            build_group(find->arena, &find->group[i]);
}

/* ---- looking ---- */

static const struct entry *longest_in_run(const struct group *group, const struct run *run,
                                          str rest)
{
    size_t low = run->from,
           high = low + run->count; /* entries below `low` are not above rest */
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        str text = group->entry[middle].text;
        if (str_compare(text, rest) <= 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == run->from)
        return NULL;
    uint32_t candidate = (uint32_t)low; /* index + 1 of the last entry not above rest */
    while (candidate && !str_starts_with(rest, group->entry[candidate - 1].text))
        candidate = group->entry[candidate - 1].parent;
    return candidate ? &group->entry[candidate - 1] : NULL;
}

static inline const struct entry *look_up(const struct group *group, size_t width, str rest)
{
    uint64_t hash = window_hash(rest.p, width);
    uint32_t tag = tag_of(hash);
    for (size_t slot = (size_t)(hash >> group->table_shift);; slot++) {
        const struct run *run = &group->table[slot & group->table_mask];
        if (run->count == 0)
            return NULL;
        if (run->tag == tag && same_prefix(group, group->entry[run->from].text.p, rest.p))
            return longest_in_run(group, run, rest);
    }
}

static void take_better(const struct entry *entry, size_t at, struct find_hit *hit)
{
    if (!entry || entry->text.n < hit->n ||
        (entry->text.n == hit->n && entry->number >= hit->number))
        return;
    *hit = (struct find_hit){entry->number, at, entry->text.n};
}

/* A window of a text may be here: the text may begin here or up to a stride before. */
static inline void look_around(const struct group *group, size_t width, size_t stride,
                               size_t at, str text, struct find_hit *hit)
{
    for (size_t back = 0; back < stride && back <= at; back++) {
        str rest = {text.p + (at - back), text.n - (at - back)};
        take_better(look_up(group, width, rest), at - back, hit);
    }
}

/* Width and stride are constants in each call, so that the loop's loads are single
 * instructions. */
static inline __attribute__((always_inline)) void look_in_group(const struct group *group,
                                                                size_t width, size_t stride,
                                                                str text, struct find_hit *hit)
{
    const uint64_t *filter = group->filter;
    unsigned shift = group->filter_shift;
    for (size_t at = 0; at + width <= text.n; at += stride) {
        if (text.n - at + stride <= hit->n)
            break; /* what is left is shorter than what was found */
        uint64_t hash = window_hash(text.p + at, width), bits = filter_bits(hash, shift);
        if ((filter[hash >> shift] & bits) == bits)
            look_around(group, width, stride, at, text, hit);
    }
}

bool find_longest(const struct find *find, str squeezed, struct find_hit *hit)
{
    *hit = (struct find_hit){.number = UINT32_MAX};
    const struct group *group = find->group;
    if (group[0].entries)
        look_in_group(&group[0], WIDEST, STRIDE, squeezed, hit);
    if (group[1].entries && hit->n < WIDEST + STRIDE - 1)
        look_in_group(&group[1], 8, 1, squeezed, hit);
    if (group[2].entries && hit->n < 8)
        look_in_group(&group[2], 4, 1, squeezed, hit);
    if (group[3].entries && hit->n < 4)
        look_in_group(&group[3], 2, 1, squeezed, hit);
    if (group[4].entries && hit->n < 2)
        look_in_group(&group[4], 1, 1, squeezed, hit);
    return hit->n > 0;
}
