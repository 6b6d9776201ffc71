/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * respond.c: heads, bodies and what faults make of them (see call.h).
 */
#include "mock_server/call.h"

static const str json_type = STR_INIT("application/json");

/* ---- heads ---- */

static void add_line(struct buf *out, str name, str value)
{
    buf_add_str(out, name);
    buf_add_str(out, STR(": "));
    for (size_t i = 0; i < value.n; i++) /* a rule's name may hold anything */
        buf_add_char(out, (unsigned char)value.p[i] < ' ' ? ' ' : value.p[i]);
    buf_add_str(out, STR("\r\n"));
}

/* Only for those who ask with X-Mock-Explain: a provider sends nothing of the kind. */
static void add_explanation(struct buf *out, const struct call *call)
{
    const struct decision *decision = &call->decision;
    if (http_header_get(call->http, STR("x-mock-explain")).n == 0 || !call->request.dialect)
        return;
    add_line(out, STR("x-mock-rule"), decision->name.n ? decision->name : STR("-"));
    buf_printf(out, "x-mock-attempt: %lld\r\n", (long long)call->request.attempt);
    add_line(out, STR("x-mock-fault"), call->fault ? call->fault->name : STR("-"));
    buf_printf(out, "x-mock-plan: first_token=%gms total=%gms tokens=%lld",
               (double)call->first_ns / 1e6, (double)call->total_ns / 1e6,
               (long long)call->reply.output_tokens);
    if (decision->verdict)
        buf_printf(out, " chance=%.6g verdict=%s", decision->chance,
                   decision->verdict[0].correct ? "right"
                                                : wrong_kind_name(decision->verdict[0].wrong));
    buf_add_str(out, STR("\r\n"));
}

static void add_length(struct buf *out, int64_t length)
{
    if (length == LENGTH_UNTIL_CLOSE)
        return;
    if (length == LENGTH_CHUNKED) {
        buf_add_str(out, STR("transfer-encoding: chunked\r\n"));
        return;
    }
    buf_add_str(out, STR("content-length: "));
    write_int(out, length);
    buf_add_str(out, STR("\r\n"));
}

void respond_head(struct call *call, int status, str type, int64_t length)
{
    struct buf *out = call->delivery->bytes;
    if (status == 200) {
        buf_add_str(out, STR("HTTP/1.1 200 OK\r\n"));
    } else {
        buf_add_str(out, STR("HTTP/1.1 "));
        write_int(out, status);
        buf_add_char(out, ' ');
        buf_add_str(out, str_from(http_status_text(status)));
        buf_add_str(out, STR("\r\n"));
    }
    if (type.n)
        add_line(out, STR("content-type"), type);
    add_length(out, length);
    if (call->allow.n)
        add_line(out, STR("allow"), call->allow);
    if (call->request.stream && status == 200)
        buf_add_str(out, STR("cache-control: no-cache\r\n"));
    if (call->route.provider)
        call->route.provider->write_head(out, &call->head,
                                         call->trouble.status ? &call->trouble : NULL);
    add_explanation(out, call);
    if (call->delivery->ending != ENDING_KEEP)
        buf_add_str(out, STR("connection: close\r\n"));
    buf_add_str(out, STR("\r\n"));
    call->status = status;
}

/* ---- faults of a reply's body ---- */

enum { DRIPS_MAX = 1 << 16 };

/* When the byte in front of `upto` is due without a drip; *next: the part that it lies in. */
static int64_t due_at(const struct delivery *delivery, size_t upto, size_t *next)
{
    if (!delivery->parts)
        return delivery->at_ns;
    while (*next + 1 < delivery->parts && delivery->part[*next].upto < upto)
        ++*next;
    return delivery->part[*next].at_ns;
}

/* A part for each byte; for large bodies for every so many. */
void respond_drip(struct call *call, size_t head)
{
    struct delivery *delivery = call->delivery;
    size_t body = delivery->bytes->n - head, step = body / DRIPS_MAX + 1, next = 0;
    size_t parts = 1 + (body + step - 1) / step;
    struct part *part = arena_array(&call->mock->arena, struct part, parts);
    int64_t per_byte_ns = (int64_t)((double)call->fault->drip_ns * call->mock->scale);
    part[0] = (struct part){due_at(delivery, head, &next), head};
    for (size_t i = 1; i < parts; i++) {
        size_t upto = i * step < body ? i * step : body;
        int64_t due = due_at(delivery, head + upto, &next);
        part[i].upto = head + upto;
        part[i].at_ns = part[i - 1].at_ns > due ? part[i - 1].at_ns : due;
        part[i].at_ns += per_byte_ns * (int64_t)(part[i].upto - part[i - 1].upto);
    }
    delivery->part = part;
    delivery->parts = parts;
}

/* Head and half of the body, and then no more. */
static void end_inside(struct call *call, size_t head, enum ending ending)
{
    struct delivery *delivery = call->delivery;
    size_t body = delivery->bytes->n - head;
    delivery->bytes->n = head + body / 2;
    delivery->ending = ending;
}

void respond_silence(struct call *call, enum ending ending)
{
    buf_clear(call->delivery->bytes);
    call->delivery->parts = 0;
    call->delivery->ending = ending;
    call->status = 0;
}

int64_t respond_length(const struct fault *fault, size_t bytes)
{
    int64_t length = (int64_t)bytes;
    if (!fault || fault->kind != FAULT_WRONG_LENGTH)
        return length;
    return fault->length == LENGTH_SHORT ? length - length / 3 : length + length / 3 + 1;
}

static void apply_fault(struct call *call, size_t head)
{
    const struct fault *fault = call->fault;
    enum ending broken = fault && fault->fin ? ENDING_CLOSE : ENDING_RESET;
    if (!fault)
        return;
    if (fault->kind == FAULT_HANG && fault->point == POINT_HEADERS)
        respond_silence(call, ENDING_HANG);
    else if (fault->kind == FAULT_HANG)
        end_inside(call, head, ENDING_HANG);
    else if (fault->kind == FAULT_RESET && fault->point == POINT_HEADERS)
        respond_silence(call, broken);
    else if (fault->kind == FAULT_RESET)
        end_inside(call, head, broken);
    else if (fault->kind == FAULT_DRIP)
        respond_drip(call, head);
    else if (fault->kind == FAULT_WRONG_LENGTH)
        call->delivery->ending = ENDING_CLOSE;
}

void respond_body(struct call *call, int status, str type)
{
    str body = buf_str(&call->mock->body);
    const struct fault *fault = call->fault;
    if (fault && fault->kind == FAULT_EMPTY)
        body = STR("");
    if (fault && fault->kind == FAULT_WRONG_TYPE)
        type = STR("text/html; charset=utf-8");
    if (fault && fault->kind == FAULT_BAD_JSON)
        body = str_sub(body, 0, body.n * 2 / 3);
    call->head.took_ns = call->total_ns;
    call->delivery->at_ns = call->total_ns;
    respond_head(call, status, type, respond_length(fault, body.n));
    size_t head = call->delivery->bytes->n;
    buf_add_str(call->delivery->bytes, body);
    apply_fault(call, head);
}

/* ---- errors ---- */

static void write_page(struct buf *out, int status)
{
    const char *text = http_status_text(status);
    buf_printf(out,
               "<html>\r\n<head><title>%d %s</title></head>\r\n<body>\r\n<center><h1>%d %s</h1>"
               "</center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n",
               status, text, status, text);
}

void respond_trouble(struct call *call)
{
    struct buf *body = &call->mock->body;
    buf_clear(body);
    if (call->trouble.html)
        write_page(body, call->trouble.status);
    else
        call->route.provider->write_error(body, &call->head, &call->trouble);
    respond_head(call, call->trouble.status, call->trouble.html ? STR("text/html") : json_type,
                 (int64_t)body->n);
    buf_add_str(call->delivery->bytes, buf_str(body));
}

void respond_plain(struct call *call, int status, str type, str body)
{
    call->route.provider = NULL;
    respond_head(call, status, type, (int64_t)body.n);
    buf_add_str(call->delivery->bytes, body);
}
