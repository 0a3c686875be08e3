#pragma once

#include <pthread.h>

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "backend.h"
#include "file-table.h"
#include "gather.h"

namespace ottla::disk {

/** The numbers cross the native boundary. */
enum class QueueOperation : int32_t {
  kDatasync = 0,
  kSyncDirectory = 1,
  kRename = 2,
  kCreateFile = 3,
  kMakeDirectory = 4,
  kUnlink = 5,
  kRemoveTree = 6,
  kGather = 7,
  kWarm = 8,
  kWriteOut = 9,
};

struct QueueJob {
  QueueOperation operation;
  int32_t ticket;
  /** Only for kDatasync, kGather and kWriteOut; keeps the descriptor open until the call is done. */
  std::shared_ptr<File> file;
  std::string path;
  std::string toPath;
  int64_t sizeBytes;
  /** Only for kGather. */
  std::unique_ptr<Gather> gathered{};
  /** Only for kWarm and kWriteOut. */
  int64_t position = 0;
};

/** One thread that executes slow calls in the order they were submitted. */
class DiskQueue {
 public:
  /** `notify` runs on the queue's thread, once whenever completions are there to be taken and none were before. */
  DiskQueue(Backend& backend, std::function<void()> notify);
  /** Closes. */
  ~DiskQueue();
  DiskQueue(const DiskQueue&) = delete;
  DiskQueue& operator=(const DiskQueue&) = delete;

  /** Starts the thread; answers 0 or a positive errno. Once, before any `submit`. */
  int start();
  void submit(QueueJob job);
  /** Moves up to `capacity` completions, in order of submission, into `rows` as [ticket, errno]; answers the count. */
  size_t take(int32_t* rows, size_t capacity);
  /** Ends the thread after what was submitted. May be called again. */
  void close();

 private:
  struct Completion {
    int32_t ticket;
    int32_t error;
  };

  static void* runThread(void* self);
  void run();
  int execute(const QueueJob& job);

  Backend& backend_;
  const std::function<void()> notify_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<QueueJob> jobs_;
  std::vector<Completion> completions_;
  bool closing_ = false;
  bool running_ = false;
  pthread_t thread_{};
};

}  // namespace ottla::disk
