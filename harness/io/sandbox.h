/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sandbox.h: what a program that a model wrote may do (Linux only; rule 11).
 *
 *     network      none: a network namespace of its own, without a way out
 *     files        can be read as by weir's user; nothing can be written but /tmp, /var/tmp and
 *                  /dev/shm, which are empty, private and small. /run is empty. The folder of
 *                  the experiment and that of the program stay where they are
 *     devices      null, zero, full, random, urandom
 *     processes    sees only its own (a pid namespace); all end with the first; at most
 *                  SANDBOX_PROCESSES
 *     privileges   none to gain (no_new_privs); no user namespaces inside
 *     memory       the request's, of address space and for each process; files, open files and
 *                  core dumps are limited too
 *
 * Started by root the program runs as user and group 65534, since the kernel counts no processes
 * of root; it may still read what root may. What it can read it can print: keep secrets
 * elsewhere.
 *
 * Needs user namespaces that an ordinary user may create, and Linux 5.12 (mount_setattr). On a
 * system that lacks either, exec_sandbox_available says so and nothing is run.
 */
#ifndef IO_SANDBOX_H
#define IO_SANDBOX_H

enum {
    SANDBOX_PROCESSES = 64,
    SANDBOX_OPEN_FILES = 256,
    SANDBOX_FILE_BYTES = 64 * 1024 * 1024,
    SANDBOX_USER = 65534, /* "nobody" wherever there is one */
};

#endif
