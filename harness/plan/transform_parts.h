/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * transform_parts.h: what the transform files share: kinds of characters, by fixed rules and not
 * by locale. Positions are byte offsets into UTF-8 text.
 */
#ifndef PLAN_TRANSFORM_PARTS_H
#define PLAN_TRANSFORM_PARTS_H

#include "plan/transform.h"

/* ASCII punctuation and symbols, and what Unicode has for the same purpose. */
bool is_punctuation(uint32_t code_point);
/* Letters, digits and _; above ASCII everything but punctuation and blanks. */
bool is_word(uint32_t code_point);
/* The character that ends before `at`, or begins there; 0 at the ends of the text. */
uint32_t char_before(str text, size_t at);
uint32_t char_after(str text, size_t at);

#endif
