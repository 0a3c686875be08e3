#include "batch-header.h"

#include "crc32c.h"

namespace ottla::records {

FrameFault readHeader(const uint8_t* bytes, size_t size, BatchHeader& header) {
  if (size < kLengthOverhead) return FrameFault::kTruncated;
  header.baseOffset = loadBigEndian<int64_t>(bytes);
  header.batchLength = loadBigEndian<int32_t>(bytes + 8);
  if (header.batchLength < kLegacyLengthMin) return FrameFault::kLength;
  if (size <= kMagicPosition) return FrameFault::kTruncated;
  header.leaderEpoch = loadBigEndian<int32_t>(bytes + 12);
  header.magic = static_cast<int8_t>(bytes[kMagicPosition]);
  if (header.magic != kMagic2) return FrameFault::kMagic;
  if (header.sizeBytes() < kHeaderSize) return FrameFault::kLength;
  if (header.sizeBytes() > size) return FrameFault::kTruncated;
  header.crc = loadBigEndian<uint32_t>(bytes + kCrcPosition);
  header.attributes = loadBigEndian<int16_t>(bytes + 21);
  header.lastOffsetDelta = loadBigEndian<int32_t>(bytes + 23);
  header.baseTimestamp = loadBigEndian<int64_t>(bytes + 27);
  header.maxTimestamp = loadBigEndian<int64_t>(bytes + 35);
  header.producerId = loadBigEndian<int64_t>(bytes + 43);
  header.producerEpoch = loadBigEndian<int16_t>(bytes + 51);
  header.baseSequence = loadBigEndian<int32_t>(bytes + 53);
  header.recordsCount = loadBigEndian<int32_t>(bytes + 57);
  return FrameFault::kNone;
}

bool crcHolds(const uint8_t* bytes, const BatchHeader& header) {
  return crc32c(0, bytes + kCrcCoversFrom, header.sizeBytes() - kCrcCoversFrom) == header.crc;
}

}  // namespace ottla::records
