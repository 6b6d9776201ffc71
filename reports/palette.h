/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * palette.h: the colours of variants, the same in every picture and page.
 *
 * Those of Okabe and Ito (2008), which people with any common colour blindness can tell apart. A
 * colour belongs to a variant by its place in the decision order. Never is anything said by colour
 * alone: dashes, shapes, signs and words say it too.
 */
#ifndef REPORTS_PALETTE_H
#define REPORTS_PALETTE_H

#include <stddef.h>

enum { PALETTE_COLOURS = 7 };

/* "#0072B2", ...: repeats after PALETTE_COLOURS. The last one, black, is that of text. */
const char *palette_colour(size_t place);

#endif
