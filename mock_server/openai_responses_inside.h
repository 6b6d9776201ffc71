/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * openai_responses_inside.h: what the files that read a Responses body share.
 */
#ifndef MOCK_OPENAI_RESPONSES_INSIDE_H
#define MOCK_OPENAI_RESPONSES_INSIDE_H

#include "mock_server/openai_read.h"

/* Members that are looked at; the body is walked once to find them. Those from MESSAGES on are
 * Chat Completions' and have another name here, or none. */
#define FIELD_MAP(X)                                                                           \
    X(MODEL, "model")                                                                          \
    X(INPUT, "input")                                                                          \
    X(INSTRUCTIONS, "instructions")                                                            \
    X(MAX_OUTPUT_TOKENS, "max_output_tokens")                                                  \
    X(MAX_TOOL_CALLS, "max_tool_calls")                                                        \
    X(TEMPERATURE, "temperature")                                                              \
    X(TOP_P, "top_p")                                                                          \
    X(TOP_LOGPROBS, "top_logprobs")                                                            \
    X(TEXT, "text")                                                                            \
    X(REASONING, "reasoning")                                                                  \
    X(TOOLS, "tools")                                                                          \
    X(TOOL_CHOICE, "tool_choice")                                                              \
    X(PARALLEL_TOOL_CALLS, "parallel_tool_calls")                                              \
    X(INCLUDE, "include")                                                                      \
    X(PREVIOUS_RESPONSE_ID, "previous_response_id")                                            \
    X(CONVERSATION, "conversation")                                                            \
    X(PROMPT, "prompt")                                                                        \
    X(STORE, "store")                                                                          \
    X(STREAM, "stream")                                                                        \
    X(STREAM_OPTIONS, "stream_options")                                                        \
    X(SERVICE_TIER, "service_tier")                                                            \
    X(METADATA, "metadata")                                                                    \
    X(BACKGROUND, "background")                                                                \
    X(TRUNCATION, "truncation")                                                                \
    X(USER, "user")                                                                            \
    X(MESSAGES, "messages")                                                                    \
    X(MAX_TOKENS, "max_tokens")                                                                \
    X(MAX_COMPLETION_TOKENS, "max_completion_tokens")                                          \
    X(RESPONSE_FORMAT, "response_format")                                                      \
    X(REASONING_EFFORT, "reasoning_effort")                                                    \
    X(VERBOSITY, "verbosity")                                                                  \
    X(STOP, "stop")                                                                            \
    X(SEED, "seed")                                                                            \
    X(N, "n")                                                                                  \
    X(LOGPROBS, "logprobs")                                                                    \
    X(FREQUENCY_PENALTY, "frequency_penalty")                                                  \
    X(PRESENCE_PENALTY, "presence_penalty")                                                    \
    X(LOGIT_BIAS, "logit_bias")                                                                \
    X(FUNCTIONS, "functions")                                                                  \
    X(FUNCTION_CALL, "function_call")

enum field {
#define FIELD_NAME(name, text) FIELD_##name,
    FIELD_MAP(FIELD_NAME)
#undef FIELD_NAME
        FIELDS,
};

/* openai_responses_items.c: fills the request's turns from instructions and input. */
int openai_responses_read_items(const struct openai_body *in);
/* openai_responses_tools.c: tools and tool_choice. */
int openai_responses_read_tools(const struct openai_body *in);

#endif
