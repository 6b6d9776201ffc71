/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * experiment_baseline.c: the variant or the file that a run is compared with (see
 * experiment_baseline.h).
 *
 * The file need not be of the same dataset, for a dataset grows: samples with the same content are
 * compared. It must hold some of them, or every rule about it were without an answer.
 */
#include "plan/experiment_baseline.h"

#include "base/ceilings.h"
#include "base/file.h"

#include <stdlib.h>

enum { HASH_DIGITS = 16 }; /* of a sample, in a baseline */

static const char again[] = "weir run --no-baseline and weir baseline save make a new one";

const struct opt baseline_options[] = {
    OPT_TEXT(baseline_keys, file, .required = true,
             .help = "of weir baseline save: each variant is compared with its namesake there"),
    OPT_END,
};

str experiment_graders(struct arena *arena, const json *definition)
{
    struct buf text = {0};
    struct hash128 hash = {0};
    const json *scores = json_get(definition, STR("score"));
    for (const json *score = json_first(scores); score; score = json_next(score)) {
        json *copy = json_new_object(arena);
        for (const json *part = json_first(score); part; part = json_next(part))
            if (!str_equal(json_key(part), STR("description")))
                json_set(arena, copy, json_key(part), part);
        buf_clear(&text);
        json_write_canonical(&text, copy);
        hash = hash_add(hash_add(hash, json_key(score)), buf_str(&text));
    }
    buf_release(&text);
    char *digits = arena_alloc(arena, 33);
    hash_hex(hash, digits);
    return str_from(digits);
}

/* ---- a variant ---- */

static void load_variant(struct experiment *experiment, const struct yaml *baseline,
                         struct mistakes *mistakes)
{
    str *words = arena_array(experiment->arena, str, experiment->variants + 1);
    for (size_t i = 0; i < experiment->variants; i++) {
        words[i] = experiment->variant[i].name;
        if (str_equal(words[i], baseline->text)) {
            experiment->baseline = i;
            return;
        }
    }
    str hint =
        mistake_hint(experiment->arena, baseline->text, words, experiment->variants, true);
    mistake_add(mistakes, baseline->place, "no variant '%.*s' for the baseline%.*s",
                STR_ARG(baseline->text), STR_ARG(hint));
}

/* ---- a file ---- */

bool baseline_has_variant(const struct baseline_file *file, str name)
{
    const json *variants = json_get(file->whole, STR("variants"));
    for (const json *v = json_first(variants); v; v = json_next(v))
        if (str_equal(json_text(json_get(v, STR("name"))), name))
            return true;
    return !file->whole;
}

static int check_variants(const struct experiment *experiment, const struct baseline_file *file,
                          struct mistakes *mistakes)
{
    str names = {"", 0};
    const json *variants = json_get(file->whole, STR("variants"));
    for (size_t i = 0; i < experiment->variants; i++)
        if (baseline_has_variant(file, experiment->variant[i].name))
            return 0;
    for (const json *v = json_first(variants); v; v = json_next(v))
        names = arena_printf(experiment->arena, "%.*s%s%.*s", STR_ARG(names),
                             names.n ? ", " : "", STR_ARG(json_text(json_get(v, STR("name")))));
    if (experiment->variants == 0)
        return 0;
    return mistake_add(mistakes, file->place,
                       "%.*s has none of the variants here; it has: %.*s",
                       STR_ARG(path_name(file->path)), STR_ARG(names));
}

static int compare_texts(const void *a, const void *b)
{
    return str_compare(*(const str *)a, *(const str *)b);
}

static str sample_hash(struct arena *arena, const struct sample *sample)
{
    char *digits = arena_alloc(arena, 33);
    hash_hex(sample->hash, digits);
    return (str){digits, HASH_DIGITS};
}

static int check_samples(const struct experiment *experiment, const struct baseline_file *file,
                         struct mistakes *mistakes)
{
    struct arena scratch = {0};
    char whole[33];
    size_t count = experiment->originals;
    str was = json_text(json_path(file->whole, "dataset.fingerprint"));
    hash_hex(experiment->dataset.hash, whole);
    bool shared = str_equal(was, str_from(whole)) || count == 0;
    str *known = arena_array(&scratch, str, count + 1);
    for (size_t i = 0; i < count; i++)
        known[i] = sample_hash(&scratch, &experiment->dataset.sample[i]);
    if (count)
        qsort(known, count, sizeof *known, compare_texts);
    for (const json *s = json_first(json_get(file->whole, STR("samples"))); s && !shared;
         s = json_next(s)) {
        str hash = json_text(json_at(s, 2));
        shared = hash.n && bsearch(&hash, known, count, sizeof *known, compare_texts);
    }
    arena_release(&scratch);
    if (shared)
        return 0;
    return mistake_add(mistakes, file->place,
                       "%.*s is of another dataset: its fingerprint is %.*s there and %s here, "
                       "and no sample is known to be the same; %s",
                       STR_ARG(path_name(file->path)), STR_ARG(was), whole, again);
}

static const json *read_file(struct experiment *experiment, const struct baseline_file *file,
                             struct mistakes *mistakes)
{
    struct err err = {0};
    struct json_error error = {0};
    int64_t version = 0;
    str text;
    if (!file_exists(file->path.p)) {
        mistake_add(mistakes, file->place, "no file '%.*s'; %s", STR_ARG(file->path), again);
        return NULL;
    }
    if (file_read(experiment->arena, file->path.p, MAX_DATASET_BYTES, &text, &err) < 0) {
        mistake_add(mistakes, file->place, "%s", err.message);
        return NULL;
    }
    const json *whole = json_parse(experiment->arena, text, &error);
    if (whole && json_int(json_get(whole, STR("weir_baseline")), &version) && version > 0)
        return whole;
    mistake_add(mistakes, file->place,
                "%.*s is no baseline; expected a file that weir baseline save wrote",
                STR_ARG(file->path));
    return NULL;
}

static void load_file(struct experiment *experiment, const struct yaml *yaml, bool ignored,
                      struct mistakes *mistakes)
{
    struct baseline_keys keys = {0};
    struct opt_parse parse = {experiment->arena, mistakes, NULL};
    experiment->baseline_is_kept = true;
    if (opt_parse_mapping(&parse, baseline_options, yaml, "baseline", NULL, &keys) < 0 ||
        ignored)
        return;
    struct baseline_file *file = arena_new(experiment->arena, struct baseline_file);
    *file = (struct baseline_file){
        .path = path_beside(experiment->arena, experiment->path, keys.file),
        .place = yaml_get(yaml, STR("file"))->place};
    experiment_file_used(experiment, "baseline", file->path);
    file->whole = read_file(experiment, file, mistakes);
    experiment->baseline_file = file;
    if (!file->whole)
        return;
    check_variants(experiment, file, mistakes);
    if (!experiment->inputs_unknown)
        check_samples(experiment, file, mistakes);
}

void baseline_load(struct experiment *experiment, const struct yaml *yaml, bool ignored,
                   struct mistakes *mistakes)
{
    if (yaml_is(yaml, YAML_TEXT))
        load_variant(experiment, yaml, mistakes);
    else if (yaml_is(yaml, YAML_MAPPING))
        load_file(experiment, yaml, ignored, mistakes);
    else
        mistake_add(mistakes, yaml->place,
                    "baseline is %s; expected the name of a variant, or {file: FILE.json}",
                    yaml_kind_name(yaml));
}

void baseline_check_scores(const struct experiment *experiment, struct mistakes *mistakes)
{
    const struct baseline_file *file = experiment->baseline_file;
    if (!file || !file->whole || mistakes->count)
        return;
    str was = json_text(json_get(file->whole, STR("graders")));
    str is = experiment_graders(experiment->arena, experiment->effective);
    if (!str_equal(was, is))
        mistake_add(mistakes, file->place,
                    "%.*s was saved with other scores: the hash of their definitions is %.*s "
                    "there and %.*s here; %s",
                    STR_ARG(path_name(file->path)), STR_ARG(was), STR_ARG(is), again);
}
