/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * csv_out.c: the writing of CSV (see csv_out.h).
 */
#include "reports/csv_out.h"

#include "base/text.h"

#include <inttypes.h>

/* What spreadsheets take in a cell is 32,767 characters; the rest becomes a cell of its own. */
enum { CELL_MOST = 32000 };

static void begin_cell(struct csv_out *csv)
{
    if (csv->started)
        buf_add_char(csv->out, ',');
    csv->started = true;
}

/* Bytes of the sign at `at` that begins a formula; 0: there is none. */
static size_t formula_sign(str text, size_t at)
{
    static const char *const wide[] = {"＝", "＋", "－", "＠"};
    if (at < text.n && memchr("=+-@\t\r\n", text.p[at], 7))
        return 1;
    for (size_t i = 0; i < sizeof wide / sizeof wide[0]; i++)
        if (str_starts_with(str_sub(text, at, text.n), str_from(wide[i])))
            return strlen(wide[i]);
    return 0;
}

/* Some spreadsheets take blanks and quotes away before they look. */
static bool is_formula(str text)
{
    size_t at = 0;
    while (at < text.n && memchr(" \"'", text.p[at], 3))
        at++;
    return formula_sign(text, at) > 0;
}

/* With an apostrophe before each formula that another separator would begin. */
static str tamed(struct arena *arena, str text)
{
    struct buf out = {0};
    if (!memchr(text.p, ';', text.n))
        return text;
    for (size_t i = 0; i < text.n; i++) {
        buf_add_char(&out, text.p[i]);
        if (text.p[i] == ';' && is_formula(str_sub(text, i + 1, text.n)))
            buf_add_char(&out, '\'');
    }
    str kept = arena_str(arena, buf_str(&out));
    buf_release(&out);
    return kept;
}

static void add_quoted(struct buf *out, str text)
{
    buf_add_char(out, '"');
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '"')
            buf_add_char(out, '"');
        buf_add_char(out, text.p[i]);
    }
    buf_add_char(out, '"');
}

/* Printable ASCII that needs neither quotes nor escapes: nearly every cell there is. */
static bool is_plain(str text)
{
    if (text.n > CELL_MOST)
        return false;
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        if (c <= ' ' || c > '~' || c == ',' || c == '"' || c == ';')
            return false;
    }
    return !is_formula(text);
}

static bool needs_quotes(str shown)
{
    return memchr(shown.p, ',', shown.n) || memchr(shown.p, '"', shown.n) ||
           memchr(shown.p, ';', shown.n) || str_starts_with(shown, STR(" ")) ||
           str_ends_with(shown, STR(" "));
}

void csv_out_text(struct csv_out *csv, str text)
{
    begin_cell(csv);
    if (is_plain(text)) {
        buf_add_str(csv->out, text);
        return;
    }
    struct arena arena = {0};
    str head = str_sub(text, 0, 4 * CELL_MOST);
    str shown = text_shorten(&arena, text_visible(&arena, tamed(&arena, head)), CELL_MOST);
    if (is_formula(text))
        shown = arena_printf(&arena, "'%.*s", STR_ARG(shown));
    if (needs_quotes(shown))
        add_quoted(csv->out, shown);
    else
        buf_add_str(csv->out, shown);
    arena_release(&arena);
}

void csv_out_int(struct csv_out *csv, int64_t number)
{
    begin_cell(csv);
    buf_printf(csv->out, "%" PRId64, number);
}

void csv_out_empty(struct csv_out *csv)
{
    begin_cell(csv);
}

void csv_out_count(struct csv_out *csv, int64_t count)
{
    if (count < 0)
        csv_out_empty(csv);
    else
        csv_out_int(csv, count);
}

void csv_out_number(struct csv_out *csv, maybe number)
{
    begin_cell(csv);
    if (number.known)
        buf_printf(csv->out, "%.10g", number.value);
}

/* `number` / 10^digits, without the zeros at its end. */
static void add_decimal(struct csv_out *csv, bool known, int64_t number, unsigned digits)
{
    uint64_t size = number < 0 ? 0 - (uint64_t)number : (uint64_t)number, unit = 1;
    begin_cell(csv);
    if (!known)
        return;
    for (unsigned i = 0; i < digits; i++)
        unit *= 10;
    uint64_t rest = size % unit;
    while (digits && rest % 10 == 0) {
        rest /= 10;
        digits--;
    }
    buf_printf(csv->out, "%s%" PRIu64, number < 0 ? "-" : "", size / unit);
    if (digits)
        buf_printf(csv->out, ".%0*" PRIu64, (int)digits, rest);
}

void csv_out_ms(struct csv_out *csv, bool known, int64_t ns)
{
    add_decimal(csv, known, ns, 6);
}

void csv_out_usd(struct csv_out *csv, bool known, int64_t nanousd)
{
    add_decimal(csv, known, nanousd, 9);
}

void csv_out_bool(struct csv_out *csv, bool value)
{
    begin_cell(csv);
    buf_add_str(csv->out, value ? STR("true") : STR("false"));
}

void csv_out_end(struct csv_out *csv)
{
    buf_add_char(csv->out, '\n');
    csv->started = false;
}

void csv_out_heads(struct csv_out *csv, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        begin_cell(csv);
        buf_add_str(csv->out, str_from(names[i]));
    }
}
