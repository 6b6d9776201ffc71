/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * commands.c: lines of shell cut into words, and words held against tables (see commands.h).
 *
 * Cut roughly: quotes and escapes are taken off, whatever joins or ends commands is a word of its
 * own. That is enough to know where a command begins and ends; whether the line is shell is for a
 * shell to say. Values are not looked at, for many stand for others: RUN, $id, N.
 */
#include "docs/commands.h"

#include "base/buf.h"
#include "base/file.h"
#include "base/option.h"
#include "cmd/cmd.h"
#include "cmd/topics.h"

enum { WORDS_MAX = 256 };

struct word {
    str text;
    bool operator; /* | && ; ( and the like */
};

struct words {
    struct word word[WORDS_MAX];
    size_t count;
};

static bool ends_word(char c)
{
    return char_is_space(c) || c == '|' || c == '&' || c == ';' || c == '(' || c == ')' ||
           c == '<' || c == '>' || c == '`';
}

static void add(struct words *words, str text, bool operator)
{
    if (words->count < WORDS_MAX)
        words->word[words->count++] = (struct word){text, operator};
}

/* One word from `at`; where it ends. */
static size_t cut_word(struct arena *arena, str line, size_t at, struct words *words)
{
    char *text = arena_bytes(arena, line.n + 1);
    size_t n = 0;
    char quote = 0;
    for (; at < line.n && (quote || !ends_word(line.p[at])); at++) {
        char c = line.p[at];
        if (c == quote)
            quote = 0;
        else if (!quote && (c == '"' || c == '\''))
            quote = c;
        else if (c == '\\' && quote != '\'' && at + 1 < line.n)
            text[n++] = line.p[++at];
        else
            text[n++] = c;
    }
    text[n] = '\0';
    add(words, (str){text, n}, false);
    return at;
}

static void cut(struct arena *arena, str line, struct words *words)
{
    words->count = 0;
    for (size_t at = 0; at < line.n;) {
        char c = line.p[at];
        if (char_is_space(c)) {
            at++;
        } else if (c == '#') {
            return;
        } else if (c == '$' && at + 1 < line.n && line.p[at + 1] == '(') {
            add(words, STR("("), true);
            at += 2;
        } else if (ends_word(c)) {
            add(words, str_sub(line, at, at + 1), true);
            at++;
        } else {
            at = cut_word(arena, line, at, words);
        }
    }
}

/* ---- one command ---- */

/* A word that stands for another: FILE, $RUN, [RUN], <name>. */
static bool is_metavariable(str word)
{
    if (!word.n || word.p[0] == '$' || word.p[0] == '[' || word.p[0] == '<')
        return true;
    for (size_t i = 0; i < word.n; i++)
        if (char_lower(word.p[i]) == word.p[i] && char_is_alnum(word.p[i]) &&
            !char_is_digit(word.p[i]))
            return false;
    return word.p[0] != '-';
}

/* "--json]" of a usage is --json. */
static str without_brackets(str word)
{
    while (word.n && word.p[0] == '[')
        word = str_sub(word, 1, word.n);
    while (word.n && (word.p[word.n - 1] == ']' || word.p[word.n - 1] == ',' ||
                      word.p[word.n - 1] == '.' || word.p[word.n - 1] == ':'))
        word.n--;
    return word;
}

static const struct opt *find_option(struct arena *arena, const struct opt *rows, str name)
{
    char *key = arena_bytes(arena, name.n + 1);
    for (size_t i = 0; i < name.n; i++)
        key[i] = name.p[i] == '-' ? '_' : name.p[i];
    const struct opt *found = opt_find(rows, (str){key, name.n});
    for (; !found && rows->type != OPT_TYPE_END; rows++)
        if (rows->also && str_equal(str_from(rows->also), (str){key, name.n}))
            found = rows;
    return found;
}

static bool has_option(struct arena *arena, const struct opt *rows, str word)
{
    if (str_equal(word, STR("--help")) || str_equal(word, STR("-h")))
        return true;
    if (word.p[1] != '-') {
        for (; rows->type != OPT_TYPE_END; rows++)
            if (rows->letter == word.p[1])
                return true;
        return false;
    }
    str name, value;
    str_cut(str_sub(word, 2, word.n), '=', &name, &value);
    if (find_option(arena, rows, name))
        return true;
    if (!str_starts_with(name, STR("no-")))
        return false;
    const struct opt *row = find_option(arena, rows, str_sub(name, 3, name.n));
    return row && row->type == OPT_TYPE_BOOL;
}

static bool is_option(str word)
{
    return word.n > 1 && word.p[0] == '-' && !str_equal(word, STR("--")) &&
           !char_is_digit(word.p[1]);
}

static bool say(struct docs_commands *commands, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static bool say(struct docs_commands *commands, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    commands->wrong = arena_vprintf(commands->arena, format, args);
    va_end(args);
    return false;
}

static bool topic_exists(str topic)
{
    struct buf text = {0};
    bool known = cmd_find(topic) || topic_write(&text, topic);
    buf_release(&text);
    return known;
}

static bool entry_exists(const struct docs_commands *commands, str name)
{
    str folder = path_join(commands->arena,
                           path_join(commands->arena, commands->root, STR("fixtures")), name);
    return dir_exists(folder.p);
}

/* What its words say beside options: a topic, an entry, a kind of table. */
static bool words_are_known(struct docs_commands *commands, const struct cmd *cmd,
                            const struct word *word, size_t count)
{
    str first = count ? without_brackets(word[0].text) : STR("");
    bool named = first.n && !is_option(first) && !is_metavariable(first);
    if (cmd == &cmd_help && named && !topic_exists(first))
        return say(commands, "weir help knows nothing of '%.*s'", STR_ARG(first));
    if (cmd->words && named) {
        const char *const *known = cmd->words;
        while (*known && !str_equal(first, str_from(*known)))
            known++;
        if (!*known)
            return say(commands, "weir %s has no '%.*s'", cmd->name, STR_ARG(first));
    }
    for (size_t i = 0; cmd == &cmd_init && i + 1 < count; i++)
        if (str_equal(word[i].text, STR("--from")) && !is_metavariable(word[i + 1].text) &&
            !entry_exists(commands, word[i + 1].text))
            return say(commands, "there is no entry '%.*s'", STR_ARG(word[i + 1].text));
    return true;
}

static bool check_weir(struct docs_commands *commands, const struct word *word, size_t count)
{
    if (count == 0 || str_equal(word[0].text, STR("--version")) ||
        is_metavariable(word[0].text))
        return true;
    const struct cmd *cmd = cmd_find(word[0].text);
    if (!cmd)
        return say(commands, "weir has no command '%.*s'", STR_ARG(word[0].text));
    for (size_t i = 1; i < count; i++) {
        str text = without_brackets(word[i].text);
        if (is_option(text) && !has_option(commands->arena, cmd->options, text))
            return say(commands, "weir %s has no option %.*s", cmd->name, STR_ARG(text));
    }
    return words_are_known(commands, cmd, word + 1, count - 1);
}

static bool check_mock(struct docs_commands *commands, const struct word *word, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        str text = without_brackets(word[i].text), name, value;
        if (!is_option(text))
            continue;
        str_cut(text, '=', &name, &value);
        str row = name.p[1] == '-' ? arena_printf(commands->arena, " %.*s ", STR_ARG(name))
                                   : arena_printf(commands->arena, "\n  %.*s, ", STR_ARG(name));
        if (!str_contains(commands->mock_help, row))
            return say(commands, "weir-mock has no option %.*s", STR_ARG(name));
    }
    return true;
}

static bool check_file(struct docs_commands *commands, str path)
{
    static const char *const folders[] = {"script/", "tests/", "docs/", "fixtures/", ".ci/"};
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++)
        if (str_starts_with(path, str_from(folders[i])) &&
            !file_exists(path_join(commands->arena, commands->root, path).p))
            return say(commands, "there is no %.*s", STR_ARG(path));
    return true;
}

/* ---- lines ---- */

/* NAME=value, or a word of the shell before a command. */
static bool stands_before(str word)
{
    static const char *const before[] = {"if", "then", "else", "elif", "while", "until", "do",
                                         "!",  "time", "exec", "sudo", "env",   "nohup", "{"};
    for (size_t i = 0; i < sizeof before / sizeof before[0]; i++)
        if (str_equal(word, str_from(before[i])))
            return true;
    ptrdiff_t is = str_find(word, STR("="), 0);
    for (ptrdiff_t i = 0; i < is; i++)
        if (!char_is_alnum(word.p[i]) && word.p[i] != '_')
            return false;
    return is > 0;
}

static bool check_one(struct docs_commands *commands, const struct word *word, size_t count)
{
    str program = path_name(word[0].text);
    bool is_weir = str_equal(program, STR("weir"));
    if (is_weir || str_equal(program, STR("weir-mock"))) {
        commands->seen++;
        return is_weir ? check_weir(commands, word + 1, count - 1)
                       : check_mock(commands, word + 1, count - 1);
    }
    return check_file(commands, word[0].text);
}

bool docs_commands_check(struct docs_commands *commands, str line)
{
    struct words words;
    cut(commands->arena, line, &words);
    for (size_t at = 0; at < words.count;) {
        size_t end;
        while (at < words.count &&
               (words.word[at].operator|| stands_before(words.word[at].text)))
            at++;
        for (end = at; end < words.count && !words.word[end].operator;)
            end++;
        if (end > at && !check_one(commands, words.word + at, end - at))
            return false;
        at = end;
    }
    return true;
}

bool docs_prose_check(struct docs_commands *commands, str text)
{
    struct words words;
    str line;
    while (text.n) {
        str_cut(text, '\n', &line, &text);
        cut(commands->arena, line, &words);
        for (size_t at = 0; at + 1 < words.count; at++) {
            if (!str_equal(words.word[at].text, STR("weir")) ||
                !cmd_find(without_brackets(words.word[at + 1].text)))
                continue;
            const struct cmd *cmd = cmd_find(without_brackets(words.word[at + 1].text));
            commands->seen++;
            for (size_t i = at + 2; i < words.count && !words.word[i].operator; i++) {
                str word = without_brackets(words.word[i].text);
                if (!is_option(word))
                    break;
                if (!has_option(commands->arena, cmd->options, word))
                    return say(commands, "weir %s has no option %.*s", cmd->name,
                               STR_ARG(word));
            }
        }
    }
    return true;
}
