/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * provider.c: where requests go: what a file says of a provider, and the built-in ones. Its keys come
 * from the environment (credentials.c).
 */
#include "llm/model.h"

#include "base/log.h"
#include "base/text.h"
#include "llm/credentials.h"
#include "llm/dialect.h"

/* ---- readers ---- */

static bool is_variable_name(str text)
{
    for (size_t i = 0; i < text.n; i++)
        if (!char_is_alnum(text.p[i]) && text.p[i] != '_')
            return false;
    return text.n > 0 && !char_is_digit(text.p[0]);
}

static int refuse_variable(struct opt_parse *parse, const struct yaml *value, const char *key)
{
    llm_hide_value(value);
    return mistake_add(parse->mistakes, value->place,
                       "%s is no name of an environment variable; expected one such as "
                       "OPENAI_API_KEY (a key must not be in the file)",
                       key);
}

/* A list counts as long as it is, anything else as one of itself. */
enum { ENDPOINTS_MOST = 1000 };

static const struct yaml *entry_at(const struct yaml *value, size_t index)
{
    return value->kind == YAML_LIST ? value->item[index] : value;
}

static size_t entry_count(const struct yaml *value)
{
    return value->kind == YAML_LIST ? value->count : 1;
}

static int check_entries(struct opt_parse *parse, const struct yaml *value, const char *key)
{
    size_t count = entry_count(value);
    if (count >= 1 && count <= ENDPOINTS_MOST)
        return 0;
    return mistake_add(parse->mistakes, value->place,
                       "%s is a list of %zu; expected 1 to %d entries", key, count,
                       ENDPOINTS_MOST);
}

static int read_key_env(struct opt_parse *parse, const struct yaml *value, void *field)
{
    if (check_entries(parse, value, "key_env") < 0)
        return -1;
    size_t count = entry_count(value);
    str *name = arena_array(parse->arena, str, count);
    for (size_t i = 0; i < count; i++) {
        const struct yaml *entry = entry_at(value, i);
        if (entry->kind != YAML_TEXT || !is_variable_name(entry->text))
            return refuse_variable(parse, entry, "key_env");
        name[i] = entry->text;
    }
    *(struct llm_texts *)field = (struct llm_texts){name, count};
    return 0;
}

static int read_api(struct opt_parse *parse, const struct yaml *value, void *field)
{
    const struct llm_dialect *dialect = NULL;
    if (value->kind == YAML_TEXT)
        dialect = llm_dialect_find(value->text);
    *(const struct llm_dialect **)field = dialect;
    if (dialect)
        return 0;
    str word[32];
    size_t count = 0;
    for (; count < 32 && llm_dialect_at(count); count++)
        word[count] = str_from(llm_dialect_at(count)->name);
    str hint = mistake_hint(parse->arena, value->text, word, count, true);
    str shown = text_shorten(parse->arena, value->text, 60);
    if (value->kind != YAML_TEXT)
        return mistake_add(parse->mistakes, value->place, "api is %s; expected a dialect",
                           yaml_kind_name(value));
    return mistake_add(parse->mistakes, value->place, "unknown api '%.*s'%.*s", STR_ARG(shown),
                       STR_ARG(hint));
}

/* Bytes of "https://" or "http://"; 0 when the text begins with neither. */
static size_t scheme_length(str url)
{
    return str_starts_with(url, STR("https://"))  ? 8
           : str_starts_with(url, STR("http://")) ? 7
                                                  : 0;
}

static int read_url(struct opt_parse *parse, const struct yaml *value, str *out)
{
    str url = value->kind == YAML_TEXT ? value->text : STR("");
    size_t scheme = scheme_length(url);
    str host, path;
    str_cut(str_sub(url, scheme, url.n), '/', &host, &path);
    if (str_contains(host, STR("@"))) {
        llm_hide_value(value);
        return mistake_add(
            parse->mistakes, value->place,
            "base_url holds a user or password; expected key_env or headers_env");
    }
    if (!scheme || host.n == 0 || llm_has_control(url) || str_contains(url, STR(" ")) ||
        str_contains(url, STR("?")) || str_contains(url, STR("#")))
        return mistake_add(parse->mistakes, value->place,
                           "base_url is no address; expected http://… or https://… up to the "
                           "endpoint path (parameters go into query)");
    while (str_ends_with(url, STR("/")))
        url.n--;
    *out = arena_str(parse->arena, url);
    return 0;
}

static int read_base_url(struct opt_parse *parse, const struct yaml *value, void *field)
{
    if (check_entries(parse, value, "base_url") < 0)
        return -1;
    size_t count = entry_count(value);
    str *url = arena_array(parse->arena, str, count);
    for (size_t i = 0; i < count; i++)
        if (read_url(parse, entry_at(value, i), &url[i]) < 0)
            return -1;
    *(struct llm_texts *)field = (struct llm_texts){url, count};
    return 0;
}

/* Headers that the client sets itself; a second one would be sent beside it. */
static bool is_own_header(str name)
{
    static const char *const words[] = {"accept",           "content-length", "content-type",
                                        "idempotency-key",  "host",           "x-weir-attempt",
                                        "transfer-encoding"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (str_equal_nocase(name, str_from(words[i])))
            return true;
    return false;
}

static bool is_header_name(str name)
{
    for (size_t i = 0; i < name.n; i++)
        if (!char_is_alnum(name.p[i]) && !memchr("!#$%&'*+-.^_`|~", name.p[i], 15))
            return false;
    return name.n > 0;
}

static int check_header(struct opt_parse *parse, const struct yaml_pair *pair)
{
    str name = text_shorten(parse->arena, pair->key, 60);
    if (!is_header_name(pair->key))
        return mistake_add(parse->mistakes, pair->key_place, "'%.*s' is no name of a header",
                           STR_ARG(name));
    if (is_own_header(pair->key))
        return mistake_add(parse->mistakes, pair->key_place,
                           "header '%.*s' is set by weir itself", STR_ARG(name));
    return 0;
}

/* What is wrong with one pair of `headers` or `query`. */
static int check_pair(struct opt_parse *parse, const struct yaml_pair *pair, bool header)
{
    if (secret_name(pair->key) || str_equal_nocase(pair->key, STR("key"))) {
        llm_hide_value(pair->value);
        return mistake_add(parse->mistakes, pair->value->place,
                           "a key must not be in the file; expected key_env or headers_env, "
                           "with the name of an environment variable");
    }
    if (header && check_header(parse, pair) < 0)
        return -1;
    if (pair->value->kind != YAML_TEXT || llm_has_control(pair->value->text))
        return mistake_add(parse->mistakes, pair->value->place,
                           "expected a text without control characters");
    return 0;
}

enum pairs_kind { PAIRS_HEADERS, PAIRS_HEADERS_ENV, PAIRS_QUERY };

static int read_pairs(struct opt_parse *parse, const struct yaml *value, enum pairs_kind kind,
                      struct llm_pairs *pairs)
{
    if (value->kind != YAML_MAPPING)
        return mistake_add(parse->mistakes, value->place,
                           "%s is %s; expected a mapping from name to text",
                           kind == PAIRS_QUERY ? "query" : "headers", yaml_kind_name(value));
    struct llm_pair *pair = arena_array(parse->arena, struct llm_pair, value->count + 1);
    int result = 0;
    for (size_t i = 0; i < value->count; i++) {
        const struct yaml_pair *given = &value->pair[i];
        pair[i] = (struct llm_pair){given->key, given->value->text};
        if (kind != PAIRS_HEADERS_ENV)
            result |= check_pair(parse, given, kind == PAIRS_HEADERS);
        else if (check_header(parse, given) < 0)
            result = -1;
        else if (given->value->kind != YAML_TEXT || !is_variable_name(given->value->text))
            result = refuse_variable(parse, given->value, "the value");
    }
    *pairs = (struct llm_pairs){pair, value->count};
    return result ? -1 : 0;
}

static int read_headers(struct opt_parse *parse, const struct yaml *value, void *field)
{
    return read_pairs(parse, value, PAIRS_HEADERS, field);
}

static int read_headers_env(struct opt_parse *parse, const struct yaml *value, void *field)
{
    return read_pairs(parse, value, PAIRS_HEADERS_ENV, field);
}

static int read_query(struct opt_parse *parse, const struct yaml *value, void *field)
{
    return read_pairs(parse, value, PAIRS_QUERY, field);
}

/* Read on top of the run's settings, which llm_provider_read puts there first. */
static int read_retry(struct opt_parse *parse, const struct yaml *value, void *field)
{
    return llm_retry_read(parse, value, field);
}

#define LIMIT(field, ...) OPT_INT(llm_provider, field, .min = 1, .max = 1e12, __VA_ARGS__)

#define VARIABLE "{type: string, pattern: '^[A-Za-z_][A-Za-z0-9_]*$'}"
#define ONE_OR_LIST(form_)                                                                     \
    "{anyOf: [" form_ ", {type: array, minItems: 1, maxItems: 1000, items: " form_ "}]}"

const struct opt llm_provider_options[] = {
    {.key = "api",
     .type = OPT_TYPE_CUSTOM,
     .offset = offsetof(struct llm_provider, dialect),
     .custom = read_api,
     .word = "dialect",
     .required = true,
     .help = "how it is spoken to: see `weir list dialects`"},
    OPT_CUSTOM(
        llm_provider, base_url, .custom = read_base_url, .word = "URL", .required = true,
        .form = ONE_OR_LIST("{type: string, pattern: '^https?://[^/@?# ][^@?# ]*$'}"),
        .help = "up to, not including, the endpoint path; or a list, over which calls spread"),
    OPT_CUSTOM(llm_provider, key_env, .custom = read_key_env,
               .word = "name of an environment variable", .form = ONE_OR_LIST(VARIABLE),
               .help = "environment variable that holds the key; none by default; or a list, "
                       "over which calls spread"),
    OPT_TEXT(llm_provider, api_version, .help = "the dialect's by default"),
    OPT_CUSTOM(llm_provider, headers, .custom = read_headers, .word = "mapping to text",
               .form = "{type: object, additionalProperties: {type: string}}",
               .fallback = "{}", .help = "extra headers; no credentials"),
    OPT_CUSTOM(llm_provider, headers_env, .custom = read_headers_env, .word = "mapping to text",
               .form = "{type: object, additionalProperties: " VARIABLE "}",
               .fallback = "{}", .help = "headers from environment variables"),
    OPT_CUSTOM(llm_provider, query, .custom = read_query, .word = "mapping to text",
               .form = "{type: object, additionalProperties: {type: string}}",
               .fallback = "{}", .help = "extra URL parameters; no credentials"),
    LIMIT(rpm, .help = "requests per minute of all that use the provider; no limit by default"),
    LIMIT(tpm, .help = "tokens per minute, likewise"),
    LIMIT(concurrency, .help = "requests in flight; the run's by default, at least 32"),
    OPT_CUSTOM(llm_provider, retry, .custom = read_retry, .word = "retry",
               .help = "replaces single keys of the run's `retry`"),
    OPT_BOOL(llm_provider, warmup, .fallback = "true",
             .help = "one unmeasured request for the model list before the first call"),
    OPT_BOOL(llm_provider, http2, .fallback = "false",
             .help = "HTTP/2 where the server offers it: calls share connections and disturb "
                     "each other's times; HTTP/1.1 by default"),
    OPT_END,
};

static str text_at(const struct llm_texts *texts, size_t index)
{
    return texts->count ? texts->text[index % texts->count] : STR("");
}

/* Several keys of one address, one key for several addresses, or a key for each. */
static int pair_endpoints(struct opt_parse *parse, const struct yaml *mapping,
                          struct llm_provider *provider)
{
    size_t urls = provider->base_url.count, keys = provider->key_env.count;
    if (urls > 1 && keys > 1 && urls != keys)
        return mistake_add(
            parse->mistakes, mapping->place,
            "base_url has %zu entries and key_env %zu; expected as many of both, "
            "or one of one",
            urls, keys);
    provider->endpoints = urls > keys ? urls : keys;
    struct llm_endpoint *endpoint =
        arena_array(parse->arena, struct llm_endpoint, provider->endpoints);
    for (size_t i = 0; i < provider->endpoints; i++) {
        endpoint[i].base_url = text_at(&provider->base_url, i);
        endpoint[i].key_env = text_at(&provider->key_env, i);
    }
    provider->endpoint = endpoint;
    return 0;
}

/* It is agreed upon while TLS is: over http:// it would silently be HTTP/1.1. */
static int check_http2(struct opt_parse *parse, const struct yaml *mapping,
                       const struct llm_provider *provider)
{
    for (size_t i = 0; provider->http2 && i < provider->base_url.count; i++)
        if (!str_starts_with(provider->base_url.text[i], STR("https://")))
            return mistake_add(parse->mistakes, mapping->place,
                               "http2 needs a base_url that begins with https://");
    return 0;
}

int llm_provider_read(struct opt_parse *parse, str name, const struct yaml *mapping,
                      const struct llm_retry *run_retry, struct llm_provider *provider)
{
    size_t before = parse->mistakes->count + parse->mistakes->dropped;
    *provider = (struct llm_provider){.name = name, .retry = *run_retry};
    opt_defaults(llm_provider_options, parse->arena, provider);
    const struct yaml *clean = llm_refuse_credentials(parse, mapping);
    opt_parse_mapping(parse, llm_provider_options, clean, "provider", NULL, provider);
    pair_endpoints(parse, mapping, provider);
    check_http2(parse, mapping, provider);
    return parse->mistakes->count + parse->mistakes->dropped == before ? 0 : -1;
}

/* ---- the built-in ones ---- */

#define ENDPOINT(url, variable)                                                                \
    {                                                                                          \
        .base_url = STR_INIT(url), .key_env = STR_INIT(variable)                               \
    }

static const struct builtin {
    const char *name, *api;
    struct llm_endpoint endpoint;
} builtins[] = {
    {"anthropic", "anthropic-messages",
     ENDPOINT("https://api.anthropic.com", "ANTHROPIC_API_KEY")},
    {"gemini", "gemini",
     ENDPOINT("https://generativelanguage.googleapis.com", "GEMINI_API_KEY")},
    {"openai", "openai-chat", ENDPOINT("https://api.openai.com/v1", "OPENAI_API_KEY")},
};

const char *llm_provider_builtin_name(size_t index)
{
    return index < sizeof builtins / sizeof builtins[0] ? builtins[index].name : NULL;
}

bool llm_provider_builtin(str name, const struct llm_retry *run_retry,
                          struct llm_provider *provider)
{
    for (size_t i = 0; i < sizeof builtins / sizeof builtins[0]; i++) {
        const struct builtin *row = &builtins[i];
        if (!str_equal(name, str_from(row->name)))
            continue;
        *provider = (struct llm_provider){
            .name = str_from(row->name),
            .dialect = llm_dialect_find(str_from(row->api)),
            .endpoint = &row->endpoint,
            .endpoints = 1,
            .retry = *run_retry,
            .warmup = true,
        };
        return true;
    }
    return false;
}
