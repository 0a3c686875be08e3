#pragma once

#include <cstddef>
#include <cstdint>

#include "../codecs/codec.h"

namespace ottla::records {

struct PackTarget {
  codecs::Codec codec;
  /** Where the codec has levels. */
  int level;
  /** Of the whole packed batch, and of its records in between. */
  size_t sizeMax;
  size_t decompressedMax;
};

enum class PackResult : int32_t { kOk = 0, kTooLarge = 1, kFailed = 2 };

/** The same records in another codec, for a batch that `checkBatch` accepted: what it says of them stays as it is. */
PackResult packBatch(const uint8_t* batch, size_t sizeBytes, const PackTarget& target, codecs::Bytes& packed);

}  // namespace ottla::records
