/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * yaml_write.h: JSON values as YAML that people read and compare line by line.
 *
 * Block style, one member or item a line; texts with line breaks as literal blocks, so that a
 * prompt looks like a prompt; lists of nothing but numbers (embeddings) as wrapped rows. What is
 * written, base/yaml reads back as the same value, and so does any reader of YAML 1.1 or 1.2:
 * words that one of them takes for something else (no, 1_000, ~) are quoted.
 */
#ifndef BASE_YAML_WRITE_H
#define BASE_YAML_WRITE_H

#include "base/json.h"

enum yaml_order { YAML_AS_IT_IS, YAML_SORTED /* members by their names' bytes */ };

/* The value behind "key:" or "-", with the blank or line break before it and the one behind it;
 * what goes on lines of its own stands in column `indent`. */
void yaml_write(struct buf *out, const json *value, unsigned indent, enum yaml_order order);
/* The same for a text. It must be UTF-8; `indent` is at least 1. */
void yaml_write_text(struct buf *out, str text, unsigned indent);
/* "name:" of a member, quoted where it must be. */
void yaml_write_key(struct buf *out, str key, unsigned indent);

/* False for values that YAML holds badly: nested deeper than 40, or with a name of more than 500
 * bytes (YAML ends at 1,024). */
bool yaml_is_writable(const json *value);

#endif
