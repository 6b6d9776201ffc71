/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * html_data.c: the one block of data that the page's scripts read.
 *
 *     {"run": ..., "trials": T, "baseline": V or -1, "order": [V, ...],
 *      "variants": [{"name", "colour"}, ...],
 *      "samples": [[number, id, marks], ...],   a mark for each variant and trial (html_cells.h)
 *      "samples_left_out": N,
 *      "flips": [[sample, variant, baseline, gained], ...],
 *      "segments": [kind of bar, ...],
 *      "traces": [...], "texts": [...]}
 *
 * Samples are numbered as in the data set. Where there is no room for all, those with failures and
 * flips stay.
 */
#include "reports/html.h"
#include "reports/html_traces.h"

#include "reports/json_out.h"
#include "reports/palette.h"

#include "base/mem.h"

enum { ID_MAX = 80 };

static void write_variants(struct html *html, struct json_out *to)
{
    const struct page *page = html->page;
    const struct summary_meta *meta = &page->summary->meta;
    json_out_list(to, "order");
    for (size_t i = 0; i < meta->variant_count; i++)
        if (page->order[i] < meta->variant_count - meta->kept)
            json_out_count(to, NULL, page->order[i]);
    json_out_end(to);
    json_out_list(to, "variants");
    for (size_t v = 0; v < meta->variant_count; v++) {
        size_t place = 0;
        while (page->order[place] != v)
            place++;
        json_out_object(to, NULL);
        json_out_text(to, "name", page->name[v]);
        json_out_text(to, "colour", str_from(palette_colour(place)));
        json_out_end(to);
    }
    json_out_end(to);
}

static void write_flips(struct html *html, struct json_out *to)
{
    const struct summary *summary = html->page->summary;
    json_out_list(to, "flips");
    for (size_t i = 0; i < summary->comparison_count; i++) {
        const struct summary_comparison *c = &summary->comparisons[i];
        for (size_t k = 0; k < c->flip_count; k++) {
            json_out_list(to, NULL);
            json_out_count(to, NULL, c->flips[k].sample);
            json_out_count(to, NULL, c->candidate);
            json_out_count(to, NULL, c->baseline);
            json_out_count(to, NULL, c->flips[k].gained);
            json_out_end(to);
        }
    }
    json_out_end(to);
}

/* ---- samples ---- */

static bool *flipped_samples(struct html *html)
{
    const struct summary *summary = html->page->summary;
    bool *flipped = arena_array(html->arena, bool, html->cells->samples + 1);
    for (size_t i = 0; i < summary->comparison_count; i++)
        for (size_t k = 0; k < summary->comparisons[i].flip_count; k++)
            if (summary->comparisons[i].flips[k].sample < html->cells->samples)
                flipped[summary->comparisons[i].flips[k].sample] = true;
    return flipped;
}

static str marks_of(const struct html_cells *cells, size_t sample)
{
    size_t width = cells->variants * cells->trials;
    return (str){cells->mark + sample * width, width};
}

static bool has_failure(str marks)
{
    for (size_t i = 0; i < marks.n; i++)
        if (html_mark_failed(marks.p[i]))
            return true;
    return false;
}

static void write_sample(struct html *html, struct json_out *to, size_t sample)
{
    json_out_list(to, NULL);
    json_out_count(to, NULL, sample);
    json_out_text(to, NULL, page_text(html->arena, html->cells->sample[sample].id, ID_MAX));
    json_out_text(to, NULL, marks_of(html->cells, sample));
    json_out_end(to);
}

/* Bytes that an id takes in the block; of one such character html_json makes six. */
static size_t id_bytes(str id)
{
    size_t bytes = id.n < ID_MAX ? id.n : 4 * ID_MAX;
    for (size_t i = 0; i < id.n && i < ID_MAX; i++)
        bytes += id.p[i] == '<' || id.p[i] == '>' || id.p[i] == '&' ? 5 : 0;
    return bytes;
}

/* Which samples there is room for: those that a reader looks for, then all others. */
static bool *chosen_samples(struct html *html, size_t *left_out)
{
    const struct html_cells *cells = html->cells;
    const struct store_run *run = store_run_row(html->input->store);
    bool *chosen = arena_array(html->arena, bool, cells->samples + 1);
    bool *flipped = flipped_samples(html);
    size_t bytes = 0;
    *left_out = 0;
    for (int round = 0; round < 2; round++)
        for (size_t s = 0; s < cells->samples; s++) {
            bool first = flipped[s] || has_failure(marks_of(cells, s));
            if (first != (round == 0) || !store_has_sample(run, &cells->sample[s]))
                continue;
            bytes += cells->variants * cells->trials + id_bytes(cells->sample[s].id) + 24;
            chosen[s] = bytes <= HTML_SAMPLES_MAX;
            *left_out += !chosen[s];
        }
    return chosen;
}

static void write_samples(struct html *html, struct json_out *to)
{
    size_t left_out;
    const bool *chosen = chosen_samples(html, &left_out);
    json_out_count(to, "samples_left_out", left_out);
    json_out_list(to, "samples");
    for (size_t s = 0; s < html->cells->samples; s++)
        if (chosen[s])
            write_sample(html, to, s);
    json_out_end(to);
}

void html_data(struct html *html)
{
    static const char *const segments[] = {"permit", "backoff", "connect",
                                           "first",  "tokens",  "program"};
    struct buf buf = {0};
    struct json_out to = {.out = &buf};
    const struct summary_meta *meta = &html->page->summary->meta;
    json_out_flat_object(&to, NULL);
    json_out_text(&to, "run", page_text(html->arena, meta->run, PAGE_NAME_MAX));
    json_out_count(&to, "trials", html->cells->trials);
    json_out_int(&to, "baseline",
                 meta->baseline == SUMMARY_NO_BASELINE ? -1 : (int64_t)meta->baseline);
    json_out_text(&to, "texts_of",
                  html->texts == HTML_TEXTS_ALL    ? STR("all")
                  : html->texts == HTML_TEXTS_NONE ? STR("none")
                                                   : STR("failures"));
    json_out_list(&to, "segments");
    for (size_t i = 0; i < sizeof segments / sizeof segments[0]; i++)
        json_out_text(&to, NULL, str_from(segments[i]));
    json_out_end(&to);
    write_variants(html, &to);
    write_flips(html, &to);
    write_samples(html, &to);
    json_out_end(&to);
    /* the traces are there already, escaped */
    str head = str_trim(buf_str(&buf));
    html_add(html, "<script type=\"application/json\" id=\"data\">\n");
    html_json(html->out, str_sub(head, 0, head.n - 1));
    html_add(html, ",\n\"traces\": [\n");
    buf_add_str(html->out, buf_str(&html->traces->traces));
    html_add(html, "],\n\"texts\": [\n");
    buf_add_str(html->out, buf_str(&html->traces->texts));
    html_add(html, "]}\n</script>\n");
    buf_release(&buf);
}
