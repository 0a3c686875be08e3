#include "requests.h"

namespace bench {
namespace {

constexpr size_t kFixedMaxBytes = 512;
constexpr size_t kPerPartitionMaxBytes = 16;
constexpr size_t kFetchPartitionBytes = 4 + 4 + 8 + 4 + 8 + 4 + 1;
constexpr int32_t kSessionFetchBytes = 1 << 20;
constexpr size_t kListedPartitionBytes = 4 + 4 + 8 + 1;
constexpr int32_t kTimeoutMs = 30'000;
constexpr int32_t kFetchWaitMaxMs = 500;
constexpr int16_t kErrorOfTheBenchmark = -1;

/** Header version 2. */
void writeHeader(Writer& writer, int16_t apiKey, int16_t apiVersion) {
  writer.int32(0);  // the size comes last
  writer.int16(apiKey);
  writer.int16(apiVersion);
  writer.int32(0);
  writer.string("load");
  writer.noTags();
}

void writeFetchStart(Writer& writer, int32_t minBytes, int32_t maxBytes, int32_t sessionId, int32_t sessionEpoch) {
  writeHeader(writer, 1, 12);
  writer.int32(-1);  // not a replica
  writer.int32(kFetchWaitMaxMs);
  writer.int32(minBytes);
  writer.int32(maxBytes);
  writer.int8(0);  // read uncommitted
  writer.int32(sessionId);
  writer.int32(sessionEpoch);
}

/** Behind the index and the leader epoch of its partition. */
constexpr size_t kFetchOffsetIn = 4 + 4;

void writeFetchPartition(Writer& writer, const FetchPosition& position, int32_t maxBytes) {
  writer.int32(position.partitionIndex);
  writer.int32(-1);  // leader epoch
  writer.int64(position.offset);
  writer.int32(-1);  // last fetched epoch
  writer.int64(-1);  // log start offset
  writer.int32(maxBytes);
  writer.noTags();
}

void writeFetchEnd(Writer& writer) {
  writer.compactArray(0);  // nothing forgotten
  writer.compactString("");
  writer.noTags();
}

void finish(Request& request, const Writer& writer) {
  request.bytes.resize(static_cast<size_t>(writer.at() - request.bytes.data()));
  Writer(request.bytes.data()).int32(static_cast<int32_t>(request.bytes.size() - 4));
}

}  // namespace

Request makeProduce(std::string_view topic, const std::vector<int32_t>& partitionIndexes,
                    const std::vector<uint8_t>& batch) {
  Request request;
  request.bytes.resize(kFixedMaxBytes + partitionIndexes.size() * (kPerPartitionMaxBytes + batch.size()));
  Writer writer(request.bytes.data());
  writeHeader(writer, 0, 9);
  writer.uvarint(0);  // no transactional id
  writer.int16(-1);   // acks=all
  writer.int32(kTimeoutMs);
  writer.compactArray(1);
  writer.compactString(topic);
  writer.compactArray(partitionIndexes.size());
  request.partitionIndexAt = static_cast<size_t>(writer.at() - request.bytes.data());
  for (const int32_t partitionIndex : partitionIndexes) {
    writer.int32(partitionIndex);
    writer.uvarint(batch.size() + 1);
    writer.bytes(batch.data(), batch.size());
    writer.noTags();
  }
  writer.noTags();
  writer.noTags();
  finish(request, writer);
  return request;
}

Request makeFetch(std::string_view topic, int32_t partitionIndex, int32_t maxBytes) {
  Request request;
  request.bytes.resize(kFixedMaxBytes);
  Writer writer(request.bytes.data());
  writeFetchStart(writer, 1, maxBytes, 0, -1);
  writer.compactArray(1);
  writer.compactString(topic);
  writer.compactArray(1);
  request.fetchOffsetAt = static_cast<size_t>(writer.at() - request.bytes.data()) + kFetchOffsetIn;
  writeFetchPartition(writer, {partitionIndex, 0}, maxBytes);
  writer.noTags();
  writeFetchEnd(writer);
  finish(request, writer);
  return request;
}

Request makeSessionFetch(std::string_view topic, int32_t sessionId, int32_t sessionEpoch,
                         const std::vector<FetchPosition>& positions, int32_t minBytes) {
  Request request;
  request.bytes.resize(kFixedMaxBytes + positions.size() * kFetchPartitionBytes);
  Writer writer(request.bytes.data());
  writeFetchStart(writer, minBytes, kSessionFetchBytes, sessionId, sessionEpoch);
  writer.compactArray(positions.empty() ? 0 : 1);
  if (!positions.empty()) {
    writer.compactString(topic);
    writer.compactArray(positions.size());
    for (const FetchPosition& position : positions) writeFetchPartition(writer, position, kSessionFetchBytes);
    writer.noTags();
  }
  writeFetchEnd(writer);
  finish(request, writer);
  return request;
}

Request makeCreateTopic(std::string_view topic, int32_t partitionCount, const std::string& config) {
  Request request;
  request.bytes.resize(kFixedMaxBytes);
  Writer writer(request.bytes.data());
  writeHeader(writer, 19, 5);
  writer.compactArray(1);
  writer.compactString(topic);
  writer.int32(partitionCount);
  writer.int16(1);         // replication factor
  writer.compactArray(0);  // no assignments
  const size_t equals = config.find('=');
  writer.compactArray(config.empty() ? 0 : 1);
  if (!config.empty()) {
    writer.compactString(config.substr(0, equals));
    writer.compactString(config.substr(equals + 1));
    writer.noTags();
  }
  writer.noTags();
  writer.int32(kTimeoutMs);
  writer.int8(0);  // not only validated
  writer.noTags();
  finish(request, writer);
  return request;
}

Request makeDeleteTopic(std::string_view topic) {
  Request request;
  request.bytes.resize(kFixedMaxBytes);
  Writer writer(request.bytes.data());
  writeHeader(writer, 20, 4);
  writer.compactArray(1);
  writer.compactString(topic);
  writer.int32(kTimeoutMs);
  writer.noTags();
  finish(request, writer);
  return request;
}

Request makeListOffsets(std::string_view topic, int32_t partitionCount) {
  Request request;
  request.bytes.resize(kFixedMaxBytes + static_cast<size_t>(partitionCount) * kListedPartitionBytes);
  Writer writer(request.bytes.data());
  writeHeader(writer, 2, 7);
  writer.int32(-1);  // not a replica
  writer.int8(0);    // read uncommitted
  writer.compactArray(1);
  writer.compactString(topic);
  writer.compactArray(static_cast<size_t>(partitionCount));
  for (int32_t partitionIndex = 0; partitionIndex < partitionCount; partitionIndex += 1) {
    writer.int32(partitionIndex);
    writer.int32(-1);  // leader epoch
    writer.int64(-1);  // the end
    writer.noTags();
  }
  writer.noTags();
  writer.noTags();
  finish(request, writer);
  return request;
}

int16_t readProduceErrors(Reader& reader, size_t partitionCount) {
  reader.tags();
  reader.compactArray();
  reader.compactString();
  if (reader.compactArray() != partitionCount) return kErrorOfTheBenchmark;
  for (size_t i = 0; i < partitionCount; i += 1) {
    reader.int32();
    const int16_t errorCode = reader.int16();
    if (errorCode != 0) return errorCode;
    reader.skip(8 + 8 + 8);  // base offset, append time, log start offset
    if (reader.compactArray() != 0) return kErrorOfTheBenchmark;
    reader.compactString();
    reader.tags();
  }
  return reader.ok() ? 0 : kErrorOfTheBenchmark;
}

int16_t readCreateTopicError(Reader& reader) {
  reader.tags();
  reader.int32();
  reader.compactArray();
  reader.compactString();
  const int16_t errorCode = reader.int16();
  return reader.ok() ? errorCode : kErrorOfTheBenchmark;
}

int16_t readDeleteTopicError(Reader& reader) { return readCreateTopicError(reader); }

int16_t readListOffsetsErrors(Reader& reader) {
  reader.tags();
  reader.int32();
  reader.compactArray();
  reader.compactString();
  for (size_t left = reader.compactArray(); left > 0 && reader.ok(); left -= 1) {
    reader.int32();
    const int16_t errorCode = reader.int16();
    if (errorCode != 0) return errorCode;
    reader.skip(8 + 8 + 4);  // timestamp, offset, leader epoch
    reader.tags();
  }
  return reader.ok() ? 0 : kErrorOfTheBenchmark;
}

FetchHead readFetchHead(Reader& reader) {
  FetchHead head;
  reader.tags();
  reader.int32();
  head.errorCode = reader.int16();
  head.sessionId = reader.int32();
  if (head.errorCode != 0 || reader.compactArray() == 0) return head;
  reader.compactString();
  reader.compactArray();
  reader.int32();
  head.errorCode = reader.int16();
  reader.skip(8 + 8 + 8);  // high watermark, last stable offset, log start offset
  reader.skip(17 * reader.compactArray());
  reader.int32();
  head.recordBytes = reader.compactArray();
  if (head.recordBytes >= 8) head.baseOffset = reader.int64();
  if (!reader.ok()) head.errorCode = kErrorOfTheBenchmark;
  return head;
}

}  // namespace bench
