/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * check_exec.c: the checks that ask a program or a server (see check_parts.h).
 *
 * The program reads one JSON object from its stdin, {value, expected, inputs}, and writes a
 * number from 0 to 1 or {score, reason}. In a workflow `expected` is null, as no gate may see the
 * answer. A program that fails gives no answer: the check is unfit, with what the program said. A
 * server is sent the same, before the check is run (score/ask.h).
 */
#include "plan/check_parts.h"

#include "base/clock.h"
#include "io/exec.h"
#include "plan/bind.h"

#define CHECK_TIMEOUT_NS (10 * NS_PER_S)
enum { CHECK_OUTPUT_BYTES = 1000000, CHECK_MEMORY_BYTES = 512000000 };

/* What the sample or step saw, without the names that have a meaning of their own. */
static const json *inputs_of(const struct check_subject *subject)
{
    const json *all = env_to_json(subject->arena, subject->env);
    json *inputs = json_new_object(subject->arena);
    for (const json *member = json_first(all); member; member = json_next(member))
        if (!scope_is_reserved(json_key(member)))
            json_set(subject->arena, inputs, json_key(member), member);
    return inputs;
}

str check_grader_input(const struct check_subject *subject)
{
    struct arena *arena = subject->arena;
    json *question = json_new_object(arena);
    const json *expected = env_get(subject->env, STR("expected"));
    json_set(arena, question, STR("value"), subject->value ? subject->value : json_null());
    json_set(arena, question, STR("expected"), expected ? expected : json_null());
    json_set(arena, question, STR("inputs"), inputs_of(subject));
    str text = json_to_str(arena, question, JSON_COMPACT);
    return arena_printf(arena, "%.*s\n", STR_ARG(text));
}

static void read_grade(const struct check_subject *subject, struct check_result *result,
                         str output, const char *who)
{
    const json *answer = json_parse(subject->arena, output, NULL);
    bool object = json_is(answer, JSON_OBJECT);
    const json *score = object ? json_get(answer, STR("score")) : answer;
    double number = json_number(score);
    if (!json_is(score, JSON_NUMBER) || number < 0 || number > 1) {
        str shown = text_shown(subject->arena, output);
        check_unfit(subject, result,
                    "%s wrote %.*s; expected a number from 0 to 1, or {score, reason}", who,
                    STR_ARG(shown));
        return;
    }
    str reason = object ? json_text(json_get(answer, STR("reason"))) : STR("");
    if (reason.n)
        check_grade(subject, result, number, "%.*s", STR_ARG(reason));
    else
        check_grade(subject, result, number, "%s is %.3g", subject->name, number);
}

void check_by_exec(const struct check_subject *subject, struct check_result *result)
{
    const struct command *command = subject->fixed;
    struct exec_request request = {
        .program = command->program,
        .argv = command->argv,
        .argc = command->argc,
        .environment = command->environment,
        .environments = command->environments,
        .folder = command->folder,
        .input = check_grader_input(subject),
        .timeout_ns = CHECK_TIMEOUT_NS,
        .cpu_ns = CHECK_TIMEOUT_NS,
        .memory = CHECK_MEMORY_BYTES,
        .max_output = CHECK_OUTPUT_BYTES,
    };
    struct exec_result ended;
    exec_run_blocking(&request, subject->arena, &ended);
    result->time_ns = ended.time_ns;
    if (ended.outcome == EXEC_OK) {
        read_grade(subject, result, ended.output, "the program");
        return;
    }
    str told = exec_explain(subject->arena, &ended);
    check_unfit(subject, result, "%.*s: %.*s", STR_ARG(command->argv[0]), STR_ARG(told));
}

void check_by_webhook(const struct check_subject *subject, struct check_result *result)
{
    read_grade(subject, result, subject->answer->said, "the server");
}
