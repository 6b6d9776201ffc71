/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * html_shell.c: what is around the text of every page: head, policy, style, footer (see html.h).
 */
#include "reports/html.h"

#include "base/embedded.h"

/* reports/html, by name: scripts run in that order. */
extern const struct embedded embedded_page[];

static bool is_style(const struct embedded *file)
{
    return str_ends_with(str_from(file->path), STR(".css"));
}

static unsigned digit(char c)
{
    return (unsigned)(char_is_digit(c) ? c - '0' : c - 'a' + 10);
}

/* The hash in Base64 (RFC 4648), as a policy wants it. */
static void write_hash(struct buf *out, const char *hex)
{
    static const char digits[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    enum { BYTES = 32 };
    for (size_t i = 0; i < BYTES; i += 3) {
        unsigned three = 0;
        for (size_t k = i; k < i + 3; k++)
            three =
                three << 8 | (k < BYTES ? digit(hex[2 * k]) << 4 | digit(hex[2 * k + 1]) : 0);
        for (unsigned k = 0; k < 4; k++)
            buf_add_char(out, i + k > BYTES ? '=' : digits[three >> (18 - 6 * k) & 63]);
    }
}

static void write_policy(struct buf *out, bool style)
{
    buf_add_str(out, style ? STR("; style-src") : STR("; script-src"));
    for (const struct embedded *file = embedded_page; file->path; file++)
        if (is_style(file) == style) {
            buf_add_str(out, STR(" 'sha256-"));
            write_hash(out, file->sha256);
            buf_add_char(out, '\'');
        }
}

static void write_assets(struct html *html, bool style)
{
    for (const struct embedded *file = embedded_page; file->path; file++) {
        if (is_style(file) != style)
            continue;
        html_add(html, style ? "<style>" : "<script>");
        buf_add_str(html->out, file->bytes);
        html_add(html, style ? "</style>\n" : "</script>\n");
    }
}

/* ---- head and foot ---- */

void html_shell_begin(struct html *html, str title, bool scripts)
{
    html_add(html, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                   "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
                   "img-src data:; base-uri 'none'; form-action 'none'");
    write_policy(html->out, true);
    if (scripts)
        write_policy(html->out, false);
    html_add(html,
             "\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
             "<meta name=\"color-scheme\" content=\"light dark\">\n"
             "<meta name=\"referrer\" content=\"no-referrer\">\n"
             "<link rel=\"icon\" href=\"data:,\">\n<title>");
    html_text(html->out, title);
    html_add(html, " · weir</title>\n");
    write_assets(html, true);
    html_add(html, "</head>\n<body>\n");
}

void html_shell_footer(struct html *html, str version)
{
    html_add(html, "<footer><p>Written by weir");
    if (version.n) {
        html_add(html, " ");
        html_text(html->out, page_text(html->arena, version, PAGE_NAME_MAX));
    }
    html_add(html, ". This page fetches nothing.</p></footer>\n");
}

void html_shell_scripts(struct html *html)
{
    write_assets(html, false);
}

void html_shell_end(struct html *html)
{
    html_add(html, "</body>\n</html>\n");
}
