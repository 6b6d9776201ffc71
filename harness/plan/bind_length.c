/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * bind_length.c: how long lists will be, for counting calls before a run (language 4.10).
 *
 * A list is as long as the dataset says, as the experiment says, or as a `count` gate lets it
 * be. Nothing else is guessed: what a model will return is not known.
 */
#include "plan/bind.h"

#include "plan/experiment.h"

struct shape_length bind_input_length(const struct dataset *dataset, str name)
{
    struct shape_length length = {.known = dataset->count > 0};
    double sum = 0;
    for (size_t i = 0; i < dataset->count && length.known; i++) {
        const json *value = json_get(dataset->sample[i].inputs, name);
        double count = (double)json_count(value);
        length.known = json_is(value, JSON_LIST);
        length.low = i == 0 || count < length.low ? count : length.low;
        length.worst = count > length.worst ? count : length.worst;
        sum += count;
    }
    length.expected = length.known ? sum / (double)dataset->count : 0;
    return length;
}

struct shape_length bind_var_length(const json *var)
{
    return json_is(var, JSON_LIST) ? shape_length_exact((double)json_count(var))
                                   : (struct shape_length){0};
}

/* ---- count gates ---- */

struct single_ref {
    str name, member; /* member: empty for the name itself */
    size_t refs;
    bool deeper; /* more than one step, or no member */
};

static void visit_ref(void *context, const struct template_ref *ref)
{
    struct single_ref *single = context;
    single->refs++;
    single->name = ref->name;
    single->deeper = ref->steps > 1 || (ref->steps == 1 && ref->step[0].kind != STEP_MEMBER);
    if (ref->steps == 1)
        single->member = ref->step[0].name;
}

static struct single_ref single_ref(const struct template *template)
{
    struct single_ref single = {0};
    struct template_visitor visitor = {.ref = visit_ref, .context = &single};
    template_visit(template, &visitor);
    return single;
}

/* The operand, if it is the same for every sample: a number in place, or a var. */
static bool constant_operand(const struct binder *binder, const struct check *check,
                             int64_t *number)
{
    const json *literal = template_literal(check->operand);
    if (literal)
        return json_int(literal, number);
    struct single_ref single = single_ref(check->operand);
    const struct scope *found = scope_find(binder->scope, single.name);
    if (!template_is_ref(check->operand) || single.refs != 1 || !found ||
        found->kind != SCOPE_VAR)
        return false;
    const struct env *env = env_bind_object(binder->arena, NULL, binder->experiment->vars);
    return json_int(template_eval(check->operand, env, binder->arena, NULL), number);
}

void bind_gate_lengths(const struct binder *binder, const struct node *node,
                       struct shape *yields)
{
    for (size_t i = 0; i < node->gates; i++) {
        const struct check *check = node->gate[i];
        int64_t number;
        if (!str_equal(str_from(check->kind->name), STR("count")) || check->negated ||
            check->transforms || !constant_operand(binder, check, &number))
            continue;
        struct single_ref of = {.name = STR("value"), .refs = 1};
        if (check->of)
            of = single_ref(check->of);
        bool whole = !check->of || template_is_ref(check->of);
        if (!whole || of.refs != 1 || of.deeper || !str_equal(of.name, STR("value")))
            continue;
        struct shape_length length = shape_length_exact((double)number);
        if (!of.member.n) {
            yields->length = length;
            continue;
        }
        struct shape_counted *counted = arena_new(binder->arena, struct shape_counted);
        *counted = (struct shape_counted){yields->counted, of.member, length};
        yields->counted = counted;
    }
}
