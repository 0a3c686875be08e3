#include <zlib.h>

#include <algorithm>
#include <limits>
#include <new>

#include "formats.h"

namespace ottla::codecs {
namespace {

/** zlib's largest window, and 16 for a gzip header in place of zlib's own. */
constexpr int kGzipWindowBits = 15 + 16;
constexpr int kMemoryLevel = 8;

class GzipDecoder final : public Decoder {
 public:
  GzipDecoder(const uint8_t* bytes, size_t size) {
    stream_.next_in = const_cast<Bytef*>(bytes);
    // A batch's length is 32 bits, so that this never cuts.
    stream_.avail_in = static_cast<uInt>(std::min<size_t>(size, std::numeric_limits<uInt>::max()));
    opened_ = inflateInit2(&stream_, kGzipWindowBits) == Z_OK;
  }
  ~GzipDecoder() override {
    if (opened_) inflateEnd(&stream_);
  }
  GzipDecoder(const GzipDecoder&) = delete;
  GzipDecoder& operator=(const GzipDecoder&) = delete;

  bool opened() const { return opened_; }

  DecodeStep next(const uint8_t*& data, size_t& size) override {
    stream_.next_out = piece_;
    stream_.avail_out = kPieceSize;
    while (stream_.avail_out > 0) {
      if (memberEnded_ && !beginMember()) break;
      const int result = inflate(&stream_, Z_NO_FLUSH);
      memberEnded_ = result == Z_STREAM_END;
      if (result == Z_BUF_ERROR) break;
      if (result != Z_OK && result != Z_STREAM_END) return DecodeStep::kGarbage;
    }
    data = piece_;
    size = kPieceSize - stream_.avail_out;
    if (size > 0) return DecodeStep::kData;
    return memberEnded_ && stream_.avail_in == 0 ? DecodeStep::kEnd : DecodeStep::kGarbage;
  }

 private:
  /** RFC 1952 lets members follow each other; anything else behind the last one fails in `inflate`. */
  bool beginMember() {
    if (stream_.avail_in == 0) return false;
    memberEnded_ = false;
    return inflateReset(&stream_) == Z_OK;
  }

  z_stream stream_{};
  bool opened_ = false;
  bool memberEnded_ = false;
  uint8_t piece_[kPieceSize];
};

}  // namespace

std::unique_ptr<Decoder> openGzip(const uint8_t* bytes, size_t size) {
  std::unique_ptr<GzipDecoder> decoder(new (std::nothrow) GzipDecoder(bytes, size));
  if (decoder == nullptr || !decoder->opened()) return nullptr;
  return decoder;
}

bool compressGzip(int level, const uint8_t* bytes, size_t size, Bytes& output) {
  z_stream stream{};
  if (size > std::numeric_limits<uInt>::max()) return false;
  if (deflateInit2(&stream, level, Z_DEFLATED, kGzipWindowBits, kMemoryLevel, Z_DEFAULT_STRATEGY) != Z_OK) return false;
  output.resize(deflateBound(&stream, static_cast<uLong>(size)));
  stream.next_in = const_cast<Bytef*>(bytes);
  stream.avail_in = static_cast<uInt>(size);
  stream.next_out = output.data();
  stream.avail_out = static_cast<uInt>(output.size());
  const int result = deflate(&stream, Z_FINISH);
  output.resize(stream.total_out);
  deflateEnd(&stream);
  return result == Z_STREAM_END;
}

}  // namespace ottla::codecs
