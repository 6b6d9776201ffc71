/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_texts.h: texts compared, and shown when they differ, at the line that compares them.
 */
#ifndef UNIT_TEST_TEXTS_H
#define UNIT_TEST_TEXTS_H

#include "base/str.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define assert_same_text(is, should)                                                           \
    do {                                                                                       \
        str is_ = (is), should_ = (should);                                                    \
        if (!str_equal(is_, should_))                                                          \
            fail_msg("is  '%.*s'\nnot '%.*s'", STR_ARG(is_), STR_ARG(should_));                \
    } while (0)
#define assert_text(is, should) assert_same_text((is), str_from(should))

#endif
