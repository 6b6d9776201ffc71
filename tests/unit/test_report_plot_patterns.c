/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_report_plot_patterns.c: the pictures of what patterns did: confusion, refinement, votes; and
 * very many variants. From summaries alone, without a run's file.
 */
#include "unit/test_report_pictures.h"

enum { SAMPLES = 20, TRIALS = 3, MOST = 40 };

enum { ONCE, VOTE, ROUTED, REFINED, VARIANTS };

static struct summary *begin(const struct summary_variant_meta *variants, size_t count)
{
    static const struct summary_score_meta score = {STR_INIT("right"), 1.0, false, false, false};
    struct summary_meta meta = {
        .experiment = STR("patterns"),
        .run = STR("20261102T101112-ab12"),
        .mock = true,
        .samples = SAMPLES,
        .trials = TRIALS,
        .variants = variants,
        .variant_count = count,
        .scores = &score,
        .score_count = 1,
    };
    return summary_begin(&meta);
}

static void add_cell(struct summary *summary, size_t variant, size_t sample, unsigned trial,
                     bool right)
{
    struct err err = {0};
    char id[16];
    int n = snprintf(id, sizeof id, "s%zu", sample);
    maybe value = maybe_of(right);
    int64_t ms = 200 + 40 * (int64_t)variant + (int64_t)(sample * 7 % 5) * 30 + trial;
    struct summary_cell_row row = {
        .variant = variant,
        .sample = sample,
        .sample_id = {id, (size_t)n},
        .trial = trial,
        .status = SUMMARY_OK,
        .correct = value,
        .score = value,
        .scores = &value,
        .cost = {.known_nanousd = 1000 * (int64_t)(variant + 1),
                 .upper_nanousd = 1000 * (int64_t)(variant + 1)},
        .tokens = {.input = 100, .output = 10},
        .traffic = {1, 1, 0, 0, 1, 0},
        .latency_ns = ms * 1000000,
        .wall_ns = ms * 1000000,
        .critical_path_ns = ms * 1000000,
        .total_work_ns = ms * 1000000,
    };
    data_check(summary_add_cell(summary, &row, &err), &err);
}

static void add_step(struct summary *summary, size_t variant, size_t sample, unsigned trial,
                     str path, size_t order)
{
    struct err err = {0};
    struct summary_step_row row = {
        .variant = variant,
        .sample = sample,
        .trial = trial,
        .order = order,
        .path = path,
        .pattern = STR("call"),
        .cost = {.known_nanousd = 1000, .upper_nanousd = 1000},
        .tokens = {.input = 100, .output = 10},
        .traffic = {1, 1, 0, 0, 1, 0},
        .latency_ns = 1000000,
        .work_ns = 1000000,
    };
    data_check(summary_add_step(summary, &row, &err), &err);
}

static void add_note(struct summary *summary, struct summary_note note)
{
    struct err err = {0};
    data_check(summary_add_note(summary, &note, &err), &err);
}

/* A router of three classes that knows two of them well, and now and then takes a case that nobody wants,
 * of which there are many. */
static void add_route(struct summary *summary, size_t sample, unsigned trial, str own)
{
    static const char *const classes[] = {"Billing", "Technical", "General"};
    size_t wanted = sample % 3, given = sample % 7 == 0 ? (wanted + 1) % 3 : wanted;
    struct summary_note note = {.variant = ROUTED, .sample = sample, .trial = trial};
    char label[32];
    snprintf(label, sizeof label, "own %zu-%u", sample, trial);
    note.kind = SUMMARY_NOTE_ROUTED;
    note.name = str_from(classes[given]);
    if (sample % 5 == 1)
        note.name = own.n ? own : str_from(label);
    note.yes = true;
    add_note(summary, note);
    note.kind = SUMMARY_NOTE_LABELLED;
    note.other = str_from(classes[wanted]);
    note.yes = str_equal(note.name, note.other);
    add_note(summary, note);
}

/* Half of the first drafts are right, three quarters of the second, all of the third. */
static void add_rounds(struct summary *summary, size_t sample, unsigned trial)
{
    for (uint32_t round = 0; round < 3; round++) {
        bool right = sample % 4 < 2 + round;
        struct summary_note note = {.variant = REFINED,
                                    .sample = sample,
                                    .trial = trial,
                                    .index = round,
                                    .kind = SUMMARY_NOTE_ROUND,
                                    .yes = right};
        add_note(summary, note);
        note.kind = SUMMARY_NOTE_DRAFT;
        note.first = maybe_of(right);
        add_note(summary, note);
        if (right)
            break;
    }
    add_note(summary, (struct summary_note){.variant = REFINED,
                                            .sample = sample,
                                            .trial = trial,
                                            .kind = SUMMARY_NOTE_ENDED,
                                            .name = STR("accepted")});
}

/* `own`: the case that nobody wants; empty: another one every time. */
static struct summary *patterns(const char *const *names, str own)
{
    static const char *const kinds[VARIANTS] = {"call", "vote", "route", "refine"};
    struct summary_variant_meta variants[VARIANTS];
    struct err err = {0};
    for (size_t v = 0; v < VARIANTS; v++)
        variants[v] = (struct summary_variant_meta){str_from(names[v]), str_from(kinds[v])};
    struct summary *summary = begin(variants, VARIANTS);
    for (size_t s = 0; s < SAMPLES; s++)
        for (unsigned t = 1; t <= TRIALS; t++) {
            for (size_t v = 0; v < VARIANTS; v++) {
                add_cell(summary, v, s, t,
                         v == REFINED || data_scatter((unsigned)v, (unsigned)s, t, 10) < 7);
                for (size_t k = 0; k < (v == VOTE ? 5 : 1); k++)
                    add_step(summary, v, s, t, v == VOTE ? STR("[*]") : STR(""), k);
            }
            add_route(summary, s, t, own);
            add_rounds(summary, s, t);
        }
    data_check(summary_finish(summary, &err), &err);
    return summary;
}

static void write_pictures(struct folder *folder, struct summary *summary, const char *title)
{
    struct err err = {0};
    struct report_input input = {.summary = summary, .title = str_from(title)};
    data_check(plots_write(str_from(folder->path), &input, &err), &err);
    summary_free(summary);
}

/* Protects: each pattern's picture shows what its diagnosis says, and classes without end do not
 * make a matrix without end. */
static void drawn(void **state)
{
    static const char *const names[] = {"once", "vote", "routed", "refined"};
    struct folder folder;
    (void)state;
    need_gnuplot();
    folder_make(&folder);
    write_pictures(&folder, patterns(names, STR("")), "Patterns");
    assert_int_equal(assert_pictures(&folder, "Answered by weir-mock"), 12);
    str confusion = content(&folder, "confusion.csv");
    assert_true(str_contains(confusion, STR(",Technical,Technical\n")));
    assert_true(str_contains(confusion, STR(",(others)\n")));
    assert_false(str_contains(confusion, STR(",(others),"))); /* nothing belongs to them */
    assert_true(str_contains(content(&folder, "confusion.svg"), STR("routed: right in ")));
    str gain = content(&folder, "refine-gain.csv");
    assert_true(str_contains(gain, STR("\n1,2,25,")));
    assert_true(str_contains(content(&folder, "refine-quality.csv"), STR("\n1,1,50,")));
    assert_true(str_contains(content(&folder, "votes.csv"), STR("\n2,5,"))); /* five voters */
    assert_true(str_contains(content(&folder, "votes.svg"), STR("vote, measured")));
    assert_true(str_contains(content(&folder, "votes.svg"), STR("once, predicted")));
    folder_remove(&folder);
}

/* Protects: labels that a model made up, and names, are text in these pictures too. */
static void hostile(void **state)
{
    static const char *const names[] = {
        "'.system(\"touch weir_pwned\").'",
        "`touch weir_pwned` @weir _a^b {/=80 c}",
        "'''.system(\"touch weir_pwned\").''' ! touch weir_pwned\n!touch weir_pwned\n50% %s",
        "\xe2\x80\xae rtl \\n $(touch weir_pwned)",
    };
    struct folder folder;
    (void)state;
    need_gnuplot();
    folder_make(&folder);
    write_pictures(&folder, patterns(names, STR("'.system(\"touch weir_pwned\").'\n`x`")),
                   data_hostile);
    assert_int_equal(assert_pictures(&folder, "Answered by weir-mock"), 12);
    assert_int_not_equal(access("weir_pwned", F_OK), 0);
    str svg = content(&folder, "confusion.svg");
    assert_true(str_contains(svg, STR("’.system(")));
    assert_true(str_contains(content(&folder, "refine-gain.svg"), STR("U+202E rtl")));
    folder_remove(&folder);
}

/* Protects: forty variants with long names are drawn, those of a legend are few, and what is left
 * out is said. */
static void many(void **state)
{
    struct summary_variant_meta variants[MOST];
    struct folder folder;
    struct err err = {0};
    (void)state;
    need_gnuplot();
    folder_make(&folder);
    for (size_t v = 0; v < MOST; v++)
        variants[v] = (struct summary_variant_meta){
            arena_printf(&folder.arena,
                         "a-variant-of-a-matrix-with-a-name-that-is-rather-long-%zu", v),
            STR("call")};
    struct summary *summary = begin(variants, MOST);
    for (size_t v = 0; v < MOST; v++)
        for (size_t s = 0; s < SAMPLES; s++)
            add_cell(summary, v, s, 1, data_scatter((unsigned)v, (unsigned)s, 1, MOST) < v);
    data_check(summary_finish(summary, &err), &err);
    write_pictures(&folder, summary, "Many");
    assert_int_equal(assert_pictures(&folder, "Answered by weir-mock"), 4);
    str svg = content(&folder, "accuracy.svg");
    assert_true(str_contains(svg, STR("a-variant-of-a…ather-long-39")));
    assert_true(str_contains(svg, STR("a-variant-of-a…rather-long-7")));
    assert_true(str_contains(content(&folder, "cost.svg"), STR("26 others")));
    folder_remove(&folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(drawn),
        cmocka_unit_test(hostile),
        cmocka_unit_test(many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
