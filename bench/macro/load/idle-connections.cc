#include "idle-connections.h"

#include "fail.h"
#include "requests.h"

namespace bench {

IdleConnections::IdleConnections(uint16_t port, const std::string& topic, int32_t count) {
  if (count == 0) return;
  const Request request = makeListOffsets(topic, 1);
  for (int32_t i = 0; i < count; i += 1) {
    connections_.push_back(std::make_unique<BlockingConnection>(port));
    Reader answer = connections_.back()->ask(request);
    if (readListOffsetsErrors(answer) != 0) fail("ListOffsets is refused");
  }
}

}  // namespace bench
