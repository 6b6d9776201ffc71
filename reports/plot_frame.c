/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plot_frame.c: the common parts of every script (see plot_frame.h).
 *
 * Titles are labels, not titles: those can stand at the left, in two sizes, and are never taken
 * for a format. The palette is that of Okabe and Ito (2008), which people with any common colour
 * blindness can tell apart; dashes and point shapes tell the same in grey.
 */
#include "reports/plot_frame.h"

#include "base/text.h"
#include "reports/gnuplot.h"
#include "stats/format.h"

#include <math.h>

enum { WIDTH = 960, TEXT_MAX = 110 };
/* PNG pixels for one of SVG. */
#define PNG_SCALE 1.75

static const char *const palette[] = {"#0072B2", "#D55E00", "#009E73", "#CC79A7",
                                      "#E69F00", "#56B4E9", "#000000"};
enum { PALETTE = sizeof palette / sizeof palette[0] };
/* Long enough to be seen on curves made of small steps. */
static const char *const dashes[] = {"1", "(16,4)", "(7,4)", "(16,4,4,4)", "(28,4,4,4,4,4)"};
enum { DASHES = sizeof dashes / sizeof dashes[0] };

str plot_interval_words(const struct plot_work *work)
{
    return arena_printf(work->arena, "%s %% intervals",
                        stats_format_confidence(work->arena, work->summary->meta.confidence).p);
}

str plot_name(const struct plot_work *work, size_t place)
{
    return page_text(work->arena, work->summary->meta.variants[work->order[place]].name,
                     PLOT_NAME_MAX);
}

unsigned plot_name_columns(const struct plot_work *work, size_t count)
{
    size_t widest = 4;
    for (size_t i = 0; i < count; i++) {
        size_t columns = text_columns(plot_name(work, i));
        widest = columns > widest ? columns : widest;
    }
    return (unsigned)widest;
}

/* `text` may come from outside. `y`: pixels from the top of the picture. */
static void write_line(struct buf *script, const struct plot_frame *frame, str text, double y,
                       const char *style)
{
    if (text.n == 0)
        return;
    buf_add_str(script, STR("set label "));
    gnuplot_text(script, text, TEXT_MAX);
    buf_printf(script, " at screen 0.02, screen %.4f left noenhanced %s\n",
               1.0 - y / frame->height, style);
}

static str footer(const struct plot_work *work)
{
    const struct summary_meta *meta = &work->summary->meta;
    return arena_printf(work->arena, "%.*s, run %.*s: %zu sample%s × %zu trial%s",
                        STR_ARG(page_text(work->arena, meta->experiment, 40)),
                        STR_ARG(page_text(work->arena, meta->run, 40)), meta->samples,
                        meta->samples == 1 ? "" : "s", meta->trials,
                        meta->trials == 1 ? "" : "s");
}

static void write_texts(struct plot_work *work, const struct plot_frame *frame)
{
    const struct report_input *input = work->input;
    str subject = page_text(work->arena, input->title, 80);
    str note = subject.n ? arena_printf(work->arena, "%.*s · %.*s", STR_ARG(subject),
                                        STR_ARG(frame->note))
                         : frame->note;
    write_line(&work->script, frame, str_from(frame->title), 26, "font ',17'");
    write_line(&work->script, frame, note, 50, "tc rgb '#404040'");
    write_line(&work->script, frame, page_mock_notice(work->summary), 71, "tc rgb '#B04A00'");
    write_line(&work->script, frame, footer(work), frame->height - 14.0,
               "font ',10' tc rgb '#707070'");
}

static void write_styles(struct buf *script)
{
    buf_add_str(script, STR("# one style for each variant: colour, dash, shape\n"));
    for (unsigned i = 0; i < PLOT_CURVES_MAX * 2; i++)
        buf_printf(script, "set linetype %u lc rgb '%s' dt %s pt %u lw 2\n", i + 1,
                   palette[i % PALETTE], dashes[i % DASHES], 5 + 2 * (i % DASHES));
    buf_printf(script, "set linetype cycle %u\n", PLOT_CURVES_MAX * 2);
}

void plot_log_axis(struct plot_work *work, double low, double high)
{
    static const double steps[] = {1, 2, 5};
    const char *between = "";
    size_t count = high / low < 300 ? 3 : 1;
    buf_printf(&work->script, "set logscale x\nset xrange [%.4g:%.4g]\nset xtics (", low, high);
    for (double decade = pow(10, floor(log10(low))); decade <= high; decade *= 10)
        for (size_t i = 0; i < count; i++)
            if (decade * steps[i] >= low && decade * steps[i] <= high) {
                buf_printf(&work->script, "%s%.4g", between, decade * steps[i]);
                between = ", ";
            }
    buf_add_str(&work->script, STR(")\n"));
}

void plot_frame_begin(struct plot_work *work, const struct plot_frame *frame)
{
    struct buf *script = &work->script;
    buf_printf(script,
               "# %s. Written by weir; the data is in %s.csv.\n"
               "# Change what you like and draw it again: gnuplot %s.gp\n"
               "set encoding utf8\n"
               "set datafile separator comma\n"
               "set datafile columnheaders\n\n",
               frame->title, frame->name, frame->name);
    write_styles(script);
    buf_add_str(script, STR("\n# text from the experiment stands in single quotes, where "
                            "gnuplot expands nothing\n"));
    write_texts(work, frame);
    buf_printf(script,
               "\nset tmargin at screen %.4f\n"
               "set bmargin at screen %.4f\n"
               "set lmargin %u\n"
               "set rmargin %u\n"
               "set border 3 lc rgb '#808080'\n"
               "set tics nomirror out tc rgb '#404040'\n"
               "set grid x y lt 1 dt 1 lw 0.7 lc rgb '#E4E4E4'\n",
               1.0 - (work->summary->meta.mock ? 92.0 : 72.0) / frame->height,
               88.0 / frame->height, frame->left, frame->right);
}

void plot_frame_end(struct plot_work *work, const struct plot_frame *frame, str command)
{
    struct buf *script = &work->script;
    buf_printf(script,
               "\nset terminal svg noenhanced size %d,%u font 'sans-serif,13' background "
               "'white'\n"
               "set output '%s.svg'\n",
               WIDTH, frame->height, frame->name);
    buf_add_str(script, command);
    buf_printf(script,
               "\n\nif (strstrt(GPVAL_TERMINALS, ' pngcairo ')) {\n"
               "    set terminal pngcairo noenhanced size %.0f,%.0f font 'sans,13' fontscale "
               "%g linewidth %g pointscale %g\n"
               "} else {\n"
               "    set terminal png noenhanced size %.0f,%.0f\n"
               "}\n"
               "set output '%s.png'\n"
               "replot\n",
               WIDTH * PNG_SCALE, frame->height * PNG_SCALE, PNG_SCALE * 0.75, PNG_SCALE,
               PNG_SCALE, WIDTH * PNG_SCALE, frame->height * PNG_SCALE, frame->name);
}
