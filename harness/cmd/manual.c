/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * manual.c: sections of the manual page around the commands' own tables (see manual.h).
 */
#include "cmd/manual.h"

#include "base/man.h"
#include "cmd/cmd.h"

static const struct man_term environment[] = {
    {"WEIR_KEY", "An option that is not given: WEIR_MAX_CALLS=100 for --max-calls 100."},
    {"WEIR_LOG", "error, warning, info or debug: how much is told on stderr."},
    {"NO_COLOR", "Nothing is coloured."},
    {"OPENAI_API_KEY and others", "The keys of providers, under the names that key_env says. "
                                  "They are read from nowhere else, "
                                  "and written nowhere."},
    {0},
};

static const struct man_term files[] = {
    {"experiment.yaml", "What is compared; weir help lists its sections."},
    {".weir/runs/", "Beside the experiment: a SQLite file for every run."},
    {".weir/runs/ID.labels.jsonl", "What people said of a run's answers: weir label."},
    {".weir/cache.db", "Replies kept across runs, where the experiment asks for it."},
    {0},
};

static const struct man_term codes[] = {
    {"0", "Fine."},
    {"1", "The program failed."},
    {"2", "Usage, or bad input."},
    {"3", "The run is incomplete: weir run --resume goes on."},
    {"100", "A requirement is not met, or nothing could be decided about it."},
    {"130", "Stopped by a second Ctrl-C."},
    {0},
};

static void write_command(struct buf *out, const struct cmd *cmd)
{
    buf_add_str(out, STR(".SS "));
    man_write(out, str_from(cmd->name));
    buf_add_str(out, STR("\n.PP\n\\fBweir "));
    man_write(out, str_from(cmd->name));
    buf_add_str(out, STR("\\fR "));
    man_write(out, str_from(cmd->usage));
    buf_add_char(out, '\n');
    man_paragraph(out, cmd->summary);
    if (cmd->details)
        man_paragraph(out, cmd->details);
    opt_write_man(out, cmd->options);
}

void manual_write(struct buf *out)
{
    man_begin(out, "WEIR", "weir help --man");
    man_section(out, "NAME");
    buf_add_str(out, STR("weir \\- measures LLM workflows\n"));
    man_section(out, "SYNOPSIS");
    buf_add_str(out, STR("\\fBweir\\fR \\fICOMMAND\\fR [\\fIarguments\\fR]\n"));
    man_section(out, "DESCRIPTION");
    man_paragraph(out,
                  "weir runs the same dataset through every variant of a workflow, against a "
                  "provider or the bundled weir-mock, and says which variant is better, by "
                  "how much, at what price, and whether the difference is real.");
    man_section(out, "COMMANDS");
    for (const struct cmd *const *cmd = cmd_table; *cmd; cmd++)
        write_command(out, *cmd);
    man_section(out, "ENVIRONMENT");
    man_terms(out, environment);
    man_section(out, "FILES");
    man_terms(out, files);
    man_section(out, "EXIT STATUS");
    man_terms(out, codes);
    man_section(out, "EXAMPLE");
    man_example(out, "$ weir init my-faq --from faq\n"
                     "$ cd my-faq\n"
                     "$ weir check\n"
                     "$ weir run --mock\n"
                     "$ weir report --json");
    man_section(out, "SEE ALSO");
    buf_add_str(out, STR("\\fBweir\\-mock\\fR(1)\n"));
}
