#include "out-queue.h"

#include <sys/sendfile.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "../disk/residency.h"

namespace ottla::transport {
namespace {

constexpr size_t kChunkBytes = 64 * 1024;
constexpr size_t kBuffersMax = 64;
constexpr size_t kSendFileMaxBytes = 1 << 30;

}  // namespace

int64_t writeSome(int socket, iovec* buffers, size_t count, bool moreFollows) {
  msghdr message{};
  message.msg_iov = buffers;
  message.msg_iovlen = count;
  for (;;) {
    const ssize_t written = sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT | (moreFollows ? MSG_MORE : 0));
    if (written >= 0) return written;
    if (errno == EAGAIN || errno == EWOULDBLOCK) return 0;
    if (errno != EINTR) return -errno;
  }
}

int64_t sendFileSome(int socket, int file, int64_t position, size_t sizeBytes) {
  off_t from = position;
  for (;;) {
    const ssize_t sent = sendfile(socket, file, &from, std::min(sizeBytes, kSendFileMaxBytes));
    if (sent > 0) return sent;
    if (sent == 0) return -ENODATA;
    if (errno == EAGAIN || errno == EWOULDBLOCK) return 0;
    if (errno != EINTR) return -errno;
  }
}

void OutQueue::pushBytes(const uint8_t* bytes, size_t sizeBytes) {
  if (sizeBytes == 0) return;
  sizeBytes_ += sizeBytes;
  const bool fits = !items_.empty() && items_.back().file == nullptr &&
                    items_.back().bytes.size() + sizeBytes <= kChunkBytes;
  if (!fits) items_.emplace_back();
  std::vector<uint8_t>& into = items_.back().bytes;
  into.insert(into.end(), bytes, bytes + sizeBytes);
}

void OutQueue::pushFile(std::shared_ptr<disk::File> file, int64_t position, size_t sizeBytes) {
  if (sizeBytes == 0) return;
  sizeBytes_ += sizeBytes;
  Item& item = items_.emplace_back();
  item.file = std::move(file);
  item.position = position;
  item.fileBytes = sizeBytes;
}

OutQueue::Result OutQueue::flush(int socket, size_t maxBytes) {
  size_t leftBytes = 0;
  while (!items_.empty() && leftBytes < maxBytes) {
    if (isFrontCold()) return Result::kCold;
    const int64_t written = writeFront(socket);
    if (written < 0) return Result::kFailed;
    if (written == 0) return Result::kBlocked;
    leftBytes += static_cast<size_t>(written);
  }
  return items_.empty() ? Result::kEmpty : Result::kBlocked;
}

OutQueue::Range OutQueue::coldRange() const {
  const Item& front = items_.front();
  return {front.file, front.position, std::min(front.fileBytes, kWarmBytes)};
}

void OutQueue::warmed() {
  Item& front = items_.front();
  front.warmBytes = std::min(front.fileBytes, kWarmBytes);
}

/** A reader that was slow: what was in memory when its answer began may have been dropped since. */
bool OutQueue::isFrontCold() {
  Item& front = items_.front();
  if (front.file == nullptr || front.warmBytes > 0) return false;
  const size_t sizeBytes = std::min(front.fileBytes, kWarmBytes);
  if (!disk::isResident(*front.file, front.position, static_cast<int64_t>(sizeBytes))) return true;
  front.warmBytes = sizeBytes;
  return false;
}

void OutQueue::clear() {
  items_.clear();
  sizeBytes_ = 0;
}

/** Writes the leading run of bytes in one call, or some of the file range in front. */
int64_t OutQueue::writeFront(int socket) {
  const Item& front = items_.front();
  int64_t written = 0;
  if (front.file != nullptr) {
    written = sendFileSome(socket, front.file->fd(), front.position, front.warmBytes);
  } else {
    iovec buffers[kBuffersMax];
    size_t count = 0;
    auto item = items_.begin();
    for (; item != items_.end() && item->file == nullptr && count < kBuffersMax; ++item) {
      buffers[count++] = {item->bytes.data() + item->start, item->bytes.size() - item->start};
    }
    written = writeSome(socket, buffers, count, item != items_.end());
  }
  if (written > 0) drop(static_cast<size_t>(written));
  return written;
}

void OutQueue::drop(size_t sizeBytes) {
  sizeBytes_ -= sizeBytes;
  while (sizeBytes > 0) {
    Item& front = items_.front();
    const bool isFile = front.file != nullptr;
    const size_t held = isFile ? front.fileBytes : front.bytes.size() - front.start;
    const size_t gone = std::min(held, sizeBytes);
    sizeBytes -= gone;
    if (gone == held) {
      items_.pop_front();
    } else if (isFile) {
      front.position += static_cast<int64_t>(gone);
      front.fileBytes -= gone;
      front.warmBytes -= gone;
    } else {
      front.start += gone;
    }
  }
}

}  // namespace ottla::transport
