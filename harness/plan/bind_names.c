/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * bind_names.c: names that nodes bring with them, and templates that use names, with what is known of
 * their values (see bind.h).
 */
#include "plan/bind.h"

#include "plan/experiment.h"
#include "plan/prompt.h"

static void input_used(void *context, str name, struct place place)
{
    const struct binder *binder = context;
    experiment_input_used(binder->experiment, name, place);
}

static struct scope_check scope_check_of(const struct binder *binder)
{
    return (struct scope_check){
        .arena = binder->arena,
        .mistakes = binder->mistakes,
        .scope = binder->scope,
        .later = binder->later,
        .later_after = binder->later_after,
        .later_count = binder->later_count,
        .may_see_expected = binder->may_see_expected,
        .inputs_unknown = binder->experiment && binder->experiment->inputs_unknown,
        .input_used = input_used,
        .context = (void *)(uintptr_t)binder,
    };
}

void bind_name(struct binder *binder, enum scope_kind kind, str name, struct shape shape)
{
    binder->scope = scope_bind(binder->arena, binder->scope, kind, name, shape);
}

static const struct scope *hidden_by(const struct scope *scope, str name)
{
    const struct scope *found = scope_find(scope, name);
    return found && (found->kind == SCOPE_INPUT || found->kind == SCOPE_VAR) ? found : NULL;
}

int bind_own_name(struct binder *binder, enum scope_kind kind, const char *what, str name,
                  struct place place, struct shape shape)
{
    static const char *const siblings[] = {"by",   "fallback",   "guard", "combine",
                                           "plan", "synthesize", NULL};
    int result = 0;
    if (!name_is_valid(name))
        result =
            mistake_add(binder->mistakes, place,
                        "%s '%.*s' is no name; expected letters, digits and _, not starting "
                        "with a digit",
                        what, STR_ARG(name));
    bool taken = scope_is_reserved(name);
    for (size_t i = 0; siblings[i]; i++)
        taken = taken || str_equal(name, str_from(siblings[i]));
    if (taken)
        result = mistake_add(binder->mistakes, place,
                             "'%.*s' has a meaning of its own and cannot name a %s; expected "
                             "another name",
                             STR_ARG(name), what);
    const struct scope *hidden = hidden_by(binder->scope, name);
    if (hidden)
        result = mistake_add(
            binder->mistakes, place, "%s '%.*s' hides the %s '%.*s'; expected another name",
            what, STR_ARG(name), hidden->kind == SCOPE_INPUT ? "sample field" : "name of vars",
            STR_ARG(name));
    bind_name(binder, kind, name, shape);
    return result;
}

/* By itself or by its parts. */
static bool has_size(const struct shape *shape)
{
    bool list = shape->kind == SHAPE_LIST && has_size(shape->item);
    return shape->size.kind != SIZE_UNKNOWN || shape->kind == SHAPE_OBJECT || list;
}

/* What a mapping or list in place yields, as far as its texts are references. */
static struct shape yaml_shape(const struct binder *binder, const struct yaml *yaml)
{
    struct shape shape = {0};
    if (yaml->kind == YAML_MAPPING) {
        struct shape_member *member =
            arena_array(binder->arena, struct shape_member, yaml->count + 1);
        for (size_t i = 0; i < yaml->count; i++)
            member[i] = (struct shape_member){yaml->pair[i].key,
                                              yaml_shape(binder, yaml->pair[i].value)};
        return (struct shape){.kind = SHAPE_OBJECT, .member = member, .members = yaml->count};
    }
    if (yaml->kind == YAML_LIST) {
        shape = shape_list(binder->arena, shape);
        shape.length = shape_length_exact((double)yaml->count);
        return shape;
    }
    struct mistakes quiet; /* what is wrong was said when the whole template was checked */
    mistakes_init(&quiet, binder->arena);
    struct scope_check check = scope_check_of(binder);
    check.mistakes = &quiet;
    check.input_used = NULL;
    const struct template *template = template_new(binder->arena, yaml, &quiet);
    if (!template)
        return shape;
    scope_check_template(&check, template, &shape);
    const json *literal = template_literal(template);
    str constant = literal ? json_render(binder->arena, literal) : STR("");
    if (!template_is_ref(template))
        shape = (struct shape){.kind = yaml->kind == YAML_TEXT ? SHAPE_TEXT : SHAPE_ANY};
    if (literal)
        shape.size = shape_size_texts(&constant, 1);
    else if (!has_size(&shape))
        shape.size = (struct shape_size){
            .kind = SIZE_TEMPLATE, .template = template, .scope = binder->scope};
    return shape;
}

const struct template *bind_template(const struct binder *binder, const struct yaml *yaml,
                                     struct shape *yields)
{
    const struct template *template = template_new(binder->arena, yaml, binder->mistakes);
    if (!template)
        return NULL;
    struct scope_check check = scope_check_of(binder);
    if (scope_check_template(&check, template, NULL) < 0)
        return NULL;
    if (yields)
        *yields = yaml_shape(binder, yaml);
    if (yields && yaml->kind == YAML_LIST)
        yields->size = (struct shape_size){
            .kind = SIZE_TEMPLATE, .template = template, .scope = binder->scope};
    return template;
}

int bind_check_names(const struct binder *binder, const struct template *template,
                     bool in_prompt_file, struct place user_place)
{
    struct scope_check check = scope_check_of(binder);
    if (in_prompt_file) {
        check.user_path = binder->path.n ? binder->path : STR(".");
        check.user_place = user_place;
    }
    return scope_check_template(&check, template, NULL);
}

void bind_check_braces(const struct binder *binder, const struct prompt *prompt)
{
    for (const struct prompt_brace *brace = prompt->brace; brace; brace = brace->next)
        if (scope_find(binder->scope, brace->name))
            mistake_add(binder->experiment->warnings, brace->place,
                        "'{%.*s}' is sent as it stands; did you mean '{{%.*s}}'?",
                        STR_ARG(brace->name), STR_ARG(brace->name));
}
