/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * taping.c: the cassette of a run (see taping.h).
 */
#include "cmd/taping.h"

#include "base/mem.h"
#include "base/text.h"
#include "cmd/cmd.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

bool taping_is_offline(const struct taping_options *options)
{
    return options->replay.n && !options->record.n;
}

/* "http://127.0.0.1:4000/scope/a" has "/scope/a", which is no part of what a provider would have
 * been asked. */
static str path_of(str url)
{
    ptrdiff_t scheme = str_find(url, STR("://"), 0);
    ptrdiff_t slash = scheme < 0 ? -1 : str_find(url, STR("/"), (size_t)scheme + 3);
    str path = slash < 0 ? STR("") : str_sub(url, (size_t)slash, url.n);
    while (str_ends_with(path, STR("/")))
        path.n--;
    return path;
}

static bool same_file(str a, str b)
{
    char *x = realpath(a.p, NULL), *y = realpath(b.p, NULL);
    bool same = str_equal(a, b) || (x && y && str_equal(str_from(x), str_from(y)));
    xfree(x);
    xfree(y);
    return same;
}

int taping_open(struct llm_tape **tape, const struct taping_options *options, str mock_url,
                bool go_on, struct err *err)
{
    *tape = NULL;
    if (!options->record.n && !options->replay.n)
        return 0;
    bool both = options->record.n && options->replay.n;
    const struct llm_tape_options how = {
        .record = options->record.n ? options->record.p : NULL,
        .replay = options->replay.n ? options->replay.p : NULL,
        .go_on = go_on || (both && same_file(options->record, options->replay)),
        .mock = mock_url.n > 0,
        .cut = path_of(mock_url),
        .scale = options->replay_scale,
        .any = options->replay_any,
    };
    if (llm_tape_open(tape, &how, err) < 0)
        return -1;
    if (!both || llm_tape_is_of_mock(*tape) == how.mock)
        return 0;
    llm_tape_close(*tape);
    *tape = NULL;
    return err_set(err, ERR_INPUT,
                   "%s: replies of a mock server and others do not go into one run",
                   how.replay);
}

/* Line by line, since the difference is one of lines. */
static void print_lines(str text)
{
    struct arena arena = {0};
    str line;
    while (text.n) {
        str_cut(text, '\n', &line, &text);
        fprintf(stderr, "  %.*s\n", STR_ARG(text_visible(&arena, line)));
    }
    arena_release(&arena);
}

static void say_unseen(const struct llm_tape_stats *stats, str file)
{
    fprintf(stderr, "weir: %" PRIu64 " request%s not in %.*s\n", stats->unseen,
            stats->unseen == 1 ? " is" : "s are", STR_ARG(file));
    for (size_t i = 0; i < stats->unseen_saids; i++) {
        fputs(i ? "\n" : "", stderr);
        print_lines(stats->unseen_said[i]);
    }
    if (stats->unseen > stats->unseen_saids)
        fprintf(stderr, "  … and %" PRIu64 " more: see `weir show`\n",
                stats->unseen - stats->unseen_saids);
}

int taping_end(struct llm_tape *tape, const struct taping_options *options, struct err *err)
{
    if (!tape)
        return EXIT_FINE;
    const struct llm_tape_stats *stats = llm_tape_stats(tape);
    int code = EXIT_FINE;
    if (stats->unseen) {
        say_unseen(stats, options->replay);
        code = EXIT_INPUT;
    }
    if (llm_tape_error(tape, err) < 0)
        code = EXIT_PROGRAM;
    return code;
}
