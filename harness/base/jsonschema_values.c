/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * jsonschema_values.c: what a schema asks of single values: type, multipleOf, uniqueItems.
 */
#include "base/jsonschema_tree.h"

#include "base/hash.h"
#include "base/mem.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

__extension__ typedef unsigned __int128 wide;

unsigned schema_types_of(const json *value)
{
    switch (json_kind(value)) {
    case JSON_NULL:
        return TYPE_NULL;
    case JSON_BOOL:
        return TYPE_BOOLEAN;
    case JSON_TEXT:
        return TYPE_STRING;
    case JSON_LIST:
        return TYPE_ARRAY;
    case JSON_OBJECT:
        return TYPE_OBJECT;
    case JSON_NUMBER:
        break;
    }
    double number = json_number(value);
    return number == floor(number) ? TYPE_NUMBER | TYPE_INTEGER : TYPE_NUMBER;
}

const char *schema_type_words(enum schema_type type)
{
    switch (type) {
    case TYPE_ARRAY:
        return "a list";
    case TYPE_BOOLEAN:
        return "true or false";
    case TYPE_INTEGER:
        return "a whole number";
    case TYPE_NULL:
        return "null";
    case TYPE_NUMBER:
        return "a number";
    case TYPE_OBJECT:
        return "an object";
    case TYPE_STRING:
        return "a text";
    case TYPE_COUNT:
        break;
    }
    return "nothing";
}

/* ---- multipleOf ---- */

/* A number as people write it: digits times a power of ten, shortest form, no sign. */
struct decimal {
    uint64_t digits; /* at most 17 of them */
    int power;
};

static struct decimal decimal_of(double number)
{
    char text[40];
    for (int precision = 14; precision <= 16; precision++) {
        snprintf(text, sizeof text, "%.*e", precision, fabs(number));
        if (strtod(text, NULL) == fabs(number))
            break;
    }
    struct decimal decimal = {0};
    const char *c = text;
    for (bool fraction = false; *c && *c != 'e'; c++) {
        if (*c == '.') {
            fraction = true;
            continue;
        }
        decimal.digits = decimal.digits * 10 + (uint64_t)(*c - '0');
        decimal.power -= fraction;
    }
    decimal.power += (int)strtol(c + 1, NULL, 10);
    while (decimal.digits && decimal.digits % 10 == 0) {
        decimal.digits /= 10;
        decimal.power++;
    }
    return decimal;
}

/* 10^power modulo `of`; of < 2^64, so products fit in 128 bits. */
static uint64_t ten_to(unsigned power, uint64_t of)
{
    wide result = 1 % of, base = 10 % of;
    for (; power; power >>= 1) {
        if (power & 1)
            result = result * base % of;
        base = base * base % of;
    }
    return (uint64_t)result;
}

bool schema_is_multiple(double number, double of)
{
    static const double exact = 9007199254740992.0; /* 2^53 */
    if (number == floor(number) && of == floor(of) && fabs(number) < exact && of < exact)
        return fmod(number, of) == 0;
    struct decimal a = decimal_of(number), b = decimal_of(of);
    if (a.digits == 0)
        return true;
    if (a.power >= b.power) {
        uint64_t scale = ten_to((unsigned)(a.power - b.power), b.digits);
        return (wide)(a.digits % b.digits) * scale % b.digits == 0;
    }
    /* a's digits do not end in 0, so they are no multiple of a power of ten */
    return false;
}

/* ---- uniqueItems ---- */

static uint64_t hash_value(const json *value);

static uint64_t hash_number(double number)
{
    double plain = number == 0 ? 0.0 : number;
    return hash_sip(JSON_NUMBER, 0, &plain, sizeof plain);
}

/* Members in any order give the same sum. */
static uint64_t hash_object(const json *object)
{
    uint64_t sum = 0;
    for (const json *member = json_first(object); member; member = json_next(member)) {
        str key = json_key(member);
        sum += hash_sip(JSON_OBJECT, hash_value(member), key.p, key.n);
    }
    return sum;
}

static uint64_t hash_value(const json *value)
{
    uint64_t hash = (uint64_t)json_kind(value) + 1;
    switch (json_kind(value)) {
    case JSON_NULL:
        return hash;
    case JSON_BOOL:
        return hash << 8 | json_bool(value);
    case JSON_NUMBER:
        return hash_number(json_number(value));
    case JSON_TEXT:
        return hash_sip(JSON_TEXT, 0, json_text(value).p, json_text(value).n);
    case JSON_LIST:
        for (const json *item = json_first(value); item; item = json_next(item)) {
            uint64_t inner = hash_value(item);
            hash = hash_sip(JSON_LIST, hash, &inner, sizeof inner);
        }
        return hash;
    case JSON_OBJECT:
        return hash_object(value);
    }
    return hash;
}

struct hashed {
    uint64_t hash;
    const json *item;
    size_t index;
};

static int by_hash(const void *a, const void *b)
{
    const struct hashed *x = a, *y = b;
    if (x->hash != y->hash)
        return x->hash < y->hash ? -1 : 1;
    return (x->index > y->index) - (x->index < y->index);
}

/* Short lists pair by pair, without memory; these are nearly all that models write. */
enum { PAIRWISE_ITEMS = 12 };

static bool different_pairwise(const json *list, size_t *first, size_t *second)
{
    *first = 0;
    for (const json *a = json_first(list); a; a = json_next(a), (*first)++) {
        *second = *first + 1;
        for (const json *b = json_next(a); b; b = json_next(b), (*second)++)
            if (json_equal(a, b))
                return false;
    }
    return true;
}

bool schema_all_different(const json *list, size_t *first, size_t *second)
{
    size_t count = json_count(list), i = 0;
    if (count <= PAIRWISE_ITEMS)
        return different_pairwise(list, first, second);
    struct hashed *hashed = xmalloc(count * sizeof *hashed);
    for (const json *item = json_first(list); item; item = json_next(item), i++)
        hashed[i] = (struct hashed){hash_value(item), item, i};
    qsort(hashed, count, sizeof *hashed, by_hash);
    bool different = true;
    for (i = 0; i < count && different; i++)
        for (size_t k = i + 1; k < count && hashed[k].hash == hashed[i].hash; k++)
            if (json_equal(hashed[i].item, hashed[k].item)) {
                *first = hashed[i].index;
                *second = hashed[k].index;
                different = false;
                break;
            }
    xfree(hashed);
    return different;
}
