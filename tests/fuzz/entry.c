/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * entry.c: libFuzzer's way into one target; FUZZ_NAME names it, FUZZ_TABLE is the header of the
 * table that it stands in.
 *
 * With WEIR_FUZZ_CORPUS set, the target's seeds and words are written there first, so that
 * script/fuzz needs no files of its own.
 */
#include FUZZ_TABLE

#include "base/file.h"

int LLVMFuzzerInitialize(int *count, char ***arguments);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static const struct fuzz_target *target(void)
{
    for (size_t i = 0; i < sizeof fuzz_targets / sizeof *fuzz_targets; i++)
        if (strcmp(fuzz_targets[i].name, FUZZ_NAME) == 0)
            return &fuzz_targets[i];
    fprintf(stderr, "no fuzz target is named " FUZZ_NAME "\n");
    abort();
}

static void write_texts(const char *folder, const char *kind, const char *const *text)
{
    struct arena arena = {0};
    struct err err = {0};
    for (size_t i = 0; text[i]; i++) {
        str path = arena_printf(&arena, "%s/%s-%zu", folder, kind, i);
        if (file_write(path.p, str_from(text[i]), &err) < 0) {
            fprintf(stderr, "%s\n", err.message);
            abort();
        }
    }
    arena_release(&arena);
}

int LLVMFuzzerInitialize(int *count, char ***arguments)
{
    (void)count;
    (void)arguments;
    const char *folder = getenv("WEIR_FUZZ_CORPUS");
    if (folder) {
        write_texts(folder, "seed", target()->seeds);
        write_texts(folder, "word", target()->words);
    }
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static const struct fuzz_target *found;
    if (!found)
        found = target();
    fuzz_run(found, (str){(const char *)bytes, size});
    return 0;
}
