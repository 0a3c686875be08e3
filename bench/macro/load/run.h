#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "connection.h"
#include "idle-connections.h"
#include "options.h"
#include "pace.h"
#include "result.h"

namespace bench {

/** Drives all connections on this thread, measures between the warm-up and the end, and prints one line of JSON. */
class Run {
 public:
  explicit Run(const Options& options);
  /** The exit code: 0, or 3 when an answer was an error. */
  int run();

 private:
  static std::vector<int32_t> partitionsOf(const Options& options, int32_t connectionIndex);
  Task taskOf(int32_t connectionIndex) const;
  Task fetchTaskOf(int32_t connectionIndex) const;
  void connect(Task task);
  bool isDone() const;
  bool isDrained() const;
  void drain();
  void wait(uint64_t endNs);
  void turn(uint64_t nowNs);
  void send(Connection& connection, uint64_t nowNs);
  void take(Connection& connection);
  void count(const Answer& answer, uint64_t nowNs);

  Options options_;
  std::vector<uint8_t> batch_;
  int epollFd_;
  Pace pace_;
  /** Fetches are due whenever there is room. */
  Pace unpaced_;
  IdleConnections idle_;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::vector<Connection*> ready_;
  std::vector<Answer> answers_;
  size_t firstConnection_ = 0;
  bool isMeasuring_ = false;
  /** Latencies still count, so that a stall at the end does not vanish. */
  bool isDraining_ = false;
  Counted counted_;
  uint64_t errorCount_ = 0;
  int16_t firstErrorCode_ = 0;
};

}  // namespace bench
