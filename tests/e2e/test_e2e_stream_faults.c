/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_e2e_stream_faults.c: every fault that weir-mock has, in every dialect, streamed and not:
 * the outcome, the attempts, what may have been billed, the waits, and that nothing outlives its
 * deadline.
 *
 * Two runs, one of the faults that only a deadline ends, and one of all others: the samples are the faults, the
 * variants are the dialects. Each fault strikes once always, and once the first attempt alone.
 */
#include "e2e_run.h"

#include "base/buf.h"

#include <string.h>

static const char *const dialects[] = {
    "openai-chat",
    "openai-responses",
    "anthropic-messages",
    "gemini",
};
enum { DIALECTS = sizeof dialects / sizeof *dialects };

/* How a call ends under a fault that never goes away. */
struct end {
    const char *outcome; /* of the call */
    int attempts;
    int lost; /* of them; -1: as it comes */
};

#define FINE                                                                                   \
    {                                                                                          \
        "ok", 1, 0                                                                             \
    }
#define RETRIED(as)                                                                            \
    {                                                                                          \
        (as), 3, 0                                                                             \
    }
#define LOST(as)                                                                               \
    {                                                                                          \
        (as), 3, 3                                                                             \
    }

static const struct fault {
    const char *name, *keys;
    struct end whole, streamed;
} faults[] = {
    {"none", NULL, FINE, FINE},
    {"500", "status: 500", RETRIED("server"), RETRIED("server")},
    {"503", "status: 503, retry_after: 30ms", RETRIED("server"), RETRIED("server")},
    {"429", "status: 429, retry_after: 30ms", RETRIED("rate-limited"), RETRIED("rate-limited")},
    {"quota", "status: 429, quota: true", {"quota", 1, 0}, {"quota", 1, 0}},
    {"400", "status: 400", {"request", 1, 0}, {"request", 1, 0}},
    {"401", "status: 401", {"auth", 1, 0}, {"auth", 1, 0}},
    {"page", "status: 502, html: true", RETRIED("server"), RETRIED("server")},
    {"empty", "empty: true", {"transport", 1, 1}, LOST("transport")},
    {"type", "wrong_type: true", FINE, FINE},
    {"json", "bad_json: true", {"transport", 1, 1}, {"transport", 1, -1}},
    {"hang-headers", "hang: headers", LOST("timeout"), LOST("timeout")},
    {"hang-body", "hang: body", LOST("timeout"), {"timeout", 3, -1}},
    {"drip-fast", "drip: 0.01ms", FINE, FINE},
    {"drip-slow", "drip: 400ms", LOST("timeout"), {"timeout", 3, -1}},
    {"reset-headers", "reset: headers", LOST("transport"), LOST("transport")},
    {"reset-body", "reset: body", LOST("transport"), {"transport", 3, -1}},
    {"reset-stream", "reset: stream", FINE, {"transport", 3, -1}},
    {"fin-headers", "reset: headers, fin: true", LOST("transport"), LOST("transport")},
    {"fin-body", "reset: body, fin: true", LOST("transport"), {"transport", 3, -1}},
    {"fin-stream", "reset: stream, fin: true", FINE, {"transport", 3, -1}},
    {"short", "wrong_length: short", {"transport", 1, 1}, {"transport", 3, -1}},
    {"long", "wrong_length: long", LOST("transport"), FINE},
    {"cut-utf8", "cut: utf8", FINE, {"transport", 3, -1}},
    {"cut-string", "cut: string", FINE, {"transport", 3, -1}},
    {"cut-usage", "cut: before_usage", FINE, {"transport", 3, -1}},
    {"cut-end", "cut: before_end", FINE, {"transport", 3, -1}},
    {"event-500", "error_event: 2", FINE, {"server", 3, -1}},
    {"event-503", "error_event: 0, error_status: 503", FINE, {"server", 3, -1}},
    {"event-429", "error_event: 1, error_status: 429", FINE, {"rate-limited", 3, -1}},
    {"event-400", "error_event: 3, error_status: 400", FINE, {"request", 1, -1}},
    {"join", "frames: join", FINE, FINE},
    {"split", "frames: split", FINE, FINE},
    {"crlf", "frames: crlf", FINE, FINE},
    {"comments", "frames: comments", FINE, FINE},
};
enum { FAULTS = sizeof faults / sizeof *faults };

#define ANSWER "eins zw\xc3\xb6lf \xe6\xbc\xa2\xe5\xad\x97 vier f\xc3\xbcnf sechs"

static const char head[] = "retry: {retries: 2, attempt_timeout: 60s, base: 10ms, cap: 15ms}\n"
                           "defaults: {max_tokens: 100}\n"
                           "concurrency: 100\n"
                           "score: {right: {equals: '" ANSWER "'}}\n"
                           "mock: mock.yaml\n";

/* What a deadline alone ends. */
static bool outlasts(const struct fault *fault)
{
    return strcmp(fault->whole.outcome, "timeout") == 0;
}

static void write_mock(struct place *place)
{
    struct buf text = {0};
    buf_add_str(&text, STR("rules: {all: {reply: '" ANSWER "'}}\nfaults:\n"));
    for (size_t i = 0; i < FAULTS; i++) {
        if (!faults[i].keys)
            continue;
        buf_printf(&text, "  - {%s, when: {prompt: 'always=%s.'}}\n", faults[i].keys,
                   faults[i].name);
        buf_printf(&text, "  - {%s, attempts: [1], when: {prompt: 'once=%s.'}}\n",
                   faults[i].keys, faults[i].name);
    }
    place_write(place, "mock.yaml", buf_str(&text));
    buf_release(&text);
}

/* With the faults of one of the two kinds. */
static void write_experiment(struct place *place, bool outlasting)
{
    struct buf text = {0};
    buf_add_str(&text, STR(head));
    buf_add_str(&text, STR("dataset:\n  samples:\n"));
    for (size_t i = 0; i < FAULTS; i++)
        if (outlasts(&faults[i]) == outlasting)
            buf_printf(&text,
                       "    - {id: %s, q: always=%s.}\n    - {id: once-%s, q: once=%s.}\n",
                       faults[i].name, faults[i].name, faults[i].name, faults[i].name);
    buf_add_str(&text, STR("providers:\n"));
    for (size_t i = 0; i < DIALECTS; i++)
        buf_printf(&text, "  p%zu: {api: %s, base_url: 'https://p%zu.invalid/v1'}\n", i,
                   dialects[i], i);
    buf_add_str(&text, STR("models:\n"));
    for (size_t i = 0; i < DIALECTS; i++)
        buf_printf(&text, "  m%zu: {provider: p%zu, model: m, price: {input: 1, output: 2}}\n",
                   i, i);
    buf_add_str(&text, STR("variants:\n"));
    for (size_t i = 0; i < DIALECTS; i++)
        for (size_t streamed = 0; streamed < 2; streamed++)
            buf_printf(&text,
                       "  %s-%s: {call: {prompt: {user: 'Do {{q}}'}, model: m%zu, stream: "
                       "%s}}\n",
                       dialects[i], streamed ? "streamed" : "whole", i,
                       streamed ? "true" : "false");
    place_write(place, "experiment.yaml", buf_str(&text));
    buf_release(&text);
}

/* Is the end of that cell's only call as it should be? Says what it is when it is not. */
static bool check_end(struct place *place, const char *db, const char *variant,
                      const char *sample, struct end should)
{
    const char *from = arena_printf(&place->arena,
                                    " FROM cell_named n JOIN call c USING (cell) WHERE"
                                    " variant_name = '%s' AND sample_id = '%s'",
                                    variant, sample)
                           .p;
    str outcome = sql_text(place, db, "SELECT c.outcome%s", from);
    int64_t attempts = sql_int(db, "SELECT c.attempts%s", from);
    int64_t lost = sql_int(db, "SELECT c.lost_attempts%s", from);
    int64_t right = sql_int(db, "SELECT n.correct%s", from);
    bool good = str_equal(outcome, str_from(should.outcome)) && attempts == should.attempts &&
                (should.lost < 0 || lost == should.lost) &&
                right == (strcmp(should.outcome, "ok") == 0);
    if (!good) {
        str message = sql_text(place, db, "SELECT coalesce(c.message, '')%s", from);
        print_error("%s %s: %.*s after %lld attempts, %lld lost, right %lld: %.*s\n", variant,
                    sample, STR_ARG(outcome), (long long)attempts, (long long)lost,
                    (long long)right, STR_ARG(message));
        str tries =
            sql_text(place, db,
                     "SELECT (SELECT group_concat(concat, '; ') FROM (SELECT a.outcome ||"
                     " ' in ' || (a.total_ns / 1000000) || ' ms' ||"
                     " coalesce(': ' || a.message, '') AS concat FROM attempt a"
                     " WHERE a.call = c.call))%s",
                     from);
        print_error("  its attempts: %.*s\n", STR_ARG(tries));
    }
    return good;
}

/* A fault of the first attempt alone: what is tried again is mended. */
static struct end after_once(struct end always)
{
    bool again = always.attempts == 3;
    return again ? (struct end){"ok", 2, always.lost < 0 ? -1 : always.lost / 3} : always;
}

/* The wait before each attempt: the server's hint, else at least three quarters of the backoff. */
static void check_waits(const char *db)
{
    assert_int_equal(sql_int(db, "SELECT count(*) FROM attempt WHERE number = 1"
                                 " AND backoff_before_ns <> 0"),
                     0);
    assert_int_equal(sql_int(db, "SELECT count(*) FROM attempt a JOIN attempt b USING (call)"
                                 " WHERE b.number = a.number + 1 AND b.backoff_before_ns <"
                                 " coalesce(a.retry_after_ns,"
                                 "   0.75 * min(15000000, 10000000 << (a.number - 1)))"),
                     0);
    /* the call's backoff is the sum */
    assert_int_equal(sql_int(db, "SELECT count(*) FROM (SELECT c.backoff_ns AS own,"
                                 " sum(a.backoff_before_ns) AS added FROM call c"
                                 " JOIN attempt a USING (call) GROUP BY c.call)"
                                 " WHERE own <> added"),
                     0);
}

static void check_times(const char *db)
{
    check_identities(db);
    check_waits(db);
    assert_int_equal(sql_int(db, "SELECT count(*) FROM call WHERE ttft_ns > provider_ns"), 0);
    /* a stream has a time to its first token, nothing else has */
    assert_int_equal(sql_int(db, "SELECT count(*) FROM cell_named n JOIN call c USING (cell)"
                                 " WHERE (c.ttft_ns IS NOT NULL) <>"
                                 " (variant_name LIKE '%%-streamed' AND c.outcome = 'ok')"),
                     0);
}

/* Protects the outcome of each fault in each dialect, streamed and not: never another, never more
 * attempts than it is worth, no attempt beyond its time; the right answer where there is one. */
static void every_fault_in_every_dialect(void **state)
{
    struct place *place = *state;
    write_mock(place);
    const char *runs[2];
    for (size_t outlasting = 0; outlasting < 2; outlasting++) {
        write_experiment(place, outlasting);
        if (outlasting)
            place_replace(place, "experiment.yaml", "attempt_timeout: 60s",
                          "attempt_timeout: 2500ms");
        runs[outlasting] = run_good(place, "experiment.yaml", "--mock", NULL).db;
    }
    size_t wrong = 0;
    for (size_t d = 0; d < DIALECTS; d++) {
        for (size_t s = 0; s < 2; s++) {
            const char *variant =
                arena_printf(&place->arena, "%s-%s", dialects[d], s ? "streamed" : "whole").p;
            for (size_t i = 0; i < FAULTS; i++) {
                struct end always = s ? faults[i].streamed : faults[i].whole;
                const char *db = runs[outlasts(&faults[i])];
                const char *once = arena_printf(&place->arena, "once-%s", faults[i].name).p;
                wrong += !check_end(place, db, variant, faults[i].name, always);
                wrong += !check_end(place, db, variant, once, after_once(always));
            }
        }
    }
    assert_int_equal(wrong, 0);
    for (size_t i = 0; i < 2; i++)
        check_times(runs[i]);
    assert_true(
        sql_int(runs[0], "SELECT count(*) FROM attempt WHERE retry_after_ns IS NOT NULL") >
        DIALECTS * 2 * 3);
    /* The limit is 2.5 s, no reply ends within a minute; the rest is for machines with other things to do. */
    assert_int_equal(
        sql_int(runs[1], "SELECT count(*) FROM attempt WHERE total_ns > 20000000000"), 0);
}

static const char slow_faults[] = "rules: {all: {reply: '" ANSWER "'}}\n"
                                  "faults:\n"
                                  "  - {hang: headers, when: {prompt: 'fault=1.'}}\n"
                                  "  - {hang: body, when: {prompt: 'fault=2.'}}\n"
                                  "  - {drip: 400ms, when: {prompt: 'fault=3.'}}\n";

/* Protects deadlines in mid-stream: a step's timeout ends the attempt that would pass it, though
 * the attempt's own limit is far away. */
static void nothing_outlives_the_deadline(void **state)
{
    struct place *place = *state;
    write_experiment(place, true);
    str text = place_read(place, "experiment.yaml");
    ptrdiff_t samples = str_find(text, STR("dataset:"), 0),
              rest = str_find(text, STR("providers:"), 0);
    assert_true(samples > 0 && rest > samples);
    place_write(place, "experiment.yaml",
                arena_printf(&place->arena,
                             "%.*sdataset: {samples: [{id: a, q: fault=1.}, {id: b, q: "
                             "fault=2.}, {id: c, q: fault=3.}]}\n%.*s",
                             (int)samples, text.p,
                             STR_ARG(str_sub(text, (size_t)rest, text.n))));
    place_replace(place, "experiment.yaml", ": {call: {prompt",
                  ": {timeout: 1s, call: {prompt");
    place_write_text(place, "mock.yaml", slow_faults);
    const char *db = run_good(place, "experiment.yaml", "--mock", NULL).db;
    assert_int_equal(sql_int(db, "SELECT count(*) FROM cell"), DIALECTS * 2 * 3);
    assert_int_equal(sql_int(db, "SELECT count(*) FROM cell WHERE status <> 'timeout'"), 0);
    assert_int_equal(sql_int(db, "SELECT count(*) FROM call WHERE outcome <> 'timeout'"
                                 " OR attempts <> 1 OR latency_ns > 20000000000"),
                     0);
    check_identities(db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        e2e_test(every_fault_in_every_dialect),
        e2e_test(nothing_outlives_the_deadline),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
