#include "record-batch.h"

#include <fstream>
#include <iterator>
#include <random>

#include "bytes.h"
#include "crc32c.h"
#include "fail.h"

namespace bench {
namespace {

constexpr size_t kHeaderBytes = 61;
constexpr size_t kCrcAt = 17;
constexpr size_t kCrcCoversFrom = 21;
constexpr size_t kRecordOverheadMaxBytes = 32;

size_t varintBytes(int64_t value) {
  uint8_t scratch[10];
  Writer writer(scratch);
  writer.varint(value);
  return static_cast<size_t>(writer.at() - scratch);
}

void writeRecord(Writer& writer, int32_t offsetDelta, int32_t valueBytes, std::minstd_rand& random) {
  // Attributes, timestamp delta, no key and no headers are one byte each.
  const size_t bodyBytes = 4 + varintBytes(offsetDelta) + varintBytes(valueBytes) + static_cast<size_t>(valueBytes);
  writer.varint(static_cast<int64_t>(bodyBytes));
  writer.int8(0);
  writer.varint(0);
  writer.varint(offsetDelta);
  writer.varint(-1);
  writer.varint(valueBytes);
  for (int32_t i = 0; i < valueBytes; i += 1) writer.int8(static_cast<int8_t>('a' + random() % 26));
  writer.varint(0);
}

void writeHeader(Writer& writer, size_t batchBytes, int32_t recordCount, int64_t timestampMs) {
  writer.int64(0);
  writer.int32(static_cast<int32_t>(batchBytes - 12));
  writer.int32(0);  // leader epoch
  writer.int8(2);   // magic
  writer.int32(0);  // the CRC comes last
  writer.int16(0);  // attributes
  writer.int32(recordCount - 1);
  writer.int64(timestampMs);
  writer.int64(timestampMs);
  writer.int64(-1);  // producer id
  writer.int16(-1);
  writer.int32(-1);
  writer.int32(recordCount);
}

}  // namespace

std::vector<uint8_t> makeRecordBatch(int32_t recordCount, int32_t recordBytes, int64_t timestampMs) {
  const size_t recordMaxBytes = static_cast<size_t>(recordBytes) + kRecordOverheadMaxBytes;
  std::vector<uint8_t> batch(kHeaderBytes + static_cast<size_t>(recordCount) * recordMaxBytes);
  Writer records(batch.data() + kHeaderBytes);
  std::minstd_rand random(1);
  for (int32_t i = 0; i < recordCount; i += 1) writeRecord(records, i, recordBytes, random);
  batch.resize(static_cast<size_t>(records.at() - batch.data()));
  Writer header(batch.data());
  writeHeader(header, batch.size(), recordCount, timestampMs);
  const uint32_t crc = ottla::records::crc32c(0, batch.data() + kCrcCoversFrom, batch.size() - kCrcCoversFrom);
  Writer(batch.data() + kCrcAt).int32(static_cast<int32_t>(crc));
  return batch;
}

std::vector<uint8_t> readRecordBatch(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::vector<uint8_t> batch{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (batch.size() <= kHeaderBytes) fail("the batch file holds no batch");
  return batch;
}

}  // namespace bench
