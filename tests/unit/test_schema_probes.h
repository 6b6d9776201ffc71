/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_schema_probes.h: option tables, schema and reader of a file held against each other, with
 * mistakes that are made from the tables.
 *
 * A whole file that both take is changed at one key of one table at a time, and both are asked. A
 * value of a wrong type or out of range must be refused by both. Whatever the reader takes, the
 * schema must take too; what only the reader refuses (names, files, what hangs on other values) is
 * counted. Include it after cmocka.
 */
#ifndef TEST_SCHEMA_PROBES_H
#define TEST_SCHEMA_PROBES_H

#include "base/json.h"
#include "base/jsonschema.h"
#include "base/option.h"

#include <stdio.h>

struct probes {
    struct arena arena, scratch; /* scratch: of one change */
    const json *base;
    const struct jsonschema *schema;
    /* the file's own reader; what it says of mistakes */
    bool (*reads)(struct probes *probes, struct arena *arena, str text, str *said);
    size_t tried, both_refuse, both_take, only_reader;
    bool tells; /* prints what only the reader refuses */
};

/* Where in the file a table's keys stand: keys joined by dots, items as [0]. */
struct probe_site {
    const char *path;
    const struct opt *rows;
};

static inline json *probe_item_set(struct arena *arena, const json *list, size_t index,
                                   const json *value)
{
    json *copy = json_new_list(arena);
    size_t i = 0;
    for (const json *item = json_first(list); item; item = json_next(item), i++)
        json_add(arena, copy, i == index ? value : item);
    return copy;
}

/* The tree with another value under that path and key. */
static inline const json *probe_changed(struct arena *arena, const json *tree, str path,
                                        str key, const json *value)
{
    str first, rest;
    int64_t index;
    if (path.n == 0) {
        json *copy = json_copy(arena, tree);
        json_set(arena, copy, key, value);
        return copy;
    }
    str_cut(path, '.', &first, &rest);
    if (first.p[0] == '[') {
        assert_true(str_to_int(str_sub(first, 1, first.n - 1), &index));
        const json *inner = json_at(tree, index);
        assert_non_null(inner);
        return probe_item_set(arena, tree, (size_t)index,
                              probe_changed(arena, inner, rest, key, value));
    }
    if (!json_get(tree, first))
        fail_msg("the file has no '%.*s'", STR_ARG(first));
    json *copy = json_copy(arena, tree);
    json_set(arena, copy, first, probe_changed(arena, json_get(tree, first), rest, key, value));
    return copy;
}

enum probe_wanted { PROBE_ANY, PROBE_WRONG };

static inline void probe(struct probes *probes, const char *path, const char *key,
                         const json *value, enum probe_wanted wanted)
{
    struct arena *arena = &probes->scratch;
    struct jsonschema_problem problem = {0};
    size_t count = 0;
    str said = STR("");
    const json *tree = probe_changed(arena, probes->base, str_from(path), str_from(key), value);
    str text = json_to_str(arena, tree, JSON_SPACED);
    str shown = json_to_str(arena, value, JSON_SPACED);
    bool schema = jsonschema_valid(probes->schema, tree, arena, &problem, 1, &count);
    bool reader = probes->reads(probes, arena, text, &said);
    if (reader && !schema && probes->tells)
        printf("only the schema: %s: {%s: %.*s}: %.*s\n", path, key, STR_ARG(shown),
               STR_ARG(jsonschema_problem_line(arena, &problem)));
    else if (reader && !schema)
        fail_msg("%s: {%s: %.*s}: the reader takes it, the schema not: %.*s", path, key,
                 STR_ARG(shown), STR_ARG(jsonschema_problem_line(arena, &problem)));
    if (wanted == PROBE_WRONG && (schema || reader))
        fail_msg("%s: {%s: %.*s}: %s takes it", path, key, STR_ARG(shown),
                 schema && reader ? "each"
                 : schema         ? "the schema"
                                  : "the reader");
    if (schema && !reader && probes->tells)
        printf("only the reader: %s: {%s: %.*s}: %.*s\n", path, key, STR_ARG(shown),
               STR_ARG(said));
    probes->tried++;
    probes->both_refuse += !schema && !reader;
    probes->both_take += schema && reader;
    probes->only_reader += schema && !reader;
    arena_clear(arena);
}

static inline const json *probe_json(struct probes *probes, const char *text)
{
    const json *value = json_parse(&probes->arena, str_from(text), NULL);
    assert_non_null(value);
    return value;
}

/* Values that no row of that type takes; NULL at the end. */
static inline const char *const *probe_wrong_values(enum opt_type type)
{
    static const char *const wrong[][4] = {
        [OPT_TYPE_TEXT] = {"5", "[\"a\"]"},
        [OPT_TYPE_LABEL] = {"[\"a\"]", "\"\""},
        [OPT_TYPE_NAME] = {"5", "\"a-b\"", "\"5a\""},
        [OPT_TYPE_INT] = {"\"5\"", "2.5", "true"},
        [OPT_TYPE_NUMBER] = {"\"0.5\"", "true"},
        [OPT_TYPE_SHARE] = {"1.5", "-0.1", "\"0.5\""},
        [OPT_TYPE_BOOL] = {"\"yes\"", "1"},
        [OPT_TYPE_DURATION] = {"60", "\"60\"", "\"60 s\""},
        [OPT_TYPE_SIZE] = {"4", "\"4mb\""},
        [OPT_TYPE_USD] = {"\"$1\"", "-1", "true"},
        [OPT_TYPE_CHOICE] = {"\"no-such-word\"", "5"},
        [OPT_TYPE_TEXTS] = {"\"a\"", "[5]"},
        [OPT_TYPE_CUSTOM] = {NULL},
    };
    return wrong[type];
}

/* All that JSON has, for rows that are read by hand. */
static inline const char *const *probe_all_kinds(void)
{
    static const char *const all[] = {"null", "5",       "\"x\"", "\"{{text}}\"", "[]",
                                      "[5]",  "[\"x\"]", "{}",    "{\"x\": 5}",   NULL};
    return all;
}

static inline void probe_limits(struct probes *probes, const char *path, const struct opt *row)
{
    if (row->min == 0 && row->max == 0)
        return;
    probe(probes, path, row->key, json_new_number(&probes->arena, row->min - 1), PROBE_WRONG);
    if (row->max != 0)
        probe(probes, path, row->key,
              json_new_number(&probes->arena, row->max < 1e9 ? row->max + 1 : row->max * 2),
              PROBE_WRONG);
}

/* What it takes, if nothing else stands against it. */
static inline void probe_good(struct probes *probes, const char *path, const struct opt *row)
{
    struct arena *arena = &probes->arena;
    if (row->type == OPT_TYPE_INT || row->type == OPT_TYPE_NUMBER)
        probe(probes, path, row->key, json_new_number(arena, row->max), PROBE_ANY);
    for (size_t i = 0; row->type == OPT_TYPE_CHOICE && row->choices[i]; i++)
        probe(probes, path, row->key, json_new_text(arena, str_from(row->choices[i])),
              PROBE_ANY);
    if (row->type == OPT_TYPE_BOOL)
        probe(probes, path, row->key, json_new_bool(true), PROBE_ANY);
    if (row->type == OPT_TYPE_TEXT || row->type == OPT_TYPE_LABEL || row->type == OPT_TYPE_NAME)
        probe(probes, path, row->key, json_new_text(arena, STR("x")), PROBE_ANY);
    if (row->type == OPT_TYPE_DURATION || row->type == OPT_TYPE_SIZE)
        probe(probes, path, row->key,
              json_new_text(arena, row->type == OPT_TYPE_SIZE ? STR("1.5MB") : STR("1.s")),
              PROBE_ANY);
    if (row->type == OPT_TYPE_USD)
        probe(probes, path, row->key, json_new_text(arena, STR("0.05")), PROBE_ANY);
}

static inline void probe_table(struct probes *probes, const struct probe_site *site)
{
    for (const struct opt *row = site->rows; row->type != OPT_TYPE_END; row++) {
        const char *const *value = probe_wrong_values(row->type);
        for (; *value; value++)
            probe(probes, site->path, row->key, probe_json(probes, *value), PROBE_WRONG);
        if (row->type == OPT_TYPE_INT || row->type == OPT_TYPE_NUMBER)
            probe_limits(probes, site->path, row);
        bool by_hand = row->type == OPT_TYPE_RAW || row->type == OPT_TYPE_CUSTOM;
        for (value = probe_all_kinds(); *value && (by_hand || row->form); value++)
            probe(probes, site->path, row->key, probe_json(probes, *value), PROBE_ANY);
        probe_good(probes, site->path, row);
    }
}

static inline void probes_schema(struct probes *probes, const json *schema)
{
    struct jsonschema_problem problem = {0};
    probes->schema = jsonschema_new(&probes->arena, schema, &problem);
    if (!probes->schema)
        fail_msg("%.*s at %.*s", STR_ARG(problem.text), STR_ARG(problem.path));
}

/* The file that is changed: both must take it as it is. */
static inline void probes_base(struct probes *probes, const char *text)
{
    struct arena *arena = &probes->arena;
    struct mistakes mistakes;
    struct jsonschema_problem problem = {0};
    struct source *source = arena_new(arena, struct source);
    size_t count = 0;
    str said = STR("");
    *source = (struct source){STR("base"), str_from(text)};
    mistakes_init(&mistakes, arena);
    const struct yaml *yaml = yaml_parse(arena, source, &yaml_file_limits, &mistakes);
    if (!yaml)
        fail_msg("%s", mistakes_text(&mistakes).p);
    probes->base = yaml_to_json(arena, yaml);
    if (!probes->reads(probes, arena, json_to_str(arena, probes->base, JSON_SPACED), &said))
        fail_msg("the reader refuses the file itself:\n%.*s", STR_ARG(said));
    if (!jsonschema_valid(probes->schema, probes->base, arena, &problem, 1, &count))
        fail_msg("the schema refuses the file itself: %.*s",
                 STR_ARG(jsonschema_problem_line(arena, &problem)));
}

static inline void probes_end(struct probes *probes, const char *what)
{
    printf("%s: %zu changes: %zu refused by both, %zu taken by both, %zu refused by the reader "
           "alone\n",
           what, probes->tried, probes->both_refuse, probes->both_take, probes->only_reader);
    arena_release(&probes->arena);
    arena_release(&probes->scratch);
}

#endif
