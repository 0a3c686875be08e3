#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "connection.h"
#include "memory-pool.h"
#include "slab-pool.h"

namespace ottla::transport {

enum class ReadResult { kOk, kPeerClosed, kFrameSize, kError };

/**
 * Reads sockets and cuts size-prefixed frames. Whole frames lie in slabs and are collected as rows until the owner has
 * looked at them (`endWakeUp`). Between wake-ups a connection holds no shared slab: what is left of an unfinished frame
 * is copied out, or, if the frame is large, lies in a slab of its own. A frame's bytes are reserved in the memory pool
 * before its body gets one; connections that find no room wait in the order they came, for small frames and for large
 * ones apart.
 */
class FrameReader {
 public:
  static constexpr size_t kRowLength = 4;
  /** From here on the rows are delivered before more is read. */
  static constexpr size_t kRowsSoftMax = 4096;
  /** One more read may bring this many on top: its bytes and the pending ones, all empty frames. */
  static constexpr size_t kRowsMax = kRowsSoftMax + 2 * (SlabPool::kSharedSizeBytes / 4);
  static constexpr size_t kWakeUpBytes = 4 * 1024 * 1024;

  FrameReader(SlabMemory& memory, size_t frameSizeMaxBytes, size_t requestMemoryMaxBytes, int32_t* rows)
      : slabs_(memory), pool_(requestMemoryMaxBytes), frameSizeMaxBytes_(frameSizeMaxBytes), rows_(rows) {}

  /** Reads what is there, up to a bound per call, while nothing blocks the connection. */
  ReadResult read(Connection& connection);
  size_t rowCount() const { return rowCount_; }
  bool isFull() const { return rowCount_ >= kRowsSoftMax || wakeUpBytes_ >= kWakeUpBytes; }
  /** The owner has seen the rows: slabs that it did not retain are used again. */
  void endWakeUp();
  bool retain(int32_t slabIndex);
  bool release(int32_t slabIndex);
  /** Connections whose turn for request memory has come; to be read even if their socket brings nothing new. */
  void grantWaiters(std::vector<Connection*>& granted);
  /** One that the owner does not want read waits for no memory, which it would hold unused, until `joinQueue`. */
  void leaveQueue(Connection& connection);
  void joinQueue(Connection& connection);
  /** Lets go of all that a connection holds. */
  void forget(Connection& connection);
  /** Someone waits for request memory and would get it now. */
  bool canGrant() const;
  bool isStarved() const { return !waiters_.empty() || !largeWaiters_.empty(); }
  size_t usedMemoryBytes() const { return pool_.used(); }
  size_t slabMemoryBytes() const { return slabs_.allocatedBytes(); }

 private:
  int64_t receive(Connection& connection, size_t& askedBytes, ReadResult& cutResult);
  int64_t receiveShared(Connection& connection, size_t& askedBytes, ReadResult& cutResult);
  int64_t receivePartial(Connection& connection, size_t& askedBytes, ReadResult& cutResult);
  ReadResult cutPending(Connection& connection);
  ReadResult cut(Connection& connection, int32_t slabIndex, size_t start, size_t sizeBytes);
  bool startPartial(Connection& connection, size_t sizeBytes, const uint8_t* bytes, size_t receivedBytes);
  bool reserveFront(Connection& connection, size_t sizeBytes);
  void wait(Connection& connection, int64_t wantedBytes);
  bool isGrantable(const Connection& connection) const;
  void grantFrom(std::deque<Connection*>& waiters, std::vector<Connection*>& granted);
  bool prepareShared(size_t roomBytes);
  void addRow(Connection& connection, int32_t slabIndex, size_t start, size_t sizeBytes);
  void letGo(int32_t slabIndex);

  SlabPool slabs_;
  MemoryPool pool_;
  const size_t frameSizeMaxBytes_;
  int32_t* const rows_;
  size_t rowCount_ = 0;
  size_t wakeUpBytes_ = 0;
  /** The slab that sockets are read into; -1 before the first. */
  int32_t shared_ = -1;
  std::vector<int32_t> wakeUpSlabs_;
  /** Small frames, and connections whose next frame is not known yet. */
  std::deque<Connection*> waiters_;
  /** Nobody but each other waits behind them. */
  std::deque<Connection*> largeWaiters_;
};

}  // namespace ottla::transport
