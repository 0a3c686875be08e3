#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <utility>

#include "transport.h"

namespace ottla::transport {
namespace {

constexpr size_t kBuffersMax = 64;

/** Up to `sizeBytes` from the file; false when it has fewer or can't be read. */
bool readRange(int file, uint8_t* into, size_t sizeBytes, int64_t position) {
  size_t readBytes = 0;
  while (readBytes < sizeBytes) {
    const ssize_t n = pread(file, into + readBytes, sizeBytes - readBytes, position + static_cast<int64_t>(readBytes));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    readBytes += static_cast<size_t>(n);
  }
  return true;
}

}  // namespace

/** Collects what goes to one connection, so that neighbouring rows leave in one call. */
class Transport::Gather {
 public:
  Gather(Connection& connection, std::vector<uint8_t>& scratch) : connection_(connection), scratch_(scratch) {}

  /** `bytes` must stay until the next flush. */
  void add(const uint8_t* bytes, size_t sizeBytes) {
    if (sizeBytes == 0 || failed_) return;
    if (!connection_.out.empty()) return connection_.out.pushBytes(bytes, sizeBytes);
    if (count_ > 0 && end() == bytes) {
      buffers_[count_ - 1].iov_len += sizeBytes;
      return;
    }
    if (count_ == kBuffersMax) {
      flush(true);
      return add(bytes, sizeBytes);
    }
    buffers_[count_++] = {const_cast<uint8_t*>(bytes), sizeBytes};
  }

  /** Room for bytes that are to be handed to `add` next. */
  uint8_t* scratch(size_t sizeBytes) {
    if (scratchUsed_ + sizeBytes > scratch_.size()) {
      flush(true);
      scratchUsed_ = 0;
    }
    uint8_t* const room = scratch_.data() + scratchUsed_;
    scratchUsed_ += sizeBytes;
    return room;
  }

  /** Writes what the socket takes; the rest is copied into the out-queue. */
  void flush(bool moreFollows) {
    size_t next = 0;
    while (next < count_ && !failed_) {
      const int64_t written = writeSome(connection_.socket, buffers_ + next, count_ - next, moreFollows);
      if (written < 0) fail();
      if (written <= 0) break;
      next = skip(next, static_cast<size_t>(written));
    }
    for (; next < count_ && !failed_; next += 1) {
      connection_.out.pushBytes(static_cast<const uint8_t*>(buffers_[next].iov_base), buffers_[next].iov_len);
    }
    count_ = 0;
  }

  void fail() { failed_ = true; }
  bool failed() const { return failed_; }

 private:
  const uint8_t* end() const {
    return static_cast<const uint8_t*>(buffers_[count_ - 1].iov_base) + buffers_[count_ - 1].iov_len;
  }

  size_t skip(size_t next, size_t written) {
    while (written > 0) {
      iovec& buffer = buffers_[next];
      const size_t gone = std::min(written, buffer.iov_len);
      written -= gone;
      buffer.iov_base = static_cast<uint8_t*>(buffer.iov_base) + gone;
      buffer.iov_len -= gone;
      if (buffer.iov_len == 0) next += 1;
    }
    return next;
  }

  Connection& connection_;
  std::vector<uint8_t>& scratch_;
  size_t scratchUsed_ = 0;
  iovec buffers_[kBuffersMax];
  size_t count_ = 0;
  bool failed_ = false;
};

bool Transport::send(const uint8_t* arena, size_t arenaSizeBytes, const double* rows, size_t rowCount) {
  size_t i = 0;
  while (i < rowCount) {
    const int32_t connectionId = static_cast<int32_t>(rows[i * kSendRowLength]);
    Connection* const connection = find(connectionId);
    const bool skipped = connection == nullptr || connection->draining;
    size_t end = i + 1;
    while (end < rowCount && static_cast<int32_t>(rows[end * kSendRowLength]) == connectionId) end += 1;
    if (skipped) {
      i = end;
      continue;
    }
    Gather gather(*connection, scratch_);
    for (; i < end; i += 1) {
      const double* const row = rows + i * kSendRowLength;
      if (row[1] < 0 || row[2] < 0 || row[1] + row[2] > static_cast<double>(arenaSizeBytes)) return false;
      sendRow(*connection, gather, row, arena);
    }
    gather.flush(false);
    if (gather.failed()) {
      this->end(*connection, CloseReason::kPeer);
    } else {
      afterSend(*connection);
    }
  }
  return true;
}

void Transport::sendRow(Connection& connection, Gather& gather, const double* row, const uint8_t* arena) {
  gather.add(arena + static_cast<size_t>(row[1]), static_cast<size_t>(row[2]));
  const size_t fileSizeBytes = static_cast<size_t>(row[5]);
  if (row[3] < 0 || fileSizeBytes == 0 || gather.failed()) return;
  std::shared_ptr<disk::File> file = files_->get(static_cast<int32_t>(row[3]));
  const int64_t position = static_cast<int64_t>(row[4]);
  // Half an answer can't be taken back: the connection ends.
  if (file == nullptr) return gather.fail();
  if (fileSizeBytes <= kCopyMaxBytes) {
    uint8_t* const room = gather.scratch(fileSizeBytes);
    if (!readRange(file->fd(), room, fileSizeBytes, position)) return gather.fail();
    return gather.add(room, fileSizeBytes);
  }
  sendFileRange(connection, gather, std::move(file), position, fileSizeBytes);
}

void Transport::sendFileRange(Connection& connection, Gather& gather, std::shared_ptr<disk::File> file,
                              int64_t position, size_t sizeBytes) {
  gather.flush(true);
  while (sizeBytes > 0 && connection.out.empty() && !gather.failed()) {
    const int64_t sent = sendFileSome(connection.socket, file->fd(), position, sizeBytes);
    if (sent < 0) return gather.fail();
    if (sent == 0) break;
    position += sent;
    sizeBytes -= static_cast<size_t>(sent);
  }
  if (!gather.failed()) connection.out.pushFile(std::move(file), position, sizeBytes);
}

void Transport::afterSend(Connection& connection) {
  if (connection.out.sizeBytes() > options_.sendQueueHighWaterBytes) connection.readBlocks |= kBlockedByAnswers;
  updatePoll(connection);
}

}  // namespace ottla::transport
