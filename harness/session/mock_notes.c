/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * mock_notes.c: what is likely to be forgotten of a mock (see mock.h).
 *
 * A mock answers whatever is asked: without a file replies are made up and all is wrong; a model that
 * the file does not name is never wrong. Both look like results, so they are told. What a mock file
 * means is weir-mock's to know; here only the names of its models are read.
 */
#include "session/mock.h"

#include "base/file.h"
#include "base/log.h"

static const json *mock_file(const struct experiment *experiment, struct arena *arena)
{
    struct mistakes quiet;
    if (experiment->mock_inline)
        return experiment->mock_inline;
    mistakes_init(&quiet, arena);
    const struct yaml *yaml =
        yaml_load(arena, experiment->mock, experiment->mock, &yaml_file_limits, &quiet);
    return yaml ? yaml_to_json(arena, yaml) : NULL;
}

size_t mock_unknown(const struct experiment *experiment, struct arena *arena, str **told)
{
    const json *mock = mock_file(experiment, arena), *models = json_get(mock, STR("models"));
    const char *then = str_equal(json_text(json_get(mock, STR("unknown_model"))), STR("refuse"))
                           ? "is refused"
                           : "is served as one that is never wrong";
    size_t count = 0;
    *told = arena_array(arena, str, experiment->models + 1);
    if (json_count(models) == 0 || json_get(models, STR("*")))
        return 0;
    for (size_t i = 0; i < experiment->models; i++) {
        str name = experiment->model[i]->model;
        if (!json_get(models, name))
            (*told)[count++] = arena_printf(arena, "the mock file has no model '%.*s': it %s",
                                            STR_ARG(name), then);
    }
    return count;
}

void mock_notes(const struct experiment *experiment, struct arena *arena)
{
    str *told;
    if (!experiment->mock.n && !experiment->mock_inline) {
        log_line(
            LOG_WARNING,
            "the experiment names no mock file (key mock), so the mock makes replies up: "
            "expect them to be wrong. 'weir init --dataset FILE' writes a mock that knows the "
            "answers; by hand it is 'mock: mock.yaml' with an answer rule "
            "(docs/mock-server.md)");
        return;
    }
    size_t count = mock_unknown(experiment, arena, &told);
    for (size_t i = 0; i < count; i++)
        log_line(LOG_WARNING, "%.*s", STR_ARG(told[i]));
}
