/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_llm_permit.c: the queue of a provider: order, all or none, rates, cancelling, money.
 */
#include "llm/permit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "io/loop.h"

enum { LOG_MOST = 64 };

/* What happened, in order: the letter of each fiber when it was granted. */
static char order_log[LOG_MOST + 1];
static size_t logged;

struct asker {
    struct llm_queue_model *model;
    uint64_t age;
    int64_t tokens, hold_ns, waited_ns, used;
    char letter;
    int result;
};

static void fiber_fn ask(void *arg)
{
    struct asker *asker = arg;
    struct llm_permit permit = {
        .model = asker->model, .age = asker->age, .tokens = asker->tokens};
    asker->result = llm_permit_take(&permit, &asker->waited_ns);
    if (asker->result < 0)
        return;
    if (logged < LOG_MOST)
        order_log[logged++] = asker->letter;
    fiber_sleep(asker->hold_ns);
    llm_permit_give(&permit, LLM_PRESSURE_NONE);
    llm_permit_settle(&permit, asker->used, 0);
}

static struct llm_queue *queue;
static struct llm_limits provider_limits;

struct run {
    struct asker *asker;
    size_t count;
    void (*test)(struct run *run);
};

static void fiber_fn run_all(void *arg)
{
    struct run *run = arg;
    queue = llm_queue_new(fiber_loop(), provider_limits);
    run->test(run);
    assert_int_equal(llm_queue_waiting(queue), 0);
    assert_int_equal(llm_queue_held(queue), 0);
    assert_null(llm_queue_reason(queue));
    llm_queue_free(queue);
}

static void with_queue(struct llm_limits limits, void (*test)(struct run *run))
{
    struct loop *loop = loop_open();
    struct run run = {.test = test};
    provider_limits = limits;
    logged = 0;
    memset(order_log, 0, sizeof order_log);
    fiber_run(loop, run_all, &run);
    loop_close(loop);
}

static void fiber_fn run_askers(struct asker *asker, size_t count)
{
    struct fiber_group group = {0};
    for (size_t i = 0; i < count; i++)
        fiber_group_start(&group, ask, &asker[i]);
    assert_int_equal(fiber_group_join(&group), 0);
}

/* ---- order ---- */

static void check_order(struct run *run)
{
    (void)run;
    struct llm_queue_model *model = llm_queue_add_model(queue, (struct llm_limits){0});
    struct asker asker[] = {
        {.model = model, .age = 50, .letter = 'a'}, {.model = model, .age = 9, .letter = 'b'},
        {.model = model, .age = 7, .letter = 'c'},  {.model = model, .age = 9, .letter = 'd'},
        {.model = model, .age = 1, .letter = 'e'},  {.model = model, .age = 60, .letter = 'f'},
    };
    run_askers(asker, 6);
    assert_string_equal(order_log, "aecbdf");
    assert_int_equal(asker[0].waited_ns, 0);
    assert_true(asker[4].waited_ns > 0);
}

/* Who comes first takes what is free; then the oldest cell goes, then who asked first. */
static void test_order(void **state)
{
    (void)state;
    with_queue((struct llm_limits){.concurrency = 1}, check_order);
}

static void check_model_limit(struct run *run)
{
    (void)run;
    struct llm_queue_model *narrow =
        llm_queue_add_model(queue, (struct llm_limits){.concurrency = 1});
    struct llm_queue_model *wide = llm_queue_add_model(queue, (struct llm_limits){0});
    struct asker asker[] = {
        {.model = narrow, .age = 1, .letter = 'a', .hold_ns = 5 * NS_PER_MS},
        {.model = narrow, .age = 2, .letter = 'b'},
        {.model = wide, .age = 3, .letter = 'c'},
        {.model = wide, .age = 4, .letter = 'd'},
    };
    run_askers(asker, 4);
    assert_string_equal(order_log, "acdb");
}

/* Who waits for a model's own limit lets others pass that do not need that model. */
static void test_model_limit(void **state)
{
    (void)state;
    with_queue((struct llm_limits){.concurrency = 3}, check_model_limit);
}

static void check_step_limit(struct run *run)
{
    (void)run;
    struct llm_queue_model *model =
        llm_queue_add_model(queue, (struct llm_limits){.concurrency = 2});
    struct llm_queue_model *step = llm_queue_add_step(model, 1);
    struct llm_permit first = {.model = step}, other = {.model = model};
    int64_t waited;
    assert_int_equal(llm_permit_take(&first, &waited), 0);
    struct asker second = {.model = step, .letter = 'x'};
    struct fiber_group group = {0};
    fiber_group_start(&group, ask, &second);
    fiber_sleep(0);
    assert_int_equal(llm_queue_waiting(queue), 1);
    /* younger, of another step: the model has a place */
    other.age = 5;
    assert_int_equal(llm_permit_take(&other, &waited), 0);
    assert_int_equal(llm_queue_held(queue), 2);
    /* the model is full: the step's own place alone does not help */
    llm_permit_give(&first, LLM_PRESSURE_NONE);
    llm_permit_settle(&first, 0, 0);
    fiber_sleep(0);
    assert_int_equal(llm_queue_waiting(queue), 0);
    llm_permit_give(&other, LLM_PRESSURE_NONE);
    llm_permit_settle(&other, 0, 0);
    fiber_group_join(&group);
    assert_int_equal(llm_queue_held(queue), 0);
}

/* Protects a step's own limit: it holds back that step alone, and counts for its model. */
static void test_step_limit(void **state)
{
    (void)state;
    with_queue((struct llm_limits){.concurrency = 3}, check_step_limit);
}

/* ---- all or none ---- */

static void check_all_or_none(struct run *run)
{
    (void)run;
    struct llm_queue_model *model =
        llm_queue_add_model(queue, (struct llm_limits){.concurrency = 1});
    struct llm_permit first = {.model = model}, second = {.model = model};
    int64_t waited;
    assert_int_equal(llm_permit_take(&first, &waited), 0);
    struct asker asker = {.model = model, .letter = 'x'};
    struct fiber_group group = {0};
    fiber_group_start(&group, ask, &asker);
    fiber_sleep(0);
    assert_int_equal(llm_queue_waiting(queue), 1);
    assert_string_equal(llm_queue_reason(queue), "concurrency");
    /* The one who waits for the model holds none of the provider's two places. */
    assert_int_equal(llm_queue_held(queue), 1);
    struct llm_queue_model *other = llm_queue_add_model(queue, (struct llm_limits){0});
    second.model = other;
    assert_int_equal(llm_permit_take(&second, &waited), 0);
    assert_int_equal(waited, 0);
    llm_permit_give(&second, LLM_PRESSURE_NONE);
    llm_permit_settle(&second, -1, -1);
    llm_permit_give(&first, LLM_PRESSURE_NONE);
    llm_permit_settle(&first, -1, -1);
    assert_int_equal(fiber_group_join(&group), 0);
}

static void test_all_or_none(void **state)
{
    (void)state;
    with_queue((struct llm_limits){.concurrency = 2}, check_all_or_none);
}

/* ---- rates ---- */

static void check_rpm(struct run *run)
{
    (void)run;
    struct llm_queue_model *model = llm_queue_add_model(queue, (struct llm_limits){0});
    struct asker asker[60];
    struct moment begin = clock_now();
    for (size_t i = 0; i < 60; i++)
        asker[i] = (struct asker){.model = model, .age = 60 - i, .letter = 'a'};
    run_askers(asker, 60);
    run_askers(asker, 60);
    /* 6,000 a minute are 10 ms each once the bucket's second (100) is used up. */
    assert_true(moment_since(clock_now(), begin) >= 20 * 10 * NS_PER_MS - 10 * NS_PER_MS);
}

/* The rate holds after the first second's worth is gone: 120 requests at 100 a second cannot
 * take less than 0.2 s. */
static void test_rpm(void **state)
{
    (void)state;
    with_queue((struct llm_limits){.rpm = 6000}, check_rpm);
}

static void check_slow_rate(struct run *run)
{
    (void)run;
    struct llm_queue_model *model = llm_queue_add_model(queue, (struct llm_limits){0});
    struct asker asker[] = {{.model = model, .letter = 'a'}, {.model = model, .letter = 'b'}};
    struct fiber_group group = {0};
    fiber_group_start(&group, ask, &asker[0]);
    fiber_group_start(&group, ask, &asker[1]);
    fiber_sleep(0);
    assert_string_equal(order_log, "a");
    assert_string_equal(llm_queue_reason(queue), "requests per minute");
    fiber_group_cancel(&group);
    assert_int_equal(fiber_group_join(&group), 0);
    assert_int_equal(asker[1].result, -1);
}

/* Below one a second the bucket still holds one: the first goes at once, the second waits. */
static void test_slow_rate(void **state)
{
    (void)state;
    with_queue((struct llm_limits){.rpm = 6}, check_slow_rate);
}

static void check_tpm(struct run *run)
{
    (void)run;
    struct llm_queue_model *model =
        llm_queue_add_model(queue, (struct llm_limits){.tpm = 60000});
    struct moment begin = clock_now();
    /* More than the bucket's 1,000: goes when it is full, and leaves a debt of 100. */
    struct asker large = {.model = model, .tokens = 1100, .used = 1100, .letter = 'L'};
    run_askers(&large, 1);
    assert_int_equal(large.waited_ns, 0);
    struct asker next = {.model = model, .tokens = 50, .used = 50, .letter = 'n'};
    run_askers(&next, 1);
    assert_true(moment_since(clock_now(), begin) >= 149 * NS_PER_MS);

    /* What was not used comes back at settling. */
    begin = clock_now();
    struct asker modest = {.model = model, .tokens = 500, .used = 0, .letter = 'm'};
    run_askers(&modest, 1);
    struct asker last = {.model = model, .tokens = 500, .used = 0, .letter = 'l'};
    run_askers(&last, 1);
    assert_true(last.waited_ns < modest.waited_ns);
}

/* Tokens per minute of a model: debt is paid before the next goes, the unused comes back. */
static void test_tpm(void **state)
{
    (void)state;
    with_queue((struct llm_limits){0}, check_tpm);
}

/* ---- cancelling ---- */

static void check_cancel(struct run *run)
{
    (void)run;
    struct llm_queue_model *model = llm_queue_add_model(queue, (struct llm_limits){0});
    struct llm_permit held = {.model = model};
    int64_t waited;
    assert_int_equal(llm_permit_take(&held, &waited), 0);
    struct asker asker[20];
    struct fiber *fiber[20];
    for (size_t i = 0; i < 20; i++) {
        asker[i] = (struct asker){
            .model = model, .age = i * 7 % 20, .letter = (char)('a' + i * 7 % 20)};
        fiber[i] = fiber_start(fiber_loop(), ask, &asker[i]);
    }
    fiber_sleep(0);
    assert_int_equal(llm_queue_waiting(queue), 20);
    for (size_t i = 0; i < 20; i += 2)
        fiber_cancel(fiber[i]);
    fiber_sleep(0);
    assert_int_equal(llm_queue_waiting(queue), 10);
    /* Granted and cancelled in one breath: the place goes to the next. */
    llm_permit_give(&held, LLM_PRESSURE_NONE);
    llm_permit_settle(&held, -1, -1);
    for (size_t i = 1; i < 20; i += 2)
        if (asker[i].letter == 'b')
            fiber_cancel(fiber[i]);
    while (llm_queue_waiting(queue) || llm_queue_held(queue))
        fiber_sleep(NS_PER_MS);
    for (size_t i = 0; i < 20; i += 2)
        assert_int_equal(asker[i].result, -1);
    for (size_t i = 1; i < logged; i++)
        assert_true(order_log[i - 1] < order_log[i]);
    assert_in_range(logged, 9, 10);
}

/* Whoever is cancelled leaves the queue, wherever it stands, and what it held goes on. */
static void test_cancel(void **state)
{
    (void)state;
    with_queue((struct llm_limits){.concurrency = 1}, check_cancel);
}

/* ---- money ---- */

struct purse {
    int64_t left;
    bool ended;
    unsigned settled;
};

static enum llm_means_answer reserve(void *arg, const struct llm_permit *permit)
{
    struct purse *purse = arg;
    if (purse->ended)
        return LLM_MEANS_NEVER;
    if (purse->left < permit->upper_nanousd)
        return LLM_MEANS_LATER;
    purse->left -= permit->upper_nanousd;
    return LLM_MEANS_RESERVED;
}

static void settle(void *arg, const struct llm_permit *permit, const struct llm_used *used)
{
    struct purse *purse = arg;
    int64_t spent = used ? used->nanousd : 0;
    purse->left += permit->upper_nanousd - (spent < 0 ? permit->upper_nanousd : spent);
    purse->settled++;
}

static void check_money(struct run *run)
{
    (void)run;
    struct purse purse = {.left = 100};
    llm_queue_set_means(queue, (struct llm_means){reserve, settle, &purse});
    struct llm_queue_model *model = llm_queue_add_model(queue, (struct llm_limits){0});
    struct llm_permit first = {.model = model, .upper_nanousd = 80};
    int64_t waited;
    assert_int_equal(llm_permit_take(&first, &waited), 0);
    assert_int_equal(purse.left, 20);
    struct asker asker = {.model = model, .letter = 'x'};
    struct llm_permit second = {.model = model, .upper_nanousd = 50};
    struct fiber_group group = {0};
    fiber_group_start(&group, ask, &asker); /* asks for 0 and gets it */
    fiber_sleep(NS_PER_MS);
    assert_string_equal(order_log, "x");
    llm_permit_give(&first, LLM_PRESSURE_NONE);
    llm_permit_settle(&first, -1, 10);
    assert_int_equal(purse.left, 90);
    assert_int_equal(llm_permit_take(&second, &waited), 0);
    assert_int_equal(purse.left, 40);
    llm_permit_give(&second, LLM_PRESSURE_NONE);
    llm_permit_settle(&second, -1, -1);
    assert_int_equal(purse.left, 40);
    assert_int_equal(fiber_group_join(&group), 0);
    assert_int_equal(purse.settled, 3);
}

/* Money is reserved with the permits and settled once: what was not spent comes back, and of what
 * is not known nothing does. */
static void test_money(void **state)
{
    (void)state;
    with_queue((struct llm_limits){0}, check_money);
}

static void check_poke(struct run *run)
{
    (void)run;
    struct purse purse = {.left = -1};
    llm_queue_set_means(queue, (struct llm_means){reserve, settle, &purse});
    struct llm_queue_model *model = llm_queue_add_model(queue, (struct llm_limits){0});
    struct asker asker = {.model = model, .letter = 'x'};
    struct fiber_group group = {0};
    fiber_group_start(&group, ask, &asker);
    fiber_sleep(0);
    assert_string_equal(llm_queue_reason(queue), "budget");
    purse.left = 0;
    llm_queue_poke(queue);
    assert_int_equal(fiber_group_join(&group), 0);
    assert_string_equal(order_log, "x");
}

/* Who waits for money goes when the budget's owner says that there is some. */
static void test_poke(void **state)
{
    (void)state;
    with_queue((struct llm_limits){0}, check_poke);
}

static void fiber_fn ask_and_fail(void *arg)
{
    struct asker *asker = arg;
    struct llm_permit permit = {.model = asker->model};
    int64_t waited;
    assert_int_equal(llm_permit_take(&permit, &waited), -1);
}

static void check_end(struct run *run)
{
    (void)run;
    struct purse purse = {.left = -1};
    llm_queue_set_means(queue, (struct llm_means){reserve, settle, &purse});
    struct llm_queue_model *model = llm_queue_add_model(queue, (struct llm_limits){0});
    struct asker asker = {.model = model};
    struct fiber_group group = {0};
    fiber_group_start(&group, ask_and_fail, &asker);
    fiber_group_start(&group, ask_and_fail, &asker);
    fiber_sleep(0);
    assert_int_equal(llm_queue_waiting(queue), 2);
    purse.ended = true;
    llm_queue_poke(queue);
    assert_int_equal(fiber_group_join(&group), 0);
    fiber_group_start(&group, ask_and_fail, &asker);
    assert_int_equal(fiber_group_join(&group), 0);
    assert_int_equal(llm_queue_waiting(queue), 0);
    assert_int_equal(purse.settled, 0);
}

/* When the means have ended, who waits is sent away, and so is who comes later. */
static void test_end_of_means(void **state)
{
    (void)state;
    with_queue((struct llm_limits){0}, check_end);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order),      cmocka_unit_test(test_model_limit),
        cmocka_unit_test(test_step_limit), cmocka_unit_test(test_all_or_none),
        cmocka_unit_test(test_rpm),        cmocka_unit_test(test_slow_rate),
        cmocka_unit_test(test_tpm),        cmocka_unit_test(test_cancel),
        cmocka_unit_test(test_money),      cmocka_unit_test(test_end_of_means),
        cmocka_unit_test(test_poke),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
