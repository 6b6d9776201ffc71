/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * vote.c: the same question several times, and what most answers say (self-consistency).
 *
 * Helps against errors that differ from time to time, and only costs where the model makes the
 * same error each time (docs/statistics.md). `vary` asks voters differently, so that they err
 * differently: each of its entries is changes to `each`, and voters take them in turn. Calls:
 * voters × each; with `stop_early` fewer, from a bare majority on.
 *
 *     vote:
 *       voters: 5
 *       each: {call: …}
 *       labels: [POSITIVE, NEGATIVE, NEUTRAL]
 *       vary: [{call.temperature: 0.2}, {call.model: large}]
 *       stop_early: true
 */
#include "patterns/patterns.h"

#include "patterns/tally.h"
#include "plan/bind.h"
#include "plan/estimate.h"
#include "plan/experiment.h"
#include "plan/transform.h"
#include "plan/variant.h"
#include "run/wf.h"

struct vote {
    int64_t voters, width;
    const struct yaml *each_yaml, *ballot_yaml, *labels_yaml, *otherwise_yaml, *vary_yaml;
    int winner; /* enum tally_rule */
    bool stop_early;

    const struct node **each; /* voter i is asked each[i % kinds] */
    size_t kinds;
    const struct template *ballot; /* NULL: the value itself */
    const struct template *otherwise;
    const str *label; /* NULL: any answer is valid */
    size_t labels;
};

static const char *const winner_choices[] = {"majority", "plurality", NULL};

static const struct opt vote_options[] = {
    OPT_INT(vote, voters, .min = 2, .max = 101, .required = true, .help = "how many are asked"),
    {.key = "each",
     .type = OPT_TYPE_RAW,
     .offset = offsetof(struct vote, each_yaml),
     .word = "node",
     .required = true,
     .help = "what each is asked; sees index"},
    {.key = "ballot",
     .type = OPT_TYPE_RAW,
     .offset = offsetof(struct vote, ballot_yaml),
     .word = "template",
     .help = "the part of each value that is the vote; {{value}} when not given"},
    {.key = "labels",
     .type = OPT_TYPE_RAW,
     .offset = offsetof(struct vote, labels_yaml),
     .word = "labels",
     .form = "{type: array, minItems: 1, uniqueItems: true, items: {type: [string, number, boolean],"
             " minLength: 1, maxLength: 100}}",
     .help = "valid answers; anything else is a spoiled ballot"},
    OPT_CHOICE(vote, winner, .choices = winner_choices, .fallback = "majority",
               .help = "majority: more than half of all voters; plurality: most votes"),
    {.key = "otherwise",
     .type = OPT_TYPE_RAW,
     .offset = offsetof(struct vote, otherwise_yaml),
     .word = "template",
     .help = "the value when nobody wins; UNCERTAIN when not given"},
    OPT_BOOL(vote, stop_early, .fallback = "false",
             .help = "stop asking when the outcome cannot change"),
    OPT_INT(vote, width, .min = 1, .max = 101,
            .help =
                "voters at once; with stop_early those of a wave: the votes that the leader "
                "lacks when not given"),
    {.key = "vary",
     .type = OPT_TYPE_RAW,
     .offset = offsetof(struct vote, vary_yaml),
     .word = "vary",
     .form = "{type: array, minItems: 1, items: {type: object}}",
     .help = "changes to each, path to value, that voters take in turn"},
    OPT_END,
};

/* ---- before a run ---- */

static int bind_labels(const struct binder *binder, struct vote *vote)
{
    const struct yaml *yaml = vote->labels_yaml;
    if (!yaml_is(yaml, YAML_LIST) || yaml->count == 0)
        return mistake_add(binder->mistakes, yaml->place,
                           "vote.labels is %s; expected a list of labels",
                           yaml_is(yaml, YAML_LIST) ? "empty" : yaml_kind_name(yaml));
    str *label = arena_array(binder->arena, str, yaml->count);
    struct opt row = {.key = "labels", .type = OPT_TYPE_LABEL};
    struct opt_parse parse = {binder->arena, binder->mistakes, NULL};
    int result = 0;
    for (size_t i = 0; i < yaml->count; i++) {
        label[i] = STR("");
        result |= opt_parse_value(&parse, &row, yaml->item[i], &label[i]);
        for (size_t k = 0; k < i; k++)
            if (label_equal(binder->arena, label[i], label[k]))
                result = mistake_add(binder->mistakes, yaml->item[i]->place,
                                     "label '%.*s' matches the label '%.*s' too; expected "
                                     "labels that differ in more than case and quotes",
                                     STR_ARG(label[i]), STR_ARG(label[k]));
    }
    vote->label = label;
    vote->labels = yaml->count;
    return result;
}

/* `each` as the k-th entry of `vary` has it; NULL after adding a mistake. */
static const struct yaml *varied(const struct binder *binder, const struct vote *vote, size_t k)
{
    if (!vote->vary_yaml)
        return vote->each_yaml;
    return variant_change(binder->arena, binder->mistakes, binder->experiment->nodes,
                          vote->each_yaml, vote->vary_yaml->item[k], "vary", STR("vote.each"));
}

/* One node for each entry of `vary`, all at the same path. */
static int bind_each(const struct binder *binder, struct vote *vote, struct shape *yields)
{
    const struct yaml *vary = vote->vary_yaml;
    if (vary && (!yaml_is(vary, YAML_LIST) || vary->count == 0))
        return mistake_add(binder->mistakes, vary->place,
                           "vote.vary is %s; expected a list of mappings from path to value",
                           yaml_is(vary, YAML_LIST) ? "empty" : yaml_kind_name(vary));
    if (vary && vary->count > (size_t)vote->voters)
        return mistake_add(binder->mistakes, vary->place,
                           "vote.vary has %zu entries for %lld voters; expected one for each "
                           "at most",
                           vary->count, (long long)vote->voters);
    int result = 0;
    vote->kinds = vary ? vary->count : 1;
    vote->each = arena_calloc(binder->arena, vote->kinds, sizeof(struct node *));
    for (size_t k = 0; k < vote->kinds; k++) {
        const struct yaml *yaml = varied(binder, vote, k);
        struct shape shape = {0};
        if (yaml)
            vote->each[k] = bind_child(binder, yaml, STR("[*]"), &shape);
        result |= vote->each[k] ? 0 : -1;
        *yields = k == 0 ? shape : shape_either(*yields, shape);
    }
    return result;
}

static int vote_bind(struct binder *binder, const struct yaml *value, void *options,
                     struct shape *yields)
{
    struct vote *vote = options;
    const str uncertain = STR("UNCERTAIN");
    struct shape ballot = {0},
                 otherwise = {.kind = SHAPE_TEXT, .size = shape_size_texts(&uncertain, 1)};
    (void)value;
    struct binder inner = *binder;
    bind_name(&inner, SCOPE_NAME, STR("index"), (struct shape){.kind = SHAPE_NUMBER});
    int result = bind_each(&inner, vote, &ballot);

    bind_name(&inner, SCOPE_NAME, STR("value"), ballot);
    if (vote->ballot_yaml) {
        vote->ballot = bind_template(&inner, vote->ballot_yaml, &ballot);
        result |= vote->ballot ? 0 : -1;
    }
    if (vote->labels_yaml) {
        result |= bind_labels(binder, vote);
        ballot = (struct shape){.kind = SHAPE_TEXT,
                                .size = shape_size_texts(vote->label, vote->labels)};
    }
    vote->otherwise = template_constant(binder->arena, json_new_text(binder->arena, uncertain));
    if (vote->otherwise_yaml)
        vote->otherwise = bind_template(binder, vote->otherwise_yaml, &otherwise);
    *yields = shape_either(ballot, otherwise);
    return vote->otherwise ? result : -1;
}

/* What the first `count` voters take; they are of the kinds in turn. */
static struct estimate estimate_voters(const struct vote *vote, size_t count,
                                       const struct estimating *estimating)
{
    struct estimate sum = {0};
    double width = (double)vote->width / (double)vote->kinds; /* of those at once, of each kind */
    for (size_t i = 0; i < vote->kinds && i < count; i++) {
        double voters = (double)((count - i + vote->kinds - 1) / vote->kinds);
        estimate_beside(&sum, estimate_waves(estimate_node(vote->each[i], estimating), voters,
                                             voters, voters, width));
    }
    return sum;
}

/* The fewest that can decide: a bare majority, or, in waves of a width, as many as leave none
 * within reach. */
static size_t fewest_voters(const struct vote *vote)
{
    size_t voters = (size_t)vote->voters, width = (size_t)vote->width;
    if (!vote->stop_early)
        return voters;
    size_t fewest = width ? (voters + 1) / 2 : voters / 2 + 1;
    size_t waves = width ? (fewest + width - 1) / width : 1;
    fewest = width ? waves * width : fewest;
    return fewest < voters ? fewest : voters;
}

static void vote_estimate(const void *options, const struct estimating *estimating,
                          struct estimate *estimate)
{
    const struct vote *vote = options;
    struct estimate few = estimate_voters(vote, fewest_voters(vote), estimating);
    *estimate = estimate_voters(vote, (size_t)vote->voters, estimating);
    if (vote->stop_early && !vote->width) { /* at worst each further one is a wave of its own */
        double waves = 1 + (double)((size_t)vote->voters - fewest_voters(vote));
        estimate->part[ESTIMATE_PATH_NS] = spread_times(few.part[ESTIMATE_PATH_NS], 1, 1, waves);
    }
    for (int i = 0; i < ESTIMATE_PARTS; i++)
        estimate->part[i] = spread_either(few.part[i], estimate->part[i]);
}

/* ---- ballots ---- */

static const struct env *env_of_value(struct arena *arena, const struct env *env, size_t index,
                                      const json *value)
{
    env = env_bind(arena, env, STR("index"), json_new_int(arena, (int64_t)index));
    return env_bind(arena, env, STR("value"), value);
}

/* What a value votes for, and NULL for a spoiled ballot; *resolves is false when it lacks the
 * part that is the vote. null is no vote: a transform that found nothing yields it. */
static const json *ballot_of(struct arena *arena, const struct vote *vote,
                             const struct env *env, size_t index, const json *value,
                             struct template_problem *problem)
{
    const json *ballot = value;
    if (vote->ballot)
        ballot =
            template_eval(vote->ballot, env_of_value(arena, env, index, value), arena, problem);
    if (!ballot || json_is(ballot, JSON_NULL))
        return NULL;
    if (!vote->label)
        return ballot;
    str written = json_render(arena, ballot);
    for (size_t i = 0; i < vote->labels; i++)
        if (label_equal(arena, written, vote->label[i]))
            return json_new_text(arena, vote->label[i]);
    return NULL;
}

/* ---- the run ---- */

struct poll {
    const struct vote *vote;
    struct tally tally;
    json *ballots; /* in voter order; null: spoiled */
    size_t failed; /* voters without a value, or without the part that is the vote */
    struct failure first_failure;
};

/* What the voters of a wave say, in their order. */
static void count_wave(struct wf *wf, struct poll *poll, const struct wf_task *task,
                       size_t count)
{
    struct arena *arena = wf_arena(wf);
    for (size_t i = 0; i < count; i++) {
        size_t index = poll->tally.cast;
        const json *ballot = NULL;
        struct failure failure = task[i].failure;
        struct template_problem problem = {0};
        if (!task[i].failed) {
            ballot = ballot_of(arena, poll->vote, wf_env(wf), index, task[i].value, &problem);
            if (problem.text.n) {
                wf_fail(wf, FAILURE_TEMPLATE, "%.*s", STR_ARG(problem.text));
                failure = *wf_failure(wf);
                wf_forgive(wf);
            }
        }
        if (failure.kind != FAILURE_NONE && poll->failed++ == 0)
            poll->first_failure = failure;
        tally_add(&poll->tally, arena, ballot);
        json_add(arena, poll->ballots, ballot ? ballot : json_null());
    }
}

static int fiber_fn ask_wave(struct wf *wf, struct poll *poll, size_t count, size_t width)
{
    struct arena *arena = wf_arena(wf);
    const struct vote *vote = poll->vote;
    struct wf_task *task = arena_array(arena, struct wf_task, count);
    for (size_t i = 0; i < count; i++) {
        size_t index = poll->tally.cast + i;
        task[i] = (struct wf_task){
            .node = vote->each[index % vote->kinds],
            .segment = arena_printf(arena, "[%zu]", index),
            .env =
                env_bind(arena, wf_env(wf), STR("index"), json_new_int(arena, (int64_t)index)),
        };
    }
    if (wf_run_all(wf, task, count, width, WF_PARTIAL) < 0)
        return -1;
    count_wave(wf, poll, task, count);
    return 0;
}

/* Whole waves are asked and then counted, so that the same voters are asked whoever came first. */
static int fiber_fn ask_until_decided(struct wf *wf, struct poll *poll)
{
    while (!tally_is_decided(&poll->tally)) {
        size_t left = poll->tally.voters - poll->tally.cast;
        size_t wave =
            poll->vote->width ? (size_t)poll->vote->width : tally_lacking(&poll->tally);
        if (ask_wave(wf, poll, wave < left ? wave : left, 0) < 0)
            return -1;
    }
    return 0;
}

/* How many voters `stop_early` would have asked, for the same winner: these ballots in its waves. */
static size_t enough(struct arena *arena, const struct poll *poll)
{
    const struct vote *vote = poll->vote;
    struct tally tally = tally_new(arena, (enum tally_rule)vote->winner, (size_t)vote->voters);
    const json *ballot = json_first(poll->ballots);
    while (ballot && !tally_is_decided(&tally)) {
        size_t wave = vote->width ? (size_t)vote->width : tally_lacking(&tally);
        for (; ballot && wave > 0; wave--, ballot = json_next(ballot))
            tally_add(&tally, arena, json_is(ballot, JSON_NULL) ? NULL : ballot);
    }
    return tally.cast;
}

static void note_poll(struct wf *wf, const struct poll *poll)
{
    struct arena *arena = wf_arena(wf);
    json *tally = json_new_list(arena);
    for (size_t i = 0; i < poll->tally.entries; i++) {
        json *entry = json_new_object(arena);
        json_set(arena, entry, STR("ballot"), poll->tally.entry[i].ballot);
        json_set_int(arena, entry, "votes", (int64_t)poll->tally.entry[i].votes);
        json_add(arena, tally, entry);
    }
    wf_note(wf, "ballots", poll->ballots);
    wf_note(wf, "tally", tally);
    wf_note(wf, "margin", json_new_int(arena, (int64_t)tally_margin(&poll->tally)));
    wf_note(wf, "spoiled", json_new_int(arena, (int64_t)poll->tally.spoiled));
    wf_note(wf, "enough", json_new_int(arena, (int64_t)enough(arena, poll)));
}

static int fiber_fn vote_run(struct wf *wf, const void *options, const json **value)
{
    const struct vote *vote = options;
    struct arena *arena = wf_arena(wf);
    size_t voters = (size_t)vote->voters;
    struct poll poll = {
        .vote = vote,
        .tally = tally_new(arena, (enum tally_rule)vote->winner, voters),
        .ballots = json_new_list(arena),
    };
    int asked = vote->stop_early ? ask_until_decided(wf, &poll)
                                 : ask_wave(wf, &poll, voters, (size_t)vote->width);
    if (asked < 0)
        return -1;
    note_poll(wf, &poll);
    if (poll.failed == poll.tally.cast)
        return wf_fail_as(wf, &poll.first_failure);
    const struct tally_entry *winner = tally_winner(&poll.tally);
    if (!winner)
        return wf_eval(wf, vote->otherwise, wf_env(wf), value);
    *value = winner->ballot;
    return 0;
}

/* ---- when a budget ends ---- */

/* The winner, if the votes that were cast decide it by the rule for all voters. A voter whom the
 * budget cut off has not voted. */
static const json *vote_best(const struct wf *wf, const void *options)
{
    const struct vote *vote = options;
    struct arena *arena = wf_arena(wf);
    struct tally tally = tally_new(arena, (enum tally_rule)vote->winner, (size_t)vote->voters);
    size_t index = 0;
    for (const struct wf *c = wf_first_child(wf); c; c = wf_next_child(c), index++) {
        enum failure_kind kind = wf_failure(c)->kind;
        const json *value = kind == FAILURE_NONE ? wf_has(c) : NULL;
        if (value)
            tally_add(&tally, arena, ballot_of(arena, vote, wf_env(wf), index, value, NULL));
        else if (kind != FAILURE_NONE && kind != FAILURE_BUDGET)
            tally_add(&tally, arena, NULL);
    }
    const struct tally_entry *winner = tally_winner(&tally);
    return winner ? winner->ballot : NULL;
}

const struct pattern pattern_vote = {
    .name = "vote",
    .summary = "the same question several times, and what most answers say",
    .options = vote_options,
    .options_size = sizeof(struct vote),
    .bind = vote_bind,
    .run = vote_run,
    .best = vote_best,
    .estimate = vote_estimate,
};
