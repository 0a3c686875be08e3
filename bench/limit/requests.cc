#include "requests.h"

namespace bench {
namespace {

constexpr size_t kAnswerFixedMaxBytes = 64;
constexpr size_t kPartitionAnswerBytes = 40;

}  // namespace

RequestHeader readHeader(Reader& reader) {
  const RequestHeader header{reader.int16(), reader.int16(), reader.int32()};
  const int16_t clientIdBytes = reader.int16();
  if (clientIdBytes > 0) reader.skip(static_cast<size_t>(clientIdBytes));
  reader.tags();
  return header;
}

FetchRequest readFetch(Reader& reader) {
  reader.skip(4 + 4 + 4 + 4 + 1 + 4 + 4);  // replica, wait, min and max bytes, isolation, session and its epoch
  reader.compactArray();
  FetchRequest request{};
  request.topic = reader.compactString();
  reader.compactArray();
  request.partitionIndex = reader.int32();
  reader.int32();  // leader epoch
  request.fetchOffset = reader.int64();
  reader.skip(4 + 8);  // last fetched epoch, log start offset
  request.maxBytes = static_cast<size_t>(reader.int32());
  return request;
}

void writeFetchHead(Frame& frame, int32_t correlationId, const FetchRequest& request, int64_t endOffset,
                    size_t recordBytes) {
  Writer& writer = frame.writer;
  writer.int32(correlationId);
  writer.noTags();
  writer.int32(0);  // throttle time
  writer.int16(0);  // error code
  writer.int32(0);  // session
  writer.compactArray(1);
  writer.compactString(request.topic);
  writer.compactArray(1);
  writer.int32(request.partitionIndex);
  writer.int16(0);  // error code
  writer.int64(endOffset);
  writer.int64(endOffset);
  writer.int64(0);    // log start offset
  writer.uvarint(0);  // no aborted transactions
  writer.int32(-1);   // no preferred replica
  writer.uvarint(recordBytes + 1);
}

void writeProduceHead(Writer& writer, int32_t correlationId, std::string_view topic, size_t partitionCount) {
  writer.int32(correlationId);
  writer.noTags();
  writer.compactArray(1);
  writer.compactString(topic);
  writer.compactArray(partitionCount);
}

void writeProducePartition(Writer& writer, int32_t partitionIndex, int16_t errorCode, int64_t baseOffset) {
  writer.int32(partitionIndex);
  writer.int16(errorCode);
  writer.int64(baseOffset);
  writer.int64(-1);  // log append time
  writer.int64(0);   // log start offset
  writer.compactArray(0);
  writer.uvarint(0);  // no message
  writer.noTags();
}

void writeProduceTail(Writer& writer) {
  writer.noTags();
  writer.int32(0);  // throttle time
  writer.noTags();
}

size_t produceAnswerMaxBytes(std::string_view topic, size_t partitionCount) {
  return kAnswerFixedMaxBytes + topic.size() + partitionCount * kPartitionAnswerBytes;
}

}  // namespace bench
