/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * embedding.c: vectors of hashed words (see embedding.h).
 *
 * Every word stands for a vector of signs drawn from its hash, and a text for their sum: vectors
 * of different words are orthogonal but for noise (Johnson and Lindenstrauss), so what two texts
 * share is what they have in common. Nothing is known of meaning: "car" is as far from
 * "automobile" as from "tree".
 */
#include "mock_server/embedding.h"

#include "base/hash.h"
#include "base/text.h"

#include <math.h>

/* Fixed forever: vectors may be stored by those who test with them. */
#define HASH_K0 UINT64_C(0x656d626564646f77)
#define HASH_K1 UINT64_C(0x6f7264766563746f)

/* The whole text counts a quarter of a word: other order or punctuation is another text. As words
 * weigh 4 and the text 1, no coordinate is ever 0, and no text without a direction. */
enum { WORD_WEIGHT = 4, TEXT_WEIGHT = 1 };

/* clang-format off */
#define SIGN(byte, bit) ((byte) >> (bit) & 1 ? 1.0F : -1.0F)
#define ROW(byte) {SIGN(byte, 0), SIGN(byte, 1), SIGN(byte, 2), SIGN(byte, 3), \
                   SIGN(byte, 4), SIGN(byte, 5), SIGN(byte, 6), SIGN(byte, 7)}
#define ROWS_4(byte) ROW(byte), ROW((byte) + 1), ROW((byte) + 2), ROW((byte) + 3)
#define ROWS_16(byte) ROWS_4(byte), ROWS_4((byte) + 4), ROWS_4((byte) + 8), ROWS_4((byte) + 12)
#define ROWS_64(byte) ROWS_16(byte), ROWS_16((byte) + 16), ROWS_16((byte) + 32), ROWS_16((byte) + 48)
/* The signs of a byte's bits: a row is added at once where the processor has vectors. */
static const float signs[256][8] = {ROWS_64(0), ROWS_64(64), ROWS_64(128), ROWS_64(192)};
/* clang-format on */

/* SplitMix64 (Steele, Lea and Flood, 2014). */
static uint64_t next_bits(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static void add_signs(str text, uint64_t kind, float weight, size_t dimensions, float *vector)
{
    uint64_t state = hash_sip(HASH_K0 ^ kind, HASH_K1, text.p, text.n), bits = 0;
    size_t i = 0;
    for (size_t byte = 0; i + 8 <= dimensions; i += 8, byte++) {
        bits = byte % 8 ? bits >> 8 : next_bits(&state);
        const float *row = signs[bits & 0xff];
        for (size_t k = 0; k < 8; k++)
            vector[i + k] += weight * row[k];
    }
    if (i == dimensions)
        return;
    bits = i % 64 ? bits >> 8 : next_bits(&state);
    for (size_t k = 0; i < dimensions; i++, k++)
        vector[i] += weight * signs[bits & 0xff][k];
}

/* Scripts that are written without blanks have a word for each sign. */
static bool stands_alone(uint32_t code)
{
    return (code >= 0x2e80 && code < 0x1f000) || code >= 0x20000;
}

static bool is_letter(uint32_t code)
{
    return code >= 0x80 || char_is_alnum((char)code);
}

/* The next word, cut off *rest; empty at the end. */
static str take_word(str *rest)
{
    size_t at = 0, length = 0, from = 0;
    bool inside = false;
    for (; at < rest->n; at += length) {
        uint32_t code = utf8_decode(*rest, at, &length);
        bool alone = stands_alone(code);
        if (inside && (alone || !is_letter(code)))
            break;
        if (!inside && is_letter(code)) {
            inside = true;
            from = at;
            if (alone) {
                at += length;
                break;
            }
        }
    }
    str word = inside ? str_sub(*rest, from, at) : STR("");
    *rest = str_sub(*rest, at, rest->n);
    return word;
}

static void add_words(str text, size_t dimensions, float *vector)
{
    char small[64]; /* longer words are told apart by their beginning */
    for (str word = take_word(&text); word.n; word = take_word(&text)) {
        size_t n = word.n < sizeof small ? word.n : sizeof small;
        for (size_t i = 0; i < n; i++)
            small[i] = char_lower(word.p[i]);
        add_signs((str){small, n}, 0, WORD_WEIGHT, dimensions, vector);
    }
}

void embedding_make(str text, size_t dimensions, float *vector)
{
    double squares = 0;
    for (size_t i = 0; i < dimensions; i++)
        vector[i] = 0;
    add_words(text, dimensions, vector);
    add_signs(text, 1, TEXT_WEIGHT, dimensions, vector);
    for (size_t i = 0; i < dimensions; i++)
        squares += (double)vector[i] * (double)vector[i];
    double scale = 1 / sqrt(squares);
    for (size_t i = 0; i < dimensions; i++)
        vector[i] = (float)((double)vector[i] * scale);
}

/* ---- writing ---- */

/* Twelve decimals: enough to read a float back exactly, and far quicker than printf. */
static void write_decimal(struct buf *out, float number)
{
    enum { DECIMALS = 12 };
    const int64_t one = INT64_C(1000000000000);
    char text[DECIMALS + 3];
    int64_t rest = (int64_t)llround(fabs((double)number) * (double)one);
    text[0] = (char)('0' + rest / one);
    text[1] = '.';
    for (size_t i = DECIMALS + 1; i > 1; i--, rest /= 10)
        text[i] = (char)('0' + rest % 10);
    if (number < 0)
        buf_add_char(out, '-');
    buf_add(out, text, DECIMALS + 2);
}

void embedding_write(struct buf *out, const float *vector, size_t dimensions)
{
    buf_add_char(out, '[');
    for (size_t i = 0; i < dimensions; i++) {
        if (i)
            buf_add_char(out, ',');
        write_decimal(out, vector[i]);
    }
    buf_add_char(out, ']');
}
