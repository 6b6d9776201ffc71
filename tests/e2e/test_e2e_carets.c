/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_e2e_carets.c: a mistake in any kind of file is shown as file:line:column, the line, and a caret under
 * the column: datasets, prompts, schemas, mock files, with what makes columns hard to count. That every
 * mistake in experiments has its place: test_e2e_mistakes.c; the drawing itself: test_base.c.
 */
#include "e2e.h"

#include <string.h>

static const char experiment[] = "dataset: DATA\n"
                                 "models: {m: {provider: openai, model: gpt-6-luna}}\n"
                                 "defaults: {model: m, max_tokens: 5}\n"
                                 "variants:\n"
                                 "  one: {call: {prompt: p}}\n"
                                 "score: {right: {equals: \"{{expected}}\"}}\n"
                                 "mock: mock.yaml\n";

#define ROW  "{\"id\": \"a\", \"text\": \"x\", \"expected\": \"y\"}\n"
#define LONG "日本語 naïve 日本語 naïve 日本語 naïve 日本語 naïve 日本語 naïve 日本語 naïve "

struct wrong {
    const char *file, *text, *said;
};

static const struct wrong wrong[] = {
    {"experiment.yaml", "dataset: \"日本\tnaïve.jsonl\n\n\n",
     "experiment.yaml:1:11: not YAML: double-quoted scalar without closing quote\n"
     "  dataset: \"日本\\tnaïve.jsonl\n"
     "            ^\n"},
    {"experiment.yaml", "dataset: [d.jsonl\n\n\n",
     "experiment.yaml:1:18: not YAML: flow sequence without a closing bracket\n"
     "  dataset: [d.jsonl\n"
     "                   ^\n"},
    {"experiment.yaml", "description: caf\xe9\n",
     "experiment.yaml:1:17: byte 0xe9 is not UTF-8; expected a UTF-8 file\n"
     "  description: caf\\xe9\n"
     "                  ^\n"},
    {"d.jsonl", ROW "{\"id\": \"b\", \"text\": \"日本\", expected: \"y\"}\r\n",
     "d.jsonl:2:27: not JSON: expected a member name in quotes\n"
     "  {\"id\": \"b\", \"text\": \"日本\", expected: \"y\"}\n"
     "                              ^\n"},
    {"d.jsonl", "\xef\xbb\xbf{\"id\": \"a\", \"text\": \"" LONG "\", \"expected\": y}\n",
     "d.jsonl:1:97: not JSON: expected a JSON value\n"
     "  …aïve 日本語 naïve 日本語 naïve 日本語 naïve \", \"expected\": y}\n"
     "                                                              ^\n"},
    {"d.jsonl", "{\"id\": \"a\", \"text\": \"x\ty\"}\n",
     "d.jsonl:1:23: not JSON: a control character in a text\n"
     "  {\"id\": \"a\", \"text\": \"x\\ty\"}\n"
     "                        ^\n"},
    {"d.jsonl", ROW ROW,
     "d.jsonl:2:8: id 'a' is already used at line 1\n"
     "  {\"id\": \"a\", \"text\": \"x\", \"expected\": \"y\"}\n"
     "         ^\n"},
    {"d.csv", "id,text,expected\na,\"日本\"x,y\n",
     "d.csv:2:7: not CSV: text after the closing quote of a cell; expected ',' or the end of "
     "the line (a quote in a cell is doubled)\n"
     "  a,\"日本\"x,y\n"
     "          ^\n"},
    {"d.csv", "id,text,expected\na,\"x\ny\",z\nb,\"é,y\n",
     "d.csv:4:3: not CSV: the quotes of a cell are not closed\n"
     "  b,\"é,y\n"
     "    ^\n"},
    {"d.csv", "id,text,expected\r\na,x\r\n",
     "d.csv:2:1: row has 2 cells; expected 3, as in the header line\n"
     "  a,x\n"
     "  ^\n"},
    {"prompts/p.md", "Größe:\n日本\t{{txt}} {{text}}\n",
     "prompts/p.md:2:6: name 'txt' is not known here; used by step '.' at "
     "experiment.yaml:5:24; did you mean 'text'?\n"
     "  日本\\t{{txt}} {{text}}\n"
     "          ^\n"},
    {"prompts/p.md", "Say\n  é {{text\nonce\n",
     "prompts/p.md:2:5: '{{' is not closed in this text; expected '}}' (a literal '{{' is "
     "written {{\"{{\"}})\n"
     "    é {{text\n"
     "      ^\n"},
    {"prompts/p.md", "---\nsystme: x\n---\n{{text}}\n",
     "prompts/p.md:2:1: unknown key 'systme' in the front matter; did you mean 'system'?\n"
     "  systme: x\n"
     "  ^\n"},
    {"schemas/s.json", "{\n \"é\": 1, \"type\": \"objct\"}",
     "schemas/s.json:2:18: not a JSON Schema: 'type' is \"objct\"; expected one of array, "
     "boolean, integer, null, number, object, string\n"
     "   \"é\": 1, \"type\": \"objct\"}\n"
     "                   ^\n"},
    {"mock.yaml", "rules: {all: {when: {prompt: 日本}, rply: \"a\x1b\"}}\n",
     "mock.yaml:1:43: not YAML: control character 0x1b; expected it as an escape in double "
     "quotes\n"
     "  rules: {all: {when: {prompt: 日本}, rply: \"a\\e\"}}\n"
     "                                              ^\n"},
    {"mock.yaml", "rules: {all: {when: {prompt: 日本}, rply: a}}\n",
     "mock.yaml:1:35: unknown key 'rply' in rule; did you mean 'reply'?\n"
     "  rules: {all: {when: {prompt: 日本}, rply: a}}\n"
     "                                      ^\n"},
};

static struct ended look_at(struct place *place, const struct wrong *one)
{
    place_write_text(place, "d.jsonl", ROW);
    place_write_text(place, "d.csv", "id,text,expected\na,x,y\n");
    place_write_text(place, "prompts/p.md", "Say {{text}}\n");
    place_write_text(place, "mock.yaml", "rules: {all: {reply: y}}\n");
    place_write_text(place, "experiment.yaml", experiment);
    place_replace(place, "experiment.yaml", "DATA",
                  strcmp(one->file, "d.csv") == 0 ? "d.csv" : "d.jsonl");
    if (strcmp(one->file, "schemas/s.json") == 0)
        place_replace(place, "experiment.yaml", "prompt: p", "prompt: p, schema: s");
    place_write_text(place, one->file, one->text);
    if (strcmp(one->file, "mock.yaml") == 0)
        return weir(place, "run", "--mock", "--quiet", NULL);
    return weir(place, "check", NULL);
}

/* Protects: whoever mistypes sees where, in any kind of file. */
static void each_is_shown_at_its_place(void **state)
{
    struct place *place = *state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct ended ended = look_at(place, &wrong[i]);
        if (ended.code != 2 || !str_starts_with(ended.err, str_from(wrong[i].said)))
            fail_msg("%s exits with %d:\n%.*s\nexpected:\n%s", wrong[i].file, ended.code,
                     STR_ARG(ended.err), wrong[i].said);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {e2e_test(each_is_shown_at_its_place)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
