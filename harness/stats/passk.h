/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reliability over k tries, unbiased (Chen et al. 2021, arXiv 2107.03374; Yao et al. 2024, arXiv
 * 2406.12045). */
#ifndef STATS_PASSK_H
#define STATS_PASSK_H

#include <stdint.h>

#include "stats/maybe.h"

/* A sample with `correct` of `trials` right: chance that at least one, and that all, of k tries
 * succeed. Unknown for k > trials. */
maybe stats_pass_at_k(uint64_t trials, uint64_t correct, uint64_t k);
maybe stats_pass_hat_k(uint64_t trials, uint64_t correct, uint64_t k);

#endif
