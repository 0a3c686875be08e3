#include "slab-pool.h"

#include <bit>
#include <cassert>

namespace ottla::transport {
namespace {

constexpr size_t kSmallestBytes = 16 * 1024;

size_t roundedSize(size_t sizeBytes) {
  if (sizeBytes > SlabPool::kCacheableBytes) return sizeBytes;
  return std::bit_ceil(sizeBytes < kSmallestBytes ? kSmallestBytes : sizeBytes);
}

}  // namespace

SlabPool::~SlabPool() {
  for (size_t i = 0; i < slabs_.size(); i += 1) {
    if (slabs_[i].bytes != nullptr) memory_.freeSlab(static_cast<int32_t>(i));
  }
}

int32_t SlabPool::take(size_t sizeBytes) {
  const size_t rounded = roundedSize(sizeBytes);
  if (rounded <= kCacheableBytes) {
    std::vector<int32_t>& idle = idle_[std::bit_width(rounded)];
    if (!idle.empty()) {
      const int32_t index = idle.back();
      idle.pop_back();
      idleBytes_ -= rounded;
      at(index).inUse = true;
      return index;
    }
  }
  const bool isNew = unusedIndexes_.empty();
  const int32_t index = isNew ? static_cast<int32_t>(slabs_.size()) : unusedIndexes_.back();
  uint8_t* const bytes = memory_.allocateSlab(index, rounded);
  if (bytes == nullptr) return -1;
  if (isNew) {
    slabs_.emplace_back();
  } else {
    unusedIndexes_.pop_back();
  }
  Slab& slab = at(index);
  slab.bytes = bytes;
  slab.sizeBytes = rounded;
  slab.inUse = true;
  allocatedBytes_ += rounded;
  return index;
}

void SlabPool::giveBack(int32_t index) {
  Slab& slab = at(index);
  assert(slab.inUse && slab.retainCount == 0 && slab.reservedBytes == 0);
  slab.inUse = false;
  slab.inWakeUp = false;
  slab.position = 0;
  if (slab.sizeBytes > kCacheableBytes || idleBytes_ + slab.sizeBytes > kIdleMaxBytes) return free(index);
  idle_[std::bit_width(slab.sizeBytes)].push_back(index);
  idleBytes_ += slab.sizeBytes;
}

bool SlabPool::isInUse(int32_t index) const {
  return index >= 0 && static_cast<size_t>(index) < slabs_.size() && slabs_[static_cast<size_t>(index)].inUse;
}

void SlabPool::free(int32_t index) {
  allocatedBytes_ -= at(index).sizeBytes;
  memory_.freeSlab(index);
  at(index) = Slab{};
  unusedIndexes_.push_back(index);
}

}  // namespace ottla::transport
