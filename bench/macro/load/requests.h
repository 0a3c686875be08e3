#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "bytes.h"

namespace bench {

/** A request whose correlation id, and with a Fetch its offset, is put in anew each time it is sent. */
struct Request {
  std::vector<uint8_t> bytes;
  size_t fetchOffsetAt = 0;
};

constexpr size_t kCorrelationIdAt = 8;

/** Produce 9, acks=all: the batch once for each partition. */
Request makeProduce(std::string_view topic, const std::vector<int32_t>& partitionIndexes,
                    const std::vector<uint8_t>& batch);
/** Fetch 12 of one partition, without a session. */
Request makeFetch(std::string_view topic, int32_t partitionIndex, int32_t maxBytes);
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
  size_t recordBytes = 0;
  /** Of the first batch; -1: no batch. */
  int64_t baseOffset = -1;
};
FetchHead readFetchHead(Reader& reader);

}  // namespace bench
