/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * importing_template.h: one template of promptfoo's while it becomes one of weir's, for the files that
 * read it.
 */
#ifndef CMD_IMPORTING_TEMPLATE_H
#define CMD_IMPORTING_TEMPLATE_H

#include "cmd/importing.h"

enum { IMPORT_LOOPS_MAX = 4 };

struct import_converter {
    struct importing *importing;
    str text;
    size_t at;
    struct buf out;
    /* Names from outside, and what promptfoo renders for them when they are not there. */
    json *used;
    str loop[IMPORT_LOOPS_MAX];
    size_t loops;
    str why;
    bool trim; /* white space behind a tag with "-" */
};

/* Always false, with the reason in `why`. */
bool import_refuse(struct import_converter *converter, const char *format, str what);

/* importing_expression.c: what stands between {{ and }}, written to `out` as weir's; false with why. */
bool import_expression(struct import_converter *converter, str text);
/* The path from there on, to `out`; its first name is noted as used. False when it is none of weir's. */
bool import_read_path(struct import_converter *converter, str text, size_t *at);
bool import_is_loop_name(const struct import_converter *converter, str name);
str import_read_word(str text, size_t *at);
void import_skip_blanks(str text, size_t *at);

#endif
