// A load generator for whatever speaks Kafka's protocol; `load` alone prints how it is called.
#include <unistd.h>

#include <cstdio>

#include "bare-sync.h"
#include "drop-cache.h"
#include "file-limit.h"
#include "idle-connections.h"
#include "process-usage.h"
#include "run.h"
#include "session-tail.h"
#include "topic.h"
#include "touch-memory.h"

namespace bench {
namespace {

constexpr double kMicroseconds = 1e6;

void holdIdle(const Options& options) {
  const IdleConnections idle(options.port, options.topic, options.idleConnectionCount);
  usleep(static_cast<useconds_t>(options.measureS * kMicroseconds));
  std::printf("{\"brokerResidentMiB\":%.2f}\n", residentMiBOf(options.brokerPid));
}

int perform(const Options& options) {
  switch (options.command) {
    case Command::kCreate:
      return createTopic(options), 0;
    case Command::kDelete:
      return deleteTopic(options), 0;
    case Command::kTouchMemory:
      return touchMemory(options.memoryMiB), 0;
    case Command::kSync:
      return runBareSync(options), 0;
    case Command::kDropCache:
      return dropCache(options.directory), 0;
    case Command::kIdle:
      return holdIdle(options), 0;
    case Command::kSession:
      return runSessionTail(options), 0;
    case Command::kProduce:
    case Command::kFetch:
    case Command::kTail:
      return Run(options).run();
  }
  return 1;
}

}  // namespace
}  // namespace bench

int main(int argc, char** argv) {
  bench::raiseFileLimit();
  return bench::perform(bench::readOptions(argc, argv));
}
