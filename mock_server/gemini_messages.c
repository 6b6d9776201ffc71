/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * gemini_messages.c: the members of Gemini's requests, v1beta (see gemini_shape.h).
 *
 * As the provider's reference and its JavaScript client of November 2026 have them. Parts that
 * the mock does not look into (search tools, speech, images) take any object.
 */
#include "mock_server/gemini_shape.h"

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))
#define WORDS(name, type, none, ...)                                                           \
    static const str name##_words[] = {__VA_ARGS__};                                           \
    const struct gemini_words name = {type, STR_INIT(none), name##_words, COUNT(name##_words)}
#define OWN_WORDS(name, type, none, ...)                                                       \
    static const str name##_words[] = {__VA_ARGS__};                                           \
    static const struct gemini_words name = {type, STR_INIT(none), name##_words,               \
                                             COUNT(name##_words)}

/* clang-format off */
WORDS(gemini_modes, "FunctionCallingConfig.Mode", "MODE_UNSPECIFIED",
      STR_INIT("AUTO"), STR_INIT("ANY"), STR_INIT("NONE"), STR_INIT("VALIDATED"));
WORDS(gemini_types, "Type", "TYPE_UNSPECIFIED",
      STR_INIT("STRING"), STR_INIT("NUMBER"), STR_INIT("INTEGER"), STR_INIT("BOOLEAN"),
      STR_INIT("ARRAY"), STR_INIT("OBJECT"), STR_INIT("NULL"));
OWN_WORDS(categories, "HarmCategory", "HARM_CATEGORY_UNSPECIFIED",
      STR_INIT("HARM_CATEGORY_HARASSMENT"), STR_INIT("HARM_CATEGORY_HATE_SPEECH"),
      STR_INIT("HARM_CATEGORY_SEXUALLY_EXPLICIT"), STR_INIT("HARM_CATEGORY_DANGEROUS_CONTENT"),
      STR_INIT("HARM_CATEGORY_CIVIC_INTEGRITY"), STR_INIT("HARM_CATEGORY_JAILBREAK"),
      STR_INIT("HARM_CATEGORY_IMAGE_HATE"), STR_INIT("HARM_CATEGORY_IMAGE_DANGEROUS_CONTENT"),
      STR_INIT("HARM_CATEGORY_IMAGE_HARASSMENT"), STR_INIT("HARM_CATEGORY_IMAGE_SEXUALLY_EXPLICIT"));
OWN_WORDS(thresholds, "SafetySetting.HarmBlockThreshold", "HARM_BLOCK_THRESHOLD_UNSPECIFIED",
      STR_INIT("BLOCK_LOW_AND_ABOVE"), STR_INIT("BLOCK_MEDIUM_AND_ABOVE"), STR_INIT("BLOCK_ONLY_HIGH"),
      STR_INIT("BLOCK_NONE"), STR_INIT("OFF"));
WORDS(gemini_levels, "ThinkingConfig.ThinkingLevel", "THINKING_LEVEL_UNSPECIFIED",
      STR_INIT("MINIMAL"), STR_INIT("LOW"), STR_INIT("MEDIUM"), STR_INIT("HIGH"));
OWN_WORDS(tiers, "ServiceTier", "unspecified",
      STR_INIT("standard"), STR_INIT("flex"), STR_INIT("priority"));
OWN_WORDS(modalities, "GenerationConfig.Modality", "MODALITY_UNSPECIFIED",
      STR_INIT("TEXT"), STR_INIT("IMAGE"), STR_INIT("AUDIO"), STR_INIT("VIDEO"));
OWN_WORDS(resolutions, "GenerationConfig.MediaResolution", "MEDIA_RESOLUTION_UNSPECIFIED",
      STR_INIT("MEDIA_RESOLUTION_LOW"), STR_INIT("MEDIA_RESOLUTION_MEDIUM"),
      STR_INIT("MEDIA_RESOLUTION_HIGH"), STR_INIT("MEDIA_RESOLUTION_ULTRA_HIGH"));
OWN_WORDS(languages, "ExecutableCode.Language", "LANGUAGE_UNSPECIFIED", STR_INIT("PYTHON"));
OWN_WORDS(outcomes, "CodeExecutionResult.Outcome", "OUTCOME_UNSPECIFIED",
      STR_INIT("OUTCOME_OK"), STR_INIT("OUTCOME_FAILED"), STR_INIT("OUTCOME_DEADLINE_EXCEEDED"));
OWN_WORDS(behaviors, "FunctionDeclaration.Behavior", "UNSPECIFIED",
      STR_INIT("BLOCKING"), STR_INIT("NON_BLOCKING"));
OWN_WORDS(schedules, "FunctionResponse.Scheduling", "SCHEDULING_UNSPECIFIED",
      STR_INIT("SILENT"), STR_INIT("WHEN_IDLE"), STR_INIT("INTERRUPT"));
OWN_WORDS(task_types, "TaskType", "TASK_TYPE_UNSPECIFIED",
      STR_INIT("RETRIEVAL_QUERY"), STR_INIT("RETRIEVAL_DOCUMENT"), STR_INIT("SEMANTIC_SIMILARITY"),
      STR_INIT("CLASSIFICATION"), STR_INIT("CLUSTERING"), STR_INIT("QUESTION_ANSWERING"),
      STR_INIT("FACT_VERIFICATION"), STR_INIT("CODE_RETRIEVAL_QUERY"));

#define ONE(name, kind)           {STR_INIT(name), GEMINI_##kind, false, NULL, NULL}
#define MANY(name, kind)          {STR_INIT(name), GEMINI_##kind, true, NULL, NULL}
#define WORD(name, words)         {STR_INIT(name), GEMINI_ENUM, false, NULL, &(words)}
#define MANY_WORDS(name, words)   {STR_INIT(name), GEMINI_ENUM, true, NULL, &(words)}
#define PART(name, message)       {STR_INIT(name), GEMINI_MESSAGE, false, &(message), NULL}
#define MANY_PARTS(name, message) {STR_INIT(name), GEMINI_MESSAGE, true, &(message), NULL}
#define MAP(name, message)        {STR_INIT(name), GEMINI_MAP, false, &(message), NULL}
#define MESSAGE(name, type)                                                                    \
    static const struct gemini_message name = {type, name##_fields, COUNT(name##_fields)}

/* ---- content ---- */

static const struct gemini_field blob_fields[] = {
    ONE("mimeType", STRING), ONE("data", BYTES), ONE("displayName", STRING),
};
MESSAGE(blob, "Blob");
static const struct gemini_field file_fields[] = {
    ONE("mimeType", STRING), ONE("fileUri", STRING), ONE("displayName", STRING),
};
MESSAGE(file, "FileData");
static const struct gemini_field call_fields[] = {
    ONE("id", STRING), ONE("name", STRING), ONE("args", STRUCT),
};
MESSAGE(call, "FunctionCall");
static const struct gemini_field response_part_fields[] = {
    PART("inlineData", blob), PART("fileData", file),
};
MESSAGE(response_part, "FunctionResponsePart");
static const struct gemini_field response_fields[] = {
    ONE("id", STRING), ONE("name", STRING), ONE("response", STRUCT),
    MANY_PARTS("parts", response_part), ONE("willContinue", BOOL), WORD("scheduling", schedules),
};
MESSAGE(response, "FunctionResponse");
static const struct gemini_field code_fields[] = {
    ONE("id", STRING), ONE("code", STRING), WORD("language", languages),
};
MESSAGE(code, "ExecutableCode");
static const struct gemini_field code_result_fields[] = {
    ONE("id", STRING), ONE("output", STRING), WORD("outcome", outcomes),
};
MESSAGE(code_result, "CodeExecutionResult");
static const struct gemini_field part_fields[] = {
    ONE("text", STRING), ONE("thought", BOOL), ONE("thoughtSignature", BYTES),
    PART("inlineData", blob), PART("fileData", file), PART("functionCall", call),
    PART("functionResponse", response), PART("executableCode", code),
    PART("codeExecutionResult", code_result), ONE("toolCall", STRUCT),
    ONE("toolResponse", STRUCT), ONE("partMetadata", STRUCT), ONE("videoMetadata", STRUCT),
    ONE("mediaResolution", STRUCT), ONE("mediaProcessing", STRUCT),
    ONE("speechMetadata", STRUCT), ONE("audioTranscription", STRUCT),
};
MESSAGE(part, "Part");
static const struct gemini_field content_fields[] = {
    ONE("role", STRING), MANY_PARTS("parts", part),
};
MESSAGE(content, "Content");

/* ---- schemas, tools, settings ---- */

static const struct gemini_message schema;
static const struct gemini_field schema_fields[] = {
    WORD("type", gemini_types), ONE("format", STRING), ONE("title", STRING),
    ONE("description", STRING), ONE("nullable", BOOL), MANY("enum", STRING),
    ONE("maxItems", INT64), ONE("minItems", INT64), MAP("properties", schema),
    MANY("required", STRING), ONE("minProperties", INT64), ONE("maxProperties", INT64),
    ONE("minimum", FLOAT), ONE("maximum", FLOAT), ONE("minLength", INT64),
    ONE("maxLength", INT64), ONE("pattern", STRING), ONE("example", VALUE),
    MANY_PARTS("anyOf", schema), MANY("propertyOrdering", STRING), ONE("default", VALUE),
    PART("items", schema),
};
MESSAGE(schema, "Schema");
static const struct gemini_field declaration_fields[] = {
    ONE("name", STRING), ONE("description", STRING), WORD("behavior", behaviors),
    PART("parameters", schema), ONE("parametersJsonSchema", VALUE), PART("response", schema),
    ONE("responseJsonSchema", VALUE),
};
MESSAGE(declaration, "FunctionDeclaration");
static const struct gemini_field tool_fields[] = {
    MANY_PARTS("functionDeclarations", declaration), ONE("googleSearchRetrieval", STRUCT),
    ONE("codeExecution", STRUCT), ONE("googleSearch", STRUCT), ONE("computerUse", STRUCT),
    ONE("urlContext", STRUCT), ONE("fileSearch", STRUCT), ONE("googleMaps", STRUCT),
    MANY("mcpServers", STRUCT),
};
MESSAGE(tool, "Tool");
static const struct gemini_field calling_fields[] = {
    WORD("mode", gemini_modes), MANY("allowedFunctionNames", STRING),
};
MESSAGE(calling, "FunctionCallingConfig");
static const struct gemini_field tool_config_fields[] = {
    PART("functionCallingConfig", calling), ONE("retrievalConfig", STRUCT),
    ONE("includeServerSideToolInvocations", BOOL),
};
MESSAGE(tool_config, "ToolConfig");
static const struct gemini_field safety_fields[] = {
    WORD("category", categories), WORD("threshold", thresholds),
};
MESSAGE(safety, "SafetySetting");
static const struct gemini_field thinking_fields[] = {
    ONE("includeThoughts", BOOL), ONE("thinkingBudget", INT32), WORD("thinkingLevel", gemini_levels),
};
MESSAGE(thinking, "ThinkingConfig");
static const struct gemini_field generation_fields[] = {
    MANY("stopSequences", STRING), ONE("responseMimeType", STRING),
    PART("responseSchema", schema), ONE("responseJsonSchema", VALUE),
    ONE("_responseJsonSchema", VALUE), MANY_WORDS("responseModalities", modalities),
    ONE("candidateCount", INT32), ONE("maxOutputTokens", INT32), ONE("temperature", FLOAT),
    ONE("topP", FLOAT), ONE("topK", INT32), ONE("seed", INT32), ONE("presencePenalty", FLOAT),
    ONE("frequencyPenalty", FLOAT), ONE("responseLogprobs", BOOL), ONE("logprobs", INT32),
    ONE("enableEnhancedCivicAnswers", BOOL), ONE("speechConfig", STRUCT),
    PART("thinkingConfig", thinking), ONE("imageConfig", STRUCT),
    WORD("mediaResolution", resolutions), ONE("audioTranscriptionConfig", STRUCT),
};
MESSAGE(generation, "GenerationConfig");

/* ---- requests ---- */

static const struct gemini_field generate_fields[] = {
    ONE("model", STRING), PART("systemInstruction", content), MANY_PARTS("contents", content),
    MANY_PARTS("tools", tool), PART("toolConfig", tool_config),
    MANY_PARTS("safetySettings", safety), PART("generationConfig", generation),
    ONE("cachedContent", STRING), WORD("serviceTier", tiers), ONE("store", BOOL),
    ONE("labels", STRUCT), ONE("continuationToken", STRING),
};
static const struct gemini_field count_fields[] = {
    ONE("model", STRING), MANY_PARTS("contents", content),
    PART("generateContentRequest", gemini_generate_content),
};
static const struct gemini_field embed_fields[] = {
    ONE("model", STRING), PART("content", content), WORD("taskType", task_types),
    ONE("title", STRING), ONE("outputDimensionality", INT32),
};
static const struct gemini_field batch_fields[] = {
    ONE("model", STRING), MANY_PARTS("requests", gemini_embed_content),
};
const struct gemini_message gemini_generate_content = {
    "GenerateContentRequest", generate_fields, COUNT(generate_fields)};
const struct gemini_message gemini_count_tokens = {
    "CountTokensRequest", count_fields, COUNT(count_fields)};
const struct gemini_message gemini_embed_content = {
    "EmbedContentRequest", embed_fields, COUNT(embed_fields)};
const struct gemini_message gemini_batch_embed = {
    "BatchEmbedContentsRequest", batch_fields, COUNT(batch_fields)};
/* clang-format on */
