/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cassette_play.c: which recording answers a request, and what to say when none does (see
 * cassette.h).
 *
 * The recordings are sorted by key and place in the file; those with one key are a run of that
 * order, in which two counters are kept: of requests at its first place, and of requests with one
 * idempotency key at the first recording that has it.
 */
#include "base/cassette_inside.h"

#include "base/mem.h"
#include "base/nearest.h"

#include <stdlib.h>

enum { DIFFERENCE_LINES = 60 };

struct entry {
    const struct recorded *recorded;
    size_t asked;            /* of the run; at its first place */
    size_t asked_idempotent; /* at the first recording with the idempotency key */
};

struct player {
    const struct cassette *cassette;
    struct entry *entry;
    size_t count;
    enum player_rule rule;
    struct nearest *nearest; /* made for the first question */
    str *text;
    struct arena arena;
};

static int compare_keys(struct hash128 a, struct hash128 b)
{
    if (a.high != b.high)
        return a.high < b.high ? -1 : 1;
    return a.low < b.low ? -1 : a.low > b.low;
}

static int by_key(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    int order = compare_keys(x->recorded->request.key, y->recorded->request.key);
    if (order)
        return order;
    return x->recorded < y->recorded ? -1 : x->recorded > y->recorded;
}

struct player *player_new(const struct cassette *cassette, enum player_rule rule)
{
    struct player *player = xcalloc(1, sizeof *player);
    player->cassette = cassette;
    player->rule = rule;
    player->count = cassette->count;
    player->entry = xcalloc(player->count ? player->count : 1, sizeof *player->entry);
    for (size_t i = 0; i < player->count; i++)
        player->entry[i].recorded = &cassette->exchange[i];
    qsort(player->entry, player->count, sizeof *player->entry, by_key);
    return player;
}

void player_free(struct player *player)
{
    if (!player)
        return;
    nearest_free(player->nearest);
    arena_release(&player->arena);
    xfree(player->entry);
    xfree(player);
}

void player_reset(struct player *player)
{
    for (size_t i = 0; i < player->count; i++)
        player->entry[i].asked = player->entry[i].asked_idempotent = 0;
}

/* The run of entries with this key; its length is 0 when there is none. */
static struct entry *run_of(const struct player *player, struct hash128 key, size_t *count)
{
    size_t low = 0, high = player->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare_keys(player->entry[middle].recorded->request.key, key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    size_t end = low;
    while (end < player->count && hash_equal(player->entry[end].recorded->request.key, key))
        end++;
    *count = end - low;
    return player->entry + low;
}

/* NULL when the idempotency key was not recorded. */
static const struct recorded *take_idempotent(struct entry *run, size_t count,
                                              const struct cassette_request *request)
{
    struct entry *first = NULL, *chosen = NULL;
    size_t seen = 0;
    for (size_t i = 0; i < count; i++) {
        const struct cassette_request *other = &run[i].recorded->request;
        if (!str_equal(other->idempotency, request->idempotency))
            continue;
        if (!first) {
            first = &run[i];
            first->asked_idempotent++;
        }
        if (request->attempt && other->attempt == request->attempt)
            return run[i].recorded;
        if (++seen <= first->asked_idempotent)
            chosen = &run[i];
    }
    return chosen ? chosen->recorded : NULL;
}

/* The next one that was recorded for no call in particular. */
static const struct recorded *take_unclaimed(struct entry *run, size_t count)
{
    size_t seen = 0;
    for (size_t i = 0; i < count; i++)
        if (run[i].recorded->request.idempotency.n == 0 && seen++ == run->asked) {
            run->asked++;
            return run[i].recorded;
        }
    return NULL;
}

const struct recorded *player_take(struct player *player,
                                   const struct cassette_request *request, size_t *count)
{
    size_t n;
    struct entry *run = run_of(player, request->key, &n);
    if (count)
        *count = n;
    if (n == 0)
        return NULL;
    const struct recorded *found =
        request->idempotency.n ? take_idempotent(run, n, request) : NULL;
    if (found)
        return found;
    if (player->rule == PLAYER_STRICT)
        return take_unclaimed(run, n);
    if (run->asked < n)
        return run[run->asked++].recorded;
    return player->rule == PLAYER_REPEATS ? run[n - 1].recorded : NULL;
}

const struct recorded *player_find(const struct player *player,
                                   const struct cassette_request *request)
{
    size_t n;
    const struct entry *run = run_of(player, request->key, &n);
    for (size_t i = 0; i < n && request->idempotency.n; i++) {
        const struct cassette_request *other = &run[i].recorded->request;
        if (other->attempt == request->attempt &&
            str_equal(other->idempotency, request->idempotency))
            return run[i].recorded;
    }
    return NULL;
}

/* ---- why there is none ---- */

static void prepare_texts(struct player *player)
{
    if (player->nearest)
        return;
    player->nearest = nearest_new();
    player->text = arena_array(&player->arena, str, player->count ? player->count : 1);
    for (size_t i = 0; i < player->count; i++) {
        player->text[i] =
            cassette_request_text(&player->arena, &player->cassette->exchange[i].request);
        nearest_add(player->nearest, player->text[i]);
    }
}

str player_explain(struct player *player, struct arena *arena,
                   const struct cassette_request *request)
{
    size_t count;
    double alike;
    str path = player->cassette->path;
    const struct entry *run = run_of(player, request->key, &count);
    if (count && player->rule == PLAYER_STRICT && run->recorded->request.idempotency.n)
        return arena_printf(arena,
                            "This request was recorded %zu time%s (%.*s:%u), but for other "
                            "calls: the seed, or the name of its variant, sample or step is "
                            "another, or the trial is new.",
                            count, count == 1 ? "" : "s", STR_ARG(path), run->recorded->line);
    if (count)
        return arena_printf(arena,
                            "This request was recorded %zu time%s (%.*s:%u) and has been asked "
                            "more often.",
                            count, count == 1 ? "" : "s", STR_ARG(path), run->recorded->line);
    prepare_texts(player);
    str text = cassette_request_text(arena, request);
    ptrdiff_t found = nearest_find(player->nearest, text, &alike);
    if (found < 0)
        return arena_printf(arena, "%.*s holds no exchange.", STR_ARG(path));
    struct buf out = {0};
    buf_printf(
        &out,
        "This request is not in %.*s. The nearest of %zu is in line %u (%.0f %% alike):\n"
        "--- recorded\n+++ asked\n",
        STR_ARG(path), player->count, player->cassette->exchange[found].line, alike * 100);
    nearest_difference(&out, player->text[found], text, DIFFERENCE_LINES);
    str said = arena_str(arena, str_trim(buf_str(&out)));
    buf_release(&out);
    return said;
}
