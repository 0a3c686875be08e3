#include "range-warmer.h"

#include <cassert>
#include <iterator>
#include <utility>

#include "../disk/residency.h"

namespace ottla::transport {
namespace {

/**
 * A hung disk keeps its thread. Node has four unless UV_THREADPOOL_SIZE says otherwise: with one for each device, two
 * hung disks leave one to a third, and whatever hangs leaves one to Node's own files and names of hosts.
 */
constexpr size_t kAtOnceMax = 3;

}  // namespace

void RangeWarmer::warm(int32_t connectionId, std::shared_ptr<disk::File> file, int64_t position, int64_t sizeBytes) {
  assert(!waitingOf_.contains(connectionId));
  Device& device = deviceOf(*file);
  auto job = std::make_unique<Job>();
  job->work.data = job.get();
  job->warmer = this;
  job->device = &device;
  job->connectionId = connectionId;
  job->file = std::move(file);
  job->position = position;
  job->sizeBytes = sizeBytes;
  device.waiting.push_back(std::move(job));
  waitingOf_.emplace(connectionId, std::prev(device.waiting.end()));
  startNext();
}

void RangeWarmer::forget(int32_t connectionId) {
  const auto found = waitingOf_.find(connectionId);
  if (found == waitingOf_.end()) return;
  const Jobs::iterator job = found->second;
  (*job)->device->waiting.erase(job);
  waitingOf_.erase(found);
}

RangeWarmer::Device& RangeWarmer::deviceOf(const disk::File& file) {
  for (Device& device : devices_) {
    if (device.number == file.device()) return device;
  }
  Device& device = devices_.emplace_front();
  device.number = file.device();
  return device;
}

void RangeWarmer::startNext() {
  for (auto next = devices_.begin(); next != devices_.end() && underWay_ < kAtOnceMax;) {
    const auto device = next++;
    if (device->isBusy || device->waiting.empty()) continue;
    start(*device);
    devices_.splice(devices_.end(), devices_, device);
  }
}

void RangeWarmer::start(Device& device) {
  Job* const job = device.waiting.front().release();
  device.waiting.pop_front();
  waitingOf_.erase(job->connectionId);
  device.isBusy = true;
  underWay_ += 1;
  const auto read = [](uv_work_t* work) {
    auto* const reading = static_cast<Job*>(work->data);
    // What can't be read here fails again when it is sent, and ends the connection there.
    disk::warmRange(*reading->file, reading->position, reading->sizeBytes);
  };
  const auto done = [](uv_work_t* work, int) {
    auto* const ended = static_cast<Job*>(work->data);
    ended->warmer->finish(ended);
  };
  // It fails for a null callback only.
  uv_queue_work(loop_, &job->work, read, done);
}

/** The callback may delete this object, and with it the member. */
void RangeWarmer::finish(Job* job) {
  const std::unique_ptr<Job> ended(job);
  const std::function<void(int32_t)> onWarm = onWarm_;
  ended->device->isBusy = false;
  underWay_ -= 1;
  startNext();
  onWarm(ended->connectionId);
}

}  // namespace ottla::transport
