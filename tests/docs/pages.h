/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * pages.h: pages are run: each in a folder, a home and, where the system lets us, a network of its
 * own, several at once.
 */
#ifndef DOCS_PAGES_H
#define DOCS_PAGES_H

#include "docs/markdown.h"

struct docs_run {
    const struct docs_page *page;
    str copy; /* a folder that the page begins in a copy of; empty: an empty one */
    size_t ran, wrong;
    str told; /* what went wrong, in lines */
};

struct docs_place {
    const char *root;   /* of the repository */
    const char *bin;    /* folder of weir and weir-mock */
    const char *driver; /* page.bash */
    size_t at_once;     /* pages */
    bool own_network;
    int limit_s; /* for a page */
};

/* Whether it is to be run here: commands, without a mark against it, and what they need is there. */
bool docs_block_runs(struct arena *arena, const struct docs_block *block);
/* Whether pages can have a network of their own. Where they cannot, pages that start servers run one
 * after the other, and what they ask of others goes to a port where nobody listens. */
bool docs_network_is_own(void);
/* Runs them all, and fills `ran`, `wrong` and `told`. */
void docs_run_pages(struct arena *arena, const struct docs_place *place, struct docs_run *run,
                    size_t count);

#endif
