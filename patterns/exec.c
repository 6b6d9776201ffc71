/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * exec.c: a program as a node: worker, classifier or evaluator in code.
 *
 * It gets JSON on stdin and its stdout is the value. Programs run as io/exec.h says: from a list
 * of arguments, without a shell, with limits, and in a sandbox if a model wrote what they run. No
 * calls; what it takes is part of the latency.
 *
 *     exec: {run: [./bin/classify], input: {text: "{{query}}"}, output: text}
 */
#include "patterns/patterns.h"

#include "plan/bind.h"
#include "plan/estimate.h"
#include "run/wf.h"

enum exec_output { OUTPUT_JSON, OUTPUT_TEXT };

struct exec {
    const struct yaml *run_yaml, *input_yaml, *env_yaml;
    int output; /* enum exec_output */
    int64_t max_output, memory, cpu_time;
    bool sandbox;

    str path; /* generic */
    struct command command;
    const struct template *input; /* NULL: all names */
};

static const char *const output_choices[] = {"json", "text", NULL};

static const struct opt exec_options[] = {
    {.key = "run",
     .type = OPT_TYPE_RAW,
     .offset = offsetof(struct exec, run_yaml),
     .word = "command",
     .required = true,
     .help = "program and arguments; a name without '/' is looked for on PATH, ./x beside the "
             "experiment"},
    {.key = "input",
     .type = OPT_TYPE_RAW,
     .offset = offsetof(struct exec, input_yaml),
     .word = "template",
     .help = "JSON for its stdin; all names as an object when not given"},
    OPT_CHOICE(exec, output, .choices = output_choices, .fallback = "json",
               .help = "what stdout is"),
    {.key = "env",
     .type = OPT_TYPE_RAW,
     .offset = offsetof(struct exec, env_yaml),
     .word = "variables",
     .form = "{type: array, items: {type: string, pattern: '^[A-Za-z_][A-Za-z0-9_]*$'}}",
     .fallback = "[PATH, LANG]",
     .help = "variables that are passed on; never keys of providers"},
    OPT_SIZE(exec, max_output, .fallback = "1MB", .help = "more on stdout: killed"),
    OPT_SIZE(exec, memory, .fallback = "512MB", .help = "of each of its processes"),
    OPT_DURATION(exec, cpu_time, .help = "processor time; the node's timeout when not given"),
    OPT_BOOL(exec, sandbox, .fallback = "false",
             .help = "for code that a model wrote: no network, nothing to write to"),
    OPT_END,
};

static int check_sandbox(const struct binder *binder, const struct yaml *value)
{
    struct err err = {0};
    if (exec_sandbox_available(&err) == 0)
        return 0;
    return mistake_add(binder->mistakes, yaml_pair_get(value, STR("sandbox"))->value->place,
                       "sandbox: true is not to be had on this system: %s", err.message);
}

static int exec_bind(struct binder *binder, const struct yaml *value, void *options,
                     struct shape *yields)
{
    struct exec *exec = options;
    int result = bind_command(binder, exec->run_yaml, "exec.run", &exec->command);
    exec->path = binder->path.n ? path_generic(binder->arena, binder->path) : STR(".");
    result |= bind_environment(binder, exec->env_yaml, &exec->command);
    if (exec->input_yaml) {
        exec->input = bind_template(binder, exec->input_yaml, NULL);
        result |= exec->input ? 0 : -1;
    }
    if (exec->sandbox)
        result |= check_sandbox(binder, value);
    if (exec->output == OUTPUT_TEXT)
        *yields = (struct shape){.kind = SHAPE_TEXT};
    return result;
}

static int input_of(struct wf *wf, const struct exec *exec, str *text)
{
    const json *input;
    if (!exec->input)
        input = env_to_json(wf_scratch(wf), wf_env(wf));
    else if (wf_eval(wf, exec->input, wf_env(wf), &input) < 0)
        return -1;
    *text = json_to_str(wf_scratch(wf), input, JSON_COMPACT);
    *text =
        arena_printf(wf_scratch(wf), "%.*s\n", STR_ARG(*text)); /* for those who read lines */
    return 0;
}

static int fiber_fn value_of(struct wf *wf, const struct exec *exec, str output,
                             const json **value)
{
    struct json_error error = {0};
    if (exec->output == OUTPUT_TEXT) {
        *value = json_new_text(wf_arena(wf), str_trim(output));
        return 0;
    }
    *value = wf_parse(wf, output, &error);
    if (*value)
        return 0;
    wf_fail_value(wf, json_new_text(wf_arena(wf), output));
    return wf_fail(wf, FAILURE_EXEC,
                   "%.*s: stdout is not one JSON value: line %u, column %u: %s",
                   STR_ARG(exec->command.argv[0]), error.line, error.col, error.what);
}

static int fiber_fn exec_pattern_run(struct wf *wf, const void *options, const json **value)
{
    const struct exec *exec = options;
    const struct exec_result *result;
    struct exec_request request = {
        .program = exec->command.program,
        .argv = exec->command.argv,
        .argc = exec->command.argc,
        .environment = exec->command.environment,
        .environments = exec->command.environments,
        .folder = exec->command.folder,
        .cpu_ns = exec->cpu_time,
        .memory = exec->memory,
        .max_output = (size_t)exec->max_output,
        .sandbox = exec->sandbox,
    };
    if (input_of(wf, exec, &request.input) < 0 || wf_exec(wf, &request, &result) < 0)
        return -1;
    if (str_trim(result->errors).n)
        wf_note(wf, "stderr", json_new_text(wf_arena(wf), result->errors));
    return value_of(wf, exec, result->output, value);
}

static void exec_estimate(const void *options, const struct estimating *estimating,
                          struct estimate *estimate)
{
    const struct exec *exec = options;
    *estimate = (struct estimate){0};
    estimate_time_program(estimate, estimating, exec->path);
}

const struct pattern pattern_exec = {
    .name = "exec",
    .summary = "a program: JSON on stdin, the value on stdout",
    .options = exec_options,
    .options_size = sizeof(struct exec),
    .bind = exec_bind,
    .run = exec_pattern_run,
    .estimate = exec_estimate,
};
