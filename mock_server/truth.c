/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * truth.c: counters of what was answered, faulted and billed (see truth.h).
 */
#include "mock_server/truth.h"

#include "base/hash.h"
#include "base/mem.h"

struct answer_count {
    struct answer_count *next;
    char *model, *rule;
    uint64_t replies, correct;
    double expected; /* sum of chances */
    uint64_t wrong[WRONG_KINDS];
};

struct name_count {
    struct name_count *next;
    char *name;
    uint64_t count;
};

enum { BUCKETS = 256, STATUSES = 600 };

struct truth {
    struct answer_count *answer[BUCKETS];
    struct name_count *fault;
    uint64_t status[STATUSES], replies, choices;
    int64_t input_tokens, output_tokens;
};

struct truth *truth_new(void)
{
    return xcalloc(1, sizeof(struct truth));
}

static char *copy_of(str text)
{
    char *copy = xmalloc(text.n + 1);
    if (text.n)
        memcpy(copy, text.p, text.n);
    copy[text.n] = '\0';
    return copy;
}

void truth_clear(struct truth *truth)
{
    for (size_t i = 0; i < BUCKETS; i++)
        while (truth->answer[i]) {
            struct answer_count *count = truth->answer[i];
            truth->answer[i] = count->next;
            xfree(count->model);
            xfree(count->rule);
            xfree(count);
        }
    while (truth->fault) {
        struct name_count *count = truth->fault;
        truth->fault = count->next;
        xfree(count->name);
        xfree(count);
    }
    memset(truth, 0, sizeof *truth);
}

void truth_free(struct truth *truth)
{
    truth_clear(truth);
    xfree(truth);
}

static struct answer_count *answer_count_of(struct truth *truth, str model, str rule)
{
    uint64_t hash = hash_sip(hash_sip(1, 2, model.p, model.n), 3, rule.p, rule.n);
    struct answer_count **link = &truth->answer[hash % BUCKETS];
    while (*link && !(str_equal(str_from((*link)->model), model) &&
                      str_equal(str_from((*link)->rule), rule)))
        link = &(*link)->next;
    if (!*link) {
        *link = xcalloc(1, sizeof **link);
        (*link)->model = copy_of(model);
        (*link)->rule = copy_of(rule);
    }
    return *link;
}

void truth_note_reply(struct truth *truth, const struct request *request,
                      const struct decision *decision, int64_t output_tokens)
{
    truth->replies++;
    truth->choices += decision->choices;
    truth->input_tokens += request->input_tokens;
    truth->output_tokens += output_tokens;
    if (!decision->verdict)
        return;
    struct answer_count *count = answer_count_of(truth, request->model, decision->name);
    for (size_t i = 0; i < decision->choices; i++) {
        count->replies++;
        count->expected += decision->chance;
        if (decision->verdict[i].correct)
            count->correct++;
        else
            count->wrong[decision->verdict[i].wrong]++;
    }
}

void truth_note_fault(struct truth *truth, str name)
{
    struct name_count **link = &truth->fault;
    while (*link && !str_equal(str_from((*link)->name), name))
        link = &(*link)->next;
    if (!*link) {
        *link = xcalloc(1, sizeof **link);
        (*link)->name = copy_of(name);
    }
    (*link)->count++;
}

void truth_note_status(struct truth *truth, int status)
{
    truth->status[status > 0 && status < STATUSES ? status : 0]++;
}

/* ---- writing ---- */

static void write_share(struct buf *out, double sum, uint64_t of)
{
    if (of)
        json_write_number(out, sum / (double)of);
    else
        buf_add_str(out, STR("null"));
}

static void write_answer(struct buf *out, const struct answer_count *count, bool first)
{
    buf_add_str(out, first ? STR("{\"model\":") : STR(",{\"model\":"));
    json_write_text(out, str_from(count->model));
    buf_add_str(out, STR(",\"rule\":"));
    json_write_text(out, str_from(count->rule));
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

void truth_write(struct buf *out, const struct truth *truth)
{
    bool first = true;
    buf_printf(out,
               "\"replies\":%llu,\"choices\":%llu,\"tokens\":{\"input\":%lld,\"output\":%lld}",
               (unsigned long long)truth->replies, (unsigned long long)truth->choices,
               (long long)truth->input_tokens, (long long)truth->output_tokens);
    buf_add_str(out, STR(",\"statuses\":{"));
    for (int s = 0; s < STATUSES; s++)
        if (truth->status[s]) {
            buf_printf(out, "%s\"%d\":%llu", first ? "" : ",", s,
                       (unsigned long long)truth->status[s]);
            first = false;
        }
    buf_add_str(out, STR("},\"faults\":{"));
    for (const struct name_count *f = truth->fault; f; f = f->next) {
        if (f != truth->fault)
            buf_add_char(out, ',');
        json_write_text(out, str_from(f->name));
        buf_printf(out, ":%llu", (unsigned long long)f->count);
    }
    buf_add_str(out, STR("},\"answers\":["));
    first = true;
    for (size_t i = 0; i < BUCKETS; i++)
        for (const struct answer_count *a = truth->answer[i]; a; a = a->next) {
            write_answer(out, a, first);
            first = false;
        }
    buf_add_char(out, ']');
}

/* A label's value: quotes, backslashes and line breaks escaped. */
static void write_label(struct buf *out, const char *text)
{
    buf_add_char(out, '"');
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            buf_add_char(out, '\\');
        buf_add_str(out, *text == '\n' ? STR("\\n") : (str){text, 1});
    }
    buf_add_char(out, '"');
}

static void write_counter(struct buf *out, const char *name, const char *help)
{
    buf_printf(out, "# HELP %s %s\n# TYPE %s counter\n", name, help, name);
}

void truth_write_metrics(struct buf *out, const struct truth *truth)
{
    write_counter(out, "weir_mock_replies_by_status_total", "Replies by HTTP status; 0: none.");
    for (int s = 0; s < STATUSES; s++)
        if (truth->status[s])
            buf_printf(out, "weir_mock_replies_by_status_total{status=\"%d\"} %llu\n", s,
                       (unsigned long long)truth->status[s]);
    write_counter(out, "weir_mock_tokens_total", "Tokens billed.");
    buf_printf(out, "weir_mock_tokens_total{kind=\"input\"} %lld\n",
               (long long)truth->input_tokens);
    buf_printf(out, "weir_mock_tokens_total{kind=\"output\"} %lld\n",
               (long long)truth->output_tokens);
    write_counter(out, "weir_mock_faults_total", "Faults injected.");
    for (const struct name_count *f = truth->fault; f; f = f->next) {
        buf_add_str(out, STR("weir_mock_faults_total{fault="));
        write_label(out, f->name);
        buf_printf(out, "} %llu\n", (unsigned long long)f->count);
    }
    write_counter(out, "weir_mock_answers_total", "Answers by model, rule and verdict.");
    for (size_t i = 0; i < BUCKETS; i++)
        for (const struct answer_count *a = truth->answer[i]; a; a = a->next)
            for (int right = 0; right < 2; right++) {
                buf_add_str(out, STR("weir_mock_answers_total{model="));
                write_label(out, a->model);
                buf_add_str(out, STR(",rule="));
                write_label(out, a->rule);
                buf_printf(out, ",verdict=\"%s\"} %llu\n", right ? "right" : "wrong",
                           (unsigned long long)(right ? a->correct : a->replies - a->correct));
            }
}
