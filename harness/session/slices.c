/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * slices.c: from tags and metadata to groups of samples (see slices.h).
 */
#include "session/slices.h"

#include "base/text.h"

enum { NAME_COLUMNS = 80 };
static const str metadata_prefix = STR_INIT("metadata.");

struct slices {
    struct arena *arena;
    struct summary_group *group;
    size_t count;
};

static void put(struct slices *slices, str by, str name, uint32_t sample)
{
    size_t i = 0;
    while (i < slices->count &&
           !(str_equal(slices->group[i].name, name) && str_equal(slices->group[i].by, by)))
        i++;
    if (i == SLICES_MOST)
        return;
    struct summary_group *group = &slices->group[i];
    if (i == slices->count) {
        *group = (struct summary_group){by, name, NULL, 0};
        slices->count++;
    }
    if (group->count && group->samples[group->count - 1] == sample)
        return; /* the same tag twice */
    uint32_t *list = arena_grow(slices->arena, (const void *)group->samples, group->count,
                                group->count + 1 + group->count / 2, sizeof *list);
    list[group->count] = sample;
    group->samples = list;
    group->count++;
}

static void put_by_tag(struct slices *slices, str by, const struct slices_sample *sample,
                       uint32_t number)
{
    const json *tags = sample->tags.n ? json_parse(slices->arena, sample->tags, NULL) : NULL;
    for (const json *tag = json_first(tags); tag; tag = json_next(tag))
        if (str_starts_with(json_text(tag), by))
            put(slices, by, json_text(tag), number);
}

static void put_by_value(struct slices *slices, str by, const struct slices_sample *sample,
                         uint32_t number)
{
    str key = str_sub(by, metadata_prefix.n, by.n);
    const json *value = json_get(sample->metadata, key);
    if (!value)
        return;
    str text = text_shorten(slices->arena, json_render(slices->arena, value), NAME_COLUMNS);
    put(slices, by, arena_printf(slices->arena, "%.*s: %.*s", STR_ARG(key), STR_ARG(text)),
        number);
}

const struct summary_group *slices_read(struct arena *arena, const struct opt_texts *by,
                                        const struct slices_sample *sample, size_t samples,
                                        size_t *count)
{
    struct slices slices = {
        .arena = arena,
        .group = arena_array(arena, struct summary_group, SLICES_MOST + 1),
    };
    for (size_t i = 0; i < by->count; i++)
        for (size_t s = 0; s < samples; s++) {
            if (str_starts_with(by->text[i], metadata_prefix))
                put_by_value(&slices, by->text[i], &sample[s], (uint32_t)s);
            else
                put_by_tag(&slices, by->text[i], &sample[s], (uint32_t)s);
        }
    *count = slices.count;
    return slices.group;
}

struct opt_texts slices_wanted(struct arena *arena, const struct opt_texts *given,
                               const json *definition)
{
    if (given && given->count)
        return *given;
    const json *list = json_path(definition, "report.group_by");
    str *text = arena_array(arena, str, json_count(list) + 1);
    struct opt_texts by = {.text = text};
    for (const json *one = json_first(list); one; one = json_next(one))
        text[by.count++] = json_text(one);
    return by;
}

int slices_samples(struct store *store, const struct opt_texts *by, struct arena *arena,
                   struct slices_sample **sample, size_t *samples, struct err *err)
{
    size_t all;
    bool metadata = false;
    const struct store_sample *from = store_samples(store, &all);
    for (size_t i = 0; i < by->count; i++)
        metadata = metadata || str_starts_with(by->text[i], metadata_prefix);
    *sample = arena_array(arena, struct slices_sample, all + 1);
    for (*samples = 0; *samples < all && !from[*samples].perturbation.n; ++*samples) {
        struct slices_sample *to = &(*sample)[*samples];
        str text = {"", 0};
        to->tags = from[*samples].tags;
        if (!metadata || !from[*samples].metadata.id)
            continue;
        if (store_body(store, from[*samples].metadata.id, arena, &text, err) < 0)
            return -1;
        to->metadata = json_parse(arena, text, NULL);
    }
    return 0;
}
