#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "file-table.h"

namespace ottla::disk {

/** Bytes of a file that are there already. */
struct GatherRange {
  std::shared_ptr<File> file;
  int64_t position;
  size_t sizeBytes;
};

struct Gather {
  /** What stands before the ranges; `kGatherCrcPosition` is filled in. */
  std::vector<uint8_t> head;
  std::vector<GatherRange> ranges;
  int64_t position = 0;
};

/** CRC-32C, big-endian, of everything behind it. */
constexpr size_t kGatherCrcPosition = 4;
constexpr size_t kGatherCrcEnd = 8;

/** Writes head and ranges to `position` of `target` and syncs it. 0 or an errno; EIO when a range is not there. */
int gather(File& target, const Gather& gathered);

}  // namespace ottla::disk
