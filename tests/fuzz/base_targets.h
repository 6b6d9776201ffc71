/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * base_targets.h: the parsers of base/: written is read back, two ways to ask give one answer,
 * slices lie in their text.
 */
#ifndef FUZZ_BASE_TARGETS_H
#define FUZZ_BASE_TARGETS_H

#include "base/cassette.h"
#include "base/csv.h"
#include "base/json.h"
#include "base/jsonschema.h"
#include "base/mistakes.h"
#include "base/nearest.h"
#include "base/regex.h"
#include "base/template.h"
#include "base/text.h"
#include "base/yaml.h"
#include "fuzz/fuzz.h"

/* ---- JSON ---- */

static void json_reads_back(struct arena *arena, const json *value, str text)
{
    const json *back = json_parse(arena, text, NULL);
    FUZZ_MUST(back && json_equal(value, back));
}

static void fuzz_json(struct arena *arena, str input)
{
    struct json_error error = {0};
    const json *value = json_parse(arena, input, &error);
    size_t used = 0;
    const json *prefix = json_parse_prefix(arena, input, &used);
    FUZZ_MUST(!prefix || used <= input.n);
    if (!value) {
        FUZZ_MUST(error.what && error.at <= input.n && error.line && error.col);
        return;
    }
    FUZZ_MUST(prefix && json_equal(prefix, value));
    FUZZ_MUST(json_equal(value, json_deep_copy(arena, value)));
    json_reads_back(arena, value, json_to_str(arena, value, JSON_COMPACT));
    json_reads_back(arena, value, json_to_str(arena, value, JSON_SPACED));
    struct buf indented = {0}, canonical = {0}, again = {0};
    json_write_indented(&indented, value, 2);
    json_reads_back(arena, value, buf_str(&indented));
    json_write_canonical(&canonical, value);
    json_write_canonical(&again, json_parse(arena, buf_str(&canonical), NULL));
    FUZZ_MUST(str_equal(buf_str(&canonical), buf_str(&again)));
    buf_release(&indented);
    buf_release(&canonical);
    buf_release(&again);
}

/* ---- JSON Schema ---- */

/* Asks for names at every place of the schema. */
static void ask_names(struct arena *arena, const struct jsonschema *schema, const json *at)
{
    const json *inner;
    size_t count;
    jsonschema_member(schema, at, STR("a"), &inner);
    jsonschema_item(schema, at, &inner);
    jsonschema_names(schema, at, arena, &count);
    jsonschema_enum(schema, at, arena, &count);
    for (const json *part = json_first(at); part; part = json_next(part))
        ask_names(arena, schema, part);
}

static void check_value_of(struct arena *arena, const struct jsonschema *schema,
                           const json *value)
{
    struct jsonschema_problem problem[3];
    size_t count = 99;
    bool quiet = jsonschema_valid(schema, value, NULL, NULL, 0, NULL);
    bool loud = jsonschema_valid(schema, value, arena, problem, 3, &count);
    FUZZ_MUST(quiet == loud);
    FUZZ_MUST(loud == (count == 0) && count <= 3);
    for (size_t i = 0; i < count; i++)
        FUZZ_MUST(jsonschema_problem_line(arena, &problem[i]).n > 0);
}

static void fuzz_jsonschema(struct arena *arena, str input)
{
    static const char *const values[] = {"null", "-1.5", "\"aa\"", "[1, [2], 1, \"a\"]",
                                         "{\"a\": {\"a\": [1]}, \"b\": 2}"};
    str schema_text = fuzz_cut(&input);
    const json *source = json_parse(arena, schema_text, NULL);
    if (!source)
        return;
    struct jsonschema_problem problem = {{"", 0}, {"", 0}};
    const struct jsonschema *schema = jsonschema_new(arena, source, &problem);
    if (!schema) {
        FUZZ_MUST(problem.text.n > 0);
        return;
    }
    FUZZ_MUST(jsonschema_source(schema) == source);
    ask_names(arena, schema, source);
    const json *value = json_parse(arena, input, NULL);
    if (value)
        check_value_of(arena, schema, value);
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        check_value_of(arena, schema, json_parse(arena, str_from(values[i]), NULL));
}

/* ---- regular expressions ---- */

static bool lies_in(str part, str whole)
{
    return part.n == 0 || (part.p >= whole.p && part.p + part.n <= whole.p + whole.n);
}

/* The first byte holds the flags. */
static void fuzz_regex(struct arena *arena, str input)
{
    if (input.n == 0)
        return;
    unsigned flags = (unsigned char)input.p[0] & 15u;
    input = str_sub(input, 1, input.n);
    str pattern = fuzz_cut(&input), what = {"", 0};
    size_t at = 0;
    const struct regex *regex = regex_new(arena, pattern, flags, &what, &at);
    if (!regex) {
        FUZZ_MUST(what.n > 0 && at <= pattern.n);
        return;
    }
    struct regex_group *group;
    size_t groups, names;
    enum regex_result found = regex_find(regex, input);
    FUZZ_MUST(regex_match(regex, arena, input, &group, &groups) == found);
    FUZZ_MUST((found == REGEX_YES) == (groups > 0));
    for (size_t i = 0; i < groups; i++)
        FUZZ_MUST(lies_in(group[i].text, input));
    size_t count = regex_count(regex, input, 50);
    FUZZ_MUST((found == REGEX_YES) == (count > 0) && count <= 50);
    regex_names(regex, arena, &names);
    FUZZ_MUST(found != REGEX_YES || names < groups);
}

/* ---- YAML and templates ---- */

static const struct yaml *load_yaml(struct arena *arena, str text, struct mistakes *mistakes)
{
    struct source *source = arena_new(arena, struct source);
    *source = (struct source){STR("x.yaml"), text};
    const struct yaml *node = yaml_parse(arena, source, &yaml_file_limits, mistakes);
    FUZZ_MUST(node || mistakes->count > 0);
    return node;
}

static void check_places(const struct yaml *node)
{
    FUZZ_MUST(node->place.source && node->place.line && node->place.col);
    FUZZ_MUST(node->raw_from <= node->raw_to && node->raw_to <= node->place.source->text.n);
    for (size_t i = 0; i < node->count; i++) {
        if (node->kind == YAML_LIST)
            check_places(node->item[i]);
        else if (node->kind == YAML_MAPPING)
            check_places(node->pair[i].value);
    }
}

static void fuzz_yaml(struct arena *arena, str input)
{
    struct mistakes mistakes;
    mistakes_init(&mistakes, arena);
    const struct yaml *node = load_yaml(arena, input, &mistakes);
    FUZZ_MUST(utf8_invalid_at(mistakes_text(&mistakes)) < 0);
    if (!node)
        return;
    check_places(node);
    const json *value = yaml_to_json(arena, node);
    json_reads_back(arena, value, json_to_str(arena, value, JSON_COMPACT));
}

static void count_ref(void *context, const struct template_ref *ref)
{
    FUZZ_MUST(ref->name.n > 0 || ref->steps > 0);
    ++*(size_t *)context;
}

static const struct env *fuzz_names(struct arena *arena)
{
    static const char text[] =
        "{\"x\": \"text\", \"n\": 2, \"k\": \"a b\", \"e\": [], \"t\": \"{{x}}\", "
        "\"o\": {\"y\": null, \"a b\": [1, 2, {\"y\": \"deep\"}]}, "
        "\"list\": [{\"y\": 1, \"l\": [1]}, {\"y\": 2, \"l\": []}]}";
    return env_bind_object(arena, NULL, json_parse(arena, str_from(text), NULL));
}

/* A template as a prompt file, and the same text as a path. */
static void fuzz_template(struct arena *arena, str input)
{
    struct mistakes mistakes;
    mistakes_init(&mistakes, arena);
    struct source source = {STR("p.md"), input};
    const struct template *template = template_new_text(arena, &source, 0, input, &mistakes);
    FUZZ_MUST(template || mistakes.count > 0);
    mistakes_text(&mistakes);
    str what;
    const struct template_path *path = path_new(arena, input, &what);
    const struct env *env = fuzz_names(arena);
    if (path)
        path_get(path, env_to_json(arena, env), arena);
    if (!template)
        return;
    size_t refs = 0;
    template_visit(template, &(struct template_visitor){.ref = count_ref, .context = &refs});
    str text;
    struct template_problem problem = {0};
    int result = template_render(template, env, arena, &text, &problem);
    FUZZ_MUST(result == 0 || problem.text.n > 0);
    if (str_find(input, STR("{{"), 0) < 0)
        FUZZ_MUST(result == 0 && refs == 0);
}

/* ---- CSV ---- */

static void fuzz_csv(struct arena *arena, str input)
{
    struct csv csv = CSV(input);
    struct csv_record record = {0};
    struct csv_fault fault = {0};
    int result;
    size_t before = 0;
    while ((result = csv_next(&csv, arena, &record, &fault)) == 1) {
        FUZZ_MUST(csv.at > before && csv.at <= input.n);
        FUZZ_MUST(record.count > 0 && record.offset < input.n && record.line > 0);
        before = csv.at;
    }
    FUZZ_MUST(result == 0 || (fault.what && fault.offset <= input.n));
}

/* ---- text ---- */

static void fuzz_text(struct arena *arena, str input)
{
    FUZZ_MUST(utf8_invalid_at(utf8_clean(arena, input)) < 0);
    FUZZ_MUST(utf8_count(utf8_clean(arena, input)) == utf8_count(input));
    str shown = text_visible(arena, input);
    for (size_t at = 0, length; at < shown.n; at += length) {
        uint32_t c = utf8_decode(shown, at, &length);
        FUZZ_MUST(c >= 0x20 && (c < 0x7f || c >= 0xa0) && !text_is_hidden(c));
    }
    FUZZ_MUST(!str_contains(shown, STR("##[")));
    for (size_t columns = 0; columns < 12; columns++) {
        FUZZ_MUST(text_columns(text_fitting(shown, columns)) <= columns);
        FUZZ_MUST(text_columns(text_fitting_end(shown, columns)) <= columns);
        FUZZ_MUST(columns == 0 || text_columns(text_clip(arena, shown, columns)) <= columns);
    }
    FUZZ_MUST(utf8_count(text_shorten(arena, shown, 10)) <= 10);
    str clean = utf8_clean(arena, input);
    const json *value = json_new_text(arena, clean);
    json_reads_back(arena, value, json_to_str(arena, value, JSON_COMPACT));
    text_lower(arena, input);
    text_squeeze(arena, input);
    text_columns(input);
    str head = str_sub(input, 0, 60), tail = str_sub(input, 60, 120);
    size_t distance = text_distance(head, tail);
    FUZZ_MUST(distance == text_distance(tail, head) && text_distance(head, head) == 0);
}

/* ---- cassettes ---- */

static void check_reply(const struct cassette_reply *reply)
{
    size_t upto = 0;
    int64_t at_ns = reply->head_ns;
    for (size_t i = 0; i < reply->parts; i++) {
        FUZZ_MUST(reply->part[i].upto > upto && reply->part[i].at_ns >= at_ns);
        upto = reply->part[i].upto;
        at_ns = reply->part[i].at_ns;
    }
    FUZZ_MUST(upto == reply->body.n && reply->end_ns >= at_ns);
}

/* What is read is written so that it is read as the same; every recording answers itself. */
static void fuzz_cassette(struct arena *arena, str input)
{
    str said = STR("");
    struct cassette *cassette = cassette_parse(arena, STR("x.yaml"), input, &said);
    FUZZ_MUST((cassette == NULL) == (said.n > 0));
    struct buf again = {0};
    cassette_write_head(&again, cassette && cassette->mock);
    for (size_t i = 0; cassette && i < cassette->count; i++) {
        check_reply(&cassette->exchange[i].reply);
        cassette_write(&again, &cassette->exchange[i]);
    }
    struct cassette *back =
        cassette ? cassette_parse(arena, STR("y.yaml"), buf_str(&again), &said) : NULL;
    FUZZ_MUST(!cassette || (back && back->count == cassette->count));
    struct player *player = back ? player_new(back, PLAYER_REPEATS) : NULL;
    for (size_t i = 0; back && i < back->count; i++) {
        const struct recorded *a = &cassette->exchange[i], *b = &back->exchange[i];
        FUZZ_MUST(hash_equal(a->request.key, b->request.key));
        FUZZ_MUST(str_equal(a->reply.body, b->reply.body) && a->reply.parts == b->reply.parts);
        FUZZ_MUST(player_take(player, &a->request, NULL) != NULL);
    }
    player_free(player);
    cassette_free(back);
    cassette_free(cassette);
    buf_release(&again);
}

/* Two texts: equal ones have no difference, and each is most like itself. */
static void fuzz_nearest(struct arena *arena, str input)
{
    str before = fuzz_cut(&input);
    struct buf out = {0};
    (void)arena;
    nearest_difference(&out, before, input, 20);
    FUZZ_MUST(out.n == 0 || !str_equal(before, input));
    buf_clear(&out);
    nearest_difference(&out, input, input, 20);
    FUZZ_MUST(out.n == 0);
    struct nearest *nearest = nearest_new();
    double alike = -1;
    nearest_add(nearest, before);
    nearest_add(nearest, input);
    FUZZ_MUST(nearest_find(nearest, input, &alike) >= 0 && alike >= 1);
    nearest_free(nearest);
    buf_release(&out);
}

/* ---- seeds and words ---- */

static const char *const json_seeds[] = {
    "{\"a\": [1, -0.5e+3, true, null, \"\\u00e4\\ud83d\\udc32\\n\"], \"b\": {\"a\": {}}}",
    "[[[[[1]]]], \"\", {\"\": 0}, 1e308, 5e-324, 123456789012345678]",
    "{\"a\":1,\"a\":2,\"b\":[],\"a\":{}}",
    NULL,
};
static const char *const json_words[] = {
    "{",    "}",    "[",  "]",   ",",      ":",  "\"",       "\\u0000", "\\ud83d", "\\udc32",
    "true", "null", "-0", "1e9", "\"a\":", "\\", "\xc3\xa4", "\xff",    " ",       NULL};

static const char *const jsonschema_seeds[] = {
    "{\"type\": \"object\", \"required\": [\"a\"], \"additionalProperties\": false, "
    "\"properties\": {\"a\": {\"$ref\": \"#/$defs/x\"}, \"b\": {\"enum\": [1, \"a\"]}}, "
    "\"$defs\": {\"x\": {\"anyOf\": [{\"type\": \"null\"}, {\"$ref\": \"#\"}]}}}\x1e"
    "{\"a\": {\"a\": null}}",
    "{\"prefixItems\": [{\"const\": 1}], \"items\": {\"multipleOf\": 0.1}, \"contains\": "
    "{\"minimum\": 2}, \"maxContains\": 2, \"uniqueItems\": true, \"minItems\": 1}\x1e[1, 2.2, "
    "3]",
    "{\"oneOf\": [{\"pattern\": \"^a+$\"}, {\"minLength\": 2}], \"not\": {\"maxLength\": 1}, "
    "\"if\": {\"const\": \"a\"}, \"then\": false, \"else\": true}\x1e\"aa\"",
    "{\"$id\": \"http://x/a/\", \"$defs\": {\"b\": {\"$id\": \"../b\", \"patternProperties\": "
    "{\"^\\\\p{Letter}\": {}}, \"propertyNames\": {\"maxLength\": 3}}}, \"$ref\": "
    "\"/b#/patternProperties\", \"dependentRequired\": {\"a\": [\"b\"]}, \"dependentSchemas\": "
    "{\"a\": {\"maxProperties\": 1}}}\x1e{\"a\": 1}",
    NULL,
};
static const char *const jsonschema_words[] = {"\"$ref\": \"#\"",
                                               "\"$ref\": \"#/$defs/x\"",
                                               "\"type\": \"array\"",
                                               "\"items\": ",
                                               "\"allOf\": [",
                                               "\"anyOf\": [{}, ",
                                               "\"oneOf\": [",
                                               "\"not\": ",
                                               "\"properties\": {",
                                               "\"a\": ",
                                               "\"required\": [\"a\"]",
                                               "\"enum\": [",
                                               "\"const\": ",
                                               "\"$id\": \"x\"",
                                               "\"pattern\": \"a\"",
                                               "{",
                                               "}",
                                               "[",
                                               "]",
                                               ",",
                                               "true",
                                               "false",
                                               "1",
                                               "\x1e",
                                               NULL};

static const char *const regex_seeds[] = {
    "\x01(?<a>\\w+)-(\\d*)|b??\x1e"
    "abc-12 b",
    "\x05^[^\\s\\S\\]a-z]\\u{1f432}\\p{Letter}\\cA(?=x)(?<!y)\\1*$\x1e"
    "z\xf0\x9f\x90\xb2",
    "\x0b(a|ab)(c|bcd)(d*)\x1e"
    "abcd",
    "\x01(a+)+$\x1e"
    "aaaaaaaaaaaaaaaaaaaaaaaaab",
    NULL,
};
static const char *const regex_words[] = {
    "(",     ")",   "[",   "]",        "|",    "*",    "+",   "?",    "{2,3}",  "\\w",
    "\\S",   "\\b", "(?:", "(?=",      "(?<!", "\\1",  "^",   "$",    "\\p{L}", "\\u0061",
    "(?<n>", ".",   "a",   "\xc3\xa4", "\xff", "\x1e", "\\K", "(?R)", NULL};

static const char *const yaml_seeds[] = {
    "version: 1\nname: &a faq # comment\nlist: [1, 2.5, ~, 'it''s', \"\\u00e4\\n\", *a]\n"
    "map:\n  - {a: b, \"c d\": |-\n",
    "workflow:\n  chain:\n    draft: {call: {prompt: p}}\n    text: >\n      folded\n      "
    "more\n"
    "    block: |\n      a\n        b\n",
    "? key\n: value\n---\nnext",
    NULL,
};
static const char *const yaml_words[] = {
    ": ",          "- ",   "\n",     "  ", "[",    "]",     "{",        "}",     ", ",
    "&a ",         "*a",   "!!str ", "'",  "\"",   "|\n",   ">-\n",     "---\n", "...",
    "#",           "<<: ", "\t",     "~",  "0x1f", "\\x41", "\xc3\xa4", "\xff",  "\xef\xbb\xbf",
    "%YAML 1.2\n", NULL};

static const char *const template_seeds[] = {
    "Dear {{x}}, {{o[\"a b\"][2].y | json(2)}} {{\"{{\"}} {{n | default(null)}}",
    "{{#each list as i}}{{index}}: {{i.y}}{{#each i.l as j}}{{j}}{{/each}}\n{{/each}}",
    "{{list[*].y | join(\", \")}} {{o[k]}} {{list[-1]}} {{none | default(\"a\")}}",
    NULL,
};
static const char *const template_words[] = {"{{",
                                             "}}",
                                             "{{x}}",
                                             "{{#each list as i}}",
                                             "{{/each}}",
                                             " | json",
                                             " | join(\", \")",
                                             " | default(1)",
                                             "[*]",
                                             "[-1]",
                                             "[k]",
                                             "[\"a b\"]",
                                             ".y",
                                             "o",
                                             "list",
                                             "\"{{\"",
                                             "\n",
                                             "\xc3\xa4",
                                             "index",
                                             "(",
                                             ")",
                                             "\xff",
                                             NULL};

static const char *const csv_seeds[] = {"id,question,tags\n1,\"a, \"\"b\"\"\nc\",x\n2,,\n",
                                        "a\r\n\r\n\"\"\r\n", NULL};
static const char *const csv_words[] = {",", "\"", "\"\"", "\n", "\r\n", "\r", "a", NULL};

static const char *const text_seeds[] = {
    "plain text \xc3\xa4\xe2\x82\xac\xf0\x9f\x90\xb2 \x1b[31mred\x1b[0m \xe2\x80\xae rtl",
    NULL};
static const char *const text_words[] = {"\x1b[",        "\xc2\x9b",     "\xe2\x80\xae",
                                         "\xef\xbb\xbf", "\xed\xa0\x80", "\xff",
                                         "\n",           "\xc3",         NULL};

static const char *const cassette_seeds[] = {
    "cassette: 1\n...\n---\nrequest:\n  method: POST\n  path: /v1/x\n  json:\n    a: [1, "
    "2]\n    b: |-\n      x\n      y\nreply:\n  status: 200\n  head: 1.5ms\n  headers:\n    "
    "content-type: text/event-stream\n  parts:\n    - at: 2ms\n      text: |+\n        data: 1"
    "\n\n    - at: 3ms\n      bytes: \"\\\\xff\"\n  end: 4ms\n...\n",
    "cassette: 1\n...\n---\nrequest: {method: GET, path: /v1/models, query: a=b}\nreply: "
    "{status: 200, json: {a: 1, b: [x, null]}, layout: indented, arrived: [[1ms, 2], [2ms, "
    "5]], "
    "at: 3ms, ended: reset, missing: 5, end: 9ms}\n...\n---\nrequest:\n",
    NULL,
};
static const char *const cassette_words[] = {"---\n",
                                             "...\n",
                                             "request:\n",
                                             "reply:\n",
                                             "  status: 200\n",
                                             "  json: ",
                                             "  text: ",
                                             "  bytes: ",
                                             "  parts:\n",
                                             "    - at: 1ms",
                                             "  layout: spaced\n",
                                             "  key: ",
                                             "  ended: closed\n",
                                             "\\x",
                                             "|+\n",
                                             "\n",
                                             "  ",
                                             "\r",
                                             NULL};

static const char *const nearest_seeds[] = {"a b c\nd e\nf\x1e"
                                            "a b c\nd x e\n\nf",
                                            "one\x1e", NULL};
static const char *const nearest_words[] = {"a b ", "\n", "\x1e", "\xc3\xa4", "\xff", NULL};

static const struct fuzz_target fuzz_targets[] = {
    {"json", fuzz_json, json_seeds, json_words},
    {"jsonschema", fuzz_jsonschema, jsonschema_seeds, jsonschema_words},
    {"regex", fuzz_regex, regex_seeds, regex_words},
    {"yaml", fuzz_yaml, yaml_seeds, yaml_words},
    {"template", fuzz_template, template_seeds, template_words},
    {"csv", fuzz_csv, csv_seeds, csv_words},
    {"text", fuzz_text, text_seeds, text_words},
    {"cassette", fuzz_cassette, cassette_seeds, cassette_words},
    {"nearest", fuzz_nearest, nearest_seeds, nearest_words},
};

#endif
