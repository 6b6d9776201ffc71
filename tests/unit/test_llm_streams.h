/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_llm_streams.h: replies of all providers as event streams, with the oddities that each has
 * on the wire: padding, pings, comments, empty choices, unknown events. The answer is always
 * "Hél\"lo wörld", finished by itself, with 377 tokens of input and 12 of output.
 */
#ifndef TEST_LLM_STREAMS_H
#define TEST_LLM_STREAMS_H

#include "base/str.h"

struct recorded_stream {
    const char *dialect;
    str body;
    size_t events; /* with data */
    size_t output; /* of them with a piece of the answer */
};

#define CHAT_HEAD                                                                              \
    "data: {\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":"           \
    "1790000000,\"model\":\"gpt-6.1-sol-2026\",\"system_fingerprint\":\"fp_1\","
#define CHAT_DELTA(delta, finish)                                                              \
    CHAT_HEAD "\"choices\":[{\"index\":0,\"delta\":" delta                                     \
              ",\"logprobs\":null,\"finish_reason\":" finish                                   \
              "}],\"usage\":null,\"obfuscation\":\"aX9\"}\n\n"
#define CHAT_USAGE                                                                             \
    CHAT_HEAD "\"choices\":[],\"usage\":{\"prompt_tokens\":377,\"completion_tokens\":12,"      \
              "\"total_tokens\":389}}\n\n"

#define STREAM_CHAT                                                                            \
    ": keep-alive\n\n" CHAT_DELTA("{\"role\":\"assistant\",\"content\":\"\",\"refusal\":null}", "null") CHAT_DELTA( \
        "{\"content\":\"H\xc3\xa9l\"}", "null") CHAT_DELTA("{\"content\":\"\\\"lo w\\u00f6\"}", \
                                                           "null")                             \
        CHAT_DELTA("{\"content\":\"rld\"}", "null") CHAT_DELTA("{}", "\"stop\"")               \
            CHAT_USAGE "data: [DONE]\n\n"

#define RESPONSES_EVENT(name, rest)                                                            \
    "event: response." name "\ndata: {\"type\":\"response." name "\"," rest "}\n\n"
#define RESPONSES_DELTA(number, text)                                                          \
    RESPONSES_EVENT("output_text.delta",                                                       \
                    "\"sequence_number\":" number ",\"item_id\":\"msg_1\",\"output_index\":0," \
                    "\"content_index\":0,\"delta\":\"" text                                    \
                    "\",\"logprobs\":[],\"obfuscation\":\"k2\"")
#define RESPONSES_MESSAGE                                                                      \
    "{\"id\":\"msg_1\",\"type\":\"message\",\"status\":\"completed\",\"role\":\"assistant\","  \
    "\"content\":[{\"type\":\"output_text\",\"text\":\"H\xc3\xa9l\\\"lo w\xc3\xb6rld\","       \
    "\"annotations\":[],\"logprobs\":[]}]}"

#define STREAM_RESPONSES                                                                       \
    RESPONSES_EVENT("created",                                                                 \
                    "\"sequence_number\":0,\"response\":{\"id\":\"resp_1\",\"status\":"        \
                    "\"in_progress\",\"model\":\"gpt-6.1-sol-2026\",\"output\":[],"            \
                    "\"usage\":null}")                                                         \
    RESPONSES_EVENT("output_item.added",                                                       \
                    "\"sequence_number\":1,\"output_index\":0,\"item\":{\"id\":\"msg_1\","     \
                    "\"type\":\"message\",\"status\":\"in_progress\",\"role\":\"assistant\","  \
                    "\"content\":[]}")                                                         \
    RESPONSES_EVENT("content_part.added",                                                      \
                    "\"sequence_number\":2,\"item_id\":\"msg_1\",\"output_index\":0,"          \
                    "\"content_index\":0,\"part\":{\"type\":\"output_text\",\"text\":\"\","    \
                    "\"annotations\":[]}")                                                     \
    RESPONSES_DELTA("3", "H\xc3\xa9l")                                                         \
    "event: keepalive\ndata: {\"type\":\"keepalive\",\"sequence_number\":4}\n\n"               \
        RESPONSES_DELTA("5", "\\\"lo w\\u00f6") RESPONSES_DELTA("6", "rld") RESPONSES_EVENT(   \
            "output_item.done",                                                                \
            "\"sequence_number\":7,\"output_index\":0,\"item\":" RESPONSES_MESSAGE)            \
            RESPONSES_EVENT("completed",                                                       \
                            "\"sequence_number\":8,\"response\":{\"id\":\"resp_1\","           \
                            "\"object\":\"response\",\"status\":\"completed\",\"error\":null," \
                            "\"incomplete_details\":null,\"model\":\"gpt-6.1-sol-2026\","      \
                            "\"output\":[" RESPONSES_MESSAGE                                   \
                            "],\"usage\":{\"input_tokens\":377,\"output_tokens\":12,"          \
                            "\"total_tokens\":389}}")

#define ANTHROPIC_EVENT(name, rest)                                                            \
    "event: " name "\ndata: {\"type\":\"" name "\"" rest "  }\n\n"
#define ANTHROPIC_DELTA(text)                                                                  \
    ANTHROPIC_EVENT("content_block_delta",                                                     \
                    ",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"" text "\"}")

#define STREAM_ANTHROPIC                                                                       \
    ANTHROPIC_EVENT(                                                                           \
        "message_start",                                                                       \
        ",\"message\":{\"id\":\"msg_01\",\"type\":\"message\",\"role\":\"assistant\","         \
        "\"model\":\"claude-opus-5-5\",\"content\":[],\"stop_reason\":null,"                   \
        "\"stop_sequence\":null,\"usage\":{\"input_tokens\":377,"                              \
        "\"cache_creation_input_tokens\":0,\"cache_read_input_tokens\":0,"                     \
        "\"output_tokens\":1,\"service_tier\":\"standard\"}}")                                 \
    ANTHROPIC_EVENT("content_block_start",                                                     \
                    ",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}")        \
    "event: ping\ndata: {\"type\": \"ping\"}\n\n" ANTHROPIC_DELTA("H\xc3\xa9l")                \
        ANTHROPIC_DELTA("\\\"lo w\\u00f6") ANTHROPIC_DELTA("rld")                              \
            ANTHROPIC_EVENT("content_block_stop", ",\"index\":0")                              \
                ANTHROPIC_EVENT("message_delta",                                               \
                                ",\"delta\":{\"stop_reason\":\"end_turn\","                    \
                                "\"stop_sequence\":null},\"usage\":{\"output_tokens\":12}")    \
                    ANTHROPIC_EVENT("message_stop", "")

#define GEMINI_CHUNK(parts, rest)                                                              \
    "data: {\"candidates\":[{\"content\":{\"parts\":[" parts                                   \
    "],\"role\":\"model\"},\"index\":0" rest                                                   \
    ",\"modelVersion\":\"gemini-3.8-flash\",\"responseId\":\"tTCwac\"}\r\n\r\n"

#define STREAM_GEMINI                                                                          \
    GEMINI_CHUNK("{\"text\":\"H\xc3\xa9l\"}", "}],\"usageMetadata\":{\"promptTokenCount\":377}") \
    GEMINI_CHUNK("{\"text\":\"\\\"lo w\\u00f6\"}", "}],\"usageMetadata\":{}")                  \
    GEMINI_CHUNK("{\"text\":\"rld\"}", "}]")                                                   \
    GEMINI_CHUNK("{\"text\":\"\",\"thoughtSignature\":\"AY89\"}",                              \
                 ",\"finishReason\":\"STOP\"}],\"usageMetadata\":{\"promptTokenCount\":377,"   \
                 "\"candidatesTokenCount\":12,\"totalTokenCount\":389}")

static const struct recorded_stream recorded_streams[] = {
    {"openai-chat", STR_INIT(STREAM_CHAT), 7, 3},
    {"openai-responses", STR_INIT(STREAM_RESPONSES), 9, 3},
    {"anthropic-messages", STR_INIT(STREAM_ANTHROPIC), 9, 3},
    {"gemini", STR_INIT(STREAM_GEMINI), 4, 3},
};
enum { RECORDED_STREAMS = sizeof recorded_streams / sizeof recorded_streams[0] };

#endif
