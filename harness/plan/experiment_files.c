/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * experiment_files.c: prompts and schemas by name, each file read once (see experiment.h).
 */
#include "plan/experiment_files.h"

#include "base/ceilings.h"
#include "base/file.h"

#include <dirent.h>

struct loaded {
    struct loaded *next;
    str name;
    const void *object; /* struct prompt or struct jsonschema; NULL: it has mistakes */
};

struct experiment_files {
    struct loaded *prompts, *schemas;
    struct experiment_file *first, **last;
};

struct experiment_files *experiment_files_new(struct arena *arena)
{
    struct experiment_files *files = arena_new(arena, struct experiment_files);
    files->last = &files->first;
    return files;
}

/* ---- which there are ---- */

/* "./a/b" and "a/b" are one name. */
static str without_dots(str name)
{
    while (str_starts_with(name, STR("./")))
        name = str_sub(name, 2, name.n);
    return name;
}

static str name_of(const struct experiment *experiment, str path)
{
    str folder = without_dots(experiment->folder), name = without_dots(path);
    if (str_equal(experiment->folder, STR(".")))
        return name;
    while (folder.n > 1 && folder.p[folder.n - 1] == '/')
        folder.n--;
    bool inside = str_starts_with(name, folder) && name.n > folder.n && name.p[folder.n] == '/';
    return inside ? without_dots(str_sub(name, folder.n + 1, name.n)) : path;
}

void experiment_file_used(struct experiment *experiment, const char *role, str path)
{
    struct experiment_files *files = experiment->files;
    str name = name_of(experiment, path);
    for (const struct experiment_file *file = files->first; file; file = file->next)
        if (str_equal(file->name, name))
            return;
    struct experiment_file *file = arena_new(experiment->arena, struct experiment_file);
    *file = (struct experiment_file){
        .role = role, .path = arena_str(experiment->arena, path), .name = name};
    *files->last = file;
    files->last = &file->next;
}

const struct experiment_file *experiment_files_used(const struct experiment *experiment)
{
    return experiment->files->first;
}

static bool decides_results(const struct experiment_file *file)
{
    static const char *const roles[] = {"prompt", "schema", "rows", "program"};
    for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++)
        if (strcmp(file->role, roles[i]) == 0)
            return true;
    return false;
}

struct hash128 experiment_files_hash(const struct experiment *experiment)
{
    struct hash128 hash = {0};
    for (const struct experiment_file *file = experiment->files->first; file;
         file = file->next) {
        struct arena arena = {0};
        str text = {"", 0};
        if (decides_results(file) &&
            file_read(&arena, file->path.p, MAX_DATASET_BYTES, &text, NULL) == 0)
            hash = hash_add(hash_add(hash, path_name(file->path)), text);
        arena_release(&arena);
    }
    return hash;
}

static struct loaded *find(struct loaded *list, str name)
{
    while (list && !str_equal(list->name, name))
        list = list->next;
    return list;
}

static const void *keep(struct experiment *experiment, struct loaded **list, str name,
                        const void *object)
{
    struct loaded *entry = arena_new(experiment->arena, struct loaded);
    *entry = (struct loaded){*list, name, object};
    *list = entry;
    return object;
}

/* The names in a folder, without their endings, for "did you mean". */
static str *names_in(struct arena *arena, str folder, const char *const *endings, size_t *count)
{
    size_t capacity = 64;
    str *words = arena_array(arena, str, capacity);
    *count = 0;
    DIR *dir = opendir(arena_str(arena, folder).p);
    if (!dir)
        return words;
    for (const struct dirent *entry; (entry = readdir(dir)) && *count < capacity;)
        for (size_t i = 0; endings[i]; i++) {
            str name = str_from(entry->d_name), ending = str_from(endings[i]);
            if (str_ends_with(name, ending) && name.n > ending.n)
                words[(*count)++] = arena_str(arena, str_sub(name, 0, name.n - ending.n));
        }
    closedir(dir);
    return words;
}

/* The file of that name with one of the endings. Empty after a mistake: none, or two. */
static str find_file(struct experiment *experiment, const char *what, str folder, str name,
                     const char *const *endings, struct place place, struct mistakes *mistakes)
{
    struct arena *arena = experiment->arena;
    str found = {"", 0};
    while (folder.n > 1 && folder.p[folder.n - 1] == '/')
        folder.n--;
    bool plain = name.n > 0 && !str_contains(name, STR("/")) && name.p[0] != '.';
    for (size_t i = 0; plain && endings[i]; i++) {
        str path =
            arena_printf(arena, "%.*s/%.*s%s", STR_ARG(folder), STR_ARG(name), endings[i]);
        if (!file_exists(path.p))
            continue;
        experiment_file_used(experiment, what, path);
        if (found.n) {
            mistake_add(mistakes, place, "two files for %s '%.*s': %.*s and %.*s; expected one",
                        what, STR_ARG(name), STR_ARG(found), STR_ARG(path));
            return (str){"", 0};
        }
        found = path;
    }
    if (found.n)
        return found;
    for (size_t i = 0; plain && endings[i]; i++) /* where it is waited for */
        experiment_file_used(
            experiment, what,
            arena_printf(arena, "%.*s/%.*s%s", STR_ARG(folder), STR_ARG(name), endings[i]));
    size_t count;
    str *words = names_in(arena, folder, endings, &count);
    str hint = mistake_hint(arena, name, words, count, false);
    str shown = path_name(folder);
    if (!hint.n && !plain)
        hint = STR("; expected the name of a file there, without folder and ending");
    if (!hint.n)
        hint = arena_printf(arena, "; expected a file %.*s%s or %.*s%s there", STR_ARG(name),
                            endings[0], STR_ARG(name), endings[1]);
    mistake_add(mistakes, place, "no %s '%.*s' in %.*s/%.*s", what, STR_ARG(name),
                STR_ARG(shown), STR_ARG(hint));
    return (str){"", 0};
}

const struct prompt *experiment_prompt(struct experiment *experiment, str name,
                                       struct place place, struct mistakes *mistakes)
{
    static const char *const endings[] = {".md", ".txt", NULL};
    struct loaded *known = find(experiment->files->prompts, name);
    if (known)
        return known->object;
    str path = find_file(experiment, "prompt", experiment->prompt_folder, name, endings, place,
                         mistakes);
    if (path.n == 0)
        return NULL; /* and looked for again, so that each place that names it is told */
    const struct prompt *prompt = prompt_load(experiment->arena, name, path, path, mistakes);
    return keep(experiment, &experiment->files->prompts, name, prompt);
}

/* ---- schemas ---- */

/* The place of a JSON pointer in a JSON file, found by reading it as the YAML it also is. */
static struct place pointer_place(struct arena *arena, const struct source *source, str pointer)
{
    struct mistakes quiet;
    mistakes_init(&quiet, arena);
    const struct yaml *node = yaml_parse(arena, source, &yaml_file_limits, &quiet);
    return node ? bind_pointer_place(arena, node, pointer) : (struct place){source, 1, 1};
}

static const json *read_json(struct experiment *experiment, const struct source *source,
                             struct mistakes *mistakes)
{
    if (!str_equal(path_extension(source->path), STR("json"))) {
        const struct yaml *yaml =
            yaml_parse(experiment->arena, source, &yaml_file_limits, mistakes);
        return yaml ? yaml_to_json(experiment->arena, yaml) : NULL;
    }
    struct json_error error = {0};
    const json *value = json_parse_unique(experiment->arena, source->text, &error);
    if (!value)
        mistake_add(mistakes, (struct place){source, error.line, error.col}, "%.*s",
                    STR_ARG(json_error_text(experiment->arena, &error)));
    return value;
}

static const struct jsonschema *load_schema(struct experiment *experiment, str path,
                                            struct mistakes *mistakes)
{
    struct arena *arena = experiment->arena;
    struct source *source = arena_new(arena, struct source);
    struct err err = {0};
    source->path = path;
    if (file_read(arena, path.p, MAX_SCHEMA_BYTES, &source->text, &err) < 0) {
        mistake_add(mistakes, (struct place){0}, "%s", err.message);
        return NULL;
    }
    const json *value = read_json(experiment, source, mistakes);
    if (!value)
        return NULL;
    struct jsonschema_problem problem = {0};
    const struct jsonschema *schema = jsonschema_new(arena, value, &problem);
    if (!schema)
        mistake_add(mistakes, pointer_place(arena, source, problem.path),
                    "not a JSON Schema: %.*s", STR_ARG(problem.text));
    return schema;
}

const struct jsonschema *experiment_schema(struct experiment *experiment, str name,
                                           struct place place, struct mistakes *mistakes)
{
    static const char *const endings[] = {".json", ".yaml", NULL};
    struct loaded *known = find(experiment->files->schemas, name);
    if (known)
        return known->object;
    str path = find_file(experiment, "schema", experiment->schema_folder, name, endings, place,
                         mistakes);
    if (path.n == 0)
        return NULL;
    const struct jsonschema *schema = load_schema(experiment, path, mistakes);
    return keep(experiment, &experiment->files->schemas, name, schema);
}
