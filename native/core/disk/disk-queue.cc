#include "disk-queue.h"

#include <signal.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "operations.h"
#include "residency.h"

namespace ottla::disk {

DiskQueue::DiskQueue(Backend& backend, std::function<void()> notify)
    : backend_(backend), notify_(std::move(notify)) {}

DiskQueue::~DiskQueue() { close(); }

int DiskQueue::start() {
  // Signals belong to the loop's thread; the new thread inherits the mask that is set here.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  const int error = pthread_create(&thread_, nullptr, &DiskQueue::runThread, this);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  running_ = error == 0;
  return error;
}

void DiskQueue::submit(QueueJob job) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    jobs_.push_back(std::move(job));
  }
  wake_.notify_one();
}

size_t DiskQueue::take(int32_t* rows, size_t capacity) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const size_t count = std::min(capacity, completions_.size());
  for (size_t i = 0; i < count; i += 1) {
    rows[2 * i] = completions_[i].ticket;
    rows[2 * i + 1] = completions_[i].error;
  }
  completions_.erase(completions_.begin(), completions_.begin() + static_cast<std::ptrdiff_t>(count));
  return count;
}

void DiskQueue::close() {
  if (!running_) return;
  running_ = false;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    closing_ = true;
  }
  wake_.notify_one();
  pthread_join(thread_, nullptr);
}

void* DiskQueue::runThread(void* self) {
  static_cast<DiskQueue*>(self)->run();
  return nullptr;
}

void DiskQueue::run() {
  std::unique_lock<std::mutex> lock(mutex_);
  while (true) {
    wake_.wait(lock, [this] { return closing_ || !jobs_.empty(); });
    if (jobs_.empty()) return;
    QueueJob job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    const int error = execute(job);
    // The last holder of a file closes it: here, not under the lock.
    job.file.reset();
    job.gathered.reset();
    lock.lock();
    completions_.push_back({job.ticket, error});
    if (completions_.size() > 1) continue;
    lock.unlock();
    notify_();
    lock.lock();
  }
}

int DiskQueue::execute(const QueueJob& job) {
  switch (job.operation) {
    case QueueOperation::kDatasync:
      return syncFile(*job.file);
    case QueueOperation::kSyncDirectory:
      return syncDirectory(backend_, job.path);
    case QueueOperation::kRename:
      return -backend_.rename(job.path.c_str(), job.toPath.c_str());
    case QueueOperation::kCreateFile:
      return createFile(backend_, job.path);
    case QueueOperation::kMakeDirectory:
      return makeDirectory(backend_, job.path);
    case QueueOperation::kUnlink:
      return -backend_.unlink(job.path.c_str());
    case QueueOperation::kRemoveTree:
      return removeTree(backend_, job.path);
    case QueueOperation::kGather:
      return gather(*job.file, *job.gathered);
    case QueueOperation::kWarm:
      return warmRange(backend_, job.path, job.position, job.sizeBytes);
    case QueueOperation::kWriteOut:
      return writeOut(*job.file, job.position, job.sizeBytes);
  }
  return EINVAL;
}

}  // namespace ottla::disk
