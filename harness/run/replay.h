/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * replay.h: what an earlier part of a run paid for, found again (rule 6).
 *
 * A cell that was open when its run stopped runs again from its start. Each of its calls and
 * programs is looked for by its step's path and repeat index: one that is stored with the same
 * request hash is used as if it had just been made, and one that is not is made. When the hash
 * differs, what is stored belongs to another course of the cell: it starts again without any of
 * it, and says so.
 *
 * The file is read on worker threads, cell by cell, and let go when no stored call is left.
 */
#ifndef RUN_REPLAY_H
#define RUN_REPLAY_H

#include "run/recorded.h"

struct resume;
struct run;

/* One call or program of a cell. */
struct replay_item {
    bool is_call;
    str path;
    int64_t repeat;
    str hash;
    struct recorded_call call;
    struct store_command command;
    str output, errors; /* of a program */
};

/* Of one cell; zero: nothing is stored. */
struct replay {
    struct replay_item *item;
    size_t count;
    bool used;    /* something stored was used */
    bool live;    /* something was made */
    bool differs; /* something stored does not fit: the cell starts again */
};

/* Reads how far the run in this file has come, which was opened and checked before; the file stays
 * open until nothing more is wanted of it. */
int resume_open(struct resume **resume, const char *path, struct err *err);
/* The same of a run that is scored again: what is stored of cells with a result is wanted, and
 * resume_has says yes to the others. */
int resume_open_finished(struct resume **resume, const char *path, struct err *err);
/* No fiber may be within resume_cell. NULL is let pass. */
void resume_close(struct resume *resume);
const struct store_progress *resume_progress(const struct resume *resume);
/* Wall time of the run's earlier parts. */
int64_t resume_wall_ns(const struct resume *resume);
/* Has the cell at this place a result? */
bool resume_has(const struct resume *resume, uint64_t place);
/* Has it none, but calls or programs that were paid for? */
bool resume_has_calls(const struct resume *resume, uint64_t place);

/* What is stored of a cell, in the arena, which nobody else may use meanwhile. -1: the file cannot
 * be read. `resume` may be NULL. */
int fiber_fn resume_cell(struct resume *resume, struct pool *pool, uint64_t place,
                         struct arena *arena, struct replay *replay, struct err *err);
/* The good call before the first cell with that key. False: there is none. */
bool fiber_fn resume_setup_call(struct resume *resume, const struct llm_request *request,
                                struct arena *arena, struct pool *pool,
                                struct llm_reply *reply);

/* No more of those are wanted. */
void resume_setup_done(struct resume *resume);

enum replay_answer {
    REPLAY_NONE,    /* it is to be made */
    REPLAY_FOUND,   /* here it is */
    REPLAY_DIFFERS, /* replay->differs is set */
};
/* The call, and the reply that it was. */
enum replay_answer fiber_fn replay_call(struct replay *replay, str path, int64_t repeat,
                                        str hash, const struct llm_request *request,
                                        struct arena *arena, struct pool *pool,
                                        struct llm_reply *reply);
/* What is stored under that name, whether it fits or not; NULL: nothing. */
const struct replay_item *replay_find_call(const struct replay *replay, str path,
                                           int64_t repeat);
enum replay_answer replay_command(struct replay *replay, str path, int64_t repeat, str hash,
                                  const struct replay_item **found);

#endif
