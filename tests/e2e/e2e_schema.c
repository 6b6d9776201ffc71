/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * e2e_schema.c: YAML files against the schemas for editors, as an editor does it (see
 * e2e_schema.h).
 */
#include "e2e_schema.h"

#include "base/file.h"
#include "base/jsonschema.h"
#include "base/yaml.h"

str schema_file_read(struct arena *arena, str path)
{
    struct err err = {0};
    str text;
    if (file_read(arena, arena_str(arena, path).p, 4 << 20, &text, &err) < 0)
        BUG("%s", err.message);
    return text;
}

const struct jsonschema *schema_load(struct arena *arena, str path)
{
    struct jsonschema_problem problem = {0};
    const json *source = json_parse(arena, schema_file_read(arena, path), NULL);
    const struct jsonschema *schema = source ? jsonschema_new(arena, source, &problem) : NULL;
    if (!schema)
        BUG("%.*s is no schema: %.*s %.*s", STR_ARG(path), STR_ARG(problem.path),
            STR_ARG(problem.text));
    return schema;
}

str schema_says(struct arena *arena, const struct jsonschema *schema, str path)
{
    struct mistakes mistakes;
    struct jsonschema_problem problem = {0};
    size_t count = 0;
    mistakes_init(&mistakes, arena);
    const struct yaml *yaml =
        yaml_load(arena, arena_str(arena, path), path, &yaml_file_limits, &mistakes);
    if (!yaml)
        return STR("not YAML");
    if (jsonschema_valid(schema, yaml_to_json(arena, yaml), arena, &problem, 1, &count))
        return STR("");
    return jsonschema_problem_line(arena, &problem);
}

str schema_named(struct arena *arena, str path)
{
    str line, rest, begin = STR("# yaml-language-server: $schema=");
    str_cut(schema_file_read(arena, path), '\n', &line, &rest);
    return str_starts_with(line, begin)
               ? path_beside(arena, path, str_sub(line, begin.n, line.n))
               : STR("");
}
