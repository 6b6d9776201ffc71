/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plot_refine.c: what rounds of a refinement are worth: the quality after each, those that stopped
 * before carried forward, and what each gains over the one before, paired. Two pictures.
 *
 * Quality is measured in shares (by a score of the run) or in the units of an evaluator, which no
 * axis can hold together: drawn is what the best variant has, the note says what is not.
 */
#include "reports/plot_frame.h"

#include "reports/gnuplot.h"
#include "stats/summary_diagnosis.h"

#include <math.h>

struct refinements {
    const char *name;
    const struct summary_refinement *of[PLOT_CURVES_MAX];
    size_t place[PLOT_CURVES_MAX]; /* of its variant */
    size_t count, left_out;
    bool shares;
    size_t first, rounds; /* drawn */
    double low, high;     /* in the unit of the axis */
    const struct summary_estimate *(*value)(const struct summary_round *round);
};

static bool is_share(const struct summary_refinement *r)
{
    return r->measure == SUMMARY_MEASURE_ANSWER || r->measure == SUMMARY_MEASURE_STEP;
}

static double factor(const struct refinements *all)
{
    return all->shares ? 100 : 1;
}

static const struct summary_estimate *quality_of(const struct summary_round *round)
{
    return &round->quality;
}

static const struct summary_estimate *gain_of(const struct summary_round *round)
{
    return &round->gain;
}

static void widen(struct refinements *all, const struct summary_estimate *e)
{
    const maybe ends[] = {e->low, e->value, e->high};
    for (size_t i = 0; i < 3; i++)
        if (ends[i].known) {
            all->low = fmin(all->low, ends[i].value * factor(all));
            all->high = fmax(all->high, ends[i].value * factor(all));
        }
}

static void choose(const struct plot_work *work, struct refinements *all)
{
    for (size_t i = 0; i < work->summary->meta.variant_count; i++) {
        const struct summary_diagnosis *d = plot_variant(work, i)->diagnosis;
        for (size_t r = 0; d && r < d->refinement_count; r++) {
            const struct summary_refinement *one = &d->refinements[r];
            if (one->measure == SUMMARY_MEASURE_NONE || one->round_count < 2)
                continue;
            if (all->count == 0)
                all->shares = is_share(one);
            if (is_share(one) != all->shares || all->count == PLOT_CURVES_MAX) {
                all->left_out++;
                continue;
            }
            all->of[all->count] = one;
            all->place[all->count++] = i;
            all->rounds = one->round_count > all->rounds ? one->round_count : all->rounds;
            for (size_t k = all->first - 1; k < one->round_count; k++)
                widen(all, all->value(&one->rounds[k]));
        }
    }
}

static void write_data(struct plot_work *work, const struct refinements *all)
{
    static const char *const heads[] = {"number", "round",   "value",    "low",
                                        "high",   "reached", "accepted", "variant"};
    csv_out_heads(&work->csv, heads, 8);
    csv_out_end(&work->csv);
    for (size_t i = 0; i < all->count; i++)
        for (size_t k = all->first - 1; k < all->of[i]->round_count; k++) {
            const struct summary_round *round = &all->of[i]->rounds[k];
            const struct summary_estimate *e = all->value(round);
            csv_out_int(&work->csv, (int64_t)i + 1);
            csv_out_int(&work->csv, (int64_t)round->number);
            csv_out_number(&work->csv, maybe_scale(e->value, factor(all)));
            csv_out_number(&work->csv, maybe_scale(e->low, factor(all)));
            csv_out_number(&work->csv, maybe_scale(e->high, factor(all)));
            csv_out_int(&work->csv, (int64_t)round->reached);
            csv_out_int(&work->csv, (int64_t)round->accepted);
            plot_data_text(work, plot_variant(work, all->place[i])->name);
            csv_out_end(&work->csv);
        }
}

static str title_of(const struct plot_work *work, const struct refinements *all, size_t i)
{
    const char *measure = summary_measure_name(all->of[i]->measure);
    return arena_printf(work->arena, "%.*s, by %s", STR_ARG(plot_name(work, all->place[i])),
                        measure ? measure : "");
}

static str command(struct plot_work *work, const struct refinements *all, bool lines)
{
    struct buf command = {0};
    for (size_t i = 0; i < all->count; i++) {
        double beside = 0.08 * ((double)i - (double)(all->count - 1) / 2);
        buf_printf(&command,
                   "%s'%s.csv' using ($1 == %zu ? $2%+.2f : NaN):3:4:5 \\\n"
                   "        with yerrorbars lt %zu dt 1 ps 1.2 title ",
                   i ? ", \\\n    " : "plot ", all->name, i + 1, beside, all->place[i] + 1);
        gnuplot_text(&command, title_of(work, all, i), PLOT_NAME_MAX + 16);
        if (lines)
            buf_printf(&command,
                       ", \\\n    '' using ($1 == %zu ? $2%+.2f : NaN):3 with lines lt %zu "
                       "notitle",
                       i + 1, beside, all->place[i] + 1);
    }
    return plot_command_end(work, &command);
}

static void write_axes(struct plot_work *work, const struct refinements *all, bool gains)
{
    struct buf *script = &work->script;
    double pad = fmax(0.06 * (all->high - all->low), 1e-9);
    if (gains)
        buf_printf(
            script,
            "set yrange [%.4g:%.4g]\n# nothing gained\nset arrow from graph 0, first 0 to "
            "graph 1, first 0 nohead lw 1.2 dt 2 lc rgb '#707070' back\n",
            fmin(0, all->low) - pad, fmax(0, all->high) + pad);
    else if (all->shares)
        plot_share_axis(work, 'y', all->low / 100, all->high / 100);
    else
        buf_printf(script, "set yrange [%.4g:%.4g]\n", all->low - pad, all->high + pad);
    buf_printf(script,
               "set xrange [%zu.4:%zu.6]\nset xtics 1\n"
               "set xlabel 'round: a draft and its evaluation' tc rgb '#404040'\n"
               "set ylabel '%s' tc rgb '#404040'\n",
               all->first - 1, all->rounds,
               gains         ? all->shares ? "gained over the round before (points)"
                                           : "gained over the round before (score of the evaluator)"
               : all->shares ? "quality when it ends there (%)"
                             : "quality when it ends there (score of the evaluator)");
}

static int draw(struct plot_work *work, const char *name, const char *title, bool gains)
{
    struct refinements all = {.name = name,
                              .first = gains ? 2 : 1,
                              .low = (double)INFINITY,
                              .high = -(double)INFINITY,
                              .value = gains ? gain_of : quality_of};
    choose(work, &all);
    if (all.count == 0 || !(all.low <= all.high))
        return 1;
    str note = arena_printf(work->arena, "%.*s; who stopped before is carried forward",
                            STR_ARG(plot_interval_words(work)));
    if (all.left_out)
        note = arena_printf(work->arena, "%.*s; %zu others are measured otherwise or too many",
                            STR_ARG(note), all.left_out);
    unsigned names = 8;
    for (size_t i = 0; i < all.count; i++)
        names = plot_wider(names, title_of(work, &all, i));
    struct plot_frame frame = {.name = name,
                               .title = title,
                               .note = note,
                               .height = 500,
                               .left = 11,
                               .right = names + 8};
    write_data(work, &all);
    plot_frame_begin(work, &frame);
    write_axes(work, &all, gains);
    plot_frame_end(work, &frame, command(work, &all, !gains));
    return 0;
}

int plot_refine_gain(struct plot_work *work, struct err *err)
{
    (void)err;
    return draw(work, "refine-gain", "What each round gains", true);
}

int plot_refine_quality(struct plot_work *work, struct err *err)
{
    (void)err;
    return draw(work, "refine-quality", "Quality after each round", false);
}
