/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * comparing_newest.c: which runs meet when weir compare is not told (see comparing_choose).
 *
 * After an edit and a second run the two newest are meant. But only a whole run with answers of its own
 * says what the edit did, and only one of the same experiment and kind of provider can be held against
 * it; so others are passed over, and those newer than what was taken are named, for they may be the ones
 * that were meant.
 */
#include "cmd/comparing.h"
#include "cmd/past.h"
#include "session/places.h"

#include "base/text.h"

#include <stdio.h>

enum { PASSED_SHOWN = 3 };

struct choosing {
    struct comparing *c;
    const struct store_listing *run; /* newest first */
    size_t runs;
    size_t head, base; /* `runs`: none */
};

/* The next complete run from there on; `like` is NULL, or of the same experiment and provider. */
static size_t next_complete(const struct choosing *choosing, size_t from,
                            const struct store_run *like)
{
    for (size_t i = from; i < choosing->runs; i++) {
        const struct store_run *run = &choosing->run[i].run;
        if (past_own_reason(choosing->c->arena, &choosing->run[i]).n)
            continue;
        if (!like || (str_equal(run->experiment, like->experiment) && run->mock == like->mock))
            return i;
    }
    return choosing->runs;
}

static const char *provider_of(const struct store_run *run)
{
    return run->mock ? "weir-mock" : "a real provider";
}

/* Runs that are newer than the last one taken, and were not. */
static void tell_passed(const struct choosing *choosing, size_t last)
{
    size_t told = 0;
    for (size_t i = 0; i < last; i++) {
        if (i == choosing->head)
            continue;
        struct arena *arena = choosing->c->arena;
        str reason = past_own_reason(arena, &choosing->run[i]);
        if (!reason.n)
            reason = arena_printf(arena, "it is of experiment '%.*s' with %s",
                                  STR_ARG(choosing->run[i].run.experiment),
                                  provider_of(&choosing->run[i].run));
        if (told++ < PASSED_SHOWN)
            fprintf(stderr, "not taken: %.*s: %.*s\n",
                    STR_ARG(text_visible(arena, choosing->run[i].id)),
                    STR_ARG(text_visible(arena, reason)));
    }
    if (told > PASSED_SHOWN)
        fprintf(stderr, "not taken: %zu more (weir runs lists them)\n", told - PASSED_SHOWN);
}

static void tell(const struct choosing *choosing)
{
    struct comparing *c = choosing->c;
    bool both = choosing->base < choosing->runs;
    tell_passed(choosing, both ? choosing->base : choosing->head);
    fprintf(stderr, "baseline: %.*s%s\ncandidate: %.*s, the newest complete run here\n",
            STR_ARG(text_visible(c->arena, c->base.given)),
            both ? ", the complete run of the experiment before it" : "",
            STR_ARG(text_visible(c->arena, c->head.given)));
}

static int choose_base(struct choosing *choosing)
{
    struct comparing *c = choosing->c;
    const struct store_run *head = &choosing->run[choosing->head].run;
    choosing->base = next_complete(choosing, choosing->head + 1, head);
    if (choosing->base < choosing->runs) {
        c->base.given = choosing->run[choosing->base].id;
        return 0;
    }
    tell_passed(choosing, choosing->runs);
    return err_set(
        c->err, ERR_INPUT,
        "%.*s is the only complete run of experiment '%.*s' with %s here; expected two: run "
        "it again after an edit (weir run), or name BASE: a run elsewhere or FILE.json of weir "
        "baseline save (weir compare BASE), or two of its variants (weir compare NAME NAME)",
        STR_ARG(choosing->run[choosing->head].id),
        STR_ARG(text_visible(c->arena, head->experiment)), provider_of(head));
}

int comparing_choose(struct comparing *c, const str *arg, size_t args)
{
    struct choosing choosing = {.c = c};
    struct store_listing *run;
    if (args > 0)
        c->base.given = arg[0];
    if (args > 1) {
        c->head.given = arg[1];
        return 0;
    }
    if (store_runs(RUNS_HERE, c->arena, &run, &choosing.runs, c->err) < 0)
        return -1;
    choosing.run = run;
    choosing.base = choosing.runs;
    choosing.head = next_complete(&choosing, 0, NULL);
    if (choosing.head == choosing.runs) {
        tell_passed(&choosing, choosing.runs);
        return err_set(c->err, ERR_INPUT,
                       "no complete run in %s here; expected %s: weir run makes one, and weir "
                       "run --resume goes on with one that stopped",
                       RUNS_HERE, args ? "HEAD, or one to hold BASE against" : "two");
    }
    c->head.given = run[choosing.head].id;
    c->head_is_chosen = args > 0;
    if (args == 0 && choose_base(&choosing) < 0)
        return -1;
    tell(&choosing);
    return 0;
}
