/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * http_trouble.c: what libcurl's error codes mean to people, and whether trying again can help.
 *
 * A message names the server or the proxy it is about, says what is wrong in words that the
 * reader can act on, and keeps libcurl's own in parentheses: they are what can be searched for.
 */
#include "io/http_inside.h"

#include <errno.h>
#include <string.h>

/* What X509_get_verify_result gives (openssl/x509_vfy.h), in libcurl's CURLINFO_SSL_VERIFYRESULT.
 * With another TLS library they mean nothing and are mostly 0. */
enum {
    VERIFY_NO_ISSUER = 2,
    VERIFY_NOT_YET_VALID = 9,
    VERIFY_EXPIRED = 10,
    VERIFY_SELF_SIGNED = 18,
    VERIFY_SELF_SIGNED_ROOT = 19,
    VERIFY_NO_LOCAL_ISSUER = 20,
    VERIFY_NO_FIRST_SIGNATURE = 21,
};

struct trouble {
    const struct easy *easy;
    CURLcode code;
    const char *said;        /* by libcurl */
    const char *server;      /* "https://api.example.com" */
    const char *proxy;       /* "http://proxy:3128"; NULL: none */
    const char *proxy_named; /* the variable */
    struct buf *out;
};

#define SAY(...) buf_printf(trouble->out, __VA_ARGS__)

/* libcurl checks the name itself, after OpenSSL was content. */
static void say_certificate(const struct trouble *trouble)
{
    long result = 0;
    curl_easy_getinfo(trouble->easy->curl, CURLINFO_SSL_VERIFYRESULT, &result);
    SAY("the certificate of %s is not trusted: ", trouble->server);
    switch (result) {
    case VERIFY_EXPIRED:
        SAY("it has expired. Its owner must renew it, or this machine's clock is wrong");
        break;
    case VERIFY_NOT_YET_VALID:
        SAY("it is not valid yet. Check this machine's clock");
        break;
    case VERIFY_NO_ISSUER:
    case VERIFY_SELF_SIGNED:
    case VERIFY_SELF_SIGNED_ROOT:
    case VERIFY_NO_LOCAL_ISSUER:
    case VERIFY_NO_FIRST_SIGNATURE:
        SAY("no authority known here has signed it. For an authority of your own, set "
            "SSL_CERT_FILE to a file with its certificate; else somebody may be listening in");
        break;
    default:
        SAY(strstr(trouble->said, "subject name") || strstr(trouble->said, "host name")
                ? "it is for another host. Check base_url"
                : "it failed a check");
        break;
    }
}

static void say_no_connection(const struct trouble *trouble)
{
    long number = 0;
    curl_easy_getinfo(trouble->easy->curl, CURLINFO_OS_ERRNO, &number);
    if (trouble->proxy)
        SAY("no connection to the proxy %s (%s)", trouble->proxy, trouble->proxy_named);
    else
        SAY("no connection to %s", trouble->server);
    if (number == ECONNREFUSED)
        SAY(": it was refused: nothing listens there");
    else if (number == ENETUNREACH || number == EHOSTUNREACH)
        SAY(": no way leads there from this machine");
    else if (number)
        SAY(": %s", strerror((int)number));
}

/* The proxy answered the CONNECT: 407, 403, 502… */
static bool say_refused_by_proxy(const struct trouble *trouble, long status)
{
    SAY("the proxy %s (%s) refuses to connect to %s: HTTP %ld", trouble->proxy,
        trouble->proxy_named, trouble->server, status);
    if (status == 407)
        SAY(". It wants a user and a password: %s=http://USER:PASSWORD@HOST:PORT",
            trouble->proxy_named);
    else if (status < 500)
        SAY(". NO_PROXY names hosts that are reached without it");
    return status < 500;
}

/* True when trying again cannot help. */
static bool say_before_connected(const struct trouble *trouble)
{
    long connect_status = 0;
    curl_easy_getinfo(trouble->easy->curl, CURLINFO_HTTP_CONNECTCODE, &connect_status);
    if (trouble->proxy && connect_status >= 300)
        return say_refused_by_proxy(trouble, connect_status);
    switch ((int)trouble->code) {
    case CURLE_PEER_FAILED_VERIFICATION:
        say_certificate(trouble);
        return true;
    case CURLE_SSL_CACERT_BADFILE:
        SAY("the authorities to trust cannot be read: check SSL_CERT_FILE and SSL_CERT_DIR");
        return true;
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
        SAY("'%s' is no address: check base_url", trouble->server);
        return true;
    case CURLE_COULDNT_RESOLVE_PROXY:
        SAY("the proxy %s (%s) has no address", trouble->proxy, trouble->proxy_named);
        return false;
    case CURLE_COULDNT_RESOLVE_HOST:
        SAY("%s has no address", trouble->server);
        return false;
    case CURLE_COULDNT_CONNECT:
        say_no_connection(trouble);
        return false;
    case CURLE_SSL_CONNECT_ERROR:
        SAY("no TLS with %s", trouble->server);
        if (!strstr(trouble->said, "wrong version number"))
            return false;
        SAY(": what answers there does not speak it. Should base_url begin with http:// ?");
        return true;
    default:
        SAY("no connection to %s", trouble->server);
        return false;
    }
}

static void say_after_sending(const struct trouble *trouble)
{
    long number = 0;
    curl_easy_getinfo(trouble->easy->curl, CURLINFO_OS_ERRNO, &number);
    const bool began = trouble->easy->status != 0;
    switch ((int)trouble->code) {
    case CURLE_GOT_NOTHING:
        SAY("%s closed the connection without an answer", trouble->server);
        break;
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_UNSUPPORTED_PROTOCOL:
        SAY("what %s answers is no HTTP", trouble->server);
        break;
    case CURLE_PARTIAL_FILE:
        SAY("%s closed the connection before the end of its reply", trouble->server);
        break;
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
        SAY("HTTP/2 with %s broke down (http2: false does without)", trouble->server);
        break;
    default:
        SAY("the connection to %s %s %s", trouble->server,
            number == ECONNRESET ? "was reset" : "was lost",
            began ? "before the end of the reply" : "after the request was sent");
        break;
    }
}

enum http_outcome trouble_explain(struct easy *easy, CURLcode code, struct buf *out)
{
    const struct http_proxy *proxy = easy->host ? host_proxy(easy->host) : NULL;
    const struct trouble trouble = {
        .easy = easy,
        .code = code,
        .said = easy->error[0] ? easy->error : curl_easy_strerror(code),
        .server = easy->host ? host_shown(easy->host).p : easy->url,
        .proxy = proxy && proxy->url.n ? proxy->shown.p : NULL,
        .proxy_named = proxy ? proxy->variable : NULL,
        .out = out,
    };
    enum http_outcome outcome = HTTP_BROKEN;
    if (easy->reached)
        say_after_sending(&trouble);
    else
        outcome = say_before_connected(&trouble) ? HTTP_BARRED : HTTP_CONNECT;
    buf_printf(out, " (%s)", trouble.said);
    return outcome;
}
