/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * experiment_effective.c: the experiment with all defaults filled in (see
 * experiment_effective.h).
 *
 * Defaults come from the option rows, as the texts that a file would have held, so there is no
 * second list of them. Which members of a pattern are nodes is known by their rows too; only
 * `chain` and `use`, whose values are no options, are named here.
 */
#include "plan/experiment_effective.h"

#include "plan/experiment_select.h"
#include "plan/experiment_stop.h"
#include "plan/experiment_tables.h"
#include "plan/matrix.h"

static const json *fallback_json(struct arena *arena, const struct opt *row)
{
    struct source source = {STR("default"), str_from(row->fallback)};
    struct mistakes quiet;
    mistakes_init(&quiet, arena);
    const struct yaml *yaml = yaml_parse(arena, &source, &yaml_file_limits, &quiet);
    return yaml ? yaml_to_json(arena, yaml) : json_new_text(arena, source.text);
}

/* A copy of the object with the defaults of its rows. */
static json *filled(struct arena *arena, const json *object, const struct opt *rows)
{
    json *copy =
        json_is(object, JSON_OBJECT) ? json_copy(arena, object) : json_new_object(arena);
    for (; rows && rows->type != OPT_TYPE_END; rows++)
        if (rows->fallback && !json_get(copy, str_from(rows->key)))
            json_set(arena, copy, str_from(rows->key), fallback_json(arena, rows));
    return copy;
}

/* ---- nodes ---- */

static const json *filled_node(struct arena *arena, const json *node);

static const json *filled_nodes(struct arena *arena, const json *mapping)
{
    if (!json_is(mapping, JSON_OBJECT))
        return mapping;
    json *copy = json_new_object(arena);
    for (const json *node = json_first(mapping); node; node = json_next(node))
        json_set(arena, copy, json_key(node), filled_node(arena, node));
    return copy;
}

static const json *filled_pattern(struct arena *arena, const struct pattern *pattern,
                                  const json *value)
{
    str name = str_from(pattern->name);
    if (str_equal(name, STR("chain")))
        return filled_nodes(arena, value);
    if (str_equal(name, STR("use")))
        return filled_node(arena, value);
    if (!pattern->options || !json_is(value, JSON_OBJECT))
        return value;
    json *copy = filled(arena, value, pattern->options);
    for (const struct opt *row = pattern->options; row->type != OPT_TYPE_END; row++) {
        str key = str_from(row->key), word = str_from(row->word);
        const json *member = json_get(copy, key);
        if (member && str_equal(word, STR("node")))
            json_set(arena, copy, key, filled_node(arena, member));
        else if (member && str_equal(word, STR("cases")))
            json_set(arena, copy, key, filled_nodes(arena, member));
    }
    return copy;
}

static const json *filled_node(struct arena *arena, const json *node)
{
    if (!json_is(node, JSON_OBJECT))
        return node;
    json *copy = filled(arena, node, node_options);
    for (const struct pattern *const *p = pattern_table; *p; p++) {
        const json *value = json_get(copy, str_from((*p)->name));
        if (value)
            json_set(arena, copy, str_from((*p)->name), filled_pattern(arena, *p, value));
    }
    return copy;
}

/* ---- all together ---- */

static json *without(struct arena *arena, const json *object, str key)
{
    json *rest = json_new_object(arena);
    for (const json *member = json_first(object); member; member = json_next(member))
        if (!str_equal(json_key(member), key))
            json_set(arena, rest, json_key(member), member);
    return rest;
}

static void set_filled(struct arena *arena, json *file, const char *key, const struct opt *rows)
{
    str name = str_from(key);
    json_set(arena, file, name, filled(arena, json_get(file, name), rows));
}

/* For reports: variant to axis to value; NULL: no variant comes from a matrix. */
static const json *axes_json(const struct experiment *experiment)
{
    struct arena *arena = experiment->arena;
    json *axes = json_new_object(arena);
    for (size_t i = 0; i < experiment->variants; i++) {
        const struct variant *variant = &experiment->variant[i];
        json *values = json_new_object(arena);
        for (size_t k = 0; k < variant->axes; k++)
            json_set(arena, values, variant->axis[k].axis,
                     json_new_text(arena, variant->axis[k].value));
        if (variant->axes)
            json_set(arena, axes, variant->name, values);
    }
    return json_count(axes) ? axes : NULL;
}

const json *experiment_effective(const struct experiment *experiment, const struct yaml *root)
{
    struct arena *arena = experiment->arena;
    json *file = filled(arena, yaml_to_json(arena, root), experiment_options);
    set_filled(arena, file, "limits", limits_options);
    set_filled(arena, file, "retry", llm_retry_options);
    set_filled(arena, file, "report", report_options);
    if (json_is(json_get(file, STR("dataset")), JSON_OBJECT))
        set_filled(arena, file, "dataset", dataset_options);
    if (json_get(file, STR("nodes")))
        json_set(arena, file, STR("nodes"), filled_nodes(arena, json_get(file, STR("nodes"))));
    json *variants = json_new_object(arena);
    for (size_t i = 0; i < experiment->variants; i++)
        if (experiment->variant[i].yaml)
            json_set(arena, variants, experiment->variant[i].name,
                     filled_node(arena, yaml_to_json(arena, experiment->variant[i].yaml)));
    json_set(arena, file, STR("variants"), variants);
    const json *axes = axes_json(experiment);
    if (axes)
        json_set(arena, file, STR("axes"), axes);
    if (experiment->variants && !experiment->baseline_is_kept)
        json_set_text(arena, file, "baseline", experiment->variant[experiment->baseline].name);
    if (experiment->stop)
        json_set(arena, file, STR("stop"), stop_effective(experiment));
    else if (json_get(file, STR("stop")))
        file = without(arena, file, STR("stop"));
    const json *left_out = experiment_left_out_json(experiment);
    if (left_out)
        json_set(arena, file, STR("left_out"), left_out);
    if (experiment->cache == CACHE_NONE)
        json_set_text(arena, file, "cache", STR("none"));
    json_set_int(arena, file, "trials", experiment->trials);
    json_set_int(arena, file, "seed", experiment->seed);
    json_set_int(arena, file, "concurrency", experiment->concurrency);
    return file;
}

/* The run's budget decides which cells there are, not what comes of them: a resume may have
 * another. NULL: there is nothing else. */
static const json *without_run(struct arena *arena, const json *budget)
{
    const json *rest = without(arena, budget, STR("run"));
    return json_count(rest) ? rest : NULL;
}

struct hash128 experiment_definition_hash(const struct experiment *experiment)
{
    static const char *const apart[] = {"description", "concurrency", "report", "mock",
                                        "cache",       "require",     "left_out", NULL};
    struct hash128 hash = {0};
    struct buf text = {0};
    for (const json *part = json_first(experiment->effective); part; part = json_next(part)) {
        bool counts = true;
        for (size_t i = 0; apart[i]; i++)
            counts = counts && !str_equal(json_key(part), str_from(apart[i]));
        bool kept = str_equal(json_key(part), STR("baseline")) && json_is(part, JSON_OBJECT);
        if (!counts || kept)
            continue;
        const json *value = part;
        if (str_equal(json_key(part), STR("budget")))
            value = without_run(experiment->arena, part);
        if (!value)
            continue;
        buf_clear(&text);
        json_write_canonical(&text, value);
        hash = hash_add(hash_add(hash, json_key(part)), buf_str(&text));
    }
    buf_release(&text);
    return hash;
}
