#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace ottla::transport {

/** Where the bytes of slabs come from; the owner of the memory must be able to show it to JavaScript by its index. */
class SlabMemory {
 public:
  virtual ~SlabMemory() = default;
  /** Null when there is no memory. */
  virtual uint8_t* allocateSlab(int32_t index, size_t sizeBytes) = 0;
  virtual void freeSlab(int32_t index) = 0;
};

struct Slab {
  uint8_t* bytes = nullptr;
  size_t sizeBytes = 0;
  /** Where the next bytes go; all before it are whole frames of this wake-up. */
  size_t position = 0;
  /** Share of the request memory that goes back when the slab is let go. */
  size_t reservedBytes = 0;
  uint32_t retainCount = 0;
  /** Frames of it are in the wake-up that is being collected or delivered. */
  bool inWakeUp = false;
  bool inUse = false;
};

/**
 * Slabs by index. Sizes are powers of two (those above kCacheableBytes exact), and a few megabytes of unused ones are
 * kept, so that a steady load allocates nothing and touches the same pages again and again.
 */
class SlabPool {
 public:
  static constexpr size_t kSharedSizeBytes = 256 * 1024;
  static constexpr size_t kCacheableBytes = 4 * 1024 * 1024;
  static constexpr size_t kIdleMaxBytes = 16 * 1024 * 1024;

  explicit SlabPool(SlabMemory& memory) : memory_(memory) {}
  ~SlabPool();
  SlabPool(const SlabPool&) = delete;
  SlabPool& operator=(const SlabPool&) = delete;

  /** Answers the index of a slab of at least `sizeBytes`, or -1 when there is no memory. */
  int32_t take(size_t sizeBytes);
  void giveBack(int32_t index);
  bool isInUse(int32_t index) const;
  Slab& at(int32_t index) { return slabs_[static_cast<size_t>(index)]; }
  size_t allocatedBytes() const { return allocatedBytes_; }

 private:
  static constexpr int kClassCount = 64;
  void free(int32_t index);

  SlabMemory& memory_;
  std::vector<Slab> slabs_;
  std::vector<int32_t> unusedIndexes_;
  std::vector<int32_t> idle_[kClassCount];
  size_t idleBytes_ = 0;
  size_t allocatedBytes_ = 0;
};

}  // namespace ottla::transport
