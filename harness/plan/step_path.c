/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * step_path.c: what a step is called by its place in the tree (see step_path.h).
 */
#include "plan/step_path.h"

#include "base/buf.h"
#include "base/json.h"
#include "base/option.h"

str path_segment(struct arena *arena, str name)
{
    if (name_is_valid(name))
        return name;
    struct buf quoted = {0};
    buf_add_char(&quoted, '[');
    json_write_text(&quoted, name);
    buf_add_char(&quoted, ']');
    str segment = arena_str(arena, buf_str(&quoted));
    buf_release(&quoted);
    return segment;
}

str path_append(struct arena *arena, str path, str segment)
{
    if (segment.n == 0 || path.n == 0)
        return segment.n ? segment : path;
    const char *dot = segment.p[0] == '[' ? "" : ".";
    return arena_printf(arena, "%.*s%s%.*s", STR_ARG(path), dot, STR_ARG(segment));
}

str path_generic(struct arena *arena, str path)
{
    char *out = arena_alloc(arena, path.n + 1);
    size_t n = 0;
    bool quoted = false; /* the name of a case may look like an index */
    for (size_t i = 0; i < path.n; i++) {
        size_t end = i + 1;
        while (!quoted && path.p[i] == '[' && end < path.n && char_is_digit(path.p[end]))
            end++;
        if (end > i + 1 && end < path.n && path.p[end] == ']') {
            memcpy(out + n, "[*]", 3); /* "[0]" is no shorter */
            n += 3;
            i = end;
            continue;
        }
        out[n++] = path.p[i];
        if (path.p[i] == '"')
            quoted = !quoted;
        else if (quoted && path.p[i] == '\\' && i + 1 < path.n)
            out[n++] = path.p[++i];
    }
    return (str){out, n};
}
