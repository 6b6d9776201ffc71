/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * request.c: tokens, troubles, and what follows from a request's content (see request.h).
 *
 * K = H(canonical request). The canonical form is never written down: members of an object are
 * hashed by themselves and added up, which is the same in any order, so nothing is sorted.
 */
#include "mock_server/request.h"

#include "base/hash.h"

#include <stdarg.h>

int trouble_set(struct arena *arena, struct trouble *trouble, int status, const char *param,
                const char *code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    str message = arena_vprintf(arena, format, args);
    va_end(args);
    *trouble = (struct trouble){
        .status = status, .message = message, .param = str_from(param), .code = str_from(code)};
    return -1;
}

int64_t token_count(str text)
{
    return (int64_t)((text.n + 3) / 4);
}

str token_cut(str text, int64_t tokens)
{
    size_t n = tokens < 0 ? 0 : (size_t)tokens * 4;
    if (n >= text.n)
        return text;
    while (n > 0 && ((unsigned char)text.p[n] & 0xc0) == 0x80)
        n--;
    return str_sub(text, 0, n);
}

str token_piece(str text, int64_t index)
{
    return str_sub(text, token_cut(text, index).n, token_cut(text, index + 1).n);
}

/* ---- hashes ---- */

/* Fixed forever: K is part of what makes two runs equal. */
#define HASH_K0 UINT64_C(0x6d6f636b2d6b6579)
#define HASH_K1 UINT64_C(0x63616e6f6e696361)

/* Both halves of the product of two words: every bit of the result depends on all of both. */
static uint64_t fold(uint64_t a, uint64_t b)
{
    __extension__ typedef unsigned __int128 wide;
    wide product = (wide)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint64_t load(const char *p)
{
    uint64_t word;
    memcpy(&word, p, sizeof word);
    return word;
}

/* Long texts are folded 16 bytes at a time by multiplication (the step of wyhash, Wang Yi, public
 * domain), five times as fast as SipHash; the rest and the length go through SipHash. Prompts
 * are not chosen to collide by anyone who would gain from it. */
static uint64_t hash_text(str text, uint64_t tweak)
{
    enum { STEP = 16, LONG = 64 };
    uint64_t seen = HASH_K0 ^ tweak ^ text.n;
    if (text.n >= LONG)
        for (; text.n >= STEP; text = str_sub(text, STEP, text.n))
            seen = fold(load(text.p) ^ HASH_K1, load(text.p + 8) ^ seen);
    return hash_sip(seen, HASH_K1, text.p, text.n);
}

static uint64_t hash_pair(uint64_t a, uint64_t b)
{
    const uint64_t both[2] = {a, b};
    return hash_sip(HASH_K0, HASH_K1, both, sizeof both);
}

static uint64_t hash_number(double number)
{
    if (number == 0)
        number = 0; /* -0 */
    return hash_sip(HASH_K0, ~HASH_K1, &number, sizeof number);
}

uint64_t json_hash(const json *value, size_t *bytes)
{
    size_t ignored = 0;
    if (!bytes)
        bytes = &ignored;
    uint64_t sum = 0;
    switch (json_kind(value)) {
    case JSON_NULL:
        *bytes += 4;
        return 1;
    case JSON_BOOL:
        *bytes += 4;
        return json_bool(value) ? 2 : 3;
    case JSON_NUMBER:
        *bytes += 2;
        return hash_number(json_number(value));
    case JSON_TEXT:
        *bytes += json_text(value).n + 2;
        return hash_text(json_text(value), 4);
    case JSON_LIST:
        *bytes += 2;
        for (const json *item = json_first(value); item; item = json_next(item))
            sum = hash_pair(sum, json_hash(item, bytes));
        return hash_pair(sum, 5);
    case JSON_OBJECT:
        *bytes += 2;
        for (const json *member = json_first(value); member; member = json_next(member)) {
            *bytes += json_key(member).n + 4;
            sum += hash_pair(hash_text(json_key(member), 6), json_hash(member, bytes));
        }
        return hash_pair(sum, 7);
    }
    return 0;
}

const json *call_arguments(struct arena *arena, const json *sent)
{
    if (!json_is(sent, JSON_TEXT))
        return sent;
    str text = str_trim(json_text(sent));
    const json *value = text.n ? json_parse(arena, text, NULL) : json_new_object(arena);
    return value ? value : sent;
}

static uint64_t hash_turn(const struct turn *turn)
{
    uint64_t hash = hash_text(turn->text, 8 + (uint64_t)turn->role);
    if (turn->tool_calls)
        hash = hash_pair(hash, json_hash(turn->tool_calls, NULL));
    if (turn->role == ROLE_TOOL)
        hash = hash_pair(hash, (uint64_t)turn->answers);
    return hash;
}

static uint64_t hash_tools(const struct request *request, size_t *bytes)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < request->tools; i++) {
        *bytes += request->tool[i].name.n;
        sum += hash_pair(hash_text(request->tool[i].name, 2),
                         json_hash(request->tool[i].parameters, bytes));
    }
    return sum;
}

/* Also measures tools and schema, which are billed as input. */
static struct rng_key content_key(const struct request *request, size_t *bytes)
{
    uint64_t hash = hash_text(request->model, 1);
    for (size_t i = 0; i < request->turns; i++)
        hash = hash_pair(hash, hash_turn(&request->turn[i]));
    for (size_t i = 0; i < request->inputs; i++)
        hash = hash_pair(hash, hash_text(request->input[i], 22));
    if (request->tools)
        hash = hash_pair(hash, hash_tools(request, bytes));
    if (request->schema || request->wants_json)
        hash = hash_pair(hash, hash_text(request->schema_name, 3) +
                                   json_hash(request->schema, bytes) + request->wants_json);
    for (size_t i = 0; i < request->stops; i++)
        hash = hash_pair(hash, hash_text(request->stop[i], 20));
    const uint64_t rest[] = {hash,
                             request->sampling,
                             (uint64_t)request->choices,
                             (uint64_t)request->max_tokens,
                             (uint64_t)request->tool_choice,
                             hash_text(request->tool_name, 21)};
    return (struct rng_key){hash_sip(HASH_K0, HASH_K1, rest, sizeof rest),
                            hash_sip(HASH_K1, HASH_K0, rest, sizeof rest)};
}

/* Without a copy where there is one such turn, as in most requests. */
static str texts_of(const struct request *request, enum role role)
{
    size_t count = 0, n = 0;
    str only = STR("");
    for (size_t i = 0; i < request->turns; i++)
        if (request->turn[i].role == role) {
            only = request->turn[i].text;
            n += only.n + 1;
            count++;
        }
    if (count < 2)
        return only;
    char *all = arena_alloc(request->arena, n), *at = all;
    for (size_t i = 0; i < request->turns; i++) {
        str text = request->turn[i].text;
        if (request->turn[i].role != role)
            continue;
        if (at > all)
            *at++ = '\n';
        if (text.n)
            memcpy(at, text.p, text.n);
        at += text.n;
    }
    return (str){all, (size_t)(at - all)};
}

static str inputs_of(const struct request *request)
{
    struct buf all = {0};
    if (request->inputs == 1)
        return request->input[0];
    for (size_t i = 0; i < request->inputs; i++) {
        if (i)
            buf_add_char(&all, '\n');
        buf_add_str(&all, request->input[i]);
    }
    str joined = arena_str(request->arena, buf_str(&all));
    buf_release(&all);
    return joined;
}

/* What a message's role and marks cost beside its text. */
enum { TOKENS_PER_TURN = 4 };

void request_complete(struct request *request)
{
    size_t bytes = 0;
    request->system = texts_of(request, ROLE_SYSTEM);
    request->prompt = request->inputs ? inputs_of(request) : texts_of(request, ROLE_USER);
    request->content = content_key(request, &bytes);
    request->input_tokens = (int64_t)((bytes + 3) / 4);
    for (size_t i = 0; i < request->turns; i++) {
        request->answered += request->turn[i].role == ROLE_ASSISTANT;
        request->input_tokens += token_count(request->turn[i].text) + TOKENS_PER_TURN;
    }
    for (size_t i = 0; i < request->inputs; i++)
        request->input_tokens += token_count(request->input[i]);
}
