/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plot_votes.c: what a majority of several answers is right about: predicted from how answers to
 * one sample agree, and, where a variant votes, measured.
 *
 * The predictions' intervals hold for all sizes together; a dashed line is extrapolated. A measured
 * vote stands at the mean number of voters that it asked. With votes in the run only the variants
 * that ask once are predicted: they explain the votes.
 */
#include "reports/plot_frame.h"

#include "reports/gnuplot.h"
#include "stats/summary_diagnosis.h"

#include <math.h>

enum { CURVES_MAX = 4, VOTES_MAX = 10 };

struct votes {
    size_t curve[CURVES_MAX], curves, curves_left; /* places of variants */
    size_t vote[VOTES_MAX], votes;
    double low, high; /* of all intervals */
    bool extrapolated;
};

static const struct summary_vote *prediction(const struct summary_variant *v)
{
    return v->diagnosis ? v->diagnosis->vote : NULL;
}

/* The mean number of voters that a cell asked; unknown for a variant that does not vote. */
static maybe voters(const struct summary_variant *v)
{
    if (!str_equal(v->pattern, STR("vote")) || !v->accuracy.value.known)
        return maybe_none();
    for (size_t s = 0; s < v->step_count; s++)
        if (str_equal(v->steps[s].path, STR("[*]")) && v->finished)
            return maybe_of((double)v->steps[s].instances / (double)v->finished);
    return maybe_none();
}

static void widen(struct votes *votes, const struct summary_estimate *e)
{
    votes->low = fmin(votes->low, e->low.known ? e->low.value : e->value.value);
    votes->high = fmax(votes->high, e->high.known ? e->high.value : e->value.value);
}

static struct votes choose(const struct plot_work *work)
{
    struct votes votes = {.low = 1, .high = 0};
    size_t variants = work->summary->meta.variant_count;
    for (size_t i = 0; i < variants; i++)
        if (voters(plot_variant(work, i)).known && votes.votes < VOTES_MAX)
            votes.vote[votes.votes++] = i;
    for (size_t i = 0; i < variants; i++) {
        const struct summary_variant *v = plot_variant(work, i);
        if (!prediction(v) || (votes.votes && str_equal(v->pattern, STR("vote"))))
            continue;
        if (votes.curves < CURVES_MAX)
            votes.curve[votes.curves++] = i;
        else
            votes.curves_left++;
    }
    return votes;
}

static void write_row(struct plot_work *work, size_t number, double votes,
                      const struct summary_estimate *e, maybe independent, int extrapolated,
                      str name)
{
    csv_out_int(&work->csv, (int64_t)number);
    csv_out_number(&work->csv, maybe_of(votes));
    csv_out_number(&work->csv, e->value);
    csv_out_number(&work->csv, e->low);
    csv_out_number(&work->csv, e->high);
    csv_out_number(&work->csv, independent);
    csv_out_int(&work->csv, extrapolated);
    plot_data_text(work, name);
    csv_out_end(&work->csv);
}

/* Predictions have the numbers 1, 2 ..., measured votes those after them. Intervals of several
 * curves stand a little beside each other. */
static void write_data(struct plot_work *work, struct votes *votes)
{
    static const char *const heads[] = {"number", "votes",     "accuracy",     "low",
                                        "high",   "if_random", "extrapolated", "variant"};
    csv_out_heads(&work->csv, heads, 8);
    csv_out_end(&work->csv);
    for (size_t i = 0; i < votes->curves; i++) {
        const struct summary_variant *v = plot_variant(work, votes->curve[i]);
        const struct summary_vote *vote = prediction(v);
        for (size_t k = 0; k < SUMMARY_VOTE_SIZES; k++) {
            const struct summary_majority *m = &vote->size[k];
            if (!m->accuracy.value.known)
                continue;
            write_row(work, i + 1, summary_vote_sizes[k], &m->accuracy,
                      maybe_of(m->independent), m->extrapolated, v->name);
            widen(votes, &m->accuracy);
            votes->high = votes->curves == 1 ? fmax(votes->high, m->independent) : votes->high;
            votes->extrapolated |= m->extrapolated;
        }
    }
    for (size_t i = 0; i < votes->votes; i++) {
        const struct summary_variant *v = plot_variant(work, votes->vote[i]);
        write_row(work, votes->curves + i + 1, voters(v).value, &v->accuracy, maybe_none(), 0,
                  v->name);
        widen(votes, &v->accuracy);
    }
}

static void add_title(struct plot_work *work, struct buf *command, str text)
{
    (void)work;
    buf_add_str(command, STR(" title "));
    gnuplot_text(command, text, PLOT_NAME_MAX + 24);
}

static void add_curve(struct plot_work *work, struct buf *command, const struct votes *votes,
                      size_t i)
{
    size_t style = votes->curve[i] + 1;
    double beside = 0.14 * ((double)i - (double)(votes->curves - 1) / 2);
    str name = plot_name(work, votes->curve[i]);
    buf_printf(command,
               "%s'votes.csv' using ($1 == %zu ? $2%+.2f : NaN):($3*100):($4*100):($5*100) \\\n"
               "        with yerrorbars lt %zu dt 1 ps 1.1",
               i ? ", \\\n    " : "plot ", i + 1, beside, style);
    add_title(work, command, arena_printf(work->arena, "%.*s, predicted", STR_ARG(name)));
    buf_printf(
        command,
        ", \\\n    '' using ($1 == %zu && $7 == 0 ? $2%+.2f : NaN):($3*100) with lines lt %zu "
        "dt 1 notitle, \\\n"
        "    '' using ($1 == %zu ? $2%+.2f : NaN):($3*100) with lines lt %zu dt 2 lw 1.3 "
        "notitle",
        i + 1, beside, style, i + 1, beside, style);
}

static str command(struct plot_work *work, const struct votes *votes)
{
    struct buf command = {0};
    for (size_t i = 0; i < votes->curves; i++)
        add_curve(work, &command, votes, i);
    if (votes->curves == 1)
        buf_add_str(&command,
                    STR(", \\\n    '' using ($1 == 1 ? $2 : NaN):($6*100) with lines lc "
                        "rgb '#909090' dt 3 lw 2 title 'if errors were random'"));
    for (size_t i = 0; i < votes->votes; i++) {
        buf_printf(&command,
                   "%s'votes.csv' using ($1 == %zu ? $2 : NaN):($3*100):($4*100):($5*100) \\\n"
                   "        with yerrorbars lt %zu dt 1 pt %zu ps 1.7 lw 2.4",
                   votes->curves + i ? ", \\\n    " : "plot ", votes->curves + i + 1,
                   votes->vote[i] + 1, 4 + 2 * (i % 5));
        add_title(work, &command,
                  arena_printf(work->arena, "%.*s, measured",
                               STR_ARG(plot_name(work, votes->vote[i]))));
    }
    return plot_command_end(work, &command);
}

static str note_of(const struct plot_work *work, const struct votes *votes)
{
    str note = plot_interval_words(work);
    if (votes->curves)
        note = arena_printf(work->arena, "%.*s, of a prediction for all sizes together%s",
                            STR_ARG(note), votes->extrapolated ? "; dashed: extrapolated" : "");
    return plot_left_out(work, note, votes->curves_left, "variant");
}

int plot_votes(struct plot_work *work, struct err *err)
{
    struct votes votes = choose(work);
    (void)err;
    if (votes.curves == 0)
        return 1;
    write_data(work, &votes);
    unsigned names = 8;
    for (size_t i = 0; i < votes.curves; i++)
        names = plot_wider(names, plot_name(work, votes.curve[i]));
    for (size_t i = 0; i < votes.votes; i++)
        names = plot_wider(names, plot_name(work, votes.vote[i]));
    struct plot_frame frame = {
        .name = "votes",
        .title = "What a majority would be right about",
        .note = note_of(work, &votes),
        .height = 540,
        .left = 11,
        .right = names + 18,
    };
    plot_frame_begin(work, &frame);
    plot_share_axis(work, 'y', votes.low, votes.high);
    buf_add_str(&work->script,
                STR("set xrange [0:16]\n"
                    "set xtics (1, 3, 5, 7, 9, 15)\n"
                    "set xlabel 'answers to a sample that vote' tc rgb '#404040'\n"
                    "set ylabel 'samples whose majority is right (%)' tc rgb '#404040'\n"));
    plot_frame_end(work, &frame, command(work, &votes));
    return 0;
}
