/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * label_file.c: labels of people in a file (see labels.h).
 *
 * JSON and not CSV: names of samples and variants may hold anything, and a spreadsheet must not take
 * one for a formula. A file of its own and not the run's: that is the record of a run and is
 * finished; labels come later, from several people, and stay when answers are scored again. Each line is
 * written whole and flushed before the next question, so nothing is lost whatever happens; a line
 * that was torn all the same is passed over.
 */
#include "session/labels.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { FILE_MOST = 256 * 1024 * 1024 };

static const char *const words[] = {"", "no", "even", "yes", "skip", "withdrawn"};
static const char *const pair_words[] = {"", "worse", "even", "better", "skip", "withdrawn"};

/* ---- where ---- */

str label_file_of(struct arena *arena, str run_path, const struct store *store)
{
    enum { COPIES_MOST = 100 }; /* a copy of a copy of … */
    str folder = path_folder(arena, run_path), id = store_run_row(store)->id;
    str from = store_run_row(store)->scored_from;
    id = arena_str(arena, id);
    for (int i = 0; from.n && i < COPIES_MOST; i++) {
        struct store_listing listing;
        id = arena_str(arena, from);
        from = STR("");
        str path = arena_printf(arena, "%.*s/%.*s.db", STR_ARG(folder), STR_ARG(id));
        if (file_exists(path.p) && store_list_one(path, arena, &listing, NULL) == 0)
            from = listing.run.scored_from;
    }
    return arena_printf(arena, "%.*s/%.*s.labels.jsonl", STR_ARG(folder), STR_ARG(id));
}

/* ---- reading ---- */

static enum label_word word_of(str text)
{
    for (size_t i = 1; i < sizeof words / sizeof words[0]; i++)
        if (str_equal(text, str_from(words[i])) || str_equal(text, str_from(pair_words[i])))
            return (enum label_word)i;
    return LABEL_NONE;
}

static bool read_line(struct arena *arena, str text, struct label_line *line)
{
    const json *row = json_parse(arena, text, NULL);
    *line = (struct label_line){
        .score = json_text(json_get(row, STR("score"))),
        .sample = json_text(json_get(row, STR("sample"))),
        .variant = json_text(json_get(row, STR("variant"))),
        .against = json_text(json_get(row, STR("against"))),
        .rater = json_text(json_get(row, STR("rater"))),
        .hash = json_text(json_get(row, STR("text"))),
        .word = word_of(json_text(json_get(row, STR("label")))),
        .candidate_first =
            !str_equal(json_text(json_get(row, STR("shown_first"))), STR("against")),
    };
    return json_is(row, JSON_OBJECT) && json_int(json_get(row, STR("trial")), &line->trial) &&
           line->score.n && line->sample.n && line->variant.n && line->word != LABEL_NONE;
}

int label_file_read(struct arena *arena, str path, struct label_lines *lines, struct err *err)
{
    str text, line;
    size_t room = 1;
    *lines = (struct label_lines){0};
    if (!file_exists(path.p))
        return 0;
    if (file_read(arena, path.p, FILE_MOST, &text, err) < 0)
        return -1;
    for (size_t i = 0; i < text.n; i++)
        room += text.p[i] == '\n';
    lines->line = arena_array(arena, struct label_line, room);
    while (text.n) {
        str_cut(text, '\n', &line, &text);
        if (str_trim(line).n == 0)
            continue;
        if (read_line(arena, line, &lines->line[lines->count]))
            lines->count++;
        else
            lines->unread++;
    }
    return 0;
}

/* ---- writing ---- */

static str line_text(struct arena *arena, const struct label_line *line)
{
    json *row = json_new_object(arena);
    json_set_text(arena, row, "score", line->score);
    json_set_text(arena, row, "sample", line->sample);
    json_set_int(arena, row, "trial", line->trial);
    json_set_text(arena, row, "variant", line->variant);
    if (line->against.n) {
        json_set_text(arena, row, "against", line->against);
        json_set_text(arena, row, "shown_first",
                      line->candidate_first ? STR("variant") : STR("against"));
    }
    json_set_text(arena, row, "rater", line->rater);
    json_set_text(arena, row, "label",
                  str_from((line->against.n ? pair_words : words)[line->word]));
    json_set_text(arena, row, "text", line->hash);
    return arena_printf(arena, "%.*s\n", STR_ARG(json_to_str(arena, row, JSON_COMPACT)));
}

/* Does the file end within a line? */
static bool is_torn(int file)
{
    char last = '\n';
    off_t size = lseek(file, 0, SEEK_END);
    return size > 0 && pread(file, &last, 1, size - 1) == 1 && last != '\n';
}

int label_file_add(str path, const struct label_line *line, struct arena *arena,
                   struct err *err)
{
    int file = open(path.p, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    str text = line_text(arena, line);
    bool written = file >= 0;
    if (written && is_torn(file))
        text = arena_printf(arena, "\n%.*s", STR_ARG(text));
    written = written && write(file, text.p, text.n) == (ssize_t)text.n && fsync(file) == 0;
    int why = errno;
    if (file >= 0)
        close(file);
    return written ? 0
                   : err_set(err, ERR_FAILED, "%s: a label cannot be written: %s", path.p,
                             strerror(why));
}
