/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * prompt.h: prompts from files or in place (language 2.3).
 */
#ifndef PLAN_PROMPT_H
#define PLAN_PROMPT_H

#include "base/template.h"
#include "llm/llm.h"

struct prompt_message {
    enum llm_role role;
    const struct template *text;
};

struct prompt {
    str name; /* of its file; empty when in place */
    const struct prompt_message *message;
    size_t count;
    bool in_file; /* its templates stand in a file of their own */
    struct place place;
};

/* A prompt in place: a mapping. NULL after adding mistakes. */
const struct prompt *prompt_new(struct arena *arena, const struct yaml *mapping,
                                struct mistakes *mistakes);
/* A prompt file: optional front matter between two lines ---, then the user message. */
const struct prompt *prompt_load(struct arena *arena, str name, str path, str shown_path,
                                 struct mistakes *mistakes);

#endif
