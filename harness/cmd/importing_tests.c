/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * importing_tests.c: tests of a configuration that is imported, as rows (see importing.h).
 *
 * A test is made of layers: defaultTest, the part of a scenario, the test itself. Later variables win,
 * assertions add up. A variable that is a list of texts stands for a test for each of them, and
 * several for every combination, as promptfoo runs them.
 */
#include "cmd/importing.h"

#include "base/dataset.h"
#include "base/file.h"
#include "base/text.h"

enum { LAYERS = 3, ROWS_MAX = 100000 };

struct layers {
    struct import_item layer[LAYERS];
    size_t count;
    size_t shared; /* how many of them are of all tests: defaultTest */
};

static struct layers with(struct layers layers, struct import_item item)
{
    layers.layer[layers.count++] = item;
    return layers;
}

static struct import_item last_layer(const struct layers *layers)
{
    return layers->layer[layers->count - 1];
}

/* ---- variables ---- */

static bool is_medium(str path)
{
    static const char *const endings[] = {".png", ".jpg",  ".jpeg", ".gif",  ".webp",
                                          ".svg", ".pdf",  ".mp3",  ".wav",  ".mp4",
                                          ".bmp", ".webm", ".xls",  ".xlsx", ".mov"};
    str lower = path;
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
        if (lower.n >= strlen(endings[i]) &&
            str_equal_nocase(str_sub(lower, lower.n - strlen(endings[i]), lower.n),
                             str_from(endings[i])))
            return true;
    return false;
}

/* What a file://… in a variable stands for; NULL after a note or a mistake. */
static const json *value_of_file(struct importing *importing, str path, struct place place)
{
    str extension = path_extension(path), text;
    if (import_is_program(path) || is_medium(path)) {
        import_left_out(importing, place, "test: a variable that is %s",
                        import_is_program(path) ? "made by a program" : "no text");
        return NULL;
    }
    if (str_equal(extension, STR("json")) || str_equal(extension, STR("yaml")) ||
        str_equal(extension, STR("yml")))
        return import_load(importing, path, place).value;
    if (!import_load_text(importing, path, place, &text))
        return NULL;
    return json_new_text(importing->arena, str_trim(text));
}

/* The value or values that a variable takes; NULL after a note or a mistake. */
static const json *values_of(struct importing *importing, const json *value, bool expands,
                             struct place place)
{
    str path, *paths;
    json *list = json_new_list(importing->arena);
    if (json_is(value, JSON_TEXT) && import_names_file(json_text(value), &path)) {
        if (import_is_program(path) || is_medium(path))
            return value_of_file(importing, path, place);
        size_t count = import_paths(importing, path, place, &paths);
        for (size_t i = 0; i < count; i++) {
            const json *one = value_of_file(importing, paths[i], place);
            if (!one)
                return NULL;
            json_add(importing->arena, list, one);
        }
        return count ? list : NULL;
    }
    if (expands && json_is(value, JSON_LIST) && json_is(json_first(value), JSON_TEXT)) {
        for (const json *item = json_first(value); item; item = json_next(item)) {
            const json *some = values_of(importing, item, false, place);
            if (!some)
                return NULL;
            json_add(importing->arena, list, json_first(some));
        }
        return list;
    }
    json_add(importing->arena, list, value);
    return list;
}

/* Variables may name each other. */
static const json *rendered_vars(struct importing *importing, const json *vars,
                                 struct place place)
{
    json *rendered = json_new_object(importing->arena);
    for (const json *var = json_first(vars); var; var = json_next(var)) {
        str why;
        const json *value = import_rendered(importing, var, vars, &why);
        if (!value)
            import_changed(
                importing, place, "test: variable '%.*s' stays as it is written: %.*s",
                STR_ARG(text_visible(importing->arena, json_key(var))), STR_ARG(why));
        json_set(importing->arena, rendered, json_key(var), value ? value : var);
    }
    return rendered;
}

/* ---- rows ---- */

static size_t add_row(struct importing *importing, struct import_row row)
{
    if (importing->rows == importing->row_room) {
        importing->row_room = importing->row_room ? 2 * importing->row_room : 64;
        importing->row = arena_grow(importing->arena, importing->row, importing->rows,
                                    importing->row_room, sizeof row);
    }
    importing->row[importing->rows] = row;
    return importing->rows++;
}

/* Members of all layers' mapping `name`; later ones win. */
static const json *merged(struct importing *importing, const struct layers *layers,
                          const char *name)
{
    json *all = json_new_object(importing->arena);
    for (size_t i = 0; i < layers->count; i++) {
        struct import_item part = import_get(importing, layers->layer[i], name);
        if (str_equal(str_from(name), STR("vars")))
            part = import_resolved(importing, part, "test: variables");
        if (import_is(part, JSON_OBJECT))
            for (const json *m = json_first(part.value); m; m = json_next(m))
                json_set(importing->arena, all, json_key(m), m);
    }
    return all;
}

static void add_assertions(struct importing *importing, const struct layers *layers, size_t row,
                           struct import_item options)
{
    bool own = json_bool(json_get(options.value, STR("disableDefaultAsserts")));
    for (size_t i = own ? layers->shared : 0; i < layers->count; i++) {
        struct import_item list = import_get(importing, layers->layer[i], "assert");
        for (size_t k = 0; k < json_count(list.value); k++)
            import_assertion(importing, import_at(importing, list, k), options, row,
                             i < layers->shared, 1);
    }
}

struct expansion {
    struct importing *importing;
    const struct layers *layers;
    const json *const *name; /* a member of vars for its name */
    const json *const *values;
    size_t count;
    struct import_item options;
    struct import_row row;
};

/* Every combination of the values from variable `at` on. */
static void expand(const struct expansion *e, size_t at, const json *chosen)
{
    struct importing *importing = e->importing;
    if (importing->rows >= ROWS_MAX)
        return;
    if (at == e->count) {
        struct import_row row = e->row;
        row.vars = rendered_vars(importing, chosen, row.place);
        add_assertions(importing, e->layers, add_row(importing, row), e->options);
        return;
    }
    for (const json *value = json_first(e->values[at]); value; value = json_next(value)) {
        json *next = json_copy(importing->arena, chosen);
        json_set(importing->arena, next, import_input_name(importing, json_key(e->name[at])),
                 value);
        expand(e, at + 1, next);
    }
}

static void note_what_is_not_there(struct importing *importing, const struct layers *layers)
{
    static const char *const known[] = {"vars",    "assert", "description", "metadata",
                                        "options", "tests",  "config",      NULL};
    static const char *const options[] = {"provider",    "transform",
                                          "postprocess", "disableVarExpansion",
                                          "runSerially", "disableDefaultAsserts",
                                          NULL};
    for (size_t i = 0; i < layers->count; i++) {
        import_note_others(importing, layers->layer[i], known, "test");
        import_note_others(importing, import_get(importing, layers->layer[i], "options"),
                           options, "test: options");
    }
}

static void add_test(struct importing *importing, struct layers layers)
{
    struct arena *arena = importing->arena;
    struct import_item test = last_layer(&layers);
    const json *vars = merged(importing, &layers, "vars");
    const json *metadata = merged(importing, &layers, "metadata");
    struct import_item options = {.value = merged(importing, &layers, "options"),
                                  .place = test.place};
    size_t count = json_count(vars), n = 0;
    const json **name = arena_array(arena, const json *, count + 1);
    const json **values = arena_array(arena, const json *, count + 1);
    bool expands = !json_bool(json_get(options.value, STR("disableVarExpansion")));
    note_what_is_not_there(importing, &layers);
    for (const json *var = json_first(vars); var; var = json_next(var), n++) {
        name[n] = var;
        values[n] = values_of(importing, var, expands, test.place);
        if (!values[n])
            return;
    }
    struct expansion expansion = {
        importing,
        &layers,
        name,
        values,
        count,
        options,
        {.metadata = json_count(metadata) ? metadata : NULL,
         .description = import_text(import_get(importing, test, "description")),
         .place = test.place}};
    expand(&expansion, 0, json_new_object(arena));
}

/* ---- files and lists ---- */

static void add_tests(struct importing *importing, struct layers base,
                      struct import_item tests);

/* A row that names its variables as columns of a CSV file do. */
static bool is_flat(const json *row)
{
    static const char *const words[] = {"vars", "assert", "options", "metadata", "provider"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (json_get(row, str_from(words[i])))
            return false;
    return true;
}

static void add_rows(struct importing *importing, struct layers base, str path,
                     struct place place)
{
    struct rows rows = {0};
    if (rows_load_at(importing->arena, path, path, place, &rows, importing->mistakes) < 0)
        return;
    for (size_t i = 0; i < rows.count; i++) {
        struct import_item test = {.value = rows.row[i].value, .place = rows.row[i].place};
        if (is_flat(test.value))
            test.value = import_flat_test(importing, test.value, test.place);
        add_test(importing, with(base, test));
    }
}

static void add_csv_tests(struct importing *importing, struct layers base, str path,
                          struct place place)
{
    unsigned *lines = NULL;
    const struct source *source = NULL;
    struct import_item tests = import_csv(importing, path, &lines, &source, place);
    size_t i = 0;
    for (const json *test = json_first(tests.value); tests.value && test;
         test = json_next(test))
        add_test(importing, with(base, (struct import_item){.value = test,
                                                            .place = {source, lines[i++], 1}}));
}

static void add_test_file(struct importing *importing, struct layers base, str path,
                          struct place place)
{
    str extension = path_extension(path);
    if (str_equal(extension, STR("csv")))
        add_csv_tests(importing, base, path, place);
    else if (str_equal(extension, STR("jsonl")) || str_equal(extension, STR("json")))
        add_rows(importing, base, path, place);
    else
        add_tests(importing, base, import_load(importing, path, place));
}

static void add_named(struct importing *importing, struct layers base, str text,
                      struct place place)
{
    str path = text, *paths;
    import_names_file(text, &path);
    if (str_contains(path, STR("://")) || import_is_program(path) || is_medium(path)) {
        import_left_out(importing, place, "tests: made by a program or a service");
        return;
    }
    size_t count = import_paths(importing, path, place, &paths);
    for (size_t i = 0; i < count; i++)
        add_test_file(importing, base, paths[i], place);
}

static void add_tests_inside(struct importing *importing, struct layers base,
                             struct import_item tests)
{
    if (import_is(tests, JSON_TEXT)) {
        add_named(importing, base, import_text(tests), tests.place);
        return;
    }
    if (import_is(tests, JSON_OBJECT)) {
        struct import_item path = import_get(importing, tests, "path");
        if (path.value)
            add_named(importing, base, import_text(path), path.place);
        else
            add_test(importing, with(base, tests));
        return;
    }
    for (size_t i = 0; import_is(tests, JSON_LIST) && i < json_count(tests.value); i++)
        add_tests(importing, base, import_at(importing, tests, i));
}

static void add_tests(struct importing *importing, struct layers base, struct import_item tests)
{
    if (!import_enter(importing, tests.place))
        return;
    add_tests_inside(importing, base, tests);
    import_leave(importing);
}

/* Each part of its config with each of its tests. */
static void add_scenario(struct importing *importing, struct layers base,
                         struct import_item scenario)
{
    struct import_item config =
        import_resolved(importing, import_get(importing, scenario, "config"), "scenario");
    struct import_item tests =
        import_resolved(importing, import_get(importing, scenario, "tests"), "scenario");
    for (size_t i = 0; i < json_count(config.value); i++) {
        struct layers part = with(base, import_at(importing, config, i));
        if (tests.value)
            add_tests(importing, part, tests);
        else
            add_test(importing, part);
    }
}

void import_tests(struct importing *importing)
{
    struct layers base = {0};
    struct import_item shared = import_resolved(
        importing, import_get(importing, importing->root, "defaultTest"), "defaultTest");
    struct import_item tests = import_get(importing, importing->root, "tests");
    struct import_item scenarios = import_resolved(
        importing, import_get(importing, importing->root, "scenarios"), "scenarios");
    if (import_is(shared, JSON_OBJECT))
        base = with(base, shared);
    base.shared = base.count;
    add_tests(importing, base, tests);
    for (size_t i = 0; import_is(scenarios, JSON_LIST) && i < json_count(scenarios.value); i++)
        add_scenario(
            importing, base,
            import_resolved(importing, import_at(importing, scenarios, i), "scenario"));
    /* red teaming makes its tests when it runs, and they are no tests of this kind */
    if (!tests.value && !scenarios.value &&
        !import_get(importing, importing->root, "redteam").value)
        add_test(importing,
                 with(base, (struct import_item){.value = json_new_object(importing->arena),
                                                 .place = importing->root.place}));
    if (importing->rows >= ROWS_MAX)
        mistake_add(importing->mistakes, tests.place,
                    "the tests make more than %d rows, every combination of lists counted",
                    ROWS_MAX);
}
