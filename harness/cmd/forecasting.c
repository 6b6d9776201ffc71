/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * forecasting.c: volumes, kinds of requests, limits and load of a forecast, and where it goes (see
 * forecasting.h). What cells cost and need is read in forecast_rows.c.
 */
#include "cmd/forecasting.h"

#include "cmd/forecast_rows.h"
#include "session/places.h"

#include "base/text.h"
#include "reports/forecast_report.h"
#include "stats/forecast.h"

#include <math.h>

/* ---- volumes ---- */

/* A file of volumes. */
struct volumes {
    double requests_per_day, peak_per_minute, days_per_month, margin;
    bool has_margin;
    const struct yaml *shares;
    str load;
};

const struct opt forecasting_volumes_options[] = {
    OPT_NUMBER(volumes, requests_per_day, .min = 1e-6, .max = 1e12,
               .help = "requests of users"),
    OPT_NUMBER(volumes, peak_per_minute, .min = 1e-6, .max = 1e12,
               .help = "requests in the busiest minute"),
    OPT_NUMBER(volumes, days_per_month, .min = 1, .max = 31,
               .help = "days with that many requests"),
    OPT_NUMBER(volumes, margin, .min = 0.001, .max = 1, OPT_GIVEN(volumes, has_margin),
               .help = "accuracy that may be given up for money"),
    OPT_RAW(volumes, shares, .word = "mapping", .help = "tag to share of the requests"),
    OPT_TEXT(volumes, load, .help = "a run with --rate"),
    OPT_END,
};

struct asking {
    struct arena *arena;
    struct err *err;
    struct run_view *view;
    struct volumes volumes;
    struct forecast_slice *slice;
    size_t slices, room;
    struct forecast_meta meta;
    struct run_view load; /* open when it has a summary */
};

bool forecasting_is_wanted(const struct forecasting_options *options, bool *failed,
                           struct err *err)
{
    bool any = options->requests_per_day > 0 || options->peak_per_minute > 0 ||
               options->days_per_month > 0 || options->has_margin || options->share.count ||
               options->load.n;
    *failed = any && !options->forecast.n;
    if (*failed)
        err_set(err, ERR_INPUT, "volumes are of a forecast; expected --forecast too");
    return options->forecast.n > 0;
}

static int add_share(struct asking *a, str tag, double share)
{
    if (!(share >= 0.0 && share <= 1.0))
        return err_set(a->err, ERR_INPUT, "the share of '%.*s' is not in 0 to 1",
                       STR_ARG(text_visible(a->arena, tag)));
    for (size_t k = 0; k < a->slices; k++)
        if (str_equal(a->slice[k].name, tag)) {
            a->slice[k].share = share;
            return 0;
        }
    if (a->slices + 1 >= a->room) { /* and one for what is left */
        size_t room = a->room ? 2 * a->room : 8;
        a->slice = arena_grow(a->arena, a->slice, a->slices, room, sizeof *a->slice);
        a->room = room;
    }
    a->slice[a->slices++] = (struct forecast_slice){arena_str(a->arena, tag), share};
    return 0;
}

static int read_file(struct asking *a, str file)
{
    struct mistakes mistakes;
    mistakes_init(&mistakes, a->arena);
    struct opt_parse parse = {.arena = a->arena, .mistakes = &mistakes};
    const struct yaml *root = yaml_load(a->arena, file, file, &yaml_file_limits, &mistakes);
    if (root)
        opt_parse_mapping(&parse, forecasting_volumes_options, root, "forecast", NULL,
                          &a->volumes);
    const struct yaml *shares = a->volumes.shares;
    if (shares && !yaml_is(shares, YAML_MAPPING))
        mistake_add(&mistakes, shares->place,
                    "shares is %s; expected a mapping from tag to share",
                    yaml_kind_name(shares));
    for (size_t i = 0; yaml_is(shares, YAML_MAPPING) && i < shares->count; i++)
        if (!yaml_is(shares->pair[i].value, YAML_NUMBER))
            mistake_add(&mistakes, shares->pair[i].value->place,
                        "a share is %s; expected a number from 0 to 1",
                        yaml_kind_name(shares->pair[i].value));
        else if (add_share(a, shares->pair[i].key, shares->pair[i].value->number) < 0)
            return -1;
    return mistakes_report(&mistakes, a->err);
}

/* "hard=0.2"; a tag may hold '='. */
static int read_share(struct asking *a, str text)
{
    size_t at = text.n;
    while (at > 0 && text.p[at - 1] != '=')
        at--;
    double share = -1.0;
    const json *number = at ? json_parse(a->arena, str_sub(text, at, text.n), NULL) : NULL;
    if (json_is(number, JSON_NUMBER))
        share = json_number(number);
    if (at < 2 || share < 0.0)
        return err_set(a->err, ERR_INPUT,
                       "--share is '%.*s'; expected TAG=SHARE, such as hard=0.2",
                       STR_ARG(text_visible(a->arena, text)));
    return add_share(a, str_sub(text, 0, at - 1), share);
}

static int read_volumes(struct asking *a, const struct forecasting_options *options)
{
    struct volumes *v = &a->volumes;
    if (!str_equal(options->forecast, STR("-")) &&
        read_file(a, arena_str(a->arena, options->forecast)) < 0)
        return -1;
    v->requests_per_day =
        options->requests_per_day > 0 ? options->requests_per_day : v->requests_per_day;
    v->peak_per_minute =
        options->peak_per_minute > 0 ? options->peak_per_minute : v->peak_per_minute;
    v->days_per_month =
        options->days_per_month > 0 ? options->days_per_month : v->days_per_month;
    v->load = options->load.n ? options->load : v->load;
    if (options->has_margin)
        v->margin = options->margin;
    v->has_margin = v->has_margin || options->has_margin;
    for (size_t i = 0; i < options->share.count; i++)
        if (read_share(a, options->share.text[i]) < 0)
            return -1;
    if (v->requests_per_day > 0)
        return 0;
    return err_set(
        a->err, ERR_INPUT,
        "a forecast needs to know how many requests; expected requests_per_day in its "
        "file, or --requests-per-day N");
}

/* ---- kinds of requests ---- */

static int find_slice(struct asking *a, const struct store_sample *sample, size_t *slice)
{
    const json *tags = sample->tags.n ? json_parse(a->arena, sample->tags, NULL) : NULL;
    *slice = FORECAST_NO_SLICE;
    for (const json *tag = json_first(tags); tag; tag = json_next(tag))
        for (size_t k = 0; k < a->slices; k++) {
            if (!str_equal(a->slice[k].name, json_text(tag)) || *slice == k)
                continue;
            if (*slice != FORECAST_NO_SLICE)
                return err_set(
                    a->err, ERR_INPUT,
                    "sample '%.*s' has the tags '%.*s' and '%.*s', which both have a "
                    "share; expected kinds that do not overlap",
                    STR_ARG(text_visible(a->arena, sample->id)),
                    STR_ARG(text_visible(a->arena, a->slice[*slice].name)),
                    STR_ARG(text_visible(a->arena, json_text(tag))));
            *slice = k;
        }
    return 0;
}

/* Shares below 1 leave the rest to the samples of no tag. */
static int check_shares(struct asking *a, const size_t *count, size_t others, bool *has_rest)
{
    double sum = 0.0;
    for (size_t k = 0; k < a->slices; k++) {
        sum += a->slice[k].share;
        if (count[k] == 0)
            return err_set(a->err, ERR_INPUT, "no sample of the run has the tag '%.*s'",
                           STR_ARG(text_visible(a->arena, a->slice[k].name)));
    }
    *has_rest = a->slices && sum < 1.0 - 1e-9;
    if (sum > 1.0 + 1e-9)
        return err_set(a->err, ERR_INPUT, "the shares sum to %.6g; expected 1 at most", sum);
    if (*has_rest && others == 0)
        return err_set(
            a->err, ERR_INPUT,
            "the shares sum to %.6g, and every sample has one of the tags; expected a "
            "sum of 1",
            sum);
    if (*has_rest)
        a->slice[a->slices] = (struct forecast_slice){STR("all other"), 1.0 - sum};
    return 0;
}

static int sort_samples(struct asking *a)
{
    size_t samples, others = 0;
    const struct store_sample *from = store_samples(a->view->store, &samples);
    struct forecast_sample *sample = arena_array(a->arena, struct forecast_sample, samples + 1);
    size_t *count = arena_array(a->arena, size_t, a->slices + 1);
    bool has_rest = false;
    for (size_t i = 0; i < samples; i++) {
        sample[i].cluster = from[i].cluster;
        if (a->slices && find_slice(a, &from[i], &sample[i].slice) < 0)
            return -1;
        others += sample[i].slice == FORECAST_NO_SLICE;
        if (sample[i].slice != FORECAST_NO_SLICE)
            count[sample[i].slice]++;
    }
    if (check_shares(a, count, others, &has_rest) < 0)
        return -1;
    for (size_t i = 0; has_rest && i < samples; i++)
        if (sample[i].slice == FORECAST_NO_SLICE)
            sample[i].slice = a->slices;
    a->meta.slice = a->slice;
    a->meta.slices = a->slices + has_rest;
    a->meta.sample = sample;
    a->meta.samples = samples;
    return 0;
}

/* ---- load ---- */

static int open_load(struct asking *a, const struct run_view **from)
{
    const struct store_run *own = store_run_row(a->view->store);
    str path;
    *from = NULL;
    if (!a->volumes.load.n) {
        *from = isnan(own->rate) ? NULL : a->view;
        return 0;
    }
    if (run_find(a->arena, a->volumes.load, &path, a->err) < 0 ||
        run_view_open(&a->load, path, a->arena, a->err) < 0)
        return -1;
    const struct store_run *run = store_run_row(a->load.store);
    *from = &a->load;
    if (isnan(run->rate))
        return err_set(
            a->err, ERR_INPUT,
            "%.*s: its cells began when others had ended; expected a run with --rate",
            STR_ARG(path));
    if (!str_equal(run->experiment, own->experiment) || run->mock != own->mock)
        return err_set(
            a->err, ERR_INPUT,
            "%.*s: is of another experiment, or of another provider; expected a run of "
            "%.*s",
            STR_ARG(path), STR_ARG(text_visible(a->arena, own->experiment)));
    return 0;
}

static int read_load(struct asking *a)
{
    const struct run_view *from;
    if (open_load(a, &from) < 0)
        return -1;
    if (!from)
        return 0;
    const struct summary *own = a->view->summary, *load = from->summary;
    size_t variants = own->meta.variant_count - own->meta.kept;
    struct stats_quantile(*scheduled)[SUMMARY_LEVELS] =
        arena_alloc(a->arena, (variants + 1) * sizeof *scheduled);
    uint64_t *cells = arena_array(a->arena, uint64_t, variants + 1);
    uint64_t attempts = 0, finished = 0;
    for (size_t i = 0; i < load->meta.variant_count - load->meta.kept; i++) {
        const struct summary_variant *one = &load->variants[i];
        attempts += one->traffic.attempts;
        finished += one->finished;
        for (size_t v = 0; v < variants; v++)
            if (str_equal(own->variants[v].name, one->name)) {
                memcpy(scheduled[v], one->scheduled_ns, sizeof scheduled[v]);
                cells[v] = one->finished;
            }
    }
    double rate = store_run_row(from->store)->rate;
    a->meta.load = (struct forecast_load){
        .run = load->meta.run,
        .is_own = from == a->view,
        .cells_per_s = rate,
        .attempts_per_s =
            finished ? maybe_of(rate * (double)attempts / (double)finished) : maybe_none(),
        .scheduled_ns = (const struct stats_quantile(*)[SUMMARY_LEVELS])scheduled,
        .cells = cells,
    };
    return 0;
}

/* ---- output ---- */

static int write_all(struct asking *a, const struct forecast *forecast,
                     const struct output_options *output)
{
    if (output->junit.n || output->plots.n)
        return err_set(a->err, ERR_INPUT,
                       "a forecast is text, Markdown, HTML, JSON or CSV; expected no --%s",
                       output->junit.n ? "junit" : "plots");
    return output_paper(
        &forecast_paper, forecast,
        &(struct output_files){output->output, output->md, output->html, output->json,
                               output->csv}, a->arena,
        a->err);
}

/* ---- all of it ---- */

static void fill_meta(struct asking *a)
{
    const struct summary *summary = a->view->summary;
    const struct volumes *v = &a->volumes;
    size_t variants = summary->meta.variant_count - summary->meta.kept;
    const struct summary_vote **vote =
        arena_array(a->arena, const struct summary_vote *, variants + 1);
    for (size_t i = 0; i < variants; i++) {
        const struct summary_variant *one = &summary->variants[i];
        vote[i] = one->diagnosis ? one->diagnosis->vote : NULL;
        a->meta.skipped += one->statuses[SUMMARY_SKIPPED];
        a->meta.pending += one->statuses[SUMMARY_PENDING];
    }
    a->meta.run = summary->meta.run;
    a->meta.experiment = summary->meta.experiment;
    a->meta.mock = summary->meta.mock;
    a->meta.per_day = v->requests_per_day;
    a->meta.days = v->days_per_month;
    a->meta.peak_per_minute =
        v->peak_per_minute > 0 ? maybe_of(v->peak_per_minute) : maybe_none();
    if (v->has_margin)
        a->meta.margin = maybe_of(v->margin);
    else if (summary->meta.margin > 0)
        a->meta.margin = maybe_of(summary->meta.margin);
    a->meta.confidence = summary->meta.confidence;
    a->meta.reducer = summary->meta.reducer;
    a->meta.alpha = summary->meta.alpha;
    a->meta.variant = summary->meta.variants;
    a->meta.variants = variants;
    a->meta.vote = vote;
}

static int make(struct asking *a, const struct forecasting_options *options,
                const struct output_options *output)
{
    struct forecast_rows_source rows;
    if (read_volumes(a, options) < 0 || sort_samples(a) < 0 || read_load(a) < 0 ||
        forecast_rows_read(&rows, a->view, a->arena, a->err) < 0)
        return -1;
    fill_meta(a);
    a->meta.limit = rows.limit;
    a->meta.limits = rows.limits;
    a->meta.prices = rows.price;
    a->meta.price_count = rows.prices;
    struct forecast *forecast = forecast_begin(&a->meta);
    int result = 0;
    for (size_t i = 0; i < rows.rows && result == 0; i++)
        if (rows.row[i].trial)
            result = forecast_add(forecast, &rows.row[i], a->err);
    if (result == 0) {
        forecast_finish(forecast);
        result = write_all(a, forecast, output);
    }
    forecast_free(forecast);
    return result;
}

int forecasting_write(const struct forecasting_options *options,
                      const struct output_options *output, struct run_view *view,
                      struct arena *arena, struct err *err)
{
    struct asking a = {.arena = arena, .err = err, .view = view};
    int result = make(&a, options, output);
    run_view_close(&a.load);
    return result;
}
