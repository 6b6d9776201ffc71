/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * find.c: the index behind find.h.
 *
 * Texts fall into classes by the width of the prefix they are looked up with: the largest of
 * 16, 8, 4, 2, 1 bytes that they have. For every place of the prompt and every class in use the
 * prefix there is hashed (two loads and two multiplications, no rolling state, so the places do
 * not wait for one another) and looked up in a bit filter; nearly all places end there. What
 * passes is looked up in a table from prefix to the run of sorted texts that begin with it.
 *
 * In a sorted run the longest text that is a prefix of the prompt's rest S is found by binary
 * search: all texts between it and S begin with it, so it is the last text not above S, or one
 * of the texts that this one begins with, which form a chain made when the index is built.
 */
#include "mock_server/find.h"

#include <stdlib.h>

enum { CLASSES = 5 };
static const size_t class_width[CLASSES] = {16, 8, 4, 2, 1};

struct entry {
    str text;
    uint32_t number;
    uint32_t
        parent; /* index + 1 of the longest other entry that this text begins with; 0: none */
};

struct run { /* of entries with one prefix */
    uint32_t from, count;
};

struct class
{
    size_t width;
    struct entry *entry; /* sorted */
    size_t entries, capacity;
    uint64_t *filter;
    unsigned filter_shift; /* 64 - log2(bits) */
    struct run *table;     /* open addressing; count 0: free */
    unsigned table_shift;
    size_t table_mask;
};

struct find {
    struct arena *arena;
    struct class class[CLASSES];
};

struct find *find_new(struct arena *arena)
{
    struct find *find = arena_new(arena, struct find);
    find->arena = arena;
    for (int i = 0; i < CLASSES; i++)
        find->class[i].width = class_width[i];
    return find;
}

str find_squeeze(struct arena *arena, str text)
{
    static const bool space[256] = {[' '] = true,  ['\t'] = true, ['\n'] = true,
                                    ['\r'] = true, ['\f'] = true, ['\v'] = true};
    char *copy = arena_alloc(arena, text.n + 1), *out = copy;
    bool before = true; /* leading white space vanishes */
    for (size_t i = 0; i < text.n; i++) {
        bool is_space = space[(unsigned char)text.p[i]];
        *out = is_space ? ' ' : text.p[i];
        out += !(is_space && before);
        before = is_space;
    }
    if (out > copy && before)
        out--;
    return (str){copy, (size_t)(out - copy)};
}

bool find_add(struct find *find, str text, uint32_t number)
{
    text = find_squeeze(find->arena, text);
    if (text.n == 0)
        return false;
    struct class *class = find->class;
    while (class->width > text.n)
        class ++;
    if (class->entries == class->capacity) {
        size_t capacity = class->capacity ? class->capacity * 2 : 64;
        class->entry = arena_grow(find->arena, class->entry, class->entries, capacity,
                                  sizeof *class->entry);
        class->capacity = capacity;
    }
    class->entry[class->entries++] = (struct entry){text, number, 0};
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

static uint64_t load(const char *p, size_t width)
{
    uint64_t word = 0;
    memcpy(&word, p, width);
    return word;
}

static uint64_t prefix_hash(const char *p, size_t width)
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

static bool same_prefix(const struct class *class, const char *a, const char *b)
{
    return memcmp(a, b, class->width) == 0;
}

static void drop_duplicates(struct class *class)
{
    size_t kept = 0;
    for (size_t i = 0; i < class->entries; i++)
        if (kept == 0 || !str_equal(class->entry[kept - 1].text, class->entry[i].text))
            class->entry[kept++] = class->entry[i];
    class->entries = kept;
}

/* The chain of texts that begin with one another: the candidates for an entry's parent are the
 * entry before it and that entry's own chain. */
static void link_parents(struct class *class)
{
    for (size_t i = 1; i < class->entries; i++) {
        uint32_t parent = (uint32_t)i; /* index + 1 of the entry before */
        while (parent && !str_starts_with(class->entry[i].text, class->entry[parent - 1].text))
            parent = class->entry[parent - 1].parent;
        class->entry[i].parent = parent;
    }
}

static void add_run(struct class *class, size_t from, size_t count)
{
    uint64_t hash = prefix_hash(class->entry[from].text.p, class->width);
    uint64_t bit = hash >> class->filter_shift;
    class->filter[bit / 64] |= UINT64_C(1) << (bit % 64);
    size_t slot = (size_t)(hash >> class->table_shift);
    while (class->table[slot & class->table_mask].count)
        slot++;
    class->table[slot & class->table_mask] = (struct run){(uint32_t)from, (uint32_t)count};
}

static void build_class(struct arena *arena, struct class *class)
{
    qsort(class->entry, class->entries, sizeof *class->entry, by_text);
    drop_duplicates(class);
    link_parents(class);
    size_t runs = 0;
    for (size_t i = 0; i < class->entries; i++)
        if (i == 0 || !same_prefix(class, class->entry[i - 1].text.p, class->entry[i].text.p))
            runs++;
    unsigned filter_bits = log2_above(runs * 64), table_bits = log2_above(runs * 2);
    filter_bits = filter_bits < 12 ? 12 : filter_bits;
    table_bits = table_bits < 4 ? 4 : table_bits;
    class->filter = arena_array(arena, uint64_t, ((size_t)1 << filter_bits) / 64);
    class->filter_shift = 64 - filter_bits;
    class->table = arena_array(arena, struct run, (size_t)1 << table_bits);
    class->table_shift = 64 - table_bits;
    class->table_mask = ((size_t)1 << table_bits) - 1;
    for (size_t i = 0, next; i < class->entries; i = next) {
        next = i + 1;
        while (next < class->entries &&
               same_prefix(class, class->entry[i].text.p, class->entry[next].text.p))
            next++;
        add_run(class, i, next - i);
    }
}

void find_build(struct find *find)
{
    for (int i = 0; i < CLASSES; i++)
        if (find->class[i].entries)
            build_class(find->arena, &find->class[i]);
}

/* ---- looking ---- */

static const struct entry *longest_in_run(const struct class *class, const struct run *run,
                                          str rest)
{
    size_t low = run->from,
           high = low + run->count; /* entries below `low` are not above rest */
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        str text = class->entry[middle].text;
        if (str_compare(text, rest) <= 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == run->from)
        return NULL;
    uint32_t candidate = (uint32_t)low; /* index + 1 of the last entry not above rest */
    while (candidate && !str_starts_with(rest, class->entry[candidate - 1].text))
        candidate = class->entry[candidate - 1].parent;
    return candidate ? &class->entry[candidate - 1] : NULL;
}

static const struct entry *look_up(const struct class *class, uint64_t hash, str rest)
{
    for (size_t slot = (size_t)(hash >> class->table_shift);; slot++) {
        const struct run *run = &class->table[slot & class->table_mask];
        if (run->count == 0)
            return NULL;
        if (same_prefix(class, class->entry[run->from].text.p, rest.p))
            return longest_in_run(class, run, rest);
    }
}

static void take_better(const struct entry *entry, size_t at, struct find_hit *hit)
{
    if (!entry || entry->text.n < hit->n ||
        (entry->text.n == hit->n && entry->number >= hit->number))
        return;
    *hit = (struct find_hit){entry->number, at, entry->text.n};
}

/* The width is a constant in each call, so that the loop's loads are single instructions. */
static inline __attribute__((always_inline)) void
look_in_class(const struct class *class, size_t width, str text, struct find_hit *hit)
{
    const uint64_t *filter = class->filter;
    unsigned shift = class->filter_shift;
    for (size_t at = 0; at + width <= text.n; at++) {
        uint64_t hash = prefix_hash(text.p + at, width), bit = hash >> shift;
        if (filter[bit / 64] >> (bit % 64) & 1)
            take_better(look_up(class, hash, str_sub(text, at, text.n)), at, hit);
    }
}

bool find_longest(const struct find *find, str squeezed, struct find_hit *hit)
{
    *hit = (struct find_hit){.number = UINT32_MAX};
    const struct class *class = find->class;
    if (class[0].entries)
        look_in_class(&class[0], 16, squeezed, hit);
    if (class[1].entries && hit->n < 16)
        look_in_class(&class[1], 8, squeezed, hit);
    if (class[2].entries && hit->n < 8)
        look_in_class(&class[2], 4, squeezed, hit);
    if (class[3].entries && hit->n < 4)
        look_in_class(&class[3], 2, squeezed, hit);
    if (class[4].entries && hit->n < 2)
        look_in_class(&class[4], 1, squeezed, hit);
    return hit->n > 0;
}
