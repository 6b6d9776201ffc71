/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * html_experiment.c: what was run: the facts of the header, the experiment as it counted, and the
 * files that it was read from.
 */
#include "reports/html.h"

#include "base/yaml_write.h"
#include "store/store.h"

enum { FILES_SHOWN = 200, HASH_SHOWN = 12 };

static void write_facts(struct html *html)
{
    const struct page *page = html->page;
    if (page->description.n)
        html_element(html, "p", page->description);
    html_add(html, "<dl class=\"facts\">\n");
    for (size_t i = 0; i < page->facts; i++) {
        html_element(html, "dt", str_from(page->fact[i].label));
        html_add(html, "<dd><bdi>");
        html_text(html->out, page->fact[i].text);
        html_add(html, "</bdi></dd>\n");
    }
    html_add(html, "</dl>\n");
}

static void write_definition(struct html *html)
{
    struct buf yaml = {0};
    size_t left_out;
    if (!html->definition)
        return;
    if (yaml_is_writable(html->definition))
        yaml_write(&yaml, html->definition, 0, YAML_AS_IT_IS);
    else
        json_write_indented(&yaml, html->definition, 2);
    str text =
        html_lines(html->arena, str_trim(buf_str(&yaml)), HTML_EXPERIMENT_MAX, &left_out);
    html_add(html, "<details><summary>The experiment as it counted: after extends, with all "
                   "defaults</summary>\n<pre class=\"text\" tabindex=\"0\">");
    html_text(html->out, text);
    html_add(html, "</pre>\n");
    if (left_out)
        html_element(
            html, "p class=\"note\"",
            arena_printf(html->arena, "%zu more bytes: weir check --effective.", left_out));
    html_add(html, "</details>\n");
    buf_release(&yaml);
}

static void write_files(struct html *html)
{
    size_t count = 0;
    const struct store_file *file =
        html->input->store ? store_files(html->input->store, &count) : NULL;
    if (count == 0)
        return;
    html_add(html, "<details><summary>The files that it was read from</summary>\n"
                   "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"Table: "
                   "files\"><table>"
                   "<thead><tr><th scope=\"col\">File</th><th scope=\"col\">Role</th>"
                   "<th scope=\"col\">Hash</th></tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < count && i < FILES_SHOWN; i++) {
        html_add(html, "<tr><th scope=\"row\"><bdi>");
        html_text(html->out, page_text(html->arena, file[i].path, 120));
        html_add(html, "</bdi></th><td>");
        html_text(html->out, file[i].role);
        html_add(html, "</td><td class=\"mono\">");
        html_text(html->out, str_sub(file[i].hash, 0, HASH_SHOWN));
        html_add(html, "</td></tr>\n");
    }
    html_add(html, "</tbody></table></div>\n");
    if (count > FILES_SHOWN)
        html_element(html, "p class=\"note\"",
                     arena_printf(html->arena, "%zu more files.", count - FILES_SHOWN));
    html_add(html, "</details>\n");
}

void html_experiment(struct html *html)
{
    html_section(html, "experiment", "Experiment and run");
    write_facts(html);
    write_definition(html);
    write_files(html);
    html_end_section(html);
}
