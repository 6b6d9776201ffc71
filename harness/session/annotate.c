/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * annotate.c: lines of the experiment, from the text that the run's file keeps (see annotate.h).
 */
#include "session/annotate.h"

#include "base/file.h"
#include "base/yaml.h"

#include <unistd.h>

/* Annotations name files as the repository does; CI jobs run in its root. */
static str from_here(struct arena *arena, str path)
{
    char here[4096];
    if (str_starts_with(path, STR("./")))
        return str_sub(path, 2, path.n);
    if (!str_starts_with(path, STR("/")) || !getcwd(here, sizeof here))
        return path;
    str folder = arena_printf(arena, "%s/", here);
    return str_starts_with(path, folder) ? str_sub(path, folder.n, path.n) : path;
}

static const struct store_file *experiment_of(struct store *store)
{
    size_t files;
    const struct store_file *file = store_files(store, &files);
    for (size_t i = 0; i < files; i++)
        if (str_equal(file[i].role, STR("experiment")))
            return &file[i];
    return NULL;
}

static void add_rules(struct report_input *input, const struct yaml *root, str file,
                      struct arena *arena)
{
    const struct yaml *require = yaml_get(root, STR("require"));
    if (!yaml_is(require, YAML_LIST))
        return;
    struct report_place *rule = arena_array(arena, struct report_place, require->count + 1);
    for (size_t i = 0; i < require->count; i++)
        rule[i] = (struct report_place){file, require->item[i]->place.line};
    input->rule = rule;
    input->rules = require->count;
}

void annotate_places(struct report_input *input, struct store *store, struct arena *arena)
{
    str path = from_here(arena, arena_str(arena, store_run_row(store)->experiment_path)), text;
    const struct store_file *file = experiment_of(store);
    struct mistakes mistakes;
    if (!path.n)
        return;
    input->experiment = (struct report_place){path, 1};
    if (!file || store_body(store, file->text.id, arena, &text, NULL) < 0)
        return;
    mistakes_init(&mistakes, arena);
    struct source *source = arena_new(arena, struct source);
    *source = (struct source){path, text};
    const struct yaml *root = yaml_parse(arena, source, &yaml_file_limits, &mistakes);
    if (yaml_is(root, YAML_MAPPING))
        add_rules(input, root, path, arena);
}
