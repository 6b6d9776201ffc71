/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * bind_command.c: commands of the experiment: a list of texts, found before a run (see bind.h).
 *
 * A command is never templated and never seen by a shell: its texts are handed over as they
 * stand in the file, and a {{…}} in them is a mistake, not a hole to fill.
 */
#include "plan/bind.h"

#include "base/file.h"
#include "io/exec.h"
#include "plan/experiment.h"

#include <stdlib.h>

static int bad_text(const struct binder *binder, const struct yaml *yaml, const char *what)
{
    if (yaml->kind != YAML_TEXT)
        return mistake_add(binder->mistakes, yaml->place, "%s has %s; expected a text", what,
                           yaml_kind_name(yaml));
    if (str_contains(yaml->text, STR("{{")))
        return mistake_add(binder->mistakes, yaml->place,
                           "%s holds {{…}}; a command is never a template, expected the values "
                           "in its input",
                           what);
    if (memchr(yaml->text.p, '\0', yaml->text.n))
        return mistake_add(binder->mistakes, yaml->place, "%s holds a NUL character", what);
    return 0;
}

/* The files of the experiment that a command names: a script is the program as much as the
 * interpreter is, which is not ours to keep. */
static void note_files(const struct binder *binder, const struct command *command)
{
    struct experiment *experiment = binder->experiment;
    for (size_t i = 0; experiment && i < command->argc; i++) {
        str path = command->argv[i];
        bool ours = path.n && path.p[0] != '/' && path.p[0] != '-' &&
                    (i > 0 || str_contains(path, STR("/")));
        path = path_join(binder->arena, experiment->folder, path);
        if (ours && (i == 0 || file_exists(path.p))) /* an argument may be no file at all */
            experiment_file_used(experiment, "program", path);
    }
}

int bind_command(const struct binder *binder, const struct yaml *yaml, const char *what,
                 struct command *command)
{
    if (!yaml_is(yaml, YAML_LIST) || yaml->count == 0)
        return mistake_add(binder->mistakes, yaml->place,
                           "%s is %s; expected a list of texts, the program and its arguments",
                           what, yaml_is(yaml, YAML_LIST) ? "empty" : yaml_kind_name(yaml));
    str *argv = arena_array(binder->arena, str, yaml->count);
    int result = 0;
    for (size_t i = 0; i < yaml->count; i++) {
        argv[i] = yaml->item[i]->text;
        result |= yaml->item[i]->text.n ? bad_text(binder, yaml->item[i], what) : 0;
    }
    if (result < 0)
        return -1;
    struct err err = {0};
    *command = (struct command){.argv = argv, .argc = yaml->count};
    command->folder = binder->experiment ? binder->experiment->folder : STR(".");
    note_files(binder, command);
    if (exec_find(binder->arena, command->folder, argv[0], &command->program, &err) < 0)
        return mistake_add(binder->mistakes, yaml->item[0]->place, "%s: %s", what, err.message);
    return 0;
}

static bool is_key(const struct experiment *experiment, str name)
{
    for (size_t i = 0; experiment && i < experiment->providers; i++) {
        const struct llm_provider *provider = experiment->provider[i];
        for (size_t k = 0; k < provider->endpoints; k++)
            if (str_equal(provider->endpoint[k].key_env, name))
                return true;
        for (size_t k = 0; k < provider->headers_env.count; k++)
            if (str_equal(provider->headers_env.pair[k].value, name))
                return true;
    }
    return false;
}

/* "NAME=value" of a variable that is set; what is not set is not passed on. */
static void add_variable(const struct binder *binder, str name, str *environment, size_t *count)
{
    const char *value = getenv(arena_str(binder->arena, name).p);
    if (value)
        environment[(*count)++] = arena_printf(binder->arena, "%.*s=%s", STR_ARG(name), value);
}

int bind_environment(const struct binder *binder, const struct yaml *yaml,
                     struct command *command)
{
    static const str by_default[] = {STR_INIT("PATH"), STR_INIT("LANG")};
    size_t names = yaml ? yaml->count : 2;
    str *environment = arena_array(binder->arena, str, names + 1);
    int result = 0;
    command->environment = environment;
    command->environments = 0;
    if (yaml && yaml->kind != YAML_LIST)
        return mistake_add(binder->mistakes, yaml->place,
                           "env is %s; expected a list of names of variables",
                           yaml_kind_name(yaml));
    for (size_t i = 0; i < names; i++) {
        str name = yaml ? yaml->item[i]->text : by_default[i];
        if (yaml && (yaml->item[i]->kind != YAML_TEXT || !name_is_valid(name)))
            result = mistake_add(binder->mistakes, yaml->item[i]->place,
                                 "env has %s that is no name of a variable",
                                 yaml_kind_name(yaml->item[i]));
        else if (is_key(binder->experiment, name))
            result = mistake_add(binder->mistakes, yaml->item[i]->place,
                                 "env names '%.*s', which holds a provider's key; a command "
                                 "must not have it",
                                 STR_ARG(name));
        else
            add_variable(binder, name, environment, &command->environments);
    }
    return result;
}
