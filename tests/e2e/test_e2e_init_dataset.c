/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_e2e_init_dataset.c: weir init --dataset: whatever rows somebody has, the experiment that is made of them
 * checks and runs as it is.
 */
#include "e2e_run.h"

#include "base/file.h"

static void runs(struct place *place, const char *folder, double accuracy_least)
{
    assert_code(weir(place, "check", folder, NULL), 0);
    const char *db = run_good(place, folder, "--mock", NULL).db;
    const json *report = report_json(place, db);
    assert_true(figure(variant_of(report, "results", "single"), "accuracy.value") >=
                accuracy_least);
    assert_true(figure(variant_of(report, "results", "steps"), "accuracy.value") >=
                accuracy_least);
}

/* Protects the start from a table: labels stand in the prompts, names with blanks can be named there, rows get an
 * id, and the file itself stays as it was. */
static void a_table_with_labels(void **state)
{
    struct place *place = *state;
    struct buf rows = {0};
    static const char *const teams[] = {"billing", "technical support", "sales"};
    buf_add_str(&rows, STR("Mail text,2nd,id,Team\n"));
    for (int i = 0; i < 24; i++)
        buf_printf(&rows, "\"Number %d, about \"\"%s\"\"\nand more\",%d,same,%s\n", i,
                   teams[i % 3], i, teams[i % 3]);
    str text = arena_str(&place->arena, buf_str(&rows));
    buf_release(&rows);
    place_write(place, "mails 1.csv", text);
    struct ended ended =
        weir(place, "init", "--dataset", "mails 1.csv", "--expected", "Team", NULL);
    assert_code(ended, 0);
    assert_text(ended.out, "mails_1/experiment.yaml\n");
    assert_contains(ended.err, "24 rows of mails 1.csv, right is column Team");
    assert_contains(ended.err, "  weir run --mock ");
    assert_contains(
        place_read(place, "mails_1/mails_1.jsonl"),
        "{\"id\": 1, \"Mail_text\": \"Number 0, about \\\"billing\\\"\\nand more\", "
        "\"_2nd\": \"0\", \"expected\": \"billing\"}\n");
    str prompt = place_read(place, "mails_1/prompts/single.md");
    assert_contains(prompt, "- technical support\n");
    assert_contains(prompt, "<_2nd>{{_2nd}}</_2nd>");
    str made = place_read(place, "mails_1/experiment.yaml");
    assert_contains(made, "right: {transform: [{label: [\"");
    assert_contains(made, "equals: \"{{expected}}\"");
    runs(place, "mails_1", 0.3);
    assert_same_text(place_read(place, "mails 1.csv"), text);
    ended = weir(place, "init", "--dataset", "mails 1.csv", "--expected", "Team", NULL);
    assert_code(ended, 2);
    assert_contains(ended.err, "mails_1 is not empty");
}

/* Protects other rows: long answers are compared by their words, ids are kept, values stay what they are, and the
 * models may be one's own from the start. */
static void lines_with_long_answers(void **state)
{
    struct place *place = *state;
    struct buf rows = {0};
    for (int i = 0; i < 8; i++)
        buf_printf(
            &rows,
            "{\"id\": \"q%d\", \"question\": \"What comes after %d?\", \"pages\": [{\"t\": "
            "%d}], \"tags\": \"x\", \"answer\": \"The number that comes right after it, "
            "which everybody calls %d.\"}\n",
            i, i, i, i + 1);
    place_write(place, "qa.jsonl", arena_str(&place->arena, buf_str(&rows)));
    buf_release(&rows);
    assert_code(weir(place, "init", "mine", "--dataset", "qa.jsonl", "--provider", "anthropic",
                     "--model", "claude-haiku-4-5", "--quiet", NULL),
                0);
    assert_contains(
        place_read(place, "mine/qa.jsonl"),
        "{\"id\": \"q0\", \"question\": \"What comes after 0?\", \"pages\": [{\"t\": "
        "0}], \"tags_\": \"x\", \"expected\": ");
    str text = place_read(place, "mine/experiment.yaml");
    assert_contains(text, "f1: \"{{expected}}\"");
    assert_contains(text, "{provider: anthropic, model: claude-haiku-4-5}");
    runs(place, "mine", 0.3);
}

/* Protects rows of somebody else's making: labels that look like templates or YAML stand in the prompts as they
 * are. */
static void labels_are_texts(void **state)
{
    struct place *place = *state;
    place_write_text(
        place, "odd.csv",
        "text,label\na,{{text}}\nb,{{text}}\nc,\"- }} #x: {{\"\nd,\"- }} #x: {{\"\n");
    assert_code(weir(place, "init", "--dataset", "odd.csv", "--quiet", NULL), 0);
    assert_contains(place_read(place, "odd/prompts/single.md"),
                    "- {{\"{{\"}}text}}\n- - }} #x: {{\"{{\"}}\n");
    runs(place, "odd", 0);
}

/* Protects rows of which nobody knows the answer yet. */
static void rows_without_an_answer(void **state)
{
    struct place *place = *state;
    place_write_text(place, "texts.json", "[{\"text\": \"one\"}, {\"text\": \"two\"}, {}]");
    assert_code(weir(place, "init", "--dataset", "texts.json", NULL), 0);
    assert_contains(place_read(place, "texts/experiment.yaml"), "answered: {min-words: 1}");
    runs(place, "texts", 1);
}

/* Protects the ids of a table, in whatever order they stand: they are kept where all differ, and numbers take
 * their place where two are the same. */
static void many_rows_with_ids(void **state)
{
    enum { ROWS = 3000 };
    struct place *place = *state;
    struct buf rows = {0};
    buf_printf(&rows, "id,text,label\n");
    for (int i = 0; i < ROWS; i++)
        buf_printf(&rows, "row-%05d,text %d,%s\n", ROWS - i, i, i % 2 ? "odd" : "even");
    place_write(place, "many.csv", arena_str(&place->arena, buf_str(&rows)));
    buf_printf(&rows, "row-%05d,text,odd\n", ROWS / 2);
    place_write(place, "same.csv", arena_str(&place->arena, buf_str(&rows)));
    buf_release(&rows);
    assert_code(weir(place, "init", "--dataset", "many.csv", "--quiet", NULL), 0);
    assert_contains(place_read(place, "many/many.jsonl"), "{\"id\": \"row-03000\"");
    assert_code(weir(place, "init", "--dataset", "same.csv", "--quiet", NULL), 0);
    assert_contains(place_read(place, "same/same.jsonl"), "{\"id\": 1, ");
}

/* Protects: what is no dataset is refused with its place, or the nearest word, and nothing is made. */
static void what_is_no_dataset_is_refused(void **state)
{
    struct place *place = *state;
    place_write_text(place, "bad.jsonl", "{\"a\": 1}\n{\"a\": }\n");
    place_write_text(place, "ids.csv", "id,label\n1,a\n2,b\n");
    place_write_text(place, "empty.csv", "text,label\n");
    place_write_text(place, "x.csv", "text,label\na,b\n");
    struct buf wide = {0};
    for (int i = 0; i < 2 * 101; i++)
        buf_printf(&wide, "c%d%s", i % 101, i % 101 == 100 ? "\n" : ",");
    place_write(place, "wide.csv", arena_str(&place->arena, buf_str(&wide)));
    buf_release(&wide);
    const struct {
        const char *file, *other, *says;
    } wrong[] = {{"bad.jsonl", "--quiet", "bad.jsonl:2:"},
                 {"none.csv", "--quiet", "No such file"},
                 {"notes.txt", "--quiet", "no format that is known"},
                 {"ids.csv", "--quiet", "nothing to ask about"},
                 {"empty.csv", "--quiet", "has no rows"},
                 {"wide.csv", "--quiet", "more than 100 columns"},
                 {"x.csv", "--expected=labe", "did you mean 'label'?"},
                 {"x.csv", "--from=faq", "expected no --from"}};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct ended ended =
            weir(place, "init", "x", "--dataset", wrong[i].file, wrong[i].other, NULL);
        assert_code(ended, 2);
        assert_contains(ended.err, wrong[i].says);
    }
    assert_false(dir_exists(place_path(place, "x")));
    assert_code(weir(place, "init", "x", "--expected", "a", NULL), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        e2e_test(a_table_with_labels),
        e2e_test(lines_with_long_answers),
        e2e_test(labels_are_texts),
        e2e_test(rows_without_an_answer),
        e2e_test(many_rows_with_ids),
        e2e_test(what_is_no_dataset_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
