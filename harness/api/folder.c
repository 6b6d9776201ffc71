/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * folder.c: the folder of a run without a store. The command has a second process that removes it whatever
 * happens; a process that is not ours is not forked for that, so a crash leaves the folder behind.
 */
#include "api/inside.h"

#include "base/mem.h"

struct api_folder *api_folder_make(struct err *err)
{
    struct api_folder *folder = xcalloc(1, sizeof *folder);
    atomic_init(&folder->users, 1);
    if (unkept_make(&folder->unkept, false, &folder->arena, err) == 0)
        return folder;
    arena_release(&folder->arena);
    xfree(folder);
    return NULL;
}

struct api_folder *api_folder_use(struct api_folder *folder)
{
    if (folder)
        atomic_fetch_add(&folder->users, 1);
    return folder;
}

void api_folder_leave(struct api_folder *folder)
{
    if (!folder || atomic_fetch_sub(&folder->users, 1) > 1)
        return;
    unkept_remove(&folder->unkept);
    arena_release(&folder->arena);
    xfree(folder);
}
