#include "worker-pool.h"

#include <utility>

namespace ottla::records {

bool WorkerPool::submit(std::unique_ptr<Job> job) {
  {
    const std::lock_guard lock(mutex_);
    if (closed_ || waiting_.size() >= jobsMax_) return false;
    waiting_.push_back(std::move(job));
  }
  while (threads_.size() < threadsCount_) threads_.emplace_back([this] { run(); });
  wake_.notify_one();
  return true;
}

std::vector<std::unique_ptr<Job>> WorkerPool::take() {
  const std::lock_guard lock(mutex_);
  return std::exchange(done_, {});
}

void WorkerPool::close() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  waiting_.clear();
}

void WorkerPool::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [this] { return closed_ || !waiting_.empty(); });
    if (closed_) return;
    std::unique_ptr<Job> job = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    job->work();
    lock.lock();
    done_.push_back(std::move(job));
    if (done_.size() > 1) continue;
    lock.unlock();
    onDone_();
    lock.lock();
  }
}

}  // namespace ottla::records
