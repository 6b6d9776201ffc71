/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How alike two texts are: consecutive drafts of a refinement loop, duplicate subtasks. */
#ifndef STATS_SIMILARITY_H
#define STATS_SIMILARITY_H

#include <stddef.h>

#include "base/str.h"
#include "stats/maybe.h"

/* Texts longer than this many code points each are compared by their tokens alone. */
enum { STATS_SIMILARITY_MOST = 20000 };

struct stats_similarity {
    maybe levenshtein; /* edits over code points; unknown when both texts are too long */
    double normalized; /* 1 - edits / longer length; the Jaccard share when edits are unknown */
    double jaccard;    /* of the sets of tokens: ASCII lower case, split on ASCII white space */
};

/* Two empty texts are alike (1). An invalid byte counts as one code point, U+FFFD. */
struct stats_similarity stats_similarity_of(str a, str b);

#endif
