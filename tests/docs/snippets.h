/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * snippets.h: YAML that pages show, held against the JSON Schema of experiment files. It knows
 * keys, types and words; names that lead nowhere and files that are not there it does not.
 */
#ifndef DOCS_SNIPPETS_H
#define DOCS_SNIPPETS_H

#include "docs/markdown.h"

#include "base/jsonschema.h"

enum docs_snippet {
    SNIPPET_EXPERIMENT, /* whole: weir check says more */
    SNIPPET_MOCK,       /* a mock file: weir-mock --check says more */
    SNIPPET_SECTION,    /* parts of an experiment, or keys of a node */
    SNIPPET_COMMANDS,   /* of a CI workflow: its commands are looked at */
    SNIPPET_OTHER,      /* its mark says what it is: <!-- yaml: a cassette --> */
};

struct docs_snippets {
    struct arena *arena;
    const json *schema;
    const struct jsonschema *parts; /* the same, where nothing is required at the top */
};

/* `schema` is what weir list schema prints. 0 or -1. */
int docs_snippets_init(struct docs_snippets *snippets, struct arena *arena, str schema);
/* What a block of YAML is. `wrong`: what is wrong with it, in lines; empty: nothing. */
enum docs_snippet docs_snippet_check(const struct docs_snippets *snippets,
                                     const struct docs_page *page,
                                     const struct docs_block *block, str *wrong);

#endif
