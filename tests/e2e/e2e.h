/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * e2e.h: what the end-to-end tests share. They start the real weir and the real weir-mock, each
 * in a folder of its own, and look at what a user sees: output, exit code, the run's file.
 *
 *     static void exits_with_0(void **state)
 *     {
 *         struct place *place = *state;
 *         place_write(place, "experiment.yaml", text);
 *         struct ended ended = weir(place, "run", "--mock", "--quiet", NULL);
 *         assert_int_equal(ended.code, 0);
 *     }
 *
 * All memory belongs to the place and goes with it. What cannot be done at all (a fork that
 * fails, a program that does not end in time) fails the test there and then.
 */
#ifndef E2E_H
#define E2E_H

/* cmocka.h wants these before it */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/str.h"

/* --- a folder for each test ------------------------------------------------------------------ */

struct place {
    struct arena arena;
    char root[40];       /* removed with all that is in it when the test ends */
    char folder[64];     /* in it: where the test's programs run */
    str environment[16]; /* "NAME=VALUE", or "NAME" to leave it out */
    size_t environments;
    int limit_s; /* for each program: LIMIT_S, and more where a test says so */
    int outputs; /* files with what was printed, beside the folder */
};

/* cmocka's setup and teardown. Variables that would steer weir (keys, WEIR_…, proxies) are not
 * handed on to the programs. */
int place_setup(void **state);
int place_teardown(void **state);
#define e2e_test(function)                                                                     \
    cmocka_unit_test_setup_teardown(function, place_setup, place_teardown)

/* For programs started from now on. "NAME" alone takes the variable away. */
void place_env(struct place *place, const char *setting);
/* Programs started from now on run in this folder below the one of the place, which exists; names
 * of files here are below it too. NULL: back in the folder of the place. */
void place_enter(struct place *place, const char *name);
const char *place_path(struct place *place, const char *name);
/* Makes the folders of `name` too. */
void place_write(struct place *place, const char *name, str text);
#define place_write_text(place, name, text) place_write((place), (name), str_from(text))
str place_read(struct place *place, const char *name);
/* fixtures/NAME, with all below it but the runs. */
void place_copy_fixture(struct place *place, const char *name);
/* An entry with programs of a model, which weir runs in a sandbox or not at all. */
bool fixture_needs_sandbox(struct place *place, const char *name);
/* rows.jsonl: so many different questions `q`, with one of seven words as the answer. */
void place_write_rows(struct place *place, int samples);
/* Ends the test as skipped, and says why, where sandboxes are not to be had. */
void skip_without_sandbox(void);
/* Replaces every `from`, which must occur. */
void place_replace(struct place *place, const char *name, const char *from, const char *to);
/* Files in a folder of the place; 0 when there is none. */
size_t place_files(struct place *place, const char *folder);
/* A regular file below the folder that holds the text, or NULL. Files are read as bytes. */
const char *place_find_bytes(struct place *place, const char *folder, str text);
/* Programs that a program of this place has left running. */
size_t place_processes(struct place *place);

/* --- programs -------------------------------------------------------------------------------- */

enum { LIMIT_S = 200 }; /* a program that takes longer hangs */

struct ended {
    int code;   /* -1: a signal ended it */
    int signal; /* 0: it exited */
    str out, err;
};

struct child {
    struct place *place;
    int pid;
    str out, err; /* files */
};

/* argv ends with NULL; argv[0] is a path. stdout and stderr are files, stdin is empty. */
struct child child_start(struct place *place, const char *const argv[]);
void child_signal(const struct child *child, int number);
struct ended child_wait(struct child *child);
/* What it has printed so far. */
str child_out(const struct child *child);
str child_err(const struct child *child);

/* weir with these arguments, from its start to its end. */
struct ended weir(struct place *place, const char *argument, ...) __attribute__((sentinel));
struct child weir_start(struct place *place, const char *argument, ...)
    __attribute__((sentinel));
/* The same on a terminal of 100 columns: `out` is all that it showed. */
struct ended weir_on_terminal(struct place *place, const char *argument, ...)
    __attribute__((sentinel));

/* ... and somebody types there, once, as soon as `after` is shown. */
struct ended weir_typed(struct place *place, const char *after, const char *typed,
                        const char *argument, ...) __attribute__((sentinel));

/* weir-mock with a configuration; its URL. It ends with place_stop_mock. */
struct mock_server {
    struct child child;
    str url;
};
struct mock_server mock_start(struct place *place, const char *config);
void mock_stop(struct mock_server *mock);
/* GET of a page of a server on this machine, e.g. /mock/journal. */
str http_get(struct place *place, str url, const char *page);

/* Waits until `condition` (an expression) is true, at most LIMIT_S. */
#define wait_until(condition)                                                                  \
    do {                                                                                       \
        int left_ = LIMIT_S * 200;                                                             \
        while (!(condition) && left_-- > 0)                                                    \
            nap_5ms();                                                                         \
        if (left_ <= 0)                                                                        \
            fail_msg("waited in vain for %s", #condition);                                     \
    } while (0)
void nap_5ms(void);

/* --- assertions ------------------------------------------------------------------------------ */

#define assert_contains(text, part) e2e_check_contains((text), (part), true, __FILE__, __LINE__)
#define assert_lacks(text, part)    e2e_check_contains((text), (part), false, __FILE__, __LINE__)
void e2e_check_contains(str text, const char *part, bool wanted, const char *file, int line);
#define assert_text(is, should)      e2e_check_text((is), str_from(should), __FILE__, __LINE__)
#define assert_same_text(is, should) e2e_check_text((is), (should), __FILE__, __LINE__)
void e2e_check_text(str is, str should, const char *file, int line);
/* That both are there, and equal: members that two documents lack are equal to json_equal. */
#define assert_same_json(is, should) e2e_check_json((is), (should), __FILE__, __LINE__)
void e2e_check_json(const json *is, const json *should, const char *file, int line);
/* Says what the program printed when it ended otherwise. */
#define assert_code(ended, should) e2e_check_code((ended), (should), __FILE__, __LINE__)
void e2e_check_code(struct ended ended, int should, const char *file, int line);

#endif
