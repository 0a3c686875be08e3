#pragma once

#include <uv.h>

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>

#include "../disk/file-table.h"

namespace ottla::transport {

/**
 * Reads file ranges into the page cache on libuv's threads, few at a time, since others need those threads too.
 * Owned by the loop's thread; must not go before `isIdle`.
 */
class RangeWarmer {
 public:
  /** `onWarm` comes from the loop, once for each range that was asked for, whether it could be read or not. */
  RangeWarmer(uv_loop_t* loop, std::function<void(int32_t connectionId)> onWarm)
      : loop_(loop), onWarm_(std::move(onWarm)) {}
  RangeWarmer(const RangeWarmer&) = delete;
  RangeWarmer& operator=(const RangeWarmer&) = delete;

  void warm(int32_t connectionId, std::shared_ptr<disk::File> file, int64_t position, int64_t sizeBytes);
  /** What waits for its turn is forgotten, and nobody told. */
  void close();
  bool isIdle() const { return underWay_ == 0 && waiting_.empty(); }

 private:
  struct Job {
    uv_work_t work{};
    RangeWarmer* warmer;
    int32_t connectionId;
    std::shared_ptr<disk::File> file;
    int64_t position;
    int64_t sizeBytes;
  };
  void startNext();
  void finish(Job* job);

  uv_loop_t* const loop_;
  const std::function<void(int32_t)> onWarm_;
  std::deque<std::unique_ptr<Job>> waiting_;
  size_t underWay_ = 0;
};

}  // namespace ottla::transport
