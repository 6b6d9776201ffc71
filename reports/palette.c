/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * palette.c: see palette.h.
 */
#include "reports/palette.h"

static const char *const colours[PALETTE_COLOURS] = {"#0072B2", "#D55E00", "#009E73", "#CC79A7",
                                                     "#E69F00", "#56B4E9", "#000000"};

const char *palette_colour(size_t place)
{
    return colours[place % PALETTE_COLOURS];
}
