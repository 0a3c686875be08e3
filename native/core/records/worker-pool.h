#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace ottla::records {

/** Work that may take long. Made and destroyed by the owner of the pool, `work` is called on one of its threads. */
class Job {
 public:
  virtual ~Job() = default;
  virtual void work() = 0;
};

/**
 * A few threads that take jobs in order. Jobs may finish in another order. Threads begin with the first job.
 * All functions are called by the owner's thread only; `onDone` is called on a worker.
 */
class WorkerPool {
 public:
  WorkerPool(size_t threadsCount, size_t jobsMax, std::function<void()> onDone)
      : threadsCount_(threadsCount), jobsMax_(jobsMax), onDone_(std::move(onDone)) {}
  ~WorkerPool() { close(); }
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  /** False, and the job is gone, when `jobsMax` jobs are waiting or the pool is closed. */
  bool submit(std::unique_ptr<Job> job);
  /** The jobs finished since the last call. `onDone` comes once for all that finish before this is called. */
  std::vector<std::unique_ptr<Job>> take();
  /** Waits for the running jobs; those still waiting never run. What finished can still be taken. */
  void close();

 private:
  void run();

  const size_t threadsCount_;
  const size_t jobsMax_;
  const std::function<void()> onDone_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::unique_ptr<Job>> waiting_;
  std::vector<std::unique_ptr<Job>> done_;
  std::vector<std::thread> threads_;
  bool closed_ = false;
};

}  // namespace ottla::records
