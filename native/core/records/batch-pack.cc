#include "batch-pack.h"

#include <algorithm>

#include "batch-header.h"
#include "crc32c.h"

namespace ottla::records {
namespace {

constexpr size_t kLengthPosition = 8;
constexpr size_t kAttributesPosition = 21;

template <class Number>
void store(uint8_t* bytes, Number value) {
  for (size_t i = 0; i < sizeof value; i += 1) bytes[i] = static_cast<uint8_t>(value >> (8 * (sizeof value - 1 - i)));
}

void sealHeader(const uint8_t* from, codecs::Codec codec, codecs::Bytes& packed) {
  std::copy(from, from + kHeaderSize, packed.begin());
  store(packed.data() + kLengthPosition, static_cast<uint32_t>(packed.size() - kLengthOverhead));
  // Bits without a meaning go, as in Kafka.
  const int attributes = (from[kAttributesPosition + 1] & kKeptWhenPackedMask) | static_cast<int>(codec);
  packed[kAttributesPosition] = 0;
  packed[kAttributesPosition + 1] = static_cast<uint8_t>(attributes);
  store(packed.data() + kCrcPosition, crc32c(0, packed.data() + kCrcCoversFrom, packed.size() - kCrcCoversFrom));
}

}  // namespace

PackResult packBatch(const uint8_t* batch, size_t sizeBytes, const PackTarget& target, codecs::Bytes& packed) {
  const auto source = static_cast<codecs::Codec>(batch[kAttributesPosition + 1] & kCodecMask);
  const uint8_t* const payload = batch + kHeaderSize;
  const size_t payloadSize = sizeBytes - kHeaderSize;
  const bool isStored = target.codec == codecs::Codec::kNone;
  if (target.sizeMax < kHeaderSize) return PackResult::kTooLarge;
  const size_t recordsMax = isStored ? std::min(target.decompressedMax, target.sizeMax - kHeaderSize)
                                     : target.decompressedMax;
  codecs::Bytes records;
  // The check has read all of it: what fails now is the limit.
  if (!codecs::decompress(source, payload, payloadSize, recordsMax, records)) return PackResult::kTooLarge;
  codecs::Bytes compressed;
  if (!isStored && !codecs::compress(target.codec, target.level, records.data(), records.size(), compressed)) {
    return PackResult::kFailed;
  }
  const codecs::Bytes& body = isStored ? records : compressed;
  if (body.size() > target.sizeMax - kHeaderSize) return PackResult::kTooLarge;
  packed.resize(kHeaderSize + body.size());
  std::copy(body.begin(), body.end(), packed.begin() + kHeaderSize);
  sealHeader(batch, target.codec, packed);
  return PackResult::kOk;
}

}  // namespace ottla::records
