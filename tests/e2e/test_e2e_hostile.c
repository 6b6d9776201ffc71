/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_e2e_hostile.c: hostile text in every field that reaches a report (rule 12): ids, tags, clusters,
 * titles, labels, file names, prompts, replies, errors, model names and fingerprints as reported,
 * names of tools. Each sink has a test of its own that reads what was written as its reader would.
 *
 * weir-mock says the replies byte for byte; a server of the test says errors.
 */
#include "e2e_run.h"
#include "e2e_server.h"

#include "base/buf.h"
#include "base/csv.h"
#include "base/text.h"
#include "tests/unit/test_junit_reader.h"

#include <ftw.h>
#include <string.h>

/* What a browser, a terminal, a shell, a spreadsheet, gnuplot or a CI system would act on. */
#define POISON                                                                                 \
    "<script>alert(1)</script>\" onload=\"alert(1) ' \x1b[31mred\x1b]0;owned\x07 "             \
    "\xe2\x80\xae rtl \xe2\x81\xa6 `touch pwned` $(touch pwned) system(\"touch pwned\") "      \
    ";=cmd()\n=1+1\n::error::pwned ##[error]pwned\r\n::add-mask::x | @everyone #1 &lt; ]]> "   \
    "%0A::error::x \xf3\xa0\x81\xa1 https://x.test <!-- \\ *b* _i_ [l](x)"
#define POISON_NAME                                                                            \
    "\x1b[31m$(touch pwned)`touch pwned`;=1 <b onload=alert(1)> \xe2\x80\xae::error::"

/* Samples' ids: each begins as a formula would. */
static const char *const ids[] = {"=cmd|' /C calc'!A0 " POISON,
                                  "+1 " POISON,
                                  "-1 " POISON,
                                  "@SUM(1) " POISON,
                                  "\t=1",
                                  "＝1+1",
                                  " \"=1",
                                  "::error::id"};
enum { IDS = sizeof ids / sizeof ids[0], VARIANTS = 7 };
static const char *const variants[VARIANTS] = {"said",    "shaped", "tooled", "routed",
                                               "refused", "broken", "ran"};

static void add_json(struct buf *out, const char *text)
{
    json_write_text(out, str_from(text));
}

static void write_dataset(struct place *place)
{
    struct buf out = {0};
    for (size_t i = 0; i < IDS; i++) {
        buf_add_str(&out, STR("{\"id\":"));
        add_json(&out, ids[i]);
        buf_add_str(&out, STR(",\"q\":"));
        add_json(&out, POISON);
        buf_add_str(&out, STR(",\"expected\":"));
        add_json(&out, POISON);
        buf_add_str(&out, STR(",\"cluster\":"));
        add_json(&out, POISON);
        buf_add_str(&out, STR(",\"tags\":["));
        add_json(&out, POISON);
        buf_add_str(&out, STR("],\"description\":"));
        add_json(&out, POISON);
        buf_add_str(&out, STR("}\n"));
    }
    place_write(place, "data" POISON_NAME ".jsonl", buf_str(&out));
    buf_release(&out);
}

/* A reply whose every text is poison; `message` is the member of that name. */
static void write_reply(struct place *place, const char *name, const char *model,
                        const char *message)
{
    struct buf out = {0};
    buf_add_str(&out, STR("{\"id\":\"x\",\"object\":\"chat.completion\",\"model\":"));
    add_json(&out, model);
    buf_add_str(&out, STR(",\"system_fingerprint\":"));
    add_json(&out, "fp " POISON);
    buf_printf(&out,
               ",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",%s},"
               "\"finish_reason\":\"%s\"}],\"usage\":{\"prompt_tokens\":3,"
               "\"completion_tokens\":4,\"total_tokens\":7}}",
               message, strstr(message, "tool_calls") ? "tool_calls" : "stop");
    place_write(place, name, buf_str(&out));
    buf_release(&out);
}

static void write_mock(struct place *place)
{
    struct buf text = {0}, tool = {0};
    buf_add_str(&text, STR("\"content\":"));
    add_json(&text, "=said " POISON);
    text.n--; /* the quote, for bytes that no writer of JSON would write */
    size_t end = text.n;
    buf_add_str(&text, STR(" \\u0000 nul\""));
    write_reply(place, "said.json", "m " POISON, buf_str(&text).p);
    text.n = end; /* and no UTF-8 */
    buf_add_str(&text, STR(" \xff\xfe\xc3( \xed\xa0\x80\""));
    write_reply(place, "broken.json", "m " POISON, buf_str(&text).p);
    buf_add_str(&tool,
                STR("\"content\":null,\"tool_calls\":[{\"id\":\"c1\",\"type\":\"function\","
                    "\"function\":{\"name\":"));
    add_json(&tool, "t " POISON);
    buf_add_str(&tool, STR(",\"arguments\":\"{}\"}}]"));
    write_reply(place, "tool.json", "=other " POISON, buf_str(&tool).p);
    place_write_text(place, "mock.yaml",
                     "rules:\n"
                     "  tool: {when: {prompt: use-tool, turn: 0}, file: tool.json}\n"
                     "  broken: {when: {prompt: break-it}, file: broken.json}\n"
                     "  all: {file: said.json}\n");
    buf_release(&text);
    buf_release(&tool);
}

static void write_experiment(struct place *place, str mock, str server)
{
    struct buf out = {0}, poison = {0}, data = {0};
    add_json(&poison, POISON);
    add_json(&data, "data" POISON_NAME ".jsonl");
    str p = buf_str(&poison);
    buf_printf(&out, "description: %.*s\nreport: {title: %.*s}\n", STR_ARG(p), STR_ARG(p));
    buf_printf(&out, "dataset: {file: %.*s}\n", STR_ARG(buf_str(&data)));
    buf_printf(&out,
               "providers:\n"
               "  mock: {api: openai-chat, base_url: '%.*s/v1', key_env: K, warmup: false}\n"
               "  bad: {api: openai-chat, base_url: '%.*s', key_env: K, warmup: false}\n"
               "models:\n"
               "  good: {provider: mock, model: %.*s, price: {input: 1, output: 1}}\n"
               "  poor: {provider: bad, model: %.*s}\n",
               STR_ARG(mock), STR_ARG(server), STR_ARG(p), STR_ARG(p));
    buf_printf(&out,
               "defaults: {model: good, max_tokens: 100}\nretry: {retries: 0}\n"
               "tools: {look: {description: %.*s, parameters: {type: object},"
               " run: {value: x}}}\n"
               "variants:\n"
               "  said: {description: %.*s, call: {prompt: {system: %.*s, user: '{{q}}'}}}\n"
               "  shaped: {call: {prompt: {user: '{{q}}'}, schema: {type: object}}}\n"
               "  tooled: {call: {prompt: {user: 'use-tool {{q}}'}, tools: [look],"
               " max_steps: 2}}\n"
               "  routed:\n    route:\n      by: {value: %.*s}\n"
               "      cases: {%.*s: {call: {prompt: {user: '{{q}}'}}}}\n"
               "  refused: {call: {prompt: {user: '{{q}}'}, model: poor}}\n"
               "  broken: {call: {prompt: {user: 'break-it {{q}}'}}}\n"
               "  ran: {exec: {run: [ls, %.*s]}}\n",
               STR_ARG(p), STR_ARG(p), STR_ARG(p), STR_ARG(p), STR_ARG(p), STR_ARG(p));
    buf_printf(&out,
               "score: {same: {equals: '{{expected}}', description: %.*s}}\n"
               "require:\n  - {must_pass: [%.*s]}\n  - {metric: accuracy, min: 0.5}\n",
               STR_ARG(p), STR_ARG(p));
    place_write(place, "exp" POISON_NAME ".yaml", buf_str(&out));
    buf_release(&out);
    buf_release(&poison);
    buf_release(&data);
}

static void answer_badly(void *arg, const struct asked *asked, struct said *said)
{
    struct buf out = {0};
    (void)arg;
    buf_add_str(&out, STR("{\"error\":{\"type\":\"=t\",\"code\":\"x\",\"message\":"));
    add_json(&out, "=no " POISON);
    out.n--;
    buf_add_str(&out, asked->number % 2 ? STR(" \xff\xc3(\"}}") : STR(" \\u0000\"}}"));
    said->status = 400;
    said->body = arena_str(said->arena, buf_str(&out));
    buf_release(&out);
}

/* One run for all tests: they only look at it. */
struct world {
    struct place *place;
    const char *db;
    struct ended run;
};
static struct world world;

static int setup(void **state)
{
    void *made;
    (void)state;
    if (place_setup(&made) < 0)
        return -1;
    struct place *place = world.place = made;
    write_dataset(place);
    write_mock(place);
    place_env(place, "K=sk-test-0123456789");
    struct mock_server mock = mock_start(place, place_path(place, "mock.yaml"));
    struct server *server = server_start(place, answer_badly, NULL);
    write_experiment(place, mock.url, server_url(server));
    place_env(place, "WEIR_LOG=debug"); /* every attempt on stderr */
    world.run = weir(place, "run", "exp" POISON_NAME ".yaml", NULL);
    place_env(place, "WEIR_LOG");
    assert_code(world.run, 100);
    world.db = only_run(place, ".");
    mock_stop(&mock);
    server_stop(server);
    return 0;
}

static int teardown(void **state)
{
    void *made = world.place;
    (void)state;
    return place_teardown(&made);
}

/* ---- what all sinks must not have ---- */

/* Some text: valid UTF-8, no control but the line breaks that a format needs, nothing hidden. */
static void check_plain(str text, const char *where)
{
    if (text.n == 0)
        fail_msg("%s: there is nothing to look at", where);
    for (size_t at = 0, length; at < text.n; at += length) {
        uint32_t c = utf8_decode(text, at, &length);
        if ((c != '\n' && text_is_hidden(c)) || (c == 0xfffd && length == 1))
            fail_msg("%s: character U+%04X in: %.*s", where, (unsigned)c,
                     STR_ARG(str_sub(text, at > 60 ? at - 60 : 0, at)));
    }
}

/* No line that a CI system takes for a command. */
static void check_log(str text, const char *where)
{
    check_plain(text, where);
    assert_lacks(text, "##[");
    for (str line, rest = text; rest.n;) {
        str_cut(rest, '\n', &line, &rest);
        if (str_starts_with(str_trim(line), STR("::")))
            fail_msg("%s: %.*s", where, STR_ARG(line));
    }
}

static bool found_pwned;
static int look(const char *path, const struct stat *facts, int type, struct FTW *at)
{
    (void)facts, (void)type;
    found_pwned = found_pwned || strcmp(path + at->base, "pwned") == 0;
    return 0;
}

static void check_nothing_ran(void)
{
    found_pwned = false;
    nftw(world.place->root, look, 16, FTW_PHYS);
    assert_false(found_pwned);
}

/* ---- a test for each sink ---- */

/* Protects the terminal and the logs of CI systems: whatever prints, in pipes and on a terminal. */
static void terminals(void **state)
{
    struct place *place = world.place;
    (void)state;
    str run = world.run.out; /* its last line is the path, for scripts */
    check_log(str_sub(run, 0, (size_t)str_find(run, STR(".weir/runs"), 0)), "weir run");
    check_log(world.run.err, "the log");
    struct ended whole = weir(place, "report", world.db, NULL);
    check_log(whole.out, "weir report");
    assert_contains(whole.out, "replies of model good name 2 models"); /* it is looked at all */
    check_log(weir(place, "report", world.db, "--details", "never", NULL).out, "brief");
    check_log(weir(place, "show", world.db, NULL).out, "weir show");
    check_log(weir(place, "runs", NULL).out, "weir runs");
    check_log(weir(place, "check", "exp" POISON_NAME ".yaml", NULL).out, "weir check");
    check_log(weir(place, "compare", "said", "routed", NULL).out, "weir compare");
    for (size_t i = 0; i < VARIANTS; i++) {
        str cell = arena_printf(&place->arena, "%s/%s/1", variants[i], ids[i]);
        str twin = arena_printf(&place->arena, "%s/%s/1", variants[i], ids[i + 1]);
        struct ended shown = weir(place, "show", world.db, cell.p, NULL);
        assert_code(shown, 0);
        check_log(shown.out, "a cell");
        assert_contains(shown.out, "[31mred");
        check_log(weir(place, "show", world.db, cell.p, "--texts", NULL).out, "its texts");
        check_log(weir(place, "show", world.db, cell.p, "--diff", twin.p, NULL).out, "two");
    }
    check_log(weir(place, "history", NULL).out, "weir history");
    place_env(place, "NO_COLOR=1");
    struct ended seen = weir_on_terminal(place, "report", world.db, NULL);
    place_env(place, "NO_COLOR=");
    struct buf lines = {0}; /* a terminal's own line ends */
    for (size_t i = 0; i < seen.out.n; i++)
        if (seen.out.p[i] != '\r')
            buf_add_char(&lines, seen.out.p[i]);
    check_log(buf_str(&lines), "on a terminal");
    buf_release(&lines);
    check_nothing_ran();
}

/* Protects who pastes what was printed: a shell takes the name of a cell for one word, runs nothing,
 * and weir finds the cell by it. */
static void shells(void **state)
{
    struct place *place = world.place;
    (void)state;
    str list = weir(place, "show", world.db, NULL).out, line = STR(""), rest = list;
    while (rest.n)
        str_cut(rest, '\n', &line, &rest);
    assert_true(str_starts_with(line, STR("weir show '")));
    str command = arena_printf(&place->arena, E2E_WEIR " show %s %.*s", world.db,
                               STR_ARG(str_sub(line, strlen("weir show "), line.n)));
    const char *const argv[] = {"/bin/sh", "-c", command.p, NULL};
    struct child child = child_start(place, argv);
    struct ended pasted = child_wait(&child);
    assert_code(pasted, 0);
    check_log(pasted.out, "pasted");
    assert_contains(pasted.out, "\nSteps ");
    check_nothing_ran();
}

/* A spreadsheet of another country cuts at semicolons and takes quotes and blanks away. */
static void check_formula(str cell)
{
    size_t at = 0;
    while (at < cell.n && memchr(" \"", cell.p[at], 2))
        at++;
    str rest = str_sub(cell, at, cell.n);
    double number;
    bool sign = rest.n && memchr("=+-@\t", rest.p[0], 5) && !str_to_double(cell, &number);
    if (sign || str_starts_with(rest, STR("＝")) || str_contains(cell, STR(";=")))
        fail_msg("a formula: %.*s", STR_ARG(cell));
}

/* Protects spreadsheets: as many cells a row as heads, a row a cell or call, no formula, nothing
 * that a terminal obeys; ids come back but for the apostrophe and what is shown. */
static void spreadsheets(void **state)
{
    struct place *place = world.place;
    static const char *const formats[] = {"--csv", "--csv-calls"};
    (void)state;
    for (size_t f = 0; f < 2; f++) {
        str text = weir(place, "report", world.db, formats[f], NULL).out;
        struct arena arena = {0};
        struct csv csv = CSV(text);
        struct csv_record record = {0};
        struct csv_fault fault;
        size_t rows = 0, columns = 0;
        check_plain(text, formats[f]);
        while (csv_next(&csv, &arena, &record, &fault) == 1) {
            columns = rows == 0 ? record.count : columns;
            assert_int_equal(record.count, columns);
            for (size_t i = 0; i < record.count; i++)
                check_formula(record.cell[i].text);
            if (f == 0 && rows == 1)
                assert_true(str_starts_with(record.cell[1].text, STR("'=cmd|' /C calc'!A0 ")));
            rows++;
        }
        assert_int_equal(rows, 1 + (f == 0 ? sql_int(world.db, "SELECT count(*) FROM cell")
                                           : sql_int(world.db, "SELECT count(*) FROM call")));
        arena_release(&arena);
    }
    check_nothing_ran();
}

/* Protects pull requests: no HTML but ours, every row of a table as wide as its head, no mention, no
 * code, no comment, and all of it below 60 KB. */
static void pull_requests(void **state)
{
    struct place *place = world.place;
    static const char *const own[] = {"<details>", "</details>", "<summary>", "</summary>",
                                      "<br>"};
    (void)state;
    str text = weir(place, "report", world.db, "--md", NULL).out, line, rest = text;
    check_plain(text, "Markdown");
    assert_true(text.n < 60000);
    size_t width = 0;
    while (rest.n) {
        size_t bars = 0;
        str_cut(rest, '\n', &line, &rest);
        for (size_t i = 0; i < line.n; i++) {
            bool escaped = i > 0 && line.p[i - 1] == '\\';
            bool ours = false;
            for (size_t k = 0; k < sizeof own / sizeof own[0]; k++)
                ours = ours || str_starts_with(str_sub(line, i, line.n), str_from(own[k]));
            bars += line.p[i] == '|' && !escaped;
            if (line.p[i] == '<' && !ours)
                fail_msg("HTML: %.*s", STR_ARG(line));
            if (line.p[i] == '`' && !escaped)
                fail_msg("code: %.*s", STR_ARG(line));
            if (line.p[i] == '@' &&
                !str_starts_with(str_sub(line, i + 1, line.n), STR("&#8203;")))
                fail_msg("a mention: %.*s", STR_ARG(line));
        }
        bool row = str_starts_with(line, STR("|"));
        if (row && width && bars != width)
            fail_msg("%zu bars, not %zu: %.*s", bars, width, STR_ARG(line));
        width = row ? bars : 0;
    }
    check_nothing_ran();
}

/* Protects jobs: annotations are those that weir makes, one a line, and no text adds a property or
 * a command. */
static void annotations(void **state)
{
    struct place *place = world.place;
    (void)state;
    struct ended named = weir(place, "report", world.db, "--csv", "f" POISON_NAME ".csv",
                              "--github", "notes", NULL);
    assert_code(named, 0);
    check_log(named.err, "names of reports");
    str text = place_read(place, "notes"), line, rest = text, head;
    size_t errors = 0, notices = 0;
    check_plain(text, "annotations");
    while (rest.n) {
        str_cut(rest, '\n', &line, &rest);
        errors += str_starts_with(line, STR("::error "));
        notices += str_starts_with(line, STR("::notice "));
        assert_true(str_starts_with(line, STR("::error ")) ||
                    str_starts_with(line, STR("::warning ")) ||
                    str_starts_with(line, STR("::notice ")));
        ptrdiff_t end = str_find(line, STR("::"), 2);
        assert_true(end > 0);
        head = str_sub(line, 2, (size_t)end);
        size_t commas = 0;
        for (size_t i = 0; i < head.n; i++) {
            commas += head.p[i] == ',';
            assert_true(head.p[i] != ':');
        }
        assert_int_equal(commas, 2); /* file, line, title */
        assert_true(str_contains(head, STR("file=exp")));
    }
    assert_true(errors >= 2);
    assert_int_equal(notices, 1);
    assert_contains(text, ",line=");
    check_nothing_ran();
}

/* Protects the test tab: XML that a strict reader takes. */
static void test_tab(void **state)
{
    struct place *place = world.place;
    struct reader reader;
    (void)state;
    str text = weir(place, "report", world.db, "--junit", NULL).out;
    check_plain(text, "JUnit");
    read_xml(&reader, text);
    assert_int_equal(reader.found[element_of(STR("testcase"))] >= IDS * VARIANTS, 1);
    buf_release(&reader.text);
    check_nothing_ran();
}

/* Protects scripts: JSON that parses, with the ids and texts as they came. */
static void scripts(void **state)
{
    struct place *place = world.place;
    (void)state;
    str text = weir(place, "report", world.db, "--json", "--cells", NULL).out;
    check_plain(text, "JSON");
    assert_lacks(text, "##[error]\n");
    const json *report = json_parse(&place->arena, text, NULL);
    assert_non_null(report);
    for (size_t i = 0; i < IDS; i++) {
        const json *cell = cell_of(report, "said", ids[i], 1);
        str output = json_text(json_get(cell, STR("output")));
        assert_true(str_starts_with(output, STR("=said " POISON)));
    }
    assert_text(json_text(json_get(report, STR("title"))), POISON);
    check_nothing_ran();
}

/* ---- ten megabytes in a line ---- */

enum { LONG = 10 * 1000 * 1000 };

/* Protects readers from a reply of ten megabytes without a line break: reports for people stay
 * small and are made all the same, JSON and --texts have all of it. */
static void a_line_of_ten_megabytes(void **state)
{
    struct place *place = *state;
    struct buf body = {0};
    buf_add_str(&body, STR("{\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\","
                           "\"content\":\"<script>\\u001b[31m"));
    while (body.n < LONG)
        buf_add_str(&body, STR("=cmd() `x` $(x) "));
    buf_add_str(&body, STR("\"},\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":1,"
                           "\"completion_tokens\":2,\"total_tokens\":3}}"));
    place_write(place, "long.json", buf_str(&body));
    buf_release(&body);
    place_write_text(place, "experiment.yaml",
                     "dataset: {samples: [{id: s, q: x, expected: y}]}\n"
                     "models: {small: {provider: openai, model: m}}\n"
                     "defaults: {model: small, max_tokens: 9000000}\nlimits: {reply: 50MB}\n"
                     "variants: {one: {call: {prompt: {user: '{{q}}'}}},\n"
                     "  two: {call: {prompt: {user: '{{q}}'}, schema: {type: object}}}}\n"
                     "score: {same: {equals: '{{expected}}'}}\n"
                     "mock: {rules: {all: {file: long.json}}}\n");
    const char *db = run_good(place, "--mock", NULL).db;
    static const char *const small[] = {"--md",    "--csv",    "--csv-calls",
                                        "--junit", "--github", "--details"};
    for (size_t i = 0; i < sizeof small / sizeof small[0]; i++) {
        struct ended ended = weir(place, "report", db, small[i], NULL);
        assert_code(ended, 0);
        assert_true(ended.out.n > 100 && ended.out.n < 100000);
    }
    struct ended shown = weir(place, "show", db, "one/s/1", NULL);
    assert_true(shown.out.n < 20000);
    check_log(shown.out, "weir show");
    check_log(weir(place, "show", db, "one/s/1", "--diff", "two", NULL).out, "--diff");
    assert_true(weir(place, "report", db, "--json", "--cells", NULL).out.n > LONG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shells),       cmocka_unit_test(terminals),
        cmocka_unit_test(spreadsheets), cmocka_unit_test(pull_requests),
        cmocka_unit_test(annotations),  cmocka_unit_test(test_tab),
        cmocka_unit_test(scripts),      e2e_test(a_line_of_ten_megabytes),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
