/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * truth.c: counters of what was answered, faulted and billed (see truth.h).
 *
 * Each scope has lists of its own, hashed where they can grow long. Nothing is added up while
 * requests are served: truth_write.c does.
 */
#include "mock_server/truth_inside.h"

#include "base/hash.h"
#include "base/mem.h"

struct truth *truth_new(void)
{
    struct truth *truth = xcalloc(1, sizeof *truth);
    pthread_mutex_init(&truth->lock, NULL);
    return truth;
}

char *truth_copy(str text)
{
    char *copy = xmalloc(text.n + 1);
    if (text.n)
        memcpy(copy, text.p, text.n);
    copy[text.n] = '\0';
    return copy;
}

/* ---- forgetting ---- */

static void free_names(struct name_count **list)
{
    while (*list) {
        struct name_count *count = *list;
        *list = count->next;
        xfree(count->names.first);
        xfree(count->names.second);
        xfree(count);
    }
}

static void free_scope(struct scope_truth *scope)
{
    for (size_t i = 0; i < ANSWER_BUCKETS; i++)
        while (scope->answer[i]) {
            struct answer_count *count = scope->answer[i];
            scope->answer[i] = count->next;
            xfree(count->names.first);
            xfree(count->names.second);
            xfree(count);
        }
    free_names(&scope->fault);
    free_names(&scope->status);
    free_names(&scope->rule);
    truth_free_models(&scope->model);
    xfree(scope->name);
    xfree(scope);
}

struct scope_truth **truth_scope_link(struct truth *truth, str name)
{
    struct scope_truth **link = &truth->scope[hash_sip(1, 2, name.p, name.n) % SCOPE_BUCKETS];
    while (*link && !str_equal(str_from((*link)->name), name))
        link = &(*link)->next;
    return link;
}

static void drop_scope(struct truth *truth, struct scope_truth **link)
{
    struct scope_truth *scope = *link;
    *link = scope->next;
    truth->scopes--;
    free_scope(scope);
}

void truth_clear(struct truth *truth)
{
    pthread_mutex_lock(&truth->lock);
    for (size_t i = 0; i < SCOPE_BUCKETS; i++)
        while (truth->scope[i])
            drop_scope(truth, &truth->scope[i]);
    pthread_mutex_unlock(&truth->lock);
}

void truth_clear_scope(struct truth *truth, str scope)
{
    pthread_mutex_lock(&truth->lock);
    struct scope_truth **link = truth_scope_link(truth, scope);
    if (*link)
        drop_scope(truth, link);
    pthread_mutex_unlock(&truth->lock);
}

void truth_free(struct truth *truth)
{
    truth_clear(truth);
    pthread_mutex_destroy(&truth->lock);
    xfree(truth);
}

/* ---- counting ---- */

static struct scope_truth *scope_of(struct truth *truth, str name)
{
    struct scope_truth **link = truth_scope_link(truth, name);
    if (!*link && truth->scopes >= SCOPES_MAX)
        link = truth_scope_link(truth, name = STR("*"));
    if (!*link) {
        *link = xcalloc(1, sizeof **link);
        (*link)->name = truth_copy(name);
        truth->scopes++;
    }
    return *link;
}

static bool named(const struct names *names, str first, str second, int number)
{
    return names->number == number && str_equal(str_from(names->first), first) &&
           str_equal(str_from(names->second), second);
}

bool truth_has_name(const struct name_count *list, str first)
{
    while (list && !str_equal(str_from(list->names.first), first))
        list = list->next;
    return list != NULL;
}

static void count_name(struct name_count **link, str first, str second, int number)
{
    while (*link && !named(&(*link)->names, first, second, number))
        link = &(*link)->next;
    if (!*link) {
        *link = xcalloc(1, sizeof **link);
        (*link)->names = (struct names){truth_copy(first), truth_copy(second), number};
    }
    (*link)->count++;
}

static struct answer_count *answer_count_of(struct scope_truth *scope, str model, str rule)
{
    uint64_t hash = hash_sip(hash_sip(1, 2, model.p, model.n), 3, rule.p, rule.n);
    struct answer_count **link = &scope->answer[hash % ANSWER_BUCKETS];
    while (*link && !named(&(*link)->names, model, rule, 0))
        link = &(*link)->next;
    if (!*link) {
        *link = xcalloc(1, sizeof **link);
        (*link)->names = (struct names){truth_copy(model), truth_copy(rule), 0};
    }
    return *link;
}

static void count_verdicts(struct answer_count *count, const struct decision *decision)
{
    for (size_t i = 0; i < decision->choices; i++) {
        count->replies++;
        count->expected += decision->chance;
        if (decision->verdict[i].correct)
            count->correct++;
        else
            count->wrong[decision->verdict[i].wrong]++;
    }
}

void truth_note_reply(struct truth *truth, const struct request *request,
                      const struct decision *decision, int64_t output_tokens)
{
    pthread_mutex_lock(&truth->lock);
    struct scope_truth *scope = scope_of(truth, request->scope);
    scope->replies++;
    scope->choices += decision->choices;
    scope->input_tokens += request->input_tokens;
    scope->output_tokens += output_tokens;
    if (decision->choices)
        truth_count_model(scope, request->model, decision->made_up, request->prompt);
    if (decision->verdict)
        count_verdicts(answer_count_of(scope, request->model, decision->name), decision);
    pthread_mutex_unlock(&truth->lock);
}

void truth_note_rule(struct truth *truth, str scope, str name)
{
    pthread_mutex_lock(&truth->lock);
    count_name(&scope_of(truth, scope)->rule, name, STR(""), 0);
    pthread_mutex_unlock(&truth->lock);
}

void truth_note_fault(struct truth *truth, str scope, str name)
{
    pthread_mutex_lock(&truth->lock);
    count_name(&scope_of(truth, scope)->fault, name, STR(""), 0);
    pthread_mutex_unlock(&truth->lock);
}

void truth_note_status(struct truth *truth, str scope, str endpoint, str dialect, int status)
{
    status = status > 0 && status < STATUS_MAX ? status : 0;
    pthread_mutex_lock(&truth->lock);
    count_name(&scope_of(truth, scope)->status, endpoint, dialect, status);
    pthread_mutex_unlock(&truth->lock);
}
