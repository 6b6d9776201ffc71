/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * anthropic_read.c: the body of a message request, checked member by member.
 *
 * Members that are not known are refused, as the provider refuses them, unless the client asks
 * for beta features, which have members of their own.
 */
#include "mock_server/anthropic.h"
#include "mock_server/anthropic_inside.h"
#include "mock_server/reasoning.h"

/* What shapes a reply without being looked at otherwise; hashed in this order. */
enum { SHAPING = 5 };

/* clang-format off */
static const char *const members[] = {
    "model", "messages", "max_tokens", "system", "stream", "stop_sequences", "temperature", "top_p", "top_k",
    "tools", "tool_choice", "thinking", "output_config", "output_format", "metadata", "service_tier", "speed",
    "cache_control", "container", "diagnostics", "inference_geo", "user_profile_id", "workspace_id", NULL,
};
static const char *const sampling[] = {"temperature", "top_p", "top_k", NULL};
/* clang-format on */

static int check_members(const struct reading_message *in, const json *body)
{
    for (const json *member = json_first(body); member; member = json_next(member)) {
        str key = json_key(member);
        bool dropped = in->latest && anthropic_is_one_of(key, sampling);
        bool known = anthropic_is_one_of(key, members);
        if (dropped || (!known && !in->lenient))
            return REFUSE(in, "%.*s: Extra inputs are not permitted", STR_ARG(key));
    }
    return 0;
}

/* ---- numbers and words ---- */

static int check_share(const struct reading_message *in, const json *body, const char *name)
{
    const struct spot at = {NULL, name, 0};
    const json *value = json_get(body, str_from(name));
    if (!value || json_is(value, JSON_NULL))
        return 0;
    if (!json_is(value, JSON_NUMBER))
        return anthropic_refuse_kind(in, &at, JSON_NUMBER);
    if (json_number(value) < 0)
        return anthropic_refuse_at(in, &at, "Input should be greater than or equal to 0");
    if (json_number(value) > 1)
        return anthropic_refuse_at(in, &at, "Input should be less than or equal to 1");
    return 0;
}

/* A limit of 0 generates nothing: the prompt is only to be in the cache. */
static int read_max_tokens(const struct reading_message *in, const json *body)
{
    const struct spot at = {NULL, "max_tokens", 0};
    struct request *request = in->request;
    if (!in->is_counted && !json_get(body, STR("max_tokens")))
        return anthropic_refuse_at(in, &at, "Field required");
    if (!in->is_counted && json_is(json_get(body, STR("max_tokens")), JSON_NULL))
        return anthropic_refuse_at(in, &at, "Input should be a valid integer");
    request->max_tokens = -1;
    if (anthropic_take_integer(in, NULL, body, "max_tokens", 0, &request->max_tokens) < 0)
        return -1;
    request->choices = request->max_tokens != 0;
    request->max_tokens = request->max_tokens > 0 ? request->max_tokens : 0;
    return 0;
}

static int check_plain(struct reading_message *in, const json *body)
{
    static const char *const tiers[] = {"auto", "standard_only", NULL};
    static const char *const speeds[] = {"standard", "fast", NULL};
    const struct spot metadata_at = {NULL, "metadata", 0};
    const json *metadata, *user, *stream;
    int64_t top_k = 0;
    if (check_share(in, body, "temperature") < 0 || check_share(in, body, "top_p") < 0 ||
        anthropic_take_integer(in, NULL, body, "top_k", 0, &top_k) < 0 ||
        anthropic_take_word(in, NULL, body, "service_tier", tiers) < 0 ||
        anthropic_take_word(in, NULL, body, "speed", speeds) < 0 ||
        anthropic_take(in, NULL, body, "metadata", JSON_OBJECT, &metadata) < 0 ||
        anthropic_take(in, &metadata_at, metadata, "user_id", JSON_TEXT, &user) < 0 ||
        anthropic_take(in, NULL, body, "stream", JSON_BOOL, &stream) < 0)
        return -1;
    in->request->stream = json_bool(stream) && !in->is_counted;
    return 0;
}

static int read_stops(const struct reading_message *in, const json *body)
{
    struct request *request = in->request;
    const struct spot at = {NULL, "stop_sequences", 0};
    const json *stops;
    if (anthropic_take(in, NULL, body, "stop_sequences", JSON_LIST, &stops) < 0)
        return -1;
    str *texts = arena_array(request->arena, str, json_count(stops) + 1);
    size_t count = 0;
    for (const json *one = json_first(stops); one; one = json_next(one), count++) {
        const struct spot here = {&at, NULL, count};
        if (anthropic_check(in, &here, one, JSON_TEXT) < 0)
            return -1;
        if (str_trim(json_text(one)).n == 0)
            return REFUSE(in, "stop_sequences: each stop sequence must contain non-whitespace");
        texts[count] = json_text(one);
    }
    request->stop = texts;
    request->stops = count;
    return 0;
}

/* ---- structured output and thinking ---- */

/* The provider's form has no name for a schema: its title is the name that rules see. */
static int read_format(const struct reading_message *in, const struct spot *at,
                       const json *format)
{
    static const char *const types[] = {"json_schema", NULL};
    struct request *request = in->request;
    const struct spot schema_at = {at, "schema", 0};
    if (!anthropic_need(in, at, format, "type", JSON_TEXT) ||
        anthropic_take_word(in, at, format, "type", types) < 0)
        return -1;
    const json *schema = anthropic_need(in, at, format, "schema", JSON_OBJECT);
    if (!schema || anthropic_check_schema(in, &schema_at, schema) < 0)
        return -1;
    request->schema = schema;
    request->schema_name = json_text(json_get(schema, STR("title")));
    request->wants_json = true;
    return 0;
}

static int read_output(const struct reading_message *in, const json *body)
{
    static const char *const efforts[] = {"low", "medium", "high", "xhigh", "max", NULL};
    const struct spot config_at = {NULL, "output_config", 0},
                      format_at = {&config_at, "format", 0},
                      former_at = {NULL, "output_format", 0};
    const json *config, *format = NULL, *former;
    if (anthropic_take(in, NULL, body, "output_config", JSON_OBJECT, &config) < 0 ||
        anthropic_take(in, NULL, body, "output_format", JSON_OBJECT, &former) < 0 ||
        anthropic_take_word(in, &config_at, config, "effort", efforts) < 0 ||
        anthropic_take(in, &config_at, config, "format", JSON_OBJECT, &format) < 0)
        return -1;
    effort_from(json_text(json_get(config, STR("effort"))), &in->request->effort);
    if (format && former)
        return REFUSE(in, "output_format: cannot be given together with output_config.format");
    if (!format && !former)
        return 0;
    return read_format(in, format ? &format_at : &former_at, format ? format : former);
}

/* Between tools: only to think about what they brought. */
static bool thinks_now(const struct request *request, str type)
{
    if (str_equal(type, STR("between_tools")))
        return request->turns && request->turn[request->turns - 1].role == ROLE_TOOL;
    return !str_equal(type, STR("disabled"));
}

static int read_thinking(const struct reading_message *in, const json *body, bool *enabled)
{
    static const char *const types[] = {"enabled", "disabled", "adaptive", "between_tools",
                                        NULL};
    static const char *const displays[] = {"summarized", "omitted", NULL};
    enum { LEAST_BUDGET = 1024 };
    const struct spot at = {NULL, "thinking", 0}, here = {&at, "enabled", 0};
    const json *thinking;
    struct request *request = in->request;
    const enum effort effort = request->effort;
    int64_t budget = 0, limit = request->max_tokens;
    request->effort = EFFORT_NONE; /* unless it is asked for */
    if (anthropic_take(in, NULL, body, "thinking", JSON_OBJECT, &thinking) < 0)
        return -1;
    if (!thinking)
        return 0;
    const json *type = anthropic_need(in, &at, thinking, "type", JSON_TEXT);
    if (!type || anthropic_take_word(in, &at, thinking, "type", types) < 0 ||
        anthropic_take_word(in, &at, thinking, "display", displays) < 0)
        return -1;
    if (thinks_now(request, json_text(type)))
        request->effort = effort;
    request->show_reasoning =
        !str_equal(json_text(json_get(thinking, STR("display"))), STR("omitted"));
    *enabled = str_equal(json_text(type), STR("enabled"));
    if (!*enabled)
        return 0;
    if (!anthropic_need(in, &here, thinking, "budget_tokens", JSON_NUMBER) ||
        anthropic_take_integer(in, &here, thinking, "budget_tokens", LEAST_BUDGET, &budget) < 0)
        return -1;
    if (limit && budget >= limit)
        return REFUSE(in, "`max_tokens` must be greater than `thinking.budget_tokens`.");
    request->thinking_most = budget;
    return 0;
}

/* ---- the whole ---- */

static void hash_sampling(const struct reading_message *in, const json *body)
{
    const json *shaping[SHAPING] = {json_get(body, STR("temperature")),
                                    json_get(body, STR("top_p")), json_get(body, STR("top_k")),
                                    json_get(body, STR("thinking")),
                                    json_path(body, "output_config.effort")};
    uint64_t sum = 0;
    for (size_t i = 0; i < SHAPING; i++)
        if (shaping[i] && !json_is(shaping[i], JSON_NULL))
            sum += json_hash(shaping[i], NULL) * (2 * i + 3);
    in->request->sampling = sum;
}

static int read_model(const struct reading_message *in, const json *body)
{
    const struct spot at = {NULL, "model", 0};
    const json *model = anthropic_need(in, NULL, body, "model", JSON_TEXT);
    if (!model)
        return -1;
    if (json_text(model).n == 0)
        return anthropic_refuse_at(in, &at, "String should have at least 1 character");
    in->request->model = json_text(model);
    return 0;
}

/* A conversation that the provider holds. None is held here, where replies depend on their
 * requests alone: one that goes on is not found, which bids clients to send all of it anew. */
static int check_thread(const struct reading_message *in, const json *body)
{
    static const char *const types[] = {"create", "continue", NULL};
    const struct spot at = {NULL, "thread", 0};
    const json *thread;
    if (anthropic_take(in, NULL, body, "thread", JSON_OBJECT, &thread) < 0)
        return -1;
    if (!thread)
        return 0;
    const json *type = anthropic_need(in, &at, thread, "type", JSON_TEXT);
    if (!type || anthropic_take_word(in, &at, thread, "type", types) < 0)
        return -1;
    if (str_equal(json_text(type), STR("create")))
        return 0;
    const json *previous = anthropic_need(in, &at, thread, "previous_message_id", JSON_TEXT);
    return previous
               ? trouble_set(in->request->arena, in->trouble, 404, NULL, "thread_not_found",
                             "No thread state was found for `previous_message_id` %.*s. "
                             "Replay the full conversation with `thread: {\"type\": "
                             "\"create\"}`.",
                             STR_ARG(json_text(previous)))
               : -1;
}

/* A mark of the whole body stands for one at its end. */
static int read_whole_mark(struct reading_message *in, const json *body)
{
    int before = in->marks;
    if (anthropic_check_mark(in, NULL, body) < 0)
        return -1;
    if (in->marks > before)
        in->request->cache_turns = in->request->turns;
    return 0;
}

static int read_body(struct reading_message *in, const json *body)
{
    bool thinks = false;
    if (!json_is(body, JSON_OBJECT))
        return REFUSE(in,
                      "Input should be a valid dictionary or object to extract fields from");
    if (check_members(in, body) < 0 || read_model(in, body) < 0 || check_thread(in, body) < 0 ||
        read_max_tokens(in, body) < 0 || check_plain(in, body) < 0 ||
        read_stops(in, body) < 0 ||
        anthropic_read_tools(in, json_get(body, STR("tools"))) < 0 ||
        anthropic_read_messages(in, json_get(body, STR("system")),
                                json_get(body, STR("messages"))) < 0 ||
        read_whole_mark(in, body) < 0 || read_output(in, body) < 0 ||
        read_thinking(in, body, &thinks) < 0 ||
        anthropic_read_tool_choice(in, json_get(body, STR("tool_choice")), thinks) < 0)
        return -1;
    hash_sampling(in, body);
    return 0;
}

static int read(const json *body, struct request *request, struct trouble *trouble,
                bool is_counted)
{
    struct reading_message in = {
        .request = request,
        .trouble = trouble,
        .latest = anthropic_is_latest(request->http),
        .lenient = http_header_get(request->http, STR("anthropic-beta")).n > 0,
        .is_counted = is_counted,
    };
    return read_body(&in, body);
}

int anthropic_messages_read(const json *body, struct request *request, struct trouble *trouble)
{
    return read(body, request, trouble, false);
}

int anthropic_count_read(const json *body, struct request *request, struct trouble *trouble)
{
    return read(body, request, trouble, true);
}
