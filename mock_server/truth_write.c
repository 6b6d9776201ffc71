/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * truth_write.c: what was counted, added up and written (see truth.h).
 *
 * The rare reader collects all rows, sorts them and adds up neighbours that have the same names.
 */
#include "mock_server/truth_inside.h"

#include "base/mem.h"
#include "mock_server/prometheus.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- adding up ---- */

/* All rows of the scopes asked for, added up and sorted. */
struct sums {
    struct answer_count *answer;
    struct name_count *fault, *status;
    size_t answers, faults, statuses, answer_room, fault_room, status_room;
    uint64_t replies, choices;
    int64_t input_tokens, output_tokens;
};

static int compare_names(const struct names *a, const struct names *b)
{
    int order = strcmp(a->first, b->first);
    order = order ? order : strcmp(a->second, b->second);
    return order ? order : (a->number > b->number) - (a->number < b->number);
}

static int compare_answers(const void *a, const void *b)
{
    return compare_names(&((const struct answer_count *)a)->names,
                         &((const struct answer_count *)b)->names);
}

static int compare_counts(const void *a, const void *b)
{
    return compare_names(&((const struct name_count *)a)->names,
                         &((const struct name_count *)b)->names);
}

static void take_counts(struct name_count **all, size_t *n, size_t *room,
                        const struct name_count *list)
{
    for (; list; list = list->next) {
        if (*n == *room) {
            *room = *room ? *room * 2 : 16;
            *all = xrealloc(*all, *room * sizeof **all);
        }
        (*all)[(*n)++] = *list;
    }
}

static void take_answers(struct sums *sums, const struct answer_count *list)
{
    for (; list; list = list->next) {
        if (sums->answers == sums->answer_room) {
            sums->answer_room = sums->answer_room ? sums->answer_room * 2 : 16;
            sums->answer = xrealloc(sums->answer, sums->answer_room * sizeof *sums->answer);
        }
        sums->answer[sums->answers++] = *list;
    }
}

static void take_scope(struct sums *sums, const struct scope_truth *scope)
{
    for (size_t i = 0; i < ANSWER_BUCKETS; i++)
        take_answers(sums, scope->answer[i]);
    take_counts(&sums->fault, &sums->faults, &sums->fault_room, scope->fault);
    take_counts(&sums->status, &sums->statuses, &sums->status_room, scope->status);
    sums->replies += scope->replies;
    sums->choices += scope->choices;
    sums->input_tokens += scope->input_tokens;
    sums->output_tokens += scope->output_tokens;
}

/* Neighbours with the same names become one. */
static void merge_counts(struct name_count *all, size_t *n)
{
    size_t kept = 0;
    if (*n)
        qsort(all, *n, sizeof *all, compare_counts);
    for (size_t i = 0; i < *n; i++)
        if (kept && compare_counts(&all[kept - 1], &all[i]) == 0)
            all[kept - 1].count += all[i].count;
        else
            all[kept++] = all[i];
    *n = kept;
}

static void add_answer(struct answer_count *sum, const struct answer_count *more)
{
    sum->replies += more->replies;
    sum->correct += more->correct;
    sum->expected += more->expected;
    for (int k = 0; k < WRONG_KINDS; k++)
        sum->wrong[k] += more->wrong[k];
}

static void merge_answers(struct sums *sums)
{
    size_t kept = 0;
    if (sums->answers)
        qsort(sums->answer, sums->answers, sizeof *sums->answer, compare_answers);
    for (size_t i = 0; i < sums->answers; i++)
        if (kept && compare_answers(&sums->answer[kept - 1], &sums->answer[i]) == 0)
            add_answer(&sums->answer[kept - 1], &sums->answer[i]);
        else
            sums->answer[kept++] = sums->answer[i];
    sums->answers = kept;
}

/* With the lock held, and until sums_release: names are the scopes' own. */
static struct sums sums_of(struct truth *truth, const str *scope)
{
    struct sums sums = {0};
    if (scope && *truth_scope_link(truth, *scope))
        take_scope(&sums, *truth_scope_link(truth, *scope));
    for (size_t i = 0; !scope && i < SCOPE_BUCKETS; i++)
        for (const struct scope_truth *s = truth->scope[i]; s; s = s->next)
            take_scope(&sums, s);
    merge_answers(&sums);
    merge_counts(sums.fault, &sums.faults);
    merge_counts(sums.status, &sums.statuses);
    return sums;
}

static void sums_release(struct sums *sums)
{
    xfree(sums->answer);
    xfree(sums->fault);
    xfree(sums->status);
}

/* ---- writing ---- */

static void write_share(struct buf *out, double sum, uint64_t of)
{
    if (of) /* the last digits of a sum depend on the order of its terms */
        buf_printf(out, "%.12g", sum / (double)of);
    else
        buf_add_str(out, STR("null"));
}

static void write_answer(struct buf *out, const struct answer_count *count)
{
    buf_add_str(out, STR("{\"model\":"));
    json_write_text(out, str_from(count->names.first));
    buf_add_str(out, STR(",\"rule\":"));
    json_write_text(out, str_from(count->names.second));
    buf_printf(out, ",\"replies\":%llu,\"expected\":", (unsigned long long)count->replies);
    write_share(out, count->expected, count->replies);
    buf_printf(out, ",\"correct\":%llu,\"realised\":", (unsigned long long)count->correct);
    write_share(out, (double)count->correct, count->replies);
    buf_add_str(out, STR(",\"wrong\":{"));
    bool comma = false;
    for (int k = 0; k < WRONG_KINDS; k++) {
        if (!count->wrong[k])
            continue;
        buf_printf(out, "%s\"%s\":%llu", comma ? "," : "", wrong_kind_name((enum wrong_kind)k),
                   (unsigned long long)count->wrong[k]);
        comma = true;
    }
    buf_add_str(out, STR("}}"));
}

static void write_statuses(struct buf *out, const struct sums *sums)
{
    uint64_t of[STATUS_MAX] = {0};
    bool comma = false;
    for (size_t i = 0; i < sums->statuses; i++)
        of[sums->status[i].names.number] += sums->status[i].count;
    for (int s = 0; s < STATUS_MAX; s++)
        if (of[s]) {
            buf_printf(out, "%s\"%d\":%llu", comma ? "," : "", s, (unsigned long long)of[s]);
            comma = true;
        }
}

void truth_write(struct buf *out, struct truth *truth, const str *scope)
{
    pthread_mutex_lock(&truth->lock);
    struct sums sums = sums_of(truth, scope);
    buf_printf(out,
               "\"replies\":%llu,\"choices\":%llu,\"tokens\":{\"input\":%lld,\"output\":%lld}",
               (unsigned long long)sums.replies, (unsigned long long)sums.choices,
               (long long)sums.input_tokens, (long long)sums.output_tokens);
    buf_add_str(out, STR(",\"statuses\":{"));
    write_statuses(out, &sums);
    buf_add_str(out, STR("},\"faults\":{"));
    for (size_t i = 0; i < sums.faults; i++) {
        if (i)
            buf_add_char(out, ',');
        json_write_text(out, str_from(sums.fault[i].names.first));
        buf_printf(out, ":%llu", (unsigned long long)sums.fault[i].count);
    }
    buf_add_str(out, STR("},\"answers\":["));
    for (size_t i = 0; i < sums.answers; i++) {
        if (i)
            buf_add_char(out, ',');
        write_answer(out, &sums.answer[i]);
    }
    buf_add_char(out, ']');
    sums_release(&sums);
    pthread_mutex_unlock(&truth->lock);
}

static void write_replies_metric(struct buf *out, const struct sums *sums)
{
    prometheus_family(out, "weir_mock_replies_total", "counter",
                      "Replies by endpoint, dialect and HTTP status; status 0: none was sent.");
    for (size_t i = 0; i < sums->statuses; i++) {
        const struct names *names = &sums->status[i].names;
        char status[12];
        snprintf(status, sizeof status, "%d", names->number);
        prometheus_sample(out, "weir_mock_replies_total",
                          (const char *const[]){"endpoint", names->first, "dialect",
                                                names->second, "status", status, NULL},
                          (double)sums->status[i].count);
    }
}

static void write_answers_metric(struct buf *out, const struct sums *sums)
{
    prometheus_family(out, "weir_mock_answers_total", "counter",
                      "Answers by model, rule and verdict.");
    for (size_t i = 0; i < sums->answers; i++)
        for (int right = 0; right < 2; right++) {
            const struct answer_count *a = &sums->answer[i];
            prometheus_sample(out, "weir_mock_answers_total",
                              (const char *const[]){"model", a->names.first, "rule",
                                                    a->names.second, "verdict",
                                                    right ? "right" : "wrong", NULL},
                              (double)(right ? a->correct : a->replies - a->correct));
        }
}

void truth_write_metrics(struct buf *out, struct truth *truth)
{
    pthread_mutex_lock(&truth->lock);
    struct sums sums = sums_of(truth, NULL);
    write_replies_metric(out, &sums);
    prometheus_family(out, "weir_mock_tokens_total", "counter", "Tokens billed.");
    prometheus_sample(out, "weir_mock_tokens_total",
                      (const char *const[]){"kind", "input", NULL}, (double)sums.input_tokens);
    prometheus_sample(out, "weir_mock_tokens_total",
                      (const char *const[]){"kind", "output", NULL},
                      (double)sums.output_tokens);
    prometheus_family(
        out, "weir_mock_faults_total", "counter",
        "Faults injected, by what the file says; limit: refused by a rate limit.");
    for (size_t i = 0; i < sums.faults; i++)
        prometheus_sample(out, "weir_mock_faults_total",
                          (const char *const[]){"fault", sums.fault[i].names.first, NULL},
                          (double)sums.fault[i].count);
    write_answers_metric(out, &sums);
    sums_release(&sums);
    pthread_mutex_unlock(&truth->lock);
}
