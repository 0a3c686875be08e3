#include "topic.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "blocking-connection.h"
#include "fail.h"
#include "requests.h"

namespace bench {
namespace {

constexpr int kLeaderTriesMax = 600;
constexpr useconds_t kLeaderWaitUs = 50'000;

void refuse(int16_t errorCode, const char* what) {
  if (errorCode == 0) return;
  std::fprintf(stderr, "%s: error code %d\n", what, errorCode);
  std::exit(2);
}

}  // namespace

void createTopic(const Options& options) {
  BlockingConnection connection(options.port);
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
  BlockingConnection connection(options.port);
  Reader deleted = connection.ask(makeDeleteTopic(options.topic));
  refuse(readDeleteTopicError(deleted), "DeleteTopics");
}

}  // namespace bench
