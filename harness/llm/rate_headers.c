/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * rate_headers.c: the families of rate-limit headers (see rate_headers.h).
 */
#include "llm/rate_headers.h"

#include <stddef.h>

struct row {
    str name;
    size_t field;
};

#define FIELD(name) offsetof(struct llm_rate_state, name)
/* clang-format off */
static const struct row rows[] = {
    {STR_INIT("x-ratelimit-limit-requests"),               FIELD(requests_limit)},
    {STR_INIT("x-ratelimit-remaining-requests"),           FIELD(requests_left)},
    {STR_INIT("x-ratelimit-limit-tokens"),                 FIELD(tokens_limit)},
    {STR_INIT("x-ratelimit-remaining-tokens"),             FIELD(tokens_left)},
    {STR_INIT("anthropic-ratelimit-requests-limit"),       FIELD(requests_limit)},
    {STR_INIT("anthropic-ratelimit-requests-remaining"),   FIELD(requests_left)},
    {STR_INIT("anthropic-ratelimit-tokens-limit"),         FIELD(tokens_limit)},
    {STR_INIT("anthropic-ratelimit-tokens-remaining"),     FIELD(tokens_left)},
};
/* clang-format on */

static void read_line(str name, str value, struct llm_rate_state *state)
{
    int64_t number;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (str_equal_nocase(name, rows[i].name) && str_to_int(str_trim(value), &number) &&
            number >= 0)
            *(int64_t *)(void *)((char *)state + rows[i].field) = number;
}

struct llm_rate_state llm_rate_headers_read(str lines)
{
    struct llm_rate_state state = {-1, -1, -1, -1};
    str line, name, value;
    while (lines.n) {
        str_cut(lines, '\n', &line, &lines);
        /* the shortest name has 24 characters, and few other headers are as long */
        if (str_cut(line, ':', &name, &value) && name.n >= rows[2].name.n)
            read_line(name, value, &state);
    }
    return state;
}
