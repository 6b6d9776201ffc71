/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * show_tree.c: the steps of a cell as a tree, each with its part of a waterfall (see show.h).
 *
 * The clock is the wall's, so that waits for permits are seen: they are on no other. A step that
 * made one call in one attempt is one line; several calls, or attempts, stand below it. Each kind
 * of time has a glyph of its own, colour only repeats it.
 */
#include "cmd/show.h"

#include "base/text.h"

#include <inttypes.h>

enum { TIME_WIDTH = 8, CALLS_WIDTH = 5, OUTCOME_WIDTH = 10 };
enum { BAR_MIN = 16, BAR_MOST = 100, NAME_MOST = 44 };
enum { LINES_MOST = 400 };

enum phase { NOTHING, HOLDS, PERMIT, BACKOFF, CONNECT, FIRST, TOKENS, PROGRAM, PHASES };
static const struct {
    const char *glyph, *name, *style;
} phases[PHASES] = {
    [NOTHING] = {" ", NULL, NULL},
    [HOLDS] = {"─", "no own call", TERMINAL_DIM},
    [PERMIT] = {"·", "permit wait", TERMINAL_YELLOW},
    [BACKOFF] = {"~", "backoff", TERMINAL_YELLOW},
    [CONNECT] = {"▒", "connect", TERMINAL_CYAN},
    [FIRST] = {"░", "first token", NULL},
    [TOKENS] = {"█", "tokens", TERMINAL_GREEN},
    [PROGRAM] = {"▓", "program", TERMINAL_CYAN},
};

struct tree {
    struct show *show;
    const struct shown_cell *cell;
    int64_t *calls; /* of each step, with those below it */
    size_t name_width, bar_width;
    bool used[PHASES];
    size_t lines, left; /* printed; not printed any more */
};

/* ---- bars ---- */

struct bar {
    unsigned char phase[BAR_MOST];
};

static int64_t whole_ns(const struct tree *tree)
{
    int64_t whole = tree->cell->time.cell.to - tree->cell->time.cell.from;
    return whole > 0 ? whole : 1;
}

static size_t column_of(const struct tree *tree, int64_t ns)
{
    double share = (double)(ns - tree->cell->time.cell.from) / (double)whole_ns(tree);
    double column = share * (double)tree->bar_width;
    return column < 0 ? 0 : column > (double)tree->bar_width ? tree->bar_width : (size_t)column;
}

/* What lasts has at least one column, unless what follows takes it. */
static void paint(struct tree *tree, struct bar *bar, enum phase phase, int64_t from,
                  int64_t to)
{
    if (to < from || (to == from && phase != HOLDS))
        return;
    size_t first = column_of(tree, from), end = column_of(tree, to);
    if (first >= tree->bar_width)
        first = tree->bar_width - 1;
    if (end <= first)
        end = first + 1;
    tree->used[phase] = true;
    for (size_t i = first; i < end; i++)
        bar->phase[i] = (unsigned char)phase;
}

static void paint_attempt(struct tree *tree, struct bar *bar, const struct store_call *call,
                          const struct store_attempt *a)
{
    int64_t connected = a->start_ns + (a->connect_ns > 0 ? a->connect_ns : 0);
    int64_t end = a->start_ns + a->total_ns, first = end;
    bool last = a->number == call->attempts;
    if (last && call->ttft_ns >= 0)
        first = connected + call->ttft_ns;
    else if (a->first_byte_ns >= 0)
        first = a->start_ns + a->first_byte_ns;
    first = first < connected ? connected : first > end ? end : first;
    int64_t waited = a->start_ns - a->permit_wait_ns;
    paint(tree, bar, BACKOFF, waited - a->backoff_before_ns, waited);
    paint(tree, bar, PERMIT, waited, a->start_ns);
    paint(tree, bar, CONNECT, a->start_ns, connected);
    paint(tree, bar, FIRST, connected, first);
    paint(tree, bar, TOKENS, first, end);
}

static void print_bar(struct tree *tree, const struct bar *bar)
{
    struct terminal *t = &tree->show->terminal;
    for (size_t i = 0, end; i < tree->bar_width; i = end) {
        struct buf run = {0};
        for (end = i; end < tree->bar_width && bar->phase[end] == bar->phase[i]; end++)
            buf_add_str(&run, str_from(phases[bar->phase[i]].glyph));
        terminal_put(t, phases[bar->phase[i]].style, buf_str(&run));
        buf_release(&run);
    }
}

/* ---- lines ---- */

static void print_right(struct terminal *t, str text, size_t width)
{
    size_t columns = text_columns(text);
    terminal_blanks(t, 1 + (columns < width ? width - columns : 0));
    terminal_put(t, NULL, text);
}

static void print_line(struct tree *tree, str name, const struct bar *bar, int64_t ns,
                       str calls, str outcome, bool good)
{
    struct show *show = tree->show;
    struct terminal *t = &show->terminal;
    if (++tree->lines > LINES_MOST) {
        tree->left++;
        return;
    }
    name = terminal_fit(show->arena, name, tree->name_width);
    outcome = text_clip(show->arena, outcome, OUTCOME_WIDTH);
    terminal_put(t, NULL, name);
    terminal_blanks(t, tree->name_width - text_columns(name) + 1);
    print_bar(tree, bar);
    print_right(t, show_time(show->arena, ns), TIME_WIDTH);
    print_right(t, calls, CALLS_WIDTH);
    terminal_put(t, NULL, STR(" "));
    terminal_put(t, good ? NULL : TERMINAL_RED, outcome);
    terminal_newline(t);
}

/* What the parent calls this step: "answer", "[2]", "draft[0]". */
static str name_below(const struct export_cell *of, const struct store_step *step)
{
    const struct store_step *parent = step->parent >= 0 ? &of->step[step->parent] : NULL;
    if (!parent || parent->parent < 0 || !str_starts_with(step->path, parent->path))
        return step->path;
    str name = str_sub(step->path, parent->path.n, step->path.n);
    return str_starts_with(name, STR(".")) ? str_sub(name, 1, name.n) : name;
}

static str attempt_outcome(struct arena *arena, const struct store_attempt *a)
{
    str outcome = text_visible(arena, a->outcome);
    return a->http_status && a->http_status != 200
               ? arena_printf(arena, "%lld %.*s", (long long)a->http_status, STR_ARG(outcome))
               : outcome;
}

static void print_attempts(struct tree *tree, const struct store_call *call, str indent)
{
    struct arena *arena = tree->show->arena;
    const struct export_cell *of = &tree->cell->of;
    for (size_t i = 0; i < of->attempts; i++) {
        const struct store_attempt *a = &of->attempt[i];
        struct bar bar = {{0}};
        if (a->call != call->id)
            continue;
        paint_attempt(tree, &bar, call, a);
        print_line(tree,
                   arena_printf(arena, "%.*s  try %lld", STR_ARG(indent), (long long)a->number),
                   &bar, a->total_ns, STR(""), attempt_outcome(arena, a),
                   str_equal(a->outcome, STR("ok")));
    }
}

static void paint_call(struct tree *tree, struct bar *bar, const struct store_call *call)
{
    const struct export_cell *of = &tree->cell->of;
    for (size_t i = 0; i < of->attempts; i++)
        if (of->attempt[i].call == call->id)
            paint_attempt(tree, bar, call, &of->attempt[i]);
}

/* False: the step ran none, or nobody knows when. */
static bool paint_programs(struct tree *tree, struct bar *bar, int64_t step)
{
    const struct timeline *time = &tree->cell->time;
    bool any = false;
    for (size_t i = 0; i < tree->cell->of.commands; i++) {
        if (time->step_of_command[i] != step || time->command[i].to < time->command[i].from)
            continue;
        paint(tree, bar, PROGRAM, time->command[i].from, time->command[i].to);
        any = true;
    }
    return any;
}

static int64_t call_ns(const struct tree *tree, size_t i)
{
    return tree->cell->time.call[i].to - tree->cell->time.call[i].from;
}

/* The calls of a step below it, when one line cannot tell them. */
static void print_calls(struct tree *tree, int64_t step, str indent)
{
    struct arena *arena = tree->show->arena;
    const struct export_cell *of = &tree->cell->of;
    size_t own = 0;
    for (size_t i = 0; i < of->calls; i++)
        own += tree->cell->time.step_of[i] == step;
    for (size_t i = 0; i < of->calls; i++) {
        const struct store_call *call = &of->call[i];
        struct bar bar = {{0}};
        if (tree->cell->time.step_of[i] != step)
            continue;
        if (own > 1) {
            paint_call(tree, &bar, call);
            print_line(tree,
                       arena_printf(arena, "%.*s  #%lld%s", STR_ARG(indent),
                                    (long long)call->repeat,
                                    call->superseded ? " (superseded)" : ""),
                       &bar, call_ns(tree, i), STR(""), text_visible(arena, call->outcome),
                       str_equal(call->outcome, STR("ok")));
        }
        if (call->attempts > 1)
            print_attempts(tree, call, indent);
    }
}

static str step_outcome(struct arena *arena, const struct store_step *step)
{
    bool failed = str_equal(step->outcome, STR("failed"));
    return text_visible(arena, failed && step->kind.n ? step->kind : step->outcome);
}

static void print_step(struct tree *tree, size_t i, str indent, str branch)
{
    struct arena *arena = tree->show->arena;
    const struct export_cell *of = &tree->cell->of;
    const struct store_step *step = &of->step[i];
    struct interval when = tree->cell->time.step[i];
    struct bar bar = {{0}};
    bool calls = false;
    for (size_t c = 0; c < of->calls; c++)
        calls = calls || tree->cell->time.step_of[c] == (int64_t)i;
    if (!calls && !paint_programs(tree, &bar, (int64_t)i))
        paint(tree, &bar, HOLDS, when.from, when.to);
    for (size_t c = 0; c < of->calls; c++)
        if (tree->cell->time.step_of[c] == (int64_t)i)
            paint_call(tree, &bar, &of->call[c]);
    if (calls)
        paint_programs(tree, &bar, (int64_t)i);
    str name = text_visible(arena, name_below(of, step));
    str total = tree->calls[i] ? arena_printf(arena, "%" PRId64, tree->calls[i]) : STR("");
    print_line(tree,
               arena_printf(arena, "%.*s%.*s%.*s  %.*s", STR_ARG(indent), STR_ARG(branch),
                            STR_ARG(name), STR_ARG(step->pattern)),
               &bar, step->end_ns - step->start_ns, total, step_outcome(arena, step),
               !str_equal(step->outcome, STR("failed")));
}

static void print_below(struct tree *tree, size_t parent, str indent)
{
    struct arena *arena = tree->show->arena;
    const struct export_cell *of = &tree->cell->of;
    size_t last = 0;
    for (size_t i = parent + 1; i < of->steps; i++)
        if (of->step[i].parent == (int64_t)parent)
            last = i;
    print_calls(tree, (int64_t)parent,
                last ? arena_printf(arena, "%.*s│ ", STR_ARG(indent)) : indent);
    for (size_t i = parent + 1; i < of->steps && last; i++) {
        if (of->step[i].parent != (int64_t)parent)
            continue;
        print_step(tree, i, indent, i == last ? STR("└─ ") : STR("├─ "));
        print_below(tree, i,
                    arena_printf(arena, "%.*s%s", STR_ARG(indent), i == last ? "   " : "│  "));
    }
}

/* ---- around them ---- */

static void print_scale(struct tree *tree)
{
    struct terminal *t = &tree->show->terminal;
    str whole = show_time(tree->show->arena, whole_ns(tree));
    str words = arena_printf(tree->show->arena, "%.*s on the wall", STR_ARG(whole));
    if (text_columns(words) + 2 <= tree->bar_width)
        whole = words;
    size_t used = 1 + text_columns(whole);
    terminal_put(t, TERMINAL_BOLD, STR("Steps"));
    terminal_blanks(t, tree->name_width - 5 + 1);
    terminal_put(t, TERMINAL_DIM, STR("0"));
    terminal_blanks(t, tree->bar_width > used ? tree->bar_width - used : 1);
    terminal_put(t, TERMINAL_DIM, whole);
    print_right(t, STR("time"), TIME_WIDTH);
    print_right(t, STR("calls"), CALLS_WIDTH);
    terminal_newline(t);
}

static void print_legend(struct tree *tree)
{
    struct buf legend = {0};
    for (int p = HOLDS; p < PHASES; p++)
        if (tree->used[p])
            buf_printf(&legend, "%s%s %s", legend.n ? "  " : "", phases[p].glyph,
                       phases[p].name);
    terminal_paragraph(&tree->show->terminal, TERMINAL_DIM, STR(""), buf_str(&legend));
    buf_release(&legend);
}

static int64_t *total_calls(struct arena *arena, const struct export_cell *of)
{
    int64_t *calls = arena_array(arena, int64_t, of->steps + 1);
    for (size_t i = 0; i < of->steps; i++)
        calls[i] = of->step[i].calls;
    for (size_t i = of->steps; i-- > 0;) /* children stand behind their parents */
        if (of->step[i].parent >= 0 && of->step[i].parent < (int64_t)i)
            calls[of->step[i].parent] += calls[i];
    return calls;
}

void show_tree(struct show *show, const struct shown_cell *cell)
{
    struct tree tree = {.show = show, .cell = cell};
    size_t width = show->terminal.width, rest = TIME_WIDTH + CALLS_WIDTH + OUTCOME_WIDTH + 4;
    tree.calls = total_calls(show->arena, &cell->of);
    tree.name_width = width / 3 > NAME_MOST ? NAME_MOST : width / 3;
    tree.bar_width =
        width > tree.name_width + rest + BAR_MIN ? width - tree.name_width - rest : BAR_MIN;
    if (tree.bar_width > BAR_MOST)
        tree.bar_width = BAR_MOST;
    print_scale(&tree);
    for (size_t i = 0; i < cell->of.steps; i++)
        if (cell->of.step[i].parent < 0) {
            print_step(&tree, i, STR(""), STR(""));
            print_below(&tree, i, STR(""));
        }
    if (tree.left)
        terminal_paragraph(&show->terminal, TERMINAL_DIM, STR(""),
                           arena_printf(show->arena, "… and %zu more lines", tree.left));
    print_legend(&tree);
}
