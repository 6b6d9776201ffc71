/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cmd_doctor.c: weir doctor: will this experiment find its providers? What is looked at is
 * llm/doctor.h's; here is what it is asked about, and the table.
 */
#include "cmd/cmd.h"
#include "session/places.h"

#include "base/file.h"
#include "base/text.h"
#include "llm/doctor.h"
#include "plan/experiment.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct doctor_cmd {
    bool calls, json;
};

static const struct opt doctor_cmd_options[] = {
    OPT_BOOL(
        doctor_cmd, calls, .fallback = "true",
        .help =
            "one call of each model; --no-calls looks it up in the model list, for nothing"),
    OPT_BOOL(doctor_cmd, json, .fallback = "false", .help = "print one JSON object instead"),
    OPT_END,
};

/* ---- what is looked at ---- */

static int of_experiment(struct arena *arena, str given, struct llm_doctor_options *options,
                         str *path, struct err *err)
{
    struct experiment_options none = {.seed = -1, .no_baseline = true};
    if (experiment_find(arena, given, path, err) < 0)
        return -1;
    const struct experiment *experiment = experiment_load(arena, *path, &none, err);
    if (!experiment)
        return -1;
    struct llm_provider **used =
        arena_array(arena, struct llm_provider *, experiment->providers + 1);
    for (size_t i = 0; i < experiment->providers; i++)
        if (experiment_uses_provider(experiment, experiment->provider[i]))
            used[options->providers++] = experiment->provider[i];
    options->provider = used;
    options->model = experiment->model;
    options->models = experiment->models;
    return 0;
}

/* Before there is an experiment: the providers that need no entry, as far as their keys are set. */
static int of_builtins(struct arena *arena, struct llm_doctor_options *options, struct err *err)
{
    enum { MOST = 32 };
    const struct llm_retry retry = llm_retry_default();
    struct llm_provider **used = arena_array(arena, struct llm_provider *, MOST);
    struct buf names = {0};
    for (size_t i = 0; i < MOST && llm_provider_builtin_name(i); i++) {
        struct llm_provider *provider = arena_new(arena, struct llm_provider);
        llm_provider_builtin(str_from(llm_provider_builtin_name(i)), &retry, provider);
        str name = provider->endpoint[0].key_env;
        const char *value = getenv(arena_str(arena, name).p);
        buf_printf(&names, "%s%.*s", names.n ? ", " : "", STR_ARG(name));
        if (value && *value)
            used[options->providers++] = provider;
    }
    options->provider = used;
    if (!options->providers)
        err_set(err, ERR_INPUT,
                "there is no experiment.yaml here, and none of %.*s is set; expected an "
                "experiment to look at, or a key",
                STR_ARG(buf_str(&names)));
    buf_release(&names);
    return options->providers ? 0 : -1;
}

/* ---- what is printed ---- */

static str dollars(struct arena *arena, int64_t nanousd, size_t unknown)
{
    return unknown ? arena_printf(arena, "$%.6f and what %zu call%s without a price cost%s",
                                  (double)nanousd / 1e9, unknown, unknown == 1 ? "" : "s",
                                  unknown == 1 ? "s" : "")
                   : arena_printf(arena, "$%.6f", (double)nanousd / 1e9);
}

static void print_plan(struct arena *arena, const struct llm_doctor_plan *plan)
{
    str most = dollars(arena, plan->upper_nanousd, plan->unpriced);
    printf("asks for %zu model list%s, which %s free", plan->lists, plan->lists == 1 ? "" : "s",
           plan->lists == 1 ? "is" : "are");
    if (plan->calls)
        printf(", and makes %zu call%s: at most %.*s", plan->calls, plan->calls == 1 ? "" : "s",
               STR_ARG(most));
    printf("\n");
    fflush(stdout); /* before it is spent */
}

static void print_finding(struct arena *arena, const struct llm_finding *at,
                          const struct llm_finding *before)
{
    str provider = text_visible(arena, at->provider),
        subject = text_visible(arena, at->subject);
    str found = text_visible(arena, at->found), advice = text_visible(arena, at->advice);
    if (!before || !str_equal(before->provider, at->provider))
        printf("\n%.*s\n", STR_ARG(provider));
    if (subject.n && !(before && str_equal(before->subject, at->subject) &&
                       str_equal(before->provider, at->provider)))
        printf("  %.*s\n", STR_ARG(subject));
    printf("    %-7s %-7s  %.*s\n", at->check, llm_verdict_name(at->verdict), STR_ARG(found));
    if (advice.n)
        printf("    %-7s %-7s  → %.*s\n", "", "", STR_ARG(advice));
}

static void print_report(struct arena *arena, const struct llm_doctor_report *report)
{
    size_t count[4] = {0};
    for (size_t i = 0; i < report->findings; i++) {
        const struct llm_finding *at = &report->finding[i];
        print_finding(arena, at, i ? at - 1 : NULL);
        count[at->verdict]++;
    }
    printf("\n%zu ok, %zu to note, %zu failed, %zu skipped; cost %.*s\n", count[LLM_VERDICT_OK],
           count[LLM_VERDICT_NOTE], count[LLM_VERDICT_FAILED], count[LLM_VERDICT_SKIPPED],
           STR_ARG(dollars(arena, report->cost_nanousd, report->unknown_cost_calls)));
}

static const json *usd(struct arena *arena, int64_t nanousd, size_t unknown)
{
    return unknown ? json_null() : json_new_number(arena, (double)nanousd / 1e9);
}

static void print_json(struct arena *arena, str path, const struct llm_doctor_plan *plan,
                       const struct llm_doctor_report *report, int code)
{
    json *object = json_new_object(arena), *list = json_new_list(arena);
    struct buf out = {0};
    json_set_text(arena, object, "weir", STR(WEIR_VERSION));
    json_set(arena, object, STR("experiment"),
             path.n ? json_new_text(arena, path) : json_null());
    json_set_int(arena, object, "exit_code", code);
    json_set_int(arena, object, "lists", (int64_t)plan->lists);
    json_set_int(arena, object, "calls", (int64_t)plan->calls);
    json_set(arena, object, STR("cost_upper_usd"),
             usd(arena, plan->upper_nanousd, plan->unpriced));
    json_set(arena, object, STR("cost_usd"),
             usd(arena, report->cost_nanousd, report->unknown_cost_calls));
    for (size_t i = 0; i < report->findings; i++) {
        const struct llm_finding *at = &report->finding[i];
        json *row = json_new_object(arena);
        json_set_text(arena, row, "provider", at->provider);
        json_set_text(arena, row, "subject", at->subject);
        json_set_text(arena, row, "check", str_from(at->check));
        json_set_text(arena, row, "verdict", str_from(llm_verdict_name(at->verdict)));
        json_set_text(arena, row, "found", at->found);
        json_set_text(arena, row, "advice", at->advice);
        json_add(arena, list, row);
    }
    json_set(arena, object, STR("findings"), list);
    json_write_indented(&out, object, 2);
    printf("%.*s\n", STR_ARG(buf_str(&out)));
    buf_release(&out);
}

static int doctor_run_cmd(struct arena *arena, const void *given, const str *arg, size_t args,
                          struct err *err)
{
    const struct doctor_cmd *cmd = given;
    struct llm_doctor_options options = {.calls = cmd->calls, .get = getenv};
    struct llm_doctor_plan plan;
    struct llm_doctor_report report;
    str path = {"", 0};
    const bool builtins = !args && access("experiment.yaml", F_OK) != 0;
    if (cmd_no_more(arg, args, 1, err) < 0)
        return -1;
    if (builtins ? of_builtins(arena, &options, err) < 0
                 : of_experiment(arena, cmd_arg(arg, args, 0), &options, &path, err) < 0)
        return -1;
    llm_doctor_plan(&options, &plan);
    if (!cmd->json)
        print_plan(arena, &plan);
    if (llm_doctor_run(&options, arena, &report, err) < 0)
        return -1;
    const int code = report.to_mend ? EXIT_INPUT : report.later ? EXIT_INCOMPLETE : EXIT_FINE;
    if (cmd->json)
        print_json(arena, path, &plan, &report, code);
    else
        print_report(arena, &report);
    return code;
}

const struct cmd cmd_doctor = {
    .name = "doctor",
    .usage = "[EXP] [options]",
    .summary = "look at keys, reachability, TLS, clock, limits and models before a run",
    .details =
        "EXP is an experiment file, or a folder with an experiment.yaml; by default the one\n"
        "here, and without one the built-in providers whose keys are set. Asks each provider\n"
        "for its model list, and each model for one word; says first what that costs at most.\n"
        "Exit code 0: a run will find what it needs; 2: something is to be mended (a key, a\n"
        "model, an address); 3: a provider does not answer, or not now.",
    CMD_OPTIONS(doctor_cmd),
    .run = doctor_run_cmd,
};
