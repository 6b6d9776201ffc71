/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_experiment_folder.h: experiments in a folder of their own, for tests of the loader.
 *
 * A test writes files into a fresh folder and reads x.yaml there, so that messages show short
 * paths: "x.yaml:4:12", "prompts/p.md:1:3". Include it after cmocka.
 */
#ifndef TEST_EXPERIMENT_FOLDER_H
#define TEST_EXPERIMENT_FOLDER_H

#include "base/file.h"
#include "base/log.h"
#include "plan/estimate.h"
#include "plan/experiment.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct folder {
    char path[64];
    struct arena arena;
    struct mistakes mistakes;
    const struct experiment *experiment; /* NULL: it has mistakes */
};

static inline void folder_open(struct folder *folder)
{
    assert_non_null(pattern_table[0]); /* makes the linker take the patterns, too */
    *folder = (struct folder){.path = "/tmp/weir-test-XXXXXX"};
    assert_non_null(mkdtemp(folder->path));
    assert_int_equal(chdir(folder->path), 0);
    mistakes_init(&folder->mistakes, &folder->arena);
}

static inline void folder_write(struct folder *folder, const char *path, str text)
{
    struct err err = {0};
    str where = path_folder(&folder->arena, str_from(path));
    assert_int_equal(dir_make(where.p, &err), 0);
    assert_int_equal(file_write(path, text, &err), 0);
}

static inline const struct experiment *folder_read(struct folder *folder,
                                                   const struct experiment_options *options)
{
    folder->experiment =
        experiment_read(&folder->arena, STR("x.yaml"), options, &folder->mistakes);
    return folder->experiment;
}

/* Writes x.yaml and reads it; the test fails on any mistake. */
static inline const struct experiment *folder_good(struct folder *folder, const char *text)
{
    folder_write(folder, "x.yaml", str_from(text));
    if (!folder_read(folder, NULL))
        fail_msg("%s", mistakes_text(&folder->mistakes).p);
    return folder->experiment;
}

/* Calls of a cell of the first variant. */
static inline struct spread folder_calls(const struct experiment *experiment)
{
    struct arena scratch = {0};
    const struct estimating nothing = {.scratch = &scratch};
    struct estimate cell = estimate_node(experiment->variant[0].root, &nothing);
    arena_release(&scratch);
    return cell.part[ESTIMATE_CALLS];
}

/* The messages, one a line, without the source lines below them. */
static inline const char *folder_lines(struct folder *folder, struct mistakes *mistakes)
{
    struct buf out = {0};
    str line, rest = mistakes_text(mistakes);
    while (rest.n) {
        str_cut(rest, '\n', &line, &rest);
        if (str_starts_with(line, STR("  ")))
            continue;
        buf_printf(&out, "%s%.*s", out.n ? "\n" : "", STR_ARG(line));
    }
    const char *messages = arena_str(&folder->arena, buf_str(&out)).p;
    buf_release(&out);
    return messages;
}

static inline const char *folder_messages(struct folder *folder)
{
    return folder_lines(folder, &folder->mistakes);
}

/* Writes x.yaml and reads it; these messages must come, and no others. */
static inline void folder_bad(struct folder *folder, const char *text, const char *messages)
{
    folder_write(folder, "x.yaml", str_from(text));
    assert_null(folder_read(folder, NULL));
    assert_string_equal(folder_messages(folder), messages);
}

/* Calls of a cell of the first variant: at least, expected, at most. */
static inline void folder_calls_are(const struct experiment *experiment, double low,
                                    double expected, double worst)
{
    struct spread is = folder_calls(experiment);
    assert_float_equal(is.low, low, 0);
    assert_float_equal(is.expected, expected, 0);
    assert_float_equal(is.worst, worst, 0);
}

static inline int folder_remove(const char *path, const struct stat *info, int type,
                                struct FTW *walk)
{
    (void)info, (void)type, (void)walk;
    return remove(path);
}

static inline void folder_close(struct folder *folder)
{
    secret_clear();
    arena_release(&folder->arena);
    assert_int_equal(chdir("/"), 0);
    assert_int_equal(nftw(folder->path, folder_remove, 16, FTW_DEPTH | FTW_PHYS), 0);
}

/* folder_bad in a folder of its own, with nothing else in it. */
static inline void folder_bad_alone(const char *text, const char *messages)
{
    struct folder folder;
    folder_open(&folder);
    folder_bad(&folder, text, messages);
    folder_close(&folder);
}

#endif
