#pragma once

#include <cstddef>
#include <cstdint>

#include "reason.h"

namespace ottla::records {

struct TimestampFound {
  Reason reason = Reason::kNone;
  /** -1 when no record is sought for. */
  int64_t offset = -1;
  int64_t timestamp = -1;
};

/**
 * The first record of one batch at or behind `fromOffset` with at least `timestamp`. The batch was checked when it
 * came: its CRC is not. Decompresses `outputMax` bytes at most, and only as far as the record.
 */
TimestampFound findTimestamp(const uint8_t* bytes, size_t size, int64_t timestamp, int64_t fromOffset,
                             size_t outputMax);

}  // namespace ottla::records
