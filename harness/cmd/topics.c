/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * topics.c: tables in, help texts out (see topics.h). Nothing is explained here that a table does
 * not say, so that no help can be out of date.
 */
#include "cmd/topics.h"

#include "base/option.h"
#include "cmd/forecasting.h"
#include "llm/model.h"
#include "llm/price.h"
#include "patterns/orchestrate_plan.h"
#include "patterns/pattern.h"
#include "plan/bind.h"
#include "plan/budget.h"
#include "plan/check.h"
#include "plan/experiment_rules.h"
#include "plan/experiment_stop.h"
#include "plan/experiment_tables.h"
#include "plan/perturb.h"
#include "plan/prompt.h"

#include <stdio.h>

/* ---- sections of an experiment file ---- */

static const struct topic_section sections[] = {
    {"experiment", "the keys at the top of an experiment file", {experiment_options}},
    {"budget", "what a run, a cell or a node may spend", {budget_options}},
    {"capabilities",
     "what a model can do, where its dialect does not say it",
     {llm_capabilities_options}},
    {"check", "the keys of a check beside its name and operand", {check_options}},
    {"dataset", "the samples: a file, or a mapping", {dataset_options}},
    {"defaults", "for every call that does not say it itself", {llm_defaults_options}},
    {"forecast",
     "a file of volumes, for weir report --forecast",
     {forecasting_volumes_options}},
    {"limits", "how large things may become", {limits_options}},
    {"model", "an entry of models", {llm_model_options, llm_model_defaults_options}},
    {"node", "the keys that every node may have beside its pattern", {node_options}},
    {"perturbation",
     "an entry of perturb: a harmless change of a sample",
     {perturbation_options}},
    {"price", "dollars for a million tokens", {llm_price_options}},
    {"prompt", "a prompt, where it is a mapping", {prompt_options}},
    {"provider", "an entry of providers", {llm_provider_options}},
    {"report", "how the run is reported", {report_options}},
    {"retry", "when an attempt is made again", {llm_retry_options}},
    {"rule", "an entry of require", {rule_options}},
    {"score", "the keys of a score beside those of its check", {score_options}},
    {"stop", "when a run may end early", {stop_options}},
    {"tool", "an entry of tools", {tool_options}},
    {"validate", "what makes the plan of an orchestrate a good one", {plan_rules_options}},
    {"variant", "the keys of a variant beside those of a node", {variant_options}},
};
enum { SECTIONS = sizeof sections / sizeof sections[0] };

const struct topic_section *topic_section(size_t at)
{
    return at < SECTIONS ? &sections[at] : NULL;
}

static void write_section(struct buf *out, const struct topic_section *section)
{
    buf_printf(out, "%s: %s\n\n", section->name, section->summary);
    for (size_t i = 0; i < 2 && section->rows[i]; i++)
        opt_write_keys(out, section->rows[i]);
}

/* ---- patterns and checks ---- */

static void write_pattern(struct buf *out, const struct pattern *pattern)
{
    buf_printf(out, "%s: %s\n\n", pattern->name, pattern->summary);
    if (!pattern->options) {
        buf_add_str(out, str_from(pattern->value));
        return;
    }
    opt_write_keys(out, pattern->options);
    for (size_t i = 0; pattern->also && i < pattern->also->table_count; i++)
        opt_write_keys(out, pattern->also->tables[i]);
}

/* What a check's one line cannot hold. */
static const struct {
    const char *name, *text;
} check_notes[] = {
    {"equals",
     "White space at the ends of texts is no matter; letter case, punctuation and white space\n"
     "inside them are. A transform changes what is checked, not what is expected:\n"
     "{transform: [no-punctuation], equals: \"{{expected}}\"} takes YES! for YES (weir help\n"
     "transform). 1 equals 1.0, and members may have any order.\n"},
};

static void write_check(struct buf *out, const struct check_kind *kind)
{
    buf_printf(out, "%s: %s\n\n", kind->name, kind->summary);
    buf_printf(out, "%s\n",
               kind->score_only ? "It stands under `score` alone."
               : kind->asks
                   ? "It asks a model, so it stands under `score` alone, with `model`."
                   : "It stands under `score` and `gate`; `not-` before its name turns it "
                     "round.");
    if (kind->graded)
        buf_add_str(out,
                    STR("It gives a grade from 0 to 1, and passes from `threshold` on.\n"));
    for (size_t i = 0; i < sizeof check_notes / sizeof check_notes[0]; i++)
        if (str_equal(str_from(kind->name), str_from(check_notes[i].name)))
            buf_add_str(out, str_from(check_notes[i].text));
}

static void write_transforms(struct buf *out)
{
    const char *help;
    bool takes_value;
    buf_add_str(out, STR("\ntransforms, applied from left to right; what finds nothing yields "
                         "null:\n\n"));
    for (size_t i = 0; (help = transform_help(i)); i++) {
        const char *word = transform_word(i, &takes_value);
        char shown[40];
        snprintf(shown, sizeof shown, takes_value ? "{%s: …}" : "%s", word);
        int width = 18 + (takes_value ? 2 : 0); /* bytes: the dots are three of them */
        buf_printf(out, "  %-*s %s\n", width, shown, help);
    }
}

/* ---- all of them ---- */

size_t topic_names(struct arena *arena, str *name, size_t room)
{
    size_t count = 0;
    for (size_t i = 0; i < SECTIONS && count < room; i++)
        name[count++] = str_from(sections[i].name);
    for (const struct pattern *const *p = pattern_table; *p && count < room; p++)
        name[count++] = str_from((*p)->name);
    for (const struct check_kind *kind = check_table; kind->name && count < room; kind++)
        name[count++] = str_from(kind->name);
    return count + topic_mock_names(arena, name + count, room - count);
}

static void write_rows(struct buf *out, const char *name, const char *summary)
{
    buf_printf(out, "  %-14s %s\n", name, summary);
}

void topic_list(struct buf *out)
{
    buf_add_str(out, STR("sections of an experiment file:\n"));
    for (size_t i = 0; i < SECTIONS; i++)
        write_rows(out, sections[i].name, sections[i].summary);
    buf_add_str(out, STR("\npatterns:\n"));
    for (const struct pattern *const *p = pattern_table; *p; p++)
        write_rows(out, (*p)->name, (*p)->summary);
    buf_add_str(out, STR("\nchecks:\n"));
    for (const struct check_kind *kind = check_table; kind->name; kind++)
        write_rows(out, kind->name, kind->summary);
    topic_mock_list(out);
}

/* A key that is no topic: the sections that have it. */
static void write_key(struct buf *out, str name)
{
    for (size_t i = 0; i < SECTIONS; i++)
        for (size_t k = 0; k < 2 && sections[i].rows[k]; k++)
            for (const struct opt *row = sections[i].rows[k]; row->type != OPT_TYPE_END; row++)
                if (str_equal(name, str_from(row->key)))
                    buf_printf(out, "%s, under %s (weir help %s): %s\n", row->key,
                               sections[i].name, sections[i].name, row->help ? row->help : "");
    topic_mock_key(out, name);
    if (str_equal(name, STR("transform")))
        write_transforms(out);
}

bool topic_write(struct buf *out, str name)
{
    size_t before = out->n;
    for (size_t i = 0; i < SECTIONS; i++)
        if (str_equal(name, str_from(sections[i].name)))
            write_section(out, &sections[i]);
    for (const struct pattern *const *p = pattern_table; *p; p++)
        if (str_equal(name, str_from((*p)->name)))
            write_pattern(out, *p);
    for (const struct check_kind *kind = check_table; kind->name; kind++)
        if (str_equal(name, str_from(kind->name)))
            write_check(out, kind);
    topic_mock_write(out, name);
    if (out->n == before)
        write_key(out, name);
    return out->n > before;
}
