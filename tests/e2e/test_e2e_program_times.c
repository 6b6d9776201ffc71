/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_e2e_program_times.c: when programs ran: stored on the wall's clock as calls are, and shown there;
 * runs of a weir that did not store it are shown as before.
 */
#include "e2e_run.h"

#include <sys/stat.h>

/* Two cells that share one permit, so that one waits; then two programs and a check by one. */
static const char experiment[] =
    "dataset: {samples: [{id: a, q: tea}, {id: b, q: milk}]}\n"
    "providers: {p: {api: openai-chat, base_url: 'http://127.0.0.1:9/v1', concurrency: 1}}\n"
    "models: {m: {provider: p, model: m}}\n"
    "concurrency: 2\n"
    "score: {s: {contains: wrong}}\n"
    "mock: {models: {m: {first_token: 200ms}}, rules: {all: {reply: word}}}\n"
    "variants:\n"
    "  v:\n"
    "    chain:\n"
    "      ask: {call: {model: m, prompt: {user: \"{{q}}\"}}}\n"
    "      first: {exec: {run: [./nap]}}\n"
    "      second: {exec: {run: [./nap]}, gate: [{exec: [./judge]}]}\n";

static const char *make_run(struct place *place)
{
    place_write_text(place, "experiment.yaml", experiment);
    place_write_text(place, "nap", "#!/bin/sh\ncat >/dev/null\nsleep 0.03\nprintf '\"x\"'\n");
    place_write_text(place, "judge", "#!/bin/sh\ncat >/dev/null\nprintf 1\n");
    assert_int_equal(chmod(place_path(place, "nap"), 0700), 0);
    assert_int_equal(chmod(place_path(place, "judge"), 0700), 0);
    return run_good(place, "--mock", NULL).db;
}

/* Protects: a program begins after what came before it has ended, our own waits counted, and ends within
 * its cell. */
static void programs_stand_on_the_wall(void **state)
{
    struct place *place = *state;
    const char *db = make_run(place);
    assert_int_equal(sql_int(db, "SELECT count(*) FROM command WHERE start_ns > 0"), 6);
    assert_int_equal(
        sql_int(db, "SELECT count(*) FROM command p JOIN call USING (cell) WHERE p.start_ns < "
                    "call.start_ns + call.connect_ns + call.provider_ns"),
        0);
    assert_int_equal(sql_int(db, "SELECT count(*) FROM command a JOIN command b USING (cell) "
                                 "WHERE a.command < b.command AND b.start_ns < a.start_ns + "
                                 "a.time_ns"),
                     0);
    assert_int_equal(sql_int(db, "SELECT count(*) FROM command JOIN cell USING (cell) WHERE "
                                 "start_ns + time_ns > wall_ns"),
                     0);
    /* the clock of latency has no wait for the permit: there it began sooner */
    assert_int_equal(
        sql_int(db, "SELECT count(*) > 0 FROM command p JOIN step s USING (cell, path) JOIN "
                    "call c USING (cell) WHERE c.permit_wait_ns > 40000000 AND p.start_ns - "
                    "s.start_ns > 40000000"),
        1);
}

static const json *spans_of(struct place *place, const char *db)
{
    struct ended ended = weir(place, "export", db, "--otlp", "traces.json", NULL);
    assert_code(ended, 0);
    const json *all = json_parse(&place->arena, place_read(place, "traces.json"), NULL);
    const json *scope = json_first(
        json_get(json_first(json_get(all, STR("resourceSpans"))), STR("scopeSpans")));
    return json_get(scope, STR("spans"));
}

static int64_t time_of(const json *span, const char *which)
{
    int64_t ns = -1;
    assert_true(str_to_int(json_text(json_get(span, str_from(which))), &ns));
    return ns;
}

/* Spans of programs, each within that of its step. */
static int count_programs(const json *spans)
{
    int count = 0;
    for (const json *span = json_first(spans); span; span = json_next(span)) {
        if (!str_starts_with(json_text(json_get(span, STR("name"))), STR("program ")))
            continue;
        const json *parent = json_first(spans);
        while (parent && !json_equal(json_get(parent, STR("spanId")),
                                     json_get(span, STR("parentSpanId"))))
            parent = json_next(parent);
        assert_non_null(parent);
        assert_true(time_of(parent, "startTimeUnixNano") <= time_of(span, "startTimeUnixNano"));
        assert_true(time_of(parent, "endTimeUnixNano") >= time_of(span, "endTimeUnixNano"));
        count++;
    }
    return count;
}

/* Protects: every view of a cell has them there; and of an older run none says what is not known. */
static void views_show_them_there(void **state)
{
    struct place *place = *state;
    const char *db = make_run(place);
    assert_int_equal(count_programs(spans_of(place, db)), 6);
    str shown = weir(place, "show", db, "v/a/1", NULL).out;
    assert_contains(shown, "▓ program");
    assert_contains(shown, " from ");
    const char *from_us =
        sql_text(place, db,
                 "SELECT ', ' || (start_ns / 1000) || ', ' FROM command WHERE cell = 0 "
                 "AND path = 'first'")
            .p;
    assert_code(weir(place, "report", db, "-o", "new.html", NULL), 0);
    assert_contains(place_read(place, "new.html"), from_us);

    sql_run(db, "UPDATE command SET start_ns = NULL");
    assert_int_equal(count_programs(spans_of(place, db)), 0);
    shown = weir(place, "show", db, "v/a/1", NULL).out;
    assert_lacks(shown, "▓ program");
    assert_lacks(shown, " from ");
    assert_contains(shown, "first #0");
    assert_code(weir(place, "report", db, "-o", "old.html", NULL), 0);
    assert_lacks(place_read(place, "old.html"), from_us);
}

/* Protects: a resume keeps them, and stores those of its own. */
static void a_resume_keeps_them(void **state)
{
    struct place *place = *state;
    const char *db = make_run(place);
    str before =
        sql_text(place, db, "SELECT group_concat(start_ns) FROM command WHERE cell = 0");
    sql_run(
        db,
        "DELETE FROM cell WHERE cell = 0; DELETE FROM step_kept WHERE cell = 0; DELETE FROM "
        "score_kept WHERE cell = 0; DELETE FROM command WHERE cell = 0 AND path LIKE "
        "'second%'; UPDATE run SET state = 'interrupted'");
    str kept = sql_text(place, db, "SELECT group_concat(start_ns) FROM command WHERE cell = 0");
    assert_true(kept.n > 0 && str_starts_with(before, kept));
    assert_code(weir(place, "run", "--resume", db, "--mock", "--quiet", NULL), 0);
    assert_true(str_starts_with(
        sql_text(place, db, "SELECT group_concat(start_ns) FROM command WHERE cell = 0"),
        kept));
    assert_int_equal(sql_int(db, "SELECT count(*) FROM command WHERE start_ns > 0"), 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        e2e_test(programs_stand_on_the_wall),
        e2e_test(views_show_them_there),
        e2e_test(a_resume_keeps_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
