/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cmd_init.c: weir init: a new experiment, copied from one of those that are part of the program.
 *
 * The entries are the folders below fixtures/. Their files go out as they are, but for the line
 * that names the schema for editors: a copy has the schemas in it, as this weir knows them.
 */
#include "cmd/cmd.h"

#include "base/embedded.h"
#include "base/file.h"
#include "base/mistakes.h"
#include "base/text.h"
#include "cmd/schema.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* Made of fixtures/ by cmake/Embed.cmake. */
extern const struct embedded embedded_fixtures[];

struct init_cmd {
    str from;
    bool list, quiet;
};

static const struct opt init_cmd_options[] = {
    OPT_TEXT(init_cmd, from, .word = "NAME",
             .help = "the entry to copy; without it a terminal is asked"),
    OPT_BOOL(init_cmd, list, .fallback = "false", .help = "print the entries, and copy none"),
    OPT_BOOL(init_cmd, quiet, .fallback = "false",
             .help = "print nothing but the path of the experiment"),
    OPT_END,
};

/* ---- entries ---- */

enum { ENTRIES_MAX = 64, ANSWER_BYTES = 256 };

struct entry {
    str name, question;
};

struct entries {
    struct entry entry[ENTRIES_MAX];
    size_t count;
};

/* "# faq: one prompt or small steps?" */
static str question_of(str readme)
{
    str heading, rest, name, question;
    str_cut(readme, '\n', &heading, &rest);
    return str_cut(heading, ':', &name, &question) ? str_trim(question) : (str){"", 0};
}

static void find_entries(struct entries *entries)
{
    *entries = (struct entries){0};
    for (const struct embedded *file = embedded_fixtures; file->path; file++) {
        str name, rest;
        if (!str_cut(str_from(file->path), '/', &name, &rest) ||
            !str_equal(rest, STR("README.md")) || entries->count == ENTRIES_MAX)
            continue;
        entries->entry[entries->count++] = (struct entry){name, question_of(file->bytes)};
    }
}

static void print_entries(FILE *out, const struct entries *entries)
{
    for (size_t i = 0; i < entries->count; i++)
        fprintf(out, "%3zu  %-20.*s %.*s\n", i + 1, STR_ARG(entries->entry[i].name),
                STR_ARG(entries->entry[i].question));
}

/* By name, or by its number in the printed list. */
static const struct entry *find_entry(const struct entries *entries, str wanted)
{
    for (size_t i = 0; i < entries->count; i++) {
        char number[24];
        snprintf(number, sizeof number, "%zu", i + 1);
        if (str_equal(entries->entry[i].name, wanted) || str_equal(str_from(number), wanted))
            return &entries->entry[i];
    }
    return NULL;
}

static const struct entry *unknown_entry(struct arena *arena, const struct entries *entries,
                                         str wanted, struct err *err)
{
    str word[ENTRIES_MAX];
    for (size_t i = 0; i < entries->count; i++)
        word[i] = entries->entry[i].name;
    str hint = mistake_hint(arena, wanted, word, entries->count, true);
    str shown = text_visible(arena, wanted);
    err_set(err, ERR_INPUT, "there is no entry '%.*s'%.*s", STR_ARG(shown), STR_ARG(hint));
    return NULL;
}

/* ---- asking ---- */

static int ask(struct arena *arena, const char *question, str *answer, struct err *err)
{
    char line[ANSWER_BYTES];
    fprintf(stderr, "%s ", question);
    fflush(stderr);
    if (!fgets(line, sizeof line, stdin))
        return err_set(err, ERR_INPUT, "no answer was given");
    *answer = arena_str(arena, str_trim(str_from(line)));
    return 0;
}

static int ask_for_entry(struct arena *arena, const struct entries *entries, str *wanted,
                         struct err *err)
{
    if (!isatty(STDIN_FILENO))
        return err_set(err, ERR_INPUT,
                       "which entry? --from NAME says it; weir init --list has the names");
    print_entries(stderr, entries);
    return ask(arena, "which one (name or number)?", wanted, err);
}

static int ask_for_folder(struct arena *arena, str name, str *folder, struct err *err)
{
    *folder = arena_str(arena, name);
    if (!isatty(STDIN_FILENO))
        return 0;
    str answer, question = arena_printf(arena, "into which folder (%.*s)?", STR_ARG(name));
    if (ask(arena, question.p, &answer, err) < 0)
        return -1;
    if (answer.n)
        *folder = answer;
    return 0;
}

/* ---- copying ---- */

static int write_files(struct arena *arena, str entry, str folder, struct err *err)
{
    for (const struct embedded *file = embedded_fixtures; file->path; file++) {
        str name, rest;
        if (!str_cut(str_from(file->path), '/', &name, &rest) || !str_equal(name, entry))
            continue;
        str path = path_join(arena, folder, rest);
        if (dir_make(path_folder(arena, path).p, err) < 0 ||
            file_write(path.p, schema_line_beside(arena, file->bytes), err) < 0)
            return -1;
        if (file->program && chmod(path.p, 0755) < 0)
            return err_set(err, ERR_FAILED, "%.*s: cannot be made a program", STR_ARG(path));
    }
    return 0;
}

static int copy_entry(struct arena *arena, str entry, str folder, bool quiet, struct err *err)
{
    str shown = text_visible(arena, folder);
    if (!dir_is_empty(folder.p))
        return err_set(err, ERR_INPUT, "%.*s is not empty; expected a new folder",
                       STR_ARG(shown));
    if (dir_make(folder.p, err) < 0 || write_files(arena, entry, folder, err) < 0 ||
        schemas_write(arena, folder, err) < 0)
        return -1;
    if (!quiet)
        fprintf(stderr,
                "%.*s is a copy of %.*s. README.md says what it asks and what to change.\n"
                "  cd %.*s\n"
                "  weir check             # mistakes, and the calls; nothing is sent\n"
                "  weir run --mock        # against the bundled mock server, no key needed\n"
                "  weir report            # the last run again, in this or another form\n",
                STR_ARG(shown), STR_ARG(entry), STR_ARG(shown));
    shown = text_visible(arena, path_join(arena, folder, STR("experiment.yaml")));
    printf("%.*s\n", STR_ARG(shown));
    return EXIT_FINE;
}

static int init_run(struct arena *arena, const void *options, const str *arg, size_t args,
                    struct err *err)
{
    const struct init_cmd *init = options;
    struct entries *entries = arena_new(arena, struct entries);
    str wanted = init->from, folder = cmd_arg(arg, args, 0);
    find_entries(entries);
    if (cmd_no_more(arg, args, 1, err) < 0)
        return -1;
    if (init->list) {
        print_entries(stdout, entries);
        return EXIT_FINE;
    }
    if (!wanted.n && ask_for_entry(arena, entries, &wanted, err) < 0)
        return -1;
    const struct entry *entry = find_entry(entries, wanted);
    if (!entry && !(entry = unknown_entry(arena, entries, wanted, err)))
        return -1;
    if (!folder.n && ask_for_folder(arena, entry->name, &folder, err) < 0)
        return -1;
    return copy_entry(arena, entry->name, folder, init->quiet, err);
}

const struct cmd cmd_init = {
    .name = "init",
    .usage = "[FOLDER] --from NAME",
    .summary = "a new experiment, copied from one of those that come with weir",
    .details =
        "FOLDER is named as the entry when it is not given. The copy is complete: dataset,\n"
        "prompts, a mock that plays the model, and in " SCHEMA_FOLDER
        " the JSON Schemas of both\n"
        "files, which their first lines name for editors.",
    CMD_OPTIONS(init_cmd),
    .run = init_run,
};
