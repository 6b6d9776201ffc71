/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * report_junit.c: JUnit XML, for the test tab of a CI system.
 *
 * One suite of requirements, then one for each variant with its samples as test cases: a sample
 * passes when all of its trials are correct. The shape is that of the schema that CI systems read
 * (elements and attributes of junit-10.xsd, no others). A comparison has no cells at hand and shows its
 * requirements alone. Texts are cut to a few thousand bytes: a log is not a place for documents.
 */
#include "reports/cells.h"
#include "reports/reporters.h"

#include "base/text.h"

#include <inttypes.h>

enum { TEXT_MAX = 4000 };

/* ---- XML ---- */

/* The characters that XML 1.0 has at all. */
static bool is_xml(uint32_t c)
{
    return c == 0x9 || c == 0xa || c == 0xd || (c >= 0x20 && c <= 0xd7ff) ||
           (c >= 0xe000 && c <= 0xfffd) || (c >= 0x10000 && c <= 0x10ffff);
}

/* In an attribute or an element; others are left out, invalid bytes are U+FFFD. What turns the
 * direction of text, or is not seen, is named: CI systems show these texts in a browser. */
static void escape(struct buf *out, str text)
{
    size_t length;
    text = str_sub(text, 0, TEXT_MAX);
    for (size_t at = 0; at < text.n; at += length) {
        uint32_t c = utf8_decode(text, at, &length);
        char bytes[4];
        if (!is_xml(c))
            continue;
        if (text_is_hidden(c) && c >= 0x7f) {
            buf_printf(out, "U+%04X", (unsigned)c);
            continue;
        }
        if (c == '&')
            buf_add_str(out, STR("&amp;"));
        else if (c == '<')
            buf_add_str(out, STR("&lt;"));
        else if (c == '>')
            buf_add_str(out, STR("&gt;"));
        else if (c == '"')
            buf_add_str(out, STR("&quot;"));
        else if (c == '\t' || c == '\n' || c == '\r')
            buf_printf(out, "&#%u;", (unsigned)c);
        else
            buf_add_str(out, (str){bytes, utf8_encode(c, bytes)});
    }
}

static void attribute(struct buf *out, const char *name, str value)
{
    buf_printf(out, " %s=\"", name);
    escape(out, value);
    buf_add_char(out, '"');
}

static void element(struct buf *out, const char *name, str message, const char *type)
{
    buf_printf(out, "\n      <%s", name);
    attribute(out, "message", message);
    if (type)
        attribute(out, "type", str_from(type));
    buf_add_str(out, STR("/>"));
}

/* ---- suites ---- */

struct suite {
    struct buf cases;
    uint64_t tests, failures, errors, skipped;
    int64_t time_ns;
};

struct junit {
    const struct report_input *input;
    struct buf suites;
    struct suite suite; /* the one that is being filled */
    uint64_t tests, failures, errors;
    int64_t time_ns;
    struct arena arena;
    /* The sample whose trials are being read. */
    str variant, sample;
    uint64_t trials, right, wrong, failed, open;
    int64_t sample_ns;
    str reason, message; /* of its first trial that went wrong */
    bool has_sample;
};

static str seconds(struct junit *junit, int64_t ns)
{
    return arena_printf(&junit->arena, "%.3f", (double)ns * 1e-9);
}

static void begin_case(struct junit *junit, str group, str name, int64_t ns)
{
    struct buf *out = &junit->suite.cases;
    str experiment = junit->input->summary->meta.experiment;
    junit->suite.tests++;
    buf_add_str(out, STR("    <testcase"));
    attribute(out, "classname",
              arena_printf(&junit->arena, "%.*s.%.*s", STR_ARG(experiment), STR_ARG(group)));
    attribute(out, "name", name);
    attribute(out, "time", seconds(junit, ns));
    buf_add_char(out, '>');
}

static void end_case(struct junit *junit)
{
    buf_add_str(&junit->suite.cases, STR("\n    </testcase>\n"));
}

static void property(struct buf *out, const char *name, str value)
{
    buf_add_str(out, STR("      <property"));
    attribute(out, "name", str_from(name));
    attribute(out, "value", value);
    buf_add_str(out, STR("/>\n"));
}

static void end_suite(struct junit *junit, str name)
{
    struct suite *suite = &junit->suite;
    struct buf *out = &junit->suites;
    const struct summary_meta *meta = &junit->input->summary->meta;
    buf_add_str(out, STR("  <testsuite"));
    attribute(out, "name", name);
    buf_printf(out,
               " tests=\"%" PRIu64 "\" failures=\"%" PRIu64 "\" errors=\"%" PRIu64
               "\" skipped=\"%" PRIu64 "\"",
               suite->tests, suite->failures, suite->errors, suite->skipped);
    attribute(out, "time", seconds(junit, suite->time_ns));
    buf_add_str(out, STR(">\n    <properties>\n"));
    property(out, "weir", meta->version);
    property(out, "run", meta->run);
    property(out, "mock", meta->mock ? STR("true") : STR("false"));
    buf_add_str(out, STR("    </properties>\n"));
    buf_add_str(out, buf_str(&suite->cases));
    buf_add_str(out, STR("  </testsuite>\n"));
    junit->tests += suite->tests;
    junit->failures += suite->failures;
    junit->errors += suite->errors;
    junit->time_ns += suite->time_ns;
    buf_release(&suite->cases);
    *suite = (struct suite){0};
}

/* ---- requirements ---- */

static void write_requirement(struct junit *junit, const struct summary_requirement *r)
{
    struct suite *suite = &junit->suite;
    begin_case(junit, STR("requirements"), r->what, 0);
    if (r->failed) {
        suite->failures++;
        element(&suite->cases, "failure", r->text, stats_gate_verdict_name(r->verdict));
    } else if (!r->judged || r->verdict != STATS_GATE_PASS) {
        suite->skipped++;
        element(&suite->cases, "skipped", r->text, NULL);
    } else {
        buf_add_str(&suite->cases, STR("\n      <system-out>"));
        escape(&suite->cases, r->text);
        buf_add_str(&suite->cases, STR("</system-out>"));
    }
    end_case(junit);
}

/* ---- samples ---- */

static void end_sample(struct junit *junit)
{
    struct suite *suite = &junit->suite;
    if (!junit->has_sample)
        return;
    junit->has_sample = false;
    begin_case(junit, junit->variant, junit->sample, junit->sample_ns);
    suite->time_ns += junit->sample_ns;
    str counts = arena_printf(&junit->arena, "%" PRIu64 " of %" PRIu64 " trials correct",
                              junit->right, junit->trials);
    if (junit->failed) {
        suite->errors++;
        str message = arena_printf(&junit->arena, "%.*s%s%.*s", STR_ARG(counts),
                                   junit->message.n ? ": " : "", STR_ARG(junit->message));
        element(&suite->cases, "error", message, arena_str(&junit->arena, junit->reason).p);
    } else if (junit->wrong) {
        suite->failures++;
        element(&suite->cases, "failure", counts, "wrong");
    } else if (junit->open) {
        suite->skipped++;
        element(&suite->cases, "skipped",
                arena_printf(&junit->arena, "%.*s, %" PRIu64 " without a score",
                             STR_ARG(counts), junit->open),
                NULL);
    }
    end_case(junit);
}

static void begin_sample(struct junit *junit, const struct report_cell *cell)
{
    bool other = !junit->has_sample || !str_equal(junit->variant, cell->variant);
    if (!other && str_equal(junit->sample, cell->sample))
        return;
    bool next_variant = junit->has_sample && other;
    str before = junit->variant;
    end_sample(junit);
    if (next_variant)
        end_suite(junit, before);
    junit->has_sample = true;
    junit->variant = arena_str(&junit->arena, cell->variant);
    junit->sample = arena_str(&junit->arena, cell->sample);
    junit->trials = junit->right = junit->wrong = junit->failed = junit->open = 0;
    junit->sample_ns = 0;
    junit->reason = junit->message = STR("");
}

static int add_cell(void *arg, const struct report_cell *cell)
{
    struct junit *junit = arg;
    const struct store_cell *row = cell->row;
    if (cell->perturbation.n) /* a variant is not judged by its changed samples */
        return 0;
    begin_sample(junit, cell);
    junit->trials++;
    if (row && row->latency_ns > 0)
        junit->sample_ns += row->latency_ns;
    if (row && str_equal(str_from(cell->status), STR("ok"))) {
        junit->right += row->correct > 0;
        junit->wrong += row->correct <= 0;
    } else if (row && (str_equal(str_from(cell->status), STR("error")) ||
                       str_equal(str_from(cell->status), STR("timeout")))) {
        if (junit->failed++ == 0) {
            junit->reason =
                arena_str(&junit->arena, row->reason.n ? row->reason : str_from(cell->status));
            junit->message = arena_str(&junit->arena, str_sub(row->message, 0, TEXT_MAX));
        }
    } else {
        junit->open++;
    }
    return 0;
}

static int write_samples(struct junit *junit, struct err *err)
{
    if (!junit->input->store)
        return 0;
    if (report_each_cell(junit->input, "a JUnit report", add_cell, junit, err) < 0)
        return -1;
    str last = junit->variant;
    bool any = junit->has_sample;
    end_sample(junit);
    if (any)
        end_suite(junit, last);
    return 0;
}

int report_junit(const struct report_input *input, struct buf *out, struct err *err)
{
    struct junit junit = {.input = input};
    const struct summary *summary = input->summary;
    for (size_t i = 0; i < summary->requirement_count; i++)
        write_requirement(&junit, &summary->requirements[i]);
    if (summary->requirement_count || !input->store)
        end_suite(&junit, STR("requirements"));
    int result = write_samples(&junit, err);
    if (result == 0) {
        buf_add_str(out, STR("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites"));
        attribute(out, "name", summary->meta.experiment);
        buf_printf(out,
                   " tests=\"%" PRIu64 "\" failures=\"%" PRIu64 "\" errors=\"%" PRIu64 "\"",
                   junit.tests, junit.failures, junit.errors);
        attribute(out, "time", seconds(&junit, junit.time_ns));
        buf_add_str(out, STR(">\n"));
        buf_add_str(out, buf_str(&junit.suites));
        buf_add_str(out, STR("</testsuites>\n"));
    }
    buf_release(&junit.suite.cases);
    buf_release(&junit.suites);
    arena_release(&junit.arena);
    return result;
}
