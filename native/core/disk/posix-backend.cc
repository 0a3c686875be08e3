#include <dirent.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "backend.h"

namespace ottla::disk {
namespace {

template <typename Result>
Result orErrno(Result result) {
  return result < 0 ? static_cast<Result>(-errno) : result;
}

// cachestat(2), for which the C library has no name yet.
constexpr long kCachestat = 451;
struct CachestatRange {
  uint64_t position;
  uint64_t sizeBytes;
};
struct Cachestat {
  uint64_t cachedPages;
  uint64_t dirtyPages;
  uint64_t writebackPages;
  uint64_t evictedPages;
  uint64_t recentlyEvictedPages;
};

class PosixBackend final : public Backend {
 public:
  int open(const char* path, int flags, mode_t mode) override { return orErrno(::open(path, flags, mode)); }
  int close(int fd) override { return orErrno(::close(fd)); }
  ssize_t pwritev(int fd, const iovec* buffers, int count, off_t position) override {
    return orErrno(::pwritev(fd, buffers, count, position));
  }
  ssize_t pread(int fd, void* into, size_t sizeBytes, off_t position) override {
    return orErrno(::pread(fd, into, sizeBytes, position));
  }
  ssize_t preadCached(int fd, void* into, size_t sizeBytes, off_t position) override {
    const iovec buffer{into, sizeBytes};
    return orErrno(::preadv2(fd, &buffer, 1, position, RWF_NOWAIT));
  }
  int64_t cachedPages(int fd, off_t position, off_t sizeBytes) override {
    CachestatRange range{static_cast<uint64_t>(position), static_cast<uint64_t>(sizeBytes)};
    Cachestat found{};
    if (::syscall(kCachestat, fd, &range, &found, 0) != 0) return -errno;
    return static_cast<int64_t>(found.cachedPages);
  }
  bool isInMemory(int fd) override {
    struct statfs status;
    return ::fstatfs(fd, &status) == 0 && (status.f_type == TMPFS_MAGIC || status.f_type == RAMFS_MAGIC);
  }
  int64_t sizeBytes(int fd) override {
    struct stat status;
    if (::fstat(fd, &status) != 0) return -errno;
    return status.st_size;
  }
  bool isDirectory(int fd) override {
    struct stat status;
    return ::fstat(fd, &status) == 0 && S_ISDIR(status.st_mode);
  }
  int64_t device(int fd) override {
    struct stat status;
    if (::fstat(fd, &status) != 0) return -errno;
    return static_cast<int64_t>(status.st_dev);
  }
  int ftruncate(int fd, off_t sizeBytes) override { return orErrno(::ftruncate(fd, sizeBytes)); }
  int fdatasync(int fd) override { return orErrno(::fdatasync(fd)); }
  int syncRange(int fd, off_t position, off_t sizeBytes) override {
    constexpr unsigned kWhole = SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER;
    // There the pages are another file's, below this one, and the call would do nothing.
    struct statfs status;
    if (::fstatfs(fd, &status) == 0 && status.f_type == OVERLAYFS_SUPER_MAGIC) return -EOPNOTSUPP;
    return orErrno(::sync_file_range(fd, position, sizeBytes, kWhole));
  }
  int fsync(int fd) override { return orErrno(::fsync(fd)); }
  int lock(int fd) override {
    struct flock range;
    std::memset(&range, 0, sizeof range);
    range.l_type = F_WRLCK;
    range.l_whence = SEEK_SET;
    const int result = orErrno(::fcntl(fd, F_OFD_SETLK, &range));
    return result == -EACCES ? -EAGAIN : result;
  }
  int rename(const char* from, const char* to) override { return orErrno(::rename(from, to)); }
  int unlink(const char* path) override { return orErrno(::unlink(path)); }
  int mkdir(const char* path) override { return orErrno(::mkdir(path, 0777)); }
  int rmdir(const char* path) override { return orErrno(::rmdir(path)); }
  int list(const char* path, std::vector<std::string>& names) override;
};

int PosixBackend::list(const char* path, std::vector<std::string>& names) {
  DIR* directory = ::opendir(path);
  if (directory == nullptr) return -errno;
  errno = 0;
  while (const dirent* entry = ::readdir(directory)) {
    const std::string name = entry->d_name;
    if (name != "." && name != "..") names.push_back(name);
  }
  const int error = errno;
  ::closedir(directory);
  return -error;
}

}  // namespace

Backend& posixBackend() {
  static PosixBackend backend;
  return backend;
}

}  // namespace ottla::disk
