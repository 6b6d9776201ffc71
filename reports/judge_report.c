/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * judge_report.c: a judge held against people (see judge_report.h).
 */
#include "reports/judge_report.h"

#include <inttypes.h>

#include "reports/json_out.h"
#include "reports/page.h"
#include "reports/terminal.h"
#include "stats/format.h"

static const char *const single_labels[] = {"no", "yes"};
static const char *const pair_labels[] = {"worse", "even", "better"};

static const char *label_name(const struct judge_report_input *input, size_t label)
{
    return input->compares ? pair_labels[label] : single_labels[label];
}

static size_t labels_of(const struct judge_report_input *input)
{
    return input->compares ? 3 : 2;
}

/* ---- text ---- */

struct writing {
    const struct judge_report_input *input;
    struct terminal terminal;
    struct arena *arena;
};

static void say(struct writing *w, const char *style, str text)
{
    if (text.n)
        terminal_paragraph(&w->terminal, style, STR(""), text);
}

static str number(struct writing *w, maybe value)
{
    return value.known ? arena_printf(w->arena, "%.2f", value.value) : STR("—");
}

static str range(struct writing *w, maybe low, maybe high)
{
    return low.known && high.known
               ? arena_printf(w->arena, "%.2f – %.2f", low.value, high.value)
               : STR("—");
}

static void add_row(struct sheet *sheet, const char *name, str value, str interval, uint64_t n)
{
    sheet_row(sheet, SHEET_PLAIN);
    sheet_add(sheet, str_from(name));
    sheet_add(sheet, value);
    sheet_add(sheet, interval);
    sheet_add(sheet, n ? arena_printf(sheet->arena, "%" PRIu64, n) : STR("—"));
}

static void add_share(struct writing *w, struct sheet *sheet, const char *name,
                      const struct summary_estimate *e)
{
    if (e->value.known)
        add_row(sheet, name, stats_format_percent(w->arena, e->value),
                stats_format_percent_range(w->arena, e->low, e->high), e->n);
}

static void add_points(struct writing *w, struct sheet *sheet, const char *name,
                       const struct summary_estimate *e)
{
    if (e->value.known)
        add_row(sheet, name, stats_format_points(w->arena, e->value),
                arena_printf(w->arena, "%.*s – %.*s",
                             STR_ARG(stats_format_points(w->arena, e->low)),
                             STR_ARG(stats_format_points(w->arena, e->high))),
                e->n);
}

static struct sheet *figures(struct writing *w, const char *title)
{
    const struct sheet_column columns[] = {
        {str_from(title), false, 0},
        {STR("value"), true, 0},
        {arena_printf(w->arena, "%s %% interval",
                      stats_format_confidence(w->arena, w->input->confidence).p),
         true, 0},
        {STR("n"), true, 1},
    };
    return sheet_new(w->arena, title, columns, 4);
}

static void put_sheet(struct writing *w, const struct sheet *sheet)
{
    if (sheet->rows == 0)
        return;
    terminal_table(&w->terminal, sheet);
}

static void put_agreement(struct writing *w)
{
    const struct judge_check *check = w->input->check;
    struct sheet *sheet = figures(w, "Agreement");
    add_share(w, sheet, "same label", &check->agreement);
    add_row(sheet, "Cohen's kappa", number(w, check->kappa.kappa),
            range(w, check->kappa.low, check->kappa.high), check->samples);
    for (size_t r = 0; check->raters > 1 && r < check->raters; r++) {
        str name =
            arena_printf(w->arena, "  with %.*s",
                         STR_ARG(page_text(w->arena, w->input->rater[r], PAGE_NAME_MAX)));
        add_row(sheet, name.p, number(w, check->rater[r].kappa.kappa),
                range(w, check->rater[r].kappa.low, check->rater[r].kappa.high),
                check->rater[r].samples);
    }
    add_row(sheet, "Krippendorff's alpha", number(w, check->alpha), STR("—"), check->labelled);
    if (check->raters > 1)
        add_row(sheet, "  of people alone", number(w, check->alpha_people), STR("—"),
                check->labelled);
    add_share(w, sheet, "yes where people say yes", &check->sensitivity);
    add_share(w, sheet, "no where people say no", &check->specificity);
    put_sheet(w, sheet);
}

/* Rows: what the judge says; columns: what people do. */
static void put_table(struct writing *w)
{
    const struct judge_report_input *input = w->input;
    size_t labels = labels_of(input);
    struct sheet_column columns[JUDGE_CHECK_LABELS_MOST + 2] = {
        {STR("judge \\ people"), false, 0}};
    for (size_t l = 0; l < labels; l++)
        columns[l + 1] = (struct sheet_column){str_from(label_name(input, l)), true, 0};
    columns[labels + 1] = (struct sheet_column){STR("judge"), true, 0};
    struct sheet *sheet = sheet_new(w->arena, "Labels", columns, labels + 2);
    for (size_t l = 0; l < labels; l++) {
        sheet_row(sheet, SHEET_PLAIN);
        sheet_add(sheet, str_from(label_name(input, l)));
        for (size_t k = 0; k < labels; k++)
            sheet_add(sheet,
                      arena_printf(w->arena, "%" PRIu64, input->check->table[l * labels + k]));
        sheet_add(sheet, stats_format_percent(w->arena, input->check->judge_rate[l]));
    }
    sheet_row(sheet, SHEET_PLAIN);
    sheet_add(sheet, STR("people"));
    for (size_t l = 0; l < labels; l++)
        sheet_add(sheet, stats_format_percent(w->arena, input->check->people_rate[l]));
    put_sheet(w, sheet);
}

static void put_bias(struct writing *w)
{
    const struct judge_check *check = w->input->check;
    struct sheet *sheet = figures(w, "Bias");
    add_share(w, sheet, "the judge takes the first", &check->first);
    add_share(w, sheet, "people take the first", &check->people_first);
    add_share(w, sheet, "right when the better is first", &check->right_first);
    add_share(w, sheet, "right when it is second", &check->right_second);
    add_share(w, sheet, "the judge takes the longer", &check->judge_longer);
    add_share(w, sheet, "people take the longer", &check->people_longer);
    add_points(w, sheet, "yes of judge less people, longer half", &check->long_half);
    add_points(w, sheet, "  shorter half", &check->short_half);
    add_points(w, sheet, w->input->compares ? "  judge less people" : "  longer less shorter",
               &check->length_bias);
    put_sheet(w, sheet);
    sheet = figures(w, "Consistency");
    add_share(w, sheet, "the same with places exchanged", &check->both_ways);
    add_share(w, sheet, "the same when asked again", &check->again);
    put_sheet(w, sheet);
}

/* Beside the raw value, never instead of it. */
static void put_variants(struct writing *w)
{
    const struct judge_check *check = w->input->check;
    const struct sheet_column columns[] = {
        {STR("Yes of the judge"), false, 0},
        {STR("value"), true, 0},
        {arena_printf(w->arena, "%s %% interval",
                      stats_format_confidence(w->arena, w->input->confidence).p),
         true, 0},
        {STR("corrected"), true, 0},
        {STR("n"), true, 1},
    };
    struct sheet *sheet = sheet_new(w->arena, "Yes of the judge", columns, 5);
    for (size_t v = 0; v < check->variants; v++) {
        const struct summary_estimate *yes = &check->variant[v].yes;
        if (!yes->value.known)
            continue;
        sheet_row(sheet, SHEET_PLAIN);
        sheet_add(sheet, page_text(w->arena, w->input->variant[v], PAGE_NAME_MAX));
        sheet_add(sheet, stats_format_percent(w->arena, yes->value));
        sheet_add(sheet, stats_format_percent_range(w->arena, yes->low, yes->high));
        sheet_add(sheet, stats_format_percent(w->arena, check->variant[v].corrected));
        sheet_add(sheet, arena_printf(w->arena, "%" PRIu64, yes->n));
    }
    sheet->note = arena_printf(w->arena,
                               "corrected: were its errors those that the labels of %" PRIu64
                               " samples show; an estimate without an interval.",
                               check->samples)
                      .p;
    put_sheet(w, sheet);
}

static str left_out(struct writing *w)
{
    const struct judge_report_input *input = w->input;
    str text = STR("");
    if (input->check->tied)
        text = arena_printf(w->arena,
                            "%" PRIu64 " answers are left out, since people were evenly "
                            "divided. ",
                            input->check->tied);
    if (input->other)
        text = arena_printf(w->arena,
                            "%.*s%" PRIu64 " labels are left out: they are of other texts, or "
                            "by another rubric. ",
                            STR_ARG(text), input->other);
    if (input->unread)
        text = arena_printf(w->arena, "%.*s%" PRIu64 " lines of the file are no labels.",
                            STR_ARG(text), input->unread);
    return text;
}

void judge_report_text(const struct judge_report_input *input, struct buf *out)
{
    struct arena arena = {0};
    struct writing w = {
        .input = input,
        .arena = &arena,
        .terminal = {.out = out,
                     .arena = &arena,
                     .width = input->width,
                     .colour = input->colour},
    };
    const struct judge_check *check = input->check;
    if (input->mock)
        say(&w, TERMINAL_YELLOW,
            STR("The judge was weir-mock: this says how it was set up, and nothing of a "
                "model."));
    say(&w, TERMINAL_BOLD,
        arena_printf(&arena, "%.*s (%s) against people",
                     STR_ARG(page_text(&arena, input->score, PAGE_NAME_MAX)), input->method));
    say(&w, TERMINAL_DIM,
        arena_printf(&arena,
                     "run %.*s, %" PRIu64 " labels of %zu rater%s on %" PRIu64
                     " answers, in %.*s",
                     STR_ARG(page_text(&arena, input->run, PAGE_NAME_MAX)), input->used,
                     check->raters, check->raters == 1 ? "" : "s", check->labelled,
                     STR_ARG(page_text(&arena, input->labels, PAGE_TEXT_MAX))));
    terminal_newline(&w.terminal);
    say(&w, check->validated ? TERMINAL_GREEN : TERMINAL_YELLOW, check->text);
    say(&w, NULL, check->bias_text);
    say(&w, NULL, left_out(&w));
    terminal_newline(&w.terminal);
    put_agreement(&w);
    put_table(&w);
    put_bias(&w);
    put_variants(&w);
    arena_release(&arena);
}

/* ---- JSON ---- */

static void write_kappa(struct json_out *to, const struct stats_kappa *kappa)
{
    json_out_flat_object(to, "kappa");
    json_out_maybe(to, "value", kappa->kappa);
    json_out_maybe(to, "low", kappa->low);
    json_out_maybe(to, "high", kappa->high);
    json_out_maybe(to, "se", kappa->se);
    json_out_end(to);
}

static void write_rates(struct json_out *to, const struct judge_report_input *input,
                        const char *key, const maybe *rate)
{
    json_out_flat_object(to, key);
    for (size_t l = 0; l < labels_of(input); l++)
        json_out_maybe(to, label_name(input, l), rate[l]);
    json_out_end(to);
}

static void write_table(struct json_out *to, const struct judge_report_input *input)
{
    size_t labels = labels_of(input);
    json_out_list(to, "table");
    for (size_t l = 0; l < labels; l++)
        for (size_t k = 0; k < labels; k++) {
            json_out_flat_object(to, NULL);
            json_out_text(to, "judge", str_from(label_name(input, l)));
            json_out_text(to, "people", str_from(label_name(input, k)));
            json_out_count(to, "samples", input->check->table[l * labels + k]);
            json_out_end(to);
        }
    json_out_end(to);
}

static void write_raters(struct json_out *to, const struct judge_report_input *input)
{
    json_out_list(to, "raters");
    for (size_t r = 0; r < input->check->raters; r++) {
        json_out_flat_object(to, NULL);
        json_out_text(to, "name", input->rater[r]);
        json_out_count(to, "samples", input->check->rater[r].samples);
        write_kappa(to, &input->check->rater[r].kappa);
        json_out_end(to);
    }
    json_out_end(to);
}

static void write_variants(struct json_out *to, const struct judge_report_input *input)
{
    json_out_list(to, "variants");
    for (size_t v = 0; v < input->check->variants; v++) {
        json_out_flat_object(to, NULL);
        json_out_text(to, "name", input->variant[v]);
        json_out_estimate(to, "judge_yes", &input->check->variant[v].yes, 1);
        json_out_maybe(to, "corrected", input->check->variant[v].corrected);
        json_out_end(to);
    }
    json_out_end(to);
}

static void write_shares(struct json_out *to, const struct judge_check *check)
{
    const struct {
        const char *key;
        const struct summary_estimate *estimate;
    } shares[] = {
        {"agreement", &check->agreement},
        {"sensitivity", &check->sensitivity},
        {"specificity", &check->specificity},
        {"first_place", &check->first},
        {"people_first_place", &check->people_first},
        {"right_when_first", &check->right_first},
        {"right_when_second", &check->right_second},
        {"judge_longer", &check->judge_longer},
        {"people_longer", &check->people_longer},
        {"longer_half", &check->long_half},
        {"shorter_half", &check->short_half},
        {"length_bias", &check->length_bias},
        {"both_ways", &check->both_ways},
        {"again", &check->again},
    };
    for (size_t i = 0; i < sizeof shares / sizeof shares[0]; i++)
        json_out_estimate(to, shares[i].key, shares[i].estimate, 1);
}

void judge_report_json(const struct judge_report_input *input, struct buf *out)
{
    struct json_out to = {.out = out};
    const struct judge_check *check = input->check;
    json_out_object(&to, NULL);
    json_out_text(&to, "weir", STR(WEIR_VERSION));
    json_out_text(&to, "run", input->run);
    json_out_bool(&to, "mock", input->mock);
    json_out_text(&to, "score", input->score);
    json_out_text(&to, "check", str_from(input->method));
    json_out_number(&to, "confidence", input->confidence);
    json_out_count(&to, "labels", input->used);
    json_out_count(&to, "labels_of_other_texts", input->other);
    json_out_count(&to, "unread_lines", input->unread);
    json_out_count(&to, "answers", check->labelled);
    json_out_count(&to, "samples", check->samples);
    json_out_count(&to, "divided", check->tied);
    json_out_bool(&to, "validated", check->validated);
    write_kappa(&to, &check->kappa);
    json_out_maybe(&to, "alpha", check->alpha);
    json_out_maybe(&to, "alpha_people", check->alpha_people);
    write_shares(&to, check);
    write_rates(&to, input, "judge_rates", check->judge_rate);
    write_rates(&to, input, "people_rates", check->people_rate);
    write_table(&to, input);
    write_raters(&to, input);
    write_variants(&to, input);
    json_out_text(&to, "text", check->text);
    json_out_text_or_null(&to, "bias_text", check->bias_text);
    json_out_end(&to);
    buf_add_char(out, '\n');
}
