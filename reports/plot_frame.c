/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plot_frame.c: the common parts of every script (see plot_frame.h).
 *
 * Titles are labels, not titles: those can stand at the left, in two sizes, and are never taken
 * for a format. Dashes and point shapes tell the same as the palette in grey.
 */
#include "reports/plot_frame.h"

#include "base/text.h"
#include "reports/gnuplot.h"
#include "reports/palette.h"
#include "reports/terminal.h"
#include "stats/format.h"

#include <math.h>

enum {
    WIDTH = 960,
    TEXT_MAX = 128,
    AROUND_ROWS = 200,
    ENTRY = 22,
    SEEN_MAX = 400,
    DATA_TEXT_MAX = 200
};
/* PNG pixels for one of SVG. */
#define PNG_SCALE 1.75

/* Long enough to be seen on curves made of small steps. */
static const char *const dashes[] = {"1", "(16,4)", "(7,4)", "(16,4,4,4)", "(28,4,4,4,4,4)"};
/* Both numbers are prime: no pair comes twice. */
enum { DASHES = sizeof dashes / sizeof dashes[0], STYLES = DASHES * PALETTE_COLOURS };

str plot_interval_words(const struct plot_work *work)
{
    return arena_printf(work->arena, "%s %% intervals",
                        stats_format_confidence(work->arena, work->summary->meta.confidence).p);
}

str plot_best_words(const struct plot_work *work, str note, size_t shown)
{
    size_t variants = work->summary->meta.variant_count;
    return shown < variants ? arena_printf(work->arena, "%.*s; the best %zu of %zu variants",
                                           STR_ARG(note), shown, variants)
                            : note;
}

str plot_left_out(const struct plot_work *work, str note, size_t count, const char *what)
{
    if (count == 0)
        return note;
    return arena_printf(work->arena, "%.*s; %zu more %s%s left out", STR_ARG(note), count, what,
                        count == 1 ? " is" : "s are");
}

const struct summary_variant *plot_variant(const struct plot_work *work, size_t place)
{
    return &work->summary->variants[work->order[place]];
}

str plot_text(const struct plot_work *work, str text, size_t columns)
{
    return terminal_fit(work->arena, page_text(work->arena, text, SEEN_MAX), columns);
}

str plot_path(const struct plot_work *work, str path, size_t columns)
{
    return terminal_fit(work->arena, page_path(work->arena, path, SEEN_MAX), columns);
}

str plot_name(const struct plot_work *work, size_t place)
{
    return plot_text(work, plot_variant(work, place)->name, PLOT_NAME_MAX);
}

unsigned plot_wider(unsigned columns, str text)
{
    size_t wide = text_columns(text);
    return wide > columns ? (unsigned)wide : columns;
}

unsigned plot_name_columns(const struct plot_work *work, size_t count)
{
    unsigned widest = 4;
    for (size_t i = 0; i < count; i++)
        widest = plot_wider(widest, plot_name(work, i));
    return widest;
}

unsigned plot_rows_height(size_t rows, unsigned row_height, size_t entries)
{
    unsigned for_rows = row_height * (unsigned)rows, for_legend = ENTRY * (unsigned)entries;
    return AROUND_ROWS + (for_rows > for_legend ? for_rows : for_legend);
}

str plot_command_end(struct plot_work *work, struct buf *command)
{
    str text = arena_str(work->arena, buf_str(command));
    buf_release(command);
    return text;
}

void plot_data_text(struct plot_work *work, str text)
{
    csv_out_text(&work->csv, page_text(work->arena, text, DATA_TEXT_MAX));
}

void plot_label(struct plot_work *work, str text, size_t columns, const char *where, ...)
{
    va_list args;
    if (text.n == 0)
        return;
    va_start(args, where);
    str place = arena_vprintf(work->arena, where, args);
    va_end(args);
    buf_add_str(&work->script, STR("set label "));
    gnuplot_text(&work->script, text, columns);
    buf_printf(&work->script, " %.*s\n", STR_ARG(place));
}

/* Neighbours differ in lightness or pattern as well as in colour. */
const char *plot_fill(size_t number)
{
    static const char *const fills[] = {
        "fs solid 1 border lc rgb '#404040' lw 0.6 dt 1 fc rgb '#E8E8E8'",
        "fs solid 1 border lc rgb '#404040' lw 0.6 dt 1 fc rgb '#0072B2'",
        "fs solid 1 border lc rgb '#404040' lw 0.6 dt 1 fc rgb '#9AD0F0'",
        "fs solid 1 border lc rgb '#404040' lw 0.6 dt 1 fc rgb '#E69F00'",
        "fs pattern 4 border lc rgb '#404040' lw 0.6 dt 1 fc rgb '#009E73'",
        "fs pattern 5 border lc rgb '#404040' lw 0.6 dt 1 fc rgb '#D55E00'",
        "fs pattern 1 border lc rgb '#404040' lw 0.6 dt 1 fc rgb '#CC79A7'",
        "fs solid 1 border lc rgb '#404040' lw 0.6 dt 1 fc rgb '#303030'",
    };
    return fills[number < sizeof fills / sizeof fills[0] ? number : 0];
}

/* `text` may come from outside. `y`: pixels from the top of the picture. */
static void write_line(struct plot_work *work, const struct plot_frame *frame, str text,
                       double y, const char *style)
{
    plot_label(work, text, TEXT_MAX, "at screen 0.02, screen %.4f left noenhanced %s",
               1.0 - y / frame->height, style);
}

static void write_texts(struct plot_work *work, const struct plot_frame *frame)
{
    size_t used = text_columns(frame->note) + 3;
    str subject =
        page_text(work->arena, work->subject, used < TEXT_MAX - 12 ? TEXT_MAX - used : 12);
    str note = subject.n ? arena_printf(work->arena, "%.*s · %.*s", STR_ARG(subject),
                                        STR_ARG(frame->note))
                         : frame->note;
    write_line(work, frame, str_from(frame->title), 26, "font ',17'");
    write_line(work, frame, note, 50, "tc rgb '#404040'");
    write_line(work, frame, work->mock, 71, "tc rgb '#B04A00'");
    write_line(work, frame, work->footer, frame->height - 14.0, "font ',10' tc rgb '#707070'");
}

static void write_styles(struct buf *script, size_t variants)
{
    unsigned count = variants < STYLES ? (unsigned)variants : STYLES;
    buf_add_str(script, STR("# one style for each variant: colour, dash, shape\n"));
    for (unsigned i = 0; i < count; i++)
        buf_printf(script, "set linetype %u lc rgb '%s' dt %s pt %u lw 2\n", i + 1,
                   palette_colour(i), dashes[i % DASHES], 5 + 2 * (i % DASHES));
    buf_printf(script, "set linetype cycle %u\n", count ? count : 1);
}

void plot_bars(struct plot_work *work, size_t rows, double half)
{
    buf_printf(&work->script,
               "set yrange [%zu.6:0.4]\nunset ytics\nunset grid\nset border 1\n"
               "set grid x lt 1 dt 1 lw 0.7 lc rgb '#E4E4E4'\n"
               "half = %g # of a bar's width\n",
               rows, half);
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

void plot_share_axis(struct plot_work *work, char axis, double low, double high)
{
    low = fmax(0, floor(10 * low - 0.1) * 10);
    high = fmin(100, ceil(10 * high + 0.1) * 10);
    buf_printf(&work->script, "set %crange [%g:%g]\n", axis, low < high ? low : 0,
               low < high ? high : 100);
}

void plot_time_axis(struct plot_work *work, double low_ms, double high_ms, const char *label)
{
    struct buf *script = &work->script;
    bool seconds = high_ms >= 2000;
    double unit = seconds ? 1e-3 : 1, left = 0;
    double right = high_ms > 0 ? high_ms * unit * 1.05 : 1;
    if (low_ms > 0 && high_ms / low_ms >= 12) {
        left = low_ms * unit / 1.15;
        plot_log_axis(work, left, right);
    } else {
        buf_printf(script, "set xrange [0:%.4g]\n", right);
    }
    buf_printf(script,
               "left = %.4g\nright = %.4g\n"
               "# milliseconds to the unit of the axis; what is left of it stands at its edge\n"
               "x(ms) = ms*%g > left ? ms*%g : left\n"
               "# an interval without an end goes to the edge\n"
               "low(c) = valid(c) ? x(column(c)) : left\n"
               "high(c) = valid(c) ? x(column(c)) : right\n",
               left, right, unit, unit);
    buf_printf(script, "set xlabel '%s (%s%s)' tc rgb '#404040'\nset format x '%%g'\n", label,
               seconds ? "s" : "ms", left > 0 ? ", log scale" : "");
}

void plot_frame_begin(struct plot_work *work, const struct plot_frame *frame)
{
    struct buf *script = &work->script;
    buf_printf(script,
               "# %s. Written by weir; the data is in %s.csv.\n"
               "# Change what you like and draw it again: gnuplot %s.gp\n"
               "reset\nset encoding utf8\n"
               "set datafile separator comma\n"
               "set datafile columnheaders\n\n",
               frame->title, frame->name, frame->name);
    write_styles(script, work->variants);
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
               "set grid x y lt 1 dt 1 lw 0.7 lc rgb '#E4E4E4'\n"
               "set key outside right top vertical Left reverse samplen 2.5 spacing 1.3\n",
               1.0 - (work->mock.n ? 92.0 : 72.0) / frame->height,
               (88.0 + frame->below) / frame->height, frame->left, frame->right);
}

/* The same command, on a second terminal. */
static void write_png(struct buf *script, const struct plot_frame *frame)
{
    buf_printf(script,
               "\nif (strstrt(GPVAL_TERMINALS, ' pngcairo ')) {\n"
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

void plot_frame_end(struct plot_work *work, const struct plot_frame *frame, str command)
{
    struct buf *script = &work->script;
    buf_printf(script,
               "\nset terminal svg noenhanced size %d,%u font 'sans-serif,13' background "
               "'white'\n"
               "set output '%s.svg'\n",
               WIDTH, frame->height, frame->name);
    buf_add_str(script, command);
    buf_add_str(script, STR("\n"));
    if (!work->svg_only)
        write_png(script, frame);
    buf_add_str(script, STR("unset output\n"));
}
