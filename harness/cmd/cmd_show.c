/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cmd_show.c: weir show: one cell as the tree of its steps, each with its time, calls and value.
 *
 * Steps come from the store in the order of the definition, so that what ran at once stands
 * side by side; the bars show when each ran on the clock of latency.
 */
#include "cmd/cmd.h"
#include "cmd/places.h"

#include "base/text.h"
#include "llm/stream.h"
#include "store/store.h"

#include <math.h>
#include <stdio.h>

struct show_cmd {
    bool texts;
};

static const struct opt show_cmd_options[] = {
    OPT_BOOL(show_cmd, texts, .fallback = "false", .help = "requests and replies in full"),
    OPT_END,
};

enum { BAR_WIDTH = 24, NAME_WIDTH = 34, VALUE_WIDTH = 60, STEPS_MAX = 100000 };

struct shown {
    struct store *store;
    struct arena *arena;
    struct err *err;
    const struct show_cmd *options;
    struct store_cell cell;
    unsigned *depth; /* of each step, by ordinal */
};

/* ---- which cell ---- */

static int unknown_cell(struct err *err, str cell)
{
    return err_set(err, ERR_INPUT,
                   "no cell '%.*s'; expected variant/sample/trial, such as single/q17/1",
                   STR_ARG(cell));
}

/* "variant/sample/trial"; a sample's id may hold slashes, a variant's name cannot. */
static int find_cell(struct shown *shown, str text)
{
    str variant, rest, trial = {"1", 1};
    str_cut(text, '/', &variant, &rest);
    for (size_t i = rest.n; i > 0; i--)
        if (rest.p[i - 1] == '/') {
            trial = str_sub(rest, i, rest.n);
            rest = str_sub(rest, 0, i - 1);
            break;
        }
    size_t variants, samples;
    const struct store_variant *v = store_variants(shown->store, &variants);
    const struct store_sample *s = store_samples(shown->store, &samples);
    int64_t at_variant = -1, at_sample = -1, number = 0;
    for (size_t i = 0; i < variants; i++)
        at_variant = str_equal(v[i].name, variant) ? v[i].number : at_variant;
    for (size_t i = 0; i < samples; i++)
        at_sample = str_equal(s[i].id, rest) ? s[i].number : at_sample;
    if (at_variant < 0 || at_sample < 0 || !str_to_int(trial, &number))
        return unknown_cell(shown->err, text);
    return store_find_cell(shown->store, at_variant, at_sample, number, shown->arena,
                           &shown->cell, shown->err);
}

/* ---- one line a step ---- */

static void print_bar(const struct shown *shown, const struct store_step *step)
{
    double whole = shown->cell.latency_ns > 0 ? (double)shown->cell.latency_ns : 1;
    int from = (int)((double)step->start_ns / whole * BAR_WIDTH);
    int to = (int)((double)step->end_ns / whole * BAR_WIDTH + 0.5);
    from = from > BAR_WIDTH - 1 ? BAR_WIDTH - 1 : from;
    to = to <= from ? from + 1 : to > BAR_WIDTH ? BAR_WIDTH : to;
    for (int i = 0; i < BAR_WIDTH; i++)
        fputs(i >= from && i < to ? (step->calls ? "█" : "▒") : "·", stdout);
}

/* The last segment of a path: what the parent calls this step. */
static str last_segment(str path)
{
    for (size_t i = path.n; i > 1; i--) {
        if (path.p[i - 1] == '.')
            return str_sub(path, i, path.n);
        if (path.p[i - 1] == '[')
            return str_sub(path, i - 1, path.n);
    }
    return path;
}

static void print_name(const struct shown *shown, const struct store_step *step)
{
    struct arena *arena = shown->arena;
    str name = text_visible(arena, last_segment(step->path));
    str line = arena_printf(arena, "%*s%.*s  %.*s", (int)shown->depth[step->ordinal] * 2, "",
                            STR_ARG(name), STR_ARG(step->pattern));
    line = text_shorten(arena, line, NAME_WIDTH);
    printf("%.*s%*s ", STR_ARG(line), (int)(NAME_WIDTH - text_columns(line)), "");
}

static void print_value(const struct shown *shown, const struct store_step *step)
{
    str value = {"", 0};
    if (step->value.id)
        store_body(shown->store, step->value.id, shown->arena, &value, shown->err);
    if (str_equal(step->outcome, STR("failed")))
        value = arena_printf(shown->arena, "%.*s: %.*s", STR_ARG(step->kind),
                             STR_ARG(step->message));
    value = text_shorten(shown->arena, text_visible(shown->arena, value), VALUE_WIDTH);
    printf("  %.*s", STR_ARG(value));
}

static int print_step(void *arg, const struct store_step *step)
{
    struct shown *shown = arg;
    if (step->ordinal >= STEPS_MAX)
        return 1;
    shown->depth[step->ordinal] = step->parent >= 0 ? shown->depth[step->parent] + 1 : 0;
    print_name(shown, step);
    print_bar(shown, step);
    double ms = (double)(step->end_ns - step->start_ns) / 1e6;
    printf(" %8.1f ms %3lld  %-9.*s", ms, (long long)step->calls, STR_ARG(step->outcome));
    print_value(shown, step);
    if (step->note.n) {
        str note = text_visible(shown->arena, step->note);
        printf("\n%*s  note %.*s", (int)shown->depth[step->ordinal] * 2, "", STR_ARG(note));
    }
    putchar('\n');
    return 0;
}

/* ---- calls and scores ---- */

static void print_text(const struct shown *shown, const char *what, int64_t id)
{
    str text = {"", 0};
    if (id && store_body(shown->store, id, shown->arena, &text, shown->err) == 0) {
        str clean = text_visible(shown->arena, llm_stream_unfold(shown->arena, text));
        printf("    %s %.*s\n", what, STR_ARG(clean));
    }
}

static int print_attempt(void *arg, const struct store_attempt *attempt)
{
    struct shown *shown = arg;
    str outcome = text_visible(shown->arena, attempt->outcome);
    str protocol = text_visible(shown->arena, attempt->protocol);
    printf("    attempt %lld: status %lld, %.*s, %.1f ms", (long long)attempt->number,
           (long long)attempt->http_status, STR_ARG(outcome), (double)attempt->total_ns / 1e6);
    if (protocol.n)
        printf(" by %.*s", STR_ARG(protocol));
    if (attempt->connect_ns > 0)
        printf(", connecting %.1f ms", (double)attempt->connect_ns / 1e6);
    if (attempt->tls_ns >= 0)
        printf(" (TLS %.1f ms)", (double)attempt->tls_ns / 1e6);
    printf(", waited %.1f ms, backoff %.1f ms%s\n", (double)attempt->permit_wait_ns / 1e6,
           (double)attempt->backoff_before_ns / 1e6, attempt->lost ? ", lost" : "");
    return 0;
}

static int print_call(void *arg, const struct store_call *call)
{
    struct shown *shown = arg;
    str path = text_visible(shown->arena, call->path);
    printf("  %.*s #%lld  %.*s  %lld in, %lld out", STR_ARG(path), (long long)call->repeat,
           STR_ARG(call->model), (long long)call->tokens.input, (long long)call->tokens.output);
    if (call->superseded)
        printf(", superseded: its cell ran again without it");
    if (call->ttft_ns >= 0)
        printf(", first token after %.1f ms", (double)call->ttft_ns / 1e6);
    putchar('\n');
    struct store_call copy = *call;
    store_each_attempt(shown->store, &copy, print_attempt, shown, shown->err);
    if (shown->options->texts) {
        print_text(shown, "request", call->request.id);
        print_text(shown, "reply  ", call->reply.id);
    }
    return 0;
}

/* What it took to ask a model, which is not in the cell's own figures. */
static void print_asked(const struct store_score *score)
{
    if (score->calls == 0)
        return;
    printf("  %-20s asked a model: %lld calls, %lld retries, %lld in, %lld out, $%.6f", "",
           (long long)score->calls, (long long)(score->attempts - score->sent),
           (long long)score->tokens.input, (long long)score->tokens.output,
           (double)score->cost_nanousd / 1e9);
    if (!isnan(score->agreement))
        printf(", agreement %.0f %%", 100 * score->agreement);
    putchar('\n');
}

static int print_score(void *arg, const struct store_score *score)
{
    struct shown *shown = arg;
    str name = text_visible(shown->arena, score->name);
    str reason = text_visible(shown->arena, score->reason);
    if (isnan(score->value) && score->ungraded)
        printf("  %-20.*s     –  ungraded  %.*s\n", STR_ARG(name), STR_ARG(reason));
    else if (isnan(score->value)) /* nothing was expected of this sample */
        printf("  %-20.*s     –  left out  %.*s\n", STR_ARG(name), STR_ARG(reason));
    else
        printf("  %-20.*s %5.2f  %s  %.*s\n", STR_ARG(name), score->value,
               score->pass ? "passed" : "failed", STR_ARG(reason));
    print_asked(score);
    return 0;
}

static const char *ms_text(struct arena *arena, int64_t ns)
{
    return ns < 0 ? "unknown (it was resumed)"
                  : arena_printf(arena, "%.1f ms", (double)ns / 1e6).p;
}

static int print_cell(struct shown *shown, str name)
{
    const struct store_cell *cell = &shown->cell;
    str title = text_visible(shown->arena, name);
    str reason = text_visible(shown->arena, cell->reason);
    str message = text_visible(shown->arena, cell->message);
    printf("%.*s: %s%s%.*s, latency %s, wall %s, %lld calls, %lld retries, $%.6f\n",
           STR_ARG(title), store_status_name(cell->status), cell->reason.n ? " / " : "",
           STR_ARG(reason), ms_text(shown->arena, cell->latency_ns),
           ms_text(shown->arena, cell->wall_ns), (long long)cell->calls,
           (long long)cell->retries, (double)cell->cost_nanousd / 1e9);
    if (message.n)
        printf("%.*s\n", STR_ARG(message));
    printf("\nsteps (█ a call, ▒ what holds calls; on the clock of latency)\n");
    shown->depth = arena_array(shown->arena, unsigned, STEPS_MAX);
    if (store_each_step(shown->store, cell->cell, print_step, shown, shown->err) < 0)
        return -1;
    printf("\ncalls\n");
    if (store_each_call(shown->store, cell->cell, print_call, shown, shown->err) < 0)
        return -1;
    printf("\nscores\n");
    return store_each_score(shown->store, cell->cell, print_score, shown, shown->err) < 0 ? -1
                                                                                          : 0;
}

static int show_run(struct arena *arena, const void *given, const str *arg, size_t args,
                    struct err *err)
{
    str path;
    if (args < 1 || args > 2)
        return err_set(err, ERR_INPUT, "expected [RUN] CELL; CELL is variant/sample/trial");
    struct shown shown = {.arena = arena, .err = err, .options = given};
    if (!(shown.store = run_open(arena, cmd_arg(arg, args - 1, 0), &path, err)))
        return -1;
    int status = find_cell(&shown, arg[args - 1]);
    if (status == 0)
        status = print_cell(&shown, arg[args - 1]);
    store_close(shown.store);
    return status;
}

const struct cmd cmd_show = {
    .name = "show",
    .usage = "[RUN] CELL [options]",
    .summary = "one cell: its steps as a tree with their times, its calls, its scores",
    .details =
        "CELL is variant/sample/trial, such as single/q17/1. RUN is a run's file or ID; by\n"
        "default the newest.",
    CMD_OPTIONS(show_cmd),
    .run = show_run,
};
