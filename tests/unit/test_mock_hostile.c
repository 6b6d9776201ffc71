/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_mock_hostile.c: clients that mean ill do not tie the server up.
 *
 * Well-behaved clients ask without a pause; meanwhile 500 connections send a request at a byte a
 * second, others send a megabyte of headers, bodies of 100 MB (told beforehand, and in chunks),
 * or shut down their sending side. The well-behaved must be served at no less than half the speed
 * that was measured before and after, and the server's memory must stay in bounds. Both sides are
 * measured in tenths of a second and compared by their medians. With WEIR_HOSTILE=full everything
 * lasts ten times as long (script/bench).
 */
#include "test_mock_running.h"

#include <pthread.h>
#include <stdatomic.h>

enum { CLIENTS = 8, SLOW = 500, TENTHS_MAX = 1000, HUGE_HEAD = 1 << 20, HUGE_BODY = 100 << 20 };

struct field {
    struct running running;
    atomic_bool stop;    /* for the hostile */
    atomic_bool done;    /* for the others */
    atomic_ulong served; /* replies to the well-behaved */
    atomic_ulong refused_heads, refused_bodies, half_closed, dripped;
};

static void pause_ms(int64_t ms)
{
    nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * NS_PER_MS}, NULL);
}

static int64_t cpu_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return t.tv_sec * NS_PER_S + t.tv_nsec;
}

/* ---- the well-behaved ---- */

static void *ask_on(void *arg)
{
    struct field *field = arg;
    struct arena arena = {0};
    str request = request_text(&arena, "hello", "");
    struct hearing hearing[CLIENTS];
    for (int i = 0; i < CLIENTS; i++)
        hearing[i] = (struct hearing){.fd = dial(&field->running)};
    while (!atomic_load(&field->done)) {
        for (int i = 0; i < CLIENTS; i++)
            say(hearing[i].fd, request);
        for (int i = 0; i < CLIENTS; i++) {
            str body;
            if (hear(&hearing[i], &body) != 200)
                fail_msg("a well-behaved client was not served");
            buf_clear(&hearing[i].bytes);
            hearing[i].taken = 0;
            atomic_fetch_add(&field->served, 1);
        }
    }
    for (int i = 0; i < CLIENTS; i++) {
        close(hearing[i].fd);
        buf_release(&hearing[i].bytes);
    }
    arena_release(&arena);
    return NULL;
}

/* ---- the others ---- */

/* Every connection gets one byte a second. */
static void *drip(void *arg)
{
    struct field *field = arg;
    struct arena arena = {0};
    str request =
        request_text(&arena, "slow", "X-Long: 0123456789012345678901234567890123\r\n");
    int fd[SLOW];
    for (int i = 0; i < SLOW; i++)
        fd[i] = dial(&field->running);
    for (size_t at = 0; !atomic_load(&field->stop) && at + 1 < request.n; at++)
        for (int i = 0; i < SLOW && !atomic_load(&field->stop); i++) {
            say(fd[i], str_sub(request, at, at + 1));
            atomic_fetch_add(&field->dripped, 1);
            if (i % 10 == 9)
                pause_ms(1000 / (SLOW / 10));
        }
    for (int i = 0; i < SLOW; i++)
        close(fd[i]);
    arena_release(&arena);
    return NULL;
}

static void *send_heads(void *arg)
{
    struct field *field = arg;
    char *huge = test_malloc(HUGE_HEAD);
    memset(huge, 'h', HUGE_HEAD);
    while (!atomic_load(&field->stop)) {
        struct hearing hearing = {.fd = dial(&field->running)};
        str body;
        say(hearing.fd, STR("GET /healthz HTTP/1.1\r\nX-Huge: "));
        say(hearing.fd, (str){huge, HUGE_HEAD});
        if (hear(&hearing, &body) == 431)
            atomic_fetch_add(&field->refused_heads, 1);
        close(hearing.fd);
        buf_release(&hearing.bytes);
        pause_ms(50);
    }
    test_free(huge);
    return NULL;
}

/* 100 MB, and whatever the server says meanwhile is looked at only afterwards. */
static int send_body(const struct field *field, str piece, bool chunked)
{
    struct hearing hearing = {.fd = dial(&field->running)};
    char head[200];
    str body;
    snprintf(head, sizeof head,
             chunked
                 ? "POST /v1/chat/completions HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
                 : "POST /v1/chat/completions HTTP/1.1\r\nContent-Length: %d\r\n\r\n",
             HUGE_BODY);
    say(hearing.fd, str_from(head));
    for (size_t sent = 0; sent < HUGE_BODY && !atomic_load(&field->stop); sent += piece.n) {
        int64_t before = cpu_ns();
        if (chunked) {
            snprintf(head, sizeof head, "%zx\r\n", piece.n);
            say(hearing.fd, str_from(head));
        }
        say(hearing.fd, piece);
        if (chunked)
            say(hearing.fd, STR("\r\n"));
        /* a network card would not take our CPU to send it */
        pause_ms(1 + 6 * (cpu_ns() - before) / NS_PER_MS);
    }
    int status = atomic_load(&field->stop) ? 0 : hear(&hearing, &body);
    close(hearing.fd);
    buf_release(&hearing.bytes);
    return status;
}

static void *send_bodies(void *arg)
{
    struct field *field = arg;
    enum { PIECE = 1 << 20 };
    char *huge = test_malloc(PIECE);
    memset(huge, 'b', PIECE);
    for (int i = 0; !atomic_load(&field->stop); i++)
        if (send_body(field, (str){huge, PIECE}, i % 2) == 413)
            atomic_fetch_add(&field->refused_bodies, 1);
    test_free(huge);
    return NULL;
}

static void *close_halves(void *arg)
{
    struct field *field = arg;
    struct arena arena = {0};
    str request = request_text(&arena, "half", "");
    while (!atomic_load(&field->stop)) {
        struct hearing hearing = {.fd = dial(&field->running)};
        str body;
        say(hearing.fd, request);
        shutdown(hearing.fd, SHUT_WR);
        if (hear(&hearing, &body) == 200)
            atomic_fetch_add(&field->half_closed, 1);
        close(hearing.fd);
        buf_release(&hearing.bytes);
        pause_ms(10);
    }
    arena_release(&arena);
    return NULL;
}

/* ---- measuring ---- */

static int by_size(const void *a, const void *b)
{
    return (*(const double *)a > *(const double *)b) -
           (*(const double *)a < *(const double *)b);
}

/* Replies a second, the median of tenths of a second. */
static double speed(struct field *field, int tenths)
{
    double rate[TENTHS_MAX];
    for (int i = 0; i < tenths; i++) {
        unsigned long before = atomic_load(&field->served);
        int64_t begin = clock_now().ns;
        pause_ms(100);
        rate[i] = (double)(atomic_load(&field->served) - before) /
                  ((double)(clock_now().ns - begin) / (double)NS_PER_S);
    }
    qsort(rate, (size_t)tenths, sizeof *rate, by_size);
    return rate[tenths / 2];
}

static double peak_mb(const struct running *running)
{
    char path[64], line[256];
    long kb = 0;
    snprintf(path, sizeof path, "/proc/%ld/status", (long)running->pid);
    FILE *file = fopen(path, "r");
    while (file && fgets(line, sizeof line, file))
        if (sscanf(line, "VmHWM: %ld", &kb) == 1)
            break;
    if (file)
        fclose(file);
    return (double)kb / 1024;
}

/* AddressSanitizer would put 256 MB of freed bodies aside, and have the machine bring new pages
 * for each further one: that, and not the server, would be measured. */
static void keep_little_freed_memory(void)
{
    const char *given = getenv("ASAN_OPTIONS");
    char options[512];
    int n = snprintf(options, sizeof options, "%s%squarantine_size_mb=4", given ? given : "",
                     given ? ":" : "");
    assert_in_range(n, 1, sizeof options - 1);
    assert_int_equal(setenv("ASAN_OPTIONS", options, 1), 0);
}

/* The speed of others beside the hostile, over that without them. */
static double measure(int scale)
{
    static void *(*const attackers[])(void *) = {drip, send_heads, send_bodies, close_halves};
    struct field field = {.running = start("rules: {r: {reply: hello}}\n")};
    pthread_t client, attacker[4];
    pthread_create(&client, NULL, ask_on, &field);
    pause_ms(200);
    double before = speed(&field, 10 * scale);
    for (int i = 0; i < 4; i++)
        pthread_create(&attacker[i], NULL, attackers[i], &field);
    pause_ms(500); /* until they are all there */
    double meanwhile = speed(&field, 25 * scale);
    for (int wait = 0; wait < 3000 && atomic_load(&field.refused_bodies) < 2; wait++)
        pause_ms(10);
    atomic_store(&field.stop, true);
    for (int i = 0; i < 4; i++)
        pthread_join(attacker[i], NULL);
    double after = speed(&field, 10 * scale); /* a machine may become busy in between */
    atomic_store(&field.done, true);
    pthread_join(client, NULL);
    double without = before < after ? before : after;
    double ratio = meanwhile / without, peak = peak_mb(&field.running);
    print_message("hostile: %.0f replies/s without, %.0f meanwhile, ratio %.3f, peak %.1f MB; "
                  "%lu slow bytes, %lu heads, %lu bodies, %lu half-closed\n",
                  without, meanwhile, ratio, peak, atomic_load(&field.dripped),
                  atomic_load(&field.refused_heads), atomic_load(&field.refused_bodies),
                  atomic_load(&field.half_closed));
    assert_true(peak <= 150);
    assert_true(atomic_load(&field.refused_heads) > 0);
    assert_true(atomic_load(&field.refused_bodies) >= 2);
    assert_true(atomic_load(&field.half_closed) > 0);
    stop(&field.running);
    return ratio;
}

/* Protects: others are served at no less than half their speed, memory is bounded, and the hostile
 * get the replies that HTTP has for them. Other programs of the machine may come in between, so
 * the short form has three tries. */
static void test_hostile(void **state)
{
    (void)state;
    const char *setting = getenv("WEIR_HOSTILE");
    bool full = setting && strcmp(setting, "full") == 0;
    double best = 0;
    keep_little_freed_memory();
    for (int tries = full ? 1 : 3; tries > 0 && best < 0.5; tries--) {
        double ratio = measure(full ? 10 : 1);
        best = ratio > best ? ratio : best;
    }
    assert_true(best >= 0.5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_hostile)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
