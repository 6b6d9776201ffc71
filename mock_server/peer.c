/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * peer.c: asking the kernel about the other end of a connection (see peer.h).
 *
 * Linux tells about all TCP sockets of this machine (sock_diag(7)): one that a process still has
 * open has an inode. Of a peer elsewhere, and on other systems, nothing is known until a write
 * fails.
 */
#include "mock_server/peer.h"

#ifdef __linux__

#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static bool is_dead(int socket)
{
    struct tcp_info info;
    socklen_t size = sizeof info;
    return getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &size) == 0 &&
           info.tcpi_state == TCP_CLOSE;
}

static bool is_loopback(const struct sockaddr_storage *address)
{
    if (address->ss_family == AF_INET)
        return ntohl(((const struct sockaddr_in *)address)->sin_addr.s_addr) >> 24 == 127;
    return address->ss_family == AF_INET6 &&
           IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *)address)->sin6_addr);
}

static void put_address(const struct sockaddr_storage *address, __be32 *bytes, __be16 *port)
{
    if (address->ss_family == AF_INET) {
        const struct sockaddr_in *in = (const struct sockaddr_in *)address;
        memcpy(bytes, &in->sin_addr, sizeof in->sin_addr);
        *port = in->sin_port;
    } else {
        const struct sockaddr_in6 *in = (const struct sockaddr_in6 *)address;
        memcpy(bytes, &in->sin6_addr, sizeof in->sin6_addr);
        *port = in->sin6_port;
    }
}

enum answer { ANSWER_NONE, ANSWER_OPEN, ANSWER_GONE };

static enum answer read_answer(int netlink)
{
    union {
        struct nlmsghdr head;
        char bytes[4096];
    } got;
    ssize_t n = recv(netlink, &got, sizeof got, MSG_DONTWAIT);
    if (n < 0 || !NLMSG_OK(&got.head, (size_t)n))
        return ANSWER_NONE;
    if (got.head.nlmsg_type == NLMSG_ERROR)
        return ((const struct nlmsgerr *)NLMSG_DATA(&got.head))->error == -ENOENT ? ANSWER_GONE
                                                                                  : ANSWER_NONE;
    return ((const struct inet_diag_msg *)NLMSG_DATA(&got.head))->idiag_inode ? ANSWER_OPEN
                                                                              : ANSWER_GONE;
}

static enum answer ask(const struct sockaddr_storage *own, const struct sockaddr_storage *peer)
{
    struct {
        struct nlmsghdr head;
        struct inet_diag_req_v2 ask;
    } message = {
        .head = {.nlmsg_len = sizeof message,
                 .nlmsg_type = SOCK_DIAG_BY_FAMILY,
                 .nlmsg_flags = NLM_F_REQUEST},
        .ask = {.sdiag_family = (__u8)own->ss_family,
                .sdiag_protocol = IPPROTO_TCP,
                .idiag_states = ~0U,
                .id = {.idiag_cookie = {INET_DIAG_NOCOOKIE, INET_DIAG_NOCOOKIE}}},
    };
    struct inet_diag_sockid *id = &message.ask.id;
    put_address(peer, id->idiag_src, &id->idiag_sport);
    put_address(own, id->idiag_dst, &id->idiag_dport);
    int netlink = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
    if (netlink < 0)
        return ANSWER_NONE;
    enum answer answer = ANSWER_NONE;
    if (send(netlink, &message, sizeof message, 0) == (ssize_t)sizeof message)
        answer = read_answer(netlink);
    close(netlink);
    return answer;
}

bool peer_is_gone(int socket)
{
    struct sockaddr_storage own, peer;
    socklen_t own_size = sizeof own, peer_size = sizeof peer;
    if (is_dead(socket))
        return true;
    return getsockname(socket, (struct sockaddr *)&own, &own_size) == 0 &&
           getpeername(socket, (struct sockaddr *)&peer, &peer_size) == 0 &&
           is_loopback(&peer) && ask(&own, &peer) == ANSWER_GONE;
}

#else

bool peer_is_gone(int socket)
{
    (void)socket;
    return false;
}

#endif
