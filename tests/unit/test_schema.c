/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_schema.c: the schema of experiment files says what their reader says, key by key and check
 * by check.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants those before it */
#include <cmocka.h>

#include "cmd/schema.h"
#include "patterns/orchestrate_plan.h"
#include "patterns/pattern.h"
#include "plan/bind.h"
#include "plan/budget.h"
#include "plan/check_parts.h"
#include "plan/experiment_rules.h"
#include "plan/experiment_stop.h"
#include "plan/experiment_tables.h"
#include "plan/perturb.h"
#include "unit/test_experiment_folder.h"
#include "unit/test_schema_probes.h"

#define HEAD                                                                                   \
    "dataset: {samples: [{id: s1, text: some text, list: [{key: true}], expected: x, tags: "   \
    "[t]}]}\n"                                                                                 \
    "models: {small: {provider: openai, model: s}, embed: {provider: vectors, model: e}}\n"    \
    "providers: {vectors: {api: openai-embeddings, base_url: 'http://127.0.0.1:1/v1'}}\n"      \
    "defaults: {model: small, max_tokens: 9}\n"                                                \
    "score: {right: {equals: '{{expected}}'}}\n"

/* Every table but those of patterns, at least once. */
static const char settings[] =
    "description: all of it\n"
    "dataset: {samples: [{id: s1, text: some text, list: [{key: true}], expected: x, tags: "
    "[t]}]}\n"
    "vars: {word: w}\n"
    "providers:\n"
    "  mine: {api: openai-chat, base_url: 'http://127.0.0.1:1/v1', retry: {retries: 1}}\n"
    "models:\n"
    "  small: {provider: mine, model: s, price: {input: 1, output: 2}, capabilities: {seed: "
    "true}}\n"
    "defaults: {model: small, max_tokens: 9}\n"
    "limits: {calls: 100}\n"
    "retry: {retries: 1}\n"
    "budget: {run: {calls: 1000}, cell: {calls: 50}}\n"
    "tools:\n"
    "  find: {description: finds, parameters: {type: object}, run: {value: 1}}\n"
    "nodes: {shared: {value: 1}}\n"
    "variants:\n"
    "  call:\n"
    "    call:\n"
    "      prompt: {system: a, messages: [{role: user, text: b}], user: '{{text}}'}\n"
    "      tools: [find]\n"
    "    gate: [{min-words: 1}]\n"
    "  plan:\n"
    "    orchestrate: {plan: {value: [{kind: a}]}, type: kind, workers: {a: {value: 1}},\n"
    "                  validate: {empty: fail}}\n"
    "  chain: {chain: {first: {value: 1}, last: {use: shared}}}\n"
    "  extended: {extends: chain, description: d}\n"
    "score:\n"
    "  right: {equals: '{{expected}}'}\n"
    "  span: {word-count: {max: 9}}\n"
    "  near: {numeric: {value: 1}}\n"
    "  rows: {records: {value: []}}\n"
    "require:\n"
    "  - {metric: accuracy, min: 0.1}\n"
    "  - {must_pass: [t]}\n"
    "stop: {of: chain}\n"
    "perturb:\n"
    "  upper: {case: upper, fields: [text]}\n"
    "report: {title: t}\n";

/* A node of each pattern that has options. */
static const char *const nodes[] = {
    "call: {prompt: {user: '{{text}}'}}",
    "exec: {run: ['true']}",
    "keywords: {of: '{{text}}', labels: {a: [b]}}",
    "lookup: {in: rows.jsonl, by: key, key: k}",
    "map: {over: '{{list}}', each: {value: 1}}",
    "nearest: {of: '{{text}}', examples: {a: [b]}}",
    "orchestrate: {plan: {value: [{kind: a}]}, type: kind, workers: {a: {value: 1}}}",
    "parallel: {branches: {a: {value: 1}}, guard: {value: 1}}",
    "refine: {generate: {value: a}, accept: [{equals: a}], improve: {value: b}}",
    "route: {by: {value: a}, cases: {a: {value: 1}}}",
    "vote: {voters: 3, each: {value: a}}",
};

static const struct probe_site sites[] = {
    {"", experiment_options},
    {"dataset", dataset_options},
    {"providers.mine", llm_provider_options},
    {"providers.mine.retry", llm_retry_options},
    {"models.small", llm_model_options},
    {"models.small", llm_model_defaults_options},
    {"models.small.price", llm_price_options},
    {"models.small.capabilities", llm_capabilities_options},
    {"defaults", llm_defaults_options},
    {"limits", limits_options},
    {"budget", budgets_options},
    {"budget.run", budget_options},
    {"tools.find", tool_options},
    {"variants.call", node_options},
    {"variants.call.call", llm_defaults_options},
    {"variants.call.call.prompt", prompt_options},
    {"variants.call.call.prompt.messages.[0]", prompt_message_options},
    {"variants.plan.orchestrate.validate", plan_rules_options},
    {"variants.extended", variant_options},
    {"score.right", score_options},
    {"score.right", check_options},
    {"score.span.word-count", check_span_options},
    {"score.near.numeric", check_numeric_options},
    {"score.rows.records", check_records_options},
    {"require.[0]", rule_options},
    {"require.[1]", rule_options},
    {"stop", stop_options},
    {"perturb.upper", perturbation_options},
    {"report", report_options},
};

static bool reads(struct probes *probes, struct arena *arena, str text, str *said)
{
    struct mistakes mistakes;
    (void)probes;
    mistakes_init(&mistakes, arena);
    FILE *file = fopen("x.yaml", "w"); /* thousands, and none has to outlast a power cut */
    assert_non_null(file);
    assert_int_equal(fwrite(text.p, 1, text.n, file), text.n);
    fclose(file);
    bool good = experiment_read(arena, STR("x.yaml"), NULL, &mistakes) != NULL;
    *said = good ? STR("") : mistakes_text(&mistakes);
    secret_clear(); /* what was taken for a key in one file is none in the next */
    return good;
}

static void begin(struct probes *probes, struct folder *folder)
{
    folder_open(folder);
    folder_write(folder, "rows.jsonl", STR("{\"key\": \"k\"}\n"));
    folder_write(folder, "ROWS.JSONL", STR("{\"key\": \"k\"}\n"));
    *probes = (struct probes){.reads = reads, .tells = getenv("PROBES_TELL") != NULL};
    probes_schema(probes, experiment_json_schema(&probes->arena));
}

/* Protects: a value that no table takes is refused by both, and the schema refuses nothing that the
 * reader takes. */
static void the_schema_says_what_the_reader_says(void **state)
{
    (void)state;
    struct folder folder;
    struct probes probes;
    begin(&probes, &folder);
    probes_base(&probes, settings);
    for (size_t i = 0; i < sizeof sites / sizeof sites[0]; i++)
        probe_table(&probes, &sites[i]);
    assert_true(probes.both_refuse > 900 && probes.only_reader < probes.both_refuse / 10);
    probes_end(&probes, "experiments");
    folder_close(&folder);
}

/* Protects: the same of the keys of every pattern. */
static void so_it_does_of_patterns(void **state)
{
    (void)state;
    struct folder folder;
    struct probes probes;
    begin(&probes, &folder);
    size_t at = 0;
    for (const struct pattern *const *p = pattern_table; *p; p++) {
        if (!(*p)->options)
            continue;
        const char *node = at < sizeof nodes / sizeof nodes[0] ? nodes[at++] : "";
        if (!str_starts_with(str_from(node), str_from((*p)->name)))
            fail_msg("there is no node of pattern '%s' here", (*p)->name);
        probes_base(&probes, arena_printf(&probes.arena, HEAD "variants: {v: {%s}}\n", node).p);
        const struct probe_site site = {
            arena_printf(&probes.arena, "variants.v.%s", (*p)->name).p, (*p)->options};
        probe_table(&probes, &site);
        if (str_equal(str_from((*p)->name), STR("lookup")))
            probe(&probes, site.path, "in", json_new_text(&probes.arena, STR("ROWS.JSONL")),
                  PROBE_ANY);
    }
    probes_end(&probes, "patterns");
    folder_close(&folder);
}

/* Protects: and of what may stand behind every check, in a score and in a gate. */
static void so_it_does_of_checks(void **state)
{
    (void)state;
    struct folder folder;
    struct probes probes;
    begin(&probes, &folder);
    probes_base(&probes, HEAD "variants: {v: {value: 1}, w: {value: 2}}\n");
    for (const struct check_kind *kind = check_table; kind->name; kind++)
        for (const char *const *value = probe_all_kinds(); *value; value++) {
            json *check = json_new_object(&probes.arena), *gate = json_new_list(&probes.arena);
            json_set(&probes.arena, check, str_from(kind->name), probe_json(&probes, *value));
            json_add(&probes.arena, gate, json_copy(&probes.arena, check));
            if (kind->asks || kind->score_only)
                gate = NULL;
            else
                probe(&probes, "variants.v", "gate", gate, PROBE_ANY);
            if (check_is_judged(kind))
                json_set_text(&probes.arena, check, "model", STR("small"));
            else if (kind->asks == ASKS_VECTORS)
                json_set_text(&probes.arena, check, "model", STR("embed"));
            probe(&probes, "score", "probe", check, PROBE_ANY);
            if (value != probe_all_kinds())
                continue;
            json_set(&probes.arena, check, STR("threshold"),
                     json_new_number(&probes.arena, 0.5));
            probe(&probes, "score", "probe", check, PROBE_ANY);
        }
    probes_end(&probes, "checks");
    folder_close(&folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_schema_says_what_the_reader_says),
        cmocka_unit_test(so_it_does_of_patterns),
        cmocka_unit_test(so_it_does_of_checks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
