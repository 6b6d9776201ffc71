/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * doctor_say.c: what replies mean, in words, with what to do about it (see doctor.h).
 */
#include "base/mistakes.h"
#include "base/text.h"
#include "llm/doctor_inside.h"
#include "llm/rate_headers.h"

#include <math.h>
#include <stdlib.h>

/* A Date has whole seconds, and the reply was on its way for a while. */
enum { CLOCK_GOOD_S = 2, CLOCK_BAD_S = 30 };

#define TEXT(...) arena_printf(doctor->arena, __VA_ARGS__)

static double ms(int64_t ns)
{
    return (double)ns / 1e6;
}

static void say(struct doctor *doctor, const struct patient *patient, str subject,
                const char *check, enum llm_verdict verdict, str found, const char *advice)
{
    doctor_say(doctor, patient->provider.name, subject, check, verdict, found,
               str_from(advice));
}

/* ---- reach ---- */

static void say_unreachable(struct doctor *doctor, struct patient *patient, str url,
                            const struct http_reply *reply)
{
    const char *advice = "check base_url, this machine's network and its proxy variables "
                         "(docs/providers.md, the network)";
    if (reply->outcome == HTTP_BARRED)
        advice = ""; /* the reason says what to do */
    say(doctor, patient, url, "reach", LLM_VERDICT_FAILED,
        TEXT("no HTTP answer: %.*s", STR_ARG(reply->error)), advice);
    doctor->report->later = true;
}

/* "HTTP 200 after 132 ms by http/1.1, connecting 65 ms (TLS 45 ms)" */
static str way_of(struct doctor *doctor, const struct http_reply *reply)
{
    str tls = reply->tls_ns >= 0 ? TEXT(" (TLS %.0f ms)", ms(reply->tls_ns)) : STR("");
    return TEXT("HTTP %d after %.0f ms by %s, connecting %.0f ms%.*s", reply->status,
                ms(reply->total_ns), reply->protocol ? reply->protocol : "?",
                ms(reply->connect_ns), STR_ARG(tls));
}

/* ---- clock ---- */

static void look_at_clock(struct doctor *doctor, const struct patient *patient, str url,
                          const struct http_reply *reply)
{
    const int64_t now = clock_wall_ns();
    int64_t theirs;
    if (!llm_parse_http_date(http_header(reply, "date"), now, &theirs)) {
        say(doctor, patient, url, "clock", LLM_VERDICT_SKIPPED,
            STR("the server does not tell its time"), "");
        return;
    }
    /* it was written between the request and the reply, and cut to the second */
    const double off_s =
        (double)(now - reply->total_ns / 2 - theirs - NS_PER_S / 2) / (double)NS_PER_S;
    if (fabs(off_s) <= CLOCK_GOOD_S) {
        say(doctor, patient, url, "clock", LLM_VERDICT_OK,
            TEXT("this machine's is within %d s of the server's", CLOCK_GOOD_S), "");
        return;
    }
    say(doctor, patient, url, "clock", LLM_VERDICT_NOTE,
        TEXT("this machine's is %.0f s %s the server's", fabs(off_s),
             off_s > 0 ? "ahead of" : "behind"),
        fabs(off_s) > CLOCK_BAD_S
            ? "set it (NTP): certificates are judged by it, and the run's "
              "times are told by it"
            : "");
}

/* ---- limits ---- */

static void add_limit(struct buf *out, const char *what, int64_t limit, int64_t left)
{
    if (limit < 0)
        return;
    buf_printf(out, "%s%lld %s", out->n ? ", " : "", (long long)limit, what);
    if (left >= 0)
        buf_printf(out, " (%lld left)", (long long)left);
}

/* Ours above theirs ends in 429s. */
static const char *above(int64_t provider, int64_t model, int64_t theirs)
{
    const int64_t ours = model && (!provider || model < provider) ? model : provider;
    return theirs >= 0 && ours > theirs ? "rpm or tpm is above it: lower it, or it ends in 429s"
                                        : "";
}

static void look_at_limits(struct doctor *doctor, const struct patient *patient, str subject,
                           str header_lines, const struct llm_model *model)
{
    const struct llm_rate_state state = llm_rate_headers_read(header_lines);
    const struct llm_provider *provider = &patient->provider;
    struct buf found = {0};
    add_limit(&found, "requests", state.requests_limit, state.requests_left);
    add_limit(&found, "tokens", state.tokens_limit, state.tokens_left);
    if (found.n) {
        const char *advice = above(provider->rpm, model ? model->rpm : 0, state.requests_limit);
        if (!*advice)
            advice = above(provider->tpm, model ? model->tpm : 0, state.tokens_limit);
        say(doctor, patient, subject, "limits", *advice ? LLM_VERDICT_NOTE : LLM_VERDICT_OK,
            buf_str(&found), advice);
    }
    buf_release(&found);
}

/* ---- the model list ---- */

/* {"data": [{"id": …}]}, or Gemini's {"models": [{"name": "models/…"}]}. */
static void read_list(struct doctor *doctor, struct patient *patient, str body)
{
    const json *reply = json_parse(doctor->arena, body, NULL);
    const json *data = json_get(reply, STR("data")), *models = json_get(reply, STR("models"));
    const json *list = data ? data : models;
    const size_t room = sizeof patient->list / sizeof patient->list[0];
    patient->has_list = patient->has_list || json_count(list);
    for (size_t i = 0; i < json_count(list) && patient->listed < room; i++) {
        const json *entry = json_at(list, (int64_t)i);
        str name = json_text(json_get(entry, data ? STR("id") : STR("name")));
        if (str_starts_with(name, STR("models/")))
            name = str_sub(name, 7, name.n);
        if (name.n)
            patient->list[patient->listed++] = name;
    }
}

static void say_status(struct doctor *doctor, struct patient *patient, str url,
                       const struct http_reply *reply)
{
    struct llm_problem problem = {.message = STR("")};
    const int status = reply->status;
    patient->provider.dialect->explain(status, reply->body, doctor->arena, &problem);
    str why = problem.message.n ? TEXT(": %.*s", STR_ARG(problem.message)) : STR("");
    str found = TEXT("HTTP %d%.*s", status, STR_ARG(why));
    if (problem.auth || status == 401 || status == 403) {
        patient->let_in = false;
        if (!patient->has_key) /* that has been said, and is what was to be expected */
            return;
        doctor->report->to_mend = true;
        say(doctor, patient, url, "key", LLM_VERDICT_FAILED, found,
            "is it a key of this provider, of this address, and still valid?");
    } else if (status == 429 || problem.quota) {
        doctor->report->later = true;
        say(doctor, patient, url, "limits", LLM_VERDICT_FAILED, found,
            "the limit is used up: wait, or look at the account");
    } else if (status >= 500) {
        doctor->report->later = true;
        say(doctor, patient, url, "reach", LLM_VERDICT_FAILED, found,
            "the provider is in trouble: try later");
    } else if (status >= 300 && status < 400) {
        doctor->report->to_mend = true;
        say(doctor, patient, url, "reach", LLM_VERDICT_FAILED,
            TEXT("a redirect to %.*s", STR_ARG(http_header(reply, "location"))),
            "redirects are not followed: put the address they lead to into base_url");
    } else {
        say(doctor, patient, url, "list", LLM_VERDICT_NOTE, found,
            "it tells no model list, as some servers do; or base_url is not quite right");
    }
}

void doctor_judge_probe(struct doctor *doctor, struct patient *patient, str url,
                        const struct http_reply *reply)
{
    if (!reply->status) {
        say_unreachable(doctor, patient, url, reply);
        return;
    }
    patient->answers = true;
    say(doctor, patient, url, "reach", LLM_VERDICT_OK, way_of(doctor, reply), "");
    if (reply->status / 100 == 2)
        read_list(doctor, patient, reply->body);
    else
        say_status(doctor, patient, url, reply);
    look_at_clock(doctor, patient, url, reply);
    look_at_limits(doctor, patient, url, reply->header_lines, NULL);
}

/* ---- models ---- */

static bool is_listed(const struct patient *patient, str name)
{
    for (size_t i = 0; i < patient->listed; i++)
        if (str_equal(patient->list[i], name))
            return true;
    return false;
}

/* "; did you mean 'gpt-4o-mini'?" */
static str nearest(struct doctor *doctor, const struct patient *patient, str name)
{
    return mistake_hint(doctor->arena, name, patient->list, patient->listed, false);
}

void doctor_judge_listing(struct doctor *doctor, const struct patient *patient,
                          const struct llm_model *model)
{
    if (!patient->has_list)
        say(doctor, patient, model->name, "list", LLM_VERDICT_SKIPPED,
            STR("there is no model list to look it up in"), "");
    else if (is_listed(patient, model->model))
        say(doctor, patient, model->name, "list", LLM_VERDICT_OK,
            TEXT("the provider lists %.*s", STR_ARG(model->model)), "");
    else
        say(doctor, patient, model->name, "list", LLM_VERDICT_NOTE,
            TEXT("the provider does not list %.*s%.*s", STR_ARG(model->model),
                 STR_ARG(nearest(doctor, patient, model->model))),
            "an alias may be missing from a list; a call tells (without --no-calls)");
}

static void say_answer(struct doctor *doctor, const struct patient *patient,
                       const struct llm_model *model, const struct llm_reply *reply)
{
    struct buf found = {0};
    buf_printf(&found, "answered after %.0f ms", ms(reply->connect_ns + reply->provider_ns));
    if (reply->ttft_ns >= 0)
        buf_printf(&found, ", first token after %.0f ms", ms(reply->ttft_ns));
    if (call_knows_usage(&reply->usage))
        buf_printf(&found, "; %lld tokens in, %lld out", (long long)reply->usage.input,
                   (long long)reply->usage.output);
    else
        buf_printf(&found, "; it does not tell the tokens that it used");
    if (reply->model.n && !str_equal(reply->model, model->model))
        buf_printf(&found, "; it is %.*s", STR_ARG(reply->model));
    const bool bad = !call_knows_usage(&reply->usage);
    say(doctor, patient, model->name, "call", bad ? LLM_VERDICT_NOTE : LLM_VERDICT_OK,
        buf_str(&found), bad ? "its cost will be unknown" : "");
    buf_release(&found);
}

static str advice_for_request(struct doctor *doctor, const struct patient *patient,
                              const struct llm_model *model)
{
    if (patient->has_list && !is_listed(patient, model->model))
        return TEXT("the provider does not list '%.*s'%.*s", STR_ARG(model->model),
                    STR_ARG(nearest(doctor, patient, model->model)));
    return STR(
        "check `model`, and what the model's entry sets: temperature, extra and the like");
}

static str advice_for(struct doctor *doctor, const struct patient *patient,
                      const struct llm_model *model, const struct llm_reply *reply)
{
    const int64_t hint_ns = reply->attempts ? reply->attempt[0].retry_after_ns : -1;
    switch (reply->outcome) {
    case LLM_RATE_LIMITED:
        return hint_ns > 0
                   ? TEXT("its limit is used up: wait %.0f s; then lower rpm, tpm or "
                          "concurrency",
                          (double)hint_ns / 1e9)
                   : STR("its limit is used up: wait; then lower rpm, tpm or concurrency");
    case LLM_QUOTA:
        return STR("the account is used up: look at its billing");
    case LLM_AUTH:
        return STR("the key is not for this model, or no longer valid");
    case LLM_REQUEST:
        return advice_for_request(doctor, patient, model);
    case LLM_SERVER:
        return STR("the provider is in trouble: try later");
    default:
        return STR("try again; see docs/providers.md, the network");
    }
}

void doctor_judge_call(struct doctor *doctor, const struct patient *patient,
                       const struct llm_model *model, const struct llm_reply *reply)
{
    struct llm_doctor_report *report = doctor->report;
    report->cost_nanousd += reply->cost.nanousd;
    report->unknown_cost_calls += !reply->cost.known;
    if (reply->outcome == LLM_OK) {
        say_answer(doctor, patient, model, reply);
    } else {
        const bool mend = reply->outcome == LLM_AUTH || reply->outcome == LLM_REQUEST;
        report->to_mend = report->to_mend || mend;
        report->later = report->later || !mend;
        doctor_say(doctor, patient->provider.name, model->name, "call", LLM_VERDICT_FAILED,
                   reply->message, advice_for(doctor, patient, model, reply));
    }
    look_at_limits(doctor, patient, model->name, reply->header_lines, model);
}
