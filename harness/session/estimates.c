/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * estimates.c: estimates of cells to estimates of a run (see estimates.h).
 *
 * A cell is estimated for every sample, since its prompts are as long as the sample makes them; a very
 * large dataset for some that lie evenly in it. Models are told apart by estimating again with the
 * calls of one model alone: which of them limit the run, and whose price is not known.
 */
#include "session/estimates.h"

#include "llm/embed.h"
#include "plan/experiment_scores.h"
#include "plan/perturb.h"
#include "plan/size.h"
#include "score/ask.h"

enum { SAMPLES_MEASURED = 10000 };

struct work {
    struct arena *arena, scratch;
    struct estimates *made;
    const struct experiment *experiment;
    const struct llm_model *only;
    const struct sample *sample;
    const struct env *env;
};

static struct estimating estimating_of(struct work *work)
{
    return (struct estimating){.env = work->env,
                               .scratch = &work->scratch,
                               .only = work->only,
                               .seen = work->made->run.seen,
                               .seens = work->made->run.seens,
                               .time = work->made->run.time,
                               .times = work->made->run.times};
}

/* ---- what scores ask ---- */

static const struct bound_step *scored_step(const struct experiment *experiment, size_t variant,
                                            const struct score *score)
{
    str path = score->step.n ? score->step : STR(".");
    const struct bound_step *step = experiment->variant[variant].first_step;
    while (step && !str_equal(step->path, path))
        step = step->next;
    return step;
}

/* Tokens of the text that is graded: the value of the step, as far as its size is known. */
static struct spread graded_size(struct work *work, const struct score *score, size_t variant)
{
    const struct bound_step *step = scored_step(work->experiment, variant, score);
    struct spread size = {.open = true};
    if (step)
        size = size_of_shape(&step->yields, work->env, &work->scratch);
    size.open = size.open || score->check->of != NULL;
    return score->check->of ? spread_part(size, 1) : size;
}

static struct spread operand_size(struct work *work, const struct score *score)
{
    const struct env *env = work->env;
    const struct sample *sample = work->sample;
    if (sample->expected)
        env = env_bind(&work->scratch, env, STR("expected"), sample->expected);
    if (sample->metadata)
        env = env_bind(&work->scratch, env, STR("metadata"), sample->metadata);
    str text;
    if (!score->check->operand ||
        template_render(score->check->operand, env, &work->scratch, &text, NULL) < 0)
        return (struct spread){.open = true};
    return spread_of_bytes((double)text.n);
}

/* The other variants' texts, each beside this one's. */
static struct spread rival_size(struct work *work, const struct score *score, size_t variant)
{
    struct spread sum = {0};
    double rivals = 0;
    for (size_t v = 0; v < work->experiment->variants; v++) {
        if (v == variant)
            continue;
        struct spread one = graded_size(work, score, v);
        double expected = sum.expected + one.expected;
        sum = rivals > 0 ? spread_either(sum, one) : one;
        sum.expected = expected;
        rivals++;
    }
    sum.expected = rivals > 0 ? sum.expected / rivals : 0;
    return sum;
}

/* In a cell: not once, since it may fail before; so often; and with all that is asked again. */
static struct estimate score_cell(struct work *work, const struct score *score, size_t variant)
{
    const double calls = (double)score_calls(work->experiment, score);
    const bool judge = score->check->kind->asks != ASKS_VECTORS;
    struct estimating estimating = estimating_of(work);
    str path = arena_printf(&work->scratch, "score:%.*s[*]", STR_ARG(score->name));
    estimating.variant = work->experiment->variant[variant].name;
    struct spread input =
        spread_add(graded_size(work, score, variant), operand_size(work, score));
    if (judge) {
        struct llm_request fixed = {.schema = score->schema};
        size_t around = judge_question_bytes(score, &work->scratch);
        input =
            spread_add(input, spread_of_bytes((double)(llm_request_bytes(&fixed) + around)));
        input = spread_add(input, spread_exact(8)); /* two messages */
    }
    if (score->check->kind->asks == ASKS_CONTEST)
        input = spread_add(input, rival_size(work, score, variant));
    input.open = input.open || score->reask > 0;
    struct estimate request =
        estimate_request(score->model, judge ? &score->params : NULL, input, &estimating);
    estimate_time_calls(&request, &estimating, path);
    struct estimate cell =
        estimate_waves(request, 0, calls, calls * (double)(1 + score->reask), calls);
    for (int i = 0; i < ESTIMATE_PARTS && score->step.n; i++)
        cell.part[i].open = true; /* for one instance of the step */
    return cell;
}

static struct estimate score_cells(struct work *work, const struct score *score)
{
    struct estimate sum = {0};
    for (size_t v = 0; v < work->experiment->variants; v++)
        if (score->applies[v])
            estimate_add(&sum, score_cell(work, score, v));
    return sum;
}

/* ---- before the first cell ---- */

static struct estimate setup_of(struct work *work)
{
    struct estimate sum = {0};
    const struct estimating estimating = estimating_of(work);
    for (const struct example_set *set = work->experiment->examples; set; set = set->next)
        for (size_t from = 0, count; from < set->count; from += count) {
            double bytes = 0;
            count = llm_embed_batch(set->text + from, set->count - from);
            for (size_t i = 0; i < count; i++)
                bytes += (double)set->text[from + i].n;
            estimate_add(
                &sum, estimate_request(set->model, NULL, spread_of_bytes(bytes), &estimating));
        }
    return sum;
}

/* ---- over the samples ---- */

static void take_sample(struct work *work, size_t index)
{
    const struct experiment *experiment = work->experiment;
    arena_clear(&work->scratch);
    work->sample = &experiment->dataset.sample[index];
    work->env = env_bind_object(&work->scratch, NULL, experiment->vars);
    work->env =
        env_bind_object(&work->scratch, work->env,
                        perturb_inputs(experiment, work->sample->index, &work->scratch));
}

static void add_cell(struct variant_estimate *variant, struct estimate cell, bool first)
{
    estimate_add(&variant->all, cell);
    if (first)
        variant->cell = cell;
    else
        estimate_widen(&variant->cell, &cell);
}

/* Fills variants and scores, and returns the sum of all. */
static struct estimate estimate_cells(struct work *work, struct variant_estimate *variant,
                                      struct score_estimate *score)
{
    const struct experiment *experiment = work->experiment;
    const size_t samples = experiment->dataset.count, measured = work->made->measured;
    for (size_t i = 0; i < measured; i++) {
        take_sample(work, i * samples / measured);
        struct estimating estimating = estimating_of(work);
        for (size_t v = 0; v < experiment->variants; v++) {
            estimating.variant = experiment->variant[v].name;
            struct estimate cell = estimate_node(experiment->variant[v].root, &estimating);
            estimate_within(&cell, experiment->cell_budget);
            add_cell(&variant[v], cell, i == 0);
        }
        for (size_t s = 0; s < work->made->scores; s++)
            estimate_add(&score[s].all, score_cells(work, score[s].score));
    }
    struct estimate sum = setup_of(work);
    const double each = measured ? work->made->cells / (double)measured : 0;
    for (size_t v = 0; v < experiment->variants; v++) {
        for (int k = 0; k < ESTIMATE_PARTS && measured; k++)
            variant[v].cell.part[k].expected =
                variant[v].all.part[k].expected / (double)measured;
        variant[v].all = estimate_times(variant[v].all, each, each, each);
        estimate_add(&sum, variant[v].all);
    }
    for (size_t s = 0; s < work->made->scores; s++) {
        score[s].all = estimate_times(score[s].all, each, each, each);
        estimate_add(&sum, score[s].all);
    }
    return sum;
}

static void find_scores(struct work *work)
{
    const struct experiment *experiment = work->experiment;
    struct estimates *made = work->made;
    made->score = arena_array(work->arena, struct score_estimate, experiment->scores + 1);
    for (size_t i = 0; i < experiment->scores; i++)
        if (experiment->score[i].model)
            made->score[made->scores++].score = &experiment->score[i];
}

/* ---- by model ---- */

static void estimate_models(struct work *work)
{
    const struct experiment *experiment = work->experiment;
    struct estimates *made = work->made;
    made->model = arena_array(work->arena, struct model_estimate, experiment->models + 1);
    for (size_t i = 0; i < experiment->models; i++) {
        struct variant_estimate *variant =
            arena_array(work->arena, struct variant_estimate, experiment->variants + 1);
        struct score_estimate *score =
            arena_array(work->arena, struct score_estimate, made->scores + 1);
        for (size_t s = 0; s < made->scores; s++)
            score[s].score = made->score[s].score;
        work->only = experiment->model[i];
        struct estimate all = estimate_cells(work, variant, score);
        if (all.part[ESTIMATE_CALLS].worst > 0)
            made->model[made->models++] = (struct model_estimate){work->only, all};
    }
    work->only = NULL;
}

static struct spread tokens_of(const struct estimate *estimate)
{
    return spread_add(estimate->part[ESTIMATE_INPUT], estimate->part[ESTIMATE_OUTPUT]);
}

/* ---- budgets ---- */

/* Replies of the cache are free, and an early stop leaves cells out. */
static bool may_take_less(const struct experiment *experiment)
{
    return experiment->cache == CACHE_USE || experiment->stop;
}

static void compare_budget(struct estimates *made, const char *key, double budget,
                           struct spread needs)
{
    enum estimates_verdict verdict = ESTIMATES_FITS;
    if (needs.worst > budget || needs.open)
        verdict = ESTIMATES_MAY_NOT;
    if (needs.expected > budget)
        verdict = ESTIMATES_LIKELY_NOT;
    if (needs.low > budget)
        verdict = ESTIMATES_CANNOT;
    if (may_take_less(made->experiment) && verdict > ESTIMATES_MAY_NOT)
        verdict = ESTIMATES_MAY_NOT;
    made->budget[made->budgets++] = (struct budget_estimate){key, budget, needs, verdict};
}

static void compare_budgets(struct estimates *made)
{
    const struct budget *budget = made->experiment->run_budget;
    const struct spread *part = made->all.part;
    const double usd = 1e-9, seconds_per_ns = 1e-9;
    if (!budget)
        return;
    if (budget->has_usd)
        compare_budget(made, "usd", (double)budget->usd * usd,
                       (struct spread){part[ESTIMATE_NANOUSD].low * usd,
                                       part[ESTIMATE_NANOUSD].expected * usd,
                                       part[ESTIMATE_NANOUSD].worst * usd,
                                       part[ESTIMATE_NANOUSD].open});
    if (budget->has_calls)
        compare_budget(made, "calls", (double)budget->calls, part[ESTIMATE_CALLS]);
    if (budget->has_tokens)
        compare_budget(made, "tokens", (double)budget->tokens, tokens_of(&made->all));
    /* Calls may be faster and slower than any was; rates are certain, and calls come on top of them. */
    struct spread time = made->wall_by.n ? made->wall_s : made->rates_s;
    time.low = made->rates_s.low;
    time.open = true;
    if (budget->has_time && (made->wall_by.n || made->rates_by.n))
        compare_budget(made, "time", (double)budget->time * seconds_per_ns, time);
}

const struct estimates *estimates_of(struct arena *arena, const struct experiment *experiment,
                                     const struct estimates_run *run)
{
    const size_t samples = experiment->dataset.count;
    struct estimates *made = arena_new(arena, struct estimates);
    struct work work = {.arena = arena, .made = made, .experiment = experiment};
    made->experiment = experiment;
    if (run)
        made->run = *run;
    made->cells = (double)samples * (double)experiment->trials;
    made->measured = samples < SAMPLES_MEASURED ? samples : SAMPLES_MEASURED;
    made->variant = arena_array(arena, struct variant_estimate, experiment->variants + 1);
    find_scores(&work);
    made->all = estimate_cells(&work, made->variant, made->score);
    made->setup = setup_of(&work);
    estimate_models(&work);
    estimates_take_time(arena, made);
    compare_budgets(made);
    arena_release(&work.scratch);
    return made;
}
