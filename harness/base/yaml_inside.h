/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * yaml_inside.h: what the files that read YAML share; nobody else includes it.
 *
 *     yaml.c          the tree, from libfyaml's events
 *     yaml_scalar.c   what a plain scalar is
 *     yaml_trouble.c  what is not let in, and what the library complains of
 *     yaml_tree.c     a tree that is there: looking, places, changed copies
 */
#ifndef BASE_YAML_INSIDE_H
#define BASE_YAML_INSIDE_H

#include "base/yaml.h"

/* Kind, boolean and number of a node whose text had no quotes; a text stays what it is. */
void yaml_resolve_plain(struct yaml *node);

/* Small enough, UTF-8, without control characters; else a mistake at the first byte that is not. */
bool yaml_is_fit(const struct source *source, const struct yaml_limits *limits,
                 struct mistakes *mistakes);
/* Adds what the library said of this place as a mistake. What lacks at the end of a file is told
 * behind its last text, not on an empty line further down. */
void yaml_tell(struct mistakes *mistakes, struct place place, const char *said);

#endif
