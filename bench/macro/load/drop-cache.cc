#include "drop-cache.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "fail.h"

namespace bench {
namespace {

constexpr int kAttempts = 10;

/** A broker deletes files while this runs. */
void dropFile(const char* path) {
  const int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0 && errno == ENOENT) return;
  if (fd < 0) failWithErrno("open");
  // Dirty pages would stay.
  if (fdatasync(fd) != 0) failWithErrno("fdatasync");
  if (posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED) != 0) fail("posix_fadvise");
  close(fd);
}

/** The error of a directory that went away meanwhile, among others. */
std::error_code dropFilesBelow(const std::string& directory) {
  std::error_code error;
  std::filesystem::recursive_directory_iterator files(directory, error);
  while (!error && files != std::filesystem::recursive_directory_iterator()) {
    std::error_code gone;
    if (files->is_regular_file(gone)) dropFile(files->path().c_str());
    files.increment(error);
  }
  return error;
}

}  // namespace

void dropCache(const std::string& directory) {
  for (int attempt = 0; attempt < kAttempts; attempt += 1) {
    const std::error_code error = dropFilesBelow(directory);
    if (!error) return;
    if (error != std::errc::no_such_file_or_directory) break;
  }
  fail("the directory cannot be read");
}

}  // namespace bench
