/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * rendering.c: from a view to a reporter (see rendering.h).
 */
#include "session/rendering.h"

#include "base/file.h"

struct report_input rendering_input(const struct run_view *view)
{
    return (struct report_input){
        .summary = view->summary,
        .store = view->store,
        .title = view->title,
        .description = view->description,
        .width = REPORT_WIDTH,
        .plots = json_path(view->definition, "report.plots"),
    };
}

int rendering_check_file(str file, struct err *err)
{
    if (!str_equal(path_extension(file), STR("db")))
        return 0;
    return err_set(err, ERR_INPUT,
                   "'%.*s' looks like a run, not a report; expected it before the options",
                   STR_ARG(file));
}

const struct reporter *rendering_for_file(str file, struct err *err)
{
    const struct reporter *reporter = report_for_file(file);
    if (!reporter)
        err_set(err, ERR_INPUT,
                "no report format for '%.*s'; expected a name that ends in .csv, .html, "
                ".json, .md, .txt or .xml",
                STR_ARG(file));
    return reporter;
}
