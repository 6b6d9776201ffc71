/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * option_argv.c: the command line, read by the same rows as the files (see option.h).
 */
#include "base/option.h"

#include "base/text.h"

struct argv {
    struct arena *arena;
    const struct opt *rows;
    void *target;
    int argc, at;
    char **argv;
    str *rest;
    size_t rest_count;
    struct err *err;
};

static bool same_key(str written, const char *key)
{
    str name = str_from(key);
    if (written.n != name.n)
        return false;
    for (size_t i = 0; i < name.n; i++)
        if (written.p[i] != (name.p[i] == '_' ? '-' : name.p[i]))
            return false;
    return true;
}

static const struct opt *find_long(const struct opt *rows, str written)
{
    for (; rows->type != OPT_TYPE_END; rows++)
        if (same_key(written, rows->key) || (rows->also && same_key(written, rows->also)))
            return rows;
    return NULL;
}

static const struct opt *find_letter(const struct opt *rows, char letter)
{
    for (; rows->type != OPT_TYPE_END; rows++)
        if (rows->letter == letter)
            return rows;
    return NULL;
}

static int unknown(struct argv *args, str shown, str name)
{
    str words[64];
    size_t count = 0;
    for (const struct opt *row = args->rows; row->type != OPT_TYPE_END && count < 64; row++) {
        str dashed = arena_str(args->arena, str_from(row->key));
        char *p = arena_alloc(args->arena, dashed.n + 1);
        for (size_t i = 0; i < dashed.n; i++)
            p[i] = dashed.p[i] == '_' ? '-' : dashed.p[i];
        words[count++] = (str){p, dashed.n};
    }
    str near = text_nearest(name, words, count);
    str seen = text_visible(args->arena, shown);
    if (near.n)
        return err_set(args->err, ERR_INPUT, "unknown option '%.*s'; did you mean '--%.*s'?",
                       STR_ARG(seen), STR_ARG(near));
    return err_set(args->err, ERR_INPUT, "unknown option '%.*s'; see --help", STR_ARG(seen));
}

static int store(struct argv *args, const struct opt *row, str value, str shown)
{
    str name = arena_str(args->arena, shown);
    return opt_parse_text(args->arena, row, value, name.p, args->target, args->err);
}

/* The value that follows: the next argument. */
static int take_value(struct argv *args, str shown, str *value)
{
    if (args->at + 1 >= args->argc)
        return err_set(args->err, ERR_INPUT, "%.*s has no value", STR_ARG(shown));
    *value = str_from(args->argv[++args->at]);
    return 0;
}

static bool value_is_left_out(const struct argv *args)
{
    const char *next = args->at + 1 < args->argc ? args->argv[args->at + 1] : NULL;
    return !next || (next[0] == '-' && next[1] != '\0');
}

static int read_long(struct argv *args, str word)
{
    str name, value;
    bool joined = str_cut(str_sub(word, 2, word.n), '=', &name, &value);
    str shown = str_sub(word, 0, name.n + 2);
    const struct opt *row = find_long(args->rows, name);
    if (row && row->type == OPT_TYPE_BOOL)
        return store(args, row, joined ? value : STR("true"), shown);
    if (!row && str_starts_with(name, STR("no-")) && !joined) {
        row = find_long(args->rows, str_sub(name, 3, name.n));
        if (row && row->type == OPT_TYPE_BOOL)
            return store(args, row, STR("false"), shown);
        row = NULL;
    }
    if (!row)
        return unknown(args, shown, name);
    if (!joined && row->bare && value_is_left_out(args))
        value = str_from(row->bare);
    else if (!joined && take_value(args, shown, &value) < 0)
        return -1;
    return store(args, row, value, shown);
}

static int read_short(struct argv *args, str word)
{
    str shown = str_sub(word, 0, 2);
    const struct opt *row = find_letter(args->rows, word.p[1]);
    if (!row)
        return unknown(args, shown, shown);
    if (row->type == OPT_TYPE_BOOL && word.n == 2)
        return store(args, row, STR("true"), shown);
    str value = str_sub(word, 2, word.n);
    if (value.n == 0 && row->bare && value_is_left_out(args))
        value = str_from(row->bare);
    else if (value.n == 0 && take_value(args, shown, &value) < 0)
        return -1;
    return store(args, row, value, shown);
}

int opt_parse_argv(struct arena *arena, const struct opt *rows, int argc, char **argv,
                   void *target, str **rest, size_t *rest_count, struct err *err)
{
    struct argv args = {arena, rows, target, argc, 0, argv, NULL, 0, err};
    args.rest = arena_array(arena, str, (size_t)argc + 1);
    bool only_rest = false;
    for (; args.at < argc; args.at++) {
        str word = str_from(argv[args.at]);
        bool option = !only_rest && word.n > 1 && word.p[0] == '-';
        int result = 0;
        if (!only_rest && str_equal(word, STR("--")))
            only_rest = true;
        else if (option && word.p[1] == '-')
            result = read_long(&args, word);
        else if (option)
            result = read_short(&args, word);
        else
            args.rest[args.rest_count++] = word;
        if (result < 0)
            return -1;
    }
    *rest = args.rest;
    *rest_count = args.rest_count;
    return 0;
}
