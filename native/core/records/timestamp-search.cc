#include "timestamp-search.h"

#include <memory>

#include "../codecs/codec.h"
#include "batch-header.h"
#include "record-walk.h"

namespace ottla::records {

TimestampFound findTimestamp(const uint8_t* bytes, size_t size, int64_t timestamp, int64_t fromOffset,
                             size_t outputMax) {
  BatchHeader header;
  if (readHeader(bytes, size, header) != FrameFault::kNone) return {.reason = Reason::kTruncated};
  if (!codecs::isKnownCodec(header.codec())) return {.reason = Reason::kUnknownCodec};
  const auto codec = static_cast<codecs::Codec>(header.codec());
  const size_t payloadSize = header.sizeBytes() - kHeaderSize;
  const std::unique_ptr<codecs::Decoder> decoder =
      codecs::openDecoder(codec, bytes + kHeaderSize, payloadSize, outputMax);
  if (decoder == nullptr) return {.reason = Reason::kOutputTooLarge};
  const WalkRules rules{
      .recordsCount = header.recordsCount,
      .baseTimestamp = header.baseTimestamp,
      .outputMax = codec == codecs::Codec::kNone ? payloadSize : outputMax,
  };
  const bool isAppendTime = (header.attributes & kAppendTimeBit) != 0;
  const PlaceSought sought{.timestamp = timestamp, .minOffsetDelta = fromOffset - header.baseOffset};
  const FoundPlace place = findPlace(*decoder, rules, isAppendTime ? &header.maxTimestamp : nullptr, sought);
  if (!place.found) return {.reason = place.reason};
  return {.offset = header.baseOffset + place.offsetDelta, .timestamp = place.timestamp};
}

}  // namespace ottla::records
