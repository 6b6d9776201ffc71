/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * gemini_logprobs.c: made-up log probabilities of a reply's tokens, as Gemini lists them.
 *
 * The token that was chosen gets a probability drawn near 1; the alternatives share what is
 * left, each getting half of what the one before it left. Numbers and words of tokens mean
 * nothing beyond that. The same for the same key, in one list or in many.
 */
#include "mock_server/gemini.h"

#include "base/hash.h"
#include "mock_server/dialect.h"

#include <math.h>

static const char *const alternatives[] = {"the", "a",  "of",  "to",   "and",  "in",
                                           "is",  "it", "for", "that", "with", "not"};
enum { ALTERNATIVES = sizeof alternatives / sizeof alternatives[0] };

enum { VOCABULARY = 262144 };

/* Median 0.91, at least 0.25. */
static double probability(struct rng_key key, int64_t index)
{
    double u = rng_uniform(key, "logprob", (uint64_t)index);
    return 1 - 0.75 * u * u * u;
}

static double logarithm(double p)
{
    double logprob = round(log(p) * 1e6) / 1e6;
    return logprob < 0 ? logprob : 0;
}

static void write_token(struct buf *out, str token, double p)
{
    buf_add_str(out, STR("{\"token\":"));
    json_write_text(out, token);
    buf_add_str(out, STR(",\"tokenId\":"));
    write_int(out, (int64_t)(hash_sip(1, 2, token.p, token.n) % VOCABULARY));
    buf_add_str(out, STR(",\"logProbability\":"));
    json_write_number(out, logarithm(p));
    buf_add_char(out, '}');
}

/* The likeliest first; the token that was chosen is the first or second of them. */
static void write_top(struct buf *out, str token, double chosen, int64_t count, uint64_t draw)
{
    double left = 1 - chosen;
    bool leads = count == 1 || chosen >= left / 2;
    buf_add_str(out, STR("{\"candidates\":["));
    for (int64_t i = 0; i < count; i++) {
        if (i)
            buf_add_char(out, ',');
        if (i == (leads ? 0 : 1)) {
            write_token(out, token, chosen);
            continue;
        }
        str other = str_from(alternatives[draw++ % ALTERNATIVES]);
        if (str_equal(other, token))
            other = str_from(alternatives[draw++ % ALTERNATIVES]);
        left /= 2;
        write_token(out, other, left);
    }
    buf_add_str(out, STR("]}"));
}

void gemini_write_logprobs(struct buf *out, const struct request *request, struct rng_key key,
                           str text, int64_t first, int64_t end)
{
    bool any = false;
    buf_add_str(out, STR("{\"topCandidates\":["));
    for (int64_t i = first; i < end && request->top_logprobs; i++) {
        str token = token_piece(text, i);
        if (!token.n)
            continue;
        if (any)
            buf_add_char(out, ',');
        any = true;
        write_top(out, token, probability(key, i), request->top_logprobs,
                  rng_bits(key, "alternatives", (uint64_t)i));
    }
    buf_add_str(out, STR("],\"chosenCandidates\":["));
    any = false;
    for (int64_t i = first; i < end; i++) {
        str token = token_piece(text, i);
        if (!token.n)
            continue;
        if (any)
            buf_add_char(out, ',');
        any = true;
        write_token(out, token, probability(key, i));
    }
    buf_add_str(out, STR("]}"));
}

double gemini_mean_logprob(struct rng_key key, str text)
{
    int64_t tokens = token_count(text), counted = 0;
    double sum = 0;
    for (int64_t i = 0; i < tokens; i++)
        if (token_piece(text, i).n) {
            sum += logarithm(probability(key, i));
            counted++;
        }
    return counted ? round(sum / (double)counted * 1e6) / 1e6 : 0;
}
