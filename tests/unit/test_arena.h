/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_arena.h: one arena for each test of a program, released behind it.
 */
#ifndef UNIT_TEST_ARENA_H
#define UNIT_TEST_ARENA_H

#include "base/arena.h"

static struct arena arena;

static int setup(void **state)
{
    (void)state;
    arena = (struct arena){0};
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

#endif
