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

static struct summary_span span_of(const struct summary_rows *rows, size_t kind)
{
    const struct summary_instance *first = rows->instances + rows->kind_start[kind];
    size_t count = rows->kind_start[kind + 1] - rows->kind_start[kind];

    return (struct summary_span){.path = rows->kinds[kind].path,
                                 .first = first,
                                 .count = count,
                                 .scored = has_score(first, count)};
}

struct summary_span summary_items(const struct summary *summary, size_t variant)
{
    const struct summary_rows *rows = summary->private;
    struct summary_span span = {0};

    for (size_t k = 0; k < rows->kind_count; k++)
        if (rows->kinds[k].variant == variant && str_equal(rows->kinds[k].path, STR("[*]"))) {
            if (span.count)
                return (struct summary_span){0};
            span = span_of(rows, k);
        }
    return span;
}

size_t summary_children(const struct summary *summary, size_t variant,
                        struct summary_span *spans)
{
    const struct summary_rows *rows = summary->private;
    size_t count = 0;

    for (size_t k = 0; k < rows->kind_count; k++)
        if (rows->kinds[k].variant == variant && is_child(rows->kinds[k].path))
            spans[count++] = span_of(rows, k);
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
    d.vote = summary_vote_of(summary, variant);
    d.fan = summary_fan_of(summary, variant);
    if (!d.chain && !d.vote && !d.fan)
        return;
    d.sentences = arena_array(&summary->arena, str, SENTENCES_MAX);
    v->diagnosis = arena_new(&summary->arena, struct summary_diagnosis);
    *v->diagnosis = d;
    if (d.chain)
        summary_say_chain(summary, v);
    if (d.vote)
        summary_say_vote(summary, v);
    if (d.fan)
        summary_say_fan(summary, v);
}
