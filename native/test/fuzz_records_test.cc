// Mutated batches and payloads through every entry point that reads bytes of a peer. The sanitizers look for faults;
// this looks that no bound is passed. Seeded: a failing run prints its seed, which is the first argument of a rerun.

#include <cstdio>
#include <cstdlib>
#include <random>

#include "../core/records/batch-check.h"
#include "../core/records/batch-scan.h"
#include "records-batches.h"

namespace {

using namespace ottla::records;
using namespace ottla::test;
namespace codecs = ottla::codecs;

constexpr size_t kOutputMax = 256 * 1024;
constexpr int kRounds = 40'000;

using Random = std::mt19937;

size_t below(Random& random, size_t end) { return std::uniform_int_distribution<size_t>(0, end - 1)(random); }

/** A byte, a run of bytes, a border number, a cut, or a piece of it twice. */
void mutate(Random& random, Bytes& bytes, size_t from) {
  if (bytes.size() <= from) return;
  const size_t at = from + below(random, bytes.size() - from);
  constexpr uint8_t kBorders[] = {0, 1, 0x7f, 0x80, 0xff};
  switch (below(random, 5)) {
    case 0: bytes[at] = static_cast<uint8_t>(bytes[at] ^ (1u << below(random, 8))); return;
    case 1: bytes[at] = kBorders[below(random, 5)]; return;
    case 2: bytes.resize(at); return;
    case 3:
      for (size_t i = at; i < bytes.size() && i < at + 4; i += 1) bytes[i] = static_cast<uint8_t>(random());
      return;
    default: {
      const Bytes piece(bytes.begin() + static_cast<ptrdiff_t>(at), bytes.end());
      bytes.insert(bytes.begin() + static_cast<ptrdiff_t>(at), piece.begin(), piece.end());
    }
  }
}

bool checkHolds(const Bytes& batch, uint32_t flags) {
  const BatchCheck check = checkBatch(batch.data(), batch.size(), flags, kOutputMax);
  double row[kCheckRowLength];
  writeRow(check, row);
  const size_t outputMax = check.header.codec() == 0 ? batch.size() : kOutputMax;
  if (check.walk.outputSize > outputMax) return false;
  return check.reason != Reason::kNone || check.header.sizeBytes() <= batch.size();
}

/** Mutated inside, with length and CRC made right again, so that the mutation reaches the walk. */
bool payloadRound(Random& random) {
  const size_t codec = below(random, 5);
  const int32_t count = 1 + static_cast<int32_t>(below(random, 40));
  const Bytes plain = recordsOf(count, below(random, 4) == 0 ? 5000 : 30);
  Bytes mutatedPlain = plain;
  if (below(random, 2) == 0) mutate(random, mutatedPlain, 0);
  Bytes payload;
  if (!codecs::compress(kCodecs[codec], kLevels[codec], mutatedPlain.data(), mutatedPlain.size(), payload)) {
    return false;
  }
  if (below(random, 2) == 0) mutate(random, payload, 0);
  Bytes output;
  const bool read = codecs::decompress(kCodecs[codec], payload.data(), payload.size(), kOutputMax, output);
  if (read && output.size() > kOutputMax) return false;
  // An exact copy, so that one byte behind it is the sanitizer's.
  const Bytes batch = batchOfPayload(kCodecs[codec], payload, count, 0);
  return checkHolds(batch, static_cast<uint32_t>(below(random, 8)));
}

bool frameRound(Random& random) {
  Bytes batch = batchOf(Codec::kNone, 0, 3, 20);
  mutate(random, batch, 0);
  if (batch.size() > kHeaderSize && below(random, 2) == 0) seal(batch);
  return checkHolds(Bytes(batch), static_cast<uint32_t>(below(random, 8)));
}

class MemorySource final : public ScanSource {
 public:
  explicit MemorySource(const Bytes& bytes) : bytes_(bytes) {}
  int read(uint8_t* into, size_t size, int64_t position, size_t& readBytes) override {
    readBytes = 0;
    for (size_t i = static_cast<size_t>(position); i < bytes_.size() && readBytes < size; i += 1) {
      into[readBytes] = bytes_[i];
      readBytes += 1;
    }
    return 0;
  }

 private:
  const Bytes& bytes_;
};

bool scanRound(Random& random) {
  Bytes log;
  for (int i = 0; i < 5; i += 1) {
    const Bytes batch = batchOf(Codec::kNone, 0, 2, 20, i * 2);
    log.insert(log.end(), batch.begin(), batch.end());
  }
  mutate(random, log, 0);
  MemorySource source(log);
  const int64_t end = static_cast<int64_t>(log.size());
  const ScanResult result = scanBatches(source, {0, end, 100});
  return result.error == 0 && result.nextPosition >= 0 && result.nextPosition <= end;
}

}  // namespace

int main(int argc, char** argv) {
  const unsigned seed = argc > 1 ? static_cast<unsigned>(std::atoi(argv[1])) : 20'241;
  Random random(seed);
  for (int round = 0; round < kRounds; round += 1) {
    if (payloadRound(random) && frameRound(random) && scanRound(random)) continue;
    std::fprintf(stderr, "fuzz_records_test: seed %u, round %d\n", seed, round);
    return 1;
  }
  return 0;
}
