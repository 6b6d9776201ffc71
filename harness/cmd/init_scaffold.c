/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * init_scaffold.c: the files of an experiment about somebody's own rows (see init_dataset.h).
 */
#include "cmd/init_dataset.h"

#include "base/template.h"
#include "base/text.h"
#include "cmd/schema.h"

static str quoted(struct arena *arena, str text)
{
    return json_to_str(arena, json_new_text(arena, text), JSON_COMPACT);
}

static struct buf *new_text(struct arena *arena)
{
    struct buf *out = arena_new(arena, struct buf);
    buf_in_arena(out, arena);
    return out;
}

/* ---- rows ---- */

static str rows_text(const struct init_dataset *dataset, struct arena *arena)
{
    struct buf *out = new_text(arena);
    for (size_t i = 0; i < dataset->rows.count; i++) {
        const json *from = dataset->rows.row[i].value;
        json *row = json_new_object(arena);
        json_set(arena, row, STR("id"),
                 dataset->has_id ? json_get(from, STR("id"))
                                 : json_new_int(arena, (int64_t)i + 1));
        for (size_t c = 0; c < dataset->columns; c++) {
            const json *value = json_get(from, dataset->column[c].given);
            if (dataset->column[c]
                    .name.n) /* a row without it is empty there: prompts name it */
                json_set(arena, row, dataset->column[c].name, value ? value : json_null());
        }
        const json *expected = json_get(from, dataset->expected);
        if (dataset->expected.n && expected && !json_is(expected, JSON_NULL))
            json_set(arena, row, STR("expected"), expected);
        buf_add_str(out, json_to_str(arena, row, JSON_SPACED));
        buf_add_char(out, '\n');
    }
    return buf_str(out);
}

/* ---- prompts ---- */

static void add_task(struct buf *out, const struct init_dataset *dataset)
{
    if (!dataset->labels) {
        buf_printf(out, "Answer what follows%s.\n",
                   dataset->expected.n ? " with the answer alone, as short as it can be said"
                                       : "");
        return;
    }
    buf_printf(
        out, "Which of these is right for what follows? Answer with it and nothing else.\n\n");
    for (size_t i = 0; i < dataset->labels; i++) {
        buf_add_str(out, STR("- "));
        template_write_literal(out, dataset->label[i]);
        buf_add_char(out, '\n');
    }
}

static void add_columns(struct buf *out, const struct init_dataset *dataset)
{
    for (size_t c = 0; c < dataset->columns; c++) {
        str name = dataset->column[c].name;
        if (name.n)
            buf_printf(out, "\n<%.*s>{{%.*s}}</%.*s>\n", STR_ARG(name), STR_ARG(name),
                       STR_ARG(name));
    }
}

static str single_text(const struct init_dataset *dataset, struct arena *arena)
{
    struct buf *out = new_text(arena);
    buf_printf(out, "---\ndescription: All in one prompt.\n---\n");
    add_task(out, dataset);
    add_columns(out, dataset);
    return buf_str(out);
}

static str facts_text(const struct init_dataset *dataset, struct arena *arena)
{
    struct buf *out = new_text(arena);
    buf_printf(out, "---\ndescription: The first of two steps.\n---\n"
                    "List the facts in what follows that decide the answer, one a line, and "
                    "nothing else.\n");
    add_columns(out, dataset);
    return buf_str(out);
}

static str answer_text(const struct init_dataset *dataset, struct arena *arena)
{
    struct buf *out = new_text(arena);
    buf_printf(out, "---\ndescription: The second of two steps.\n---\n");
    add_task(out, dataset);
    add_columns(out, dataset);
    buf_printf(out, "\n<facts>{{facts}}</facts>\n");
    return buf_str(out);
}

/* ---- the experiment ---- */

/* "A", "B", "C" */
static void add_labels(struct buf *out, const struct init_dataset *dataset, struct arena *arena)
{
    for (size_t i = 0; i < dataset->labels; i++)
        buf_printf(out, "%s%.*s", i ? ", " : "", STR_ARG(quoted(arena, dataset->label[i])));
}

/* The transform `label` does not look at case. */
static bool labels_differ(const struct init_dataset *dataset, struct arena *arena)
{
    for (size_t i = 0; i < dataset->labels; i++)
        for (size_t j = 0; j < i; j++)
            if (str_equal(text_lower(arena, dataset->label[i]),
                          text_lower(arena, dataset->label[j])))
                return false;
    return dataset->labels > 0;
}

static void add_score(struct buf *out, const struct init_dataset *dataset, struct arena *arena)
{
    buf_printf(out, "score:\n");
    if (!dataset->expected.n)
        buf_printf(
            out,
            "  # Nothing is expected of the rows yet. Give them a column `expected`, or ask a "
            "judge.\n"
            "  answered: {min-words: 1}\n");
    else if (labels_differ(dataset, arena)) {
        /* models write "Billing." where billing was asked for */
        buf_printf(out, "  right: {transform: [{label: [");
        add_labels(out, dataset, arena);
        buf_printf(out, "]}], equals: \"{{expected}}\"}\n");
    } else if (dataset->labels || dataset->is_short)
        buf_printf(out, "  right: {equals: \"{{expected}}\"}\n");
    else
        buf_printf(out,
                   "  # Words in common with what is expected; weir list checks has others.\n"
                   "  right: {f1: \"{{expected}}\", threshold: 0.5}\n");
}

static str experiment_text(const struct init_dataset *dataset, struct arena *arena)
{
    struct buf *out = new_text(arena);
    buf_printf(out, "%s", experiment_schema_line);
    buf_printf(out,
               "description: %.*s, one prompt or two small steps?\n"
               "dataset: %.*s.jsonl\n"
               "models:\n"
               "  small: {provider: openai, model: gpt-6-luna}\n"
               "defaults: {model: small, max_tokens: 300}\n"
               "\n"
               "variants:\n"
               "  single:\n"
               "    description: One prompt\n"
               "    call: {prompt: single}\n"
               "\n"
               "  steps:\n"
               "    description: First the facts, then the answer\n"
               "    chain:\n"
               "      facts: {call: {prompt: facts}}\n"
               "      answer: {call: {prompt: answer}}\n"
               "\n",
               STR_ARG(dataset->name), STR_ARG(dataset->name));
    add_score(out, dataset, arena);
    buf_printf(out, "\nbaseline: single\nmock: mock.yaml\n");
    return buf_str(out);
}

/* ---- the mock ---- */

static void add_answer(struct buf *out, const struct init_dataset *dataset, struct arena *arena)
{
    if (!dataset->expected.n) {
        buf_printf(out, "    reply: An answer.\n");
        return;
    }
    buf_printf(out, "    answer:\n      from: rows\n      right: \"{{row.expected}}\"\n"
                    "      wrong:\n");
    if (!dataset->labels) {
        buf_printf(out, "        - {text: I do not know.}\n");
        return;
    }
    buf_printf(out, "        - {label: {one_of: [");
    add_labels(out, dataset, arena);
    buf_printf(out, "]}}\n");
}

static str mock_text(const struct init_dataset *dataset, struct arena *arena)
{
    struct buf *out = new_text(arena);
    bool knows = dataset->expected.n > 0;
    buf_printf(
        out, "# yaml-language-server: $schema=" SCHEMA_FOLDER "/mock.schema.json\n"
             "# What the mock is told, so that the experiment can be tried without a key. The "
             "figures are made up.\n"
             "seed: 1\n"
             "models:\n"
             "  gpt-6-luna:\n"
             "    first_token: {lognormal: {median: 100ms, p95: 250ms, max: 500ms}}\n"
             "    per_token: 1ms\n");
    if (knows)
        buf_printf(out,
                   "    skills: {single: 0.70, answer: 0.85}\n\nanswers:\n"
                   "  rows: {file: %.*s.jsonl, find: [%.*s]}\n",
                   STR_ARG(dataset->name), STR_ARG(dataset->longest));
    buf_printf(out, "\nrules:\n"
                    "  facts:\n"
                    "    when: {prompt: List the facts}\n"
                    "    reply: A fact.\n"
                    "  answer:\n"
                    "    when: {prompt: <facts>}\n");
    add_answer(out, dataset, arena);
    buf_printf(out, "  single:\n");
    add_answer(out, dataset, arena);
    return buf_str(out);
}

static str readme_text(const struct init_dataset *dataset, struct arena *arena)
{
    return arena_printf(
        arena,
        "# %.*s: one prompt or two small steps?\n"
        "\n"
        "- `%.*s.jsonl`: the rows%s.\n"
        "- `prompts/`: what is asked. `single` is one variant, `facts` and `answer` are the "
        "steps of the "
        "other. Make them yours first.\n"
        "- `experiment.yaml`: the variants, and under `score` what counts as right.\n"
        "- `mock.yaml`: makes up replies for `weir run --mock`. What such a run says is about "
        "the mock.\n"
        "\n"
        "`weir run --mock --watch` runs again at every save and shows what changed.\n",
        STR_ARG(dataset->name), STR_ARG(dataset->name),
        dataset->expected.n ? ", with what is expected of each" : "");
}

const struct init_file *init_dataset_files(const struct init_dataset *dataset,
                                           struct arena *arena)
{
    str rows = arena_printf(arena, "%.*s.jsonl", STR_ARG(dataset->name));
    const struct init_file all[] = {
        {"experiment.yaml", experiment_text(dataset, arena)},
        {"mock.yaml", mock_text(dataset, arena)},
        {"README.md", readme_text(dataset, arena)},
        {"prompts/single.md", single_text(dataset, arena)},
        {"prompts/facts.md", facts_text(dataset, arena)},
        {"prompts/answer.md", answer_text(dataset, arena)},
        {rows.p, rows_text(dataset, arena)},
        {NULL, {"", 0}},
    };
    struct init_file *file = arena_alloc(arena, sizeof all);
    memcpy(file, all, sizeof all);
    return file;
}
