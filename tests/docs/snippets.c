/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * snippets.c: what a block of YAML is, and whether its keys are known (see snippets.h).
 *
 * Keys tell what it is. Those of a node stand in a variant of their own for the schema; "…", which
 * stands for what a page leaves out, is left out.
 */
#include "docs/snippets.h"

#include "base/yaml.h"

enum { PROBLEMS = 4 };

static const json *properties_of(const struct docs_snippets *snippets)
{
    return json_get(snippets->schema, STR("properties"));
}

static bool is_one_of(str key, const char *const *keys)
{
    for (; *keys; keys++)
        if (str_equal(key, str_from(*keys)))
            return true;
    return false;
}

/* Alternatives that differ only in what they require. */
static bool is_about_keys(const json *alternatives)
{
    bool only = json_is(alternatives, JSON_LIST);
    for (const json *one = json_first(alternatives); one && only; one = json_next(one))
        only = json_count(one) == 1 && json_get(one, STR("required"));
    return only;
}

static bool asks_for_keys(const json *keyword)
{
    static const char *const words[] = {"required", "if", "then", "else", "allOf", NULL};
    return is_one_of(json_key(keyword), words) || is_about_keys(keyword);
}

/* A part of a file may lack what stands elsewhere in it, so nothing is required. */
static const json *without_required(struct arena *arena, const json *schema)
{
    if (json_is(schema, JSON_LIST)) {
        json *list = json_new_list(arena);
        for (const json *item = json_first(schema); item; item = json_next(item))
            json_add(arena, list, without_required(arena, item));
        return list;
    }
    if (!json_is(schema, JSON_OBJECT))
        return schema;
    json *object = json_new_object(arena);
    for (const json *keyword = json_first(schema); keyword; keyword = json_next(keyword))
        if (!asks_for_keys(keyword))
            json_set(arena, object, json_key(keyword), without_required(arena, keyword));
    return object;
}

int docs_snippets_init(struct docs_snippets *snippets, struct arena *arena, str schema)
{
    struct jsonschema_problem problem;
    snippets->arena = arena;
    snippets->schema = json_parse(arena, schema, NULL);
    if (!snippets->schema)
        return -1;
    snippets->parts =
        jsonschema_new(arena, without_required(arena, snippets->schema), &problem);
    return snippets->parts ? 0 : -1;
}

/* ---- what it is ---- */

static bool has_key_of(const struct yaml *root, const char *const *keys)
{
    for (size_t i = 0; i < root->count; i++)
        if (is_one_of(root->pair[i].key, keys))
            return true;
    return false;
}

static enum docs_snippet kind_of(const struct yaml *root, const struct docs_block *block)
{
    static const char *const mock[] = {"rules", "faults", "answers", "latency", NULL};
    static const char *const workflow[] = {"jobs", "steps", "run", NULL};
    if (block->kind.n)
        return SNIPPET_OTHER;
    if (!yaml_is(root, YAML_MAPPING))
        return SNIPPET_COMMANDS;
    if (has_key_of(root, workflow))
        return SNIPPET_COMMANDS;
    if (has_key_of(root, mock))
        return SNIPPET_MOCK;
    bool whole = yaml_get(root, STR("dataset")) && yaml_get(root, STR("variants"));
    return whole ? SNIPPET_EXPERIMENT : SNIPPET_SECTION;
}

/* ---- against the schema ---- */

static bool is_left_out(const struct yaml *node)
{
    return node && node->kind == YAML_TEXT && str_equal(node->text, STR("…"));
}

static const json *without_gaps(struct arena *arena, const struct yaml *node)
{
    if (yaml_is(node, YAML_MAPPING)) {
        json *object = json_new_object(arena);
        for (size_t i = 0; i < node->count; i++)
            if (!str_equal(node->pair[i].key, STR("…")))
                json_set(arena, object, node->pair[i].key,
                         without_gaps(arena, node->pair[i].value));
        return object;
    }
    if (yaml_is(node, YAML_LIST)) {
        json *list = json_new_list(arena);
        for (size_t i = 0; i < node->count; i++)
            if (!is_left_out(node->item[i]))
                json_add(arena, list, without_gaps(arena, node->item[i]));
        return list;
    }
    return yaml_to_json(arena, node);
}

static bool is_pattern(const struct docs_snippets *snippets, str key)
{
    static const char *const beside[] = {"with",   "gate",        "timeout", "budget",
                                         "usable", "description", NULL};
    const json *node = json_path(snippets->schema, "$defs.node.properties");
    return json_get(node, key) && !is_one_of(key, beside);
}

/* Keys of a node go into a variant; one that has no pattern gets one. */
static const json *as_experiment(const struct docs_snippets *snippets, const json *value)
{
    struct arena *arena = snippets->arena;
    const json *keys = properties_of(snippets),
               *node_keys = json_path(snippets->schema, "$defs.node.properties");
    json *whole = json_new_object(arena), *node = json_new_object(arena);
    bool pattern = false;
    for (const json *at = json_first(value); at; at = json_next(at)) {
        bool of_node = json_get(node_keys, json_key(at)) && !json_get(keys, json_key(at));
        pattern |= is_pattern(snippets, json_key(at)) && of_node;
        json_set(arena, of_node ? node : whole, json_key(at), at);
    }
    if (json_count(node) == 0)
        return whole;
    if (!pattern)
        json_set(arena, node, STR("value"), json_new_text(arena, STR("x")));
    json *variants = json_new_object(arena);
    json_set(arena, variants, STR("snippet"), node);
    json_set(arena, whole, STR("variants"), variants);
    return whole;
}

static void check_keys(const struct docs_snippets *snippets, const json *value, struct buf *out)
{
    struct jsonschema_problem problem[PROBLEMS];
    size_t count = 0;
    if (jsonschema_valid(snippets->parts, value, snippets->arena, problem, PROBLEMS, &count))
        return;
    for (size_t i = 0; i < count; i++)
        buf_printf(out, "%.*s\n",
                   STR_ARG(jsonschema_problem_line(snippets->arena, &problem[i])));
}

static str text_of(struct arena *arena, const struct docs_block *block)
{
    struct buf text = {0};
    for (size_t i = 0; i < block->lines; i++)
        buf_printf(&text, "%.*s\n", STR_ARG(block->text[i].text));
    str kept = arena_str(arena, buf_str(&text));
    buf_release(&text);
    return kept;
}

enum docs_snippet docs_snippet_check(const struct docs_snippets *snippets,
                                     const struct docs_page *page,
                                     const struct docs_block *block, str *wrong)
{
    struct arena *arena = snippets->arena;
    struct buf out = {0};
    struct mistakes mistakes;
    struct source *source = arena_new(arena, struct source);
    *source = (struct source){page->path, text_of(arena, block)};
    *wrong = STR("");
    if (block->kind.n)
        return SNIPPET_OTHER;
    mistakes_init(&mistakes, arena);
    mistakes.line_offset = (unsigned)block->line;
    const struct yaml *root = yaml_parse(arena, source, &yaml_file_limits, &mistakes);
    if (!root) {
        *wrong = mistakes_text(&mistakes);
        return SNIPPET_OTHER;
    }
    enum docs_snippet kind = kind_of(root, block);
    if (kind == SNIPPET_SECTION)
        check_keys(snippets, as_experiment(snippets, without_gaps(arena, root)), &out);
    *wrong = arena_str(arena, buf_str(&out));
    buf_release(&out);
    return kind;
}
