/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plot.c: the table of pictures; writes their files and has them drawn (see plot.h).
 */
#include "reports/plot.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "reports/gnuplot.h"
#include "reports/plot_latencies.h"

/* For each picture: a tenth of a second on an idle machine. */
#define GNUPLOT_TIMEOUT_NS (20 * NS_PER_S)

static const struct plot_entry table[] = {
#define ENTRY(maker, name, summary) {name, summary, plot_##maker},
    PLOT_TABLE(ENTRY)
#undef ENTRY
};
enum { PLOTS = sizeof table / sizeof table[0] };

const struct plot_entry *plot_entries(size_t *count)
{
    *count = PLOTS;
    return table;
}

int plot_work_begin(struct plot_work *work, struct err *err)
{
    work->csv = (struct csv_out){.out = &work->data};
    return dir_make(work->folder.p, err);
}

int plot_save(struct plot_work *work, const char *name, struct err *err)
{
    str data = arena_printf(work->arena, "%.*s/%s.csv", STR_ARG(work->folder), name);
    str script = arena_printf(work->arena, "%.*s/%s.gp", STR_ARG(work->folder), name);
    if (file_write(data.p, buf_str(&work->data), err) < 0 ||
        file_write(script.p, buf_str(&work->script), err) < 0)
        return -1;
    if (work->names == PLOT_SCRIPTS_MAX)
        BUG("more pictures than a folder holds");
    work->name[work->names++] = arena_printf(work->arena, "%s.gp", name).p;
    buf_clear(&work->data);
    buf_clear(&work->script);
    return 0;
}

static int draw(struct plot_work *work, struct err *err)
{
    if (work->names == 0)
        return 0;
    enum gnuplot_result result = gnuplot_run(work->folder.p, work->name, work->names,
                                             (int64_t)work->names * GNUPLOT_TIMEOUT_NS, err);
    if (result == GNUPLOT_ABSENT)
        log_line(LOG_WARNING,
                 "gnuplot is not installed: %.*s has data and scripts, but no pictures",
                 STR_ARG(work->folder));
    return result == GNUPLOT_FAILED ? -1 : 0;
}

int plot_work_end(struct plot_work *work, int result, struct err *err)
{
    if (result == 0)
        result = draw(work, err);
    plot_latencies_free(work);
    buf_release(&work->data);
    buf_release(&work->script);
    arena_release(work->arena);
    return result;
}

static str footer(const struct summary_meta *meta, struct arena *arena)
{
    return arena_printf(arena, "%.*s, run %.*s: %zu sample%s × %zu trial%s",
                        STR_ARG(page_text(arena, meta->experiment, 40)),
                        STR_ARG(page_text(arena, meta->run, 40)), meta->samples,
                        meta->samples == 1 ? "" : "s", meta->trials,
                        meta->trials == 1 ? "" : "s");
}

/* Is that picture among those that the experiment names? */
static bool is_wanted(const struct report_input *input, str name)
{
    bool wanted = !json_is(input->plots, JSON_LIST);
    for (const json *one = json_first(input->plots); one && !wanted; one = json_next(one))
        wanted = str_equal(json_text(one), name);
    return wanted;
}

static int write_all(str folder, const struct report_input *input, bool svg_only,
                     struct err *err)
{
    struct arena arena = {0};
    struct plot_work work = {
        .input = input,
        .summary = input->summary,
        .arena = &arena,
        .variants = input->summary->meta.variant_count,
        .folder = arena_str(&arena, folder),
        .svg_only = svg_only,
        /* what a page says once at its top */
        .subject = svg_only ? STR("") : input->title,
        .mock = svg_only ? STR("") : page_mock_notice(input->summary),
        .footer = svg_only ? STR("") : footer(&input->summary->meta, &arena),
        .order = page_order(input->summary, &arena),
    };
    int result = plot_work_begin(&work, err);
    for (size_t i = 0; i < PLOTS && result == 0; i++) {
        if (!is_wanted(input, str_from(table[i].name)))
            continue;
        result = table[i].make(&work, err);
        if (result == 0)
            result = plot_save(&work, table[i].name, err);
        else if (result > 0)
            result = 0; /* it has no data */
    }
    return plot_work_end(&work, result, err);
}

int plots_write(str folder, const struct report_input *input, struct err *err)
{
    return write_all(folder, input, false, err);
}

int plots_write_svg(str folder, const struct report_input *input, struct err *err)
{
    return write_all(folder, input, true, err);
}
