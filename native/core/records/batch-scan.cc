#include "batch-scan.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <new>

namespace ottla::records {
namespace {

constexpr size_t kChunkSize = 1024 * 1024;

/** A sliding view of the source: the bytes from `position()` on that were read so far. */
class Window {
 public:
  Window(ScanSource& source, int64_t position, int64_t endPosition)
      : source_(source), position_(position), endPosition_(endPosition) {}

  const uint8_t* bytes() const { return buffer_.get() + begin_; }
  size_t size() const { return end_ - begin_; }
  int64_t position() const { return position_; }
  /** Bytes of the range that are not behind us. */
  size_t left() const { return static_cast<size_t>(endPosition_ - position_); }
  int error() const { return error_; }

  /** False when the source has fewer than `wanted` bytes from here on, or on an error. */
  bool need(size_t wanted) {
    if (size() >= wanted) return true;
    if (wanted > left()) return false;
    if (!makeRoom(std::min(left(), std::max(wanted, kChunkSize)))) return false;
    const size_t room = std::min(capacity_ - end_, left() - size());
    size_t readBytes = 0;
    error_ = source_.read(buffer_.get() + end_, room, position_ + static_cast<int64_t>(size()), readBytes);
    if (error_ != 0) return false;
    end_ += readBytes;
    return size() >= wanted;
  }

  void consume(size_t count) {
    begin_ += count;
    position_ += static_cast<int64_t>(count);
  }

 private:
  bool makeRoom(size_t wanted) {
    const size_t kept = size();
    if (wanted > capacity_) {
      std::unique_ptr<uint8_t[]> larger(new (std::nothrow) uint8_t[wanted]);
      if (larger == nullptr) {
        error_ = ENOMEM;
        return false;
      }
      if (kept > 0) std::memcpy(larger.get(), bytes(), kept);
      buffer_ = std::move(larger);
      capacity_ = wanted;
    } else if (kept > 0) {
      std::memmove(buffer_.get(), bytes(), kept);
    }
    begin_ = 0;
    end_ = kept;
    return true;
  }

  ScanSource& source_;
  int64_t position_;
  const int64_t endPosition_;
  std::unique_ptr<uint8_t[]> buffer_;
  size_t capacity_ = 0;
  size_t begin_ = 0;
  size_t end_ = 0;
  int error_ = 0;
};

void appendRow(std::vector<double>& rows, int64_t position, const BatchHeader& header) {
  const double values[kScanRowLength] = {
      static_cast<double>(position),
      static_cast<double>(header.sizeBytes()),
      static_cast<double>(header.baseOffset),
      static_cast<double>(header.baseOffset + header.lastOffsetDelta),
      static_cast<double>(header.leaderEpoch),
      static_cast<double>(header.maxTimestamp),
      static_cast<double>(header.attributes),
      static_cast<double>(header.producerId),
      static_cast<double>(header.producerEpoch),
      static_cast<double>(header.baseSequence),
      static_cast<double>(header.recordsCount),
      static_cast<double>(header.lastOffsetDelta),
      static_cast<double>(header.baseTimestamp),
  };
  rows.insert(rows.end(), values, values + kScanRowLength);
}

/** Offsets only go up in a log; the base offset is outside the CRC, so a stale batch would pass that. */
bool offsetsHold(const BatchHeader& header, int64_t lastOffset) {
  return header.baseOffset > lastOffset && header.lastOffsetDelta >= 0 && header.recordsCount >= 0 &&
         header.baseOffset <= INT64_MAX - header.lastOffsetDelta;
}

/** Fills `header` with the batch at the window's beginning when all of it is there and good. */
bool readBatch(Window& window, int64_t lastOffset, BatchHeader& header) {
  if (!window.need(kHeaderSize)) return false;
  const FrameFault first = readHeader(window.bytes(), window.size(), header);
  if (first == FrameFault::kLength || first == FrameFault::kMagic) return false;
  if (!window.need(header.sizeBytes())) return false;
  if (readHeader(window.bytes(), window.size(), header) != FrameFault::kNone) return false;
  return offsetsHold(header, lastOffset) && crcHolds(window.bytes(), header);
}

}  // namespace

ScanResult scanBatches(ScanSource& source, const ScanRequest& request) {
  Window window(source, request.position, request.endPosition);
  ScanResult result;
  int64_t lastOffset = -1;
  size_t rowsCount = 0;
  while (window.left() > 0) {
    if (rowsCount == request.rowsMax) {
      result.stop = ScanStop::kRowsFull;
      break;
    }
    BatchHeader header;
    if (!readBatch(window, lastOffset, header)) {
      result.error = window.error();
      result.stop = ScanStop::kBadBatch;
      break;
    }
    appendRow(result.rows, window.position(), header);
    rowsCount += 1;
    lastOffset = header.baseOffset + header.lastOffsetDelta;
    window.consume(header.sizeBytes());
  }
  result.nextPosition = window.position();
  return result;
}

}  // namespace ottla::records
