/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_io_proxy.c: which proxy a URL goes through, by the environment.
 */
#include "io/http_proxy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/log.h"

static const char *const variables[] = {"http_proxy",  "HTTP_PROXY", "https_proxy",
                                        "HTTPS_PROXY", "all_proxy",  "ALL_PROXY",
                                        "no_proxy",    "NO_PROXY"};

static int clear_environment(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++)
        unsetenv(variables[i]);
    return 0;
}

static void assert_goes_by(bool https, const char *host, const char *variable)
{
    struct arena arena = {0};
    const struct http_proxy proxy = http_proxy_for(&arena, https, str_from(host), STR("443"));
    if (variable)
        assert_string_equal(proxy.variable ? proxy.variable : "none", variable);
    else
        assert_int_equal(proxy.url.n, 0);
    arena_release(&arena);
}

/* Protects: the order of the variables, and that HTTP_PROXY in capitals is nobody's. */
static void test_variables(void **state)
{
    (void)state;
    assert_goes_by(true, "api.example.com", NULL);
    setenv("HTTP_PROXY", "http://evil:1", 1);
    assert_goes_by(false, "api.example.com", NULL);
    setenv("ALL_PROXY", "http://any:1", 1);
    assert_goes_by(true, "api.example.com", "ALL_PROXY");
    assert_goes_by(false, "api.example.com", "ALL_PROXY");
    setenv("HTTPS_PROXY", "http://big:1", 1);
    setenv("http_proxy", "http://plain:1", 1);
    assert_goes_by(true, "api.example.com", "HTTPS_PROXY");
    assert_goes_by(false, "api.example.com", "http_proxy");
    setenv("https_proxy", "", 1); /* says nothing */
    assert_goes_by(true, "api.example.com", "HTTPS_PROXY");
    setenv("https_proxy", "http://small:1", 1);
    assert_goes_by(true, "api.example.com", "https_proxy");
}

/* Protects: this machine is never reached through a proxy. */
static void test_loopback(void **state)
{
    static const char *const here[] = {"localhost", "LocalHost", "127.0.0.1", "127.9.9.9",
                                       "::1"};
    static const char *const away[] = {"localhost.example.com", "128.0.0.1", "127.example.com",
                                       "::2", "mylocalhost"};
    (void)state;
    setenv("all_proxy", "http://any:1", 1);
    for (size_t i = 0; i < 5; i++) {
        assert_goes_by(true, here[i], NULL);
        assert_goes_by(true, away[i], "all_proxy");
    }
}

/* Protects: NO_PROXY in all its forms. */
static void test_no_proxy(void **state)
{
    static const struct {
        const char *list, *host;
        bool directly;
    } rows[] = {
        {"example.com", "example.com", true},
        {"example.com", "API.Example.COM", true},
        {".example.com", "api.example.com", true},
        {".example.com", "example.com", true},
        {"example.com", "badexample.com", false},
        {"example.com", "example.com.evil.org", false},
        {"a.org, b.org\tc.org d.org", "c.org", true},
        {"a.org, b.org\tc.org d.org", "x.d.org", true},
        {"a.org,,,", "e.org", false},
        {"*", "anything.at.all", true},
        {"*", "10.1.2.3", true},
        {"10.0.0.0/8", "10.1.2.3", true},
        {"10.0.0.0/8", "11.1.2.3", false},
        {"10.0.0.0/8", "10.example.com", false},
        {"192.168.8.0/21", "192.168.15.255", true},
        {"192.168.8.0/21", "192.168.16.0", false},
        {"0.0.0.0/0", "9.9.9.9", true},
        {"0.0.0.0/33", "9.9.9.9", false},
        {"fd00::/8", "fd12:3456::1", true},
        {"fd00::/8", "fe80::1", false},
        {"fd00::/8", "10.0.0.1", false},
        {"9.9.9.9", "9.9.9.9", true},
        {"9.9.9.9", "19.9.9.9", false},
        {"[fd00::1]", "fd00::1", true},
        {"fd00::1", "fd00:0::1", true},
        {"[fd00::1]:443", "fd00::1", true},
        {"[fd00::1]:80", "fd00::1", false},
        {"example.com:443", "example.com", true},
        {"example.com:80", "example.com", false},
        {".", "example.com", false},
        {"/", "example.com", false},
    };
    (void)state;
    setenv("all_proxy", "http://any:1", 1);
    setenv("NO_PROXY", "ignored.org", 1);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        setenv("no_proxy", rows[i].list, 1);
        assert_goes_by(true, rows[i].host, rows[i].directly ? NULL : "all_proxy");
    }
    setenv("no_proxy", "", 1);
    assert_goes_by(true, "ignored.org", NULL);
}

/* Protects: a password in a proxy's URL reaches libcurl, and no person. */
static void test_password(void **state)
{
    struct arena arena = {0};
    (void)state;
    setenv("https_proxy", "http://me:s3cret:p@ssword@proxy:3128/", 1);
    const struct http_proxy proxy = http_proxy_for(&arena, true, STR("a.org"), STR("443"));
    assert_true(str_contains(proxy.url, STR("s3cret:p@ssword")));
    assert_true(str_equal(proxy.shown, STR("http://proxy:3128/")));
    http_proxy_hide_passwords();
    assert_true(secret_occurs(STR("Proxy says: s3cret:p@ssword is wrong")));
    secret_clear();
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_variables, clear_environment),
        cmocka_unit_test_setup(test_loopback, clear_environment),
        cmocka_unit_test_setup(test_no_proxy, clear_environment),
        cmocka_unit_test_setup(test_password, clear_environment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
