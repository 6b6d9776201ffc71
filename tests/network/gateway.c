/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * gateway.c: certificates by openssl, a configuration of nginx (see gateway.h).
 */
#include "gateway.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/file.h"

enum { FEW_STREAMS = 8, ARGUMENTS = 24 };

static const char *program(const char *const *places)
{
    for (; *places; places++)
        if (access(*places, X_OK) == 0)
            return *places;
    return NULL;
}

static const char *nginx_program(void)
{
    static const char *const places[] = {"/usr/sbin/nginx", "/usr/bin/nginx",
                                         "/usr/local/bin/nginx", "/opt/homebrew/bin/nginx",
                                         NULL};
    return program(places);
}

static const char *openssl_program(void)
{
    static const char *const places[] = {"/usr/bin/openssl", "/usr/local/bin/openssl",
                                         "/opt/homebrew/bin/openssl", NULL};
    return program(places);
}

bool gateway_is_possible(void)
{
    return nginx_program() && openssl_program();
}

/* ---- certificates ---- */

/* openssl with words separated by blanks; a file's name has none. */
static void openssl(struct place *place, const char *words)
{
    const char *argv[ARGUMENTS] = {openssl_program()};
    size_t n = 1;
    str word, rest = str_from(words);
    while (rest.n && n + 1 < ARGUMENTS) {
        str_cut(rest, ' ', &word, &rest);
        argv[n++] = arena_str(&place->arena, word).p;
    }
    struct child child = child_start(place, argv);
    struct ended ended = child_wait(&child);
    assert_code(ended, 0);
}

static void make_key(struct place *place, const char *name)
{
    openssl(place, arena_printf(&place->arena,
                                "ecparam -name prime256v1 -genkey -noout -out tls/%s.key", name)
                       .p);
}

static void make_ca(struct place *place)
{
    make_key(place, "ca");
    openssl(place, "req -x509 -new -key tls/ca.key -days 2 -subj /CN=test-ca -out tls/ca.pem");
}

/* Signed by the CA, for these names; its days may be in the past. */
static void make_certificate(struct place *place, const char *name, const char *names,
                             const char *begin, const char *end)
{
    make_key(place, name);
    place_write(place, arena_printf(&place->arena, "tls/%s.cnf", name).p,
                arena_printf(&place->arena,
                             "[ca]\ndefault_ca = it\n[it]\ndatabase = tls/%s.db\n"
                             "new_certs_dir = tls\nrand_serial = yes\ndefault_md = sha256\n"
                             "policy = any\nx509_extensions = names\n[any]\n"
                             "commonName = supplied\n[names]\nsubjectAltName = %s\n",
                             name, names));
    place_write_text(place, arena_printf(&place->arena, "tls/%s.db", name).p, "");
    openssl(place,
            arena_printf(&place->arena,
                         "req -new -key tls/%s.key -subj /CN=test -out tls/%s.csr", name, name)
                .p);
    openssl(place,
            arena_printf(&place->arena,
                         "ca -batch -notext -config tls/%s.cnf -cert tls/ca.pem -keyfile "
                         "tls/ca.key -in tls/%s.csr -out tls/%s.pem -startdate %s -enddate %s",
                         name, name, name, begin, end)
                .p);
}

static void make_certificates(struct place *place)
{
    static const char us[] = "DNS:weir.test,IP:127.0.0.1,IP:::1";
    const char *begin = "20200101000000Z", *end = "20491231235959Z";
    place_write_text(place, "tls/about", "certificates of this test");
    make_ca(place);
    make_certificate(place, "good", us, begin, end);
    make_certificate(place, "expired", us, begin, "20210101000000Z");
    make_certificate(place, "other", "DNS:other.test", begin, end);
    make_key(place, "self");
    openssl(place, "req -x509 -new -key tls/self.key -days 2 -subj /CN=127.0.0.1 -addext "
                   "subjectAltName=IP:127.0.0.1 -out tls/self.pem");
}

/* ---- nginx ---- */

static int free_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, length), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &length), 0);
    close(fd);
    return ntohs(address.sin_port);
}

static void add_server(struct buf *out, const struct gateway *gateway, enum door door,
                       const char *certificate)
{
    const char *kind = certificate ? " ssl http2" : "";
    const char *folder = gateway->place->folder;
    buf_printf(out, "server {\nlisten 127.0.0.1:%d%s;\n", gateway->port[door], kind);
    if (door == DOOR_TLS || door == DOOR_PLAIN)
        buf_printf(out, "listen [::1]:%d%s;\n", gateway->port[door], kind);
    if (certificate)
        buf_printf(out, "ssl_certificate %s/tls/%s.pem;\nssl_certificate_key %s/tls/%s.key;\n",
                   folder, certificate, folder, certificate);
    if (door == DOOR_FEW_STREAMS)
        buf_printf(out, "http2_max_concurrent_streams %d;\n", FEW_STREAMS);
    /* what follows /moved is somewhere else: the door of the redirect's target tells */
    buf_printf(out,
               "location /moved { return 307 http://127.0.0.1:%d/elsewhere; }\n"
               "location / {\nproxy_pass %.*s;\nproxy_http_version 1.1;\n"
               "proxy_set_header Connection '';\nproxy_buffering off;\n}\n}\n",
               gateway->port[DOOR_PLAIN], STR_ARG(gateway->mock.url));
}

static void write_configuration(struct gateway *gateway)
{
    static const char *const certificate[DOORS] = {
        [DOOR_TLS] = "good",         [DOOR_FEW_STREAMS] = "good", [DOOR_EXPIRED] = "expired",
        [DOOR_OTHER_HOST] = "other", [DOOR_SELF_SIGNED] = "self",
    };
    static const char *const temporary[] = {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"};
    struct place *place = gateway->place;
    struct buf out = {0};
    buf_printf(&out, "daemon off;\npid nginx.pid;\nerror_log nginx-error.log info;\n"
                     "worker_processes 1;\nevents { worker_connections 1000; }\nhttp {\n"
                     "log_format it '$server_protocol $connection $status $request_uri';\n"
                     "access_log nginx-access.log it;\nkeepalive_timeout 60;\n"
                     "keepalive_requests 100000;\n");
    for (size_t i = 0; i < sizeof temporary / sizeof temporary[0]; i++)
        buf_printf(&out, "%s_temp_path tmp-%s;\n", temporary[i], temporary[i]);
    for (int door = 0; door < DOORS; door++)
        add_server(&out, gateway, (enum door)door, certificate[door]);
    buf_printf(&out, "}\n");
    place_write(place, "nginx.conf", buf_str(&out));
    buf_release(&out);
}

static bool is_open(int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    bool open = connect(fd, (struct sockaddr *)&address, sizeof address) == 0;
    close(fd);
    return open;
}

struct gateway gateway_start(struct place *place, const char *config, bool set_environment)
{
    struct gateway gateway = {.place = place, .mock = mock_start(place, config)};
    for (int door = 0; door < DOORS; door++)
        gateway.port[door] = free_port();
    make_certificates(place);
    gateway.ca = place_path(place, "tls/ca.pem");
    write_configuration(&gateway);
    const char *argv[] = {nginx_program(),
                          "-p",
                          place->folder,
                          "-c",
                          place_path(place, "nginx.conf"),
                          "-e",
                          place_path(place, "nginx-error.log"),
                          NULL};
    gateway.nginx = child_start(place, argv);
    wait_until(is_open(gateway.port[DOORS - 1]));
    place_env(place, "SSL_CERT_DIR");
    place_env(place, set_environment
                         ? arena_printf(&place->arena, "SSL_CERT_FILE=%s", gateway.ca).p
                         : "SSL_CERT_FILE");
    return gateway;
}

void gateway_stop(struct gateway *gateway)
{
    child_signal(&gateway->nginx, SIGTERM);
    child_wait(&gateway->nginx);
    mock_stop(&gateway->mock);
}

const char *gateway_url(const struct gateway *gateway, enum door door, const char *host)
{
    return arena_printf(&gateway->place->arena, "%s://%s:%d/v1",
                        door == DOOR_PLAIN ? "http" : "https", host, gateway->port[door])
        .p;
}

str gateway_log(const struct gateway *gateway)
{
    return place_read(gateway->place, "nginx-access.log");
}

str gateway_errors(const struct gateway *gateway)
{
    return place_read(gateway->place, "nginx-error.log");
}

size_t gateway_calls(const struct gateway *gateway, const char *protocol)
{
    str line, rest = gateway_log(gateway);
    size_t count = 0;
    while (str_cut(rest, '\n', &line, &rest))
        count +=
            str_starts_with(line, str_from(protocol)) && !str_ends_with(line, STR("/models"));
    return count;
}

size_t gateway_connections(const struct gateway *gateway)
{
    enum { CONNECTIONS = 1000 };
    str seen[CONNECTIONS], line, rest = gateway_log(gateway), protocol, number;
    size_t count = 0, at;
    while (str_cut(rest, '\n', &line, &rest) && count < CONNECTIONS) {
        str_cut(line, ' ', &protocol, &line);
        str_cut(line, ' ', &number, &line);
        for (at = 0; at < count && !str_equal(seen[at], number); at++)
            ;
        seen[at] = number;
        count += at == count;
    }
    return count;
}
