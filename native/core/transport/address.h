#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <string>

namespace ottla::transport {

struct Address {
  std::string host;
  uint16_t port = 0;
};

/** Numeric text; an IPv4 address that came in through IPv6 is written as IPv4. */
Address formatAddress(const sockaddr_storage& address);

/** A listening, non-blocking socket, or a negative errno. `host` is numeric or a name of this machine; port 0: any. */
int openListener(const std::string& host, uint16_t port, uint16_t& boundPort);

}  // namespace ottla::transport
