// Record batches: CRC, check, scan, codecs, worker threads. Exit status 0 when every check held.

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstring>
#include <latch>
#include <memory>
#include <random>
#include <thread>
#include <utility>

#include "../core/records/batch-check.h"
#include "../core/records/batch-pack.h"
#include "../core/records/batch-scan.h"
#include "../core/records/worker-pool.h"
#include "check.h"
#include "records-batches.h"

namespace {

using namespace ottla::records;
using namespace ottla::test;
namespace codecs = ottla::codecs;

constexpr size_t kOutputMax = 1 << 20;

BatchCheck checked(const Bytes& batch, uint32_t flags = 0) {
  return checkBatch(batch.data(), batch.size(), flags, kOutputMax);
}

void theCrcIsThatOfTheStandardAndOfTheTable() {
  CHECK(crc32c(0, reinterpret_cast<const uint8_t*>("123456789"), 9) == 0xe3069283);
  std::mt19937 random(1);
  Bytes bytes(40'000);
  for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random());
  for (size_t size = 0; size < bytes.size(); size = size * 5 / 4 + 1) {
    for (size_t start = 0; start < 9; start += 1) {
      const size_t length = size < bytes.size() - start ? size : bytes.size() - start;
      const uint32_t whole = crc32c(5, bytes.data() + start, length);
      CHECK(whole == crc32cByTable(5, bytes.data() + start, length));
    }
  }
}

void batchesOfEveryCodecAndShapeAreGood() {
  for (size_t codec = 0; codec < 5; codec += 1) {
    for (const int32_t count : {1, 2, 100, 5000}) {
      for (const size_t valueSize : {size_t{0}, size_t{100}, size_t{150'000}}) {
        if (static_cast<size_t>(count) * valueSize > kOutputMax / 2) continue;
        const BatchCheck check = checked(batchOf(kCodecs[codec], kLevels[codec], count, valueSize), kKeysRequired);
        CHECK(check.reason == Reason::kNone);
        CHECK(check.header.recordsCount == count);
        CHECK(check.walk.minTimestamp == 1000);
        CHECK(check.walk.maxTimestamp == 1000 + count - 1);
        CHECK(check.walk.maxTimestampOffsetDelta == count - 1);
        CHECK(check.walk.outputSize == recordsOf(count, valueSize).size());
      }
    }
  }
}

void everyTruncationIsSeen() {
  const Bytes batch = batchOf(Codec::kNone, 0, 3, 20);
  for (size_t size = 0; size < batch.size(); size += 1) {
    // A copy, so that a look behind the end is seen by the sanitizer.
    const Bytes part(batch.begin(), batch.begin() + static_cast<ptrdiff_t>(size));
    CHECK(checked(part).reason == Reason::kTruncated);
  }
}

void payloadsCutShortAreSeen() {
  for (size_t codec = 0; codec < 5; codec += 1) {
    Bytes payload;
    const Bytes plain = recordsOf(50, 20);
    codecs::compress(kCodecs[codec], kLevels[codec], plain.data(), plain.size(), payload);
    for (size_t size = 0; size < payload.size(); size += 1) {
      const Bytes part(payload.begin(), payload.begin() + static_cast<ptrdiff_t>(size));
      CHECK(checked(batchOfPayload(kCodecs[codec], part, 50, 0)).reason != Reason::kNone);
    }
  }
}

/** A pool of bytes that is a file for a scan. */
class MemorySource final : public ScanSource {
 public:
  explicit MemorySource(Bytes bytes) : bytes_(std::move(bytes)) {}
  int read(uint8_t* into, size_t size, int64_t position, size_t& readBytes) override {
    if (position >= failsFrom) return 5;
    const size_t from = static_cast<size_t>(position);
    readBytes = from >= bytes_.size() ? 0 : std::min(size, bytes_.size() - from);
    if (readBytes > 0) std::memcpy(into, bytes_.data() + from, readBytes);
    return 0;
  }
  int64_t size() const { return static_cast<int64_t>(bytes_.size()); }
  int64_t failsFrom = INT64_MAX;

 private:
  const Bytes bytes_;
};

Bytes logOf(int batches, size_t valueSize) {
  Bytes log;
  for (int i = 0; i < batches; i += 1) {
    const Bytes batch = batchOf(kCodecs[i % 5], kLevels[i % 5], 10, valueSize, i * 10);
    log.insert(log.end(), batch.begin(), batch.end());
  }
  return log;
}

void aScanSeesEveryBatchWhateverTheChunks() {
  for (const size_t valueSize : {size_t{10}, size_t{10'000}, size_t{300'000}}) {
    MemorySource source(logOf(40, valueSize));
    const ScanResult result = scanBatches(source, {0, source.size(), 1000});
    CHECK(result.error == 0 && result.stop == ScanStop::kEnd);
    CHECK(result.nextPosition == source.size());
    CHECK(result.rows.size() == 40 * kScanRowLength);
    for (size_t i = 0; i < 40; i += 1) CHECK(result.rows[i * kScanRowLength + 3] == static_cast<double>(i * 10 + 9));
  }
}

void aScanReportsAFailedRead() {
  MemorySource source(logOf(300, 10'000));
  source.failsFrom = 1 << 20;
  const ScanResult result = scanBatches(source, {0, source.size(), 1000});
  CHECK(result.error == 5);
  CHECK(!result.rows.empty());
}

class CountingJob final : public Job {
 public:
  explicit CountingJob(std::atomic<int>& worked) : worked_(worked) {}
  void work() override { worked_ += 1; }

 private:
  std::atomic<int>& worked_;
};

void thePoolRunsAllThatIsSubmitted() {
  std::atomic<int> worked = 0;
  std::atomic<int> calls = 0;
  size_t taken = 0;
  {
    WorkerPool pool(2, 10'000, [&calls] { calls += 1; });
    for (int i = 0; i < 1000; i += 1) CHECK(pool.submit(std::make_unique<CountingJob>(worked)));
    while (taken < 1000) taken += pool.take().size();
  }
  CHECK(worked == 1000);
  CHECK(calls >= 1 && calls <= 1000);
}

void thePoolIsBoundedAndEndsWithWorkLeft() {
  std::atomic<int> worked = 0;
  WorkerPool none(0, 3, [] {});
  for (int i = 0; i < 3; i += 1) CHECK(none.submit(std::make_unique<CountingJob>(worked)));
  CHECK(!none.submit(std::make_unique<CountingJob>(worked)));
  none.close();
  CHECK(!none.submit(std::make_unique<CountingJob>(worked)));
  for (int round = 0; round < 50; round += 1) {
    WorkerPool pool(2, 1000, [] {});
    for (int i = 0; i < round; i += 1) CHECK(pool.submit(std::make_unique<CountingJob>(worked)));
  }
}

class MeetingJob final : public Job {
 public:
  explicit MeetingJob(std::latch& all) : all_(all) {}
  void work() override { all_.arrive_and_wait(); }

 private:
  std::latch& all_;
};

void thePoolsThreadsWorkAtTheSameTime() {
  std::latch all(3);
  WorkerPool pool(3, 10, [] {});
  for (int i = 0; i < 3; i += 1) CHECK(pool.submit(std::make_unique<MeetingJob>(all)));
  all.wait();
}

void thePoolTellsOnceUntilItsJobsAreTaken() {
  std::atomic<int> worked = 0;
  std::atomic<int> calls = 0;
  WorkerPool pool(2, 10, [&calls] { calls += 1; });
  for (int i = 0; i < 10; i += 1) CHECK(pool.submit(std::make_unique<CountingJob>(worked)));
  while (worked < 10) std::this_thread::yield();
  pool.close();
  CHECK(calls == 1);
  CHECK(pool.take().size() == 10);
}

}  // namespace

/** What two batches say, without length, CRC and codec. */
bool saysTheSame(const Bytes& one, const Bytes& other) {
  const auto same = [&](size_t from, size_t to) { return std::equal(&one[from], &one[to], &other[from]); };
  return same(0, 8) && same(12, 17) && same(23, kHeaderSize);
}

void aBatchIsPackedAnewInEveryCodec() {
  for (const Codec source : kCodecs) {
    const Bytes batch = batchOf(source, kLevels[static_cast<int>(source)], 50, 100, 12);
    for (const Codec target : kCodecs) {
      Bytes packed;
      const PackTarget how{target, kLevels[static_cast<int>(target)], 1 << 20, 1 << 20};
      CHECK(packBatch(batch.data(), batch.size(), how, packed) == PackResult::kOk);
      const BatchCheck check = checkBatch(packed.data(), packed.size(), 0, 1 << 20);
      CHECK(static_cast<int>(check.reason) == 0 && check.header.sizeBytes() == packed.size());
      CHECK(check.header.codec() == static_cast<int>(target));
      CHECK(saysTheSame(batch, packed));
      Bytes back;
      const PackTarget plain{Codec::kNone, 0, 1 << 20, 1 << 20};
      CHECK(packBatch(packed.data(), packed.size(), plain, back) == PackResult::kOk);
      CHECK(back == batchOf(Codec::kNone, 0, 50, 100, 12));
    }
  }
}

void aPackedBatchHasItsLimits() {
  const Bytes batch = batchOf(Codec::kGzip, 6, 50, 100);
  const Bytes plain = batchOf(Codec::kNone, 0, 50, 100);
  Bytes packed;
  const auto pack = [&](Codec codec, size_t sizeMax, size_t decompressedMax) {
    return packBatch(batch.data(), batch.size(), {codec, 3, sizeMax, decompressedMax}, packed);
  };
  CHECK(pack(Codec::kNone, plain.size(), 1 << 20) == PackResult::kOk);
  CHECK(pack(Codec::kNone, plain.size() - 1, 1 << 20) == PackResult::kTooLarge);
  CHECK(pack(Codec::kNone, 10, 1 << 20) == PackResult::kTooLarge);
  CHECK(pack(Codec::kZstd, 1 << 20, plain.size() - kHeaderSize) == PackResult::kOk);
  const size_t zstdSize = packed.size();
  CHECK(pack(Codec::kZstd, zstdSize, 1 << 20) == PackResult::kOk);
  CHECK(pack(Codec::kZstd, zstdSize - 1, 1 << 20) == PackResult::kTooLarge);
  CHECK(pack(Codec::kZstd, 1 << 20, plain.size() - kHeaderSize - 1) == PackResult::kTooLarge);
}

int main() {
  theCrcIsThatOfTheStandardAndOfTheTable();
  batchesOfEveryCodecAndShapeAreGood();
  everyTruncationIsSeen();
  aBatchIsPackedAnewInEveryCodec();
  aPackedBatchHasItsLimits();
  payloadsCutShortAreSeen();
  aScanSeesEveryBatchWhateverTheChunks();
  aScanReportsAFailedRead();
  thePoolRunsAllThatIsSubmitted();
  thePoolIsBoundedAndEndsWithWorkLeft();
  thePoolsThreadsWorkAtTheSameTime();
  thePoolTellsOnceUntilItsJobsAreTaken();
  return failures == 0 ? 0 : 1;
}
