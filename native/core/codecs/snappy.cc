#include <snappy.h>

#include <cstring>
#include <new>

#include "formats.h"

namespace ottla::codecs {
namespace {

// xerial's frame (snappy-java's SnappyOutputStream), big-endian:
//
// | position | bytes | field                                         |
// |----------|-------|-----------------------------------------------|
// |        0 |     8 | 82 'S' 'N' 'A' 'P' 'P' 'Y' 00                 |
// |        8 |     4 | version, 1                                    |
// |       12 |     4 | lowest version that can read it, 1            |
// |       16 |     4 | size of the block that follows; repeated      |
// |       20 |     n | one raw snappy block                          |
constexpr uint8_t kXerialHeader[16] = {0x82, 'S', 'N', 'A', 'P', 'P', 'Y', 0, 0, 0, 0, 1, 0, 0, 0, 1};
constexpr size_t kXerialMagicSize = 8;
constexpr size_t kXerialBlockSize = 32 * 1024;

/** A copy of 64 bytes takes three: no block grows by more than this. */
constexpr size_t kGrowthMax = 22;

uint32_t loadLength(const uint8_t* bytes) {
  return uint32_t{bytes[0]} << 24 | uint32_t{bytes[1]} << 16 | uint32_t{bytes[2]} << 8 | bytes[3];
}

class SnappyDecoder final : public Decoder {
 public:
  SnappyDecoder(const uint8_t* bytes, size_t size, size_t outputMax)
      : next_(bytes), left_(size), outputMax_(outputMax) {
    framed_ = size >= sizeof kXerialHeader && std::memcmp(bytes, kXerialHeader, kXerialMagicSize) == 0;
    if (framed_) skip(sizeof kXerialHeader);
  }

  DecodeStep next(const uint8_t*& data, size_t& size) override {
    size = 0;
    while (size == 0) {
      if (left_ == 0) return begun_ || framed_ ? DecodeStep::kEnd : DecodeStep::kGarbage;
      begun_ = true;
      const DecodeStep step = decodeBlock(size);
      if (step != DecodeStep::kData) return step;
    }
    data = output_.get();
    return DecodeStep::kData;
  }

 private:
  void skip(size_t count) {
    next_ += count;
    left_ -= count;
  }

  /** The length is checked against what is there before anything trusts it (CVE-2023-34455). */
  DecodeStep decodeBlock(size_t& outputSize) {
    size_t blockSize = left_;
    if (framed_) {
      if (left_ < 4) return DecodeStep::kGarbage;
      blockSize = loadLength(next_);
      skip(4);
      if (blockSize > left_) return DecodeStep::kGarbage;
    }
    const char* const block = reinterpret_cast<const char*>(next_);
    if (!snappy::GetUncompressedLength(block, blockSize, &outputSize)) return DecodeStep::kGarbage;
    if (outputSize > blockSize * kGrowthMax) return DecodeStep::kGarbage;
    if (outputSize > outputMax_ || !reserve(outputSize)) return DecodeStep::kTooLarge;
    if (!snappy::RawUncompress(block, blockSize, reinterpret_cast<char*>(output_.get()))) return DecodeStep::kGarbage;
    skip(blockSize);
    return DecodeStep::kData;
  }

  bool reserve(size_t size) {
    if (size <= capacity_) return true;
    output_.reset(new (std::nothrow) uint8_t[size]);
    capacity_ = output_ == nullptr ? 0 : size;
    return output_ != nullptr;
  }

  const uint8_t* next_;
  size_t left_;
  const size_t outputMax_;
  bool framed_ = false;
  bool begun_ = false;
  std::unique_ptr<uint8_t[]> output_;
  size_t capacity_ = 0;
};

}  // namespace

std::unique_ptr<Decoder> openSnappy(const uint8_t* bytes, size_t size, size_t outputMax) {
  return std::unique_ptr<Decoder>(new (std::nothrow) SnappyDecoder(bytes, size, outputMax));
}

bool compressSnappy(const uint8_t* bytes, size_t size, Bytes& output) {
  output.assign(kXerialHeader, kXerialHeader + sizeof kXerialHeader);
  for (size_t position = 0; position < size; position += kXerialBlockSize) {
    const size_t blockSize = size - position < kXerialBlockSize ? size - position : kXerialBlockSize;
    const size_t lengthAt = output.size();
    output.resize(lengthAt + 4 + snappy::MaxCompressedLength(blockSize));
    size_t compressedSize = 0;
    snappy::RawCompress(reinterpret_cast<const char*>(bytes + position), blockSize,
                        reinterpret_cast<char*>(output.data() + lengthAt + 4), &compressedSize);
    for (size_t i = 0; i < 4; i += 1) output[lengthAt + i] = static_cast<uint8_t>(compressedSize >> (24 - 8 * i));
    output.resize(lengthAt + 4 + compressedSize);
  }
  return true;
}

}  // namespace ottla::codecs
