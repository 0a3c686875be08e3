#pragma once

#include <cstdint>
#include <string>

namespace bench {

enum class Command {
  kCreate,
  kDelete,
  kProduce,
  kFetch,
  /** Produce, and a parked Fetch for each producer. */
  kTail,
  /** A Fetch session in which one partition changes at a time. */
  kSession,
  /** Connections that do nothing. */
  kIdle,
  /** No broker: write and fdatasync. */
  kSync,
  kDropCache,
  kTouchMemory,
};

struct Options {
  Command command = Command::kProduce;
  uint16_t port = 0;
  std::string topic = "bench";
  /** Of the topic: key=value, for create. */
  std::string config;
  int32_t partitionCount = 16;
  int32_t connectionCount = 1;
  /** Requests that a connection may have unanswered. */
  int32_t inFlightMax = 1;
  int32_t recordsPerBatch = 1;
  int32_t recordBytes = 100;
  /** A file with a whole batch to send in place of a generated one; empty: none. */
  std::string batchFile;
  /** Each request of a connection goes to the partition behind that of the one before. */
  bool isRotating = false;
  /** Beside those that work. */
  int32_t idleConnectionCount = 0;
  /** Each gets one batch of a request. */
  int32_t partitionsPerRequest = 1;
  int32_t fetchMaxBytes = 1 << 20;
  /** Fetches begin again at 0 when they come here. */
  int64_t fetchEndOffset = 0;
  /** They end there instead. */
  bool isFetchedOnce = false;
  double warmUpS = 0.5;
  double measureS = 2;
  /** Of all connections together; 0: as many as are answered. */
  double requestsPerSecond = 0;
  /** Ends after so many, without a warm-up; 0: after measureS. */
  int64_t requestsPerConnection = 0;
  /** Of kSync and kDropCache. */
  std::string directory;
  /** To touch. */
  int64_t memoryMiB = 0;
  /** Whose processor time and memory is reported; 0: nobody's. */
  int32_t brokerPid = 0;
};

Options readOptions(int argc, char** argv);

}  // namespace bench
