/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cmd_import.c: weir import: a configuration of promptfoo's as an experiment folder.
 *
 * The parts are in importing_*.c. Here is their order, and what is said: what has no counterpart is
 * listed by file and line, and what was written is read back as `weir check` reads it.
 */
#include "cmd/cmd.h"
#include "cmd/importing.h"

#include "base/file.h"
#include "base/text.h"
#include "plan/experiment.h"

#include <stdio.h>

enum { NOTES_SHOWN = 60 };

struct import_cmd {
    str provider;
    bool quiet;
};

static const struct opt import_cmd_options[] = {
    OPT_TEXT(import_cmd, provider, .word = "ID",
             .help = "ask this one instead of the configuration's, as promptfoo names it: "
                     "openai:chat:MODEL"),
    OPT_BOOL(import_cmd, quiet, .letter = 'q', .fallback = "false",
             .help = "print nothing but the path of the experiment"),
    OPT_END,
};

static void print_notes(struct importing *importing)
{
    size_t left_out = 0;
    for (size_t i = 0; i < importing->notes; i++) {
        left_out += importing->note[i].loss == IMPORT_LEFT_OUT;
        if (i < NOTES_SHOWN)
            fprintf(stderr, "%.*s\n",
                    STR_ARG(import_note_line(importing, &importing->note[i])));
    }
    if (importing->notes > NOTES_SHOWN)
        fprintf(stderr, "and %zu more\n",
                importing->notes - NOTES_SHOWN + importing->notes_dropped);
    if (importing->notes)
        fprintf(stderr, "%zu left out, %zu changed\n", left_out, importing->notes - left_out);
}

/* Without prompts, providers and tests there is nothing to run. */
static int refuse_empty(struct importing *importing, struct err *err)
{
    const char *what = !importing->prompts ? "prompt that weir can send"
                       : !importing->models
                           ? "provider that weir asks; --provider ID puts one in "
                             "its place"
                       : !importing->rows ? "test that weir can read"
                                          : NULL;
    if (!what)
        return 0;
    import_sort_notes(importing);
    print_notes(importing);
    str shown = text_visible(importing->arena, importing->path);
    return err_set(err, ERR_INPUT, "%.*s has no %s; nothing was written", STR_ARG(shown), what);
}

static int take_parts(struct importing *importing, const struct import_cmd *cmd,
                      struct err *err)
{
    if (import_read(importing) < 0)
        return mistakes_report(importing->mistakes, err);
    import_prompts(importing);
    import_models(importing, cmd->provider);
    import_tests(importing);
    if (mistakes_report(importing->mistakes, err) < 0)
        return -1;
    import_scores(importing);
    import_note_what_is_left(importing);
    return refuse_empty(importing, err);
}

static int check_folder(struct importing *importing, str folder, struct err *err)
{
    struct experiment_options options = {0};
    str path = path_join(importing->arena, folder, STR("experiment.yaml"));
    return experiment_load(importing->arena, path, &options, err) ? 0 : -1;
}

static void say_what_is_there(struct importing *importing, str folder)
{
    str shown = text_visible(importing->arena, folder);
    fprintf(stderr,
            "%zu prompts, %zu providers, %zu tests, %zu scores are in %.*s\n"
            "  cd %.*s\n"
            "  weir check             # the calls; nothing is sent\n"
            "  weir run --mock        # against the bundled mock server, no key needed\n",
            importing->prompts, importing->models, importing->rows,
            json_count(importing->score_entries), STR_ARG(shown), STR_ARG(shown));
}

static int import_run(struct arena *arena, const void *options, const str *arg, size_t args,
                      struct err *err)
{
    const struct import_cmd *cmd = options;
    struct mistakes mistakes;
    str folder = args > 1 ? cmd_arg(arg, args, 1) : STR("imported");
    struct importing *importing = arena_new(arena, struct importing);
    if (cmd_no_more(arg, args, 2, err) < 0)
        return -1;
    if (!args)
        return err_set(err, ERR_INPUT, "which file? expected promptfooconfig.yaml");
    mistakes_init(&mistakes, arena);
    importing->arena = arena;
    importing->mistakes = &mistakes;
    importing->path = arena_str(arena, arg[0]);
    importing->used = json_new_object(arena);
    folder = arena_str(arena, folder);
    str shown = text_visible(arena, folder);
    if (!dir_is_empty(folder.p) || file_exists(folder.p))
        return err_set(err, ERR_INPUT, "%.*s is there and not empty; expected a new folder",
                       STR_ARG(shown));
    if (take_parts(importing, cmd, err) < 0)
        return -1;
    if (import_write(importing, folder, err) < 0) {
        dir_remove(folder.p);
        return -1;
    }
    if (!cmd->quiet)
        print_notes(importing);
    if (check_folder(importing, folder, err) < 0)
        return -1;
    if (!cmd->quiet)
        say_what_is_there(importing, folder);
    shown = text_visible(arena, path_join(arena, folder, STR("experiment.yaml")));
    printf("%.*s\n", STR_ARG(shown));
    return EXIT_FINE;
}

const struct cmd cmd_import = {
    .name = "import",
    .usage = "promptfooconfig.yaml [FOLDER]",
    .summary = "a configuration of promptfoo's as an experiment; lists what has no counterpart",
    .details =
        "FOLDER is `imported` when it is not given, and must be new or empty. Each prompt with "
        "each\n"
        "provider becomes a variant, each test a sample, assertions become scores. What is "
        "left out\n"
        "or means something else is listed by file and line, and in the folder's README.md\n"
        "(docs/importing.md). Keys are never copied.",
    CMD_OPTIONS(import_cmd),
    .run = import_run,
};
