/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_store.c: what is written is what is read: every column, hostile texts, shared texts,
 * attempts, totals.
 */
#include "test_store_columns.h"

#include "base/buf.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"

/* --- every column --------------------------------------------------------------------------- */

/* Puts a value of its own into every field that has a column. */
static void fill(struct arena *arena, const struct table *table, void *record)
{
    for (size_t i = 0; i < table->columns; i++) {
        const struct column *column = &table->column[i];
        char *field = (char *)record + column->offset;
        int64_t number = 1000 + (int64_t)i;
        double real = 0.5 + (double)i;
        str text = arena_printf(arena, "%s.%s", table->name, column->name);
        switch (column->type) {
        case COLUMN_INT:
        case COLUMN_INT_OR_NO:
            memcpy(field, &number, sizeof number);
            break;
        case COLUMN_BOOL:
            *(bool *)field = true;
            break;
        case COLUMN_REAL:
            memcpy(field, &real, sizeof real);
            break;
        case COLUMN_TEXT:
        case COLUMN_PROSE:
        case COLUMN_BODY: /* begins with the text */
        case COLUMN_BYTES:
            memcpy(field, &text, sizeof text);
            break;
        case COLUMN_NAME:
            *(unsigned *)field = 1;
            break;
        }
    }
}

struct expected {
    struct store *store;
    const struct store_call *call;
    const struct store_cell *cell;
    int seen;
};

static int check_attempt(void *arg, const struct store_attempt *attempt)
{
    struct expected *expected = arg;
    struct store_attempt should = expected->call->attempt[expected->seen++];
    should.call = attempt->call;
    assert_columns(expected->store, &tables[TABLE_ATTEMPT], attempt, &should);
    return 0;
}

static int check_call(void *arg, const struct store_call *call)
{
    struct expected *expected = arg;
    struct err err = {0};
    expected->seen++;
    if (call->source == STORE_CACHED || call->role == STORE_JUDGE)
        return 0;
    assert_columns(expected->store, &tables[TABLE_CALL], call, expected->call);
    struct expected attempts = *expected;
    attempts.seen = 0;
    assert_int_equal(store_each_attempt(expected->store, call, check_attempt, &attempts, &err),
                     0);
    assert_int_equal(attempts.seen, expected->call->attempts);
    return 0;
}

static int check_step(void *arg, const struct store_step *step)
{
    struct expected *expected = arg;
    struct store_step should = expected->cell->step[expected->seen];
    should.cell = expected->cell->cell;
    should.ordinal = expected->seen++;
    should.node_id = step->node_id;
    assert_columns(expected->store, &tables[TABLE_STEP], step, &should);
    assert_str(step->node, should.node);
    assert_str(step->pattern, should.pattern);
    assert_int_equal(step->variant, expected->cell->variant);
    return 0;
}

static int check_score(void *arg, const struct store_score *score)
{
    struct expected *expected = arg;
    struct store_score should = expected->cell->score_row[expected->seen++];
    should.cell = expected->cell->cell;
    assert_columns(expected->store, &tables[TABLE_SCORE], score, &should);
    return 0;
}

static int check_cell(void *arg, const struct store_cell *cell)
{
    struct expected *expected = arg;
    expected->seen++;
    assert_columns(expected->store, &tables[TABLE_CELL], cell, expected->cell);
    return 0;
}

static void fill_steps(struct arena *arena, struct store_step *step, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        fill(arena, &tables[TABLE_STEP], &step[i]);
        step[i].path = arena_printf(arena, "faqs[%zu].answer", i);
        step[i].node = i ? STR("faqs[*].answer") : STR("faqs");
        step[i].pattern = i ? STR("call") : STR("map");
        step[i].parent = (int64_t)i - 1;
        step[i].calls += (int64_t)i * 100;
    }
}

static void check_all(struct store *store, const struct store_call *call,
                      const struct store_cell *cell)
{
    struct err err = {0};
    struct expected expected = {store, call, cell, 0};
    assert_good(store_each_call(store, 0, check_call, &expected, &err), &err);
    assert_int_equal(expected.seen, 4);
    for (int every = 0; every < 2; every++) {
        int64_t which = every ? STORE_EVERY : 0;
        expected.seen = 0;
        assert_good(store_each_step(store, which, check_step, &expected, &err), &err);
        assert_int_equal(expected.seen, 3);
        expected.seen = 0;
        assert_good(store_each_score(store, which, check_score, &expected, &err), &err);
        assert_int_equal(expected.seen, 2);
    }
    expected.seen = 0;
    assert_good(store_each_cell(store, STORE_AS_WRITTEN, check_cell, &expected, &err), &err);
    assert_good(store_each_cell(store, STORE_IN_ORDER, check_cell, &expected, &err), &err);
    assert_int_equal(expected.seen, 2);
}

/* Protects: every column of every table keeps its value, and none is confused with another. */
static void test_every_column(void **state)
{
    struct place *place = *state;
    struct arena arena = {0};
    struct err err = {0};
    struct store_attempt attempt[4] = {0};
    struct store_call call = {0};
    struct store_step step[3] = {0};
    struct store_score score[2] = {0};
    struct store_cell cell = {0};
    for (int i = 0; i < 4; i++) {
        fill(&arena, &tables[TABLE_ATTEMPT], &attempt[i]);
        attempt[i].number = i + 1;
    }
    fill(&arena, &tables[TABLE_CALL], &call);
    call.cell = 0;
    call.source = STORE_SENT;
    call.role = STORE_ROUTER;
    call.attempts = 4;
    call.superseded = false; /* or its cell's books would not balance */
    call.attempt = attempt;
    fill_steps(&arena, step, 3);
    fill(&arena, &tables[TABLE_SCORE], &score[0]);
    fill(&arena, &tables[TABLE_SCORE], &score[1]);
    score[1].value = (double)NAN;
    score[1].pass = false;
    score[0].sent = 1, score[0].cached = 0, score[0].unsent = 7, score[0].calls = 8;
    score[0].attempts = 5;
    score[1].sent = 0, score[1].cached = 0, score[1].calls = score[1].unsent;
    score[1].attempts = 0;
    fill(&arena, &tables[TABLE_CELL], &cell);
    cell.cell = 0;
    cell.only_node = -1; /* its steps and scores have rows */
    cell.only_score = (str){0};
    cell.variant = 1, cell.sample = 0; /* of those that the run has */
    cell.calls = 6, cell.sent = 1, cell.cached = 2, cell.unsent = 3;
    cell.attempts = 4, cell.retries = 3;
    cell.step = step, cell.steps = 3;
    cell.score_row = score, cell.score_rows = 2;

    struct store *store = test_create(place, 1);
    store_write_call(store, &call, NULL, NULL);
    struct store_call cached = test_call(0);
    cached.source = STORE_CACHED;
    cached.attempts = 0;
    store_write_call(store, &cached, NULL, NULL);
    store_write_call(store, &cached, NULL, NULL);
    struct store_call judged = test_call(0);
    judged.role = STORE_JUDGE;
    judged.attempts = 5;
    store_write_call(store, &judged, NULL, NULL);
    store_write_cell(store, &cell, NULL, NULL);
    test_finish(store, STORE_FINISHED);

    store = test_open(place);
    check_all(store, &call, &cell);
    struct store_cell found;
    assert_good(
        store_find_cell(store, cell.variant, cell.sample, cell.trial, &arena, &found, &err),
        &err);
    assert_columns(store, &tables[TABLE_CELL], &found, &cell);
    assert_int_equal(store_find_cell(store, 0, 0, 99, &arena, &found, &err), -1);
    assert_int_equal(err.kind, ERR_INPUT);
    store_close(store);
    arena_release(&arena);
}

/* Protects: two columns of a table never share a field. */
static void test_columns_are_distinct(void **state)
{
    (void)state;
    for (size_t t = 0; t < TABLES; t++)
        for (size_t i = 0; i < tables[t].columns; i++)
            for (size_t k = 0; k < i; k++) {
                assert_true(tables[t].column[i].offset != tables[t].column[k].offset);
                assert_string_not_equal(tables[t].column[i].name, tables[t].column[k].name);
            }
}

/* Protects: unknown is NULL in the file and -1 when read, never 0. */
static void test_unknown_is_null(void **state)
{
    struct place *place = *state;
    struct arena arena = {0};
    struct err err = {0};
    struct store *store = test_create(place, 1);
    struct store_call call = test_call(0);
    call.tokens = (struct store_tokens){-1, -1, -1, -1, -1};
    call.cost_nanousd = -1;
    store_write_call(store, &call, NULL, NULL);
    struct store_cell cell = test_cell(0);
    cell.correct = -1;
    cell.score = (double)NAN;
    store_write_cell(store, &cell, NULL, NULL);
    test_finish(store, STORE_FINISHED);

    assert_int_equal(test_sql(place->path,
                              "SELECT count(*) FROM call WHERE input_tokens IS NULL"
                              " AND reasoning_tokens IS NULL AND cost_nanousd IS"
                              " NULL AND message IS NULL"),
                     1);
    assert_int_equal(test_sql(place->path, "SELECT count(*) FROM cell WHERE correct IS NULL AND"
                                           " score IS NULL AND output IS NULL"),
                     1);
    store = test_open(place);
    struct store_cell found;
    assert_good(store_find_cell(store, 0, 0, 1, &arena, &found, &err), &err);
    assert_int_equal(found.correct, -1);
    assert_true(isnan(found.score));
    assert_int_equal(found.output.id, 0);
    assert_int_equal(found.message.n, 0);
    store_close(store);
    arena_release(&arena);
}

/* --- the run itself ------------------------------------------------------------------------- */

/* Protects: run, variants and samples read back, and finishing fills in the end. */
static void test_run_row(void **state)
{
    struct place *place = *state;
    struct arena arena = {0};
    struct err err = {0};
    struct store_run run = {0};
    fill(&arena, &tables[TABLE_RUN], &run);
    run.cells = 0;
    run.wall_ns = run.cpu_ns = 0;
    run.setup_calls = run.setup_tokens = run.setup_nanousd = 0;
    run.stop_reason = (str){0};
    struct store *store;
    assert_good(store_create(&store, place->path, &run, &test_plan, &err), &err);
    run.state = STORE_FINISHED;
    run.stop_reason = STR("because");
    run.wall_ns = 5, run.cpu_ns = 6, run.max_rss_bytes = 7, run.lateness_p99_ns = -1;
    run.setup_calls = 8, run.setup_tokens = 9, run.setup_nanousd = 10;
    assert_good(store_finish(store, &run, &err), &err);

    store = test_open(place);
    assert_columns(store, &tables[TABLE_RUN], store_run_row(store), &run);
    assert_false(store_is_running(store));
    size_t count;
    const struct store_variant *variants = store_variants(store, &count);
    assert_int_equal(count, 2);
    assert_str(variants[1].name, STR("steps"));
    assert_int_equal(variants[1].number, 1);
    const struct store_sample *samples = store_samples(store, &count);
    assert_int_equal(count, 2);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(samples[i].number, i);
        assert_columns(store, &tables[TABLE_SAMPLE], &samples[i], &test_samples[i]);
    }
    store_close(store);
    arena_release(&arena);
}

/* --- texts ---------------------------------------------------------------------------------- */

static int keep_call(void *arg, const struct store_call *call)
{
    *(struct store_call *)arg = *call;
    return 0;
}

static void assert_text(struct store *store, int64_t id, str should)
{
    struct arena arena = {0};
    struct err err = {0};
    str text;
    assert_good(store_body(store, id, &arena, &text, &err), &err);
    assert_str(text, should);
    arena_release(&arena);
}

/* Protects: bytes come back as they were, whatever they are and however many. */
static void test_hostile_texts(void **state)
{
    struct place *place = *state;
    struct err err = {0};
    enum { LARGE = 5 * 1000 * 1000 };
    char *large = xmalloc(LARGE);
    for (size_t i = 0; i < LARGE; i++)
        large[i] = (char)(i * 31 + i / 256);
    static const char bad[] =
        "a\0b\xff\xfe\xc0\x80 '); DROP TABLE call; -- \xed\xa0\x80\x1b[2J";
    struct store_call call = test_call(0);
    call.request.text = (str){large, LARGE};
    call.reply.text = (str){bad, sizeof bad};
    call.message = (str){bad, sizeof bad};
    call.outcome = STR("transport");
    struct store *store = test_create(place, 1);
    store_write_call(store, &call, NULL, NULL);
    memset(large, 0, LARGE); /* the store has copied it */
    test_finish(store, STORE_INTERRUPTED);
    for (size_t i = 0; i < LARGE; i++)
        large[i] = (char)(i * 31 + i / 256);

    store = test_open(place);
    struct store_call read = {0};
    assert_good(store_each_call(store, 0, keep_call, &read, &err), &err);
    assert_text(store, read.request.id, call.request.text);
    assert_text(store, read.reply.id, call.reply.text);
    assert_int_equal(test_sql(place->path, "SELECT max(size) FROM body"), LARGE);
    assert_int_equal(test_sql(place->path, "SELECT length(CAST(message AS BLOB)) FROM call"),
                     sizeof bad);
    store_close(store);
    xfree(large);
}

/* Protects: a value that is handed on from step to step to the cell is stored once. */
static void test_shared_values(void **state)
{
    struct place *place = *state;
    struct arena arena = {0};
    struct err err = {0};
    str answer = STR("the one answer"), other = STR("the other answer");
    struct store_step step[] = {
        {.path = STR("."),
         .node = STR("."),
         .pattern = STR("chain"),
         .parent = -1,
         .value = {answer, 0}},
        {.path = STR("a"),
         .node = STR("a"),
         .pattern = STR("map"),
         .parent = 0,
         .value = {other, 0}},
        {.path = STR("a[0]"),
         .node = STR("a[*]"),
         .pattern = STR("call"),
         .parent = 1,
         .value = {other, 0}},
        {.path = STR("b"),
         .node = STR("b"),
         .pattern = STR("call"),
         .parent = 0,
         .value = {answer, 0}},
    };
    struct store_cell cell = test_cell(0);
    cell.calls = cell.sent = cell.attempts = 0;
    cell.output.text = answer;
    cell.step = step;
    cell.steps = 4;
    struct store *store = test_create(place, 1);
    store_write_cell(store, &cell, NULL, NULL);
    test_finish(store, STORE_FINISHED);

    store = test_open(place);
    struct store_cell found;
    assert_good(store_find_cell(store, 0, 0, 1, &arena, &found, &err), &err);
    assert_text(store, found.output.id, answer);
    struct expected expected = {store, NULL, &cell, 0};
    assert_good(store_each_step(store, 0, check_step, &expected, &err), &err);
    /* and two rows are the expected answer and the metadata of sample s1 */
    assert_int_equal(test_sql(place->path, "SELECT count(*) FROM body"), 4);
    store_close(store);
    arena_release(&arena);
}

/* Protects: what is asked again is stored once, and nothing else is taken for it. */
static void test_shared_requests(void **state)
{
    struct place *place = *state;
    const struct {
        const char *hash;
        str text;
    } asked[] = {
        {"00000000000000000000000000000001", STR_INIT("the question")},
        {"00000000000000000000000000000001", STR_INIT("the question")},
        {"00000000000000000000000000000002", STR_INIT("another one!")},
        {"00000000000000000000000000000002", STR_INIT("and not this")}, /* not on our word */
        {"00000000000000000000000000000001", STR_INIT("the question")},
        {"short", STR_INIT("the question")},
    };
    struct store *store = test_create(place, 1);
    for (int64_t i = 0; i < 6; i++) {
        struct store_call call = test_call(0);
        call.repeat = i;
        call.request_hash = str_from(asked[i].hash);
        call.request.text = asked[i].text;
        call.reply.text = STR("");
        store_write_call(store, &call, NULL, NULL);
    }
    test_finish(store, STORE_INTERRUPTED);
    assert_int_equal(test_sql(place->path, "SELECT count(DISTINCT request) FROM call"), 4);
    assert_int_equal(test_sql(place->path, "SELECT count(*) FROM call JOIN body ON"
                                           " body = request WHERE bytes = 'the question'"),
                     4);
    assert_int_equal(test_sql(place->path, "SELECT count(*) FROM call JOIN body ON"
                                           " body = request WHERE bytes = 'and not this'"),
                     1);
}

/* Protects: a secret that slipped past everything else does not reach the file. */
static void test_secrets(void **state)
{
    struct place *place = *state;
    struct arena arena = {0};
    struct err err = {0};
    str secret = STR("sk-very-secret-0123456789"), file;
    str leak = STR("{\"key\":\"sk-very-secret-0123456789\"}");
    secret_add(secret);
    struct store_call call = test_call(0);
    call.request.text = call.reply.text = call.message = leak;
    call.outcome = STR("auth");
    struct store_step step = {.path = STR("."),
                              .node = STR("."),
                              .pattern = STR("call"),
                              .parent = -1,
                              .message = leak,
                              .note = leak,
                              .value = {leak, 0}};
    struct store_score score = {.name = STR("judge"), .reason = leak};
    struct store_cell cell = test_cell(0);
    cell.message = leak;
    cell.step = &step, cell.steps = 1;
    cell.score_row = &score, cell.score_rows = 1;
    struct store *store;
    struct store_run run = test_run(1);
    run.definition = run.options = leak;
    assert_good(store_create(&store, place->path, &run, &test_plan, &err), &err);
    store_write_call(store, &call, NULL, NULL);
    store_write_cell(store, &cell, NULL, NULL);
    struct store_run end = {.state = STORE_FINISHED, .stop_reason = leak};
    assert_good(store_finish(store, &end, &err), &err);
    assert_good(file_read(&arena, place->path, 1 << 30, &file, &err), &err);
    assert_false(str_contains(file, secret));
    assert_true(str_contains(file, STR("{\"key\":\"[secret]\"}")));
    secret_clear();
    arena_release(&arena);
}

/* --- attempts ------------------------------------------------------------------------------- */

struct tally {
    struct store *store;
    int attempts;
    int64_t total_ns;
};

static int tally_attempt(void *arg, const struct store_attempt *attempt)
{
    struct tally *tally = arg;
    tally->attempts++;
    tally->total_ns += attempt->total_ns;
    assert_int_equal(attempt->cost_upper_nanousd, 0);
    return 0;
}

static int tally_call(void *arg, const struct store_call *call)
{
    struct tally *tally = arg;
    struct err err = {0};
    return store_each_attempt(tally->store, call, tally_attempt, tally, &err);
}

/* Protects: the single good attempt takes no row, and is there all the same, for the program and
 * for people; any other keeps its row. */
static void test_attempts(void **state)
{
    struct place *place = *state;
    struct err err = {0};
    struct store_attempt good = {.number = 1,
                                 .http_status = 200,
                                 .outcome = STR("ok"),
                                 .retry_after_ns = -1,
                                 .start_ns = 9,
                                 .connect_ns = 10,
                                 .first_byte_ns = 80,
                                 .total_ns = 110};
    struct store_attempt bad[] = {{.number = 1,
                                   .http_status = 503,
                                   .outcome = STR("server"),
                                   .retry_after_ns = 1000,
                                   .total_ns = 40},
                                  {.number = 2,
                                   .http_status = 200,
                                   .outcome = STR("ok"),
                                   .retry_after_ns = -1,
                                   .total_ns = 60}};
    struct store_call call = test_call(0);
    call.times.connect_ns = 10, call.times.provider_ns = 100;
    call.first_byte_ns = 80, call.start_ns = 9;
    call.attempt = &good;
    struct store *store = test_create(place, 1);
    store_write_call(store, &call, NULL, NULL);
    call.attempts = 2;
    call.attempt = bad;
    store_write_call(store, &call, NULL, NULL);
    struct store_attempt odd = good; /* not what the call says */
    odd.permit_wait_ns = 5;
    call.attempts = 1;
    call.attempt = &odd;
    store_write_call(store, &call, NULL, NULL);
    test_finish(store, STORE_INTERRUPTED);

    store = test_open(place);
    struct tally tally = {.store = store};
    assert_good(store_each_call(store, STORE_EVERY, tally_call, &tally, &err), &err);
    assert_int_equal(tally.attempts, 4);
    assert_int_equal(tally.total_ns, 110 + 40 + 60 + 110);
    assert_int_equal(test_sql(place->path, "SELECT count(*) FROM attempt_kept"), 3);
    assert_int_equal(test_sql(place->path, "SELECT count(*) FROM attempt"), 4);
    assert_int_equal(test_sql(place->path, "SELECT sum(total_ns) FROM attempt"), 320);
    assert_int_equal(test_sql(place->path, "SELECT first_byte_ns FROM attempt WHERE call = 1"),
                     80);
    store_close(store);
}

/* --- totals --------------------------------------------------------------------------------- */

struct totals {
    struct store_node_total total[8];
    int count;
};

static int keep_total(void *arg, const struct store_node_total *total)
{
    struct totals *totals = arg;
    assert_true(totals->count < 8);
    totals->total[totals->count++] = *total;
    return 0;
}

/* Cells written in the order given, each a chain of two steps; variant 1 has the second twice. */
static void write_steps(struct store *store, int64_t number)
{
    struct store_step step[] = {
        {.path = STR("."), .node = STR("."), .pattern = STR("chain"), .parent = -1},
        {.path = STR("q[0]"), .node = STR("q[*]"), .pattern = STR("call"), .parent = 0},
        {.path = STR("q[1]"), .node = STR("q[*]"), .pattern = STR("call"), .parent = 0},
    };
    for (int i = 1; i < 3; i++) {
        step[i].calls = step[i].sent = 2;
        step[i].attempts = 3;
        step[i].tokens = (struct store_tokens){100, -1, 0, 10, 1};
        step[i].cost_nanousd = 1000 + number;
        step[i].end_ns = 7;
        step[i].outcome = i == 1 ? STR("ok") : STR("failed");
    }
    struct store_cell cell = test_cell(number);
    cell.calls = cell.sent = cell.attempts = 0;
    cell.step = step;
    cell.steps = cell.variant ? 3 : 2;
    store_write_cell(store, &cell, NULL, NULL);
}

/* Protects: sums by node are right and in an order that does not depend on which cell ended
 * first. */
static void test_node_totals(void **state)
{
    struct place *place = *state;
    struct totals seen[2] = {{.count = 0}, {.count = 0}};
    for (int round = 0; round < 2; round++) {
        struct err err = {0};
        place_clear(place);
        struct store *store = test_create(place, 4);
        for (int64_t i = 0; i < 4; i++)
            write_steps(store, round ? 3 - i : i);
        test_finish(store, STORE_FINISHED);
        store = test_open(place);
        struct totals *totals = &seen[round];
        assert_good(store_each_node_total(store, keep_total, totals, &err), &err);
        assert_int_equal(totals->count, 4);
        assert_str(totals->total[2].node, STR("."));
        const struct store_node_total *call = &totals->total[3];
        assert_str(call->node, STR("q[*]"));
        assert_str(call->pattern, STR("call"));
        assert_int_equal(call->variant, 1);
        assert_int_equal(call->instances, 4);
        assert_int_equal(call->failed, 2);
        assert_int_equal(call->calls, 8);
        assert_int_equal(call->attempts, 12);
        assert_int_equal(call->retries, 4);
        assert_int_equal(call->tokens.input, 400);
        assert_int_equal(call->tokens.cache_read, 0);
        assert_int_equal(call->cost_nanousd, 4 * 1000 + 2 * 1 + 2 * 3);
        assert_int_equal(call->duration_ns, 28);
        store_close(store);
    }
}

/* --- walks ---------------------------------------------------------------------------------- */

static void write_steps_and_finish(const struct place *place)
{
    struct store *store = test_create(place, 4);
    for (int64_t i = 0; i < 4; i++)
        write_steps(store, i);
    test_finish(store, STORE_FINISHED);
}

struct order {
    int64_t last;
    int seen, stop_after;
};

static int check_order(void *arg, const struct store_cell *cell)
{
    struct order *order = arg;
    int64_t place = cell->variant * 100 + cell->sample * 10 + cell->trial;
    assert_true(place > order->last);
    order->last = place;
    return ++order->seen == order->stop_after ? 77 : 0;
}

/* Protects: reports see cells by variant, sample, trial, and can end a walk early. */
static void test_order(void **state)
{
    struct place *place = *state;
    struct err err = {0};
    for (int finished = 0; finished < 2; finished++) {
        place_clear(place);
        struct store *store = test_create(place, 8);
        for (int64_t i = 7; i >= 0; i--) {
            struct store_cell cell = test_cell(i);
            cell.calls = cell.sent = cell.attempts = 0;
            store_write_cell(store, &cell, NULL, NULL);
        }
        test_finish(store, finished ? STORE_FINISHED : STORE_INTERRUPTED);
        store = test_open(place);
        struct order order = {.last = -1};
        assert_good(store_each_cell(store, STORE_IN_ORDER, check_order, &order, &err), &err);
        assert_int_equal(order.seen, 8);
        order = (struct order){.last = -1, .stop_after = 3};
        assert_int_equal(store_each_cell(store, STORE_IN_ORDER, check_order, &order, &err), 77);
        assert_int_equal(order.seen, 3);
        store_close(store);
    }
}

/* Protects: docs/store.md shows the tables as they are. */
static void test_documented(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct err err = {0};
    struct buf schema = {0};
    str page;
    assert_good(file_read(&arena, TEST_SOURCE_DIR "/docs/store.md", 1 << 20, &page, &err),
                &err);
    schema_write(&schema);
    if (!str_contains(page, buf_str(&schema)))
        fail_msg("docs/store.md should hold exactly this:\n%s", schema.p);
    buf_release(&schema);
    arena_release(&arena);
}

/* The next indented block of the page from *at on; empty at the end. */
static str next_block(struct arena *arena, str page, size_t *at)
{
    struct buf block = {0};
    while (*at < page.n) {
        ptrdiff_t end = str_find(page, STR("\n"), *at);
        str line = str_sub(page, *at, end < 0 ? page.n : (size_t)end);
        if (str_starts_with(line, STR("    "))) {
            buf_add_str(&block, str_sub(line, 4, line.n));
            buf_add_char(&block, '\n');
        } else if (block.n) {
            break;
        }
        *at += line.n + 1;
    }
    str text = arena_str(arena, buf_str(&block));
    buf_release(&block);
    return text;
}

/* Protects: the queries in docs/store.md can be copied and run. */
static void test_documented_queries(void **state)
{
    struct place *place = *state;
    struct arena arena = {0};
    struct err err = {0};
    str page, query;
    size_t at = 0, queries = 0;
    write_steps_and_finish(place);
    assert_good(file_read(&arena, TEST_SOURCE_DIR "/docs/store.md", 1 << 20, &page, &err),
                &err);
    while ((query = next_block(&arena, page, &at)).n) {
        if (!str_starts_with(query, STR("SELECT")))
            continue;
        test_sql(place->path, query.p);
        queries++;
    }
    assert_true(queries >= 5);
    arena_release(&arena);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, place_make, place_remove)
    const struct CMUnitTest tests[] = {
        TEST(test_every_column),
        TEST(test_columns_are_distinct),
        TEST(test_unknown_is_null),
        TEST(test_run_row),
        TEST(test_hostile_texts),
        TEST(test_shared_values),
        TEST(test_shared_requests),
        TEST(test_secrets),
        TEST(test_attempts),
        TEST(test_node_totals),
        TEST(test_order),
        TEST(test_documented),
        TEST(test_documented_queries),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
