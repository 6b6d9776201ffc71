/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * exec_find.c: which file a program's name stands for, and whether sandboxes are to be had (see
 * exec.h). Both are asked while an experiment is read, so that a run does not fail for them.
 */
#include "io/exec_inside.h"

#include <errno.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"

static int check_file(const char *path)
{
    struct stat info;
    if (stat(path, &info) < 0)
        return errno;
    if (S_ISDIR(info.st_mode))
        return EISDIR;
    return access(path, X_OK) < 0 ? errno : 0;
}

static str absolute(struct arena *arena, str path)
{
    char whole[PATH_MAX];
    if (!realpath(path_folder(arena, path).p, whole))
        return path;
    /* only its folder: a program may look at the name that it is called by */
    return path_join(arena, arena_str(arena, str_from(whole)), path_name(path));
}

static int find_on_path(struct arena *arena, str name, str *path, struct err *err)
{
    str rest = str_from(getenv("PATH")), folder;
    while (rest.n) {
        str_cut(rest, ':', &folder, &rest);
        str candidate = path_join(arena, folder.n ? folder : STR("."), name);
        if (check_file(candidate.p) == 0) {
            *path = absolute(arena, candidate);
            return 0;
        }
    }
    return err_set(err, ERR_INPUT, "no program '%.*s' on PATH", STR_ARG(name));
}

int exec_find(struct arena *arena, str folder, str name, str *path, struct err *err)
{
    if (name.n == 0)
        return err_set(err, ERR_INPUT, "the program has no name");
    if (!str_contains(name, STR("/")))
        return find_on_path(arena, name, path, err);
    str candidate = name.p[0] == '/' ? name : path_join(arena, folder, name);
    candidate = arena_str(arena, candidate);
    int reason = check_file(candidate.p);
    if (reason)
        return err_set(err, ERR_INPUT, "the program '%.*s' cannot be executed: %s",
                       STR_ARG(name), strerror(reason));
    *path = absolute(arena, candidate);
    return 0;
}

int exec_sandbox_available(struct err *err)
{
    static atomic_bool known; /* what there is once does not go away */
    if (atomic_load(&known))
        return 0;
    struct arena arena = {0};
    struct exec_result result;
    const str argv[] = {STR("true")};
    struct exec_request request = {
        .argv = argv, .argc = 1, .timeout_ns = 5 * NS_PER_S, .max_output = 1, .sandbox = true};
    int found = exec_find(&arena, STR("."), argv[0], &request.program, err);
    if (found == 0) {
        exec_run_blocking(&request, &arena, &result);
        if (result.outcome != EXEC_OK)
            found = err_set(err, ERR_FAILED, "%.*s", STR_ARG(result.reason));
    }
    arena_release(&arena);
    atomic_store(&known, found == 0);
    return found;
}
