/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ceilings.h: every maximum in one place, each with its reason. What users can set has its
 * default in the option tables instead.
 */
#ifndef BASE_CEILINGS_H
#define BASE_CEILINGS_H

enum {
    /* An experiment is written by hand; a larger file is a dataset in the wrong place. */
    MAX_EXPERIMENT_BYTES = 4 * 1024 * 1024,
    MAX_YAML_DEPTH = 64,
    /* After expansion of aliases: ends the "billion laughs" before it begins. */
    MAX_YAML_NODES = 10000,
    /* Datasets are read whole. */
    MAX_DATASET_BYTES = 1024 * 1024 * 1024,
    MAX_YAML_DATASET_NODES = 5000000,
    MAX_PROMPT_BYTES = 4 * 1024 * 1024,
    MAX_SCHEMA_BYTES = 4 * 1024 * 1024,
    /* Mistakes that one look at a file shows. */
    MAX_MISTAKES = 50,
    MAX_TEMPLATE_TAGS = 1000,
    MAX_EACH_DEPTH = 4,
    MAX_RENDERED_BYTES = 16 * 1000 * 1000,
    MAX_VARIANTS = 100,
    MAX_PERTURBATIONS = 100, /* every one is a run of the whole dataset more */
    /* Above these sizes work leaves the loop thread for the worker pool (rule 1). */
    LARGE_PARSE_BYTES = 256 * 1024,
    LARGE_CHECK_BYTES = 64 * 1024,
    /* What comes over the wire for one reply of a model. What it says is limited by limits.reply;
     * around that stand envelopes, which for a streamed token take a hundred times its bytes. The
     * head room lets a short reply have long reasoning, the ceiling is for memory (300,000 tokens
     * in events of 400 bytes fit): a limits.reply above half of it raises it. */
    REPLY_WIRE_FACTOR = 256,
    REPLY_WIRE_ROOM_BYTES = 64 * 1024,
    MAX_REPLY_WIRE_BYTES = 128 * 1024 * 1024,
};

#endif
