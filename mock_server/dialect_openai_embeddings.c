/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dialect_openai_embeddings.c: OpenAI's POST /v1/embeddings.
 *
 * Vectors are embedding.c's. A list of token ids is read as a text of one sign for each id, four
 * bytes long: it counts as one token, and lists that share ids come out near.
 */
#include "base/text.h"
#include "mock_server/dialect.h"
#include "mock_server/embedding.h"
#include "mock_server/openai_read.h"

#define FIELD_MAP(X)                                                                           \
    X(MODEL, "model")                                                                          \
    X(INPUT, "input")                                                                          \
    X(ENCODING_FORMAT, "encoding_format")                                                      \
    X(DIMENSIONS, "dimensions")                                                                \
    X(USER, "user")

enum field {
#define FIELD_NAME(name, text) FIELD_##name,
    FIELD_MAP(FIELD_NAME)
#undef FIELD_NAME
        FIELDS,
};

static const str field_names[FIELDS] = {
#define FIELD_TEXT(name, text) STR_INIT(text),
    FIELD_MAP(FIELD_TEXT)
#undef FIELD_TEXT
};

/* As documented for text-embedding-3-small and its siblings. */
enum { INPUTS_MAX = 2048, INPUT_TOKENS_MAX = 8192, ALL_TOKENS_MAX = 300000 };

/* ---- reading ---- */

/* Ids become the signs from U+20000 on: all of them are four bytes long in UTF-8. */
enum { FIRST_SIGN = 0x20000, SIGNS = 0x110000 - FIRST_SIGN };

static int read_ids(const struct openai_body *in, const json *ids, str *text)
{
    size_t count = json_count(ids), n = 0;
    char *bytes = arena_alloc(in->request->arena, 4 * count + 1);
    for (const json *item = json_first(ids); item; item = json_next(item)) {
        int64_t id;
        if (!json_int(item, &id))
            return openai_wrong_type(in, "input", "an array of integers", item);
        if (id < 0)
            return REFUSE(in, "input", "invalid_value",
                          "Invalid token id: %lld. Token ids are integers >= 0.",
                          (long long)id);
        n += utf8_encode((uint32_t)(FIRST_SIGN + id % SIGNS), bytes + n);
    }
    *text = (str){bytes, n};
    return 0;
}

static int read_one(const struct openai_body *in, const json *item, enum json_kind kind,
                    str *text)
{
    if (!json_is(item, kind))
        return openai_wrong_type(
            in, "input", kind == JSON_TEXT ? "an array of strings" : "an array of token arrays",
            item);
    if (kind == JSON_LIST && read_ids(in, item, text) < 0)
        return -1;
    if (kind == JSON_TEXT)
        *text = json_text(item);
    if (text->n == 0)
        return REFUSE(in, "input", "invalid_value",
                      "Invalid 'input': an input cannot be an empty %s.",
                      kind == JSON_TEXT ? "string" : "array");
    int64_t tokens = token_count(*text);
    if (tokens > INPUT_TOKENS_MAX)
        return REFUSE(in, "input", "context_length_exceeded",
                      "This model's maximum context length is %d tokens, however you requested "
                      "%lld tokens (%lld in your prompt; 0 for the completion). Please reduce "
                      "your prompt; or completion length.",
                      INPUT_TOKENS_MAX, (long long)tokens, (long long)tokens);
    return 0;
}

static int check_sum(const struct openai_body *in)
{
    int64_t tokens = 0;
    for (size_t i = 0; i < in->request->inputs; i++)
        tokens += token_count(in->request->input[i]);
    if (tokens <= ALL_TOKENS_MAX)
        return 0;
    REFUSE(in, NULL, "max_tokens_per_request",
           "Requested %lld tokens, max %d tokens per request", (long long)tokens,
           ALL_TOKENS_MAX);
    in->trouble->type = STR("max_tokens_per_request");
    return -1;
}

static int read_list(const struct openai_body *in, const json *list)
{
    size_t count = json_count(list), i = 0;
    enum json_kind kind = json_kind(json_first(list));
    if (count == 0)
        return REFUSE(in, "input", "empty_array",
                      "Invalid 'input': empty array. Expected an array with minimum length 1, "
                      "but got an empty array instead.");
    if (kind == JSON_NUMBER) { /* one list of token ids */
        str *text = arena_new(in->request->arena, str);
        in->request->input = text;
        in->request->inputs = 1;
        return read_one(in, list, JSON_LIST, text);
    }
    if (count > INPUTS_MAX)
        return REFUSE(in, "input", "array_above_max_length",
                      "Invalid 'input': array too long. Expected an array with maximum length "
                      "%d, but got an array with length %zu instead.",
                      INPUTS_MAX, count);
    str *text = arena_array(in->request->arena, str, count);
    in->request->input = text;
    in->request->inputs = count;
    for (const json *item = json_first(list); item; item = json_next(item), i++)
        if (read_one(in, item, kind == JSON_LIST ? JSON_LIST : JSON_TEXT, &text[i]) < 0)
            return -1;
    return check_sum(in);
}

static int read_input(const struct openai_body *in)
{
    const json *input = openai_field(in, FIELD_INPUT);
    if (!input)
        return openai_missing(in, "input");
    if (json_is(input, JSON_LIST))
        return read_list(in, input);
    str *text = arena_new(in->request->arena, str);
    in->request->input = text;
    in->request->inputs = 1;
    return json_is(input, JSON_TEXT)
               ? read_one(in, input, JSON_TEXT, text)
               : openai_wrong_type(in, "input", "a string or an array", input);
}

static int read_dimensions(const struct openai_body *in)
{
    struct request *request = in->request;
    int64_t most = str_equal(request->model, STR("text-embedding-3-large")) ? 3072 : 1536;
    if (openai_field(in, FIELD_DIMENSIONS) &&
        str_equal(request->model, STR("text-embedding-ada-002")))
        return REFUSE(in, "dimensions", NULL,
                      "This model does not support specifying dimensions.");
    request->dimensions = most;
    return openai_read_integer(in, FIELD_DIMENSIONS, 1, most, &request->dimensions);
}

static int read_body(const json *body, struct request *request, struct trouble *trouble)
{
    static const char *const formats[] = {"float", "base64", NULL};
    static const int shaping[] = {FIELD_DIMENSIONS};
    const json *field[FIELDS] = {NULL};
    const struct openai_body whole = {request, trouble, field_names, field, FIELDS};
    if (openai_read_begin(&whole, body, FIELD_MODEL) < 0 || read_input(&whole) < 0 ||
        openai_check_word(&whole, "encoding_format", field[FIELD_ENCODING_FORMAT], formats) <
            0 ||
        read_dimensions(&whole) < 0 || openai_check_text(&whole, FIELD_USER) < 0)
        return -1;
    request->base64 = str_equal(json_text(field[FIELD_ENCODING_FORMAT]), STR("base64"));
    request->sampling = openai_hash_fields(&whole, shaping, 1);
    return 0;
}

/* ---- writing ---- */

/* Little-endian whatever this machine is. */
static void put_float(unsigned char bytes[4], float number)
{
    uint32_t bits;
    memcpy(&bits, &number, sizeof bits);
    for (size_t i = 0; i < 4; i++)
        bytes[i] = (unsigned char)(bits >> (8 * i));
}

static void write_base64(struct buf *out, const unsigned char *bytes, size_t n)
{
    static const char digits[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    buf_add_char(out, '"');
    for (size_t i = 0; i < n; i += 3) {
        uint32_t three = (uint32_t)bytes[i] << 16;
        if (i + 1 < n)
            three |= (uint32_t)bytes[i + 1] << 8;
        if (i + 2 < n)
            three |= bytes[i + 2];
        const char four[4] = {digits[three >> 18], digits[three >> 12 & 63],
                              i + 1 < n ? digits[three >> 6 & 63] : '=',
                              i + 2 < n ? digits[three & 63] : '='};
        buf_add(out, four, sizeof four);
    }
    buf_add_char(out, '"');
}

static void write_vector(struct buf *out, const struct request *request, str input)
{
    size_t count = (size_t)request->dimensions;
    float *vector = arena_array(request->arena, float, count);
    embedding_make(input, count, vector);
    if (!request->base64) {
        embedding_write(out, vector, count);
        return;
    }
    unsigned char *bytes = arena_alloc(request->arena, 4 * count);
    for (size_t i = 0; i < count; i++)
        put_float(bytes + 4 * i, vector[i]);
    write_base64(out, bytes, 4 * count);
}

static void write_reply(struct buf *out, const struct request *request,
                        const struct reply *reply)
{
    (void)reply;
    buf_add_str(out, STR("{\"object\":\"list\",\"data\":["));
    for (size_t i = 0; i < request->inputs; i++) {
        buf_add_str(out, i ? STR(",{\"object\":\"embedding\",\"index\":")
                           : STR("{\"object\":\"embedding\",\"index\":"));
        write_int(out, (int64_t)i);
        buf_add_str(out, STR(",\"embedding\":"));
        write_vector(out, request, request->input[i]);
        buf_add_char(out, '}');
    }
    buf_add_str(out, STR("],\"model\":"));
    json_write_text(out, reply->model);
    buf_add_str(out, STR(",\"usage\":{\"prompt_tokens\":"));
    write_int(out, request->input_tokens);
    buf_add_str(out, STR(",\"total_tokens\":"));
    write_int(out, request->input_tokens);
    buf_add_str(out, STR("}}"));
}

const struct dialect dialect_openai_embeddings = {
    .name = "openai-embeddings",
    .provider = &provider_openai,
    .task = TASK_EMBED,
    .read = read_body,
    .write = write_reply,
};
