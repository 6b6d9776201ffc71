/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_e2e_doctor.c: weir doctor says what a run will lack, for next to nothing, and never a key.
 */
#include "e2e_run.h"
#include "e2e_server.h"

#define KEY "sk-doc-A1b2C3d4E5f6G7h8"

static const char rest[] =
    "dataset: {samples: [{id: a, q: b}]}\n"
    "variants: {one: {call: {model: small, prompt: {user: 'Say {{q}}'}}}}\n"
    "score: {same: {equals: hi}}\n";

static const char on_all_dialects[] =
    "providers:\n"
    "  chat: {api: openai-chat, base_url: 'URL/v1', key_env: DOC_KEY}\n"
    "  responses: {api: openai-responses, base_url: 'URL/v1', key_env: DOC_KEY}\n"
    "  messages: {api: anthropic-messages, base_url: 'URL', key_env: DOC_KEY}\n"
    "  contents: {api: gemini, base_url: 'URL', key_env: DOC_KEY}\n"
    "  vectors: {api: openai-embeddings, base_url: 'URL/v1', key_env: DOC_KEY}\n"
    "models:\n"
    "  small: {provider: chat, model: m, price: {input: 1, output: 2}}\n"
    "  r: {provider: responses, model: m, price: {input: 1, output: 2}}\n"
    "  a: {provider: messages, model: m, price: {input: 1, output: 2}}\n"
    "  g: {provider: contents, model: m, price: {input: 1, output: 2}}\n"
    "  e: {provider: vectors, model: m, price: {input: 1, output: 0}}\n";

static const char on_one[] =
    "providers: {p: {api: openai-chat, base_url: 'URL', key_env: DOC_KEY}}\n"
    "models: {small: {provider: p, model: gpt-4o-minu, price: {input: 1, output: 2}}}\n";

static void write_experiment(struct place *place, const char *providers, const char *url)
{
    str all = arena_printf(&place->arena, "%s%s", providers, rest);
    place_write(place, "experiment.yaml", all);
    place_replace(place, "experiment.yaml", "URL", url);
    place_env(place, "DOC_KEY=" KEY);
}

static const json *doctor_json(struct place *place, int code)
{
    struct ended ended = weir(place, "doctor", "--json", NULL);
    assert_code(ended, code);
    assert_lacks(ended.out, KEY);
    const json *told = json_parse(&place->arena, ended.out, NULL);
    assert_non_null(told);
    assert_int_equal((int)json_number(json_get(told, STR("exit_code"))), code);
    return told;
}

static size_t count_verdicts(const json *told, const char *verdict)
{
    const json *list = json_get(told, STR("findings"));
    size_t count = 0;
    for (size_t i = 0; i < json_count(list); i++)
        count += str_equal(json_text(json_get(json_at(list, (int64_t)i), STR("verdict"))),
                           str_from(verdict));
    return count;
}

static size_t requests(struct place *place, const struct mock_server *mock)
{
    str journal = http_get(place, mock->url, "/mock/journal");
    return json_count(json_parse(&place->arena, journal, NULL));
}

/* Protects: every dialect is asked in its own words; what it costs is said before and kept to; a
 * good day ends with 0. */
static void all_is_well_on_all_dialects(void **state)
{
    struct place *place = *state;
    place_write_text(place, "mock.yaml", "scale: 0\nrules: {all: {reply: hi}}\n");
    struct mock_server mock = mock_start(place, "mock.yaml");
    write_experiment(place, on_all_dialects, mock.url.p);
    const json *told = doctor_json(place, 0);
    assert_int_equal(count_verdicts(told, "failed"), 0);
    assert_int_equal((int)json_number(json_get(told, STR("lists"))), 5);
    assert_int_equal((int)json_number(json_get(told, STR("calls"))), 5);
    double most = json_number(json_get(told, STR("cost_upper_usd")));
    double cost = json_number(json_get(told, STR("cost_usd")));
    assert_true(cost > 0 && cost <= most && most < 0.01);
    assert_int_equal(requests(place, &mock), 5 + 5); /* as said, and nothing twice */
    struct ended ended = weir(place, "doctor", NULL);
    assert_code(ended, 0);
    assert_true(
        str_starts_with(ended.out, STR("asks for 5 model lists, which are free, and makes "
                                       "5 calls: at most $0.00")));
    assert_contains(ended.out, "DOC_KEY is set");
    assert_contains(ended.out, "by http/1.1");
    assert_contains(ended.out, "10000 requests");
    assert_lacks(ended.out, KEY);
    mock_stop(&mock);
}

/* Protects: a key that is not there is named, with what to do, and nothing is paid for. */
static void a_missing_key(void **state)
{
    struct place *place = *state;
    place_write_text(place, "mock.yaml", "scale: 0\n");
    struct mock_server mock = mock_start(place, "mock.yaml");
    write_experiment(place, on_all_dialects, mock.url.p);
    place_env(place, "DOC_KEY");
    struct ended ended = weir(place, "doctor", NULL);
    assert_code(ended, 2);
    assert_contains(ended.out, "DOC_KEY is not set");
    assert_contains(ended.out, "export DOC_KEY=KEY");
    assert_contains(ended.out, "cost $0.000000");
    const json *told = doctor_json(place, 2);
    assert_int_equal(count_verdicts(told, "failed"), 5);
    mock_stop(&mock);
}

struct answer {
    int status;
    const char *headers, *body;
};

static void answer_so(void *arg, const struct asked *asked, struct said *said)
{
    const struct answer *answer = arg;
    (void)asked;
    said->status = answer->status;
    said->headers = answer->headers;
    said->body = str_from(answer->body);
}

static struct ended doctor_on(struct place *place, struct answer answer)
{
    struct server *server = server_start(place, answer_so, &answer);
    write_experiment(place, on_one, server_url(server).p);
    struct ended ended = weir(place, "doctor", NULL);
    assert_int_equal(server_count(server), 1); /* nothing is tried twice */
    server_stop(server);
    assert_lacks(ended.out, KEY);
    assert_lacks(ended.err, KEY);
    return ended;
}

/* Protects: a key that the provider refuses, also when it repeats it. */
static void a_wrong_key(void **state)
{
    struct place *place = *state;
    struct ended ended = doctor_on(
        place, (struct answer){401, NULL,
                               "{\"error\":{\"message\":\"Incorrect API key provided: " KEY
                               "\",\"code\":\"invalid_api_key\"}}"});
    assert_code(ended, 2);
    assert_contains(ended.out, "HTTP 401: Incorrect API key provided: [secret]");
    assert_contains(ended.out, "no longer valid");
}

/* Protects: a limit that is used up is not the user's mistake, and the wait is said. */
static void a_limit_that_is_used_up(void **state)
{
    struct place *place = *state;
    struct ended ended = doctor_on(
        place, (struct answer){429, "Retry-After: 7\r\nx-ratelimit-limit-requests: 60\r\n",
                               "{\"error\":{\"message\":\"slow down\"}}"});
    assert_code(ended, 3);
    assert_contains(ended.out, "wait 7 s");
    assert_contains(ended.out, "60 requests");
    ended = doctor_on(place, (struct answer){429, NULL,
                                             "{\"error\":{\"message\":\"no money\",\"code\":"
                                             "\"insufficient_quota\"}}"});
    assert_code(ended, 3);
    assert_contains(ended.out, "look at its billing");
    ended = doctor_on(place, (struct answer){503, NULL, "busy"});
    assert_code(ended, 3);
    assert_contains(ended.out, "try later");
}

/* Protects: a model that does not exist, with the name that was probably meant. */
static void an_unknown_model(void **state)
{
    struct place *place = *state;
    place_write_text(place, "mock.yaml",
                     "scale: 0\nunknown_model: refuse\nmodels: {gpt-4o-mini: {}, o9: {}}\n");
    struct mock_server mock = mock_start(place, "mock.yaml");
    str url = arena_printf(&place->arena, "%.*s/v1", STR_ARG(mock.url));
    write_experiment(place, on_one, url.p);
    struct ended ended = weir(place, "doctor", NULL);
    assert_code(ended, 2);
    assert_contains(ended.out, "HTTP 404");
    assert_contains(ended.out, "did you mean 'gpt-4o-mini'?");
    ended = weir(place, "doctor", "--no-calls", NULL);
    assert_code(ended, 0);
    assert_contains(ended.out, "does not list gpt-4o-minu; did you mean 'gpt-4o-mini'?");
    assert_lacks(ended.out, "    call");
    mock_stop(&mock);
}

/* Protects: nobody there is 3, as for a run. */
static void nobody_there(void **state)
{
    struct place *place = *state;
    write_experiment(place, on_one, "http://127.0.0.1:1/v1");
    struct ended ended = weir(place, "doctor", NULL);
    assert_code(ended, 3);
    assert_contains(ended.out, "no HTTP answer: no connection to http://127.0.0.1:1");
    assert_contains(ended.out, "check base_url");
    assert_contains(ended.out, "skipped");
}

/* Protects: a bad file is 2, before anything is asked; so is nothing to look at. */
static void nothing_to_look_at(void **state)
{
    struct place *place = *state;
    struct ended ended = weir(place, "doctor", NULL);
    assert_code(ended, 2);
    assert_contains(ended.err, "none of ANTHROPIC_API_KEY, GEMINI_API_KEY, OPENAI_API_KEY");
    assert_code(weir(place, "doctor", "nowhere.yaml", NULL), 2);
    write_experiment(place, on_one, "http://127.0.0.1:1/v1");
    place_replace(place, "experiment.yaml", "provider: p", "provider: q");
    ended = weir(place, "doctor", NULL);
    assert_code(ended, 2);
    assert_int_equal(ended.out.n, 0);
    assert_code(weir(place, "doctor", "--nonsense", NULL), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        e2e_test(all_is_well_on_all_dialects),
        e2e_test(a_missing_key),
        e2e_test(a_wrong_key),
        e2e_test(a_limit_that_is_used_up),
        e2e_test(an_unknown_model),
        e2e_test(nobody_there),
        e2e_test(nothing_to_look_at),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
