/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * html_plots.c: the pictures of plot.h, drawn into a folder of their own and taken into the page.
 *
 * A report without pictures is a report: when there is no gnuplot, or it fails, the page says so.
 */
#include "reports/html.h"
#include "reports/plot.h"

#include "base/file.h"
#include "base/log.h"
#include "io/exec.h"
#include "reports/html_svg.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { SVG_MAX = 1 << 20 };

const char *html_figures_folder(struct arena *arena, struct err *err)
{
    const char *parent = getenv("TMPDIR");
    str path =
        arena_printf(arena, "%s/weir-report-XXXXXX", parent && *parent ? parent : "/tmp");
    char *folder = arena_bytes(arena, path.n + 1);
    memcpy(folder, path.p, path.n + 1);
    if (mkdtemp(folder))
        return folder;
    err_set(err, ERR_FAILED, "cannot make the folder %s for pictures", folder);
    return NULL;
}

void html_figures_remove(struct arena *arena, const char *folder, const char *const *name,
                         size_t count)
{
    static const char *const endings[] = {"csv", "gp", "svg", "png"};
    for (size_t i = 0; i < count; i++)
        for (size_t e = 0; e < sizeof endings / sizeof endings[0]; e++)
            unlink(arena_printf(arena, "%s/%s.%s", folder, name[i], endings[e]).p);
    rmdir(folder);
}

static void remove_folder(struct arena *arena, const char *folder)
{
    size_t count;
    const struct plot_entry *entry = plot_entries(&count);
    const char **name = arena_array(arena, const char *, count + 1);
    for (size_t i = 0; i < count; i++)
        name[i] = entry[i].name;
    html_figures_remove(arena, folder, name, count);
}

/* "Cost against accuracy", from the summary of a list's row. */
static str capital(struct arena *arena, const char *text)
{
    bool small = text[0] >= 'a' && text[0] <= 'z';
    return arena_printf(arena, "%c%s", small ? text[0] - 'a' + 'A' : text[0],
                        text + (*text != 0));
}

bool html_figure(struct html *html, const char *folder, const char *name, str title)
{
    str path = arena_printf(html->arena, "%s/%s.svg", folder, name), svg;
    if (!file_exists(path.p) || file_read(html->arena, path.p, SVG_MAX, &svg, NULL) < 0)
        return false;
    struct html_picture picture = {
        .name = arena_printf(html->arena, "plot-%s", name).p,
        .title = title,
        .description = STR("Its figures stand in the tables of this page."),
    };
    size_t start = html->out->n;
    html_add(html, "<figure class=\"scroll\" tabindex=\"0\" aria-label=\"Picture: ");
    html_attribute(html->out, title);
    html_add(html, "\">\n");
    if (!html_svg(html->out, svg, &picture)) {
        html->out->n = start;
        log_line(LOG_WARNING, "the picture %s could not be read and is left out", name);
        return false;
    }
    html_add(html, "\n</figure>\n");
    return true;
}

bool html_can_draw(struct arena *arena)
{
    str path;
    struct err err;
    return exec_find(arena, STR("."), STR("gnuplot"), &path, &err) == 0;
}

/* What most readers decide by; the others are folded, or they would push all that follows far away. */
static bool is_leading(const struct plot_entry *entry)
{
    static const char *const names[] = {"accuracy", "cost", "latency"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(entry->name, names[i]) == 0)
            return true;
    return false;
}

static int add_those(struct html *html, const char *folder, bool leading)
{
    size_t count;
    const struct plot_entry *entry = plot_entries(&count);
    int shown = 0;
    for (size_t i = 0; i < count; i++)
        if (is_leading(&entry[i]) == leading)
            shown += html_figure(html, folder, entry[i].name,
                                 capital(html->arena, entry[i].summary));
    return shown;
}

/* How many there are; -1: gnuplot failed. */
static int add_pictures(struct html *html, const char *folder)
{
    struct err trouble = {0};
    if (plots_write_svg(str_from(folder), html->input, &trouble) < 0) {
        log_line(LOG_WARNING, "the page has no pictures: %s", trouble.message);
        return -1;
    }
    int shown = add_those(html, folder, true);
    size_t start = html->out->n;
    html_add(html, "<details><summary>More plots</summary>\n");
    int more = add_those(html, folder, false);
    if (more)
        html_add(html, "</details>\n");
    else
        html->out->n = start;
    return shown + more;
}

int html_plots(struct html *html, struct err *err)
{
    const char *words = "There was nothing to draw.";
    html_section(html, "plots", "Plots");
    if (str_equal(json_text(html->input->plots), STR("none"))) {
        words = "The experiment asks for no pictures. All figures stand in the tables.";
    } else if (html_can_draw(html->arena)) {
        const char *folder = html_figures_folder(html->arena, err);
        if (!folder)
            return -1;
        int shown = add_pictures(html, folder);
        remove_folder(html->arena, folder);
        if (shown)
            words = shown > 0 ? ""
                              : "No pictures: gnuplot failed when this page was made. All "
                                "figures stand in the tables.";
    } else {
        log_line(LOG_WARNING, "gnuplot is not installed: the page has no pictures");
        words = "No pictures: gnuplot was not installed where this page was made. All figures "
                "stand "
                "in the tables.";
    }
    if (*words)
        html_element(html, "p class=\"quiet\"", str_from(words));
    html_end_section(html);
    return 0;
}
