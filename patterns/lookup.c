/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lookup.c: the first row of a file whose field is this, without a model.
 *
 * The rows are read once, when the experiment is, and found through a hash table. Fields are
 * compared as text, exactly: 7 is found by "7", "A-1" is not found by "a-1". No calls.
 *
 *     lookup: {in: orders.json, by: order_id, key: "{{task.order_id}}", otherwise: {}}
 */
#include "patterns/patterns.h"

#include "base/dataset.h"
#include "base/file.h"
#include "base/hash.h"
#include "plan/bind.h"
#include "plan/estimate.h"
#include "plan/experiment.h"
#include "run/wf.h"

struct lookup_entry {
    str key;
    const json *row; /* NULL: free */
};

struct lookup {
    str in, by;
    const struct yaml *key_yaml, *otherwise_yaml;

    const struct template *key, *otherwise;
    struct lookup_entry *entry;
    size_t entries; /* a power of 2, at least twice as many as rows */
};

static const struct opt lookup_options[] = {
    OPT_TEXT(lookup, in, .required = true, .form = "{" OPT_FORM_ROWS "}", .help = "file of rows: .jsonl, .json, .yaml, .csv"),
    OPT_LABEL(lookup, by, .required = true, .help = "the field that is compared, as text"),
    {.key = "key",
     .type = OPT_TYPE_RAW,
     .offset = offsetof(struct lookup, key_yaml),
     .word = "template",
     .required = true,
     .help = "what is looked for"},
    {.key = "otherwise",
     .type = OPT_TYPE_RAW,
     .offset = offsetof(struct lookup, otherwise_yaml),
     .word = "template",
     .help = "when there is no such row; null when not given"},
    OPT_END,
};

/* Where a key is, or would be put. */
static struct lookup_entry *find_entry(const struct lookup *lookup, str key)
{
    size_t at = (size_t)hash_sip(0, 0, key.p, key.n) & (lookup->entries - 1);
    while (lookup->entry[at].row && !str_equal(lookup->entry[at].key, key))
        at = (at + 1) & (lookup->entries - 1);
    return &lookup->entry[at];
}

static size_t index_rows(struct arena *arena, struct lookup *lookup, const struct rows *rows)
{
    size_t found = 0;
    for (lookup->entries = 8; lookup->entries < 2 * rows->count; lookup->entries *= 2)
        ;
    lookup->entry = arena_array(arena, struct lookup_entry, lookup->entries);
    for (size_t i = 0; i < rows->count; i++) {
        const json *field = json_get(rows->row[i].value, lookup->by);
        if (!field || json_is(field, JSON_NULL))
            continue;
        found++;
        str key = json_render(arena, field);
        struct lookup_entry *entry = find_entry(lookup, key);
        if (!entry->row) /* the first of equals counts */
            *entry = (struct lookup_entry){key, rows->row[i].value};
    }
    return found;
}

static int read_rows(const struct binder *binder, const struct yaml *value,
                     struct lookup *lookup)
{
    struct arena *arena = binder->arena;
    struct rows rows = {0};
    struct place place = yaml_get(value, STR("in"))->place;
    str path = lookup->in;
    if (path.n && path.p[0] != '/')
        path = path_join(arena, binder->experiment->folder, path);
    experiment_file_used(binder->experiment, "rows", path);
    if (rows_load_at(arena, path, lookup->in, place, &rows, binder->mistakes) < 0)
        return -1;
    if (index_rows(arena, lookup, &rows) == 0)
        return mistake_add(binder->mistakes, yaml_get(value, STR("by"))->place,
                           "no row of %.*s has a field '%.*s'", STR_ARG(lookup->in),
                           STR_ARG(lookup->by));
    return 0;
}

static int lookup_bind(struct binder *binder, const struct yaml *value, void *options,
                       struct shape *yields)
{
    struct lookup *lookup = options;
    (void)yields; /* a row, or what `otherwise` gives */
    int result = read_rows(binder, value, lookup);
    lookup->key = bind_template(binder, lookup->key_yaml, NULL);
    result |= lookup->key ? 0 : -1;
    if (lookup->otherwise_yaml) {
        lookup->otherwise = bind_template(binder, lookup->otherwise_yaml, NULL);
        result |= lookup->otherwise ? 0 : -1;
    }
    return result;
}

static int fiber_fn lookup_run(struct wf *wf, const void *options, const json **value)
{
    const struct lookup *lookup = options;
    str key;
    if (wf_render(wf, lookup->key, wf_env(wf), &key) < 0)
        return -1;
    const struct lookup_entry *entry = find_entry(lookup, key);
    wf_note(wf, "found", json_new_bool(entry->row != NULL));
    if (!entry->row && lookup->otherwise)
        return wf_eval(wf, lookup->otherwise, wf_env(wf), value);
    *value = entry->row ? entry->row : json_null();
    return 0;
}

static void lookup_estimate(const void *options, const struct estimating *estimating,
                            struct estimate *estimate)
{
    (void)options;
    (void)estimating;
    *estimate = (struct estimate){0};
}

const struct pattern pattern_lookup = {
    .name = "lookup",
    .summary = "the first row of a file whose field is this",
    .options = lookup_options,
    .options_size = sizeof(struct lookup),
    .bind = lookup_bind,
    .run = lookup_run,
    .estimate = lookup_estimate,
};
