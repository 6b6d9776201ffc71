/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * instances.c: results of single instances as JSON (see instances.h). Texts that are no labels are
 * left out: what was compared may be a whole answer.
 */
#include "score/instances.h"

enum { LABEL_MAX = 100 }; /* bytes, as in experiment files */

bool instance_is_classifier(str path)
{
    return str_equal(path, STR("by")) || str_ends_with(path, STR(".by"));
}

/* A short text, or what is written as one; NULL: no label. */
static const json *label_of(struct arena *arena, const json *value)
{
    if (!json_is(value, JSON_TEXT) && !json_is(value, JSON_NUMBER) &&
        !json_is(value, JSON_BOOL))
        return NULL;
    str text = str_trim(json_render(arena, value));
    return text.n && text.n <= LABEL_MAX ? json_new_text(arena, text) : NULL;
}

static bool add_labels(struct arena *arena, json *entry, const struct instance *instance)
{
    const struct check_compared *compared = instance->compared;
    const json *wanted = label_of(arena, compared->wanted);
    if (!instance_is_classifier(instance->path) || !compared->equality || !wanted)
        return false;
    const json *given = instance->passed ? wanted : label_of(arena, compared->given);
    json_set(arena, entry, STR("given"), given ? given : json_null());
    json_set(arena, entry, STR("wanted"), wanted);
    return true;
}

static bool add_items(struct arena *arena, json *entry, const struct check_compared *compared)
{
    if (!compared->counted)
        return false;
    json_set_int(arena, entry, "common", (int64_t)compared->common);
    json_set_int(arena, entry, "given_items", (int64_t)compared->given_items);
    json_set_int(arena, entry, "wanted_items", (int64_t)compared->wanted_items);
    return true;
}

void instances_add(struct instances *instances, struct arena *arena,
                   const struct instance *instance)
{
    json *entry = json_new_object(arena);
    json_set_text(arena, entry, "path", instance->path);
    json_set(arena, entry, STR("value"), json_new_number(arena, instance->value));
    json_set(arena, entry, STR("pass"), json_new_bool(instance->passed));
    if (!instances->list)
        instances->list = json_new_list(arena);
    else
        instances->telling = true;
    if (instance->compared) {
        bool labels = add_labels(arena, entry, instance);
        bool items = add_items(arena, entry, instance->compared);
        instances->telling = instances->telling || labels || items;
    }
    json_add(arena, instances->list, entry);
}

str instances_text(const struct instances *instances, struct arena *arena)
{
    return instances->telling ? json_to_str(arena, instances->list, JSON_COMPACT) : STR("");
}
