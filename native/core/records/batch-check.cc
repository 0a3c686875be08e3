#include "batch-check.h"

#include <memory>

namespace ottla::records {
namespace {

Reason reasonOf(FrameFault fault) {
  switch (fault) {
    case FrameFault::kNone: return Reason::kNone;
    case FrameFault::kTruncated: return Reason::kTruncated;
    case FrameFault::kLength: return Reason::kLength;
    case FrameFault::kMagic: return Reason::kMagic;
  }
  return Reason::kLength;
}

/** What the header alone shows of a batch that was just produced. */
Reason checkHeader(const BatchHeader& header, uint32_t flags) {
  if (header.recordsCount <= 0) return Reason::kCount;
  if (header.lastOffsetDelta != header.recordsCount - 1) return Reason::kLastOffsetDelta;
  if (!codecs::isKnownCodec(header.codec())) return Reason::kUnknownCodec;
  if ((flags & kControlAllowed) != 0) return Reason::kNone;
  if (header.isControl()) return Reason::kControlBatch;
  if (header.producerId >= 0 && header.baseSequence < 0) return Reason::kBaseSequence;
  return Reason::kNone;
}

WalkResult walk(const uint8_t* bytes, const BatchHeader& header, uint32_t flags, size_t outputMax) {
  const auto codec = static_cast<codecs::Codec>(header.codec());
  const size_t payloadSize = header.sizeBytes() - kHeaderSize;
  const bool plain = codec == codecs::Codec::kNone;
  const WalkRules rules{
      .recordsCount = header.recordsCount,
      .baseTimestamp = header.baseTimestamp,
      .keysRequired = (flags & kKeysRequired) != 0,
      .outputMax = plain ? payloadSize : outputMax,
  };
  const std::unique_ptr<codecs::Decoder> decoder =
      codecs::openDecoder(codec, bytes + kHeaderSize, payloadSize, outputMax);
  if (decoder == nullptr) {
    WalkResult result;
    result.reason = Reason::kOutputTooLarge;
    return result;
  }
  return walkRecords(*decoder, rules);
}

}  // namespace

BatchCheck checkBatch(const uint8_t* bytes, size_t size, uint32_t flags, size_t outputMax) {
  BatchCheck check;
  check.reason = reasonOf(readHeader(bytes, size, check.header));
  if (check.reason != Reason::kNone) return check;
  check.crcOk = crcHolds(bytes, check.header);
  if (!check.crcOk) check.reason = Reason::kCrc;
  if (check.reason != Reason::kNone || (flags & kHeaderOnly) != 0) return check;
  check.reason = checkHeader(check.header, flags);
  if (check.reason != Reason::kNone) return check;
  check.walk = walk(bytes, check.header, flags, outputMax);
  check.reason = check.walk.reason;
  return check;
}

void writeRow(const BatchCheck& check, double* row) {
  const BatchHeader& header = check.header;
  const bool hasSize = header.batchLength > 0;
  const double values[kCheckRowLength] = {
      static_cast<double>(header.baseOffset),
      hasSize ? static_cast<double>(header.sizeBytes()) : 0,
      static_cast<double>(header.leaderEpoch),
      static_cast<double>(header.magic),
      check.crcOk ? 1.0 : 0.0,
      static_cast<double>(header.attributes),
      static_cast<double>(header.lastOffsetDelta),
      static_cast<double>(header.baseTimestamp),
      static_cast<double>(header.maxTimestamp),
      static_cast<double>(header.producerId),
      static_cast<double>(header.producerEpoch),
      static_cast<double>(header.baseSequence),
      static_cast<double>(header.recordsCount),
      static_cast<double>(check.walk.minTimestamp),
      static_cast<double>(check.walk.maxTimestamp),
      static_cast<double>(check.walk.maxTimestampOffsetDelta),
      static_cast<double>(check.walk.badRecordIndex),
      static_cast<double>(check.walk.outputSize),
      static_cast<double>(header.codec()),
  };
  for (size_t i = 0; i < kCheckRowLength; i += 1) row[i] = values[i];
}

}  // namespace ottla::records
