#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>
#include <vector>

namespace bench {

/**
 * Group commit: whatever was written while one round of fdatasync runs shares the next round. The thread runs until the
 * process ends.
 */
class Flusher {
 public:
  Flusher();

  /** Readable whenever a round has ended. */
  int eventFd() const { return eventFd_; }
  /** The round that will make what was written to these files durable. */
  uint64_t request(const std::vector<int>& fds);
  /** The last round that has ended. */
  uint64_t ended();

 private:
  void run();
  std::vector<int> nextRound();

  int eventFd_;
  std::mutex mutex_;
  std::condition_variable wanted_;
  std::vector<int> pending_;
  uint64_t nextRound_ = 1;
  uint64_t ended_ = 0;
  std::thread thread_;
};

}  // namespace bench
