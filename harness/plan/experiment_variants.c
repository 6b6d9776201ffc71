/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * experiment_variants.c: the variants of an experiment, made of a matrix where there is one, each bound to a
 * tree of nodes.
 */
#include "plan/experiment_inside.h"

#include <string.h>

#include "base/ceilings.h"
#include "plan/matrix.h"

static bool variant_name_is_valid(str name)
{
    for (size_t i = 0; i < name.n; i++)
        if (!char_is_alnum(name.p[i]) && !memchr("_-.", name.p[i], 3))
            return false;
    return name.n > 0 && name.n <= 100;
}

static void load_variant(struct experiment_loader *loader, struct variant *variant,
                         const struct matrix_variant *from)
{
    struct experiment *experiment = loader->experiment;
    variant->name = from->pair.key;
    variant->place = from->pair.key_place;
    variant->axis = from->axis;
    variant->axes = from->axes;
    variant->last_step = &variant->first_step;
    if (!variant_name_is_valid(variant->name))
        mistake_add(loader->mistakes, variant->place,
                    "variant '%.*s' has a name that cannot be; expected letters, digits, _ - .",
                    STR_ARG(variant->name));
    variant->yaml = from->pair.value;
    if (!variant->yaml)
        return;
    variant->defaults = yaml_get(variant->yaml, STR("defaults"));
    if (variant->defaults)
        experiment_check_defaults(loader, variant->defaults);
    str own[] = {STR_INIT("defaults")};
    struct opt_also also = {.keys = own, .key_count = 1};
    struct binder binder = {
        .arena = experiment->arena,
        .mistakes = loader->mistakes,
        .experiment = experiment,
        .variant = variant,
        .scope = loader->scope,
        .path = STR(""),
        .label = variant->name,
    };
    if (budget_reserves(experiment->cell_budget)) {
        binder.reserves = experiment->cell_budget;
        binder.reserves_path = "budget.cell";
    }
    variant->root = bind_root(&binder, variant->yaml, &also);
    if (variant->root)
        variant->description = variant->root->description;
}

/* Those that no call uses are looked at too. */
static void load_tools(struct experiment_loader *loader)
{
    struct experiment *experiment = loader->experiment;
    const struct yaml *tools = loader->keys.tools;
    if (!tools || !experiment_is_mapping(loader, tools, "tools", "tool"))
        return;
    experiment->tools = tools;
    struct binder binder = {
        .arena = experiment->arena, .mistakes = loader->mistakes, .experiment = experiment};
    for (size_t i = 0; i < tools->count; i++) {
        struct bound_tool unused = {0};
        bind_tool(&binder, tools->pair[i].key, tools->pair[i].value->place, &unused);
    }
}

void experiment_load_variants(struct experiment_loader *loader)
{
    struct experiment *experiment = loader->experiment;
    const struct yaml *variants = loader->keys.variants;
    experiment->nodes = loader->keys.nodes;
    if (loader->keys.nodes &&
        !experiment_is_mapping(loader, loader->keys.nodes, "nodes", "node"))
        experiment->nodes = NULL;
    for (size_t i = 0; experiment->nodes && i < experiment->nodes->count; i++)
        experiment_check_name(loader, "shared node", &experiment->nodes->pair[i]);
    load_tools(loader);
    if (!variants || !experiment_is_mapping(loader, variants, "variants", "variant"))
        return;
    if (variants->count == 0 || variants->count > MAX_VARIANTS) {
        mistake_add(loader->mistakes, variants->place,
                    "variants has %zu entries; expected 1 to %d", variants->count,
                    MAX_VARIANTS);
        return;
    }
    size_t count = 0;
    const struct matrix_variant *from =
        matrix_expand(experiment->arena, loader->mistakes, variants, loader->keys.nodes,
                      MAX_VARIANTS, &count);
    if (!from)
        return;
    experiment->variant = arena_array(experiment->arena, struct variant, count + 1);
    experiment->variants = count;
    for (size_t i = 0; i < count; i++) {
        experiment->variant[i].index = (uint32_t)i;
        load_variant(loader, &experiment->variant[i], &from[i]);
    }
}
