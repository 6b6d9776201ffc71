/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * openai_read.c: checks of fields in OpenAI's words (see openai_read.h).
 *
 * Messages and codes follow the provider's ("Invalid type for 'n': expected an integer, but got a
 * string instead."). Fields that are not known here are passed over, as they are there for newer
 * models.
 */
#include "mock_server/openai_read.h"

#include <math.h>

/* ---- what is wrong ---- */

static const char *kind_word(const json *value)
{
    static const char *const words[] = {
        [JSON_NULL] = "null",     [JSON_BOOL] = "a boolean", [JSON_NUMBER] = "a number",
        [JSON_TEXT] = "a string", [JSON_LIST] = "an array",  [JSON_OBJECT] = "an object"};
    return words[json_kind(value)];
}

int openai_wrong_type(const struct openai_body *in, const char *param, const char *expected,
                      const json *value)
{
    int64_t ignored;
    const char *got = kind_word(value);
    if (json_is(value, JSON_NUMBER))
        got = json_int(value, &ignored) ? "an integer" : "a decimal";
    return REFUSE(in, param, "invalid_type",
                  "Invalid type for '%s': expected %s, but got %s instead.", param, expected,
                  got);
}

int openai_missing(const struct openai_body *in, const char *param)
{
    return REFUSE(in, param, "missing_required_parameter", "Missing required parameter: '%s'.",
                  param);
}

/* "Invalid value: 'x'. Supported values are: 'a', 'b', and 'c'.": always -1. */
static int wrong_word(const struct openai_body *in, const char *param, str word,
                      const char *const *words)
{
    str list = STR("");
    for (size_t i = 0; words[i]; i++)
        list = arena_printf(in->request->arena, "%.*s%s'%s'", STR_ARG(list),
                            i == 0         ? ""
                            : words[i + 1] ? ", "
                            : i == 1       ? " and "
                                           : ", and ",
                            words[i]);
    return REFUSE(in, param, "invalid_value",
                  "Invalid value: '%.*s'. Supported values are: %.*s.", STR_ARG(word),
                  STR_ARG(list));
}

/* ---- fields ---- */

static void find_fields(const struct openai_body *in, const json *body)
{
    for (const json *member = json_first(body); member; member = json_next(member)) {
        str key = json_key(member);
        for (int i = 0; i < in->fields; i++)
            if (in->name[i].n == key.n && memcmp(in->name[i].p, key.p, key.n) == 0)
                in->field[i] = member;
    }
}

int openai_read_begin(const struct openai_body *in, const json *body, int model)
{
    if (!json_is(body, JSON_OBJECT))
        return REFUSE(in, NULL, NULL, "Invalid request body: expected a JSON object.");
    find_fields(in, body);
    const json *name = in->field[model];
    if (in->request->url_model.n) {
        in->request->model = in->request->url_model;
        return 0;
    }
    if (!name)
        return openai_missing(in, "model");
    if (!json_is(name, JSON_TEXT) || json_text(name).n == 0)
        return openai_wrong_type(in, "model", "a string", name);
    in->request->model = json_text(name);
    return 0;
}

const json *openai_field(const struct openai_body *in, int field)
{
    return json_is(in->field[field], JSON_NULL) ? NULL : in->field[field];
}

const json *openai_member(const json *object, const char *name)
{
    const json *value = json_get(object, str_from(name));
    return json_is(value, JSON_NULL) ? NULL : value;
}

int openai_read_integer(const struct openai_body *in, int field, int64_t least, int64_t most,
                        int64_t *number)
{
    const json *value = openai_field(in, field);
    const char *name = in->name[field].p;
    if (!value)
        return 0;
    if (!json_int(value, number))
        return openai_wrong_type(in, name, "an integer", value);
    if (*number < least)
        return REFUSE(
            in, name, "integer_below_min_value",
            "Invalid '%s': integer below minimum value. Expected a value >= %lld, but "
            "got %lld instead.",
            name, (long long)least, (long long)*number);
    if (*number > most)
        return REFUSE(
            in, name, "integer_above_max_value",
            "Invalid '%s': integer above maximum value. Expected a value <= %lld, but "
            "got %lld instead.",
            name, (long long)most, (long long)*number);
    return 0;
}

int openai_check_decimal(const struct openai_body *in, int field, double least, double most)
{
    const json *value = openai_field(in, field);
    const char *name = in->name[field].p;
    if (!value)
        return 0;
    if (!json_is(value, JSON_NUMBER))
        return openai_wrong_type(in, name, "a decimal", value);
    double number = json_number(value);
    if (number >= least && number <= most)
        return 0;
    bool below = number < least;
    return REFUSE(in, name, below ? "decimal_below_min_value" : "decimal_above_max_value",
                  "Invalid '%s': decimal %s value. Expected a value %s %g, but got %g instead.",
                  name, below ? "below minimum" : "above maximum",
                  below ? ">=" : "<=", below ? least : most, number);
}

int openai_read_bool(const struct openai_body *in, int field, bool *flag)
{
    const json *value = openai_field(in, field);
    if (!value)
        return 0;
    if (!json_is(value, JSON_BOOL))
        return openai_wrong_type(in, in->name[field].p, "a boolean", value);
    *flag = json_bool(value);
    return 0;
}

int openai_check_text(const struct openai_body *in, int field)
{
    const json *value = openai_field(in, field);
    return !value || json_is(value, JSON_TEXT)
               ? 0
               : openai_wrong_type(in, in->name[field].p, "a string", value);
}

int openai_check_word(const struct openai_body *in, const char *param, const json *value,
                      const char *const *words)
{
    if (!value || json_is(value, JSON_NULL))
        return 0;
    if (!json_is(value, JSON_TEXT))
        return openai_wrong_type(in, param, "a string", value);
    for (size_t i = 0; words[i]; i++)
        if (str_equal(json_text(value), str_from(words[i])))
            return 0;
    return wrong_word(in, param, json_text(value), words);
}

int openai_read_stream(const struct openai_body *in, int stream, int options_field)
{
    struct request *request = in->request;
    const json *options = openai_field(in, options_field);
    if (openai_read_bool(in, stream, &request->stream) < 0)
        return -1;
    request->stream_padding = true;
    if (!options)
        return 0;
    if (!json_is(options, JSON_OBJECT))
        return openai_wrong_type(in, "stream_options", "an object", options);
    if (!request->stream)
        return REFUSE(
            in, "stream_options", "invalid_value",
            "The 'stream_options' parameter is only allowed when 'stream' is enabled.");
    request->stream_usage = json_bool(json_get(options, STR("include_usage")));
    const json *padding = json_get(options, STR("include_obfuscation"));
    request->stream_padding = !padding || json_bool(padding);
    return 0;
}

/* ---- names ---- */

static bool is_name(str name, size_t most)
{
    for (size_t i = 0; i < name.n; i++)
        if (!char_is_alnum(name.p[i]) && name.p[i] != '_' && name.p[i] != '-')
            return false;
    return name.n > 0 && name.n <= most;
}

int openai_check_name(const struct openai_body *in, const char *param, const json *name,
                      size_t most)
{
    if (!name)
        return openai_missing(in, param);
    if (!json_is(name, JSON_TEXT))
        return openai_wrong_type(in, param, "a string", name);
    if (!is_name(json_text(name), most))
        return REFUSE(in, param, "invalid_value",
                      "Invalid '%s': string does not match pattern. Expected a string that "
                      "matches the pattern '^[a-zA-Z0-9_-]{1,%zu}$'.",
                      param, most);
    return 0;
}

uint64_t openai_hash_fields(const struct openai_body *in, const int *fields, size_t count)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < count; i++) {
        const json *value = openai_field(in, fields[i]);
        if (value)
            sum += json_hash(value, NULL) * (2 * i + 3);
    }
    return sum;
}
