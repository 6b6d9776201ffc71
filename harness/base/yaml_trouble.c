/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * yaml_trouble.c: which bytes are let into the parser at all, and its complaints with what would have been
 * right instead. libfyaml says what it found; people need to know what was expected, and where.
 */
#include "base/yaml_inside.h"

#include "base/text.h"

/* ---- before it ---- */

/* YAML 1.2.2, 5.1: of the C0 controls only tab and line breaks may occur. */
static ptrdiff_t control_at(str text)
{
    for (size_t i = 0; i < text.n; i++)
        if ((unsigned char)text.p[i] < 0x20 && !memchr("\t\n\r", text.p[i], 3))
            return (ptrdiff_t)i;
    return -1;
}

bool yaml_is_fit(const struct source *source, const struct yaml_limits *limits,
                 struct mistakes *mistakes)
{
    str text = source->text;
    struct place start = {source, 1, 1};
    if (text.n > limits->bytes) {
        mistake_add(mistakes, start, "has %zu bytes; expected at most %zu", text.n,
                    limits->bytes);
        return false;
    }
    ptrdiff_t bad = utf8_invalid_at(text);
    if (bad >= 0) {
        mistake_add(mistakes, place_at(source, (size_t)bad),
                    "byte 0x%02x is not UTF-8; expected a UTF-8 file",
                    (unsigned char)text.p[bad]);
        return false;
    }
    bad = control_at(text);
    if (bad >= 0) {
        mistake_add(mistakes, place_at(source, (size_t)bad),
                    "not YAML: control character 0x%02x; expected it as an escape in double "
                    "quotes",
                    (unsigned char)text.p[bad]);
        return false;
    }
    return true;
}

/* ---- behind it ---- */

/* What the library says of mistakes that people often make, and what would have been right. */
static const struct {
    const char *said, *expected;
} parser_hints[] = {
    {"tab character may not be used as indentation", "spaces"},
    {"invalid nested block mapping on the same line", "quotes around a text that holds ': '"},
    {"invalid indentation in mapping", "the key in the column of those before it"},
    {"wrongly indented double-quoted scalar", "its closing quote"},
    {"wrongly indented single-quoted scalar", "its closing quote"},
};

static str hint_for(struct arena *arena, const char *said)
{
    for (size_t i = 0; i < sizeof parser_hints / sizeof parser_hints[0]; i++)
        if (strcmp(said, parser_hints[i].said) == 0)
            return arena_printf(arena, "; expected %s", parser_hints[i].expected);
    return (str){"", 0};
}

/* Where something lacks at the end, rather than on an empty line further down. */
static struct place place_behind_text(const struct source *source)
{
    size_t end = source->text.n;
    while (end > 0 && char_is_space(source->text.p[end - 1]))
        end--;
    return place_at(source, end);
}

void yaml_tell(struct mistakes *mistakes, struct place place, const char *said)
{
    struct place end = place_behind_text(place.source);
    str hint = hint_for(mistakes->arena, said);
    if (place.line > end.line)
        place = end;
    mistake_add(mistakes, place, "not YAML: %s%.*s", said, STR_ARG(hint));
}
