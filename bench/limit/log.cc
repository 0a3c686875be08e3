#include "log.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

#include "bytes.h"
#include "fail.h"

namespace bench {
namespace {

constexpr size_t kIovecsMax = 1024;
constexpr size_t kRecordCountAt = 57;

}  // namespace

Log::Log(const std::string& path) : fd_(open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644)) {
  if (fd_ < 0) failWithErrno("open");
}

Log::~Log() { close(fd_); }

int64_t Log::stage(uint8_t* batch, size_t sizeBytes) {
  if (staged_.size() == kIovecsMax) write();
  const int64_t baseOffset = endOffset_;
  Writer(batch).int64(baseOffset);
  entries_.push_back({baseOffset, endPosition_});
  staged_.push_back({batch, sizeBytes});
  endOffset_ += Reader(batch + kRecordCountAt, sizeof(int32_t)).int32();
  endPosition_ += static_cast<int64_t>(sizeBytes);
  return baseOffset;
}

void Log::write() {
  size_t first = 0;
  while (first < staged_.size()) {
    ssize_t written = pwritev(fd_, &staged_[first], static_cast<int>(staged_.size() - first), writtenPosition_);
    if (written < 0) failWithErrno("pwritev");
    writtenPosition_ += written;
    for (; first < staged_.size() && static_cast<size_t>(written) >= staged_[first].iov_len; first += 1) {
      written -= static_cast<ssize_t>(staged_[first].iov_len);
    }
    if (written > 0) {
      staged_[first].iov_base = static_cast<uint8_t*>(staged_[first].iov_base) + written;
      staged_[first].iov_len -= static_cast<size_t>(written);
    }
  }
  staged_.clear();
}

Log::Range Log::find(int64_t offset, size_t maxBytes) const {
  if (offset >= endOffset_) return {writtenPosition_, 0};
  auto after = std::upper_bound(entries_.begin(), entries_.end(), offset,
                                [](int64_t wanted, const Entry& entry) { return wanted < entry.baseOffset; });
  const int64_t position = std::prev(after)->position;
  if (position >= writtenPosition_) return {position, 0};
  const int64_t batchEnd = after == entries_.end() ? endPosition_ : after->position;
  const auto batchBytes = static_cast<size_t>(batchEnd - position);
  const auto leftBytes = static_cast<size_t>(writtenPosition_ - position);
  return {position, std::min(leftBytes, std::max(maxBytes, batchBytes))};
}

}  // namespace bench
