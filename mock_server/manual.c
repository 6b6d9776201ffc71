/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * manual.c: sections of the manual page around the table of options (see manual.h).
 *
 * The page says how to run the server. What can be written in a mock file is docs/mock-server.md's.
 */
#include "mock_server/manual.h"

#include "base/man.h"

static const struct man_term pages[] = {
    {"GET /healthz", "whether it serves, and which configuration is in force"},
    {"GET /metrics", "counters for Prometheus"},
    {"GET /mock/truth", "what was answered, refused and billed, and how late it was sent; "
                        "?scope=NAME of one scope alone"},
    {"GET /mock/journal", "the last 1,000 requests; ?scope=, model=, rule=, fault=, status=, "
                          "after=NUMBER, last=COUNT, gone=1 choose among them"},
    {"POST /mock/reset", "forgets all that was counted, or with ?scope=NAME that of one scope"},
    {"GET, POST /mock/clock", "the clock of virtual limits; {\"advance\": \"30s\"} moves it"},
    {NULL, NULL},
};

static const struct man_term signals[] = {
    {"SIGHUP", "Reads the mock file again. A file with mistakes changes nothing; they are told "
               "on stderr and by /healthz. Requests under way finish as they began."},
    {"SIGTERM, SIGINT",
     "Takes no new connections, closes idle ones, finishes replies under way "
     "(for --drain at most) and ends. A second one ends it at once."},
    {NULL, NULL},
};

static const struct man_term codes[] = {
    {"0", "ended by a signal, or nothing to do"},
    {"1", "the program failed: a port in use"},
    {"2", "usage, or a bad mock file"},
    {NULL, NULL},
};

void manual_write(struct buf *out, const struct opt *rows)
{
    man_begin(out, "WEIR-MOCK", "weir-mock --man");
    man_section(out, "NAME");
    buf_add_str(out, STR("weir\\-mock \\- a model server that does as it is told\n"));
    man_section(out, "SYNOPSIS");
    buf_add_str(out, STR("\\fBweir\\-mock\\fR [\\fB\\-\\-config\\fR \\fIFILE\\fR] "
                         "[\\fB\\-\\-port\\fR \\fIN\\fR] [\\fIoptions\\fR]\n"));
    man_section(out, "DESCRIPTION");
    man_paragraph(out,
                  "weir-mock speaks the APIs of OpenAI, Anthropic and Gemini on a port of this "
                  "machine. Without a file it serves any client at once; with a mock file it "
                  "plays models of known accuracy and speed, and fails on demand.");
    man_paragraph(
        out, "Once it accepts connections it prints one line of JSON with its address and "
             "process id, and nothing else, on stdout. It listens on the loopback address; "
             "any other must be named with --host and is warned about.");
    man_section(out, "OPTIONS");
    opt_write_man(out, rows);
    man_section(out, "PAGES");
    man_terms(out, pages);
    man_section(out, "SIGNALS");
    man_terms(out, signals);
    man_section(out, "EXIT STATUS");
    man_terms(out, codes);
    man_section(out, "EXAMPLE");
    man_paragraph(out, "A server that fails twice and then succeeds:");
    man_example(out, "$ cat mock.yaml\n"
                     "rules: {all: {reply: \"Here you are.\"}}\n"
                     "faults: [{status: 503, attempts: [1, 2], retry_after: 1s}]\n"
                     "$ weir-mock --config mock.yaml --port 0\n"
                     "{\"listening\": \"http://127.0.0.1:35071\", \"pid\": 4711}");
}
