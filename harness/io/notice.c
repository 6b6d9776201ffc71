/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * notice.c: a thread that looks at files (see notice.h).
 *
 * It is a loop of its own with a timer and the signals, so that nothing it waits for (a slow disk, a large
 * file that is read for its hash) is waited for by a run's loop: that one reads two atomic flags.
 */
#include "io/notice.h"

#include "base/ceilings.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/thread.h"
#include "io/loop.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    LOOK_EVERY_MS = 100,
    LOOK_AGAIN_MS = 25, /* while something moves */
    STILL_MS = 100,
    MOVING_MOST_MS = 2000,
    INTERRUPTS_MOST = 3,
};

struct seen_file {
    char *path;
    struct notice_look known; /* what a change is told from */
    struct notice_look entry; /* when it was last looked at; without hash */
    bool changed;
};

struct notice {
    pthread_t thread;
    pthread_mutex_t lock; /* for what follows up to `tell_arg` */
    pthread_cond_t news;
    struct seen_file *file;
    size_t files;
    bool moving; /* an entry changed and was not judged yet */
    struct moment moving_since, moved;
    notice_fn *tell;
    void *tell_arg;
    atomic_bool changed;
    atomic_int interrupts;
    int exit_code;
    struct loop *loop; /* the thread's */
    struct loop_timer timer;
    struct loop_task end;
};

/* ---- looks ---- */

static struct notice_look entry_of(const char *path)
{
    struct stat info;
    if (stat(path, &info) < 0)
        return (struct notice_look){0};
    return (struct notice_look){
        .there = true,
        .device = (uint64_t)info.st_dev,
        .inode = (uint64_t)info.st_ino,
        .size = (int64_t)info.st_size,
        .modified_ns = (int64_t)info.st_mtim.tv_sec * NS_PER_S + info.st_mtim.tv_nsec,
        .changed_ns = (int64_t)info.st_ctim.tv_sec * NS_PER_S + info.st_ctim.tv_nsec,
    };
}

static bool same_entry(const struct notice_look *a, const struct notice_look *b)
{
    return a->there == b->there && a->device == b->device && a->inode == b->inode &&
           a->size == b->size && a->modified_ns == b->modified_ns &&
           a->changed_ns == b->changed_ns;
}

static struct notice_look look_at(const char *path)
{
    struct arena arena = {0};
    struct notice_look look = entry_of(path);
    str text = {"", 0};
    if (look.there && file_read(&arena, path, MAX_DATASET_BYTES, &text, NULL) == 0)
        look.hash = hash_add((struct hash128){0}, text);
    arena_release(&arena);
    return look;
}

void notice_look(struct notice_file *file)
{
    file->look = look_at(file->path.p);
}

bool notice_is_same(const struct notice_look *a, const struct notice_look *b)
{
    return a->there == b->there && hash_equal(a->hash, b->hash);
}

/* ---- the thread ---- */

static void find_motion(struct notice *notice, struct moment now)
{
    for (size_t i = 0; i < notice->files; i++) {
        struct notice_look entry = entry_of(notice->file[i].path);
        if (same_entry(&entry, &notice->file[i].entry))
            continue;
        notice->file[i].entry = entry;
        notice->moved = now;
        if (!notice->moving)
            notice->moving_since = now;
        notice->moving = true;
    }
}

static void judge(struct notice *notice)
{
    bool changed = false;
    for (size_t i = 0; i < notice->files; i++) {
        struct seen_file *file = &notice->file[i];
        file->changed = false;
        if (!same_entry(&file->entry, &file->known)) {
            struct notice_look now = look_at(file->path);
            file->changed = !notice_is_same(&now, &file->known);
        }
        changed = changed || file->changed;
    }
    notice->moving = false;
    atomic_store(&notice->changed, changed);
    if (changed && notice->tell)
        notice->tell(notice->tell_arg, NOTICE_CHANGE);
    pthread_cond_broadcast(&notice->news);
}

static void tick(void *arg)
{
    struct notice *notice = arg;
    struct moment now = clock_now();
    pthread_mutex_lock(&notice->lock);
    find_motion(notice, now);
    if (notice->moving &&
        (moment_since(now, notice->moved) >= STILL_MS * NS_PER_MS ||
         moment_since(now, notice->moving_since) >= MOVING_MOST_MS * NS_PER_MS))
        judge(notice);
    int64_t wait_ms = notice->moving ? LOOK_AGAIN_MS : LOOK_EVERY_MS;
    pthread_mutex_unlock(&notice->lock);
    loop_timer_set(notice->loop, &notice->timer, moment_add(clock_now(), wait_ms * NS_PER_MS));
}

static void interrupt(void *arg, int number)
{
    struct notice *notice = arg;
    (void)number;
    if (atomic_fetch_add(&notice->interrupts, 1) + 1 >= INTERRUPTS_MOST)
        _exit(notice->exit_code);
    pthread_mutex_lock(&notice->lock);
    if (notice->tell)
        notice->tell(notice->tell_arg, NOTICE_INTERRUPT);
    pthread_cond_broadcast(&notice->news);
    pthread_mutex_unlock(&notice->lock);
}

static void end(void *arg)
{
    loop_stop(((struct notice *)arg)->loop);
}

static void *serve(void *arg)
{
    struct notice *notice = arg;
    loop_run(notice->loop);
    return NULL;
}

/* ---- for the others ---- */

struct notice *notice_open(int exit_code)
{
    struct notice *notice = xcalloc(1, sizeof *notice);
    pthread_mutex_init(&notice->lock, NULL);
    pthread_cond_init(&notice->news, NULL);
    notice->exit_code = exit_code;
    notice->loop = loop_open();
    notice->timer = (struct loop_timer){.run = tick, .arg = notice};
    notice->end = (struct loop_task){.run = end, .arg = notice};
    loop_timer_set(notice->loop, &notice->timer, clock_now());
    loop_signal(notice->loop, SIGINT, interrupt, notice);
    loop_signal(notice->loop, SIGTERM, interrupt, notice);
    if (thread_start(&notice->thread, NULL, serve, notice) != 0)
        BUG("no thread could be started");
    return notice;
}

static void forget_files(struct notice *notice)
{
    for (size_t i = 0; i < notice->files; i++)
        xfree(notice->file[i].path);
    xfree(notice->file);
    notice->file = NULL;
    notice->files = 0;
}

void notice_close(struct notice *notice)
{
    loop_post(notice->loop, &notice->end);
    pthread_join(notice->thread, NULL);
    loop_timer_stop(notice->loop, &notice->timer);
    loop_signal(notice->loop, SIGINT, NULL, NULL);
    loop_signal(notice->loop, SIGTERM, NULL, NULL);
    loop_close(notice->loop);
    forget_files(notice);
    pthread_cond_destroy(&notice->news);
    pthread_mutex_destroy(&notice->lock);
    xfree(notice);
}

/* Entries are told from the known ones at the next look, so what came in between is seen. */
void notice_files(struct notice *notice, const struct notice_file *file, size_t count)
{
    pthread_mutex_lock(&notice->lock);
    forget_files(notice);
    notice->file = xcalloc(count + 1, sizeof *notice->file);
    notice->files = count;
    for (size_t i = 0; i < count; i++) {
        notice->file[i].path = xmalloc(file[i].path.n + 1);
        memcpy(notice->file[i].path, file[i].path.p, file[i].path.n);
        notice->file[i].path[file[i].path.n] = '\0';
        notice->file[i].known = notice->file[i].entry = file[i].look;
    }
    notice->moving = false;
    atomic_store(&notice->changed, false);
    pthread_mutex_unlock(&notice->lock);
}

void notice_tell(struct notice *notice, notice_fn *fn, void *arg)
{
    pthread_mutex_lock(&notice->lock);
    notice->tell = fn;
    notice->tell_arg = arg;
    for (int i = atomic_load(&notice->interrupts); fn && i > 0; i--)
        fn(arg, NOTICE_INTERRUPT);
    if (fn && notice_has_changed(notice))
        fn(arg, NOTICE_CHANGE);
    pthread_mutex_unlock(&notice->lock);
}

bool notice_has_changed(const struct notice *notice)
{
    return atomic_load(&notice->changed);
}

bool notice_is_interrupted(const struct notice *notice)
{
    return atomic_load(&notice->interrupts) > 0;
}

void notice_wait(struct notice *notice)
{
    pthread_mutex_lock(&notice->lock);
    while (!notice_has_changed(notice) && !notice_is_interrupted(notice))
        pthread_cond_wait(&notice->news, &notice->lock);
    pthread_mutex_unlock(&notice->lock);
}

void notice_settle(struct notice *notice)
{
    pthread_mutex_lock(&notice->lock);
    while (notice->moving && !notice_is_interrupted(notice))
        pthread_cond_wait(&notice->news, &notice->lock);
    pthread_mutex_unlock(&notice->lock);
}

const char **notice_which(struct notice *notice, struct arena *arena)
{
    size_t count = 0;
    pthread_mutex_lock(&notice->lock);
    const char **path = arena_array(arena, const char *, notice->files + 1);
    for (size_t i = 0; i < notice->files; i++)
        if (notice->file[i].changed)
            path[count++] = arena_str(arena, str_from(notice->file[i].path)).p;
    pthread_mutex_unlock(&notice->lock);
    path[count] = NULL;
    return path;
}
