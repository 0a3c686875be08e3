// What a group commit gathers, on real files. Exit status 0 when every check held.

#include <cstdint>

#include "../core/disk/gather.h"
#include "../core/records/crc32c.h"
#include "disk-faulting-backend.h"
#include "disk-files.h"

namespace {

void rangesOfFilesAreGatheredBehindTheirHeadAndSynced() {
  const TemporaryDirectory directory;
  FaultingBackend backend(posixBackend());
  const std::shared_ptr<File> source = create(backend, directory / "source");
  const std::shared_ptr<File> target = create(backend, directory / "target");
  const std::string content = "0123456789";
  std::vector<iovec> buffers = {bufferOf(content)};
  CHECK(writeFully(*source, buffers, 0) == 0);
  Gather gathered;
  gathered.head.assign({'h', 'e', 'a', 'd', 0, 0, 0, 0, '!'});
  gathered.ranges = {{source, 7, 3}, {source, 0, 2}};
  gathered.position = 5;
  CHECK(gather(*target, gathered) == 0);
  CHECK(backend.countOf("fdatasync") == 1);
  const std::string written = contentOf(target).substr(5);
  CHECK(written.substr(0, 4) == "head" && written.substr(8) == "!78901");
  const uint32_t crc = ottla::records::crc32c(0, reinterpret_cast<const uint8_t*>("!78901"), 6);
  for (int i = 0; i < 4; i += 1) {
    CHECK(static_cast<uint8_t>(written[4 + i]) == static_cast<uint8_t>(crc >> (24 - 8 * i)));
  }
}

void aRangeThatIsNotThereIsAnErrorAndNothingIsWritten() {
  const TemporaryDirectory directory;
  FaultingBackend backend(posixBackend());
  const std::shared_ptr<File> source = create(backend, directory / "source");
  const std::shared_ptr<File> target = create(backend, directory / "target");
  Gather gathered;
  gathered.head.assign(8, 0);
  gathered.ranges = {{source, 0, 1}};
  CHECK(gather(*target, gathered) == EIO);
  backend.fail("pread", 2, EBADF);
  CHECK(gather(*target, gathered) == EBADF);
  gathered.head.resize(7);
  CHECK(gather(*target, gathered) == EINVAL);
  CHECK(backend.countOf("pwritev") == 0);
}

}  // namespace

int main() {
  rangesOfFilesAreGatheredBehindTheirHeadAndSynced();
  aRangeThatIsNotThereIsAnErrorAndNothingIsWritten();
  return failures == 0 ? 0 : 1;
}
