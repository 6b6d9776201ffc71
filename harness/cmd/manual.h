/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * manual.h: the manual page weir(1), made from the table of commands. The build
 * writes it (weir.1) with the program that it has just made.
 */
#ifndef CMD_MANUAL_H
#define CMD_MANUAL_H

#include "base/buf.h"

void manual_write(struct buf *out);

#endif
