#include "touch-memory.h"

#include <sys/mman.h>

#include "fail.h"

namespace bench {
namespace {

constexpr int64_t kMiB = 1024 * 1024;
constexpr int64_t kPageBytes = 4096;

}  // namespace

void touchMemory(int64_t sizeMiB) {
  const auto sizeBytes = static_cast<size_t>(sizeMiB * kMiB);
  void* memory = mmap(nullptr, sizeBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) failWithErrno("mmap");
  auto* bytes = static_cast<volatile uint8_t*>(memory);
  for (int64_t at = 0; at < sizeMiB * kMiB; at += kPageBytes) bytes[at] = 1;
  munmap(memory, sizeBytes);
}

}  // namespace bench
