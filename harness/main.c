/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * main.c: argv → row of the command table → exit code; nothing else.
 */
#include "cmd/cmd.h"

int main(int argc, char **argv)
{
    return cmd_main(argc, argv);
}
