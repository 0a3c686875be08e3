#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "bytes.h"

namespace bench {

/** Its correlation id, the offset of a Fetch, and the first partition of a Produce are put in when it is sent. */
struct Request {
  std::vector<uint8_t> bytes;
  size_t fetchOffsetAt = 0;
  size_t partitionIndexAt = 0;
};

constexpr size_t kCorrelationIdAt = 8;

/** Produce 9, acks=all: the batch once for each partition. */
Request makeProduce(std::string_view topic, const std::vector<int32_t>& partitionIndexes,
                    const std::vector<uint8_t>& batch);
/** Fetch 12 of one partition, without a session. */
Request makeFetch(std::string_view topic, int32_t partitionIndex, int32_t maxBytes);
struct FetchPosition {
  int32_t partitionIndex;
  int64_t offset;
};
/** Fetch 12 within a session: session 0 and epoch 0 begin one; later epochs name only what has changed. */
Request makeSessionFetch(std::string_view topic, int32_t sessionId, int32_t sessionEpoch,
                         const std::vector<FetchPosition>& positions, int32_t minBytes);
/** CreateTopics 5 of one topic; `config` is KEY=VALUE or empty. */
Request makeCreateTopic(std::string_view topic, int32_t partitionCount, const std::string& config);
/** DeleteTopics 4. */
Request makeDeleteTopic(std::string_view topic);
/** ListOffsets 7 of the end of each partition. */
Request makeListOffsets(std::string_view topic, int32_t partitionCount);

/** These read from behind the correlation id; the answer is the first error code that is not 0. */
int16_t readProduceErrors(Reader& reader, size_t partitionCount);
int16_t readCreateTopicError(Reader& reader);
int16_t readDeleteTopicError(Reader& reader);
int16_t readListOffsetsErrors(Reader& reader);

struct FetchHead {
  int16_t errorCode = 0;
  int32_t sessionId = 0;
  size_t recordBytes = 0;
  /** Of the first batch; -1: no batch. */
  int64_t baseOffset = -1;
};
FetchHead readFetchHead(Reader& reader);

}  // namespace bench
