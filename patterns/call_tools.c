/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * call_tools.c: one round of tools (see call_tools.h).
 *
 * Nothing that a model does with tools fails the call: an unknown tool, arguments that break their
 * schema and a tool that fails are told to the model as text, and it goes on from there.
 */
#include "patterns/call_tools.h"

enum { PROBLEMS_TOLD = 3 };

/* ---- before a run ---- */

int call_tools_bind(const struct binder *binder, const struct yaml *names,
                    struct call_tools *tools)
{
    if (!yaml_is(names, YAML_LIST) || names->count == 0)
        return mistake_add(binder->mistakes, names->place,
                           "tools is %s; expected a list of names of tools",
                           names->kind == YAML_LIST ? "an empty list" : yaml_kind_name(names));
    struct bound_tool *bound = arena_array(binder->arena, struct bound_tool, names->count);
    struct llm_tool *tool = arena_array(binder->arena, struct llm_tool, names->count);
    int result = 0;
    for (size_t i = 0; i < names->count; i++) {
        const struct yaml *name = names->item[i];
        if (!yaml_is(name, YAML_TEXT))
            result =
                mistake_add(binder->mistakes, name->place,
                            "tools has %s; expected the name of a tool", yaml_kind_name(name));
        else
            result |= bind_tool(binder, name->text, name->place, &bound[i]);
        for (size_t k = 0; k < i && name->kind == YAML_TEXT; k++)
            if (str_equal(bound[k].tool.name, name->text))
                result = mistake_add(binder->mistakes, name->place,
                                     "tool '%.*s' is there twice; expected another",
                                     STR_ARG(name->text));
        tool[i] = bound[i].tool;
    }
    *tools = (struct call_tools){bound, tool, names->count};
    return result;
}

struct estimate call_tools_estimate(const struct call_tools *tools,
                                    const struct estimating *estimating)
{
    struct estimate dearest = {0};
    for (size_t i = 0; i < tools->count; i++) {
        struct estimate one = estimate_node(tools->bound[i].run, estimating);
        double before = dearest.part[ESTIMATE_CALLS].worst;
        if (one.part[ESTIMATE_CALLS].worst > before)
            for (int k = 0; k < ESTIMATE_PARTS; k++)
                dearest.part[k].expected = one.part[k].expected;
        estimate_widen(&dearest, &one);
    }
    return dearest;
}

/* ---- the run ---- */

static const struct bound_tool *find_tool(const struct call_tools *tools, str name)
{
    for (size_t i = 0; i < tools->count; i++)
        if (str_equal(tools->bound[i].tool.name, name))
            return &tools->bound[i];
    return NULL;
}

/* Why a call cannot be run, for the model; empty when it can. */
static str fiber_fn refuse(struct wf *wf, const struct bound_tool *tool,
                           const struct llm_tool_call *call)
{
    struct arena *arena = wf_scratch(wf);
    struct jsonschema_problem problem[PROBLEMS_TOLD];
    size_t count = 0;
    if (!tool)
        return arena_printf(arena, "there is no tool '%.*s'", STR_ARG(call->name));
    if (!call->arguments)
        return STR("the arguments are not JSON");
    if (wf_valid(wf, tool->schema, call->arguments, problem, PROBLEMS_TOLD, &count))
        return STR("");
    str text = STR("the arguments do not conform to the schema:");
    for (size_t i = 0; i < count; i++)
        text = arena_printf(arena, "%.*s\nat %.*s: %.*s", STR_ARG(text),
                            STR_ARG(problem[i].path.n ? problem[i].path : STR("the root")),
                            STR_ARG(problem[i].text));
    return text;
}

static const struct env *arguments_env(struct wf *wf, const struct llm_tool_call *call)
{
    const struct env *env = env_bind(wf_arena(wf), NULL, STR("args"), call->arguments);
    return env_bind_object(wf_arena(wf), env, call->arguments);
}

static void tell(struct wf *wf, const struct wf_task *task, struct llm_message *message)
{
    message->failed = task->failed;
    if (task->failed)
        message->text =
            arena_printf(wf_scratch(wf), "%s: %.*s", failure_kind_name(task->failure.kind),
                         STR_ARG(task->failure.message));
    else if (task->value)
        message->text = json_render(wf_scratch(wf), task->value);
}

static void note_refusal(struct wf *wf, struct tools_use *use, const struct llm_tool_call *call,
                         str why)
{
    struct arena *arena = wf_arena(wf);
    if (!use->refused)
        use->refused = json_new_list(arena);
    str text = arena_printf(arena, "%.*s: %.*s", STR_ARG(call->name), STR_ARG(why));
    json_add(arena, use->refused, json_new_text(arena, text));
    wf_note(wf, "tools_refused", use->refused);
}

int fiber_fn call_tools_answer(struct wf *wf, const struct call_tools *tools,
                               const struct llm_reply *reply, struct tools_use *use,
                               struct llm_message *message)
{
    size_t count = reply->tool_calls, runs = 0;
    struct wf_task *task = arena_array(wf_arena(wf), struct wf_task, count);
    struct llm_message **answer = arena_array(wf_scratch(wf), struct llm_message *, count);
    for (size_t i = 0; i < count; i++) {
        const struct llm_tool_call *call = &reply->tool_call[i];
        const struct bound_tool *tool = find_tool(tools, call->name);
        message[i] = (struct llm_message){.role = LLM_TOOL, .answers = call};
        str why = refuse(wf, tool, call);
        if (why.n) {
            message[i].text = why;
            message[i].failed = true;
            note_refusal(wf, use, call, why);
            continue;
        }
        str segment = arena_printf(wf_arena(wf), "tools[%zu]", use->steps++);
        task[runs] = (struct wf_task){
            .node = tool->run, .segment = segment, .env = arguments_env(wf, call)};
        answer[runs++] = &message[i];
    }
    if (wf_run_all(wf, task, runs, 0, WF_PARTIAL) < 0)
        return -1;
    for (size_t i = 0; i < runs; i++)
        tell(wf, &task[i], answer[i]);
    return 0;
}
