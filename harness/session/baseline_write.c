/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * baseline_write.c: one side of a comparison as a file for a repository (see baseline_inside.h).
 */
#include "session/baseline_inside.h"

#include "base/clock.h"

const char *const baseline_column_names[BASELINE_COLUMNS] = {
    [BASELINE_STATUS] = "status",
    [BASELINE_REASON] = "reason",
    [BASELINE_CORRECT] = "correct",
    [BASELINE_SCORE] = "score",
    [BASELINE_SCORES] = "scores",
    [BASELINE_LATENCY] = "latency_ns",
    [BASELINE_COST] = "cost_nanousd",
    [BASELINE_UNKNOWN_COST] = "unknown_cost_calls",
    [BASELINE_LOST] = "lost_attempts",
    [BASELINE_COST_UPPER] = "cost_upper_nanousd",
    [BASELINE_INPUT] = "input_tokens",
    [BASELINE_CACHE_READ] = "cache_read_tokens",
    [BASELINE_CACHE_WRITE] = "cache_write_tokens",
    [BASELINE_OUTPUT] = "output_tokens",
    [BASELINE_REASONING] = "reasoning_tokens",
    [BASELINE_CALLS] = "calls",
    [BASELINE_SENT] = "sent",
    [BASELINE_CACHED] = "cached",
    [BASELINE_ATTEMPTS] = "attempts",
    [BASELINE_ANSWER] = "answer",
};

static void write_text(struct buf *out, str text)
{
    if (text.n)
        json_write_text(out, text);
    else
        buf_add_str(out, STR("null"));
}

static void write_maybe(struct buf *out, maybe number)
{
    if (number.known)
        json_write_number(out, number.value);
    else
        buf_add_str(out, STR("null"));
}

static void write_member(struct buf *out, const char *key, str text)
{
    buf_printf(out, "\"%s\": ", key);
    write_text(out, text);
    buf_add_str(out, STR(",\n"));
}

/* [id, cluster, hash, tags], without the unknown ones at its end. */
static void write_sample_line(struct buf *out, const struct side_sample *sample)
{
    bool tagged = sample->tags.n && !str_equal(sample->tags, STR("[]"));
    buf_add_char(out, '[');
    write_text(out, sample->id);
    if (sample->cluster.n || sample->hash.n || tagged) {
        buf_add_str(out, STR(", "));
        write_text(out, sample->cluster);
    }
    if (sample->hash.n || tagged) {
        buf_add_str(out, STR(", "));
        write_text(out, sample->hash);
    }
    if (tagged)
        buf_printf(out, ", %.*s", STR_ARG(sample->tags));
    buf_add_char(out, ']');
}

static void write_head(struct buf *out, const struct side *side)
{
    char created[24];
    clock_iso(side->created_wall, created, sizeof created);
    buf_printf(out, "{\n\"weir_baseline\": %d,\n", BASELINE_SCHEMA);
    write_member(out, "weir", side->version);
    write_member(out, "experiment", side->experiment);
    write_member(out, "run", side->run);
    write_member(out, "created", str_from(created));
    buf_printf(out, "\"mock\": %s,\n\"dataset\": {\"name\": ", side->mock ? "true" : "false");
    write_text(out, side->dataset);
    buf_add_str(out, STR(", \"fingerprint\": "));
    write_text(out, side->fingerprint);
    buf_printf(out, "},\n\"trials\": %lld,\n\"confidence\": ", (long long)side->trials);
    json_write_number(out, side->confidence);
    if (side->reducer != STATS_REDUCE_MEAN)
        buf_printf(out, ",\n\"reducer\": \"%s\"", stats_reducer_name(side->reducer));
    buf_add_str(out, STR(",\n\"graders\": "));
    write_text(out, side->graders);
    buf_add_str(out, STR(",\n\"scores\": ["));
    for (size_t i = 0; i < side->scores; i++) {
        buf_add_str(out, i ? STR(", {\"name\": ") : STR("{\"name\": "));
        write_text(out, side->score[i].name);
        buf_add_str(out, STR(", \"weight\": "));
        json_write_number(out, side->score[i].weight);
        buf_printf(out, ", \"judged\": %s}", side->score[i].judged ? "true" : "false");
    }
    buf_add_str(out, STR("],\n\"samples\": [\n"));
    for (size_t i = 0; i < side->samples; i++) {
        write_sample_line(out, &side->sample[i]);
        buf_add_str(out, i + 1 < side->samples ? STR(",\n") : STR("\n"));
    }
    buf_add_str(out, STR("],\n\"columns\": ["));
    for (size_t i = 0; i < BASELINE_COLUMNS; i++)
        buf_printf(out, "%s\"%s\"", i ? ", " : "", baseline_column_names[i]);
    buf_add_str(out, STR("],\n"));
}

static void write_scores(struct buf *out, const struct side *side,
                         const struct summary_cell_row *cell)
{
    buf_add_char(out, '[');
    for (size_t i = 0; i < side->scores; i++) {
        if (i)
            buf_add_char(out, ',');
        write_maybe(out, cell->scores[i]);
    }
    buf_add_char(out, ']');
}

static void write_trial(struct buf *out, const struct side *side,
                        const struct summary_cell_row *cell)
{
    const struct summary_tokens *t = &cell->tokens;
    const int64_t whole[] = {
        cell->latency_ns,
        cell->cost.known_nanousd,
        (int64_t)cell->cost.unknown_calls,
        (int64_t)cell->cost.lost_attempts,
        cell->cost.upper_nanousd,
        t->input,
        t->cache_read,
        t->cache_write,
        t->output,
        t->reasoning,
        (int64_t)cell->traffic.calls,
        (int64_t)cell->traffic.sent,
        (int64_t)cell->traffic.cached,
        (int64_t)cell->traffic.attempts,
        (int64_t)cell->answer,
    };
    _Static_assert(BASELINE_COLUMNS - BASELINE_LATENCY == sizeof whole / sizeof whole[0],
                   "one each");
    buf_printf(out, "[\"%s\",", summary_status_name(cell->status));
    write_text(out, cell->reason);
    buf_add_char(out, ',');
    write_maybe(out, cell->correct);
    buf_add_char(out, ',');
    write_maybe(out, cell->score);
    buf_add_char(out, ',');
    write_scores(out, side, cell);
    for (size_t i = 0; i < sizeof whole / sizeof whole[0]; i++) {
        buf_add_char(out, ',');
        if (i == 0 && whole[i] < 0)
            buf_add_str(out, STR("null"));
        else
            buf_printf(out, "%lld", (long long)whole[i]);
    }
    buf_add_char(out, ']');
}

/* `next` is the first cell that has not been written: cells stand in the same order. */
static void write_sample(struct buf *out, const struct side *side, size_t variant,
                         size_t sample, size_t *next)
{
    buf_add_char(out, '[');
    for (unsigned trial = 1; (int64_t)trial <= side->trials; trial++) {
        if (trial > 1)
            buf_add_char(out, ',');
        const struct summary_cell_row *cell = &side->cell[*next];
        bool there = *next < side->cells && cell->variant == variant &&
                     cell->sample == sample && cell->trial == trial;
        if (there) {
            write_trial(out, side, cell);
            ++*next;
        } else {
            buf_add_str(out, STR("null"));
        }
    }
    buf_add_char(out, ']');
}

/* The models that the variant's replies named, each as [model, reported, fingerprint]. */
static void write_repliers(struct buf *out, const struct side *side, size_t variant)
{
    bool comma = false;
    buf_add_str(out, STR(", \"models\": ["));
    for (size_t i = 0; i < side->repliers; i++) {
        const struct summary_replier *replier = &side->replier[i];
        if (replier->variant != variant)
            continue;
        buf_add_str(out, comma ? STR(", [") : STR("["));
        comma = true;
        write_text(out, replier->model);
        buf_add_str(out, STR(", "));
        write_text(out, replier->reported);
        buf_add_str(out, STR(", "));
        write_text(out, replier->fingerprint);
        buf_add_char(out, ']');
    }
    buf_add_char(out, ']');
}

static void write_roles(struct buf *out, const struct side *side, size_t variant)
{
    static const char *const names[SIDE_ROLES] = {"router", "judge"};
    if (!side->role)
        return;
    buf_add_str(out, STR(", \"roles\": {"));
    for (size_t i = 0; i < SIDE_ROLES; i++) {
        const struct summary_account *a = &side->role[variant * SIDE_ROLES + i];
        const int64_t value[BASELINE_ROLE_VALUES] = {a->cost.known_nanousd,
                                                     (int64_t)a->cost.unknown_calls,
                                                     (int64_t)a->cost.lost_attempts,
                                                     a->cost.upper_nanousd,
                                                     a->tokens.input,
                                                     a->tokens.cache_read,
                                                     a->tokens.cache_write,
                                                     a->tokens.output,
                                                     a->tokens.reasoning,
                                                     (int64_t)a->traffic.calls,
                                                     (int64_t)a->traffic.sent,
                                                     (int64_t)a->traffic.cached,
                                                     (int64_t)a->traffic.unsent,
                                                     (int64_t)a->traffic.attempts};
        buf_printf(out, "%s\"%s\": [", i ? ", " : "", names[i]);
        for (size_t k = 0; k < BASELINE_ROLE_VALUES; k++)
            buf_printf(out, "%s%lld", k ? "," : "", (long long)value[k]);
        buf_add_char(out, ']');
    }
    buf_add_char(out, '}');
}

void baseline_write(struct buf *out, const struct side *side)
{
    size_t next = 0;
    write_head(out, side);
    buf_add_str(out, STR("\"variants\": [\n"));
    for (size_t v = 0; v < side->variants; v++) {
        buf_add_str(out, STR("{\"name\": "));
        write_text(out, side->variant[v].name);
        buf_add_str(out, STR(", \"pattern\": "));
        write_text(out, side->variant[v].pattern);
        write_repliers(out, side, v);
        write_roles(out, side, v);
        buf_add_str(out, STR(", \"trials\": [\n"));
        for (size_t s = 0; s < side->samples; s++) {
            write_sample(out, side, v, s, &next);
            buf_add_str(out, s + 1 < side->samples ? STR(",\n") : STR("\n"));
        }
        buf_add_str(out, v + 1 < side->variants ? STR("]},\n") : STR("]}\n"));
    }
    buf_add_str(out, STR("]\n}\n"));
}
