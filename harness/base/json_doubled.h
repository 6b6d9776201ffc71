/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * json_doubled.h: where a name stands twice in one object of a JSON text. For json.c.
 */
#ifndef BASE_JSON_DOUBLED_H
#define BASE_JSON_DOUBLED_H

#include "base/str.h"

/* The byte of the second member of that name in the first object that has two; 0: none has. The text
 * is JSON. */
size_t json_doubled_at(str text, str name);

#endif
