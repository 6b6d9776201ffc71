/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * keywords.c: a label by the words that occur, without a model.
 *
 * Words and phrases match whole words without regard to case; "refund*" matches beginnings. The
 * label with most different words found wins, of equals the first in the file. No calls.
 *
 *     keywords: {of: "{{query}}", labels: {Billing: [invoice, refund*]}, otherwise: Other}
 */
#include "patterns/patterns.h"

#include "base/text.h"
#include "plan/bind.h"
#include "plan/estimate.h"
#include "plan/transform_parts.h"
#include "run/wf.h"

struct keywords_label {
    str label;
    struct opt_texts words; /* lower-cased, blanks squeezed */
};

struct keywords {
    const struct yaml *of_yaml, *labels_yaml, *otherwise_yaml;

    const struct template *of, *otherwise;
    struct keywords_label *label;
    size_t labels;
};

static const struct opt keywords_options[] = {
    {.key = "of",
     .type = OPT_TYPE_RAW,
     .offset = offsetof(struct keywords, of_yaml),
     .word = "template",
     .required = true,
     .help = "the text"},
    {.key = "labels",
     .type = OPT_TYPE_RAW,
     .offset = offsetof(struct keywords, labels_yaml),
     .word = "keywords_labels",
     .required = true,
     .help = "label to list of words or phrases"},
    {.key = "otherwise",
     .type = OPT_TYPE_RAW,
     .offset = offsetof(struct keywords, otherwise_yaml),
     .word = "template",
     .help = "when no word occurs; null when not given"},
    OPT_END,
};

static int bind_label(struct binder *binder, const struct yaml_pair *pair,
                      struct keywords_label *label)
{
    struct opt row = {.key = "labels", .type = OPT_TYPE_TEXTS};
    struct opt_parse parse = {binder->arena, binder->mistakes, NULL};
    struct opt_texts words = {0};
    if (opt_parse_value(&parse, &row, pair->value, &words) < 0)
        return -1;
    str *lower = arena_array(binder->arena, str, words.count + 1);
    int result = 0;
    for (size_t i = 0; i < words.count; i++) {
        lower[i] = text_squeeze(binder->arena, text_lower(binder->arena, words.text[i]));
        if (lower[i].n == 0 || str_equal(lower[i], STR("*")))
            result = mistake_add(binder->mistakes, pair->value->item[i]->place,
                                 "'%.*s' is no word; expected a word or phrase, or the "
                                 "beginning of one with * behind it",
                                 STR_ARG(words.text[i]));
    }
    *label = (struct keywords_label){pair->key, {lower, words.count}};
    return result;
}

static int keywords_bind(struct binder *binder, const struct yaml *value, void *options,
                         struct shape *yields)
{
    struct keywords *keywords = options;
    const struct yaml *labels = keywords->labels_yaml;
    int result = 0;
    (void)value;
    struct shape otherwise = {.size = shape_size_tokens(1, 1, 4)}; /* null */
    keywords->of = bind_template(binder, keywords->of_yaml, NULL);
    result |= keywords->of ? 0 : -1;
    if (keywords->otherwise_yaml) {
        keywords->otherwise = bind_template(binder, keywords->otherwise_yaml, &otherwise);
        result |= keywords->otherwise ? 0 : -1;
    }
    if (!yaml_is(labels, YAML_MAPPING) || labels->count == 0)
        return mistake_add(
            binder->mistakes, labels->place,
            "keywords.labels is %s; expected a mapping from label to list of words",
            yaml_is(labels, YAML_MAPPING) ? "empty" : yaml_kind_name(labels));
    keywords->label = arena_array(binder->arena, struct keywords_label, labels->count);
    keywords->labels = labels->count;
    for (size_t i = 0; i < labels->count; i++)
        result |= bind_label(binder, &labels->pair[i], &keywords->label[i]);
    str *name = arena_array(binder->arena, str, labels->count);
    for (size_t i = 0; i < labels->count; i++)
        name[i] = labels->pair[i].key;
    /* a text or what `otherwise` gives */
    yields->size = shape_size_either(shape_size_texts(name, labels->count), otherwise.size);
    return result;
}

/* An edge of a word lies where letters or digits do not go on. */
static bool is_edge(str text, size_t at)
{
    return !(is_word(char_before(text, at)) && is_word(char_after(text, at)));
}

static bool word_occurs(str text, str word)
{
    bool beginning = str_ends_with(word, STR("*"));
    if (beginning)
        word.n--;
    for (ptrdiff_t at = 0; (at = str_find(text, word, (size_t)at)) >= 0; at++)
        if (is_edge(text, (size_t)at) && (beginning || is_edge(text, (size_t)at + word.n)))
            return true;
    return false;
}

static const struct keywords_label *best_label(const struct keywords *keywords, str text)
{
    const struct keywords_label *best = NULL;
    size_t most = 0;
    for (size_t i = 0; i < keywords->labels; i++) {
        const struct keywords_label *label = &keywords->label[i];
        size_t found = 0;
        for (size_t k = 0; k < label->words.count; k++)
            found += word_occurs(text, label->words.text[k]);
        if (found > most) {
            most = found;
            best = label;
        }
    }
    return best;
}

static int fiber_fn keywords_run(struct wf *wf, const void *options, const json **value)
{
    const struct keywords *keywords = options;
    struct arena *arena = wf_arena(wf);
    str text;
    if (wf_render(wf, keywords->of, wf_env(wf), &text) < 0)
        return -1;
    text = text_squeeze(arena, text_lower(arena, text));
    const struct keywords_label *label = best_label(keywords, text);
    if (label)
        *value = json_new_text(arena, label->label);
    else if (keywords->otherwise)
        return wf_eval(wf, keywords->otherwise, wf_env(wf), value);
    else
        *value = json_null();
    return 0;
}

static void keywords_estimate(const void *options, const struct estimating *estimating,
                              struct estimate *estimate)
{
    (void)options;
    (void)estimating;
    *estimate = (struct estimate){0};
}

const struct pattern pattern_keywords = {
    .name = "keywords",
    .summary = "a label by the words that occur, without a model",
    .options = keywords_options,
    .options_size = sizeof(struct keywords),
    .bind = keywords_bind,
    .run = keywords_run,
    .estimate = keywords_estimate,
};
