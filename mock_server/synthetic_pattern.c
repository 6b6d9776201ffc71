/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * synthetic_pattern.c: a text that a regular expression describes (see synthetic.h).
 *
 * Reads the expression once from left to right and writes as it goes: literals, classes, \d \w
 * \s, the dot, groups, alternatives, and the counts ? * + {n,m}. Look-arounds, back references
 * and word boundaries are not taken. Whether the text really matches is for the caller's
 * validation to say.
 */
#include "mock_server/synthetic.h"

enum { NESTING_MAX = 16, MORE_MAX = 3, COUNT_MAX = 2000 };

struct sampler {
    str pattern;
    size_t at;
    struct rng_key key;
    uint64_t draws;
    struct buf out;
    int depth;
    bool failed;
};

static uint64_t below(struct sampler *s, uint64_t n)
{
    return rng_below(s->key, "pattern", s->draws++, n);
}

static char peek(const struct sampler *s)
{
    return s->at < s->pattern.n ? s->pattern.p[s->at] : '\0';
}

static bool fail(struct sampler *s)
{
    s->failed = true;
    return false;
}

/* ---- sets of ASCII characters ---- */

struct set {
    bool has[128];
};

static void set_range(struct set *set, int from, int to)
{
    for (int c = from; c <= to && c < 128; c++)
        set->has[c] = true;
}

static bool set_escape(struct sampler *s, struct set *set, char c)
{
    switch (c) {
    case 'd':
        set_range(set, '0', '9');
        return true;
    case 'w':
        set_range(set, '0', '9');
        set_range(set, 'a', 'z');
        set_range(set, 'A', 'Z');
        return true;
    case 's':
        set_range(set, ' ', ' ');
        return true;
    case 'D':
    case 'S':
    case 'W':
        set_range(set, c == 'W' ? '!' : 'a', c == 'W' ? '!' : 'z');
        return true;
    case 'n':
        set_range(set, '\n', '\n');
        return true;
    case 't':
        set_range(set, '\t', '\t');
        return true;
    case 'r':
        set_range(set, '\r', '\r');
        return true;
    default:
        if (char_is_alnum(c) || (unsigned char)c >= 128)
            return fail(s);
        set_range(set, c, c);
        return true;
    }
}

static void read_class(struct sampler *s, struct set *set)
{
    bool negated = peek(s) == '^';
    struct set named = {{false}};
    s->at += negated;
    for (bool first = true; s->at < s->pattern.n && (first || peek(s) != ']'); first = false) {
        char c = s->pattern.p[s->at++];
        if (c == '\\') {
            if (!set_escape(s, &named, peek(s)))
                return;
            s->at++;
            continue;
        }
        if ((unsigned char)c >= 128 || (c == '[' && peek(s) == ':')) {
            fail(s);
            return;
        }
        bool range =
            peek(s) == '-' && s->at + 1 < s->pattern.n && s->pattern.p[s->at + 1] != ']';
        char last = range ? s->pattern.p[s->at + 1] : c;
        s->at += range ? 2 : 0;
        if (last == '\\' || (unsigned char)last >= 128) {
            fail(s);
            return;
        }
        set_range(&named, c, last);
    }
    s->at++;
    for (int c = 0; c < 128; c++)
        set->has[c] = negated ? !named.has[c] && c >= ' ' && c < 127 : named.has[c];
}

/* Letters first: they are the least likely to upset what reads the value. */
static void write_one_of(struct sampler *s, const struct set *set)
{
    char plain[128], other[128];
    size_t plains = 0, others = 0;
    for (int c = 0; c < 128; c++) {
        if (!set->has[c])
            continue;
        if (char_is_alnum((char)c))
            plain[plains++] = (char)c;
        else
            other[others++] = (char)c;
    }
    if (plains)
        buf_add_char(&s->out, plain[below(s, plains)]);
    else if (others)
        buf_add_char(&s->out, other[below(s, others)]);
    else
        fail(s);
}

/* ---- the expression ---- */

static void alternatives(struct sampler *s);

/* Goes on to the next sign of this group's own, '|' or ')', and stops at it; 0: the pattern ends. */
static char find_sign(struct sampler *s)
{
    int open = 0;
    for (; s->at < s->pattern.n; s->at++) {
        char c = peek(s);
        if (c == '\\')
            s->at++;
        else if (c == '[') {
            struct set ignored = {{false}};
            s->at++;
            read_class(s, &ignored);
            s->at--;
        } else if (c == '(')
            open++;
        else if ((c == ')' || c == '|') && open == 0)
            return c;
        else if (c == ')')
            open--;
    }
    return 0;
}

static void group(struct sampler *s)
{
    if (peek(s) == '?') {
        s->at++;
        if (peek(s) == ':') {
            s->at++;
        } else if (peek(s) == '<' && s->at + 1 < s->pattern.n &&
                   s->pattern.p[s->at + 1] != '=' && s->pattern.p[s->at + 1] != '!') {
            while (s->at < s->pattern.n && s->pattern.p[s->at++] != '>')
                ;
        } else {
            fail(s);
            return;
        }
    }
    alternatives(s);
    if (peek(s) != ')')
        fail(s);
    s->at++;
}

/* Writes one atom; false when there is none. */
static bool atom(struct sampler *s)
{
    struct set set = {{false}};
    char c = s->pattern.p[s->at++];
    switch (c) {
    case '^':
    case '$':
        return true;
    case '(':
        group(s);
        return true;
    case '[':
        read_class(s, &set);
        break;
    case '.':
        set_range(&set, 'a', 'z');
        break;
    case '\\':
        if (s->at == s->pattern.n || !set_escape(s, &set, peek(s)))
            return fail(s);
        s->at++;
        break;
    case '*':
    case '+':
    case '?':
        return fail(s);
    default:
        buf_add_char(&s->out, c);
        return true;
    }
    if (!s->failed)
        write_one_of(s, &set);
    return true;
}

static bool number(struct sampler *s, size_t *value)
{
    size_t from = s->at;
    *value = 0;
    while (char_is_digit(peek(s)) && *value <= COUNT_MAX)
        *value = *value * 10 + (size_t)(s->pattern.p[s->at++] - '0');
    return s->at > from;
}

/* How often the atom before is wanted. A brace that begins no count is a literal. */
static void count(struct sampler *s, size_t *least, size_t *most)
{
    char c = peek(s);
    size_t from = s->at;
    *least = *most = 1;
    if (c == '?' || c == '*' || c == '+') {
        *least = c == '+';
        *most = c == '?' ? 1 : *least + MORE_MAX;
        s->at++;
    } else if (c == '{') {
        s->at++;
        bool good = number(s, least);
        *most = *least;
        if (good && peek(s) == ',') {
            s->at++;
            if (!number(s, most))
                *most = *least + MORE_MAX;
        }
        if (!good || peek(s) != '}') {
            s->at = from;
            *least = *most = 1;
            return;
        }
        s->at++;
    } else {
        return;
    }
    if (peek(s) == '?' || peek(s) == '+')
        s->at++;
}

/* An atom that is wanted n times is read n times. */
static void repeated_atom(struct sampler *s)
{
    size_t from = s->at, least, most, length = s->out.n;
    if (!atom(s) || s->failed)
        return;
    count(s, &least, &most);
    size_t after = s->at;
    if (most > COUNT_MAX || most < least) {
        fail(s);
        return;
    }
    size_t spread = most - least > MORE_MAX ? MORE_MAX : most - least;
    size_t times = least + below(s, spread + 1);
    s->out.n = length;
    for (size_t i = 0; i < times && !s->failed; i++) {
        s->at = from;
        atom(s);
    }
    s->at = after;
}

static size_t branches_of(const struct sampler *s)
{
    struct sampler look = *s;
    size_t branches = 1;
    for (; find_sign(&look) == '|'; branches++)
        look.at++;
    return branches;
}

static void alternatives(struct sampler *s)
{
    if (++s->depth > NESTING_MAX) {
        fail(s);
        return;
    }
    size_t chosen = below(s, branches_of(s));
    for (size_t i = 0; i < chosen; i++)
        if (find_sign(s) == '|')
            s->at++;
    while (s->at < s->pattern.n && peek(s) != ')' && peek(s) != '|' && !s->failed)
        repeated_atom(s);
    while (find_sign(s) == '|') /* the others */
        s->at++;
    s->depth--;
}

bool synthetic_pattern(struct arena *arena, str pattern, struct rng_key key, str *text)
{
    struct sampler s = {.pattern = pattern, .key = key, .out = BUF(1 << 20)};
    alternatives(&s);
    bool good = !s.failed && s.at == pattern.n && !s.out.full;
    *text = arena_str(arena, buf_str(&s.out));
    buf_release(&s.out);
    return good;
}
