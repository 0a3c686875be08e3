#include "bare-sync.h"

#include <fcntl.h>
#include <unistd.h>

#include <string>

#include "fail.h"
#include "record-batch.h"
#include "result.h"

namespace bench {
namespace {

uint64_t writeAndSync(int fd, const std::vector<uint8_t>& batch) {
  const uint64_t startNs = monotonicNs();
  if (write(fd, batch.data(), batch.size()) != static_cast<ssize_t>(batch.size())) failWithErrno("write");
  if (fdatasync(fd) != 0) failWithErrno("fdatasync");
  return monotonicNs() - startNs;
}

}  // namespace

void runBareSync(const Options& options) {
  const std::string path = options.directory + "/synced";
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd < 0) failWithErrno("open");
  const std::vector<uint8_t> batch = makeRecordBatch(options.recordsPerBatch, options.recordBytes, 0);
  for (const uint64_t endNs = monotonicNs() + toNs(options.warmUpS); monotonicNs() < endNs;) writeAndSync(fd, batch);
  Counted counted;
  counted.recordsPerByte = static_cast<double>(options.recordsPerBatch) / static_cast<double>(batch.size());
  const int32_t own = getpid();
  const Usage before = usageNow(own);
  for (const uint64_t endNs = before.ns + toNs(options.measureS); monotonicNs() < endNs;) {
    counted.latencies.add(writeAndSync(fd, batch));
    counted.answers += 1;
    counted.payloadBytes += batch.size();
  }
  printResult(before, usageNow(own), counted, own);
  close(fd);
  unlink(path.c_str());
}

}  // namespace bench
