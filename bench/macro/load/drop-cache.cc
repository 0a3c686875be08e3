#include "drop-cache.h"

#include <fcntl.h>
#include <unistd.h>

#include <filesystem>

#include "fail.h"

namespace bench {
namespace {

void dropFile(const char* path) {
  const int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) failWithErrno("open");
  // Dirty pages would stay.
  if (fdatasync(fd) != 0) failWithErrno("fdatasync");
  if (posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED) != 0) fail("posix_fadvise");
  close(fd);
}

}  // namespace

void dropCache(const std::string& directory) {
  std::error_code error;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory, error)) {
    if (entry.is_regular_file()) dropFile(entry.path().c_str());
  }
  if (error) fail("the directory cannot be read");
}

}  // namespace bench
