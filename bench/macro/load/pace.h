#pragma once

#include <cstdint>
#include <limits>

namespace bench {

/**
 * When requests are due. At a rate, latency counts from the due time, so that a stall of the broker shows in all the
 * requests that it made late; without one a request is due when there is room for it.
 */
class Pace {
 public:
  Pace(double requestsPerSecond, uint64_t startNs) : requestsPerSecond_(requestsPerSecond), startNs_(startNs) {}

  bool isOpen() const { return requestsPerSecond_ > 0; }
  uint64_t nextDueNs(uint64_t nowNs) const {
    if (!isOpen()) return nowNs;
    const uint64_t dueNs = startNs_ + static_cast<uint64_t>(static_cast<double>(taken_) * 1e9 / requestsPerSecond_);
    return dueNs < endNs_ ? dueNs : kNever;
  }
  void take() { taken_ += 1; }
  /** Nothing is due from here on; what was due before still is. */
  void endAt(uint64_t endNs) { endNs_ = endNs; }
  bool isEnded() const { return nextDueNs(0) == kNever; }

 private:
  static constexpr uint64_t kNever = std::numeric_limits<uint64_t>::max();

  double requestsPerSecond_;
  uint64_t startNs_;
  uint64_t endNs_ = kNever;
  uint64_t taken_ = 0;
};

}  // namespace bench
