#pragma once

#include <cstddef>
#include <cstdint>

#include "batch-header.h"
#include "record-walk.h"

namespace ottla::records {

// Bits of `flags`; the same in src/native/batch-check.ts.
constexpr uint32_t kKeysRequired = 1;
/** Frame and CRC only, and whatever counts a compaction may have left. */
constexpr uint32_t kHeaderOnly = 2;
constexpr uint32_t kControlAllowed = 4;

struct BatchCheck {
  Reason reason = Reason::kNone;
  BatchHeader header;
  bool crcOk = false;
  WalkResult walk;
};

/** Checks the first batch in `bytes` completely; what follows it is not looked at. */
BatchCheck checkBatch(const uint8_t* bytes, size_t size, uint32_t flags, size_t outputMax);

/** Numbers `writeRow` fills; their places are named in src/native/batch-check.ts. */
constexpr size_t kCheckRowLength = 19;
void writeRow(const BatchCheck& check, double* row);

}  // namespace ottla::records
