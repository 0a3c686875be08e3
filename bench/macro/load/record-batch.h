#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace bench {

/** A valid batch of magic 2: no compression, no keys, values of letters, base offset 0, the same bytes each time. */
std::vector<uint8_t> makeRecordBatch(int32_t recordCount, int32_t recordBytes, int64_t timestampMs);

/** One that was made elsewhere. */
std::vector<uint8_t> readRecordBatch(const std::string& path);

}  // namespace bench
