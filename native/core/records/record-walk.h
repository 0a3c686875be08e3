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

struct PlaceSought {
  int64_t timestamp = 0;
  /** In terms of the batch. */
  int64_t minOffsetDelta = 0;
};

struct FoundPlace {
  Reason reason = Reason::kNone;
  bool found = false;
  int64_t offsetDelta = 0;
  int64_t timestamp = 0;
};

/**
 * The first record with at least the timestamp and the offset delta, of records that were checked when they came and
 * may have been compacted since. `appendTimestamp`, when there is one, is the time of every record.
 */
FoundPlace findPlace(codecs::Decoder& decoder, const WalkRules& rules, const int64_t* appendTimestamp,
                     const PlaceSought& sought);

}  // namespace ottla::records
