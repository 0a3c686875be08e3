#pragma once

#include <cassert>
#include <cstddef>

namespace ottla::transport {

/**
 * Counts the bytes of all requests held at once. A frame larger than the pool is let in when nothing else is held. A
 * share is for small frames only, so that large ones, which may be slow to come or to be handled, never lock them out.
 */
class MemoryPool {
 public:
  static constexpr size_t kSmallShare = 16;
  static constexpr size_t kSmallFramesMin = 256;

  explicit MemoryPool(size_t maxBytes) : maxBytes_(maxBytes) {}

  bool canReserve(size_t sizeBytes) const {
    if (used_ == 0) return true;
    const size_t limit = isSmall(sizeBytes) ? maxBytes_ + oversizeBytes_ : maxBytes_ - smallBytes();
    return used_ < limit && sizeBytes <= limit - used_;
  }
  bool tryReserve(size_t sizeBytes) {
    if (!canReserve(sizeBytes)) return false;
    if (used_ == 0 && sizeBytes > maxBytes_) oversizeBytes_ = sizeBytes;
    used_ += sizeBytes;
    return true;
  }
  void release(size_t sizeBytes) {
    assert(sizeBytes <= used_);
    used_ -= sizeBytes;
    if (used_ <= maxBytes_) oversizeBytes_ = 0;
  }
  /** 64 KiB where the pool has 256 MiB. */
  bool isSmall(size_t sizeBytes) const { return sizeBytes <= smallBytes() / kSmallFramesMin; }
  size_t available() const { return used_ >= maxBytes_ ? 0 : maxBytes_ - used_; }
  size_t used() const { return used_; }

 private:
  size_t smallBytes() const { return maxBytes_ / kSmallShare; }

  const size_t maxBytes_;
  size_t used_ = 0;
  /** Of the one frame that is larger than the pool, while it is held; 0 for none. */
  size_t oversizeBytes_ = 0;
};

}  // namespace ottla::transport
