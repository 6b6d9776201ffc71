/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * truth_made_up.c: which rules were used, and how many replies none of them had a say in (see truth.h).
 *
 * A mock file that says what is replied, and then does not for some prompt, is most often one that was
 * not meant: the made-up text is wrong, and looks like a result. Counted by model, with one such prompt
 * to recognise them by: the least of them, which does not depend on the order in which they came.
 */
#include "mock_server/truth_inside.h"

#include "base/mem.h"

enum {
    MODELS_MAX = 256, /* in a scope; those beyond are counted together, as "*" */
    PROMPT_BYTES = 160,
};

static struct model_count **find(struct model_count **link, str model)
{
    while (*link && !str_equal(str_from((*link)->name), model))
        link = &(*link)->next;
    return link;
}

static struct model_count *count_of(struct model_count **list, str model, size_t *models)
{
    struct model_count **link = find(list, model);
    if (!*link && *models >= MODELS_MAX)
        link = find(list, model = STR("*"));
    if (!*link) {
        *link = xcalloc(1, sizeof **link);
        (*link)->name = truth_copy(model);
        (*models)++;
    }
    return *link;
}

static void keep_least(struct model_count *count, str prompt)
{
    prompt = str_sub(prompt, 0, prompt.n < PROMPT_BYTES ? prompt.n : PROMPT_BYTES);
    if (count->prompt && str_compare(str_from(count->prompt), prompt) <= 0)
        return;
    xfree(count->prompt);
    count->prompt = truth_copy(prompt);
}

void truth_count_model(struct scope_truth *scope, str model, bool made_up, str prompt)
{
    struct model_count *count = count_of(&scope->model, model, &scope->models);
    count->replies++;
    if (!made_up)
        return;
    count->made_up++;
    keep_least(count, prompt);
}

void truth_free_models(struct model_count **list)
{
    while (*list) {
        struct model_count *count = *list;
        *list = count->next;
        xfree(count->name);
        xfree(count->prompt);
        xfree(count);
    }
}

/* ---- writing ---- */

struct all_models {
    struct model_count *list;
    size_t models;
};

static void add_scope(struct all_models *all, const struct scope_truth *scope)
{
    for (const struct model_count *one = scope->model; one; one = one->next) {
        struct model_count *sum = count_of(&all->list, str_from(one->name), &all->models);
        sum->replies += one->replies;
        sum->made_up += one->made_up;
        if (one->prompt)
            keep_least(sum, str_from(one->prompt));
    }
}

/* The least name behind `after` (NULL: of all). */
static const struct model_count *next_named(const struct all_models *all, const char *after)
{
    const struct model_count *least = NULL;
    for (const struct model_count *one = all->list; one; one = one->next)
        if ((!after || strcmp(one->name, after) > 0) &&
            (!least || strcmp(one->name, least->name) < 0))
            least = one;
    return least;
}

static bool is_used(struct truth *truth, const str *scope, str rule)
{
    if (scope)
        return *truth_scope_link(truth, *scope) &&
               truth_has_name((*truth_scope_link(truth, *scope))->rule, rule);
    for (size_t i = 0; i < SCOPE_BUCKETS; i++)
        for (const struct scope_truth *s = truth->scope[i]; s; s = s->next)
            if (truth_has_name(s->rule, rule))
                return true;
    return false;
}

static void write_models(struct buf *out, const struct all_models *all)
{
    bool comma = false;
    const char *name = NULL;
    for (const struct model_count *one; (one = next_named(all, name)); name = one->name) {
        if (!one->made_up)
            continue;
        buf_add_str(out, comma ? STR(",{\"model\":") : STR("{\"model\":"));
        json_write_text(out, str_from(one->name));
        buf_printf(out, ",\"replies\":%llu,\"made_up\":%llu,\"prompt\":",
                   (unsigned long long)one->replies, (unsigned long long)one->made_up);
        json_write_text(out, str_from(one->prompt));
        buf_add_char(out, '}');
        comma = true;
    }
}

void truth_write_made_up(struct buf *out, struct truth *truth, const struct config *config,
                         const str *scope)
{
    struct all_models all = {0};
    bool comma = false;
    pthread_mutex_lock(&truth->lock);
    if (scope && *truth_scope_link(truth, *scope))
        add_scope(&all, *truth_scope_link(truth, *scope));
    for (size_t i = 0; !scope && i < SCOPE_BUCKETS; i++)
        for (const struct scope_truth *s = truth->scope[i]; s; s = s->next)
            add_scope(&all, s);
    buf_add_str(out, STR("\"made_up\":["));
    write_models(out, &all);
    buf_add_str(out, STR("],\"unused\":["));
    for (size_t i = 0; i < config->rules.count; i++) {
        const str name = config->rules.rule[i].name;
        if (is_used(truth, scope, name))
            continue;
        if (comma)
            buf_add_char(out, ',');
        json_write_text(out, name);
        comma = true;
    }
    buf_add_char(out, ']');
    pthread_mutex_unlock(&truth->lock);
    truth_free_models(&all.list);
}
