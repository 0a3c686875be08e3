#pragma once

#include <uv.h>

#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <unordered_map>

#include "../disk/file-table.h"

namespace ottla::transport {

/**
 * Reads file ranges into the page cache on libuv's threads: of each device one at a time, in the order in which they
 * were asked for, so that a disk that is slow or hangs holds up nobody else's. Owned by the loop's thread; must not go
 * before `isIdle`.
 */
class RangeWarmer {
 public:
  /** `onWarm` comes from the loop, once for each range that was begun, whether it could be read or not. */
  RangeWarmer(uv_loop_t* loop, std::function<void(int32_t connectionId)> onWarm)
      : loop_(loop), onWarm_(std::move(onWarm)) {}
  RangeWarmer(const RangeWarmer&) = delete;
  RangeWarmer& operator=(const RangeWarmer&) = delete;

  /** One range of a connection at a time, so that connections with ranges on one device take turns. */
  void warm(int32_t connectionId, std::shared_ptr<disk::File> file, int64_t position, int64_t sizeBytes);
  /** The connection has ended: its range is not begun any more. If it is under way already, `onWarm` comes. */
  void forget(int32_t connectionId);
  bool isIdle() const { return underWay_ == 0 && waitingOf_.empty(); }

 private:
  struct Device;
  struct Job {
    uv_work_t work{};
    RangeWarmer* warmer;
    Device* device;
    int32_t connectionId;
    std::shared_ptr<disk::File> file;
    int64_t position;
    int64_t sizeBytes;
  };
  using Jobs = std::list<std::unique_ptr<Job>>;
  struct Device {
    int64_t number;
    Jobs waiting;
    bool isBusy = false;
  };
  Device& deviceOf(const disk::File& file);
  void startNext();
  void start(Device& device);
  void finish(Job* job);

  uv_loop_t* const loop_;
  const std::function<void(int32_t)> onWarm_;
  /** As many as there are disks with logs, the one that has waited longest for a turn first; jobs point into it. */
  std::list<Device> devices_;
  std::unordered_map<int32_t, Jobs::iterator> waitingOf_;
  size_t underWay_ = 0;
};

}  // namespace ottla::transport
