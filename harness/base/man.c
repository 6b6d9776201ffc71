/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * man.c: text into roff (see man.h).
 */
#include "base/man.h"

void man_write(struct buf *out, str text)
{
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        bool line_start = i == 0 || text.p[i - 1] == '\n';
        if (line_start && (c == '.' || c == '\''))
            buf_add_str(out, STR("\\&"));
        if (c == '\\')
            buf_add_str(out, STR("\\e"));
        else if (c == '-')
            buf_add_str(out, STR("\\-"));
        else
            buf_add_char(out, c);
    }
}

void man_begin(struct buf *out, const char *name, const char *writer)
{
    buf_printf(out, ".\\\" Written by %s; do not edit.\n.TH ", writer);
    man_write(out, str_from(name));
    buf_printf(out, " 1 \"\" \"weir %s\"\n", WEIR_VERSION);
}

void man_section(struct buf *out, const char *name)
{
    buf_printf(out, ".SH %s\n", name);
}

void man_paragraph(struct buf *out, const char *text)
{
    buf_add_str(out, STR(".PP\n"));
    man_write(out, str_from(text));
    buf_add_char(out, '\n');
}

void man_terms(struct buf *out, const struct man_term *term)
{
    for (; term->name; term++) {
        buf_add_str(out, STR(".TP\n\\fB"));
        man_write(out, str_from(term->name));
        buf_add_str(out, STR("\\fR\n"));
        man_write(out, str_from(term->text));
        buf_add_char(out, '\n');
    }
}

void man_example(struct buf *out, const char *text)
{
    buf_add_str(out, STR(".PP\n.nf\n.RS 4\n"));
    man_write(out, str_from(text));
    buf_add_str(out, STR("\n.RE\n.fi\n"));
}
