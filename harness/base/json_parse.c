/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * json_parse.c: texts into trees (see json.h).
 *
 * Two passes. The first (json_scan.h) is strict and refuses all that is no JSON; the second makes
 * cJSON's nodes of a text that is known to be good, so nothing in it can fail, and long texts are
 * passed over sixteen bytes at a time. cJSON's own parser is lenient, and took four times as long:
 * it looks at every byte of a text twice.
 */
#include "base/json_node.h"
#include "base/json_plain.h"
#include "base/json_scan.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>

/* ---- duplicates: of them the last one counts; it takes the place of the first ---- */

/* `earlier` takes the value of `later`, which leaves the object. */
static void replace_earlier(cJSON *object, cJSON *earlier, cJSON *later)
{
    earlier->type = later->type;
    earlier->valuestring = later->valuestring;
    earlier->valuedouble = later->valuedouble;
    earlier->valueint = later->valueint;
    earlier->child = later->child;
    cJSON_DetachItemViaPointer(object, later);
}

struct keyed {
    cJSON *member;
    size_t position;
};

static int by_key_and_position(const void *a, const void *b)
{
    const struct keyed *x = a, *y = b;
    int order = strcmp(x->member->string, y->member->string);
    return order ? order : (x->position > y->position) - (x->position < y->position);
}

static void merge_sorted(cJSON *object, size_t count)
{
    struct keyed *keyed = xmalloc(count * sizeof *keyed);
    size_t i = 0, first = 0;
    for (cJSON *member = object->child; member; member = member->next, i++)
        keyed[i] = (struct keyed){member, i};
    qsort(keyed, count, sizeof *keyed, by_key_and_position);
    for (i = 1; i < count; i++) {
        if (strcmp(keyed[i].member->string, keyed[first].member->string) == 0)
            replace_earlier(object, keyed[first].member, keyed[i].member);
        else
            first = i;
    }
    xfree(keyed);
}

static void merge_pairwise(cJSON *object, cJSON *member)
{
    for (cJSON *later = member->next, *next; later; later = next) {
        next = later->next;
        if (strcmp(member->string, later->string) == 0)
            replace_earlier(object, member, later);
    }
}

static void drop_duplicates(cJSON *object, size_t count)
{
    enum { PAIRWISE_MEMBERS = 16 }; /* wider objects are sorted */
    if (count > PAIRWISE_MEMBERS)
        merge_sorted(object, count);
    else
        for (cJSON *member = object->child; member; member = member->next)
            merge_pairwise(object, member);
}

/* ---- values ---- */

struct parse {
    struct arena *arena;
    str text;
    size_t at;
};

static char peek(struct parse *parse)
{
    const char *p = parse->text.p + parse->at;
    while (*p == ' ' || *p == '\n' || *p == '\t' || *p == '\r')
        p++;
    parse->at = (size_t)(p - parse->text.p);
    return *p;
}

static char *unescaped(struct arena *arena, str raw)
{
    char *text = arena_bytes(arena, raw.n + 1),
         *end = text; /* no escape is shorter than itself */
    for (size_t at = 0, length; at < raw.n;) {
        const char *slash = memchr(raw.p + at, '\\', raw.n - at);
        size_t plain = slash ? (size_t)(slash - raw.p) - at : raw.n - at;
        memcpy(end, raw.p + at, plain);
        end += plain;
        at += plain;
        if (!slash)
            break;
        end += json_scan_escape_bytes(str_sub(raw, at, raw.n), end, &length);
        at += length;
    }
    *end = '\0';
    return text;
}

static char *parse_text(struct parse *parse)
{
    bool escapes = false;
    size_t from = parse->at + 1;
    size_t end = json_plain_end(parse->text, from, JSON_PLAIN_BYTES);
    while (parse->text.p[end] != '"') {
        bool escape = parse->text.p[end] == '\\';
        escapes = escapes || escape;
        end = json_plain_end(parse->text, end + (escape ? 2 : 1), JSON_PLAIN_BYTES);
    }
    parse->at = end + 1;
    str raw = str_sub(parse->text, from, end);
    if (escapes)
        return unescaped(parse->arena, raw);
    char *text = arena_bytes(parse->arena, raw.n + 1);
    memcpy(text, raw.p, raw.n);
    text[raw.n] = '\0';
    return text;
}

/* Of fifteen digits at most, with a point or without, number and power of ten are exact, and so
 * their quotient is the nearest double (Clinger 1990); all else is strtod's. */
static bool short_decimal(str digits, double *number)
{
    double power = 1;
    int64_t whole = 0;
    bool minus = digits.p[0] == '-', behind = false;
    for (size_t i = minus; i < digits.n; i++) {
        if (digits.p[i] == '.') {
            behind = true;
            continue;
        }
        if (!char_is_digit(digits.p[i]))
            return false;
        whole = whole * 10 + (digits.p[i] - '0');
        power *= behind ? 10 : 1;
    }
    *number = (minus ? -(double)whole : (double)whole) / power;
    return true;
}

static void parse_number(struct parse *parse, cJSON *node)
{
    enum { SHORT = 16 };
    const char *p = parse->text.p + parse->at;
    size_t n = 1, most = parse->text.n - parse->at;
    while (n < most && (char_is_digit(p[n]) || (p[n] && strchr(".eE+-", p[n]))))
        n++;
    double number = 0;
    if (n > SHORT || !short_decimal((str){p, n}, &number))
        str_to_double((str){p, n}, &number);
    cJSON_SetNumberHelper(node, number);
    parse->at += n;
}

static void parse_value(struct parse *parse, cJSON *node);

static void parse_children(struct parse *parse, cJSON *parent, char close)
{
    size_t count = 0;
    parse->at++;
    while (peek(parse) != close) {
        if (parse->text.p[parse->at] == ',') {
            parse->at++;
            peek(parse);
        }
        cJSON *child = json_node_new(parse->arena, cJSON_NULL);
        if (close == '}') {
            child->string = parse_text(parse);
            peek(parse);
            parse->at++; /* the colon */
        }
        parse_value(parse, child);
        json_node_append(parent, child);
        count++;
    }
    parse->at++;
    if (close == '}')
        drop_duplicates(parent, count);
}

/* Goes as deep as the text, which is JSON_DEPTH_MAX at most. */
static void parse_value(struct parse *parse, cJSON *node)
{
    switch (peek(parse)) {
    case '{':
        node->type = cJSON_Object;
        parse_children(parse, node, '}');
        break;
    case '[':
        node->type = cJSON_Array;
        parse_children(parse, node, ']');
        break;
    case '"':
        node->type = cJSON_String;
        node->valuestring = parse_text(parse);
        break;
    case 't':
        node->type = cJSON_True;
        node->valueint = 1;
        parse->at += 4;
        break;
    case 'f':
        node->type = cJSON_False;
        parse->at += 5;
        break;
    case 'n':
        parse->at += 4;
        break;
    default:
        node->type = cJSON_Number;
        parse_number(parse, node);
    }
}

static const json *parse_scanned(struct arena *arena, str text, size_t end)
{
    struct parse parse = {.arena = arena, .text = str_sub(text, 0, end)};
    cJSON *node = json_node_new(arena, cJSON_NULL);
    parse_value(&parse, node);
    return (const json *)node;
}

/* ---- the whole text ---- */

static void set_error(struct json_error *error, str text, size_t at, const char *what)
{
    if (!error)
        return;
    *error = (struct json_error){.at = at, .line = 1, .col = 1, .what = what};
    size_t line_start = 0;
    for (size_t i = 0; i < at && i < text.n; i++)
        if (text.p[i] == '\n') {
            error->line++;
            line_start = i + 1;
        }
    error->col = (unsigned)utf8_count(str_sub(text, line_start, at)) + 1;
}

const json *json_parse_prefix(struct arena *arena, str text, size_t *used)
{
    struct json_scan scan = {.text = text};
    if (!json_scan_value(&scan))
        return NULL;
    *used = scan.at;
    return parse_scanned(arena, text, scan.at);
}

const json *json_parse(struct arena *arena, str text, struct json_error *error)
{
    struct json_scan scan = {.text = text};
    bool good = json_scan_value(&scan);
    size_t end = scan.at;
    if (good) {
        json_scan_blank(&scan);
        good = scan.at == text.n || json_scan_fail(&scan, "something follows the JSON value");
    }
    if (good)
        return parse_scanned(arena, text, end);
    set_error(error, text, scan.at, scan.what);
    return NULL;
}
