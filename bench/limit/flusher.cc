#include "flusher.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "fail.h"

namespace bench {

Flusher::Flusher() : eventFd_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)), thread_([this] { run(); }) {
  if (eventFd_ < 0) failWithErrno("eventfd");
  thread_.detach();
}

uint64_t Flusher::request(const std::vector<int>& fds) {
  const std::lock_guard lock(mutex_);
  for (const int fd : fds) {
    if (std::find(pending_.begin(), pending_.end(), fd) == pending_.end()) pending_.push_back(fd);
  }
  wanted_.notify_one();
  return nextRound_;
}

uint64_t Flusher::ended() {
  const std::lock_guard lock(mutex_);
  return ended_;
}

std::vector<int> Flusher::nextRound() {
  std::unique_lock lock(mutex_);
  wanted_.wait(lock, [this] { return !pending_.empty(); });
  nextRound_ += 1;
  return std::exchange(pending_, {});
}

void Flusher::run() {
  for (;;) {
    for (const int fd : nextRound()) {
      if (fdatasync(fd) != 0) failWithErrno("fdatasync");
    }
    {
      const std::lock_guard lock(mutex_);
      ended_ += 1;
    }
    const uint64_t one = 1;
    if (write(eventFd_, &one, sizeof one) != sizeof one) failWithErrno("eventfd");
  }
}

}  // namespace bench
