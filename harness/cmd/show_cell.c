/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * show_cell.c: one cell from its status to what its scores say (see show.h).
 */
#include "cmd/show.h"

#include "base/text.h"
#include "stats/format.h"

#include <math.h>

enum { LINES_OF_TEXT = 8, LINES_OF_VALUE = 4 };
enum { CALLS_SHOWN = 50, VALUES_SHOWN = 50 }; /* without --texts */

/* ---- words ---- */

str show_time(struct arena *arena, int64_t ns)
{
    return stats_format_duration(arena, ns < 0 ? maybe_none() : maybe_of((double)ns));
}

str show_money(struct arena *arena, int64_t nanousd, int64_t unknown_calls)
{
    str known = stats_format_usd(arena, maybe_of((double)nanousd * 1e-9));
    return unknown_calls ? arena_printf(arena, "unknown (%.*s of it known)", STR_ARG(known))
                         : known;
}

static bool is_plain(char c)
{
    return char_is_alnum(c) || (c && strchr("%+,-./:@_", c));
}

str show_shell_word(struct arena *arena, str word)
{
    bool plain = word.n > 0;
    for (size_t i = 0; i < word.n && plain; i++)
        plain = is_plain(word.p[i]);
    if (plain)
        return word;
    str quoted = STR("'");
    for (str part, rest = word; rest.n;) {
        bool quote = str_cut(rest, '\'', &part, &rest);
        quoted = arena_printf(arena, "%.*s%.*s%s", STR_ARG(quoted), STR_ARG(part),
                              quote ? "'\\''" : "");
    }
    return arena_printf(arena, "%.*s'", STR_ARG(quoted));
}

/* ---- the head ---- */

static void say(struct show *show, const char *label, str text)
{
    if (text.n)
        terminal_paragraph(&show->terminal, NULL, arena_printf(show->arena, "%-10s", label),
                           text);
}

static str tokens_text(struct arena *arena, const struct store_tokens *tokens)
{
    str text = arena_printf(arena, "%lld in", (long long)tokens->input);
    if (tokens->cache_read > 0 || tokens->cache_write > 0)
        text =
            arena_printf(arena, "%s (+ %lld read, %lld written to the provider's cache)",
                         text.p, (long long)tokens->cache_read, (long long)tokens->cache_write);
    text = arena_printf(arena, "%s, %lld out", text.p, (long long)tokens->output);
    return tokens->reasoning > 0 ? arena_printf(arena, "%s (%lld of it reasoning)", text.p,
                                                (long long)tokens->reasoning)
                                 : text;
}

/* Of a changed sample: by what, and where the cell of the unchanged one is. */
static str changed_text(struct arena *arena, const struct shown_cell *shown)
{
    size_t samples;
    const struct store_sample *sample = store_samples(shown->store, &samples);
    const struct store_sample *changed = shown->of.sample;
    if (!changed->perturbation.n || changed->original < 0 ||
        (size_t)changed->original >= samples)
        return STR("");
    str name = text_visible(arena, changed->perturbation);
    str id = text_visible(arena, sample[changed->original].id);
    str variant = text_visible(arena, shown->of.variant->name);
    return arena_printf(arena, "by perturbation '%.*s'; unchanged it is %.*s/%.*s/%lld",
                        STR_ARG(name), STR_ARG(variant), STR_ARG(id),
                        (long long)shown->row.trial);
}

static void print_head(struct show *show, const struct shown_cell *shown)
{
    const struct store_cell *cell = &shown->row;
    struct arena *arena = show->arena;
    struct terminal *t = &show->terminal;
    bool good = cell->status == STORE_OK && cell->correct > 0;
    str reason = text_visible(arena, cell->reason);
    str status = arena_printf(arena, "%s%s%.*s%s", store_status_name(cell->status),
                              reason.n ? ": " : "", STR_ARG(reason),
                              cell->correct > 0    ? ", correct"
                              : cell->correct == 0 ? ", wrong"
                                                   : "");
    str run = text_visible(arena, shown->run);
    terminal_put(t, TERMINAL_BOLD, shown->name);
    terminal_put(t, NULL, STR("  "));
    terminal_put(t, good ? TERMINAL_GREEN : TERMINAL_RED, status);
    terminal_newline(t);
    say(show, "run", run);
    say(show, "changed", changed_text(show->arena, shown));
    say(show, "message", text_visible(arena, cell->message));
    say(show, "failed", text_visible(arena, cell->failed_path));
    str latency = show_time(arena, cell->latency_ns), wall = show_time(arena, cell->wall_ns);
    say(show, "times",
        arena_printf(arena,
                     "latency %.*s, wall %.*s%s; permit wait %.*s, backoff %.*s, connect %.*s, "
                     "store %.*s",
                     STR_ARG(latency), STR_ARG(wall),
                     cell->latency_ns < 0 || cell->wall_ns < 0 ? " (it was resumed)" : "",
                     STR_ARG(show_time(arena, cell->times.permit_wait_ns)),
                     STR_ARG(show_time(arena, cell->times.backoff_ns)),
                     STR_ARG(show_time(arena, cell->times.connect_ns)),
                     STR_ARG(show_time(arena, cell->times.store_wait_ns))));
    say(show, "calls",
        arena_printf(arena, "%lld (%lld sent, %lld cached, %lld unsent), %lld retr%s, %s, %s",
                     (long long)cell->calls, (long long)cell->sent, (long long)cell->cached,
                     (long long)cell->unsent, (long long)cell->retries,
                     cell->retries == 1 ? "y" : "ies", tokens_text(arena, &cell->tokens).p,
                     show_money(arena, cell->cost_nanousd, cell->unknown_cost_calls).p));
}

/* ---- calls ---- */

static void print_attempt(struct show *show, const struct store_attempt *a)
{
    struct arena *arena = show->arena;
    str outcome = text_visible(arena, a->outcome), protocol = text_visible(arena, a->protocol);
    str message = text_visible(arena, a->message);
    str text = arena_printf(arena, "attempt %lld: status %lld, %.*s, %s", (long long)a->number,
                            (long long)a->http_status, STR_ARG(outcome),
                            show_time(arena, a->total_ns).p);
    if (protocol.n)
        text = arena_printf(arena, "%s by %.*s", text.p, STR_ARG(protocol));
    if (a->connect_ns > 0)
        text =
            arena_printf(arena, "%s, connecting %s", text.p, show_time(arena, a->connect_ns).p);
    if (a->tls_ns >= 0)
        text = arena_printf(arena, "%s (TLS %s)", text.p, show_time(arena, a->tls_ns).p);
    if (a->permit_wait_ns > 0)
        text = arena_printf(arena, "%s, waited %s for permits", text.p,
                            show_time(arena, a->permit_wait_ns).p);
    if (a->backoff_before_ns > 0)
        text = arena_printf(arena, "%s, backoff %s", text.p,
                            show_time(arena, a->backoff_before_ns).p);
    if (a->retry_after_ns >= 0)
        text = arena_printf(arena, "%s, the server asked for %s", text.p,
                            show_time(arena, a->retry_after_ns).p);
    text = arena_printf(arena, "%s%s%s%.*s", text.p, a->lost ? ", lost" : "",
                        message.n ? ": " : "", STR_ARG(message));
    terminal_paragraph(&show->terminal, NULL, STR("    "), text);
}

static void print_body(struct show *show, const char *what, str text)
{
    struct terminal *t = &show->terminal;
    terminal_put(t, TERMINAL_CYAN, arena_printf(show->arena, "    %s ", what));
    terminal_put(t, NULL, text_visible(show->arena, text));
    terminal_newline(t);
}

static int print_call(struct show *show, const struct shown_cell *cell, size_t i)
{
    struct arena *arena = show->arena;
    const struct store_call *call = &cell->of.call[i];
    struct show_texts asked = {0}, said = {0};
    str path = text_visible(arena, call->path), model = text_visible(arena, call->model);
    str text = arena_printf(arena, "%.*s #%lld  %.*s", STR_ARG(path), (long long)call->repeat,
                            STR_ARG(model));
    if (call->reported_model.n)
        text = arena_printf(
            arena, "%s (%s%s%s)", text.p, text_visible(arena, call->reported_model).p,
            call->fingerprint.n ? ", " : "", text_visible(arena, call->fingerprint).p);
    text = arena_printf(
        arena, "%s  %s%s%s, %s, %s", text.p, text_visible(arena, call->outcome).p,
        call->finish.n ? ", " : "", text_visible(arena, call->finish).p,
        tokens_text(arena, &call->tokens).p,
        call->cost_nanousd < 0 ? "cost unknown" : show_money(arena, call->cost_nanousd, 0).p);
    if (call->source != STORE_SENT)
        text = arena_printf(arena, "%s, %s", text.p, store_source_name(call->source));
    if (call->superseded)
        text = arena_printf(arena, "%s, superseded: its cell ran again without it", text.p);
    if (call->ttft_ns >= 0)
        text = arena_printf(arena, "%s, first token after %s", text.p,
                            show_time(arena, call->ttft_ns).p);
    terminal_paragraph(&show->terminal, TERMINAL_BOLD, STR("  "), text);
    for (size_t a = 0; a < cell->of.attempts; a++)
        if (cell->of.attempt[a].call == call->id)
            print_attempt(show, &cell->of.attempt[a]);
    if (show_call_texts(show, cell, call, &asked, &said) < 0)
        return -1;
    show_print_texts(show, &asked, show->texts ? 0 : LINES_OF_TEXT);
    show_print_texts(show, &said, show->texts ? 0 : LINES_OF_TEXT);
    struct export_cell const *of = &cell->of;
    if (show->texts) {
        struct exporter e = {.store = cell->store, .err = show->err};
        str request, reply;
        int result = export_text(&e, &of->call[i].request, &request);
        if (result == 0)
            result = export_text(&e, &of->call[i].reply, &reply);
        if (result == 0) {
            print_body(show, "request", request);
            print_body(show, "reply  ", reply);
        }
        arena_release(&e.arena);
        return result;
    }
    return 0;
}

static int say_left(struct show *show, size_t left, const char *what)
{
    terminal_paragraph(&show->terminal, TERMINAL_DIM, STR("  "),
                       arena_printf(show->arena, "… and %zu more %s (--texts)", left, what));
    return 0;
}

static int print_calls(struct show *show, const struct shown_cell *cell)
{
    if (cell->of.calls == 0)
        return 0;
    terminal_newline(&show->terminal);
    terminal_put(&show->terminal, TERMINAL_BOLD, STR("Calls"));
    terminal_newline(&show->terminal);
    for (size_t i = 0; i < cell->of.calls; i++) {
        if (i == CALLS_SHOWN && !show->texts)
            return say_left(show, cell->of.calls - i, "calls");
        if (print_call(show, cell, i) < 0)
            return -1;
    }
    return 0;
}

static int print_commands(struct show *show, const struct shown_cell *cell)
{
    struct arena *arena = show->arena;
    if (cell->of.commands == 0)
        return 0;
    terminal_newline(&show->terminal);
    terminal_put(&show->terminal, TERMINAL_BOLD, STR("Programs"));
    terminal_newline(&show->terminal);
    for (size_t i = 0; i < cell->of.commands; i++) {
        const struct store_command *c = &cell->of.command[i];
        struct show_texts texts = {0};
        str output, errors;
        str text = arena_printf(
            arena, "%s #%lld  %s  %s, exit code %lld%s, %s%s%s%s",
            text_visible(arena, c->path).p,
            (long long)c->repeat, text_visible(arena, c->program).p,
            text_visible(arena, c->outcome).p, (long long)c->exit_code,
            c->exit_signal > 0 ? " (a signal)" : "", show_time(arena, c->time_ns).p,
            c->start_ns < 0 ? ""
                            : arena_printf(arena, " from %s on", show_time(arena, c->start_ns).p).p,
            c->reason.n ? ": " : "", text_visible(arena, c->reason).p);
        terminal_paragraph(&show->terminal, TERMINAL_BOLD, STR("  "), text);
        if (store_body(cell->store, c->output.id, arena, &output, show->err) < 0 ||
            store_body(cell->store, c->errors.id, arena, &errors, show->err) < 0)
            return -1;
        struct show_text both[2] = {{STR("stdout"), output}, {STR("stderr"), errors}};
        for (size_t k = 0; k < 2; k++) {
            texts = (struct show_texts){&both[k], both[k].text.n > 0, 1};
            show_print_texts(show, &texts, show->texts ? 0 : LINES_OF_TEXT);
        }
    }
    return 0;
}

/* ---- values ---- */

static int print_value(struct show *show, const struct shown_cell *cell, const char *who,
                       int64_t body)
{
    str value;
    if (store_body(cell->store, body, show->arena, &value, show->err) < 0)
        return -1;
    struct show_text text = {str_from(who), value};
    struct show_texts one = {&text, value.n > 0, 1};
    show_print_texts(show, &one, show->texts ? 0 : LINES_OF_VALUE);
    return 0;
}

static int print_answer(struct show *show, const struct shown_cell *cell)
{
    if (cell->row.output.id == 0 && cell->of.sample->expected.id == 0)
        return 0;
    terminal_newline(&show->terminal);
    terminal_put(&show->terminal, TERMINAL_BOLD, STR("Answer"));
    terminal_newline(&show->terminal);
    if (print_value(show, cell, "expected", cell->of.sample->expected.id) < 0)
        return -1;
    return print_value(show, cell, "output", cell->row.output.id);
}

/* What steps gave that made no call, and what patterns say of themselves. */
static int print_values(struct show *show, const struct shown_cell *cell)
{
    struct arena *arena = show->arena;
    bool titled = false;
    for (size_t i = 0; i < cell->of.steps; i++) {
        if (i == VALUES_SHOWN && !show->texts)
            return say_left(show, cell->of.steps - i, "steps");
        const struct store_step *step = &cell->of.step[i];
        bool failed = str_equal(step->outcome, STR("failed"));
        if (step->parent < 0 && !step->note.n && !failed)
            continue; /* the answer */
        if (!titled) {
            terminal_newline(&show->terminal);
            terminal_put(&show->terminal, TERMINAL_BOLD, STR("Values"));
            terminal_newline(&show->terminal);
        }
        titled = true;
        str path = text_visible(arena, step->path);
        terminal_paragraph(&show->terminal, NULL, STR("  "),
                           failed ? arena_printf(arena, "%.*s  %s: %s", STR_ARG(path),
                                                 text_visible(arena, step->kind).p,
                                                 text_visible(arena, step->message).p)
                                  : path);
        if (step->parent >= 0 && print_value(show, cell, "value", step->value.id) < 0)
            return -1;
        struct show_text note = {STR("note"), step->note};
        struct show_texts one = {&note, step->note.n > 0, 1};
        show_print_texts(show, &one, show->texts ? 0 : LINES_OF_VALUE);
    }
    return 0;
}

/* ---- scores ---- */

static void print_score(struct show *show, const struct store_score *score)
{
    struct arena *arena = show->arena;
    str name = text_visible(arena, score->name), reason = text_visible(arena, score->reason);
    str word = isnan(score->value) && score->ungraded ? STR("–  ungraded")
               : isnan(score->value) ? STR("–  left out") /* nothing was expected of it */
                                     : arena_printf(arena, "%.2f  %s", score->value,
                                                    score->pass ? "passed" : "failed");
    const char *style = isnan(score->value) ? NULL
                        : score->pass       ? TERMINAL_GREEN
                                            : TERMINAL_RED;
    terminal_paragraph(&show->terminal, style, arena_printf(arena, "  %-20.*s ", STR_ARG(name)),
                       arena_printf(arena, "%.*s  %.*s", STR_ARG(word), STR_ARG(reason)));
    if (score->calls == 0)
        return;
    str asked = arena_printf(
        arena, "asked a model: %lld calls, %lld retries, %s, %s", (long long)score->calls,
        (long long)(score->attempts - score->sent), tokens_text(arena, &score->tokens).p,
        show_money(arena, score->cost_nanousd, score->unknown_cost_calls).p);
    if (!isnan(score->agreement))
        asked = arena_printf(arena, "%s, agreement %.0f %%", asked.p, 100 * score->agreement);
    terminal_paragraph(&show->terminal, NULL, arena_printf(arena, "%23s", ""), asked);
}

int show_cell(struct show *show, const struct shown_cell *cell)
{
    print_head(show, cell);
    terminal_newline(&show->terminal);
    show_tree(show, cell);
    if (print_answer(show, cell) < 0 || print_calls(show, cell) < 0 ||
        print_commands(show, cell) < 0 || print_values(show, cell) < 0)
        return -1;
    if (cell->of.scores) {
        terminal_newline(&show->terminal);
        terminal_put(&show->terminal, TERMINAL_BOLD, STR("Scores"));
        terminal_newline(&show->terminal);
    }
    for (size_t i = 0; i < cell->of.scores; i++)
        print_score(show, &cell->of.score[i]);
    return 0;
}
