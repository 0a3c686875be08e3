#pragma once

#include <cstddef>
#include <cstdint>

#include "../codecs/codec.h"
#include "reason.h"

namespace ottla::records {

struct WalkRules {
  int32_t recordsCount = 0;
  int64_t baseTimestamp = 0;
  bool keysRequired = false;
  /** Decompressed bytes that are read at most. */
  size_t outputMax = 0;
};

struct WalkResult {
  Reason reason = Reason::kNone;
  /** The record that is no good; -1 when none is, or when none can be named. */
  int32_t badRecordIndex = -1;
  size_t outputSize = 0;
  /** Of all records; of no meaning unless the reason is kNone. The offset is that of the first with the maximum. */
  int64_t minTimestamp = 0;
  int64_t maxTimestamp = 0;
  int32_t maxTimestampOffsetDelta = 0;
};

/**
 * Reads every record once: lengths, varints, headers, offset deltas 0, 1, 2 and so on, keys where the rules ask for
 * them, and nothing behind the last one. Stops at the first fault, whatever is still to decompress.
 */
WalkResult walkRecords(codecs::Decoder& decoder, const WalkRules& rules);

}  // namespace ottla::records
