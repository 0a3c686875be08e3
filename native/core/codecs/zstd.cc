#include <zstd.h>

#include <new>

#include "formats.h"

namespace ottla::codecs {
namespace {

/** What level 22 needs, and so every producer of ours; zstd itself refuses larger windows unless told otherwise. */
constexpr int kWindowLogMax = 27;

class ZstdDecoder final : public Decoder {
 public:
  ZstdDecoder(const uint8_t* bytes, size_t size) : input_{bytes, size, 0} {
    context_ = ZSTD_createDCtx();
    if (context_ != nullptr) ZSTD_DCtx_setParameter(context_, ZSTD_d_windowLogMax, kWindowLogMax);
  }
  ~ZstdDecoder() override { ZSTD_freeDCtx(context_); }
  ZstdDecoder(const ZstdDecoder&) = delete;
  ZstdDecoder& operator=(const ZstdDecoder&) = delete;

  bool opened() const { return context_ != nullptr; }

  DecodeStep next(const uint8_t*& data, size_t& size) override {
    ZSTD_outBuffer output{piece_, kPieceSize, 0};
    while (output.pos < output.size) {
      const size_t inputBefore = input_.pos;
      const size_t outputBefore = output.pos;
      // Frames may follow each other (RFC 8878, 3.1): at the end of one, only more input begins the next.
      if (frameEnded_ && input_.pos == input_.size) break;
      const size_t hint = ZSTD_decompressStream(context_, &output, &input_);
      if (ZSTD_isError(hint)) return DecodeStep::kGarbage;
      frameEnded_ = hint == 0;
      if (input_.pos == inputBefore && output.pos == outputBefore) break;
    }
    data = piece_;
    size = output.pos;
    if (size > 0) return DecodeStep::kData;
    return frameEnded_ && input_.pos == input_.size ? DecodeStep::kEnd : DecodeStep::kGarbage;
  }

 private:
  ZSTD_DCtx* context_ = nullptr;
  ZSTD_inBuffer input_;
  bool frameEnded_ = false;
  uint8_t piece_[kPieceSize];
};

}  // namespace

std::unique_ptr<Decoder> openZstd(const uint8_t* bytes, size_t size) {
  std::unique_ptr<ZstdDecoder> decoder(new (std::nothrow) ZstdDecoder(bytes, size));
  if (decoder == nullptr || !decoder->opened()) return nullptr;
  return decoder;
}

bool compressZstd(int level, const uint8_t* bytes, size_t size, Bytes& output) {
  output.resize(ZSTD_compressBound(size));
  const size_t written = ZSTD_compress(output.data(), output.size(), bytes, size, level);
  if (ZSTD_isError(written)) return false;
  output.resize(written);
  return true;
}

}  // namespace ottla::codecs
