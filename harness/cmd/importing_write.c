/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * importing_write.c: what was imported as a folder that runs (see importing.h).
 *
 * Variants are prompts times providers. Long prompts get files. Every file goes through
 * secret_redact: a key that stood in the configuration cannot get into one.
 */
#include "cmd/importing.h"

#include "base/file.h"
#include "base/log.h"
#include "base/option.h"
#include "base/text.h"
#include "base/yaml_write.h"
#include "cmd/schema.h"
#include "plan/scope.h"

#include <stdlib.h>

enum { PROMPT_IN_PLACE = 120, VARIANTS_MAX = 100 };

static int write_file(struct importing *importing, str folder, str name, struct buf *text,
                      struct err *err)
{
    str path = path_join(importing->arena, folder, name);
    str bytes = secret_redact(importing->arena, buf_str(text));
    int done = dir_make(path_folder(importing->arena, path).p, err) < 0 ||
                       file_write(path.p, bytes, err) < 0
                   ? -1
                   : 0;
    buf_release(text);
    return done;
}

/* Texts without secrets, before their quotes are chosen. */
static const json *without_secrets(struct importing *importing, const json *value)
{
    struct arena *arena = importing->arena;
    if (json_is(value, JSON_TEXT))
        return json_new_text(arena, secret_redact(arena, json_text(value)));
    if (!json_is(value, JSON_LIST) && !json_is(value, JSON_OBJECT))
        return value;
    bool list = json_is(value, JSON_LIST);
    json *copy = list ? json_new_list(arena) : json_new_object(arena);
    for (const json *item = json_first(value); item; item = json_next(item))
        if (list)
            json_add(arena, copy, without_secrets(importing, item));
        else
            json_set(arena, copy, json_key(item), without_secrets(importing, item));
    return copy;
}

/* ---- prompts ---- */

static const json *prompt_in_place(struct importing *importing,
                                   const struct import_prompt *prompt)
{
    struct arena *arena = importing->arena;
    json *value = json_new_object(arena), *turns = json_new_list(arena);
    for (size_t i = 0; i < prompt->messages; i++) {
        const struct import_message *message = &prompt->message[i];
        if (i + 1 == prompt->messages || str_equal(message->role, STR("system"))) {
            json_set(arena, value, i + 1 == prompt->messages ? STR("user") : message->role,
                     json_new_text(arena, message->text));
            continue;
        }
        json *turn = json_new_object(arena);
        json_set_text(arena, turn, "role", message->role);
        json_set_text(arena, turn, "text", message->text);
        json_add(arena, turns, turn);
        json_set(arena, value, STR("messages"), turns);
    }
    return value;
}

static str user_text(const struct import_prompt *prompt)
{
    return prompt->message[prompt->messages - 1].text;
}

/* A file would take "---" in the first line for its own. */
static bool wants_file(const struct import_prompt *prompt)
{
    str user = user_text(prompt);
    return (user.n > PROMPT_IN_PLACE || memchr(user.p, '\n', user.n)) &&
           !str_starts_with(user, STR("---")) && !memchr(user.p, '\r', user.n);
}

static int write_prompt(struct importing *importing, const struct import_prompt *prompt,
                        str folder, struct err *err)
{
    struct buf text = {0};
    const json *whole = prompt_in_place(importing, prompt);
    json *front = json_new_object(importing->arena);
    for (const json *m = json_first(whole); m; m = json_next(m))
        if (!str_equal(json_key(m), STR("user")))
            json_set(importing->arena, front, json_key(m), m);
    if (json_count(front)) {
        struct buf head = {0};
        yaml_write(&head, front, 0, YAML_AS_IT_IS);
        buf_printf(&text, "---%.*s---\n", STR_ARG(buf_str(&head)));
        buf_release(&head);
    }
    buf_printf(&text, "%.*s\n", STR_ARG(user_text(prompt)));
    str name = arena_printf(importing->arena, "prompts/%.*s.md", STR_ARG(prompt->name));
    return write_file(importing, folder, name, &text, err);
}

/* ---- the experiment ---- */

static bool is_wanted(struct importing *importing, const struct import_model *model,
                      const struct import_prompt *prompt)
{
    for (size_t i = 0; i < json_count(model->only.value); i++) {
        str label = import_text(import_at(importing, model->only, i));
        bool group = str_ends_with(label, STR(":*"));
        if (str_equal(label, prompt->label) ||
            str_starts_with(prompt->label,
                            group ? str_sub(label, 0, label.n - 1)
                                  : arena_printf(importing->arena, "%.*s:", STR_ARG(label))))
            return true;
    }
    return !import_is(model->only, JSON_LIST);
}

size_t import_variants(struct importing *importing)
{
    size_t count = 0;
    for (size_t p = 0; p < importing->prompts; p++)
        for (size_t m = 0; m < importing->models; m++)
            count += is_wanted(importing, &importing->model[m], &importing->prompt[p]);
    return count;
}

static const json *variants_of(struct importing *importing)
{
    struct arena *arena = importing->arena;
    json *variants = json_new_object(arena), *taken = json_new_object(arena);
    for (size_t p = 0; p < importing->prompts; p++)
        for (size_t m = 0; m < importing->models; m++) {
            const struct import_prompt *prompt = &importing->prompt[p];
            const struct import_model *model = &importing->model[m];
            if (!is_wanted(importing, model, prompt))
                continue;
            str name = importing->prompts == 1 ? model->shown
                       : importing->models == 1
                           ? prompt->name
                           : arena_printf(arena, "%.*s-%.*s", STR_ARG(prompt->name),
                                          STR_ARG(model->shown));
            json *call = json_new_object(arena), *variant = json_new_object(arena);
            json_set_text(arena, call, "model", model->name);
            json_set(arena, call, STR("prompt"),
                     wants_file(prompt) ? json_new_text(arena, prompt->name)
                                        : prompt_in_place(importing, prompt));
            json_set(arena, variant, STR("call"), call);
            json_set(arena, variants, import_name(importing, name, true, taken), variant);
        }
    return variants;
}

/* promptfoo renders a name that a test lacks as nothing. */
static const json *missing_vars(struct importing *importing)
{
    struct arena *arena = importing->arena;
    json *vars = json_new_object(arena);
    for (const json *m = json_first(importing->used); m; m = json_next(m)) {
        str name = json_key(m);
        size_t without = 0;
        for (size_t i = 0; i < importing->rows; i++)
            without += !json_get(importing->row[i].vars, name);
        if (!without || scope_is_reserved(name) || !name_is_valid(name))
            continue;
        json_set(arena, vars, name, m);
        import_changed(importing, importing->root.place,
                       "'%.*s' is used, and %zu of %zu tests do not have it: empty there, as "
                       "promptfoo makes it",
                       STR_ARG(name), without, importing->rows);
    }
    return vars;
}

static void take_options(struct importing *importing, json *experiment)
{
    static const char *const known[] = {"maxConcurrency", "repeat",          "timeoutMs",
                                        "cache",          "showProgressBar", NULL};
    struct arena *arena = importing->arena;
    struct import_item options = import_get(importing, importing->root, "evaluateOptions");
    int64_t number;
    import_note_others(importing, options, known, "evaluateOptions");
    if (json_int(json_get(options.value, STR("repeat")), &number) && number >= 1 &&
        number <= 1000)
        json_set_int(arena, experiment, "trials", number);
    if (json_int(json_get(options.value, STR("maxConcurrency")), &number) && number >= 1 &&
        number <= 10000)
        json_set_int(arena, experiment, "concurrency", number);
    if (json_int(json_get(options.value, STR("timeoutMs")), &number) && number > 0) {
        json *limits = json_new_object(arena);
        json_set_text(arena, limits, "time", arena_printf(arena, "%lldms", (long long)number));
        json_set(arena, experiment, STR("limits"), limits);
    }
}

static json *experiment_of(struct importing *importing)
{
    struct arena *arena = importing->arena;
    json *experiment = json_new_object(arena);
    str description = import_text(import_get(importing, importing->root, "description"));
    const json *vars = missing_vars(importing);
    if (description.n)
        json_set_text(arena, experiment, "description", description);
    json_set_text(arena, experiment, "dataset", STR("dataset.jsonl"));
    if (json_count(vars))
        json_set(arena, experiment, STR("vars"), vars);
    if (json_count(importing->provider_entries))
        json_set(arena, experiment, STR("providers"), importing->provider_entries);
    json_set(arena, experiment, STR("models"), importing->model_entries);
    take_options(importing, experiment);
    json_set(arena, experiment, STR("variants"), variants_of(importing));
    if (json_count(importing->score_entries))
        json_set(arena, experiment, STR("score"), importing->score_entries);
    return experiment;
}

/* A member a block, blank lines between them. */
static int write_experiment(struct importing *importing, const json *experiment, str folder,
                            struct err *err)
{
    struct buf text = {0};
    str from = text_visible(importing->arena, path_name(importing->path));
    buf_printf(&text, "%s# Imported from %.*s; README.md says what has no counterpart.\n",
               experiment_schema_line, STR_ARG(from));
    for (const json *m = json_first(experiment); m; m = json_next(m)) {
        if (json_is(m, JSON_OBJECT))
            buf_add_char(&text, '\n');
        yaml_write_key(&text, json_key(m), 0);
        yaml_write(&text, m, 2, YAML_AS_IT_IS);
    }
    return write_file(importing, folder, STR("experiment.yaml"), &text, err);
}

/* ---- the rows ---- */

static int write_rows(struct importing *importing, str folder, struct err *err)
{
    struct arena *arena = importing->arena;
    struct buf text = {0};
    for (size_t i = 0; i < importing->rows; i++) {
        const struct import_row *row = &importing->row[i];
        json *out = json_new_object(arena);
        json_set_text(arena, out, "id", arena_printf(arena, "t%zu", i + 1));
        if (row->description.n)
            json_set_text(arena, out, "description", row->description);
        for (const json *m = json_first(row->vars); m; m = json_next(m))
            json_set(arena, out, json_key(m), m);
        if (row->metadata)
            json_set(arena, out, STR("metadata"), row->metadata);
        if (importing->columns)
            json_set(arena, out, STR("expected"), row->expected);
        json_write(&text, out, JSON_SPACED);
        buf_add_char(&text, '\n');
    }
    return write_file(importing, folder, STR("dataset.jsonl"), &text, err);
}

/* ---- what was lost ---- */

static int by_place(const void *a, const void *b)
{
    const struct import_note *x = a, *y = b;
    str path_x = x->place.source ? x->place.source->path : STR("");
    str path_y = y->place.source ? y->place.source->path : STR("");
    int order = str_compare(path_x, path_y);
    if (order)
        return order;
    if (x->place.line != y->place.line)
        return x->place.line < y->place.line ? -1 : 1;
    if (x->place.col != y->place.col)
        return x->place.col < y->place.col ? -1 : 1;
    return str_compare(x->text, y->text);
}

str import_note_line(struct importing *importing, const struct import_note *note)
{
    str place =
        note->place.source ? place_text(importing->arena, note->place) : STR("--provider");
    str line = arena_printf(importing->arena, "%.*s: %s: %.*s", STR_ARG(place),
                            note->loss == IMPORT_LEFT_OUT ? "left out" : "changed",
                            STR_ARG(note->text));
    return text_visible(importing->arena, secret_redact(importing->arena, line));
}

static int write_readme(struct importing *importing, str folder, struct err *err)
{
    struct buf text = {0};
    str from = text_visible(importing->arena, path_name(importing->path));
    buf_printf(&text,
               "# Imported from %.*s\n\n"
               "`weir check` looks for mistakes, `weir run --mock` runs it without a key.\n\n",
               STR_ARG(from));
    if (!importing->notes)
        buf_add_str(&text, STR("Everything has a counterpart.\n"));
    else
        buf_add_str(&text, STR("## What is not as it was\n\n"));
    for (size_t i = 0; i < importing->notes; i++) {
        str line = import_note_line(importing, &importing->note[i]);
        buf_add_str(&text, STR("    "));
        buf_add_str(&text, line);
        buf_add_char(&text, '\n');
    }
    if (importing->notes_dropped)
        buf_printf(&text, "    and %zu more\n", importing->notes_dropped);
    return write_file(importing, folder, STR("README.md"), &text, err);
}

void import_note_what_is_left(struct importing *importing)
{
    static const char *const known[] = {"description",
                                        "prompts",
                                        "providers",
                                        "targets",
                                        "tests",
                                        "defaultTest",
                                        "scenarios",
                                        "evaluateOptions",
                                        "assertionTemplates",
                                        "sharing",
                                        "writeLatestResults",
                                        "$schema",
                                        "outputPath",
                                        NULL};
    struct import_item output = import_get(importing, importing->root, "outputPath");
    if (output.value)
        import_changed(importing, output.place,
                       "configuration: 'outputPath' is -o FILE of `weir run`");
    import_note_others(importing, importing->root, known, "configuration");
}

int import_write(struct importing *importing, str folder, struct err *err)
{
    const json *experiment = without_secrets(importing, experiment_of(importing));
    size_t variants = json_count(json_get(experiment, STR("variants")));
    if (variants == 0 || variants > VARIANTS_MAX)
        return err_set(err, ERR_INPUT,
                       "%zu prompts times %zu providers make %zu variants; expected 1 to %d",
                       importing->prompts, importing->models, variants, VARIANTS_MAX);
    import_sort_notes(importing);
    if (dir_make(folder.p, err) < 0)
        return -1;
    for (size_t i = 0; i < importing->prompts; i++)
        if (wants_file(&importing->prompt[i]) &&
            write_prompt(importing, &importing->prompt[i], folder, err) < 0)
            return -1;
    return write_rows(importing, folder, err) < 0 ||
                   write_experiment(importing, experiment, folder, err) < 0 ||
                   schemas_write(importing->arena, folder, err) < 0 ||
                   write_readme(importing, folder, err) < 0
               ? -1
               : 0;
}

void import_sort_notes(struct importing *importing)
{
    if (importing->notes)
        qsort(importing->note, importing->notes, sizeof *importing->note, by_place);
}
