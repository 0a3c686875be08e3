#pragma once

#include <cassert>
#include <cstddef>

namespace ottla::transport {

/** Counts the bytes of all requests held at once. A frame larger than the pool is let in when nothing else is held. */
class MemoryPool {
 public:
  explicit MemoryPool(size_t maxBytes) : maxBytes_(maxBytes) {}

  bool tryReserve(size_t sizeBytes) {
    if (used_ != 0 && (used_ >= maxBytes_ || sizeBytes > maxBytes_ - used_)) return false;
    used_ += sizeBytes;
    return true;
  }
  void release(size_t sizeBytes) {
    assert(sizeBytes <= used_);
    used_ -= sizeBytes;
  }
  size_t available() const { return used_ >= maxBytes_ ? 0 : maxBytes_ - used_; }
  size_t used() const { return used_; }

 private:
  const size_t maxBytes_;
  size_t used_ = 0;
};

}  // namespace ottla::transport
