/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * look.h: what is looked at on a page without running it.
 */
#ifndef DOCS_LOOK_H
#define DOCS_LOOK_H

#include "docs/commands.h"
#include "docs/snippets.h"

#include "base/buf.h"

struct docs_look {
    struct docs_commands *commands;
    const struct docs_snippets *snippets;
    const struct docs_page *page; /* that is looked at */
    size_t commands_seen, sections, wrong;
    struct buf told; /* what is wrong, in lines */
};

/* Fills the counts and `told` for this page, and says of its blocks what checks them. */
void docs_look_at(struct docs_look *look, struct docs_page *page);

#endif
