/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * permit.c: the queue of a provider (see permit.h).
 *
 * Those who wait stand in one heap per model, ordered by age; the provider's first in line is the
 * oldest head among the models that are not at their own limit. `dispatch` runs whenever
 * something may have come back and grants as long as the first in line can have everything. What
 * only time brings back (rates) sets a timer. A model's own limits adapt to what its replies say
 * (window.h, bucket.h).
 */
#include "llm/permit.h"

#include "base/err.h"
#include "base/mem.h"
#include "io/loop.h"

struct llm_queue_model {
    struct llm_queue *queue;
    struct llm_queue_model *next;
    int64_t held;
    struct llm_window window;
    struct llm_bucket requests, tokens;
    struct llm_permit **heap;
    size_t count, capacity;
    bool passed_over; /* in this dispatch: at its own limit */
    /* The model whose limits count: itself, or that of a step with a limit of its own. */
    struct llm_queue_model *of;
    int64_t step_most; /* requests of that step in flight; 0: it is no step's */
};

struct llm_queue {
    struct loop *loop;
    struct llm_queue_model *models;
    int64_t concurrency, held;
    struct llm_bucket requests, tokens;
    struct llm_means means;
    size_t waiting;
    uint64_t order;
    struct loop_timer timer;
    const char *reason;
    bool dispatching;
};

/* ---- heaps ---- */

static bool goes_before(const struct llm_permit *a, const struct llm_permit *b)
{
    return a->age != b->age ? a->age < b->age : a->order < b->order;
}

static void heap_put(struct llm_queue_model *model, size_t at, struct llm_permit *permit)
{
    model->heap[at] = permit;
    permit->place = at + 1;
}

static void heap_up(struct llm_queue_model *model, size_t at, struct llm_permit *permit)
{
    for (; at > 0 && goes_before(permit, model->heap[(at - 1) / 2]); at = (at - 1) / 2)
        heap_put(model, at, model->heap[(at - 1) / 2]);
    heap_put(model, at, permit);
}

static void heap_down(struct llm_queue_model *model, size_t at, struct llm_permit *permit)
{
    for (;;) {
        size_t child = 2 * at + 1;
        if (child + 1 < model->count && goes_before(model->heap[child + 1], model->heap[child]))
            child++;
        if (child >= model->count || !goes_before(model->heap[child], permit))
            break;
        heap_put(model, at, model->heap[child]);
        at = child;
    }
    heap_put(model, at, permit);
}

static void heap_add(struct llm_queue_model *model, struct llm_permit *permit)
{
    if (model->count == model->capacity) {
        model->capacity = model->capacity ? model->capacity * 2 : 16;
        model->heap = xrealloc(model->heap, model->capacity * sizeof(struct llm_permit *));
    }
    heap_up(model, model->count++, permit);
    model->queue->waiting++;
}

static void heap_remove(struct llm_queue_model *model, struct llm_permit *permit)
{
    size_t at = permit->place - 1;
    struct llm_permit *last = model->heap[--model->count];
    permit->place = 0;
    model->queue->waiting--;
    if (last == permit)
        return;
    if (at > 0 && goes_before(last, model->heap[(at - 1) / 2]))
        heap_up(model, at, last);
    else
        heap_down(model, at, last);
}

/* ---- granting ---- */

static struct llm_queue_model *first_in_line(struct llm_queue *queue)
{
    struct llm_queue_model *first = NULL;
    for (struct llm_queue_model *model = queue->models; model; model = model->next)
        if (model->count && !model->passed_over &&
            (!first || goes_before(model->heap[0], first->heap[0])))
            first = model;
    return first;
}

struct obstacle {
    const char *reason; /* NULL: none */
    bool of_model, of_step, never;
    int64_t wait_ns; /* until time alone removes it; 0: it takes an event */
};

static struct obstacle rate_obstacle(const struct llm_bucket *requests,
                                     const struct llm_bucket *tokens, int64_t amount)
{
    int64_t wait = llm_bucket_wait_ns(requests, 1);
    if (wait)
        return (struct obstacle){.reason = "requests per minute", .wait_ns = wait};
    wait = llm_bucket_wait_ns(tokens, amount);
    if (wait)
        return (struct obstacle){.reason = "tokens per minute", .wait_ns = wait};
    return (struct obstacle){0};
}

static struct obstacle find_obstacle(struct llm_queue *queue, struct llm_queue_model *model)
{
    struct llm_permit *permit = model->heap[0];
    if (model->step_most && model->held >= model->step_most) /* it could not go in any case */
        return (struct obstacle){.reason = "concurrency", .of_step = true};
    if (queue->concurrency && queue->held >= queue->concurrency)
        return (struct obstacle){.reason = "concurrency"};
    struct obstacle found = rate_obstacle(&queue->requests, &queue->tokens, permit->tokens);
    if (found.reason)
        return found;
    if (!llm_window_is_open(&model->of->window, model->of->held))
        return (struct obstacle){.reason = "concurrency", .of_model = true};
    found = rate_obstacle(&model->of->requests, &model->of->tokens, permit->tokens);
    found.of_model = true;
    if (found.reason || !queue->means.reserve)
        return found;
    enum llm_means_answer answer = queue->means.reserve(queue->means.arg, permit);
    if (answer != LLM_MEANS_RESERVED)
        found = (struct obstacle){.reason = "budget", .never = answer == LLM_MEANS_NEVER};
    return found;
}

static void refuse(struct llm_queue_model *model)
{
    struct llm_permit *permit = model->heap[0];
    heap_remove(model, permit);
    permit->refused = true;
    if (permit->fiber)
        fiber_wake(permit->fiber);
}

static void hold(struct llm_queue_model *model, int64_t places)
{
    model->held += places;
    if (model->of != model)
        model->of->held += places;
}

/* Who is blocked by the model's limits blocks all that need the model, whatever their step. */
static void pass_over(struct llm_queue *queue, struct llm_queue_model *line, bool of_step)
{
    for (struct llm_queue_model *model = queue->models; model; model = model->next)
        if (model == line || (!of_step && model->of == line->of))
            model->passed_over = true;
}

static void grant(struct llm_queue *queue, struct llm_queue_model *model)
{
    struct llm_permit *permit = model->heap[0];
    heap_remove(model, permit);
    queue->held++;
    hold(model, 1);
    llm_bucket_take(&queue->requests, 1);
    llm_bucket_take(&model->of->requests, 1);
    llm_bucket_take(&queue->tokens, permit->tokens);
    llm_bucket_take(&model->of->tokens, permit->tokens);
    permit->granted = true;
    if (permit->fiber)
        fiber_wake(permit->fiber);
}

static void start_round(struct llm_queue *queue)
{
    struct moment now = {0};
    queue->reason = NULL;
    for (struct llm_queue_model *model = queue->models; model; model = model->next) {
        model->passed_over = false;
        if (!model->requests.per_minute && !model->tokens.per_minute)
            continue;
        now = now.ns ? now : clock_now();
        llm_bucket_refill(&model->requests, now);
        llm_bucket_refill(&model->tokens, now);
    }
    if (queue->requests.per_minute || queue->tokens.per_minute) {
        now = now.ns ? now : clock_now();
        llm_bucket_refill(&queue->requests, now);
        llm_bucket_refill(&queue->tokens, now);
    }
}

static void dispatch(struct llm_queue *queue)
{
    struct llm_queue_model *model;
    int64_t wait_ns = 0;
    /* The owner of the means may come here again. */
    if (queue->dispatching || !queue->waiting)
        return;
    queue->dispatching = true;
    start_round(queue);
    while ((model = first_in_line(queue))) {
        struct obstacle found = find_obstacle(queue, model);
        if (!found.reason) {
            grant(queue, model);
            continue;
        }
        if (found.never) {
            refuse(model);
            continue;
        }
        if (!queue->reason)
            queue->reason = found.reason;
        if (found.wait_ns && (!wait_ns || found.wait_ns < wait_ns))
            wait_ns = found.wait_ns;
        if (!found.of_model && !found.of_step)
            break;
        pass_over(queue, model, found.of_step);
    }
    queue->dispatching = false;
    if (wait_ns)
        loop_timer_set(queue->loop, &queue->timer, moment_add(clock_now(), wait_ns));
}

static void on_timer(void *arg)
{
    dispatch(arg);
}

/* ---- taking and giving ---- */

static void return_place(struct llm_permit *permit)
{
    permit->given = true;
    hold(permit->model, -1);
    permit->model->queue->held--;
}

/* Granted to a fiber that was cancelled meanwhile: as if it had never been. */
static void take_back(struct llm_permit *permit)
{
    struct llm_queue_model *model = permit->model;
    struct llm_queue *queue = model->queue;
    return_place(permit);
    llm_bucket_take(&queue->requests, -1);
    llm_bucket_take(&model->of->requests, -1);
    llm_bucket_take(&queue->tokens, -permit->tokens);
    llm_bucket_take(&model->of->tokens, -permit->tokens);
    if (queue->means.settle)
        queue->means.settle(queue->means.arg, permit, NULL);
}

int llm_permit_take(struct llm_permit *permit, int64_t *waited_ns)
{
    struct llm_queue_model *model = permit->model;
    struct llm_queue *queue = model->queue;
    *waited_ns = 0;
    permit->order = ++queue->order;
    heap_add(model, permit);
    dispatch(queue);
    if (permit->granted || permit->refused)
        return permit->granted ? 0 : -1;

    struct moment asked = clock_now();
    int result = 0;
    permit->fiber = fiber_current();
    while (!permit->granted && !permit->refused && result == 0)
        result = fiber_suspend();
    permit->fiber = NULL;
    *waited_ns = moment_since(clock_now(), asked);
    if (permit->refused)
        return -1;
    if (result == 0)
        return 0;
    if (permit->granted)
        take_back(permit);
    else
        heap_remove(model, permit);
    permit->granted = false;
    dispatch(queue);
    return -1;
}

void llm_permit_give(struct llm_permit *permit, enum llm_pressure pressure)
{
    struct llm_queue_model *model = permit->model;
    if (!permit->granted || permit->given)
        BUG("a permit is given back that nobody holds");
    llm_window_note(&model->of->window, pressure, model->of->held);
    return_place(permit);
    dispatch(model->queue);
}

void llm_queue_learn(struct llm_queue_model *model, const struct llm_rate_state *state)
{
    struct moment now = clock_now();
    llm_bucket_learn(&model->requests, state->requests_limit, state->requests_left, now);
    llm_bucket_learn(&model->tokens, state->tokens_limit, state->tokens_left, now);
}

void llm_permit_settle(struct llm_permit *permit, int64_t tokens_used, int64_t spent_nanousd)
{
    struct llm_queue_model *model = permit->model;
    struct llm_queue *queue = model->queue;
    if (!permit->given)
        BUG("a permit is settled that is still held");
    if (tokens_used >= 0) {
        llm_bucket_take(&queue->tokens, tokens_used - permit->tokens);
        llm_bucket_take(&model->of->tokens, tokens_used - permit->tokens);
    }
    const struct llm_used used = {tokens_used, spent_nanousd};
    if (queue->means.settle)
        queue->means.settle(queue->means.arg, permit, &used);
    permit->granted = false;
    dispatch(queue);
}

void llm_queue_poke(struct llm_queue *queue)
{
    dispatch(queue);
}

/* ---- queues ---- */

struct llm_queue *llm_queue_new(struct loop *loop, struct llm_limits limits)
{
    struct llm_queue *queue = xcalloc(1, sizeof *queue);
    queue->loop = loop;
    queue->concurrency = limits.concurrency;
    queue->requests = llm_bucket_of(limits.rpm);
    queue->tokens = llm_bucket_of(limits.tpm);
    queue->timer = (struct loop_timer){.run = on_timer, .arg = queue};
    return queue;
}

void llm_queue_free(struct llm_queue *queue)
{
    if (!queue)
        return;
    if (queue->waiting || queue->held)
        BUG("a queue of permits ends with %zu waiting and %lld held", queue->waiting,
            (long long)queue->held);
    loop_timer_stop(queue->loop, &queue->timer);
    for (struct llm_queue_model *model = queue->models, *next; model; model = next) {
        next = model->next;
        xfree(model->heap);
        xfree(model);
    }
    xfree(queue);
}

void llm_queue_set_means(struct llm_queue *queue, struct llm_means means)
{
    queue->means = means;
}

struct llm_queue_model *llm_queue_add_model(struct llm_queue *queue, struct llm_limits limits)
{
    struct llm_queue_model *model = xcalloc(1, sizeof *model);
    *model = (struct llm_queue_model){
        .queue = queue,
        .next = queue->models,
        .window = {.most = limits.concurrency},
        .requests = llm_bucket_of(limits.rpm),
        .tokens = llm_bucket_of(limits.tpm),
    };
    model->of = model;
    queue->models = model;
    return model;
}

struct llm_queue_model *llm_queue_add_step(struct llm_queue_model *model, int64_t concurrency)
{
    struct llm_queue_model *line = llm_queue_add_model(model->queue, (struct llm_limits){0});
    line->of = model;
    line->step_most = concurrency;
    return line;
}

const char *llm_queue_reason(const struct llm_queue *queue)
{
    return queue->waiting ? queue->reason : NULL;
}

size_t llm_queue_waiting(const struct llm_queue *queue)
{
    return queue->waiting;
}

size_t llm_queue_held(const struct llm_queue *queue)
{
    return (size_t)queue->held;
}
