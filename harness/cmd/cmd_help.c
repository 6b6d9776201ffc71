/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cmd_help.c: weir help: a command, a pattern, a check or a section of the experiment file
 * explained, or the manual page, all from the tables that they are read by.
 */
#include "cmd/cmd.h"
#include "cmd/manual.h"
#include "cmd/topics.h"

#include "base/mistakes.h"
#include "base/text.h"

#include <stdio.h>

struct help_cmd {
    bool man;
};

static const struct opt help_cmd_options[] = {
    OPT_BOOL(help_cmd, man, .fallback = "false", .help = "print the manual page weir(1)"),
    OPT_END,
};

enum { WORDS_MAX = 256 };

static int unknown_topic(struct arena *arena, str topic, struct err *err)
{
    str word[WORDS_MAX];
    size_t count = topic_names(arena, word, WORDS_MAX);
    for (const struct cmd *const *c = cmd_table; *c && count < WORDS_MAX; c++)
        word[count++] = str_from((*c)->name);
    str hint = mistake_hint(arena, topic, word, count, false);
    str shown = text_visible(arena, topic);
    return err_set(err, ERR_INPUT, "nothing is known of '%.*s'%.*s; weir help lists what is",
                   STR_ARG(shown), STR_ARG(hint));
}

/* "exec" is a pattern and a check: whatever has the name is told. */
static bool write_topic(struct buf *out, str topic)
{
    const struct cmd *cmd = cmd_find(topic);
    if (cmd)
        cmd_write_help(out, cmd);
    return topic_write(out, topic) || cmd;
}

static int help_run(struct arena *arena, const void *options, const str *arg, size_t args,
                    struct err *err)
{
    const struct help_cmd *help = options;
    struct buf out = {0};
    int code = EXIT_FINE;
    if (cmd_no_more(arg, args, 1, err) < 0)
        return -1;
    if (help->man) {
        manual_write(&out);
    } else if (args == 0) {
        cmd_write_overview(&out);
        buf_add_str(&out, STR("\nweir help TOPIC explains a command, or one of these:\n\n"));
        topic_list(&out);
    } else if (!write_topic(&out, arg[0])) {
        code = unknown_topic(arena, arg[0], err);
    }
    if (out.n)
        fwrite(out.p, 1, out.n, stdout);
    buf_release(&out);
    return code;
}

const struct cmd cmd_help = {
    .name = "help",
    .usage = "[TOPIC]",
    .summary = "explain a command, a pattern, a check or a section of the experiment file",
    CMD_OPTIONS(help_cmd),
    .run = help_run,
};
