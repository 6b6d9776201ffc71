/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * client_seeds.h: what mutations of client_targets.h begin with: replies as providers send them,
 * and experiment files with most of the language.
 */
#ifndef FUZZ_CLIENT_SEEDS_H
#define FUZZ_CLIENT_SEEDS_H

#include "unit/test_llm_streams.h"

/* The first character chooses how the bytes are cut. */
static const char *const sse_seeds[] = {
    "0\357\273\277: comment\n"
    "event: a\n"
    "data: {\"a\":1}\n"
    "data:  b\n"
    "\n"
    "id: 7\n"
    "retry: 5\n"
    "\n"
    "data\n"
    "\n",
    "3data: x\r"
    "\r"
    "data:y\r\n"
    "\r\n"
    "event: z\r\n"
    "\r\n"
    "foo\n"
    "\n"
    "data: unfinished",
    "2data: {\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":17"
    "90000000,\"delta\":\"Hel\"}\n"
    "\n"
    "data: {\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":179"
    "0000000,\"delta\":\"lo\"}\n"
    "\n"
    ":~51,5,x\n"
    "\n",
    NULL,
};

/* Of replies the first character chooses what is read of them. */
static const char *const chat_seeds[] = {
    "0{\"id\": \"c\", \"model\": \"m\", \"system_fingerprint\": \"fp\", \"choices\": "
    "[{\"index\": 0, \"message\": {\"role\": \"assistant\", \"content\": \"H\303\251l\\\"lo\", "
    "\"refusal\": null, \"annotations\": []}, \"finish_reason\": \"stop\"}], "
    "\"usage\": {\"prompt_tokens\": 20, \"completion_tokens\": 12, "
    "\"total_tokens\": 32, \"prompt_tokens_details\": {\"cached_tokens\": 5}, "
    "\"completion_tokens_details\": {\"reasoning_tokens\": 3}}}",
    "0{\"model\": \"m\", \"choices\": [{\"message\": {\"role\": \"assistant\", "
    "\"content\": null, \"refusal\": null, \"reasoning\": \"hm\", \"tool_calls\": "
    "[{\"id\": \"c1\", \"type\": \"function\", \"function\": {\"name\": \"output\", "
    "\"arguments\": \"{\\\"x\\\":1}\"}}, {\"id\": \"c2\", \"function\": {\"name\": "
    "\"count\", \"arguments\": \"\"}}, {\"type\": \"custom\", \"custom\": {}}, 7]}, "
    "\"finish_reason\": \"tool_calls\"}], \"usage\": {\"prompt_tokens\": 20, "
    "\"completion_tokens\": 12, \"total_tokens\": 32, \"prompt_tokens_details\": "
    "{\"cached_tokens\": 5}, \"completion_tokens_details\": "
    "{\"reasoning_tokens\": 3}}}",
    "25{\"error\": {\"message\": \"m\", \"type\": \"insufficient_quota\", \"code\": "
    "\"rate_limit_exceeded\", \"param\": null}}",
    "1data: {\"model\": \"m\", \"choices\": [{\"index\": 0, \"delta\": "
    "{\"tool_calls\": [{\"index\": 0, \"id\": \"c1\", \"type\": \"function\", "
    "\"function\": {\"name\": \"f\", \"arguments\": \"{\\\"a\"}}]}}]}\n"
    "\n"
    "data: {\"choices\": [{\"delta\": {\"tool_calls\": [{\"index\": 0, \"function\": "
    "{\"arguments\": \"\\\":1}\"}}]}, \"finish_reason\": \"tool_calls\"}]}\n"
    "\n"
    "data: {\"error\":{\"message\":\"oh\",\"code\":500}}\n"
    "\n",
    "1" STREAM_CHAT,
    NULL,
};

static const char *const responses_seeds[] = {
    "0{\"id\": \"r\", \"model\": \"m\", \"status\": \"completed\", \"output\": [{\"type\": "
    "\"reasoning\", \"id\": \"rs\", \"summary\": []}, {\"type\": \"message\", \"id\": "
    "\"msg\", \"role\": \"assistant\", \"status\": \"completed\", \"content\": "
    "[{\"type\": \"output_text\", \"text\": \"Hi\", \"annotations\": [], \"logprobs\": "
    "[]}, {\"type\": \"refusal\", \"refusal\": \"no\"}]}, {\"type\": "
    "\"function_call\", \"id\": \"fc\", \"call_id\": \"c1\", \"name\": \"output\", "
    "\"arguments\": \"{\\\"x\\\":1}\", \"status\": \"completed\"}], \"usage\": "
    "{\"input_tokens\": 9, \"input_tokens_details\": {\"cached_tokens\": 1}, "
    "\"output_tokens\": 3, \"output_tokens_details\": {\"reasoning_tokens\": 1}}}",
    "0{\"status\": \"incomplete\", \"incomplete_details\": {\"reason\": "
    "\"max_output_tokens\"}, \"error\": null, \"output\": []}",
    "24{\"error\": {\"message\": \"m\", \"type\": \"tokens\", \"code\": "
    "\"insufficient_quota\"}}",
    "1event: response.failed\n"
    "data: {\"type\": \"response.failed\", \"response\": {\"status\": \"failed\", "
    "\"error\": {\"code\": \"server_error\", \"message\": \"oh\"}, \"usage\": null}}\n"
    "\n"
    "event: error\n"
    "data: {\"type\": \"error\", \"code\": \"rate_limit_exceeded\", \"message\": "
    "\"slow\"}\n"
    "\n",
    "1event: response.function_call_arguments.delta\n"
    "data: {\"type\": \"response.function_call_arguments.delta\", "
    "\"output_index\": 0, \"item_id\": \"fc\", \"delta\": \"{}\"}\n"
    "\n",
    "1" STREAM_RESPONSES,
    NULL,
};

static const char *const anthropic_seeds[] = {
    "0{\"model\": \"m\", \"content\": [{\"type\": \"thinking\", \"thinking\": \"hm\", "
    "\"signature\": \"s\"}, {\"type\": \"text\", \"text\": \"Hi\", \"citations\": null}, "
    "{\"type\": \"tool_use\", \"id\": \"c1\", \"name\": \"output\", \"input\": {\"x\": "
    "1}}], \"stop_reason\": \"tool_use\", \"usage\": {\"input_tokens\": 20, "
    "\"cache_creation_input_tokens\": 5, \"cache_read_input_tokens\": 4, "
    "\"output_tokens\": 12, \"output_tokens_details\": {\"thinking_tokens\": 4}}}",
    "0{\"content\": [], \"stop_reason\": \"refusal\", \"stop_details\": "
    "{\"category\": \"cyber\", \"explanation\": \"no\"}, \"usage\": {}}",
    "27{\"type\": \"error\", \"error\": {\"type\": \"overloaded_error\", \"message\": "
    "\"busy\", \"details\": {\"error_code\": \"enforced_spend_limit_reached\"}}}",
    "1event: message_start\n"
    "data: {\"type\": \"message_start\", \"message\": {\"model\": \"m\", \"content\": "
    "[], \"usage\": {\"input_tokens\": 3, \"output_tokens\": 1}}}\n"
    "\n"
    "event: content_block_start\n"
    "data: {\"type\": \"content_block_start\", \"index\": 0, \"content_block\": "
    "{\"type\": \"thinking\", \"thinking\": \"\", \"signature\": \"\"}}\n"
    "\n"
    "event: content_block_delta\n"
    "data: {\"type\": \"content_block_delta\", \"index\": 0, \"delta\": {\"type\": "
    "\"thinking_delta\", \"thinking\": \"hm\"}}\n"
    "\n"
    "event: content_block_delta\n"
    "data: {\"type\": \"content_block_delta\", \"index\": 0, \"delta\": {\"type\": "
    "\"signature_delta\", \"signature\": \"AA\"}}\n"
    "\n"
    "event: content_block_stop\n"
    "data: {\"type\": \"content_block_stop\", \"index\": 0}\n"
    "\n"
    "event: content_block_start\n"
    "data: {\"type\": \"content_block_start\", \"index\": 1, \"content_block\": "
    "{\"type\": \"tool_use\", \"id\": \"t\", \"name\": \"output\", \"input\": {}}}\n"
    "\n"
    "event: content_block_delta\n"
    "data: {\"type\": \"content_block_delta\", \"index\": 1, \"delta\": {\"type\": "
    "\"input_json_delta\", \"partial_json\": \"{\\\"a\\\":\"}}\n"
    "\n"
    "event: content_block_delta\n"
    "data: {\"type\": \"content_block_delta\", \"index\": 1, \"delta\": {\"type\": "
    "\"input_json_delta\", \"partial_json\": \"1}\"}}\n"
    "\n"
    "event: content_block_stop\n"
    "data: {\"type\": \"content_block_stop\", \"index\": 1}\n"
    "\n"
    "event: message_delta\n"
    "data: {\"type\": \"message_delta\", \"delta\": {\"stop_reason\": \"tool_use\"}, "
    "\"usage\": {\"output_tokens\": 4}}\n"
    "\n"
    "event: message_stop\n"
    "data: {\"type\": \"message_stop\"}\n"
    "\n",
    "1event: error\n"
    "data: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"bus"
    "y\"}}\n"
    "\n",
    "1" STREAM_ANTHROPIC,
    NULL,
};

static const char *const gemini_seeds[] = {
    "0{\"candidates\": [{\"content\": {\"role\": \"model\", \"parts\": [{\"text\": "
    "\"hm\", \"thought\": true}, {\"text\": \"Hi\"}, {\"functionCall\": {\"id\": \"a\", "
    "\"name\": \"output\", \"args\": {\"x\": 1}}, \"thoughtSignature\": \"AY\"}]}, "
    "\"finishReason\": \"STOP\", \"index\": 0}], \"usageMetadata\": "
    "{\"promptTokenCount\": 9, \"candidatesTokenCount\": 3, "
    "\"thoughtsTokenCount\": 2, \"cachedContentTokenCount\": 1, "
    "\"totalTokenCount\": 14}, \"modelVersion\": \"m\", \"responseId\": \"r\"}",
    "0{\"promptFeedback\": {\"blockReason\": \"SAFETY\"}, \"usageMetadata\": "
    "{\"promptTokenCount\": 4}}",
    "25{\"error\": {\"code\": 429, \"message\": \"m\", \"status\": "
    "\"RESOURCE_EXHAUSTED\", \"details\": [{\"@type\": "
    "\"type.googleapis.com/google.rpc.QuotaFailure\", \"violations\": "
    "[{\"quotaId\": \"PerDay\"}]}, {\"@type\": "
    "\"type.googleapis.com/google.rpc.RetryInfo\", \"retryDelay\": \"12.5s\"}]}}",
    "1data: {\"candidates\": [{\"content\": {\"parts\": [{\"functionCall\": "
    "{\"name\": \"f\", \"args\": {}}}]}, \"finishReason\": "
    "\"MALFORMED_FUNCTION_CALL\"}]}\r\n"
    "\r\n"
    "data: {\"error\":{\"code\":503,\"message\":\"m\",\"status\":\"UNAVAILABLE\"}}\r\n"
    "\r\n",
    "3{\"embeddings\": [{\"values\": [0.1, -0.001]}, {\"values\": [1, 2]}], "
    "\"usageMetadata\": {\"promptTokenCount\": 2}}",
    "1" STREAM_GEMINI,
    NULL,
};

static const char *const embeddings_seeds[] = {
    "{\"object\": \"list\", \"data\": [{\"object\": \"embedding\", \"index\": 1, "
    "\"embedding\": [0.1, 0.2]}, {\"index\": 0, \"embedding\": [1, -0.002]}], "
    "\"model\": \"m\", \"usage\": {\"prompt_tokens\": 2, \"total_tokens\": 2}}",
    "{\"data\": [{\"index\": 0, \"embedding\": \"AACAPwAAAEA=\"}, {\"index\": 1, "
    "\"embedding\": \"AACAPwAAAEA=\"}]}",
    NULL,
};

static const char *const experiment_seeds[] = {
    "dataset: data.jsonl\n"
    "vars: {n_questions: 4}\n"
    "models:\n"
    "  small: {provider: openai, model: gpt-6-luna, price: {input: 0.10, "
    "cached_input: 0.01, output: 0.50}}\n"
    "defaults: {model: small, max_tokens: 1500}\n"
    "\n"
    "variants:\n"
    "  single:\n"
    "    description: Questions, answers and sources in one reply\n"
    "    call: {prompt: p, schema: s}\n"
    "\n"
    "  sequential:\n"
    "    description: The questions first; then, one after the other, an "
    "answer and its sources\n"
    "    chain:\n"
    "      questions:\n"
    "        call: {prompt: p, schema: s, max_tokens: 400}\n"
    "        gate: [{of: \"{{value.questions}}\", count: \"{{n_questions}}\"}]\n"
    "      faqs:\n"
    "        map:\n"
    "          over: \"{{questions.questions}}\"\n"
    "          as: question\n"
    "          width: 1\n"
    "          each:\n"
    "            chain:\n"
    "              answer: {call: {prompt: p, max_tokens: 250}}\n"
    "              sources: {call: {prompt: p, schema: s, max_tokens: "
    "150}}\n"
    "              faq: {value: {question: \"{{question}}\", answer: "
    "\"{{answer}}\", sources: \"{{sources.sources}}\"}}\n"
    "      result: {value: {faqs: \"{{faqs}}\"}}\n"
    "\n"
    "  parallel:\n"
    "    description: The same nine calls, four questions at a time\n"
    "    extends: sequential\n"
    "    set: {chain.faqs.map.width: 4}\n"
    "\n"
    "score:\n"
    "  complete:\n"
    "    description: There are as many entries as were asked for\n"
    "    of: \"{{output.faqs}}\"\n"
    "    count: \"{{n_questions}}\"\n"
    "  sources:\n"
    "    of: \"{{output.faqs[*].sources[*]}}\"\n"
    "    f1: \"{{expected.faqs[*].sources[*]}}\"\n"
    "    threshold: 0.9\n"
    "  step_sources:\n"
    "    step: \"faqs[*].sources\"\n"
    "    of: \"{{value.sources}}\"\n"
    "    f1: \"{{expected_steps.sources[question] | default(null)}}\"\n"
    "  answered:\n"
    "    description: The answer is no shrug; recorded only\n"
    "    step: \"faqs[*].answer\"\n"
    "    not-regex: '(?i)\\b(not sure|cannot (say|tell|answer)|pages do not "
    "(say|mention))\\b'\n"
    "\n"
    "trials: 3\n"
    "seed: 42\n"
    "baseline: single\n"
    "report: {title: \"FAQ from three pages: one prompt or small steps\"}\n",
    "dataset: data.jsonl\n"
    "vars: {v: [1, 2], w: \"plain\"}\n"
    "providers: {own: {api: openai-chat, base_url: http://127.0.0.1:1/v1, "
    "key_env: KEY, retry: {retries: 2}}}\n"
    "models:\n"
    "  m: {provider: own, model: x, price: {input: 1, output: 2}, rpm: 60, "
    "capabilities: {schema: tool, tools: true}}\n"
    "  n: {provider: anthropic, model: y, price: {input: 1, output: 2}}\n"
    "defaults: {model: m, temperature: 0.5, max_tokens: 9}\n"
    "tools: {t: {description: d, parameters: {type: object, properties: "
    "{}}, run: {value: 1}}}\n"
    "nodes: {again: {call: {prompt: p}}}\n"
    "variants:\n"
    "  a: {call: {prompt: p, schema: s}}\n"
    "  b: {extends: a, set: {call.model: n}, unset: [call.schema]}\n"
    "  c: {call: {prompt: p}, matrix: {call.model: [m, n], "
    "call.temperature: [0, 1]}}\n"
    "  d: {vote: {voters: 3, labels: [A, B], each: {use: again}}}\n"
    "  e: {chain: {x: {use: again}, y: {value: \"{{x}}\"}}}\n"
    "  f: {exec: {run: [cat], input: \"{{q}}\"}}\n"
    "  g: {lookup: {in: data.jsonl, by: id, key: \"{{q}}\", otherwise: {}}}\n"
    "score:\n"
    "  right: {of: \"{{output}}\", equals: \"{{expected.x}}\"}\n"
    "  short: {of: \"{{output}}\", max-words: 5}\n"
    "trials: 2\n"
    "baseline: a\n"
    "limits: {calls: 5, time: 10s}\n"
    "budget: {run: {usd: 1}}\n",
    "dataset: {samples: [{id: 1, q: a, l: [1], expected: {x: y}}]}\n"
    "models: {m: {provider: openai, model: x, price: {input: 1, output: "
    "2}}}\n"
    "defaults: {model: m, max_tokens: 9}\n"
    "variants:\n"
    "  par: {parallel: {branches: {a: {call: {prompt: p}}, b: {value: "
    "\"{{q}}\"}}}}\n"
    "  route: {route: {by: {keywords: {of: \"{{q}}\", labels: {A: [a], B: "
    "[b]}}}, match: contains, cases: {A: {value: 1}, B: {value: 2}}, "
    "fallback: {value: 3}}}\n"
    "  refine: {refine: {generate: {call: {prompt: p}}, evaluate: {call: "
    "{prompt: p}}, accept: [{equals: OK}], improve: {call: {prompt: p}}, "
    "max_rounds: 2}}\n"
    "  each: {map: {over: \"{{l}}\", as: i, width: 2, each: {call: {prompt: "
    "p, schema: {type: object, required: [k], additionalProperties: false, "
    "properties: {k: {type: string}}}}}}}\n"
    "score: {s: {of: \"{{output}}\", regex: '^a'}}\n",
    NULL,
};

static const char *const event_words[] = {
    "data: ", "data:", "event: ",      "id: ",      "retry: ", ": ", "\n",   "\n\n",     "\r\n",
    "\r",     "\r\r",  "\xef\xbb\xbf", "{\"a\":1}", "[DONE]",  ":~", "5,5,", "\303\244", NULL,
};

static const char *const reply_words[] = {
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "null",
    "true",
    "-1",
    "1e308",
    "9223372036854775807",
    "\"\"",
    "\"a\":",
    "data: ",
    "event: ",
    "\n\n",
    "[DONE]",
    "\"content\":",
    "\"text\":",
    "\"choices\":[",
    "\"message\":{",
    "\"delta\":{",
    "\"tool_calls\":[",
    "\"arguments\":\"{",
    "\"index\":3",
    "\"index\":-1",
    "\"index\":99999999999",
    "\"usage\":{",
    "\"error\":{\"message\":\"m\"}",
    "\"type\":",
    "\"output\":[",
    "\"finish_reason\":\"length\"",
    "\"stop_reason\":\"max_tokens\"",
    "\"status\":\"incomplete\"",
    "\"candidates\":[",
    "\"parts\":[",
    "\"functionCall\":{",
    "\"finishReason\":\"MAX_TOKENS\"",
    "\"embedding\":[",
    "\"values\":[",
    "\"message_stop\"",
    "\"content_block_stop\"",
    "\"response.completed\"",
    "\\ud83d",
    "\\u0000",
    "\303\244",
    "\377",
    NULL,
};

static const char *const experiment_words[] = {
    "variants:",
    "score:",
    "models:",
    "defaults:",
    "  ",
    "\n",
    "- ",
    "{",
    "}",
    "[",
    "]",
    ", ",
    ": ",
    "'",
    "\"",
    "{{",
    "}}",
    "{{q}}",
    "{{output}}",
    "{{expected.x | json}}",
    "call: {prompt: p}",
    "value: 1",
    "chain:",
    "map: {over: \"{{l}}\", as: i, each: {value: 1}}",
    "parallel:",
    "vote:",
    "route:",
    "loop:",
    "refine:",
    "judge:",
    "orchestrate:",
    "agent:",
    "exec:",
    "gate: ",
    "when: ",
    "repair: ",
    "extends: a",
    "set: {a: 1}",
    "unset: [a]",
    "matrix: {a: [1, 2]}",
    "use: again",
    "of: ",
    "equals: ",
    "regex: ",
    "count: ",
    "0",
    "-1",
    "1e308",
    "99999999999999999999",
    "1h",
    "&a ",
    "*a",
    "<<: ",
    "data.jsonl",
    "\303\244",
    NULL,
};

#endif
