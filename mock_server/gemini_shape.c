/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * gemini_shape.c: a JSON value against the table of its message (see gemini_shape.h).
 *
 * Everything that is wrong is told, each on a line of its own, as the provider does. Places are
 * told in snake_case whatever the client wrote: 'contents[0].parts[1].inline_data'.
 */
#include "mock_server/gemini_shape.h"

#include "base/text.h"

#include <math.h>

enum { PROBLEMS_MAX = 20, SHOWN_MAX = 200 };

/* A place in the body; the outermost has no outer. */
struct place {
    const struct place *outer;
    str name;
    int64_t index; /* -1: none */
};

struct checking {
    struct arena *arena;
    struct buf said;
    size_t problems;
};

/* ---- names ---- */

/* "topP" is also "top_p". */
static bool name_fits(str camel, str name)
{
    size_t at = 0;
    if (str_equal(camel, name))
        return true;
    for (size_t i = 0; i < camel.n; i++) {
        char c = camel.p[i], lower = char_lower(c);
        if (c != lower && (at >= name.n || name.p[at++] != '_'))
            return false;
        if (at >= name.n || name.p[at++] != lower)
            return false;
    }
    return at == name.n;
}

static void write_snake(struct buf *out, str camel)
{
    for (size_t i = 0; i < camel.n; i++) {
        char lower = char_lower(camel.p[i]);
        if (lower != camel.p[i])
            buf_add_char(out, '_');
        buf_add_char(out, lower);
    }
}

static void write_place(struct buf *out, const struct place *place)
{
    if (place->outer && place->outer->name.n) {
        write_place(out, place->outer);
        buf_add_char(out, '.');
    }
    write_snake(out, place->name);
    if (place->index >= 0)
        buf_printf(out, "[%lld]", (long long)place->index);
}

/* ---- problems ---- */

static bool begin_problem(struct checking *in)
{
    if (in->problems++ >= PROBLEMS_MAX)
        return false;
    if (in->said.n)
        buf_add_char(&in->said, '\n');
    return true;
}

static void unknown_name(struct checking *in, const struct place *place, str name,
                         const char *why)
{
    if (!begin_problem(in))
        return;
    buf_add_str(&in->said, STR("Invalid JSON payload received. Unknown name "));
    json_write_text(&in->said, name);
    if (place->name.n) {
        buf_add_str(&in->said, STR(" at '"));
        write_place(&in->said, place);
        buf_add_char(&in->said, '\'');
    }
    buf_printf(&in->said, ": %s", why);
}

static void wrong_value(struct checking *in, const struct place *place, const char *type,
                        const json *value)
{
    if (!begin_problem(in))
        return;
    buf_add_str(&in->said, STR("Invalid value at '"));
    write_place(&in->said, place);
    buf_printf(&in->said, "' (%s), ", type);
    str shown = json_to_str(in->arena, value, JSON_COMPACT);
    size_t length = 0, at = 0;
    while (at < shown.n && at < SHOWN_MAX) {
        utf8_decode(shown, at, &length);
        at += length;
    }
    buf_add_str(&in->said, str_sub(shown, 0, at));
}

/* ---- values ---- */

static bool number_of(const json *value, double *number)
{
    if (json_is(value, JSON_NUMBER))
        *number = json_number(value);
    return json_is(value, JSON_NUMBER) || str_to_double(json_text(value), number);
}

static bool is_whole(const json *value, double most)
{
    double number;
    return number_of(value, &number) && number == floor(number) && fabs(number) <= most;
}

/* Either alphabet, padded or not. */
static bool is_base64(str text)
{
    size_t n = text.n;
    while (n && text.p[n - 1] == '=' && text.n - n < 2)
        n--;
    for (size_t i = 0; i < n; i++)
        if (!char_is_alnum(text.p[i]) && !memchr("+/-_", text.p[i], 4))
            return false;
    return n % 4 != 1;
}

static bool word_fits(const json *value, const struct gemini_words *words)
{
    double number;
    if (json_is(value, JSON_NUMBER)) /* the number of a word, as protocol buffers have them */
        return number_of(value, &number) && is_whole(value, (double)words->count) &&
               number >= 0;
    return json_is(value, JSON_TEXT) &&
           (gemini_word(value, words) >= 0 ||
            str_equal_nocase(json_text(value), words->unspecified));
}

static bool scalar_fits(const struct gemini_field *field, const json *value)
{
    double number;
    switch (field->kind) {
    case GEMINI_STRING:
        return json_is(value, JSON_TEXT);
    case GEMINI_BYTES:
        return json_is(value, JSON_TEXT) && is_base64(json_text(value));
    case GEMINI_BOOL:
        return json_is(value, JSON_BOOL);
    case GEMINI_INT32:
        return is_whole(value, 2147483647.0);
    case GEMINI_INT64:
        return is_whole(value, 9007199254740992.0);
    case GEMINI_FLOAT:
        return number_of(value, &number);
    case GEMINI_ENUM:
        return word_fits(value, field->words);
    case GEMINI_STRUCT:
    case GEMINI_MESSAGE:
    case GEMINI_MAP:
        return json_is(value, JSON_OBJECT);
    case GEMINI_VALUE:
        return true;
    }
    return false;
}

static const char *type_of(const struct checking *in, const struct gemini_field *field)
{
    static const char *const types[] = {
        [GEMINI_STRING] = "TYPE_STRING", [GEMINI_BYTES] = "TYPE_BYTES",
        [GEMINI_BOOL] = "TYPE_BOOL",     [GEMINI_INT32] = "TYPE_INT32",
        [GEMINI_INT64] = "TYPE_INT64",   [GEMINI_FLOAT] = "TYPE_FLOAT"};
    const char *own = "Struct";
    if (field->kind < GEMINI_ENUM)
        return types[field->kind];
    if (field->kind == GEMINI_STRUCT)
        return "type.googleapis.com/google.protobuf.Struct";
    if (field->kind == GEMINI_ENUM)
        own = field->words->type;
    else if (field->message)
        own = field->message->type;
    return arena_printf(in->arena, "type.googleapis.com/google.ai.generativelanguage.v1beta.%s",
                        own)
        .p;
}

/* ---- messages ---- */

static void check_message(struct checking *in, const json *value,
                          const struct gemini_message *message, const struct place *place);

static void check_value(struct checking *in, const struct gemini_field *field,
                        const json *value, const struct place *place)
{
    if (!scalar_fits(field, value)) {
        wrong_value(in, place, type_of(in, field), value);
        return;
    }
    if (field->kind == GEMINI_MESSAGE)
        check_message(in, value, field->message, place);
    if (field->kind != GEMINI_MAP)
        return;
    for (const json *member = json_first(value); member; member = json_next(member)) {
        const struct place inner = {place, STR("value"), -1};
        if (json_is(member, JSON_OBJECT))
            check_message(in, member, field->message, &inner);
        else
            wrong_value(in, &inner, type_of(in, field), member);
    }
}

static void check_field(struct checking *in, const struct gemini_field *field,
                        const json *value, const struct place *outer)
{
    struct place place = {outer, field->name, -1};
    if (json_kind(value) == JSON_NULL)
        return;
    if (!json_is(value, JSON_LIST) || field->kind == GEMINI_VALUE) {
        check_value(in, field, value, &place);
        return;
    }
    if (!field->repeated) {
        unknown_name(in, outer, json_key(value),
                     "Proto field is not repeating, cannot start list.");
        return;
    }
    for (const json *item = json_first(value); item; item = json_next(item)) {
        place.index++;
        check_value(in, field, item, &place);
    }
}

static const struct gemini_field *field_of(const struct gemini_message *message, str name)
{
    for (size_t i = 0; i < message->fields; i++)
        if (name_fits(message->field[i].name, name))
            return &message->field[i];
    return NULL;
}

static void check_message(struct checking *in, const json *value,
                          const struct gemini_message *message, const struct place *place)
{
    for (const json *member = json_first(value); member; member = json_next(member)) {
        const struct gemini_field *field = field_of(message, json_key(member));
        if (field)
            check_field(in, field, member, place);
        else
            unknown_name(in, place, json_key(member), "Cannot find field.");
    }
}

int gemini_check(const json *body, const struct gemini_message *message,
                 struct request *request, struct trouble *trouble)
{
    static const struct place top = {NULL, STR_INIT(""), -1};
    struct checking in = {.arena = request->arena};
    if (!json_is(body, JSON_OBJECT)) {
        begin_problem(&in);
        buf_add_str(&in.said, STR("Invalid JSON payload received. Unknown name \"\": Root "
                                  "element must be a message."));
    } else {
        check_message(&in, body, message, &top);
    }
    if (in.problems == 0)
        return 0;
    trouble_set(request->arena, trouble, 400, NULL, NULL, "%.*s", STR_ARG(buf_str(&in.said)));
    buf_release(&in.said);
    return -1;
}

/* ---- reading what was checked ---- */

const json *gemini_get(const json *object, const char *name)
{
    const json *found = NULL;
    str camel = str_from(name);
    if (!json_is(object, JSON_OBJECT))
        return NULL;
    for (const json *member = json_first(object); member; member = json_next(member))
        if (name_fits(camel, json_key(member)) && !json_is(member, JSON_NULL))
            found = member;
    return found;
}

const json *gemini_first(const json *repeated)
{
    return json_is(repeated, JSON_LIST) ? json_first(repeated) : repeated;
}

const json *gemini_next(const json *repeated, const json *item)
{
    return json_is(repeated, JSON_LIST) ? json_next(item) : NULL;
}

size_t gemini_count(const json *repeated)
{
    return json_is(repeated, JSON_LIST) ? json_count(repeated) : repeated != NULL;
}

double gemini_number(const json *value)
{
    double number = 0;
    return number_of(value, &number) ? number : 0;
}

int64_t gemini_int(const json *value)
{
    return (int64_t)gemini_number(value);
}

int gemini_word(const json *value, const struct gemini_words *words)
{
    int64_t number;
    if (json_int(value, &number))
        return (int)number - 1;
    for (size_t i = 0; i < words->count; i++)
        if (str_equal_nocase(json_text(value), words->word[i]))
            return (int)i;
    return -1;
}
