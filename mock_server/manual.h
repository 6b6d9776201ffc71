/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * manual.h: the manual page, which weir-mock writes itself so that it knows every option.
 *
 *     weir-mock --man >docs/man/weir-mock.1
 */
#ifndef MOCK_MANUAL_H
#define MOCK_MANUAL_H

#include "base/option.h"

/* weir-mock(1), in roff with the man macros. */
void manual_write(struct buf *out, const struct opt *rows);

#endif
