/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * option_print.c: what is printed from option rows: help and reference tables.
 */
#include "base/option.h"

#include "base/man.h"

/* What stands for an option's value. */
static const char *const values[] = {
    [OPT_TYPE_INT] = "N",         [OPT_TYPE_NUMBER] = "N",   [OPT_TYPE_SHARE] = "SHARE",
    [OPT_TYPE_TEXT] = "TEXT",     [OPT_TYPE_LABEL] = "TEXT", [OPT_TYPE_NAME] = "NAME",
    [OPT_TYPE_DURATION] = "TIME", [OPT_TYPE_SIZE] = "SIZE",  [OPT_TYPE_USD] = "USD",
    [OPT_TYPE_CHOICE] = "WORD",   [OPT_TYPE_TEXTS] = "TEXT",
};

static void write_word(struct buf *out, const char *key)
{
    for (const char *c = key; *c; c++)
        buf_add_char(out, *c == '_' ? '-' : *c);
}

static void write_name(struct buf *out, const struct opt *row)
{
    size_t start = out->n;
    if (row->letter)
        buf_printf(out, "  -%c, --", row->letter);
    else
        buf_printf(out, "      --");
    write_word(out, row->key);
    if (row->type != OPT_TYPE_BOOL)
        buf_printf(out, " %s", row->word ? row->word : values[row->type]);
    size_t used = out->n - start;
    buf_printf(out, "%*s", used < 30 ? (int)(30 - used) : 1, "");
}

void opt_write_help(struct buf *out, const struct opt *rows)
{
    for (const struct opt *row = rows; row->type != OPT_TYPE_END; row++) {
        write_name(out, row);
        buf_printf(out, "%s", row->help);
        if (row->also) {
            buf_add_str(out, STR(" (also --"));
            write_word(out, row->also);
            buf_add_char(out, ')');
        }
        if (row->fallback && row->fallback[0] && row->type != OPT_TYPE_BOOL)
            buf_printf(out, " (default %s)", row->fallback);
        buf_add_char(out, '\n');
    }
}

void opt_write_keys(struct buf *out, const struct opt *rows)
{
    struct arena scratch = {0};
    for (const struct opt *row = rows; row->type != OPT_TYPE_END; row++) {
        bool read_elsewhere = row->type == OPT_TYPE_RAW || row->type == OPT_TYPE_CUSTOM;
        str type =
            read_elsewhere && row->word ? str_from(row->word) : opt_type_text(&scratch, row);
        buf_printf(out, "  %-18s %s\n", row->key, row->help ? row->help : "");
        buf_printf(out, "  %-18s %.*s", "", STR_ARG(type));
        if (row->required)
            buf_add_str(out, STR("; required"));
        else if (row->fallback && row->fallback[0])
            buf_printf(out, "; default %s", row->fallback);
        buf_add_char(out, '\n');
    }
    arena_release(&scratch);
}

void opt_write_man(struct buf *out, const struct opt *rows)
{
    for (const struct opt *row = rows; row->type != OPT_TYPE_END; row++) {
        buf_add_str(out, STR(".TP\n\\fB"));
        if (row->letter)
            buf_printf(out, "\\-%c\\fR, \\fB", row->letter);
        buf_add_str(out, STR("\\-\\-"));
        for (const char *c = row->key; *c; c++)
            man_write(out, *c == '_' ? STR("-") : (str){c, 1});
        buf_add_str(out, STR("\\fR"));
        if (row->type != OPT_TYPE_BOOL)
            buf_printf(out, " \\fI%s\\fR", row->word ? row->word : values[row->type]);
        buf_add_char(out, '\n');
        man_write(out, str_from(row->help));
        if (row->also) {
            buf_add_str(out, STR(" (also \\fB\\-\\-"));
            for (const char *c = row->also; *c; c++)
                man_write(out, *c == '_' ? STR("-") : (str){c, 1});
            buf_add_str(out, STR("\\fR)"));
        }
        if (row->fallback && row->fallback[0] && row->type != OPT_TYPE_BOOL) {
            buf_add_str(out, STR(" (default "));
            man_write(out, str_from(row->fallback));
            buf_add_char(out, ')');
        }
        buf_add_char(out, '\n');
    }
}

void opt_write_reference(struct buf *out, const struct opt *rows)
{
    struct arena scratch = {0};
    buf_printf(out, "| key | type | default | meaning |\n| --- | --- | --- | --- |\n");
    for (const struct opt *row = rows; row->type != OPT_TYPE_END; row++) {
        str type = opt_type_text(&scratch, row);
        const char *fallback = row->required   ? "required"
                               : row->fallback ? row->fallback
                                               : "none";
        buf_printf(out, "| `%s` | %.*s | %s | %s |\n", row->key, STR_ARG(type), fallback,
                   row->help);
    }
    arena_release(&scratch);
}
