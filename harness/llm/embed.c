/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * embed.c: requests for vectors, and what vectors are compared by (see embed.h).
 */
#include "llm/embed.h"

#include <math.h>

/* An embedding has no output, so what it can cost at most is known. */
struct llm_request llm_embed_request(const struct llm_model *model, const str *text,
                                     size_t count)
{
    return (struct llm_request){
        .model = model,
        .embed = text,
        .embeds = count,
        .params = {.has_max_tokens = true, .max_tokens = 0},
    };
}

/* By bytes, which no tokenizer makes more tokens of. */
size_t llm_embed_batch(const str *text, size_t count)
{
    size_t n = 0, bytes = 0;
    while (n < count && n < LLM_EMBED_TEXTS_MOST) {
        bytes += text[n].n;
        if (n && bytes > LLM_EMBED_TOKENS_MOST)
            break;
        n++;
    }
    return n;
}

double llm_vector_cosine(struct llm_vector a, struct llm_vector b)
{
    double dot = 0, length_a = 0, length_b = 0;
    if (a.count != b.count)
        return 0;
    for (size_t i = 0; i < a.count; i++) {
        double x = (double)a.value[i], y = (double)b.value[i];
        dot += x * y;
        length_a += x * x;
        length_b += y * y;
    }
    if (!(length_a > 0) || !(length_b > 0))
        return 0;
    return fmax(-1, fmin(1, dot / (sqrt(length_a) * sqrt(length_b))));
}
