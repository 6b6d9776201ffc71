/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cmd_completion.c: weir completion SHELL: what a shell needs to complete weir's commands and
 * options, made from their tables. The scripts offer words; where a file may stand, the shell
 * completes files.
 */
#include "cmd/cmd.h"

#include "base/mistakes.h"
#include "base/text.h"

#include <stdio.h>

struct completion_cmd {
    bool unused;
};

static const struct opt completion_cmd_options[] = {OPT_END};

static bool is_end(const struct opt *row)
{
    return row->type == OPT_TYPE_END;
}

static void write_option(struct buf *out, const struct opt *row)
{
    buf_add_str(out, STR("--"));
    for (const char *c = row->key; *c; c++)
        buf_add_char(out, *c == '_' ? '-' : *c);
}

/* In single quotes, for each of the shells: a quote ends them, is escaped, and begins them. */
static void write_quoted(struct buf *out, const char *text)
{
    buf_add_char(out, '\'');
    for (; *text; text++)
        if (*text == '\'')
            buf_add_str(out, STR("'\\''"));
        else
            buf_add_char(out, *text);
    buf_add_char(out, '\'');
}

static void write_words(struct buf *out, const char *const *word)
{
    for (; word && *word; word++)
        buf_printf(out, " %s", *word);
}

/* ---- bash ---- */

static void bash_command(struct buf *out, const struct cmd *cmd)
{
    buf_printf(out, "    %s)\n      words=\"", cmd->name);
    for (const struct opt *row = cmd->options; !is_end(row); row++) {
        write_option(out, row);
        buf_add_char(out, ' ');
    }
    buf_add_str(out, STR("--help\"\n      first=\""));
    write_words(out, cmd->words);
    buf_add_str(out, STR("\"\n      case $previous in\n"));
    for (const struct opt *row = cmd->options; !is_end(row); row++) {
        if (row->type != OPT_TYPE_CHOICE)
            continue;
        buf_add_str(out, STR("        "));
        write_option(out, row);
        buf_add_str(out, STR(") only=\""));
        write_words(out, row->choices);
        buf_add_str(out, STR("\" ;;\n"));
    }
    buf_add_str(out, STR("        *) ;;\n      esac ;;\n"));
}

static void write_bash(struct buf *out)
{
    buf_add_str(
        out,
        STR("# Completion of weir for bash, made by weir completion bash.\n"
            "_weir() {\n"
            "  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}\n"
            "  local words='' first='' only=''\n"
            "  if [ \"$COMP_CWORD\" = 1 ]; then\n    only=\""));
    for (const struct cmd *const *cmd = cmd_table; *cmd; cmd++)
        buf_printf(out, "%s ", (*cmd)->name);
    buf_add_str(out, STR("--help --version\"\n  fi\n  case ${COMP_WORDS[1]} in\n"));
    for (const struct cmd *const *cmd = cmd_table; *cmd; cmd++)
        bash_command(out, *cmd);
    buf_add_str(out, STR("    *) ;;\n  esac\n"
                         "  [ \"$COMP_CWORD\" = 2 ] && only=${only:-$first}\n"
                         "  case $current in -*) only=${only:-$words} ;; *) ;; esac\n"
                         "  if [ -n \"$only\" ]; then\n"
                         "    mapfile -t COMPREPLY < <(compgen -W \"$only\" -- \"$current\")\n"
                         "  else\n"
                         "    mapfile -t COMPREPLY < <(compgen -f -- \"$current\")\n"
                         "  fi\n}\ncomplete -o filenames -F _weir weir\n"));
}

/* ---- zsh ---- */

/* '--name[help]:value:_files': brackets and colons mean something in a specification. */
static void zsh_option(struct buf *out, const struct opt *row)
{
    struct buf text = {0};
    write_option(&text, row);
    buf_add_char(&text, '[');
    for (const char *c = row->help; c && *c; c++) {
        if (*c == '[' || *c == ']' || *c == ':' || *c == '\\')
            buf_add_char(&text, '\\');
        buf_add_char(&text, *c);
    }
    buf_add_char(&text, ']');
    if (row->type == OPT_TYPE_CHOICE) {
        buf_add_str(&text, STR(":word:("));
        write_words(&text, row->choices);
        buf_add_char(&text, ')');
    } else if (row->type != OPT_TYPE_BOOL) {
        buf_add_str(&text, STR(":value:_files"));
    }
    buf_add_char(&text, '\0');
    buf_add_str(out, STR(" \\\n        "));
    write_quoted(out, text.p);
    buf_release(&text);
}

static void zsh_command(struct buf *out, const struct cmd *cmd)
{
    buf_printf(out, "    %s)\n      _arguments", cmd->name);
    for (const struct opt *row = cmd->options; !is_end(row); row++)
        zsh_option(out, row);
    if (cmd->words) {
        buf_add_str(out, STR(" \\\n        '1:word:("));
        write_words(out, cmd->words);
        buf_add_str(out, STR(")'"));
    }
    buf_add_str(out, STR(" \\\n        '*:file:_files' ;;\n"));
}

static void write_zsh(struct buf *out)
{
    buf_add_str(out, STR("#compdef weir\n"
                         "# Completion of weir for zsh, made by weir completion zsh.\n"
                         "_weir() {\n  local -a commands\n  commands=(\n"));
    for (const struct cmd *const *cmd = cmd_table; *cmd; cmd++) {
        struct buf text = {0};
        buf_printf(&text, "%s:%s", (*cmd)->name, (*cmd)->summary);
        buf_add_char(&text, '\0');
        buf_add_str(out, STR("    "));
        write_quoted(out, text.p);
        buf_add_char(out, '\n');
        buf_release(&text);
    }
    buf_add_str(out, STR("  )\n  if (( CURRENT == 2 )); then\n    _describe command commands\n"
                         "    return\n  fi\n  local command=${words[2]}\n"
                         "  shift words\n  (( CURRENT-- ))\n  case $command in\n"));
    for (const struct cmd *const *cmd = cmd_table; *cmd; cmd++)
        zsh_command(out, *cmd);
    buf_add_str(out, STR("  esac\n}\ncompdef _weir weir\n"));
}

/* ---- fish ---- */

static void fish_option(struct buf *out, const char *command, const struct opt *row)
{
    buf_printf(out, "complete -c weir -n '__fish_seen_subcommand_from %s' -l ", command);
    for (const char *c = row->key; *c; c++)
        buf_add_char(out, *c == '_' ? '-' : *c);
    if (row->letter)
        buf_printf(out, " -s %c", row->letter);
    if (row->type == OPT_TYPE_CHOICE) {
        buf_add_str(out, STR(" -x -a '"));
        write_words(out, row->choices);
        buf_add_char(out, '\'');
    } else if (row->type != OPT_TYPE_BOOL) {
        buf_add_str(out, STR(" -r"));
    }
    buf_add_str(out, STR(" -d "));
    write_quoted(out, row->help ? row->help : "");
    buf_add_char(out, '\n');
}

static void write_fish(struct buf *out)
{
    buf_add_str(out, STR("# Completion of weir for fish, made by weir completion fish.\n"));
    for (const struct cmd *const *cmd = cmd_table; *cmd; cmd++) {
        buf_printf(out, "complete -c weir -f -n __fish_use_subcommand -a %s -d ", (*cmd)->name);
        write_quoted(out, (*cmd)->summary);
        buf_add_char(out, '\n');
        if ((*cmd)->words) {
            buf_printf(out, "complete -c weir -f -n '__fish_seen_subcommand_from %s' -a '",
                       (*cmd)->name);
            write_words(out, (*cmd)->words);
            buf_add_str(out, STR("'\n"));
        }
        for (const struct opt *row = (*cmd)->options; !is_end(row); row++)
            fish_option(out, (*cmd)->name, row);
    }
}

/* ---- the command ---- */

static const struct shell {
    const char *name;
    void (*write)(struct buf *out);
} shells[] = {{"bash", write_bash}, {"fish", write_fish}, {"zsh", write_zsh}};
static const char *const shell_names[] = {"bash", "fish", "zsh", NULL};
enum { SHELLS = sizeof shells / sizeof shells[0] };

static int completion_run(struct arena *arena, const void *options, const str *arg, size_t args,
                          struct err *err)
{
    str word[SHELLS];
    (void)options;
    for (size_t i = 0; i < SHELLS; i++) {
        word[i] = str_from(shells[i].name);
        if (args != 1 || !str_equal(arg[0], word[i]))
            continue;
        struct buf out = {0};
        shells[i].write(&out);
        fwrite(out.p, 1, out.n, stdout);
        buf_release(&out);
        return EXIT_FINE;
    }
    str given = cmd_arg(arg, args, 0), hint = mistake_hint(arena, given, word, SHELLS, true);
    str shown = text_visible(arena, given);
    if (cmd_no_more(arg, args, 1, err) == 0)
        err_set(err, ERR_INPUT, "no completion for '%.*s'%.*s", STR_ARG(shown), STR_ARG(hint));
    return -1;
}

const struct cmd cmd_completion = {
    .name = "completion",
    .usage = "SHELL",
    .summary = "print what bash, fish or zsh needs to complete weir's words",
    .details =
        "bash: eval \"$(weir completion bash)\" in ~/.bashrc; fish: weir completion fish >\n"
        "~/.config/fish/completions/weir.fish; zsh: weir completion zsh > _weir in a folder\n"
        "of $fpath, or eval \"$(weir completion zsh)\" after compinit.",
    .words = shell_names,
    CMD_OPTIONS(completion_cmd),
    .run = completion_run,
};
