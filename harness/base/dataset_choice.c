/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dataset_choice.c: rows by their place, their id, or what their id and description say (see
 * dataset_choice.h). What could never take a row is a mistake, not an empty dataset.
 */
#include "base/dataset_choice.h"

#include "base/regex.h"
#include "base/text.h"

enum { IDS_TOLD = 12 };

/* ---- --filter-range ---- */

static bool read_end(str text, size_t *end)
{
    int64_t number;
    if (!text.n)
        return true;
    if (!str_to_int(text, &number) || number < 0)
        return false;
    *end = (size_t)number;
    return true;
}

static int read_range(struct chosen *chosen, str range, struct mistakes *mistakes)
{
    str from, to;
    chosen->from = 0;
    chosen->to = SIZE_MAX;
    if (!range.n)
        return 0;
    if (str_cut(range, ':', &from, &to) && read_end(from, &chosen->from) &&
        read_end(to, &chosen->to) && chosen->from < chosen->to)
        return 0;
    return mistake_add(mistakes, (struct place){0},
                       "--filter-range is '%.*s'; expected A:B, rows from A up to B and "
                       "without B, counted from 0, such as 0:10 or 10:",
                       STR_ARG(range));
}

/* ---- --filter-pattern ---- */

static int read_pattern(struct chosen *chosen, str pattern, struct arena *arena,
                        struct mistakes *mistakes)
{
    str what;
    size_t at;
    if (!pattern.n)
        return 0;
    chosen->pattern = regex_new(arena, pattern, REGEX_UTF, &what, &at);
    if (chosen->pattern)
        return 0;
    return mistake_add(mistakes, (struct place){0},
                       "--filter-pattern is no regular expression: %.*s, at character %zu",
                       STR_ARG(what), utf8_count(str_sub(pattern, 0, at)) + 1);
}

/* ---- --sample-id ---- */

static bool is_id(const struct sample *sample, size_t count, str id)
{
    for (size_t i = 0; i < count; i++)
        if (str_equal(sample[i].id, id))
            return true;
    return false;
}

static int unknown_id(const struct sample *sample, size_t count, str id, struct arena *arena,
                      struct mistakes *mistakes)
{
    str *words = arena_array(arena, str, count + 1);
    for (size_t i = 0; i < count; i++)
        words[i] = sample[i].id;
    str hint = mistake_hint(arena, id, words, count, false);
    str list = text_list(arena, words, count, IDS_TOLD);
    return mistake_add(mistakes, (struct place){0}, "--sample-id: no sample '%.*s'%.*s%s %.*s",
                       STR_ARG(text_visible(arena, id)), STR_ARG(hint),
                       hint.n ? " The samples are" : "; expected some of", STR_ARG(list));
}

/* An id may hold commas itself. */
static int read_ids(struct chosen *chosen, const struct opt_texts *ids,
                    const struct sample *sample, size_t count, struct arena *arena,
                    struct mistakes *mistakes)
{
    size_t most = 0;
    int result = 0;
    for (size_t i = 0; i < ids->count; i++)
        most += ids->text[i].n + 1;
    str *id = arena_array(arena, str, most + 1);
    for (size_t i = 0; i < ids->count; i++) {
        bool whole = is_id(sample, count, ids->text[i]);
        str rest = ids->text[i];
        do {
            str one = rest;
            if (whole)
                rest = STR("");
            else
                str_cut(rest, ',', &one, &rest);
            one = whole ? one : str_trim(one);
            if (!is_id(sample, count, one))
                result = unknown_id(sample, count, one, arena, mistakes);
            id[chosen->ids++] = one;
        } while (rest.n);
    }
    chosen->id = id;
    return result;
}

/* ---- all together ---- */

int chosen_open(struct chosen *chosen, const struct dataset_choice *choice,
                const struct sample *sample, size_t count, struct arena *arena,
                struct mistakes *mistakes)
{
    *chosen = (struct chosen){.to = SIZE_MAX};
    if (!choice)
        return 0;
    chosen->any = choice->range.n || choice->pattern.n || choice->ids.count;
    int range = read_range(chosen, choice->range, mistakes);
    int pattern = read_pattern(chosen, choice->pattern, arena, mistakes);
    return read_ids(chosen, &choice->ids, sample, count, arena, mistakes) | pattern | range;
}

static bool says(struct chosen *chosen, str text)
{
    enum regex_result found = regex_find(chosen->pattern, text);
    chosen->unsure = chosen->unsure || found == REGEX_LIMIT;
    return found == REGEX_YES;
}

bool chosen_takes(struct chosen *chosen, const struct sample *sample, size_t place)
{
    bool named = chosen->ids == 0;
    for (size_t i = 0; i < chosen->ids && !named; i++)
        named = str_equal(chosen->id[i], sample->id);
    return named && place >= chosen->from && place < chosen->to &&
           (!chosen->pattern || says(chosen, sample->id) || says(chosen, sample->description));
}

str choice_text(struct arena *arena, const struct dataset_choice *choice)
{
    str text = {"", 0};
    if (choice->range.n)
        text = arena_printf(arena, "--filter-range %.*s", STR_ARG(choice->range));
    if (choice->ids.count)
        text = arena_printf(
            arena, "%.*s%s--sample-id %.*s", STR_ARG(text), text.n ? " and " : "",
            STR_ARG(text_list(arena, choice->ids.text, choice->ids.count, IDS_TOLD)));
    if (choice->pattern.n)
        text = arena_printf(arena, "%.*s%s--filter-pattern '%.*s'", STR_ARG(text),
                            text.n ? " and " : "", STR_ARG(choice->pattern));
    return text;
}
