#pragma once

#include <fcntl.h>
#include <sys/types.h>
#include <sys/uio.h>

#include <cstdint>
#include <string>
#include <vector>

namespace ottla::disk {

/**
 * The system calls the disk core makes, one to one, so that a test can record them and make any of them fail.
 * Every function answers a negative errno on failure.
 */
class Backend {
 public:
  virtual ~Backend() = default;
  virtual int open(const char* path, int flags, mode_t mode) = 0;
  virtual int close(int fd) = 0;
  virtual ssize_t pwritev(int fd, const iovec* buffers, int count, off_t position) = 0;
  virtual ssize_t pread(int fd, void* into, size_t sizeBytes, off_t position) = 0;
  /** The same from the page cache alone: -EAGAIN where it does not have the bytes. */
  virtual ssize_t preadCached(int fd, void* into, size_t sizeBytes, off_t position) = 0;
  /** How many pages of the range the page cache has, those included that are being read; Linux 6.5 and newer. */
  virtual int64_t cachedPages(int fd, off_t position, off_t sizeBytes) = 0;
  /** Files of this one live in memory. */
  virtual bool isInMemory(int fd) = 0;
  virtual int64_t sizeBytes(int fd) = 0;
  virtual bool isDirectory(int fd) = 0;
  /** The number of the device that the file lies on. */
  virtual int64_t device(int fd) = 0;
  virtual int ftruncate(int fd, off_t sizeBytes) = 0;
  virtual int fdatasync(int fd) = 0;
  /** Writes the dirty pages of the range out and waits for them; tells of errors, but of no metadata. */
  virtual int syncRange(int fd, off_t position, off_t sizeBytes) = 0;
  virtual int fsync(int fd) = 0;
  /** Exclusive lock owned by the open file description; -EAGAIN when another one has it. */
  virtual int lock(int fd) = 0;
  virtual int rename(const char* from, const char* to) = 0;
  virtual int unlink(const char* path) = 0;
  virtual int mkdir(const char* path) = 0;
  virtual int rmdir(const char* path) = 0;
  /** Fills `names` with the entries but `.` and `..`. */
  virtual int list(const char* path, std::vector<std::string>& names) = 0;
};

/** The operating system's own calls. Stateless, usable from every thread. */
Backend& posixBackend();

}  // namespace ottla::disk
