#include "topic.h"

#include <unistd.h>

#include <cstdio>
#include <vector>

#include "fail.h"
#include "requests.h"
#include "socket.h"

namespace bench {
namespace {

constexpr int kLeaderTriesMax = 600;
constexpr useconds_t kLeaderWaitUs = 50'000;

/** One request at a time, answered before the next. */
class AdminConnection {
 public:
  explicit AdminConnection(uint16_t port) : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const sockaddr_in address = loopback(port);
    if (connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) failWithErrno("connect");
  }
  ~AdminConnection() { close(fd_); }
  AdminConnection(const AdminConnection&) = delete;
  AdminConnection& operator=(const AdminConnection&) = delete;

  /** From behind the correlation id; valid until the next request. */
  Reader ask(const Request& request) {
    const auto sizeBytes = static_cast<ssize_t>(request.bytes.size());
    if (write(fd_, request.bytes.data(), request.bytes.size()) != sizeBytes) failWithErrno("write");
    uint8_t size[4];
    receive(size, sizeof size);
    answer_.resize(static_cast<size_t>(Reader(size, sizeof size).int32()));
    receive(answer_.data(), answer_.size());
    Reader reader(answer_.data(), answer_.size());
    reader.int32();
    return reader;
  }

 private:
  void receive(uint8_t* into, size_t sizeBytes) {
    if (recv(fd_, into, sizeBytes, MSG_WAITALL) != static_cast<ssize_t>(sizeBytes)) failWithErrno("recv");
  }

  int fd_;
  std::vector<uint8_t> answer_;
};

void refuse(int16_t errorCode, const char* what) {
  if (errorCode == 0) return;
  std::fprintf(stderr, "%s: error code %d\n", what, errorCode);
  std::exit(2);
}

}  // namespace

void createTopic(const Options& options) {
  AdminConnection connection(options.port);
  Reader created = connection.ask(makeCreateTopic(options.topic, options.partitionCount, options.config));
  refuse(readCreateTopicError(created), "CreateTopics");
  for (int tries = 0; tries < kLeaderTriesMax; tries += 1) {
    // Metadata of Apache Kafka names leaders that do not know of it yet; a leader itself tells.
    Reader offsets = connection.ask(makeListOffsets(options.topic, options.partitionCount));
    if (readListOffsetsErrors(offsets) == 0) return;
    usleep(kLeaderWaitUs);
  }
  fail("the topic has no leaders");
}

void deleteTopic(const Options& options) {
  AdminConnection connection(options.port);
  Reader deleted = connection.ask(makeDeleteTopic(options.topic));
  refuse(readDeleteTopicError(deleted), "DeleteTopics");
}

}  // namespace bench
