#pragma once

#include <cstdint>

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
    return startNs_ + static_cast<uint64_t>(static_cast<double>(taken_) * 1e9 / requestsPerSecond_);
  }
  void take() { taken_ += 1; }

 private:
  double requestsPerSecond_;
  uint64_t startNs_;
  uint64_t taken_ = 0;
};

}  // namespace bench
