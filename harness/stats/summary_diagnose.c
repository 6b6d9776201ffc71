/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the pattern of each variant did (see summary_diagnosis.h): which diagnoses apply, and
 * what they share. Each pattern's own are in a file of their own. */
#include "stats/summary_diagnose.h"

#include <math.h>

enum { SENTENCES_MAX = 12 };

/* A path of one name: not the root, no child's child, no item of a list. */
static bool is_child(str path)
{
    for (size_t i = 0; i < path.n; i++)
        if (path.p[i] == '.' || path.p[i] == '[')
            return false;
    return path.n > 0;
}

static bool has_score(const struct summary_instance *first, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!isnan(first[i].score))
            return true;
    return false;
}

size_t summary_children(struct arena *scratch, const struct summary *summary, size_t variant,
                        struct summary_span *spans)
{
    const struct summary_rows *rows = summary->private;
    size_t count = 0;

    (void)scratch;
    for (size_t k = 0; k < rows->kind_count; k++) {
        const struct summary_kind *kind = &rows->kinds[k];
        size_t from = rows->kind_start[k], many = rows->kind_start[k + 1] - from;

        if (kind->variant == variant && is_child(kind->path))
            spans[count++] = (struct summary_span){
                .path = kind->path,
                .first = rows->instances + from,
                .count = many,
                .scored = has_score(rows->instances + from, many),
            };
    }
    return count;
}

void summary_say(struct summary_diagnosis *diagnosis, str sentence)
{
    if (sentence.n && diagnosis->sentence_count < SENTENCES_MAX)
        diagnosis->sentences[diagnosis->sentence_count++] = sentence;
}

void summary_fill_diagnosis(struct summary *summary, size_t variant)
{
    struct summary_variant *v = &summary->variants[variant];
    struct summary_diagnosis d = {0};

    if (str_equal(v->pattern, STR("chain")))
        d.chain = summary_chain_of(summary, variant);
    if (!d.chain)
        return;
    d.sentences = arena_array(&summary->arena, str, SENTENCES_MAX);
    v->diagnosis = arena_new(&summary->arena, struct summary_diagnosis);
    *v->diagnosis = d;
    if (d.chain)
        summary_say_chain(summary, v);
}
