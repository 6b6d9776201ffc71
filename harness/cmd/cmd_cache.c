/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cmd_cache.c: weir cache: what the cache holds, forgetting it, and why a call was no hit.
 *
 * "Why" looks for the entry whose key has most parts in common with the call's, and says what the
 * two do not have in common; where that is the request, its text is compared line by line.
 */
#include "cmd/cmd.h"
#include "session/caching.h"
#include "session/places.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/nearest.h"
#include "base/text.h"
#include "base/yaml_write.h"
#include "stats/format.h"

#include <stdio.h>

struct cache_cmd {
    str file;
    int64_t older;
};

static const struct opt cache_cmd_options[] = {
    OPT_TEXT(cache_cmd, file, .fallback = ".weir/cache.db", .word = "FILE",
             .help = "the cache; of why: the one beside the run"),
    OPT_DURATION(cache_cmd, older,
                 .help = "of clear: only what was neither made nor used for that long (720h)"),
    OPT_END,
};

static int open_there(struct cache **cache, const char *path, struct err *err)
{
    if (!file_exists(path))
        return err_set(err, ERR_INPUT, "%s: there is no cache", path);
    return cache_open(cache, &(struct cache_options){.path = path}, err);
}

/* ---- stats ---- */

struct model_sum {
    str model, endpoint;
    int64_t entries, uses, size, saved_nanousd, unknown;
};

struct sums {
    struct arena *arena;
    struct model_sum *row, all;
    size_t rows, room;
    int64_t oldest_wall_ns, newest_wall_ns;
};

static struct model_sum *sum_of(struct sums *sums, const struct cache_entry *entry)
{
    for (size_t i = 0; i < sums->rows; i++)
        if (str_equal(sums->row[i].model, entry->model) &&
            str_equal(sums->row[i].endpoint, entry->key.endpoint))
            return &sums->row[i];
    if (sums->rows == sums->room) {
        size_t room = sums->room ? 2 * sums->room : 8;
        sums->row = arena_grow(sums->arena, sums->row, sums->rows, room, sizeof *sums->row);
        sums->room = room;
    }
    struct model_sum *row = &sums->row[sums->rows++];
    *row = (struct model_sum){.model = arena_str(sums->arena, entry->model),
                              .endpoint = arena_str(sums->arena, entry->key.endpoint)};
    return row;
}

static void add_up(struct model_sum *sum, const struct cache_entry *entry)
{
    sum->entries++;
    sum->uses += entry->uses;
    sum->size += entry->size;
    if (entry->cost_nanousd >= 0)
        sum->saved_nanousd += entry->uses * entry->cost_nanousd;
    else
        sum->unknown += entry->uses;
}

static int add_entry(void *arg, const struct cache_entry *entry)
{
    struct sums *sums = arg;
    add_up(sum_of(sums, entry), entry);
    add_up(&sums->all, entry);
    if (sums->newest_wall_ns == 0)
        sums->newest_wall_ns = entry->created_wall_ns;
    sums->oldest_wall_ns = entry->created_wall_ns;
    return 0;
}

static void print_sum(struct arena *arena, str name, const struct model_sum *sum)
{
    printf("%-24.*s %8lld %8lld %10.1f %s%s\n",
           STR_ARG(text_visible(arena, text_shorten(arena, name, 24))), (long long)sum->entries,
           (long long)sum->uses, (double)sum->size / 1e6, sum->unknown ? "at least " : "",
           stats_format_usd(arena, maybe_of((double)sum->saved_nanousd * 1e-9)).p);
}

static int print_stats(struct arena *arena, struct cache *cache, struct err *err)
{
    struct sums sums = {.arena = arena};
    char oldest[24], newest[24];
    if (cache_each(cache, add_entry, &sums, err) < 0)
        return -1;
    printf("%-24s %8s %8s %10s %s\n", "model", "entries", "hits", "MB", "saved");
    for (size_t i = 0; i < sums.rows; i++)
        print_sum(arena, sums.row[i].model, &sums.row[i]);
    print_sum(arena, STR("all"), &sums.all);
    if (sums.all.entries == 0)
        return 0;
    clock_iso(sums.oldest_wall_ns, oldest, sizeof oldest);
    clock_iso(sums.newest_wall_ns, newest, sizeof newest);
    printf("made from %s to %s\n", oldest, newest);
    return 0;
}

/* ---- why ---- */

/* The call, with what its key is made of. */
struct asked {
    struct arena *arena;
    str wanted;     /* as given */
    int64_t number; /* of the call, 0: by its name */
    struct store *store;
    const struct store_variant *variant;
    const struct store_sample *sample;
    bool found;
    struct store_call call;
    struct cache_key key;
    str run, request;
    struct err *err;
};

struct coordinates {
    int64_t variant, sample, trial;
};

struct cell_search {
    int64_t cell;
    struct coordinates place;
};

static int find_place(void *arg, const struct store_cell *cell)
{
    struct cell_search *search = arg;
    if (cell->cell != search->cell)
        return 0;
    search->place = (struct coordinates){cell->variant, cell->sample, cell->trial};
    return 1;
}

static int take_call(struct asked *asked, const struct store_call *call,
                     const struct coordinates *place)
{
    struct arena *arena = asked->arena;
    asked->found = true;
    asked->call = *call;
    asked->key = (struct cache_key){
        .endpoint = arena_str(arena, call->cache_endpoint),
        .request_hash = arena_str(arena, call->request_hash),
        .variant = asked->variant[place->variant].name,
        .sample = asked->sample[place->sample].id,
        .trial = place->trial,
        .path = arena_str(arena, call->path),
        .role = str_from(store_role_name(call->role)),
        .repeat = call->repeat,
    };
    return store_body(asked->store, call->request.id, arena, &asked->request, asked->err) < 0
               ? -1
               : 1;
}

/* "VARIANT/SAMPLE/TRIAL:PATH#REPEAT" */
static str name_of(struct asked *asked, const struct store_call *call,
                   const struct coordinates *place)
{
    return arena_printf(asked->arena, "%.*s/%.*s/%lld:%.*s#%lld",
                        STR_ARG(asked->variant[place->variant].name),
                        STR_ARG(asked->sample[place->sample].id), (long long)place->trial,
                        STR_ARG(call->path), (long long)call->repeat);
}

static int look_at(void *arg, const struct store_call *call)
{
    struct asked *asked = arg;
    struct cell_search search = {.cell = call->cell};
    if (asked->number && call->id != asked->number)
        return 0;
    /* names may hold the words of others: only what could be this call is looked up */
    if (!asked->number && !str_contains(asked->wanted, call->path))
        return 0;
    int there =
        store_each_cell(asked->store, STORE_AS_WRITTEN, find_place, &search, asked->err);
    if (there <= 0)
        return there;
    if (!asked->number && !str_equal(name_of(asked, call, &search.place), asked->wanted))
        return 0;
    return take_call(asked, call, &search.place);
}

static int find_call(struct asked *asked, struct err *err)
{
    size_t variants, samples;
    asked->variant = store_variants(asked->store, &variants);
    asked->sample = store_samples(asked->store, &samples);
    asked->run = arena_str(asked->arena, store_run_row(asked->store)->id);
    if (!str_to_int(asked->wanted, &asked->number) &&
        !(str_contains(asked->wanted, STR(":")) && str_contains(asked->wanted, STR("#"))))
        return err_set(err, ERR_INPUT,
                       "CALL is '%.*s'; expected the number of a call, or "
                       "VARIANT/SAMPLE/TRIAL:PATH#REPEAT",
                       STR_ARG(text_visible(asked->arena, asked->wanted)));
    if (store_each_call(asked->store, STORE_EVERY, look_at, asked, err) < 0)
        return -1;
    if (asked->found)
        return 0;
    return err_set(err, ERR_INPUT, "no call '%.*s' of a finished cell in this run",
                   STR_ARG(text_visible(asked->arena, asked->wanted)));
}

/* ---- the nearest entry ---- */

struct nearest_entry {
    const struct asked *asked;
    struct arena *arena;
    struct cache_entry entry;
    int alike; /* parts of the key; -1: there is no entry */
    bool own, later;
};

enum { REQUEST_WEIGHT = 3 };

static int alike(const struct cache_key *a, const struct cache_key *b)
{
    return str_equal(a->endpoint, b->endpoint) +
           REQUEST_WEIGHT * str_equal(a->request_hash, b->request_hash) +
           str_equal(a->variant, b->variant) + str_equal(a->sample, b->sample) +
           (a->trial == b->trial) + str_equal(a->path, b->path) + str_equal(a->role, b->role) +
           (a->repeat == b->repeat);
}

static int compare_entry(void *arg, const struct cache_entry *entry)
{
    struct nearest_entry *nearest = arg;
    const struct asked *asked = nearest->asked;
    struct arena *arena = nearest->arena;
    char hex[33];
    cache_key_hash(&asked->key, hex);
    bool same = str_equal(entry->key_hash, str_from(hex));
    if (str_equal(entry->run, asked->run)) { /* it never hits those */
        nearest->own = nearest->own || same;
        return 0;
    }
    int parts = alike(&asked->key, &entry->key);
    if (parts <= nearest->alike)
        return 0;
    nearest->alike = parts;
    nearest->later = same;
    nearest->entry = *entry;
    nearest->entry.run = arena_str(arena, entry->run);
    nearest->entry.key =
        (struct cache_key){.endpoint = arena_str(arena, entry->key.endpoint),
                           .request_hash = arena_str(arena, entry->key.request_hash),
                           .variant = arena_str(arena, entry->key.variant),
                           .sample = arena_str(arena, entry->key.sample),
                           .trial = entry->key.trial,
                           .path = arena_str(arena, entry->key.path),
                           .role = arena_str(arena, entry->key.role),
                           .repeat = entry->key.repeat};
    return 0;
}

static void say_text(struct arena *arena, const char *part, str entry, str asked)
{
    if (!str_equal(entry, asked))
        printf("  %s: '%.*s' in the entry, '%.*s' here\n", part,
               STR_ARG(text_visible(arena, entry)), STR_ARG(text_visible(arena, asked)));
}

static void say_number(const char *part, int64_t entry, int64_t asked)
{
    if (entry != asked)
        printf("  %s: %lld in the entry, %lld here\n", part, (long long)entry,
               (long long)asked);
}

static str shown(struct arena *arena, str body)
{
    const json *value = json_parse(arena, body, NULL);
    if (!value)
        return utf8_clean(arena, body);
    struct buf text = {0};
    yaml_write(&text, value, 0, YAML_SORTED);
    str result = arena_str(arena, buf_str(&text));
    buf_release(&text);
    return result;
}

static int say_request(struct arena *arena, struct cache *cache,
                       const struct nearest_entry *nearest, struct err *err)
{
    enum { LINES = 60 };
    str before, line;
    if (str_equal(nearest->entry.key.request_hash, nearest->asked->key.request_hash))
        return 0;
    if (cache_request(cache, &nearest->entry, arena, &before, err) < 0)
        return -1;
    struct buf out = {0};
    nearest_difference(&out, shown(arena, before), shown(arena, nearest->asked->request),
                       LINES);
    printf("  the request:\n");
    if (out.n == 0)
        printf("    the same on the wire; what was asked for (model, schema, tools) differs\n");
    for (str rest = buf_str(&out); rest.n;) {
        str_cut(rest, '\n', &line, &rest);
        printf("    %.*s\n", STR_ARG(text_visible(arena, line)));
    }
    buf_release(&out);
    return 0;
}

static int say_nearest(struct arena *arena, struct cache *cache,
                       const struct nearest_entry *nearest, struct err *err)
{
    const struct cache_key *a = &nearest->entry.key, *b = &nearest->asked->key;
    printf("The nearest entry is of run %.*s. What differs:\n",
           STR_ARG(text_visible(arena, nearest->entry.run)));
    say_text(arena, "asked whom", a->endpoint, b->endpoint);
    say_text(arena, "variant", a->variant, b->variant);
    say_text(arena, "sample", a->sample, b->sample);
    say_number("trial", a->trial, b->trial);
    say_text(arena, "step", a->path, b->path);
    say_text(arena, "role", a->role, b->role);
    say_number("repeat", a->repeat, b->repeat);
    return say_request(arena, cache, nearest, err);
}

static int explain(struct arena *arena, struct cache *cache, const struct asked *asked,
                   struct err *err)
{
    struct nearest_entry nearest = {.asked = asked, .arena = arena, .alike = -1};
    if (asked->call.source == STORE_CACHED) {
        printf("It was a hit: an earlier run had made this call.\n");
        return 0;
    }
    if (asked->call.source == STORE_UNSENT) {
        printf("It was not made at all: a budget or limit said no first.\n");
        return 0;
    }
    if (asked->key.endpoint.n == 0) {
        printf("The run used no cache: `cache: none`, --no-cache, or a cassette.\n");
        return 0;
    }
    if (cache_each(cache, compare_entry, &nearest, err) < 0)
        return -1;
    if (nearest.own)
        printf(
            "There was no entry, or `cache: refresh` passed it over; now there is one, which "
            "this run wrote.\n");
    if (nearest.alike < 0)
        printf("No other run has an entry in the cache.\n");
    else if (nearest.later)
        printf(
            "Run %.*s has put an entry of this key there; it came later, or took longer than "
            "this call had time left for, or the run was told to refresh.\n",
            STR_ARG(text_visible(arena, nearest.entry.run)));
    else
        return say_nearest(arena, cache, &nearest, err);
    return 0;
}

static int why(struct arena *arena, const str *arg, struct err *err)
{
    struct asked asked = {.arena = arena, .wanted = arg[1], .err = err};
    struct cache *cache;
    str path;
    if (!(asked.store = run_open(arena, arg[0], &path, err)))
        return -1;
    str folder = path_folder(arena, path_folder(arena, path));
    int result = find_call(&asked, err);
    if (result == 0)
        result = open_there(&cache, path_join(arena, folder, STR("cache.db")).p, err);
    if (result == 0) {
        result = explain(arena, cache, &asked, err);
        cache_close(cache);
    }
    store_close(asked.store);
    return result;
}

/* ---- the command ---- */

static int clear(struct cache *cache, int64_t older_ns, struct err *err)
{
    int64_t count, before = older_ns ? clock_wall_ns() - older_ns : INT64_MAX;
    if (cache_clear(cache, before, &count, err) < 0)
        return -1;
    fprintf(stderr, "%lld entr%s forgotten\n", (long long)count, count == 1 ? "y" : "ies");
    return 0;
}

static int cache_run(struct arena *arena, const void *given, const str *arg, size_t args,
                     struct err *err)
{
    const struct cache_cmd *options = given;
    str action = cmd_arg(arg, args, 0);
    struct cache *cache;
    if (str_equal(action, STR("why")))
        return args == 3 ? why(arena, arg + 1, err)
                         : err_set(err, ERR_INPUT, "why takes RUN and CALL; see --help");
    bool stats = str_equal(action, STR("stats"));
    if (!stats && !str_equal(action, STR("clear")))
        return err_set(err, ERR_INPUT,
                       "'%.*s' is not what weir cache does; expected stats, clear, why",
                       STR_ARG(text_visible(arena, action)));
    if (cmd_no_more(arg, args, 1, err) < 0 || open_there(&cache, options->file.p, err) < 0)
        return -1;
    int result = stats ? print_stats(arena, cache, err) : clear(cache, options->older, err);
    cache_close(cache);
    return result;
}

static const char *const actions[] = {"stats", "clear", "why", NULL};

const struct cmd cmd_cache = {
    .name = "cache",
    .usage = "stats | clear | why RUN CALL [options]",
    .summary = "replies of earlier runs: how many, forget them, why a call was no hit",
    .details =
        "CALL is a call's number in the run's file, or VARIANT/SAMPLE/TRIAL:PATH#REPEAT as\n"
        "weir show names it. The cache is read and written by runs with `cache: use`.",
    .words = actions,
    CMD_OPTIONS(cache_cmd),
    .run = cache_run,
};
