/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * stream_bench.c: many streams, or slow replies, at once from one server, for script/bench.
 *
 *     stream_bench URL IN_FLIGHT BODY_FILE FIRST_MS PACE_MS SPREAD_MS ROUNDS PID
 *
 * IN_FLIGHT connections each send the request in BODY_FILE ROUNDS times, the first of them spread
 * evenly over SPREAD_MS. Of a streamed reply every piece of content is an event, due FIRST_MS after
 * its request and PACE_MS after the one before; of any other reply its end is the one event, due
 * after FIRST_MS. Prints one line of JSON:
 *
 *     late_ms_*       an event's arrival after it was due, as seen from here
 *     first_ms_*      a reply's first event after its request
 *     events_per_s    from the first arrival to the last
 *     cpu_us          CPU time, user and system, that process PID took for each event
 *     rss_kb          memory of PID when all were in flight
 *     whole           replies that came to their end
 *
 * It looks for no more in the bytes than it must, so that the server is what is measured.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { CARRY = 64, READ_BYTES = 65536 };

/* What an event has and nothing else, and what ends a stream and any other reply. */
static const char mark[] = "{\"content\":\"", stream_end[] = "\r\n0\r\n\r\n";

struct line {
    int fd;
    int rounds; /* still to be sent */
    bool busy, streamed, head_done;
    int64_t sent_ns;
    size_t events, left; /* left: bytes of a body whose length is known */
    char carry[CARRY];   /* the end of what came before: a mark may lie across two reads */
    size_t carried;
};

struct bench {
    const char *request;
    size_t request_size, lines, busy, whole, broken;
    struct line *line;
    int64_t first_ns, pace_ns, began_ns, first_event_ns, last_event_ns;
    int32_t *late_us, *ttft_us;
    size_t late_count, late_room, ttft_count, ttft_room;
    long pid, rss_kb;
    int epoll;
};

static int64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static _Noreturn void die(const char *what)
{
    fprintf(stderr, "stream_bench: %s: %s\n", what, strerror(errno));
    exit(1);
}

/* ---- the server's process ---- */

static double cpu_s(long pid)
{
    char path[64], text[1024];
    unsigned long user = 0, system = 0;
    snprintf(path, sizeof path, "/proc/%ld/stat", pid);
    FILE *file = fopen(path, "r");
    if (!file)
        return 0;
    size_t n = fread(text, 1, sizeof text - 1, file);
    text[n] = '\0';
    fclose(file);
    const char *rest = strrchr(text, ')');
    if (!rest || sscanf(rest + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user,
                        &system) != 2)
        return 0;
    return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

static long rss_kb(long pid)
{
    char path[64], text[256];
    long kb = 0;
    snprintf(path, sizeof path, "/proc/%ld/status", pid);
    FILE *file = fopen(path, "r");
    while (file && fgets(text, sizeof text, file))
        if (sscanf(text, "VmRSS: %ld", &kb) == 1)
            break;
    if (file)
        fclose(file);
    return kb;
}

/* ---- events ---- */

static void keep(int32_t **list, size_t *count, size_t *room, int64_t ns)
{
    if (*count == *room) {
        *room = *room ? *room * 2 : 65536;
        *list = realloc(*list, *room * sizeof **list);
        if (!*list)
            die("memory");
    }
    (*list)[(*count)++] = (int32_t)(ns / 1000);
}

static void note_event(struct bench *bench, struct line *line, int64_t now)
{
    int64_t since = now - line->sent_ns;
    if (line->events == 0)
        keep(&bench->ttft_us, &bench->ttft_count, &bench->ttft_room, since);
    keep(&bench->late_us, &bench->late_count, &bench->late_room,
         since - bench->first_ns - (int64_t)line->events * bench->pace_ns);
    if (bench->first_event_ns == 0)
        bench->first_event_ns = now;
    bench->last_event_ns = now;
    line->events++;
}

static void send_request(struct bench *bench, struct line *line)
{
    line->rounds--;
    line->busy = true;
    line->streamed = line->head_done = false;
    line->events = line->left = line->carried = 0;
    line->sent_ns = now_ns();
    bench->busy++;
    if (write(line->fd, bench->request, bench->request_size) != (ssize_t)bench->request_size)
        die("write");
}

static void finish(struct bench *bench, struct line *line, bool whole)
{
    bench->busy--;
    bench->whole += whole;
    bench->broken += !whole;
    line->busy = false;
    if (whole && line->rounds > 0) {
        send_request(bench, line);
    } else {
        close(line->fd);
        line->rounds = 0;
    }
}

/* Returns the bytes behind the head. */
static const char *take_head(struct line *line, const char *at, const char *end)
{
    char *body = memmem(at, (size_t)(end - at), "\r\n\r\n", 4);
    if (!body)
        die("a head came in pieces");
    if (strncmp(at + 9, "200", 3) != 0)
        die("no 200");
    body[3] = '\0'; /* between the two only text */
    const char *length = strcasestr(at, "\r\ncontent-length:");
    line->streamed = !length;
    line->left = length ? strtoul(length + 17, NULL, 10) : 0;
    line->head_done = true;
    return body + 4;
}

static void take_stream(struct bench *bench, struct line *line, const char *bytes, size_t n,
                        int64_t now)
{
    static char text[CARRY + READ_BYTES];
    memcpy(text, line->carry, line->carried);
    memcpy(text + line->carried, bytes, n);
    size_t all = line->carried + n;
    const char *at = text, *end = text + all;
    for (const char *hit; (hit = memmem(at, (size_t)(end - at), mark, sizeof mark - 1));
         at = hit + sizeof mark - 1)
        note_event(bench, line, now);
    /* what may be the beginning of a mark; never one that has been counted */
    size_t rest = (size_t)(end - at), tail = sizeof mark - 2;
    bool ended = all >= sizeof stream_end - 1 &&
                 memcmp(end - (sizeof stream_end - 1), stream_end, sizeof stream_end - 1) == 0;
    line->carried = rest < tail ? rest : tail;
    if (line->carried > all)
        line->carried = all; /* never; the compiler does not see it */
    memcpy(line->carry, text + (all - line->carried), line->carried);
    if (ended)
        finish(bench, line, true);
}

static void take(struct bench *bench, struct line *line)
{
    static char bytes[READ_BYTES + 1];
    ssize_t got = read(line->fd, bytes, READ_BYTES);
    int64_t now = now_ns();
    if (got <= 0) {
        if (line->busy)
            finish(bench, line, false);
        return;
    }
    const char *at = bytes, *end = bytes + got;
    bytes[got] = '\0';
    if (!line->busy)
        return;
    if (!line->head_done)
        at = take_head(line, at, end);
    if (line->streamed) {
        take_stream(bench, line, at, (size_t)(end - at), now);
        return;
    }
    line->left -= (size_t)(end - at) < line->left ? (size_t)(end - at) : line->left;
    if (line->left == 0) {
        note_event(bench, line, now);
        finish(bench, line, true);
    }
}

/* ---- the run ---- */

static int connect_to(const char *url)
{
    int port = atoi(strrchr(url, ':') + 1), one = 1;
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) < 0)
        die("connect");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return fd;
}

static void run(struct bench *bench, int64_t spread_ns)
{
    struct epoll_event event[256];
    size_t begun = 0;
    bench->began_ns = now_ns();
    while (begun < bench->lines || bench->busy) {
        int64_t now = now_ns();
        while (begun < bench->lines &&
               now >= bench->began_ns + spread_ns * (int64_t)begun / (int64_t)bench->lines)
            send_request(bench, &bench->line[begun++]);
        if (begun == bench->lines && bench->rss_kb == 0)
            bench->rss_kb = rss_kb(bench->pid);
        int n = epoll_wait(bench->epoll, event, 256, begun < bench->lines ? 1 : 30000);
        if (n == 0 && begun == bench->lines)
            die("nothing came for 30 s");
        for (int i = 0; i < n; i++)
            take(bench, &bench->line[event[i].data.u32]);
    }
}

static int compare(const void *a, const void *b)
{
    return (*(const int32_t *)a > *(const int32_t *)b) -
           (*(const int32_t *)a < *(const int32_t *)b);
}

static double quantile_ms(int32_t *list, size_t count, double q)
{
    if (count == 0)
        return 0;
    qsort(list, count, sizeof *list, compare);
    return list[(size_t)(q * (double)(count - 1))] / 1e3;
}

static char *read_request(const char *url, const char *body_file, size_t *size)
{
    static char body[65536], request[70000];
    FILE *in = fopen(body_file, "r");
    if (!in)
        die(body_file);
    size_t n = fread(body, 1, sizeof body - 1, in);
    fclose(in);
    *size = (size_t)snprintf(request, sizeof request,
                             "POST /v1/chat/completions HTTP/1.1\r\nHost: %s\r\n"
                             "Authorization: Bearer bench\r\nContent-Type: application/json\r\n"
                             "Content-Length: %zu\r\n\r\n%.*s",
                             url + 7, n, (int)n, body);
    return request;
}

static void print(struct bench *bench, double cpu)
{
    double span = (double)(bench->last_event_ns - bench->first_event_ns) / 1e9;
    printf("{\"in_flight\": %zu, \"whole\": %zu, \"broken\": %zu, \"events\": %zu, "
           "\"events_per_s\": %.0f, \"cpu_us\": %.2f, \"rss_kb\": %ld",
           bench->lines, bench->whole, bench->broken, bench->late_count,
           span > 0 ? (double)bench->late_count / span : 0,
           bench->late_count ? cpu * 1e6 / (double)bench->late_count : 0, bench->rss_kb);
    printf(", \"late_ms_p50\": %.3f, \"late_ms_p99\": %.3f, \"first_ms_p50\": %.3f, "
           "\"first_ms_p99\": %.3f}\n",
           quantile_ms(bench->late_us, bench->late_count, 0.5),
           quantile_ms(bench->late_us, bench->late_count, 0.99),
           quantile_ms(bench->ttft_us, bench->ttft_count, 0.5),
           quantile_ms(bench->ttft_us, bench->ttft_count, 0.99));
}

int main(int argc, char **argv)
{
    if (argc != 9) {
        fputs("usage: stream_bench URL IN_FLIGHT BODY_FILE FIRST_MS PACE_MS SPREAD_MS ROUNDS "
              "PID\n",
              stderr);
        return 2;
    }
    struct bench bench = {.lines = strtoul(argv[2], NULL, 10),
                          .first_ns = (int64_t)(strtod(argv[4], NULL) * 1e6),
                          .pace_ns = (int64_t)(strtod(argv[5], NULL) * 1e6),
                          .pid = strtol(argv[8], NULL, 10),
                          .epoll = epoll_create1(0)};
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    signal(SIGPIPE, SIG_IGN);
    bench.request = read_request(argv[1], argv[3], &bench.request_size);
    bench.line = calloc(bench.lines, sizeof *bench.line);
    if (!bench.line)
        die("memory");
    for (size_t i = 0; i < bench.lines; i++) {
        bench.line[i].fd = connect_to(argv[1]);
        bench.line[i].rounds = (int)strtol(argv[7], NULL, 10);
        struct epoll_event event = {.events = EPOLLIN, .data.u32 = (uint32_t)i};
        epoll_ctl(bench.epoll, EPOLL_CTL_ADD, bench.line[i].fd, &event);
    }
    double before = cpu_s(bench.pid);
    run(&bench, (int64_t)(strtod(argv[6], NULL) * 1e6));
    print(&bench, cpu_s(bench.pid) - before);
    return bench.broken ? 1 : 0;
}
