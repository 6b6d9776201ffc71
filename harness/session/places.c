/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * places.c: finding experiments, runs and the mock server (see places.h).
 */
#include "session/places.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/text.h"

#include <stdio.h>
#include <unistd.h>

int runs_folder(struct arena *arena, str experiment_path, str *folder, struct err *err)
{
    *folder = path_beside(arena, experiment_path, STR(RUNS_HERE));
    return dir_make(folder->p, err);
}

void run_new_id(struct arena *arena, str folder, str *id, str *path)
{
    int64_t wall = clock_wall_ns();
    char stamp[24];
    clock_compact(wall, stamp, sizeof stamp);
    for (uint64_t attempt = 0;; attempt++) {
        struct hash128 hash = hash_add_int((struct hash128){0}, (uint64_t)wall + attempt);
        hash = hash_add_int(hash, (uint64_t)getpid());
        *id = arena_printf(arena, "%s-%04x", stamp, (unsigned)(hash.low & 0xffff));
        *path = arena_printf(arena, "%.*s/%.*s.db", STR_ARG(folder), STR_ARG(*id));
        if (!file_exists(path->p))
            return;
    }
}

static int newest_run(struct arena *arena, str folder, str *path, struct err *err)
{
    struct store_listing *runs;
    size_t count;
    if (store_runs(folder.p, arena, &runs, &count, err) < 0)
        return -1;
    if (count == 0)
        return err_set(err, ERR_INPUT,
                       "no runs in %.*s; expected RUN, the path of a run's file",
                       STR_ARG(folder));
    *path = runs[0].path;
    return 0;
}

/* A name from the command line may come from anywhere; it must not steer a terminal. */
static int no_such(struct arena *arena, const char *what, str name, const char *expected,
                   struct err *err)
{
    str shown = text_visible(arena, name);
    return err_set(err, ERR_INPUT, "no %s '%.*s'; expected %s", what, STR_ARG(shown), expected);
}

static int find_in(struct arena *arena, str folder, str run, str *path, struct err *err)
{
    if (run.n == 0)
        return newest_run(arena, folder, path, err);
    *path = arena_str(arena, run);
    if (file_exists(path->p))
        return 0;
    str by_id = arena_printf(arena, "%.*s/%.*s.db", STR_ARG(folder), STR_ARG(run));
    str expected =
        arena_printf(arena, "the path of a run's file, or an ID in %.*s (weir runs lists them)",
                     STR_ARG(folder));
    if (!file_exists(by_id.p))
        return no_such(arena, "run", run, expected.p, err);
    *path = by_id;
    return 0;
}

int run_find(struct arena *arena, str run, str *path, struct err *err)
{
    return find_in(arena, STR(RUNS_HERE), run, path, err);
}

int run_find_beside(struct arena *arena, str experiment, str run, str *path, struct err *err)
{
    str folder = STR(RUNS_HERE);
    if (experiment.n && dir_exists(arena_str(arena, experiment).p))
        folder = path_join(arena, experiment, folder);
    else if (experiment.n)
        folder = path_beside(arena, experiment, folder);
    return find_in(arena, folder, run, path, err);
}

struct store *run_open(struct arena *arena, str run, str *path, struct err *err)
{
    struct store *store;
    if (run_find(arena, run, path, err) < 0 || store_open(&store, path->p, err) < 0)
        return NULL;
    return store;
}

int experiment_find(struct arena *arena, str experiment, str *path, struct err *err)
{
    *path = experiment.n ? arena_str(arena, experiment) : STR("experiment.yaml");
    if (dir_exists(path->p))
        *path = path_join(arena, *path, STR("experiment.yaml"));
    if (file_exists(path->p))
        return 0;
    if (!experiment.n)
        return err_set(
            err, ERR_INPUT,
            "there is no experiment.yaml in this folder; expected one here, or the path of "
            "an experiment (weir init makes one, weir init --list has some)");
    return no_such(arena, "experiment", *path, "the path of an experiment file", err);
}

str mock_program(struct arena *arena)
{
    char self[4096];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    if (n > 0) {
        str folder = path_folder(arena, (str){self, (size_t)n});
        str beside = path_join(arena, folder, STR("weir-mock"));
        if (access(beside.p, X_OK) == 0)
            return beside;
    }
    return STR("weir-mock");
}
