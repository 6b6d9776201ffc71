/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dialect_parts.c: what dialects share (see dialect_parts.h).
 *
 * A body is written straight into the buffer, member by member, without a tree: it is made for
 * every call. What comes back is a tree that may hold anything.
 */
#include "llm/dialect_parts.h"

#include "llm/stream.h"

#include <float.h>
#include <math.h>

/* ---- writing ---- */

struct llm_body llm_body_begin(struct buf *out, const json *over)
{
    buf_add_char(out, '{');
    return (struct llm_body){.out = out, .over = json_is(over, JSON_OBJECT) ? over : NULL};
}

static void write_name(struct llm_body *body, str name)
{
    if (body->comma)
        buf_add_char(body->out, ',');
    body->comma = true;
    json_write_text(body->out, name);
    buf_add_char(body->out, ':');
}

bool llm_body_member(struct llm_body *body, const char *name)
{
    if (body->over && json_get(body->over, str_from(name)))
        return false;
    write_name(body, str_from(name));
    return true;
}

void llm_body_text(struct llm_body *body, const char *name, str text)
{
    if (llm_body_member(body, name))
        json_write_text(body->out, text);
}

/* Not through a double: seeds have 64 bits. */
static void write_int(struct buf *out, int64_t number)
{
    char digits[24];
    size_t at = sizeof digits;
    uint64_t left = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
    do {
        digits[--at] = (char)('0' + left % 10);
        left /= 10;
    } while (left);
    if (number < 0)
        digits[--at] = '-';
    buf_add(out, digits + at, sizeof digits - at);
}

static void write_texts(struct buf *out, const str *text, size_t count)
{
    buf_add_char(out, '[');
    for (size_t i = 0; i < count; i++) {
        if (i)
            buf_add_char(out, ',');
        json_write_text(out, text[i]);
    }
    buf_add_char(out, ']');
}

void llm_body_int(struct llm_body *body, const char *name, int64_t number)
{
    if (llm_body_member(body, name))
        write_int(body->out, number);
}

void llm_body_number(struct llm_body *body, const char *name, double number)
{
    if (llm_body_member(body, name))
        json_write_number(body->out, number);
}

void llm_body_bool(struct llm_body *body, const char *name, bool value)
{
    if (llm_body_member(body, name))
        buf_add_str(body->out, value ? STR("true") : STR("false"));
}

void llm_body_json(struct llm_body *body, const char *name, const json *value)
{
    if (llm_body_member(body, name))
        json_write(body->out, value, JSON_COMPACT);
}

void llm_body_raw(struct llm_body *body, const char *name, str value)
{
    if (llm_body_member(body, name))
        buf_add_str(body->out, value);
}

void llm_body_texts(struct llm_body *body, const char *name, const str *text, size_t count)
{
    if (llm_body_member(body, name))
        write_texts(body->out, text, count);
}

bool llm_body_object(struct llm_body *body, const char *name, struct llm_body *inner)
{
    const json *over = body->over ? json_get(body->over, str_from(name)) : NULL;
    if (over && (!json_is(over, JSON_OBJECT) || body->merged_count == LLM_MERGED_MOST))
        return false;
    if (over)
        body->merged[body->merged_count++] = name;
    write_name(body, str_from(name));
    *inner = llm_body_begin(body->out, over);
    return true;
}

static bool is_merged(const struct llm_body *body, str name)
{
    for (unsigned i = 0; i < body->merged_count; i++)
        if (str_equal(name, str_from(body->merged[i])))
            return true;
    return false;
}

void llm_body_end(struct llm_body *body)
{
    for (const json *item = json_first(body->over); item; item = json_next(item)) {
        if (is_merged(body, json_key(item)))
            continue;
        write_name(body, json_key(item));
        json_write(body->out, item, JSON_COMPACT);
    }
    buf_add_char(body->out, '}');
}

/* ---- names, schemas, system text ---- */

enum { NAME_BYTES_MOST = 64 };

/* A name of letters, digits, '-' and '_', at most 64: `name` with the rest replaced. */
static str plain_name(struct arena *arena, str name)
{
    size_t n = name.n < NAME_BYTES_MOST ? name.n : NAME_BYTES_MOST;
    char *text = arena_alloc(arena, n + 1);
    for (size_t i = 0; i < n; i++)
        text[i] = char_is_alnum(name.p[i]) || name.p[i] == '-' ? name.p[i] : '_';
    return (str){text, n};
}

static bool names_tool(const struct llm_request *request, str name)
{
    for (size_t i = 0; i < request->tools; i++)
        if (str_equal(request->tool[i].name, name))
            return true;
    return false;
}

str llm_schema_name(const struct llm_request *request, struct arena *arena)
{
    str name =
        plain_name(arena, request->schema_name.n ? request->schema_name : STR("output"));
    for (unsigned i = 2; names_tool(request, name); i++) {
        str head = str_sub(request->schema_name, 0, NAME_BYTES_MOST - 16);
        name = plain_name(arena, arena_printf(arena, "%.*s_%u", STR_ARG(head), i));
    }
    return name;
}

bool llm_schema_is(const struct llm_request *request, enum llm_schema_mode mode)
{
    return request->schema && request->model->capabilities.schema == mode;
}

str llm_schema_text(const struct schema_subset *subset, struct arena *arena, const json *schema,
                    bool strict, bool *is_strict)
{
    const json *fit = strict ? schema_subset_fit(subset, arena, schema, NULL) : NULL;
    *is_strict = fit != NULL;
    return json_to_str(arena, fit ? fit : schema, JSON_COMPACT);
}

/* The schema under another title. */
static const json *titled(struct arena *arena, const json *schema, str title)
{
    json *out = json_new_object(arena);
    json_set_text(arena, out, "title", title);
    for (const json *member = json_first(schema); member; member = json_next(member))
        if (!str_equal(json_key(member), STR("title")))
            json_set(arena, out, json_key(member), member);
    return out;
}

str llm_schema_titled(const struct schema_subset *subset, struct arena *arena,
                      const json *schema, str name)
{
    const json *fit = schema_subset_fit(subset, arena, schema, NULL);
    bool alone = !json_is(fit, JSON_OBJECT) || json_get(fit, STR("$ref"));
    return json_to_str(arena, alone ? schema : titled(arena, fit, name), JSON_COMPACT);
}

str llm_schema_check(const struct schema_subset *subset, const struct llm_request *request,
                     struct arena *arena)
{
    const struct llm_model *model = request->model;
    struct jsonschema_problem problem;
    if (!request->schema || llm_schema_is(request, LLM_SCHEMA_PROMPT))
        return STR("");
    const json *schema = jsonschema_source(request->schema);
    if (llm_schema_is(request, LLM_SCHEMA_TOOL)) {
        if (schema_root_is_object(schema))
            return STR("");
        problem = (struct jsonschema_problem){
            .text = STR("its root must have type \"object\" and no anyOf")};
    } else if ((subset->any_object && schema_is_any_object(schema)) ||
               schema_subset_fit(subset, arena, schema, &problem)) {
        return STR("");
    }
    str line = jsonschema_problem_line(arena, &problem);
    return arena_printf(arena, "model '%.*s' cannot take this schema (%s): %.*s",
                        STR_ARG(model->name), subset->name, STR_ARG(line));
}

str llm_system_text(const struct llm_request *request, const struct llm_prepared *prepared,
                    struct arena *arena)
{
    struct buf text = {0};
    for (size_t i = 0; i < request->message_count; i++) {
        if (request->message[i].role != LLM_SYSTEM)
            continue;
        if (text.n && request->message[i].text.n)
            buf_add_str(&text, STR("\n\n"));
        buf_add_str(&text, request->message[i].text);
    }
    if (llm_schema_is(request, LLM_SCHEMA_PROMPT)) {
        if (text.n)
            buf_add_str(&text, STR("\n\n"));
        llm_write_schema_prompt(&text, prepared->schema);
    }
    str whole = arena_str(arena, buf_str(&text));
    buf_release(&text);
    return whole;
}

bool llm_mentions_json(const struct llm_request *request)
{
    static const str word = STR_INIT("json");
    for (size_t i = 0; i < request->message_count; i++) {
        str text = request->message[i].text;
        for (; text.n >= word.n; text = str_sub(text, 1, text.n))
            if (str_equal_nocase(str_sub(text, 0, word.n), word))
                return true;
    }
    return false;
}

str llm_cannot_take(const struct llm_request *request, struct arena *arena, const char *what)
{
    const struct llm_model *model = request->model;
    return arena_printf(arena, "model '%.*s' cannot take %s: %s has no such thing",
                        STR_ARG(model->name), what, model->provider->dialect->name);
}

str llm_check_extra(const struct llm_request *request, struct arena *arena,
                    const char *const *own)
{
    const struct llm_model *model = request->model;
    for (; *own; own++)
        if (json_get(model->extra, str_from(*own)))
            return arena_printf(arena,
                                "model '%.*s': extra cannot set '%s'; weir sets it itself",
                                STR_ARG(model->name), *own);
    return STR("");
}

/* ---- reading ---- */

struct llm_decoded llm_decoded_new(void)
{
    return (struct llm_decoded){.finish = LLM_FINISH_OTHER, .usage = {-1, -1, -1, -1, -1}};
}

void llm_decode_cut(struct llm_decoded *decoded)
{
    decoded->cut = true;
    llm_decode_fail(decoded, STR("the stream ended before the reply did"));
}

int64_t llm_optional_count(const json *value)
{
    return json_kind(value) == JSON_NULL ? 0 : llm_token_count(value);
}

int64_t llm_count_without(int64_t whole, int64_t part, int64_t other)
{
    if (whole < 0 || part < 0 || other < 0 || part > whole || other > whole - part)
        return -1;
    return whole - part - other;
}

void llm_decode_fail(struct llm_decoded *decoded, str message)
{
    decoded->outcome = LLM_TRANSPORT;
    decoded->message = message;
}

const json *llm_decode_root(str body, struct arena *arena, struct llm_decoded *decoded)
{
    struct json_error error = {0};
    *decoded = llm_decoded_new();
    const json *root = json_parse(arena, body, &error);
    if (json_is(root, JSON_OBJECT))
        return root;
    if (root)
        llm_decode_fail(decoded, arena_printf(arena, "the reply is %s, not an object",
                                              json_kind_name(json_kind(root))));
    else if (body.n == 0)
        llm_decode_fail(decoded, STR("the reply is empty"));
    else
        llm_decode_fail(decoded, arena_printf(arena, "the reply is not JSON: %s at byte %zu",
                                              error.what, error.at));
    return NULL;
}

void llm_decode_lacks(const json *root, const char *what, struct arena *arena,
                      struct llm_decoded *decoded)
{
    str why = json_text(json_path(root, "error.message"));
    llm_decode_fail(decoded,
                    why.n ? arena_printf(arena,
                                         "the reply is an error in spite of its status: %.*s",
                                         STR_ARG(why))
                          : arena_printf(arena, "the reply has no %s", what));
}

const json *llm_stream_object(const struct llm_stream *stream, struct arena *arena,
                              struct llm_decoded *decoded)
{
    const json *event = json_parse(arena, stream->data, NULL);
    if (json_is(event, JSON_OBJECT))
        return event;
    llm_decode_fail(decoded, STR("an event of the stream is not a JSON object"));
    return NULL;
}

struct llm_tool_call llm_tool_call_text(struct arena *arena, str id, str name, str arguments)
{
    if (str_trim(arguments).n == 0)
        arguments = STR("{}");
    return (struct llm_tool_call){id, name, json_parse(arena, arguments, NULL), arguments};
}

struct llm_tool_call llm_tool_call_json(struct arena *arena, str id, str name,
                                        const json *arguments)
{
    if (json_kind(arguments) == JSON_NULL)
        arguments = json_new_object(arena);
    str text = json_to_str(arena, arguments, JSON_COMPACT);
    return (struct llm_tool_call){id, name, arguments, text};
}

void llm_decoded_add_call(struct llm_decoded *decoded, struct arena *arena,
                          struct llm_tool_call call)
{
    size_t n = decoded->tool_calls;
    if ((n & (n - 1)) == 0) /* full at every power of two */
        decoded->tool_call =
            arena_grow(arena, decoded->tool_call, n, n ? 2 * n : 1, sizeof *decoded->tool_call);
    decoded->tool_call[decoded->tool_calls++] = call;
}

struct llm_vector llm_vector_of_json(const json *list, struct arena *arena)
{
    if (!json_is(list, JSON_LIST))
        return (struct llm_vector){0};
    float *value = arena_array(arena, float, json_count(list));
    size_t n = 0;
    for (const json *item = json_first(list); item; item = json_next(item)) {
        double number = json_number(item);
        if (!json_is(item, JSON_NUMBER) || fabs(number) > (double)FLT_MAX)
            return (struct llm_vector){0};
        value[n++] = (float)number;
    }
    return (struct llm_vector){value, n};
}

void llm_decoded_set_vectors(struct llm_decoded *decoded, const json *root,
                             struct llm_vector *vector, size_t count, struct arena *arena)
{
    for (size_t i = 0; i < count; i++) {
        if (vector[i].count == 0) {
            llm_decode_lacks(root, "vector for each text", arena, decoded);
            return;
        }
        if (vector[i].count != vector[0].count) {
            llm_decode_fail(decoded, STR("the vectors of the reply are not all as long"));
            return;
        }
    }
    decoded->vector = vector;
}

void llm_note_used_up(struct llm_decoded *decoded)
{
    if (decoded->text.n == 0 && decoded->tool_calls == 0 && !decoded->refused &&
        decoded->finish == LLM_FINISH_LENGTH)
        decoded->message = STR("the answer is empty: max_tokens was used up, perhaps by "
                               "reasoning that is not shown");
}

const json *llm_problem_error(str body, struct arena *arena, struct llm_problem *problem)
{
    *problem = (struct llm_problem){.retry_after_ns = -1};
    const json *root = json_parse(arena, body, NULL);
    if (json_is(root, JSON_LIST))
        root = json_first(root);
    const json *error = json_get(root, STR("error"));
    problem->message = json_text(error);
    if (!error)
        error = root;
    if (!json_is(error, JSON_OBJECT))
        return NULL;
    problem->message = json_text(json_get(error, STR("message")));
    return error;
}

bool llm_is_word(str text, const char *const *words)
{
    for (; *words; words++)
        if (str_equal(text, str_from(*words)))
            return true;
    return false;
}
