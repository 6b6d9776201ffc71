/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * again.c: finding a run to go on with (see again.h).
 *
 * Cells are found by their places in the plan, and calls by what they ask. So a run goes on only
 * with the experiment that it began with, or, when told which variants to keep, with one whose
 * plan has the same shape.
 */
#include "session/again.h"

#include "base/ceilings.h"
#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "run/pace.h"
#include "session/difference.h"
#include "session/places.h"

#include <math.h>

enum { DIFFERENCES_SHOWN = 20 };

/* ---- which run ---- */

/* The folder of the experiment that a file in .weir/runs belongs to; empty: it lies elsewhere. */
static str folder_of_run(struct arena *arena, str path)
{
    str runs = path_folder(arena, path), weir = path_folder(arena, runs);
    bool usual =
        str_equal(path_name(runs), STR("runs")) && str_equal(path_name(weir), STR(".weir"));
    return usual ? path_folder(arena, weir) : STR("");
}

static int find_experiment(struct again *again, struct arena *arena, struct err *err)
{
    str named = again->run->experiment_path, folder = folder_of_run(arena, again->path);
    str beside = folder.n ? path_join(arena, folder, path_name(named)) : named;
    again->experiment_path = file_exists(beside.p) ? beside : arena_str(arena, named);
    if (file_exists(again->experiment_path.p))
        return 0;
    return err_set(err, ERR_INPUT,
                   "%.*s: its experiment %.*s is not there; expected EXP, the path of it, or "
                   "'weir unpack' to get it out of the run",
                   STR_ARG(again->path), STR_ARG(beside));
}

/* The newest run of the experiment that is not finished, or, for errors, that there is. */
static int find_newest(struct again *again, const struct again_options *options,
                       struct arena *arena, struct err *err)
{
    struct store_listing *listing;
    size_t count;
    str folder = path_beside(arena, again->experiment_path, STR(".weir/runs"));
    if (store_runs(folder.p, arena, &listing, &count, err) < 0)
        return -1;
    str name = path_name(again->experiment_path);
    for (size_t i = 0; i < count; i++) {
        const struct store_run *run = &listing[i].run;
        bool wanted = options->retry_errors || run->state != STORE_FINISHED;
        if (listing[i].problem.n || !wanted ||
            !str_equal(path_name(run->experiment_path), name))
            continue;
        again->path = listing[i].path;
        return 0;
    }
    return err_set(err, ERR_INPUT, "no %s of %.*s in %.*s; expected one to resume",
                   options->retry_errors ? "run" : "unfinished run",
                   STR_ARG(again->experiment_path), STR_ARG(folder));
}

int again_find(struct again *again, const struct again_options *options, struct arena *arena,
               struct err *err)
{
    *again = (struct again){0};
    bool newest = str_equal(options->run, STR(AGAIN_NEWEST));
    if (newest || options->experiment.n) {
        if (experiment_find(arena, options->experiment, &again->experiment_path, err) < 0)
            return -1;
    }
    if ((newest ? find_newest(again, options, arena, err)
                : run_find(arena, options->run, &again->path, err)) < 0 ||
        store_open(&again->store, again->path.p, err) < 0)
        return -1;
    again->run = store_run_row(again->store);
    if (again->run->state == STORE_FINISHED && !options->retry_errors && !options->keep.n) {
        err_set(err, ERR_INPUT,
                "%.*s: the run is finished; --retry-errors runs failed cells again",
                STR_ARG(again->path));
        return -1;
    }
    return again->experiment_path.n ? 0 : find_experiment(again, arena, err);
}

void again_release(struct again *again)
{
    if (again->store)
        store_close(again->store);
    again->store = NULL;
    again->run = NULL;
}

/* ---- its command line ---- */

static void add_text(struct arena *arena, json *list, const char *word, str value)
{
    json_add(arena, list, json_new_text(arena, str_from(word)));
    json_add(arena, list, json_new_text(arena, value));
}

static void add_word(struct arena *arena, json *list, const char *word, int64_t value)
{
    add_text(arena, list, word, arena_printf(arena, "%lld", (long long)value));
}

str again_words(struct arena *arena, const struct experiment_options *overrides)
{
    json *list = json_new_list(arena);
    if (overrides->trials)
        add_word(arena, list, "--trials", overrides->trials);
    if (overrides->limit)
        add_word(arena, list, "--limit", overrides->limit);
    if (overrides->seed >= 0)
        add_word(arena, list, "--seed", overrides->seed);
    if (overrides->choice.range.n)
        add_text(arena, list, "--filter-range", overrides->choice.range);
    if (overrides->choice.pattern.n)
        add_text(arena, list, "--filter-pattern", overrides->choice.pattern);
    for (size_t i = 0; i < overrides->choice.ids.count; i++)
        add_text(arena, list, "--sample-id", overrides->choice.ids.text[i]);
    if (overrides->variants.n)
        add_text(arena, list, "--variants", overrides->variants);
    if (overrides->shards)
        add_text(arena, list, "--shard",
                 arena_printf(arena, "%lld/%lld", (long long)overrides->shard,
                              (long long)overrides->shards));
    return json_to_str(arena, list, JSON_COMPACT);
}

static void take_text(struct arena *arena, str value, bool wanted, str *to)
{
    if (wanted && !to->n)
        *to = arena_str(arena, value);
}

static void take_id(struct arena *arena, str value, struct opt_texts *ids)
{
    str *grown = arena_array(arena, str, ids->count + 1);
    for (size_t i = 0; i < ids->count; i++)
        grown[i] = ids->text[i];
    grown[ids->count] = arena_str(arena, value);
    *ids = (struct opt_texts){grown, ids->count + 1};
}

int again_take_options(const struct again *again, struct arena *arena,
                       struct experiment_options *overrides, struct err *err)
{
    const json *list = json_parse(arena, again->run->options, NULL);
    if (again->run->options.n && !json_is(list, JSON_LIST))
        return err_set(err, ERR_FAILED, "%.*s: damaged: its options are not a list",
                       STR_ARG(again->path));
    const bool own_ids = overrides->choice.ids.count > 0;
    for (const json *word = json_first(list); word && json_next(word);
         word = json_next(json_next(word))) {
        str name = json_text(word), value = json_text(json_next(word));
        int64_t number = 0;
        str_to_int(value, &number);
        if (str_equal(name, STR("--trials")) && !overrides->trials)
            overrides->trials = number;
        if (str_equal(name, STR("--limit")) && !overrides->limit)
            overrides->limit = number;
        if (str_equal(name, STR("--seed")) && overrides->seed < 0)
            overrides->seed = number;
        take_text(arena, value, str_equal(name, STR("--filter-range")),
                  &overrides->choice.range);
        take_text(arena, value, str_equal(name, STR("--filter-pattern")),
                  &overrides->choice.pattern);
        take_text(arena, value, str_equal(name, STR("--variants")), &overrides->variants);
        if (str_equal(name, STR("--sample-id")) && !own_ids)
            take_id(arena, value, &overrides->choice.ids);
    }
    if (!overrides->shards) {
        overrides->shard = again->run->shard;
        overrides->shards = again->run->shards;
    }
    return 0;
}

int again_take_manner(const struct again *again, struct again_manner *manner, struct err *err)
{
    const struct store_run *run = again->run;
    if (!run->mock && (manner->mock || manner->mock_url))
        return err_set(err, ERR_INPUT,
                       "the run began with real models; expected no --mock, or a new run");
    manner->mock = run->mock && !manner->mock_url;
    if (manner->rate <= 0 && !isnan(run->rate)) {
        manner->rate = run->rate;
        for (int i = 0; arrivals_names[i]; i++)
            if (str_equal(run->arrivals, str_from(arrivals_names[i])))
                manner->arrivals = i;
    }
    return 0;
}

/* ---- its files ---- */

const struct store_file *again_files(struct arena *arena, const struct experiment *experiment,
                                     size_t *count)
{
    const struct experiment_file *first = experiment_files_used(experiment);
    *count = 0;
    for (const struct experiment_file *file = first; file; file = file->next)
        (*count)++;
    struct store_file *row = arena_array(arena, struct store_file, *count + 1);
    size_t n = 0;
    for (const struct experiment_file *file = first; file; file = file->next) {
        str text;
        if (file_read(arena, file->path.p, MAX_DATASET_BYTES, &text, NULL) < 0)
            continue; /* it was read a moment ago; without it the run goes on as well */
        char *hash = arena_alloc(arena, 33);
        hash_hex(hash_add((struct hash128){0}, text), hash);
        row[n++] = (struct store_file){.path = file->name,
                                       .role = str_from(file->role),
                                       .hash = {hash, 32},
                                       .text = {.text = text}};
    }
    *count = n;
    return row;
}

/* ---- is it the same experiment? ---- */

static const struct store_file *file_named(const struct store_file *file, size_t count,
                                           str name)
{
    for (size_t i = 0; i < count; i++)
        if (str_equal(file[i].path, name))
            return &file[i];
    return NULL;
}

/* The experiment file's text says less than its definition, and samples are compared by what
 * they are. */
static bool is_told(const struct store_file *file)
{
    return !str_equal(file->role, STR("experiment")) && !str_equal(file->role, STR("mock"));
}

static void tell_file(const struct again *again, const struct store_file *was,
                      const struct store_file *is, struct arena *arena, struct buf *out)
{
    const struct store_file *one = was ? was : is;
    str text = {"", 0};
    if (!is_told(one) || (was && is && str_equal(was->hash, is->hash)))
        return;
    buf_printf(out, "  %.*s %.*s: %s\n", STR_ARG(one->role), STR_ARG(one->path),
               !was  ? "is new"
               : !is ? "is not used any more"
                     : "has changed");
    if (was && is && store_body(again->store, was->text.id, arena, &text, NULL) == 0)
        difference_of_texts(text, is->text.text, out);
}

static void tell_files(const struct again *again, const struct experiment *experiment,
                       struct arena *arena, struct buf *out)
{
    size_t were, are;
    const struct store_file *was = store_files(again->store, &were);
    const struct store_file *is = again_files(arena, experiment, &are);
    for (size_t i = 0; i < were; i++)
        tell_file(again, &was[i], file_named(is, are, was[i].path), arena, out);
    for (size_t i = 0; i < are && were; i++)
        if (!file_named(was, were, is[i].path))
            tell_file(again, NULL, &is[i], arena, out);
}

static str hash_text(struct arena *arena, struct hash128 hash)
{
    char *text = arena_alloc(arena, 33);
    hash_hex(hash, text);
    return (str){text, 32};
}

/* Files of weir before 0.2 have no hash of the whole. */
static bool is_same(const struct again *again, const struct experiment *experiment,
                    const json *was, struct arena *arena)
{
    const struct store_run *run = again->run;
    struct buf nothing = {0};
    if (run->experiment_hash.n)
        return str_equal(run->experiment_hash, hash_text(arena, experiment->hash));
    bool same = str_equal(run->dataset_hash, hash_text(arena, experiment->dataset.hash)) &&
                difference_of(was, experiment->effective, 0, &nothing) == 0;
    buf_release(&nothing);
    return same;
}

static void tell(const struct again *again, const struct experiment *experiment,
                 const json *was, struct arena *arena)
{
    struct buf out = {0};
    difference_of(was, experiment->effective, DIFFERENCES_SHOWN, &out);
    if (!str_equal(again->run->dataset_hash, hash_text(arena, experiment->dataset.hash)))
        buf_printf(&out, "  dataset: its samples are not the same\n");
    tell_files(again, experiment, arena, &out);
    str said = str_sub(buf_str(&out), 0, out.n - (out.n && out.p[out.n - 1] == '\n'));
    log_text(arena_printf(arena, "The experiment was edited since the run began:\n%.*s",
                          STR_ARG(said)));
    buf_release(&out);
}

/* The same cells at the same places. */
static bool same_plan(const struct again *again, const struct experiment *experiment,
                      struct arena *arena)
{
    size_t variants;
    const struct store_run *run = again->run;
    const struct store_variant *variant = store_variants(again->store, &variants);
    bool same = variants == experiment->variants && run->seed == experiment->seed &&
                str_equal(run->dataset_hash, hash_text(arena, experiment->dataset.hash)) &&
                run->cells == (int64_t)(experiment->dataset.count * variants *
                                        (uint64_t)experiment->trials);
    for (size_t i = 0; same && i < variants; i++)
        same = str_equal(variant[i].name, experiment->variant[i].name);
    return same;
}

static int no_variant(const struct experiment *experiment, str name, struct arena *arena,
                      struct err *err)
{
    str *word = arena_array(arena, str, experiment->variants + 1);
    for (size_t i = 0; i < experiment->variants; i++)
        word[i] = experiment->variant[i].name;
    str hint = mistake_hint(arena, name, word, experiment->variants, true);
    return err_set(err, ERR_INPUT, "--keep: no variant '%.*s'%.*s",
                   STR_ARG(text_visible(arena, name)), STR_ARG(hint));
}

static int mark_kept(const struct experiment *experiment, str keep, bool *kept,
                     struct arena *arena, struct err *err)
{
    str name;
    do {
        str_cut(keep, ',', &name, &keep);
        name = str_trim(name);
        size_t i = 0;
        while (i < experiment->variants && !str_equal(experiment->variant[i].name, name))
            i++;
        if (i == experiment->variants)
            return no_variant(experiment, name, arena, err);
        kept[i] = true;
    } while (keep.n);
    return 0;
}

static int keep_some(struct again *again, const struct experiment *experiment, str keep,
                     struct arena *arena, struct err *err)
{
    bool *kept = arena_calloc(arena, experiment->variants, sizeof *kept);
    if (!same_plan(again, experiment, arena))
        return err_set(
            err, ERR_INPUT,
            "--keep: samples, trials, seed or the list of variants are not those of the "
            "run, so its cells are not those of the experiment; run it anew");
    if (mark_kept(experiment, keep, kept, arena, err) < 0)
        return -1;
    again->variant = arena_array(arena, int64_t, experiment->variants + 1);
    for (size_t i = 0; i < experiment->variants; i++)
        if (!kept[i])
            again->variant[again->kept.variants++] = (int64_t)i;
    again->kept.variant = again->variant;
    again->edited = (struct store_run){
        .definition = json_to_str(arena, experiment->effective, JSON_COMPACT),
        .experiment_hash = hash_text(arena, experiment->hash),
        .options = arena_str(arena, again->run->options),
    };
    again->kept.edited = &again->edited;
    return 0;
}

int again_check(struct again *again, const struct experiment *experiment,
                const struct again_options *options, struct arena *arena, struct err *err)
{
    const json *was = json_parse(arena, again->run->definition, NULL);
    again->kept = (struct store_again){.errors = options->retry_errors};
    if (!was)
        return err_set(err, ERR_FAILED, "%.*s: the experiment stored in it is not JSON",
                       STR_ARG(again->path));
    if (is_same(again, experiment, was, arena))
        return 0;
    tell(again, experiment, was, arena);
    if (options->keep.n)
        return keep_some(again, experiment, options->keep, arena, err);
    return err_set(
        err, ERR_INPUT,
        "%.*s: the experiment is not the one of this run any more; undo the edit, run it "
        "anew, or name the variants whose cells stay: --keep NAME,NAME",
        STR_ARG(again->path));
}
