/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fault.h: what goes wrong on purpose.
 *
 * Each fault of the file is drawn for itself, by the request and the attempt; the first that
 * strikes is the one. Faults of streams do not strike a request that is not streamed.
 */
#ifndef MOCK_FAULT_H
#define MOCK_FAULT_H

#include "mock_server/rule.h"

enum fault_kind {
    FAULT_STATUS,
    FAULT_EMPTY,
    FAULT_WRONG_TYPE,
    FAULT_BAD_JSON,
    FAULT_HANG,
    FAULT_DRIP,
    FAULT_RESET,
    FAULT_WRONG_LENGTH,
    FAULT_CUT, /* from here on only streams are struck */
    FAULT_ERROR_EVENT,
    FAULT_FRAMES,
    FAULT_KINDS,
};
/* Where a hang or a reset strikes. */
enum fault_point { POINT_HEADERS, POINT_BODY, POINT_STREAM };
enum fault_cut { CUT_UTF8, CUT_STRING, CUT_BEFORE_USAGE, CUT_BEFORE_END };
enum fault_length { LENGTH_SHORT, LENGTH_LONG };
enum fault_frames {
    FRAMES_DOUBLE,   /* one event comes twice */
    FRAMES_SWAP,     /* two neighbours in the wrong order */
    FRAMES_JOIN,     /* two events in each chunk */
    FRAMES_SPLIT,    /* each event in two chunks */
    FRAMES_CRLF,     /* lines end in CR LF */
    FRAMES_COMMENTS, /* a comment before each event */
};

struct fault {
    enum fault_kind kind;
    str name;       /* "429", "hang headers": for counters and x-mock-fault */
    int64_t status; /* STATUS, ERROR_EVENT */
    enum fault_point point;
    int64_t drip_ns;
    enum fault_length length;
    enum fault_cut cut;
    enum fault_frames frames;
    int64_t after_tokens; /* ERROR_EVENT */
    double share;
    struct when when;
    const int64_t *attempt; /* empty: any */
    size_t attempts;
    int64_t from_ns, for_ns; /* for_ns 0: without end */
    bool limited_in_time;
    int64_t retry_after_ns;
    bool quota, html, fin;
};

struct faults {
    const struct fault *fault;
    size_t count;
};

/* The fault that strikes this attempt, or NULL. `up_ns`: the server's time since its start. */
const struct fault *faults_strike(const struct faults *faults, const struct request *request,
                                  const struct http_request *http, struct rng_key draw,
                                  int64_t up_ns);

/* Custom reader for a struct faults. */
int faults_read(struct opt_parse *parse, const struct yaml *value, void *field);
extern const struct opt fault_options[];

#endif
