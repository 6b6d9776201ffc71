/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * state.c: versions of the configuration, reading it again, and the counted things (see state.h).
 *
 * The number of the version in force is an atomic beside the lock: a worker that holds it looks
 * at nothing else. Slots outlive versions, since requests of the old one still take their places.
 */
#include "mock_server/state.h"

#include "base/mem.h"
#include "mock_server/slots.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

/* Slots of a model, by its name. */
struct model_slots {
    struct model_slots *next;
    char *model;
    struct slots *slots;
};

struct state {
    pthread_mutex_t lock; /* of version, slots, reading and trouble */
    struct version *version;
    struct model_slots *slots;
    struct mock_settings settings;
    pthread_t reader;
    bool reader_begun, reading, read_again;
    uint64_t failures;
    char trouble[600];
    atomic_uint_least64_t generation;
    atomic_int_least64_t started_ns, virtual_ns;
    struct counters *counters;
    struct limit_counts *limits;
    struct truth *truth;
    struct journal *journal;
    struct prompt_memory *prompts;
    const struct server *server;
};

/* ---- versions ---- */

static struct slots *slots_of(struct state *state, str model, int64_t most)
{
    struct model_slots **link = &state->slots;
    while (*link && !str_equal(str_from((*link)->model), model))
        link = &(*link)->next;
    if (!*link) {
        *link = xcalloc(1, sizeof **link);
        (*link)->model = xcalloc(1, model.n + 1);
        memcpy((*link)->model, model.p, model.n);
        (*link)->slots = slots_new(most);
    }
    slots_set_most((*link)->slots, most);
    return (*link)->slots;
}

/* With the lock held. */
/* Without a limit the requests are counted all the same where they slow each other down. */
static struct slots *queue_of(struct state *state, const struct model *model)
{
    bool counts = model->load.per_request > 0 && !model->load.is_keyed;
    if (!model->slots && !counts)
        return NULL;
    return slots_of(state, model->name, model->slots ? model->slots : INT64_MAX);
}

static void let_go(struct version *version)
{
    if (!version || --version->holders > 0)
        return;
    config_free(version->config);
    xfree(version->queue);
    xfree(version);
}

/* Puts a configuration in force. */
static void state_take(struct state *state, struct config *config)
{
    const struct mock_settings *settings = &state->settings;
    struct version *version = xcalloc(1, sizeof *version);
    config->seed = settings->seed_given ? settings->seed : config->seed;
    version->config = config;
    version->seed = config->seed;
    version->scale = settings->scale_given ? settings->scale : config->scale;
    version->holders = 1;
    version->taken_ns = clock_wall_ns();
    version->queue = xcalloc(config->models + 1, sizeof(struct slots *));
    pthread_mutex_lock(&state->lock);
    for (size_t i = 0; i < config->models; i++)
        version->queue[i] = queue_of(state, &config->model[i]);
    version->generation = state->version ? state->version->generation + 1 : 1;
    let_go(state->version);
    state->version = version;
    state->trouble[0] = '\0';
    atomic_store(&state->generation, version->generation);
    pthread_mutex_unlock(&state->lock);
}

void version_refresh(struct state *state, struct version **held)
{
    if (*held &&
        (*held)->generation == atomic_load_explicit(&state->generation, memory_order_acquire))
        return;
    pthread_mutex_lock(&state->lock);
    let_go(*held);
    *held = state->version;
    (*held)->holders++;
    pthread_mutex_unlock(&state->lock);
}

void version_release(struct state *state, struct version *held)
{
    pthread_mutex_lock(&state->lock);
    let_go(held);
    pthread_mutex_unlock(&state->lock);
}

/* ---- reading again ---- */

static void complain(struct state *state, const char *what)
{
    fprintf(stderr, "%s\nweir-mock: %s was not taken; what was in force stays so\n", what,
            state->settings.place.path.p);
    pthread_mutex_lock(&state->lock);
    state->failures++;
    snprintf(state->trouble, sizeof state->trouble, "%s", what);
    pthread_mutex_unlock(&state->lock);
}

static void read_once(struct state *state)
{
    struct arena arena = {0};
    str said;
    struct config *config = config_read(&arena, state->settings.place, &said);
    if (config) {
        state_take(state, config);
        fprintf(stderr, "weir-mock: %s was read again\n", state->settings.place.path.p);
    } else {
        complain(state, arena_str(&arena, said).p);
    }
    arena_release(&arena);
}

static void *read_until_done(void *arg)
{
    struct state *state = arg;
    for (bool again = true; again;) {
        read_once(state);
        pthread_mutex_lock(&state->lock);
        again = state->read_again;
        state->read_again = false;
        state->reading = again;
        pthread_mutex_unlock(&state->lock);
    }
    return NULL;
}

void state_reload(struct state *state)
{
    if (!state->settings.place.path.n) {
        fprintf(stderr, "weir-mock: there is no mock file to read again\n");
        return;
    }
    pthread_mutex_lock(&state->lock);
    bool begin = !state->reading;
    state->read_again = !begin;
    state->reading = true;
    pthread_mutex_unlock(&state->lock);
    if (!begin)
        return;
    if (state->reader_begun)
        pthread_join(state->reader, NULL);
    state->reader_begun = pthread_create(&state->reader, NULL, read_until_done, state) == 0;
    if (!state->reader_begun)
        read_until_done(state); /* no thread is to be had: the loop waits for once */
}

struct state_facts state_facts(struct state *state)
{
    str path = state->settings.place.path;
    struct state_facts facts = {.path = path.n ? path.p : NULL};
    pthread_mutex_lock(&state->lock);
    facts.generation = state->version->generation;
    facts.taken_ns = state->version->taken_ns;
    facts.failures = state->failures;
    memcpy(facts.trouble, state->trouble, sizeof facts.trouble);
    pthread_mutex_unlock(&state->lock);
    return facts;
}

/* ---- the whole ---- */

struct state *state_new(struct config *config, const struct mock_settings *settings,
                        struct moment started)
{
    struct state *state = xcalloc(1, sizeof *state);
    pthread_mutex_init(&state->lock, NULL);
    state->settings = *settings;
    atomic_init(&state->started_ns, started.ns);
    state->counters = counters_new();
    state->limits = limit_counts_new();
    state->truth = truth_new();
    state->journal = journal_new();
    state->prompts = prompt_memory_new();
    state_take(state, config);
    return state;
}

void state_free(struct state *state)
{
    if (state->reader_begun)
        pthread_join(state->reader, NULL);
    version_release(state, state->version);
    while (state->slots) {
        struct model_slots *slots = state->slots;
        state->slots = slots->next;
        slots_free(slots->slots);
        xfree(slots->model);
        xfree(slots);
    }
    counters_free(state->counters);
    limit_counts_free(state->limits);
    truth_free(state->truth);
    journal_free(state->journal);
    prompt_memory_free(state->prompts);
    pthread_mutex_destroy(&state->lock);
    xfree(state);
}

struct counters *state_counters(struct state *state)
{
    return state->counters;
}

struct limit_counts *state_limits(struct state *state)
{
    return state->limits;
}

struct truth *state_truth(struct state *state)
{
    return state->truth;
}

struct journal *state_journal(struct state *state)
{
    return state->journal;
}

struct prompt_memory *state_prompts(const struct state *state)
{
    return state->prompts;
}

int64_t state_up_ns(const struct state *state, struct moment now)
{
    return now.ns - atomic_load_explicit(&state->started_ns, memory_order_relaxed);
}

int64_t state_virtual_ns(const struct state *state)
{
    return atomic_load_explicit(&state->virtual_ns, memory_order_relaxed);
}

void state_advance(struct state *state, int64_t ns)
{
    atomic_fetch_add(&state->virtual_ns, ns);
}

void state_reset(struct state *state, const str *scope, struct moment now)
{
    if (scope) {
        truth_clear_scope(state->truth, *scope);
        journal_clear_scope(state->journal, *scope);
        counters_forget(state->counters, *scope);
        limit_counts_forget(state->limits, *scope);
        return;
    }
    truth_clear(state->truth);
    journal_clear(state->journal);
    prompt_memory_clear(state->prompts);
    counters_clear(state->counters);
    limit_counts_clear(state->limits);
    atomic_store(&state->virtual_ns, 0);
    atomic_store(&state->started_ns, now.ns);
}

void state_set_server(struct state *state, const struct server *server)
{
    state->server = server;
}

const struct server *state_server(const struct state *state)
{
    return state->server;
}
