/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dataset.c: samples from rows (see dataset.h).
 *
 * What a row's members mean is decided here and only here: reserved names go to fields of the
 * sample, all others are inputs. All rows are checked before tags and limit choose among them,
 * so that a mistake does not depend on --limit.
 */
#include "base/dataset.h"

#include "base/dataset_choice.h"
#include "base/dataset_repeats.h"
#include "base/file.h"
#include "base/mem.h"

#include <inttypes.h>

const struct opt dataset_options[] = {
    OPT_TEXT(dataset_spec, file, .word = "file", .form = "{" OPT_FORM_ROWS "}",
             .help = "the rows: .jsonl, .json, .yaml, .csv"),
    OPT_RAW(dataset_spec, samples, .word = "rows", .help = "the rows, in place"),
    OPT_TEXT(dataset_spec, id, .fallback = "id",
             .help = "the field that is the id: text or integer, unique"),
    OPT_TEXT(dataset_spec, expected, .fallback = "expected",
             .help = "the field that is the expected answer"),
    OPT_TEXT(dataset_spec, cluster, .fallback = "cluster",
             .help = "the field that groups dependent samples (same document, same user)"),
    OPT_TEXTS(dataset_spec, only_tags,
              .help = "rows with at least one of these; all by default"),
    OPT_INT(dataset_spec, limit, .min = 1, .max = 1e9,
            .help = "the first n rows (after only_tags); all by default"),
    OPT_END_FORM("{oneOf: [{required: [file]}, {required: [samples]}]}"),
};

struct loader {
    struct arena *arena;
    struct mistakes *mistakes;
    str id, expected, cluster; /* field names */
    bool failed;
    const struct row *row; /* the one looked at */
    struct dataset_repeats *repeats;
};

#define loader_mistake(loader, place, ...)                                                     \
    ((loader)->failed = true, dataset_repeats_add((loader)->repeats, (place), __VA_ARGS__))

/* ---- one row ---- */

static const char *kind_of(const json *value)
{
    return json_kind_name(json_kind(value));
}

static void wrong_kind(struct loader *loader, str key, const json *value, const char *expected)
{
    loader_mistake(loader, row_place(loader->row, key), "%.*s is %s; expected %s", STR_ARG(key),
                   kind_of(value), expected);
}

/* A text, or an integer as text; empty when it is neither. */
static str label_of(struct loader *loader, const json *value)
{
    int64_t number;
    if (json_int(value, &number))
        return arena_printf(loader->arena, "%" PRId64, number);
    return json_text(value);
}

static void take_id(struct loader *loader, struct sample *sample)
{
    const json *value = json_get(loader->row->value, loader->id);
    if (!value) {
        loader_mistake(loader, loader->row->place,
                       "sample has no '%.*s'; expected a text or integer, unique in the file",
                       STR_ARG(loader->id));
        return;
    }
    sample->id = label_of(loader, value);
    if (sample->id.n == 0)
        loader_mistake(loader, row_place(loader->row, loader->id),
                       "%.*s is %s; expected a text or integer, unique in the file",
                       STR_ARG(loader->id),
                       json_is(value, JSON_TEXT) ? "empty" : kind_of(value));
}

static void take_tags(struct loader *loader, struct sample *sample, const json *value)
{
    if (!json_is(value, JSON_LIST)) {
        wrong_kind(loader, STR("tags"), value, "a list of texts");
        return;
    }
    str *tag = arena_array(loader->arena, str, json_count(value));
    for (const json *item = json_first(value); item; item = json_next(item)) {
        if (!json_is(item, JSON_TEXT)) {
            loader_mistake(loader, row_place(loader->row, STR("tags")),
                           "tags[%zu] is %s; expected a text", sample->tag_count,
                           kind_of(item));
            return;
        }
        tag[sample->tag_count++] = json_text(item);
    }
    sample->tag = tag;
}

static void take_cluster(struct loader *loader, struct sample *sample, const json *value)
{
    sample->cluster = label_of(loader, value);
    if (sample->cluster.n == 0)
        wrong_kind(loader, loader->cluster, value, "a text or integer, not empty");
}

static void take_object(struct loader *loader, str key, const json *value, const json **field)
{
    if (json_is(value, JSON_OBJECT))
        *field = value;
    else
        wrong_kind(loader, key, value, "a mapping");
}

static void take_input(struct loader *loader, json *inputs, const json *member)
{
    static const str refused[] = {STR_INIT("index"), STR_INIT("label"), STR_INIT("expected"),
                                  STR_INIT("value"), STR_INIT("output")};
    str key = json_key(member);
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
        if (str_equal(key, refused[i])) {
            loader_mistake(loader, row_place(loader->row, key),
                           "'%.*s' cannot be the name of an input; expected another name, or "
                           "dataset.expected: %.*s if it is the answer",
                           STR_ARG(key), STR_ARG(key));
            return;
        }
    json_set(loader->arena, inputs, key, member);
}

static void take_member(struct loader *loader, struct sample *sample, json *inputs,
                        const json *member)
{
    str key = json_key(member);
    if (str_equal(key, loader->id))
        return;
    if (str_equal(key, loader->expected))
        sample->expected = member;
    else if (str_equal(key, loader->cluster))
        take_cluster(loader, sample, member);
    else if (str_equal(key, STR("expected_steps")))
        take_object(loader, key, member, &sample->expected_steps);
    else if (str_equal(key, STR("metadata")))
        take_object(loader, key, member, &sample->metadata);
    else if (str_equal(key, STR("tags")))
        take_tags(loader, sample, member);
    else if (!str_equal(key, STR("description")))
        take_input(loader, inputs, member);
    else if (json_is(member, JSON_TEXT))
        sample->description = json_text(member);
    else
        wrong_kind(loader, key, member, "a text");
}

static void read_sample(struct loader *loader, const struct row *row, struct sample *sample)
{
    loader->row = row;
    json *inputs = json_new_object(loader->arena);
    sample->place = row->place;
    sample->inputs = inputs;
    take_id(loader, sample);
    for (const json *m = json_first(row->value); m; m = json_next(m))
        take_member(loader, sample, inputs, m);
    if (sample->cluster.n == 0)
        sample->cluster = sample->id;
}

/* ---- all rows ---- */

/* Open addressing over the samples' numbers plus one. */
static void check_ids(struct loader *loader, const struct rows *rows,
                      const struct sample *sample)
{
    size_t slots = 16;
    while (slots < rows->count * 2)
        slots *= 2;
    size_t *slot = xcalloc(slots, sizeof slot[0]);
    for (size_t i = 0; i < rows->count; i++) {
        str id = sample[i].id;
        if (id.n == 0)
            continue;
        size_t at = (size_t)hash_sip(0, 0, id.p, id.n) & (slots - 1);
        while (slot[at] && !str_equal(sample[slot[at] - 1].id, id))
            at = (at + 1) & (slots - 1);
        if (slot[at])
            loader_mistake(loader, row_place(&rows->row[i], loader->id),
                           "id '%.*s' is already used at line %u", STR_ARG(id),
                           sample[slot[at] - 1].place.line);
        else
            slot[at] = i + 1;
    }
    xfree(slot);
}

static bool has_tag(const struct sample *sample, const struct opt_texts *wanted)
{
    for (size_t i = 0; i < sample->tag_count; i++)
        for (size_t j = 0; j < wanted->count; j++)
            if (str_equal(sample->tag[i], wanted->text[j]))
                return true;
    return wanted->count == 0;
}

/* Of what a workflow and its scores may see of the row. */
static struct hash128 content_hash(struct loader *loader, const json *row,
                                   struct arena *scratch, struct buf *text)
{
    arena_clear(scratch);
    json *content = json_new_object(scratch);
    for (const json *m = json_first(row); m; m = json_next(m)) {
        str key = json_key(m);
        if (!str_equal(key, loader->id) && !str_equal(key, loader->cluster) &&
            !str_equal(key, STR("tags")) && !str_equal(key, STR("description")))
            json_set(scratch, content, key, m);
    }
    buf_clear(text);
    json_write_canonical(text, content);
    return hash_add((struct hash128){0}, buf_str(text));
}

static void choose(struct loader *loader, const struct dataset_spec *spec,
                   const struct rows *rows, struct chosen *chosen, struct sample *sample,
                   struct dataset *dataset)
{
    struct buf text = {0};
    struct arena scratch = {0};
    size_t limit = spec->limit > 0 ? (size_t)spec->limit : rows->count, tagged = 0;
    *dataset = (struct dataset){.sample = sample};
    for (size_t i = 0; i < rows->count && dataset->count < limit; i++) {
        if (!has_tag(&sample[i], &spec->only_tags) ||
            !chosen_takes(chosen, &sample[i], tagged++))
            continue;
        struct sample *taken = &sample[dataset->count];
        *taken = sample[i];
        taken->index = (uint32_t)dataset->count++;
        buf_clear(&text);
        json_write_canonical(&text, rows->row[i].value);
        dataset->hash = hash_add(dataset->hash, buf_str(&text));
        taken->hash = content_hash(loader, rows->row[i].value, &scratch, &text);
    }
    buf_release(&text);
    arena_release(&scratch);
}

/* `chosen`: from the command line. */
static int report_empty(struct loader *loader, const struct dataset_spec *spec,
                        struct place place, bool chosen)
{
    str name =
        spec->file.n ? arena_printf(loader->arena, " '%.*s'", STR_ARG(spec->file)) : STR("");
    str why = {"", 0};
    if (spec->only_tags.count)
        why = STR(" with one of the tags in only_tags");
    if (chosen)
        why = arena_printf(loader->arena, "%.*s%s %.*s", STR_ARG(why),
                           spec->only_tags.count ? " and taken by" : " that are taken by",
                           STR_ARG(choice_text(loader->arena, spec->choice)));
    return mistake_add(loader->mistakes, place,
                       "dataset%.*s has no samples%.*s; expected at least one", STR_ARG(name),
                       STR_ARG(why));
}

static int load_rows(struct loader *loader, const struct dataset_spec *spec, str base_file,
                     struct place place, struct rows *rows)
{
    if (spec->file.p && spec->samples)
        return mistake_add(loader->mistakes, place,
                           "dataset has both 'file' and 'samples'; expected one of them");
    if (spec->samples)
        return rows_from_yaml(loader->arena, spec->samples, rows, loader->mistakes);
    if (spec->file.n == 0)
        return mistake_add(loader->mistakes, place,
                           "dataset has neither 'file' nor 'samples'; expected one of them");
    str path = path_beside(loader->arena, base_file, spec->file);
    return rows_load_at(loader->arena, path, path, place, rows, loader->mistakes);
}

static str field_name(str given, str usual)
{
    return given.n ? given : usual;
}

static void read_samples(struct loader *loader, const struct rows *rows, struct sample *sample)
{
    struct dataset_repeats repeats = {.mistakes = loader->mistakes};
    loader->repeats = &repeats;
    for (size_t i = 0; i < rows->count; i++)
        read_sample(loader, &rows->row[i], &sample[i]);
    dataset_repeats_tell(&repeats, rows->count);
    check_ids(loader, rows, sample);
    dataset_repeats_tell(&repeats, rows->count);
}

int dataset_load(struct arena *arena, const struct dataset_spec *spec, str base_file,
                 struct place place, struct dataset *dataset, struct mistakes *mistakes)
{
    struct loader loader = {
        .arena = arena,
        .mistakes = mistakes,
        .id = field_name(spec->id, STR("id")),
        .expected = field_name(spec->expected, STR("expected")),
        .cluster = field_name(spec->cluster, STR("cluster")),
    };
    struct rows rows = {0};
    *dataset = (struct dataset){0};
    loader.failed = load_rows(&loader, spec, base_file, place, &rows) < 0;
    if (rows.count == 0)
        return loader.failed ? -1 : report_empty(&loader, spec, place, false);
    if (!loader.failed && dataset_check_columns(spec, &rows, arena, mistakes) < 0)
        return -1;
    struct sample *sample = arena_array(arena, struct sample, rows.count);
    read_samples(&loader, &rows, sample);
    if (loader.failed)
        return -1;
    struct chosen chosen;
    if (chosen_open(&chosen, spec->choice, sample, rows.count, arena, mistakes) < 0)
        return -1;
    choose(&loader, spec, &rows, &chosen, sample, dataset);
    if (chosen.unsure)
        return mistake_add(mistakes, (struct place){0},
                           "--filter-pattern takes too long to match; expected a simpler one");
    return dataset->count ? 0 : report_empty(&loader, spec, place, chosen.any);
}
