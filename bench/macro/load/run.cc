#include "run.h"

#include <sys/epoll.h>
#include <sys/prctl.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <utility>

#include "fail.h"
#include "record-batch.h"

namespace bench {
namespace {

constexpr int kEventsMax = 256;
constexpr uint64_t kSecondNs = 1'000'000'000;
constexpr uint64_t kWaitMaxNs = 100'000'000;
/** For a given number of requests, and for the last answers at a rate. */
constexpr uint64_t kStallMaxNs = 600 * kSecondNs;
constexpr int kExitCodeErrors = 3;

int64_t wallMs() { return std::chrono::system_clock::now().time_since_epoch() / std::chrono::milliseconds(1); }

}  // namespace

Run::Run(const Options& options)
    : options_(options),
      batch_(options.batchFile.empty() ? makeRecordBatch(options.recordsPerBatch, options.recordBytes, wallMs())
                                       : readRecordBatch(options.batchFile)),
      epollFd_(epoll_create1(EPOLL_CLOEXEC)),
      pace_(options.requestsPerSecond, 0),
      unpaced_(0, 0),
      idle_(options.port, options.topic, options.idleConnectionCount) {
  // Else the kernel may be 50 us late with each wait.
  prctl(PR_SET_TIMERSLACK, 1UL);
  counted_.recordsPerByte = static_cast<double>(options.recordsPerBatch) / static_cast<double>(batch_.size());
  if (options.command == Command::kTail && options.connectionCount > options.partitionCount) {
    fail("a tail needs a partition for each connection");
  }
  for (int32_t index = 0; index < options.connectionCount; index += 1) {
    Task task = taskOf(index);
    if (options.command == Command::kTail) {
      Task consumer = fetchTaskOf(index);
      task.undelivered = consumer.undelivered = std::make_shared<Undelivered>();
      connect(std::move(consumer));
    }
    connect(std::move(task));
  }
}

void Run::connect(Task task) {
  connections_.push_back(std::make_unique<Connection>(options_.port, std::move(task)));
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLET;
  event.data.ptr = connections_.back().get();
  if (epoll_ctl(epollFd_, EPOLL_CTL_ADD, connections_.back()->fd(), &event) != 0) failWithErrno("epoll_ctl");
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
  if (options_.command == Command::kFetch) return fetchTaskOf(connectionIndex);
  const std::vector<int32_t> partitionIndexes = partitionsOf(options_, connectionIndex);
  Task task;
  task.request = makeProduce(options_.topic, partitionIndexes, batch_);
  task.partitionsPerRequest = partitionIndexes.size();
  if (options_.isRotating) {
    task.rotationLength = options_.partitionCount;
    task.firstPartition = static_cast<int32_t>(int64_t{connectionIndex} * options_.partitionCount /
                                               options_.connectionCount);
  }
  task.inFlightMax = static_cast<uint32_t>(options_.inFlightMax);
  task.requestsMax = options_.requestsPerConnection;
  return task;
}

Task Run::fetchTaskOf(int32_t connectionIndex) const {
  Task task;
  task.isFetch = true;
  task.request = makeFetch(options_.topic, connectionIndex % options_.partitionCount, options_.fetchMaxBytes);
  task.batchBytes = batch_.size();
  task.recordsPerBatch = options_.recordsPerBatch;
  task.fetchEndOffset = options_.fetchEndOffset;
  task.isFetchedOnce = options_.isFetchedOnce;
  // The offset of the next Fetch is known from the answer only.
  task.inFlightMax = 1;
  task.requestsMax = options_.command == Command::kFetch ? options_.requestsPerConnection : 0;
  return task;
}

bool Run::isDone() const {
  return std::all_of(connections_.begin(), connections_.end(), [](const auto& each) { return each->isDone(); });
}

bool Run::isDrained() const {
  return pace_.isEnded() &&
         std::all_of(connections_.begin(), connections_.end(), [](const auto& each) { return each->isDrained(); });
}

int Run::run() {
  const bool isCounted = options_.requestsPerConnection > 0 || options_.isFetchedOnce;
  const uint64_t startNs = monotonicNs();
  pace_ = Pace(options_.requestsPerSecond, startNs);
  const uint64_t beginNs = startNs + (isCounted ? 0 : toNs(options_.warmUpS));
  uint64_t endNs = beginNs + (isCounted ? kStallMaxNs : toNs(options_.measureS));
  Usage before = usageNow(options_.brokerPid);
  for (uint64_t nowNs = startNs; nowNs < endNs && !(isCounted && isDone()); nowNs = monotonicNs()) {
    if (!isMeasuring_ && nowNs >= beginNs) {
      isMeasuring_ = true;
      before = usageNow(options_.brokerPid);
      if (!isCounted) endNs = before.ns + toNs(options_.measureS);
    }
    turn(nowNs);
    wait(isMeasuring_ ? endNs : beginNs);
  }
  if (isCounted && !isDone()) fail("the broker stalls");
  const Usage after = usageNow(options_.brokerPid);
  if (pace_.isOpen()) drain();
  printResult(before, after, counted_, options_.brokerPid);
  if (errorCount_ == 0) return 0;
  std::fprintf(stderr, "%llu answers were errors, the first with code %d\n",
               static_cast<unsigned long long>(errorCount_), firstErrorCode_);
  return kExitCodeErrors;
}

void Run::drain() {
  isDraining_ = true;
  const uint64_t startNs = monotonicNs();
  pace_.endAt(startNs);
  for (uint64_t nowNs = startNs; !isDrained(); nowNs = monotonicNs()) {
    if (nowNs > startNs + kStallMaxNs) fail("the broker stalls");
    turn(nowNs);
    wait(nowNs + kWaitMaxNs);
  }
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
  if (ready_.empty() && counted_.answers == 0) {
    for (const auto& connection : connections_) send(*connection, nowNs);
  }
  for (Connection* connection : ready_) send(*connection, monotonicNs());
}

void Run::send(Connection& connection, uint64_t nowNs) {
  // A blocked socket tells by an edge that there is room again.
  connection.send(connection.isFetch() ? unpaced_ : pace_, nowNs);
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
    if (isMeasuring_) count(answer, nowNs);
  }
}

void Run::count(const Answer& answer, uint64_t nowNs) {
  const bool isAck = options_.command == Command::kTail && !answer.isDelivery;
  (isAck ? counted_.acks : counted_.latencies).add(nowNs - answer.dueNs);
  if (isDraining_ || answer.isDelivery) return;
  counted_.answers += 1;
  const bool isFetch = options_.command == Command::kFetch;
  counted_.payloadBytes +=
      isFetch ? answer.recordBytes : batch_.size() * static_cast<size_t>(options_.partitionsPerRequest);
}

}  // namespace bench
