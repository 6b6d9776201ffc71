/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * html_cells.c: marks of all cells, and the choice among them (see html_cells.h).
 *
 * Cells are read in the order they lie in the file, which is the fastest, and put in their places.
 * Of failures the first trials of all samples come before the second ones: where there is no room
 * for all, more samples are seen.
 */
#include "reports/html_cells.h"

#include "base/mem.h"

const char *html_mark_name(char mark)
{
    switch ((enum html_mark)mark) {
    case HTML_PASS:
        return "right";
    case HTML_FAIL:
        return "wrong";
    case HTML_ERROR:
        return "error";
    case HTML_TIMEOUT:
        return "timeout";
    case HTML_UNSCORED:
        return "unscored";
    case HTML_SKIPPED:
        return "skipped";
    case HTML_PENDING:
        break;
    }
    return "no result";
}

bool html_mark_failed(char mark)
{
    return mark == HTML_FAIL || mark == HTML_ERROR || mark == HTML_TIMEOUT;
}

/* ---- reading ---- */

static char mark_of(const struct store_cell *row)
{
    switch (row->status) {
    case STORE_OK:
        return row->correct == 1 ? HTML_PASS : HTML_FAIL;
    case STORE_ERROR:
        return HTML_ERROR;
    case STORE_TIMEOUT:
        return HTML_TIMEOUT;
    case STORE_SKIPPED:
        return HTML_SKIPPED;
    case STORE_UNSCORED:
        break;
    }
    return HTML_UNSCORED;
}

struct reading {
    struct html_cells *cells;
    size_t all; /* samples, changed ones too */
    struct err *err;
};

static int keep(void *arg, const struct store_cell *row)
{
    struct reading *reading = arg;
    struct html_cells *cells = reading->cells;
    if (row->sample >= 0 && (size_t)row->sample >= cells->samples &&
        (size_t)row->sample < reading->all)
        return 0; /* changed samples stand behind the others, and in a table of their own */
    if (row->variant < 0 || (size_t)row->variant >= cells->variants || row->sample < 0 ||
        (size_t)row->sample >= cells->samples || row->trial < 1 ||
        (size_t)row->trial > cells->trials)
        return err_set(reading->err, ERR_INPUT, "cell %lld of the run is not in its plan",
                       (long long)row->cell);
    size_t at =
        html_cell_at(cells, (size_t)row->variant, (size_t)row->sample, (unsigned)row->trial);
    cells->mark[at] = mark_of(row);
    cells->latency_ns[at] = row->cached ? -1 : row->latency_ns;
    cells->failed += html_mark_failed(cells->mark[at]);
    return 0;
}

int html_cells_read(struct html_cells *cells, const struct report_input *input,
                    struct arena *arena, struct err *err)
{
    const struct summary_meta *meta = &input->summary->meta;
    struct reading reading = {.cells = cells, .err = err};
    *cells = (struct html_cells){.variants = meta->variant_count - meta->kept,
                                 .trials = meta->trials ? meta->trials : 1};
    cells->sample = store_samples(input->store, &reading.all);
    cells->samples = reading.all < meta->samples ? reading.all : meta->samples;
    size_t count = cells->variants * cells->samples * cells->trials;
    cells->mark = arena_bytes(arena, count + 1);
    memset(cells->mark, HTML_PENDING, count);
    cells->latency_ns = arena_array(arena, int64_t, count + 1);
    return store_each_cell(input->store, STORE_AS_WRITTEN, keep, &reading, err);
}

/* ---- choosing ---- */

struct choice {
    const struct html_cells *cells;
    const struct summary *summary;
    html_take_fn *take;
    void *arg;
    bool *taken; /* by cell */
};

static int take(struct choice *choice, enum html_why why, size_t variant, size_t sample,
                unsigned trial)
{
    size_t at = html_cell_at(choice->cells, variant, sample, trial);
    if (choice->taken[at] || choice->cells->mark[at] == HTML_PENDING ||
        choice->cells->mark[at] == HTML_SKIPPED)
        return 0;
    struct html_place place = {variant, sample, trial};
    int result = choice->take(choice->arg, why, &place);
    choice->taken[at] = result == 0;
    return result;
}

static double distance(int64_t latency_ns, double from_ns)
{
    double distance = (double)latency_ns - from_ns;
    return distance < 0 ? -distance : distance;
}

/* The cell of median latency and the slowest one: the first of those that are alike. */
static int take_times(struct choice *choice, size_t variant, enum html_why why)
{
    const struct html_cells *cells = choice->cells;
    maybe median = choice->summary->variants[variant].latency_ns[SUMMARY_P50].estimate;
    struct html_place best = {0};
    double least = -1;
    for (size_t s = 0; s < cells->samples; s++)
        for (unsigned t = 1; t <= cells->trials; t++) {
            size_t at = html_cell_at(cells, variant, s, t);
            if ((cells->mark[at] != HTML_PASS && cells->mark[at] != HTML_FAIL) ||
                cells->latency_ns[at] < 0)
                continue;
            double off = why == HTML_SLOWEST ? -(double)cells->latency_ns[at]
                                             : distance(cells->latency_ns[at], median.value);
            if (best.trial == 0 || off < least) {
                best = (struct html_place){variant, s, t};
                least = off;
            }
        }
    bool wanted = best.trial && (why == HTML_SLOWEST || median.known);
    return wanted ? take(choice, why, best.variant, best.sample, best.trial) : 0;
}

/* The first trial of the sample that is right, or wrong; else the first that has a result. */
static int take_side(struct choice *choice, size_t variant, size_t sample, bool right)
{
    const struct html_cells *cells = choice->cells;
    unsigned found = 0;
    if (variant >= cells->variants) /* of a baseline file: its cells are not here */
        return 0;
    for (unsigned t = (unsigned)cells->trials; t > 0; t--) {
        char mark = cells->mark[html_cell_at(cells, variant, sample, t)];
        if (right ? mark == HTML_PASS : html_mark_failed(mark))
            found = t;
    }
    return found ? take(choice, HTML_FLIP, variant, sample, found) : 0;
}

/* The first of every comparison, then the second, ... */
static int take_flips(struct choice *choice)
{
    const struct summary *summary = choice->summary;
    bool more = true;
    for (size_t i = 0; more; i++) {
        more = false;
        for (size_t c = 0; c < summary->comparison_count; c++) {
            const struct summary_comparison *pair = &summary->comparisons[c];
            if (i >= pair->flip_count || pair->flips[i].sample >= choice->cells->samples)
                continue;
            const struct summary_flip *flip = &pair->flips[i];
            more = true;
            int result = take_side(choice, pair->candidate, flip->sample, flip->gained);
            if (result == 0)
                result = take_side(choice, pair->baseline, flip->sample, !flip->gained);
            if (result)
                return result;
        }
    }
    return 0;
}

static bool is_of(char mark, enum html_why why)
{
    switch (why) {
    case HTML_FAILURE:
        return mark == HTML_ERROR || mark == HTML_TIMEOUT;
    case HTML_WRONG:
        return mark == HTML_FAIL;
    case HTML_UNGRADED:
        return mark == HTML_UNSCORED;
    default:
        return true;
    }
}

static int take_marks(struct choice *choice, enum html_why why)
{
    const struct html_cells *cells = choice->cells;
    for (unsigned t = 1; t <= cells->trials; t++)
        for (size_t s = 0; s < cells->samples; s++)
            for (size_t v = 0; v < cells->variants; v++) {
                if (!is_of(cells->mark[html_cell_at(cells, v, s, t)], why))
                    continue;
                int result = take(choice, why, v, s, t);
                if (result)
                    return result;
            }
    return 0;
}

static int take_all(struct choice *choice, enum html_why why)
{
    int result = 0;
    if (why == HTML_FLIP)
        return take_flips(choice);
    if (why != HTML_TYPICAL && why != HTML_SLOWEST)
        return take_marks(choice, why);
    for (size_t v = 0; v < choice->cells->variants && result == 0; v++)
        result = take_times(choice, v, why);
    return result;
}

int html_cells_choose(const struct html_cells *cells, const struct summary *summary,
                      html_take_fn *fn, void *arg)
{
    struct choice choice = {.cells = cells, .summary = summary, .take = fn, .arg = arg};
    choice.taken =
        xcalloc(cells->variants * cells->samples * cells->trials + 1, sizeof *choice.taken);
    int result = 0;
    for (int why = 0; why < HTML_WHYS && result >= 0; why++)
        result = take_all(&choice, (enum html_why)why);
    xfree(choice.taken);
    return result < 0 ? -1 : 0;
}
