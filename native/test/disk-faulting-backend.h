#pragma once

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "../core/disk/backend.h"

namespace ottla::disk {

/** Passes every call on, writes it down, and makes planned ones fail or move only a part. Any thread. */
class FaultingBackend : public Backend {
 public:
  explicit FaultingBackend(Backend& real) : real_(real) {}

  /** The `nth` call (counted from 1) of `call` answers -error instead of being made. */
  void fail(const std::string& call, int nth, int error) {
    const std::lock_guard<std::mutex> lock(mutex_);
    faults_[call][nth] = error;
  }
  /** Every read and write takes at most this many bytes. */
  void shorten(size_t mostBytes) { mostBytes_ = mostBytes; }
  std::vector<std::string> calls() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return calls_;
  }
  int countOf(const std::string& call) const {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto found = counts_.find(call);
    return found == counts_.end() ? 0 : found->second;
  }

  int open(const char* path, int flags, mode_t mode) override {
    const int error = enter("open", path);
    return error ? -error : real_.open(path, flags, mode);
  }
  int close(int fd) override {
    enter("close", "");
    return real_.close(fd);
  }
  ssize_t pwritev(int fd, const iovec* buffers, int count, off_t position) override {
    if (const int error = enter("pwritev", std::to_string(count))) return -error;
    if (mostBytes_ == SIZE_MAX) return real_.pwritev(fd, buffers, count, position);
    iovec first = buffers[0];
    first.iov_len = std::min(first.iov_len, mostBytes_);
    return real_.pwritev(fd, &first, 1, position);
  }
  ssize_t pread(int fd, void* into, size_t sizeBytes, off_t position) override {
    const int error = enter("pread", "");
    return error ? -error : real_.pread(fd, into, std::min(sizeBytes, mostBytes_), position);
  }
  ssize_t preadCached(int fd, void* into, size_t sizeBytes, off_t position) override {
    const int error = enter("preadCached", std::to_string(position));
    return error ? -error : real_.preadCached(fd, into, sizeBytes, position);
  }
  int64_t cachedPages(int fd, off_t position, off_t sizeBytes) override {
    const int error = enter("cachedPages", "");
    return error ? -error : real_.cachedPages(fd, position, sizeBytes);
  }
  bool isInMemory(int fd) override { return enter("isInMemory", "") ? true : real_.isInMemory(fd); }
  int64_t sizeBytes(int fd) override { return real_.sizeBytes(fd); }
  bool isDirectory(int fd) override { return real_.isDirectory(fd); }
  int64_t device(int fd) override { return real_.device(fd); }
  int ftruncate(int fd, off_t sizeBytes) override {
    const int error = enter("ftruncate", std::to_string(sizeBytes));
    return error ? -error : real_.ftruncate(fd, sizeBytes);
  }
  int fdatasync(int fd) override {
    const int error = enter("fdatasync", "");
    return error ? -error : real_.fdatasync(fd);
  }
  int syncRange(int fd, off_t position, off_t sizeBytes) override {
    const int error = enter("syncRange", std::to_string(position) + "+" + std::to_string(sizeBytes));
    return error ? -error : real_.syncRange(fd, position, sizeBytes);
  }
  int fsync(int fd) override {
    const int error = enter("fsync", "");
    return error ? -error : real_.fsync(fd);
  }
  int lock(int fd) override { return real_.lock(fd); }
  int rename(const char* from, const char* to) override {
    const int error = enter("rename", from);
    return error ? -error : real_.rename(from, to);
  }
  int unlink(const char* path) override {
    const int error = enter("unlink", path);
    return error ? -error : real_.unlink(path);
  }
  int mkdir(const char* path) override { return real_.mkdir(path); }
  int rmdir(const char* path) override { return real_.rmdir(path); }
  int list(const char* path, std::vector<std::string>& names) override { return real_.list(path, names); }

 private:
  int enter(const std::string& call, const std::string& detail) {
    const std::lock_guard<std::mutex> lock(mutex_);
    calls_.push_back(detail.empty() ? call : call + " " + detail);
    const int nth = ++counts_[call];
    const auto& planned = faults_[call];
    const auto found = planned.find(nth);
    return found == planned.end() ? 0 : found->second;
  }

  Backend& real_;
  mutable std::mutex mutex_;
  std::map<std::string, std::map<int, int>> faults_;
  std::map<std::string, int> counts_;
  std::vector<std::string> calls_;
  size_t mostBytes_ = SIZE_MAX;
};

}  // namespace ottla::disk
