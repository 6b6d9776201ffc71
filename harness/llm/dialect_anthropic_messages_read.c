/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dialect_anthropic_messages_read.c: Anthropic Messages: what comes back.
 *
 * Here input_tokens leaves the cache out, unlike with the other providers, and output_tokens
 * includes thinking. A message is a list of blocks; those that are not known are passed over.
 */
#include "llm/dialect_anthropic_messages.h"

#include "llm/dialect_parts.h"

/* ---- usage ---- */

struct anthropic_counts anthropic_no_counts(void)
{
    return (struct anthropic_counts){-1, -1, -1, -1, -1};
}

static void read_count(const json *usage, str name, int64_t *count)
{
    const json *value = json_get(usage, name);
    if (json_kind(value) != JSON_NULL)
        *count = llm_token_count(value);
}

void anthropic_read_counts(const json *usage, struct anthropic_counts *counts)
{
    read_count(usage, STR("input_tokens"), &counts->input);
    read_count(usage, STR("cache_read_input_tokens"), &counts->cache_read);
    read_count(usage, STR("cache_creation_input_tokens"), &counts->cache_write);
    read_count(usage, STR("output_tokens"), &counts->output);
    read_count(json_get(usage, STR("output_tokens_details")), STR("thinking_tokens"),
               &counts->thinking);
}

/* Who does not report the cache does not bill it apart. */
void anthropic_usage(const struct anthropic_counts *counts, struct llm_usage *usage)
{
    bool said = counts->input >= 0;
    *usage = (struct llm_usage){
        .input = counts->input,
        .cache_read = counts->cache_read < 0 && said ? 0 : counts->cache_read,
        .cache_write = counts->cache_write < 0 && said ? 0 : counts->cache_write,
        .output = counts->output,
        .reasoning = counts->thinking,
    };
}

/* ---- a message ---- */

static enum llm_finish finish_of(str reason)
{
    static const struct {
        const char *name;
        enum llm_finish finish;
    } rows[] = {
        {"end_turn", LLM_FINISH_STOP},     {"stop_sequence", LLM_FINISH_STOP},
        {"max_tokens", LLM_FINISH_LENGTH}, {"model_context_window_exceeded", LLM_FINISH_LENGTH},
        {"tool_use", LLM_FINISH_TOOL},     {"refusal", LLM_FINISH_FILTER}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (str_equal(reason, str_from(rows[i].name)))
            return rows[i].finish;
    return LLM_FINISH_OTHER;
}

static void read_blocks(const json *content, struct arena *arena, struct llm_decoded *out)
{
    struct buf text = {0};
    for (const json *block = json_first(content); block; block = json_next(block)) {
        str type = json_text(json_get(block, STR("type")));
        if (str_equal(type, STR("text"))) {
            buf_add_str(&text, json_text(json_get(block, STR("text"))));
        } else if (str_equal(type, STR("tool_use"))) {
            str id = json_text(json_get(block, STR("id")));
            str name = json_text(json_get(block, STR("name")));
            const json *input = json_get(block, STR("input"));
            llm_decoded_add_call(out, arena,
                                 json_is(input, JSON_TEXT)
                                     ? llm_tool_call_text(arena, id, name, json_text(input))
                                     : llm_tool_call_json(arena, id, name, input));
        }
    }
    out->text = arena_str(arena, buf_str(&text));
    buf_release(&text);
}

static void read_refusal(const json *details, struct arena *arena, struct llm_decoded *out)
{
    str why = json_text(json_get(details, STR("explanation")));
    str category = json_text(json_get(details, STR("category")));
    out->refused = true;
    out->text = STR("");
    out->tool_calls = 0;
    if (why.n)
        out->message = why;
    else if (category.n)
        out->message = arena_printf(arena, "refused: %.*s", STR_ARG(category));
    else
        out->message = STR("the model refused and did not say why");
}

/* Arguments that are no JSON cannot go back as they came. */
static bool all_parsed(const struct llm_decoded *out)
{
    for (size_t i = 0; i < out->tool_calls; i++)
        if (!out->tool_call[i].arguments)
            return false;
    return true;
}

void anthropic_read_message(const json *content, const json *stop, struct arena *arena,
                            struct llm_decoded *out)
{
    str reason = json_text(json_get(stop, STR("stop_reason")));
    out->finish = finish_of(reason);
    read_blocks(content, arena, out);
    if (out->finish == LLM_FINISH_FILTER)
        read_refusal(json_get(stop, STR("stop_details")), arena, out);
    if (out->tool_calls && all_parsed(out))
        out->raw_turn = content;
    if (str_equal(reason, STR("model_context_window_exceeded")))
        out->message = STR("the answer was cut off at the model's context window");
    else
        llm_note_used_up(out);
}

void anthropic_decode(const struct llm_model *model, str body, struct arena *arena,
                      struct llm_decoded *out)
{
    (void)model;
    struct anthropic_counts counts = anthropic_no_counts();
    const json *root = llm_decode_root(body, arena, out);
    if (!root)
        return;
    const json *content = json_get(root, STR("content"));
    anthropic_read_counts(json_get(root, STR("usage")), &counts);
    anthropic_usage(&counts, &out->usage);
    out->model = json_text(json_get(root, STR("model")));
    if (json_is(content, JSON_LIST))
        anthropic_read_message(content, root, arena, out);
    else
        llm_decode_lacks(root, "list of content", arena, out);
}

/* ---- errors ---- */

int anthropic_error_status(const json *error)
{
    static const struct {
        const char *type;
        int status;
    } rows[] = {
        {"invalid_request_error", 400}, {"authentication_error", 401}, {"billing_error", 402},
        {"permission_error", 403},      {"not_found_error", 404},      {"conflict_error", 409},
        {"request_too_large", 413},     {"rate_limit_error", 429},     {"api_error", 500},
        {"timeout_error", 504},         {"overloaded_error", 529}};
    str type = json_text(json_get(error, STR("type")));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (str_equal(type, str_from(rows[i].type)))
            return rows[i].status;
    return 500;
}

bool anthropic_error_is_quota(const json *error)
{
    static const char *const codes[] = {"enforced_spend_limit_reached",
                                        "contract_spend_limit_reached", NULL};
    return str_equal(json_text(json_get(error, STR("type"))), STR("billing_error")) ||
           llm_is_word(json_text(json_path(error, "details.error_code")), codes);
}

void anthropic_explain(int status, str body, struct arena *arena, struct llm_problem *problem)
{
    const json *error = llm_problem_error(body, arena, problem);
    problem->quota = anthropic_error_is_quota(error) || status == 402;
}
