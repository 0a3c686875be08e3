#include "connection.h"

#include <sys/sendfile.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "bytes.h"
#include "fail.h"

namespace bench {
namespace {

/** From here on the rest of a frame is asked for alone, so that no beginning of the next one has to be moved. */
constexpr size_t kLargeRestBytes = 32 * 1024;
/** Thousands of connections must not cost this much each: only those that fill a read get to ask for more. */
constexpr size_t kReadMaxBytes = 256 * 1024;
constexpr size_t kSizePrefixBytes = 4;

size_t frameBytes(const uint8_t* frame) {
  return kSizePrefixBytes + static_cast<size_t>(Reader(frame, kSizePrefixBytes).int32());
}

}  // namespace

size_t Input::wantedBytes() const {
  const size_t have = end_ - start_;
  if (have >= kSizePrefixBytes) {
    const size_t rest = frameBytes(&bytes_[start_]) - have;
    if (rest >= kLargeRestBytes) return rest;
  }
  return readBytes_;
}

bool Input::receive(int fd) {
  const size_t wanted = wantedBytes();
  if (end_ + wanted > bytes_.size()) bytes_.resize(end_ + wanted);
  const ssize_t got = recv(fd, &bytes_[end_], wanted, 0);
  if (got < 0) return errno == EAGAIN;
  end_ += static_cast<size_t>(got);
  if (static_cast<size_t>(got) == wanted) readBytes_ = std::min(2 * readBytes_, kReadMaxBytes);
  return got > 0;
}

uint8_t* Input::nextFrame(size_t& sizeBytes) {
  const size_t have = end_ - start_;
  if (have < kSizePrefixBytes || have < frameBytes(&bytes_[start_])) return nullptr;
  uint8_t* frame = &bytes_[start_ + kSizePrefixBytes];
  sizeBytes = frameBytes(&bytes_[start_]) - kSizePrefixBytes;
  start_ += kSizePrefixBytes + sizeBytes;
  return frame;
}

void Input::compact() {
  if (start_ == 0) return;
  std::memmove(bytes_.data(), &bytes_[start_], end_ - start_);
  end_ -= start_;
  start_ = 0;
}

Bytes& Output::tail() {
  if (pieces_.empty() || pieces_.back().fileFd >= 0) pieces_.emplace_back();
  return pieces_.back().bytes;
}

void Output::addFile(int fileFd, int64_t position, size_t sizeBytes) {
  pieces_.push_back({{}, fileFd, position, sizeBytes});
}

Output::Sent Output::sendFront(int socketFd) {
  Piece& piece = pieces_.front();
  if (piece.fileFd >= 0) {
    const ssize_t sent = sendfile(socketFd, piece.fileFd, &piece.position, piece.leftBytes);
    if (sent < 0) return Sent::kBlocked;
    piece.leftBytes -= static_cast<size_t>(sent);
    return piece.leftBytes == 0 ? Sent::kAll : Sent::kSome;
  }
  const int more = pieces_.size() > 1 ? MSG_MORE : 0;
  const size_t left = piece.bytes.size() - frontSentBytes_;
  const ssize_t sent = ::send(socketFd, &piece.bytes[frontSentBytes_], left, MSG_NOSIGNAL | more);
  if (sent < 0) return Sent::kBlocked;
  frontSentBytes_ += static_cast<size_t>(sent);
  return frontSentBytes_ == piece.bytes.size() ? Sent::kAll : Sent::kSome;
}

bool Output::send(int socketFd) {
  while (!pieces_.empty()) {
    const Sent sent = sendFront(socketFd);
    // Any other error shows at the next recv, which ends the connection.
    if (sent == Sent::kBlocked) return errno != EAGAIN;
    if (sent == Sent::kSome) continue;
    pieces_.pop_front();
    frontSentBytes_ = 0;
  }
  return true;
}

}  // namespace bench
