/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * mock_seeds.h: what mutations of mock_targets.h begin with: requests as clients send them, with
 * every member that a dialect reads in one of them, and mock files with every key.
 */
#ifndef FUZZ_MOCK_SEEDS_H
#define FUZZ_MOCK_SEEDS_H

/* The first character chooses how the bytes are cut. */
static const char *const http_seeds[] = {
    "0POST /v1/chat/completions HTTP/1.1\r\n"
    "Host: x\r\n"
    "Authorization: Bearer k\r\n"
    "Content-Type: application/json\r\n"
    "Idempotency-Key: a\r\n"
    "X-Stainless-Retry-Count: 1\r\n"
    "X-Mock-Explain: 1\r\n"
    "Content-Length: 63\r\n"
    "\r\n"
    "{\"model\": \"m\", \"messages\": [{\"role\": \"user\", \"content\": \"hi\"}]}GET "
    "/v1/models HTTP/1.1\r\n"
    "Host: x\r\n"
    "Authorization: Bearer k\r\n"
    "Content-Type: application/json\r\n"
    "\r\n",
    "1POST /v1/responses HTTP/1.1\r\n"
    "Authorization: Bearer k\r\n"
    "Transfer-Encoding: chunked\r\n"
    "Expect: 100-continue\r\n"
    "\r\n"
    "1d\r\n"
    "{\"model\":\"m\",\"input\":\"hello\" \r\n"
    "10;a=b\r\n"
    ",\"stream\":true }\r\n"
    "0\r\n"
    "Trailer: x\r\n"
    "\r\n"
    "GET /healthz HTTP/1.1\r\n"
    "Host: x\r\n"
    "\r\n",
    "5POST /v1/messages HTTP/1.1\r\n"
    "Host: x\r\n"
    "x-api-key: k\r\n"
    "anthropic-version: 2023-06-01\r\n"
    "Content-Length: 80\r\n"
    "\r\n"
    "{\"model\": \"m\", \"max_tokens\": 9, \"messages\": [{\"role\": \"user\", "
    "\"content\": \"hi\"}]}GET /v1/models?limit=1&after_id=a&before_id=b "
    "HTTP/1.1\r\n"
    "Host: x\r\n"
    "x-api-key: k\r\n"
    "anthropic-version: 2023-06-01\r\n"
    "\r\n"
    "POST /v1/messages/count_tokens HTTP/1.1\r\n"
    "Host: x\r\n"
    "x-api-key: k\r\n"
    "anthropic-version: 2023-06-01\r\n"
    "Content-Length: 63\r\n"
    "\r\n"
    "{\"model\": \"m\", \"messages\": [{\"role\": \"user\", \"content\": \"hi\"}]}",
    "7POST /v1beta/models/m:streamGenerateContent?alt=sse HTTP/1.1\r\n"
    "Host: x\r\n"
    "x-goog-api-key: k\r\n"
    "Content-Length: 43\r\n"
    "\r\n"
    "{\"contents\": [{\"parts\": [{\"text\": \"hi\"}]}]}GET "
    "/v1beta/models?key=k&pageSize=1 HTTP/1.1\r\n"
    "Host: x\r\n"
    "\r\n"
    "POST /v1beta/models/m:embedContent HTTP/1.1\r\n"
    "Host: x\r\n"
    "x-goog-api-key: k\r\n"
    "Content-Length: 66\r\n"
    "\r\n"
    "{\"content\": {\"parts\": [{\"text\": \"a\"}]}, \"outputDimensionality\": 3}",
    "3GET /mock/journal?scope=a&status=200&last=2&model=m HTTP/1.1\r\n"
    "Host: x\r\n"
    "\r\n"
    "GET /mock/truth?scope=a%20b HTTP/1.1\r\n"
    "Host: x\r\n"
    "\r\n"
    "GET /metrics HTTP/1.1\r\n"
    "Host: x\r\n"
    "\r\n"
    "POST /mock/reset?scope=s HTTP/1.1\r\n"
    "Host: x\r\n"
    "Content-Length: 0\r\n"
    "\r\n"
    "POST /mock/clock HTTP/1.1\r\n"
    "Host: x\r\n"
    "Content-Length: 18\r\n"
    "\r\n"
    "{\"advance\": \"30s\"}GET /mock/clock HTTP/1.1\r\n"
    "Host: x\r\n"
    "\r\n",
    "2HEAD /v1/models/m HTTP/1.0\r\n"
    "Authorization: Bearer k\r\n"
    "Connection: keep-alive\r\n"
    "\r\n"
    "OPTIONS /v1/embeddings HTTP/1.1\r\n"
    "\r\n"
    "DELETE /v1/messages HTTP/1.1\r\n"
    "x-api-key: k\r\n"
    "Connection: close\r\n"
    "\r\n",
    "4POST /scope/s/openai/deployments/m/embeddings?api-version=1 "
    "HTTP/1.1\r\n"
    "Host: x\r\n"
    "api-key: k\r\n"
    "X-Mock-Scope: t\r\n"
    "Content-Length: 31\r\n"
    "\r\n"
    "{\"input\": \"a\", \"dimensions\": 3}GET /nothing%00?x HTTP/1.1\r\n"
    "Host: x\r\n"
    "\r\n"
    "BREW / HTTP/9.9\r\n"
    "\r\n",
    "6POST /v1/chat/completions HTTP/1.0\r\n"
    "Authorization: Bearer k\r\n"
    "Content-Length: 70\r\n"
    "\r\n"
    "{\"model\":\"m\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}",
    NULL,
};

/* Of bodies the first character chooses endpoint and mock. */
static const char *const openai_chat_seeds[] = {
    "0{\"model\": \"gpt-6-luna\", \"messages\": [{\"role\": \"system\", \"content\": "
    "\"Be brief.\"}, {\"role\": \"user\", \"content\": \"How tall is Ada? "
    "\303\244\346\274\242\360\237\220\262\"}], "
    "\"temperature\": 0.5, \"max_completion_tokens\": 40, \"stop\": [\".\"], "
    "\"seed\": 3, \"n\": 2, \"logprobs\": true, \"top_logprobs\": 2, \"user\": \"u\", "
    "\"metadata\": {\"a\": \"b\"}}",
    "1{\"model\": \"m\", \"messages\": [{\"role\": \"user\", \"content\": [{\"type\": "
    "\"text\", \"text\": \"say ho\"}, {\"type\": \"image_url\", \"image_url\": {\"url\": "
    "\"data:image/png;base64,iVBORw0KGgo=\", \"detail\": \"low\"}}]}], \"stream\": "
    "true, \"stream_options\": {\"include_usage\": true, "
    "\"include_obfuscation\": false}, \"reasoning_effort\": \"low\"}",
    "0{\"model\": \"m\", \"messages\": [{\"role\": \"user\", \"content\": \"How tall is "
    "Ada?\"}], \"response_format\": {\"type\": \"json_schema\", \"json_schema\": "
    "{\"name\": \"answer\", \"strict\": true, \"schema\": {\"type\": \"object\", "
    "\"properties\": {\"a\": {\"type\": \"string\", \"enum\": [\"x\", \"y\"]}, \"n\": "
    "{\"type\": [\"integer\", \"null\"], \"minimum\": 1}, \"l\": {\"type\": \"array\", "
    "\"items\": {\"$ref\": \"#/$defs/i\"}, \"minItems\": 1}}, \"required\": [\"a\", "
    "\"n\", \"l\"], \"additionalProperties\": false, \"$defs\": {\"i\": {\"type\": "
    "\"object\", \"properties\": {\"t\": {\"type\": \"string\", \"pattern\": "
    "\"^[a-c]+$\"}, \"d\": {\"type\": \"string\", \"format\": \"date\"}}, \"required\": "
    "[\"t\", \"d\"], \"additionalProperties\": false}}}}}}",
    "1{\"model\": \"m\", \"messages\": [{\"role\": \"user\", \"content\": \"weather\"}, "
    "{\"role\": \"assistant\", \"content\": null, \"tool_calls\": [{\"id\": \"c1\", "
    "\"type\": \"function\", \"function\": {\"name\": \"f\", \"arguments\": "
    "\"{\\\"city\\\":\\\"Oslo\\\"}\"}}]}, {\"role\": \"tool\", \"tool_call_id\": \"c1\", "
    "\"content\": \"4\"}], \"tools\": [{\"type\": \"function\", \"function\": {\"name\": "
    "\"f\", \"description\": \"d\", \"parameters\": {\"type\": \"object\", "
    "\"properties\": {\"city\": {\"type\": \"string\"}, \"unit\": {\"enum\": [\"c\", "
    "\"f\"]}}, \"required\": [\"city\"]}, \"strict\": false}}, {\"type\": \"custom\", "
    "\"custom\": {\"name\": \"g\"}}], \"tool_choice\": {\"type\": \"function\", "
    "\"function\": {\"name\": \"f\"}}, \"parallel_tool_calls\": false, \"stream\": "
    "true}",
    "2{\"model\": \"m\", \"messages\": [{\"role\": \"developer\", \"content\": "
    "\"JSON\"}, {\"role\": \"user\", \"content\": \"as JSON\", \"name\": \"ada\"}], "
    "\"response_format\": {\"type\": \"json_object\"}, \"presence_penalty\": 1, "
    "\"frequency_penalty\": -1, \"logit_bias\": {\"1\": 2}, \"top_p\": 0.1, "
    "\"max_tokens\": 5}",
    NULL,
};

static const char *const openai_responses_seeds[] = {
    "0{\"model\": \"m\", \"input\": \"How tall is Ada?\", \"instructions\": \"Be "
    "brief.\", \"max_output_tokens\": 64, \"text\": {\"format\": {\"type\": "
    "\"json_schema\", \"name\": \"answer\", \"strict\": true, \"schema\": {\"type\": "
    "\"object\", \"properties\": {\"a\": {\"type\": \"string\", \"enum\": [\"x\", \"y\"]}, "
    "\"n\": {\"type\": [\"integer\", \"null\"], \"minimum\": 1}, \"l\": {\"type\": "
    "\"array\", \"items\": {\"$ref\": \"#/$defs/i\"}, \"minItems\": 1}}, \"required\": "
    "[\"a\", \"n\", \"l\"], \"additionalProperties\": false, \"$defs\": {\"i\": "
    "{\"type\": \"object\", \"properties\": {\"t\": {\"type\": \"string\", \"pattern\": "
    "\"^[a-c]+$\"}, \"d\": {\"type\": \"string\", \"format\": \"date\"}}, \"required\": "
    "[\"t\", \"d\"], \"additionalProperties\": false}}}}, \"verbosity\": \"low\"}, "
    "\"reasoning\": {\"effort\": \"high\", \"summary\": \"auto\"}, \"store\": false, "
    "\"metadata\": {\"run\": \"7\"}}",
    "1{\"model\": \"m\", \"stream\": true, \"input\": [{\"role\": \"user\", \"content\": "
    "[{\"type\": \"input_text\", \"text\": \"say ho\"}, {\"type\": \"input_image\", "
    "\"image_url\": \"data:image/png;base64,iVBORw0KGgo=\", \"detail\": "
    "\"auto\"}]}, {\"type\": \"reasoning\", \"id\": \"rs_1\", \"summary\": []}, "
    "{\"type\": \"message\", \"role\": \"assistant\", \"status\": \"completed\", \"id\": "
    "\"msg_1\", \"content\": [{\"type\": \"output_text\", \"text\": \"x\", "
    "\"annotations\": []}]}, {\"type\": \"function_call\", \"call_id\": \"c1\", "
    "\"name\": \"f\", \"arguments\": \"{}\"}, {\"type\": \"function_call_output\", "
    "\"call_id\": \"c1\", \"output\": \"1\"}, {\"type\": \"custom_tool_call\", "
    "\"call_id\": \"c2\", \"name\": \"g\", \"input\": \"x\"}, {\"type\": "
    "\"custom_tool_call_output\", \"call_id\": \"c2\", \"output\": \"2\"}], \"tools\": "
    "[{\"type\": \"function\", \"name\": \"f\", \"parameters\": {\"type\": \"object\", "
    "\"properties\": {\"city\": {\"type\": \"string\"}, \"unit\": {\"enum\": [\"c\", "
    "\"f\"]}}, \"required\": [\"city\"]}, \"strict\": false}, {\"type\": \"custom\", "
    "\"name\": \"g\"}, {\"type\": \"web_search\"}], \"tool_choice\": \"required\", "
    "\"include\": [\"message.output_text.logprobs\"], \"top_logprobs\": 2}",
    "2{\"model\": \"m\", \"input\": \"count this\", \"tools\": [{\"type\": \"function\", "
    "\"name\": \"f\", \"parameters\": {\"type\": \"object\", \"properties\": {\"city\": "
    "{\"type\": \"string\"}, \"unit\": {\"enum\": [\"c\", \"f\"]}}, \"required\": "
    "[\"city\"]}, \"strict\": false}]}",
    NULL,
};

static const char *const openai_embeddings_seeds[] = {
    "0{\"model\": \"text-embedding-3-small\", \"input\": [\"How tall?\", \"\303\244\"], "
    "\"dimensions\": 8, \"encoding_format\": \"float\"}",
    "1{\"model\": \"m\", \"input\": \"one\", \"encoding_format\": \"base64\", "
    "\"dimensions\": 5, \"user\": \"u\"}",
    "2{\"input\": [[1, 2, 3], [4]], \"model\": \"m\"}",
    "0{\"input\": [1, 2], \"model\": \"m\"}",
    NULL,
};

static const char *const anthropic_seeds[] = {
    "0{\"model\": \"claude-opus-5-5\", \"max_tokens\": 100, \"system\": [{\"type\": "
    "\"text\", \"text\": \"Be brief.\", \"cache_control\": {\"type\": \"ephemeral\", "
    "\"ttl\": \"1h\"}}], \"messages\": [{\"role\": \"user\", \"content\": \"How tall is "
    "Ada?\"}], \"temperature\": 1, \"stop_sequences\": [\".\"], \"metadata\": "
    "{\"user_id\": \"u\"}}",
    "1{\"model\": \"m\", \"max_tokens\": 2000, \"stream\": true, \"thinking\": "
    "{\"type\": \"enabled\", \"budget_tokens\": 1024}, \"messages\": [{\"role\": "
    "\"user\", \"content\": [{\"type\": \"text\", \"text\": \"say ho\"}, {\"type\": "
    "\"image\", \"source\": {\"type\": \"base64\", \"media_type\": \"image/png\", "
    "\"data\": \"iVBORw0KGgo=\"}}, {\"type\": \"document\", \"source\": {\"type\": "
    "\"text\", \"media_type\": \"text/plain\", \"data\": \"d\"}}]}, {\"role\": "
    "\"assistant\", \"content\": [{\"type\": \"tool_use\", \"id\": \"toolu_1\", "
    "\"name\": \"f\", \"input\": {\"city\": \"Oslo\"}}]}, {\"role\": \"user\", "
    "\"content\": [{\"type\": \"tool_result\", \"tool_use_id\": \"toolu_1\", "
    "\"content\": \"4\", \"is_error\": true}]}], \"tools\": [{\"name\": \"f\", "
    "\"description\": \"d\", \"input_schema\": {\"type\": \"object\", \"properties\": "
    "{\"city\": {\"type\": \"string\"}, \"unit\": {\"enum\": [\"c\", \"f\"]}}, "
    "\"required\": [\"city\"]}}, {\"name\": \"g\", \"input_schema\": {\"type\": "
    "\"object\"}}], \"tool_choice\": {\"type\": \"auto\", "
    "\"disable_parallel_tool_use\": true}}",
    "2{\"model\": \"m\", \"max_tokens\": 50, \"messages\": [{\"role\": \"user\", "
    "\"content\": \"How tall?\"}], \"output_config\": {\"format\": {\"type\": "
    "\"json_schema\", \"schema\": {\"title\": \"answer\", \"type\": \"object\", "
    "\"properties\": {\"a\": {\"type\": \"string\", \"enum\": [\"x\", \"y\"]}, \"l\": "
    "{\"type\": \"array\", \"items\": {\"$ref\": \"#/$defs/i\"}}}, \"required\": "
    "[\"a\"], \"additionalProperties\": false, \"$defs\": {\"i\": {\"anyOf\": "
    "[{\"type\": \"string\", \"format\": \"date\"}, {\"type\": \"null\"}]}}}}, "
    "\"effort\": \"low\"}}",
    "4{\"model\": \"m\", \"max_tokens\": 0, \"messages\": [{\"role\": \"user\", "
    "\"content\": \"a\"}], \"context_management\": {\"edits\": []}, "
    "\"service_tier\": \"auto\"}",
    "6{\"model\": \"m\", \"messages\": [{\"role\": \"user\", \"content\": \"count\"}], "
    "\"system\": \"s\", \"tools\": [{\"name\": \"f\", \"input_schema\": {\"type\": "
    "\"object\", \"properties\": {\"city\": {\"type\": \"string\"}, \"unit\": {\"enum\": "
    "[\"c\", \"f\"]}}, \"required\": [\"city\"]}}]}",
    NULL,
};

static const char *const gemini_seeds[] = {
    "0{\"contents\": [{\"role\": \"user\", \"parts\": [{\"text\": \"How tall is "
    "Ada?\"}, {\"inlineData\": {\"mimeType\": \"image/png\", \"data\": "
    "\"iVBORw0KGgo=\"}}]}], \"systemInstruction\": {\"parts\": [{\"text\": \"Be "
    "brief.\"}]}, \"generationConfig\": {\"temperature\": 0.5, "
    "\"maxOutputTokens\": 40, \"stopSequences\": [\".\"], \"candidateCount\": 2, "
    "\"seed\": 3, \"topK\": 4, \"topP\": 0.5, \"responseLogprobs\": true, "
    "\"logprobs\": 2, \"thinkingConfig\": {\"includeThoughts\": true, "
    "\"thinkingBudget\": 100}}, \"safetySettings\": []}",
    "2{\"contents\": [{\"role\": \"user\", \"parts\": [{\"text\": \"weather\"}]}, "
    "{\"role\": \"model\", \"parts\": [{\"functionCall\": {\"name\": \"f\", \"args\": "
    "{\"city\": \"Oslo\"}, \"id\": \"c\"}, \"thoughtSignature\": \"AY89\"}]}, {\"role\": "
    "\"user\", \"parts\": [{\"functionResponse\": {\"name\": \"f\", \"id\": \"c\", "
    "\"response\": {\"result\": 1}}}]}], \"tools\": [{\"functionDeclarations\": "
    "[{\"name\": \"f\", \"description\": \"d\", \"parameters\": {\"type\": \"OBJECT\", "
    "\"properties\": {\"city\": {\"type\": \"STRING\"}, \"unit\": {\"type\": \"STRING\", "
    "\"enum\": [\"c\", \"f\"]}}, \"required\": [\"city\"]}}, {\"name\": \"g\", "
    "\"parametersJsonSchema\": {\"type\": \"object\", \"properties\": {\"city\": "
    "{\"type\": \"string\"}, \"unit\": {\"enum\": [\"c\", \"f\"]}}, \"required\": "
    "[\"city\"]}}]}, {\"googleSearch\": {}}], \"toolConfig\": "
    "{\"functionCallingConfig\": {\"mode\": \"ANY\", \"allowedFunctionNames\": "
    "[\"f\"]}}}",
    "3{\"contents\": [{\"parts\": [{\"text\": \"say ho\"}]}], \"generationConfig\": "
    "{\"responseMimeType\": \"application/json\", \"responseSchema\": {\"type\": "
    "\"OBJECT\", \"title\": \"answer\", \"properties\": {\"kind\": {\"type\": "
    "\"STRING\", \"enum\": [\"x\", \"y\"]}, \"n\": {\"type\": \"INTEGER\", \"nullable\": "
    "true, \"minimum\": 1}, \"l\": {\"type\": \"ARRAY\", \"items\": {\"type\": "
    "\"STRING\"}, \"minItems\": \"1\", \"maxItems\": \"3\"}}, \"required\": [\"kind\"], "
    "\"propertyOrdering\": [\"n\", \"kind\"]}}}",
    "5{\"contents\": {\"parts\": {\"text\": \"snake\"}}, \"generation_config\": "
    "{\"response_mime_type\": \"application/json\", \"response_json_schema\": "
    "{\"type\": \"object\", \"properties\": {\"a\": {\"type\": \"string\", \"enum\": "
    "[\"x\", \"y\"]}, \"n\": {\"type\": [\"integer\", \"null\"], \"minimum\": 1}, \"l\": "
    "{\"type\": \"array\", \"items\": {\"$ref\": \"#/$defs/i\"}, \"minItems\": 1}}, "
    "\"required\": [\"a\", \"n\", \"l\"], \"additionalProperties\": false, \"$defs\": "
    "{\"i\": {\"type\": \"object\", \"properties\": {\"t\": {\"type\": \"string\", "
    "\"pattern\": \"^[a-c]+$\"}, \"d\": {\"type\": \"string\", \"format\": \"date\"}}, "
    "\"required\": [\"t\", \"d\"], \"additionalProperties\": false}}}, "
    "\"max_output_tokens\": 30}}",
    "6{\"contents\": [{\"parts\": [{\"text\": \"count\"}]}]}",
    "7{\"generateContentRequest\": {\"model\": \"models/m\", \"contents\": "
    "[{\"parts\": [{\"text\": \"count\"}]}]}}",
    NULL,
};

static const char *const gemini_embed_seeds[] = {
    "0{\"model\": \"models/gemini-embedding-001\", \"content\": {\"parts\": "
    "[{\"text\": \"How tall?\"}]}, \"taskType\": \"RETRIEVAL_DOCUMENT\", \"title\": "
    "\"t\", \"outputDimensionality\": 8}",
    "2{\"requests\": [{\"model\": \"models/gemini-embedding-001\", \"content\": "
    "{\"parts\": [{\"text\": \"a\"}, {\"text\": \"b\"}]}}, {\"model\": "
    "\"models/gemini-embedding-001\", \"content\": {\"parts\": [{\"text\": "
    "\"\303\244\"}]}}]}",
    "3{\"requests\": [{\"model\": \"models/m\", \"content\": {\"parts\": [{\"text\": "
    "\"a\"}]}, \"outputDimensionality\": 5}]}",
    NULL,
};

static const char *const mock_file_seeds[] = {
    "seed: 5\n"
    "scale: 0.5\n"
    "models:\n"
    "  m: {profile: small, skill: {at: 0.5, per_1k_tokens: 0.9, "
    "instruction: 'must', middle: 0.5, floor: 0.1}, slots: 2, context: "
    "100, mode: paired}\n"
    "  '*': {first_token: {lognormal: {median: 1s, p95: 2s, max: 3s}}, "
    "per_token: {normal: {mean: 4ms, sd: 1ms}}, slowdown: {per_request: "
    "0.1, mode: keyed}, reasoning: {median: 9, p95: 20, max: 30}, cache: "
    "{mode: keyed, share: 0.5, least: 1, step: 2}, skills: {qa: {ability: "
    "1}}, systematic: 0.2, prompt_sensitivity: 0.5}\n"
    "answers:\n"
    "  qa: {samples: [{id: 1, q: how tall, d: 0.5, expected: {a: x, l: "
    "[{t: a}, {t: b}]}}, {id: 2, q: how wide, d: 1, expected: {a: y, l: "
    "[]}}], find: [q], difficulty: d, right: '{{row.expected}}', wrong: "
    "[{label: {one_of: [x, y], at: a}}, {drop_item: l}, {double_item: l}, "
    "{replace: {at: 'l[0].t', by: '{{row.id}}'}, share: 3}, {prose: true}, "
    "{fenced: true}, {truncated: true}, {break_schema: enum}, {refusal: "
    "no}, {other_row: true}, {text: 'none of {{row.q}}'}]}\n"
    "rules:\n"
    "  asked: {when: {prompt_regex: '(?<what>tall|wide)', row: qa}, "
    "answer: {from: qa}}\n",
    "rules:\n"
    "  calls: {when: {tool: f, turn: 0}, tool_call: [{name: f, arguments: "
    "{city: '{{request.prompt}}'}}, {name: g, arguments: {}}]}\n"
    "  titled: {when: {schema: answer, dialect: gemini}, reply: {a: x, l: "
    "[1, '{{request.model}}']}, first_token: 1ms}\n"
    "  down: {when: {model: down, header: {x-a: b}}, status: 503}\n"
    "  each: {reply: \"{{#each request.prompt as c}}{{/each}}{{request.turn "
    "| json}}\"}\n"
    "unknown_model: refuse\n"
    "limits: [{rpm: 5, mode: keyed, share: 0.3}, {tpm: 100, per: model, "
    "model: m, shape: window, mode: virtual}, {requests: 3}]\n",
    "faults:\n"
    "  - {status: 429, share: 0.3, retry_after: 1s, quota: true}\n"
    "  - {status: 502, html: true, attempts: [2]}\n"
    "  - {error_event: 3, error_status: 529, share: 0.3}\n"
    "  - {cut: before_end, share: 0.2}\n"
    "  - {cut: utf8, share: 0.2}\n"
    "  - {reset: stream, fin: true, share: 0.2, from: 1s, for: 2s}\n"
    "  - {frames: split, share: 0.3}\n"
    "  - {drip: 1ms, share: 0.2}\n"
    "  - {wrong_length: short, share: 0.2}\n"
    "  - {hang: body, share: 0.2, when: {dialect: openai-chat}}\n"
    "  - {bad_json: true, share: 0.2}\n"
    "  - {empty: true, share: 0.2}\n"
    "  - {wrong_type: true, share: 0.2}\n",
    NULL,
};

/* A cassette and what is asked. */
static const char *const replay_seeds[] = {
    "cassette: 1\n"
    "...\n"
    "---\n"
    "request:\n"
    "  method: POST\n"
    "  path: /v1/chat/completions\n"
    "  json: {model: m, messages: [{role: user, content: hi}]}\n"
    "reply:\n"
    "  status: 200\n"
    "  head: 1.5ms\n"
    "  headers:\n"
    "    content-type: text/event-stream\n"
    "  parts:\n"
    "    - at: 2ms\n"
    "      text: |+\n"
    "        data: 1\n"
    "\n"
    "    - at: 3ms\n"
    "      bytes: \"\\\\xff\"\n"
    "  end: 4ms\n"
    "...\n"
    "\036"
    "POST /v1/chat/completions HTTP/1.1\r\n"
    "Content-Length: 58\r\n"
    "\r\n"
    "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"ho\"}]} ",
    "cassette: 1\n"
    "...\n"
    "---\n"
    "request: {method: GET, path: /v1/models, query: a=b}\n"
    "reply: {status: 200, json: {a: 1, b: [x, null]}, layout: indented, "
    "arrived: [[1ms, 2], [2ms, 5]], at: 3ms, ended: reset, missing: 5, "
    "end: 9ms}\n"
    "...\n"
    "---\n"
    "request: {method: GET, path: /v1/models, query: a=b, idempotency: k, "
    "attempt: 1}\n"
    "reply: {status: 204, head: 1ms, headers: {retry-after: '1', "
    "x-request-id: a}, end: 2ms}\n"
    "...\n"
    "---\n"
    "request: {method: POST, path: /scope/s/x, text: a}\n"
    "reply: {ended: closed, end: 9ms}\n"
    "...\n"
    "\036"
    "GET /v1/models?a=b HTTP/1.0\r\n"
    "X-Mock-Explain: 1\r\n"
    "Idempotency-Key: k\r\n"
    "\r\n",
    NULL,
};

static const char *const http_words[] = {
    "GET ",
    "POST ",
    "HEAD ",
    "OPTIONS ",
    " HTTP/1.1\r\n",
    " HTTP/1.0\r\n",
    "\r\n\r\n",
    "\r\n",
    "\n",
    "/v1/models",
    "/v1beta/models/m:generateContent",
    "/v1/messages",
    "/scope/s",
    "/mock/journal",
    "?key=",
    "&",
    "%",
    "Transfer-Encoding: chunked\r\n",
    "Content-Length: 5\r\n",
    "Content-Length: 99999999999\r\n",
    "Connection: close\r\n",
    "Connection: upgrade\r\nUpgrade: h2c\r\n",
    "Expect: 100-continue\r\n",
    "Authorization: Bearer k\r\n",
    "x-api-key: k\r\n",
    "anthropic-version: 2023-06-01\r\n",
    "X-Weir-Attempt: 2\r\n",
    "X-Mock-Explain: 1\r\n",
    "Idempotency-Key: ",
    " folded\r\n",
    "0\r\n\r\n",
    "5\r\n{\"a\":\r\n",
    "\001",
    "\303\244",
    NULL,
};

static const char *const body_words[] = {
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "null",
    "true",
    "false",
    "0",
    "-1",
    "1e9",
    "9007199254740993",
    "0.5",
    "\"\"",
    "\"a\":",
    "\"model\":\"m\"",
    "\"stream\":true",
    "\"n\":3",
    "\"type\":\"object\"",
    "\"type\":\"string\"",
    "\"$ref\":\"#\"",
    "\"properties\":{",
    "\"required\":[\"a\"]",
    "\"enum\":[\"x\"]",
    "\"items\":{\"type\":\"integer\"}",
    "\"additionalProperties\":false",
    "\"pattern\":\"a+\"",
    "\"minItems\":9",
    "\"maxLength\":3",
    "\"format\":\"date-time\"",
    "\"content\":[{\"type\":\"text\",\"text\":\"a\"}]",
    "\"role\":\"user\"",
    "\"role\":\"assistant\"",
    "\"contents\":",
    "\"parts\":[{\"text\":\"a\"}]",
    "\"functionCall\":{\"name\":\"f\",\"args\":{}}",
    "\"tool_choice\":\"required\"",
    "\"tools\":[",
    "\"input\":",
    "\"text\":",
    "\"max_tokens\":1",
    "\"maxOutputTokens\":1",
    "\"cache_control\":{\"type\":\"ephemeral\"}",
    "\"thinking\":{\"type\":\"adaptive\"}",
    "\\u0000",
    "\\ud83d",
    "\303\244",
    "\377",
    NULL,
};

static const char *const mock_words[] = {
    "models: ",
    "rules: ",
    "answers: ",
    "faults: ",
    "limits: ",
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
    "{{request.prompt}}",
    "{{row.expected}}",
    "{{#each row.l as i}}",
    "{{/each}}",
    "skill: 0.5",
    "reply: a",
    "when: {prompt: hi}",
    "status: 500",
    "reset: body",
    "cut: json",
    "frames: join",
    "1ms",
    "1e9h",
    "0",
    "-1",
    "1e308",
    "share: 1",
    "reasoning: 5",
    "cache: {}",
    "context: 1",
    "mode: exact",
    "first_token: {exponential: {mean: 1s}}",
    "*",
    "'*'",
    "&a ",
    "*a",
    "\303\244",
    NULL,
};

static const char *const cassette_words[] = {
    "---\n",
    "...\n",
    "request:\n",
    "reply:\n",
    "  status: 200\n",
    "  status: 304\n",
    "  json: ",
    "  text: ",
    "  bytes: ",
    "  parts:\n",
    "    - at: 1ms",
    "  layout: spaced\n",
    "  ended: closed\n",
    "  missing: 3\n",
    "  headers: {content-type: a}\n",
    "|+\n",
    "\n",
    "  ",
    "\036",
    "GET / HTTP/1.1\r\n\r\n",
    "HEAD ",
    "Idempotency-Key: k\r\n",
    "X-Weir-Attempt: 2\r\n",
    "\r\n\r\n",
    "?a=b",
    NULL,
};

#endif
