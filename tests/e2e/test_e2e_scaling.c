/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_e2e_scaling.c: the worked scripts of docs/scaling-out.md, as far as this machine can run
 * them: GNU parallel and xargs for real. Slurm is script/slurm-test, the Kubernetes files are looked at in
 * tests/unit/test_scaling_files.c.
 */
#include "e2e_run.h"

#include <unistd.h>

static const char script[] = E2E_SOURCE_DIR "/docs/scaling-out/gnu-parallel.sh";

static void prepare(struct place *place)
{
    place_copy_fixture(place, "support");
    place_replace(place, "support/mock.yaml", "scale: 0.25", "scale: 0");
    place_replace(place, "support/mock.yaml", "retry_after: 1s", "retry_after: 20ms");
}

/* A folder with weir and what the script needs of a system, and with GNU parallel or without. */
static void make_path(struct place *place, bool parallel)
{
    place_write_text(place, "links",
                     "mkdir bin; ln -s \"$1\" bin/weir; shift\n"
                     "for tool in \"$@\"; do ln -s \"$(command -v $tool)\" bin/$tool; done\n");
    struct child child =
        child_start(place, (const char *const[]){"/bin/sh", "links", E2E_WEIR, "sh", "seq",
                                                 "xargs", "mktemp", "rm", "cat", "chmod",
                                                 "perl", parallel ? "parallel" : NULL, NULL});
    assert_code(child_wait(&child), 0);
    const char *bin = place_path(place, "bin");
    place_env(place, arena_printf(&place->arena, "PATH=%s%s", bin, parallel ? ":/bin" : "").p);
}

static struct ended scale_out(struct place *place, const char *shards, const char *out,
                              const char *option, const char *value)
{
    struct child child = child_start(
        place, (const char *const[]){"/bin/sh", script, "support", shards, out, "--mock",
                                     "--limit", "12", option, value, NULL});
    return child_wait(&child);
}

static void check_scaling(struct place *place)
{
    const char *whole = run_good(place, "support", "--mock", "--limit", "12", NULL).db;
    assert_code(scale_out(place, "3", "joined.db", NULL, NULL), 0);
    const char *joined = place_path(place, "joined.db");
    check_identities(joined);
    assert_same_text(results_of(report_text(place, joined)),
                     results_of(report_text(place, whole)));

    struct ended unfinished = scale_out(place, "2", "none.db", "--max-calls", "10");
    assert_code(unfinished, 3);
    assert_contains(unfinished.err, "shard 1/2 ended with 3: ");
    assert_contains(unfinished.err, "shard 2/2 ended with 3: ");
    assert_int_not_equal(access(place_path(place, "none.db"), F_OK), 0);
}

/* Protects the script with GNU parallel: the joined run is the whole run; a shard that did not
 * finish is named, and nothing is joined. */
static void gnu_parallel(void **state)
{
    struct place *place = *state;
    if (access("/usr/bin/parallel", X_OK) != 0)
        skip();
    prepare(place);
    make_path(place, true);
    check_scaling(place);
}

/* Protects the same where there is no GNU parallel. */
static void xargs(void **state)
{
    struct place *place = *state;
    prepare(place);
    make_path(place, false);
    check_scaling(place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        e2e_test(gnu_parallel),
        e2e_test(xargs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
