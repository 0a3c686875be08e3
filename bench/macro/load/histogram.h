#pragma once

#include <array>
#include <bit>
#include <cstdint>

namespace bench {

/** Latencies in buckets that are at most 1/32 wide. */
class Histogram {
 public:
  void add(uint64_t latencyNs) {
    buckets_[bucketOf(latencyNs)] += 1;
    count_ += 1;
  }
  bool isEmpty() const { return count_ == 0; }
  /** The lower bound of the bucket that holds the share `part` of all; 0 when there are none. */
  double percentileUs(double part) const {
    uint64_t seen = 0;
    for (uint64_t i = 0; i < kBuckets; i += 1) {
      seen += buckets_[i];
      if (seen > 0 && static_cast<double>(seen) >= part * static_cast<double>(count_)) return lowerBoundNs(i) / 1000.0;
    }
    return 0;
  }

 private:
  static constexpr uint64_t kPerOctave = 32;
  static constexpr uint64_t kBuckets = kPerOctave * 60;

  static uint64_t bucketOf(uint64_t value) {
    if (value < kPerOctave) return value;
    const auto octave = static_cast<uint64_t>(std::bit_width(value / kPerOctave));
    return octave * kPerOctave + (value >> (octave - 1)) - kPerOctave;
  }
  static double lowerBoundNs(uint64_t bucket) {
    if (bucket < kPerOctave) return static_cast<double>(bucket);
    const uint64_t octave = bucket / kPerOctave;
    return static_cast<double>((kPerOctave + bucket % kPerOctave) << (octave - 1));
  }

  std::array<uint64_t, kBuckets> buckets_{};
  uint64_t count_ = 0;
};

}  // namespace bench
