/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * matrix.c: combinations of axes as changed copies of a variant (see matrix.h).
 *
 * Both kinds of axis become the same thing first: a list of choices, each with a label and a set
 * of paths, which plan/variant.c applies like any `set`. What the paths lead to is checked when
 * the variants that come out are read.
 */
#include "plan/matrix.h"

#include "base/option.h"
#include "plan/variant.h"

struct choice {
    str label;
    const struct yaml *set; /* path to value */
};

struct axis {
    str name;
    const struct choice *choice;
    size_t choices;
};

struct expansion {
    struct arena *arena;
    struct mistakes *mistakes;
    const struct yaml *nodes;
    struct matrix_variant *variant;
    size_t count, most;
};

/* ---- axes ---- */

static bool fits_in_a_name(str label)
{
    for (size_t i = 0; i < label.n; i++)
        if (!char_is_alnum(label.p[i]) && !memchr("_-.", label.p[i], 3))
            return false;
    return label.n > 0;
}

static int check_label(struct expansion *expansion, str label, struct place place)
{
    if (fits_in_a_name(label))
        return 0;
    return mistake_add(expansion->mistakes, place,
                       "'%.*s' cannot be part of a variant's name; expected letters, digits, "
                       "_ - ., or a labelled set: {NAME: {LABEL: {PATH: VALUE}}}",
                       STR_ARG(label));
}

/* A path with a list of scalars. */
static int read_values(struct expansion *expansion, const struct yaml_pair *pair,
                       struct choice *choice)
{
    int result = 0;
    for (size_t i = 0; i < pair->value->count; i++) {
        const struct yaml *item = pair->value->item[i];
        if (item->kind == YAML_LIST || item->kind == YAML_MAPPING) {
            result = mistake_add(expansion->mistakes, item->place,
                                 "axis '%.*s' has %s among its values; expected scalars, or a "
                                 "name with labelled sets",
                                 STR_ARG(pair->key), yaml_kind_name(item));
            continue;
        }
        str label = item->kind == YAML_NULL ? STR("null") : item->text;
        result |= check_label(expansion, label, item->place);
        for (size_t k = 0; k < i; k++)
            if (str_equal(choice[k].label, label))
                result = mistake_add(expansion->mistakes, item->place,
                                     "'%.*s' stands twice on axis '%.*s'; expected different "
                                     "values",
                                     STR_ARG(label), STR_ARG(pair->key));
        const struct yaml *set = yaml_new_mapping(expansion->arena, pair->value->place);
        set = yaml_with(expansion->arena, set, pair->key, pair->key_place, item);
        choice[i] = (struct choice){label, set};
    }
    return result;
}

/* A name with labelled sets. */
static int read_sets(struct expansion *expansion, const struct yaml_pair *pair,
                     struct choice *choice)
{
    int result = 0;
    if (!name_is_valid(pair->key))
        result =
            mistake_add(expansion->mistakes, pair->key_place,
                        "axis '%.*s' has labelled sets and is no name; expected a name, or "
                        "a list of scalars for this path",
                        STR_ARG(pair->key));
    for (size_t i = 0; i < pair->value->count; i++) {
        const struct yaml_pair *set = &pair->value->pair[i];
        result |= check_label(expansion, set->key, set->key_place);
        if (!yaml_is(set->value, YAML_MAPPING))
            result =
                mistake_add(expansion->mistakes, set->value->place,
                            "'%.*s' of axis '%.*s' is %s; expected a mapping from path to "
                            "value",
                            STR_ARG(set->key), STR_ARG(pair->key), yaml_kind_name(set->value));
        choice[i] = (struct choice){set->key, set->value};
    }
    return result;
}

static int read_axis(struct expansion *expansion, const struct yaml_pair *pair,
                     struct axis *axis)
{
    bool values = yaml_is(pair->value, YAML_LIST), sets = yaml_is(pair->value, YAML_MAPPING);
    if ((!values && !sets) || pair->value->count == 0)
        return mistake_add(expansion->mistakes, pair->value->place,
                           "axis '%.*s' is %s; expected a list of scalars, or labelled sets",
                           STR_ARG(pair->key),
                           values || sets ? "empty" : yaml_kind_name(pair->value));
    struct choice *choice = arena_calloc(expansion->arena, pair->value->count, sizeof *choice);
    *axis = (struct axis){pair->key, choice, pair->value->count};
    return values ? read_values(expansion, pair, choice) : read_sets(expansion, pair, choice);
}

/* ---- combinations ---- */

static bool has_room(struct expansion *expansion, size_t more, struct place place)
{
    if (more <= expansion->most - expansion->count)
        return true;
    mistake_add(expansion->mistakes, place,
                "more than %zu variants, those of a matrix counted; expected at most %zu",
                expansion->most, expansion->most);
    return false;
}

static int add_variant(struct expansion *expansion, struct matrix_variant variant)
{
    for (size_t i = 0; i < expansion->count; i++)
        if (str_equal(expansion->variant[i].pair.key, variant.pair.key))
            return mistake_add(
                expansion->mistakes, variant.pair.key_place,
                "two variants are named '%.*s', with those of a matrix; expected "
                "another name or other labels",
                STR_ARG(variant.pair.key));
    expansion->variant[expansion->count++] = variant;
    return 0;
}

/* Combination `number`, counted with the last axis turning fastest. */
static int add_combination(struct expansion *expansion, const struct yaml_pair *base,
                           const struct axis *axis, size_t axes, size_t number)
{
    struct arena *arena = expansion->arena;
    struct axis_value *at = arena_array(arena, struct axis_value, axes);
    const struct choice **choice = arena_calloc(arena, axes, sizeof *choice);
    for (size_t i = axes; i-- > 0; number /= axis[i].choices)
        choice[i] = &axis[i].choice[number % axis[i].choices];
    str name = base->key;
    str owner = arena_printf(arena, "variant '%.*s'", STR_ARG(base->key));
    const struct yaml *body = base->value;
    for (size_t i = 0; i < axes; i++) {
        at[i] = (struct axis_value){axis[i].name, choice[i]->label};
        name = arena_printf(arena, "%.*s-%.*s", STR_ARG(name), STR_ARG(choice[i]->label));
        if (body)
            body = variant_change(arena, expansion->mistakes, expansion->nodes, body,
                                  choice[i]->set, "matrix", owner);
    }
    return add_variant(expansion, (struct matrix_variant){
                                      .pair = {name, base->key_place, body},
                                      .axis = at,
                                      .axes = axes,
                                  });
}

/* `base` is resolved and without its matrix. */
static int add_combinations(struct expansion *expansion, const struct yaml_pair *base,
                            const struct yaml *matrix)
{
    if (!yaml_is(matrix, YAML_MAPPING) || matrix->count == 0)
        return mistake_add(
            expansion->mistakes, matrix->place,
            "matrix is %s; expected a mapping from path to a list of scalars, or "
            "from a name to labelled sets",
            yaml_is(matrix, YAML_MAPPING) ? "empty" : yaml_kind_name(matrix));
    struct axis *axis = arena_calloc(expansion->arena, matrix->count, sizeof *axis);
    size_t combinations = 1;
    int result = 0;
    for (size_t i = 0; i < matrix->count; i++)
        result |= read_axis(expansion, &matrix->pair[i], &axis[i]);
    for (size_t i = 0; i < matrix->count && result == 0; i++) {
        combinations *= axis[i].choices;
        if (!has_room(expansion, combinations, matrix->place))
            return -1;
    }
    for (size_t n = 0; n < combinations && result == 0; n++)
        result = add_combination(expansion, base, axis, matrix->count, n);
    return result;
}

const struct matrix_variant *matrix_expand(struct arena *arena, struct mistakes *mistakes,
                                           const struct yaml *variants,
                                           const struct yaml *nodes, size_t most, size_t *count)
{
    struct expansion expansion = {arena, mistakes, nodes, NULL, 0, most};
    expansion.variant = arena_array(arena, struct matrix_variant, most + 1);
    for (size_t i = 0; i < variants->count; i++) {
        struct yaml_pair pair = variants->pair[i];
        pair.value = variant_resolve(arena, mistakes, variants, &pair, nodes);
        const struct yaml *matrix = yaml_get(pair.value, STR("matrix"));
        if (!matrix) {
            if (!has_room(&expansion, 1, pair.key_place))
                return NULL;
            add_variant(&expansion, (struct matrix_variant){.pair = pair});
            continue;
        }
        pair.value = yaml_without(arena, pair.value, STR("matrix"));
        size_t before = expansion.count;
        if (add_combinations(&expansion, &pair, matrix) == 0)
            continue;
        if (!has_room(&expansion, 1, pair.key_place))
            return NULL;
        if (expansion.count == before) /* so that others can name it */
            add_variant(&expansion,
                        (struct matrix_variant){.pair = {pair.key, pair.key_place, NULL}});
    }
    *count = expansion.count;
    return expansion.variant;
}
