/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * e2e_place.c: the folder that each test has for itself (see e2e.h).
 */
#include "e2e.h"

#include <dirent.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/mem.h"
#include "io/exec.h"

enum { FILE_MOST = 200 * 1000 * 1000 };

int place_setup(void **state)
{
    struct place *place = xcalloc(1, sizeof *place);
    struct err err;
    place->limit_s = LIMIT_S;
    snprintf(place->root, sizeof place->root, "/tmp/weir-e2e-XXXXXX");
    if (!mkdtemp(place->root))
        return -1;
    snprintf(place->folder, sizeof place->folder, "%s/work", place->root);
    *state = place;
    return dir_make(place->folder, &err);
}

static int remove_one(const char *path, const struct stat *facts, int type, struct FTW *at)
{
    (void)facts, (void)type, (void)at;
    return remove(path);
}

int place_teardown(void **state)
{
    struct place *place = *state;
    nftw(place->root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    arena_release(&place->arena);
    xfree(place);
    return 0;
}

void place_env(struct place *place, const char *setting)
{
    size_t at = 0, name = strcspn(setting, "=");
    for (; at < place->environments; at++) /* the last word on a variable counts */
        if (strcspn(place->environment[at].p, "=") == name &&
            memcmp(place->environment[at].p, setting, name) == 0)
            break;
    assert_true(at < 16);
    place->environment[at] = arena_str(&place->arena, str_from(setting));
    place->environments += at == place->environments;
}

void place_enter(struct place *place, const char *name)
{
    int n = snprintf(place->folder, sizeof place->folder, "%s/work%s%s", place->root,
                     name ? "/" : "", name ? name : "");
    assert_true(n > 0 && (size_t)n < sizeof place->folder && dir_exists(place->folder));
}

const char *place_path(struct place *place, const char *name)
{
    return arena_printf(&place->arena, "%s/%s", place->folder, name).p;
}

void place_write(struct place *place, const char *name, str text)
{
    struct err err = {0};
    const char *path = place_path(place, name);
    str folder = path_folder(&place->arena, str_from(path));
    if (dir_make(folder.p, &err) < 0 || file_write(path, text, &err) < 0)
        fail_msg("%s", err.message);
}

str place_read(struct place *place, const char *name)
{
    struct err err = {0};
    str text;
    if (file_read(&place->arena, place_path(place, name), FILE_MOST, &text, &err) < 0)
        fail_msg("%s", err.message);
    return text;
}

void place_replace(struct place *place, const char *name, const char *from, const char *to)
{
    struct buf out = {0}; /* released before anything can fail */
    str rest = place_read(place, name);
    ptrdiff_t at = str_find(rest, str_from(from), 0);
    if (at < 0)
        fail_msg("%s does not have '%s'", name, from);
    for (; at >= 0; at = str_find(rest, str_from(from), 0)) {
        buf_add_str(&out, str_sub(rest, 0, (size_t)at));
        buf_add_str(&out, str_from(to));
        rest = str_sub(rest, (size_t)at + strlen(from), rest.n);
    }
    buf_add_str(&out, rest);
    str text = arena_str(&place->arena, buf_str(&out));
    buf_release(&out);
    place_write(place, name, text);
}

/* ---- walks ---- */

/* Calls fn for every regular file below `folder` until it returns true. */
typedef bool file_fn(struct place *place, const char *path, void *arg);

static bool walk(struct place *place, const char *folder, file_fn *fn, void *arg)
{
    DIR *dir = opendir(folder);
    bool found = false;
    if (!dir)
        return false;
    for (struct dirent *entry; !found && (entry = readdir(dir));) {
        struct stat facts;
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        str path = arena_printf(&place->arena, "%s/%s", folder, entry->d_name);
        if (lstat(path.p, &facts) < 0)
            continue; /* it has just gone */
        if (S_ISDIR(facts.st_mode))
            found = walk(place, path.p, fn, arg);
        else if (S_ISREG(facts.st_mode))
            found = fn(place, path.p, arg);
    }
    closedir(dir);
    return found;
}

struct copying {
    const char *from;
    const char *name;
};

static bool copy_file(struct place *place, const char *path, void *arg)
{
    const struct copying *copying = arg;
    struct err err = {0};
    str bytes,
        to = arena_printf(&place->arena, "%s%s", copying->name, path + strlen(copying->from));
    if (str_contains(to, STR("/.weir/")))
        return false;
    if (file_read(&place->arena, path, FILE_MOST, &bytes, &err) < 0)
        fail_msg("%s", err.message);
    place_write(place, to.p, bytes);
    return false;
}

void place_copy_fixture(struct place *place, const char *name)
{
    str from = arena_printf(&place->arena, "%s/fixtures/%s", E2E_SOURCE_DIR, name);
    struct copying copying = {from.p, name};
    walk(place, from.p, copy_file, &copying);
}

bool fixture_needs_sandbox(struct place *place, const char *name)
{
    str path =
        arena_printf(&place->arena, "%s/fixtures/%s/experiment.yaml", E2E_SOURCE_DIR, name);
    str text;
    struct err err;
    if (file_read(&place->arena, path.p, FILE_MOST, &text, &err) < 0)
        fail_msg("%s", err.message);
    return str_contains(text, STR("sandbox: true"));
}

void skip_without_sandbox(void)
{
    struct err err = {0};
    if (exec_sandbox_available(&err) < 0) {
        print_message("SKIPPED, no sandbox here: %s\n", err.message);
        skip();
    }
}

static bool count_file(struct place *place, const char *path, void *arg)
{
    (void)place, (void)path;
    ++*(size_t *)arg;
    return false;
}

size_t place_files(struct place *place, const char *folder)
{
    size_t count = 0;
    walk(place, place_path(place, folder), count_file, &count);
    return count;
}

struct looking {
    str text;
    const char *found;
};

static bool look_in_file(struct place *place, const char *path, void *arg)
{
    struct looking *looking = arg;
    struct arena arena = {0};
    str bytes = {"", 0};
    (void)place;
    if (file_read(&arena, path, FILE_MOST, &bytes, NULL) == 0 &&
        memmem(bytes.p, bytes.n, looking->text.p, looking->text.n))
        looking->found = path;
    arena_release(&arena);
    return looking->found;
}

const char *place_find_bytes(struct place *place, const char *folder, str text)
{
    struct looking looking = {text, NULL};
    walk(place, place_path(place, folder), look_in_file, &looking);
    return looking.found;
}

/* Programs are known by a variable that is handed down to them. */
size_t place_processes(struct place *place)
{
    str mark = arena_printf(&place->arena, "E2E_PLACE=%s", place->root);
    size_t count = 0;
    DIR *dir = opendir("/proc");
    assert_non_null(dir);
    for (struct dirent *entry; (entry = readdir(dir));) {
        char path[300], bytes[16384];
        snprintf(path, sizeof path, "/proc/%s/environ", entry->d_name);
        FILE *file = char_is_digit(entry->d_name[0]) ? fopen(path, "rb") : NULL;
        if (!file)
            continue;
        size_t n = fread(bytes, 1, sizeof bytes, file);
        fclose(file);
        count += memmem(bytes, n, mark.p, mark.n) != NULL;
    }
    closedir(dir);
    return count;
}

void place_write_rows(struct place *place, int samples)
{
    struct buf rows = {0};
    for (int i = 0; i < samples; i++)
        buf_printf(&rows,
                   "{\"id\": \"s%d\", \"q\": \"Question %d: which word?\", \"expected\": "
                   "\"word%d\"}\n",
                   i, i, i % 7);
    place_write(place, "rows.jsonl", buf_str(&rows));
    buf_release(&rows);
}
