#include "address.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace ottla::transport {
namespace {

constexpr int kBacklog = 512;

int resolve(const std::string& host, uint16_t port, sockaddr_storage& into, socklen_t& length) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int error = getaddrinfo(host.empty() ? nullptr : host.c_str(), std::to_string(port).c_str(), &hints, &found);
  if (error == EAI_SYSTEM) return -errno;
  if (error != 0) return -EADDRNOTAVAIL;
  std::memcpy(&into, found->ai_addr, found->ai_addrlen);
  length = found->ai_addrlen;
  freeaddrinfo(found);
  return 0;
}

int bindAndListen(int socket, const sockaddr_storage& address, socklen_t length, uint16_t& boundPort) {
  const int on = 1;
  const int off = 0;
  if (setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0) return -errno;
  // The IPv6 wildcard takes IPv4 clients as well, as Java's sockets do.
  if (address.ss_family == AF_INET6 && setsockopt(socket, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off) != 0)
    return -errno;
  if (bind(socket, reinterpret_cast<const sockaddr*>(&address), length) != 0) return -errno;
  if (listen(socket, kBacklog) != 0) return -errno;
  sockaddr_storage bound{};
  socklen_t boundLength = sizeof bound;
  if (getsockname(socket, reinterpret_cast<sockaddr*>(&bound), &boundLength) != 0) return -errno;
  boundPort = formatAddress(bound).port;
  return 0;
}

}  // namespace

Address formatAddress(const sockaddr_storage& address) {
  char text[INET6_ADDRSTRLEN] = "";
  if (address.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
    inet_ntop(AF_INET, &v4.sin_addr, text, sizeof text);
    return {text, ntohs(v4.sin_port)};
  }
  const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
  if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) {
    inet_ntop(AF_INET, &v6.sin6_addr.s6_addr[12], text, sizeof text);
  } else {
    inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof text);
  }
  return {text, ntohs(v6.sin6_port)};
}

int openListener(const std::string& host, uint16_t port, uint16_t& boundPort) {
  sockaddr_storage address{};
  socklen_t length = 0;
  const int unresolved = resolve(host, port, address, length);
  if (unresolved != 0) return unresolved;
  const int socket = ::socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (socket < 0) return -errno;
  const int error = bindAndListen(socket, address, length, boundPort);
  if (error == 0) return socket;
  close(socket);
  return error;
}

}  // namespace ottla::transport
