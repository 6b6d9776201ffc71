/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * markdown.h: text and tables of Markdown, for what is no report of a run (report_markdown.c has
 * them): all that a reader of Markdown could take for markup is taken for text.
 */
#ifndef REPORTS_MARKDOWN_H
#define REPORTS_MARKDOWN_H

#include "base/buf.h"
#include "reports/sheet.h"

/* As a paragraph or an item of a list. `text` is visible text. */
str markdown_escaped(struct arena *arena, str text);
/* The whole table and its note. */
void markdown_sheet(struct buf *out, struct arena *arena, const struct sheet *sheet);

#endif
