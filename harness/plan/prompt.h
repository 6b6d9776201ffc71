/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * prompt.h: prompts from files or in place (language 2.3).
 */
#ifndef PLAN_PROMPT_H
#define PLAN_PROMPT_H

#include "base/option.h"
#include "base/template.h"
#include "llm/llm.h"

struct prompt_message {
    enum llm_role role;
    const struct template *text;
};

/* {name}, as other tools write what here is {{name}}. */
struct prompt_brace {
    const struct prompt_brace *next;
    str name;
    struct place place;
};

struct prompt {
    str name; /* of its file; empty when in place */
    const struct prompt_message *message; /* in the order of sending; the user's is last */
    size_t count;
    bool in_file; /* its templates stand in a file of their own */
    struct place place;
    const struct prompt_brace *brace; /* whether they are meant so is seen where names are known */
};

/* Keys of a prompt in place, for reference pages; a file has all of them but `user`. */
extern const struct opt prompt_options[];
extern const struct opt prompt_message_options[];

/* A prompt in place: a mapping. NULL after adding mistakes. */
const struct prompt *prompt_new(struct arena *arena, const struct yaml *mapping,
                                struct mistakes *mistakes);
/* A prompt file: optional front matter between two lines ---, then the user message without its
 * last line break. UTF-8 with or without byte order mark; CR LF reads as LF. `shown_path` is used
 * in messages. NULL after adding mistakes. */
const struct prompt *prompt_load(struct arena *arena, str name, str path, str shown_path,
                                 struct mistakes *mistakes);

#endif
