#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace ottla::records {

// A record batch of magic 2 (KIP-98), big-endian:
//
// | position | bytes | field                                                                             |
// |----------|-------|-----------------------------------------------------------------------------------|
// |        0 |     8 | baseOffset                                                                        |
// |        8 |     4 | batchLength: bytes after this field                                               |
// |       12 |     4 | partitionLeaderEpoch                                                              |
// |       16 |     1 | magic, 2                                                                          |
// |       17 |     4 | crc: CRC-32C of everything from attributes on                                     |
// |       21 |     2 | attributes: 0-2 codec, 3 log append time, 4 transactional, 5 control, 6 delete    |
// |          |       | horizon (KIP-534)                                                                 |
// |       23 |     4 | lastOffsetDelta                                                                   |
// |       27 |     8 | baseTimestamp                                                                     |
// |       35 |     8 | maxTimestamp                                                                      |
// |       43 |     8 | producerId, -1 none                                                               |
// |       51 |     2 | producerEpoch                                                                     |
// |       53 |     4 | baseSequence, -1 none                                                             |
// |       57 |     4 | number of records                                                                 |
// |       61 |       | records, compressed as a whole                                                    |
constexpr size_t kHeaderSize = 61;
/** baseOffset and batchLength: what batchLength does not count. */
constexpr size_t kLengthOverhead = 12;
constexpr size_t kMagicPosition = 16;
/** The shortest message of any magic (magic 0); less can't even hold the magic byte's neighbours. */
constexpr int32_t kLegacyLengthMin = 14;
constexpr size_t kCrcPosition = 17;
constexpr size_t kCrcCoversFrom = 21;
constexpr int8_t kMagic2 = 2;

constexpr int16_t kCodecMask = 0x07;
constexpr int16_t kAppendTimeBit = 0x08;
constexpr int16_t kControlBit = 0x20;
/** Log append time, transactional, control. */
constexpr int16_t kKeptWhenPackedMask = 0x38;

template <class Number>
inline Number loadBigEndian(const uint8_t* bytes) {
  Number value;
  std::memcpy(&value, bytes, sizeof value);
  if constexpr (sizeof value == 2) value = static_cast<Number>(__builtin_bswap16(static_cast<uint16_t>(value)));
  if constexpr (sizeof value == 4) value = static_cast<Number>(__builtin_bswap32(static_cast<uint32_t>(value)));
  if constexpr (sizeof value == 8) value = static_cast<Number>(__builtin_bswap64(static_cast<uint64_t>(value)));
  return value;
}

struct BatchHeader {
  int64_t baseOffset = 0;
  int32_t batchLength = 0;
  int32_t leaderEpoch = 0;
  int8_t magic = 0;
  uint32_t crc = 0;
  int16_t attributes = 0;
  int32_t lastOffsetDelta = 0;
  int64_t baseTimestamp = 0;
  int64_t maxTimestamp = 0;
  int64_t producerId = 0;
  int16_t producerEpoch = 0;
  int32_t baseSequence = 0;
  int32_t recordsCount = 0;

  size_t sizeBytes() const { return kLengthOverhead + static_cast<size_t>(batchLength); }
  int codec() const { return attributes & kCodecMask; }
  bool isControl() const { return (attributes & kControlBit) != 0; }
};

/** Why a batch's frame (length, magic) is no good; the same order of looks for clients and recovery. */
enum class FrameFault { kNone, kTruncated, kLength, kMagic };

/** Fills `header` from at least one whole batch; `header.batchLength` and `magic` are set as far as they were there. */
FrameFault readHeader(const uint8_t* bytes, size_t size, BatchHeader& header);

/** True when the stored CRC is that of the bytes; of a batch that `readHeader` found whole. */
bool crcHolds(const uint8_t* bytes, const BatchHeader& header);

}  // namespace ottla::records
