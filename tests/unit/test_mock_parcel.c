/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_mock_parcel.c: what comes out of a parcel is what was put in, in less memory.
 */
#include "test_mock_ask.h"

#include "mock_server/parcel.h"

/* Takes everything out again and compares. */
static void check(const struct delivery *delivery)
{
    struct parcel parcel;
    struct buf scratch = {0};
    size_t from = 0, parts = delivery->parts ? delivery->parts : 1;
    parcel_make(&parcel, delivery);
    for (size_t i = 0; i < parts; i++) {
        int64_t at_ns;
        size_t upto = delivery->parts ? delivery->part[i].upto : delivery->bytes->n;
        assert_true(parcel_due(&parcel, &at_ns));
        assert_int_equal(at_ns, delivery->parts ? delivery->part[i].at_ns : delivery->at_ns);
        str got = parcel_take(&parcel, &scratch);
        assert_true(str_equal(got, str_sub(buf_str(delivery->bytes), from, upto)));
        from = upto;
    }
    int64_t none;
    assert_false(parcel_due(&parcel, &none));
    parcel_release(&parcel);
    buf_release(&scratch);
}

/* Protects: parts of any bytes, lengths and times, alike and not, come out as they went in. */
static void test_any_bytes(void **state)
{
    (void)state;
    enum { ROUNDS = 3000, PARTS = 20 };
    for (uint64_t round = 0; round < ROUNDS; round++) {
        struct rng_key key = rng_key(round);
        struct buf bytes = {0};
        struct part part[PARTS];
        uint64_t letters = 1 + rng_below(key, "letters", 0, 20), i = 0;
        size_t parts = (size_t)rng_below(key, "parts", 0, PARTS + 1);
        int64_t at_ns = 0;
        for (size_t p = 0; p < parts; p++) {
            size_t from = p ? part[p - 1].upto : 0, n = (size_t)rng_below(key, "n", p, 90);
            /* half of the parts are the one before with changes */
            size_t before = p > 1 ? part[p - 2].upto : 0;
            bool alike = p && rng_below(key, "alike", p, 2);
            for (size_t k = 0; k < n; k++, i++) {
                bool same = alike && before + k < from && rng_below(key, "same", i, 8) > 0;
                buf_add_char(&bytes, same ? bytes.p[before + k]
                                          : (char)(rng_below(key, "byte", i, letters) * 13));
            }
            at_ns += (int64_t)rng_below(key, "wait", p, 3) << rng_below(key, "shift", p, 50);
            part[p] = (struct part){at_ns, bytes.n};
        }
        if (parts == 0)
            buf_add_str(&bytes, STR("whole"));
        check(&(struct delivery){
            .bytes = &bytes, .at_ns = 7, .part = parts ? part : NULL, .parts = parts});
        buf_release(&bytes);
    }
}

/* Protects: a stream as providers send it takes at most a fifth of its bytes. */
static void test_streams_are_small(void **state)
{
    (void)state;
    enum { EVENTS = 200 };
    struct buf bytes = {0};
    struct part part[EVENTS];
    for (int i = 0; i < EVENTS; i++) {
        buf_printf(
            &bytes,
            "%x\r\ndata: {\"id\":\"chatcmpl-x6sA0bq7\",\"object\":\"chat.completion.chunk\","
            "\"created\":1791103670,\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":"
            "{\"content\":\"word%d \"},\"logprobs\":null,\"finish_reason\":null}],"
            "\"obfuscation\":\"%.*s\"}\n\n\r\n",
            300 + i % 16, i, 1 + i % 13, "Noqyd85gIBkfedw");
        part[i] = (struct part){i * INT64_C(12345678), bytes.n};
    }
    const struct delivery delivery = {.bytes = &bytes, .part = part, .parts = EVENTS};
    struct parcel parcel;
    check(&delivery);
    parcel_make(&parcel, &delivery);
    assert_true(parcel.packed * 5 < bytes.n);
    parcel_release(&parcel);
    buf_release(&bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any_bytes),
        cmocka_unit_test(test_streams_are_small),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
