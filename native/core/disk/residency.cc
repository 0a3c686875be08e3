#include "residency.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <vector>

#include "operations.h"

namespace ottla::disk {
namespace {

/** Where the kernel has no cachestat, one page of each such piece stands for it: memory is freed in runs of pages. */
constexpr int64_t kSampleBytes = 32 * 1024;
/** Fits the processor's cache, so that the copy that goes with each read stays cheap. */
constexpr size_t kScratchBytes = 256 * 1024;

enum class Probe { kCached, kMissing, kUnknown };

/** One byte: a page that is there but still being read counts as missing. */
Probe probe(File& file, int64_t position) {
  char byte;
  while (true) {
    const ssize_t count = file.backend().preadCached(file.fd(), &byte, 1, position);
    if (count == -EINTR) continue;
    if (count >= 0) return Probe::kCached;
    return count == -EAGAIN ? Probe::kMissing : Probe::kUnknown;
  }
}

int64_t pagesOf(int64_t position, int64_t sizeBytes) {
  static const int64_t pageBytes = sysconf(_SC_PAGESIZE);
  return (position + sizeBytes - 1) / pageBytes - position / pageBytes + 1;
}

bool isEverySampleCached(File& file, int64_t position, int64_t sizeBytes) {
  const int64_t last = position + sizeBytes - 1;
  for (int64_t at = position; at < last; at += kSampleBytes) {
    const Probe found = probe(file, at);
    if (found == Probe::kMissing) return false;
    // The whole file is of one kind: tmpfs does not answer this, and need not.
    if (found == Probe::kUnknown) return file.backend().isInMemory(file.fd());
  }
  const Probe found = probe(file, last);
  return found == Probe::kUnknown ? file.backend().isInMemory(file.fd()) : found == Probe::kCached;
}

}  // namespace

bool isResident(File& file, int64_t position, int64_t sizeBytes) {
  const int64_t cached = file.backend().cachedPages(file.fd(), position, sizeBytes);
  // Too old a kernel, or a sandbox that forbids what it does not know.
  if (cached < 0) return isEverySampleCached(file, position, sizeBytes);
  if (cached < pagesOf(position, sizeBytes)) return false;
  // Counted are also pages that the disk is about to fill; it does so from the front.
  return probe(file, position) != Probe::kMissing && probe(file, position + sizeBytes - 1) != Probe::kMissing;
}

int readResident(File& file, void* into, size_t sizeBytes, int64_t position, size_t& readBytes) {
  readBytes = 0;
  while (readBytes < sizeBytes) {
    char* const start = static_cast<char*>(into) + readBytes;
    const size_t left = sizeBytes - readBytes;
    const off_t at = position + static_cast<off_t>(readBytes);
    const ssize_t count = file.backend().preadCached(file.fd(), start, left, at);
    if (count == -EINTR) continue;
    if (count == -EOPNOTSUPP) {
      if (!isResident(file, at, static_cast<int64_t>(left))) return EAGAIN;
      return readFully(file, into, sizeBytes, position, readBytes);
    }
    if (count < 0) return static_cast<int>(-count);
    if (count == 0) break;
    readBytes += static_cast<size_t>(count);
  }
  return 0;
}

int warmRange(Backend& backend, const std::string& path, int64_t position, int64_t sizeBytes) {
  std::shared_ptr<File> file;
  if (const int error = openFile(backend, path, OpenMode::kRead, file)) return error;
  return warmRange(*file, position, sizeBytes);
}

int warmRange(File& file, int64_t position, int64_t sizeBytes) {
  std::vector<char> scratch(static_cast<size_t>(std::min<int64_t>(sizeBytes, kScratchBytes)));
  const int64_t end = position + sizeBytes;
  while (position < end) {
    size_t readBytes = 0;
    const size_t wanted = static_cast<size_t>(std::min<int64_t>(end - position, kScratchBytes));
    if (const int error = readFully(file, scratch.data(), wanted, position, readBytes)) return error;
    if (readBytes < wanted) return 0;
    position += static_cast<int64_t>(readBytes);
  }
  return 0;
}

}  // namespace ottla::disk
