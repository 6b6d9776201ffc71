/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_report_said.c: what a stored request asks and a reply answers, in each dialect's own bytes;
 * and which cells a page keeps first.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"
#include "reports/html_cells.h"
#include "reports/said.h"

#include <stdio.h>
#include <string.h>

/* "role: text" of each turn, a "|" between. */
static str turns_of(struct arena *arena, const char *body)
{
    struct said_turn turn[8];
    str all = STR("");
    size_t count = said_request(arena, str_from(body), turn, 8);
    for (size_t i = 0; i < count; i++)
        all = arena_printf(arena, "%.*s%s%.*s: %.*s", STR_ARG(all), i ? "|" : "",
                           STR_ARG(turn[i].role), STR_ARG(turn[i].text));
    return all;
}

/* Protects: the conversation of each dialect is found, and all that is none stands in settings. */
static void requests(void **state)
{
    (void)state;
    struct arena arena = {0};
    static const struct {
        const char *body, *turns;
    } cases[] = {
        {"{\"model\":\"m\",\"messages\":[{\"role\":\"system\",\"content\":\"be\"},"
         "{\"role\":\"user\",\"content\":\"ask\"}],\"max_tokens\":5}",
         "system: be|user: ask|settings: model: m\nmax_tokens: 5"},
        {"{\"messages\":[{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"id\":"
         "\"1\"}]},"
         "{\"role\":\"tool\",\"content\":\"4\"}]}",
         "assistant: {\"id\": \"1\"}|tool: 4"},
        {"{\"system\":\"be\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\","
         "\"text\":\"a\"},{\"type\":\"text\",\"text\":\"b\"}]}]}",
         "system: be|user: a\nb"},
        {"{\"instructions\":\"be\",\"input\":[{\"role\":\"user\",\"content\":\"ask\"},"
         "{\"type\":\"function_call_output\",\"output\":\"4\"}]}",
         "system: be|user: ask|function_call_output: {\"type\": \"function_call_output\", "
         "\"output\": \"4\"}"},
        {"{\"systemInstruction\":{\"parts\":[{\"text\":\"be\"}]},\"contents\":[{\"role\":"
         "\"user\","
         "\"parts\":[{\"text\":\"ask\"},{\"functionCall\":{\"name\":\"f\"}}]}]}",
         "system: be|user: ask\n{\"functionCall\": {\"name\": \"f\"}}"},
        {"{\"input\":[\"one\",\"two\"],\"model\":\"e\"}",
         "user: one|user: two|settings: model: e"},
        {"{\"messages\":7,\"contents\":\"x\"}", "user: x"},
        {"not JSON", "request: not JSON"},
        {"", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_string_equal(turns_of(&arena, cases[i].body).p, cases[i].turns);
    struct said_turn few[1];
    assert_int_equal(said_request(&arena, str_from(cases[0].body), few, 1), 1);
    arena_release(&arena);
}

static str reply_of(struct arena *arena, const char *dialect, bool good, const char *body)
{
    return said_reply(arena, str_from(dialect), good, str_from(body));
}

/* Protects: a reply is its text and tool calls; what is none is shown as it came; a streamed one is
 * not put together, for a secret may lie in several of its pieces. */
static void replies(void **state)
{
    (void)state;
    struct arena arena = {0};
    static const char chat[] =
        "{\"choices\":[{\"finish_reason\":\"stop\",\"message\":{\"content\":"
        "\"hello\"}}]}";
    static const char tools[] =
        "{\"choices\":[{\"finish_reason\":\"tool_calls\",\"message\":{\"content\":null,"
        "\"tool_calls\":[{\"id\":\"1\",\"type\":\"function\",\"function\":{\"name\":\"add\","
        "\"arguments\":\"{\\\"a\\\":1}\"}}]}}]}";
    static const char claude[] =
        "{\"type\":\"message\",\"role\":\"assistant\",\"content\":[{"
        "\"type\":\"text\",\"text\":\"hi\"}],\"stop_reason\":\"end_turn\","
        "\"usage\":{\"input_tokens\":1,\"output_tokens\":1}}";
    assert_string_equal(reply_of(&arena, "openai-chat", true, chat).p, "hello");
    assert_string_equal(reply_of(&arena, "openai-chat", true, tools).p, "add({\"a\":1})");
    assert_string_equal(reply_of(&arena, "anthropic-messages", true, claude).p, "hi");
    assert_string_equal(reply_of(&arena, "openai-chat", false, chat).p, chat);
    assert_string_equal(reply_of(&arena, "no-such-dialect", true, chat).p, chat);
    assert_string_equal(reply_of(&arena, "openai-chat", true, "{\"x\":1}").p, "{\"x\":1}");
    assert_string_equal(
        reply_of(&arena, "openai-chat", true, "data: {\"choices\":[{\"delta\":{}}]}\n\n").p,
        "");
    assert_int_equal(reply_of(&arena, "openai-chat", false, "").n, 0);
    assert_string_equal(said_value(&arena, STR("\"a\\nb\"")).p, "a\nb");
    assert_string_equal(said_value(&arena, STR("[1]")).p, "[\n  1\n]");
    assert_string_equal(said_value(&arena, STR("no JSON")).p, "no JSON");
    arena_release(&arena);
}

/* ---- which cells a page keeps ---- */

enum { VARIANTS = 2, SAMPLES = 4, TRIALS = 2 };

struct taken {
    char order[400];
    int most; /* of each kind; -1: all */
    int of_kind[HTML_WHYS];
};

static int take(void *arg, enum html_why why, const struct html_place *place)
{
    struct taken *taken = arg;
    size_t n = strlen(taken->order);
    if (taken->most >= 0 && taken->of_kind[why] == taken->most)
        return 1;
    taken->of_kind[why]++;
    snprintf(taken->order + n, sizeof taken->order - n, "%s%d:%zu/%zu/%u", n ? " " : "",
             (int)why, place->variant, place->sample, place->trial);
    return 0;
}

static void choose(struct taken *taken)
{
    /* a sample a line; two trials of each variant */
    static char mark[] = "pp"
                         "pf"
                         "ff"
                         "pp"
                         "pe"
                         "tp"
                         "un"
                         "ss";
    static int64_t latency[] = {5, 9, 7, 7, 1, 2, 3, 30, -1, 4, 6, 8, 5, -1, -1, -1};
    static struct summary_flip flip = {.sample = 1, .candidate_right = 2, .gained = true};
    static struct summary_variant variant[VARIANTS];
    static struct summary_comparison comparison = {
        .candidate = 1, .flips = &flip, .flip_count = 1};
    struct summary summary = {
        .variants = variant, .comparisons = &comparison, .comparison_count = 1};
    struct html_cells cells = {.variants = VARIANTS,
                               .samples = SAMPLES,
                               .trials = TRIALS,
                               .mark = mark,
                               .latency_ns = latency};
    variant[0].latency_ns[SUMMARY_P50].estimate = maybe_of(2.2);
    variant[1].latency_ns[SUMMARY_P50].estimate = maybe_of(7);
    assert_int_equal(html_cells_choose(&cells, &summary, take, taken), 0);
}

/* Protects: what a reader looks for comes first: typical and slowest cells, both sides of flips,
 * failures, wrong answers; first trials before second ones; none twice and none without a result. */
static void choices(void **state)
{
    (void)state;
    struct taken all = {.most = -1};
    choose(&all);
    assert_string_equal(all.order, "0:0/1/2 0:1/0/1 1:0/0/2 1:1/1/2 2:1/1/1 2:0/1/1 "
                                   "3:1/2/1 3:0/2/2 4:1/0/2 5:0/3/1 "
                                   "6:0/0/1 6:0/2/1 6:1/2/2");
}

/* Protects: when there is room for no more of a kind, the next kind has its turn, and a cell that
 * was not taken for one reason may be for another. */
static void enough(void **state)
{
    (void)state;
    struct taken one = {.most = 1};
    choose(&one);
    assert_string_equal(one.order, "0:0/1/2 1:0/0/2 2:1/1/1 3:1/2/1 4:0/1/1 5:0/3/1 6:0/0/1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests),
        cmocka_unit_test(replies),
        cmocka_unit_test(choices),
        cmocka_unit_test(enough),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
