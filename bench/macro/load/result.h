#pragma once

#include <cstdint>

#include "histogram.h"
#include "process-usage.h"

namespace bench {

uint64_t monotonicNs();
uint64_t toNs(double seconds);

/** Processor time so far. */
struct Usage {
  uint64_t ns;
  double brokerS;
  double ownS;
  MachineUsage machine;
};
Usage usageNow(int32_t brokerPid);

/** What was counted between two looks at the clock. */
struct Counted {
  uint64_t answers = 0;
  uint64_t payloadBytes = 0;
  double recordsPerByte = 0;
  /** To the answer; with a tail, to the one who waits for the record. */
  Histogram latencies;
  /** With a tail: to the producer's answer. */
  Histogram acks;
};

/** One line of JSON. */
void printResult(const Usage& before, const Usage& after, const Counted& counted, int32_t brokerPid);

}  // namespace bench
