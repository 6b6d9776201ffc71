/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * output.c: from a summary to files and the terminal (see output.h).
 */
#include "cmd/output.h"

#include "session/annotate.h"
#include "session/rendering.h"

#include "base/file.h"
#include "base/text.h"
#include "reports/plot.h"
#include "reports/terminal.h"

#include <stdio.h>
#include <unistd.h>

const char *const output_details[] = {"auto", "always", "never", NULL};

void output_to_terminal(struct report_input *input, int details)
{
    input->width = (unsigned)terminal_stdout_width(REPORT_WIDTH);
    input->colour = terminal_stdout_colours();
    input->brief =
        details == DETAILS_NEVER || (details == DETAILS_AUTO && isatty(STDOUT_FILENO));
}

static struct report_input input_of(const struct output_options *options,
                                    const struct run_view *view)
{
    struct report_input input = rendering_input(view);
    input.cells = options->cells;
    output_to_terminal(&input, options->details);
    return input;
}

int output_text(str file, str text, struct arena *arena, struct err *err)
{
    if (rendering_check_file(file, err) < 0)
        return -1;
    if (!str_equal(file, STR("-")))
        return file_write(arena_str(arena, file).p, text, err);
    fwrite(text.p, 1, text.n, stdout);
    return 0;
}

int output_report(str format, str file, const struct report_input *input, struct arena *arena,
                  struct err *err)
{
    struct buf out = {0};
    struct report_input own = *input;
    if (rendering_check_file(file, err) < 0)
        return -1;
    if (!str_equal(file, STR("-"))) { /* a file is the same whoever writes it, from wherever */
        own.width = REPORT_WIDTH;
        own.colour = own.brief = false;
    }
    own.brief = own.brief && str_equal(format, STR("text"));
    int result = report_emit(format, &own, &out, err);
    if (result == 0)
        result = output_text(file, buf_str(&out), arena, err);
    buf_release(&out);
    return result;
}

static void say_written(const struct output_options *options, const char *what, str file)
{
    struct arena arena = {0};
    str shown = text_visible(&arena, file);
    if (!options->quiet && !str_equal(file, STR("-")))
        fprintf(stderr, "%s: %.*s\n", what, STR_ARG(shown));
    arena_release(&arena);
}

static int write_by_extension(str file, const struct report_input *input, struct arena *arena,
                              struct err *err)
{
    const struct reporter *reporter = rendering_for_file(file, err);
    return reporter ? output_report(str_from(reporter->name), file, input, arena, err) : -1;
}

/* The formats that have an option of their own, in the order they are written. */
enum { FORMATS = 9 };
struct output_format {
    const char *format;
    str file; /* empty: not wanted */
};

static void list_formats(const struct output_options *options,
                         struct output_format list[FORMATS])
{
    const struct output_format all[FORMATS] = {{"md", options->md},
                                               {"html", options->html},
                                               {"json", options->json},
                                               {"csv", options->csv},
                                               {"csv-calls", options->csv_calls},
                                               {"junit", options->junit},
                                               {"csv-requirements", options->csv_requirements},
                                               {"csv-diagnosis", options->csv_diagnosis},
                                               {"github", options->github}};
    memcpy(list, all, sizeof all);
}

/* Folders of reports are not made: a name that is mistyped should not become one. */
static int check_folder(str file, struct err *err)
{
    if (!file.n || str_equal(file, STR("-")))
        return 0;
    struct arena arena = {0};
    str folder = path_folder(&arena, file);
    int result = 0;
    if (!dir_exists(folder.p))
        result = err_set(err, ERR_INPUT, "%.*s cannot be written: there is no folder '%.*s'",
                         STR_ARG(file), STR_ARG(folder));
    else if (dir_exists(arena_str(&arena, file).p))
        result = err_set(err, ERR_INPUT, "%.*s is a folder; expected the name of a file",
                         STR_ARG(file));
    arena_release(&arena);
    return result;
}

int output_check(const struct output_options *options, struct err *err)
{
    struct output_format list[FORMATS];
    list_formats(options, list);
    if (options->output.n &&
        (!rendering_for_file(options->output, err) || check_folder(options->output, err) < 0))
        return -1;
    for (size_t i = 0; i < FORMATS; i++)
        if (rendering_check_file(list[i].file, err) < 0 || check_folder(list[i].file, err) < 0)
            return -1;
    return 0;
}

bool output_takes_stdout(const struct output_options *options)
{
    struct output_format list[FORMATS];
    list_formats(options, list);
    for (size_t i = 0; i < FORMATS; i++)
        if (str_equal(list[i].file, STR("-")))
            return true;
    return false;
}

int output_annotations(str file, const struct report_input *input, struct store *store,
                       struct arena *arena, struct err *err)
{
    struct report_input placed = *input;
    if (!file.n)
        return 0;
    if (store)
        annotate_places(&placed, store, arena);
    return output_report(STR("github"), file, &placed, arena, err);
}

bool output_is_wanted(const struct output_options *options)
{
    struct output_format list[FORMATS];
    bool wanted = !options->quiet || options->output.n || options->plots.n;
    list_formats(options, list);
    for (size_t i = 0; i < FORMATS; i++)
        wanted = wanted || list[i].file.n;
    return wanted;
}

int output_write(const struct output_options *options, struct run_view *view,
                 struct arena *arena, struct err *err)
{
    struct report_input input = input_of(options, view);
    struct output_format list[FORMATS];
    list_formats(options, list);
    bool stdout_taken = options->quiet;
    const size_t annotations = FORMATS - 1; /* behind all else */
    for (size_t i = 0; i < annotations; i++) {
        if (!list[i].file.n)
            continue;
        if (output_report(str_from(list[i].format), list[i].file, &input, arena, err) < 0)
            return -1;
        say_written(options, "report", list[i].file);
        stdout_taken = stdout_taken || str_equal(list[i].file, STR("-"));
    }
    if (options->output.n) {
        if (write_by_extension(options->output, &input, arena, err) < 0)
            return -1;
        say_written(options, "report", options->output);
    }
    if (options->plots.n) {
        if (plots_write(options->plots, &input, err) < 0)
            return -1;
        say_written(options, "pictures", options->plots);
    }
    if (!stdout_taken && output_report(STR("text"), STR("-"), &input, arena, err) < 0)
        return -1;
    return output_annotations(options->github, &input, view->store, arena, err);
}

/* ---- documents of their own ---- */

static int write_paper(const struct paper_kind *kind, const void *data, str format, str file,
                       struct arena *arena, struct err *err)
{
    bool screen = str_equal(file, STR("-"));
    size_t width = screen ? terminal_stdout_width(REPORT_WIDTH) : REPORT_WIDTH;
    struct buf out = {0};
    int result =
        paper_emit(kind, data, format, width, screen && terminal_stdout_colours(), &out, err);
    if (result == 0)
        result = output_text(file, buf_str(&out), arena, err);
    buf_release(&out);
    return result;
}

int output_paper(const struct paper_kind *kind, const void *data,
                 const struct output_files *files, struct arena *arena, struct err *err)
{
    const struct {
        const char *format;
        str file;
    } wanted[] = {
        {"md", files->md}, {"html", files->html}, {"json", files->json}, {"csv", files->csv}};
    bool taken = false;
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        if (wanted[i].file.n &&
            write_paper(kind, data, str_from(wanted[i].format), wanted[i].file, arena, err) < 0)
            return -1;
        taken = taken || str_equal(wanted[i].file, STR("-"));
    }
    const struct reporter *reporter = report_for_file(files->output);
    str format = reporter ? str_from(reporter->name) : files->output;
    if (files->output.n && write_paper(kind, data, format, files->output, arena, err) < 0)
        return -1;
    return taken ? 0 : write_paper(kind, data, STR("text"), STR("-"), arena, err);
}
