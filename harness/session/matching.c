/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * matching.c: samples of two datasets side by side (see matching.h). Both sides are sorted, by id and
 * then by content, so that a comparison of large datasets costs no more than sorting them.
 */
#include "session/matching.h"

#include "base/text.h"

#include <stdlib.h>

enum { IDS_SHOWN = 8, ID_COLUMNS = 40 };
static const size_t none = SIZE_MAX;

/* A sample of either side, as it is sorted. */
struct known {
    const struct side_sample *sample;
    size_t place;
    bool head;
};

struct matcher {
    const struct side *base, *head;
    struct arena *arena;
    size_t *base_of, *head_of; /* the other's place of each sample, or none */
    struct summary_matching *told;
};

/* ---- pairs ---- */

static int compare_ids(const void *left, const void *right)
{
    const struct known *a = left, *b = right;
    int order = str_compare(a->sample->id, b->sample->id);
    return order ? order : a->head - b->head;
}

static int compare_hashes(const void *left, const void *right)
{
    const struct known *a = left, *b = right;
    int order = str_compare(a->sample->hash, b->sample->hash);
    if (order == 0)
        order = a->head - b->head;
    return order ? order : (a->place > b->place) - (a->place < b->place);
}

/* Those that have no other yet. */
static struct known *left_over(const struct matcher *m, size_t *count)
{
    struct known *known =
        arena_array(m->arena, struct known, m->base->samples + m->head->samples + 1);
    *count = 0;
    for (size_t i = 0; i < m->base->samples; i++)
        if (m->base_of[i] == none)
            known[(*count)++] = (struct known){&m->base->sample[i], i, false};
    for (size_t i = 0; i < m->head->samples; i++)
        if (m->head_of[i] == none)
            known[(*count)++] = (struct known){&m->head->sample[i], i, true};
    return known;
}

static void pair_up(struct matcher *m, const struct known *base, const struct known *head)
{
    m->base_of[base->place] = head->place;
    m->head_of[head->place] = base->place;
    m->told->matched++;
}

/* Adds an id to a list that is told; of many the first. */
static void tell(struct matcher *m, str *ids, uint64_t number, str id)
{
    str shown = text_shorten(m->arena, text_visible(m->arena, id), ID_COLUMNS);
    if (number < IDS_SHOWN)
        *ids = arena_printf(m->arena, "%.*s%s%.*s", STR_ARG(*ids), number ? ", " : "",
                            STR_ARG(shown));
    else if (number == IDS_SHOWN)
        *ids = arena_printf(m->arena, "%.*s, …", STR_ARG(*ids));
}

/* By id; the same id with another content is told. True when some id is on both sides. */
static bool match_ids(struct matcher *m)
{
    size_t count;
    bool shared = false;
    struct known *known = left_over(m, &count);
    if (count)
        qsort(known, count, sizeof *known, compare_ids);
    for (size_t i = 0; i + 1 < count; i++) {
        const struct known *a = &known[i], *b = &known[i + 1];
        if (a->head || !b->head || !str_equal(a->sample->id, b->sample->id))
            continue;
        shared = true;
        if (a->sample->hash.n && str_equal(a->sample->hash, b->sample->hash))
            pair_up(m, a, b);
        else
            tell(m, &m->told->edited_ids, m->told->edited++, a->sample->id);
    }
    return shared;
}

static size_t run_of(const struct known *known, size_t from, size_t count)
{
    size_t end = from + 1;
    while (end < count && str_equal(known[end].sample->hash, known[from].sample->hash))
        end++;
    return end;
}

/* By content, where it is there once on each side. */
static void match_contents(struct matcher *m)
{
    size_t count;
    struct known *known = left_over(m, &count);
    if (count)
        qsort(known, count, sizeof *known, compare_hashes);
    for (size_t i = 0, end; i < count; i = end) {
        end = run_of(known, i, count);
        if (end - i != 2 || known[i].head || !known[i + 1].head || !known[i].sample->hash.n)
            continue;
        pair_up(m, &known[i], &known[i + 1]);
        m->told->renamed++;
    }
}

/* ---- places ---- */

static void place_all(struct matcher *m, struct matching *matching)
{
    size_t next = m->head->samples;
    matching->base = arena_array(m->arena, struct side_place, m->base->samples + 1);
    matching->head = arena_array(m->arena, struct side_place, m->head->samples + 1);
    matching->samples = m->head->samples;
    for (size_t i = 0; i < m->head->samples; i++) {
        const struct side_sample *sample = &m->head->sample[i];
        bool alone = m->head_of[i] == none;
        matching->head[i] = (struct side_place){i, sample->id, sample->cluster, alone};
        if (alone)
            tell(m, &m->told->candidate_ids, m->told->only_candidate++, sample->id);
    }
    for (size_t i = 0; i < m->base->samples; i++) {
        const struct side_sample *sample = &m->base->sample[i];
        if (m->base_of[i] != none) {
            matching->base[i] = matching->head[m->base_of[i]];
            continue;
        }
        matching->base[i] = (struct side_place){next++, sample->id, sample->cluster, true};
        tell(m, &m->told->baseline_ids, m->told->only_baseline++, sample->id);
    }
}

static bool knows_contents(const struct side *side)
{
    for (size_t i = 0; i < side->samples; i++)
        if (!side->sample[i].hash.n)
            return false;
    return true;
}

static size_t *no_others(struct arena *arena, size_t count)
{
    size_t *others = arena_array(arena, size_t, count + 1);
    for (size_t i = 0; i < count; i++)
        others[i] = none;
    return others;
}

int matching_make(struct matching *matching, const struct side *base, const struct side *head,
                  struct arena *arena, struct err *err)
{
    *matching = (struct matching){.samples = head->samples};
    if (str_equal(base->fingerprint, head->fingerprint))
        return 0;
    struct matcher m = {.base = base, .head = head, .arena = arena};
    m.told = arena_new(arena, struct summary_matching);
    m.base_of = no_others(arena, base->samples);
    m.head_of = no_others(arena, head->samples);
    const struct side *unknown = !knows_contents(base)   ? base
                                 : !knows_contents(head) ? head
                                                         : NULL;
    if (match_ids(&m) && unknown)
        return err_set(
            err, ERR_INPUT,
            "the two cannot be compared sample by sample: the dataset's fingerprint "
            "is %.*s there and %.*s here, and %.*s, written by an older weir, does not "
            "say what its samples hold",
            STR_ARG(base->fingerprint), STR_ARG(head->fingerprint), STR_ARG(unknown->source));
    match_contents(&m);
    place_all(&m, matching);
    matching->told = m.told;
    return 0;
}
