/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * e2e_dialects.h: one workflow for four dialects, in pieces: a text, a structured reply and a round
 * of tools, and the mock's rules for them. Tests put the pieces between their own.
 */
#ifndef E2E_DIALECTS_H
#define E2E_DIALECTS_H

/* Beside openai, anthropic and gemini, which need no entry. */
#define DIALECTS_PROVIDERS                                                                     \
    "providers:\n"                                                                             \
    "  r: {api: openai-responses, base_url: 'http://nowhere/v1', key_env: NO_KEY}\n"

#define DIALECTS_TOOLS                                                                         \
    "tools:\n"                                                                                 \
    "  double:\n"                                                                              \
    "    description: Twice a number.\n"                                                       \
    "    parameters: {type: object, properties: {n: {type: integer}}, required: [n]}\n"        \
    "    run: {value: {twice: '{{n}}{{n}}'}}\n"

/* The last steps of the chain `work`. Before them stand `text` and DIALECTS_DATA. */
#define DIALECTS_DATA                                                                          \
    "      data:\n"                                                                            \
    "        call:\n"                                                                          \
    "          prompt: {user: 'Count {{q}}'}\n"
#define DIALECTS_LAST_STEPS                                                                    \
    "      tool: {call: {prompt: {user: 'Double {{q}}'}, tools: [double]}}\n"                  \
    "      all: {value: {text: '{{text}}', n: '{{data.n}}', tool: '{{tool}}'}}\n"

#define DIALECTS_VARIANTS                                                                      \
    "variants:\n"                                                                              \
    "  v_chat: {use: work, defaults: {model: chat}}\n"                                         \
    "  v_responses: {use: work, defaults: {model: responses}}\n"                               \
    "  v_messages: {use: work, defaults: {model: messages}}\n"                                 \
    "  v_contents: {use: work, defaults: {model: contents}}\n"
#define DIALECTS_VARIANTS_WHOLE                                                                \
    "  w_chat: {use: work, defaults: {model: chat, stream: false}}\n"                          \
    "  w_responses: {use: work, defaults: {model: responses, stream: false}}\n"                \
    "  w_messages: {use: work, defaults: {model: messages, stream: false}}\n"                  \
    "  w_contents: {use: work, defaults: {model: contents, stream: false}}\n"

#define DIALECTS_SCORES                                                                        \
    "score:\n"                                                                                 \
    "  text: {of: '{{output.text}}', equals: Here you are.}\n"                                 \
    "  data: {of: '{{output.n}}', equals: 7}\n"                                                \
    "  tool: {of: '{{output.tool}}', equals: It is 44.}\n"

/* Rules of a mock file, behind the one for `text`. */
#define DIALECTS_RULES                                                                         \
    "  data: {when: {prompt: Count}, reply: {n: 7}}\n"                                         \
    "  ask: {when: {prompt: Double, turn: 0}, tool_call: [{name: double, arguments: {n: "      \
    "4}}]}\n"                                                                                  \
    "  told: {when: {prompt: Double, turn: 1}, reply: It is 44.}\n"

#endif
