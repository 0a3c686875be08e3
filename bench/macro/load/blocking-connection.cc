#include "blocking-connection.h"

#include <unistd.h>

#include "fail.h"
#include "socket.h"

namespace bench {

BlockingConnection::BlockingConnection(uint16_t port) : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  const sockaddr_in address = loopback(port);
  if (connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) failWithErrno("connect");
  setNoDelay(fd_);
}

BlockingConnection::~BlockingConnection() { close(fd_); }

void BlockingConnection::send(const Request& request) {
  const auto sizeBytes = static_cast<ssize_t>(request.bytes.size());
  if (write(fd_, request.bytes.data(), request.bytes.size()) != sizeBytes) failWithErrno("write");
}

Reader BlockingConnection::receive() {
  uint8_t size[4];
  receive(size, sizeof size);
  answer_.resize(static_cast<size_t>(Reader(size, sizeof size).int32()));
  receive(answer_.data(), answer_.size());
  Reader reader(answer_.data(), answer_.size());
  reader.int32();
  return reader;
}

void BlockingConnection::receive(uint8_t* into, size_t sizeBytes) {
  if (recv(fd_, into, sizeBytes, MSG_WAITALL) != static_cast<ssize_t>(sizeBytes)) failWithErrno("recv");
}

}  // namespace bench
