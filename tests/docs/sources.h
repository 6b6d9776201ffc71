/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sources.h: commands that the programs themselves show: in manual pages, help texts, messages.
 */
#ifndef DOCS_SOURCES_H
#define DOCS_SOURCES_H

#include "docs/look.h"

/* The commands of a manual page's EXAMPLE ("$ weir check") as a page with one block, which is run
 * where `runs`. `name` stands for its path. */
struct docs_page docs_page_of_manual(struct arena *arena, str name, str roff, bool runs);
/* Looks at the texts in a C file. */
void docs_look_at_source(struct docs_look *look, struct docs_page *page, str code);

#endif
