/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * kept.c: a baseline file from the run that was judged by it (see kept.h). The file in the folder may
 * be another one by the time of a report.
 */
#include "session/kept.h"

#include "plan/experiment_baseline.h"

static int read_text(struct kept *kept, struct store *store, struct arena *arena, str *text,
                     struct err *err)
{
    size_t files;
    const struct store_file *file = store_files(store, &files);
    for (size_t i = 0; i < files; i++)
        if (str_equal(file[i].role, STR("baseline"))) {
            kept->name = arena_str(arena, file[i].path);
            return store_body(store, file[i].text.id, arena, text, err);
        }
    return 0;
}

static void find_pairs(struct kept *kept, struct store *store, struct arena *arena)
{
    size_t variants;
    const struct store_variant *variant = store_variants(store, &variants);
    size_t *of = arena_array(arena, size_t, variants + 1);
    size_t *own = arena_array(arena, size_t, variants + 1);
    for (size_t v = 0; v < variants; v++)
        for (size_t i = 0; i < kept->side.variants; i++)
            if (str_equal(kept->side.variant[i].name, variant[v].name)) {
                of[kept->pairs] = i;
                own[kept->pairs++] = v;
                break;
            }
    kept->of = of;
    kept->variant = own;
}

int kept_read(struct kept *kept, struct store *store, const json *definition,
              struct arena *arena, struct err *err)
{
    str text = {"", 0};
    *kept =
        (struct kept){.wanted = json_is(json_get(definition, STR("baseline")), JSON_OBJECT)};
    if (!kept->wanted || read_text(kept, store, arena, &text, err) < 0 || !kept->name.n)
        return kept->name.n ? -1 : 0;
    struct side own = {.source = store_run_row(store)->id};
    side_read_samples(&own, store, arena);
    if (side_of_text(&kept->side, kept->name, text, arena, err) < 0)
        return -1;
    if (!str_equal(kept->side.graders, experiment_graders(arena, definition))) {
        *kept = (struct kept){.wanted = true}; /* other scores since (weir score) */
        return 0;
    }
    if (matching_make(&kept->matching, &kept->side, &own, arena, err) < 0)
        return -1;
    find_pairs(kept, store, arena);
    return 0;
}

str kept_shown_name(const struct kept *kept, size_t pair, struct arena *arena)
{
    str name = kept->side.variant[kept->of[pair]].name;
    return arena_printf(arena, "base:%.*s", STR_ARG(name));
}

int kept_feed(const struct kept *kept, struct summary *summary, size_t first, struct err *err)
{
    for (size_t i = 0; i < kept->pairs; i++)
        if (side_feed(&kept->side, kept->of[i], kept->matching.base, summary, first + i, err) <
            0)
            return -1;
    return 0;
}

int kept_check(const struct experiment *experiment, bool mock, struct arena *arena,
               struct err *err)
{
    const struct baseline_file *file = experiment->baseline_file;
    struct side side;
    if (!file)
        return 0;
    if (side_of_baseline(&side, file->path, arena, err) < 0)
        return -1;
    if (side.mock == mock)
        return 0;
    return err_set(err, ERR_INPUT,
                   "%.*s was answered by %s, and this run is by %s; expected %s, or "
                   "--no-baseline",
                   STR_ARG(file->path), side.mock ? "weir-mock" : "a real model",
                   mock ? "weir-mock" : "a real model", side.mock ? "--mock" : "no --mock");
}
