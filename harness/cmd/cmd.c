/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cmd.c: the table of commands, and the way from argv to one of them (see cmd.h).
 */
#include "cmd/cmd.h"

#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "io/http.h"
#include "store/store.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

const struct cmd *const cmd_table[] = {
    &cmd_baseline, &cmd_cache,       &cmd_check, &cmd_compare, &cmd_completion,
    &cmd_doctor,   &cmd_export,      &cmd_help,  &cmd_history, &cmd_import,
    &cmd_init,     &cmd_judge_check, &cmd_label, &cmd_list,    &cmd_merge,
    &cmd_report,   &cmd_rm,          &cmd_run,   &cmd_runs,    &cmd_score,
    &cmd_show,     &cmd_unpack,      NULL,
};

const struct cmd *cmd_find(str name)
{
    for (const struct cmd *const *c = cmd_table; *c; c++)
        if (str_equal(name, str_from((*c)->name)) ||
            ((*c)->alias && str_equal(name, str_from((*c)->alias))))
            return *c;
    return NULL;
}

void cmd_write_overview(struct buf *out)
{
    buf_add_str(out, STR("weir measures LLM workflows: the same dataset through each of them, "
                         "compared.\n\nusage: weir COMMAND [arguments]\n\n"));
    for (const struct cmd *const *c = cmd_table; *c; c++)
        buf_printf(out, "  %-11s %s\n", (*c)->name, (*c)->summary);
    buf_add_str(
        out,
        STR("\n  weir COMMAND --help says more; weir help explains patterns, checks and keys;\n"
            "  weir --version prints the version.\n"
            "  WEIR_LOG=debug in the environment tells every attempt on stderr.\n\n"
            "exit codes: 0 fine; 1 the program failed; 2 usage or bad input; 3 the run is\n"
            "incomplete; 100 a requirement is not met; 130 stopped by a second Ctrl-C.\n"));
}

void cmd_write_help(struct buf *out, const struct cmd *cmd)
{
    buf_printf(out, "usage: weir %s %s\n\n%s\n", cmd->name, cmd->usage, cmd->summary);
    if (cmd->details)
        buf_printf(out, "\n%s\n", cmd->details);
    if (cmd->options->type == OPT_TYPE_END)
        return;
    buf_add_str(out, STR("\noptions:\n"));
    opt_write_help(out, cmd->options);
}

static void print_overview(void)
{
    struct buf out = {0};
    cmd_write_overview(&out);
    fwrite(out.p, 1, out.n, stdout);
    buf_release(&out);
}

static void print_help(const struct cmd *cmd)
{
    struct buf out = {0};
    cmd_write_help(&out, cmd);
    fwrite(out.p, 1, out.n, stdout);
    buf_release(&out);
}

static int unknown_command(struct arena *arena, str name)
{
    str words[64];
    size_t count = 0;
    for (const struct cmd *const *c = cmd_table; *c; c++)
        words[count++] = str_from((*c)->name);
    str hint = mistake_hint(arena, name, words, count, true);
    str shown = text_visible(arena, name);
    fprintf(stderr, "weir: unknown command '%.*s'%.*s\n", STR_ARG(shown), STR_ARG(hint));
    return EXIT_INPUT;
}

/* WEIR_MAX_CALLS for max_calls. */
static int read_variable(struct arena *arena, const struct opt *row, const char *key,
                         void *options, struct err *err)
{
    char name[80] = "WEIR_";
    size_t n = 5;
    for (const char *c = key; *c && n + 1 < sizeof name; c++)
        name[n++] = *c >= 'a' && *c <= 'z' ? (char)(*c - 'a' + 'A') : *c;
    name[n] = '\0';
    const char *value = getenv(name);
    return value ? opt_parse_text(arena, row, str_from(value), name, options, err) : 0;
}

/* What the command line gives comes later and wins. */
static int read_environment(struct arena *arena, const struct cmd *cmd, void *options,
                            struct err *err)
{
    for (const struct opt *row = cmd->options; row->type != OPT_TYPE_END; row++)
        if ((row->also && read_variable(arena, row, row->also, options, err) < 0) ||
            read_variable(arena, row, row->key, options, err) < 0)
            return -1;
    return 0;
}

static bool asks_for_help(int argc, char **argv)
{
    for (int i = 0; i < argc; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            return true;
    return false;
}

static int run_command(struct arena *arena, const struct cmd *cmd, int argc, char **argv,
                       struct err *err)
{
    void *options = arena_alloc(arena, cmd->options_size);
    str *arg;
    size_t args;
    opt_defaults(cmd->options, arena, options);
    if (read_environment(arena, cmd, options, err) < 0 ||
        opt_parse_argv(arena, cmd->options, argc, argv, options, &arg, &args, err) < 0)
        return EXIT_INPUT;
    return cmd->run(arena, options, arg, args, err);
}

/* WEIR_LOG says how much is told on stderr beside what a command prints. */
static int read_log_level(void)
{
    static const char *const levels[] = {"error", "warning", "info", "debug"};
    const char *wanted = getenv("WEIR_LOG");
    if (!wanted)
        return 0;
    for (int level = LOG_ERROR; level <= LOG_DEBUG; level++)
        if (strcmp(wanted, levels[level]) == 0) {
            log_set_level((enum log_level)level);
            return 0;
        }
    fprintf(stderr, "weir: WEIR_LOG is not one of error, warning, info, debug\n");
    return -1;
}

/* Memory holds the providers' keys, which are to be in no file (rule 12). */
static void leave_no_core(void)
{
    const struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
}

str cmd_arg(const str *arg, size_t args, size_t place)
{
    return place < args ? arg[place] : (str){"", 0};
}

int cmd_no_more(const str *arg, size_t args, size_t most, struct err *err)
{
    if (args <= most)
        return 0;
    return err_set(err, ERR_INPUT, "'%.*s' is one argument too many; see --help",
                   STR_ARG(arg[most]));
}

int cmd_main(int argc, char **argv)
{
    str name = str_from(argc > 1 ? argv[1] : "");
    file_hold_standard();
    signal(SIGXFSZ, SIG_IGN); /* a file at its size limit is an error like a full disk */
    leave_no_core();
    http_raise_descriptor_limit();
    store_configure_process();
    if (read_log_level() < 0)
        return EXIT_INPUT;
    if (name.n == 0 || str_equal(name, STR("--help")) || str_equal(name, STR("-h"))) {
        print_overview();
        return name.n ? EXIT_FINE : EXIT_INPUT;
    }
    if (str_equal(name, STR("--version"))) {
        printf("weir %s\n", WEIR_VERSION);
        return EXIT_FINE;
    }
    struct arena arena = {0};
    const struct cmd *cmd = cmd_find(name);
    int code;
    if (!cmd) {
        code = unknown_command(&arena, name);
    } else if (asks_for_help(argc - 2, argv + 2)) {
        print_help(cmd);
        code = EXIT_FINE;
    } else {
        struct err err = {0};
        code = run_command(&arena, cmd, argc - 2, argv + 2, &err);
        if (err.kind != ERR_NONE) {
            str text = secret_redact(&arena, str_from(err.message));
            fprintf(stderr, "weir: %.*s\n", STR_ARG(text));
            code = code > 0 ? code : err_exit_code(err.kind);
        }
    }
    arena_release(&arena);
    fflush(stdout);
    return code;
}
