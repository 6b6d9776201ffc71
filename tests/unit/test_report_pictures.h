/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_report_pictures.h: folders with pictures, for the tests that draw some.
 */
#ifndef TEST_REPORT_PICTURES_H
#define TEST_REPORT_PICTURES_H

#include "unit/test_report_data.h"

#include "base/file.h"
#include "reports/plot.h"

#include <dirent.h>
#include <sys/stat.h>

/* ---- folders ---- */

struct folder {
    char path[600];
    struct arena arena;
};

static inline void folder_make(struct folder *folder)
{
    *folder = (struct folder){.arena = {0}};
    snprintf(folder->path, sizeof folder->path, "%s/test-plot-XXXXXX", TEST_BINARY_DIR);
    assert_non_null(mkdtemp(folder->path));
}

static inline const char *inside(struct folder *folder, const char *name)
{
    return arena_printf(&folder->arena, "%s/%s", folder->path, name).p;
}

static inline size_t count_files(const char *path)
{
    DIR *dir = opendir(path);
    size_t count = 0;
    assert_non_null(dir);
    for (struct dirent *entry; (entry = readdir(dir));)
        count += entry->d_name[0] != '.';
    closedir(dir);
    return count;
}

static inline void folder_remove(struct folder *folder)
{
    DIR *dir = opendir(folder->path);
    assert_non_null(dir);
    for (struct dirent *entry; (entry = readdir(dir));)
        if (entry->d_name[0] != '.')
            unlink(inside(folder, entry->d_name));
    closedir(dir);
    assert_int_equal(rmdir(folder->path), 0);
    arena_release(&folder->arena);
}

static inline str content(struct folder *folder, const char *name)
{
    str bytes;
    struct err err = {0};
    data_check(file_read(&folder->arena, inside(folder, name), 10000000, &bytes, &err), &err);
    return bytes;
}

static inline bool has_gnuplot(void)
{
    struct arena arena = {0};
    str rest = str_from(getenv("PATH")), folder;
    bool found = false;
    while (rest.n && !found) {
        str_cut(rest, ':', &folder, &rest);
        found = access(arena_printf(&arena, "%.*s/gnuplot", STR_ARG(folder)).p, X_OK) == 0;
    }
    arena_release(&arena);
    return found;
}

static inline void need_gnuplot(void)
{
    if (!has_gnuplot()) {
        print_message("SKIPPED: there is no gnuplot on PATH\n");
        skip();
    }
}

/* How many lines there are; the last one. */
static inline size_t count_lines(str text, str *last)
{
    size_t lines = 0;
    for (str line; text.n; lines += line.n > 0) {
        str_cut(text, '\n', &line, &text);
        *last = line.n ? line : *last;
    }
    return lines;
}

/* Each script has its data and both pictures, which are what they should be, and nothing else lies
 * there. How many. */
static inline size_t assert_pictures(struct folder *folder, const char *mock)
{
    size_t drawn = 0;
    DIR *dir = opendir(folder->path);
    assert_non_null(dir);
    for (struct dirent *entry; (entry = readdir(dir));) {
        str name = str_from(entry->d_name);
        if (!str_ends_with(name, STR(".gp")))
            continue;
        str stem = str_sub(name, 0, name.n - 3);
        const char *csv = arena_printf(&folder->arena, "%.*s.csv", STR_ARG(stem)).p;
        str png = content(folder, arena_printf(&folder->arena, "%.*s.png", STR_ARG(stem)).p);
        str svg = content(folder, arena_printf(&folder->arena, "%.*s.svg", STR_ARG(stem)).p);
        assert_true(content(folder, csv).n > 0);
        assert_true(png.n > 5000 && memcmp(png.p, "\x89PNG\r\n", 6) == 0);
        assert_true(str_contains(svg, STR("</svg>")));
        assert_true(str_contains(svg, str_from(mock)));
        assert_false(str_contains(svg, STR("<script")));
        drawn++;
    }
    closedir(dir);
    assert_int_equal(count_files(folder->path), 4 * drawn);
    return drawn;
}

#endif
