#pragma once

#include <cstdint>
#include <string_view>

#include "bytes.h"
#include "connection.h"

namespace bench {

constexpr int16_t kProduceKey = 0;
constexpr int16_t kFetchKey = 1;
constexpr int16_t kProduceVersion = 9;
constexpr int16_t kFetchVersion = 12;

struct RequestHeader {
  int16_t apiKey;
  int16_t apiVersion;
  int32_t correlationId;
};

/** Reads header version 2. */
RequestHeader readHeader(Reader& reader);

/** Grows `bytes` by one frame, whose size is filled in when it goes out of scope. */
class Frame {
 public:
  Frame(Bytes& bytes, size_t roomBytes) : bytes_(bytes), start_(bytes.size()), writer(grown(bytes, roomBytes)) {
    writer.int32(0);
  }
  ~Frame() {
    bytes_.resize(static_cast<size_t>(writer.at() - bytes_.data()));
    Writer(&bytes_[start_]).int32(static_cast<int32_t>(bytes_.size() - start_ - 4 + laterBytes_));
  }
  Frame(const Frame&) = delete;
  Frame& operator=(const Frame&) = delete;
  /** Bytes of the frame that follow from elsewhere. */
  void addLater(size_t sizeBytes) { laterBytes_ += sizeBytes; }

 private:
  static uint8_t* grown(Bytes& bytes, size_t roomBytes) {
    const size_t before = bytes.size();
    bytes.resize(before + roomBytes);
    return &bytes[before];
  }

  Bytes& bytes_;
  size_t start_;
  size_t laterBytes_ = 0;

 public:
  Writer writer;
};

struct FetchRequest {
  std::string_view topic;
  int32_t partitionIndex;
  int64_t fetchOffset;
  size_t maxBytes;
};

/** One topic, one partition: what the load generator asks for. */
FetchRequest readFetch(Reader& reader);
/** All of a Fetch answer up to the record bytes. */
void writeFetchHead(Frame& frame, int32_t correlationId, const FetchRequest& request, int64_t endOffset,
                    size_t recordBytes);
/** What follows the record bytes: three empty tag sections. */
constexpr size_t kFetchTailBytes = 3;

void writeProduceHead(Writer& writer, int32_t correlationId, std::string_view topic, size_t partitionCount);
void writeProducePartition(Writer& writer, int32_t partitionIndex, int16_t errorCode, int64_t baseOffset);
void writeProduceTail(Writer& writer);
/** Enough for an answer about this many partitions. */
size_t produceAnswerMaxBytes(std::string_view topic, size_t partitionCount);

}  // namespace bench
