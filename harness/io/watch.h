/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * watch.h: many sockets behind one descriptor of the loop; for io/'s own files.
 *
 * On Linux an epoll set of our own that libuv watches as one: cheaper than one uv_poll a socket
 * by some 8 us a call at 64 in flight. Elsewhere (or with WEIR_WATCH_POLL) one uv_poll each.
 */
#ifndef IO_WATCH_H
#define IO_WATCH_H

#include <stdbool.h>

struct loop;
struct watch;

enum watch_events { WATCH_READ = 1, WATCH_WRITE = 2, WATCH_ERROR = 4 };

/* `ready(arg, fd, tag, events)` runs on the loop's stack for every socket that is ready, and
 * `batch(arg)` after each group of those. */
struct watch *watch_open(struct loop *loop,
                         void (*ready)(void *arg, int fd, unsigned tag, unsigned events),
                         void (*batch)(void *arg), void *arg);
void watch_close(struct watch *watch);

/* From now on `events` (0: none) of `fd` are reported, with `tag`. */
void watch_want(struct watch *watch, int fd, unsigned events, unsigned tag);

/* A socket whose closing will be told, with watch_closed before it is closed. Only of these can
 * the set keep those nobody wants at the moment, which saves two system calls for every exchange
 * on a kept connection. */
void watch_opened(struct watch *watch, int fd);
void watch_closed(struct watch *watch, int fd);

#endif
