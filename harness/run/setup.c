/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * setup.c: embedding the examples of an experiment (see setup.h).
 *
 * Calls have keys of what they ask and of the seed, so a mock answers them alike in every run, and
 * a resume finds what an earlier part of the run has paid for.
 */
#include "run/setup.h"

#include "llm/client.h"
#include "llm/embed.h"
#include "run/barrier.h"
#include "run/recorded.h"
#include "run/run.h"
#include "store/store.h"

static void identify(const struct run *run, struct llm_request *request, struct arena *arena)
{
    struct hash128 hash =
        hash_add_int(llm_request_hash(request), (uint64_t)run->experiment->seed);
    char *key = arena_alloc(arena, 33);
    hash_hex(hash, key);
    request->attempt_key = (str){key, 32};
    request->key = (struct rng_key){hash.high, hash.low};
}

static int failed(const struct example_set *set, const struct llm_reply *reply, struct err *err)
{
    return err_set(err, ERR_DOWN, "model '%.*s' cannot embed the examples: %s: %.*s",
                   STR_ARG(set->model->name), llm_outcome_name(reply->outcome),
                   STR_ARG(reply->message));
}

/* Under the number that it has among the calls of the set-up. */
static int fiber_fn write_call(struct run *run, const struct llm_request *request,
                               const struct llm_reply *reply, int64_t number,
                               struct arena *arena)
{
    char hash[33];
    struct barrier barrier;
    struct store_call row;
    recorded_row(request, reply, run->start, arena, &row);
    hash_hex(llm_request_hash(request), hash);
    row.cell = -1;
    row.path = STR("examples");
    row.repeat = number;
    row.request_hash = str_from(hash);
    barrier_init(&barrier, run->loop);
    store_write_call(run->store, &row, barrier_done, &barrier);
    return barrier_wait(&barrier);
}

static int fiber_fn embed_batch(struct run *run, struct example_set *set, size_t from,
                                size_t count, struct arena *arena, struct totals *totals,
                                struct err *err)
{
    struct llm_request request = llm_embed_request(set->model, set->text + from, count);
    struct llm_reply reply;
    identify(run, &request, arena);
    if (!resume_setup_call(run->options->resume, &request, arena, run->pool, &reply)) {
        if (run->options->rescore)
            return err_set(err, ERR_INPUT,
                           "the examples are not those of the run any more: they would have to "
                           "be embedded again");
        if (llm_call(run->client, &request, arena, &reply) < 0)
            return err_set(err, ERR_CANCELLED, "interrupted");
        if (write_call(run, &request, &reply, totals->calls, arena) < 0)
            return store_error(run->store, err);
    }
    totals_add_call(totals, &reply);
    if (reply.outcome != LLM_OK)
        return failed(set, &reply, err);
    memcpy(set->vector + from, reply.vector, count * sizeof *reply.vector);
    return 0;
}

static int fiber_fn embed_set(struct run *run, struct example_set *set, struct arena *arena,
                              struct totals *totals, struct err *err)
{
    size_t from = 0;
    set->vector = arena_array(arena, struct llm_vector, set->count);
    while (from < set->count) {
        size_t count = llm_embed_batch(set->text + from, set->count - from);
        if (embed_batch(run, set, from, count, arena, totals, err) < 0)
            return -1;
        from += count;
    }
    return 0;
}

int fiber_fn run_set_up(struct run *run, struct arena *arena, struct totals *totals,
                        struct err *err)
{
    for (struct example_set *set = run->experiment->examples; set; set = set->next)
        if (embed_set(run, set, arena, totals, err) < 0)
            return -1;
    return 0;
}
