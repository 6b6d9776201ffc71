/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * refine.c: draft, judge, improve, until a draft is accepted (evaluator and optimizer).
 *
 * A round is a draft and its evaluation, so no draft is returned that nobody judged. `accept` is
 * a list of ordinary checks on the evaluation, or on the draft itself when there is no evaluator.
 * It ends with the first accepted draft, after `max_rounds`, or when a draft is hardly other than
 * the one before; what is left then is the best draft if there is a score, else the last.
 * Calls: 2 × rounds at most, 1 × rounds when the evaluator is code.
 *
 *     refine:
 *       generate: {call: {prompt: write}}
 *       evaluate: {call: {prompt: judge}}
 *       accept: [{equals: APPROVED}]
 *       improve: {call: {prompt: rewrite}}
 */
#include "patterns/patterns.h"

#include "base/text.h"
#include "patterns/refine_drafts.h"
#include "patterns/similar.h"
#include "plan/bind.h"
#include "plan/estimate.h"
#include "run/wf.h"

struct refine {
    const struct yaml *generate_yaml, *evaluate_yaml, *accept_yaml, *improve_yaml, *score_yaml;
    int64_t max_rounds;
    double stop_when_similar;
    bool stops_when_similar;
    int if_rejected;

    const struct node *generate, *evaluate, *improve; /* evaluate NULL: none */
    const struct check *const *accept;
    size_t accepts;
    const struct template *score; /* NULL: none */
};

enum if_rejected { REJECTED_KEEP, REJECTED_FAIL };
static const char *const if_rejected_choices[] = {"keep", "fail", NULL};

#define RAW_ROW(name, type_word, ...)                                                          \
    {                                                                                          \
        .key = #name, .type = OPT_TYPE_RAW, .offset = offsetof(struct refine, name##_yaml),    \
        .word = (type_word), __VA_ARGS__                                                       \
    }

static const struct opt refine_options[] = {
    RAW_ROW(generate, "node", .required = true, .help = "the first draft"),
    RAW_ROW(evaluate, "node", .help = "judges a draft; without it accept looks at the draft"),
    RAW_ROW(accept, "checks", .required = true, .form = "{$ref: '#/$defs/checks', minItems: 1}",
            .help = "all must pass"),
    RAW_ROW(improve, "node", .required = true,
            .help = "the next draft, from draft, evaluation and feedback"),
    OPT_INT(refine, max_rounds, .min = 1, .max = 20, .fallback = "3",
            .help = "a round is a draft and its evaluation"),
    RAW_ROW(score, "template", .form = "{type: string, pattern: '\\{\\{'}",
            .help = "a number that makes drafts comparable: the best is kept, not the last"),
    OPT_SHARE(refine, stop_when_similar, OPT_GIVEN(refine, stops_when_similar),
              .help = "stop when a draft is this similar to the one before"),
    OPT_CHOICE(refine, if_rejected, .choices = if_rejected_choices, .fallback = "keep",
               .help = "no draft was accepted: return one, or fail with kind gate"),
    OPT_END,
};

/* ---- before a run ---- */

static int bind_score(struct binder *binder, struct refine *refine)
{
    const struct yaml *yaml = refine->score_yaml;
    struct shape shape = {0};
    refine->score = bind_template(binder, yaml, &shape);
    if (!refine->score)
        return -1;
    if (yaml->kind == YAML_TEXT && template_is_ref(refine->score) && shape.kind != SHAPE_LIST &&
        shape.kind != SHAPE_OBJECT)
        return 0; /* a text may turn out to be a number */
    return mistake_add(binder->mistakes, yaml->place,
                       "refine.score is %s; expected one {{…}} alone that yields a number",
                       yaml->kind == YAML_TEXT && !template_is_ref(refine->score)
                           ? "text around references"
                       : yaml->kind != YAML_TEXT  ? yaml_kind_name(yaml)
                       : shape.kind == SHAPE_LIST ? "a list"
                                                  : "an object");
}

/* The evaluation, or a part of it; nothing is known of the reasons of checks. */
static struct shape feedback_shape(struct shape evaluation)
{
    if (evaluation.kind == SHAPE_TEXT)
        return (struct shape){.size = evaluation.size};
    const json *inner = NULL;
    if (evaluation.kind == SHAPE_SCHEMA &&
        jsonschema_member(evaluation.schema, evaluation.at, STR("feedback"), &inner) ==
            SCHEMA_MEMBER_YES)
        return (struct shape){.size = shape_size_part(evaluation.size, 1)};
    return (struct shape){0};
}

/* What is known of drafts is what is known of the first; `improve` may yield something else, and
 * then nothing is known of the value. */
static int refine_bind(struct binder *binder, const struct yaml *value, void *options,
                       struct shape *yields)
{
    struct refine *refine = options;
    struct shape first = {0}, evaluation = {0}, next = {0};
    (void)value;
    refine->generate = bind_child(binder, refine->generate_yaml, STR("draft[*]"), &first);
    int result = refine->generate ? 0 : -1;

    struct binder inner = *binder;
    struct shape_size *drafts = arena_new(binder->arena, struct shape_size);
    struct shape draft = first;
    draft.size = (struct shape_size){.kind = SIZE_SAME, .same = drafts};
    bind_name(&inner, SCOPE_STEP, STR("draft"), draft);
    bind_name(&inner, SCOPE_NAME, STR("round"), (struct shape){.kind = SHAPE_NUMBER});
    if (refine->evaluate_yaml) {
        refine->evaluate =
            bind_child(&inner, refine->evaluate_yaml, STR("evaluate[*]"), &evaluation);
        result |= refine->evaluate ? 0 : -1;
        bind_name(&inner, SCOPE_STEP, STR("evaluation"), evaluation);
    }
    result |= bind_checks(&inner, refine->accept_yaml, "refine.accept",
                          refine->evaluate_yaml ? evaluation : first, &refine->accept,
                          &refine->accepts);
    if (yaml_is(refine->accept_yaml, YAML_LIST) && refine->accept_yaml->count == 0)
        result = mistake_add(binder->mistakes, refine->accept_yaml->place,
                             "refine.accept is empty; expected at least one check");
    if (refine->score_yaml)
        result |= bind_score(&inner, refine);
    bind_name(&inner, SCOPE_NAME, STR("feedback"), feedback_shape(evaluation));
    refine->improve = bind_child(&inner, refine->improve_yaml, STR("draft[*]"), &next);
    *drafts = shape_size_either(first.size, next.size);
    *yields = shape_either(first, next);
    return refine->improve ? result : -1;
}

/* 1, 2 and max_rounds rounds (language 4.10). */
static void refine_estimate(const void *options, const struct estimating *estimating,
                            struct estimate *estimate)
{
    const struct refine *refine = options;
    double most = (double)refine->max_rounds, mean = most < 2 ? most : 2;
    *estimate = estimate_node(refine->generate, estimating);
    estimate_add(estimate, estimate_times(estimate_node(refine->improve, estimating), 0,
                                          mean - 1, most - 1));
    if (refine->evaluate)
        estimate_add(estimate, estimate_times(estimate_node(refine->evaluate, estimating), 1,
                                              mean, most));
}

/* ---- a round ---- */

struct round {
    const json *draft, *evaluation; /* evaluation NULL: no evaluator */
    const struct env *env;          /* with draft, round, evaluation */
    struct maybe_number score, similarity;
    str reasons; /* of the checks that failed, one a line; empty: accepted */
};

static const struct env *bind_draft(struct arena *arena, const struct env *env,
                                    const json *draft, int64_t number)
{
    env = env_bind(arena, env, STR("draft"), draft);
    return env_bind(arena, env, STR("round"), json_new_int(arena, number));
}

/* What the next draft should do better (language 3.1). */
static const json *feedback_of(struct arena *arena, const struct round *round)
{
    const json *member = json_get(round->evaluation, STR("feedback"));
    if (json_is(round->evaluation, JSON_TEXT))
        return round->evaluation;
    return member ? member : json_new_text(arena, round->reasons);
}

static int fiber_fn write_draft(struct wf *wf, const struct refine *refine, int64_t number,
                                const struct round *before, const json **draft)
{
    str segment = arena_printf(wf_arena(wf), "draft[%lld]", (long long)(number - 1));
    if (number == 1)
        return wf_run(wf, refine->generate, segment, wf_env(wf), draft);
    /* `round` is the round whose draft is being improved */
    const struct env *env =
        env_bind(wf_arena(wf), before->env, STR("feedback"), feedback_of(wf_arena(wf), before));
    return wf_run(wf, refine->improve, segment, env, draft);
}

static int read_score(struct wf *wf, const struct refine *refine, struct round *round)
{
    const json *value;
    if (!refine->score)
        return 0;
    if (wf_eval(wf, refine->score, round->env, &value) < 0)
        return -1;
    round->score = number_in(value);
    if (round->score.known)
        return 0;
    str shown = text_shorten(wf_arena(wf), json_render(wf_arena(wf), value), 60);
    return wf_fail(wf, FAILURE_TEMPLATE, "refine.score is '%.*s', which is no number",
                   STR_ARG(text_visible(wf_arena(wf), shown)));
}

static void fiber_fn judge(struct wf *wf, const struct refine *refine, struct round *round)
{
    const json *subject = refine->evaluate ? round->evaluation : round->draft;
    const struct env *env = env_bind(wf_arena(wf), round->env, STR("value"), subject);
    for (size_t i = 0; i < refine->accepts; i++) {
        str reason;
        if (wf_check(wf, refine->accept[i], env, subject, &reason))
            continue;
        round->reasons = arena_printf(wf_arena(wf), "%.*s%s%.*s", STR_ARG(round->reasons),
                                      round->reasons.n ? "\n" : "", STR_ARG(reason));
    }
}

struct similar_job {
    str a, b;
    double similarity;
};

static void run_similar_job(void *arg)
{
    struct similar_job *job = arg;
    job->similarity = texts_similarity(job->a, job->b);
}

static void fiber_fn compare(struct wf *wf, const struct round *before, struct round *round)
{
    struct similar_job job = {json_render(wf_arena(wf), before->draft),
                              json_render(wf_arena(wf), round->draft), 0};
    wf_work(wf, job.a.n > 0 && job.b.n > SIMILAR_QUICK / job.a.n, run_similar_job, &job);
    round->similarity = (struct maybe_number){true, job.similarity};
}

/* Draft, evaluation, score, verdict. */
static int fiber_fn run_round(struct wf *wf, const struct refine *refine, int64_t number,
                              const struct round *before, struct round *round)
{
    struct arena *arena = wf_arena(wf);
    if (write_draft(wf, refine, number, before, &round->draft) < 0)
        return -1;
    if (before)
        compare(wf, before, round);
    round->env = bind_draft(arena, wf_env(wf), round->draft, number);
    if (refine->evaluate) {
        str segment = arena_printf(arena, "evaluate[%lld]", (long long)(number - 1));
        if (wf_run(wf, refine->evaluate, segment, round->env, &round->evaluation) < 0)
            return -1;
        round->env = env_bind(arena, round->env, STR("evaluation"), round->evaluation);
    }
    if (read_score(wf, refine, round) < 0)
        return -1;
    judge(wf, refine, round);
    return 0;
}

/* ---- the rounds ---- */

static const json *number_or_null(struct arena *arena, struct maybe_number number)
{
    return number.known ? json_new_number(arena, number.value) : json_null();
}

/* Draft and evaluation are steps of their own. */
static void add_note(struct wf *wf, json *notes, const struct round *round)
{
    struct arena *arena = wf_arena(wf);
    json *note = json_new_object(arena);
    json_set(arena, note, STR("accepted"), json_new_bool(round->reasons.n == 0));
    json_set(arena, note, STR("score"), number_or_null(arena, round->score));
    json_set(arena, note, STR("similarity"), number_or_null(arena, round->similarity));
    if (round->reasons.n)
        json_set_text(arena, note, "reasons", round->reasons);
    json_add(arena, notes, note);
    wf_note(wf, "rounds", json_copy(arena, notes));
}

/* Why the loop ends after this round; NULL: it goes on. */
static const char *why_stop(const struct refine *refine, int64_t number,
                            const struct round *round)
{
    if (round->reasons.n == 0)
        return "accepted";
    if (refine->stops_when_similar && round->similarity.known &&
        round->similarity.value >= refine->stop_when_similar)
        return "similar";
    return number == refine->max_rounds ? "max_rounds" : NULL;
}

static int fiber_fn refine_run(struct wf *wf, const void *options, const json **value)
{
    const struct refine *refine = options;
    struct arena *arena = wf_arena(wf);
    struct round *round = arena_array(arena, struct round, (size_t)refine->max_rounds);
    struct best_draft best = {0};
    json *notes = json_new_list(arena);
    const char *stop = NULL;
    size_t i = 0;
    for (;; i++) {
        int64_t number = (int64_t)i + 1;
        if (run_round(wf, refine, number, i ? &round[i - 1] : NULL, &round[i]) < 0)
            return -1;
        best_draft_add(&best, round[i].draft, round[i].score);
        add_note(wf, notes, &round[i]);
        stop = why_stop(refine, number, &round[i]);
        if (stop)
            break;
    }
    bool accepted = round[i].reasons.n == 0;
    *value = accepted ? round[i].draft : best.draft;
    wf_note(wf, "stopped", json_new_text(arena, str_from(stop)));
    if (accepted || refine->if_rejected == REJECTED_KEEP)
        return 0;
    wf_fail_value(wf, *value);
    return wf_fail(wf, FAILURE_GATE, "no draft was accepted in %zu round%s: %.*s", i + 1,
                   i ? "s" : "", STR_ARG(round[i].reasons));
}

/* ---- when a budget ends it ---- */

static const json *part_has(const struct wf *wf, const char *name, int64_t index)
{
    str segment = arena_printf(wf_arena(wf), "%s[%lld]", name, (long long)index);
    for (const struct wf *child = wf_first_child(wf); child; child = wf_next_child(child))
        if (str_equal(wf_segment(child), segment))
            return wf_has(child);
    return NULL;
}

/* The score of a draft that was judged; unknown otherwise. */
static struct maybe_number score_of(const struct wf *wf, const struct refine *refine,
                                    const json *draft, int64_t index)
{
    struct arena *arena = wf_arena(wf);
    const json *evaluation = refine->evaluate ? part_has(wf, "evaluate", index) : NULL;
    if (!refine->score || (refine->evaluate && !evaluation))
        return (struct maybe_number){0};
    const struct env *env = bind_draft(arena, wf_env(wf), draft, index + 1);
    if (evaluation)
        env = env_bind(arena, env, STR("evaluation"), evaluation);
    return number_in(template_eval(refine->score, env, arena, NULL));
}

static const json *refine_best(const struct wf *wf, const void *options)
{
    const struct refine *refine = options;
    struct best_draft best = {0};
    for (int64_t i = 0; i < refine->max_rounds; i++) {
        const json *draft = part_has(wf, "draft", i);
        if (draft)
            best_draft_add(&best, draft, score_of(wf, refine, draft, i));
    }
    return best.draft;
}

const struct pattern pattern_refine = {
    .name = "refine",
    .summary = "draft, evaluate, improve, until a draft is accepted",
    .options = refine_options,
    .options_size = sizeof(struct refine),
    .bind = refine_bind,
    .run = refine_run,
    .best = refine_best,
    .estimate = refine_estimate,
};
