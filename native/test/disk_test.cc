// The disk core on real files, with planned failures. Exit status 0 when every check held.

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <mutex>
#include <semaphore>
#include <string>
#include <thread>
#include <vector>

#include "../core/disk/disk-queue.h"
#include "../core/disk/file-table.h"
#include "../core/disk/operations.h"
#include "../core/disk/residency.h"
#include "disk-faulting-backend.h"
#include "disk-files.h"

namespace {

using namespace ottla::disk;

void handlesAreReusedOnlyAfterRemoval() {
  const TemporaryDirectory directory;
  FileTable table;
  const std::shared_ptr<File> file = create(posixBackend(), directory / "a");
  CHECK((fcntl(file->fd(), F_GETFD) & FD_CLOEXEC) != 0);
  const int32_t first = table.add(file);
  const int32_t second = table.add(create(posixBackend(), directory / "b"));
  CHECK(first != second);
  CHECK(table.get(first) == file);
  CHECK(table.remove(first));
  CHECK(!table.remove(first));
  CHECK(table.get(first) == nullptr && table.get(-1) == nullptr && table.get(second + 1) == nullptr);
  CHECK(table.remove(second));
  CHECK(table.add(file) == first);
  CHECK(table.count() == 1);
}

void aFileStaysOpenWhileSomebodyHoldsIt() {
  const TemporaryDirectory directory;
  FaultingBackend backend(posixBackend());
  FileTable table;
  const int32_t handle = table.add(create(backend, directory / "a"));
  std::shared_ptr<File> inFlight = table.get(handle);
  table.remove(handle);
  CHECK(backend.countOf("close") == 0);
  inFlight.reset();
  CHECK(backend.countOf("close") == 1);
}

void shortAndInterruptedReadsAndWritesAreContinued() {
  const TemporaryDirectory directory;
  FaultingBackend backend(posixBackend());
  backend.shorten(3);
  backend.fail("pwritev", 2, EINTR);
  backend.fail("pread", 2, EINTR);
  const std::shared_ptr<File> file = create(backend, directory / "a");
  const std::string one = "first ";
  const std::string empty;
  const std::string two = "second";
  std::vector<iovec> buffers = {bufferOf(one), bufferOf(empty), bufferOf(two)};
  CHECK(writeFully(*file, buffers, 2) == 0);
  CHECK(contentOf(file) == std::string(2, '\0') + "first second");
}

void whatIsInterruptedIsCalledAgain() {
  const TemporaryDirectory directory;
  FaultingBackend backend(posixBackend());
  for (const char* call : {"open", "ftruncate", "fdatasync", "fsync"}) backend.fail(call, 1, EINTR);
  const std::shared_ptr<File> file = create(backend, directory / "a");
  CHECK(truncateFile(*file, 10) == 0);
  CHECK(backend.sizeBytes(file->fd()) == 10);
  CHECK(syncFile(*file) == 0);
  CHECK(syncDirectory(backend, directory.path) == 0);
}

void aWriteOfNothingIsAnError() {
  const TemporaryDirectory directory;
  FaultingBackend backend(posixBackend());
  backend.shorten(0);
  const std::shared_ptr<File> file = create(backend, directory / "a");
  const std::string text = "text";
  std::vector<iovec> buffers = {bufferOf(text)};
  CHECK(writeFully(*file, buffers, 0) == EIO);
}

void manyBuffersAreWrittenInSeveralCalls() {
  const TemporaryDirectory directory;
  FaultingBackend backend(posixBackend());
  const std::shared_ptr<File> file = create(backend, directory / "a");
  const std::string byte = "x";
  std::vector<iovec> buffers(IOV_MAX * 2 + 5, bufferOf(byte));
  CHECK(writeFully(*file, buffers, 0) == 0);
  CHECK(backend.countOf("pwritev") == 3);
  CHECK(contentOf(file) == std::string(IOV_MAX * 2 + 5, 'x'));
}

void anErrorInTheMiddleOfAWriteIsReported() {
  const TemporaryDirectory directory;
  FaultingBackend backend(posixBackend());
  backend.shorten(4);
  backend.fail("pwritev", 2, ENOSPC);
  const std::shared_ptr<File> file = create(backend, directory / "a");
  const std::string text = "12345678";
  std::vector<iovec> buffers = {bufferOf(text)};
  CHECK(writeFully(*file, buffers, 0) == ENOSPC);
  CHECK(contentOf(file) == "1234");
}

void afterAFailedSyncTheFileIsFenced() {
  const TemporaryDirectory directory;
  FaultingBackend backend(posixBackend());
  backend.fail("fdatasync", 2, EIO);
  const std::shared_ptr<File> file = create(backend, directory / "a");
  const std::string text = "text";
  std::vector<iovec> buffers = {bufferOf(text)};
  CHECK(writeFully(*file, buffers, 0) == 0);
  CHECK(syncFile(*file) == 0);
  CHECK(syncFile(*file) == EIO);
  file->failSync(ENOSPC);
  CHECK(syncFile(*file) == EIO);
  CHECK(backend.countOf("fdatasync") == 2);
  std::vector<iovec> more = {bufferOf(text)};
  CHECK(writeFully(*file, more, 4) == EIO);
  CHECK(contentOf(file) == "text");
}

void whatFailsToBeWrittenOutFencesTheFileAsASyncDoes() {
  const TemporaryDirectory directory;
  FaultingBackend backend(posixBackend());
  backend.fail("syncRange", 2, EINTR);
  backend.fail("syncRange", 4, EIO);
  const std::shared_ptr<File> file = create(backend, directory / "a");
  const std::string text(10000, 'x');
  std::vector<iovec> buffers = {bufferOf(text)};
  CHECK(writeFully(*file, buffers, 0) == 0);
  CHECK(writeOut(*file, 0, 4096) == 0);
  CHECK(writeOut(*file, 4096, 5904) == 0);
  CHECK(backend.calls().back() == "syncRange 4096+5904");
  CHECK(writeOut(*file, 0, 10000) == EIO);
  CHECK(syncFile(*file) == EIO);
  CHECK(backend.countOf("fdatasync") == 0);
}

void whereNoRangeCanBeWrittenOutTheFileIsSynced() {
  const TemporaryDirectory directory;
  for (const int error : {ENOSYS, EOPNOTSUPP, EPERM, EINVAL}) {
    FaultingBackend backend(posixBackend());
    backend.fail("syncRange", 1, error);
    const std::shared_ptr<File> file = create(backend, directory / std::to_string(error));
    CHECK(writeOut(*file, 0, 1) == 0);
    CHECK(backend.countOf("fdatasync") == 1);
  }
}

void aFailedSyncIsToldToAllWhoSyncTheFile() {
  const TemporaryDirectory directory;
  for (int round = 0; round < 100; round += 1) {
    FaultingBackend backend(posixBackend());
    backend.fail("fdatasync", 1, EIO);
    const std::shared_ptr<File> file = create(backend, directory / std::to_string(round));
    int other = 0;
    std::atomic<int> ready{0};
    const auto meet = [&ready] {
      ready += 1;
      while (ready < 2) {
      }
    };
    std::thread thread([&] {
      meet();
      other = syncFile(*file);
    });
    meet();
    CHECK(syncFile(*file) == EIO);
    thread.join();
    CHECK(other == EIO);
    CHECK(backend.countOf("fdatasync") == 1);
  }
}

void directoriesAreMadeSyncedAndRemoved() {
  const TemporaryDirectory directory;
  Backend& backend = posixBackend();
  CHECK(makeDirectory(backend, directory / "a/b/c") == 0);
  CHECK(makeDirectory(backend, directory / "a/b/c") == 0);
  CHECK(createFile(backend, directory / "a/b/c/file") == 0);
  CHECK(createFile(backend, directory / "a/b/c/file") == EEXIST);
  CHECK(makeDirectory(backend, directory / "a/b/c/file") == EEXIST);
  CHECK(makeDirectory(backend, directory / "a/b/c/file/d") == ENOTDIR);
  CHECK(std::filesystem::file_size(directory / "a/b/c/file") == 0);
  CHECK(syncDirectory(backend, directory / "a/b/c") == 0);
  CHECK(syncDirectory(backend, directory / "a/b/c/file") == ENOTDIR);
  CHECK(syncDirectory(backend, directory / "none") == ENOENT);
  CHECK(removeTree(backend, directory / "a/b/c") == 0);
  CHECK(removeTree(backend, directory / "a/b/c") == 0);
  CHECK(!std::filesystem::exists(directory / "a/b/c"));
  CHECK(std::filesystem::exists(directory / "a/b"));
}

void directoriesAreClosedAgainAndTheirErrorsTold() {
  const TemporaryDirectory directory;
  FaultingBackend backend(posixBackend());
  backend.fail("fsync", 1, EIO);
  CHECK(syncDirectory(backend, directory.path) == EIO);
  std::shared_ptr<File> file;
  CHECK(openFile(backend, directory.path, OpenMode::kRead, file) == EISDIR);
  CHECK(file == nullptr);
  CHECK(backend.countOf("close") == 2);
  // Somebody else has removed the file: the directory would have gone, were it true.
  CHECK(createFile(posixBackend(), directory / "a") == 0);
  backend.fail("unlink", 1, EIO);
  backend.fail("unlink", 2, ENOENT);
  CHECK(removeTree(backend, directory.path) == EIO);
  CHECK(removeTree(backend, directory.path) == ENOTEMPTY);
}

void aLockIsOfOneOpenFile() {
  const TemporaryDirectory directory;
  std::shared_ptr<File> first;
  std::shared_ptr<File> second;
  CHECK(openFile(posixBackend(), directory / ".lock", OpenMode::kWrite, first) == 0);
  CHECK(openFile(posixBackend(), directory / ".lock", OpenMode::kWrite, second) == 0);
  CHECK(posixBackend().lock(first->fd()) == 0);
  CHECK(posixBackend().lock(second->fd()) == -EAGAIN);
  first.reset();
  CHECK(posixBackend().lock(second->fd()) == 0);
}

/** Takes everything that is done whenever it is told that something is. */
struct Collector {
  std::mutex mutex;
  std::vector<int32_t> rows;
  int notifications = 0;
};

QueueJob jobOf(QueueOperation operation, int32_t ticket, const std::string& path) {
  return {operation, ticket, nullptr, path, "", 0};
}

void theQueueWorksInOrderAndCountsOnErrors() {
  const TemporaryDirectory directory;
  FaultingBackend backend(posixBackend());
  backend.fail("fdatasync", 1, EIO);
  Collector collector;
  DiskQueue queue(backend, [&] { collector.notifications += 1; });
  CHECK(queue.start() == 0);
  std::shared_ptr<File> file = create(backend, directory / "a");
  queue.submit({QueueOperation::kDatasync, 1, file, "", "", 0});
  file.reset();
  queue.submit({QueueOperation::kRename, 2, nullptr, directory / "a", directory / "b", 0});
  queue.submit(jobOf(QueueOperation::kMakeDirectory, 3, directory / "d"));
  queue.submit({QueueOperation::kCreateFile, 4, nullptr, directory / "d/f", "", 10});
  queue.submit(jobOf(QueueOperation::kSyncDirectory, 5, directory / "d"));
  queue.submit(jobOf(QueueOperation::kUnlink, 6, directory / "none"));
  queue.submit(jobOf(QueueOperation::kRemoveTree, 7, directory / "d"));
  queue.submit({QueueOperation::kWarm, 8, nullptr, directory / "b", "", 10, 0});
  queue.close();
  queue.close();
  int32_t rows[8];
  std::vector<int32_t> all;
  while (const size_t count = queue.take(rows, 4)) all.insert(all.end(), rows, rows + 2 * count);
  CHECK((all == std::vector<int32_t>{1, EIO, 2, 0, 3, 0, 4, 0, 5, 0, 6, ENOENT, 7, 0, 8, 0}));
  CHECK(collector.notifications == 1);
  const std::vector<std::string> calls = backend.calls();
  CHECK(calls[0] == "open " + (directory / "a"));
  CHECK(calls[1] == "fdatasync");
  CHECK(calls[2] == "close");
  CHECK(calls[3] == "rename " + (directory / "a"));
}

std::shared_ptr<File> createWith(Backend& backend, const std::string& path, size_t sizeBytes) {
  std::shared_ptr<File> file = create(backend, path);
  const std::string text(sizeBytes, 'x');
  std::vector<iovec> buffers{bufferOf(text)};
  CHECK(writeFully(*file, buffers, 0) == 0);
  return file;
}

void aPageThatIsStillBeingReadIsNotResident() {
  const TemporaryDirectory directory;
  FaultingBackend backend(posixBackend());
  const std::shared_ptr<File> file = createWith(backend, directory / "a", 100000);
  CHECK(isResident(*file, 0, 100000));
  backend.fail("preadCached", backend.countOf("preadCached") + 1, EAGAIN);
  CHECK(!isResident(*file, 0, 100000));
  backend.fail("preadCached", backend.countOf("preadCached") + 2, EAGAIN);
  CHECK(!isResident(*file, 0, 100000));
  CHECK(isResident(*file, 0, 100000));
}

/** As of kernels before 6.5, and of sandboxes that forbid calls they do not know. */
void withoutCachestatSamplesTell() {
  const TemporaryDirectory directory;
  FaultingBackend backend(posixBackend());
  const std::shared_ptr<File> file = createWith(backend, directory / "a", 100000);
  int asked = 0;
  const auto askedWith = [&](int sample) {
    asked += 1;
    backend.fail("cachedPages", asked, asked % 2 ? ENOSYS : EPERM);
    for (int i = 0; i < 5; i += 1) backend.fail("preadCached", backend.countOf("preadCached") + 1 + i, 0);
    if (sample > 0) backend.fail("preadCached", backend.countOf("preadCached") + sample, EAGAIN);
    return isResident(*file, 0, 100000);
  };
  CHECK(askedWith(0));
  // 0, 32, 64 and 96 KiB, and the last byte.
  for (int sample = 1; sample <= 5; sample += 1) CHECK(!askedWith(sample));
}

void whoCannotTellIsResidentOnlyInMemory() {
  const TemporaryDirectory directory;
  FaultingBackend backend(posixBackend());
  const std::shared_ptr<File> file = createWith(backend, directory / "a", 1000);
  char into[1000];
  size_t readBytes = 0;
  int probes = 0;
  const auto cannotTell = [&](int nth) {
    backend.fail("cachedPages", nth, ENOSYS);
    probes = backend.countOf("preadCached");
    for (int i = 1; i <= 4; i += 1) backend.fail("preadCached", probes + i, EOPNOTSUPP);
  };
  cannotTell(1);
  backend.fail("isInMemory", 1, 0);
  const bool inMemory = posixBackend().isInMemory(file->fd());
  CHECK(isResident(*file, 0, 1000) == inMemory);
  cannotTell(2);
  CHECK(readResident(*file, into, sizeof into, 0, readBytes) == (inMemory ? 0 : EAGAIN));
  // A file system in memory.
  const int questions = backend.countOf("isInMemory");
  for (int i = 1; i <= 4; i += 1) backend.fail("isInMemory", questions + i, 1);
  cannotTell(3);
  CHECK(isResident(*file, 0, 1000));
  cannotTell(4);
  CHECK(readResident(*file, into, sizeof into, 0, readBytes) == 0 && readBytes == sizeof into);
}

void onlyCachedBytesAreReadAndInterruptionsGoOn() {
  const TemporaryDirectory directory;
  FaultingBackend backend(posixBackend());
  const std::shared_ptr<File> file = createWith(backend, directory / "a", 1000);
  char into[2000];
  size_t readBytes = 0;
  backend.fail("preadCached", 1, EINTR);
  CHECK(readResident(*file, into, sizeof into, 0, readBytes) == 0 && readBytes == 1000);
  backend.fail("preadCached", backend.countOf("preadCached") + 1, EAGAIN);
  CHECK(readResident(*file, into, sizeof into, 0, readBytes) == EAGAIN);
  backend.fail("preadCached", backend.countOf("preadCached") + 1, EIO);
  CHECK(readResident(*file, into, sizeof into, 0, readBytes) == EIO);
  CHECK(backend.countOf("pread") == 0);
}

void aRangeIsReadInPiecesUpToTheEndOfTheFile() {
  const TemporaryDirectory directory;
  FaultingBackend backend(posixBackend());
  createWith(backend, directory / "a", 1000000);
  CHECK(warmRange(backend, directory / "a", 0, 600000) == 0);
  CHECK(backend.countOf("pread") == 3);
  // 400,000 bytes are left: two pieces, and the look that finds the end.
  CHECK(warmRange(backend, directory / "a", 600000, 5000000) == 0);
  CHECK(backend.countOf("pread") == 6);
  backend.fail("pread", 7, EIO);
  CHECK(warmRange(backend, directory / "a", 0, 10) == EIO);
  CHECK(warmRange(backend, directory / "none", 0, 10) == ENOENT);
  CHECK(backend.countOf("open") == backend.countOf("close") + 1);
}

void aFileKnowsItsDevice() {
  const TemporaryDirectory directory;
  const std::shared_ptr<File> file = create(posixBackend(), directory / "a");
  struct stat status;
  CHECK(stat((directory / "a").c_str(), &status) == 0);
  CHECK(file->device() == static_cast<int64_t>(status.st_dev));
}

void theQueueEndsWithWhatWasSubmitted() {
  const TemporaryDirectory directory;
  for (int round = 0; round < 20; round += 1) {
    DiskQueue queue(posixBackend(), [] {});
    CHECK(queue.start() == 0);
    for (int i = 0; i < round; i += 1) {
      queue.submit({QueueOperation::kCreateFile, i, nullptr, directory / std::to_string(round * 100 + i), "", 0});
    }
  }
  size_t count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(directory.path)) count += 1;
  CHECK(count == 190);
}

void aQueueWithNothingToDoIsWokenByAJobAndByItsEnd() {
  const TemporaryDirectory directory;
  for (int round = 0; round < 20; round += 1) {
    std::binary_semaphore told(0);
    DiskQueue queue(posixBackend(), [&told] { told.release(); });
    CHECK(queue.start() == 0);
    for (int32_t ticket = 0; ticket < 5; ticket += 1) {
      queue.submit(jobOf(QueueOperation::kMakeDirectory, ticket, directory / "d"));
      told.acquire();
      int32_t row[2];
      CHECK(queue.take(row, 1) == 1 && row[0] == ticket && row[1] == 0);
    }
    queue.close();
  }
}

void theQueuesThreadTakesNoSignal() {
  const TemporaryDirectory directory;
  sigset_t there;
  sigemptyset(&there);
  DiskQueue queue(posixBackend(), [&] { pthread_sigmask(SIG_BLOCK, nullptr, &there); });
  CHECK(queue.start() == 0);
  queue.submit(jobOf(QueueOperation::kMakeDirectory, 1, directory / "d"));
  queue.close();
  sigset_t here;
  pthread_sigmask(SIG_BLOCK, nullptr, &here);
  CHECK(sigismember(&there, SIGTERM) == 1);
  CHECK(sigismember(&here, SIGTERM) == 0);
}

}  // namespace

int main() {
  handlesAreReusedOnlyAfterRemoval();
  aFileStaysOpenWhileSomebodyHoldsIt();
  shortAndInterruptedReadsAndWritesAreContinued();
  whatIsInterruptedIsCalledAgain();
  aWriteOfNothingIsAnError();
  manyBuffersAreWrittenInSeveralCalls();
  anErrorInTheMiddleOfAWriteIsReported();
  afterAFailedSyncTheFileIsFenced();
  whatFailsToBeWrittenOutFencesTheFileAsASyncDoes();
  whereNoRangeCanBeWrittenOutTheFileIsSynced();
  aFailedSyncIsToldToAllWhoSyncTheFile();
  directoriesAreMadeSyncedAndRemoved();
  directoriesAreClosedAgainAndTheirErrorsTold();
  aLockIsOfOneOpenFile();
  aPageThatIsStillBeingReadIsNotResident();
  withoutCachestatSamplesTell();
  whoCannotTellIsResidentOnlyInMemory();
  onlyCachedBytesAreReadAndInterruptionsGoOn();
  aRangeIsReadInPiecesUpToTheEndOfTheFile();
  aFileKnowsItsDevice();
  theQueueWorksInOrderAndCountsOnErrors();
  theQueueEndsWithWhatWasSubmitted();
  aQueueWithNothingToDoIsWokenByAJobAndByItsEnd();
  theQueuesThreadTakesNoSignal();
  return failures == 0 ? 0 : 1;
}
