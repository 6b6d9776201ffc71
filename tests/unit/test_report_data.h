/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_report_data.h: a small made-up run for the tests of the reports: the same cells as a
 * summary and as a run's file. No random numbers and no clock: the same bytes every time.
 *
 * Three variants of a customer service: `generic` (one call), `by_model` (a router with two
 * calls, dearer, slower, better) and `by_keywords` (one call, about as good as generic). There
 * are errors, timeouts, unscored and pending cells, retries and lost attempts.
 */
#ifndef TEST_REPORT_DATA_H
#define TEST_REPORT_DATA_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/mem.h"
#include "reports/report.h"
#include "stats/summary.h"
#include "store/store.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { DATA_VARIANTS = 3, DATA_SAMPLES = 40, DATA_TRIALS = 2, DATA_STEPS = 3 };
enum { DATA_CELLS = DATA_VARIANTS * DATA_SAMPLES * DATA_TRIALS };

/* What may be changed; zero is a plain mock run. */
struct data_options {
    const char *const *names; /* DATA_VARIANTS of them */
    bool live;                /* no mock */
    bool no_baseline;
    bool clean;   /* every cell ok, nothing lost */
    bool hostile; /* reasons, ids and messages as well */
    bool huge;    /* one answer is a line of 10 MB */
    const struct summary_rule *rules;
    size_t rule_count;
    unsigned step; /* order in which cells are added: a number without a common factor */
};

struct data {
    struct data_options options;
    struct arena arena;
    struct summary *summary;
    struct store *store;
    char path[600];
};

static const char *const data_names[DATA_VARIANTS] = {"generic", "by_model", "by_keywords"};
static const char *const data_hostile =
    "`touch weir_pwned` $(touch weir_pwned) system(\"touch weir_pwned\") <script>alert(1)"
    "</script> | @everyone #1 *b* _i_ 100% %s %d ' \" \\n \x1b[31mred \xe2\x80\xae rtl \xff "
    "line\nbreak\ttab\r";

static inline str data_name(const struct data *data, size_t variant)
{
    return str_from(data->options.names ? data->options.names[variant] : data_names[variant]);
}

/* A fixed scatter in 0 .. below - 1. */
static inline unsigned data_scatter(unsigned a, unsigned b, unsigned c, unsigned below)
{
    uint32_t x = a * 2654435761u ^ b * 2246822519u ^ c * 3266489917u;
    x ^= x >> 15;
    x *= 2246822519u;
    x ^= x >> 13;
    return x % below;
}

static inline str data_sample_id(struct data *data, size_t sample)
{
    if (data->options.hostile && sample == 3)
        return arena_printf(&data->arena, "=cmd|' /C calc'!A0 %s", data_hostile);
    return arena_printf(&data->arena, "q%02zu", sample + 1);
}

static inline struct summary_cell_row data_cell(struct data *data, size_t v, size_t s,
                                                unsigned t)
{
    static const unsigned skill[DATA_VARIANTS] = {58, 86, 62};
    static const unsigned base_ms[DATA_VARIANTS] = {700, 1500, 640};
    unsigned sample_luck = data_scatter(7, (unsigned)s, 3, 100);
    unsigned luck = (sample_luck + data_scatter((unsigned)v, (unsigned)s, t, 100)) / 2;
    unsigned ms = base_ms[v] + data_scatter(11 + (unsigned)v, (unsigned)s, t, 900);
    uint64_t calls = v == 1 ? 2 : 1;
    bool retried = !data->options.clean && data_scatter(5, (unsigned)(s * 3 + v), t, 12) == 0;
    int64_t cost = (int64_t)(calls * 90000 + data_scatter(3, (unsigned)s, t, 60000));
    struct summary_cell_row row = {
        .variant = v,
        .sample = s,
        .sample_id = data_sample_id(data, s),
        .trial = t,
        .status = SUMMARY_OK,
        .correct = maybe_of(luck < skill[v]),
        .score = maybe_of(luck < skill[v] ? 1.0 : 0.25),
        .cost = {.known_nanousd = cost, .upper_nanousd = cost},
        .tokens = {.input = 600 * (int64_t)calls, .output = 90 + 10 * (int64_t)v},
        .traffic = {calls, calls, 0, 0, calls + retried, retried},
        .latency_ns = (int64_t)ms * 1000000,
        .wall_ns = (int64_t)(ms + 35) * 1000000,
        .provider_ns = (int64_t)(ms - 12) * 1000000,
        .permit_wait_ns = 30000000,
        .backoff_ns = retried ? 250000000 : 0,
        .store_wait_ns = 1200000,
        .connect_ns = 900000,
        .critical_path_ns = (int64_t)ms * 1000000,
        .total_work_ns = (int64_t)ms * 1000000,
    };
    if (data->options.clean)
        return row;
    unsigned fate = data_scatter(21 + (unsigned)v, (unsigned)s, t, 60);
    if (fate < 2) {
        row.status = SUMMARY_ERROR;
        row.reason = data->options.hostile ? str_from(data_hostile)
                     : fate                ? STR("schema")
                                           : STR("gate");
    } else if (fate == 2) {
        row.status = SUMMARY_TIMEOUT;
        row.reason = STR("timeout");
        row.cost.lost_attempts = 1;
        row.cost.upper_nanousd += 400000;
    } else if (fate == 3) {
        row.status = SUMMARY_UNSCORED;
        row.reason = STR("grader");
    } else if (v == 2 && s == 39 && t == 2) {
        return (struct summary_cell_row){.variant = v,
                                         .sample = s,
                                         .sample_id = row.sample_id,
                                         .trial = t,
                                         .status = SUMMARY_PENDING};
    }
    return row;
}

static inline size_t data_steps(size_t variant)
{
    return variant == 1 ? DATA_STEPS : 1;
}

static inline struct summary_step_row data_step(struct data *data,
                                                const struct summary_cell_row *cell, size_t i)
{
    static const char *const paths[DATA_STEPS] = {"", "by", "cases.handler"};
    static const char *const patterns[DATA_STEPS] = {"route", "call", "call"};
    bool alone = cell->variant != 1;
    struct summary_step_row row = {
        .variant = cell->variant,
        .sample = cell->sample,
        .trial = cell->trial,
        .order = i,
        .path = data->options.hostile && i == 2 ? str_from(data_hostile) : str_from(paths[i]),
        .pattern = alone ? STR("call") : str_from(patterns[i]),
        .latency_ns = cell->latency_ns / (i == 0   ? 1
                                          : i == 1 ? 4
                                                   : 2),
    };
    row.work_ns = alone || i > 0 ? row.latency_ns : 0;
    if (i == 1)
        row.score = maybe_of(cell->status == SUMMARY_OK && cell->correct.value > 0 ? 1.0 : 0.5);
    if (i == 0 && cell->status == SUMMARY_ERROR)
        row.failure = cell->reason;
    if (alone || i > 0)
        row.tokens = (struct summary_tokens){.input = 600, .output = 90};
    if (alone || i == 2) {
        row.traffic = cell->traffic;
        row.cost = cell->cost;
        if (!alone) {
            row.traffic.calls = row.traffic.sent = 1;
            row.traffic.attempts = 1 + row.traffic.retries;
            row.cost.known_nanousd -= 20000;
            row.cost.upper_nanousd -= 20000;
        }
    } else if (i == 1) {
        row.traffic = (struct summary_traffic){1, 1, 0, 0, 1, 0};
        row.cost = (struct summary_money){.known_nanousd = 20000, .upper_nanousd = 20000};
    }
    return row;
}

static inline void data_check(int result, const struct err *err)
{
    if (result != 0)
        fail_msg("%s", err->message);
}

static inline void data_fill_summary(struct data *data)
{
    static const struct summary_score_meta scores[] = {
        {STR_INIT("department"), 1.0, false, false, false},
        {STR_INIT("length"), 0.0, false, false, false}};
    struct summary_variant_meta variants[DATA_VARIANTS];
    struct err err = {0};
    for (size_t v = 0; v < DATA_VARIANTS; v++)
        variants[v] = (struct summary_variant_meta){data_name(data, v),
                                                    v == 1 ? STR("route") : STR("call")};
    bool hostile = data->options.hostile;
    struct summary_meta meta = {
        .rules = data->options.rules,
        .rule_count = data->options.rule_count,
        .version = STR("0.1.0"),
        .experiment = hostile ? str_from(data_hostile) : STR("support"),
        .run = STR("20261102T101112-ab12"),
        .dataset = hostile ? str_from(data_hostile) : STR("queries.jsonl"),
        .fingerprint = STR("3fa9c14e77d20b15"),
        .mock = !data->options.live,
        .baseline = data->options.no_baseline ? SUMMARY_NO_BASELINE : 0,
        .samples = DATA_SAMPLES,
        .trials = DATA_TRIALS,
        .variants = variants,
        .variant_count = DATA_VARIANTS,
        .scores = scores,
        .score_count = 2,
        .wall_ns = maybe_of(12.5e9),
        .cpu_ns = maybe_of(0.31e9),
        .max_rss_bytes = maybe_of(21e6),
        .lateness_p99_ns = maybe_of(180e3),
    };
    static const uint32_t few[] = {0, 1, 2, 3};
    const struct summary_group group = {str_from(data_hostile), str_from(data_hostile), few, 4};
    const struct summary_perturbation change = {str_from(data_hostile), 4};
    const struct summary_matching matching = {
        .matched = DATA_SAMPLES, .only_baseline = 1, .baseline_ids = str_from(data_hostile)};
    if (hostile) {
        meta.groups = &group;
        meta.group_count = 1;
        meta.perturbations = &change;
        meta.perturbation_count = 1;
        meta.matching = &matching;
    }
    data->summary = summary_begin(&meta);
    unsigned step = data->options.step ? data->options.step : 1;
    for (size_t i = 0; i < DATA_CELLS; i++) {
        size_t place = i * step % DATA_CELLS;
        maybe score[2];
        struct summary_cell_row row =
            data_cell(data, place % DATA_VARIANTS, place / DATA_VARIANTS % DATA_SAMPLES,
                      1 + (unsigned)(place / DATA_VARIANTS / DATA_SAMPLES));
        score[0] = row.status == SUMMARY_OK ? row.correct : maybe_none();
        score[1] = row.status == SUMMARY_OK ? maybe_of(0.75) : maybe_none();
        row.scores = score;
        row.answer = place + 1;
        row.shape = !hostile         ? STR("text")
                    : place % 2 == 0 ? str_from(data_hostile)
                                     : STR("{label: text}");
        data_check(summary_add_cell(data->summary, &row, &err), &err);
        if (hostile && row.sample < 4) { /* as if it had been changed, too */
            row.perturbation = 1;
            data_check(summary_add_cell(data->summary, &row, &err), &err);
            row.perturbation = 0;
        }
        for (size_t k = 0; row.status != SUMMARY_PENDING && k < data_steps(row.variant); k++) {
            struct summary_step_row one = data_step(data, &row, k);
            data_check(summary_add_step(data->summary, &one, &err), &err);
        }
    }
    data_check(summary_finish(data->summary, &err), &err);
}

/* ---- the same as a file ---- */

static inline str data_huge(struct data *data)
{
    enum { HUGE_BYTES = 10 * 1000 * 1000 };
    char *line = arena_bytes(&data->arena, HUGE_BYTES);
    for (size_t i = 0; i < HUGE_BYTES; i++)
        line[i] = "<&\"a\x1b"[i % 5];
    return (str){line, HUGE_BYTES};
}

static inline void data_write_cell(struct data *data, struct store *store, size_t place)
{
    struct summary_cell_row row =
        data_cell(data, place % DATA_VARIANTS, place / DATA_VARIANTS % DATA_SAMPLES,
                  1 + (unsigned)(place / DATA_VARIANTS / DATA_SAMPLES));
    if (row.status == SUMMARY_PENDING)
        return;
    bool hostile = data->options.hostile;
    bool ok = row.status == SUMMARY_OK;
    struct store_score scores[2] = {
        {.name = STR("department"), .value = row.correct.value, .weight = 1},
        {.name = STR("length"), .value = 0.75}};
    struct store_step steps[DATA_STEPS];
    for (size_t i = 0; i < data_steps(row.variant); i++) {
        struct summary_step_row one = data_step(data, &row, i);
        steps[i] = (struct store_step){
            .path = one.path,
            .node = one.path,
            .pattern = one.pattern,
            .parent = i ? 0 : -1,
            .outcome = one.failure.n ? STR("failed") : STR("ok"),
            .kind = one.failure,
            .end_ns = one.latency_ns,
            .calls = (int64_t)one.traffic.calls,
            .sent = (int64_t)one.traffic.sent,
            .attempts = (int64_t)one.traffic.attempts,
            .tokens = {one.tokens.input, 0, 0, one.tokens.output, 0},
            .cost_nanousd = one.cost.known_nanousd,
            .lost_attempts = (int64_t)one.cost.lost_attempts,
            .cost_upper_nanousd = one.cost.upper_nanousd,
        };
    }
    struct store_cell cell = {
        .cell = (int64_t)place,
        .variant = (int64_t)row.variant,
        .sample = (int64_t)row.sample,
        .trial = row.trial,
        .status = (enum store_status)row.status,
        .reason = row.reason,
        .message = ok        ? STR("")
                   : hostile ? str_from(data_hostile)
                             : STR("it failed"),
        .output = {.text = !ok                                ? STR("")
                           : data->options.huge && place == 5 ? data_huge(data)
                           : hostile                          ? str_from(data_hostile)
                                     : STR("{\"department\":\"Billing\",\"n\":[1,2.5]}")},
        .correct = row.status == SUMMARY_UNSCORED ? -1
                   : ok                           ? (int64_t)row.correct.value
                                                  : 0,
        .score = row.status == SUMMARY_UNSCORED ? (double)NAN
                 : ok                           ? row.score.value
                                                : 0,
        .calls = (int64_t)row.traffic.calls,
        .sent = (int64_t)row.traffic.sent,
        .attempts = (int64_t)row.traffic.attempts,
        .retries = (int64_t)row.traffic.retries,
        .tokens = {row.tokens.input, 0, 0, row.tokens.output, 0},
        .cost_nanousd = row.cost.known_nanousd,
        .paid_nanousd = row.cost.known_nanousd,
        .lost_attempts = (int64_t)row.cost.lost_attempts,
        .cost_upper_nanousd = row.cost.upper_nanousd,
        .latency_ns = row.latency_ns,
        .wall_ns = row.wall_ns,
        .times = {row.permit_wait_ns, row.backoff_ns, row.store_wait_ns, row.connect_ns,
                  row.provider_ns},
        .critical_path_ns = row.critical_path_ns,
        .total_work_ns = row.total_work_ns,
        .step = steps,
        .steps = data_steps(row.variant),
        .score_row = scores,
        .score_rows = ok ? 2 : 0,
    };
    for (int64_t c = 0; c < cell.calls; c++) {
        struct store_call call = {
            .cell = cell.cell,
            .path = c == 0    ? STR("by")
                    : hostile ? str_from(data_hostile)
                              : STR("cases.handler"),
            .request_hash = arena_printf(&data->arena, "%032zx", place * 8 + (size_t)c),
            .attempt_key = arena_printf(&data->arena, "k%zu-%d", place, (int)c),
            .model = hostile ? str_from(data_hostile) : STR("small"),
            .dialect = STR("openai-chat"),
            .source = STORE_SENT,
            .http_status = 200,
            .outcome = STR("ok"),
            .finish = STR("stop"),
            .tokens = {600, 0, 0, 50, 0},
            .cost_nanousd = 90000,
            .ttft_ns = -1,
            .latency_ns = 400000000,
            .start_ns = c * 500000000,
            .first_byte_ns = 300000000,
            .times = {.permit_wait_ns = 30000000, .provider_ns = 400000000},
            .attempts = c == 0 ? 1 + cell.retries : 1,
            .request = {.text = hostile ? str_from(data_hostile) : STR("")},
            .reply = {.text = hostile ? str_from(data_hostile) : STR("")},
        };
        store_write_call(store, &call, NULL, NULL);
    }
    store_write_cell(store, &cell, NULL, NULL);
}

static inline void data_make_store(struct data *data)
{
    struct store_variant variants[DATA_VARIANTS];
    struct store_sample samples[DATA_SAMPLES];
    struct err err = {0};
    for (size_t v = 0; v < DATA_VARIANTS; v++)
        variants[v] = (struct store_variant){
            .number = (int64_t)v, .name = data_name(data, v), .pattern = STR("call")};
    for (size_t s = 0; s < DATA_SAMPLES; s++)
        samples[s] = (struct store_sample){.number = (int64_t)s, .id = data_sample_id(data, s)};
    struct store_plan plan = {.variant = variants,
                              .variants = DATA_VARIANTS,
                              .sample = samples,
                              .samples = DATA_SAMPLES};
    struct store_run run = {.id = STR("20261102T101112-ab12"),
                            .experiment = STR("support"),
                            .definition = STR("{}"),
                            .mock = !data->options.live,
                            .cells = DATA_CELLS};
    struct store *store;
    snprintf(data->path, sizeof data->path, "%s/test-report-XXXXXX", TEST_BINARY_DIR);
    assert_non_null(mkdtemp(data->path));
    str file = arena_printf(&data->arena, "%s/run.db", data->path);
    data_check(store_create(&store, file.p, &run, &plan, &err), &err);
    unsigned step = data->options.step ? data->options.step : 1;
    for (size_t i = 0; i < DATA_CELLS; i++)
        data_write_cell(data, store, i * step % DATA_CELLS);
    struct store_run end = {.state = data->options.clean ? STORE_FINISHED : STORE_INTERRUPTED,
                            .max_rss_bytes = 21000000,
                            .lateness_p99_ns = 180000,
                            .wall_ns = 12500000000};
    data_check(store_finish(store, &end, &err), &err);
    data_check(store_open(&data->store, file.p, &err), &err);
}

/* Both; freed by data_free. The file is only made when `with_store` is set. */
static inline void data_make(struct data *data, struct data_options options, bool with_store)
{
    *data = (struct data){.options = options};
    data_fill_summary(data);
    if (with_store)
        data_make_store(data);
}

static inline void data_free(struct data *data)
{
    if (data->store) {
        store_close(data->store);
        unlink(arena_printf(&data->arena, "%s/run.db", data->path).p);
        rmdir(data->path);
    }
    summary_free(data->summary);
    arena_release(&data->arena);
}

/* ---- rendering ---- */

static inline struct report_input data_input(const struct data *data)
{
    bool hostile = data->options.hostile;
    return (struct report_input){
        .summary = data->summary,
        .store = data->store,
        .title = hostile ? str_from(data_hostile) : STR("Support mail"),
        .description = hostile ? str_from(data_hostile) : STR("One prompt, or a router"),
    };
}

/* The report; fails the test when there is none. The caller releases it. */
static inline struct buf data_render(const char *format, const struct report_input *input)
{
    struct buf out = {0};
    struct err err = {0};
    data_check(report_emit(str_from(format), input, &out, &err), &err);
    return out;
}

static inline void assert_has(const struct buf *out, const char *part)
{
    if (!str_contains(buf_str(out), str_from(part)))
        fail_msg("the report has no \"%s\"", part);
}

static inline void assert_lacks(const struct buf *out, const char *part)
{
    if (str_contains(buf_str(out), str_from(part)))
        fail_msg("the report has \"%s\"", part);
}

/* Many variants, of long names that Markdown has to escape. */
static inline struct summary *data_many(struct arena *arena, size_t variants)
{
    enum { RULES = 200, SCORES = 40 };
    struct summary_rule *rules = arena_array(arena, struct summary_rule, RULES);
    struct summary_score_meta *scores = arena_array(arena, struct summary_score_meta, SCORES);
    for (size_t i = 0; i < RULES; i++)
        rules[i] = (struct summary_rule){.metric = SUMMARY_ERROR_RATE,
                                         .bar = SUMMARY_MIN,
                                         .variant = i % variants,
                                         .limit = 0.9,
                                         .number = i};
    for (size_t k = 0; k < SCORES; k++)
        scores[k] = (struct summary_score_meta){
            .name = arena_printf(arena, "score_%zu_%s", k, data_hostile), .judged = true};
    struct summary_variant_meta *meta =
        arena_array(arena, struct summary_variant_meta, variants);
    struct err err = {0};
    for (size_t v = 0; v < variants; v++)
        meta[v] = (struct summary_variant_meta){
            arena_printf(arena, "v%03zu_@@@@#####~~~~*<|`_%s", v, data_hostile), STR("call")};
    struct summary_meta run = {.experiment = STR("many"),
                               .run = STR("r"),
                               .mock = true,
                               .baseline = 0,
                               .samples = 12,
                               .trials = 1,
                               .rules = rules,
                               .rule_count = RULES,
                               .scores = scores,
                               .score_count = SCORES,
                               .variants = meta,
                               .variant_count = variants};
    struct summary *summary = summary_begin(&run);
    maybe values[SCORES];
    for (size_t k = 0; k < SCORES; k++)
        values[k] = maybe_of(0.5);
    for (size_t i = 0; i < variants * 12; i++) {
        size_t v = i % variants, s = i / variants;
        bool right = data_scatter((unsigned)v, (unsigned)s, 1, 100) < 40 + 50 * v / variants;
        struct summary_cell_row row = {
            .variant = v,
            .sample = s,
            .sample_id = arena_printf(arena, "s%zu", s),
            .trial = 1,
            .correct = maybe_of(right),
            .score = maybe_of(right),
            .scores = values,
            .cost = {.known_nanousd = 1000 + (int64_t)(v * v), .upper_nanousd = 20000},
            .traffic = {1, 1, 0, 0, 1, 0},
            .latency_ns = (int64_t)(100 + v + s) * 1000000,
        };
        struct summary_step_row step = {.variant = v,
                                        .sample = s,
                                        .trial = 1,
                                        .pattern = STR("call"),
                                        .traffic = row.traffic,
                                        .latency_ns = row.latency_ns};
        data_check(summary_add_cell(summary, &row, &err), &err);
        data_check(summary_add_step(summary, &step, &err), &err);
    }
    data_check(summary_finish(summary, &err), &err);
    return summary;
}

#endif
