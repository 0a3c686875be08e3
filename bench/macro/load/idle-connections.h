#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "blocking-connection.h"

namespace bench {

/** Connections that have been served once and then stay silent. */
class IdleConnections {
 public:
  IdleConnections(uint16_t port, const std::string& topic, int32_t count);

 private:
  std::vector<std::unique_ptr<BlockingConnection>> connections_;
};

}  // namespace bench
