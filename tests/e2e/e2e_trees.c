/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * e2e_trees.c: grows random workflow trees with a model of their cost (see e2e_trees.h).
 *
 * Whoever uses a value asks for a word when it grows the child (`want`); whoever does not leaves
 * the child free to yield anything, and only then to be cut short by a budget. It does not shrink
 * what fails: the seed and the variant's name are printed, and the variant is one line.
 */
#include "e2e_trees.h"

#include <stdio.h>

#include "base/buf.h"
#include "base/rng.h"

/* ---- the model ---- */

/* How a node may end. Only gates and broken schemas are treated in a way of their own. */
enum { MAY_OK = 1, MAY_GATE = 2, MAY_SCHEMA = 4, MAY_OTHER = 8 };

struct tree {
    str text;            /* YAML, a flow mapping */
    int64_t least, most; /* calls */
    int64_t ceiling;     /* calls whatever fails */
    int64_t sent;        /* calls that can be sent at most */
    unsigned may;
    int height;
};

static int max_int(int a, int b)
{
    return a > b ? a : b;
}

/* b runs if a went well; the failure of the first that fails is theirs. */
static void then(struct tree *a, const struct tree *b)
{
    a->least += a->may == MAY_OK ? b->least : 0;
    a->most += a->may & MAY_OK ? b->most : 0;
    a->ceiling += b->ceiling;
    a->sent += b->sent;
    a->may = (a->may & ~(unsigned)MAY_OK) | (a->may & MAY_OK ? b->may : 0);
    a->height = max_int(a->height, b->height);
}

/* b runs in any case; failures count as in `then`. */
static void beside(struct tree *a, const struct tree *b)
{
    int64_t least = a->least + b->least, most = a->most + b->most;
    then(a, b);
    a->least = least;
    a->most = most;
}

/* Either a or b runs. */
static void or_else(struct tree *a, const struct tree *b)
{
    a->least = a->least < b->least ? a->least : b->least;
    a->most = a->most > b->most ? a->most : b->most;
    a->ceiling = a->ceiling > b->ceiling ? a->ceiling : b->ceiling;
    a->sent = a->sent > b->sent ? a->sent : b->sent;
    a->may |= b->may;
    a->height = max_int(a->height, b->height);
}

static const struct tree nothing = {.may = MAY_OK};

/* ---- the growing ---- */

enum { MOST_SHARED = 400 };

struct shared {
    const char *want;
    struct tree tree;
    int name;
};

struct grower {
    struct arena *arena;
    struct rng_key key;
    uint64_t draws;
    int names;
    struct buf nodes;
    struct shared shared[MOST_SHARED];
    size_t count;
};

static int draw(struct grower *grower, int n)
{
    return (int)rng_below(grower->key, "tree", grower->draws++, (uint64_t)n);
}

static bool chance(struct grower *grower, int percent)
{
    return draw(grower, 100) < percent;
}

static const char *any_word(struct grower *grower)
{
    static const char *const words[] = {"red", "green", "blue"};
    return words[draw(grower, 3)];
}

static const char *other_word(const char *word)
{
    return str_equal(str_from(word), STR("red")) ? "green" : "red";
}

static struct tree grow(struct grower *grower, int depth, const char *want);

#define PROMPT "prompt: {system: 'Sample {{q}}.', user: '%s'}"

static struct tree leaf(struct grower *grower, int64_t calls, unsigned may, str text)
{
    (void)grower;
    return (struct tree){.text = text,
                         .least = calls,
                         .most = calls,
                         .ceiling = calls,
                         .sent = calls,
                         .may = may,
                         .height = 1};
}

/* A call that says a word, in one of several ways. */
static struct tree grow_saying(struct grower *grower, const char *word)
{
    struct arena *arena = grower->arena;
    switch (draw(grower, 4)) {
    case 0:
        return leaf(grower, 1, MAY_OK,
                    arena_printf(arena,
                                 "{with: {word: '%s'}, call: {" PROMPT "}, timeout: 300s}",
                                 word, "SAY {{word}}"));
    case 1:
        return leaf(grower, 0, MAY_OK, arena_printf(arena, "{value: %s}", word));
    case 2:
        return leaf(grower, 0, MAY_OK,
                    arena_printf(arena,
                                 "{keywords: {of: 'a %s one', labels: {%s: [%s], %s: [%s]}}}",
                                 word, other_word(word), other_word(word), word, word));
    default:
        return leaf(
            grower, 1, MAY_OK,
            arena_printf(arena, "{call: {" PROMPT "}}", arena_printf(arena, "SAY %s", word).p));
    }
}

static struct tree grow_failing(struct grower *grower)
{
    struct arena *arena = grower->arena;
    int reask = draw(grower, 2);
    switch (draw(grower, 12)) {
    case 0: /* a branch that never returns */
        return leaf(grower, 1, MAY_OTHER,
                    arena_printf(arena, "{call: {" PROMPT "}, timeout: 200ms}", "HANG"));
    case 1:
    case 2:
    case 3:
        return leaf(grower, 1 + reask, MAY_SCHEMA,
                    arena_printf(arena,
                                 "{call: {reask: %d, schema: {type: object}, " PROMPT "}}",
                                 reask, "SAY prose"));
    case 4:
    case 5:
    case 6:
        return leaf(grower, 1, MAY_GATE,
                    arena_printf(arena, "{call: {" PROMPT "}, gate: [{equals: b}]}", "SAY a"));
    default:
        return leaf(grower, 1, MAY_OTHER, arena_printf(arena, "{call: {" PROMPT "}}", "BREAK"));
    }
}

static struct tree grow_leaf(struct grower *grower, const char *want)
{
    if (chance(grower, 6))
        return grow_failing(grower);
    if (!want && chance(grower, 20))
        return leaf(grower, 1, MAY_OK,
                    arena_printf(grower->arena,
                                 "{call: {" PROMPT ", schema: {type: object, required: [a],"
                                 " properties: {a: {type: integer}}}}}",
                                 "MAKE"));
    return grow_saying(grower, want ? want : any_word(grower));
}

static struct tree grow_chain(struct grower *grower, int depth, const char *want)
{
    struct arena *arena = grower->arena;
    struct tree all = nothing;
    int steps = 1 + draw(grower, 3);
    for (int i = 0; i < steps; i++) {
        struct tree step = grow(grower, depth - 1, i == steps - 1 ? want : NULL);
        then(&all, &step);
        all.text = arena_printf(arena, "%.*s%ss%d: %.*s", STR_ARG(all.text), i ? ", " : "",
                                grower->names++, STR_ARG(step.text));
    }
    all.text = arena_printf(arena, "{chain: {%.*s}}", STR_ARG(all.text));
    return all;
}

/* `count` times the same, in lanes; `partial` forgives. */
static struct tree many(const struct tree *each, int count, bool one_by_one, bool partial)
{
    struct tree all = nothing;
    for (int i = 0; i < count; i++) {
        if (one_by_one && !partial)
            then(&all, each);
        else
            beside(&all, each);
    }
    return all;
}

static struct tree grow_map(struct grower *grower, int depth)
{
    struct tree each = grow(grower, depth - 1, NULL);
    static const char *const lists[] = {"['{{q}}']", "['{{q}}', b]", "['{{q}}', b, c]"};
    int count = 1 + draw(grower, 3), width = 1 + draw(grower, 3);
    bool partial = chance(grower, 50);
    struct tree all = many(&each, count, width == 1 || count == 1, partial);
    all.may = partial ? MAY_OK : all.may;
    all.text = arena_printf(
        grower->arena, "{map: {over: %s, as: item%d, width: %d, on_error: %s, each: %.*s}}",
        lists[count - 1], grower->names++, width, partial ? "partial" : "fail",
        STR_ARG(each.text));
    return all;
}

/* A coin's label chooses, or a word that is known; the classifier may break its schema. */
static struct tree grow_route(struct grower *grower, int depth, const char *want)
{
    struct arena *arena = grower->arena;
    struct tree yes = grow(grower, depth - 1, want), no = grow(grower, depth - 1, want);
    struct tree rest = grow(grower, depth - 1, want), cases = yes, by;
    int kind = draw(grower, 3);
    bool fallback = chance(grower, 60);
    if (kind == 0) {
        by = leaf(grower, 1, MAY_OK, arena_printf(arena, "{call: {" PROMPT "}}", "TOSS"));
        or_else(&cases, &no);
    } else {
        by = grow(grower, depth - 1, kind == 1 ? "yes" : "maybe");
        cases = kind == 1 ? yes : rest;
        if (kind == 2 && !fallback)
            cases = (struct tree){.may = MAY_OTHER, .height = rest.height};
    }
    struct tree all = by;
    then(&all, &cases);
    if (fallback && by.may & MAY_SCHEMA) { /* then the fallback is taken, and may fail alike */
        bool always = by.may == MAY_SCHEMA;
        all.least = always ? by.least + rest.least : by.least;
        int64_t most = by.most + rest.most;
        all.most = most > all.most ? most : all.most;
        unsigned other = all.may & ~(unsigned)MAY_SCHEMA;
        all.may = always ? rest.may : other | (cases.may & MAY_SCHEMA) | rest.may;
    }
    struct tree any = yes;
    or_else(&any, &no);
    if (fallback)
        or_else(&any, &rest);
    all.ceiling = by.ceiling + any.ceiling;
    all.sent = by.sent + any.sent;
    all.height = max_int(by.height, max_int(any.height, rest.height));
    all.text =
        arena_printf(arena, "{route: {by: %.*s, cases: {YES: %.*s, No: %.*s}%s%.*s}}",
                     STR_ARG(by.text), STR_ARG(yes.text), STR_ARG(no.text),
                     fallback ? ", fallback: " : "", STR_ARG(fallback ? rest.text : STR("")));
    return all;
}

/* The guard's part: what it says of the branches. */
static void add_guard(struct grower *grower, int depth, const char *want, struct tree *all)
{
    struct arena *arena = grower->arena;
    struct tree guard = grow(grower, depth - 1, NULL);
    bool pass = chance(grower, 50);
    unsigned blocks = pass ? MAY_GATE : ~(unsigned)MAY_OK;
    unsigned branches = all->may;
    beside(all, &guard);
    all->may = 0;
    if (guard.may & blocks)
        all->may |= MAY_OK | 16; /* 16: nothing is combined */
    if (guard.may & ~blocks)
        all->may |= branches;
    if (!(guard.may & blocks) || guard.may & ~blocks)
        all->may |= 32; /* 32: branches are released */
    all->text = arena_printf(arena, "%.*s, guard: %.*s, blocked: %s, guard_error: %s",
                             STR_ARG(all->text), STR_ARG(guard.text), want ? want : "no",
                             pass ? "pass" : "block");
}

static void add_combine(struct grower *grower, int depth, const char *want, unsigned branches,
                        struct tree *all)
{
    struct tree combine = grow(grower, depth - 1, want);
    bool blocked = all->may & 16, released = all->may & 32;
    unsigned failures = released ? branches & ~(unsigned)MAY_OK : 0;
    bool runs = released && branches & MAY_OK;
    all->least += !blocked && branches == MAY_OK ? combine.least : 0;
    all->most += runs ? combine.most : 0;
    all->ceiling += combine.ceiling;
    all->sent += combine.sent;
    all->may = (blocked ? MAY_OK : 0) | failures | (runs ? combine.may : 0);
    all->height = max_int(all->height, combine.height);
    all->text = arena_printf(grower->arena, "%.*s, combine: %.*s", STR_ARG(all->text),
                             STR_ARG(combine.text));
}

static struct tree grow_parallel(struct grower *grower, int depth, const char *want)
{
    struct arena *arena = grower->arena;
    struct tree all = nothing;
    int count = 1 + draw(grower, 3), width = 1 + draw(grower, 3);
    bool partial = chance(grower, 50), one_by_one = width == 1 || count == 1;
    unsigned any = 0;
    for (int i = 0; i < count; i++) {
        struct tree branch = grow(grower, depth - 1, NULL);
        if (one_by_one && !partial)
            then(&all, &branch);
        else
            beside(&all, &branch);
        any |= branch.may == MAY_OK ? 64 : branch.may & MAY_OK ? 128 : 0; /* sure, perhaps */
        all.text = arena_printf(arena, "%.*s%sb%d: %.*s", STR_ARG(all.text), i ? ", " : "",
                                grower->names++, STR_ARG(branch.text));
    }
    if (partial && any & 64)
        all.may = MAY_OK;
    else if (partial && any)
        all.may |= MAY_OK;
    all.text = arena_printf(arena, "branches: {%.*s}, width: %d, on_error: %s",
                            STR_ARG(all.text), width, partial ? "partial" : "fail");
    unsigned branches = all.may;
    all.may |= 32;
    if (chance(grower, 35)) {
        all.may = branches;
        add_guard(grower, depth, want, &all);
    }
    if (want || chance(grower, 30))
        add_combine(grower, depth, want, branches, &all);
    all.may &= 15;
    all.text = arena_printf(arena, "{parallel: {%.*s}}", STR_ARG(all.text));
    return all;
}

/* Voters who all say the same, or all fail, asked in waves: how many are asked. */
static int voters_asked(int voters, int width, bool plurality, bool spoiled)
{
    int enough = voters / 2 + 1;
    if (spoiled)
        enough = plurality ? voters : (voters + 1) / 2;
    if (width == 0) /* the first wave is a bare majority */
        return enough > voters / 2 + 1 ? enough : voters / 2 + 1;
    int asked = (enough + width - 1) / width * width;
    return asked < voters ? asked : voters;
}

static struct tree grow_vote(struct grower *grower, int depth, const char *want)
{
    struct arena *arena = grower->arena;
    bool coin = !want && chance(grower, 40);
    struct tree each =
        coin ? leaf(grower, 1, MAY_OK, arena_printf(arena, "{call: {" PROMPT "}}", "TOSS"))
             : grow(grower, depth - 1, want ? want : any_word(grower));
    int voters = 2 + draw(grower, 4), width = draw(grower, 4);
    bool early = chance(grower, 50), plurality = chance(grower, 50);
    int least = voters, most = voters;
    bool sure = each.may == MAY_OK || !(each.may & MAY_OK);
    if (early && !coin && sure)
        least = most = voters_asked(voters, width, plurality, each.may != MAY_OK);
    else if (early)
        least = (voters + 1) / 2;
    struct tree all = each;
    all.least = least * each.least;
    all.most = most * each.most;
    all.ceiling = voters * each.ceiling;
    all.sent = voters * each.sent;
    /* some fail, some do not: perhaps nobody wins, and the value is not the word */
    all.text = arena_printf(
        arena, "{vote: {voters: %d%s, winner: %s, stop_early: %s, otherwise: %s, each: %.*s}}",
        voters, width ? arena_printf(arena, ", width: %d", width).p : "",
        plurality ? "plurality" : "majority", early ? "true" : "false", want ? want : "nobody",
        STR_ARG(each.text));
    return all;
}

/* Rounds until `accept` is met, or drafts repeat, or there are no more. */
static struct tree grow_refine(struct grower *grower, int depth, const char *want)
{
    struct arena *arena = grower->arena;
    const char *last = want ? want : any_word(grower);
    const char *first = chance(grower, 30) ? last : other_word(last);
    int rounds = 1 + draw(grower, 4), accepted = 0;
    bool judged = chance(grower, 60), similar = chance(grower, 30), fails = chance(grower, 20);
    if (rounds == 1)
        first = last;
    struct tree generate = grow(grower, depth - 1, first);
    struct tree improve = grow(grower, depth - 1, last);
    struct tree judge = nothing;
    const char *goal = chance(grower, 60) ? last : "never";
    if (judged) { /* says the draft back */
        judge = leaf(grower, 1, MAY_OK,
                     arena_printf(arena, "{call: {" PROMPT "}}", "SAY {{draft}}"));
    }
    struct tree all = nothing;
    for (int i = 1; i <= rounds && !accepted; i++) {
        const char *draft = i == 1 ? first : last, *before = i == 2 ? first : last;
        then(&all, i == 1 ? &generate : &improve);
        then(&all, &judge);
        accepted = str_equal(str_from(draft), str_from(goal));
        if (similar && i > 1 && str_equal(str_from(draft), str_from(before)))
            break;
    }
    if (!accepted && fails && all.may & MAY_OK)
        all.may = (all.may & ~(unsigned)MAY_OK) | MAY_GATE;
    all.ceiling = generate.ceiling + (rounds - 1) * improve.ceiling + rounds * judge.ceiling;
    all.sent = generate.sent + (rounds - 1) * improve.sent + rounds * judge.sent;
    all.height = max_int(generate.height, improve.height);
    all.text = arena_printf(
        arena,
        "{refine: {generate: %.*s, improve: %.*s%s%.*s, accept: [{equals: %s}], max_rounds: %d,"
        " if_rejected: %s%s}}",
        STR_ARG(generate.text), STR_ARG(improve.text), judged ? ", evaluate: " : "",
        STR_ARG(judge.text), goal, rounds, fails ? "fail" : "keep",
        similar ? ", stop_when_similar: 0.99" : "");
    return all;
}

static struct tree grow_plan(struct grower *grower, int count, bool broken, int *asked)
{
    struct arena *arena = grower->arena;
    str list = STR("");
    for (int i = 0; i < count; i++)
        list = arena_printf(arena, "%.*s%s{\"kind\": \"%s\", \"n\": %d}", STR_ARG(list),
                            i ? ", " : "", i == 1 ? "b" : "a", i);
    *asked = chance(grower, 50);
    if (*asked == 0 && !broken)
        return leaf(grower, 0, MAY_OK,
                    arena_printf(arena, "{value: {tasks: [%.*s]}}", STR_ARG(list)));
    list = broken ? STR("I would not know where to begin.")
                  : arena_printf(arena, "{\"tasks\": [%.*s]}", STR_ARG(list));
    *asked = 1;
    return leaf(grower, 1, MAY_OK,
                arena_printf(arena, "{call: {" PROMPT ", transform: [json]}}",
                             arena_printf(arena, "SAY %.*s", STR_ARG(list)).p));
}

static struct tree grow_orchestrate(struct grower *grower, int depth, const char *want)
{
    struct arena *arena = grower->arena;
    int count = 1 + draw(grower, 3), width = 1 + draw(grower, 3), asked,
        replan = draw(grower, 2);
    bool broken = chance(grower, 8), partial = chance(grower, 60);
    struct tree plan = grow_plan(grower, count, broken, &asked), all = nothing;
    struct tree worker[2] = {grow(grower, depth - 1, NULL), grow(grower, depth - 1, NULL)};
    struct tree tasks = nothing, join = nothing;
    unsigned any = 0;
    for (int i = 0; i < count; i++) {
        const struct tree *one = &worker[i == 1];
        if ((width == 1 || count == 1) && !partial)
            then(&tasks, one);
        else
            beside(&tasks, one);
        any |= one->may == MAY_OK ? 64 : one->may & MAY_OK ? 128 : 0;
    }
    if (partial && any & 64)
        tasks.may = MAY_OK;
    else if (partial && any)
        tasks.may |= MAY_OK;
    if (want || chance(grower, 30))
        join = grow(grower, depth - 1, want);
    for (int i = 0; i <= (broken ? replan : 0); i++)
        then(&all, &plan);
    if (broken)
        all.may = MAY_OTHER;
    then(&all, &tasks);
    then(&all, &join);
    all.text = arena_printf(
        arena,
        "{orchestrate: {plan: %.*s, tasks: '{{plan.tasks}}', type: kind, workers: {a: %.*s, b: "
        "%.*s}, width: %d, replan: %d, on_error: %s%s%.*s}}",
        STR_ARG(plan.text), STR_ARG(worker[0].text), STR_ARG(worker[1].text), width, replan,
        partial ? "partial" : "fail", join.text.n ? ", synthesize: " : "", STR_ARG(join.text));
    all.height = max_int(all.height, max_int(worker[0].height, worker[1].height));
    all.ceiling += replan * plan.ceiling;
    all.sent += replan * plan.sent;
    return all;
}

static struct tree use_of(struct grower *grower, const struct shared *shared)
{
    struct tree tree = shared->tree;
    tree.text = arena_printf(grower->arena, "{use: n%d, with: {extra: '{{q}}'}}", shared->name);
    return tree;
}

/* A node of `nodes` that is low enough and says what is wanted, old or new. */
static struct tree grow_use(struct grower *grower, int depth, const char *want)
{
    for (size_t i = 0; i < grower->count; i++) {
        const struct shared *shared = &grower->shared[i];
        if (shared->want == want && shared->tree.height < depth && chance(grower, 30))
            return use_of(grower, shared);
    }
    struct tree tree = grow(grower, depth - 1, want);
    if (grower->count == MOST_SHARED)
        return tree;
    struct shared *shared = &grower->shared[grower->count++];
    *shared = (struct shared){want, tree, grower->names++};
    buf_printf(&grower->nodes, "  n%d: %.*s\n", shared->name, STR_ARG(tree.text));
    return use_of(grower, shared);
}

static struct tree grow_pattern(struct grower *grower, int depth, const char *want)
{
    switch (draw(grower, want ? 7 : 8)) {
    case 0:
        return grow_chain(grower, depth, want);
    case 1:
        return grow_route(grower, depth, want);
    case 2:
        return grow_parallel(grower, depth, want);
    case 3:
        return grow_vote(grower, depth, want);
    case 4:
        return grow_refine(grower, depth, want);
    case 5:
        return grow_orchestrate(grower, depth, want);
    case 6:
        return grow_use(grower, depth, want);
    default:
        return grow_map(grower, depth);
    }
}

static void add_key(struct grower *grower, struct tree *tree, const char *key,
                    const char *value)
{
    tree->text = arena_printf(grower->arena, "%.*s, %s: %s}", (int)tree->text.n - 1,
                              tree->text.p, key, value);
}

/* A gate that says yes or no, a budget that is ample or not. */
static void add_common(struct grower *grower, struct tree *tree, const char *want)
{
    bool no = chance(grower, 15);
    if (want && chance(grower, 10)) {
        add_key(
            grower, tree, "gate",
            arena_printf(grower->arena, "[{%s: %s}]", no ? "not-equals" : "equals", want).p);
        if (no && tree->may & MAY_OK)
            tree->may = (tree->may & ~(unsigned)MAY_OK) | MAY_GATE;
    }
    if (chance(grower, 5))
        add_key(grower, tree, "budget", "{calls: 1000000, tokens: 100000000, time: 1h}");
    else if (!want && chance(grower, 8)) {
        int calls = 1 + draw(grower, 4);
        add_key(grower, tree, "budget", arena_printf(grower->arena, "{calls: %d}", calls).p);
        tree->least = 0;
        tree->may |= MAY_OK | MAY_OTHER;
        tree->sent = tree->sent < calls ? tree->sent : calls;
    }
}

static struct tree grow(struct grower *grower, int depth, const char *want)
{
    if (depth <= 1 || chance(grower, 25))
        return grow_leaf(grower, want);
    struct tree tree = grow_pattern(grower, depth, want);
    tree.height++;
    add_common(grower, &tree, want);
    return tree;
}

/* ---- an experiment ---- */

#define HEAD                                                                                   \
    "dataset: rows.jsonl\n"                                                                    \
    "models: {small: {provider: openai, model: m, price: {input: 1, output: 1}}}\n"            \
    "defaults: {model: small, max_tokens: 100}\n"                                              \
    "retry: {retries: 12, base: 1ms, cap: 4ms}\n"                                              \
    "score: {any: {not-equals: ''}}\n"                                                         \
    "mock:\n"                                                                                  \
    "  scale: 0\n"                                                                             \
    "  models: {m: {skill: 0.5}}\n"                                                            \
    "  answers: {coin: {samples: [{id: c, toss: TOSS}], find: [toss], right: 'YES',"           \
    " wrong: [{text: 'No'}]}}\n"                                                               \
    "  rules:\n"                                                                               \
    "    broken: {when: {prompt: BREAK}, status: 400}\n"                                       \
    "    coin: {when: {prompt: TOSS}, answer: {from: coin}}\n"                                 \
    "    say: {when: {prompt_regex: 'SAY (?<what>.*)'}, reply: '{{what}}'}\n"                  \
    "  faults:\n"                                                                              \
    "    - {hang: headers, when: {prompt: HANG}}\n"                                            \
    "    - {status: 429, share: 0.02}\n"                                                       \
    "    - {status: 500, share: 0.02}\n"                                                       \
    "    - {reset: body, share: 0.01}\n"

#define ONE_PERMIT                                                                             \
    "providers: {openai: {api: openai-chat, base_url: 'https://api.openai.com/v1', key_env:"   \
    " OPENAI_API_KEY, concurrency: 1}}\n"

enum { MOST_CALLS = 60 }; /* of a tree, so that an experiment stays quick */

static void write_experiment(struct place *place, uint64_t seed, int samples, bool tight,
                             struct tree *tree)
{
    struct grower *grower = arena_new(&place->arena, struct grower);
    *grower = (struct grower){.arena = &place->arena, .key = rng_key(seed)};
    struct buf rows = {0}, variants = {0};
    for (int i = 0; i < samples; i++)
        buf_printf(&rows, "{\"id\": %d, \"q\": \"q%d\", \"expected\": \"x\"}\n", i, i);
    for (int i = 0; i < TREES_EACH; i++) {
        do
            tree[i] = grow_pattern(grower, 2 + i % (TREE_DEPTH - 1), NULL);
        while (tree[i].ceiling > MOST_CALLS);
        add_common(grower, &tree[i], NULL);
        buf_printf(&variants, "  v%d: %.*s\n", i, STR_ARG(tree[i].text));
    }
    str limits = tight ? arena_printf(&place->arena, "{calls: %d, depth: 32}", TIGHT_LIMIT)
                       : STR("{calls: 1000000, steps: 10000000, depth: 32}");
    place_write(place, "experiment.yaml",
                arena_printf(&place->arena,
                             HEAD "limits: %.*s\nnodes:\n%.*s  spare: {value: 1}\n"
                                  "variants:\n%.*s",
                             STR_ARG(limits), STR_ARG(buf_str(&grower->nodes)),
                             STR_ARG(buf_str(&variants))));
    place_write(place, "rows.jsonl", buf_str(&rows));
    buf_release(&grower->nodes);
    buf_release(&rows);
    buf_release(&variants);
}

/* ---- the properties ---- */

static void check_cell(uint64_t seed, const struct tree *tree, bool tight, int variant,
                       long calls, long sent, bool ok)
{
    bool good = calls <= tree->ceiling && sent <= tree->sent;
    if (tight)
        good = good && sent <= TIGHT_LIMIT;
    else
        good = good && calls >= tree->least && calls <= tree->most &&
               tree->may & (ok ? MAY_OK : ~(unsigned)MAY_OK);
    if (!good)
        fail_msg(
            "seed %llu, v%d: %ld calls, %ld sent, %s; expected %lld to %lld calls, at most "
            "%lld sent, ends %u\n%.*s",
            (unsigned long long)seed, variant, calls, sent, ok ? "ok" : "failed",
            (long long)tree->least, (long long)tree->most, (long long)tree->sent, tree->may,
            STR_ARG(tree->text));
}

static void check_cells(struct place *place, const char *db, uint64_t seed, bool tight,
                        const struct tree *tree, struct trees_counts *counts)
{
    str left = sql_text(place, db,
                        "SELECT group_concat(substr(variant_name, 2) || ' ' || calls || ' ' || "
                        "sent || ' ' || (status = 'ok'), char(10)) FROM cell_named");
    for (str line = STR(""); left.n; counts->cells++) {
        int variant, ok;
        long calls, sent;
        str rest = STR("");
        if (!str_cut(left, '\n', &line, &rest))
            line = left;
        left = rest;
        str text = arena_str(&place->arena, line);
        assert_int_equal(sscanf(text.p, "%d %ld %ld %d", &variant, &calls, &sent, &ok), 4);
        assert_in_range(variant, 0, TREES_EACH - 1);
        check_cell(seed, &tree[variant], tight, variant, calls, sent, ok);
        counts->calls += calls;
    }
    counts->retries += sql_int(db, "SELECT sum(retries) FROM cell");
}

void trees_check(struct place *place, uint64_t seed, int samples, bool thrice,
                 struct trees_counts *counts)
{
    struct tree tree[TREES_EACH];
    bool tight = seed % 5 == 0;
    write_experiment(place, seed, samples, tight, tree);
    int64_t cells = counts->cells;
    struct ran ran = run_good(place, "--mock", "-j", "50", NULL);
    assert_lacks(ran.ended.err, "Sanitizer");
    check_identities(ran.db);
    check_cells(place, ran.db, seed, tight, tree, counts);
    assert_int_equal(counts->cells - cells, TREES_EACH * samples);
    counts->trees += TREES_EACH;
    for (int i = 0; i < TREES_EACH; i++)
        counts->exact += !tight && tree[i].least == tree[i].most;
    if (!thrice)
        return;
    str results = results_of(report_text(place, ran.db));
    struct ran one = run_good(place, "--mock", "-j", "1", NULL);
    assert_same_text(results_of(report_text(place, one.db)), results);
    str before = place_read(place, "experiment.yaml");
    place_write(place, "experiment.yaml",
                arena_printf(&place->arena, "%s%.*s", ONE_PERMIT, STR_ARG(before)));
    struct ran single = run_good(place, "--mock", "-j", "50", NULL);
    assert_same_text(results_of(report_text(place, single.db)), results);
}

void trees_print(const struct trees_counts *counts)
{
    print_message("%lld trees, %lld of them with an exact number of calls; %lld cells, %lld "
                  "calls, %lld retries\n",
                  (long long)counts->trees, (long long)counts->exact, (long long)counts->cells,
                  (long long)counts->calls, (long long)counts->retries);
}
