#include "result.h"

#include <chrono>
#include <cstdio>

namespace bench {
namespace {

constexpr double kSecondNs = 1e9;

void printLatencies(const char* prefix, const Histogram& latencies) {
  const auto print = [&](const char* name, double part) {
    std::printf("\"%s%s\":%.1f,", prefix, name, latencies.percentileUs(part));
  };
  print("50Us", 0.5);
  print("99Us", 0.99);
  print("999Us", 0.999);
}

}  // namespace

uint64_t monotonicNs() {
  return static_cast<uint64_t>(std::chrono::steady_clock::now().time_since_epoch() / std::chrono::nanoseconds(1));
}

uint64_t toNs(double seconds) { return static_cast<uint64_t>(seconds * kSecondNs); }

Usage usageNow(int32_t brokerPid) { return {monotonicNs(), cpuSecondsOf(brokerPid), ownCpuSeconds(), machineUsage()}; }

void printResult(const Usage& before, const Usage& after, const Counted& counted, int32_t brokerPid) {
  const double elapsedS = static_cast<double>(after.ns - before.ns) / kSecondNs;
  const double brokerS = after.brokerS - before.brokerS;
  const double ownS = after.ownS - before.ownS;
  const auto count = static_cast<double>(counted.answers);
  const auto payload = static_cast<double>(counted.payloadBytes);
  std::printf("{\"requestsPerS\":%.0f,\"recordsPerS\":%.0f,\"megabytesPerS\":%.1f,", count / elapsedS,
              payload * counted.recordsPerByte / elapsedS, payload / 1e6 / elapsedS);
  printLatencies("p", counted.latencies);
  std::printf("\"maxUs\":%.1f,", counted.latencies.percentileUs(1));
  if (!counted.acks.isEmpty()) printLatencies("ackP", counted.acks);
  std::printf("\"brokerCpuUsPerRequest\":%.2f,\"brokerCores\":%.2f,\"brokerResidentMiB\":%.1f,",
              count == 0 ? 0 : brokerS * 1e6 / count, brokerS / elapsedS, residentMiBOf(brokerPid));
  std::printf("\"loadCores\":%.2f,\"otherCores\":%.2f,\"stolenCores\":%.2f}\n", ownS / elapsedS,
              (after.machine.busyS - before.machine.busyS - brokerS - ownS) / elapsedS,
              (after.machine.stolenS - before.machine.stolenS) / elapsedS);
}

}  // namespace bench
