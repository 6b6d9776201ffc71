/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * openai_chat_inside.h: what the files that read a Chat Completions body share.
 */
#ifndef MOCK_OPENAI_CHAT_INSIDE_H
#define MOCK_OPENAI_CHAT_INSIDE_H

#include "mock_server/openai_read.h"

/* Members that are looked at; the body is walked once to find them. */
#define FIELD_MAP(X)                                                                           \
    X(MESSAGES, "messages")                                                                    \
    X(MODEL, "model")                                                                          \
    X(TEMPERATURE, "temperature")                                                              \
    X(TOP_P, "top_p")                                                                          \
    X(FREQUENCY_PENALTY, "frequency_penalty")                                                  \
    X(PRESENCE_PENALTY, "presence_penalty")                                                    \
    X(N, "n")                                                                                  \
    X(SEED, "seed")                                                                            \
    X(MAX_TOKENS, "max_tokens")                                                                \
    X(MAX_COMPLETION_TOKENS, "max_completion_tokens")                                          \
    X(LOGPROBS, "logprobs")                                                                    \
    X(TOP_LOGPROBS, "top_logprobs")                                                            \
    X(STREAM, "stream")                                                                        \
    X(STREAM_OPTIONS, "stream_options")                                                        \
    X(STOP, "stop")                                                                            \
    X(RESPONSE_FORMAT, "response_format")                                                      \
    X(TOOLS, "tools")                                                                          \
    X(TOOL_CHOICE, "tool_choice")                                                              \
    X(PARALLEL_TOOL_CALLS, "parallel_tool_calls")                                              \
    X(LOGIT_BIAS, "logit_bias")                                                                \
    X(REASONING_EFFORT, "reasoning_effort")                                                    \
    X(VERBOSITY, "verbosity")

enum field {
#define FIELD_NAME(name, text) FIELD_##name,
    FIELD_MAP(FIELD_NAME)
#undef FIELD_NAME
        FIELDS,
};

/* openai_chat_messages.c: fills the request's turns. */
int openai_chat_read_messages(const struct openai_body *in);

#endif
