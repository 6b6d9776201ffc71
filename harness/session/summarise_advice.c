/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * summarise_advice.c: limits as the experiment sets them, variants that differ in models alone, and
 * what every call used (see summarise_advice.h).
 */
#include "session/summarise_advice.h"

#include "base/option.h"
#include "plan/bind.h"
#include "stats/summary_recommend.h"

enum { VARIANTS_MOST = 60, TWINS_MOST = 60 }; /* pairs are looked at one by one */

/* ---- what the experiment says ---- */

static const json *root_of(const json *definition, str variant)
{
    const json *nodes = json_get(definition, STR("nodes"));
    const json *node = json_get(json_get(definition, STR("variants")), variant);
    for (int depth = 0; depth < 20 && json_is(json_get(node, STR("use")), JSON_TEXT); depth++)
        node = json_get(nodes, json_text(json_get(node, STR("use"))));
    return node;
}

/* All providers wait alike, or nobody's time-out is *the* one. */
static int64_t attempt_timeout(const json *definition)
{
    int64_t ns = 0;
    const json *providers = json_get(definition, STR("providers"));
    for (const json *one = json_first(providers); one; one = json_next(one))
        if (json_get(one, STR("retry")))
            return 0;
    str text = json_text(json_path(definition, "retry.attempt_timeout"));
    return parse_duration(text, &ns) ? ns : 0;
}

/* Without models, and without what is nothing then. */
static const json *without_models(struct arena *arena, const json *value)
{
    if (json_is(value, JSON_LIST)) {
        json *list = json_new_list(arena);
        for (const json *item = json_first(value); item; item = json_next(item))
            json_add(arena, list, without_models(arena, item));
        return list;
    }
    if (!json_is(value, JSON_OBJECT))
        return value;
    json *object = json_new_object(arena);
    for (const json *member = json_first(value); member; member = json_next(member)) {
        str key = json_key(member);
        bool left_out = str_equal(key, STR("model")) || str_equal(key, STR("description"));
        const json *rest = left_out ? NULL : without_models(arena, member);
        bool is_empty = str_equal(key, STR("defaults")) && json_count(rest) == 0;
        if (rest && !is_empty)
            json_set(arena, object, key, rest);
    }
    return object;
}

static size_t find_twins(const struct note_reader *by, struct summary_pair *twins)
{
    const struct summary_meta *meta = &by->summary->meta;
    struct arena scratch = {0};
    size_t count = 0, variants = meta->variant_count - meta->kept;
    const json *definitions = json_get(by->definition, STR("variants"));
    if (variants < 2 || variants > VARIANTS_MOST)
        return 0;
    const json **bare = arena_calloc(&scratch, variants, sizeof *bare);
    for (size_t v = 0; v < variants; v++)
        bare[v] = without_models(&scratch, json_get(definitions, meta->variants[v].name));
    for (size_t a = 0; a < variants; a++)
        for (size_t b = a + 1; b < variants && count < TWINS_MOST; b++)
            if (json_equal(bare[a], bare[b]))
                twins[count++] = (struct summary_pair){a, b};
    arena_release(&scratch);
    return count;
}

static void add_settings(const struct note_reader *by)
{
    const struct summary_meta *meta = &by->summary->meta;
    struct summary_pair *twins = arena_array(by->arena, struct summary_pair, TWINS_MOST);
    int64_t *workers = arena_array(by->arena, int64_t, meta->variant_count + 1);
    for (size_t v = 0; v < meta->variant_count; v++)
        json_int(json_path(root_of(by->definition, meta->variants[v].name),
                           "orchestrate.max_workers"),
                 &workers[v]);
    summary_add_settings(by->summary, &(struct summary_settings){
                                          .attempt_timeout_ns = attempt_timeout(by->definition),
                                          .twins = twins,
                                          .twin_count = find_twins(by, twins),
                                          .max_workers = workers,
                                      });
}

/* ---- what calls used ---- */

struct using
{
    const struct note_reader *by;
    struct arena scratch;
};

static int add_use(void *arg, const struct store_call_use *use)
{
    struct using *u = arg;
    const struct note_reader *by = u->by;
    if (use->cell < 0 || (size_t)use->cell >= by->cells || by->cell[use->cell].trial == 0)
        return 0;
    bool indexed = str_contains(use->path, STR("["));
    summary_add_call(by->summary,
                     &(struct summary_call_row){
                         .variant = by->cell[use->cell].variant,
                         .path = indexed ? path_generic(&u->scratch, use->path) : use->path,
                         .model = use->model,
                         .output_tokens = use->output_tokens,
                         .max_tokens = use->max_tokens,
                         .truncated = use->truncated,
                         .attempt_ns = use->attempt_ns,
                     });
    if (indexed)
        arena_clear(&u->scratch);
    return 0;
}

int summarise_advice(const struct note_reader *reader, struct err *err)
{
    struct using u = {.by = reader};
    add_settings(reader);
    int result = store_each_call_use(reader->store, add_use, &u, err);
    arena_release(&u.scratch);
    return result;
}
