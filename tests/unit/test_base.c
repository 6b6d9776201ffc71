/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_base.c: the small ones: arena, buf, str, hash, rng, clock, log, mistakes, err.
 */
#include "base/arena.h"
#include "base/buf.h"
#include "base/ceilings.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/mistakes.h"
#include "base/rng.h"
#include "base/str.h"
#include "base/text.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "test_arena.h"
#include "test_texts.h"

/* ---- arena ---- */

/* Protects: memory of any size is zeroed, aligned and its own. */
static void arena_memory(void **state)
{
    (void)state;
    unsigned char *last = NULL;
    for (size_t size = 0; size < 3000; size += 7) {
        unsigned char *memory = arena_alloc(&arena, size);
        assert_non_null(memory);
        assert_int_equal((uintptr_t)memory % _Alignof(max_align_t), 0);
        for (size_t i = 0; i < size; i++)
            assert_int_equal(memory[i], 0);
        memset(memory, 0xff, size);
        if (last && size > 7)
            assert_int_equal(last[size - 8], 0xff);
        last = memory;
    }
    assert_non_null(arena_alloc(&arena, 10 * 1024 * 1024));
    assert_true(arena.total >= 10 * 1024 * 1024);
    arena_clear(&arena);
    assert_true(arena.total <= 4096);
    const char *again = arena_alloc(&arena, 4000);
    for (size_t i = 0; i < 4000; i++)
        assert_int_equal(again[i], 0);
    arena_release(&arena);
    assert_int_equal(arena.total, 0);
    assert_null(arena.block);
}

/* Protects: an arena with a large first block keeps that one, and what fits into it makes no other;
 * beyond it the arena grows and gives the rest back. */
static void arena_keeps_its_first_block(void **state)
{
    (void)state;
    arena.first = 8192;
    const char *place = arena_alloc(&arena, 100);
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 60; i++)
            arena_alloc(&arena, 100);
        assert_int_equal(arena.total, 8192);
        arena_alloc(&arena, 10000);
        assert_true(arena.total >= 18192);
        arena_clear(&arena);
        assert_int_equal(arena.total, 8192);
        assert_ptr_equal(arena_alloc(&arena, 100), place);
    }
    arena_release(&arena);
    assert_int_equal(arena.total, 0);
    arena.first = 0;
}

static char end_order[8];

static void note_end(void *object)
{
    strncat(end_order, object, 1);
}

/* Protects: what is attached ends once, newest first, with clear and with release. */
static void arena_ends(void **state)
{
    (void)state;
    char a[] = "a", b[] = "b", c[] = "c";
    end_order[0] = '\0';
    arena_on_end(&arena, note_end, a);
    arena_on_end(&arena, note_end, b);
    arena_clear(&arena);
    assert_string_equal(end_order, "ba");
    arena_on_end(&arena, note_end, c);
    arena_release(&arena);
    arena_release(&arena);
    assert_string_equal(end_order, "bac");
}

/* Protects: texts made by an arena end in NUL and are copies; growing keeps what was there. */
static void arena_texts(void **state)
{
    (void)state;
    char from[] = "abc";
    str copy = arena_str(&arena, (str){from, 2});
    from[0] = 'x';
    assert_string_equal(copy.p, "ab");
    assert_string_equal(arena_str(&arena, (str){NULL, 0}).p, "");
    assert_string_equal(arena_join(&arena, STR("ab"), (str){from, 2}).p,
                        arena_printf(&arena, "ab%.2s", from).p);
    assert_int_equal(arena_join(&arena, STR(""), (str){NULL, 0}).n, 0);
    str text = arena_printf(&arena, "%s-%d-%0500d", "x", 5, 7);
    assert_int_equal(text.n, 504);
    assert_int_equal(strlen(text.p), 504);
    int *numbers = arena_array(&arena, int, 2);
    numbers[0] = 1, numbers[1] = 2;
    int *grown = arena_grow(&arena, numbers, 2, 4, sizeof *numbers);
    assert_true(grown[0] == 1 && grown[1] == 2 && grown[2] == 0 && grown[3] == 0);
}

/* ---- buf ---- */

/* Protects: a buffer never passes its limit, says so, and stays usable. */
static void buf_limit(void **state)
{
    (void)state;
    struct buf buf = BUF(5);
    assert_text(buf_str(&buf), "");
    assert_true(buf_add_str(&buf, STR("abc")));
    assert_true(buf_printf(&buf, "%d", 45));
    assert_false(buf.full);
    assert_false(buf_add_char(&buf, 'x'));
    assert_true(buf.full);
    assert_text(buf_str(&buf), "abc45");
    assert_int_equal(buf.p[5], '\0');
    buf_clear(&buf);
    assert_false(buf.full);
    assert_false(buf_printf(&buf, "%s", "longer"));
    assert_text(buf_str(&buf), "");
    assert_true(buf_add(&buf, "a\0b", 3));
    assert_int_equal(buf.n, 3);
    buf_release(&buf);
    assert_int_equal(buf.limit, 5);
    assert_null(buf.p);
}

/* Protects: growing keeps the bytes; a buffer tied to an arena goes with it. */
static void buf_growth(void **state)
{
    (void)state;
    struct buf *buf = arena_new(&arena, struct buf);
    buf_in_arena(buf, &arena);
    for (int i = 0; i < 10000; i++)
        buf_printf(buf, "%d,", i);
    assert_int_equal(buf->n, 48890);
    assert_true(str_starts_with(buf_str(buf), STR("0,1,2,")));
    assert_true(str_ends_with(buf_str(buf), STR(",9998,9999,")));
}

/* ---- str ---- */

/* Protects: slices are cut, compared and searched by length, never by NUL. */
static void slices(void **state)
{
    (void)state;
    str key, rest;
    assert_true(str_cut(STR("a=b=c"), '=', &key, &rest));
    assert_text(key, "a");
    assert_text(rest, "b=c");
    assert_false(str_cut(STR("abc"), '=', &key, &rest));
    assert_text(key, "abc");
    assert_text(rest, "");
    assert_false(str_cut((str){NULL, 0}, '=', &key, &rest));
    assert_true(str_equal(STR("a\0b"), STR("a\0b")) && !str_equal(STR("a\0b"), STR("a\0c")));
    assert_true(str_equal((str){NULL, 0}, STR("")));
    assert_true(str_equal_nocase(STR("AbC"), STR("aBc")) &&
                !str_equal_nocase(STR("\xc3\x84"), STR("\xc3\xa4")));
    assert_true(str_compare(STR("a"), STR("ab")) < 0 && str_compare(STR("b"), STR("ab")) > 0 &&
                str_compare(STR("x"), STR("x")) == 0 && str_compare(STR("\xff"), STR("a")) > 0);
    assert_int_equal(str_find(STR("abcabc"), STR("bc"), 2), 4);
    assert_int_equal(str_find(STR("abc"), STR("d"), 0), -1);
    assert_int_equal(str_find(STR("abc"), STR(""), 3), 3);
    assert_int_equal(str_find(STR("abc"), STR("c"), 4), -1);
    assert_true(str_contains(STR("a\0b"), STR("\0b")));
    assert_text(str_sub(STR("abc"), 1, 9), "bc");
    assert_text(str_sub(STR("abc"), 5, 9), "");
    assert_text(str_sub(STR("abc"), 2, 1), "");
    assert_text(str_trim(STR(" \t\r\n\v\f a b \n")), "a b");
    assert_text(str_trim(STR(" \n ")), "");
    assert_true(str_starts_with(STR("abc"), STR("ab")) &&
                !str_starts_with(STR("a"), STR("ab")));
    assert_true(str_ends_with(STR("abc"), STR("bc")) && !str_ends_with(STR("c"), STR("bc")));
}

/* Protects: only a whole text that is one number in range is a number. */
static void numbers_in_texts(void **state)
{
    (void)state;
    int64_t whole = 0;
    assert_true(str_to_int(STR("-42"), &whole) && whole == -42);
    assert_true(str_to_int(STR("9223372036854775807"), &whole) && whole == INT64_MAX);
    static const str none[] = {
        STR_INIT(""),    STR_INIT(" 1"),  STR_INIT("1 "),
        STR_INIT("1\0"), STR_INIT("0x1"), STR_INIT("1.0"),
        STR_INIT("one"), STR_INIT("-"),   STR_INIT("9223372036854775808")};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        if (str_to_int(none[i], &whole))
            fail_msg("'%.*s' is taken for a whole number", STR_ARG(none[i]));
    double number = 0;
    assert_true(str_to_double(STR("-1.5e3"), &number) && number == -1500);
    assert_true(str_to_double(STR(".5"), &number) && number == 0.5);
    static const str neither[] = {STR_INIT(""),      STR_INIT("nan"),   STR_INIT("inf"),
                                  STR_INIT("1e999"), STR_INIT("0x1p3"), STR_INIT("1,5"),
                                  STR_INIT("1 "),    STR_INIT("1e"),    STR_INIT("1\0")};
    for (size_t i = 0; i < sizeof neither / sizeof *neither; i++)
        if (str_to_double(neither[i], &number))
            fail_msg("'%.*s' is taken for a number", STR_ARG(neither[i]));
}

/* ---- hash ---- */

/* Protects: SipHash-2-4 as its authors define it (reference vectors, key 00..0f, message
 * 00, 01, …; the last is the example of the paper's appendix A). */
static void siphash_vectors(void **state)
{
    (void)state;
    static const uint64_t vectors[] = {
        UINT64_C(0x726fdb47dd0e0e31), UINT64_C(0x74f839c593dc67fd),
        UINT64_C(0x0d6c8009d9a94f5a), UINT64_C(0x85676696d7fb7e2d),
        UINT64_C(0xcf2794e0277187b7), UINT64_C(0x18765564cd99a68d),
        UINT64_C(0xcbc9466e58fee3ce), UINT64_C(0xab0200f58b01d137),
        UINT64_C(0x93f5f5799a932462),
    };
    unsigned char message[15];
    for (size_t i = 0; i < sizeof message; i++)
        message[i] = (unsigned char)i;
    uint64_t k0 = UINT64_C(0x0706050403020100), k1 = UINT64_C(0x0f0e0d0c0b0a0908);
    for (size_t n = 0; n < sizeof vectors / sizeof *vectors; n++)
        assert_true(hash_sip(k0, k1, message, n) == vectors[n]);
    assert_true(hash_sip(k0, k1, message, 15) == UINT64_C(0xa129ca6149be45e5));
}

/* Protects: a table that is asked by the quick hash alone finds texts that differ anywhere. */
static void quick_hash_sees_every_byte(void **state)
{
    (void)state;
    char text[100];
    for (size_t n = 1; n <= sizeof text; n++) {
        memset(text, 'x', sizeof text);
        uint64_t hash = hash_quick((str){text, n});
        assert_true(hash == hash_quick((str){text, n}));
        assert_true(hash != hash_quick((str){text, n - 1}));
        for (size_t i = 0; i < n; i++) {
            text[i] = 'y';
            assert_true(hash != hash_quick((str){text, n}));
            text[i] = 'x';
        }
    }
}

/* Protects: names of contents, which are written to files, never change and tell parts apart. */
static void content_hashes(void **state)
{
    (void)state;
    char text[33];
    struct hash128 hash = {0};
    hash_hex(hash, text);
    assert_string_equal(text, "00000000000000000000000000000000");
    hash = hash_add(hash_add(hash, STR("ab")), STR("c"));
    hash_hex(hash, text);
    assert_string_equal(text, "a9850c8097bb4e1bbe7d11b70bc3c1b5");
    struct hash128 other = hash_add(hash_add((struct hash128){0}, STR("a")), STR("bc"));
    assert_false(hash_equal(hash, other));
    assert_false(hash_equal(hash_add((struct hash128){0}, STR("")), (struct hash128){0}));
    hash_hex(hash_add_int((struct hash128){0}, 7), text);
    assert_string_equal(text, "cd838a61e36647c1b6ea513a7ef62bf0");
}

/* ---- rng ---- */

/* Protects: draws are the same for ever, and differ by key, purpose and counter. */
static void rng_is_stable(void **state)
{
    (void)state;
    struct rng_key key = rng_mix_str(rng_key(42), STR("sample-1"));
    assert_true(rng_bits(key, "backoff", 0) == UINT64_C(0xba1a24afe452c6a6));
    assert_true(rng_bits(key, "backoff", 1) == UINT64_C(0xfa6fd9c4f5394dea));
    assert_true(rng_bits(rng_mix_int(key, 3), "order", 0) == UINT64_C(0x7c1259d7ce5167ae));
    assert_true(rng_bits(key, "backoff", 0) == rng_bits(key, "backoff", 0));
    assert_true(rng_bits(key, "backoff", 0) != rng_bits(key, "order", 0));
    assert_true(rng_bits(rng_key(1), "x", 0) != rng_bits(rng_key(2), "x", 0));
    uint32_t order[8];
    rng_shuffle(key, "order", order, 8);
    static const uint32_t expected[8] = {1, 5, 2, 7, 0, 6, 4, 3};
    assert_memory_equal(order, expected, sizeof order);
}

/* Chi-squared of `draws` counts against equal shares. */
static double chi_squared(const unsigned *count, unsigned bins, unsigned draws)
{
    double expected = (double)draws / bins, sum = 0;
    for (unsigned i = 0; i < bins; i++)
        sum += (count[i] - expected) * (count[i] - expected) / expected;
    return sum;
}

/* Protects: uniform draws are uniform (fixed seed; 63 degrees of freedom exceed 103.4 once in a
 * thousand seeds), and rng_below has no bias and stays in range. */
static void rng_is_uniform(void **state)
{
    (void)state;
    enum { BINS = 64, DRAWS = 64000 };
    struct rng_key key = rng_key(7);
    unsigned uniform[BINS] = {0}, below[BINS] = {0}, third[3] = {0};
    double sum = 0;
    for (unsigned i = 0; i < DRAWS; i++) {
        double u = rng_uniform(key, "u", i);
        assert_true(u >= 0 && u < 1);
        uniform[(unsigned)(u * BINS)]++;
        below[rng_below(key, "b", i, BINS)]++;
        /* two thirds of 2^64: plain remainders would be in the lower half twice as often */
        uint64_t wide = rng_below(key, "w", i, UINT64_C(12297829382473034411));
        third[wide / UINT64_C(4099276460824344804)]++;
        sum += u;
    }
    assert_true(chi_squared(uniform, BINS, DRAWS) < 103.4);
    assert_true(chi_squared(below, BINS, DRAWS) < 103.4);
    assert_true(chi_squared(third, 3, DRAWS) < 13.8);
    assert_true(fabs(sum / DRAWS - 0.5) < 0.005);
    assert_int_equal(rng_below(key, "one", 0, 1), 0);
}

/* Protects: a shuffle is a permutation, each order about as often as any other. */
static void shuffles(void **state)
{
    (void)state;
    uint32_t order[1000];
    bool seen[1000] = {false};
    rng_shuffle(rng_key(1), "s", order, 1000);
    for (size_t i = 0; i < 1000; i++) {
        assert_true(order[i] < 1000 && !seen[order[i]]);
        seen[order[i]] = true;
    }
    rng_shuffle(rng_key(1), "s", order, 1);
    assert_int_equal(order[0], 0);
    rng_shuffle(rng_key(1), "s", order, 0);
    unsigned count[6] = {0};
    for (unsigned i = 0; i < 6000; i++) {
        rng_shuffle(rng_key(i), "s", order, 3);
        count[order[0] * 2 + (order[1] > order[2])]++;
    }
    assert_true(chi_squared(count, 6, 6000) < 20.5); /* 5 degrees, once in a thousand */
}

/* Protects: normal draws have mean 0, deviation 1, and quantiles of the known values. */
static void normal_draws(void **state)
{
    (void)state;
    static const struct {
        double p, x;
    } rows[] = {
        {0.5, 0},
        {0.975, 1.959963984540054},
        {0.025, -1.959963984540054},
        {0.8413447460685429, 1},
        {0.001, -3.090232306167813},
        {1e-10, -6.361340902404056},
        {0.999999, 4.753424308822899},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (fabs(rng_normal_quantile(rows[i].p) - rows[i].x) > 1e-9)
            fail_msg("%g: %.15g", rows[i].p, rng_normal_quantile(rows[i].p));
}

/* ---- clock ---- */

/* Protects: times as they are written, and arithmetic of durations. */
static void clocks(void **state)
{
    (void)state;
    char text[24];
    clock_iso(0, text, sizeof text);
    assert_string_equal(text, "1970-01-01T00:00:00Z");
    clock_iso(INT64_C(1795250711) * NS_PER_S + 999999999, text, sizeof text);
    assert_string_equal(text, "2026-11-21T08:45:11Z");
    clock_compact(INT64_C(1795250711) * NS_PER_S, text, sizeof text);
    assert_string_equal(text, "20261121T084511Z");
    clock_iso(INT64_C(951782400) * NS_PER_S, text, sizeof text);
    assert_string_equal(text, "2000-02-29T00:00:00Z");
    struct moment first = clock_now(), second = clock_now();
    assert_true(moment_since(second, first) >= 0);
    assert_true(moment_reached(second, first));
    struct moment due = moment_add(first, 3600 * NS_PER_S);
    assert_int_equal(moment_since(due, first), 3600 * NS_PER_S);
    assert_false(moment_reached(second, due));
    assert_true(clock_wall_ns() > INT64_C(1700000000) * NS_PER_S);
}

/* ---- log and secrets ---- */

/* Protects: no secret leaves, also when one is part of another or of a longer word. */
static void secrets(void **state)
{
    (void)state;
    str text = STR("key sk-12345678, again sk-12345678! and sk-1234 alone");
    assert_ptr_equal(secret_redact(&arena, text).p, text.p);
    secret_add(STR("sk-1234"));
    secret_add(STR("sk-12345678"));
    secret_add(STR("sk-12345678"));
    secret_add(STR("short"));
    assert_text(secret_redact(&arena, text),
                "key [secret], again [secret]! and [secret] alone");
    assert_text(secret_redact(&arena, STR("a short word")), "a short word");
    assert_true(secret_occurs(text) && secret_occurs(STR("xsk-1234x")));
    assert_false(secret_occurs(STR("sk-123")));
    for (int i = 0; i < 200; i++) /* of a service that runs for many */
        secret_add(arena_printf(&arena, "customer-%03d", i));
    assert_text(secret_redact(&arena, STR("for customer-199.")), "for [secret].");
    secret_clear();
    assert_false(secret_occurs(text));
}

/* Protects: the first secret is found wherever it stands, the longest of those that begin there, also where
 * one reaches over the end of what was looked at first. */
static void secrets_are_found(void **state)
{
    (void)state;
    struct buf text = {0};
    str longest = arena_printf(&arena, "<%01500d>", 7);
    size_t length;
    secret_add(STR("sk-abcdef"));
    secret_add(STR("sk-abcdefgh"));
    secret_add(STR("000000"));
    secret_add(longest);
    for (size_t before = 0; before < 6000; before += before < 900 || before > 3200 ? 700 : 1) {
        buf_clear(&text);
        for (size_t i = 0; i < before; i++)
            buf_add_char(&text, '.');
        buf_add_str(&text, before % 2 ? longest : STR("sk-abcdefgh"));
        buf_add_str(&text, STR(" sk-abcdef"));
        assert_int_equal(secret_find(buf_str(&text), 0, &length), before);
        assert_int_equal(length, before % 2 ? longest.n : 11);
        assert_int_equal(secret_find(buf_str(&text), before + length, &length), text.n - 9);
        assert_int_equal(secret_find(buf_str(&text), text.n - 8, &length), -1);
    }
    assert_int_equal(secret_find(buf_str(&text), text.n, &length), -1);
    secret_clear();
    assert_int_equal(secret_find(buf_str(&text), 0, &length), -1);
    buf_release(&text);
}

/* Protects: headers and fields that hold keys are known by name; counts of tokens are kept. */
static void secret_names(void **state)
{
    (void)state;
    static const char *const secret[] = {
        "Authorization",  "X-API-Key",           "api_key",      "apiKey",
        "x-goog-api-key", "client_secret",       "access_token", "X-Auth-Token",
        "Set-Cookie",     "Proxy-Authorization", "password"};
    static const char *const open[] = {"content-type", "max_tokens",
                                       "x-ratelimit-remaining-tokens", "retry-after", "model"};
    for (size_t i = 0; i < sizeof secret / sizeof *secret; i++)
        if (!secret_name(str_from(secret[i])))
            fail_msg("%s", secret[i]);
    for (size_t i = 0; i < sizeof open / sizeof *open; i++)
        if (secret_name(str_from(open[i])))
            fail_msg("%s", open[i]);
}

/* What `write` prints on stderr. */
static str stderr_of(void (*write_it)(void))
{
    FILE *file = tmpfile();
    assert_non_null(file);
    fflush(stderr);
    int before = dup(STDERR_FILENO);
    dup2(fileno(file), STDERR_FILENO);
    write_it();
    fflush(stderr);
    dup2(before, STDERR_FILENO);
    close(before);
    char *text = arena_alloc(&arena, 4096);
    rewind(file);
    size_t n = fread(text, 1, 4095, file);
    fclose(file);
    return (str){text, n};
}

static void log_some(void)
{
    secret_add(STR("sk-secret-key"));
    log_line(LOG_WARNING, "reply \x1b[31m%s\nnext", "sk-secret-key");
    log_line(LOG_INFO, "not shown");
    log_set_level(LOG_INFO);
    log_line(LOG_INFO, "%d", 5);
    log_line(LOG_DEBUG, "not shown");
    log_set_level(LOG_ERROR);
    log_notice("%s ends\x1b", "sk-secret-key");
    log_set_level(LOG_WARNING);
    secret_clear();
}

/* Protects: a log line is one line, shows control characters and keeps secrets. */
static void log_lines(void **state)
{
    (void)state;
    assert_text(stderr_of(log_some),
                "weir: warning: reply \\e[31m[secret]\\nnext\nweir: info: 5\n"
                "\nweir: [secret] ends\\e\n");
}

/* ---- err and mem ---- */

/* Protects: errors carry kind and words, are cut when long, and have their exit codes. */
static void errors(void **state)
{
    (void)state;
    struct err err = {0};
    assert_int_equal(err_set(&err, ERR_INPUT, "%s: %d", "x", 5), -1);
    assert_int_equal(err.kind, ERR_INPUT);
    assert_string_equal(err.message, "x: 5");
    assert_int_equal(err_set(&err, ERR_FAILED, "%02000d", 1), -1);
    assert_int_equal(strlen(err.message), sizeof err.message - 1);
    assert_string_equal(err.message + 990, "000000…");
    for (int before = 0; before < 3; before++) {
        str long_text = arena_printf(&arena, "%.*s", before, "ab");
        for (int i = 0; i < 500; i++)
            long_text = arena_printf(&arena, "%.*sé", STR_ARG(long_text));
        err_set(&err, ERR_FAILED, "%.*s", STR_ARG(long_text));
        assert_int_equal(utf8_invalid_at(str_from(err.message)), -1);
        assert_true(str_ends_with(str_from(err.message), STR("é…")));
    }
    assert_int_equal(err_set(NULL, ERR_FAILED, "nobody asks"), -1);
    assert_int_equal(err_exit_code(ERR_NONE), 0);
    assert_int_equal(err_exit_code(ERR_FAILED), 1);
    assert_int_equal(err_exit_code(ERR_INPUT), 2);
    assert_int_equal(err_exit_code(ERR_DOWN), 3);
    assert_int_equal(err_exit_code(ERR_CANCELLED), 130);
}

static void run_bug(void)
{
    pid_t child = fork();
    if (child == 0) {
        struct rlimit none = {0, 0};
        setrlimit(RLIMIT_CORE, &none);
        BUG("count is %d", -1);
    }
    int status = 0;
    assert_true(waitpid(child, &status, 0) == child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

/* Protects: a broken invariant ends the program and says where. */
static void bugs(void **state)
{
    (void)state;
    str text = stderr_of(run_bug);
    assert_true(str_contains(text, STR("this is a bug in weir (")));
    assert_true(str_contains(text, STR("test_base.c:")));
    assert_true(str_contains(text, STR("): count is -1\n")));
}

/* Protects: no size gives NULL. */
static void heap(void **state)
{
    (void)state;
    void *none = xmalloc(0), *empty = xcalloc(0, 8);
    assert_non_null(none);
    assert_non_null(empty);
    none = xrealloc(none, 100);
    memset(none, 1, 100);
    char *copy = xstrdup("text");
    assert_string_equal(copy, "text");
    xfree(none);
    xfree(empty);
    xfree(copy);
    xfree(NULL);
}

/* ---- mistakes ---- */

static const struct source first_file = {STR_INIT("x.yaml"),
                                         STR_INIT("one: 1\n\xc3\xa4: [two]\nthree: 3\n")};
static const struct source second_file = {STR_INIT("p.md"), STR_INIT("text {{nam}}")};

/* Protects: a byte's line and column, columns being code points. */
static void places(void **state)
{
    (void)state;
    struct place place = place_at(&first_file, 12);
    assert_int_equal(place.line, 2);
    assert_int_equal(place.col, 5);
    assert_text(place_text(&arena, place), "x.yaml:2:5");
    place = place_at(&first_file, 0);
    assert_int_equal(place.line * 10 + place.col, 11);
    place = place_at(&first_file, 9999);
    assert_int_equal(place.line * 10 + place.col, 41);
    assert_text(place_text(&arena, (struct place){NULL, 0, 0}), "the command line");
}

/* Protects: all mistakes are told in the order of file and place, each once, with its line. */
static void mistakes_in_order(void **state)
{
    (void)state;
    struct mistakes mistakes;
    struct err err = {0};
    mistakes_init(&mistakes, &arena);
    assert_int_equal(mistakes_report(&mistakes, &err), 0);
    assert_int_equal(mistake_add(&mistakes, place_at(&first_file, 17), "third %d", 3), -1);
    mistake_add(&mistakes, place_at(&second_file, 7), "in a prompt");
    mistake_add(&mistakes, place_at(&first_file, 12), "second");
    mistake_add(&mistakes, place_at(&first_file, 12), "second");
    mistake_add(&mistakes, (struct place){NULL, 0, 0}, "no file, \x1b");
    assert_int_equal(mistakes.count, 4);
    assert_text(mistakes_text(&mistakes), "x.yaml:2:5: second\n"
                                          "  \xc3\xa4: [two]\n"
                                          "      ^\n"
                                          "x.yaml:3:1: third 3\n"
                                          "  three: 3\n"
                                          "  ^\n"
                                          "p.md:1:8: in a prompt\n"
                                          "  text {{nam}}\n"
                                          "         ^\n"
                                          "no file, \\e");
}

/* A source of one line (so that `col` is all of its place), shown. */
static str shown(const char *line, unsigned col)
{
    struct mistakes mistakes;
    struct source *source = arena_new(&arena, struct source);
    *source = (struct source){STR("x"), str_from(line)};
    mistakes_init(&mistakes, &arena);
    mistake_add(&mistakes, (struct place){source, 1, col}, "m");
    str text = mistakes_text(&mistakes), first;
    str_cut(text, '\n', &first, &text);
    return text;
}

#define REPEAT10(text) text text text text text text text text text text

/* Protects: the caret stands under the column of the place, whatever is before it: wide characters,
 * marks that take no column, tabs and other controls as escapes, what was cut off; and no line end of
 * other systems, no byte order mark, no more than a line of a terminal. */
static void carets(void **state)
{
    (void)state;
    assert_text(shown("ab: c", 5), "  ab: c\n      ^");
    assert_text(shown("ab: c\r\n", 5), "  ab: c\n      ^");
    assert_text(shown("\xef\xbb\xbf"
                      "ab: c",
                      5),
                "  ab: c\n      ^");
    assert_text(shown("日本: é", 5), "  日本: é\n        ^");
    assert_text(shown("e\u0301x: 🎉c", 7), "  e\u0301x: 🎉c\n        ^");
    assert_text(shown("\ta\x1b[1m: c", 8), "  \\ta\\e[1m: c\n           ^");
    assert_text(shown("a\xff: c", 5), "  a\\xff: c\n         ^");
    assert_text(shown("ab", 3), "  ab\n    ^");
    assert_text(shown("ab", 99), "  ab\n    ^");
    assert_text(shown("", 1), "  \n  ^");
    assert_text(shown("::error::x", 3), "| ::error::x\n    ^");
    str text = shown(REPEAT10("0123456789") "日日" REPEAT10("0123456789"), 102);
    assert_text(text, "  …"
                      "345678901234567890123456789012345678901234567890123456789"
                      "日日"
                      "012345678901234567890123456789012…\n" REPEAT10("      ") "  ^");
}

static struct mistakes *reported;

static void report(void)
{
    struct err err = {0};
    assert_int_equal(mistakes_report(reported, &err), -1);
    assert_int_equal(err.kind, ERR_INPUT);
    assert_string_equal(err.message, "60 mistakes, nothing was run");
}

/* Protects: the screen is not flooded, and the rest is counted. */
static void many_mistakes(void **state)
{
    (void)state;
    struct mistakes mistakes;
    mistakes_init(&mistakes, &arena);
    for (int i = 0; i < 60; i++)
        mistake_add(&mistakes, place_at(&first_file, 0), "number %d", i);
    assert_int_equal(mistakes.count, MAX_MISTAKES);
    assert_int_equal(mistakes.dropped, 10);
    reported = &mistakes;
    str text = stderr_of(report);
    assert_true(str_contains(text, STR("number 49\n")));
    assert_false(str_contains(text, STR("number 50\n")));
    assert_true(str_ends_with(text, STR("and 10 more mistakes\n")));
}

/* Protects: a hint names the near word, else lists the words when asked to. */
static void hints(void **state)
{
    (void)state;
    static const str words[] = {STR_INIT("prompt"), STR_INIT("schema")};
    assert_text(mistake_hint(&arena, STR("promt"), words, 2, true), "; did you mean 'prompt'?");
    assert_text(mistake_hint(&arena, STR("zzz"), words, 2, true),
                "; expected one of prompt, schema");
    assert_text(mistake_hint(&arena, STR("zzz"), words, 1, true), "; expected prompt");
    assert_text(mistake_hint(&arena, STR("zzz"), words, 2, false), "");
    assert_text(mistake_hint(&arena, STR("zzz"), words, 0, true), "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(arena_memory),
        TEST(arena_keeps_its_first_block),
        TEST(arena_ends),
        TEST(arena_texts),
        TEST(buf_limit),
        TEST(buf_growth),
        TEST(slices),
        TEST(numbers_in_texts),
        TEST(siphash_vectors),
        TEST(quick_hash_sees_every_byte),
        TEST(content_hashes),
        TEST(rng_is_stable),
        TEST(rng_is_uniform),
        TEST(shuffles),
        TEST(normal_draws),
        TEST(clocks),
        TEST(secrets),
        TEST(secrets_are_found),
        TEST(secret_names),
        TEST(log_lines),
        TEST(errors),
        TEST(bugs),
        TEST(heap),
        TEST(places),
        TEST(mistakes_in_order),
        TEST(carets),
        TEST(many_mistakes),
        TEST(hints),
    };
    return cmocka_run_group_tests_name("base", tests, NULL, NULL);
}
