// In which order cold ranges are read, with libuv's threads played by the test. Exit status 0 when every check held.

#include "../core/transport/range-warmer.h"

#include <sys/mman.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <vector>

#include "check.h"
#include "disk-faulting-backend.h"

namespace {

using ottla::disk::FaultingBackend;
using ottla::disk::File;
using ottla::disk::posixBackend;
using ottla::transport::RangeWarmer;

struct Work {
  uv_work_t* work;
  uv_work_cb read;
  uv_after_work_cb done;
};
/** Begun and not ended, the oldest first. */
std::vector<Work> underWay;

/** The thread reads, and the loop hears of it. */
void endWork(size_t index) {
  const Work ending = underWay[index];
  underWay.erase(underWay.begin() + static_cast<std::ptrdiff_t>(index));
  ending.read(ending.work);
  ending.done(ending.work, 0);
}

/** Files lie on the device that was named last. */
class Disks final : public FaultingBackend {
 public:
  Disks() : FaultingBackend(posixBackend()) {}
  int64_t device(int) override { return device_; }
  std::shared_ptr<File> fileOn(int64_t device) {
    device_ = device;
    return std::make_shared<File>(*this, memfd_create("range", MFD_CLOEXEC), "");
  }

 private:
  int64_t device_ = 0;
};

/** A warmer, and whom it told. */
struct Bench {
  Disks disks;
  std::vector<int32_t> told;
  RangeWarmer warmer{nullptr, [this](int32_t connectionId) { told.push_back(connectionId); }};

  ~Bench() {
    while (!underWay.empty()) endWork(0);
    CHECK(warmer.isIdle());
  }
  void ask(int32_t connectionId, int64_t device) { warmer.warm(connectionId, disks.fileOn(device), 0, 10); }
};

using Ids = std::vector<int32_t>;

void aDiskThatHangsHoldsUpNoOther() {
  Bench bench;
  bench.ask(1, 100);
  bench.ask(2, 100);
  bench.ask(3, 100);
  bench.ask(4, 200);
  bench.ask(5, 200);
  CHECK(underWay.size() == 2);
  endWork(1);
  CHECK(bench.told == Ids{4});
  endWork(1);
  CHECK((bench.told == Ids{4, 5}));
  CHECK(underWay.size() == 1);
  endWork(0);
  CHECK((bench.told == Ids{4, 5, 1}));
}

void twoDisksThatHangLeaveAThreadToAThirdAndOneToNode() {
  Bench bench;
  for (int32_t device = 1; device <= 5; device += 1) {
    for (int32_t i = 0; i < 3; i += 1) bench.ask(device * 10 + i, device);
  }
  CHECK(underWay.size() == 3);
  // Those of devices 1 and 2 never end; the others take turns.
  for (int i = 0; i < 9; i += 1) {
    endWork(2);
    CHECK(underWay.size() == (i < 8 ? 3 : 2));
  }
  CHECK((bench.told == Ids{30, 50, 40, 31, 51, 41, 32, 52, 42}));
}

void connectionsOfOneDiskTakeTurns() {
  Bench bench;
  for (int32_t connectionId = 1; connectionId <= 3; connectionId += 1) bench.ask(connectionId, 1);
  for (int i = 0; i < 6; i += 1) {
    endWork(0);
    bench.ask(bench.told.back(), 1);
  }
  CHECK((bench.told == Ids{1, 2, 3, 1, 2, 3}));
}

void whatAnEndedConnectionWaitsForIsNotReadAndItsFileLetGo() {
  Bench bench;
  bench.ask(1, 1);
  const std::shared_ptr<File> file = bench.disks.fileOn(1);
  bench.warmer.warm(2, file, 0, 10);
  bench.ask(3, 1);
  CHECK(file.use_count() == 2);
  bench.warmer.forget(2);
  CHECK(file.use_count() == 1);
  bench.warmer.forget(2);
  endWork(0);
  endWork(0);
  CHECK((bench.told == Ids{1, 3}));
  CHECK(bench.warmer.isIdle());
}

void whatIsUnderWayForAnEndedConnectionKeepsItsFileToTheEnd() {
  Bench bench;
  bench.ask(1, 1);
  bench.warmer.forget(1);
  CHECK(!bench.warmer.isIdle());
  CHECK(bench.disks.countOf("close") == 0);
  endWork(0);
  CHECK(bench.disks.countOf("pread") == 1 && bench.disks.countOf("close") == 1);
  CHECK(bench.warmer.isIdle());
}

void theOwnerMayDeleteItFromTheLastCallback() {
  Disks disks;
  std::unique_ptr<RangeWarmer> warmer;
  warmer = std::make_unique<RangeWarmer>(nullptr, [&warmer](int32_t) {
    if (warmer->isIdle()) warmer.reset();
  });
  for (int32_t connectionId = 1; connectionId <= 4; connectionId += 1) {
    warmer->warm(connectionId, disks.fileOn(connectionId % 2), 0, 10);
  }
  warmer->forget(3);
  warmer->forget(4);
  CHECK(underWay.size() == 2 && !warmer->isIdle());
  endWork(0);
  CHECK(warmer != nullptr);
  endWork(0);
  CHECK(warmer == nullptr && underWay.empty());
  CHECK(disks.countOf("close") == 4);
}

}  // namespace

/** In place of libuv's. */
extern "C" int uv_queue_work(uv_loop_t*, uv_work_t* work, uv_work_cb read, uv_after_work_cb done) {
  underWay.push_back({work, read, done});
  return 0;
}

int main() {
  aDiskThatHangsHoldsUpNoOther();
  twoDisksThatHangLeaveAThreadToAThirdAndOneToNode();
  connectionsOfOneDiskTakeTurns();
  whatAnEndedConnectionWaitsForIsNotReadAndItsFileLetGo();
  whatIsUnderWayForAnEndedConnectionKeepsItsFileToTheEnd();
  theOwnerMayDeleteItFromTheLastCallback();
  return failures == 0 ? 0 : 1;
}
