#include "session-tail.h"

#include <vector>

#include "blocking-connection.h"
#include "fail.h"
#include "record-batch.h"
#include "requests.h"
#include "result.h"

namespace bench {
namespace {

class SessionTail {
 public:
  explicit SessionTail(const Options& options)
      : options_(options),
        batch_(makeRecordBatch(options.recordsPerBatch, options.recordBytes, 0)),
        produce_(makeProduce(options.topic, {0}, batch_)),
        producer_(options.port),
        consumer_(options.port),
        ends_(static_cast<size_t>(options.partitionCount), 0) {
    begin();
  }

  /** Nanoseconds from the Produce to its record. */
  uint64_t deliverOne() {
    consumer_.send(makeSessionFetch(options_.topic, sessionId_, nextEpoch_, changed_, 1));
    nextEpoch_ += 1;
    Writer(&produce_.bytes[produce_.partitionIndexAt]).int32(partitionIndex_);
    const uint64_t startNs = monotonicNs();
    Reader produced = producer_.ask(produce_);
    if (readProduceErrors(produced, 1) != 0) fail("a Produce is refused");
    Reader fetched = consumer_.receive();
    const FetchHead head = readFetchHead(fetched);
    int64_t& end = ends_[static_cast<size_t>(partitionIndex_)];
    if (head.errorCode != 0 || head.recordBytes != batch_.size() || head.baseOffset != end) {
      fail("a Fetch session does not bring what was produced");
    }
    end += options_.recordsPerBatch;
    changed_ = {{partitionIndex_, end}};
    partitionIndex_ = (partitionIndex_ + 1) % options_.partitionCount;
    return monotonicNs() - startNs;
  }

  size_t batchBytes() const { return batch_.size(); }

 private:
  void begin() {
    std::vector<FetchPosition> all;
    for (int32_t index = 0; index < options_.partitionCount; index += 1) all.push_back({index, 0});
    Reader answer = consumer_.ask(makeSessionFetch(options_.topic, 0, 0, all, 0));
    const FetchHead head = readFetchHead(answer);
    if (head.errorCode != 0 || head.sessionId == 0) fail("no Fetch session is given");
    sessionId_ = head.sessionId;
  }

  Options options_;
  std::vector<uint8_t> batch_;
  Request produce_;
  BlockingConnection producer_;
  BlockingConnection consumer_;
  std::vector<int64_t> ends_;
  std::vector<FetchPosition> changed_;
  int32_t sessionId_ = 0;
  int32_t nextEpoch_ = 1;
  int32_t partitionIndex_ = 0;
};

}  // namespace

void runSessionTail(const Options& options) {
  SessionTail tail(options);
  for (const uint64_t endNs = monotonicNs() + toNs(options.warmUpS); monotonicNs() < endNs;) tail.deliverOne();
  Counted counted;
  counted.recordsPerByte = static_cast<double>(options.recordsPerBatch) / static_cast<double>(tail.batchBytes());
  const Usage before = usageNow(options.brokerPid);
  for (const uint64_t endNs = before.ns + toNs(options.measureS); monotonicNs() < endNs;) {
    counted.latencies.add(tail.deliverOne());
    counted.answers += 1;
    counted.payloadBytes += tail.batchBytes();
  }
  printResult(before, usageNow(options.brokerPid), counted, options.brokerPid);
}

}  // namespace bench
