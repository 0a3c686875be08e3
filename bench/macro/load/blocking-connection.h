#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "requests.h"

namespace bench {

/** For what is asked one after the other: the caller waits for each answer. */
class BlockingConnection {
 public:
  explicit BlockingConnection(uint16_t port);
  ~BlockingConnection();
  BlockingConnection(const BlockingConnection&) = delete;
  BlockingConnection& operator=(const BlockingConnection&) = delete;

  void send(const Request& request);
  /** The next answer from behind the correlation id; valid until the next one. */
  Reader receive();
  Reader ask(const Request& request) {
    send(request);
    return receive();
  }

 private:
  void receive(uint8_t* into, size_t sizeBytes);

  int fd_;
  std::vector<uint8_t> answer_;
};

}  // namespace bench
