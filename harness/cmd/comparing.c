/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * comparing.c: what the two words of weir compare mean, and which variants meet (see comparing.h). A word may
 * be a run, a baseline, a variant of either, or a variant of the newest run; what reads as the former is.
 */
#include "cmd/comparing.h"

#include "base/file.h"
#include "base/mistakes.h"
#include "base/text.h"
#include "session/places.h"

/* ---- what is meant ---- */

static bool find_variant(const struct side *side, str name, size_t *variant)
{
    for (size_t i = 0; i < side->variants; i++)
        if (str_equal(side->variant[i].name, name)) {
            *variant = i;
            return true;
        }
    return false;
}

/* A word that is nothing at all: what it could have been. */
static int no_operand(struct comparing *c, const struct comparing_side *operand)
{
    enum { LISTED = 12 };
    struct arena *arena = c->arena;
    struct store_listing *run = NULL;
    size_t runs = 0, count = 0;
    if (store_runs(RUNS_HERE, arena, &run, &runs, &(struct err){0}) < 0)
        runs = 0;
    str *word = arena_array(arena, str, operand->side.variants + runs + 1);
    for (size_t i = 0; i < operand->side.variants; i++)
        word[count++] = operand->side.variant[i].name;
    str variants = text_list(arena, word, count, LISTED);
    for (size_t i = 0; i < runs; i++)
        word[count++] = run[i].id;
    str near = mistake_hint(arena, operand->given, word, count, false);
    return err_set(c->err, ERR_INPUT,
                   "no run '%.*s'%.*s%s the path of a run's file, an ID in %s (weir runs lists "
                   "them), or a variant of the newest run: %.*s",
                   STR_ARG(text_visible(arena, operand->given)),
                   STR_ARG(text_visible(arena, near)), near.n ? " Expected" : "; expected",
                   RUNS_HERE, STR_ARG(text_visible(arena, variants)));
}

/* RUN, FILE.json, either with :VARIANT behind it, or a VARIANT of the newest run. */
static int read_operand(struct comparing *c, struct comparing_side *operand)
{
    str given = operand->given, name = {"", 0}, source = given;
    struct err first = {0};
    if (side_open(&operand->side, given, c->arena, &first) == 0)
        return 0;
    for (size_t i = given.n; i > 0 && !name.n; i--)
        if (given.p[i - 1] == ':') {
            source = str_sub(given, 0, i - 1);
            name = str_sub(given, i, given.n);
        }
    if (!name.n) {
        source = STR("");
        name = given;
        operand->is_newest = true;
    }
    struct err second = {0};
    if (side_open(&operand->side, source, c->arena, &second) < 0) {
        *c->err = source.n ? second : first;
        return -1;
    }
    operand->has_variant = find_variant(&operand->side, name, &operand->variant);
    if (operand->has_variant)
        return 0;
    if (!source.n && !file_exists(arena_str(c->arena, given).p))
        return no_operand(c, operand);
    if (!source.n) {
        *c->err = first;
        return -1;
    }
    str shown = text_visible(c->arena, name);
    return err_set(c->err, ERR_INPUT, "%s: no variant '%.*s'", operand->side.source.p,
                   STR_ARG(shown));
}

static int differ(struct comparing *c, const char *what, str base, str head)
{
    return err_set(
        c->err, ERR_INPUT,
        "the two cannot be compared sample by sample: %s is %.*s there and %.*s here", what,
        STR_ARG(base), STR_ARG(head));
}

static int check_alike(struct comparing *c)
{
    const struct side *base = &c->base.side, *head = &c->head.side;
    if (!str_equal(base->graders, head->graders))
        return differ(c, "the hash of the scores' definitions", base->graders, head->graders);
    if (base->mock != head->mock)
        return differ(c, "the provider", base->mock ? STR("weir-mock") : STR("a real one"),
                      head->mock ? STR("weir-mock") : STR("a real one"));
    return 0;
}

/* A word alone is held against the newest complete run, which must be another one. */
static int check_other(struct comparing *c)
{
    const struct side *base = &c->base.side, *head = &c->head.side;
    str shown = text_visible(c->arena, c->base.given);
    if (!c->head_is_chosen)
        return 0;
    if (c->base.is_newest)
        return err_set(c->err, ERR_INPUT,
                       "'%.*s' is a variant of the newest run; expected another one beside it",
                       STR_ARG(shown));
    if (!str_equal(base->run, head->run))
        return 0;
    return err_set(c->err, ERR_INPUT,
                   "'%.*s' is of run %.*s, which is the newest complete one here; expected "
                   "HEAD too, or a newer run (weir run makes one)",
                   STR_ARG(shown), STR_ARG(head->run));
}

/* ---- pairs ---- */

static void add_pair(struct comparing *c, size_t base, size_t head)
{
    c->pair[c->pairs++] = (struct summary_pair){base, head};
}

/* The variant that meets one that was named on the other side: its namesake, or the only one. */
static int find_other(struct comparing *c, const struct comparing_side *named,
                      struct comparing_side *other)
{
    str name = named->side.variant[named->variant].name;
    if (find_variant(&other->side, name, &other->variant))
        return 0;
    if (other->side.variants == 1)
        return 0;
    return err_set(c->err, ERR_INPUT, "%s has no variant '%.*s'; expected %s:VARIANT",
                   other->side.source.p, STR_ARG(name), other->side.source.p);
}

static int find_pairs(struct comparing *c)
{
    struct comparing_side *base = &c->base, *head = &c->head;
    c->pair = arena_array(c->arena, struct summary_pair, head->side.variants + 1);
    if (base->has_variant || head->has_variant) {
        if (!base->has_variant && find_other(c, head, base) < 0)
            return -1;
        if (!head->has_variant && find_other(c, base, head) < 0)
            return -1;
        add_pair(c, base->variant, head->variant);
        return 0;
    }
    for (size_t i = 0; i < head->side.variants; i++) {
        size_t namesake;
        if (find_variant(&base->side, head->side.variant[i].name, &namesake))
            add_pair(c, namesake, i);
    }
    if (c->pairs == 0 && base->side.variants == 1 && head->side.variants == 1)
        add_pair(c, 0, 0);
    if (c->pairs)
        return 0;
    return err_set(c->err, ERR_INPUT,
                   "%s and %s have no variant of the same name; expected BASE:VARIANT and "
                   "HEAD:VARIANT",
                   base->side.source.p, head->side.source.p);
}

int comparing_open(struct comparing *c)
{
    if (read_operand(c, &c->base) < 0 || read_operand(c, &c->head) < 0 || check_other(c) < 0 ||
        check_alike(c) < 0 ||
        matching_make(&c->matching, &c->base.side, &c->head.side, c->arena, c->err) < 0 ||
        find_pairs(c) < 0)
        return -1;
    if (c->matching.told && (side_may_stop(&c->base.side) || side_may_stop(&c->head.side)))
        return err_set(
            c->err, ERR_INPUT,
            "a run with stop looked at samples in their order, so it is compared with "
            "runs of the same dataset alone; the fingerprint is %.*s there and %.*s "
            "here",
            STR_ARG(c->base.side.fingerprint), STR_ARG(c->head.side.fingerprint));
    side_drop_beyond(&c->base.side, c->arena);
    side_drop_beyond(&c->head.side, c->arena);
    return 0;
}
