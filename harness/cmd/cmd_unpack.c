/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cmd_unpack.c: weir unpack: the experiment out of a run, so that it can be run again where its
 * folder is gone.
 *
 * A run's file has every file that its experiment was read from. They come from another machine,
 * perhaps from another person: nothing is written outside of the new folder, and nothing over what
 * is there.
 */
#include "cmd/cmd.h"
#include "session/places.h"

#include "base/file.h"
#include "base/text.h"
#include "store/store.h"

#include <stdio.h>
#include <sys/stat.h>

struct unpack_cmd {
    bool quiet;
};

static const struct opt unpack_cmd_options[] = {
    OPT_BOOL(unpack_cmd, quiet, .letter = 'q', .fallback = "false",
             .help = "print nothing but the path of the experiment"),
    OPT_END,
};

/* Below the folder, whatever the file's name says. */
static bool is_below(str name)
{
    str part, rest = name;
    bool below = name.n > 0 && name.p[0] != '/';
    while (below && rest.n) {
        str_cut(rest, '/', &part, &rest);
        below = part.n && !str_equal(part, STR("..")) && !memchr(part.p, '\0', part.n);
    }
    return below;
}

static int write_file(struct store *store, const struct store_file *file, str folder,
                      struct arena *arena, struct err *err)
{
    str text, path = path_join(arena, folder, file->path);
    if (store_body(store, file->text.id, arena, &text, err) < 0 ||
        dir_make(path_folder(arena, path).p, err) < 0 || file_write(path.p, text, err) < 0)
        return -1;
    if (str_equal(file->role, STR("program")) && chmod(path.p, 0755) < 0)
        return err_set(err, ERR_FAILED, "%.*s: cannot be made a program", STR_ARG(path));
    return 0;
}

static int write_files(struct store *store, str folder, struct arena *arena, str *experiment,
                       struct err *err)
{
    size_t count;
    const struct store_file *file = store_files(store, &count);
    for (size_t i = 0; i < count; i++) {
        str shown = text_visible(arena, file[i].path);
        if (!is_below(file[i].path)) {
            fprintf(stderr,
                    "weir: not written, since it lay outside of the experiment's folder: "
                    "%.*s\n",
                    STR_ARG(shown));
            continue;
        }
        if (write_file(store, &file[i], folder, arena, err) < 0)
            return -1;
        if (str_equal(file[i].role, STR("experiment")))
            *experiment = path_join(arena, folder, file[i].path);
    }
    return 0;
}

/* As a shell takes it for one word. */
static str as_word(struct arena *arena, str text)
{
    str plain = STR("_-./:,=@%+"), quoted = {"", 0};
    size_t n = 0;
    while (n < text.n && (char_is_alnum(text.p[n]) || memchr(plain.p, text.p[n], plain.n)))
        n++;
    if (text.n && n == text.n)
        return text;
    str rest = text_visible(arena, text), part;
    do {
        bool more = str_cut(rest, '\'', &part, &rest);
        quoted = arena_printf(arena, "%.*s%.*s%s", STR_ARG(quoted), STR_ARG(part),
                              more ? "'\\''" : "");
        if (!more)
            break;
    } while (true);
    return arena_printf(arena, "'%.*s'", STR_ARG(quoted));
}

/* "weir run DIR/experiment.yaml --trials 2" */
static void tell_command(const struct store_run *run, str experiment, struct arena *arena)
{
    const json *words = json_parse(arena, run->options, NULL);
    str shown = text_visible(arena, experiment);
    fprintf(stderr, "weir run %.*s", STR_ARG(shown));
    for (const json *word = json_first(words); word; word = json_next(word)) {
        fprintf(stderr, " %.*s", STR_ARG(as_word(arena, json_text(word))));
    }
    fprintf(stderr, "%s\n", run->mock ? " --mock" : "");
}

static int unpack(struct store *store, str folder, const struct unpack_cmd *options,
                  struct arena *arena, struct err *err)
{
    str experiment = {"", 0};
    size_t files;
    store_files(store, &files);
    if (files == 0)
        return err_set(err, ERR_INPUT,
                       "the run has no files in it: it was made by an older weir");
    if (!dir_is_empty(folder.p))
        return err_set(err, ERR_INPUT, "%.*s is not empty; expected a new folder",
                       STR_ARG(folder));
    if (dir_make(folder.p, err) < 0 || write_files(store, folder, arena, &experiment, err) < 0)
        return -1;
    if (!experiment.n)
        return err_set(err, ERR_FAILED, "the run has no experiment in it; it was damaged");
    if (!options->quiet)
        tell_command(store_run_row(store), experiment, arena);
    printf("%.*s\n", STR_ARG(experiment));
    return 0;
}

static int unpack_run(struct arena *arena, const void *options, const str *arg, size_t args,
                      struct err *err)
{
    str path;
    struct store *store;
    if (args < 1 || args > 2)
        return err_set(err, ERR_INPUT, "expected [RUN] DIR; DIR is the new folder");
    if (!(store = run_open(arena, cmd_arg(arg, args - 1, 0), &path, err)))
        return -1;
    int status = unpack(store, arena_str(arena, arg[args - 1]), options, arena, err);
    store_close(store);
    return status;
}

const struct cmd cmd_unpack = {
    .name = "unpack",
    .usage = "[RUN] DIR [options]",
    .summary = "the experiment out of a run, to run it again without its folder",
    .details = "Writes the files that the run's experiment was read from into the new folder "
               "DIR, and\n"
               "says how it was run. RUN is a run's file or ID; by default the newest.",
    CMD_OPTIONS(unpack_cmd),
    .run = unpack_run,
};
