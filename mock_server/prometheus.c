/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * prometheus.c: the text format's escapes (see prometheus.h).
 */
#include "mock_server/prometheus.h"

void prometheus_family(struct buf *out, const char *name, const char *type, const char *help)
{
    buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

/* A label's value: quotes, backslashes and line breaks escaped. */
static void write_label(struct buf *out, const char *text)
{
    buf_add_char(out, '"');
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            buf_add_char(out, '\\');
        buf_add_str(out, *text == '\n' ? STR("\\n") : (str){text, 1});
    }
    buf_add_char(out, '"');
}

void prometheus_sample(struct buf *out, const char *name, const char *const *labels,
                       double value)
{
    buf_add_str(out, str_from(name));
    for (size_t i = 0; labels && labels[i]; i += 2) {
        buf_printf(out, "%s%s=", i ? "," : "{", labels[i]);
        write_label(out, labels[i + 1]);
    }
    if (labels && labels[0])
        buf_add_char(out, '}');
    buf_printf(out, " %.16g\n", value);
}

void prometheus_single(struct buf *out, const char *name, const char *type, const char *help,
                       double value)
{
    prometheus_family(out, name, type, help);
    prometheus_sample(out, name, NULL, value);
}
