/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * gemini_contents.c: the contents of a Gemini request as neutral turns.
 *
 * A content of the user that answers calls becomes one turn for each answer and one for what is
 * said beside. Images and files are taken and not looked at; thoughts that come back are not part
 * of what was said.
 */
#include "mock_server/gemini.h"

/* A call of the conversation so far. */
struct call_seen {
    str id, name;
    bool answered;
};

struct telling {
    const struct gemini_reading *in;
    struct arena *arena;
    struct turn *turn;
    size_t turns;
    struct call_seen *call; /* of all contents */
    size_t calls;
    size_t pending; /* the first call of the content that may be answered now */
    size_t index;   /* content in hand */
};

/* The members of the oneof 'data'; the first three are looked at. */
enum part_kind { PART_TEXT, PART_CALL, PART_RESPONSE, PART_OTHER };
static const char *const part_names[] = {
    "text",           "functionCall",      "functionResponse",
    "inlineData",     "fileData",          "executableCode",
    "toolCall",       "toolResponse",      "codeExecutionResult",
    "speechMetadata", "audioTranscription"};

static int read_part_kind(const struct telling *t, const json *part, size_t number,
                          enum part_kind *kind)
{
    const char *found = NULL;
    for (size_t i = 0; i < sizeof part_names / sizeof part_names[0]; i++) {
        if (!gemini_get(part, part_names[i]))
            continue;
        if (found)
            return gemini_say(t->in,
                              "Invalid value at 'contents[%zu].parts[%zu]' (oneof), oneof "
                              "field 'data' is already set. Cannot set '%s'",
                              t->index, number, part_names[i]);
        found = part_names[i];
        *kind = i < PART_OTHER ? (enum part_kind)i : PART_OTHER;
    }
    if (found)
        return 0;
    return gemini_refuse(
        t->in, arena_printf(t->arena, "contents[%zu].parts[%zu].data", t->index, number).p,
        "required oneof field 'data' must have one initialized field");
}

static struct turn *add_turn(struct telling *t, enum role role, str text)
{
    struct turn *turn = &t->turn[t->turns++];
    *turn = (struct turn){.role = role, .text = text};
    return turn;
}

/* ---- the model's ---- */

/* Models of the third generation and later want the signatures of their calls back, one for each
 * step since the user last spoke. */
static bool wants_signatures(str model)
{
    return str_starts_with(model, STR("gemini-")) && model.n > 7 && char_is_digit(model.p[7]) &&
           (model.p[7] >= '3' || (model.n > 8 && char_is_digit(model.p[8])));
}

static int check_signature(const struct telling *t, const json *part, const json *call,
                           bool is_first)
{
    if (!is_first || gemini_get(part, "thoughtSignature") ||
        !wants_signatures(t->in->request->model))
        return 0;
    return gemini_say(
        t->in,
        "Function call `%.*s` in the `%zu.` content block is missing a `thought_signature`.",
        STR_ARG(json_text(gemini_get(call, "name"))), t->index + 1);
}

static void add_call(struct telling *t, const json *call, json *neutral)
{
    const json *args = gemini_get(call, "args");
    json *one = json_new_object(t->arena);
    json_set(t->arena, one, STR("name"),
             json_new_text(t->arena, json_text(gemini_get(call, "name"))));
    json_set(t->arena, one, STR("arguments"), args ? args : json_new_object(t->arena));
    json_add(t->arena, neutral, one);
    t->call[t->calls++] = (struct call_seen){json_text(gemini_get(call, "id")),
                                             json_text(gemini_get(call, "name")), false};
}

static int read_model(struct telling *t, const json *parts, bool is_recent)
{
    json *neutral = json_new_list(t->arena);
    struct buf text = {0};
    size_t before = t->calls, i = 0;
    int result = 0;
    for (const json *part = gemini_first(parts); part && result == 0;
         part = gemini_next(parts, part), i++) {
        enum part_kind kind = PART_OTHER;
        const json *call = gemini_get(part, "functionCall");
        result = read_part_kind(t, part, i, &kind);
        if (result == 0 && kind == PART_CALL)
            result = is_recent ? check_signature(t, part, call, t->calls == before) : 0;
        if (result == 0 && kind == PART_CALL)
            add_call(t, call, neutral);
        if (kind == PART_TEXT && !json_bool(gemini_get(part, "thought")))
            buf_add_str(&text, json_text(gemini_get(part, "text")));
    }
    struct turn *turn = add_turn(t, ROLE_ASSISTANT, arena_str(t->arena, buf_str(&text)));
    buf_release(&text);
    turn->tool_calls = t->calls > before ? neutral : NULL;
    t->pending = before;
    return result;
}

/* ---- the user's ---- */

/* {"result": x} and {"output": x} are how clients wrap what is no object. */
static str response_text(struct arena *arena, const json *response)
{
    const json *only = json_count(response) == 1 ? json_first(response) : NULL;
    if (only &&
        (str_equal(json_key(only), STR("result")) || str_equal(json_key(only), STR("output"))))
        response = only;
    if (json_is(response, JSON_TEXT))
        return json_text(response);
    return response ? json_to_str(arena, response, JSON_COMPACT) : STR("");
}

static int read_response(struct telling *t, const json *response)
{
    str id = json_text(gemini_get(response, "id"));
    str name = json_text(gemini_get(response, "name"));
    for (size_t i = t->pending; i < t->calls; i++) {
        struct call_seen *call = &t->call[i];
        bool fits = id.n && call->id.n ? str_equal(call->id, id) : str_equal(call->name, name);
        if (call->answered || !fits)
            continue;
        call->answered = true;
        struct turn *turn =
            add_turn(t, ROLE_TOOL, response_text(t->arena, gemini_get(response, "response")));
        turn->answers = (int64_t)i;
        return 0;
    }
    return gemini_say(t->in, t->pending < t->calls
                                 ? "Please ensure that the number of function response parts "
                                   "is equal to the number of function call parts of the "
                                   "function call turn."
                                 : "Please ensure that function response turn comes "
                                   "immediately after a function call turn.");
}

static int check_all_answered(const struct telling *t)
{
    for (size_t i = t->pending; i < t->calls; i++)
        if (!t->call[i].answered)
            return gemini_say(t->in, "Please ensure that the number of function response parts "
                                     "is equal to the number of function call parts of the "
                                     "function call turn.");
    return 0;
}

static int read_user(struct telling *t, const json *parts)
{
    struct buf text = {0};
    size_t i = 0, before = t->turns;
    bool said = false;
    int result = 0;
    for (const json *part = gemini_first(parts); part && result == 0;
         part = gemini_next(parts, part), i++) {
        enum part_kind kind = PART_OTHER;
        result = read_part_kind(t, part, i, &kind);
        if (result == 0 && kind == PART_RESPONSE)
            result = read_response(t, gemini_get(part, "functionResponse"));
        if (kind == PART_TEXT)
            buf_add_str(&text, json_text(gemini_get(part, "text")));
        said = said || kind != PART_RESPONSE;
    }
    if (result == 0 && t->turns == before)
        result = check_all_answered(t);
    if (said)
        add_turn(t, ROLE_USER, arena_str(t->arena, buf_str(&text)));
    buf_release(&text);
    return result;
}

/* ---- the whole ---- */

static int read_content(struct telling *t, const json *content, bool is_recent)
{
    str role = json_text(gemini_get(content, "role"));
    const json *parts = gemini_get(content, "parts");
    bool model = str_equal(role, STR("model"));
    if (role.n && !model && !str_equal(role, STR("user")))
        return gemini_say(t->in, "Please use a valid role: user, model.");
    if (gemini_count(parts) == 0)
        return gemini_refuse(t->in, arena_printf(t->arena, "contents[%zu].parts", t->index).p,
                             "contents.parts must not be empty.");
    if (!model)
        return read_user(t, parts);
    return check_all_answered(t) < 0 ? -1 : read_model(t, parts, is_recent);
}

static bool is_spoken(const json *content)
{
    const json *parts = gemini_get(content, "parts");
    if (str_equal(json_text(gemini_get(content, "role")), STR("model")))
        return false;
    for (const json *part = gemini_first(parts); part; part = gemini_next(parts, part))
        if (!gemini_get(part, "functionResponse"))
            return true;
    return false;
}

str gemini_content_text(struct arena *arena, const json *content)
{
    const json *parts = gemini_get(content, "parts");
    str all = STR("");
    for (const json *part = gemini_first(parts); part; part = gemini_next(parts, part)) {
        str text = json_text(gemini_get(part, "text"));
        if (text.n)
            all = all.n ? arena_printf(arena, "%.*s%.*s", STR_ARG(all), STR_ARG(text)) : text;
    }
    return all;
}

int gemini_read_contents(const struct gemini_reading *in, const json *system,
                         const json *contents)
{
    struct telling t = {.in = in, .arena = in->request->arena};
    size_t parts = 0, last_spoken = 0, count = gemini_count(contents);
    if (count == 0)
        return gemini_refuse(in, "contents", "contents is not specified");
    for (const json *one = gemini_first(contents); one; one = gemini_next(contents, one)) {
        parts += gemini_count(gemini_get(one, "parts"));
        last_spoken = is_spoken(one) ? t.index : last_spoken;
        t.index++;
    }
    t.turn = arena_array(t.arena, struct turn, parts + count + 1);
    t.call = arena_array(t.arena, struct call_seen, parts);
    if (system)
        add_turn(&t, ROLE_SYSTEM, gemini_content_text(t.arena, system));
    t.index = 0;
    for (const json *one = gemini_first(contents); one; one = gemini_next(contents, one)) {
        if (read_content(&t, one, t.index > last_spoken) < 0)
            return -1;
        t.index++;
    }
    in->request->turn = t.turn;
    in->request->turns = t.turns;
    return 0;
}
