/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cassette_secret.c: finding and cutting out what must not be kept (see cassette.h).
 */
#include "base/cassette_inside.h"

#include "base/log.h"

static const str mark = STR_INIT("[secret]");

/* No provider gives shorter keys; what stands in for one ("test-key") is no secret, and may be a
 * word of a prompt. */
enum { SECRET_SHORTEST = 12 };

static void note(struct cassette_secrets *secrets, str value)
{
    enum { MOST = sizeof secrets->value / sizeof *secrets->value };
    value = str_trim(value);
    if (value.n >= SECRET_SHORTEST && secrets->count < MOST)
        secrets->value[secrets->count++] = value;
}

/* "Bearer sk-…": the key alone may occur elsewhere. */
static void note_header(struct cassette_secrets *secrets, str value)
{
    str scheme, rest;
    value = str_trim(value);
    if (str_cut(value, ' ', &scheme, &rest) && scheme.n < 12 && str_trim(rest).n)
        note(secrets, rest);
    else
        note(secrets, value);
}

bool cassette_is_secret_parameter(str name)
{
    return str_equal_nocase(name, STR("key")) || secret_name(name);
}

void cassette_secrets_find(struct cassette_secrets *secrets, const struct cassette_asked *asked)
{
    *secrets = (struct cassette_secrets){0};
    for (size_t i = 0; i < asked->headers; i++)
        if (secret_name(asked->header[i].name))
            note_header(secrets, asked->header[i].value);
    str rest = asked->query, pair, name, value;
    while (rest.n) {
        str_cut(rest, '&', &pair, &rest);
        if (str_cut(pair, '=', &name, &value) && cassette_is_secret_parameter(name))
            note(secrets, value);
    }
}

/* ---- what looks like a key ---- */

static const struct {
    str prefix;
    size_t least; /* characters behind it */
} looks[LOOKS] = {
    {STR_INIT("sk-"), 20},     {STR_INIT("AIza"), 30}, {STR_INIT("gsk_"), 20},
    {STR_INIT("xai-"), 20},    {STR_INIT("hf_"), 20},  {STR_INIT("ya29."), 20},
    {STR_INIT("Bearer "), 20},
};

/* Characters of keys from the beginning of the text. A key has a digit somewhere, which words
 * joined by hyphens have not. */
static size_t key_length(str text, bool *digit)
{
    size_t n = 0;
    *digit = false;
    while (n < text.n && (char_is_alnum(text.p[n]) || memchr("-_.", text.p[n], 3)))
        *digit = char_is_digit(text.p[n++]) || *digit;
    while (n && text.p[n - 1] == '.') /* of the sentence around it */
        n--;
    return n;
}

static ptrdiff_t look_at(str text, size_t from, size_t which, size_t *length)
{
    str prefix = looks[which].prefix;
    for (ptrdiff_t hit; (hit = str_find(text, prefix, from)) >= 0;) {
        size_t at = (size_t)hit, behind = at + prefix.n;
        bool digit;
        from = behind;
        if (at > 0 && char_is_alnum(text.p[at - 1]))
            continue;
        size_t n = key_length(str_sub(text, behind, text.n), &digit);
        from = behind + n; /* what begins inside of it is no key either */
        if (n < looks[which].least || !digit)
            continue;
        bool bearer = str_ends_with(prefix, STR(" "));
        *length = bearer ? n : prefix.n + n;
        return (ptrdiff_t)(bearer ? behind : at);
    }
    return -1;
}

/* ---- cutting out ---- */

static ptrdiff_t find_by(const struct secret_search *search, size_t way, size_t from,
                         size_t *length)
{
    const struct cassette_secrets *secrets = search->secrets;
    if (way == 0)
        return secret_find(search->text, from, length);
    if (way <= LOOKS)
        return look_at(search->text, from, way - 1, length);
    *length = secrets->value[way - 1 - LOOKS].n;
    return str_find(search->text, secrets->value[way - 1 - LOOKS], from);
}

void secret_search_begin(struct secret_search *search, const struct cassette_secrets *secrets,
                         str text)
{
    *search = (struct secret_search){.secrets = secrets, .text = text};
    search->ways = 1 + LOOKS + secrets->count;
    for (size_t way = 0; way < search->ways; way++)
        search->at[way] = find_by(search, way, 0, &search->length[way]);
}

ptrdiff_t secret_search_next(struct secret_search *search, size_t from, size_t *length)
{
    ptrdiff_t best = -1;
    for (size_t way = 0; way < search->ways; way++) {
        ptrdiff_t *at = &search->at[way];
        if (*at >= 0 && (size_t)*at < from)
            *at = find_by(search, way, from, &search->length[way]);
        if (*at < 0 ||
            (best >= 0 && (*at > best || (*at == best && search->length[way] <= *length))))
            continue;
        best = *at;
        *length = search->length[way];
    }
    return best;
}

str cassette_redact(struct arena *arena, const struct cassette_secrets *secrets, str text)
{
    struct buf clean = {0};
    struct secret_search search;
    size_t from = 0, length = 0;
    secret_search_begin(&search, secrets, text);
    for (ptrdiff_t at; (at = secret_search_next(&search, from, &length)) >= 0;) {
        buf_add_str(&clean, str_sub(text, from, (size_t)at));
        buf_add_str(&clean, mark);
        from = (size_t)at + length;
    }
    if (from == 0)
        return text;
    buf_add_str(&clean, str_sub(text, from, text.n));
    str result = arena_str(arena, buf_str(&clean));
    buf_release(&clean);
    return result;
}

static const json *redact_member(struct arena *arena, const struct cassette_secrets *secrets,
                                 const json *member)
{
    if (json_is(member, JSON_TEXT) && json_text(member).n && secret_name(json_key(member)))
        return json_new_text(arena, mark);
    return cassette_redact_json(arena, secrets, member);
}

const json *cassette_redact_json(struct arena *arena, const struct cassette_secrets *secrets,
                                 const json *value)
{
    if (json_is(value, JSON_TEXT)) {
        str text = json_text(value), clean = cassette_redact(arena, secrets, text);
        return clean.p == text.p ? value : json_new_text(arena, clean);
    }
    if (json_is(value, JSON_LIST)) {
        json *list = NULL;
        size_t index = 0;
        for (const json *item = json_first(value); item; item = json_next(item), index++) {
            const json *clean = cassette_redact_json(arena, secrets, item);
            if (clean != item && !list) {
                list = json_new_list(arena);
                const json *before = json_first(value);
                for (size_t i = 0; i < index; i++, before = json_next(before))
                    json_add(arena, list, before);
            }
            if (list)
                json_add(arena, list, clean);
        }
        return list ? list : value;
    }
    if (json_is(value, JSON_OBJECT)) {
        json *object = NULL;
        for (const json *member = json_first(value); member; member = json_next(member)) {
            const json *clean = redact_member(arena, secrets, member);
            if (clean == member)
                continue;
            if (!object)
                object = json_copy(arena, value);
            json_set(arena, object, json_key(member), clean);
        }
        return object ? object : value;
    }
    return value;
}
