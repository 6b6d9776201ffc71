/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * bind_context.c: prompts that cannot fit their model's context window are a mistake before the run.
 *
 * Each sample's prompt is rendered as far as it is known: inputs and vars as they are, what only
 * the run can know (values of steps) as nothing. So the estimate is a lower bound, and what is refused
 * here would be refused in the run, too; what passes may still be too long there.
 */
#include "plan/bind.h"

#include "plan/experiment.h"
#include "plan/perturb.h"
#include "plan/prompt.h"

struct unknowns {
    struct arena *arena;
    const struct scope *scope;
    const struct env *env;
};

/* A name that a sample does not give, or that something inside has bound anew, is left empty. */
static void leave_empty(void *context, const struct template_ref *ref)
{
    struct unknowns *unknown = context;
    const struct scope *known = scope_find(unknown->scope, ref->name);
    if (!known || (known->kind != SCOPE_INPUT && known->kind != SCOPE_VAR))
        unknown->env = env_bind(unknown->arena, unknown->env, ref->name,
                                json_new_text(unknown->arena, STR("")));
}

/* False when the parts that are known cannot be rendered without the others. */
static bool render_known(const struct binder *binder, const struct prompt *prompt,
                         const struct sample *sample, struct arena *arena,
                         struct llm_message *message)
{
    struct unknowns unknown = {.arena = arena, .scope = binder->scope};
    unknown.env = env_bind_object(arena, NULL, binder->experiment->vars);
    unknown.env = env_bind_object(
        arena, unknown.env, perturb_inputs(binder->experiment, sample->index, arena));
    const struct template_visitor visitor = {.ref = leave_empty, .context = &unknown};
    for (size_t i = 0; i < prompt->count; i++)
        template_visit(prompt->message[i].text, &visitor);
    for (size_t i = 0; i < prompt->count; i++) {
        message[i] = (struct llm_message){.role = prompt->message[i].role};
        if (template_render(prompt->message[i].text, unknown.env, arena, &message[i].text,
                            NULL) < 0)
            return false;
    }
    return true;
}

int bind_context_check(const struct binder *binder, struct place place,
                       const struct llm_model *model, const struct llm_params *params,
                       const struct bind_wish *wish, const struct prompt *prompt)
{
    const struct dataset *dataset = &binder->experiment->dataset;
    const int64_t output = params->has_max_tokens ? params->max_tokens : 0;
    if (!model->context || !binder->scope)
        return 0;
    for (size_t i = 0; i < dataset->count; i++) {
        struct arena scratch = {0};
        struct llm_message *message = arena_array(&scratch, struct llm_message, prompt->count);
        const struct llm_request request = {.model = model,
                                            .params = *params,
                                            .message = message,
                                            .message_count = prompt->count,
                                            .schema = wish->schema,
                                            .tool = wish->tool,
                                            .tools = wish->tools};
        int64_t input = render_known(binder, prompt, &dataset->sample[i], &scratch, message)
                            ? llm_estimate_tokens(&request)
                            : 0;
        arena_release(&scratch);
        if (input + output > model->context)
            return mistake_add(
                binder->mistakes, place,
                "the prompt of sample '%.*s' has about %lld tokens or more, which with %lld of "
                "output do not fit the %lld of model '%.*s'",
                STR_ARG(dataset->sample[i].id), (long long)input, (long long)output,
                (long long)model->context, STR_ARG(model->name));
    }
    return 0;
}
