/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * server.c: the listening socket, signals, the end, and statistics of all workers (see
 * server.h).
 *
 * The first worker accepts for all and gives each new connection to the worker with the fewest.
 * Listeners of their own (SO_REUSEPORT) would spare it a wake-up for each connection, but spread
 * them by a hash: of 64 connections on two workers one has 40 or more in one case of 20
 * (docs/benchmarks.md).
 */
#include "mock_server/server_inside.h"

#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
    BACKLOG = 4096,
    ACCEPTS_AT_ONCE = 256, /* then those who are connected are served */
};
/* How long nothing is accepted when there are no file descriptors left. */
#define ACCEPT_PAUSE_NS (100 * NS_PER_MS)

/* ---- statistics ---- */

double server_lateness_bound_ns(int bucket)
{
    return exp2((bucket + 1) / 2.0);
}

int64_t server_lateness_ns(const struct server_stats *stats, double q)
{
    double below = q * (double)stats->sends, seen = 0;
    for (int i = 0; i < LATENESS_BUCKETS; i++) {
        seen += (double)stats->lateness[i];
        if (seen >= below && seen > 0) {
            int64_t bound = (int64_t)server_lateness_bound_ns(i);
            return bound < stats->lateness_max_ns ? bound : stats->lateness_max_ns;
        }
    }
    return 0;
}

static uint64_t seen(const atomic_uint_least64_t *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

static void add_tally(struct server_stats *stats, const struct tally *tally)
{
    stats->connections += seen(&tally->connections);
    stats->open += seen(&tally->open);
    stats->requests += seen(&tally->requests);
    stats->refused += seen(&tally->refused);
    stats->gone += seen(&tally->gone);
    stats->in_flight += seen(&tally->in_flight);
    stats->queued += seen(&tally->queued);
    stats->streams += seen(&tally->streams);
    stats->bytes_in += seen(&tally->bytes_in);
    stats->bytes_out += seen(&tally->bytes_out);
    stats->sends += seen(&tally->sends);
    for (int i = 0; i < LATENESS_BUCKETS; i++)
        stats->lateness[i] += seen(&tally->lateness[i]);
    stats->lateness_sum_ns +=
        atomic_load_explicit(&tally->lateness_sum_ns, memory_order_relaxed);
    int64_t most = atomic_load_explicit(&tally->lateness_max_ns, memory_order_relaxed);
    if (most > stats->lateness_max_ns)
        stats->lateness_max_ns = most;
}

struct server_stats server_stats(const struct server *server)
{
    struct server_stats stats = {.held = seen(&server->held)};
    for (size_t i = 0; i < server->workers; i++)
        add_tally(&stats, &server->worker[i].tally);
    return stats;
}

/* ---- accepting ---- */

static struct worker *least_busy(struct server *server)
{
    struct worker *best = &server->worker[0];
    for (size_t i = 1; i < server->workers; i++)
        if (seen(&server->worker[i].tally.open) < seen(&best->tally.open))
            best = &server->worker[i];
    return best;
}

static void on_acceptable(uv_poll_t *poll, int status, int events);

static void resume_accepting(struct timer *timer)
{
    struct server *server =
        (struct server *)(void *)((char *)timer - offsetof(struct server, resume));
    if (server->accepting_open)
        uv_poll_start(&server->accepting, UV_READABLE, on_acceptable);
}

static int accept_one(int listener)
{
#ifdef __linux__
    return accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
#else
    int fd = accept(listener, NULL, NULL);
    if (fd >= 0)
        fcntl(fd, F_SETFD, FD_CLOEXEC);
    return fd;
#endif
}

static void on_acceptable(uv_poll_t *poll, int status, int events)
{
    struct server *server = poll->data;
    (void)status;
    (void)events;
    for (int i = 0; i < ACCEPTS_AT_ONCE; i++) {
        int fd = accept_one(server->listener);
        if (fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOBUFS)) {
            uv_poll_stop(poll);
            timer_set(server->worker->timers, &server->resume,
                      moment_add(clock_now(), ACCEPT_PAUSE_NS));
        }
        if (fd < 0 && errno != ECONNABORTED && errno != EINTR)
            return;
        if (fd < 0)
            continue;
        struct worker *worker = least_busy(server);
        atomic_fetch_add_explicit(&worker->tally.open, 1, memory_order_relaxed);
        if (worker == server->worker)
            connection_open(worker, fd);
        else
            worker_give_socket(worker, fd);
    }
}

/* ---- the end ---- */

static void close_listener(struct server *server)
{
    if (!server->accepting_open)
        return;
    server->accepting_open = false;
    timer_cancel(server->worker->timers, &server->resume);
    uv_close((uv_handle_t *)&server->accepting, NULL);
    close(server->listener);
}

void server_close_handles(struct server *server)
{
    close_listener(server);
    timer_cancel(server->worker->timers, &server->deadline);
    uv_close((uv_handle_t *)&server->on_term, NULL);
    uv_close((uv_handle_t *)&server->on_int, NULL);
    uv_close((uv_handle_t *)&server->on_hangup, NULL);
}

static void enter(struct server *server, enum phase phase)
{
    atomic_store(&server->phase, phase);
    close_listener(server);
    for (size_t i = 0; i < server->workers; i++)
        if (!server->worker[i].ended)
            worker_wake(&server->worker[i]);
}

static void on_deadline(struct timer *timer)
{
    enter((struct server *)(void *)((char *)timer - offsetof(struct server, deadline)),
          PHASE_ENDING);
}

static void on_end_signal(uv_signal_t *signal, int number)
{
    struct server *server = signal->data;
    (void)number;
    if (atomic_load(&server->phase) != PHASE_SERVING || server->settings.drain_ns <= 0) {
        enter(server, PHASE_ENDING);
        return;
    }
    timer_set(server->worker->timers, &server->deadline,
              moment_add(clock_now(), server->settings.drain_ns));
    enter(server, PHASE_DRAINING);
}

static void on_hangup(uv_signal_t *signal, int number)
{
    const struct server *server = signal->data;
    (void)number;
    server->settings.on_hangup(server->settings.hangup_context);
}

/* ---- life ---- */

static void raise_file_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static int bind_and_listen(struct server *server, const struct sockaddr_storage *address)
{
    bool v6 = address->ss_family == AF_INET6;
    socklen_t size = v6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
    struct sockaddr_storage bound;
    socklen_t bound_size = sizeof bound;
    const int on = 1;
    server->listener = socket(address->ss_family, SOCK_STREAM, 0);
    if (server->listener < 0)
        return -1;
    fcntl(server->listener, F_SETFD, FD_CLOEXEC);
    fcntl(server->listener, F_SETFL, O_NONBLOCK);
    setsockopt(server->listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(server->listener, (const struct sockaddr *)address, size) < 0 ||
        listen(server->listener, BACKLOG) < 0 ||
        getsockname(server->listener, (struct sockaddr *)&bound, &bound_size) < 0)
        return -1;
    server->port = ntohs(v6 ? ((struct sockaddr_in6 *)&bound)->sin6_port
                            : ((struct sockaddr_in *)&bound)->sin_port);
    return 0;
}

static int listen_on(struct server *server, const char *host, int port, struct err *err)
{
    struct sockaddr_storage address;
    int status = uv_ip4_addr(host, port, (struct sockaddr_in *)&address);
    if (status < 0)
        status = uv_ip6_addr(host, port, (struct sockaddr_in6 *)&address);
    if (status < 0)
        return err_set(err, ERR_INPUT, "--host: '%s' is no numeric address", host);
    server->listener = -1;
    if (bind_and_listen(server, &address) == 0)
        return 0;
    int why = errno;
    if (server->listener >= 0)
        close(server->listener);
    return err_set(err, ERR_FAILED, "cannot listen on %s:%d: %s", host, port, strerror(why));
}

static void watch(struct server *server)
{
    uv_loop_t *loop = &server->worker->loop;
    uv_poll_init(loop, &server->accepting, server->listener);
    uv_signal_init(loop, &server->on_term);
    uv_signal_init(loop, &server->on_int);
    uv_signal_init(loop, &server->on_hangup);
    server->accepting.data = server->on_term.data = server;
    server->on_int.data = server->on_hangup.data = server;
    server->resume.fire = resume_accepting;
    server->deadline.fire = on_deadline;
    server->accepting_open = true;
    uv_poll_start(&server->accepting, UV_READABLE, on_acceptable);
    uv_signal_start(&server->on_term, on_end_signal, SIGTERM);
    uv_signal_start(&server->on_int, on_end_signal, SIGINT);
    if (server->settings.on_hangup)
        uv_signal_start(&server->on_hangup, on_hangup, SIGHUP);
}

struct server *server_new(const struct server_settings *settings,
                          const struct server_handler *handlers, struct err *err)
{
    struct server *server = xcalloc(1, sizeof *server);
    raise_file_limit();
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a cassette at its size limit is an error, not the end */
    server->settings = *settings;
    server->workers = settings->workers;
    server->worker = xcalloc(server->workers, sizeof *server->worker);
    atomic_init(&server->live, server->workers);
    int result = listen_on(server, settings->host, settings->port, err);
    for (size_t i = 0; result == 0 && i < server->workers; i++)
        result = worker_init(&server->worker[i], server, &handlers[i], err);
    if (result == 0) {
        watch(server);
        return server;
    }
    server_free(server);
    return NULL;
}

int server_port(const struct server *server)
{
    return server->port;
}

static void *run_worker(void *arg)
{
    worker_run(arg);
    return NULL;
}

/* Signals are the first worker's. */
static int start_thread(struct worker *worker)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int status = pthread_create(&worker->thread, NULL, run_worker, worker);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return status;
}

void server_run(struct server *server)
{
    size_t begun = 1;
    while (begun < server->workers && start_thread(&server->worker[begun]) == 0)
        begun++;
    atomic_fetch_sub(&server->live, server->workers - begun);
    server->workers = begun; /* fewer than asked for, where threads are scarce */
    worker_run(&server->worker[0]);
    for (size_t i = 1; i < begun; i++)
        pthread_join(server->worker[i].thread, NULL);
}

void server_free(struct server *server)
{
    if (!server)
        return;
    if (server->worker[0].server && !server->worker[0].ended && server->accepting_open)
        server_close_handles(server);
    for (size_t i = 0; i < server->settings.workers; i++)
        worker_release(&server->worker[i]);
    xfree(server->worker);
    xfree(server);
}
