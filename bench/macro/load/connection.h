#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "pace.h"
#include "requests.h"

namespace bench {

/** An answer that came. */
struct Answer {
  uint64_t dueNs;
  int16_t errorCode;
  /** Fetched; whole batches or not. */
  size_t recordBytes;
  /** Of a record to the one who waits for it; then `dueNs` is when it was due to be produced. */
  bool isDelivery = false;
};

/** When the batches that a parked Fetch has still to bring were due, in the order of their offsets. */
using Undelivered = std::deque<uint64_t>;

/** What is asked on a connection, over and over. */
struct Task {
  Request request;
  bool isFetch = false;
  size_t partitionsPerRequest = 1;
  /** A Produce goes from here on around so many partitions; 0: it stays with those of the request. */
  int32_t firstPartition = 0;
  int32_t rotationLength = 0;
  /** Shared by the producer and the consumer of one partition; null: nobody waits for records. */
  std::shared_ptr<Undelivered> undelivered;
  size_t batchBytes = 0;
  int32_t recordsPerBatch = 1;
  int64_t fetchEndOffset = 0;
  /** The end offset ends it, in place of a new beginning. */
  bool isFetchedOnce = false;
  uint32_t inFlightMax = 1;
  /** 0: no end. */
  int64_t requestsMax = 0;
};

/** A non-blocking socket with several requests under way; answers must come in order. */
class Connection {
 public:
  Connection(uint16_t port, Task task);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  int fd() const { return fd_; }
  bool isFetch() const { return task_.isFetch; }
  bool isDone() const {
    return isAtEnd_ || (task_.requestsMax > 0 && answeredCount_ == task_.requestsMax);
  }
  /** All that was made is answered, and has come to whoever waits for it. */
  bool isDrained() const {
    return task_.isFetch || (dueNs_.empty() && (task_.undelivered == nullptr || task_.undelivered->empty()));
  }
  /** Makes and sends what is due and has room; true when the socket blocks. */
  bool send(Pace& pace, uint64_t nowNs);
  /** Takes what came. */
  void receive(std::vector<Answer>& answers);

 private:
  bool mayMake(const Pace& pace, uint64_t nowNs) const;
  void make(Pace& pace, uint64_t nowNs);
  bool write();
  /** The requests from sentCount_ on; the first may be partly sent. */
  bool sendPieces(iovec* first, size_t count);
  bool skipBody();
  bool takeFrames(std::vector<Answer>& answers);
  void takeProduce(Reader& reader, std::vector<Answer>& answers);
  bool takeFetch(std::vector<Answer>& answers);
  void answered(std::vector<Answer>& answers, int16_t errorCode, size_t recordBytes);
  void fetched(std::vector<Answer>& answers);
  void delivered(std::vector<Answer>& answers);

  Task task_;
  int fd_;
  std::deque<uint64_t> dueNs_;
  uint32_t madeCount_ = 0;
  uint32_t sentCount_ = 0;
  size_t partlySentBytes_ = 0;
  int64_t answeredCount_ = 0;
  int64_t fetchOffset_ = 0;
  bool isAtEnd_ = false;
  std::vector<uint8_t> input_;
  size_t inputBytes_ = 0;
  /** Of a Fetch answer whose head is known: what is still to come. */
  size_t bodyLeftBytes_ = 0;
  Answer pendingFetch_{};
};

}  // namespace bench
