/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * mock_made_up.c: prompts that a mock file did not foresee (see mock.h).
 *
 * A mock that recognises nothing in a prompt makes its reply up, and is then wrong like a bad model: a
 * step that is handed the answer of the one before, and not the row, looks "worse, p < 0.001". What was
 * made up is weir-mock's to know, and asked of it before it ends; one that died has nothing to tell.
 */
#include "session/mock.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "io/http_once.h"

enum {
    PROMPT_COLUMNS = 60,
    RULES_SHOWN = 5,
};

static str shown(struct arena *arena, str prompt)
{
    return text_shorten(arena, text_visible(arena, text_squeeze(arena, prompt)),
                        PROMPT_COLUMNS);
}

static str unused_text(struct arena *arena, const json *unused)
{
    str *name = arena_array(arena, str, json_count(unused));
    size_t count = 0;
    for (const json *one = json_first(unused); one; one = json_next(one))
        name[count++] = text_visible(arena, json_text(one));
    return text_list(arena, name, count, RULES_SHOWN);
}

void mock_made_up(const struct mock *mock, struct arena *arena)
{
    const int64_t timeout_ns = 5 * NS_PER_S;
    struct err unheard = {0};
    str body, url = arena_printf(arena, "%.*s/mock/truth", STR_ARG(mock->url));
    if (mock->process.pid == 0 || http_once(arena, url, timeout_ns, &body, &unheard) < 0)
        return;
    const json *truth = json_parse(arena, body, NULL);
    const json *made_up = json_get(truth, STR("made_up")),
               *unused = json_get(truth, STR("unused"));
    for (const json *one = json_first(made_up); one; one = json_next(one))
        log_line(LOG_WARNING,
                 "weir-mock made up %.0f of the %.0f replies of '%.*s': no rule and no answer "
                 "of the mock file fits the prompt, as in '%.*s'",
                 json_number(json_get(one, STR("made_up"))),
                 json_number(json_get(one, STR("replies"))),
                 STR_ARG(text_visible(arena, json_text(json_get(one, STR("model"))))),
                 STR_ARG(shown(arena, json_text(json_get(one, STR("prompt"))))));
    if (json_count(made_up) && json_count(unused))
        log_line(LOG_WARNING, "rules of the mock file that decided no reply: %.*s",
                 STR_ARG(unused_text(arena, unused)));
}
