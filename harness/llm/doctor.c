/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * doctor.c: what is asked, in order: keys, model lists, one call for each model (see doctor.h).
 *
 * The requests are those of a run: the same headers, dialects, TLS and proxies, so that what goes
 * well here goes well there. One after the other: it is few, and nobody's limit is strained.
 */
#include "llm/doctor.h"

#include "base/text.h"
#include "io/loop.h"
#include "io/pool.h"
#include "llm/doctor_inside.h"
#include "llm/embed.h"

enum { TIMEOUT_S = 30, OVERHEAD_BYTES = 512 };

const char *llm_verdict_name(enum llm_verdict verdict)
{
    static const char *const names[] = {"ok", "note", "failed", "skipped"};
    return names[verdict];
}

void doctor_say(struct doctor *doctor, str provider, str subject, const char *check,
                enum llm_verdict verdict, str found, str advice)
{
    if (doctor->findings == doctor->room) {
        size_t room = doctor->room ? 2 * doctor->room : 32;
        doctor->finding = arena_grow(doctor->arena, doctor->finding, doctor->findings, room,
                                     sizeof *doctor->finding);
        doctor->room = room;
    }
    doctor->finding[doctor->findings++] = (struct llm_finding){
        .provider = provider,
        .subject = subject,
        .check = check,
        .verdict = verdict,
        .found = client_clean_message(doctor->arena, found),
        .advice = advice,
    };
}

/* ---- requests ---- */

static const str word = STR_INIT("Hi");
static const struct llm_message message = {.role = LLM_USER, .text = STR_INIT("Hi")};

/* The fewest tokens that the API takes; with the model's own settings, which may be what it
 * refuses. */
static struct llm_request request_for(const struct llm_model *model)
{
    if (!model->provider->dialect->encode)
        return llm_embed_request(model, &word, 1);
    struct llm_request request = {
        .model = model,
        .message = &message,
        .message_count = 1,
        .params = model->defaults.params,
        .attempt_key = STR("weir-doctor"),
    };
    request.params.has_max_tokens = true;
    request.params.max_tokens =
        model->provider->dialect == &llm_dialect_openai_responses ? 16 : 1;
    if (!request.params.has_stream)
        request.params.has_stream = request.params.stream = true; /* as a run does */
    return request;
}

static int64_t upper_nanousd(const struct llm_model *model, struct arena *arena)
{
    struct llm_request request = request_for(model);
    size_t bytes = OVERHEAD_BYTES + llm_request_bytes(&request);
    if (model->extra)
        bytes += json_to_str(arena, model->extra, JSON_COMPACT).n;
    request.params.has_max_tokens = true; /* an embedding has none, and no output either */
    return llm_price_upper(&model->price, bytes, &request.params);
}

void llm_doctor_plan(const struct llm_doctor_options *options, struct llm_doctor_plan *plan)
{
    struct arena arena = {0};
    *plan = (struct llm_doctor_plan){.calls = options->calls ? options->models : 0};
    for (size_t i = 0; i < options->providers; i++)
        plan->lists += options->provider[i]->endpoints;
    for (size_t i = 0; i < plan->calls; i++) {
        int64_t upper = upper_nanousd(options->model[i], &arena);
        plan->unpriced += upper < 0;
        plan->upper_nanousd += upper > 0 ? upper : 0;
    }
    arena_release(&arena);
}

/* ---- one provider ---- */

/* The first variable that is not set; empty: they all are. */
static str missing_variable(const struct doctor *doctor, const struct llm_provider *provider)
{
    size_t keys = provider->endpoints, count = keys + provider->headers_env.count;
    for (size_t i = 0; i < count; i++) {
        str name = i < keys ? provider->endpoint[i].key_env
                            : provider->headers_env.pair[i - keys].value;
        if (name.n &&
            !str_trim(str_from(doctor->options->get(arena_str(doctor->arena, name).p))).n)
            return name;
    }
    return STR("");
}

static void look_at_key(struct doctor *doctor, struct patient *patient)
{
    struct llm_provider *provider = &patient->provider;
    struct buf names = {0};
    struct err err = {0};
    if (llm_provider_load_keys(provider, doctor->arena, doctor->options->get, &err) < 0) {
        str name = missing_variable(doctor, provider), advice = STR("");
        if (name.n)
            advice = arena_printf(doctor->arena, "export %.*s=KEY where weir is started",
                                  STR_ARG(name));
        doctor_say(doctor, provider->name, STR(""), "key", LLM_VERDICT_FAILED,
                   name.n ? arena_printf(doctor->arena, "%.*s is not set", STR_ARG(name))
                          : str_from(err.message),
                   advice);
        doctor->report->to_mend = true;
        return;
    }
    patient->has_key = true;
    for (size_t i = 0; i < provider->endpoints; i++)
        if (provider->endpoint[i].key_env.n)
            buf_printf(&names, "%s%.*s", names.n ? ", " : "",
                       STR_ARG(provider->endpoint[i].key_env));
    for (size_t i = 0; i < provider->headers_env.count; i++)
        buf_printf(&names, "%s%.*s", names.n ? ", " : "",
                   STR_ARG(provider->headers_env.pair[i].value));
    str found = names.n ? arena_printf(doctor->arena, "%.*s is set", STR_ARG(buf_str(&names)))
                        : STR("none is sent");
    doctor_say(doctor, provider->name, STR(""), "key", LLM_VERDICT_OK, found, STR(""));
    buf_release(&names);
}

static void fiber_fn look_at_models(struct doctor *doctor, struct patient *patient,
                                    const struct llm_provider *provider)
{
    for (size_t i = 0; i < doctor->options->models; i++) {
        const struct llm_model *given = doctor->options->model[i];
        if (given->provider != provider)
            continue;
        struct llm_model *model = arena_new(doctor->arena, struct llm_model);
        *model = *given;
        model->provider = &patient->provider;
        if (!patient->has_key || !patient->answers || !patient->let_in) {
            doctor_say(doctor, provider->name, model->name, "call", LLM_VERDICT_SKIPPED,
                       STR("not asked"), STR(""));
            continue;
        }
        if (!doctor->options->calls) {
            doctor_judge_listing(doctor, patient, model);
            continue;
        }
        struct llm_request request = request_for(model);
        struct llm_reply reply;
        if (llm_call(doctor->client, &request, doctor->arena, &reply) == 0)
            doctor_judge_call(doctor, patient, model, &reply);
    }
}

static void fiber_fn look_at(struct doctor *doctor, const struct llm_provider *provider)
{
    struct patient *patient = arena_new(doctor->arena, struct patient);
    patient->provider = *provider;
    patient->provider.retry.retries = 0;
    if (patient->provider.retry.attempt_timeout_ns > TIMEOUT_S * NS_PER_S)
        patient->provider.retry.attempt_timeout_ns = TIMEOUT_S * NS_PER_S;
    patient->let_in = true;
    look_at_key(doctor, patient);
    const struct client_provider *of = client_provider(doctor->client, &patient->provider);
    for (size_t i = 0; i < patient->provider.endpoints; i++) {
        struct http_reply reply;
        str url;
        if (client_probe(doctor->client, of, i, doctor->arena, &url, &reply) == 0)
            doctor_judge_probe(doctor, patient, patient->provider.endpoint[i].base_url, &reply);
    }
    look_at_models(doctor, patient, provider);
}

static void fiber_fn run_doctor(void *arg)
{
    struct doctor *doctor = arg;
    for (size_t i = 0; i < doctor->options->providers; i++)
        look_at(doctor, doctor->options->provider[i]);
}

int llm_doctor_run(const struct llm_doctor_options *options, struct arena *arena,
                   struct llm_doctor_report *report, struct err *err)
{
    struct http *http;
    struct loop *loop = loop_open();
    *report = (struct llm_doctor_report){0};
    if (http_open(&http, loop, err) < 0) {
        loop_close(loop);
        return -1;
    }
    struct pool *pool = pool_open(loop, 1);
    struct doctor doctor = {
        .options = options,
        .client = llm_client_open(
            &(struct llm_client_options){.loop = loop, .http = http, .pool = pool}),
        .arena = arena,
        .report = report,
    };
    fiber_run(loop, run_doctor, &doctor);
    llm_client_close(doctor.client);
    http_close(http);
    pool_close(pool);
    loop_close(loop);
    report->finding = doctor.finding;
    report->findings = doctor.findings;
    return 0;
}
