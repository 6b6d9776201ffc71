/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * watch.c: the sockets of one owner, in a table by descriptor (see watch.h).
 *
 * The epoll set is allowed to lag behind what is wanted: a socket that nobody wants stays in it
 * until it reports something (then it is taken out) or is closed. The kernel forgets a closed
 * socket by itself, and its number comes back as another socket's; so this is only done for
 * sockets whose closing we are told of.
 */
#include "io/watch.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "io/loop_inside.h"

#if defined(__linux__) && !defined(WEIR_WATCH_POLL)
#define WATCH_EPOLL 1
#include <sys/epoll.h>
#else
#define WATCH_EPOLL 0
#endif

struct socket_state {
    uint8_t wanted;   /* by the owner */
    uint8_t reported; /* by the kernel, if it happens */
    bool in_set;      /* epoll knows the descriptor */
    bool told;        /* watch_closed will be called */
    uint16_t tag;
#if !WATCH_EPOLL
    struct watched *watched; /* NULL when not watched */
#endif
};

struct watch {
    struct loop *loop;
    void (*ready)(void *arg, int fd, unsigned tag, unsigned events);
    void (*batch)(void *arg);
    void *arg;
    struct socket_state *sockets; /* by descriptor */
    int capacity;
#if WATCH_EPOLL
    int set;
    uv_poll_t *poll; /* of its own: libuv lets go of it later than we do */
#endif
};

static struct socket_state *socket_at(struct watch *watch, int fd)
{
    if (fd >= watch->capacity) {
        int more = watch->capacity ? watch->capacity * 2 : 256;
        while (more <= fd)
            more *= 2;
        watch->sockets = xrealloc(watch->sockets, (size_t)more * sizeof *watch->sockets);
        memset(watch->sockets + watch->capacity, 0,
               (size_t)(more - watch->capacity) * sizeof *watch->sockets);
        watch->capacity = more;
    }
    return &watch->sockets[fd];
}

void watch_opened(struct watch *watch, int fd)
{
    *socket_at(watch, fd) = (struct socket_state){.told = true};
}

static void handle_free(uv_handle_t *handle)
{
    xfree(handle->data);
}

#if WATCH_EPOLL

enum { BATCH = 256 };

static void set_change(struct watch *watch, int fd, struct socket_state *state, unsigned events)
{
    struct epoll_event event = {.data.fd = fd};
    event.events = (events & WATCH_READ ? (uint32_t)EPOLLIN : 0) |
                   (events & WATCH_WRITE ? (uint32_t)EPOLLOUT : 0);
    int change = !events ? EPOLL_CTL_DEL : state->in_set ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
    int failed = epoll_ctl(watch->set, change, fd, &event);
    /* A descriptor that was closed behind our back is gone from the set, or is another now. */
    if (failed && change == EPOLL_CTL_MOD && errno == ENOENT)
        epoll_ctl(watch->set, EPOLL_CTL_ADD, fd, &event);
    else if (failed && change == EPOLL_CTL_ADD && errno == EEXIST)
        epoll_ctl(watch->set, EPOLL_CTL_MOD, fd, &event);
    state->in_set = events != 0;
    state->reported = (uint8_t)events;
}

void watch_want(struct watch *watch, int fd, unsigned events, unsigned tag)
{
    struct socket_state *state = socket_at(watch, fd);
    state->wanted = (uint8_t)events;
    state->tag = (uint16_t)tag;
    if (state->told && (!events || (state->in_set && state->reported == events)))
        return;
    if (events || state->in_set)
        set_change(watch, fd, state, events);
}

void watch_closed(struct watch *watch, int fd)
{
    *socket_at(watch, fd) = (struct socket_state){0};
}

static void serve(struct watch *watch, const struct epoll_event *event)
{
    const int fd = event->data.fd;
    struct socket_state *state = socket_at(watch, fd);
    if (!state->wanted) { /* a kept connection that the other side closes, most often */
        if (state->in_set)
            set_change(watch, fd, state, 0);
        return;
    }
    unsigned events = (event->events & EPOLLIN ? (unsigned)WATCH_READ : 0) |
                      (event->events & EPOLLOUT ? (unsigned)WATCH_WRITE : 0) |
                      (event->events & (EPOLLERR | EPOLLHUP) ? (unsigned)WATCH_ERROR : 0);
    watch->ready(watch->arg, fd, state->tag, events);
}

static void set_ready(uv_poll_t *poll, int status, int events)
{
    struct watch *watch = poll->data;
    struct epoll_event batch[BATCH];
    const struct moment since = loop_ready_since(watch->loop);
    (void)status;
    (void)events;
    int n = epoll_wait(watch->set, batch, BATCH, 0);
    for (int i = 0; i < n; i++) {
        loop_served(watch->loop, since);
        serve(watch, &batch[i]);
    }
    if (n > 0)
        watch->batch(watch->arg);
}

struct watch *watch_open(struct loop *loop,
                         void (*ready)(void *arg, int fd, unsigned tag, unsigned events),
                         void (*batch)(void *arg), void *arg)
{
    struct watch *watch = xcalloc(1, sizeof *watch);
    *watch = (struct watch){.loop = loop, .ready = ready, .batch = batch, .arg = arg};
    watch->set = epoll_create1(EPOLL_CLOEXEC);
    if (watch->set < 0)
        BUG("epoll_create1: %s", strerror(errno));
    watch->poll = xcalloc(1, sizeof *watch->poll);
    uv_poll_init(&loop->uv, watch->poll, watch->set);
    watch->poll->data = watch;
    uv_poll_start(watch->poll, UV_READABLE, set_ready);
    return watch;
}

void watch_close(struct watch *watch)
{
    uv_poll_stop(watch->poll);
    watch->poll->data = watch->poll;
    uv_close((uv_handle_t *)watch->poll, handle_free);
    close(watch->set);
    xfree(watch->sockets);
    xfree(watch);
}

#else

struct watched {
    uv_poll_t poll; /* first: freed through it */
    struct watch *watch;
    int fd;
};

static void socket_ready(uv_poll_t *poll, int status, int events);

static void start(struct watched *watched, unsigned events)
{
    uv_poll_start(&watched->poll,
                  (events & WATCH_READ ? UV_READABLE : 0) |
                      (events & WATCH_WRITE ? UV_WRITABLE : 0),
                  socket_ready);
}

/* Where a reset has come libuv says nothing but that, and watches no more, though bytes may lie before it:
 * they are read until the socket itself says how it ended. */
static void socket_ready(uv_poll_t *poll, int status, int events)
{
    struct watched *watched = (struct watched *)poll;
    struct watch *watch = watched->watch;
    const int fd = watched->fd;
    const struct socket_state *state = socket_at(watch, fd);
    const struct moment since = loop_ready_since(watch->loop);
    unsigned seen = (events & UV_READABLE ? (unsigned)WATCH_READ : 0) |
                    (events & UV_WRITABLE ? (unsigned)WATCH_WRITE : 0) |
                    (status < 0 ? WATCH_READ | WATCH_WRITE | (unsigned)WATCH_ERROR : 0);
    loop_served(watch->loop, since);
    watch->ready(watch->arg, fd, state->tag, seen);
    watch->batch(watch->arg);
    state = socket_at(watch, fd); /* they may lie elsewhere now */
    if (status < 0 && state->watched == watched)
        start(watched, state->wanted);
}

static void unwatch(struct socket_state *state)
{
    if (!state->watched)
        return;
    uv_poll_stop(&state->watched->poll);
    state->watched->poll.data = state->watched;
    uv_close((uv_handle_t *)&state->watched->poll, handle_free);
    state->watched = NULL;
}

void watch_want(struct watch *watch, int fd, unsigned events, unsigned tag)
{
    struct socket_state *state = socket_at(watch, fd);
    state->wanted = (uint8_t)events;
    state->tag = (uint16_t)tag;
    if (!events) {
        unwatch(state);
        return;
    }
    if (!state->watched) {
        struct watched *watched = xcalloc(1, sizeof *watched);
        watched->watch = watch;
        watched->fd = fd;
        if (uv_poll_init_socket(&watch->loop->uv, &watched->poll, fd) < 0) {
            xfree(watched);
            return;
        }
        state->watched = watched;
    }
    start(state->watched, events);
}

void watch_closed(struct watch *watch, int fd)
{
    struct socket_state *state = socket_at(watch, fd);
    unwatch(state);
    *state = (struct socket_state){0};
}

struct watch *watch_open(struct loop *loop,
                         void (*ready)(void *arg, int fd, unsigned tag, unsigned events),
                         void (*batch)(void *arg), void *arg)
{
    struct watch *watch = xcalloc(1, sizeof *watch);
    *watch = (struct watch){.loop = loop, .ready = ready, .batch = batch, .arg = arg};
    return watch;
}

void watch_close(struct watch *watch)
{
    for (int fd = 0; fd < watch->capacity; fd++)
        unwatch(&watch->sockets[fd]);
    xfree(watch->sockets);
    xfree(watch);
}

#endif
