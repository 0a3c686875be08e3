#include "range-warmer.h"

#include <utility>

#include "../disk/residency.h"

namespace ottla::transport {
namespace {

constexpr size_t kAtOnceMax = 2;

}  // namespace

void RangeWarmer::warm(int32_t connectionId, std::shared_ptr<disk::File> file, int64_t position, int64_t sizeBytes) {
  auto job = std::make_unique<Job>();
  job->work.data = job.get();
  job->warmer = this;
  job->connectionId = connectionId;
  job->file = std::move(file);
  job->position = position;
  job->sizeBytes = sizeBytes;
  waiting_.push_back(std::move(job));
  startNext();
}

void RangeWarmer::close() { waiting_.clear(); }

void RangeWarmer::startNext() {
  if (waiting_.empty() || underWay_ == kAtOnceMax) return;
  Job* const job = waiting_.front().release();
  waiting_.pop_front();
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
  underWay_ -= 1;
  startNext();
  onWarm(ended->connectionId);
}

}  // namespace ottla::transport
