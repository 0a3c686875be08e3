#include "frame-reader.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <cstring>

#include "poison.h"

namespace ottla::transport {
namespace {

constexpr size_t kPrefixBytes = 4;
/** Unfinished frames up to this size are copied out of the shared slab, larger ones get their own. */
constexpr size_t kPendingFrameMaxBytes = 16 * 1024;
/** Read beyond a large frame: enough to see the next one's size in most cases, little to copy. */
constexpr size_t kSpillBytes = 16 * 1024;
constexpr size_t kReadMinBytes = 4 * 1024;
constexpr size_t kRoomMinBytes = 64 * 1024;
/** What one connection may bring before the others get their turn. */
constexpr size_t kReadBudgetBytes = 1024 * 1024;
constexpr size_t kPendingKeepBytes = 4 * 1024;

int32_t sizePrefix(const uint8_t* bytes) {
  return static_cast<int32_t>(static_cast<uint32_t>(bytes[0]) << 24 | static_cast<uint32_t>(bytes[1]) << 16 |
                              static_cast<uint32_t>(bytes[2]) << 8 | static_cast<uint32_t>(bytes[3]));
}

void clearPending(Connection& connection) {
  connection.pending.clear();
  if (connection.pending.capacity() > kPendingKeepBytes) connection.pending.shrink_to_fit();
}

/** Bytes that the frame at the front of `pending` still lacks (of its prefix, if that is not complete). */
size_t lackingBytes(const Connection& connection) {
  const size_t held = connection.pending.size();
  if (held < kPrefixBytes) return kPrefixBytes - held;
  const size_t whole = kPrefixBytes + static_cast<size_t>(sizePrefix(connection.pending.data()));
  return held >= whole ? 0 : whole - held;
}

}  // namespace

ReadResult FrameReader::read(Connection& connection) {
  if (connection.readBlocks != 0) return ReadResult::kOk;
  if (!connection.pending.empty() && lackingBytes(connection) == 0) {
    const ReadResult result = cutPending(connection);
    if (result != ReadResult::kOk) return result;
  }
  size_t readBytes = 0;
  while (connection.readBlocks == 0 && !isFull() && readBytes < kReadBudgetBytes) {
    if (!waiters_.empty() && !connection.frontReserved && !connection.granted) {
      wait(connection, -1);
      return ReadResult::kOk;
    }
    connection.granted = false;
    size_t askedBytes = 0;
    ReadResult cutResult = ReadResult::kOk;
    const int64_t received = receive(connection, askedBytes, cutResult);
    if (received == 0) return ReadResult::kPeerClosed;
    if (received == -EAGAIN) return ReadResult::kOk;
    if (received == -ECONNRESET || received == -ETIMEDOUT) return ReadResult::kPeerClosed;
    if (received < 0) return ReadResult::kError;
    if (cutResult != ReadResult::kOk) return cutResult;
    if (static_cast<size_t>(received) < askedBytes) return ReadResult::kOk;
    readBytes += static_cast<size_t>(received);
  }
  return ReadResult::kOk;
}

int64_t FrameReader::receive(Connection& connection, size_t& askedBytes, ReadResult& cutResult) {
  return connection.partialSlab >= 0 ? receivePartial(connection, askedBytes, cutResult)
                                     : receiveShared(connection, askedBytes, cutResult);
}

/** Reads behind a gap that is filled with the pending bytes only once they are needed: each is copied twice at most. */
int64_t FrameReader::receiveShared(Connection& connection, size_t& askedBytes, ReadResult& cutResult) {
  const size_t gapBytes = connection.pending.size();
  size_t limit = std::clamp(pool_.available(), kReadMinBytes, SlabPool::kSharedSizeBytes);
  if (connection.expectsLarge) limit = std::min(limit, kSpillBytes);
  // What is read beyond the room there is must be kept without it.
  if (!largeWaiters_.empty()) limit = std::min(limit, kSpillBytes);
  if (connection.frontReserved && isStarved()) limit = lackingBytes(connection);
  if (!prepareShared(gapBytes + std::min(limit, kRoomMinBytes))) return -ENOMEM;
  Slab& slab = slabs_.at(shared_);
  askedBytes = std::min(limit, slab.sizeBytes - slab.position - gapBytes);
  uint8_t* const start = slab.bytes + slab.position;
  ssize_t received = 0;
  do {
    received = recv(connection.socket, start + gapBytes, askedBytes, MSG_DONTWAIT);
  } while (received < 0 && errno == EINTR);
  if (received <= 0) return received == 0 ? 0 : (errno == EWOULDBLOCK ? -EAGAIN : -errno);
  const size_t receivedBytes = static_cast<size_t>(received);
  if (gapBytes > 0 && receivedBytes < lackingBytes(connection)) {
    connection.pending.insert(connection.pending.end(), start + gapBytes, start + gapBytes + receivedBytes);
    return received;
  }
  if (gapBytes > 0) std::memcpy(start, connection.pending.data(), gapBytes);
  clearPending(connection);
  cutResult = cut(connection, shared_, slab.position, gapBytes + receivedBytes);
  return received;
}

int64_t FrameReader::receivePartial(Connection& connection, size_t& askedBytes, ReadResult& cutResult) {
  const size_t spillBytes = isStarved() ? 0 : kSpillBytes;
  if (spillBytes > 0 && !prepareShared(spillBytes)) return -ENOMEM;
  uint8_t* const into = slabs_.at(connection.partialSlab).bytes + connection.partialReceivedBytes;
  const size_t restBytes = connection.partialSizeBytes - connection.partialReceivedBytes;
  iovec buffers[2] = {{into, restBytes}, {nullptr, 0}};
  if (spillBytes > 0) buffers[1] = {slabs_.at(shared_).bytes + slabs_.at(shared_).position, spillBytes};
  askedBytes = restBytes + spillBytes;
  ssize_t received = 0;
  do {
    received = readv(connection.socket, buffers, spillBytes > 0 ? 2 : 1);
  } while (received < 0 && errno == EINTR);
  if (received <= 0) return received == 0 ? 0 : (errno == EWOULDBLOCK ? -EAGAIN : -errno);
  const size_t receivedBytes = static_cast<size_t>(received);
  if (receivedBytes < restBytes) {
    connection.partialReceivedBytes += receivedBytes;
    return received;
  }
  const int32_t slabIndex = connection.partialSlab;
  connection.partialSlab = -1;
  addRow(connection, slabIndex, 0, connection.partialSizeBytes);
  if (receivedBytes > restBytes) {
    cutResult = cut(connection, shared_, slabs_.at(shared_).position, receivedBytes - restBytes);
  }
  return received;
}

ReadResult FrameReader::cutPending(Connection& connection) {
  const size_t sizeBytes = connection.pending.size();
  if (!prepareShared(sizeBytes)) return ReadResult::kError;
  Slab& slab = slabs_.at(shared_);
  std::memcpy(slab.bytes + slab.position, connection.pending.data(), sizeBytes);
  clearPending(connection);
  return cut(connection, shared_, slab.position, sizeBytes);
}

/** Makes rows of the whole frames among these bytes and copies what is left of them out of the slab. */
ReadResult FrameReader::cut(Connection& connection, int32_t slabIndex, size_t start, size_t sizeBytes) {
  const uint8_t* const bytes = slabs_.at(slabIndex).bytes;
  const size_t end = start + sizeBytes;
  size_t position = start;
  while (end - position >= kPrefixBytes) {
    const int32_t frameSize = sizePrefix(bytes + position);
    if (frameSize < 0 || static_cast<size_t>(frameSize) > frameSizeMaxBytes_) return ReadResult::kFrameSize;
    const size_t frameBytes = static_cast<size_t>(frameSize);
    if (!reserveFront(connection, frameBytes)) break;
    const size_t bodyStart = position + kPrefixBytes;
    if (end - bodyStart >= frameBytes) {
      addRow(connection, slabIndex, bodyStart, frameBytes);
      connection.expectsLarge = frameBytes > kPendingFrameMaxBytes;
      position = bodyStart + frameBytes;
      slabs_.at(slabIndex).position = position;
      continue;
    }
    if (frameBytes <= kPendingFrameMaxBytes) break;
    const bool isStarted = startPartial(connection, frameBytes, bytes + bodyStart, end - bodyStart);
    return isStarted ? ReadResult::kOk : ReadResult::kError;
  }
  connection.pending.assign(bytes + position, bytes + end);
  return ReadResult::kOk;
}

bool FrameReader::startPartial(Connection& connection, size_t sizeBytes, const uint8_t* bytes, size_t receivedBytes) {
  const int32_t slabIndex = slabs_.take(sizeBytes);
  if (slabIndex < 0) return false;
  std::memcpy(slabs_.at(slabIndex).bytes, bytes, receivedBytes);
  connection.partialSlab = slabIndex;
  connection.partialSizeBytes = sizeBytes;
  connection.partialReceivedBytes = receivedBytes;
  connection.expectsLarge = true;
  return true;
}

bool FrameReader::reserveFront(Connection& connection, size_t sizeBytes) {
  if (connection.frontReserved) return true;
  // Bytes that were read already may use what room there is, but no large frame overtakes another.
  const bool isBehind = !largeWaiters_.empty() && !pool_.isSmall(sizeBytes);
  if (isBehind || !pool_.tryReserve(sizeBytes)) {
    wait(connection, static_cast<int64_t>(sizeBytes));
    return false;
  }
  connection.frontReserved = true;
  connection.reservedBytes = sizeBytes;
  return true;
}

void FrameReader::wait(Connection& connection, int64_t wantedBytes) {
  connection.wantedBytes = wantedBytes;
  connection.readBlocks |= kBlockedByMemory;
  const bool isLarge = wantedBytes >= 0 && !pool_.isSmall(static_cast<size_t>(wantedBytes));
  (isLarge ? largeWaiters_ : waiters_).push_back(&connection);
}

/** One that does not know what it wants may read if a small frame would find room. */
bool FrameReader::isGrantable(const Connection& connection) const {
  return pool_.canReserve(static_cast<size_t>(std::max<int64_t>(connection.wantedBytes, 1)));
}

bool FrameReader::canGrant() const {
  return (!waiters_.empty() && isGrantable(*waiters_.front())) ||
         (!largeWaiters_.empty() && isGrantable(*largeWaiters_.front()));
}

void FrameReader::grantWaiters(std::vector<Connection*>& granted) {
  grantFrom(waiters_, granted);
  grantFrom(largeWaiters_, granted);
}

void FrameReader::grantFrom(std::deque<Connection*>& waiters, std::vector<Connection*>& granted) {
  while (!waiters.empty() && isGrantable(*waiters.front())) {
    Connection& connection = *waiters.front();
    if (connection.wantedBytes < 0) {
      connection.granted = true;
    } else {
      connection.reservedBytes = static_cast<size_t>(connection.wantedBytes);
      connection.frontReserved = pool_.tryReserve(connection.reservedBytes);
    }
    connection.readBlocks &= static_cast<uint8_t>(~kBlockedByMemory);
    waiters.pop_front();
    granted.push_back(&connection);
  }
}

bool FrameReader::prepareShared(size_t roomBytes) {
  if (shared_ >= 0) {
    const Slab& slab = slabs_.at(shared_);
    if (slab.sizeBytes - slab.position >= roomBytes) return true;
    const int32_t left = shared_;
    shared_ = -1;
    if (!slab.inWakeUp && slab.retainCount == 0) slabs_.giveBack(left);
  }
  shared_ = slabs_.take(std::max(roomBytes, SlabPool::kSharedSizeBytes));
  return shared_ >= 0;
}

void FrameReader::addRow(Connection& connection, int32_t slabIndex, size_t start, size_t sizeBytes) {
  assert(rowCount_ < kRowsMax && connection.frontReserved);
  Slab& slab = slabs_.at(slabIndex);
  if (!slab.inWakeUp) {
    slab.inWakeUp = true;
    wakeUpSlabs_.push_back(slabIndex);
  }
  slab.reservedBytes += connection.reservedBytes;
  connection.frontReserved = false;
  connection.reservedBytes = 0;
  int32_t* const row = rows_ + rowCount_ * kRowLength;
  row[0] = connection.id;
  row[1] = slabIndex;
  row[2] = static_cast<int32_t>(start);
  row[3] = static_cast<int32_t>(sizeBytes);
  rowCount_ += 1;
  wakeUpBytes_ += sizeBytes;
}

void FrameReader::endWakeUp() {
  for (const int32_t slabIndex : wakeUpSlabs_) {
    Slab& slab = slabs_.at(slabIndex);
    slab.inWakeUp = false;
    if (slab.retainCount == 0) {
      letGo(slabIndex);
    } else if (slabIndex == shared_) {
      shared_ = -1;
    }
  }
  wakeUpSlabs_.clear();
  rowCount_ = 0;
  wakeUpBytes_ = 0;
}

bool FrameReader::retain(int32_t slabIndex) {
  if (!slabs_.isInUse(slabIndex)) return false;
  Slab& slab = slabs_.at(slabIndex);
  if (!slab.inWakeUp && slab.retainCount == 0) return false;
  slab.retainCount += 1;
  return true;
}

bool FrameReader::release(int32_t slabIndex) {
  if (!slabs_.isInUse(slabIndex) || slabs_.at(slabIndex).retainCount == 0) return false;
  Slab& slab = slabs_.at(slabIndex);
  slab.retainCount -= 1;
  if (slab.retainCount == 0 && !slab.inWakeUp) letGo(slabIndex);
  return true;
}

void FrameReader::letGo(int32_t slabIndex) {
  Slab& slab = slabs_.at(slabIndex);
  pool_.release(slab.reservedBytes);
  slab.reservedBytes = 0;
  poison(slab.bytes, slab.sizeBytes);
  if (slabIndex == shared_) {
    slab.position = 0;
  } else {
    slabs_.giveBack(slabIndex);
  }
}

void FrameReader::forget(Connection& connection) {
  if (connection.frontReserved) pool_.release(connection.reservedBytes);
  connection.frontReserved = false;
  connection.reservedBytes = 0;
  if (connection.partialSlab >= 0) slabs_.giveBack(connection.partialSlab);
  connection.partialSlab = -1;
  clearPending(connection);
  leaveQueue(connection);
}

void FrameReader::leaveQueue(Connection& connection) {
  if ((connection.readBlocks & kBlockedByMemory) == 0) return;
  std::erase(waiters_, &connection);
  std::erase(largeWaiters_, &connection);
}

void FrameReader::joinQueue(Connection& connection) {
  if ((connection.readBlocks & kBlockedByMemory) != 0) wait(connection, connection.wantedBytes);
}

}  // namespace ottla::transport
