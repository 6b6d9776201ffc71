/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_file.c: files whole or not at all, folders, paths, and descriptors 0 to 2.
 */
#include "base/file.h"

#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "test_arena.h"
#include "test_texts.h"

static const char *scratch_folder(void)
{
    static const char pattern[] = TEST_BINARY_DIR "/base-XXXXXX";
    char *folder = arena_alloc(&arena, sizeof pattern);
    memcpy(folder, pattern, sizeof pattern);
    assert_non_null(mkdtemp(folder));
    return folder;
}

static size_t files_in(const char *folder)
{
    size_t count = 0;
    DIR *directory = opendir(folder);
    assert_non_null(directory);
    for (struct dirent *entry; (entry = readdir(directory));)
        count += entry->d_name[0] != '.';
    closedir(directory);
    return count;
}

static void remove_folder(const char *folder)
{
    DIR *directory = opendir(folder);
    for (struct dirent *entry; (entry = readdir(directory));)
        if (entry->d_name[0] != '.')
            unlink(path_join(&arena, str_from(folder), str_from(entry->d_name)).p);
    closedir(directory);
    assert_int_equal(rmdir(folder), 0);
}

/* Protects: a file is written and read whole; what cannot be read says why. */
static void whole_files(void **state)
{
    (void)state;
    const char *folder = scratch_folder();
    struct err err = {0};
    const char *path = path_join(&arena, str_from(folder), STR("a.txt")).p;
    str bytes;
    assert_int_equal(file_write(path, STR("one\0two"), &err), 0);
    assert_true(file_exists(path) && !dir_exists(path));
    assert_int_equal(file_read(&arena, path, 7, &bytes, &err), 0);
    assert_true(str_equal(bytes, STR("one\0two")));
    assert_int_equal(bytes.p[bytes.n], '\0');
    assert_int_equal(file_read(&arena, path, 6, &bytes, &err), -1);
    assert_int_equal(err.kind, ERR_INPUT);
    assert_true(str_ends_with(str_from(err.message), STR("has 7 bytes; expected at most 6")));
    assert_int_equal(file_write(path, STR(""), &err), 0);
    assert_int_equal(file_read(&arena, path, 6, &bytes, &err), 0);
    assert_int_equal(bytes.n, 0);
    assert_int_equal(file_read(&arena, folder, 6, &bytes, &err), -1);
    assert_true(str_ends_with(str_from(err.message), STR("is not a file")));
    assert_int_equal(file_read(&arena, "/nowhere/at/all", 6, &bytes, &err), -1);
    assert_string_equal(err.message, "/nowhere/at/all: No such file or directory");
    assert_int_equal(files_in(folder), 1);
    remove_folder(folder);
}

/* Protects: when the disk fails in the middle, the old file is still there and nothing else. */
static void failed_write_keeps_old(void **state)
{
    (void)state;
    const char *folder = scratch_folder();
    const char *path = path_join(&arena, str_from(folder), STR("report.json")).p;
    struct err err = {0};
    assert_int_equal(file_write(path, STR("the old report"), &err), 0);

    char *large = arena_alloc(&arena, 300000);
    memset(large, 'x', 300000);
    struct rlimit before, small;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = before;
    small.rlim_cur = 100000;
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    int result = file_write(path, (str){large, 300000}, &err);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, handler);

    assert_int_equal(result, -1);
    assert_int_equal(err.kind, ERR_FAILED);
    assert_true(str_contains(str_from(err.message), STR("report.json: cannot be written: ")));
    str bytes;
    assert_int_equal(file_read(&arena, path, 1000, &bytes, &err), 0);
    assert_text(bytes, "the old report");
    assert_int_equal(files_in(folder), 1);

    path = path_join(&arena, str_from(folder), STR("none/report.json")).p;
    assert_int_equal(file_write(path, STR("x"), &err), -1);
    assert_int_equal(err.kind, ERR_FAILED);
    assert_int_equal(files_in(folder), 1);
    remove_folder(folder);
}

/* Protects: folders are made with those above them, and a file in the way is told. */
static void making_folders(void **state)
{
    (void)state;
    const char *folder = scratch_folder();
    struct err err = {0};
    const char *deep = path_join(&arena, str_from(folder), STR("a/b/c")).p;
    assert_int_equal(dir_make(deep, &err), 0);
    assert_true(dir_exists(deep));
    assert_int_equal(dir_make(deep, &err), 0);
    const char *file = path_join(&arena, str_from(folder), STR("a/file")).p;
    assert_int_equal(file_write(file, STR("x"), &err), 0);
    assert_int_equal(dir_make(path_join(&arena, str_from(file), STR("d")).p, &err), -1);
    assert_int_equal(err.kind, ERR_FAILED);
    unlink(file);
    assert_int_equal(rmdir(deep), 0);
    assert_int_equal(rmdir(path_folder(&arena, str_from(deep)).p), 0);
    assert_int_equal(rmdir(path_join(&arena, str_from(folder), STR("a")).p), 0);
    remove_folder(folder);
}

/* Protects: paths beside a file, their folders, names and extensions. */
static void paths(void **state)
{
    (void)state;
    assert_text(path_beside(&arena, STR("dir/x.yaml"), STR("rows.jsonl")), "dir/rows.jsonl");
    assert_text(path_beside(&arena, STR("x.yaml"), STR("rows.jsonl")), "rows.jsonl");
    assert_text(path_beside(&arena, STR("dir/x.yaml"), STR("/abs")), "/abs");
    assert_text(path_beside(&arena, STR("/x.yaml"), STR("a")), "/a");
    assert_text(path_join(&arena, STR("a/"), STR("b")), "a/b");
    assert_text(path_join(&arena, STR("."), STR("b")), "b");
    assert_text(path_folder(&arena, STR("a/b/")), "a");
    assert_text(path_folder(&arena, STR("/a")), "/");
    assert_text(path_folder(&arena, STR("a")), ".");
    assert_text(path_name(STR("a/b.c")), "b.c");
    assert_text(path_name(STR("b")), "b");
    assert_text(path_extension(STR("a.b/c.tar.gz")), "gz");
    assert_text(path_extension(STR("a.b/c")), "");
    assert_text(path_extension(STR(".hidden")), "");
}

/* What a process with these descriptors closed can do: a bit for each that goes wrong. */
static int without_standard(bool with_input)
{
    int wrong = 0;
    char byte = 0;
    if (!with_input)
        close(STDIN_FILENO);
    close(STDOUT_FILENO);
    close(STDERR_FILENO);
    file_hold_standard();
    int fd = open("/dev/null", O_RDWR);
    wrong |= fd <= STDERR_FILENO ? 1 : 0;
    wrong |= write(STDOUT_FILENO, &byte, 1) >= 0 || errno != EBADF ? 2 : 0;
    wrong |= write(STDERR_FILENO, &byte, 1) >= 0 || errno != EBADF ? 4 : 0;
    wrong |= !with_input && (read(STDIN_FILENO, &byte, 1) >= 0 || errno != EBADF) ? 8 : 0;
    return wrong;
}

/* Protects files and connections from what is printed: none of them gets the number of a stdout that was
 * closed, as services start programs. */
static void standard_descriptors(void **state)
{
    (void)state;
    for (int with_input = 0; with_input < 2; with_input++) {
        int status;
        fflush(NULL);
        pid_t pid = fork();
        if (pid == 0)
            _exit(without_standard(with_input));
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 0);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(whole_files), TEST(failed_write_keeps_old), TEST(making_folders),
        TEST(paths),       TEST(standard_descriptors),
    };
    return cmocka_run_group_tests_name("file", tests, NULL, NULL);
}
