#include <lz4frame.h>
#include <lz4hc.h>

#include <algorithm>
#include <new>

#include "formats.h"

namespace ottla::codecs {
namespace {

class Lz4Decoder final : public Decoder {
 public:
  Lz4Decoder(const uint8_t* bytes, size_t size) : next_(bytes), left_(size) {
    if (LZ4F_isError(LZ4F_createDecompressionContext(&context_, LZ4F_VERSION))) context_ = nullptr;
  }
  ~Lz4Decoder() override { LZ4F_freeDecompressionContext(context_); }
  Lz4Decoder(const Lz4Decoder&) = delete;
  Lz4Decoder& operator=(const Lz4Decoder&) = delete;

  bool opened() const { return context_ != nullptr; }

  DecodeStep next(const uint8_t*& data, size_t& size) override {
    size_t filled = 0;
    while (filled < kPieceSize && !ended_) {
      size_t written = kPieceSize - filled;
      size_t consumed = left_;
      const size_t hint = LZ4F_decompress(context_, piece_ + filled, &written, next_, &consumed, nullptr);
      if (LZ4F_isError(hint)) return DecodeStep::kGarbage;
      next_ += consumed;
      left_ -= consumed;
      filled += written;
      ended_ = hint == 0;
      if (written == 0 && consumed == 0) break;
    }
    data = piece_;
    size = filled;
    if (filled > 0) return DecodeStep::kData;
    return ended_ && left_ == 0 ? DecodeStep::kEnd : DecodeStep::kGarbage;
  }

 private:
  LZ4F_dctx* context_ = nullptr;
  const uint8_t* next_;
  size_t left_;
  bool ended_ = false;
  uint8_t piece_[kPieceSize];
};

/** Kafka's default level, at which it takes the fast compressor for the sake of older releases' behaviour. */
constexpr int kFastLevel = 9;

}  // namespace

std::unique_ptr<Decoder> openLz4(const uint8_t* bytes, size_t size) {
  std::unique_ptr<Lz4Decoder> decoder(new (std::nothrow) Lz4Decoder(bytes, size));
  if (decoder == nullptr || !decoder->opened()) return nullptr;
  return decoder;
}

bool compressLz4(int level, const uint8_t* bytes, size_t size, Bytes& output) {
  LZ4F_preferences_t preferences = LZ4F_INIT_PREFERENCES;
  preferences.frameInfo.blockSizeID = LZ4F_max64KB;
  preferences.frameInfo.blockMode = LZ4F_blockIndependent;
  preferences.frameInfo.contentChecksumFlag = LZ4F_noContentChecksum;
  preferences.compressionLevel = level == kFastLevel ? 0 : std::clamp(level, LZ4HC_CLEVEL_MIN, LZ4HC_CLEVEL_MAX);
  output.resize(LZ4F_compressFrameBound(size, &preferences));
  const size_t written = LZ4F_compressFrame(output.data(), output.size(), bytes, size, &preferences);
  if (LZ4F_isError(written)) return false;
  output.resize(written);
  return true;
}

}  // namespace ottla::codecs
