#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "../core/codecs/codec.h"
#include "../core/records/batch-header.h"
#include "../core/records/crc32c.h"

// Batches for tests, written without the code under test (but its CRC and its compressors).
namespace ottla::test {

using codecs::Bytes;
using codecs::Codec;

inline void append(Bytes& bytes, uint64_t value, int countBytes) {
  for (int shift = 8 * (countBytes - 1); shift >= 0; shift -= 8) bytes.push_back(static_cast<uint8_t>(value >> shift));
}

inline void appendVarint(Bytes& bytes, int64_t value) {
  uint64_t rest = (static_cast<uint64_t>(value) << 1) ^ static_cast<uint64_t>(value >> 63);
  for (; rest >= 0x80; rest >>= 7) bytes.push_back(static_cast<uint8_t>(rest | 0x80));
  bytes.push_back(static_cast<uint8_t>(rest));
}

inline void appendField(Bytes& bytes, const std::string& field) {
  appendVarint(bytes, static_cast<int64_t>(field.size()));
  bytes.insert(bytes.end(), field.begin(), field.end());
}

/** One record with a key, a value of `valueSize` bytes and two headers, one without value. */
inline void appendRecord(Bytes& bytes, int64_t timestampDelta, int64_t offsetDelta, size_t valueSize) {
  Bytes record{0};
  appendVarint(record, timestampDelta);
  appendVarint(record, offsetDelta);
  appendField(record, "key");
  appendField(record, std::string(valueSize, static_cast<char>('a' + offsetDelta % 26)));
  appendVarint(record, 2);
  appendField(record, "one");
  appendField(record, "first");
  appendField(record, "two");
  appendVarint(record, -1);
  appendVarint(bytes, static_cast<int64_t>(record.size()));
  bytes.insert(bytes.end(), record.begin(), record.end());
}

inline void seal(Bytes& batch) {
  const size_t from = records::kCrcCoversFrom;
  const uint32_t crc = records::crc32c(0, batch.data() + from, batch.size() - from);
  for (size_t i = 0; i < 4; i += 1) batch[records::kCrcPosition + i] = static_cast<uint8_t>(crc >> (24 - 8 * i));
}

inline Bytes batchOfPayload(Codec codec, const Bytes& payload, int32_t recordsCount, int64_t baseOffset) {
  Bytes batch;
  append(batch, static_cast<uint64_t>(baseOffset), 8);
  append(batch, records::kHeaderSize - records::kLengthOverhead + payload.size(), 4);
  append(batch, 7, 4);
  append(batch, 2, 1);
  append(batch, 0, 4);
  append(batch, static_cast<uint64_t>(codec), 2);
  append(batch, static_cast<uint64_t>(recordsCount - 1), 4);
  append(batch, 1000, 8);
  append(batch, 1000, 8);
  append(batch, ~uint64_t{0}, 8);
  append(batch, 0xffff, 2);
  append(batch, ~uint64_t{0}, 4);
  append(batch, static_cast<uint64_t>(recordsCount), 4);
  batch.insert(batch.end(), payload.begin(), payload.end());
  seal(batch);
  return batch;
}

inline Bytes recordsOf(int32_t recordsCount, size_t valueSize) {
  Bytes plain;
  for (int32_t i = 0; i < recordsCount; i += 1) appendRecord(plain, i, i, valueSize);
  return plain;
}

inline Bytes batchOf(Codec codec, int level, int32_t recordsCount, size_t valueSize, int64_t baseOffset = 0) {
  Bytes payload;
  const Bytes plain = recordsOf(recordsCount, valueSize);
  codecs::compress(codec, level, plain.data(), plain.size(), payload);
  return batchOfPayload(codec, payload, recordsCount, baseOffset);
}

constexpr Codec kCodecs[] = {Codec::kNone, Codec::kGzip, Codec::kSnappy, Codec::kLz4, Codec::kZstd};
constexpr int kLevels[] = {0, 6, 0, 9, 3};

}  // namespace ottla::test
