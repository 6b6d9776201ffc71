/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * units.h: from the units that weir counts in (nanoseconds, billionths of a dollar) to those that people
 * read. clock.h has the other way, for whole numbers.
 */
#ifndef BASE_UNITS_H
#define BASE_UNITS_H

#define MS_PER_NS    1e-6
#define S_PER_NS     1e-9
#define USD_PER_NANO 1e-9

#endif
