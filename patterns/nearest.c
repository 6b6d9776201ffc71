/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * nearest.c: the label of the examples that are most alike.
 *
 * Likeness is the cosine of vectors: of weighted words (base/tfidf.h), without a call; or with
 * `model` of embeddings, one call for the text, while the examples are embedded once a run, before
 * the first cell. The k nearest vote, and of labels with as many votes the one whose best example
 * is nearer wins. Where nothing is alike at all there is no nearest example: `otherwise`.
 *
 *     nearest: {of: "{{query}}", examples: examples.csv, k: 3, otherwise: Other}
 */
#include "patterns/patterns.h"

#include "base/dataset.h"
#include "base/file.h"
#include "base/tfidf.h"
#include "llm/embed.h"
#include "plan/bind.h"
#include "plan/estimate.h"
#include "plan/experiment.h"
#include "plan/size.h"
#include "run/wf.h"

struct nearest {
    const struct yaml *of_yaml, *examples_yaml, *otherwise_yaml;
    str model_name;
    int64_t k, candidates;
    double min_similarity;

    const struct template *of, *otherwise;
    str *text, *label; /* of each example */
    size_t examples;
    str path;                           /* generic */
    const struct scope *scope;          /* of the names in `of` */
    struct tfidf *tfidf;                /* without a model */
    const struct llm_model *model;      /* or */
    const struct example_set *embedded; /* ... the vectors of the examples */
};

static const struct opt nearest_options[] = {
    {.key = "of",
     .type = OPT_TYPE_RAW,
     .offset = offsetof(struct nearest, of_yaml),
     .word = "template",
     .required = true,
     .help = "the text"},
    {.key = "examples",
     .type = OPT_TYPE_RAW,
     .offset = offsetof(struct nearest, examples_yaml),
     .word = "examples",
     .form = "{type: [string, object], " OPT_FORM_ROWS ", additionalProperties: {type: array, items: {type: string}},"
             " minProperties: 1}",
     .required = true,
     .help = "file of rows with label and text, or label to list of texts"},
    {.key = "model",
     .type = OPT_TYPE_LABEL,
     .offset = offsetof(struct nearest, model_name),
     .help = "an embedding model; without one words are compared, without a call"},
    OPT_INT(nearest, k, .min = 1, .max = 1000, .fallback = "1",
            .help = "so many of the nearest examples vote"),
    OPT_SHARE(nearest, min_similarity, .fallback = "0",
              .help = "what is less alike is not near: otherwise"),
    OPT_INT(nearest, candidates, .min = 1, .max = 1000,
            .help = "instead of a label a list of that many different ones, the nearest first"),
    {.key = "otherwise",
     .type = OPT_TYPE_RAW,
     .offset = offsetof(struct nearest, otherwise_yaml),
     .word = "template",
     .help = "when no example is near; null when not given"},
    OPT_END,
};

/* ---- examples ---- */

static void add_example(struct nearest *nearest, str label, str text)
{
    nearest->label[nearest->examples] = label;
    nearest->text[nearest->examples++] = text;
}

static void make_room(struct arena *arena, struct nearest *nearest, size_t count)
{
    nearest->label = arena_array(arena, str, count + 1);
    nearest->text = arena_array(arena, str, count + 1);
}

static int read_file(const struct binder *binder, struct nearest *nearest)
{
    const struct yaml *yaml = nearest->examples_yaml;
    struct arena *arena = binder->arena;
    struct rows rows = {0};
    str path = yaml->text;
    int result = 0;
    if (path.n && path.p[0] != '/')
        path = path_join(arena, binder->experiment->folder, path);
    experiment_file_used(binder->experiment, "rows", path);
    if (rows_load_at(arena, path, yaml->text, yaml->place, &rows, binder->mistakes) < 0)
        return -1;
    make_room(arena, nearest, rows.count);
    for (size_t i = 0; i < rows.count; i++) {
        const json *label = json_get(rows.row[i].value, STR("label"));
        str text = json_text(json_get(rows.row[i].value, STR("text")));
        if (!label || str_trim(text).n == 0)
            result = mistake_add(binder->mistakes, row_place(&rows.row[i], STR("text")),
                                 "an example needs a label and a text");
        else
            add_example(nearest, json_render(arena, label), text);
    }
    return result;
}

static int read_mapping(const struct binder *binder, struct nearest *nearest)
{
    const struct yaml *yaml = nearest->examples_yaml;
    struct opt row = {.key = "examples", .type = OPT_TYPE_TEXTS};
    struct opt_parse parse = {binder->arena, binder->mistakes, NULL};
    size_t count = 0;
    int result = 0;
    for (size_t i = 0; i < yaml->count; i++)
        count += yaml->pair[i].value->count;
    make_room(binder->arena, nearest, count);
    for (size_t i = 0; i < yaml->count; i++) {
        struct opt_texts texts = {0};
        result |= opt_parse_value(&parse, &row, yaml->pair[i].value, &texts);
        for (size_t k = 0; k < texts.count; k++)
            if (str_trim(texts.text[k]).n)
                add_example(nearest, yaml->pair[i].key, texts.text[k]);
    }
    return result;
}

static int read_examples(const struct binder *binder, struct nearest *nearest)
{
    const struct yaml *yaml = nearest->examples_yaml;
    int result = -1;
    if (yaml_is(yaml, YAML_TEXT))
        result = read_file(binder, nearest);
    else if (yaml_is(yaml, YAML_MAPPING))
        result = read_mapping(binder, nearest);
    else
        return mistake_add(
            binder->mistakes, yaml->place,
            "nearest.examples is %s; expected a file, or a mapping from label to "
            "list of texts",
            yaml_kind_name(yaml));
    if (result == 0 && nearest->examples == 0)
        return mistake_add(binder->mistakes, yaml->place, "nearest.examples has no examples");
    return result;
}

static int nearest_bind(struct binder *binder, const struct yaml *value, void *options,
                        struct shape *yields)
{
    struct nearest *nearest = options;
    int result = 0;
    struct shape otherwise = {.size = shape_size_tokens(1, 1, 4)}; /* null */
    nearest->scope = binder->scope;
    nearest->path = binder->path.n ? path_generic(binder->arena, binder->path) : STR(".");
    nearest->of = bind_template(binder, nearest->of_yaml, NULL);
    result |= nearest->of ? 0 : -1;
    if (nearest->otherwise_yaml) {
        nearest->otherwise = bind_template(binder, nearest->otherwise_yaml, &otherwise);
        result |= nearest->otherwise ? 0 : -1;
    }
    if (read_examples(binder, nearest) < 0)
        return -1;
    if (!nearest->candidates) /* else a list */
        yields->size = shape_size_either(shape_size_texts(nearest->label, nearest->examples),
                                         otherwise.size);
    if (nearest->model_name.n == 0) {
        nearest->tfidf = tfidf_new(binder->arena, nearest->text, nearest->examples);
        return result;
    }
    struct place place = yaml_get(value, STR("model"))->place;
    nearest->model = bind_embedding_model(binder, nearest->model_name, place);
    if (!nearest->model)
        return -1;
    nearest->embedded = bind_examples(binder, nearest->model, nearest->text, nearest->examples);
    return result;
}

static void nearest_estimate(const void *options, const struct estimating *estimating,
                             struct estimate *estimate)
{
    const struct nearest *nearest = options;
    *estimate = (struct estimate){0};
    if (nearest->model)
        *estimate = estimate_request(
            nearest->model, NULL,
            size_of_template(nearest->of, nearest->scope, estimating->env, estimating->scratch),
            estimating);
    estimate_time_calls(estimate, estimating, nearest->path);
}

/* ---- the run ---- */

static int fiber_fn compare_vectors(struct wf *wf, const struct nearest *nearest, str text,
                                    double *similarity)
{
    const struct llm_reply *reply;
    struct llm_request request = llm_embed_request(nearest->model, &text, 1);
    if (wf_call(wf, &request, &reply) < 0)
        return -1;
    for (size_t i = 0; i < nearest->examples; i++)
        similarity[i] = llm_vector_cosine(reply->vector[0], nearest->embedded->vector[i]);
    return 0;
}

struct comparing {
    const struct nearest *nearest;
    str text;
    double *similarity;
};

static void compare_words(void *arg)
{
    struct comparing *comparing = arg;
    struct arena scratch = {0};
    tfidf_compare(comparing->nearest->tfidf, comparing->text, &scratch, comparing->similarity);
    arena_release(&scratch);
}

static int fiber_fn compare(struct wf *wf, const struct nearest *nearest, str text,
                            double *similarity)
{
    enum { LARGE = 64 * 1024 }; /* texts and examples: a millisecond */
    if (str_trim(text).n == 0)
        return 0; /* providers refuse it, and it is like nothing */
    if (nearest->model)
        return compare_vectors(wf, nearest, text, similarity);
    struct comparing comparing = {nearest, text, similarity};
    wf_work(wf, text.n + nearest->examples > LARGE, compare_words, &comparing);
    return 0;
}

/* The nearest example of a label that is not among the first `count` of `taken`; of equals the
 * first in the file. examples: none. */
static size_t nearest_example(const struct nearest *nearest, const double *similarity,
                              const bool *taken)
{
    size_t best = nearest->examples;
    for (size_t i = 0; i < nearest->examples; i++)
        if (!taken[i] && similarity[i] > 0 && similarity[i] >= nearest->min_similarity &&
            (best == nearest->examples || similarity[i] > similarity[best]))
            best = i;
    return best;
}

static void take_label(const struct nearest *nearest, size_t example, bool *taken)
{
    for (size_t i = 0; i < nearest->examples; i++)
        taken[i] = taken[i] || str_equal(nearest->label[i], nearest->label[example]);
}

/* Up to `most` examples, the nearest first; with `different` of as many labels. */
static size_t rank(struct wf *wf, const struct nearest *nearest, const double *similarity,
                   size_t most, bool different, size_t *ranked)
{
    bool *taken = arena_array(wf_scratch(wf), bool, nearest->examples);
    size_t count = 0;
    while (count < most) {
        size_t example = nearest_example(nearest, similarity, taken);
        if (example == nearest->examples)
            break;
        ranked[count++] = example;
        taken[example] = true;
        if (different)
            take_label(nearest, example, taken);
    }
    return count;
}

/* The majority of the ranked; they stand in order of nearness, so the first of equals wins. */
static size_t elect(const struct nearest *nearest, const size_t *ranked, size_t count)
{
    size_t winner = 0, most = 0;
    for (size_t i = 0; i < count; i++) {
        size_t votes = 0;
        for (size_t k = 0; k < count; k++)
            votes += str_equal(nearest->label[ranked[k]], nearest->label[ranked[i]]);
        if (votes > most) {
            most = votes;
            winner = ranked[i];
        }
    }
    return winner;
}

static const json *labels_of(struct wf *wf, const struct nearest *nearest, const size_t *ranked,
                             size_t count)
{
    json *list = json_new_list(wf_arena(wf));
    for (size_t i = 0; i < count; i++)
        json_add(wf_arena(wf), list, json_new_text(wf_arena(wf), nearest->label[ranked[i]]));
    return list;
}

static int fiber_fn nearest_run(struct wf *wf, const void *options, const json **value)
{
    const struct nearest *nearest = options;
    str text;
    if (wf_render(wf, nearest->of, wf_env(wf), &text) < 0)
        return -1;
    double *similarity = arena_array(wf_scratch(wf), double, nearest->examples);
    size_t *ranked = arena_array(wf_scratch(wf), size_t, nearest->examples);
    if (compare(wf, nearest, text, similarity) < 0)
        return -1;
    size_t most = (size_t)(nearest->candidates ? nearest->candidates : nearest->k);
    size_t count = rank(wf, nearest, similarity, most, nearest->candidates > 0, ranked);
    if (count)
        wf_note(wf, "similarity", json_new_number(wf_arena(wf), similarity[ranked[0]]));
    if (count && nearest->candidates)
        *value = labels_of(wf, nearest, ranked, count);
    else if (count)
        *value = json_new_text(wf_arena(wf), nearest->label[elect(nearest, ranked, count)]);
    else if (nearest->otherwise)
        return wf_eval(wf, nearest->otherwise, wf_env(wf), value);
    else
        *value = json_null();
    return 0;
}

const struct pattern pattern_nearest = {
    .name = "nearest",
    .summary = "the label of the examples that are most alike",
    .options = nearest_options,
    .options_size = sizeof(struct nearest),
    .bind = nearest_bind,
    .run = nearest_run,
    .estimate = nearest_estimate,
};
