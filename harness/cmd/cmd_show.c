/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cmd_show.c: weir show: the cells of a run that went wrong, one cell, or two side by side.
 *
 * Its parts: show_find.c (which cell), show_cell.c and show_tree.c (one), show_diff.c (two),
 * show_texts.c (what was said).
 */
#include "cmd/cmd.h"
#include "cmd/show.h"
#include "session/places.h"

#include "base/text.h"

#include <stdio.h>

enum { WIDTH = 100, WIDTH_LEAST = 60, LISTED = 40 };

struct show_cmd {
    bool texts, all;
    str diff;
};

static const struct opt show_cmd_options[] = {
    OPT_TEXT(show_cmd, diff, .word = "OTHER",
             .help = "beside OTHER: a cell of the run, a variant, a run, or RUN:CELL"),
    OPT_BOOL(show_cmd, texts, .fallback = "false",
             .help = "prompts and replies in full, and requests and replies as on the wire"),
    OPT_BOOL(show_cmd, all, .fallback = "false",
             .help = "without a CELL: every cell that went wrong"),
    OPT_END,
};

static int show_two(struct show *show, const struct shown_cell *cell, str other)
{
    struct shown_cell second = {0};
    int status = show_find_other(show, cell, other, &second);
    if (status == 0)
        status = show_diff(show, cell, &second);
    if (second.store && second.store != cell->store)
        store_close(second.store);
    return status;
}

static int show_one(struct show *show, struct store *store, str name, str other)
{
    struct shown_cell cell;
    if (show_find(show, store, name, &cell) < 0)
        return -1;
    return other.n ? show_two(show, &cell, other) : show_cell(show, &cell);
}

/* One argument is a run when there is such a run, else a cell of the newest. */
static struct store *open_run(struct arena *arena, const str *arg, size_t args, str *cell,
                              struct err *err)
{
    str path;
    struct err other = {0};
    *cell = args == 2 ? arg[1] : STR("");
    if (args != 1)
        return run_open(arena, args ? arg[0] : STR(""), &path, err);
    struct store *store = run_open(arena, arg[0], &path, &other);
    if (store)
        return store;
    if (!str_contains(arg[0], STR("/")) || str_ends_with(arg[0], STR(".db"))) {
        *err = other;
        return NULL;
    }
    *cell = arg[0];
    return run_open(arena, STR(""), &path, err);
}

static int show_run(struct arena *arena, const void *given, const str *arg, size_t args,
                    struct err *err)
{
    const struct show_cmd *options = given;
    struct buf out = {0};
    str cell;
    struct show show = {.arena = arena, .err = err, .texts = options->texts};
    if (cmd_no_more(arg, args, 2, err) < 0)
        return -1;
    struct store *store = open_run(arena, arg, args, &cell, err);
    if (!store)
        return -1;
    show.terminal = (struct terminal){.out = &out,
                                      .arena = arena,
                                      .width = terminal_stdout_width(WIDTH),
                                      .colour = terminal_stdout_colours()};
    if (show.terminal.width < WIDTH_LEAST)
        show.terminal.width = WIDTH_LEAST;
    int status = cell.n            ? show_one(&show, store, cell, options->diff)
                 : options->diff.n ? err_set(err, ERR_INPUT, "--diff is of a CELL; see --help")
                                   : show_list(&show, store, options->all ? SIZE_MAX : LISTED);
    if (status == 0)
        fwrite(out.p, 1, out.n, stdout);
    buf_release(&out);
    store_close(store);
    return status;
}

const struct cmd cmd_show = {
    .name = "show",
    .usage = "[RUN] [CELL] [options]",
    .summary =
        "one cell: its steps as a waterfall, prompts, replies, scores; or two side by side",
    .details =
        "CELL is variant/sample/trial, such as single/q17/1. RUN is a run's file or ID; by\n"
        "default the newest. Without a CELL the cells that went wrong are listed, first those\n"
        "that failed. --diff shows a second cell beside it, and texts as a difference: "
        "another\n"
        "cell (two/q17/1), the same sample and trial of another variant (two) or of another\n"
        "run (RUN), or RUN:CELL and RUN:VARIANT.",
    CMD_OPTIONS(show_cmd),
    .run = show_run,
};
