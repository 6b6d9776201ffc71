/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * json.c: the only file that includes cJSON (see json.h).
 *
 * A json is a cJSON node whose memory comes from an arena: cJSON's allocation hooks take from
 * the arena of the call in progress, and its free does nothing. The arena is thread-local and
 * set only while a function here runs, which never suspends a fiber.
 *
 * cJSON is lenient (01, raw control characters, any bytes) and knows no limit that fits model
 * output, so a scan goes first: depth, grammar of numbers, UTF-8, control characters, NUL.
 */
#include "base/json.h"

#include "base/mem.h"
#include "base/text.h"

#include <assert.h>
#include <cjson/cJSON.h>
#include <float.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

struct json {
    cJSON node;
};

static _Thread_local struct arena *current_arena;

static void *hook_alloc(size_t size)
{
    return current_arena ? arena_alloc(current_arena, size) : NULL;
}

static void hook_free(void *memory)
{
    (void)memory;
}

static void install_hooks(void)
{
    cJSON_Hooks hooks = {hook_alloc, hook_free};
    cJSON_InitHooks(&hooks);
}

static void use_arena(struct arena *arena)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, install_hooks);
    current_arena = arena;
}

/* ---- the scan that goes before cJSON ---- */

struct scan {
    str text;
    size_t at;
    int depth;
    bool has_unfit; /* \u0000 (cJSON's texts end there) or half of a surrogate pair */
    const char *what;
};

static bool scan_fail(struct scan *scan, const char *what)
{
    if (!scan->what)
        scan->what = what;
    return false;
}

static char scan_peek(const struct scan *scan)
{
    return scan->at < scan->text.n ? scan->text.p[scan->at] : '\0';
}

static void scan_blank(struct scan *scan)
{
    while (scan->at < scan->text.n && memchr(" \t\r\n", scan->text.p[scan->at], 4))
        scan->at++;
}

static bool scan_digits(struct scan *scan)
{
    size_t from = scan->at;
    while (char_is_digit(scan_peek(scan)))
        scan->at++;
    return scan->at > from || scan_fail(scan, "a number lacks a digit");
}

static bool scan_number(struct scan *scan)
{
    size_t from = scan->at;
    if (scan_peek(scan) == '-')
        scan->at++;
    if (scan_peek(scan) == '0')
        scan->at++;
    else if (!scan_digits(scan))
        return false;
    if (scan_peek(scan) == '.') {
        scan->at++;
        if (!scan_digits(scan))
            return false;
    }
    bool exponent = scan_peek(scan) == 'e' || scan_peek(scan) == 'E';
    if (exponent) {
        scan->at++;
        if (scan_peek(scan) == '+' || scan_peek(scan) == '-')
            scan->at++;
        if (!scan_digits(scan))
            return false;
    }
    /* cJSON copies at most 63 characters of a number */
    if (scan->at - from > 63) {
        scan->at = from;
        return scan_fail(scan, "a number has more than 63 characters");
    }
    double number;
    if (exponent && !str_to_double(str_sub(scan->text, from, scan->at), &number)) {
        scan->at = from;
        return scan_fail(scan, "a number is larger than 1.8e308");
    }
    return true;
}

static int hex_digit(char c)
{
    if (char_is_digit(c))
        return c - '0';
    char lower = char_lower(c);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

static bool scan_hex(struct scan *scan, unsigned *code)
{
    *code = 0;
    for (int i = 0; i < 4; i++, scan->at++) {
        int digit = hex_digit(scan_peek(scan));
        if (digit < 0)
            return scan_fail(scan, "\\u lacks four hexadecimal digits");
        *code = *code << 4 | (unsigned)digit;
    }
    return true;
}

static bool is_high_half(unsigned code)
{
    return code >= 0xd800 && code <= 0xdbff;
}

static bool is_low_half(unsigned code)
{
    return code >= 0xdc00 && code <= 0xdfff;
}

/* Half of a surrogate pair is grammatical (RFC 8259, 8.2) and models do send it; like NUL it is
 * replaced before cJSON sees it. */
static bool scan_escape(struct scan *scan)
{
    scan->at++;
    char c = scan_peek(scan);
    if (c == '\0' || !strchr("\"\\/bfnrtu", c))
        return scan_fail(scan, "unknown escape in a text");
    scan->at++;
    if (c != 'u')
        return true;
    unsigned code, low;
    if (!scan_hex(scan, &code))
        return false;
    if (code == 0 || is_low_half(code))
        scan->has_unfit = true;
    if (!is_high_half(code))
        return true;
    struct scan ahead = *scan;
    ahead.at += 2;
    bool pair = str_starts_with(str_sub(scan->text, scan->at, scan->text.n), STR("\\u")) &&
                scan_hex(&ahead, &low) && is_low_half(low);
    if (pair)
        scan->at = ahead.at;
    else
        scan->has_unfit = true;
    return true;
}

/* Where the run of bytes ends that need no look of their own: ASCII but quote, backslash and
 * control characters, eight at a time. Subtracting sets the top bit of a byte below the bound;
 * a borrow may set that of the byte above too, which only ends the run early. */
static size_t skip_plain(str text, size_t at)
{
    const uint64_t every = UINT64_C(0x0101010101010101), top = every << 7;
    for (uint64_t word; text.n - at >= sizeof word; at += sizeof word) {
        memcpy(&word, text.p + at, sizeof word);
        uint64_t low = word - every * 0x20;
        uint64_t quote = (word ^ every * '"') - every, slash = (word ^ every * '\\') - every;
        if ((word | low | quote | slash) & top)
            break;
    }
    return at;
}

static bool scan_text(struct scan *scan)
{
    scan->at = skip_plain(scan->text, scan->at + 1);
    while (scan->at < scan->text.n) {
        unsigned char c = (unsigned char)scan->text.p[scan->at];
        if (c == '"') {
            scan->at++;
            return true;
        }
        if (c < 0x20)
            return scan_fail(scan, "a control character in a text");
        if (c == '\\') {
            if (!scan_escape(scan))
                return false;
            scan->at = skip_plain(scan->text, scan->at);
        } else if (c < 0x80) {
            scan->at++;
        } else {
            size_t length;
            if (utf8_decode(scan->text, scan->at, &length) == 0xfffd && length == 1)
                return scan_fail(scan, "invalid UTF-8");
            scan->at += length;
        }
    }
    return scan_fail(scan, "a text is not closed");
}

static bool scan_word(struct scan *scan, str word)
{
    if (!str_starts_with(str_sub(scan->text, scan->at, scan->text.n), word))
        return scan_fail(scan, "expected a JSON value");
    scan->at += word.n;
    return true;
}

static bool scan_scalar(struct scan *scan)
{
    char c = scan_peek(scan);
    if (c == '"')
        return scan_text(scan);
    if (c == '-' || char_is_digit(c))
        return scan_number(scan);
    if (c == 't')
        return scan_word(scan, STR("true"));
    if (c == 'f')
        return scan_word(scan, STR("false"));
    if (c == 'n')
        return scan_word(scan, STR("null"));
    return scan_fail(scan, scan->at < scan->text.n ? "expected a JSON value"
                                                   : "the text ends where a value is expected");
}

static bool scan_key(struct scan *scan)
{
    scan_blank(scan);
    if (scan_peek(scan) != '"')
        return scan_fail(scan, "expected a member name in quotes");
    if (!scan_text(scan))
        return false;
    scan_blank(scan);
    if (scan_peek(scan) != ':')
        return scan_fail(scan, "expected ':' after a member name");
    scan->at++;
    return true;
}

/* Without recursion: nesting is only a stack of brackets. */
static bool scan_value(struct scan *scan)
{
    char open[JSON_DEPTH_MAX];
    for (;;) {
        scan_blank(scan);
        char c = scan_peek(scan);
        if (c == '{' || c == '[') {
            if (scan->depth == JSON_DEPTH_MAX)
                return scan_fail(scan, "nested deeper than 128");
            open[scan->depth++] = c;
            scan->at++;
            scan_blank(scan);
            if (scan_peek(scan) != (c == '{' ? '}' : ']')) {
                if (c == '{' && !scan_key(scan))
                    return false;
                continue;
            }
        } else if (!scan_scalar(scan)) {
            return false;
        }
        for (;;) { /* after a value: close what ends here, go on after a comma */
            if (scan->depth == 0)
                return true;
            scan_blank(scan);
            char in = open[scan->depth - 1];
            char next = scan_peek(scan);
            if (next == (in == '{' ? '}' : ']')) {
                scan->depth--;
                scan->at++;
                continue;
            }
            if (next != ',')
                return scan_fail(scan,
                                 in == '{' ? "expected ',' or '}'" : "expected ',' or ']'");
            scan->at++;
            if (in == '{' && !scan_key(scan))
                return false;
            break;
        }
    }
}

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

/* ---- parsing ---- */

/* The code of a \u escape that was scanned already. */
static unsigned escape_code(const char *escape)
{
    unsigned code = 0;
    for (int i = 2; i < 6; i++)
        code = code << 4 | (unsigned)hex_digit(escape[i]);
    return code;
}

/* NUL and halves of surrogate pairs become \ufffd, which is as long as what it replaces. */
static str without_unfit(struct arena *arena, str text)
{
    char *copy = arena_alloc(arena, text.n + 1);
    memcpy(copy, text.p, text.n);
    for (size_t i = 0; i + 1 < text.n; i++) {
        if (copy[i] != '\\')
            continue;
        i++; /* an escaped backslash is passed over whole */
        if (copy[i] != 'u')
            continue;
        unsigned code = escape_code(copy + i - 1);
        bool pair = is_high_half(code) && text.n - i > 10 && copy[i + 5] == '\\' &&
                    copy[i + 6] == 'u' && is_low_half(escape_code(copy + i + 5));
        if (pair)
            i += 10;
        else if (code == 0 || is_high_half(code) || is_low_half(code))
            memcpy(copy + i - 1, "\\ufffd", 6);
    }
    return (str){copy, text.n};
}

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

/* Wider objects are sorted to find duplicates. */
enum { PAIRWISE_MEMBERS = 16 };

/* Of duplicate members the last one counts; it takes the place of the first. */
static void drop_duplicates(cJSON *node)
{
    size_t count = 0;
    for (cJSON *child = node->child; child; child = child->next, count++)
        if (child->child)
            drop_duplicates(child);
    if (!cJSON_IsObject(node))
        return;
    if (count > PAIRWISE_MEMBERS)
        merge_sorted(node, count);
    else
        for (cJSON *member = node->child; member; member = member->next)
            merge_pairwise(node, member);
}

static const json *parse_scanned(struct arena *arena, str text, const struct scan *scan)
{
    str exact = str_sub(text, 0, scan->at);
    if (scan->has_unfit)
        exact = without_unfit(arena, exact);
    use_arena(arena);
    cJSON *node = cJSON_ParseWithLengthOpts(exact.p, exact.n, NULL, 0);
    current_arena = NULL;
    if (node)
        drop_duplicates(node);
    return (const json *)node;
}

const json *json_parse_prefix(struct arena *arena, str text, size_t *used)
{
    struct scan scan = {.text = text};
    if (!scan_value(&scan))
        return NULL;
    *used = scan.at;
    return parse_scanned(arena, text, &scan);
}

const json *json_parse(struct arena *arena, str text, struct json_error *error)
{
    struct scan scan = {.text = text};
    bool good = scan_value(&scan);
    size_t end = scan.at;
    if (good) {
        scan_blank(&scan);
        good = scan.at == text.n || scan_fail(&scan, "something follows the JSON value");
    }
    if (!good) {
        set_error(error, text, scan.at, scan.what);
        return NULL;
    }
    scan.at = end;
    const json *value = parse_scanned(arena, text, &scan);
    if (!value)
        set_error(error, text, 0, "is not JSON");
    return value;
}

/* ---- reading ---- */

static const cJSON *node_of(const json *value)
{
    return value ? &value->node : NULL;
}

enum json_kind json_kind(const json *value)
{
    const cJSON *node = node_of(value);
    if (!node)
        return JSON_NULL;
    switch (node->type & 0xff) {
    case cJSON_True:
    case cJSON_False:
        return JSON_BOOL;
    case cJSON_Number:
        return JSON_NUMBER;
    case cJSON_String:
        return JSON_TEXT;
    case cJSON_Array:
        return JSON_LIST;
    case cJSON_Object:
        return JSON_OBJECT;
    default:
        return JSON_NULL;
    }
}

bool json_is(const json *value, enum json_kind kind)
{
    return value && json_kind(value) == kind;
}

bool json_bool(const json *value)
{
    return cJSON_IsTrue(node_of(value)) != 0;
}

double json_number(const json *value)
{
    return json_is(value, JSON_NUMBER) ? value->node.valuedouble : 0;
}

bool json_int(const json *value, int64_t *number)
{
    double d = json_number(value);
    if (!json_is(value, JSON_NUMBER) || d != floor(d) || fabs(d) > 9007199254740992.0)
        return false;
    *number = (int64_t)d;
    return true;
}

str json_text(const json *value)
{
    return json_is(value, JSON_TEXT) ? str_from(value->node.valuestring) : (str){"", 0};
}

const json *json_first(const json *list_or_object)
{
    const cJSON *node = node_of(list_or_object);
    return node ? (const json *)node->child : NULL;
}

const json *json_next(const json *item)
{
    return (const json *)item->node.next;
}

str json_key(const json *member)
{
    return str_from(member->node.string);
}

size_t json_count(const json *value)
{
    size_t count = 0;
    for (const json *item = json_first(value); item; item = json_next(item))
        count++;
    return count;
}

const json *json_get(const json *object, str key)
{
    if (!json_is(object, JSON_OBJECT))
        return NULL;
    for (const json *member = json_first(object); member; member = json_next(member)) {
        const char *name = member->node.string;
        /* a key with a NUL inside must not carry the comparison past the name's end */
        if (key.n == 0 ? !*name
                       : strncmp(name, key.p, key.n) == 0 && strnlen(name, key.n) == key.n &&
                             name[key.n] == '\0')
            return member;
    }
    return NULL;
}

const json *json_at(const json *list, int64_t index)
{
    if (!json_is(list, JSON_LIST))
        return NULL;
    if (index < 0)
        index += (int64_t)json_count(list);
    if (index < 0)
        return NULL;
    const json *item = json_first(list);
    while (item && index-- > 0)
        item = json_next(item);
    return item;
}

const json *json_path(const json *object, const char *dotted)
{
    str rest = str_from(dotted), name;
    while (object && rest.n) {
        str_cut(rest, '.', &name, &rest);
        object = json_get(object, name);
    }
    return object;
}

/* ---- making ---- */

static cJSON *new_node(struct arena *arena, int type)
{
    cJSON *node = arena_new(arena, cJSON);
    node->type = type;
    return node;
}

const json *json_null(void)
{
    static const json null = {.node = {.type = cJSON_NULL}};
    return &null;
}

const json *json_new_bool(bool value)
{
    static const json truth = {.node = {.type = cJSON_True, .valueint = 1}};
    static const json falsehood = {.node = {.type = cJSON_False}};
    return value ? &truth : &falsehood;
}

const json *json_new_number(struct arena *arena, double number)
{
    cJSON *node = new_node(arena, cJSON_Number);
    cJSON_SetNumberHelper(node, number);
    return (const json *)node;
}

const json *json_new_int(struct arena *arena, int64_t number)
{
    return json_new_number(arena, (double)number);
}

static char *text_copy(struct arena *arena, str text)
{
    str clean = utf8_clean(arena, text);
    if (clean.n && memchr(clean.p, '\0', clean.n)) {
        struct buf out = {0};
        for (size_t i = 0; i < clean.n; i++)
            buf_add_str(&out, clean.p[i] ? str_sub(clean, i, i + 1) : STR("\xef\xbf\xbd"));
        clean = arena_str(arena, buf_str(&out));
        buf_release(&out);
    }
    char *copy = arena_alloc(arena, clean.n + 1);
    if (clean.n)
        memcpy(copy, clean.p, clean.n);
    return copy;
}

const json *json_new_text(struct arena *arena, str text)
{
    cJSON *node = new_node(arena, cJSON_String);
    node->valuestring = text_copy(arena, text);
    return (const json *)node;
}

json *json_new_list(struct arena *arena)
{
    return (json *)new_node(arena, cJSON_Array);
}

json *json_new_object(struct arena *arena)
{
    return (json *)new_node(arena, cJSON_Object);
}

/* A node of its own for the same value: siblings differ, all below is shared. */
static cJSON *share(struct arena *arena, const json *value)
{
    cJSON *node = arena_new(arena, cJSON);
    if (value)
        *node = value->node;
    else
        node->type = cJSON_NULL;
    node->next = node->prev = NULL;
    node->string = NULL;
    return node;
}

/* As in cJSON: the first child's prev is the last child, the last child's next is NULL. */
static void append(cJSON *parent, cJSON *node)
{
    cJSON *first = parent->child;
    if (!first) {
        parent->child = node;
        node->prev = node;
    } else {
        first->prev->next = node;
        node->prev = first->prev;
        first->prev = node;
    }
}

void json_add(struct arena *arena, json *list, const json *item)
{
    assert(json_is(list, JSON_LIST));
    append(&list->node, share(arena, item));
}

void json_set(struct arena *arena, json *object, str key, const json *value)
{
    assert(json_is(object, JSON_OBJECT));
    cJSON *node = share(arena, value);
    for (cJSON *member = object->node.child; member; member = member->next)
        if (str_equal(str_from(member->string), key)) {
            node->string = member->string;
            node->next = member->next;
            node->prev = member->prev;
            *member = *node;
            return;
        }
    node->string = text_copy(arena, key);
    append(&object->node, node);
}

void json_set_text(struct arena *arena, json *object, const char *key, str text)
{
    json_set(arena, object, str_from(key), json_new_text(arena, text));
}

void json_set_int(struct arena *arena, json *object, const char *key, int64_t number)
{
    json_set(arena, object, str_from(key), json_new_int(arena, number));
}

json *json_copy(struct arena *arena, const json *list_or_object)
{
    bool object = json_is(list_or_object, JSON_OBJECT);
    json *copy = object ? json_new_object(arena) : json_new_list(arena);
    for (const json *item = json_first(list_or_object); item; item = json_next(item)) {
        cJSON *node = share(arena, item);
        node->string = object ? item->node.string : NULL;
        append(&copy->node, node);
    }
    return copy;
}

const json *json_deep_copy(struct arena *arena, const json *value)
{
    cJSON *node = share(arena, value);
    if (node->valuestring)
        node->valuestring = text_copy(arena, str_from(node->valuestring));
    node->child = NULL;
    for (const json *item = json_first(value); item; item = json_next(item)) {
        cJSON *child = (cJSON *)(uintptr_t)json_deep_copy(arena, item);
        child->string =
            item->node.string ? text_copy(arena, str_from(item->node.string)) : NULL;
        append(node, child);
    }
    return (const json *)node;
}

/* ---- comparing ---- */

static int by_key(const void *a, const void *b)
{
    return str_compare(json_key(*(const json *const *)a), json_key(*(const json *const *)b));
}

/* The members sorted by name; the caller frees. */
static const json **sorted_members(const json *object, size_t count)
{
    const json **member = xmalloc(count * sizeof(const json *));
    size_t i = 0;
    for (const json *m = json_first(object); m; m = json_next(m))
        member[i++] = m;
    qsort(member, count, sizeof(const json *), by_key);
    return member;
}

static bool equal_sorted(const json *a, const json *b, size_t count)
{
    const json **x = sorted_members(a, count), **y = sorted_members(b, count);
    bool equal = true;
    for (size_t i = 0; i < count && equal; i++)
        equal = str_equal(json_key(x[i]), json_key(y[i])) && json_equal(x[i], y[i]);
    xfree((void *)x);
    xfree((void *)y);
    return equal;
}

static bool equal_objects(const json *a, const json *b)
{
    size_t count = json_count(a);
    if (count != json_count(b))
        return false;
    if (count > PAIRWISE_MEMBERS)
        return equal_sorted(a, b, count);
    for (const json *x = json_first(a); x; x = json_next(x)) {
        const json *y = json_get(b, json_key(x));
        if (!y || !json_equal(x, y))
            return false;
    }
    return true;
}

bool json_equal(const json *a, const json *b)
{
    enum json_kind kind = json_kind(a);
    if (kind != json_kind(b))
        return false;
    switch (kind) {
    case JSON_NULL:
        return true;
    case JSON_BOOL:
        return json_bool(a) == json_bool(b);
    case JSON_NUMBER:
        return json_number(a) == json_number(b);
    case JSON_TEXT:
        return str_equal(json_text(a), json_text(b));
    case JSON_LIST: {
        const json *x = json_first(a), *y = json_first(b);
        for (; x && y; x = json_next(x), y = json_next(y))
            if (!json_equal(x, y))
                return false;
        return !x && !y;
    }
    case JSON_OBJECT:
        return equal_objects(a, b);
    }
    return false;
}

/* ---- writing ---- */

void json_write_number(struct buf *out, double number)
{
    if (!isfinite(number)) {
        buf_add_str(out, STR("null"));
        return;
    }
    if (number == floor(number) && fabs(number) < 1e15) {
        buf_printf(out, "%.0f", number == 0 ? 0.0 : number);
        return;
    }
    /* 15 digits are never too many for a number that has that few, since %g drops zeros; only
     * below the smallest normal number do fewer say the same. */
    char text[40];
    for (int digits = fabs(number) < DBL_MIN ? 1 : 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, number);
        double back = 0;
        if (str_to_double(str_from(text), &back) && back == number)
            break;
    }
    buf_add_str(out, str_from(text));
}

static void write_escape(struct buf *out, unsigned char c)
{
    static const char shorts[] = "\"\"\\\\\bb\ff\nn\rr\tt";
    for (size_t i = 0; i + 1 < sizeof shorts; i += 2)
        if (shorts[i] == (char)c) {
            buf_add_char(out, '\\');
            buf_add_char(out, shorts[i + 1]);
            return;
        }
    buf_printf(out, "\\u%04x", c);
}

void json_write_text(struct buf *out, str text)
{
    buf_add_char(out, '"');
    size_t plain = 0;
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        if (c >= 0x20 && c != '"' && c != '\\' && c != 0x7f)
            continue;
        buf_add(out, text.p + plain, i - plain);
        write_escape(out, c);
        plain = i + 1;
    }
    buf_add(out, text.p + plain, text.n - plain);
    buf_add_char(out, '"');
}

struct layout {
    str comma, colon;
    unsigned indent; /* 0: one line */
};

static void new_line(struct buf *out, const struct layout *layout, unsigned depth)
{
    if (layout->indent)
        buf_printf(out, "\n%*s", (int)(layout->indent * depth), "");
}

static void write_value(struct buf *out, const json *value, const struct layout *layout,
                        unsigned depth);

static void write_children(struct buf *out, const json *value, const struct layout *layout,
                           unsigned depth)
{
    bool object = json_is(value, JSON_OBJECT);
    buf_add_char(out, object ? '{' : '[');
    for (const json *item = json_first(value); item; item = json_next(item)) {
        new_line(out, layout, depth + 1);
        if (object) {
            json_write_text(out, json_key(item));
            buf_add_str(out, layout->colon);
        }
        write_value(out, item, layout, depth + 1);
        if (json_next(item))
            buf_add_str(out, layout->comma);
        else
            new_line(out, layout, depth);
    }
    buf_add_char(out, object ? '}' : ']');
}

static void write_value(struct buf *out, const json *value, const struct layout *layout,
                        unsigned depth)
{
    switch (json_kind(value)) {
    case JSON_NULL:
        buf_add_str(out, STR("null"));
        break;
    case JSON_BOOL:
        buf_add_str(out, json_bool(value) ? STR("true") : STR("false"));
        break;
    case JSON_NUMBER:
        json_write_number(out, json_number(value));
        break;
    case JSON_TEXT:
        json_write_text(out, json_text(value));
        break;
    case JSON_LIST:
    case JSON_OBJECT:
        write_children(out, value, layout, depth);
        break;
    }
}

void json_write(struct buf *out, const json *value, enum json_style style)
{
    bool spaced = style == JSON_SPACED;
    struct layout layout = {spaced ? STR(", ") : STR(","), spaced ? STR(": ") : STR(":"), 0};
    write_value(out, value, &layout, 0);
}

void json_write_indented(struct buf *out, const json *value, unsigned indent)
{
    struct layout layout = {STR(","), STR(": "), indent};
    write_value(out, value, &layout, 0);
}

static void write_sorted_object(struct buf *out, const json *object)
{
    size_t count = json_count(object);
    const json **member = sorted_members(object, count);
    buf_add_char(out, '{');
    for (size_t i = 0; i < count; i++) {
        if (i)
            buf_add_char(out, ',');
        json_write_text(out, json_key(member[i]));
        buf_add_char(out, ':');
        json_write_canonical(out, member[i]);
    }
    buf_add_char(out, '}');
    xfree((void *)member);
}

void json_write_canonical(struct buf *out, const json *value)
{
    if (json_is(value, JSON_OBJECT)) {
        write_sorted_object(out, value);
    } else if (json_is(value, JSON_LIST)) {
        buf_add_char(out, '[');
        for (const json *item = json_first(value); item; item = json_next(item)) {
            json_write_canonical(out, item);
            if (json_next(item))
                buf_add_char(out, ',');
        }
        buf_add_char(out, ']');
    } else {
        json_write(out, value, JSON_COMPACT);
    }
}

str json_to_str(struct arena *arena, const json *value, enum json_style style)
{
    struct buf out = {0};
    json_write(&out, value, style);
    str text = arena_str(arena, buf_str(&out));
    buf_release(&out);
    return text;
}

str json_render(struct arena *arena, const json *value)
{
    return json_is(value, JSON_TEXT) ? json_text(value)
                                     : json_to_str(arena, value, JSON_SPACED);
}

const char *json_kind_name(enum json_kind kind)
{
    static const char *const names[] = {"null",   "a bool", "a number",
                                        "a text", "a list", "an object"};
    return names[kind];
}
