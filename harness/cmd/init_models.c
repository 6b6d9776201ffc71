/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * init_models.c: the models of a copied experiment become those of the user's provider (see init.h).
 *
 * The entries are ours: a model is a line below `models:`, "  KEY: {provider: P, model: M, …}", which a test
 * holds them to. So lines are rewritten and comments stay. They have no prices: those are in the table of prices,
 * or nobody knows them. The mock calls its models by name and is told the new ones.
 */
#include "cmd/init.h"

#include "base/mistakes.h"
#include "base/text.h"
#include "llm/model.h"
#include "llm/price.h"

static const str own_provider = STR_INIT("mine");

bool init_models_are_wanted(const struct init_models *wanted)
{
    return wanted->provider.n || wanted->model.count || wanted->base_url.n;
}

/* ---- lines ---- */

/* The text behind `before`, up to the first byte of `ends`; empty when it is not there. */
static str between(str line, str before, const char *ends)
{
    ptrdiff_t at = str_find(line, before, 0);
    if (at < 0)
        return (str){"", 0};
    size_t from = (size_t)at + before.n, to = from;
    while (to < line.n && !strchr(ends, line.p[to]))
        to++;
    return str_sub(line, from, to);
}

/* "  small: {provider: openai, model: m}": the key, if the line is one of those. */
static str model_key(str line)
{
    str key, rest;
    if (!str_starts_with(line, STR("  ")) || !str_cut(str_trim(line), ':', &key, &rest))
        return (str){"", 0};
    return str_starts_with(str_trim(rest), STR("{provider: ")) ? key : (str){"", 0};
}

/* Is the line within the section of that name? `inside` goes from line to line. */
static bool in_section(str line, str name, bool *inside)
{
    bool top = line.n && line.p[0] != ' ' && line.p[0] != '#' && line.p[0] != '\r';
    if (top)
        *inside = str_equal(str_trim(line), name);
    return *inside && !top;
}

void init_models_find(str text, struct init_changes *changes)
{
    str line, rest = text;
    bool inside = false;
    while (rest.n && changes->models < INIT_MODELS_MOST) {
        str_cut(rest, '\n', &line, &rest);
        if (!in_section(line, STR("models:"), &inside) || !model_key(line).n)
            continue;
        changes->model[changes->models++] = (struct init_model){
            .key = model_key(line), .name = between(line, STR("model: "), ",}")};
    }
}

/* ---- what is wanted ---- */

static int check_provider(str provider, struct arena *arena, struct err *err)
{
    str words[16];
    size_t count = 0;
    for (; llm_provider_builtin_name(count) && count < 16; count++) {
        words[count] = str_from(llm_provider_builtin_name(count));
        if (str_equal(words[count], provider))
            return 0;
    }
    str hint = mistake_hint(arena, provider, words, count, true);
    str shown = text_visible(arena, provider);
    return err_set(err, ERR_INPUT,
                   "there is no provider '%.*s'%.*s; a server of your own is --base-url URL",
                   STR_ARG(shown), STR_ARG(hint));
}

static int take_model(struct init_changes *changes, str given, struct arena *arena,
                      struct err *err)
{
    str key, name, words[INIT_MODELS_MOST];
    for (size_t i = 0; i < changes->models; i++)
        words[i] = changes->model[i].key;
    if (!str_cut(given, '=', &key, &name)) {
        for (size_t i = 0; i < changes->models; i++)
            if (!changes->model[i].wanted.n)
                changes->model[i].wanted = given;
        return 0;
    }
    for (size_t i = 0; i < changes->models; i++)
        if (str_equal(changes->model[i].key, key) && name.n) {
            changes->model[i].wanted = name;
            return 0;
        }
    str hint = mistake_hint(arena, key, words, changes->models, true);
    str shown = text_visible(arena, given);
    return err_set(err, ERR_INPUT, "--model is '%.*s'; expected NAME, or KEY=NAME%.*s",
                   STR_ARG(shown), STR_ARG(hint));
}

/* Whose model it is, by the table of prices. */
static str provider_of(str model)
{
    for (size_t i = 0; llm_price_at(i); i++)
        if (str_equal(str_from(llm_price_at(i)->model), model)) {
            str company = str_from(llm_price_at(i)->provider);
            return str_equal(company, STR("google")) ? STR("gemini") : company;
        }
    return (str){"", 0};
}

int init_models_choose(struct init_changes *changes, const struct init_models *wanted,
                       struct arena *arena, struct err *err)
{
    if (wanted->provider.n && wanted->base_url.n)
        return err_set(err, ERR_INPUT,
                       "--base-url is a provider of its own; expected no --provider");
    if (wanted->key_env.n && !wanted->base_url.n)
        return err_set(err, ERR_INPUT, "--key-env is of --base-url; expected that too");
    if (wanted->provider.n && check_provider(wanted->provider, arena, err) < 0)
        return -1;
    for (size_t i = 0; i < wanted->model.count; i++)
        if (take_model(changes, wanted->model.text[i], arena, err) < 0)
            return -1;
    str provider = wanted->base_url.n ? own_provider : wanted->provider;
    changes->base_url = wanted->base_url;
    changes->key_env = wanted->key_env;
    for (size_t i = 0; i < changes->models; i++) {
        struct init_model *model = &changes->model[i];
        if (provider.n && !model->wanted.n)
            return err_set(err, ERR_INPUT,
                           "which model plays '%.*s'? --model NAME, as the provider calls it, "
                           "or --model %.*s=NAME",
                           STR_ARG(model->key), STR_ARG(model->key));
        if (model->wanted.n)
            model->provider = provider.n ? provider : provider_of(model->wanted);
        changes->unpriced =
            changes->unpriced ||
            (model->wanted.n && !llm_price_builtin(model->wanted, LLM_TIER_STANDARD).known);
    }
    return 0;
}

/* ---- writing ---- */

/* Plain where YAML takes it for a text without a doubt, else quoted as JSON quotes. */
static str scalar(struct arena *arena, str text)
{
    static const char *const others[] = {"true", "false", "null", "yes", "no", "on", "off"};
    bool plain = text.n && char_is_alnum(text.p[0]) && !char_is_digit(text.p[0]);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        plain = plain && !str_equal_nocase(text, str_from(others[i]));
    for (size_t i = 0; i < text.n; i++)
        plain = plain && (char_is_alnum(text.p[i]) || strchr("._/-", text.p[i]));
    return plain ? text : json_to_str(arena, json_new_text(arena, text), JSON_COMPACT);
}

/* What stands in the braces behind provider and model: "max_tokens: 200". */
static str other_settings(struct arena *arena, str line)
{
    ptrdiff_t model = str_find(line, STR("model: "), 0);
    size_t from = (size_t)(model < 0 ? 0 : model);
    ptrdiff_t comma = str_find(line, STR(", "), from);
    ptrdiff_t end = str_find(line, STR("}"), from);
    if (comma < 0 || end < 0 || comma + 2 >= end)
        return STR("");
    str middle = str_trim(str_sub(line, (size_t)comma + 2, (size_t)end));
    return middle.n ? arena_printf(arena, ", %.*s", STR_ARG(middle)) : STR("");
}

static const struct init_model *model_of(const struct init_changes *changes, str key)
{
    for (size_t i = 0; i < changes->models; i++)
        if (str_equal(changes->model[i].key, key))
            return &changes->model[i];
    return NULL;
}

static void write_provider(struct buf *out, const struct init_changes *changes,
                           struct arena *arena)
{
    if (!changes->base_url.n)
        return;
    buf_printf(
        out, "providers:\n  %.*s:\n    api: openai-chat\n    base_url: %.*s\n",
        STR_ARG(own_provider),
        STR_ARG(json_to_str(arena, json_new_text(arena, changes->base_url), JSON_COMPACT)));
    if (changes->key_env.n)
        buf_printf(out, "    key_env: %.*s\n", STR_ARG(scalar(arena, changes->key_env)));
}

str init_models_in_experiment(const struct init_changes *changes, str text, struct arena *arena)
{
    struct buf *out = arena_new(arena, struct buf);
    str line, rest = text;
    bool inside = false;
    buf_in_arena(out, arena);
    while (rest.n) {
        bool ended = str_cut(rest, '\n', &line, &rest);
        bool was_inside = inside;
        const struct init_model *model = in_section(line, STR("models:"), &inside)
                                             ? model_of(changes, model_key(line))
                                             : NULL;
        if (inside && !was_inside)
            write_provider(out, changes, arena);
        if (model && model->wanted.n) {
            str provider =
                model->provider.n ? model->provider : between(line, STR("provider: "), ",}");
            buf_printf(out, "  %.*s: {provider: %.*s, model: %.*s%.*s}", STR_ARG(model->key),
                       STR_ARG(provider), STR_ARG(scalar(arena, model->wanted)),
                       STR_ARG(other_settings(arena, line)));
        } else {
            buf_add_str(out, line);
        }
        if (ended)
            buf_add_char(out, '\n');
    }
    return buf_str(out);
}

/* The model of a line "  NAME:…" of the mock, unless a line before it has become the same. */
static const struct init_model *mocked_model(const struct init_changes *changes, str line,
                                             bool *written)
{
    str name, rest;
    if (!str_starts_with(line, STR("  ")) || str_starts_with(line, STR("   ")) ||
        !str_cut(str_trim(line), ':', &name, &rest))
        return NULL;
    for (size_t i = 0; i < changes->models; i++) {
        if (!changes->model[i].wanted.n || !str_equal(changes->model[i].name, name))
            continue;
        for (size_t k = 0; k < changes->models; k++)
            if (written[k] && str_equal(changes->model[k].wanted, changes->model[i].wanted))
                return NULL;
        written[i] = true;
        return &changes->model[i];
    }
    return NULL;
}

str init_models_in_mock(const struct init_changes *changes, str text, struct arena *arena)
{
    struct buf *out = arena_new(arena, struct buf);
    str line, rest = text;
    bool inside = false, written[INIT_MODELS_MOST] = {false};
    buf_in_arena(out, arena);
    while (rest.n) {
        bool ended = str_cut(rest, '\n', &line, &rest);
        const struct init_model *model = in_section(line, STR("models:"), &inside)
                                             ? mocked_model(changes, line, written)
                                             : NULL;
        if (model)
            buf_printf(out, "  %.*s%.*s", STR_ARG(scalar(arena, model->wanted)),
                       STR_ARG(str_sub(line, 2 + model->name.n, line.n)));
        else
            buf_add_str(out, line);
        if (ended)
            buf_add_char(out, '\n');
    }
    return buf_str(out);
}

str init_models_key(const struct init_changes *changes, size_t model)
{
    struct llm_provider provider;
    const struct llm_retry retry = {0};
    str name = changes->model[model].provider;
    if (str_equal(name, own_provider))
        return changes->key_env;
    if (!name.n || !llm_provider_builtin(name, &retry, &provider))
        return (str){"", 0};
    return provider.endpoint[0].key_env;
}

str init_shell_word(struct arena *arena, str word)
{
    struct buf *out = arena_new(arena, struct buf);
    bool plain = word.n > 0;
    for (size_t i = 0; i < word.n; i++)
        plain = plain && (char_is_alnum(word.p[i]) || strchr("._/-+", word.p[i]));
    if (plain)
        return word;
    buf_in_arena(out, arena);
    buf_add_char(out, '\'');
    for (size_t i = 0; i < word.n; i++)
        if (word.p[i] == '\'')
            buf_add_str(out, STR("'\\''"));
        else
            buf_add_char(out, word.p[i]);
    buf_add_char(out, '\'');
    return buf_str(out);
}
