/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * html_escape.h: text on its way into a page, one function for each place it may stand in.
 *
 * All text of a page passes through here, ours and everybody else's (rule 12 of
 * docs/architecture.md). Characters that a browser would obey or hide (control characters,
 * bidirectional overrides, bytes that are not UTF-8) are shown as escapes, as a terminal gets
 * them; a page holds none of them, not even as a character reference.
 *
 * There is no function for CSS or for code: nothing from outside stands in either. The page has no
 * inline style and no inline handler, and its Content-Security-Policy forbids both.
 */
#ifndef REPORTS_HTML_ESCAPE_H
#define REPORTS_HTML_ESCAPE_H

#include "base/buf.h"

/* Between tags. Line breaks stay. */
void html_text(struct buf *out, str text);
/* The same for a sentence of ours: at the end of a line a number is not parted from its unit, nor an
 * interval in two. */
void html_sentence(struct buf *out, str text);
/* Inside double quotes. */
void html_attribute(struct buf *out, str text);
/* A whole JSON text inside <script type="application/json">: `<`, `>` and `&`, which stand in
 * JSON's texts alone, become \u escapes, so that no tag and no comment can begin or end there. */
void html_json(struct buf *out, str json);

/* Visible text with its line breaks and tabs, as html_text shows it but not escaped: for JSON,
 * whose reader sets it as text. Of more than `most` bytes the first are taken; *left_out says how
 * many are missing. */
str html_lines(struct arena *arena, str text, size_t most, size_t *left_out);

#endif
