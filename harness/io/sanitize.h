/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sanitize.h: which checker this build is made for: WEIR_ASAN, WEIR_TSAN, WEIR_VALGRIND are 0
 * or 1. The checkers follow one stack per thread; io/fiber.c tells them of ours.
 */
#ifndef IO_SANITIZE_H
#define IO_SANITIZE_H

#ifndef __has_feature
#define __has_feature(x) 0
#endif
#ifndef __has_include
#define __has_include(x) 0
#endif

#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
#define WEIR_ASAN 1
#else
#define WEIR_ASAN 0
#endif

#if defined(__SANITIZE_THREAD__) || __has_feature(thread_sanitizer)
#define WEIR_TSAN 1
#else
#define WEIR_TSAN 0
#endif

#if __has_include(<valgrind/valgrind.h>)
#define WEIR_VALGRIND 1
#else
#define WEIR_VALGRIND 0
#endif

#endif
