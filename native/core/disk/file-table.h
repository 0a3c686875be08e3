#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "backend.h"

namespace ottla::disk {

/** An open descriptor; closed when the last holder (the table, a sync in flight, a range being sent) lets go. */
class File {
 public:
  File(Backend& backend, int fd, std::string path)
      : backend_(backend), fd_(fd), path_(std::move(path)), device_(backend.device(fd)) {}
  ~File();
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  int fd() const { return fd_; }
  const std::string& path() const { return path_; }
  Backend& backend() const { return backend_; }
  /** Asked once, when the file is opened: a network file system may wait for its server with the answer. */
  int64_t device() const { return device_; }

  /**
   * errno of the first sync that failed, or 0. The kernel forgets the pages of a failed write-back, so that a second
   * sync would report success over lost data: from here on writes and syncs of this file are refused. Any thread.
   */
  int syncError() const { return syncError_.load(std::memory_order_acquire); }
  void failSync(int error);
  /** Held during a sync: the kernel tells a failure to one of two that wait for the same pages. */
  std::mutex& syncMutex() { return syncMutex_; }

 private:
  Backend& backend_;
  const int fd_;
  const std::string path_;
  const int64_t device_;
  std::atomic<int> syncError_{0};
  std::mutex syncMutex_;
};

/** Small whole numbers for open files. Owned by one thread; what `get` answers may travel to others. */
class FileTable {
 public:
  /** A number goes out again only after it was removed, the longest unused first. */
  int32_t add(std::shared_ptr<File> file);
  /** Empty for a number that is not in use. */
  std::shared_ptr<File> get(int32_t handle) const;
  /** False when the number is not in use. */
  bool remove(int32_t handle);
  size_t count() const { return files_.size() - free_.size(); }

 private:
  std::vector<std::shared_ptr<File>> files_;
  std::deque<int32_t> free_;
};

}  // namespace ottla::disk
