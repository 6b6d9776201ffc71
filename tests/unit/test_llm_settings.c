/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_llm_settings.c: providers, models, defaults and retries as experiments write them, and
 * credentials that do not belong there.
 */
#include "llm/model.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include "test_texts.h"

#include "base/log.h"
#include "llm/dialect.h"

struct reading {
    struct arena arena;
    struct source source;
    struct mistakes mistakes;
    struct opt_parse parse;
    const struct yaml *yaml;
};

static struct reading now;

static int setup(void **state)
{
    (void)state;
    now = (struct reading){0};
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_release(&now.arena);
    secret_clear();
    return 0;
}

static void read_yaml(const char *text)
{
    now.source = (struct source){STR("x.yaml"), arena_str(&now.arena, str_from(text))};
    mistakes_init(&now.mistakes, &now.arena);
    now.parse = (struct opt_parse){&now.arena, &now.mistakes, NULL};
    now.yaml = yaml_parse(&now.arena, &now.source, &yaml_file_limits, &now.mistakes);
    assert_non_null(now.yaml);
}

static struct llm_provider read_provider(const char *text, int wanted)
{
    struct llm_provider provider;
    struct llm_retry retry = llm_retry_default();
    retry.retries = 5;
    read_yaml(text);
    int result = llm_provider_read(&now.parse, STR("p"), now.yaml, &retry, &provider);
    if (result != wanted)
        fail_msg("%.*s", STR_ARG(mistakes_text(&now.mistakes)));
    return provider;
}

static struct llm_model read_model(const char *text, int wanted)
{
    struct llm_model model;
    read_yaml(text);
    int result = llm_model_read(&now.parse, STR("small"), now.yaml, &model);
    if (result != wanted)
        fail_msg("%.*s", STR_ARG(mistakes_text(&now.mistakes)));
    return model;
}

static void assert_mistake(const char *part)
{
    str text = mistakes_text(&now.mistakes);
    if (!str_contains(text, str_from(part)))
        fail_msg("no '%s' in\n%.*s", part, STR_ARG(text));
}

/* ---- providers ---- */

static void test_provider(void **state)
{
    (void)state;
    struct llm_provider provider =
        read_provider("api: openai-chat\n"
                      "base_url: http://localhost:8000/v1/\n"
                      "key_env: MY_KEY\n"
                      "headers: {X-Team: a}\n"
                      "headers_env: {X-Gate: GATE}\n"
                      "query: {api-version: '2024-10-21'}\n"
                      "rpm: 60\ntpm: 1000\nconcurrency: 8\n"
                      "retry: {attempt_timeout: 5s, statuses: [500]}\n"
                      "warmup: false\n",
                      0);
    assert_ptr_equal(provider.dialect, &llm_dialect_openai_chat);
    assert_text(provider.endpoint[0].base_url, "http://localhost:8000/v1");
    assert_text(provider.endpoint[0].key_env, "MY_KEY");
    assert_int_equal(provider.headers.count, 1);
    assert_text(provider.headers.pair[0].value, "a");
    assert_text(provider.headers_env.pair[0].value, "GATE");
    assert_text(provider.query.pair[0].name, "api-version");
    assert_int_equal(provider.rpm, 60);
    assert_int_equal(provider.tpm, 1000);
    assert_int_equal(provider.concurrency, 8);
    assert_false(provider.warmup);
    /* single keys of `retry` replace the run's, the others stay */
    assert_int_equal(provider.retry.retries, 5);
    assert_int_equal(provider.retry.attempt_timeout_ns, 5 * NS_PER_S);
    assert_int_equal(provider.retry.base_ns, 500 * NS_PER_MS);
    assert_int_equal(provider.retry.status_count, 1);
    assert_int_equal(provider.retry.statuses[0], 500);
}

static void test_provider_defaults(void **state)
{
    (void)state;
    struct llm_provider provider =
        read_provider("{api: openai-chat, base_url: 'https://x'}", 0);
    assert_true(provider.warmup);
    assert_int_equal(provider.rpm + provider.tpm + provider.concurrency, 0);
    assert_int_equal(provider.endpoint[0].key_env.n, 0);
    assert_int_equal(provider.retry.status_count, 8);
    assert_int_equal(provider.retry.statuses[7], 529);
}

/* Each mistake of a provider has its message. */
static void test_provider_mistakes(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"{base_url: 'http://x'}", "provider has no 'api'"},
        {"{api: openai-chat}", "provider has no 'base_url'"},
        {"{api: openai-chats, base_url: 'http://x'}", "did you mean 'openai-chat'?"},
        {"{api: [1], base_url: 'http://x'}", "api is a list; expected a dialect"},
        {"{api: openai-chat, base_url: 'ftp://x'}", "base_url is no address"},
        {"{api: openai-chat, base_url: 'http://x/v1?a=b'}", "parameters go into query"},
        {"{api: openai-chat, base_url: 'http://'}", "base_url is no address"},
        {"{api: openai-chat, base_url: []}", "base_url is a list of 0"},
        {"{api: openai-chat, base_url: ['http://x', 7]}", "base_url is no address"},
        {"{api: openai-chat, base_url: 'http://x', key_env: [A, 'b-c']}", "key_env is no name"},
        {"{api: openai-chat, base_url: ['http://x', 'http://y'], key_env: [A, B, C]}",
         "base_url has 2 entries and key_env 3"},
        {"{api: openai-chat, base_url: 'http://x', rpm: 0}", "rpm is the number 0"},
        {"{api: openai-chat, base_url: 'http://x', headers: {'a b': c}}",
         "no name of a header"},
        {"{api: openai-chat, base_url: 'http://x', headers: {X-A: \"a\\nb\"}}",
         "without control characters"},
        {"{api: openai-chat, base_url: 'http://x', headers: {idempotency-key: a}}",
         "is set by weir itself"},
        {"{api: openai-chat, base_url: 'http://x', headers: [a]}", "headers is a list"},
        {"{api: openai-chat, base_url: 'http://x', retry: {retries: 21}}",
         "an integer from 0 to 20"},
        {"{api: openai-chat, base_url: 'http://x', retry: {statuses: [200]}}",
         "an integer from 400 to 599"},
        {"{api: openai-chat, base_url: 'http://x', retry: {attempt_timeout: 0s}}",
         "attempt_timeout is 0s"},
        {"{api: openai-chat, base_url: 'http://x', warmpu: true}", "did you mean 'warmup'?"},
        {"[1]", "provider is a list"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        read_provider(rows[i][0], -1);
        assert_mistake(rows[i][1]);
    }
}

/* A key in the file is refused wherever it stands, and its text shows in no message. */
static void test_credentials(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "api: openai-chat\nbase_url: http://x\napi_key: sk-topsecret\n",
        "api: openai-chat\nbase_url: http://x\ntoken: sk-topsecret\n",
        "api: openai-chat\nbase_url: http://x\nkey_env: sk-topsecret\n",
        "api: openai-chat\nbase_url: http://x\nheaders: {Authorization: Bearer sk-topsecret}\n",
        "api: openai-chat\nbase_url: http://x\nheaders_env: {X-Gate: sk-topsecret}\n",
        "api: openai-chat\nbase_url: http://x\nquery: {key: sk-topsecret}\n",
        "api: openai-chat\nbase_url: http://me:sk-topsecret@x\n",
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        read_provider(rows[i], -1);
        str text = mistakes_text(&now.mistakes);
        assert_false(str_contains(text, STR("topsecret")));
        assert_int_equal(now.mistakes.count, 1);
    }
    read_model("{provider: openai, model: m, api-key: sk-topsecret}", -1);
    assert_mistake("x.yaml:1:39: a key must not be in the file; expected key_env, the name of "
                   "an environment variable");
    assert_false(str_contains(mistakes_text(&now.mistakes), STR("topsecret")));
}

static void test_builtin(void **state)
{
    (void)state;
    struct llm_retry retry = llm_retry_default();
    struct llm_provider provider;
    assert_true(llm_provider_builtin(STR("openai"), &retry, &provider));
    assert_text(provider.endpoint[0].base_url, "https://api.openai.com/v1");
    assert_text(provider.endpoint[0].key_env, "OPENAI_API_KEY");
    assert_ptr_equal(provider.dialect, &llm_dialect_openai_chat);
    assert_true(provider.warmup);
    assert_false(llm_provider_builtin(STR("opena"), &retry, &provider));
    /* each listed one can be used */
    for (size_t i = 0; llm_provider_builtin_name(i); i++)
        assert_true(
            llm_provider_builtin(str_from(llm_provider_builtin_name(i)), &retry, &provider));
    assert_true(llm_provider_builtin(STR("anthropic"), &retry, &provider));
    assert_text(llm_api_version(&provider), "2023-06-01");
    assert_true(llm_provider_builtin(STR("gemini"), &retry, &provider));
    assert_text(llm_api_version(&provider), "v1beta");
}

/* ---- keys ---- */

static char *fake_environment(const char *name)
{
    static char key[] = " sk-from-environment\n", gate[] = "gate-secret",
                bad[] = "a\x01"
                        "bcdefg";
    if (strcmp(name, "MY_KEY") == 0)
        return key;
    if (strcmp(name, "GATE") == 0)
        return gate;
    if (strcmp(name, "BAD") == 0)
        return bad;
    return NULL;
}

static void test_load_keys(void **state)
{
    (void)state;
    struct err err = {0};
    struct llm_provider provider =
        read_provider("{api: openai-chat, base_url: 'http://x', key_env: MY_KEY, "
                      "headers_env: {X-Gate: GATE}}",
                      0);
    assert_int_equal(llm_provider_load_keys(&provider, &now.arena, fake_environment, &err), 0);
    assert_text(provider.endpoint[0].key, "sk-from-environment");
    assert_text(provider.secret_headers.pair[0].value, "gate-secret");
    assert_true(secret_occurs(STR("xx sk-from-environment xx")));
    assert_true(secret_occurs(STR("gate-secret")));

    struct llm_endpoint wrong = {.key_env = STR("UNSET")};
    provider.endpoint = &wrong;
    assert_int_equal(llm_provider_load_keys(&provider, &now.arena, fake_environment, &err), -1);
    assert_int_equal(err.kind, ERR_INPUT);
    assert_non_null(strstr(err.message, "provider 'p': environment variable UNSET is not set"));
    wrong.key_env = STR("BAD");
    provider.endpoint = &wrong;
    assert_int_equal(llm_provider_load_keys(&provider, &now.arena, fake_environment, &err), -1);
    assert_non_null(strstr(err.message, "control character"));
}

/* Several keys, regions, or pairs of both. */
static void test_endpoints(void **state)
{
    (void)state;
    struct llm_provider provider =
        read_provider("{api: openai-chat, base_url: 'http://x/', key_env: [MY_KEY, GATE]}", 0);
    assert_int_equal(provider.endpoints, 2);
    assert_text(provider.endpoint[1].base_url, "http://x");
    assert_text(provider.endpoint[1].key_env, "GATE");
    assert_int_equal(llm_provider_load_keys(&provider, &now.arena, fake_environment, NULL), 0);
    assert_text(provider.endpoint[0].key, "sk-from-environment");
    assert_text(provider.endpoint[1].key, "gate-secret");
    llm_provider_use_mock(&provider, &now.arena, STR("http://127.0.0.1:99/"));
    assert_int_equal(provider.endpoints, 1);
    provider = read_provider("{api: openai-chat, base_url: ['http://x', 'http://y'], "
                             "key_env: MY_KEY}",
                             0);
    assert_int_equal(provider.endpoints, 2);
    assert_text(provider.endpoint[1].base_url, "http://y");
    assert_text(provider.endpoint[1].key_env, "MY_KEY");
    provider = read_provider("{api: openai-chat, base_url: ['http://x', 'http://y'], "
                             "key_env: [A, B]}",
                             0);
    assert_int_equal(provider.endpoints, 2);
    assert_text(provider.endpoint[1].key_env, "B");
}

/* A mock run needs no variable and sends no key. */
static void test_use_mock(void **state)
{
    (void)state;
    struct llm_provider provider =
        read_provider("{api: openai-chat, base_url: 'https://real/v1', key_env: MY_KEY}", 0);
    llm_provider_use_mock(&provider, &now.arena, STR("http://127.0.0.1:99/"));
    assert_text(provider.endpoint[0].base_url, "http://127.0.0.1:99/v1");
    assert_text(provider.endpoint[0].key, "mock");
}

/* ---- models and defaults ---- */

static void test_model(void **state)
{
    (void)state;
    struct llm_model model =
        read_model("provider: openai\nmodel: gpt-6-luna\ncontext: 128000\n"
                   "capabilities: {schema: tool, seed: false}\n"
                   "extra: {top_k: 40}\nrpm: 5\ntpm: 6\nconcurrency: 7\n"
                   "temperature: 0.2\ntop_p: 0.9\nmax_tokens: 50\nstop: [END, '.']\nseed: 3\n"
                   "reasoning_effort: high\nstream: false\nreask: 2\n",
                   0);
    assert_text(model.provider_name, "openai");
    assert_text(model.model, "gpt-6-luna");
    assert_true(model.price.known);
    assert_int_equal(model.price.output, 500000000);
    assert_int_equal(model.capabilities.schema, LLM_SCHEMA_TOOL);
    assert_false(model.capabilities.seed);
    assert_true(model.capabilities.temperature);
    assert_text(json_to_str(&now.arena, model.extra, JSON_COMPACT), "{\"top_k\":40}");
    const struct llm_params *params = &model.defaults.params;
    assert_true(params->has_temperature && params->temperature > 0.19);
    assert_true(params->has_top_p && params->has_max_tokens && params->has_seed);
    assert_int_equal(params->max_tokens, 50);
    assert_int_equal(params->stop_count, 2);
    assert_text(params->stop[0], "END");
    assert_true(params->has_effort);
    assert_int_equal(params->effort, LLM_EFFORT_HIGH);
    assert_true(params->has_stream && !params->stream);
    assert_true(model.defaults.has_reask);
    assert_int_equal(model.defaults.reask, 2);
}

/* A price of one's own replaces the table's; what is not in the table is unknown. */
static void test_model_price(void **state)
{
    (void)state;
    struct llm_model model =
        read_model("{provider: p, model: gpt-6-luna, price: {input: 0.075, "
                   "output: 3, cached_input: 0}}",
                   0);
    assert_true(model.price.known);
    assert_int_equal(model.price.input, 75000000);
    assert_int_equal(model.price.cache_read, 0);
    assert_int_equal(model.price.cache_write, 75000000);
    assert_int_equal(model.price.output, 3000000000);
    assert_int_equal(model.price.input_most, 0);
    assert_false(read_model("{provider: p, model: llama}", 0).price.known);
}

static void test_model_mistakes(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"{model: m}", "model has no 'provider'"},
        {"{provider: p}", "model has no 'model'"},
        {"{provider: p, model: m, temprature: 1}", "did you mean 'temperature'?"},
        {"{provider: p, model: m, max_token: 1}", "did you mean 'max_tokens'?"},
        {"{provider: p, model: m, temperature: 3}", "temperature is the number 3"},
        {"{provider: p, model: m, stop: []}", "stop is a list; expected a list of 1 to 4"},
        {"{provider: p, model: m, stop: [a, b, c, d, e]}", "expected a list of 1 to 4"},
        {"{provider: p, model: m, reasoning_effort: none}", "minimal, low, medium or high"},
        {"{provider: p, model: m, price: {input: 1}}", "price has no 'output'"},
        {"{provider: p, model: m, capabilities: {schema: magic}}", "native, tool or prompt"},
        {"{provider: p, model: m, extra: {stream: true}}", "extra cannot set 'stream'"},
        {"{provider: p, model: m, extra: 3}", "extra is "},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        read_model(rows[i][0], -1);
        assert_mistake(rows[i][1]);
        assert_int_equal(now.mistakes.count, 1);
    }
}

/* Precedence: what is given on top wins, what is not given there stays. */
static void test_overlay(void **state)
{
    (void)state;
    struct llm_defaults under = {0}, over = {0};
    read_yaml("{model: a, temperature: 0.5, max_tokens: 10, stop: [x, y], reask: 1}");
    assert_int_equal(
        opt_parse_mapping(&now.parse, llm_defaults_options, now.yaml, "defaults", NULL, &under),
        0);
    read_yaml("{temperature: 0, stop: [z], seed: 9}");
    assert_int_equal(
        opt_parse_mapping(&now.parse, llm_defaults_options, now.yaml, "defaults", NULL, &over),
        0);
    llm_defaults_overlay(&under, &over);
    assert_text(under.model, "a");
    assert_int_equal(under.reask, 1);
    assert_true(under.params.has_temperature && under.params.temperature < 0.1);
    assert_int_equal(under.params.max_tokens, 10);
    assert_int_equal(under.params.stop_count, 1);
    assert_text(under.params.stop[0], "z");
    assert_int_equal(under.params.seed, 9);
    assert_false(under.params.has_effort || under.params.has_stream || under.params.has_top_p);
}

/* What a model cannot do is said by name. */
static void test_check(void **state)
{
    (void)state;
    struct llm_provider provider = {.dialect = &llm_dialect_openai_chat};
    struct llm_model model = {.name = STR("small"), .provider = &provider};
    struct llm_request request = {.model = &model};
    assert_text(llm_request_check(&request, &now.arena), "");
    request.params.has_temperature = true;
    assert_text(llm_request_check(&request, &now.arena),
                "model 'small' cannot take temperature (see its capabilities)");
    model.capabilities.temperature = true;
    request.params.has_seed = true;
    assert_text(llm_request_check(&request, &now.arena),
                "model 'small' cannot take a seed (see its capabilities)");
    model.capabilities.seed = true;
    assert_text(llm_request_check(&request, &now.arena), "");
    request.tools = 1;
    assert_text(llm_request_check(&request, &now.arena),
                "model 'small' cannot take tools (see its capabilities)");
    request.tools = 0;

    const struct jsonschema *list = jsonschema_new(
        &now.arena, json_parse(&now.arena, STR("{\"type\":\"array\"}"), NULL), NULL);
    assert_non_null(list);
    request.schema = list;
    str text = llm_request_check(&request, &now.arena);
    assert_true(str_contains(text, STR("its root must have type \"object\"")));
    model.capabilities.schema = LLM_SCHEMA_PROMPT;
    assert_text(llm_request_check(&request, &now.arena), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_provider, setup, teardown),
        cmocka_unit_test_setup_teardown(test_provider_defaults, setup, teardown),
        cmocka_unit_test_setup_teardown(test_provider_mistakes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_credentials, setup, teardown),
        cmocka_unit_test_setup_teardown(test_builtin, setup, teardown),
        cmocka_unit_test_setup_teardown(test_load_keys, setup, teardown),
        cmocka_unit_test_setup_teardown(test_endpoints, setup, teardown),
        cmocka_unit_test_setup_teardown(test_use_mock, setup, teardown),
        cmocka_unit_test_setup_teardown(test_model, setup, teardown),
        cmocka_unit_test_setup_teardown(test_model_price, setup, teardown),
        cmocka_unit_test_setup_teardown(test_model_mistakes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_overlay, setup, teardown),
        cmocka_unit_test_setup_teardown(test_check, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
