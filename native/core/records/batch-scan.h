#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "batch-header.h"

namespace ottla::records {

/** Why a scan ended; the numbers cross the native boundary. */
enum class ScanStop : int32_t { kEnd = 0, kRowsFull = 1, kBadBatch = 2 };

/** Numbers per row; their places are named in src/native/batch-scan.ts. */
constexpr size_t kScanRowLength = 13;

/** Where the bytes of a scan come from: a file, or memory. */
class ScanSource {
 public:
  virtual ~ScanSource() = default;
  /** Answers 0 or an errno. `readBytes` is less than `size` only at the end of the source. */
  virtual int read(uint8_t* into, size_t size, int64_t position, size_t& readBytes) = 0;
};

struct ScanRequest {
  int64_t position = 0;
  int64_t endPosition = 0;
  size_t rowsMax = 0;
};

struct ScanResult {
  int error = 0;
  ScanStop stop = ScanStop::kEnd;
  /** Behind the last row's batch. */
  int64_t nextPosition = 0;
  std::vector<double> rows;
};

/**
 * Reads whole batches of magic 2 in order of their offsets and checks frame and CRC of each, and nothing inside a
 * compressed payload. Memory: one batch, 1 MiB at least, and never more than the range is long.
 */
ScanResult scanBatches(ScanSource& source, const ScanRequest& request);

}  // namespace ottla::records
