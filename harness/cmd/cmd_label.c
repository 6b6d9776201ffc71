/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cmd_label.c: weir label: people judge what a judge has judged, answer by answer.
 *
 * They see what it saw, and neither variant nor verdict. One answer of each sample comes first, since
 * kappa takes one label a sample; which one, the order of samples, and which of two texts stands first
 * are drawn by the seed. Answers are lines, so that a pipe can give them.
 */
#include "cmd/cmd.h"
#include "session/labels.h"

#include "base/rng.h"
#include "base/text.h"
#include "reports/terminal.h"

#include <stdio.h>
#include <stdlib.h>

struct label_cmd {
    str score, labels, rater;
    int64_t per_sample, seed;
    bool has_seed;
};

static const struct opt label_cmd_options[] = {
    OPT_TEXT(label_cmd, score, .word = "NAME",
             .help = "what a judge scored; may be left out where there is one such score"),
    OPT_TEXT(label_cmd, rater, .word = "NAME",
             .help = "who labels; the user's name when not given"),
    OPT_INT(label_cmd, per_sample, .min = 1, .max = 100000, .fallback = "1",
            .help = "answers of each sample that are asked about"),
    OPT_INT(label_cmd, seed, .min = 0, .max = 9007199254740992.0,
            OPT_GIVEN(label_cmd, has_seed),
            .help = "of the order; that of the run when not given"),
    OPT_TEXT(label_cmd, labels, .word = "FILE",
             .help = "where labels are kept; ID.labels.jsonl beside the run when not given"),
    OPT_END,
};

struct labelling {
    struct arena *arena;
    struct err *err;
    struct label_items items;
    const struct store_sample *sample;
    const struct store_variant *variant;
    str file, rater;
    uint64_t seed;
    size_t *queue; /* items, in the order in which they are asked about */
    size_t count;
    enum label_word *word; /* by place in the queue: what this rater said */
    size_t *history;       /* places that have a label or were skipped, in order */
    size_t told, room;
    size_t labelled, skipped;
};

/* ---- in what order ---- */

static struct rng_key key_of(const struct labelling *l)
{
    struct rng_key key = rng_mix_str(rng_key(l->seed), STR("label"));
    return rng_mix_str(key, l->items.score);
}

static bool candidate_first(const struct labelling *l, const struct label_item *item)
{
    struct rng_key key = rng_mix_str(key_of(l), l->sample[item->sample].id);
    key = rng_mix_str(rng_mix_str(key, l->variant[item->variant].name), l->rater);
    if (item->against >= 0)
        key = rng_mix_str(key, l->variant[item->against].name);
    return rng_below(key, "side", (uint64_t)item->trial, 2) == 0;
}

/* The items of a sample begin at start[k]; there are `samples` of them. */
static size_t *starts_of(const struct labelling *l, size_t *samples)
{
    size_t *start = arena_array(l->arena, size_t, l->items.count + 2);
    *samples = 0;
    for (size_t i = 0; i < l->items.count; i++)
        if (i == 0 || l->items.item[i].sample != l->items.item[i - 1].sample)
            start[(*samples)++] = i;
    start[*samples] = l->items.count;
    return start;
}

/* First one item of each sample, then a second one, … */
static void make_queue(struct labelling *l, int64_t per_sample)
{
    size_t samples, *start = starts_of(l, &samples);
    uint32_t *order = arena_array(l->arena, uint32_t, samples + 1);
    uint32_t **within = arena_array(l->arena, uint32_t *, samples + 1);
    l->queue = arena_array(l->arena, size_t, l->items.count + 1);
    rng_shuffle(key_of(l), "samples", order, (uint32_t)samples);
    for (size_t s = 0; s < samples; s++) {
        size_t count = start[s + 1] - start[s];
        str id = l->sample[l->items.item[start[s]].sample].id;
        within[s] = arena_array(l->arena, uint32_t, count + 1);
        rng_shuffle(rng_mix_str(key_of(l), id), "items", within[s], (uint32_t)count);
    }
    for (size_t round = 0; round < (size_t)per_sample; round++)
        for (size_t k = 0; k < samples; k++) {
            size_t s = order[k];
            if (round < start[s + 1] - start[s])
                l->queue[l->count++] = start[s] + within[s][round];
        }
    l->word = arena_array(l->arena, enum label_word, l->count + 1);
}

/* ---- what was said before ---- */

static void count_word(struct labelling *l, enum label_word word, bool add)
{
    if (word == LABEL_SKIP)
        l->skipped = add ? l->skipped + 1 : l->skipped - 1;
    else if (word >= LABEL_NO && word <= LABEL_YES)
        l->labelled = add ? l->labelled + 1 : l->labelled - 1;
}

static void forget(struct labelling *l, size_t place)
{
    size_t kept = 0;
    for (size_t i = 0; i < l->told; i++)
        if (l->history[i] != place)
            l->history[kept++] = l->history[i];
    l->told = kept;
}

static void take_word(struct labelling *l, size_t place, enum label_word word)
{
    count_word(l, l->word[place], false);
    if (l->word[place] != LABEL_NONE)
        forget(l, place);
    l->word[place] = word == LABEL_WITHDRAWN ? LABEL_NONE : word;
    count_word(l, l->word[place], true);
    if (l->word[place] != LABEL_NONE)
        l->history[l->told++] = place;
}

/* A label of other texts than these does not count. */
static int take_line(struct labelling *l, const struct label_line *line)
{
    for (size_t place = 0; place < l->count; place++) {
        const struct label_item *item = &l->items.item[l->queue[place]];
        struct label_texts texts;
        if (!str_equal(line->rater, l->rater) || !label_is_of(&l->items, item, line))
            continue;
        if (label_texts_read(&l->items, item, l->arena, &texts, l->err) < 0)
            return -1;
        if (line->hash.n == 0 || str_equal(line->hash, texts.hash))
            take_word(l, place, line->word);
        break;
    }
    return 0;
}

static int read_earlier(struct labelling *l)
{
    struct label_lines lines;
    l->history = arena_array(l->arena, size_t, l->count + 1);
    if (label_file_read(l->arena, l->file, &lines, l->err) < 0)
        return -1;
    for (size_t i = 0; i < lines.count; i++)
        if (take_line(l, &lines.line[i]) < 0)
            return -1;
    if (lines.unread)
        fprintf(stderr, "%.*s: %zu lines are no labels and are passed over\n",
                STR_ARG(text_visible(l->arena, l->file)), lines.unread);
    return 0;
}

/* ---- what is shown ---- */

static void put_text(struct terminal *t, const char *head, str text)
{
    str line;
    bool more = true;
    terminal_newline(t);
    terminal_paragraph(t, TERMINAL_BOLD, STR(""), str_from(head));
    while (more) {
        more = str_cut(text, '\n', &line, &text);
        str shown = text_visible(t->arena, line);
        if (shown.n)
            terminal_paragraph(t, NULL, STR("  "), shown);
        else
            terminal_newline(t);
    }
}

struct words {
    const char *question_head, *question, *keys;
};

static struct words words_of(const struct label_items *items)
{
    static const char yes_or_no[] = "y yes   n no   s skip   u undo   q quit";
    if (items->compares)
        return (struct words){"Criterion", "Which is better?",
                              "1 first   2 second   = neither   s skip   u undo   q quit"};
    if (str_equal(str_from(items->check), STR("factuality")))
        return (struct words){"Reference",
                              "Can all that the text states be true, if the reference is? "
                              "(Leaving out is no fault.)",
                              yes_or_no};
    return (struct words){"Rubric", "Does the text meet the rubric?", yes_or_no};
}

static void show(const struct labelling *l, const struct label_texts *texts, bool first)
{
    struct words words = words_of(&l->items);
    struct arena scratch = {0};
    struct buf out = {0};
    struct terminal t = {.out = &out,
                         .arena = &scratch,
                         .width = terminal_stdout_width(100),
                         .colour = terminal_stdout_colours()};
    terminal_newline(&t);
    terminal_paragraph(
        &t, TERMINAL_DIM, STR(""),
        arena_printf(&scratch, "── %zu of %zu ──", l->labelled + l->skipped + 1, l->count));
    put_text(&t, words.question_head, texts->question);
    if (l->items.compares) {
        put_text(&t, "First", first ? texts->answer : texts->other);
        put_text(&t, "Second", first ? texts->other : texts->answer);
    } else {
        put_text(&t, "Text", texts->answer);
    }
    terminal_newline(&t);
    terminal_paragraph(&t, TERMINAL_BOLD, STR(""), str_from(words.question));
    fwrite(out.p, 1, out.n, stdout);
    buf_release(&out);
    arena_release(&scratch);
}

/* ---- what is answered ---- */

enum answer { ANSWER_LABEL, ANSWER_UNDO, ANSWER_QUIT };

/* What a key means, `first`: the candidate's text stood first. False: nothing. */
static bool read_key(const struct label_items *items, str key, bool first,
                     enum label_word *word, enum answer *answer)
{
    static const struct {
        const char *key, *long_form;
        enum answer answer;
        enum label_word word;
        int pairs; /* -1: of both */
    } keys[] = {
        {"y", "yes", ANSWER_LABEL, LABEL_YES, 0},
        {"n", "no", ANSWER_LABEL, LABEL_NO, 0},
        {"1", "first", ANSWER_LABEL, LABEL_YES, 1},
        {"2", "second", ANSWER_LABEL, LABEL_NO, 1},
        {"=", "neither", ANSWER_LABEL, LABEL_EVEN, 1},
        {"s", "skip", ANSWER_LABEL, LABEL_SKIP, -1},
        {"u", "undo", ANSWER_UNDO, LABEL_NONE, -1},
        {"q", "quit", ANSWER_QUIT, LABEL_NONE, -1},
    };
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        bool same = str_equal(key, str_from(keys[i].key)) ||
                    str_equal(key, str_from(keys[i].long_form));
        if (!same || (keys[i].pairs >= 0 && keys[i].pairs != (int)items->compares))
            continue;
        *answer = keys[i].answer;
        *word = keys[i].word;
        if (keys[i].pairs == 1 && !first && keys[i].word != LABEL_EVEN)
            *word = keys[i].word == LABEL_YES ? LABEL_NO : LABEL_YES;
        return true;
    }
    return false;
}

/* The end of the input is a quit. */
static enum answer ask(const struct labelling *l, bool first, enum label_word *word)
{
    enum { LINE_MOST = 200 };
    char line[LINE_MOST];
    enum answer answer;
    for (;;) {
        printf("%s > ", words_of(&l->items).keys);
        fflush(stdout);
        if (!fgets(line, sizeof line, stdin)) {
            putchar('\n');
            return ANSWER_QUIT;
        }
        str key = text_lower_ascii(l->arena, str_trim(str_from(line)));
        if (read_key(&l->items, key, first, word, &answer))
            return answer;
        printf("That is none of the keys.\n");
    }
}

static int keep(struct labelling *l, size_t place, enum label_word word)
{
    const struct label_item *item = &l->items.item[l->queue[place]];
    struct label_texts texts;
    struct arena scratch = {0};
    if (label_texts_read(&l->items, item, &scratch, &texts, l->err) < 0) {
        arena_release(&scratch);
        return -1;
    }
    const struct label_line line = {
        .score = l->items.score,
        .sample = l->sample[item->sample].id,
        .trial = item->trial,
        .variant = l->variant[item->variant].name,
        .against = item->against < 0 ? STR("") : l->variant[item->against].name,
        .candidate_first = candidate_first(l, item),
        .rater = l->rater,
        .hash = texts.hash,
        .word = word,
    };
    int result = label_file_add(l->file, &line, &scratch, l->err);
    arena_release(&scratch);
    if (result == 0)
        take_word(l, place, word);
    return result;
}

static size_t next_place(const struct labelling *l)
{
    size_t place = 0;
    while (place < l->count && l->word[place] != LABEL_NONE)
        place++;
    return place;
}

/* The place that is asked about next; l->count at the end. -1: a label cannot be written. */
static int ask_about(struct labelling *l, size_t *place)
{
    const struct label_item *item = &l->items.item[l->queue[*place]];
    struct label_texts texts;
    struct arena scratch = {0};
    enum label_word word = LABEL_NONE;
    bool first = candidate_first(l, item);
    if (label_texts_read(&l->items, item, &scratch, &texts, l->err) < 0) {
        arena_release(&scratch);
        return -1;
    }
    show(l, &texts, first);
    arena_release(&scratch);
    switch (ask(l, first, &word)) {
    case ANSWER_LABEL:
        if (keep(l, *place, word) < 0)
            return -1;
        *place = next_place(l);
        return 0;
    case ANSWER_UNDO:
        if (l->told == 0) {
            printf("There is nothing to undo.\n");
            return 0;
        }
        *place = l->history[l->told - 1];
        return keep(l, *place, LABEL_WITHDRAWN);
    case ANSWER_QUIT:
        break;
    }
    *place = l->count;
    return 0;
}

static int run_dialog(struct labelling *l)
{
    size_t place = next_place(l);
    int result = 0;
    while (place < l->count && result == 0)
        result = ask_about(l, &place);
    printf("\n%zu labelled, %zu skipped, %zu left: %.*s\n", l->labelled, l->skipped,
           l->count - l->labelled - l->skipped, STR_ARG(text_visible(l->arena, l->file)));
    return result;
}

static int label(struct labelling *l, const struct label_cmd *options, str path)
{
    size_t count;
    struct store *store = l->items.store;
    const char *user = getenv("USER");
    l->sample = store_samples(store, &count);
    l->variant = store_variants(store, &count);
    l->file = options->labels.n ? options->labels : label_file_of(l->arena, path, store);
    l->rater = options->rater.n ? options->rater : str_from(user && *user ? user : "me");
    l->seed = (uint64_t)(options->has_seed ? options->seed : store_run_row(store)->seed);
    make_queue(l, options->per_sample);
    if (l->count == 0)
        return err_set(l->err, ERR_INPUT,
                       "%.*s: there is no answer of a judge about '%.*s', or the run does not "
                       "hold what judges were shown, as those of an older weir: weir score "
                       "makes one that does",
                       STR_ARG(path), STR_ARG(l->items.score));
    return read_earlier(l) < 0 ? -1 : run_dialog(l);
}

static int label_run(struct arena *arena, const void *given, const str *arg, size_t args,
                     struct err *err)
{
    const struct label_cmd *options = given;
    struct labelling l = {.arena = arena, .err = err};
    str path;
    if (cmd_no_more(arg, args, 1, err) < 0 ||
        label_items_open(cmd_arg(arg, args, 0), options->score, arena, &l.items, &path, err) <
            0)
        return -1;
    int result = label(&l, options, path);
    store_close(l.items.store);
    return result < 0 ? -1 : EXIT_FINE;
}

const struct cmd cmd_label = {
    .name = "label",
    .usage = "[RUN] [options]",
    .summary = "judge answers yourself, to see whether a judge can be relied on",
    .details =
        "Shows what a judge was shown, one answer after the other, without saying whose it is "
        "or\n"
        "what the judge said. Each label is written at once: quit when you like, and go on\n"
        "later. weir judge-check then compares. Labels belong to answers: weir score keeps "
        "them.",
    CMD_OPTIONS(label_cmd),
    .run = label_run,
};
