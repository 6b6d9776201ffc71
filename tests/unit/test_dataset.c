/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_dataset.c: rows of every format, every reserved name, and what is said when they are
 * wrong.
 */
#include "base/dataset.h"

#include "base/csv.h"
#include "base/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
/* cmocka wants those four before it */
#include <cmocka.h>

static char folder[200];

static int make_folder(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "%s/test_dataset.%d", TEST_BINARY_DIR, (int)getpid());
    struct err err = {0};
    return dir_make(folder, &err);
}

static int remove_folder(void **state)
{
    (void)state;
    return rmdir(folder);
}

static str write_file(struct arena *arena, const char *name, str content)
{
    str path = arena_printf(arena, "%s/%s", folder, name);
    struct err err = {0};
    assert_int_equal(file_write(path.p, content, &err), 0);
    return path;
}

static void dump_value(struct buf *out, const char *name, const json *value)
{
    if (!value)
        return;
    buf_printf(out, " %s=", name);
    json_write(out, value, JSON_COMPACT);
}

static str dump(struct arena *arena, const struct dataset *dataset)
{
    struct buf out = {0};
    for (size_t i = 0; i < dataset->count; i++) {
        const struct sample *s = &dataset->sample[i];
        assert_int_equal(s->index, i);
        buf_printf(&out, "%.*s@%u:%u", STR_ARG(s->id), s->place.line, s->place.col);
        if (!str_equal(s->id, s->cluster))
            buf_printf(&out, " cluster=%.*s", STR_ARG(s->cluster));
        if (json_count(s->inputs))
            dump_value(&out, "in", s->inputs);
        dump_value(&out, "expected", s->expected);
        dump_value(&out, "steps", s->expected_steps);
        dump_value(&out, "meta", s->metadata);
        for (size_t t = 0; t < s->tag_count; t++)
            buf_printf(&out, " #%.*s", STR_ARG(s->tag[t]));
        if (s->description.n)
            buf_printf(&out, " \"%.*s\"", STR_ARG(s->description));
        buf_add_char(&out, '\n');
    }
    str text = arena_str(arena, buf_str(&out));
    buf_release(&out);
    return text;
}

/* The mistakes without the source lines that are shown below each, and without the folder. */
static str messages(struct arena *arena, struct mistakes *mistakes)
{
    struct buf out = {0};
    str rest = mistakes_text(mistakes), line;
    while (rest.n) {
        str_cut(rest, '\n', &line, &rest);
        ptrdiff_t at = str_find(line, str_from(folder), 0);
        if (str_starts_with(line, STR("  ")))
            continue;
        if (at >= 0)
            line = str_sub(line, (size_t)at + strlen(folder) + 1, line.n);
        buf_printf(&out, "%.*s\n", STR_ARG(line));
    }
    str text = arena_str(arena, buf_str(&out));
    buf_release(&out);
    return text;
}

struct load_case {
    const char *file, *content;
    const char *samples;  /* as dumped; NULL: refused */
    const char *mistakes; /* how they begin */
};

static void check_loads(const struct load_case *cases, size_t count,
                        const struct dataset_spec *spec_of_all)
{
    int wrong = 0;
    for (size_t i = 0; i < count; i++) {
        struct arena arena = {0};
        struct mistakes mistakes;
        mistakes_init(&mistakes, &arena);
        str path = write_file(&arena, cases[i].file, str_from(cases[i].content));
        struct dataset_spec spec = spec_of_all ? *spec_of_all : (struct dataset_spec){0};
        spec.file = str_from(cases[i].file);
        struct source experiment = {STR("x.yaml"), STR("dataset: f\n")};
        struct place place = {&experiment, 1, 10};
        struct dataset dataset;
        str base_file = arena_printf(&arena, "%s/x.yaml", folder);
        int result = dataset_load(&arena, &spec, base_file, place, &dataset, &mistakes);
        str got = result == 0 ? dump(&arena, &dataset) : messages(&arena, &mistakes);
        const char *want = cases[i].samples ? cases[i].samples : cases[i].mistakes;
        bool good = (result == 0) == (cases[i].samples != NULL) &&
                    (result == 0 ? str_equal(got, str_from(want))
                                 : str_starts_with(got, str_from(want)));
        if (!good || (result == 0) != (mistakes.count == 0)) {
            print_error("%s\ngives\n%s\nexpected\n%s\n", cases[i].content, got.p, want);
            wrong++;
        }
        unlink(path.p);
        arena_release(&arena);
    }
    assert_int_equal(wrong, 0);
}

#define CHECK_LOADS(cases, spec) check_loads((cases), sizeof(cases) / sizeof(cases)[0], (spec))

/* One row's reserved names, in every format with the same result. */
static void test_formats(void **state)
{
    (void)state;
    static const struct load_case cases[] = {
        {"r.jsonl",
         "{\"id\": \"q1\", \"text\": \"T\", \"n\": 3, \"expected\": {\"a\": 1}, "
         "\"expected_steps\": {\"s\": \"x\"}, \"metadata\": {\"m\": \"y\"}, \"tags\": [\"t1\", "
         "\"t 2\"], \"cluster\": \"c\", \"description\": \"D\"}\n\n  {\"id\": 2}",
         "q1@1:1 cluster=c in={\"text\":\"T\",\"n\":3} expected={\"a\":1} steps={\"s\":\"x\"} "
         "meta={\"m\":\"y\"} #t1 #t 2 \"D\"\n2@3:3\n",
         NULL},
        {"r.json",
         "[{\"id\": \"q1\", \"text\": \"\xc3\xa4\", \"expected\": null},\n {\"id\": 2}, "
         "{\"id\": "
         "3, \"x\": [{}]}]\n",
         "q1@1:2 in={\"text\":\"\xc3\xa4\"} expected=null\n2@2:2\n3@2:13 in={\"x\":[{}]}\n",
         NULL},
        {"r.yaml",
         "- id: q1\n  text: T\n  tags: [t1, t 2]\n  cluster: 7\n  expected: yes\n"
         "- {id: 2, metadata: {m: 1e3}, expected_steps: {}}\n",
         "q1@1:3 cluster=7 in={\"text\":\"T\"} expected=\"yes\" #t1 #t 2\n"
         "2@6:3 steps={} meta={\"m\":1000}\n",
         NULL},
        {"r.csv",
         "id,text,n:json,__expected,__expected_steps:s,__metadata:m,__tags,__cluster,"
         "__description\n"
         "q1,T,3,yes,x,y,\"t1, t 2,\",c,D\n"
         "2,\"a \"\"b\"\",\r\nc\",[1],,,,,,\r\n"
         "3,,{},0,,,,,\n",
         "q1@2:1 cluster=c in={\"text\":\"T\",\"n\":3} expected=\"yes\" steps={\"s\":\"x\"} "
         "meta={\"m\":\"y\"} #t1 #t 2 \"D\"\n"
         "2@3:1 in={\"text\":\"a \\\"b\\\",\\r\\nc\",\"n\":[1]}\n"
         "3@5:1 in={\"text\":\"\",\"n\":{}} expected=\"0\"\n",
         NULL},
        {"r.CSV", "id,__expected:json\n1,\"{\"\"a\"\": [1]}\"", "1@2:1 expected={\"a\":[1]}\n",
         NULL},
        {"r.csv",
         "id,__expected:a,__expected:b:json,__metadata:k:json,__expected_steps:s:json\n"
         "1,x,5,[],{}\n2,,6,,\n",
         "1@2:1 expected={\"a\":\"x\",\"b\":5} steps={\"s\":{}} meta={\"k\":[]}\n"
         "2@3:1 expected={\"b\":6}\n",
         NULL},
        /* byte order marks, blanks around column names, no line break at the end, empty lines */
        {"r.csv", "\xef\xbb\xbfid, a ,__tags\r\n\r\n1, x ,y", "1@3:1 in={\"a\":\" x \"} #y\n",
         NULL},
        {"r.jsonl", "\xef\xbb\xbf{\"id\":1}\r\n{\"id\":2}\r\n", "1@1:1\n2@2:1\n", NULL},
        {"r.json", "\xef\xbb\xbf [ {\"id\":1} ] ", "1@1:4\n", NULL},
        {"r.yaml", "\xef\xbb\xbf[{id: 1}]", "1@1:2\n", NULL},
        {"r.csv", "id,\"a,b\"\n\"1\",\"\"\n", "1@2:1 in={\"a,b\":\"\"}\n", NULL},
    };
    CHECK_LOADS(cases, NULL);
}

static void test_ids(void **state)
{
    (void)state;
    static const struct load_case cases[] = {
        {"rows.jsonl", "{\"id\": \"a\"}\n{\"text\": 1}\n", NULL,
         "rows.jsonl:2:1: sample has no 'id'; expected a text or integer, unique in the "
         "file\n"},
        {"rows.jsonl", "{\"id\": \"q17\"}\n{\"id\": \"b\"}\n{\"id\": \"q17\"}\n", NULL,
         "rows.jsonl:3:8: id 'q17' is already used at line 1\n"},
        {"rows.jsonl", "{\"id\": 5}\n{\"t\": {\"id\": 1}, \"id\": \"5\"}\n", NULL,
         "rows.jsonl:2:24: id '5' is already used at line 1\n"},
        {"rows.json", "[{\"id\": 1},\n {\"\xc3\xa4\": 1, \"id\": 1}]", NULL,
         "rows.json:2:17: id '1' is already used at line 1\n"},
        {"rows.yaml", "- id: x\n- text: b\n  id: 'x'\n", NULL,
         "rows.yaml:3:7: id 'x' is already used at line 1\n"},
        {"rows.csv", "text,id\na,1\n\"b,\n\",1\n", NULL,
         "rows.csv:4:3: id '1' is already used at line 2\n"},
        {"rows.csv", "text,id\na,\n", NULL,
         "rows.csv:2:3: id is empty; expected a text or integer, unique in the file\n"},
        {"rows.csv", "id;text\n1;a, b\n", NULL,
         "rows.csv:1:1: the header line is one cell with a semicolon in it; expected commas "
         "between cells\n"},
        {"rows.csv", "id\ttext\n1\ta\n", NULL,
         "rows.csv:1:1: the header line is one cell with a tab in it"},
        {"rows.jsonl", "{\"id\": 1.5}", NULL,
         "rows.jsonl:1:8: id is a number; expected a text or integer"},
        {"rows.jsonl", "{\"id\": null}", NULL, "rows.jsonl:1:8: id is null; expected a text"},
        {"rows.jsonl", "{\"id\": [1]}", NULL, "rows.jsonl:1:8: id is a list; expected a text"},
        {"rows.jsonl", "{\"id\": -9007199254740991}", "-9007199254740991@1:1\n", NULL},
    };
    CHECK_LOADS(cases, NULL);
}

/* Field names of the user's choice are taken out of the inputs, and free the usual ones. */
static void test_field_names(void **state)
{
    (void)state;
    static const struct load_case cases[] = {
        {"r.jsonl", "{\"nr\": 1, \"label\": \"A\", \"user\": \"u\", \"id\": 9, \"cluster\": 8}",
         "1@1:1 cluster=u in={\"id\":9,\"cluster\":8} expected=\"A\"\n", NULL},
        {"r.jsonl", "{\"id\": 1}", NULL, "r.jsonl:1:1: sample has no 'nr'; expected a text"},
        {"r.jsonl", "{\"nr\": 1, \"expected\": \"A\"}", NULL,
         "r.jsonl:1:23: 'expected' cannot be the name of an input; expected another name"},
    };
    struct dataset_spec spec = {
        .id = STR("nr"), .expected = STR("label"), .cluster = STR("user")};
    CHECK_LOADS(cases, &spec);
}

static void test_reserved_names(void **state)
{
    (void)state;
    static const struct load_case cases[] = {
        {"r.jsonl", "{\"id\": 1, \"tags\": \"a\"}", NULL,
         "r.jsonl:1:19: tags is a text; expected a list of texts\n"},
        {"r.jsonl", "{\"id\": 1, \"tags\": [\"a\", 2]}", NULL,
         "r.jsonl:1:19: tags[1] is a number; expected a text\n"},
        {"r.yaml", "- id: 1\n  tags:\n", NULL, "r.yaml:2:3: tags is null; expected a list"},
        {"r.jsonl", "{\"id\": 1, \"metadata\": []}", NULL,
         "r.jsonl:1:23: metadata is a list; expected a mapping\n"},
        {"r.jsonl", "{\"id\": 1, \"expected_steps\": 3}", NULL,
         "r.jsonl:1:29: expected_steps is a number; expected a mapping\n"},
        {"r.jsonl", "{\"id\": 1, \"cluster\": true}", NULL,
         "r.jsonl:1:22: cluster is a bool; expected a text or integer, not empty\n"},
        {"r.jsonl", "{\"id\": 1, \"description\": 3}", NULL,
         "r.jsonl:1:26: description is a number; expected a text\n"},
        {"r.jsonl", "{\"id\": 1, \"index\": 1}", NULL,
         "r.jsonl:1:20: 'index' cannot be the name of an input; expected another name, or "
         "dataset.expected: index if it is the answer\n"},
        {"r.jsonl", "{\"id\": 1, \"label\": 1}", NULL, "r.jsonl:1:20: 'label' cannot be"},
        {"r.jsonl", "{\"id\": 1, \"value\": 1}", NULL, "r.jsonl:1:20: 'value' cannot be"},
        {"r.jsonl", "{\"id\": 1, \"output\": 1}", NULL, "r.jsonl:1:21: 'output' cannot be"},
        {"r.csv", "id,label\n1,A\n", NULL, "r.csv:2:3: 'label' cannot be the name of an input"},
    };
    CHECK_LOADS(cases, NULL);
}

/* Protects: a mistake that all rows share is told once, with where it begins; a few rows' mistakes each
 * at its place. */
static void test_repeated_mistakes(void **state)
{
    (void)state;
    static const struct load_case cases[] = {
        {"r.csv", "id,label,tags\n1,A,\n2,B,\n3,C,\n4,D,\n5,E,\n", NULL,
         "r.csv:2:3: 'label' cannot be the name of an input; expected another name, or "
         "dataset.expected: label if it is the answer (and in 4 more of 5 rows)\n"},
        {"r.jsonl", "{\"id\": 1, \"tags\": 1}\n{\"id\": 2}\n{\"id\": 3, \"tags\": 1}\n", NULL,
         "r.jsonl:1:19: tags is a number; expected a list of texts\n"
         "r.jsonl:3:19: tags is a number; expected a list of texts\n"},
    };
    CHECK_LOADS(cases, NULL);
}

static void test_bad_files(void **state)
{
    (void)state;
    static const struct load_case cases[] = {
        {"r.jsonl", "{\"id\": 1}\n{\"id\": 2,}\n[3]\nnull\n", NULL,
         "r.jsonl:2:10: not JSON: expected a member name in quotes\n"
         "r.jsonl:3:1: row is a list; expected an object\n"
         "r.jsonl:4:1: row is null; expected an object\n"},
        {"r.jsonl", "{\"id\": \"\xc3\xa4\", \"\xe2\x82\xac\": x}", NULL,
         "r.jsonl:1:18: not JSON: expected a JSON value\n"},
        {"r.jsonl", "{\"id\": \"\xff\"}", NULL, "r.jsonl:1:9: not JSON: invalid UTF-8\n"},
        {"r.jsonl", "{\"id\": 1} {\"id\": 2}", NULL,
         "r.jsonl:1:11: not JSON: something follows the JSON value\n"},
        {"r.jsonl",
         "{\"id\": 1, \"q\": 1, \"q\": 2}\n{\"id\": 2, \"\\u0069d\": 3}\n"
         "{\"id\": 4, \"m\": {\"id\": 1, \"x\": [{\"a\": 1, \"b\": 1, \"b\": 1}]}}\n"
         "{\"id\": 5, \"\": 1, \"\": 2}\n",
         NULL,
         "r.jsonl:1:19: duplicate key 'q'; expected each key once in its object\n"
         "r.jsonl:2:11: duplicate key 'id'; expected each key once in its object\n"
         "r.jsonl:3:49: duplicate key 'b'; expected each key once in its object\n"
         "r.jsonl:4:18: duplicate key ''; expected each key once in its object\n"},
        {"r.json", "[{\"id\": 1},\n {\"id\": 2, \"\xc3\xa4\": 1, \"\xc3\xa4\": 2}]", NULL,
         "r.json:2:20: duplicate key '\xc3\xa4'; expected each key once in its object\n"},
        {"r.csv", "id,a:json\n1,\"{\"\"a\"\": 1, \"\"a\"\": 2}\"\n", NULL,
         "r.csv:2:3: column 'a:json' has duplicate key 'a'; expected each key once in its "
         "object\n"},
        {"r.jsonl", "", NULL,
         "x.yaml:1:10: dataset 'r.jsonl' has no samples; expected at least"},
        {"r.jsonl", "\n \n", NULL, "x.yaml:1:10: dataset 'r.jsonl' has no samples"},
        {"r.json", "[]", NULL, "x.yaml:1:10: dataset 'r.json' has no samples"},
        {"r.json", "[{\"id\": 1},\n {\"id\": 2]", NULL,
         "r.json:2:10: not JSON: expected ',' or '}'\n"},
        {"r.json", "[{\"id\": 1} {\"id\": 2}]", NULL,
         "r.json:1:12: not JSON: expected ',' or ']'\n"},
        {"r.json", "[{\"id\": 1}] x", NULL, "r.json:1:13: not JSON: something follows"},
        {"r.json", "[{\"id\": 1},]", NULL, "r.json:1:12: not JSON: expected a JSON value"},
        {"r.json", "{\"id\": 1}", NULL,
         "r.json:1:1: the file is an object; expected a list of objects\n"},
        {"r.json", "", NULL, "r.json:1:1: not JSON: the text ends"},
        {"r.json", "[{\"id\": 1}, 2]", NULL,
         "r.json:1:13: row is a number; expected an object"},
        {"r.yaml", "id: 1\n", NULL,
         "r.yaml:1:1: the file is a mapping; expected a list of rows"},
        {"r.yaml", "- id: 1\n- x\n", NULL, "r.yaml:2:3: row is a text; expected a mapping\n"},
        {"r.yaml", "- id: 1\n  id: 2\n", NULL, "r.yaml:2:3: duplicate key 'id'"},
        {"r.csv", "", NULL, "x.yaml:1:10: dataset 'r.csv' has no samples"},
        {"r.csv", "id,a\n", NULL, "x.yaml:1:10: dataset 'r.csv' has no samples"},
        {"r.csv", "id,\xff\n", NULL,
         "r.csv:1:4: byte 0xff is not UTF-8; expected a UTF-8 file\n"},
        {"r.csv", "id,a\n1\n2,b\n3,c,d\n", NULL,
         "r.csv:2:1: row has 1 cells; expected 2, as in the header line\n"
         "r.csv:4:1: row has 3 cells; expected 2, as in the header line\n"},
        {"r.csv", "id,a\n1,\"b\n2,c\n", NULL,
         "r.csv:2:3: not CSV: the quotes of a cell are not closed\n"},
        {"r.csv", "id,a\n1,b\"c\"\n", NULL, "r.csv:2:4: not CSV: a quote inside a cell"},
        {"r.csv", "id,a\n1,\"b\"c\n", NULL,
         "r.csv:2:6: not CSV: text after the closing quote of a cell"},
        {"r.csv", "id,a:json\n1,{a}\n2,\n", NULL,
         "r.csv:2:3: column 'a:json' is not JSON: expected a member name in quotes\n"
         "r.csv:3:3: column 'a:json' is not JSON: the text ends"},
        {"r.csv", "id,a,a\n1,2,3\n", NULL,
         "r.csv:1:6: column 'a' fills what column 'a' fills already\n"},
        {"r.csv", "id,expected,__expected\n1,2,3\n", NULL,
         "r.csv:1:13: column '__expected' fills what column 'expected' fills already\n"},
        {"r.csv", "id,__expected,__expected:a\n1,2,3\n", NULL,
         "r.csv:1:15: column '__expected:a' fills what column '__expected' fills already\n"},
        {"r.csv", "id,,a\n1,2,3\n", NULL, "r.csv:1:4: a column has no name; expected a name"},
        {"r.csv", "id,__expcted\n1,2\n", NULL,
         "r.csv:1:4: unknown column '__expcted'; did you mean '__expected'?\n"},
        {"r.csv", "id,__x\n1,2\n", NULL,
         "r.csv:1:4: unknown column '__x'; expected one of __expected, __expected_steps:STEP, "
         "__metadata:KEY, __tags, __cluster, __description\n"},
        {"r.csv", "id,__metadata:\n1,2\n", NULL, "r.csv:1:4: unknown column '__metadata:'"},
        {"r.csv", "id,__expected_steps\n1,2\n", NULL, "r.csv:1:4: unknown column"},
        {"r.csv", "id,__tags:json\n1,[]\n", NULL, "r.csv:1:4: unknown column '__tags:json'"},
        {"r.txt", "id\n", NULL,
         "r.txt' has no format that is known; expected .jsonl, .json, .yaml or .csv\n"},
    };
    CHECK_LOADS(cases, NULL);
}

static void test_tags_and_limit(void **state)
{
    (void)state;
    static const char rows[] = "{\"id\": 1, \"tags\": [\"a\"]}\n"
                               "{\"id\": 2}\n"
                               "{\"id\": 3, \"tags\": [\"b\", \"a\"]}\n"
                               "{\"id\": 4, \"tags\": [\"c\"]}\n"
                               "{\"id\": 5, \"tags\": [\"b\"]}\n";
    static const str a_b[] = {STR_INIT("a"), STR_INIT("b")}, none[] = {STR_INIT("z")};
    static const struct load_case first[] = {{"r.jsonl", rows, "1@1:1 #a\n2@2:1\n", NULL}};
    static const struct load_case tagged[] = {
        {"r.jsonl", rows, "1@1:1 #a\n3@3:1 #b #a\n5@5:1 #b\n", NULL}};
    static const struct load_case both[] = {{"r.jsonl", rows, "1@1:1 #a\n3@3:1 #b #a\n", NULL}};
    static const struct load_case empty[] = {
        {"r.jsonl", rows, NULL,
         "x.yaml:1:10: dataset 'r.jsonl' has no samples with one of the tags in only_tags"}};
    CHECK_LOADS(first, &(struct dataset_spec){.limit = 2});
    CHECK_LOADS(tagged, (&(struct dataset_spec){.only_tags = {a_b, 2}}));
    CHECK_LOADS(both, (&(struct dataset_spec){.only_tags = {a_b, 2}, .limit = 2}));
    CHECK_LOADS(empty, (&(struct dataset_spec){.only_tags = {none, 1}}));
    /* what is left out is checked all the same */
    static const struct load_case wrong[] = {
        {"r.jsonl", "{\"id\": 1}\n{\"id\": 1}\n", NULL, "r.jsonl:2:8: id '1' is already used"}};
    CHECK_LOADS(wrong, &(struct dataset_spec){.limit = 1});
}

static const char described[] =
    "{\"id\": \"s1\", \"tags\": [\"a\"], \"description\": \"a refund\"}\n"
    "{\"id\": \"s2\"}\n"
    "{\"id\": \"s3\", \"tags\": [\"a\"]}\n"
    "{\"id\": \"x,4\", \"description\": \"Müll, refused\"}\n"
    "{\"id\": \"s5\", \"tags\": [\"a\"]}\n";

/* Protects: --filter-range, --filter-pattern and --sample-id take the rows that they say, together and
 * before the limit, and after only_tags. */
static void test_choice(void **state)
{
    (void)state;
    static const str ids[] = {STR_INIT("x,4"), STR_INIT("s1, s5")}, a[] = {STR_INIT("a")};
    static const struct {
        struct dataset_choice choice;
        int64_t limit;
        bool tagged;
        const char *rows;
    } cases[] = {
        {{.range = STR_INIT("1:3")}, 0, false, "s2@2:1\ns3@3:1 #a\n"},
        {{.range = STR_INIT(":1")}, 0, false, "s1@1:1 #a \"a refund\"\n"},
        {{.range = STR_INIT("4:99")}, 0, false, "s5@5:1 #a\n"},
        {{.range = STR_INIT("1:")}, 2, false, "s2@2:1\ns3@3:1 #a\n"},
        {{.range = STR_INIT("1:3")}, 0, true, "s3@3:1 #a\ns5@5:1 #a\n"},
        {{.pattern = STR_INIT("refu.")},
         0,
         false,
         "s1@1:1 #a \"a refund\"\nx,4@4:1 \"Müll, refused\"\n"},
        {{.pattern = STR_INIT("^s[23]$")}, 0, false, "s2@2:1\ns3@3:1 #a\n"},
        {{.pattern = STR_INIT("(?i)MÜLL")}, 0, false, "x,4@4:1 \"Müll, refused\"\n"},
        {{.ids = {ids, 2}},
         0,
         false,
         "s1@1:1 #a \"a refund\"\nx,4@4:1 \"Müll, refused\"\ns5@5:1 #a\n"},
        {{.ids = {ids, 2}, .range = STR_INIT("1:")}, 1, false, "x,4@4:1 \"Müll, refused\"\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct load_case load[] = {{"r.jsonl", described, cases[i].rows, NULL}};
        struct dataset_spec spec = {.choice = &cases[i].choice, .limit = cases[i].limit};
        if (cases[i].tagged)
            spec.only_tags = (struct opt_texts){a, 1};
        CHECK_LOADS(load, &spec);
    }
}

/* Protects: what can take no row is refused, and says what there is. */
static void test_bad_choice(void **state)
{
    (void)state;
    static const str wrong[] = {STR_INIT("s1,ss1")}, far[] = {STR_INIT("zzzzzz")},
                     s1[] = {STR_INIT("s1")};
    static const struct {
        struct dataset_choice choice;
        const char *said;
    } cases[] = {
        {{.range = STR_INIT("3")},
         "--filter-range is '3'; expected A:B, rows from A up to B and"},
        {{.range = STR_INIT("3:3")}, "--filter-range is '3:3'; expected A:B"},
        {{.range = STR_INIT("-1:3")}, "--filter-range is '-1:3'; expected A:B"},
        {{.range = STR_INIT("a:b")}, "--filter-range is 'a:b'; expected A:B"},
        {{.range = STR_INIT("7:")},
         "x.yaml:1:10: dataset 'r.jsonl' has no samples that are taken by --filter-range 7:; "
         "expected at least one"},
        {{.pattern = STR_INIT("nix"), .ids = {s1, 1}},
         "x.yaml:1:10: dataset 'r.jsonl' has no samples that are taken by --sample-id s1 and "
         "--filter-pattern 'nix'; expected at least one"},
        {{.pattern = STR_INIT("ä(")},
         "--filter-pattern is no regular expression: missing closing parenthesis, at character "
         "3"},
        {{.ids = {wrong, 1}},
         "--sample-id: no sample 'ss1'; did you mean 's1'? The samples are s1, s2, s3, x,4, "
         "s5"},
        {{.ids = {far, 1}},
         "--sample-id: no sample 'zzzzzz'; expected some of s1, s2, s3, x,4, s5"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct load_case load[] = {{"r.jsonl", described, NULL, cases[i].said}};
        CHECK_LOADS(load, &(struct dataset_spec){.choice = &cases[i].choice});
    }
}

/* The keys of `dataset` are read by their rows, in place as well as by file. */
static void test_in_place(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct mistakes mistakes;
    mistakes_init(&mistakes, &arena);
    struct source source = {STR("x.yaml"),
                            STR("samples:\n  - {id: s1, text: hi, expected: A}\n  - id: s2\n"
                                "limit: 5\nonly_tags: []\n")};
    const struct yaml *yaml = yaml_parse(&arena, &source, &yaml_file_limits, &mistakes);
    struct opt_parse parse = {&arena, &mistakes, NULL};
    struct dataset_spec spec = {0};
    opt_defaults(dataset_options, &arena, &spec);
    assert_int_equal(opt_parse_mapping(&parse, dataset_options, yaml, "dataset", NULL, &spec),
                     0);
    struct dataset dataset;
    struct place place = {&source, 1, 1};
    assert_int_equal(dataset_load(&arena, &spec, STR("x.yaml"), place, &dataset, &mistakes), 0);
    assert_string_equal(dump(&arena, &dataset).p,
                        "s1@2:5 in={\"text\":\"hi\"} expected=\"A\"\ns2@3:5\n");
    assert_int_equal(mistakes.count, 0);

    spec.file = STR("rows.jsonl");
    assert_int_equal(dataset_load(&arena, &spec, STR("x.yaml"), place, &dataset, &mistakes),
                     -1);
    spec = (struct dataset_spec){0};
    assert_int_equal(dataset_load(&arena, &spec, STR("x.yaml"), place, &dataset, &mistakes),
                     -1);
    spec.file = STR("no/such.jsonl");
    assert_int_equal(dataset_load(&arena, &spec, STR("x.yaml"), place, &dataset, &mistakes),
                     -1);
    assert_string_equal(
        messages(&arena, &mistakes).p,
        "x.yaml:1:1: dataset has both 'file' and 'samples'; expected one of them\n"
        "x.yaml:1:1: dataset has neither 'file' nor 'samples'; expected one of them\n"
        "x.yaml:1:1: no/such.jsonl: No such file or directory\n");
    arena_release(&arena);
}

/* The hash names the contents: the same rows in another format have the same one, other rows or
 * another order have not. */
static void test_hash(void **state)
{
    (void)state;
    static const struct {
        const char *file, *content;
        bool same;
    } cases[] = {
        {"r.jsonl", "{\"id\": \"1\", \"a\": \"x\"}\n{\"id\": \"2\", \"a\": \"y\"}\n", true},
        {"r.jsonl", "{\"a\": \"x\",\"id\": \"1\"}\n\n{\"id\": \"2\", \"a\": \"y\"}", true},
        {"r.csv", "a,id\nx,1\ny,2\n", true},
        {"r.yaml", "[{id: '1', a: x}, {id: '2', a: y}]", true},
        {"r.csv", "a,id\ny,2\nx,1\n", false},
        {"r.csv", "a,id\nx,1\n", false},
        {"r.csv", "a,id\nx,1\nz,2\n", false},
    };
    struct hash128 first = {0, 0};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct arena arena = {0};
        struct mistakes mistakes;
        mistakes_init(&mistakes, &arena);
        str path = write_file(&arena, cases[i].file, str_from(cases[i].content));
        struct dataset_spec spec = {.file = path};
        struct dataset dataset;
        assert_int_equal(
            dataset_load(&arena, &spec, STR("x.yaml"), (struct place){0}, &dataset, &mistakes),
            0);
        if (i == 0)
            first = dataset.hash;
        assert_int_equal(hash_equal(first, dataset.hash), cases[i].same);
        unlink(path.p);
        arena_release(&arena);
    }
}

/* Rows for lookups know no reserved names, and CSV columns mean what they mean elsewhere. */
static void test_rows(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct mistakes mistakes;
    mistakes_init(&mistakes, &arena);
    struct rows rows;
    str path = write_file(&arena, "r.jsonl", STR("{\"label\": 1, \"tags\": 3}\n{}\n"));
    assert_int_equal(rows_load(&arena, path, path, &rows, &mistakes), 0);
    assert_int_equal(rows.count, 2);
    assert_int_equal(row_place(&rows.row[0], STR("tags")).col, 22);
    assert_int_equal(row_place(&rows.row[0], STR("none")).col, 1);
    assert_int_equal(row_place(&rows.row[1], STR("none")).line, 2);
    unlink(path.p);
    path = write_file(&arena, "r.csv", STR("a,__expected:k\n1,2\n"));
    assert_int_equal(rows_load(&arena, path, path, &rows, &mistakes), 0);
    assert_string_equal(json_to_str(&arena, rows.row[0].value, JSON_COMPACT).p,
                        "{\"a\":\"1\",\"expected\":{\"k\":\"2\"}}");
    assert_int_equal(row_place(&rows.row[0], STR("expected")).col, 3);
    unlink(path.p);
    assert_int_equal(rows_load(&arena, path, path, &rows, &mistakes), -1);
    assert_int_equal(rows.count, 0);
    arena_release(&arena);
}

/* RFC 4180, cell by cell: each case is what the records look like, "|" between cells. */
static void test_csv(void **state)
{
    (void)state;
    static const struct {
        const char *text, *records;
    } cases[] = {
        {"", ""},
        {"a", "1:<a>\n"},
        {"a,b\n", "1:<a|b>\n"},
        {"a,b\r\nc,d\r\n", "1:<a|b>\n2:<c|d>\n"},
        {"a,,\n,\n", "1:<a||>\n2:<|>\n"},
        {"a,", "1:<a|>\n"},
        {"\n\na\n\n", "3:<a>\n"},
        {"\"a,\"\"b\"\"\",\"\"\n", "1:<a,\"b\"|>\n"},
        {"\"a\nb\r\nc\",d\ne", "1:<a\nb\r\nc|d>\n4:<e>\n"},
        {"\"\"\"\"", "1:<\">\n"},
        {" a , b \n", "1:< a | b >\n"},
        {"a\rb,c\n", "1:<a\rb|c>\n"},
        {"\"a\"\"", "fault 0\n"},
        {"a,\"b\" \n", "fault 5\n"},
        {"a,b \"\n", "fault 4\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct arena arena = {0};
        struct csv csv = CSV(str_from(cases[i].text));
        struct csv_record record = {0};
        struct csv_fault fault;
        struct buf out = {0};
        int got;
        while ((got = csv_next(&csv, &arena, &record, &fault)) > 0) {
            buf_printf(&out, "%u:<", record.line);
            for (size_t j = 0; j < record.count; j++)
                buf_printf(&out, "%s%.*s", j ? "|" : "", STR_ARG(record.cell[j].text));
            buf_add_str(&out, STR(">\n"));
        }
        if (got < 0)
            buf_printf(&out, "fault %zu\n", fault.offset);
        buf_add_str(&out, STR(""));
        assert_string_equal(out.p, cases[i].records);
        buf_release(&out);
        arena_release(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_formats),
        cmocka_unit_test(test_ids),
        cmocka_unit_test(test_field_names),
        cmocka_unit_test(test_repeated_mistakes),
        cmocka_unit_test(test_reserved_names),
        cmocka_unit_test(test_bad_files),
        cmocka_unit_test(test_tags_and_limit),
        cmocka_unit_test(test_choice),
        cmocka_unit_test(test_bad_choice),
        cmocka_unit_test(test_in_place),
        cmocka_unit_test(test_hash),
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_csv),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
