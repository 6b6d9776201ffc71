/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_experiment.c: what is said of an experiment that is wrong: message, line and column.
 *
 * One table of mistakes that people make (the numbers are those of docs/experiment-file.md), one
 * of files that are no experiment, and what else reading must do: list all mistakes in order,
 * show the line, keep secrets, and take every fixture as it is.
 */
#include "plan/experiment.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* cmocka wants those before it */
#include <cmocka.h>

#include "unit/test_experiment_folder.h"

/* Lines 1 to 3 of x.yaml, and its last one. */
#define HEAD                                                                                   \
    "dataset: rows.jsonl\n"                                                                    \
    "models: {small: {provider: openai, model: gpt-6-luna}, "                                  \
    "large: {provider: openai, model: gpt-6.1-sol}}\n"                                         \
    "defaults: {model: small, max_tokens: 50}\n"
#define SCORE "score: {right: {equals: \"{{expected}}\"}}\n"

#define SAY(text) "{prompt: {user: \"" text "\"}}"
#define LIST_JSON                                                                              \
    "{\"type\": \"object\", \"required\": [\"questions\"], \"properties\": {\"questions\": "   \
    "{\"type\": \"array\", \"items\": {\"type\": \"string\"}}}}"

struct mistake {
    const char *about;
    const char *body; /* after HEAD: from line 4 */
    const char *messages;
};

static void write_usual_files(struct folder *folder)
{
    folder_write(folder, "rows.jsonl",
                 STR("{\"id\": \"s1\", \"query\": \"q\", \"documents\": [\"d\"], "
                     "\"expected\": \"x\"}\n"));
    folder_write(folder, "prompts/answer.md", STR("Answer:\n{{query}}\n"));
    folder_write(folder, "prompts/inner.md", STR("Answer briefly.\n  To: {{ qustion }}\n"));
    folder_write(folder, "schemas/question_list.json", STR(LIST_JSON));
    folder_write(folder, "schemas/intent.yaml",
                 STR("type: object\nrequired: [intent]\n"
                     "properties: {intent: {enum: [Billing, Other]}}\n"));
    folder_write(folder, "schemas/faq.json",
                 STR("{\"type\": \"object\", \"properties\": {\n"
                     "  \"a\": {\"type\": \"string\"},\n"
                     "  \"q\": {\"type\": \"strng\"}}}\n"));
}

/* clang-format off */
static const struct mistake mistakes_table[] = {
    {"1 unknown key",
     "variants:\n  a:\n    call: {promt: p}\n",
     "x.yaml:6:12: unknown key 'promt' in call; did you mean 'prompt'?"},
    {"2 two pattern keys",
     "variants:\n  draft: {call: " SAY("{{query}}") ", chain: {}}\n",
     "x.yaml:5:48: node 'draft' has two pattern keys, 'call' and 'chain'; expected exactly one"},
    {"3 no pattern key",
     "variants:\n  draft: {timeout: 5s}\n",
     "x.yaml:5:10: node 'draft' has no pattern key; expected one of call, chain, exec, "
     "keywords, lookup, map, nearest, orchestrate, parallel, refine, route, use, value, vote"},
    {"3 in a chain",
     "variants:\n  a:\n    chain:\n      draft: {timeout: 5s}\n",
     "x.yaml:7:14: node 'draft' has no pattern key; expected one of call, chain, exec, "
     "keywords, lookup, map, nearest, orchestrate, parallel, refine, route, use, value, vote"},
    {"3 a pattern misspelled",
     "variants:\n  draft: {timeout: 5s, cal: {}}\n",
     "x.yaml:5:24: unknown key 'cal' in node 'draft'; did you mean 'call'?"},
    {"4 two check keys",
     "variants:\n  a:\n    value: x\n    gate: [{equals: a, contains: b}]\n",
     "x.yaml:7:24: check has two check keys, 'equals' and 'contains'; expected exactly one "
     "(write two checks)"},
    {"5 unknown check",
     "variants:\n  a:\n    value: x\n    gate: [{min_words: 50}]\n",
     "x.yaml:7:13: unknown check 'min_words'; did you mean 'min-words'?"},
    {"6 a duration without a unit",
     "variants:\n  a:\n    value: x\n    timeout: 60\n",
     "x.yaml:7:14: timeout is the number 60; expected a duration with a unit, such as 60s or "
     "500ms"},
    {"7 variants as a list",
     "variants: [a, b]\n",
     "x.yaml:4:11: variants is a list; expected a mapping from name to variant"},
    {"8 a step twice",
     "variants:\n  a:\n    chain:\n      draft: {value: 1}\n      other: {value: 1}\n"
     "      draft: {value: 2}\n",
     "x.yaml:9:7: duplicate key 'draft'; it was first given at line 7"},
    {"9 a name that is not known",
     "vars: {n_questions: 4}\nvariants:\n  a:\n    map:\n      over: \"{{documents}}\"\n"
     "      as: question\n      each: {call: " SAY("{{qustion}}") "}\n",
     "x.yaml:10:39: name 'qustion' is not known here; in scope: query, documents, n_questions, "
     "question, index; did you mean 'question'?"},
    {"10 the same in a prompt file",
     "variants:\n  a:\n    chain:\n      faqs:\n        map:\n"
     "          over: \"{{documents}}\"\n          as: question\n          each:\n"
     "            chain:\n              answer: {call: {prompt: inner}}\n",
     "prompts/inner.md:2:10: name 'qustion' is not known here; used by step 'faqs[*].answer' at "
     "x.yaml:13:39; did you mean 'question'?"},
    {"11 a member that the schema does not have",
     "variants:\n  a:\n    chain:\n      questions: {call: {prompt: answer, schema: "
     "question_list}}\n      last:\n        value: \"{{questions.question}}\"\n",
     "x.yaml:9:19: step 'questions' has no member 'question'; schema question_list has: "
     "questions; did you mean 'questions'?"},
    {"12 a member of text",
     "variants:\n  a:\n    chain:\n      draft: {call: {prompt: answer}}\n      last:\n"
     "        value: \"{{draft.text}}\"\n",
     "x.yaml:9:19: step 'draft' yields text, which has no members; expected {{draft}}, or a "
     "schema on the call"},
    {"13 the answer in a prompt",
     "variants:\n  a:\n    call: {prompt: {user: \"{{expected}}\"}}\n",
     "x.yaml:6:30: 'expected' is for scores; a workflow must not see the answer"},
    {"13 other names that workflows do not see",
     "variants:\n  a: {value: \"{{metadata.x}}\"}\n  b: {value: \"{{tags}}\"}\n"
     "  c: {value: \"{{expected_steps}}\"}\n",
     "x.yaml:5:17: 'metadata' is for scores; a workflow must not see the answer\n"
     "x.yaml:6:17: 'tags' is for scores; a workflow must not see the answer\n"
     "x.yaml:7:17: 'expected_steps' is for scores; a workflow must not see the answer"},
    {"14 a later step",
     "variants:\n  a:\n    chain:\n      draft: {value: \"{{review}}\"}\n"
     "      review: {value: 1}\n",
     "x.yaml:7:25: step 'review' runs after 'draft'; a step sees only earlier steps"},
    {"14 a later step, from further inside",
     "variants:\n  a:\n    chain:\n      draft:\n        map:\n          over: [1]\n"
     "          each: {value: \"{{review}}\"}\n      review: {value: 1}\n",
     "x.yaml:10:28: step 'review' runs after 'draft'; a step sees only earlier steps"},
    {"15 a step with the name of a field",
     "variants:\n  a:\n    chain:\n      query: {value: 1}\n",
     "x.yaml:7:7: step 'query' hides the sample field 'query'; expected another name"},
    {"15 with the name of a var",
     "vars: {n: 4}\nvariants:\n  a:\n    chain:\n      n: {value: 1}\n",
     "x.yaml:8:7: step 'n' hides the name of vars 'n'; expected another name"},
    {"15 an item with the name of a field",
     "variants:\n  a:\n    map: {over: [1], as: query, each: {value: 1}}\n",
     "x.yaml:6:26: item 'query' hides the sample field 'query'; expected another name"},
    {"16 a tag that is not closed",
     "variants:\n  a:\n    call: {prompt: {user: \"ab {{name\"}}\n",
     "x.yaml:6:31: '{{' is not closed in this text; expected '}}' (a literal '{{' is written "
     "{{\"{{\"}})"},
    {"17 an unknown filter",
     "variants:\n  a:\n    call: {prompt: {user: \"ab {{query | upper}}\"}}\n",
     "x.yaml:6:41: unknown filter 'upper'; expected json, join or default"},
    {"18 text around references",
     "variants:\n  a:\n    map:\n      over: \"{{query}}, {{query}}\"\n"
     "      each: {value: 1}\n",
     "x.yaml:7:13: map.over is text around references; expected one {{…}} alone, or a list"},
    {"18 plain text",
     "variants:\n  a:\n    map:\n      over: all of them\n      each: {value: 1}\n",
     "x.yaml:7:13: map.over is text; expected one {{…}} alone, or a list"},
    {"18 no list by its schema",
     "variants:\n  a:\n    chain:\n      q: {call: {prompt: answer, schema: question_list}}\n"
     "      m: {map: {over: \"{{q}}\", each: {value: 1}}}\n",
     "x.yaml:8:23: map.over is no list by its schema; expected a list"},
    {"18 text of an earlier step",
     "variants:\n  a:\n    chain:\n      q: {call: {prompt: answer}}\n"
     "      m: {map: {over: \"{{q}}\", each: {value: 1}}}\n",
     "x.yaml:8:23: map.over is a text; expected a list"},
    {"19 no such prompt",
     "variants:\n  a:\n    call: {prompt: anwser}\n",
     "x.yaml:6:20: no prompt 'anwser' in prompts/; did you mean 'answer'?"},
    {"19 named twice, told twice",
     "variants:\n  a:\n    call: {prompt: anwser}\n  b:\n    call: {prompt: anwser}\n",
     "x.yaml:6:20: no prompt 'anwser' in prompts/; did you mean 'answer'?\n"
     "x.yaml:8:20: no prompt 'anwser' in prompts/; did you mean 'answer'?"},
    {"19 a prompt outside the folder",
     "variants:\n  a:\n    call: {prompt: ../prompts/answer}\n",
     "x.yaml:6:20: no prompt '../prompts/answer' in prompts/; expected the name of a file there, "
     "without folder and ending"},
    {"20 no such model",
     "variants:\n  a:\n    call: {prompt: answer, model: lage}\n",
     "x.yaml:6:35: unknown model 'lage'; models has: small, large; did you mean 'large'?"},
    {"20 in defaults of a variant that makes no call",
     "variants:\n  a:\n    value: 1\n    defaults: {model: tiny}\n",
     "x.yaml:7:23: unknown model 'tiny'; models has: small, large"},
    {"21 a schema that is none",
     "variants:\n  a:\n    call: {prompt: answer, schema: faq}\n",
     "schemas/faq.json:3:17: not a JSON Schema: 'type' is \"strng\"; expected one of array, "
     "boolean, integer, null, number, object, string"},
    {"21 in place",
     "variants:\n  a:\n    call:\n      prompt: answer\n      schema: {type: object, properties: "
     "{a/b: {type: strng}}}\n",
     "x.yaml:8:55: not a JSON Schema: 'type' is \"strng\"; expected one of array, boolean, "
     "integer, null, number, object, string"},
    {"21 no such schema",
     "variants:\n  a:\n    call: {prompt: answer, schema: question_lst}\n",
     "x.yaml:6:36: no schema 'question_lst' in schemas/; did you mean 'question_list'?"},
    {"22 a label without a case",
     "variants:\n  a:\n    route:\n      by: {call: {prompt: answer, schema: intent}}\n"
     "      label: \"{{classification.intent}}\"\n      cases:\n"
     "        billing: {value: 1}\n",
     "x.yaml:10:9: label 'Other' of schema intent has no case and route has no fallback; "
     "expected a case 'Other' or a fallback"},
    {"22 nor with the label inside a longer one",
     "variants:\n  a:\n    route:\n      by: {call: {prompt: answer, schema: intent}}\n"
     "      label: \"{{classification.intent}}\"\n      match: contains\n      cases:\n"
     "        bill: {value: 1}\n        other: {value: 1}\n",
     "x.yaml:11:9: label 'Billing' of schema intent has no case and route has no fallback; "
     "expected a case 'Billing' or a fallback"},
    {"23 a path that leads nowhere",
     "variants:\n  sequential:\n    chain:\n      faqs: {map: {over: [1], each: {value: 1}}}\n"
     "  parallel:\n    extends: sequential\n    set: {chain.faq.map.width: 4}\n",
     "x.yaml:10:11: path 'chain.faq.map.width': variant 'sequential' has no 'faq' under 'chain'; "
     "did you mean 'faqs'?"},
    {"24 a circle of extends",
     "variants:\n  a:\n    extends: b\n  b:\n    extends: a\n",
     "x.yaml:8:14: variants extend each other in a circle: a, b, a"},
    {"24 a circle with a tail",
     "variants:\n  tail: {extends: b}\n  a: {extends: c}\n  b: {extends: a}\n"
     "  c: {extends: b}\n  me: {extends: me}\n",
     "x.yaml:7:16: variants extend each other in a circle: a, c, b, a\n"
     "x.yaml:9:17: variants extend each other in a circle: me, me"},
    {"30 a merge key",
     "variants:\n  a: &base\n    value: 1\n  b:\n    <<: *base\n",
     "x.yaml:8:5: merge keys are not part of YAML 1.2; expected 'extends' in a variant, or 'use' "
     "for a shared node"},
};
/* clang-format on */

static void try_table(const struct mistake *mistake, size_t count)
{
    for (; count-- > 0; mistake++) {
        struct folder folder;
        folder_open(&folder);
        write_usual_files(&folder);
        str text = arena_printf(&folder.arena, "%s%s%s", HEAD, mistake->body, SCORE);
        folder_write(&folder, "x.yaml", text);
        folder_read(&folder, NULL);
        const char *messages = folder_messages(&folder);
        if (strcmp(messages, mistake->messages) != 0)
            fail_msg("%s:\n%s\nexpected:\n%s", mistake->about, messages, mistake->messages);
        folder_close(&folder);
    }
}

/* The mistakes of the language's list, each with its message and place, and nothing else said. */
static void test_mistakes(void **state)
{
    (void)state;
    try_table(mistakes_table, sizeof mistakes_table / sizeof mistakes_table[0]);
}

/* ---- rows ---- */

struct rows_mistake {
    const char *about, *rows, *messages;
};

static const struct rows_mistake rows_table[] = {
    {"25 without id", "{\"id\": 1, \"query\": \"q\", \"expected\": 1}\n{\"query\": \"q\"}\n",
     "rows.jsonl:2:1: sample has no 'id'; expected a text or integer, unique in the file"},
    {"26 twice",
     "{\"id\": \"q17\", \"query\": \"q\", \"expected\": 1}\n{\"id\": \"q17\", \"query\": "
     "\"r\"}\n",
     "rows.jsonl:2:8: id 'q17' is already used at line 1"},
    {"27 without a field that is used",
     "{\"id\": 1, \"query\": \"q\", \"expected\": 1}\n{\"id\": \"q18\", \"expected\": 2}\n",
     "rows.jsonl:2:1: sample 'q18' has no field 'query', which x.yaml:5:32 uses; add it, or "
     "give "
     "a default in vars"},
    {"27 without the answer",
     "{\"id\": 1, \"query\": \"q\", \"expected\": 1}\n{\"id\": \"q18\", \"query\": \"q\"}\n",
     "rows.jsonl:2:1: sample 'q18' has no field 'expected', which x.yaml:6:28 uses; add it, or "
     "write | default(null) where nothing is expected"},
    {"no row has an answer: told once",
     "{\"id\": 1, \"query\": \"q\"}\n{\"id\": 2, \"query\": \"q\"}\n",
     "x.yaml:6:28: no row has an expected answer; add a field 'expected', say which one it is "
     "(dataset: {file: FILE, expected: NAME}), or write | default(null)"},
    {"no JSON", "{\"id\": 1, \"query\": \"q\", \"expected\": 1}\n{\"id\": 2,}\n",
     "rows.jsonl:2:10: not JSON: expected a member name in quotes"},
    {"no samples", "\n",
     "x.yaml:1:10: dataset 'rows.jsonl' has no samples; expected at least one"},
    {"invalid UTF-8", "{\"id\": 1, \"query\": \"\xff\"}\n",
     "rows.jsonl:1:21: not JSON: invalid UTF-8"},
};

/* A row that is wrong is told at its place, and does not make its fields unknown names. */
static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows_table / sizeof rows_table[0]; i++) {
        struct folder folder;
        folder_open(&folder);
        folder_write(&folder, "rows.jsonl", str_from(rows_table[i].rows));
        folder_write(&folder, "x.yaml",
                     STR(HEAD "variants:\n  a: {call: " SAY("{{query}}") "}\n" SCORE));
        folder_read(&folder, NULL);
        const char *messages = folder_messages(&folder);
        if (strcmp(messages, rows_table[i].messages) != 0)
            fail_msg("%s:\n%s", rows_table[i].about, messages);
        folder_close(&folder);
    }
}

/* What vars give, or a default in the template, a row need not have. */
static void test_rows_may_lack(void **state)
{
    (void)state;
    struct folder folder;
    folder_open(&folder);
    folder_write(&folder, "rows.jsonl",
                 STR("{\"id\": 1, \"tone\": \"dry\"}\n{\"id\": 2, \"extra\": 1}\n"));
    folder_good(&folder, HEAD "vars: {tone: warm}\n"
                              "variants:\n"
                              "  a: {value: \"{{tone}} {{extra | default(0)}}\"}\n"
                              "score:\n"
                              "  right: {equals: \"{{expected | default(null)}}\"}\n"
                              "  tagged: {of: \"{{tags}}\", min-count: 0}\n"
                              "  steps: {equals: \"{{expected_steps.x | default(null)}}\"}\n");
    folder_close(&folder);
}

/* ---- files that are no experiment ---- */

static const struct mistake files_table[] = {
    {"wrong YAML", "variants: [a\n",
     "x.yaml:1:13: not YAML: flow sequence without a closing bracket"},
    {"empty", "", "x.yaml:1:1: the file is empty"},
    {"a list", "- a\n", "x.yaml:1:1: the experiment is a list; expected a mapping"},
    {"unknown key at the top",
     "variant: {a: {value: 1}}\ndataset: {samples: [{id: 1}]}\nmodels: {}\nscore: {}\n",
     "x.yaml:1:1: unknown key 'variant' in the experiment; did you mean 'variants'?"},
    {"keys that are missing", "variants: {a: {value: 1}}\n",
     "x.yaml:1:1: the experiment has no 'dataset'\n"
     "x.yaml:1:1: the experiment has no 'models'\n"
     "x.yaml:1:1: the experiment has no 'score'"},
    {"invalid UTF-8", "description: \"\xc3(\"\n",
     "x.yaml:1:15: byte 0xc3 is not UTF-8; expected a UTF-8 file"},
};

/* Files that are no experiments have a message too. */
static void test_files(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof files_table / sizeof files_table[0]; i++) {
        struct folder folder;
        folder_open(&folder);
        folder_write(&folder, "x.yaml", str_from(files_table[i].body));
        folder_read(&folder, NULL);
        const char *messages = folder_messages(&folder);
        if (strcmp(messages, files_table[i].messages) != 0)
            fail_msg("%s:\n%s\nexpected:\n%s", files_table[i].about, messages,
                     files_table[i].messages);
        folder_close(&folder);
    }
}

/* ---- other mistakes ---- */

/* clang-format off */
static const struct mistake others_table[] = {
    {"two mistakes in one call, and one behind it",
     "variants:\n  a:\n    chain:\n      one: {call: {prompt: answer, widht: 4, model: lage}}\n"
     "      two: {value: \"{{on}}\"}\n",
     "x.yaml:7:36: unknown key 'widht' in call; expected one of prompt, schema, transform, tools, max_steps, concurrency, fallback_models, model, "
     "temperature, top_p, max_tokens, stop, seed, reasoning_effort, stream, reask\n"
     "x.yaml:7:53: unknown model 'lage'; models has: small, large; did you mean 'large'?\n"
     "x.yaml:8:23: name 'on' is not known here; in scope: query, documents, one; did you mean "
     "'one'?"},
    {"a value that is refused leads to no false mistakes",
     "variants:\n  a:\n    map: {over: [1], as: [q], each: {value: \"{{q}}\"}}\n",
     "x.yaml:6:26: as is a list; expected a name (letters, digits and _, not starting with a "
     "digit)"},
    {"a step with mistakes is still known by the next",
     "variants:\n  a:\n    chain:\n      q: {call: {prompt: answer, schema: no_such}}\n"
     "      r: {value: \"{{q.x}}\"}\n",
     "x.yaml:7:42: no schema 'no_such' in schemas/; expected a file no_such.json or no_such.yaml "
     "there"},
    {"a model is a list",
     "variants:\n  a:\n    call: {prompt: answer, model: [small], temperature: 3}\n",
     "x.yaml:6:35: model is a list; expected a text\n"
     "x.yaml:6:57: temperature is the number 3; expected a number from 0 to 2"},
    {"no prompt",
     "variants:\n  a:\n    call: {max_tokens: 5}\n",
     "x.yaml:6:11: call has no 'prompt'"},
    {"a prompt of the wrong kind",
     "variants:\n  a:\n    call: {prompt: [a]}\n",
     "x.yaml:6:20: prompt is a list; expected the name of a prompt file, or a mapping with "
     "'user'"},
    {"a shared node that is not there, one that uses itself, and one in place",
     "nodes:\n  twin: {use: twin}\nvariants:\n  a: {use: tvin}\n  b: {use: twin}\n"
     "  c: {use: {value: 1}}\n  d: {use: [twin]}\n",
     "x.yaml:5:15: shared node 'twin' uses itself\n"
     "x.yaml:7:12: no shared node 'tvin' in nodes; did you mean 'twin'?\n"
     "x.yaml:9:12: use is a mapping; expected a name of nodes\n"
     "x.yaml:10:12: use is a list; expected a name of nodes"},
    {"names that are none",
     "vars: {index: 1, a-b: 2}\nnodes: {x-y: {value: 1}}\nvariants:\n  a b: {value: 1}\n"
     "  c:\n    chain:\n      two words: {value: 1}\n      label: {value: 1}\n"
     "      fallback: {value: 1}\n",
     "x.yaml:4:8: 'index' cannot be a name of vars; expected another name\n"
     "x.yaml:4:18: 'a-b' cannot be a name of vars; expected another name\n"
     "x.yaml:5:9: shared node 'x-y' is no name; expected letters, digits and _, not starting with "
     "a digit\n"
     "x.yaml:7:3: variant 'a b' has a name that cannot be; expected letters, digits, _ - .\n"
     "x.yaml:10:7: step 'two words' is no name; expected letters, digits and _, not starting with "
     "a digit\n"
     "x.yaml:11:7: 'label' has a meaning of its own and cannot name a step; expected another "
     "name\n"
     "x.yaml:12:7: 'fallback' has a meaning of its own and cannot name a step; expected another "
     "name"},
    {"with may rebind fields, but not what scores see",
     "variants:\n  a: {value: \"{{query}}\", with: {query: 1, expected: 2}}\n",
     "x.yaml:5:44: 'expected' cannot be a name of 'with'; expected another name"},
    {"route: no cases, equal cases",
     "variants:\n  a: {route: {by: {value: x}, cases: {}}}\n"
     "  b: {route: {by: {value: x}, cases: {Yes: {value: 1}, '\"yes\".': {value: 2}}}}\n",
     "x.yaml:5:38: route.cases is empty; expected a mapping from label to node\n"
     "x.yaml:6:56: label '\"yes\".' matches the case 'Yes' too; expected labels that differ in "
     "more than case and quotes"},
    {"chain of the wrong kind",
     "variants:\n  a: {chain: [{value: 1}]}\n  b: {chain: {}}\n",
     "x.yaml:5:14: chain is a list; expected a mapping from step name to node\n"
     "x.yaml:6:14: chain is empty; expected a mapping from step name to node"},
    {"keywords of the wrong kind",
     "variants:\n  a: {keywords: {of: \"{{query}}\", labels: [a]}}\n"
     "  b: {keywords: {of: \"{{query}}\", labels: {}}}\n"
     "  c: {keywords: {of: \"{{query}}\", labels: {x: y}}}\n"
     "  d: {keywords: {of: \"{{query}}\", labels: {x: [y, \"\", \"*\"]}}}\n",
     "x.yaml:5:43: keywords.labels is a list; expected a mapping from label to list of words\n"
     "x.yaml:6:43: keywords.labels is empty; expected a mapping from label to list of words\n"
     "x.yaml:7:47: labels is 'y'; expected a list of texts\n"
     "x.yaml:8:51: '' is no word; expected a word or phrase, or the beginning of one with * "
     "behind it\n"
     "x.yaml:8:55: '*' is no word; expected a word or phrase, or the beginning of one with * "
     "behind it"},
    {"a variant that is no mapping, a node that is no mapping",
     "variants:\n  a: 5\n  b: {chain: {s: text}}\n",
     "x.yaml:5:6: variant 'a' is a number; expected a mapping with one pattern key\n"
     "x.yaml:6:18: node 's' is a text; expected a mapping with one pattern key"},
    {"extends misspelled, of nothing, of the wrong kind",
     "variants:\n  base: {value: 1}\n  a: {extend: base}\n  b: {extends: bas}\n"
     "  c: {extends: [base]}\n  d: {extends: base, value: 2}\n",
     "x.yaml:6:7: unknown key 'extend' in node 'a'; did you mean 'extends'?\n"
     "x.yaml:7:16: no variant 'bas' to extend; did you mean 'base'?\n"
     "x.yaml:8:16: extends is a list; expected the name of a variant\n"
     "x.yaml:9:22: variant 'd' has 'value' beside 'extends'; expected set, unset or a common key"},
    {"a baseline that is no variant",
     "variants: {a: {value: 1}}\nbaseline: b\n",
     "x.yaml:5:11: no variant 'b' for the baseline; expected a"},
    {"a baseline that is no name",
     "variants: {a: {value: 1}}\nbaseline: [a]\n",
     "x.yaml:5:11: baseline is a list; expected the name of a variant, or {file: FILE.json}"},
    {"plots that there are not",
     "variants: {a: {value: 1}}\nreport: {plots: [accuracy, acuracy]}\n",
     "x.yaml:5:28: no plot 'acuracy'; did you mean 'accuracy'?"},
    {"plots of the wrong kind",
     "variants: {a: {value: 1}}\nreport: {plots: accuracy}\n",
     "x.yaml:5:17: plots is a text; expected none, or a list of names as weir list plots has them"},
    {"a baseline file that is not there",
     "variants: {a: {value: 1}}\nbaseline: {file: F}\n",
     "x.yaml:5:18: no file 'F'; weir run --no-baseline and weir baseline save make a new one"},
    {"no variants", "variants: {}\n", "x.yaml:4:11: variants has 0 entries; expected 1 to 100"},
    {"settings out of range",
     "variants: {a: {value: 1}}\ntrials: 0\nseed: -1\nconcurrency: 10001\norder: random\n"
     "limits: {calls: many, depth: 33, reply: 5}\nretry: {retries: 21, base: 1}\n"
     "report: {confidence: 1}\n",
     "x.yaml:5:9: trials is the number 0; expected an integer from 1 to 1000\n"
     "x.yaml:6:7: seed is the number -1; expected an integer from 0 to 9007199254740992\n"
     "x.yaml:7:14: concurrency is the number 10001; expected an integer from 1 to 10000\n"
     "x.yaml:8:8: order is 'random'; expected blocked or file\n"
     "x.yaml:9:17: calls is 'many'; expected an integer from 1 to 1000000\n"
     "x.yaml:9:30: depth is the number 33; expected an integer from 1 to 32\n"
     "x.yaml:9:41: reply is the number 5; expected a size with a unit, such as 64KB or 10MB\n"
     "x.yaml:10:18: retries is the number 21; expected an integer from 0 to 20\n"
     "x.yaml:10:28: base is the number 1; expected a duration with a unit, such as 60s or 500ms\n"
     "x.yaml:11:22: confidence is the number 1; expected a number from 0.5 to 0.999"},
    {"no time at all",
     "variants: {a: {value: 1, timeout: 0s}}\nlimits: {time: 0ms}\n",
     "x.yaml:4:35: timeout is 0s; expected a longer time\n"
     "x.yaml:5:16: time is 0s; expected a longer time"},
    {"a mock that is not there",
     "variants: {a: {value: 1}}\nmock: no.yaml\n",
     "x.yaml:5:7: no file 'no.yaml'; expected a mock file"},
    {"a mock of the wrong kind",
     "variants: {a: {value: 1}}\nmock: [a]\n",
     "x.yaml:5:7: mock is a list; expected the name of a mock file, or a mapping"},
    {"indexing what is no list",
     "variants:\n  a:\n    chain:\n      q: {call: {prompt: answer, schema: question_list}}\n"
     "      r: {value: \"{{q[0]}} {{q.questions[0].x}} {{q.questions[*][1]}}\"}\n",
     "x.yaml:8:21: step 'q' is no list at this place\n"
     "x.yaml:8:30: step 'q' has no members at this place; it is a plain value\n"
     "x.yaml:8:51: step 'q' is no list at this place"},
};
/* clang-format on */

/* Mistakes that are in nobody's list of thirty, but must be told as plainly. */
static void test_others(void **state)
{
    (void)state;
    try_table(others_table, sizeof others_table / sizeof others_table[0]);
}

/* ---- scores ---- */

static const struct mistake scores_table[] = {
    {"a step that no variant has", "score: {s: {step: \"faqs[*].anwser\", equals: a}}\n",
     "x.yaml:7:19: no variant has a step 'faqs[*].anwser'; did you mean 'faqs[*].answer'?"},
    {"a name that this step did not see",
     "score: {s: {step: first, of: \"{{index}}\", equals: a}}\n",
     "x.yaml:7:33: name 'index' is not known here; in scope: query, expected, expected_steps, "
     "metadata, tags, output, value"},
    {"a metric's name, no name, no mapping, no check",
     "score:\n  accuracy: {equals: a}\n  a b: {equals: a}\n  c: yes\n  d: {weight: 1}\n",
     "x.yaml:8:3: score 'accuracy' has the name of a metric; expected another name\n"
     "x.yaml:9:3: score 'a b' is no name; expected another name\n"
     "x.yaml:10:6: score 'c' is a text; expected a mapping with one check key\n"
     "x.yaml:11:6: score 'd' has no check key; expected one of bleu, choice, contains, "
     "contains-all, contains-any, contains-json, cost, count, equals, exec, f1, factuality, "
     "fields, finish-reason, icontains, is-json, is-refusal, json-schema, latency, "
     "levenshtein, "
     "llm-rubric, match, max, max-count, max-words, min, min-count, min-words, numeric, "
     "records, "
     "regex, rouge-n, select-best, set-equals, similar, starts-with, webhook, word-count"},
    {"keys of other kinds", "score: {s: {equals: a, weight: -1, wieght: 2, threshold: 0.5}}\n",
     "x.yaml:7:32: weight is the number -1; expected a number from 0 to 1000000\n"
     "x.yaml:7:36: unknown key 'wieght' in score 's'; did you mean 'weight'?\n"
     "x.yaml:7:47: threshold is for graded checks; 'equals' answers yes or no"},
    {"a step that is no text", "score: {s: {step: [first], of: \"{{value}}\", equals: a}}\n",
     "x.yaml:7:19: step is a list; expected a text"},
    {"models where none is asked, and none where one is",
     "score: {a: {similar: x}, b: {equals: x, model: m}, c: {similar: x, model: m, repeats: "
     "2},\n"
     "  d: {llm-rubric: x, model: m}, e: {llm-rubric: [x], model: m}}\n",
     "x.yaml:7:9: score 'a' asks a model and names none; expected model: the embedding model\n"
     "x.yaml:7:41: model is for checks that ask one; 'equals' asks no model\n"
     "x.yaml:7:78: repeats is for judges; 'similar' compares vectors\n"
     "x.yaml:8:29: unknown model 'm'; models has: nothing\n"
     "x.yaml:8:49: llm-rubric is a list; expected a text that says what a good value is"},
    {"a list", "score: [{equals: a}]\n",
     "x.yaml:7:8: score is a list; expected a mapping from name to score"},
};

/* Scores are read in the scope of what they judge. */
static void test_scores(void **state)
{
    (void)state;
    static const char head[] =
        "dataset: {samples: [{id: 1, query: q, expected: x}]}\nmodels: {}\nvariants:\n"
        "  a: {chain: {first: {value: 1}, faqs: {map: {over: [1], each: {chain: {answer: "
        "{value: "
        "\"{{index}}\"}}}}}}}\n"
        "  b: {route: {by: {value: x}, cases: {X y: {value: 1}}}}\n"
        "  c: {value: 1}\n";
    for (size_t i = 0; i < sizeof scores_table / sizeof scores_table[0]; i++) {
        struct folder folder;
        folder_open(&folder);
        folder_write(&folder, "x.yaml",
                     arena_printf(&folder.arena, "%s%s", head, scores_table[i].body));
        folder_read(&folder, NULL);
        const char *messages = folder_messages(&folder);
        if (strcmp(messages, scores_table[i].messages) != 0)
            fail_msg("%s:\n%s\nexpected:\n%s", scores_table[i].about, messages,
                     scores_table[i].messages);
        folder_close(&folder);
    }
}

/* ---- providers and secrets ---- */

static const struct mistake providers_table[] = {
    {"unknown provider", "models: {m: {provider: opnai, model: x}}\n",
     "x.yaml:3:24: unknown provider 'opnai'; did you mean 'openai'?"},
    {"29 a key in the file",
     "providers:\n  mine: {api: openai-chat, base_url: http://127.0.0.1:1, api_key: "
     "sk-verysecret1}\nmodels: {}\n",
     "x.yaml:4:67: a key must not be in the file; expected key_env, the name of an environment "
     "variable"},
    {"29 in a header, and the model that uses it is not wrong too",
     "providers:\n  mine:\n    api: openai-chat\n    base_url: http://127.0.0.1:1\n"
     "    headers: {Authorization: Bearer sk-verysecret1}\n"
     "models: {m: {provider: mine, model: x, api_key: sk-verysecret1}}\n",
     "x.yaml:7:30: a key must not be in the file; expected key_env or headers_env, with the "
     "name "
     "of an environment variable\n"
     "x.yaml:8:49: a key must not be in the file; expected key_env, the name of an environment "
     "variable"},
    {"names",
     "providers: {eu-1: {api: openai-chat, base_url: http://127.0.0.1:1}}\n"
     "models: {4o: {provider: eu-1, model: x}}\n",
     "x.yaml:3:13: provider 'eu-1' is no name; expected letters, digits and _, not starting "
     "with "
     "a digit\n"
     "x.yaml:4:10: model '4o' is no name; expected letters, digits and _, not starting with a "
     "digit"},
    {"of the wrong kind", "providers: [a]\nmodels: [b]\n",
     "x.yaml:3:12: providers is a list; expected a mapping from name to provider\n"
     "x.yaml:4:9: models is a list; expected a mapping from name to model"},
};

/* Where requests go; and a secret is repeated nowhere, nor is the line it stands in shown. */
static void test_providers(void **state)
{
    (void)state;
    static const char head[] = "dataset: {samples: [{id: 1, expected: x}]}\n"
                               "variants: {a: {value: 1}}\n";
    for (size_t i = 0; i < sizeof providers_table / sizeof providers_table[0]; i++) {
        struct folder folder;
        folder_open(&folder);
        str text = arena_printf(&folder.arena, "%s%s%s", head, providers_table[i].body, SCORE);
        folder_write(&folder, "x.yaml", text);
        folder_read(&folder, NULL);
        const char *messages = folder_messages(&folder);
        if (strcmp(messages, providers_table[i].messages) != 0)
            fail_msg("%s:\n%s\nexpected:\n%s", providers_table[i].about, messages,
                     providers_table[i].messages);
        assert_null(strstr(mistakes_text(&folder.mistakes).p, "verysecret"));
        folder_close(&folder);
    }
}

/* ---- how mistakes are shown ---- */

/* Each with its line and a caret; in the order of the files' first mistakes, then by place. */
static void test_carets(void **state)
{
    (void)state;
    struct folder folder;
    folder_open(&folder);
    write_usual_files(&folder);
    folder_write(&folder, "x.yaml",
                 STR(HEAD "variants:\n"
                          "  ä: {call: {prompt: inner, modell: large}}\n"
                          "  b: {call: {promt: inner}}\n" SCORE));
    assert_null(folder_read(&folder, NULL));
    assert_string_equal(
        mistakes_text(&folder.mistakes).p,
        "x.yaml:5:3: variant 'ä' has a name that cannot be; expected letters, digits, _ - .\n"
        "    ä: {call: {prompt: inner, modell: large}}\n"
        "    ^\n"
        "x.yaml:5:29: unknown key 'modell' in call; did you mean 'model'?\n"
        "    ä: {call: {prompt: inner, modell: large}}\n"
        "                              ^\n"
        "x.yaml:6:14: unknown key 'promt' in call; did you mean 'prompt'?\n"
        "    b: {call: {promt: inner}}\n"
        "               ^\n"
        "prompts/inner.md:2:10: name 'qustion' is not known here; used by step '.' at "
        "x.yaml:5:22\n"
        "    To: {{ qustion }}\n"
        "           ^");
    folder_close(&folder);
}

/* At most 50 are listed, and how many more there are. */
static void test_many(void **state)
{
    (void)state;
    struct folder folder;
    folder_open(&folder);
    write_usual_files(&folder);
    str text = STR(HEAD "variants:\n");
    for (int i = 0; i < 60; i++)
        text = arena_printf(&folder.arena, "%.*s  v%d: {value: \"{{nothing}}\"}\n",
                            STR_ARG(text), i);
    text = arena_printf(&folder.arena, "%.*s%s", STR_ARG(text), SCORE);
    folder_write(&folder, "x.yaml", text);
    assert_null(folder_read(&folder, NULL));
    assert_int_equal(folder.mistakes.count, 50);
    assert_int_equal(folder.mistakes.dropped, 10);
    const char *messages = folder_messages(&folder);
    size_t lines = 1;
    for (const char *c = messages; *c; c++)
        lines += *c == '\n';
    assert_int_equal(lines, 51);
    assert_ptr_equal(strstr(messages, "x.yaml:5:18: name 'nothing'"), messages);
    assert_non_null(strstr(messages, "… and 10 more mistakes"));
    folder_close(&folder);
}

/* ---- what is good ---- */

/* The fixtures, which users copy, are read without a mistake. */
static void test_fixtures(void **state)
{
    (void)state;
    static const struct {
        const char *path, *name;
        size_t variants, scores;
    } fixtures[] = {
        {TEST_SOURCE_DIR "/fixtures/faq/experiment.yaml", "faq", 3, 4},
        {TEST_SOURCE_DIR "/fixtures/faq/faults.yaml", "faults", 3, 4},
        {TEST_SOURCE_DIR "/fixtures/support/experiment.yaml", "support", 3, 3},
    };
    for (size_t i = 0; i < sizeof fixtures / sizeof fixtures[0]; i++) {
        struct arena arena = {0};
        struct mistakes mistakes;
        mistakes_init(&mistakes, &arena);
        const struct experiment *experiment =
            experiment_read(&arena, str_from(fixtures[i].path), NULL, &mistakes);
        if (!experiment)
            fail_msg("%s", mistakes_text(&mistakes).p);
        assert_string_equal(experiment->name.p, fixtures[i].name);
        assert_int_equal(experiment->variants, fixtures[i].variants);
        assert_int_equal(experiment->scores, fixtures[i].scores);
        assert_int_equal(experiment->warnings->count, 0);
        arena_release(&arena);
    }
}

static const char plain[] =
    HEAD "variants: {a: {call: {prompt: answer}}, b: {value: 1}}\n" SCORE;

/* Defaults, and what the command line replaces. */
static void test_settings(void **state)
{
    (void)state;
    struct folder folder;
    folder_open(&folder);
    write_usual_files(&folder);
    const struct experiment *experiment = folder_good(&folder, plain);
    assert_string_equal(experiment->name.p, "x");
    assert_int_equal(experiment->trials, 1);
    assert_int_equal(experiment->seed, 1);
    assert_int_equal(experiment->concurrency, 32);
    assert_int_equal(experiment->order, ORDER_BLOCKED);
    assert_int_equal(experiment->baseline, 0);
    assert_int_equal(experiment->limits.calls, 200);
    assert_int_equal(experiment->limits.steps, 2000);
    assert_int_equal(experiment->limits.depth, 16);
    assert_int_equal(experiment->limits.time, INT64_C(600000000000));
    assert_int_equal(experiment->limits.reply, 4000000);
    assert_int_equal(experiment->limits.value, 16000000);
    assert_int_equal(experiment->retry.retries, 2);
    assert_true(experiment->report.confidence > 0.949 && experiment->report.confidence < 0.951);
    assert_int_equal(experiment->mock.n, 0);

    struct hash128 hash = experiment->hash;
    struct experiment_options options = {.trials = 7, .concurrency = 9, .seed = 0};
    experiment = folder_read(&folder, &options);
    assert_int_equal(experiment->trials, 7);
    assert_int_equal(experiment->concurrency, 9);
    assert_int_equal(experiment->seed, 0);
    assert_int_not_equal(experiment->hash.low, hash.low);
    folder_close(&folder);
}

static struct hash128 hash_of(struct folder *folder, const char *text,
                              const struct experiment_options *options)
{
    folder_write(folder, "x.yaml", str_from(text));
    const struct experiment *experiment = folder_read(folder, options);
    if (!experiment)
        fail_msg("%s", folder_messages(folder));
    return experiment->hash;
}

/* An experiment's hash changes with what decides results, and with nothing else. */
static void test_hash(void **state)
{
    (void)state;
    struct folder folder;
    folder_open(&folder);
    write_usual_files(&folder);
    struct experiment_options same = {.concurrency = 5, .seed = -1};
    struct experiment_options other = {.trials = 2, .seed = -1};
    struct hash128 hash = hash_of(&folder, plain, NULL);
    assert_int_equal(hash.low, hash_of(&folder, plain, &same).low);
    assert_int_not_equal(hash.low, hash_of(&folder, plain, &other).low);
    const char *shown = HEAD "variants: {a: {call: {prompt: answer}}, b: {value: 1}}\n" SCORE
                             "description: d\nreport: {title: t}\n";
    assert_int_equal(hash.low, hash_of(&folder, shown, NULL).low);
    const char *changed = HEAD "variants: {a: {call: {prompt: answer}}, b: {value: 2}}\n" SCORE;
    assert_int_not_equal(hash.low, hash_of(&folder, changed, NULL).low);
    folder_write(&folder, "prompts/answer.md", STR("Answer it:\n{{query}}\n"));
    assert_int_not_equal(hash.low, hash_of(&folder, plain, NULL).low);
    folder_close(&folder);
}

/* Call, then variant, then model, then experiment: the first that says something counts. */
static void test_precedence(void **state)
{
    (void)state;
    struct folder folder;
    folder_open(&folder);
    write_usual_files(&folder);
    const struct experiment *experiment = folder_good(
        &folder,
        "dataset: rows.jsonl\n"
        "models:\n"
        "  small: {provider: openai, model: x, temperature: 0.2, top_p: 0.2, seed: 2}\n"
        "  large: {provider: openai, model: y}\n"
        "defaults: {model: large, temperature: 0.1, top_p: 0.1, seed: 1, max_tokens: 1, "
        "reask: 1}\n"
        "variants:\n"
        "  a: {call: {prompt: answer, temperature: 0.4}, defaults: {model: small, "
        "temperature: 0.3, top_p: 0.3}}\n"
        "  b: {call: {prompt: answer, model: small, reask: 0}}\n" SCORE);
    struct arena *arena = &folder.arena;
    struct mistakes mistakes;
    mistakes_init(&mistakes, arena);
    struct binder binder = {.arena = arena,
                            .mistakes = &mistakes,
                            .experiment = (struct experiment *)(uintptr_t)experiment,
                            .variant = &experiment->variant[0]};
    const struct llm_model *model;
    struct llm_params params;
    int64_t reask;
    const struct yaml *call = yaml_get(experiment->variant[0].yaml, STR("call"));
    assert_int_equal(bind_params(&binder, call, call->place, &model, &params, &reask), 0);
    assert_string_equal(model->name.p, "small");
    assert_true(params.temperature > 0.39 && params.temperature < 0.41);
    assert_true(params.top_p > 0.29 && params.top_p < 0.31);
    assert_int_equal(params.seed, 2);
    assert_int_equal(params.max_tokens, 1);
    assert_int_equal(reask, 1);
    assert_false(params.has_stream);

    binder.variant = &experiment->variant[1];
    call = yaml_get(experiment->variant[1].yaml, STR("call"));
    assert_int_equal(bind_params(&binder, call, call->place, &model, &params, &reask), 0);
    assert_true(params.temperature > 0.19 && params.temperature < 0.21);
    assert_int_equal(reask, 0);
    folder_close(&folder);
}

/* What counts: defaults filled in at every depth, and it is an experiment that reads the same. */
static void test_effective(void **state)
{
    (void)state;
    struct folder folder;
    folder_open(&folder);
    write_usual_files(&folder);
    const char *text = HEAD
        "nodes: {n: {map: {over: [1], each: {value: {map: {over: 1}}}}}}\n"
        "variants:\n"
        "  a: {chain: {x: {use: n}, r: {route: {by: {value: y}, cases: {y: {map: {over: [1], "
        "each: {value: 1}}}}}}}}\n"
        "  b: {extends: a, set: {chain.x.use.map.width: 2}}\n"
        "limits: {calls: 5}\n" SCORE;
    struct experiment_options options = {.trials = 3, .seed = -1};
    folder_write(&folder, "x.yaml", str_from(text));
    const struct experiment *experiment = folder_read(&folder, &options);
    if (!experiment)
        fail_msg("%s", folder_messages(&folder));
    const json *is = experiment->effective;
    assert_true(json_number(json_path(is, "trials")) > 2.9);
    assert_true(json_number(json_path(is, "limits.calls")) < 5.1);
    assert_true(str_equal(json_text(json_path(is, "limits.time")), STR("10m")));
    assert_int_equal(json_count(json_path(is, "retry.statuses")), 8);
    assert_true(str_equal(json_text(json_path(is, "order")), STR("blocked")));
    assert_true(str_equal(json_text(json_path(is, "baseline")), STR("a")));
    const char *maps[] = {"nodes.n.map", "variants.a.chain.r.route.cases.y.map",
                          "variants.b.chain.x.use.map"};
    for (size_t i = 0; i < 3; i++) {
        const json *map = json_path(is, maps[i]);
        assert_true(str_equal(json_text(json_get(map, STR("as"))), STR("item")));
        assert_true(json_number(json_get(map, STR("max_items"))) > 99);
    }
    /* data stays as it is */
    assert_int_equal(json_count(json_path(is, "nodes.n.map.each.value.map")), 1);

    /* what was changed under `use` cannot be written in place, all else can */
    folder_write(&folder, "x.yaml",
                 STR(HEAD "variants: {a: {use: n}}\n"
                          "nodes: {n: {map: {over: [1], each: {value: "
                          "1}}}}\n" SCORE));
    experiment = folder_read(&folder, NULL);
    str again = json_to_str(&folder.arena, experiment->effective, JSON_SPACED);
    folder_write(&folder, "x.yaml", again);
    const struct experiment *second = folder_read(&folder, NULL);
    if (!second)
        fail_msg("%s", folder_messages(&folder));
    assert_true(json_equal(second->effective, experiment->effective));
    assert_int_equal(second->hash.low, experiment->hash.low);
    folder_close(&folder);
}

#define BRACE(at, name)                                                                        \
    at ": warning: '{" name "}' is sent as it stands; did you mean '{{" name "}}'?"
#define UNREAD(at, step, where, name)                                                          \
    at ": warning: nobody reads what step '" step "' says" where                               \
       ": no later step and no score; expected {{" name "}} somewhere, or no such step"

/* What may stand, and is most likely meant otherwise. */
static const struct mistake warnings_table[] = {
    {"braces of other tools, in each part of a prompt and in each style of YAML",
     "variants:\n  a:\n    call:\n      prompt:\n        system: \"\\tOf {documents}.\"\n"
     "        messages: [{role: user, text: 'It''s ${query}'}]\n"
     "        user: |\n          {{query}} and\n          {query}, {query}\n",
     BRACE("x.yaml:8:23", "documents") "\n" BRACE("x.yaml:9:47", "query") "\n" BRACE(
         "x.yaml:12:11", "query") "\n" BRACE("x.yaml:12:20", "query")},
    {"in a file, which two steps use; names of steps too",
     "variants:\n  a:\n    chain:\n      one: {call: {prompt: answer}}\n"
     "      two: {call: {prompt: braces}}\n      three: {call: {prompt: braces}}\n"
     "      last: {value: \"{{one}} {{two}} {{three}}\"}\n",
     BRACE("prompts/braces.md:4:3", "one") "\n" BRACE("prompts/braces.md:5:1", "query")},
    {"braces that are meant so",
     "variants: {a: {call: {prompt: {user: '{{query}} {\"query\": {query}} {other} { "
     "query } {query.x} {} {1} {expected} {query'}}}}\n",
     ""},
    {"a step that nobody reads, and those that somebody does",
     "nodes: {n: {chain: {deep: {value: x}, end: {value: y}}}}\n"
     "variants:\n  a:\n    chain:\n      unread: {call: {prompt: answer}}\n"
     "      text: {value: [x]}\n      gated: {value: x, gate: [{min-words: 1}]}\n"
     "      usable: {value: x, usable: true}\n      key: {value: 0}\n"
     "      inner: {chain: {own: {value: z}, end: {value: \"{{text[key]}}\"}}}\n"
     "      shared: {use: n}\n"
     "      end: {map: {over: \"{{documents}}\", each: {value: \"{{shared}} {{inner}}\"}}}\n",
     UNREAD("x.yaml:4:21", "shared.deep", "", "deep") "\n" UNREAD(
         "x.yaml:8:7", "unread", "", "unread") "\n" UNREAD("x.yaml:13:23", "inner.own", "",
                                                          "own")},
    {"a program that is given all names",
     "variants:\n  a:\n    chain:\n      one: {value: x}\n      two: {exec: {run: [cat]}}\n",
     ""},
    {"in the variant where it is so",
     "variants:\n  a:\n    chain:\n      one: {value: x}\n      two: {value: \"{{one}}\"}\n"
     "  b: {extends: a, set: {chain.two.value: y}}\n",
     UNREAD("x.yaml:7:7", "one", " in variant 'b'", "one")},
    {"a score reads it",
     "variants:\n  a:\n    chain:\n      one: {map: {over: [x], each: {value: x}}}\n"
     "      two: {value: x}\n      three: {value: x}\n"
     "score:\n  s: {equals: x, step: \"one[*]\"}\n  t: {equals: x, step: two}\n#",
     ""},
};

static void test_warnings(void **state)
{
    (void)state;
    size_t missed = 0;
    for (size_t i = 0; i < sizeof warnings_table / sizeof warnings_table[0]; i++) {
        const struct mistake *c = &warnings_table[i];
        struct folder folder;
        folder_open(&folder);
        write_usual_files(&folder);
        folder_write(&folder, "prompts/braces.md", STR("---\n---\n\n# {one}\n{query}\n"));
        str text = arena_printf(&folder.arena, HEAD "%s" SCORE, c->body);
        const struct experiment *experiment = folder_good(&folder, text.p);
        const char *is = folder_lines(&folder, experiment->warnings);
        if (strcmp(is, c->messages) != 0) {
            print_message("%s:\n%s\nexpected\n%s\n\n", c->about, is, c->messages);
            missed++;
        }
        folder_close(&folder);
    }
    assert_int_equal(missed, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_warnings),
        cmocka_unit_test(test_mistakes),      cmocka_unit_test(test_rows),
        cmocka_unit_test(test_rows_may_lack), cmocka_unit_test(test_files),
        cmocka_unit_test(test_others),        cmocka_unit_test(test_scores),
        cmocka_unit_test(test_providers),     cmocka_unit_test(test_carets),
        cmocka_unit_test(test_many),          cmocka_unit_test(test_fixtures),
        cmocka_unit_test(test_settings),      cmocka_unit_test(test_hash),
        cmocka_unit_test(test_precedence),    cmocka_unit_test(test_effective),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
