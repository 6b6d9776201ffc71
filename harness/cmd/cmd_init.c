/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cmd_init.c: weir init: a new experiment, copied from one of those that are part of the program.
 *
 * The entries are the folders below fixtures/. Their files go out as they are, but for the line
 * that names the schema for editors: a copy has the schemas in it, as this weir knows them.
 */
#include "cmd/cmd.h"
#include "cmd/init.h"
#include "cmd/init_dataset.h"

#include "base/embedded.h"
#include "base/file.h"
#include "base/mistakes.h"
#include "base/text.h"
#include "plan/experiment.h"
#include "cmd/schema.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* Made of fixtures/ by cmake/Embed.cmake. */
extern const struct embedded embedded_fixtures[];

struct init_cmd {
    str from, dataset, expected;
    struct init_models models;
    bool list, quiet;
};

static const struct opt init_cmd_options[] = {
    OPT_TEXT(init_cmd, from, .word = "NAME",
             .help = "the entry to copy; without it a terminal is asked"),
    OPT_TEXT(init_cmd, dataset, .word = "FILE",
             .help =
                 "your own rows (.csv, .jsonl, .json, .yaml) instead of an entry: one prompt "
                 "against two steps, as a start"),
    OPT_TEXT(init_cmd, expected, .word = "COLUMN",
             .help = "with --dataset: what the right answer is; by default expected, answer, "
                     "label or the like"),
    {.key = "provider",
     .type = OPT_TYPE_TEXT,
     .offset = offsetof(struct init_cmd, models.provider),
     .word = "NAME",
     .help = "who answers: anthropic, gemini, openai; with --model"},
    {.key = "model",
     .type = OPT_TYPE_TEXTS,
     .offset = offsetof(struct init_cmd, models.model),
     .word = "[KEY=]NAME",
     .help = "the model, as the provider calls it, in place of all those of the entry, or of "
             "the one it calls KEY; may be repeated"},
    {.key = "base_url",
     .type = OPT_TYPE_TEXT,
     .offset = offsetof(struct init_cmd, models.base_url),
     .word = "URL",
     .help = "a server of your own that speaks openai-chat, instead of --provider"},
    {.key = "key_env",
     .type = OPT_TYPE_TEXT,
     .offset = offsetof(struct init_cmd, models.key_env),
     .word = "VARIABLE",
     .help = "with --base-url: the environment variable that holds its key; none by default"},
    OPT_BOOL(init_cmd, list, .fallback = "false", .help = "print the entries, and copy none"),
    OPT_BOOL(init_cmd, quiet, .letter = 'q', .fallback = "false",
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

static str changed(struct arena *arena, str name, str bytes, const struct init_changes *changes)
{
    if (str_equal(name, STR("experiment.yaml")))
        return init_models_in_experiment(changes, bytes, arena);
    return str_equal(name, STR("mock.yaml")) ? init_models_in_mock(changes, bytes, arena)
                                             : bytes;
}

static int write_files(struct arena *arena, str entry, str folder,
                       const struct init_changes *changes, struct err *err)
{
    for (const struct embedded *file = embedded_fixtures; file->path; file++) {
        str name, rest;
        if (!str_cut(str_from(file->path), '/', &name, &rest) || !str_equal(name, entry))
            continue;
        str path = path_join(arena, folder, rest);
        if (dir_make(path_folder(arena, path).p, err) < 0 ||
            file_write(path.p,
                       changed(arena, rest, schema_line_beside(arena, file->bytes), changes),
                       err) < 0)
            return -1;
        if (file->program && chmod(path.p, 0755) < 0)
            return err_set(err, ERR_FAILED, "%.*s: cannot be made a program", STR_ARG(path));
    }
    return 0;
}

/* Each variable once. */
static void tell_keys(FILE *out, const struct init_changes *changes)
{
    for (size_t i = 0; i < changes->models; i++) {
        str key = init_models_key(changes, i);
        bool told = key.n == 0;
        for (size_t k = 0; k < i; k++)
            told = told || str_equal(key, init_models_key(changes, k));
        if (!told)
            fprintf(out, "  export %.*s=…\n", STR_ARG(key));
    }
}

static bool is_changed(const struct init_changes *changes)
{
    for (size_t i = 0; i < changes->models; i++)
        if (changes->model[i].wanted.n)
            return true;
    return false;
}

/* What to type now. */
static void tell_next(struct arena *arena, str what, str folder,
                      const struct init_changes *changes)
{
    str shown = text_visible(arena, folder);
    fprintf(stderr,
            "%.*s is %.*s. README.md says what it asks and what to change.\n"
            "  cd %.*s\n"
            "  weir check             # mistakes, calls and cost; nothing is sent\n"
            "  weir run --mock        # against the bundled mock server, no key needed\n",
            STR_ARG(shown), STR_ARG(what), STR_ARG(init_shell_word(arena, shown)));
    if (!is_changed(changes)) {
        fprintf(stderr,
                "  weir report            # the last run again, in this or another form\n");
        return;
    }
    tell_keys(stderr, changes);
    fprintf(stderr, "  weir run -n 5 %s   # a first look at the real model%s\n",
            changes->unpriced ? "--max-calls 50" : "--max-cost 0.50",
            changes->unpriced ? "; `price` of a model says what it costs" : "");
}

/* That it is an experiment still: a model may not take what the entry gives it. */
static int check_copy(struct arena *arena, str path, struct err *err)
{
    const struct experiment_options as_it_is = {.seed = -1};
    return experiment_load(arena, path, &as_it_is, err) ? 0 : -1;
}

/* Nothing is written over. */
static int check_folder(struct arena *arena, str folder, struct err *err)
{
    bool is_file = file_exists(folder.p) && !dir_exists(folder.p);
    if (is_file || !dir_is_empty(folder.p)) {
        str shown = text_visible(arena, folder);
        return err_set(err, ERR_INPUT, "%.*s is %s; expected a new folder", STR_ARG(shown),
                       is_file ? "a file" : "not empty");
    }
    return 0;
}

static int write_copy(struct arena *arena, str entry, str folder,
                      const struct init_changes *changes, struct err *err)
{
    if (dir_make(folder.p, err) == 0 && write_files(arena, entry, folder, changes, err) == 0 &&
        schemas_write(arena, folder, err) == 0 &&
        (!is_changed(changes) ||
         check_copy(arena, path_join(arena, folder, STR("experiment.yaml")), err) == 0))
        return 0;
    dir_remove(folder.p);
    return -1;
}

static int copy_entry(struct arena *arena, str entry, str folder, bool quiet,
                      const struct init_changes *changes, struct err *err)
{
    str path = path_join(arena, folder, STR("experiment.yaml"));
    if (check_folder(arena, folder, err) < 0 ||
        write_copy(arena, entry, folder, changes, err) < 0)
        return -1;
    if (!quiet)
        tell_next(arena, arena_printf(arena, "a copy of %.*s", STR_ARG(entry)), folder,
                  changes);
    path = text_visible(arena, path);
    printf("%.*s\n", STR_ARG(path));
    return EXIT_FINE;
}

static str experiment_of(str entry)
{
    for (const struct embedded *file = embedded_fixtures; file->path; file++) {
        str name, rest;
        if (str_cut(str_from(file->path), '/', &name, &rest) && str_equal(name, entry) &&
            str_equal(rest, STR("experiment.yaml")))
            return file->bytes;
    }
    return (str){"", 0};
}

/* What the command line left open, of somebody who was asked for the entry too. */
static int ask_for_models(struct arena *arena, const struct init_changes *changes,
                          struct init_models *wanted, struct err *err)
{
    str *model = arena_array(arena, str, INIT_MODELS_MOST);
    if (ask(arena,
            "which provider will answer: anthropic, gemini, openai (Enter: the mock, for now)?",
            &wanted->provider, err) < 0)
        return -1;
    for (size_t i = 0; i < changes->models && wanted->provider.n; i++) {
        str name,
            question =
                arena_printf(arena, "which of its models plays '%.*s' (there: %.*s)?",
                             STR_ARG(changes->model[i].key), STR_ARG(changes->model[i].name));
        if (ask(arena, question.p, &name, err) < 0)
            return -1;
        if (!name.n)
            continue; /* and init_models_choose says so */
        model[wanted->model.count++] =
            arena_printf(arena, "%.*s=%.*s", STR_ARG(changes->model[i].key), STR_ARG(name));
    }
    wanted->model.text = model;
    return 0;
}

static int init_from(struct arena *arena, const struct init_cmd *init, str folder,
                     struct err *err)
{
    struct entries *entries = arena_new(arena, struct entries);
    struct init_changes changes = {.models = 0};
    struct init_models models = init->models;
    str wanted = init->from;
    find_entries(entries);
    if (!wanted.n && ask_for_entry(arena, entries, &wanted, err) < 0)
        return -1;
    const struct entry *entry = find_entry(entries, wanted);
    if (!entry && !(entry = unknown_entry(arena, entries, wanted, err)))
        return -1;
    if (!folder.n && ask_for_folder(arena, entry->name, &folder, err) < 0)
        return -1;
    init_models_find(experiment_of(entry->name), &changes);
    bool asks = !init->from.n && !init_models_are_wanted(&models) && isatty(STDIN_FILENO);
    if ((asks && ask_for_models(arena, &changes, &models, err) < 0) ||
        init_models_choose(&changes, &models, arena, err) < 0)
        return -1;
    return copy_entry(arena, entry->name, folder, init->quiet, &changes, err);
}

/* ---- an experiment about somebody's rows ---- */

static int write_own(struct arena *arena, const struct init_dataset *dataset, str folder,
                     const struct init_changes *changes, struct err *err)
{
    for (const struct init_file *file = init_dataset_files(dataset, arena); file->name;
         file++) {
        str name = str_from(file->name), path = path_join(arena, folder, name);
        if (dir_make(path_folder(arena, path).p, err) < 0 ||
            file_write(path.p, changed(arena, name, file->text, changes), err) < 0)
            return -1;
    }
    return schemas_write(arena, folder, err);
}

static int init_own(struct arena *arena, const struct init_cmd *init, str folder,
                    struct err *err)
{
    struct init_dataset dataset;
    struct init_changes changes = {.models = 0};
    if (init->from.n)
        return err_set(err, ERR_INPUT,
                       "--dataset makes an experiment of its own; expected no "
                       "--from");
    if (init_dataset_read(&dataset, init->dataset, init->expected, arena, err) < 0)
        return -1;
    init_models_find(init_dataset_files(&dataset, arena)->text, &changes);
    if (init_models_choose(&changes, &init->models, arena, err) < 0)
        return -1;
    if (!folder.n)
        folder = dataset.name;
    if (check_folder(arena, folder, err) < 0)
        return -1;
    str path = path_join(arena, folder, STR("experiment.yaml"));
    if (write_own(arena, &dataset, folder, &changes, err) < 0 ||
        check_copy(arena, path, err) < 0) {
        dir_remove(folder.p);
        return -1;
    }
    if (!init->quiet)
        tell_next(arena,
                  arena_printf(arena, "about the %zu rows of %.*s%s%.*s", dataset.rows.count,
                               STR_ARG(text_visible(arena, init->dataset)),
                               dataset.expected.n ? ", right is column " : "",
                               STR_ARG(text_visible(arena, dataset.expected))),
                  folder, &changes);
    path = text_visible(arena, path);
    printf("%.*s\n", STR_ARG(path));
    return EXIT_FINE;
}

static int init_run(struct arena *arena, const void *options, const str *arg, size_t args,
                    struct err *err)
{
    const struct init_cmd *init = options;
    if (cmd_no_more(arg, args, 1, err) < 0)
        return -1;
    if (init->list) {
        struct entries *entries = arena_new(arena, struct entries);
        find_entries(entries);
        print_entries(stdout, entries);
        return EXIT_FINE;
    }
    if (init->dataset.n)
        return init_own(arena, init, cmd_arg(arg, args, 0), err);
    if (init->expected.n)
        return err_set(err, ERR_INPUT, "--expected is of --dataset; expected that too");
    return init_from(arena, init, cmd_arg(arg, args, 0), err);
}

const struct cmd cmd_init = {
    .name = "init",
    .usage = "[FOLDER] --from NAME | --dataset FILE",
    .summary = "a new experiment, copied from one of those that come with weir",
    .details =
        "FOLDER is named as the entry when it is not given. The copy is complete: dataset,\n"
        "prompts, a mock that plays the model, and in " SCHEMA_FOLDER
        " the JSON Schemas of both\n"
        "files, which their first lines name for editors. With --provider and --model it is\n"
        "asked of your model instead of the entry's: weir init --from faq --provider "
        "anthropic\n"
        "--model NAME; --mock plays it all the same. With --dataset it is about your own "
        "rows:\n"
        "weir init --dataset mails.csv --expected team.",
    CMD_OPTIONS(init_cmd),
    .run = init_run,
};
