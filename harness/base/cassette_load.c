/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cassette_load.c: the documents of a cassette's file (see cassette.h).
 *
 * The file is cut at the lines "---" and "...", which no line inside a document can be, since
 * all texts are indented; then each document is read for itself, so that a file of many
 * exchanges needs the memory of one tree.
 */
#include "base/cassette_inside.h"

#include "base/ceilings.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"

static const struct yaml_limits limits = {MAX_DATASET_BYTES, MAX_YAML_DATASET_NODES,
                                          MAX_YAML_DEPTH};

struct document {
    str text;
    unsigned line; /* of its first line */
    bool whole;
    size_t end; /* in the file */
};

/* Cuts the next document off: false at the end. What stands outside is blank or a comment. */
static bool next_document(str bytes, size_t *at, unsigned *line, struct document *document)
{
    size_t from = *at;
    bool content = false;
    *document = (struct document){.line = *line + 1};
    while (*at < bytes.n) {
        str rest = str_sub(bytes, *at, bytes.n), text;
        bool broken = str_cut(rest, '\n', &text, &rest);
        size_t next = broken ? *at + text.n + 1 : bytes.n;
        str bare = str_ends_with(text, STR("\r")) ? str_sub(text, 0, text.n - 1) : text;
        if (str_equal(bare, STR("---")) && content) /* the one before has no end */
            break;
        ++*line;
        *at = next;
        if (str_equal(bare, STR("...")) && broken) {
            document->whole = true;
            break;
        }
        if (!content && (str_trim(text).n == 0 || text.p[0] == '#')) {
            from = next;
            document->line = *line + 1;
            continue;
        }
        content = true;
    }
    document->text = str_sub(bytes, from, *at);
    document->end = *at;
    return content || document->whole;
}

static const struct yaml *parse_document(struct reading *reading, str path,
                                         const struct document *document)
{
    struct source *source = arena_new(reading->mistakes.arena, struct source);
    source->path = path;
    source->text = document->text;
    reading->mistakes.line_offset = document->line - 1;
    return yaml_parse(&reading->scratch, source, &limits, &reading->mistakes);
}

static void read_documents(struct reading *reading, struct cassette *cassette, str bytes)
{
    struct document document, following;
    struct recorded *exchange = NULL;
    size_t at = 0, capacity = 0;
    unsigned line = 0;
    if (!next_document(bytes, &at, &line, &document) || !document.whole) {
        struct source *source = arena_new(reading->mistakes.arena, struct source);
        source->path = cassette->path;
        source->text = str_sub(bytes, 0, 200);
        mistake_add(&reading->mistakes, (struct place){source, 1, 1},
                    "is no cassette: it does not begin with `cassette: %d` and `...`",
                    CASSETTE_VERSION);
        return;
    }
    const struct yaml *head = parse_document(reading, cassette->path, &document);
    if (!head || cassette_read_head(reading, head, &cassette->mock) < 0)
        return;
    cassette->whole = document.end;
    bool more = next_document(bytes, &at, &line, &document);
    for (; more; document = following) {
        more = next_document(bytes, &at, &line, &following);
        if (!document.whole && !more) {
            cassette->unfinished = document.line;
            break;
        }
        const struct yaml *root = parse_document(reading, cassette->path, &document);
        if (root && !document.whole)
            wrong(reading, root, "this exchange has no end, a line with `...`");
        if (cassette->count == capacity) {
            size_t larger = capacity ? capacity * 2 : 16;
            exchange =
                arena_grow(&cassette->arena, exchange, capacity, larger, sizeof *exchange);
            capacity = larger;
        }
        exchange[cassette->count] = (struct recorded){.line = document.line};
        if (root)
            cassette_read_exchange(reading, root, &exchange[cassette->count]);
        cassette->count++;
        cassette->whole = document.end;
        arena_clear(&reading->scratch);
    }
    cassette->exchange = exchange;
}

struct cassette *cassette_parse(struct arena *arena, str path, str bytes, str *said)
{
    struct cassette *cassette = xcalloc(1, sizeof *cassette);
    struct reading reading = {.arena = &cassette->arena};
    cassette->path = arena_str(&cassette->arena, path);
    mistakes_init(&reading.mistakes, arena);
    reading.parse =
        (struct opt_parse){.arena = &reading.scratch, .mistakes = &reading.mistakes};
    read_documents(&reading, cassette, bytes);
    bool good = reading.mistakes.count == 0;
    if (said)
        *said = good ? STR("") : mistakes_text(&reading.mistakes);
    arena_release(&reading.scratch);
    if (good)
        return cassette;
    cassette_free(cassette);
    return NULL;
}

struct cassette *cassette_load(const char *path, struct err *err)
{
    struct arena arena = {0};
    str bytes, said = STR("");
    struct cassette *cassette = NULL;
    if (file_read(&arena, path, MAX_DATASET_BYTES, &bytes, err) == 0) {
        cassette = cassette_parse(&arena, str_from(path), bytes, &said);
        if (!cassette) {
            log_text(said);
            err_set(err, ERR_INPUT, "%s: the cassette cannot be used", path);
        }
    }
    arena_release(&arena);
    return cassette;
}

void cassette_free(struct cassette *cassette)
{
    if (!cassette)
        return;
    arena_release(&cassette->arena);
    xfree(cassette);
}
