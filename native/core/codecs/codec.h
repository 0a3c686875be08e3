#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace ottla::codecs {

/** Bits 0-2 of a batch's attributes. */
enum class Codec : int { kNone = 0, kGzip = 1, kSnappy = 2, kLz4 = 3, kZstd = 4 };

constexpr bool isKnownCodec(int number) { return number >= 0 && number <= 4; }

enum class DecodeStep {
  kData,      // the next piece of output
  kEnd,       // the input is used up and was complete
  kGarbage,   // the input is broken, cut short, or followed by something else
  kTooLarge,  // the input itself says that its output passes the limit
};

/** Output comes in pieces of at most this size (snappy: one block as the producer cut it). */
constexpr size_t kPieceSize = 64 * 1024;

/**
 * Decompresses a piece at a time, so that a bomb costs what was read of it and not what it claims. Working memory
 * beyond the piece: gzip 40 KiB, lz4 two blocks (8 MiB at most), zstd its window (128 MiB at most, of which only what
 * was written becomes resident, and never more than the output read so far), snappy one block (22 times the input at
 * most, which is all the format can reach).
 */
class Decoder {
 public:
  virtual ~Decoder() = default;
  /** `data` is valid until the next call. A piece is never empty. */
  virtual DecodeStep next(const uint8_t*& data, size_t& size) = 0;
};

/** Empty when memory is short. `outputMax` bounds single allocations only; whoever reads counts the total. */
std::unique_ptr<Decoder> openDecoder(Codec codec, const uint8_t* bytes, size_t size, size_t outputMax);

using Bytes = std::vector<uint8_t>;

/** The whole output; false for garbage or when it would pass `outputMax`. */
bool decompress(Codec codec, const uint8_t* bytes, size_t size, size_t outputMax, Bytes& output);

/**
 * Levels as in Kafka's configuration (KIP-390): gzip -1 or 1 to 9, lz4 1 to 17 (9 takes the fast compressor, as Kafka
 * does), zstd -131072 to 22; the others have none. Snappy is written in xerial's frame, lz4 in frames of independent
 * 64 KiB blocks without content checksum. False when memory is short.
 */
bool compress(Codec codec, int level, const uint8_t* bytes, size_t size, Bytes& output);

}  // namespace ottla::codecs
