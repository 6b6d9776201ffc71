/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plot_steps.c: where the money, the tokens and the time of a cell go: a bar a variant, stacked by
 * step. Three pictures of one kind.
 *
 * A step has one colour and pattern in all bars, by its path. The heaviest ones have one of their
 * own, the others are pooled. Times of calls that ran at once add up: a mark shows how long a cell
 * really took.
 */
#include "reports/plot_frame.h"

#include "reports/gnuplot.h"
#include "stats/format.h"

#include <math.h>

enum { ROWS_MAX = 60, FEW_ROWS = 20, ROW_HEIGHT = 36, SMALL_ROW_HEIGHT = 22, SEGMENTS = 7 };

struct stack {
    const char *name, *title, *note;
    const char *head; /* of the data's column */
    str label;        /* of the axis */
    double factor;    /* from the summary's unit to that of the axis and the data */
    bool times;       /* the unit is chosen by size, and a mark shows the latency */
    bool money;       /* a lower bound where attempts were lost */
    maybe (*of)(const struct summary_step *step);
    str (*format)(struct arena *arena, maybe sum);
};

/* One path, in all variants. */
struct segment {
    str path;
    double share; /* of the bars, summed */
    size_t shown; /* from 1; 0: pooled */
};

struct stacks {
    const struct stack *stack;
    struct segment *segment;
    size_t segments, shown;
    bool pools;
    size_t *row; /* places of variants */
    size_t rows, all, unknown;
    size_t boxes; /* of all bars */
    double most;  /* of the bars, in the unit of the axis */
};

/* Unknown when that of one step is. */
static maybe sum_of(const struct stack *stack, const struct summary_variant *v)
{
    double sum = 0;
    for (size_t s = 0; s < v->step_count; s++) {
        maybe one = stack->of(&v->steps[s]);
        if (!one.known)
            return maybe_none();
        sum += one.value;
    }
    return maybe_of(sum);
}

static struct segment *segment_of(struct stacks *stacks, str path)
{
    size_t i = 0;
    while (i < stacks->segments && !str_equal(stacks->segment[i].path, path))
        i++;
    if (i == stacks->segments)
        stacks->segment[stacks->segments++] = (struct segment){.path = path};
    return &stacks->segment[i];
}

static void choose_rows(const struct plot_work *work, struct stacks *stacks)
{
    size_t variants = work->summary->meta.variant_count;
    stacks->row = arena_array(work->arena, size_t, variants + 1);
    for (size_t i = 0; i < variants; i++) {
        maybe sum = sum_of(stacks->stack, plot_variant(work, i));
        stacks->unknown += !sum.known;
        if (!(sum.value > 0))
            continue;
        stacks->all++;
        if (stacks->rows < ROWS_MAX)
            stacks->row[stacks->rows++] = i;
    }
}

static void collect_segments(const struct plot_work *work, struct stacks *stacks)
{
    size_t room = 1;
    for (size_t i = 0; i < stacks->rows; i++)
        room += plot_variant(work, stacks->row[i])->step_count;
    stacks->segment = arena_array(work->arena, struct segment, room);
    for (size_t i = 0; i < stacks->rows; i++) {
        const struct summary_variant *v = plot_variant(work, stacks->row[i]);
        double sum = sum_of(stacks->stack, v).value;
        stacks->most = fmax(stacks->most, sum * stacks->stack->factor);
        for (size_t s = 0; s < v->step_count; s++) {
            double one = stacks->stack->of(&v->steps[s]).value;
            if (!(one > 0))
                continue;
            segment_of(stacks, v->steps[s].path)->share += one / sum;
            stacks->boxes++;
        }
    }
}

/* The heaviest get numbers, in the order in which they stand in the variants. */
static void number_segments(struct stacks *stacks)
{
    for (size_t n = 0; n < SEGMENTS && n < stacks->segments; n++) {
        struct segment *best = NULL;
        for (size_t i = 0; i < stacks->segments; i++)
            if (!stacks->segment[i].shown && (!best || stacks->segment[i].share > best->share))
                best = &stacks->segment[i];
        best->shown = 1;
    }
    for (size_t i = 0; i < stacks->segments; i++) {
        if (stacks->segment[i].shown)
            stacks->segment[i].shown = ++stacks->shown;
        else
            stacks->pools = true;
    }
}

static void write_box(struct plot_work *work, const struct stacks *stacks, size_t row,
                      size_t segment, double from, double to)
{
    const struct summary_variant *v = plot_variant(work, stacks->row[row]);
    csv_out_int(&work->csv, (int64_t)row + 1);
    csv_out_int(&work->csv, (int64_t)segment);
    csv_out_number(&work->csv, maybe_of(from));
    csv_out_number(&work->csv, maybe_of(to));
    plot_data_text(work, v->name);
}

/* Of one bar; pooled steps have the number 0 and come last, as one box where there are very many. */
static void write_bar(struct plot_work *work, struct stacks *stacks, size_t row)
{
    const struct summary_variant *v = plot_variant(work, stacks->row[row]);
    double at = 0, rest = 0;
    for (size_t n = 1; n <= stacks->shown + 1; n++) {
        size_t segment = n > stacks->shown ? 0 : n;
        for (size_t s = 0; s < v->step_count; s++) {
            double one = stacks->stack->factor * stacks->stack->of(&v->steps[s]).value;
            if (!(one > 0) || segment_of(stacks, v->steps[s].path)->shown != segment)
                continue;
            if (segment == 0 && stacks->boxes > PLOT_POINTS_MAX) {
                rest += one;
                continue;
            }
            write_box(work, stacks, row, segment, at, at + one);
            plot_data_text(work, v->steps[s].path);
            csv_out_end(&work->csv);
            at += one;
        }
    }
    if (rest > 0) {
        write_box(work, stacks, row, 0, at, at + rest);
        plot_data_text(work, STR("(other steps)"));
        csv_out_end(&work->csv);
    }
}

static void write_data(struct plot_work *work, struct stacks *stacks)
{
    const char *from = arena_printf(work->arena, "from_%s", stacks->stack->head).p;
    const char *to = arena_printf(work->arena, "to_%s", stacks->stack->head).p;
    const char *heads[] = {"row", "segment", from, to, "variant", "step"};
    csv_out_heads(&work->csv, heads, 6);
    csv_out_end(&work->csv);
    for (size_t row = 0; row < stacks->rows; row++)
        write_bar(work, stacks, row);
}

static void write_row_texts(struct plot_work *work, const struct stacks *stacks)
{
    for (size_t row = 0; row < stacks->rows; row++) {
        const struct summary_variant *v = plot_variant(work, stacks->row[row]);
        maybe sum = sum_of(stacks->stack, v);
        plot_label(work, plot_name(work, stacks->row[row]), PLOT_NAME_MAX,
                   "at graph -0.01, first %zu right", row + 1);
        str text = stacks->stack->format(work->arena, sum);
        if (stacks->stack->money && v->cost.lost_attempts)
            text = arena_printf(work->arena, "≥ %.*s", STR_ARG(text));
        plot_label(work, text, 40,
                   "at x(%.6g), first %zu left offset 1.2,0 font ',11' tc rgb '#404040'",
                   sum.value * stacks->stack->factor, row + 1);
    }
}

/* The mark of each row, as data in the script. */
static bool write_marks(struct plot_work *work, const struct stacks *stacks)
{
    bool any = false;
    for (size_t row = 0; stacks->stack->times && row < stacks->rows; row++) {
        maybe path = plot_variant(work, stacks->row[row])->critical_path_ns;
        if (!path.known)
            continue;
        buf_add_str(&work->script, any ? STR("") : STR("$latency << END\nms,row\n"));
        buf_printf(&work->script, "%.6g,%zu\n", path.value * stacks->stack->factor, row + 1);
        any = true;
    }
    buf_add_str(&work->script, any ? STR("END\n") : STR(""));
    return any;
}

static str command(struct plot_work *work, const struct stacks *stacks, bool marks)
{
    struct buf command = {0};
    const char *before = "plot ";
    for (size_t n = 1; n <= stacks->shown + stacks->pools; n++) {
        size_t segment = n > stacks->shown ? 0 : n;
        str path = STR("other steps");
        for (size_t i = 0; i < stacks->segments && segment; i++)
            if (stacks->segment[i].shown == segment)
                path = plot_path(work, stacks->segment[i].path, PLOT_NAME_MAX);
        buf_printf(&command,
                   "%s'%s.csv' using ($2 == %zu ? x($3) : NaN):1:(x($3)):(x($4)):"
                   "($1-half):($1+half) \\\n        with boxxyerror %s title ",
                   before, stacks->stack->name, segment, plot_fill(segment));
        gnuplot_text(&command, path, PLOT_NAME_MAX);
        before = ", \\\n    ";
    }
    if (marks)
        buf_add_str(&command, STR(", \\\n    $latency using (x($1)):2 with points pt 13 ps 1.3 "
                                  "lc rgb '#000000' title 'latency of a cell', \\\n"
                                  "    '' using (x($1)):2 with points pt 13 ps 0.7 lc rgb "
                                  "'#FFFFFF' notitle"));
    return plot_command_end(work, &command);
}

static unsigned legend_columns(const struct plot_work *work, const struct stacks *stacks)
{
    unsigned columns = stacks->stack->times ? 17 : 11;
    for (size_t i = 0; i < stacks->segments; i++)
        if (stacks->segment[i].shown)
            columns =
                plot_wider(columns, plot_path(work, stacks->segment[i].path, PLOT_NAME_MAX));
    return columns;
}

static str note_of(const struct plot_work *work, const struct stacks *stacks)
{
    str note = str_from(stacks->stack->note);
    if (stacks->rows < stacks->all)
        note = arena_printf(work->arena, "%.*s; the best %zu of %zu variants", STR_ARG(note),
                            stacks->rows, stacks->all);
    if (stacks->unknown)
        note = arena_printf(work->arena, "%.*s; unknown of %zu variant%s", STR_ARG(note),
                            stacks->unknown, stacks->unknown == 1 ? "" : "s");
    return note;
}

static void write_axes(struct plot_work *work, const struct stacks *stacks)
{
    if (stacks->stack->times)
        plot_time_axis(work, 0, stacks->most * 1.16, "work of a cell");
    else
        buf_printf(&work->script,
                   "x(v) = v\nset xrange [0:%.6g]\nset xlabel '%.*s' tc rgb '#404040'\n",
                   stacks->most * 1.16, STR_ARG(stacks->stack->label));
    plot_bars(work, stacks->rows, 0.34);
}

static int draw(struct plot_work *work, const struct stack *stack)
{
    struct stacks stacks = {.stack = stack};
    choose_rows(work, &stacks);
    if (stacks.rows == 0)
        return 1;
    collect_segments(work, &stacks);
    number_segments(&stacks);
    unsigned left = 0;
    for (size_t i = 0; i < stacks.rows; i++)
        left = plot_wider(left, plot_name(work, stacks.row[i]));
    struct plot_frame frame = {
        .name = stack->name,
        .title = stack->title,
        .note = note_of(work, &stacks),
        .height = plot_rows_height(stacks.rows,
                                   stacks.rows <= FEW_ROWS ? ROW_HEIGHT : SMALL_ROW_HEIGHT,
                                   stacks.shown + stacks.pools + stack->times),
        .left = left + 4,
        .right = legend_columns(work, &stacks) + 8,
    };
    write_data(work, &stacks);
    plot_frame_begin(work, &frame);
    write_axes(work, &stacks);
    write_row_texts(work, &stacks);
    bool marks = write_marks(work, &stacks);
    plot_frame_end(work, &frame, command(work, &stacks, marks));
    return 0;
}

/* ---- the three ---- */

static maybe cost_of(const struct summary_step *step)
{
    return step->cost_per_cell_usd;
}

static maybe tokens_of(const struct summary_step *step)
{
    return step->tokens_per_cell;
}

static maybe work_of(const struct summary_step *step)
{
    return step->work_per_cell_ns;
}

static str format_cost(struct arena *arena, maybe usd)
{
    return stats_format_usd(arena, maybe_scale(usd, 1000));
}

static str format_tokens(struct arena *arena, maybe tokens)
{
    return arena_printf(arena, "%.0f", tokens.value);
}

int plot_steps_cost(struct plot_work *work, struct err *err)
{
    static const struct stack stack = {
        .name = "steps-cost",
        .title = "Cost by step",
        .note = "of 1,000 cells, what each step's own calls cost",
        .head = "usd",
        .label = STR_INIT("US dollars per 1,000 cells"),
        .factor = 1000,
        .money = true,
        .of = cost_of,
        .format = format_cost,
    };
    (void)err;
    return draw(work, &stack);
}

int plot_steps_tokens(struct plot_work *work, struct err *err)
{
    static const struct stack stack = {
        .name = "steps-tokens",
        .title = "Tokens by step",
        .note = "of a cell, input and output of each step's own calls",
        .head = "tokens",
        .label = STR_INIT("tokens per cell, all kinds of input and output"),
        .factor = 1,
        .of = tokens_of,
        .format = format_tokens,
    };
    (void)err;
    return draw(work, &stack);
}

int plot_steps_time(struct plot_work *work, struct err *err)
{
    static const struct stack stack = {
        .name = "steps-time",
        .title = "Time by step",
        .note = "of a cell, attempts and backoff; what runs at once adds up",
        .head = "ms",
        .factor = 1e-6,
        .times = true,
        .of = work_of,
        .format = stats_format_duration,
    };
    (void)err;
    return draw(work, &stack);
}
