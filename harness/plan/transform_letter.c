/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * transform_letter.c: the choice A to Z in an answer to a multiple-choice question.
 *
 * "B", "(b)", "Answer: C.", "The correct answer is **D** because …". A letter that stands alone
 * is a candidate, and how it stands decides how far it is trusted:
 *
 *     WHOLE     there is no other letter or digit in the text           B    (b)    "c."
 *     ANSWERED  after answer, choose, pick, select or \boxed            Answer: C
 *     NAMED     after option or choice                                  option B
 *     MARKED    in brackets, quotes or asterisks, or a line's label     (b)    **C**    B) Paris
 *     BARE      a capital in running text                               it must be D
 *
 * The most trusted kind that occurs decides; of several answers the last one counts (people and
 * models correct themselves), of the other kinds there must be only one letter. "A" and "I" as
 * words do not count. With no candidate, or several, there is no choice: the transform guesses
 * nothing.
 */
#include "plan/transform_parts.h"

#include "base/text.h"

enum standing { NONE, BARE, MARKED, NAMED, ANSWERED, STANDINGS };

struct candidates {
    char letter[STANDINGS]; /* the last one of each kind, as a capital */
    bool several[STANDINGS];
};

static bool is_letter(char c)
{
    return char_is_alnum(c) && !char_is_digit(c);
}

static bool is_capital(char c)
{
    return c >= 'A' && c <= 'Z';
}

static char at_or_zero(str text, size_t at)
{
    return at < text.n ? text.p[at] : '\0';
}

static bool is_apostrophe(uint32_t c)
{
    return c == '\'' || c == 0x2019;
}

/* Does the character beside a letter join it to a longer word: don't, A-level, U.S., C++? */
static bool joins(uint32_t next, uint32_t beyond)
{
    if (next == '+' || next == '#')
        return true;
    return (is_apostrophe(next) || next == '-' || next == '.') && is_word(beyond);
}

static bool stands_alone(str text, size_t at)
{
    uint32_t before = char_before(text, at), after = char_after(text, at + 1);
    if (is_word(before) || is_word(after))
        return false;
    size_t before_length = before < 0x80 ? 1 : 3, after_length = after < 0x80 ? 1 : 3;
    uint32_t beyond_before = at >= before_length ? char_before(text, at - before_length) : 0;
    return !joins(after, char_after(text, at + 1 + after_length)) &&
           !(joins(before, beyond_before) && before != '+' && before != '#');
}

static bool is_one_of(str word, const char *const *words)
{
    for (; *words; words++)
        if (str_equal_nocase(word, str_from(*words)))
            return true;
    return false;
}

static str word_from(str text, size_t from)
{
    size_t to = from;
    while (to < text.n && is_letter(text.p[to]))
        to++;
    return str_sub(text, from, to);
}

/* The word before `at`, when only blanks and marks stand between. */
static str word_before(str text, size_t at)
{
    while (at > 0 &&
           (char_is_space(text.p[at - 1]) || strchr(":=*([{\"'`_$\\-", text.p[at - 1])))
        at--;
    size_t from = at;
    while (from > 0 && is_letter(text.p[from - 1]) && at - from < 20)
        from--;
    return str_sub(text, from, at);
}

static enum standing introduced(str text, size_t at)
{
    static const char *const answers[] = {"answer", "choose", "chose",   "pick",
                                          "select", "boxed",  "answers", NULL};
    static const char *const names[] = {"option", "choice", "letter", NULL};
    static const char *const between[] = {"is", "be", "was", "the", "with", "text", NULL};
    enum standing named = NONE;
    for (int words = 0; words < 5; words++) {
        str word = word_before(text, at);
        if (word.n == 0)
            break;
        if (is_one_of(word, answers))
            return ANSWERED;
        if (is_one_of(word, names))
            named = NAMED;
        else if (!is_one_of(word, between))
            break;
        at = (size_t)(word.p - text.p);
    }
    return named;
}

static bool is_marked(str text, size_t at)
{
    uint32_t before = char_before(text, at), after = char_after(text, at + 1);
    if ((before == '(' && after == ')') || (before == '[' && after == ']') ||
        (before == '{' && after == '}') || (before == '*' && after == '*') ||
        (before == '"' && after == '"') || (before == '\'' && after == '\'') ||
        (before == '`' && after == '`') || (before == 0x201c && after == 0x201d))
        return true;
    size_t line = at;
    while (line > 0 && (text.p[line - 1] == ' ' || text.p[line - 1] == '*'))
        line--;
    return (line == 0 || text.p[line - 1] == '\n') && after && after < 0x80 &&
           strchr(").:", (char)after);
}

/* "I think", "a word", "A word": no choices. "A is right", "A or B" are. */
static bool is_plain_word(str text, size_t at)
{
    static const char *const verbs[] = {"is", "because", "since", "as", "and", "or", NULL};
    char letter = char_lower(text.p[at]);
    size_t next = at + 1;
    while (next < text.n && (text.p[next] == ' ' || text.p[next] == '\t'))
        next++;
    if ((letter != 'a' && letter != 'i') || next == at + 1 ||
        !is_letter(at_or_zero(text, next)))
        return false;
    return letter == 'i' || !is_capital(text.p[at]) || !is_one_of(word_from(text, next), verbs);
}

static enum standing standing_of(str text, size_t at)
{
    bool capital = is_capital(text.p[at]);
    enum standing named = introduced(text, at);
    bool plain = is_plain_word(text, at);
    /* after "the answer is", a capital A is no article */
    if (named && (!plain || (text.p[at] == 'A' && named == ANSWERED)))
        return named;
    if (is_marked(text, at))
        return MARKED;
    return capital && !plain ? BARE : NONE;
}

/* The only letter or digit of the text, or 0. */
static char whole_letter(str text)
{
    char only = '\0';
    for (size_t at = 0, length; at < text.n; at += length) {
        uint32_t c = utf8_decode(text, at, &length);
        if (!is_word(c))
            continue;
        if (only || c >= 0x80 || !is_letter((char)c))
            return '\0';
        only = (char)c;
    }
    return only;
}

static char capital_of(char letter)
{
    return is_capital(letter) ? letter : (char)(letter - 'a' + 'A');
}

static char choose(str text)
{
    char only = whole_letter(text);
    if (only)
        return capital_of(only);
    struct candidates found = {0};
    for (size_t at = 0; at < text.n; at++) {
        if (!is_letter(text.p[at]) || !stands_alone(text, at))
            continue;
        enum standing standing = standing_of(text, at);
        char letter = capital_of(text.p[at]);
        found.several[standing] = found.several[standing] ||
                                  (found.letter[standing] && found.letter[standing] != letter);
        found.letter[standing] = letter;
    }
    for (int standing = ANSWERED; standing > NONE; standing--)
        if (found.letter[standing])
            return found.several[standing] && standing != ANSWERED ? '\0'
                                                                   : found.letter[standing];
    return '\0';
}

const json *find_letter(struct arena *arena, str text)
{
    char letter = choose(text);
    return letter ? json_new_text(arena, (str){&letter, 1}) : NULL;
}
