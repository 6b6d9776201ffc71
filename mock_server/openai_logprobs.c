/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * openai_logprobs.c: drawn log probabilities (see openai_logprobs.h).
 *
 * The token that was sent gets a probability drawn near 1; the alternatives share what is left,
 * each getting half of what the one before it left. Rarely the token sent is not the likeliest.
 */
#include "mock_server/openai_logprobs.h"

#include "mock_server/dialect.h"

#include <math.h>

static const char *const alternatives[] = {
    " the", " a",  " of",   " to",   " and",  " in",   " is",   " it",   " for", " on",  " as",
    " at",  " by", " with", " that", " this", " from", " or",   " an",   " be",  " are", " was",
    " not", " no", " yes",  " one",  " all",  " but",  " when", " then", " so",  " if"};
enum { ALTERNATIVES = sizeof alternatives / sizeof alternatives[0] };

static void write_token(struct buf *out, str token, double probability)
{
    double logprob = round(log(probability) * 1e6) / 1e6;
    buf_add_str(out, STR("{\"token\":"));
    json_write_text(out, token);
    buf_add_str(out, STR(",\"logprob\":"));
    json_write_number(out, logprob < 0 ? logprob : 0);
    buf_add_str(out, STR(",\"bytes\":["));
    for (size_t i = 0; i < token.n; i++) {
        if (i)
            buf_add_char(out, ',');
        write_int(out, (unsigned char)token.p[i]);
    }
    buf_add_char(out, ']');
}

/* The sent token stands first or, where it was not the likeliest, second. */
static void write_top(struct buf *out, str token, double sent, int64_t count, uint64_t draw)
{
    double left = 1 - sent;
    bool first = sent >= left / 2;
    size_t next = (size_t)(draw % ALTERNATIVES);
    for (int64_t i = 0; i < count; i++) {
        bool own = i == (first || count == 1 ? 0 : 1);
        str other = str_from(alternatives[next]);
        if (i)
            buf_add_char(out, ',');
        if (!own && str_equal(other, token)) {
            next = (next + 1) % ALTERNATIVES;
            other = str_from(alternatives[next]);
        }
        if (own) {
            write_token(out, token, sent);
        } else {
            left /= 2;
            write_token(out, other, left);
            next = (next + 1) % ALTERNATIVES;
        }
        buf_add_char(out, '}');
    }
}

static void write_entry(struct buf *out, const struct request *request, struct rng_key key,
                        str token, int64_t index)
{
    double u = rng_uniform(key, "logprob", (uint64_t)index);
    double sent = 1 - 0.75 * u * u * u; /* median 0.91; 0.25 at least, so never third */
    write_token(out, token, sent);
    buf_add_str(out, STR(",\"top_logprobs\":["));
    write_top(out, token, sent, request->top_logprobs,
              request->top_logprobs ? rng_bits(key, "alternatives", (uint64_t)index) : 0);
    buf_add_str(out, STR("]}"));
}

void openai_write_logprobs(struct buf *out, const struct request *request, struct rng_key key,
                           str text, int64_t first, int64_t end)
{
    bool any = false;
    buf_add_char(out, '[');
    for (int64_t i = first; i < end; i++) {
        str token = token_piece(text, i);
        if (!token.n)
            continue;
        if (any)
            buf_add_char(out, ',');
        write_entry(out, request, key, token, i);
        any = true;
    }
    buf_add_char(out, ']');
}
