#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "connection.h"
#include "histogram.h"
#include "options.h"

namespace bench {

/** Drives all connections on this thread, measures between the warm-up and the end, and prints one line of JSON. */
class Run {
 public:
  explicit Run(const Options& options);
  /** The exit code: 0, or 3 when an answer was an error. */
  int run();

 private:
  struct Usage {
    uint64_t ns;
    double brokerS;
    double ownS;
    double busyS;
  };
  static std::vector<int32_t> partitionsOf(const Options& options, int32_t connectionIndex);
  Task taskOf(int32_t connectionIndex) const;
  Usage usage() const;
  bool isDone() const;
  void wait(uint64_t endNs);
  void turn(uint64_t nowNs);
  void send(Connection& connection, uint64_t nowNs);
  void take(Connection& connection);
  void print(const Usage& before, const Usage& after) const;

  Options options_;
  std::vector<uint8_t> batch_;
  int epollFd_;
  Pace pace_;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::vector<Connection*> ready_;
  std::vector<Answer> answers_;
  size_t firstConnection_ = 0;
  bool isMeasuring_ = false;
  uint64_t answerCount_ = 0;
  uint64_t payloadBytes_ = 0;
  uint64_t errorCount_ = 0;
  int16_t firstErrorCode_ = 0;
  Histogram latencies_;
};

}  // namespace bench
