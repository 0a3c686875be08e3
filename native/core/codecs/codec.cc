#include "codec.h"

#include "formats.h"

namespace ottla::codecs {
namespace {

/** Uncompressed bytes are one piece. */
class PlainDecoder final : public Decoder {
 public:
  PlainDecoder(const uint8_t* bytes, size_t size) : bytes_(bytes), size_(size) {}

  DecodeStep next(const uint8_t*& data, size_t& size) override {
    if (size_ == 0) return DecodeStep::kEnd;
    data = bytes_;
    size = size_;
    size_ = 0;
    return DecodeStep::kData;
  }

 private:
  const uint8_t* const bytes_;
  size_t size_;
};

}  // namespace

std::unique_ptr<Decoder> openDecoder(Codec codec, const uint8_t* bytes, size_t size, size_t outputMax) {
  switch (codec) {
    case Codec::kNone: return std::make_unique<PlainDecoder>(bytes, size);
    case Codec::kGzip: return openGzip(bytes, size);
    case Codec::kSnappy: return openSnappy(bytes, size, outputMax);
    case Codec::kLz4: return openLz4(bytes, size);
    case Codec::kZstd: return openZstd(bytes, size);
  }
  return nullptr;
}

bool decompress(Codec codec, const uint8_t* bytes, size_t size, size_t outputMax, Bytes& output) {
  const std::unique_ptr<Decoder> decoder = openDecoder(codec, bytes, size, outputMax);
  if (decoder == nullptr) return false;
  output.clear();
  const uint8_t* piece = nullptr;
  size_t pieceSize = 0;
  DecodeStep step = decoder->next(piece, pieceSize);
  for (; step == DecodeStep::kData; step = decoder->next(piece, pieceSize)) {
    if (pieceSize > outputMax - output.size()) return false;
    output.insert(output.end(), piece, piece + pieceSize);
  }
  return step == DecodeStep::kEnd;
}

bool compress(Codec codec, int level, const uint8_t* bytes, size_t size, Bytes& output) {
  switch (codec) {
    case Codec::kNone: output.assign(bytes, bytes + size); return true;
    case Codec::kGzip: return compressGzip(level, bytes, size, output);
    case Codec::kSnappy: return compressSnappy(bytes, size, output);
    case Codec::kLz4: return compressLz4(level, bytes, size, output);
    case Codec::kZstd: return compressZstd(level, bytes, size, output);
  }
  return false;
}

}  // namespace ottla::codecs
