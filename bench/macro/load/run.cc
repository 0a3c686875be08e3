#include "run.h"

#include <sys/epoll.h>
#include <sys/prctl.h>

#include <algorithm>
#include <chrono>
#include <cstdio>

#include "fail.h"
#include "process-usage.h"
#include "record-batch.h"

namespace bench {
namespace {

constexpr int kEventsMax = 256;
constexpr uint64_t kSecondNs = 1'000'000'000;
constexpr uint64_t kWaitMaxNs = 100'000'000;
constexpr uint64_t kStallMaxNs = 60 * kSecondNs;
constexpr int kExitCodeErrors = 3;

uint64_t monotonicNs() {
  return static_cast<uint64_t>(std::chrono::steady_clock::now().time_since_epoch() / std::chrono::nanoseconds(1));
}

int64_t wallMs() { return std::chrono::system_clock::now().time_since_epoch() / std::chrono::milliseconds(1); }

uint64_t toNs(double seconds) { return static_cast<uint64_t>(seconds * static_cast<double>(kSecondNs)); }

}  // namespace

Run::Run(const Options& options)
    : options_(options),
      batch_(makeRecordBatch(options.recordsPerBatch, options.recordBytes, wallMs())),
      epollFd_(epoll_create1(EPOLL_CLOEXEC)),
      pace_(options.requestsPerSecond, monotonicNs()) {
  // Else the kernel may be 50 us late with each wait.
  prctl(PR_SET_TIMERSLACK, 1UL);
  for (int32_t index = 0; index < options.connectionCount; index += 1) {
    connections_.push_back(std::make_unique<Connection>(options.port, taskOf(index)));
    epoll_event event{};
    event.events = EPOLLIN | EPOLLOUT | EPOLLET;
    event.data.ptr = connections_.back().get();
    if (epoll_ctl(epollFd_, EPOLL_CTL_ADD, connections_.back()->fd(), &event) != 0) failWithErrno("epoll_ctl");
  }
}

std::vector<int32_t> Run::partitionsOf(const Options& options, int32_t connectionIndex) {
  std::vector<int32_t> partitionIndexes;
  const int32_t first = connectionIndex * options.partitionsPerRequest;
  for (int32_t i = 0; i < options.partitionsPerRequest; i += 1) {
    partitionIndexes.push_back((first + i) % options.partitionCount);
  }
  return partitionIndexes;
}

Task Run::taskOf(int32_t connectionIndex) const {
  Task task;
  task.isFetch = options_.command == Command::kFetch;
  const std::vector<int32_t> partitionIndexes = partitionsOf(options_, connectionIndex);
  task.request = task.isFetch ? makeFetch(options_.topic, partitionIndexes.front(), options_.fetchMaxBytes)
                              : makeProduce(options_.topic, partitionIndexes, batch_);
  task.partitionsPerRequest = partitionIndexes.size();
  task.batchBytes = batch_.size();
  task.recordsPerBatch = options_.recordsPerBatch;
  task.fetchEndOffset = options_.fetchEndOffset;
  // The offset of the next Fetch is known from the answer only.
  task.inFlightMax = task.isFetch ? 1 : static_cast<uint32_t>(options_.inFlightMax);
  task.requestsMax = options_.requestsPerConnection;
  return task;
}

Run::Usage Run::usage() const {
  return {monotonicNs(), cpuSecondsOf(options_.brokerPid), ownCpuSeconds(), busySeconds()};
}

bool Run::isDone() const {
  return std::all_of(connections_.begin(), connections_.end(), [](const auto& each) { return each->isDone(); });
}

int Run::run() {
  const bool isCounted = options_.requestsPerConnection > 0;
  const uint64_t beginNs = monotonicNs() + (isCounted ? 0 : toNs(options_.warmUpS));
  uint64_t endNs = beginNs + (isCounted ? kStallMaxNs : toNs(options_.measureS));
  Usage before = usage();
  for (uint64_t nowNs = monotonicNs(); nowNs < endNs && !(isCounted && isDone()); nowNs = monotonicNs()) {
    if (!isMeasuring_ && nowNs >= beginNs) {
      isMeasuring_ = true;
      before = usage();
      if (!isCounted) endNs = before.ns + toNs(options_.measureS);
    }
    turn(nowNs);
    wait(isMeasuring_ ? endNs : beginNs);
  }
  if (isCounted && !isDone()) fail("the broker stalls");
  print(before, usage());
  if (errorCount_ == 0) return 0;
  std::fprintf(stderr, "%llu answers were errors, the first with code %d\n",
               static_cast<unsigned long long>(errorCount_), firstErrorCode_);
  return kExitCodeErrors;
}

/** At a rate, any connection with room may take the next request: they take turns at being first. */
void Run::turn(uint64_t nowNs) {
  if (pace_.isOpen()) {
    firstConnection_ = (firstConnection_ + 1) % connections_.size();
    for (size_t i = 0; i < connections_.size(); i += 1) {
      send(*connections_[(firstConnection_ + i) % connections_.size()], nowNs);
    }
    return;
  }
  if (ready_.empty() && answerCount_ == 0) {
    for (const auto& connection : connections_) send(*connection, nowNs);
  }
  for (Connection* connection : ready_) send(*connection, monotonicNs());
}

void Run::send(Connection& connection, uint64_t nowNs) {
  // A blocked socket tells by an edge that there is room again.
  connection.send(pace_, nowNs);
}

void Run::wait(uint64_t endNs) {
  const uint64_t nowNs = monotonicNs();
  uint64_t untilNs = std::min(endNs, nowNs + kWaitMaxNs);
  if (pace_.isOpen()) untilNs = std::min(untilNs, pace_.nextDueNs(nowNs));
  const uint64_t waitNs = untilNs > nowNs ? untilNs - nowNs : 0;
  const timespec timeout{static_cast<time_t>(waitNs / kSecondNs), static_cast<long>(waitNs % kSecondNs)};
  epoll_event events[kEventsMax];
  const int count = epoll_pwait2(epollFd_, events, kEventsMax, &timeout, nullptr);
  ready_.clear();
  for (int i = 0; i < count; i += 1) {
    auto* connection = static_cast<Connection*>(events[i].data.ptr);
    take(*connection);
    ready_.push_back(connection);
  }
}

void Run::take(Connection& connection) {
  answers_.clear();
  connection.receive(answers_);
  const uint64_t nowNs = monotonicNs();
  for (const Answer& answer : answers_) {
    if (answer.errorCode != 0) {
      errorCount_ += 1;
      if (firstErrorCode_ == 0) firstErrorCode_ = answer.errorCode;
    }
    if (!isMeasuring_) continue;
    answerCount_ += 1;
    const bool isFetch = options_.command == Command::kFetch;
    payloadBytes_ += isFetch ? answer.recordBytes : batch_.size() * static_cast<size_t>(options_.partitionsPerRequest);
    latencies_.add(nowNs - answer.dueNs);
  }
}

void Run::print(const Usage& before, const Usage& after) const {
  const double elapsedS = static_cast<double>(after.ns - before.ns) / static_cast<double>(kSecondNs);
  const double brokerS = after.brokerS - before.brokerS;
  const double ownS = after.ownS - before.ownS;
  const auto count = static_cast<double>(answerCount_);
  const auto payload = static_cast<double>(payloadBytes_);
  const double recordsPerByte = static_cast<double>(options_.recordsPerBatch) / static_cast<double>(batch_.size());
  std::printf("{\"requestsPerS\":%.0f,\"recordsPerS\":%.0f,\"megabytesPerS\":%.1f,", count / elapsedS,
              payload * recordsPerByte / elapsedS, payload / 1e6 / elapsedS);
  std::printf("\"p50Us\":%.1f,\"p99Us\":%.1f,\"p999Us\":%.1f,\"maxUs\":%.1f,", latencies_.percentileUs(0.5),
              latencies_.percentileUs(0.99), latencies_.percentileUs(0.999), latencies_.percentileUs(1));
  std::printf("\"brokerCpuUsPerRequest\":%.2f,\"brokerCores\":%.2f,\"brokerResidentMiB\":%.1f,",
              count == 0 ? 0 : brokerS * 1e6 / count, brokerS / elapsedS, residentMiBOf(options_.brokerPid));
  std::printf("\"loadCores\":%.2f,\"otherCores\":%.2f}\n", ownS / elapsedS,
              (after.busyS - before.busyS - brokerS - ownS) / elapsedS);
}

}  // namespace bench
