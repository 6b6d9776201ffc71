/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * wire.c: heads of replies that another server made (see wire.h).
 */
#include "mock_server/wire.h"

static void add_line(struct buf *out, str name, str value)
{
    buf_add_str(out, name);
    buf_add_str(out, STR(": "));
    buf_add_str(out, value);
    buf_add_str(out, STR("\r\n"));
}

static bool is_in_list(str list, str name)
{
    str item;
    while (list.n) {
        str_cut(list, ',', &item, &list);
        if (str_equal_nocase(str_trim(item), name))
            return true;
    }
    return false;
}

bool wire_is_hop_by_hop(str name, str options)
{
    return is_in_list(STR("connection,keep-alive,proxy-authenticate,proxy-authorization,"
                          "proxy-connection,te,trailer,transfer-encoding,upgrade"),
                      name) ||
           is_in_list(options, name);
}

static str connection_options(const struct wire_head *head)
{
    for (size_t i = 0; i < head->headers; i++)
        if (str_equal_nocase(head->header[i].name, STR("connection")))
            return head->header[i].value;
    return STR("");
}

void wire_write_head(struct buf *out, const struct wire_head *head)
{
    str options = connection_options(head);
    buf_printf(out, "HTTP/1.1 %d %s\r\n", head->status, http_status_text(head->status));
    for (size_t i = 0; i < head->headers; i++) {
        str name = head->header[i].name;
        if (!wire_is_hop_by_hop(name, options) &&
            !str_equal_nocase(name, STR("content-length")))
            add_line(out, name, head->header[i].value);
    }
    if (head->framing == FRAMING_LENGTH)
        buf_printf(out, "content-length: %llu\r\n", (unsigned long long)head->length);
    else if (head->framing == FRAMING_CHUNKED)
        buf_add_str(out, STR("transfer-encoding: chunked\r\n"));
    if (head->plan.n)
        add_line(out, STR("x-mock-plan"), head->plan);
    if (head->closes || head->framing == FRAMING_UNTIL_CLOSE)
        buf_add_str(out, STR("connection: close\r\n"));
    buf_add_str(out, STR("\r\n"));
}

enum framing wire_framing(const struct http_request *http, int status, bool chunked)
{
    if (status == 204 || status == 304)
        return FRAMING_NONE;
    if (!chunked)
        return FRAMING_LENGTH;
    return http->is_1_0 ? FRAMING_UNTIL_CLOSE : FRAMING_CHUNKED;
}

struct cassette_asked wire_asked(struct call *call)
{
    const struct http_request *http = call->http;
    int64_t attempt = identity_told_attempt(http);
    struct cassette_header *header =
        arena_array(call->request.arena, struct cassette_header, http->headers + 1);
    for (size_t i = 0; i < http->headers; i++)
        header[i] = (struct cassette_header){http->header[i].name, http->header[i].value};
    return (struct cassette_asked){.method = http->method,
                                   .path = call->path,
                                   .query = http->query,
                                   .header = header,
                                   .headers = http->headers,
                                   .body = http->body,
                                   .attempt = attempt < 0 ? 0 : attempt};
}

void wire_write_error(struct buf *out, const struct provider *provider,
                      const struct reply_head *reply_head, const struct trouble *trouble,
                      bool retry, bool closes)
{
    struct buf body = {0};
    provider->write_error(&body, reply_head, trouble);
    const struct cassette_header header[] = {
        {STR("content-type"), STR("application/json")},
        {STR("x-should-retry"), retry ? STR("true") : STR("false")},
    };
    const struct wire_head head = {.status = trouble->status,
                                   .header = header,
                                   .headers = 2,
                                   .framing = FRAMING_LENGTH,
                                   .length = body.n,
                                   .closes = closes};
    wire_write_head(out, &head);
    buf_add_str(out, buf_str(&body));
    buf_release(&body);
}
