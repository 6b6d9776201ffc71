/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the traces say of each time that a refinement ran: its rounds, what its evaluator said of each
 * draft, and what the draft would have been worth as the answer, by the best measure that there is. */
#include <math.h>

#include "stats/summary_refine_inside.h"

enum { ROUNDS_MOST = 20 }; /* of max_rounds */

struct draft_sum {
    double weights, sum;
    unsigned scores;
    bool right;
};

static void read_draft(const struct summary_refining *w, const struct summary_fact *fact,
                       struct draft_sum *sum)
{
    const struct summary_score_meta *score = &w->summary->meta.scores[fact->score];

    if (sum->scores++ == 0)
        sum->right = true;
    sum->right = sum->right && fact->yes;
    sum->weights += score->weight;
    sum->sum += score->weight * fact->first;
}

static void read_one(const struct summary_refining *w, const struct summary_node_facts *node,
                     size_t from, size_t end, struct summary_loop *loop)
{
    struct draft_sum answer[ROUNDS_MOST] = {0};
    uint32_t step_score = UINT32_MAX;
    size_t room = 1;

    for (size_t i = from; i < end; i++)
        if (node->first[i].index < ROUNDS_MOST && node->first[i].index >= room)
            room = node->first[i].index + 1;
    loop->own = arena_array(w->scratch, double, room);
    loop->likeness = arena_array(w->scratch, double, room);
    loop->quality = arena_array(w->scratch, double, room);
    loop->right = arena_array(w->scratch, bool, room);
    for (size_t r = 0; r < room; r++)
        loop->own[r] = loop->likeness[r] = loop->quality[r] = (double)NAN;
    for (size_t i = from; i < end; i++) {
        const struct summary_fact *fact = &node->first[i];
        if (fact->kind == SUMMARY_NOTE_ENDED) {
            str why = w->summary->private->names.text[fact->name];
            loop->ended = why.n > 0;
            loop->stopped = str_equal(why, STR("max_rounds"));
            loop->must_accept = fact->yes;
        }
        if (fact->index >= ROUNDS_MOST)
            continue;
        if (fact->kind == SUMMARY_NOTE_ROUND) {
            loop->rounds = fact->index + 1 > loop->rounds ? fact->index + 1 : loop->rounds;
            loop->own[fact->index] = fact->first;
            loop->likeness[fact->index] = fact->second;
            if (fact->yes)
                loop->accepted = fact->index + 1;
        } else if (fact->kind == SUMMARY_NOTE_DRAFT) {
            read_draft(w, fact, &answer[fact->index]);
        } else if (fact->kind == SUMMARY_NOTE_DRAFT_STEP &&
                   (step_score == UINT32_MAX || fact->score == step_score) &&
                   w->to->measure != SUMMARY_MEASURE_ANSWER) {
            step_score = fact->score;
            loop->quality[fact->index] = fact->first;
            loop->right[fact->index] = fact->yes;
        }
    }
    for (size_t r = 0; r < room && w->to->measure == SUMMARY_MEASURE_ANSWER; r++)
        if (answer[r].scores) {
            loop->quality[r] = answer[r].right;
            loop->right[r] = answer[r].right;
        }
}

static bool has_fact(const struct summary_node_facts *node, enum summary_note_kind kind)
{
    for (size_t i = 0; i < node->count; i++)
        if (node->first[i].kind == kind)
            return true;
    return false;
}

static bool has_own_score(const struct summary_node_facts *node)
{
    for (size_t i = 0; i < node->count; i++)
        if (node->first[i].kind == SUMMARY_NOTE_ROUND && !isnan(node->first[i].first))
            return true;
    return false;
}

bool summary_cell_is_scored(const struct summary_refining *w, size_t cell)
{
    return summary_value_correct(w->summary, &w->cells[cell], 0).known;
}

/* Of a cell with one round nobody had to ask what its draft would have been worth as the answer: it
 * was. */
static void read_single_draft(const struct summary_refining *w, struct summary_loop *loop)
{
    if (w->to->measure != SUMMARY_MEASURE_ANSWER || loop->rounds != 1 ||
        !isnan(loop->quality[0]) || !summary_cell_is_scored(w, loop->cell))
        return;
    loop->right[0] = summary_value_correct(w->summary, &w->cells[loop->cell], 0).value > 0.5;
    loop->quality[0] = loop->right[0];
}

void summary_read_loops(struct summary_refining *w, const struct summary_node_facts *node)
{
    size_t cell = 0;

    w->to->once = true;
    w->to->measure = has_fact(node, SUMMARY_NOTE_DRAFT)        ? SUMMARY_MEASURE_ANSWER
                     : has_fact(node, SUMMARY_NOTE_DRAFT_STEP) ? SUMMARY_MEASURE_STEP
                     : has_own_score(node)                     ? SUMMARY_MEASURE_EVALUATOR
                                                               : SUMMARY_MEASURE_NONE;
    for (size_t i = 0, end; i < node->count; i = end) {
        struct summary_loop *loop = &w->loops[w->times];
        end = summary_instance_end(node, i);
        size_t found = summary_cell_of(w->summary, w->variant, &node->first[i], cell);
        if (found == w->count)
            continue;
        *loop = (struct summary_loop){.cell = found};
        read_one(w, node, i, end, loop);
        if (loop->rounds == 0)
            continue;
        read_single_draft(w, loop);
        cell = found;
        if (w->times && w->loops[w->times - 1].cell == cell)
            w->to->once = false;
        w->times++;
    }
}
