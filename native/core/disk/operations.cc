#include "operations.h"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <mutex>

namespace ottla::disk {
namespace {

int flagsOf(OpenMode mode) {
  switch (mode) {
    case OpenMode::kRead:
      return O_RDONLY | O_CLOEXEC;
    case OpenMode::kWrite:
      return O_RDWR | O_CREAT | O_CLOEXEC;
    case OpenMode::kCreate:
      return O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC;
  }
  return O_RDONLY | O_CLOEXEC;
}

/** Steps over the bytes that were written. */
size_t advance(std::vector<iovec>& buffers, size_t first, size_t writtenBytes) {
  while (first < buffers.size() && writtenBytes >= buffers[first].iov_len) {
    writtenBytes -= buffers[first].iov_len;
    first += 1;
  }
  if (writtenBytes > 0) {
    buffers[first].iov_base = static_cast<char*>(buffers[first].iov_base) + writtenBytes;
    buffers[first].iov_len -= writtenBytes;
  }
  return first;
}

/** mkdir that is content with a directory that is there. */
int makeOne(Backend& backend, const std::string& path) {
  const int result = backend.mkdir(path.c_str());
  if (result != -EEXIST) return -result;
  const int fd = backend.open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
  if (fd < 0) return EEXIST;
  backend.close(fd);
  return 0;
}

/** One of the calls that tell of a failed write-back, the first time. */
template <typename Call>
int syncOnce(File& file, const Call& call) {
  const std::lock_guard<std::mutex> lock(file.syncMutex());
  if (const int error = file.syncError()) return error;
  int result;
  do {
    result = call();
  } while (result == -EINTR);
  if (result < 0) file.failSync(-result);
  return -result;
}

}  // namespace

int openFile(Backend& backend, const std::string& path, OpenMode mode, std::shared_ptr<File>& opened) {
  int fd;
  do {
    fd = backend.open(path.c_str(), flagsOf(mode), 0666);
  } while (fd == -EINTR);
  if (fd < 0) return -fd;
  if (mode == OpenMode::kRead && backend.isDirectory(fd)) {
    backend.close(fd);
    return EISDIR;
  }
  opened = std::make_shared<File>(backend, fd, path);
  return 0;
}

int writeFully(File& file, std::vector<iovec>& buffers, int64_t position) {
  if (const int error = file.syncError()) return error;
  size_t first = advance(buffers, 0, 0);
  while (first < buffers.size()) {
    const int count = static_cast<int>(std::min<size_t>(buffers.size() - first, IOV_MAX));
    const ssize_t written = file.backend().pwritev(file.fd(), &buffers[first], count, position);
    if (written == -EINTR) continue;
    if (written < 0) return static_cast<int>(-written);
    // No progress and no error: asking again could go on for ever.
    if (written == 0) return EIO;
    position += written;
    first = advance(buffers, first, static_cast<size_t>(written));
  }
  return 0;
}

int readFully(File& file, void* into, size_t sizeBytes, int64_t position, size_t& readBytes) {
  readBytes = 0;
  while (readBytes < sizeBytes) {
    char* const start = static_cast<char*>(into) + readBytes;
    const off_t at = position + static_cast<off_t>(readBytes);
    const ssize_t count = file.backend().pread(file.fd(), start, sizeBytes - readBytes, at);
    if (count == -EINTR) continue;
    if (count < 0) return static_cast<int>(-count);
    if (count == 0) break;
    readBytes += static_cast<size_t>(count);
  }
  return 0;
}

int truncateFile(File& file, int64_t sizeBytes) {
  int result;
  do {
    result = file.backend().ftruncate(file.fd(), sizeBytes);
  } while (result == -EINTR);
  return -result;
}

int syncFile(File& file) {
  return syncOnce(file, [&file] { return file.backend().fdatasync(file.fd()); });
}

int writeOut(File& file, int64_t position, int64_t sizeBytes) {
  return syncOnce(file, [&file, position, sizeBytes] {
    const int result = file.backend().syncRange(file.fd(), position, sizeBytes);
    // What stands in for a kernel, such as gVisor, may not have the call, and a filter may forbid it.
    const bool isRefused = result == -ENOSYS || result == -EOPNOTSUPP || result == -EPERM || result == -EINVAL;
    return isRefused ? file.backend().fdatasync(file.fd()) : result;
  });
}

int syncDirectory(Backend& backend, const std::string& path) {
  const int fd = backend.open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
  if (fd < 0) return -fd;
  int result;
  do {
    result = backend.fsync(fd);
  } while (result == -EINTR);
  backend.close(fd);
  return -result;
}

int createFile(Backend& backend, const std::string& path) {
  std::shared_ptr<File> file;
  return openFile(backend, path, OpenMode::kCreate, file);
}

int makeDirectory(Backend& backend, const std::string& path) {
  const int error = makeOne(backend, path);
  const size_t slash = path.find_last_of('/');
  if (error != ENOENT || slash == std::string::npos || slash == 0) return error;
  if (const int parentError = makeDirectory(backend, path.substr(0, slash))) return parentError;
  return makeOne(backend, path);
}

int removeTree(Backend& backend, const std::string& path) {
  std::vector<std::string> names;
  const int listed = backend.list(path.c_str(), names);
  if (listed == -ENOENT) return 0;
  if (listed < 0) return -listed;
  for (const std::string& name : names) {
    const int result = backend.unlink((path + "/" + name).c_str());
    if (result < 0 && result != -ENOENT) return -result;
  }
  return -backend.rmdir(path.c_str());
}

}  // namespace ottla::disk
