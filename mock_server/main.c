/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * main.c: weir-mock's command line.
 *
 * Exit codes: 0 ended by a signal or nothing to do, 1 the program failed (a port in use), 2 usage
 * or a bad mock file.
 */
#include "mock_server/manual.h"
#include "mock_server/mock.h"
#include "mock_server/schema.h"

#include "base/file.h"
#include "base/log.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

struct arguments {
    str config, under, host, record, replay, upstream, upstream_ca;
    int64_t port, seed, workers, drain, upstream_idle;
    bool seed_given, scale_given, fallback, repeat, check, json, help, man, schema, version;
    double scale;
};

/* clang-format off */
static const struct opt rows[] = {
    OPT_TEXT(arguments, config, .letter = 'c', .help = "the mock file; without one every endpoint works"),
    OPT_TEXT(arguments, under, .word = "KEY", .help = "the mock file is what stands under this key of --config: mock, of an experiment"),
    OPT_TEXT(arguments, host, .fallback = "127.0.0.1", .help = "numeric address to listen on"),
    OPT_INT(arguments, port, .letter = 'p', .fallback = "4141", .min = 0, .max = 65535, .help = "port to listen on; 0: the kernel chooses"),
    OPT_INT(arguments, workers, .letter = 'w', .fallback = "1", .min = 1, .max = WORKERS_MAX, .help = "threads that serve; what is replied does not depend on it"),
    OPT_DURATION(arguments, drain, .fallback = "5s", .help = "for replies under way when it is told to end"),
    OPT_INT(arguments, seed, .min = 0, .max = 9007199254740992.0, OPT_GIVEN(arguments, seed_given), .help = "in place of the file's seed"),
    OPT_NUMBER(arguments, scale, .min = 0, .max = 1e6, OPT_GIVEN(arguments, scale_given), .help = "in place of the file's scale of all times; 0: at once"),
    OPT_TEXT(arguments, record, .help = "passes requests on to the upstream and keeps what it says in this new cassette"),
    OPT_TEXT(arguments, upstream, .help = "the real server: https://api.openai.com"),
    OPT_TEXT(arguments, upstream_ca, .help = "a file of certificates to trust, in place of the machine's"),
    OPT_DURATION(arguments, upstream_idle, .fallback = "10m", .help = "an upstream that says nothing for so long is given up"),
    OPT_TEXT(arguments, replay, .help = "answers out of this cassette; what is not in it is an error, or recorded with --record"),
    OPT_BOOL(arguments, fallback, .help = "requests that the cassette does not have are answered as without one"),
    OPT_BOOL(arguments, repeat, .help = "a request that is asked more often than recorded gets its last recording again"),
    OPT_BOOL(arguments, check, .help = "reads the mock file and the cassette, says what is wrong with them, and ends"),
    OPT_BOOL(arguments, json, .help = "with --check: what is wrong with the mock file on stdout, as JSON"),
    OPT_BOOL(arguments, help, .letter = 'h', .help = "prints this text"),
    OPT_BOOL(arguments, man, .help = "prints the manual page"),
    OPT_BOOL(arguments, schema, .help = "prints the JSON Schema of mock files, for editors"),
    OPT_BOOL(arguments, version, .help = "prints the version"),
    OPT_END,
};
/* clang-format on */

static int complain(const struct err *err)
{
    fprintf(stderr, "weir-mock: %s\n", err->message);
    return err_exit_code(err->kind);
}

static void print_help(void)
{
    struct buf text = {0};
    buf_add_str(&text, STR("Usage: weir-mock [--config FILE] [--port N] [options]\n\n"
                           "A mock model server that speaks the APIs of OpenAI, Anthropic and "
                           "Gemini.\n\n"));
    opt_write_help(&text, rows);
    fwrite(text.p, 1, text.n, stdout);
    buf_release(&text);
}

static void print_manual(void)
{
    struct buf text = {0};
    manual_write(&text, rows);
    fwrite(text.p, 1, text.n, stdout);
    buf_release(&text);
}

static void print_schema(struct arena *arena)
{
    struct buf text = {0};
    json_write_indented(&text, mock_json_schema(arena), 2);
    buf_add_char(&text, '\n');
    fwrite(text.p, 1, text.n, stdout);
    buf_release(&text);
}

static int read_arguments(struct arena *arena, int argc, char **argv,
                          struct arguments *arguments, struct err *err)
{
    str *rest;
    size_t count = 0;
    opt_defaults(rows, arena, arguments);
    if (opt_parse_argv(arena, rows, argc - 1, argv + 1, arguments, &rest, &count, err) < 0)
        return -1;
    if (count)
        return err_set(err, ERR_INPUT, "unexpected argument '%.*s'; see --help",
                       STR_ARG(rest[0]));
    return 0;
}

/* ---- cassettes ---- */

static int check_together(const struct arguments *arguments, struct err *err)
{
    if (arguments->under.n && !arguments->config.n)
        return err_set(err, ERR_INPUT, "--under is of the file that --config names");
    if (arguments->json && !(arguments->check && arguments->config.n))
        return err_set(err, ERR_INPUT, "--json goes with --check and --config");
    return 0;
}

static int check_tape(const struct arguments *arguments, struct err *err)
{
    bool records = arguments->record.n > 0, replays = arguments->replay.n > 0;
    if (records != (arguments->upstream.n > 0))
        return err_set(err, ERR_INPUT, "--record and --upstream go together");
    if (arguments->upstream.n && !str_starts_with(arguments->upstream, STR("http://")) &&
        !str_starts_with(arguments->upstream, STR("https://")))
        return err_set(err, ERR_INPUT, "--upstream: '%.*s' does not begin with https://",
                       STR_ARG(arguments->upstream));
    if (arguments->fallback && (!replays || records))
        return err_set(err, ERR_INPUT, "--fallback goes with --replay, and not with --record");
    if (arguments->repeat && !replays)
        return err_set(err, ERR_INPUT, "--repeat goes with --replay");
    return 0;
}

static struct recorder *open_recorder(const struct arguments *arguments, struct arena *arena,
                                      struct err *err)
{
    const char *path = arena_str(arena, arguments->record).p;
    struct stat facts;
    if (!arguments->replay.n && stat(path, &facts) == 0 && facts.st_size > 0) {
        err_set(err, ERR_INPUT,
                "--record: %s is there already; remove it, or add what it lacks with --replay "
                "%s --record %s",
                path, path, path);
        return NULL;
    }
    str base = arguments->upstream;
    while (str_ends_with(base, STR("/")))
        base = str_sub(base, 0, base.n - 1);
    const struct upstream_settings settings = {
        .base = arena_str(arena, base),
        .ca = arguments->upstream_ca.n ? arena_str(arena, arguments->upstream_ca).p : NULL,
        .idle_ns = arguments->upstream_idle,
    };
    return recorder_new(path, &settings, err);
}

struct tape {
    struct replay *replay;     /* NULL: none */
    struct recorder *recorder; /* NULL: none */
};

static int open_tape(const struct arguments *arguments, struct arena *arena, struct tape *tape,
                     struct err *err)
{
    bool passed = arguments->fallback || arguments->record.n;
    if (arguments->replay.n) {
        tape->replay =
            replay_new(arena_str(arena, arguments->replay).p,
                       passed ? UNSEEN_PASSED : UNSEEN_REFUSED, arguments->repeat, err);
        if (!tape->replay)
            return -1;
    }
    if (arguments->record.n) {
        tape->recorder = open_recorder(arguments, arena, err);
        if (!tape->recorder)
            return -1;
    }
    return 0;
}

static int close_tape(struct tape *tape, struct err *err)
{
    replay_free(tape->replay);
    return recorder_free(tape->recorder, err);
}

/* ---- serving ---- */

/* Anyone who can reach the port can use it. */
static bool is_loopback(str host)
{
    return str_starts_with(host, STR("127.")) || str_equal(host, STR("::1"));
}

static void announce(const struct server *server, str host)
{
    bool v6 = str_contains(host, STR(":"));
    if (!is_loopback(host))
        fprintf(stderr,
                "weir-mock: warning: %s is not a loopback address; anyone who reaches port %d "
                "can use this server and read what it was asked\n",
                host.p, server_port(server));
    printf("{\"listening\": \"http://%s%s%s:%d\", \"pid\": %ld}\n", v6 ? "[" : "", host.p,
           v6 ? "]" : "", server_port(server), (long)getpid());
    fflush(stdout);
}

static struct config_place place_of(const struct arguments *arguments, struct arena *arena)
{
    return (struct config_place){arena_str(arena, arguments->config), arguments->under};
}

static void on_hangup(void *context)
{
    state_reload(context);
}

static int serve(const struct arguments *arguments, struct config *config, struct tape *tape,
                 struct arena *arena, struct err *err)
{
    str host = arena_str(arena, arguments->host);
    const struct mock_settings settings = {
        .seed = (uint64_t)arguments->seed,
        .seed_given = arguments->seed_given,
        .scale = arguments->scale,
        .scale_given = arguments->scale_given,
        .place = place_of(arguments, arena)};
    struct state *state = state_new(config, &settings, clock_now());
    const struct server_settings listening = {.host = host.p,
                                              .port = (int)arguments->port,
                                              .workers = (size_t)arguments->workers,
                                              .drain_ns = arguments->drain,
                                              .on_hangup = on_hangup,
                                              .hangup_context = state};
    struct mock **mock = arena_array(arena, struct mock *, listening.workers);
    struct server_handler *handler =
        arena_array(arena, struct server_handler, listening.workers);
    for (size_t i = 0; i < listening.workers; i++) {
        mock[i] = mock_new(state);
        mock_play(mock[i], tape->replay, tape->recorder);
        handler[i] = mock_handler(mock[i]);
    }
    struct server *server = server_new(&listening, handler, err);
    if (server) {
        state_set_server(state, server);
        announce(server, host);
        server_run(server);
        server_free(server);
    }
    for (size_t i = 0; i < listening.workers; i++)
        mock_free(mock[i]);
    state_free(state);
    return server ? 0 : -1;
}

/* For a program, which folds them into its own. */
static int print_mistakes(const struct arguments *arguments, struct arena *arena)
{
    const json *mistakes = config_mistakes(arena, place_of(arguments, arena));
    struct buf text = {0};
    json_write(&text, mistakes, JSON_COMPACT);
    buf_add_char(&text, '\n');
    fwrite(text.p, 1, text.n, stdout);
    buf_release(&text);
    return json_count(json_get(mistakes, STR("mistakes"))) ? err_exit_code(ERR_INPUT) : 0;
}

static int run(struct arena *arena, int argc, char **argv)
{
    struct arguments arguments = {0};
    struct err err = {0};
    if (read_arguments(arena, argc, argv, &arguments, &err) < 0)
        return complain(&err);
    if (arguments.help) {
        print_help();
        return 0;
    }
    if (check_together(&arguments, &err) < 0 || check_tape(&arguments, &err) < 0)
        return complain(&err);
    if (arguments.man) {
        print_manual();
        return 0;
    }
    if (arguments.schema) {
        print_schema(arena);
        return 0;
    }
    if (arguments.version) {
        printf("weir-mock %s\n", WEIR_VERSION);
        return 0;
    }
    if (arguments.json)
        return print_mistakes(&arguments, arena);
    struct config *config = arguments.config.n ? config_load(place_of(&arguments, arena), &err)
                                               : config_default();
    if (!config)
        return complain(&err);
    struct tape tape = {0};
    if (arguments.check)
        arguments.record = STR(""); /* looks, and makes nothing */
    int result = open_tape(&arguments, arena, &tape, &err);
    if (result < 0 || arguments.check)
        config_free(config);
    else
        result = serve(&arguments, config, &tape, arena, &err);
    struct err late = {0};
    if (close_tape(&tape, &late) < 0 && result == 0) {
        err = late;
        result = -1;
    }
    return result < 0 ? complain(&err) : 0;
}

int main(int argc, char **argv)
{
    struct arena arena = {0};
    file_hold_standard();
    int code = run(&arena, argc, argv);
    arena_release(&arena);
    return code;
}
