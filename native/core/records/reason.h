#pragma once

#include <cstdint>

namespace ottla::records {

/** Why a batch is refused. The numbers cross the native boundary: src/native/batch-check.ts has the same table. */
enum class Reason : int32_t {
  kNone = 0,
  kTruncated = 1,
  kLength = 2,
  kMagic = 3,
  kCrc = 4,
  kCount = 5,
  kLastOffsetDelta = 6,
  kOffsetDelta = 7,
  kRecordSize = 8,
  kVarint = 9,
  kHeaders = 10,
  kKeyMissing = 11,
  kTrailingBytes = 12,
  kUnknownCodec = 13,
  kGarbage = 14,
  kOutputTooLarge = 15,
  kControlBatch = 16,
  kBaseSequence = 17,
  kRecordsMissing = 18,
};

}  // namespace ottla::records
