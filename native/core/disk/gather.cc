#include "gather.h"

#include <algorithm>
#include <cerrno>

#include "../records/crc32c.h"
#include "operations.h"

namespace ottla::disk {
namespace {

size_t wholeSize(const Gather& gathered) {
  size_t sizeBytes = gathered.head.size();
  for (const GatherRange& range : gathered.ranges) sizeBytes += range.sizeBytes;
  return sizeBytes;
}

void stampCrc(std::vector<uint8_t>& bytes) {
  const uint32_t crc = records::crc32c(0, bytes.data() + kGatherCrcEnd, bytes.size() - kGatherCrcEnd);
  for (size_t i = 0; i < sizeof crc; i += 1) {
    bytes[kGatherCrcPosition + i] = static_cast<uint8_t>(crc >> (24 - 8 * i));
  }
}

}  // namespace

int gather(File& target, const Gather& gathered) {
  if (gathered.head.size() < kGatherCrcEnd) return EINVAL;
  std::vector<uint8_t> bytes(wholeSize(gathered));
  std::copy(gathered.head.begin(), gathered.head.end(), bytes.begin());
  size_t at = gathered.head.size();
  for (const GatherRange& range : gathered.ranges) {
    size_t readBytes = 0;
    if (const int error = readFully(*range.file, bytes.data() + at, range.sizeBytes, range.position, readBytes)) {
      return error;
    }
    if (readBytes != range.sizeBytes) return EIO;
    at += readBytes;
  }
  stampCrc(bytes);
  std::vector<iovec> buffers = {{bytes.data(), bytes.size()}};
  if (const int error = writeFully(target, buffers, gathered.position)) return error;
  return syncFile(target);
}

}  // namespace ottla::disk
