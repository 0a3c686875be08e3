#include "connection.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "fail.h"
#include "socket.h"

namespace bench {
namespace {

constexpr size_t kProduceInputBytes = 64 * 1024;
/** Enough for all of a Fetch answer before its records and the base offset of the first batch. */
constexpr size_t kFetchHeadBytes = 256;
constexpr size_t kSizeBytes = 4;
constexpr size_t kSkipMaxBytes = 4 * 1024 * 1024;
constexpr size_t kBodyAt = kCorrelationIdAt + 4;
constexpr size_t kPerWrite = 64;
constexpr size_t kPiecesPerRequest = 5;
constexpr int16_t kErrorOfTheBenchmark = -1;

int dial(uint16_t port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = loopback(port);
  if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) failWithErrno("connect");
  setNoDelay(fd);
  return fd;
}

ssize_t receiveOrBlock(int fd, void* into, size_t sizeBytes, int flags) {
  const ssize_t got = recv(fd, into, sizeBytes, flags | MSG_DONTWAIT);
  if (got == 0) fail("the broker closed the connection");
  if (got < 0 && errno != EAGAIN) failWithErrno("recv");
  return got;
}

}  // namespace

Connection::Connection(uint16_t port, Task task)
    : task_(std::move(task)), fd_(dial(port)), input_(task_.isFetch ? kFetchHeadBytes : kProduceInputBytes) {}

Connection::~Connection() { close(fd_); }

bool Connection::mayMake(const Pace& pace, uint64_t nowNs) const {
  if (isAtEnd_) return false;
  if (task_.requestsMax > 0 && static_cast<int64_t>(madeCount_) == task_.requestsMax) return false;
  return dueNs_.size() < task_.inFlightMax && pace.nextDueNs(nowNs) <= nowNs;
}

void Connection::make(Pace& pace, uint64_t nowNs) {
  dueNs_.push_back(pace.nextDueNs(nowNs));
  pace.take();
  madeCount_ += 1;
  if (task_.undelivered != nullptr && !task_.isFetch) task_.undelivered->push_back(dueNs_.back());
  if (task_.isFetch) Writer(&task_.request.bytes[task_.request.fetchOffsetAt]).int64(fetchOffset_);
}

bool Connection::send(Pace& pace, uint64_t nowNs) {
  while (mayMake(pace, nowNs)) make(pace, nowNs);
  while (sentCount_ != madeCount_) {
    if (!write()) return true;
  }
  return false;
}

/** Up to kPerWrite requests, which differ in few bytes only. False when the socket blocks. */
bool Connection::write() {
  using Integer = std::array<uint8_t, 4>;
  std::vector<uint8_t>& bytes = task_.request.bytes;
  std::array<Integer, kPerWrite> ids;
  std::array<Integer, kPerWrite> partitions;
  std::array<iovec, kPerWrite * kPiecesPerRequest> pieces;
  size_t pieceCount = 0;
  const auto add = [&](uint8_t* from, size_t sizeBytes) { pieces[pieceCount++] = {from, sizeBytes}; };
  const size_t count = std::min<size_t>(madeCount_ - sentCount_, kPerWrite);
  for (size_t i = 0; i < count; i += 1) {
    const auto index = static_cast<int32_t>(sentCount_ + i);
    Writer(ids[i].data()).int32(index);
    add(bytes.data(), kCorrelationIdAt);
    add(ids[i].data(), ids[i].size());
    size_t restAt = kBodyAt;
    if (task_.rotationLength > 0) {
      Writer(partitions[i].data()).int32((task_.firstPartition + index) % task_.rotationLength);
      add(&bytes[restAt], task_.request.partitionIndexAt - restAt);
      add(partitions[i].data(), partitions[i].size());
      restAt = task_.request.partitionIndexAt + partitions[i].size();
    }
    add(&bytes[restAt], bytes.size() - restAt);
  }
  return sendPieces(pieces.data(), pieceCount);
}

bool Connection::sendPieces(iovec* first, size_t count) {
  iovec* const end = first + count;
  size_t skipBytes = partlySentBytes_;
  for (; skipBytes >= first->iov_len; first += 1) skipBytes -= first->iov_len;
  first->iov_base = static_cast<uint8_t*>(first->iov_base) + skipBytes;
  first->iov_len -= skipBytes;
  msghdr message{};
  message.msg_iov = first;
  message.msg_iovlen = static_cast<size_t>(end - first);
  const ssize_t sent = sendmsg(fd_, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent < 0 && errno == EAGAIN) return false;
  if (sent < 0) failWithErrno("send");
  const size_t allBytes = partlySentBytes_ + static_cast<size_t>(sent);
  sentCount_ += static_cast<uint32_t>(allBytes / task_.request.bytes.size());
  partlySentBytes_ = allBytes % task_.request.bytes.size();
  return true;
}

void Connection::receive(std::vector<Answer>& answers) {
  for (;;) {
    if (bodyLeftBytes_ > 0) {
      if (!skipBody()) return;
      if (bodyLeftBytes_ == 0) fetched(answers);
      continue;
    }
    const size_t room = input_.size() - inputBytes_;
    const ssize_t got = receiveOrBlock(fd_, &input_[inputBytes_], room, 0);
    if (got < 0) return;
    inputBytes_ += static_cast<size_t>(got);
    if (!takeFrames(answers) && static_cast<size_t>(got) < room) return;
  }
}

/** Lets the kernel drop record bytes without copying them. False when the socket blocks. */
bool Connection::skipBody() {
  const ssize_t got = receiveOrBlock(fd_, nullptr, std::min(bodyLeftBytes_, kSkipMaxBytes), MSG_TRUNC);
  if (got < 0) return false;
  bodyLeftBytes_ -= static_cast<size_t>(got);
  return true;
}

/** True when a body follows that is to be skipped. */
bool Connection::takeFrames(std::vector<Answer>& answers) {
  if (task_.isFetch) return takeFetch(answers);
  size_t start = 0;
  while (inputBytes_ - start >= kSizeBytes) {
    const auto frameBytes = static_cast<size_t>(Reader(&input_[start], kSizeBytes).int32());
    if (frameBytes > input_.size() - kSizeBytes) fail("an answer is too large");
    if (inputBytes_ - start - kSizeBytes < frameBytes) break;
    Reader reader(&input_[start + kSizeBytes], frameBytes);
    takeProduce(reader, answers);
    start += kSizeBytes + frameBytes;
  }
  std::copy(input_.begin() + static_cast<ptrdiff_t>(start), input_.begin() + static_cast<ptrdiff_t>(inputBytes_),
            input_.begin());
  inputBytes_ -= start;
  return false;
}

void Connection::takeProduce(Reader& reader, std::vector<Answer>& answers) {
  if (reader.int32() != static_cast<int32_t>(answeredCount_)) fail("answers came out of order");
  answered(answers, readProduceErrors(reader, task_.partitionsPerRequest), 0);
}

bool Connection::takeFetch(std::vector<Answer>& answers) {
  if (inputBytes_ < kSizeBytes) return false;
  const size_t frameBytes = kSizeBytes + static_cast<size_t>(Reader(input_.data(), kSizeBytes).int32());
  if (inputBytes_ < std::min(frameBytes, input_.size())) return false;
  Reader reader(&input_[kSizeBytes], inputBytes_ - kSizeBytes);
  if (reader.int32() != static_cast<int32_t>(answeredCount_)) fail("answers came out of order");
  const FetchHead head = readFetchHead(reader);
  const size_t batchCount = head.recordBytes / task_.batchBytes;
  const bool mayBeEmpty = task_.undelivered != nullptr;
  const bool isWanted = batchCount > 0 ? head.baseOffset == fetchOffset_ : mayBeEmpty;
  const int16_t errorCode = head.errorCode != 0 || isWanted ? head.errorCode : kErrorOfTheBenchmark;
  fetchOffset_ += static_cast<int64_t>(batchCount) * task_.recordsPerBatch;
  if (task_.fetchEndOffset > 0 && fetchOffset_ >= task_.fetchEndOffset) {
    isAtEnd_ = task_.isFetchedOnce;
    fetchOffset_ = 0;
  }
  bodyLeftBytes_ = frameBytes - inputBytes_;
  inputBytes_ = 0;
  pendingFetch_ = {0, errorCode, head.recordBytes};
  if (bodyLeftBytes_ > 0) return true;
  fetched(answers);
  return false;
}

void Connection::answered(std::vector<Answer>& answers, int16_t errorCode, size_t recordBytes) {
  answers.push_back({dueNs_.front(), errorCode, recordBytes});
  dueNs_.pop_front();
  answeredCount_ += 1;
}

void Connection::fetched(std::vector<Answer>& answers) {
  if (task_.undelivered == nullptr || pendingFetch_.errorCode != 0) {
    answered(answers, pendingFetch_.errorCode, pendingFetch_.recordBytes);
  } else {
    delivered(answers);
  }
}

/** A Fetch whose time ran out brings nothing and counts for nothing. */
void Connection::delivered(std::vector<Answer>& answers) {
  dueNs_.pop_front();
  answeredCount_ += 1;
  for (size_t left = pendingFetch_.recordBytes / task_.batchBytes; left > 0; left -= 1) {
    if (task_.undelivered->empty()) fail("more was fetched than was produced");
    answers.push_back({task_.undelivered->front(), 0, task_.batchBytes, true});
    task_.undelivered->pop_front();
  }
}

}  // namespace bench
